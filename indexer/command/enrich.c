/*
 * enrich.c - `indexer enrich`: NDJSON in, enriched NDJSON out.
 */
#include "indexer/command/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/options.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/enrich/enrich.h"

#define ARENA_BLOCK (64u << 10)
#define ARENA_MAX   (1u << 30)
#define RECORD_MAX  ((size_t)1 << 30)

struct enricher {
    struct enrich_set set;
    struct arena arena;
    struct record record;
    struct buf out;
    uint64_t failed;
};

/* What cannot be read is passed on as text, so that there is a record for every line. */
static void keep_as_text(struct enricher *enricher, struct slice line, const struct error *err)
{
    struct record *record = &enricher->record;

    record_clear(record);
    record_set_text(record, FIELD_MESSAGE, line);
    record_set_text(record, FIELD_EVENT_ORIGINAL, line);
    record_set_text(record, FIELD_ERROR_MESSAGE, slice_of(err->text));
    record_set_json(record, FIELD_TAGS, SLICE("[\"_decodefailure\"]"));
    enricher->failed++;
}

static bool enrich_line(struct enricher *enricher, struct slice line)
{
    struct record *record = &enricher->record;
    struct error err;
    uint64_t invalid = 0;
    char *room;

    record_clear(record);
    arena_clear(&enricher->arena);
    if (record_decode(record, line, &err) == OK)
        enrich_set_apply(&enricher->set, record, 0);
    else
        keep_as_text(enricher, line, &err);
    buf_clear(&enricher->out);
    room = buf_reserve(&enricher->out, record_encode_bound(record) + 1);
    if (!room)
        return false;
    enricher->out.len = record_encode(record, room, &invalid);
    room[enricher->out.len++] = '\n';
    return fwrite(room, 1, enricher->out.len, stdout) == enricher->out.len;
}

static int enrich_file(struct enricher *enricher, const char *path)
{
    scoped_file FILE *file = strcmp(path, "-") == 0 ? fdopen(0, "re") : fopen(path, "re");
    scoped_free char *line = NULL;
    size_t room = 0;
    ssize_t len;

    if (!file) {
        fprintf(stderr, "indexer enrich: cannot open '%s': %s\n", path, strerror(errno));
        return EXIT_FAILED;
    }
    while ((len = getline(&line, &room, file)) >= 0) {
        while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        if (len && !enrich_line(enricher, (struct slice){line, (size_t)len})) {
            fprintf(stderr, "indexer enrich: cannot write: %s\n", strerror(errno));
            return EXIT_FAILED;
        }
    }
    if (ferror(file)) {
        fprintf(stderr, "indexer enrich: cannot read '%s': %s\n", path, strerror(errno));
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

int enrich_files(const struct indexer_config *config, char **files)
{
    static char *standard_input[] = {"-", NULL};
    struct enricher enricher = {.out = BUF_INIT(RECORD_MAX)};
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
    buf_release(&enricher.out);
    return code == EXIT_DONE && enricher.failed ? EXIT_SOME_FAILED : code;
}
