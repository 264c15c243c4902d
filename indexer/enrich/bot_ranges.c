/*
 * bot_ranges.c - the addresses that a bot's operator publishes (cJSON).
 *
 * IPv4 is kept as IPv6 that holds it (::ffff:a.b.c.d): one sorted list of
 * ranges, in which a binary search finds both.
 */
#include "indexer/enrich/bot_ranges.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/json.h"
#include "common/scope.h"

#define RANGES_MAX 200000
#define FILE_MAX   (16u << 20) /* bytes */
#define TEXT_MAX   64          /* bytes of a network as text */
#define DEPTH_MAX  32          /* of JSON; what is deeper is passed over */

struct address {
    unsigned char bytes[16];
};

struct range {
    struct address first, last;
};

struct bot_ranges {
    struct range *list; /* sorted, apart from each other */
    size_t count, cap;
};

struct bot_ranges *bot_ranges_new(void)
{
    return calloc(1, sizeof(struct bot_ranges));
}

static bool read_address(const char *text, struct address *out, unsigned *bits)
{
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET6, text, out->bytes) == 1) {
        *bits = 128;
        return true;
    }
    out->bytes[10] = out->bytes[11] = 0xff;
    *bits = 32;
    return inet_pton(AF_INET, text, out->bytes + 12) == 1;
}

/* "192.0.2.0/24", "2001:db8::/32", or one address. */
static bool read_network(struct slice s, struct range *out)
{
    char text[TEXT_MAX], *slash, *end;
    unsigned bits;
    long prefix;

    if (s.len == 0 || s.len >= sizeof(text) || memchr(s.data, '\0', s.len))
        return false;
    memcpy(text, s.data, s.len);
    text[s.len] = '\0';
    slash = strchr(text, '/');
    if (slash)
        *slash++ = '\0';
    if (!read_address(text, &out->first, &bits))
        return false;
    prefix = bits;
    if (slash) {
        prefix = strtol(slash, &end, 10);
        if (end == slash || *end || prefix < 0 || prefix > (long)bits || strchr("+- ", *slash))
            return false;
    }
    prefix += 128 - (long)bits;
    out->last = out->first;
    for (long bit = prefix; bit < 128; bit++) {
        out->first.bytes[bit / 8] &= (unsigned char)~(0x80u >> (bit % 8));
        out->last.bytes[bit / 8] |= (unsigned char)(0x80u >> (bit % 8));
    }
    return true;
}

static enum status add(struct bot_ranges *ranges, const struct range *range, struct error *err)
{
    size_t cap = ranges->cap ? ranges->cap * 2 : 256;
    struct range *list;

    if (ranges->count == ranges->cap) {
        if (ranges->count >= RANGES_MAX)
            return error_set(err, REJECT, "more than %d networks", RANGES_MAX);
        list = realloc(ranges->list, cap * sizeof(*list));
        if (!list)
            return error_set(err, FATAL, "out of memory");
        ranges->list = list;
        ranges->cap = cap;
    }
    ranges->list[ranges->count++] = *range;
    return OK;
}

static enum status read_json(struct bot_ranges *ranges, const cJSON *json, int depth,
                             struct error *err)
{
    struct range range;
    enum status status = OK;

    if (cJSON_IsString(json) && read_network(slice_of(json->valuestring), &range))
        return add(ranges, &range, err);
    if (depth < DEPTH_MAX)
        for (const cJSON *child = json->child; child && status == OK; child = child->next)
            status = read_json(ranges, child, depth + 1, err);
    return status;
}

static struct slice trim(struct slice s)
{
    while (s.len && strchr(" \t\r", s.data[0]) && s.data[0])
        s = (struct slice){s.data + 1, s.len - 1};
    while (s.len && strchr(" \t\r", s.data[s.len - 1]) && s.data[s.len - 1])
        s.len--;
    return s;
}

static enum status read_lines(struct bot_ranges *ranges, struct slice text, struct error *err)
{
    size_t number = 1;
    struct range range;

    for (size_t at = 0; at < text.len; number++) {
        const char *start = text.data + at, *newline = memchr(start, '\n', text.len - at), *hash;
        struct slice line = {start, newline ? (size_t)(newline - start) : text.len - at};

        at += line.len + 1;
        hash = memchr(line.data, '#', line.len);
        if (hash)
            line.len = (size_t)(hash - line.data);
        line = trim(line);
        if (line.len == 0)
            continue;
        if (!read_network(line, &range))
            return error_set(err, REJECT,
                             "line %zu is no network; expected 192.0.2.0/24 or "
                             "2001:db8::/32",
                             number);
        if (add(ranges, &range, err))
            return err->status;
    }
    return OK;
}

static int compare(const void *a, const void *b)
{
    return memcmp(&((const struct range *)a)->first, &((const struct range *)b)->first,
                  sizeof(struct address));
}

/* Sorts, and joins what overlaps. */
static void tidy(struct bot_ranges *ranges)
{
    size_t kept = 0;

    if (ranges->count == 0)
        return;
    qsort(ranges->list, ranges->count, sizeof(*ranges->list), compare);
    for (size_t i = 1; i < ranges->count; i++) {
        struct range *last = &ranges->list[kept];

        if (memcmp(&ranges->list[i].first, &last->last, sizeof(struct address)) > 0)
            ranges->list[++kept] = ranges->list[i];
        else if (memcmp(&ranges->list[i].last, &last->last, sizeof(struct address)) > 0)
            last->last = ranges->list[i].last;
    }
    ranges->count = kept + 1;
}

enum status bot_ranges_read(struct bot_ranges *ranges, struct slice text, struct error *err)
{
    size_t before = ranges->count, start = 0;
    scoped_json cJSON *json = NULL;
    enum status status;

    while (start < text.len && strchr(" \t\r\n", text.data[start]) && text.data[start])
        start++;
    if (start < text.len && (text.data[start] == '{' || text.data[start] == '[')) {
        json = cJSON_ParseWithLength(text.data + start, text.len - start);
        status = json ? read_json(ranges, json, 0, err) : error_set(err, REJECT, "not valid JSON");
    } else {
        status = read_lines(ranges, text, err);
    }
    if (status == OK && ranges->count == before)
        return error_set(err, REJECT, "no network in it");
    tidy(ranges);
    return status;
}

static enum status read_file(struct bot_ranges *ranges, const char *path, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(FILE_MAX);

    if (file_read(path, &text, err))
        return err->status;
    if (bot_ranges_read(ranges, buf_slice(&text), err))
        return error_prefix(err, "'%s'", path);
    return OK;
}

enum status bot_ranges_open(char *const *files, size_t count, struct bot_ranges **out,
                            struct error *err)
{
    struct bot_ranges *ranges = bot_ranges_new();

    if (!ranges)
        return error_set(err, FATAL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (read_file(ranges, files[i], err)) {
            bot_ranges_close(ranges);
            return err->status;
        }
    }
    *out = ranges;
    return OK;
}

enum bot_place bot_ranges_find(const struct bot_ranges *ranges, struct slice address)
{
    char text[TEXT_MAX];
    struct address wanted;
    unsigned bits;
    size_t low = 0, high = ranges->count;

    if (address.len == 0 || address.len >= sizeof(text))
        return BOT_PLACE_UNKNOWN;
    memcpy(text, address.data, address.len);
    text[address.len] = '\0';
    if (!read_address(text, &wanted, &bits))
        return BOT_PLACE_UNKNOWN;
    while (low < high) { /* the last range that begins at or before it is below `low` */
        size_t middle = (low + high) / 2;

        if (memcmp(&ranges->list[middle].first, &wanted, sizeof(wanted)) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low && memcmp(&wanted, &ranges->list[low - 1].last, sizeof(wanted)) <= 0
               ? BOT_PLACE_INSIDE
               : BOT_PLACE_OUTSIDE;
}

size_t bot_ranges_count(const struct bot_ranges *ranges)
{
    return ranges->count;
}

void bot_ranges_close(struct bot_ranges *ranges)
{
    if (!ranges)
        return;
    free(ranges->list);
    free(ranges);
}
