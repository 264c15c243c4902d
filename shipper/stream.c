/*
 * stream.c - identity of contents: names, fingerprints, marks.
 */
#include "shipper/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/scope.h"

struct stream_heading {
    struct stream_heading *older;
    uint64_t from; /* offset of what it is the heading of */
    size_t len;
    char text[];
};

bool stream_init(struct stream *stream, const struct input_config *config, const char *name,
                 const char *path)
{
    *stream = (struct stream){.config = config, .name = strdup(name), .path = strdup(path)};
    if (stream->name && stream->path)
        return true;
    stream_release(stream);
    return false;
}

void stream_release(struct stream *stream)
{
    stream_forget_headings(stream, UINT64_MAX);
    free(stream->headings);
    stream->headings = NULL;
    free(stream->name);
    free(stream->path);
    stream->name = stream->path = NULL;
}

void stream_rates(struct stream *stream, int64_t opened_ms, int64_t now_ms, double *bytes_per_s,
                  double *lines_per_s)
{
    int64_t since_ms = stream->told.ms ? stream->told.ms : opened_ms;
    double seconds = now_ms > since_ms ? (double)(now_ms - since_ms) / 1000 : 0.001;
    uint64_t offset = stream->read.offset;

    /* A stream that begins anew has less than it had. */
    *bytes_per_s =
        offset > stream->told.offset ? (double)(offset - stream->told.offset) / seconds : 0;
    *lines_per_s = (double)(stream->lines - stream->told.lines) / seconds;
    stream->told.ms = now_ms;
    stream->told.lines = stream->lines;
    stream->told.offset = offset;
}

struct slice stream_heading(const struct stream *stream, uint64_t offset)
{
    const struct stream_heading *heading = stream->headings;

    while (heading && heading->from > offset)
        heading = heading->older;
    return heading ? (struct slice){heading->text, heading->len} : (struct slice){NULL, 0};
}

bool stream_set_heading(struct stream *stream, uint64_t offset, struct slice text)
{
    struct stream_heading *heading = malloc(sizeof(*heading) + text.len);

    if (!heading)
        return false;
    *heading = (struct stream_heading){.older = stream->headings, .from = offset, .len = text.len};
    memcpy(heading->text, text.data, text.len);
    stream->headings = heading;
    return true;
}

void stream_forget_headings(struct stream *stream, uint64_t offset)
{
    struct stream_heading *heading = stream->headings, *older;

    while (heading && heading->from > offset)
        heading = heading->older;
    if (!heading)
        return;
    while ((older = heading->older)) {
        heading->older = older->older;
        free(older);
    }
}

bool stream_move(struct stream *stream, const char *path)
{
    char *copy = strdup(path);

    if (!copy)
        return false;
    free(stream->path);
    stream->path = copy;
    return true;
}

void stream_identify(struct stream *stream, const char *agent_id, uint64_t fingerprint,
                     uint32_t generation)
{
    stream_identify_as(stream, agent_id, stream->name, fingerprint, generation);
}

void stream_identify_as(struct stream *stream, const char *agent_id, const char *stream_name,
                        uint64_t fingerprint, uint32_t generation)
{
    struct slice agent = slice_of(agent_id), name = slice_of(stream_name);
    struct record_source of_stream = record_source_make(agent, name, 0, 0);
    char key[STREAM_KEY_LEN + 1];

    stream->fingerprint = fingerprint;
    stream->generation = generation;
    stream->source = record_source_make(agent, name, fingerprint, generation);
    stream->quoted_id[0] = stream->quoted_id[ACCOUNT_ID_LEN + 1] = '"';
    account_id_write(stream->quoted_id + 1, stream->source.seed);
    snprintf(key, sizeof(key), "%016llx", (unsigned long long)of_stream.seed);
    memcpy(stream->key, key, STREAM_KEY_LEN);
}

uint64_t stream_fingerprint(struct slice head, bool whole)
{
    const char *newline;
    uint64_t hash;

    if (head.len > STREAM_HEAD_MAX)
        head.len = STREAM_HEAD_MAX;
    newline = head.len ? memchr(head.data, '\n', head.len) : NULL;
    if (newline)
        head.len = (size_t)(newline - head.data) + 1;
    else if (head.len < STREAM_HEAD_MAX && !(whole && head.len))
        return 0;
    hash = XXH3_64bits(head.data, head.len);
    return hash ? hash : 1;
}

struct mark stream_mark(struct slice bytes)
{
    struct mark mark = stream_mark_later(bytes);

    stream_mark_settle(&mark);
    return mark;
}

void stream_mark_settle(struct mark *mark)
{
    if (mark->later)
        mark->hash = XXH3_64bits(mark->later, mark->len);
    mark->later = NULL;
}
