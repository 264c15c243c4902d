/*
 * tzif.c - reads the files of the time-zone database.
 *
 * RFC 9636 (and 8536), versions 1 to 4. Counts are checked against the size of
 * the file before anything is read. Files that count leap seconds ("right/")
 * are refused: their instants are not POSIX time.
 */
#include "common/time/table.h"

#include "common/timestamp.h"

#define HEADER_SIZE 44
#define TIMES_MAX   2000 /* as zic's own reader; the largest of the database has 237 */
#define TYPES_MAX   256
#define CHARS_MAX   256

struct header {
    uint32_t utc_indicators, std_indicators, leaps, times, types, chars;
    char version;
    size_t time_size;    /* bytes of an instant */
    uint64_t block_size; /* bytes behind the header */
};

static uint32_t read_u32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t read_time(const char *p, size_t size)
{
    if (size == 4)
        return (int32_t)read_u32(p);
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

static bool read_header(struct slice *rest, size_t time_size, struct header *out)
{
    struct header h = {.time_size = time_size};
    const char *p = rest->data;

    if (rest->len < HEADER_SIZE || memcmp(p, "TZif", 4) != 0)
        return false;
    h.version = p[4];
    h.utc_indicators = read_u32(p + 20);
    h.std_indicators = read_u32(p + 24);
    h.leaps = read_u32(p + 28);
    h.times = read_u32(p + 32);
    h.types = read_u32(p + 36);
    h.chars = read_u32(p + 40);
    h.block_size = (uint64_t)h.times * (time_size + 1) + (uint64_t)h.types * 6 + h.chars +
                   (uint64_t)h.leaps * (time_size + 4) + h.std_indicators + h.utc_indicators;
    rest->data += HEADER_SIZE;
    rest->len -= HEADER_SIZE;
    *out = h;
    return h.block_size <= rest->len;
}

static void skip(struct slice *rest, size_t bytes)
{
    rest->data += bytes;
    rest->len -= bytes;
}

/* A type of local time: the period that it makes. */
static bool read_type(const struct header *h, const char *type, struct zone_table *table,
                      const char *chars, struct zone_period *out)
{
    int32_t offset_s = (int32_t)read_u32(type);
    unsigned char dst = (unsigned char)type[4], at = (unsigned char)type[5];
    const char *name = chars + at;

    if (offset_s > TIMESTAMP_OFFSET_MAX || offset_s < -TIMESTAMP_OFFSET_MAX || dst > 1 ||
        at >= h->chars || !memchr(name, '\0', h->chars - at))
        return false;
    for (const char *p = name; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    out->offset_s = offset_s;
    out->dst = dst == 1;
    return zone_table_name(table, name, &out->name);
}

static enum status read_block(const struct header *h, const char *times, struct zone_table *table,
                              int64_t *last, struct error *err)
{
    const char *kinds = times + h->times * h->time_size;
    const char *types = kinds + h->times;
    const char *chars = types + (size_t)h->types * 6;
    struct zone_period period[TYPES_MAX] = {0};

    for (uint32_t i = 0; i < h->types; i++)
        if (!read_type(h, types + (size_t)i * 6, table, chars, &period[i]))
            return error_set(err, REJECT, "local time type %u is invalid", i);
    zone_table_add(table, 0, period[0]);
    *last = INT64_MIN;
    for (uint32_t i = 0; i < h->times; i++) {
        int64_t start = read_time(times + i * h->time_size, h->time_size);
        unsigned char kind = (unsigned char)kinds[i];

        if (kind >= h->types || start <= *last)
            return error_set(err, REJECT, "change %u is invalid", i);
        *last = start;
        /* Outside of the years that are known here; before them, only the last one counts. */
        if (start > TIMESTAMP_S_MAX)
            break;
        zone_table_add(table, start < TIMESTAMP_S_MIN ? TIMESTAMP_S_MIN : start, period[kind]);
    }
    return OK;
}

/* "\nTZ string\n" behind the second block; empty when nothing is known of later times. */
static enum status read_footer(struct slice rest, struct zone_rule *rule, bool *has_rule,
                               struct error *err)
{
    const char *end;
    struct slice text;

    if (rest.len < 2 || rest.data[0] != '\n' || !(end = memchr(rest.data + 1, '\n', rest.len - 1)))
        return error_set(err, REJECT, "the footer is missing");
    text = (struct slice){rest.data + 1, (size_t)(end - rest.data - 1)};
    if (text.len == 0)
        return OK;
    if (!zone_rule_parse(text, rule))
        return error_set(err, REJECT, "the TZ string in the footer is invalid");
    *has_rule = true;
    return OK;
}

static enum status check_counts(const struct header *h, struct error *err)
{
    if (h->types < 1 || h->types > TYPES_MAX || h->times > TIMES_MAX || h->chars < 1 ||
        h->chars > CHARS_MAX || (h->std_indicators != 0 && h->std_indicators != h->types) ||
        (h->utc_indicators != 0 && h->utc_indicators != h->types))
        return error_set(err, REJECT, "the counts in its header are invalid");
    if (h->leaps != 0)
        return error_set(err, REJECT, "it counts leap seconds");
    return OK;
}

enum status tzif_read(struct slice file, struct zone_table *table, struct error *err)
{
    struct slice rest = file;
    struct header h;
    struct zone_rule rule;
    bool has_rule = false;
    int64_t last = INT64_MIN;

    *table = (struct zone_table){0};
    if (!read_header(&rest, 4, &h))
        return error_set(err, REJECT, "not a time-zone file");
    if (h.version >= '2') { /* all again with 64-bit instants */
        skip(&rest, (size_t)h.block_size);
        if (!read_header(&rest, 8, &h))
            return error_set(err, REJECT, "not a time-zone file");
    }
    if (check_counts(&h, err))
        return REJECT;
    if (!zone_table_init(table, h.times + 1 + ZONE_RULE_PERIODS))
        return error_set(err, FATAL, "out of memory");
    if (read_block(&h, rest.data, table, &last, err))
        return REJECT;
    skip(&rest, (size_t)h.block_size);
    if (h.version >= '2' && read_footer(rest, &rule, &has_rule, err))
        return REJECT;
    if (last < TIMESTAMP_S_MIN)
        last = TIMESTAMP_S_MIN;
    if (last > TIMESTAMP_S_MAX)
        last = TIMESTAMP_S_MAX;
    if (!zone_table_seal(table, has_rule ? &rule : NULL, last))
        return error_set(err, REJECT, "its abbreviations are too many");
    return OK;
}
