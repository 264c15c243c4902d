/*
 * enrich.c - `indexer enrich`: NDJSON in, enriched NDJSON out.
 */
#include "indexer/command/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/options.h"
#include "common/record_encoder.h"
#include "common/record_reader.h"
#include "common/scope.h"
#include "indexer/enrich/enrich.h"

#define ARENA_BLOCK  (64u << 10)
#define ARENA_MAX    (1u << 30)
#define OUTPUT_MAX   ((size_t)1 << 30)
#define READ_BYTES   (256u << 10)
#define LONGEST_LINE (64u << 20) /* more than Kafka carries as one message */
#define KEPT_MAX     (1u << 20)  /* of a line that is longer */

struct enricher {
    struct enrich_set set;
    struct arena arena;
    struct record record;
    struct record_reader reader;
    struct record_encoder encoder;
    struct buf out, in;
    size_t searched; /* bytes of `in` that hold no newline */
    bool skipping;   /* the rest of a line that is too long */
    uint64_t failed;
};

/* What cannot be read is passed on as text, so that there is a record for every line. */
static void keep_as_text(struct enricher *enricher, struct slice line, const char *why, bool cut)
{
    struct record *record = &enricher->record;

    record_clear(record);
    record_set_text(record, FIELD_MESSAGE, line);
    record_set_text(record, FIELD_EVENT_ORIGINAL, line);
    record_set_text(record, FIELD_ERROR_MESSAGE, slice_of(why));
    record_set_json(record, FIELD_TAGS,
                    cut ? SLICE("[\"_decodefailure\",\"_truncated\"]")
                        : SLICE("[\"_decodefailure\"]"));
    enricher->failed++;
}

static bool put_record(struct enricher *enricher)
{
    const struct record *record = &enricher->record;
    uint64_t invalid = 0;
    char *room = buf_reserve(&enricher->out, record_encoder_bound(&enricher->encoder, record) + 1);

    if (!room)
        return false;
    enricher->out.len += record_encoder_write(&enricher->encoder, record, room, &invalid);
    return buf_add_char(&enricher->out, '\n'), !enricher->out.failed;
}

static bool enrich_line(struct enricher *enricher, struct slice line)
{
    struct record *record = &enricher->record;
    struct error err;

    while (line.len && line.data[line.len - 1] == '\r')
        line.len--;
    if (line.len == 0)
        return true;
    record_clear(record);
    arena_clear(&enricher->arena);
    if (record_reader_read(&enricher->reader, record, line, &err) == OK)
        enrich_set_apply(&enricher->set, record, 0);
    else
        keep_as_text(enricher, line, err.text, false);
    return put_record(enricher);
}

static bool enrich_too_long(struct enricher *enricher, struct slice line)
{
    line.len = KEPT_MAX;
    arena_clear(&enricher->arena);
    keep_as_text(enricher, line, "the line is longer than a record may be", true);
    enricher->skipping = true;
    return put_record(enricher);
}

/* Whole lines of what was read; `last`: nothing follows, its end is a line's too. */
static bool enrich_lines(struct enricher *enricher, bool last)
{
    const char *p = enricher->in.data, *end = p + enricher->in.len, *newline;
    const char *from = p + enricher->searched;
    size_t rest;

    for (; p < end; p = from = newline + 1) {
        newline = from < end ? memchr(from, '\n', (size_t)(end - from)) : NULL;
        if (!newline && !last)
            break;
        if (!newline)
            newline = end;
        if (!enricher->skipping && !enrich_line(enricher, (struct slice){p, (size_t)(newline - p)}))
            return false;
        enricher->skipping = false;
        if (newline == end) {
            p = end;
            break;
        }
    }
    rest = p < end ? (size_t)(end - p) : 0;
    if (rest >= LONGEST_LINE || (rest && enricher->skipping)) {
        if (!enricher->skipping && !enrich_too_long(enricher, (struct slice){p, rest}))
            return false;
        rest = 0;
    }
    if (rest)
        memmove(enricher->in.data, p, rest);
    enricher->in.len = enricher->searched = rest;
    return true;
}

/* What is there is shown before more is waited for. */
static bool write_out(struct enricher *enricher)
{
    if (!file_write_all(STDOUT_FILENO, buf_slice(&enricher->out)))
        return false;
    buf_clear(&enricher->out);
    return true;
}

static int enrich_file(struct enricher *enricher, const char *path)
{
    scoped_fd int own = strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : own;
    ssize_t n;
    char *room;

    if (fd < 0) {
        fprintf(stderr, "indexer enrich: cannot open '%s': %s\n", path, strerror(errno));
        return EXIT_FAILED;
    }
    buf_clear(&enricher->in);
    enricher->searched = 0;
    enricher->skipping = false;
    do {
        room = buf_reserve(&enricher->in, READ_BYTES);
        n = room ? read(fd, room, READ_BYTES) : -1;
        if (n < 0 && room && errno == EINTR)
            continue;
        if (n < 0) {
            fprintf(stderr, "indexer enrich: cannot read '%s': %s\n", path,
                    room ? strerror(errno) : "out of memory");
            return EXIT_FAILED;
        }
        enricher->in.len += (size_t)n;
        if (!enrich_lines(enricher, n == 0) || !write_out(enricher)) {
            fprintf(stderr, "indexer enrich: cannot write: %s\n", strerror(errno));
            return EXIT_FAILED;
        }
    } while (n != 0);
    return EXIT_DONE;
}

int enrich_files(const struct indexer_config *config, char **files)
{
    static char *standard_input[] = {"-", NULL};
    struct enricher enricher = {.out = BUF_INIT(OUTPUT_MAX),
                                .in = BUF_INIT(LONGEST_LINE + 2 * READ_BYTES)};
    struct error err;
    int code = EXIT_DONE;

    if (enrich_set_open(&enricher.set, config, &err)) {
        fprintf(stderr, "indexer enrich: %s\n", err.text);
        return EXIT_FAILED;
    }
    arena_init(&enricher.arena, ARENA_BLOCK, ARENA_MAX);
    record_init(&enricher.record, &enricher.arena);
    enrich_set_refresh(&enricher.set, clock_mono_ms());
    for (char **file = files[0] ? files : standard_input; *file && code == EXIT_DONE; file++)
        code = enrich_file(&enricher, *file);
    enrich_set_release(&enricher.set);
    arena_release(&enricher.arena);
    record_reader_release(&enricher.reader);
    record_encoder_release(&enricher.encoder);
    buf_release(&enricher.in);
    buf_release(&enricher.out);
    return code == EXIT_DONE && enricher.failed ? EXIT_SOME_FAILED : code;
}
