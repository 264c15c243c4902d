/*
 * stream.c - identity of contents: names, fingerprints, marks.
 */
#include "shipper/stream.h"

#include <limits.h>
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
    struct slice agent = slice_of(agent_id), name = slice_of(stream->name);
    struct record_source of_stream = record_source_make(agent, name, 0, 0);
    char key[STREAM_KEY_LEN + 1];

    stream->fingerprint = fingerprint;
    stream->generation = generation;
    stream->source = record_source_make(agent, name, fingerprint, generation);
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
    size_t len = bytes.len < STREAM_MARK_MAX ? bytes.len : STREAM_MARK_MAX;

    if (len == 0)
        return (struct mark){0, 0};
    return (struct mark){XXH3_64bits(bytes.data + bytes.len - len, len), (uint32_t)len};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits that end at `end`, at most `max` of them. */
static size_t digits_before(const char *start, const char *end, size_t max)
{
    size_t n = 0;

    while (n < max && end - n > start && is_digit(end[-1 - (ptrdiff_t)n]))
        n++;
    return n;
}

static bool plausible_day(const char *p)
{
    int month = (p[4] - '0') * 10 + p[5] - '0', day = (p[6] - '0') * 10 + p[7] - '0';

    return (p[0] == '1' || p[0] == '2') && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* YYYYMMDD or YYYY-MM-DD that ends at `end`; its length or 0. */
static size_t day_before(const char *start, const char *end)
{
    char digits[8];

    if (end - start >= 8 && digits_before(start, end, 8) == 8 && plausible_day(end - 8))
        return 8;
    if (end - start < 10 || digits_before(start, end, 2) != 2 || end[-3] != '-' ||
        digits_before(start, end - 3, 2) != 2 || end[-6] != '-' ||
        digits_before(start, end - 6, 4) != 4)
        return 0;
    memcpy(digits, end - 10, 4);
    memcpy(digits + 4, end - 5, 2);
    memcpy(digits + 6, end - 2, 2);
    return plausible_day(digits) ? 10 : 0;
}

/* A date, with or without a time of day behind it: 20261121, 2026-11-21, 20261121-1530, … */
static size_t date_before(const char *start, const char *end)
{
    size_t day = day_before(start, end), time;

    if (day)
        return day;
    time = digits_before(start, end, 6);
    if (time != 2 && time != 4 && time != 6)
        return 0;
    if (end - (ptrdiff_t)time - 1 <= start || !strchr("-_.T", end[-1 - (ptrdiff_t)time]))
        return 0;
    day = day_before(start, end - time - 1);
    return day ? day + 1 + time : 0;
}

/* What rotation put before `end`, with its separator: .1, -20261121, .2026-11-21, -1732190000 */
static size_t rotation_before(const char *start, const char *end)
{
    size_t n = date_before(start, end);

    if (n && end - (ptrdiff_t)n - 1 > start && strchr("-._", end[-1 - (ptrdiff_t)n]))
        return n + 1;
    n = digits_before(start, end, 11);
    if (end - (ptrdiff_t)n - 1 <= start)
        return 0;
    if (n >= 1 && n <= 3 && end[-1 - (ptrdiff_t)n] == '.')
        return n + 1;
    return n == 10 && end[-1 - (ptrdiff_t)n] == '-' ? n + 1 : 0; /* logrotate's dateformat -%s */
}

static void strip_compression(char *name)
{
    static const char *const suffixes[] = {".gz", ".zst", ".bz2", ".xz", ".zip", ".Z"};
    size_t len = strlen(name);

    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        size_t n = strlen(suffixes[i]);

        if (len > n && strcmp(name + len - n, suffixes[i]) == 0) {
            name[len - n] = '\0';
            return;
        }
    }
}

static void strip_rotation(char *name)
{
    char *end = name + strlen(name), *dot;
    size_t n = rotation_before(name, end);

    if (n) {
        end[-(ptrdiff_t)n] = '\0';
        return;
    }
    dot = strrchr(name, '.'); /* logrotate's `extension`: access-20261121.log */
    if (!dot || dot == name)
        return;
    n = rotation_before(name, dot);
    if (n)
        memmove(dot - n, dot, strlen(dot) + 1);
}

char *stream_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    scoped_free char *folder = NULL, *name = strdup(base);
    scoped_free char *given =
        slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    char *whole;

    if (!given || !name)
        return NULL;
    folder = realpath(given, NULL);
    strip_compression(name);
    strip_rotation(name);
    if (asprintf(&whole, "%s%s%s", folder ? folder : given,
                 folder && strcmp(folder, "/") == 0 ? "" : "/", name) < 0)
        return NULL;
    return whole;
}
