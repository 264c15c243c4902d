/*
 * number.c - numbers with units, times, addresses.
 */
#include "common/query/number.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "common/query/lex.h"
#include "common/timestamp.h"

#define FRACTION_MAX 18 /* digits behind the point */
#define DAY_MS       86400000

struct unit {
    const char *name;
    enum number_unit kind;
    int64_t factor;
};

static const struct unit units[] = {
    {"B", NUMBER_BYTES, 1},
    {"KB", NUMBER_BYTES, 1000},
    {"MB", NUMBER_BYTES, 1000000},
    {"GB", NUMBER_BYTES, 1000000000},
    {"KiB", NUMBER_BYTES, 1 << 10},
    {"MiB", NUMBER_BYTES, 1 << 20},
    {"GiB", NUMBER_BYTES, 1 << 30},
    {"ns", NUMBER_TIME, 1},
    {"us", NUMBER_TIME, 1000},
    {"ms", NUMBER_TIME, 1000000},
    {"s", NUMBER_TIME, 1000000000},
    {"m", NUMBER_TIME, 60000000000},
    {"h", NUMBER_TIME, 3600000000000},
};

enum number_unit number_unit_of(enum record_field field)
{
    const char *dot = strrchr(record_fields[field].name, '.');

    if (field == FIELD_EVENT_DURATION)
        return NUMBER_TIME;
    return dot && strcmp(dot, ".bytes") == 0 ? NUMBER_BYTES : NUMBER_PLAIN;
}

const char *number_unit_names(enum number_unit unit)
{
    static const char *const names[] = {
        [NUMBER_PLAIN] = "",
        [NUMBER_BYTES] = "B, KB, MB, GB, KiB, MiB, GiB",
        [NUMBER_TIME] = "ns, us, ms, s, m, h",
    };

    return names[unit];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_class(struct slice text, struct query_range *out)
{
    if (text.len != 3 || text.data[0] < '1' || text.data[0] > '5' ||
        !ascii_equal((struct slice){text.data + 1, 2}, "xx"))
        return false;
    out->low = (text.data[0] - '0') * 100;
    out->high = out->low + 99;
    return true;
}

static bool find_factor(struct slice suffix, enum number_unit unit, int64_t *factor)
{
    *factor = 1;
    if (suffix.len == 0)
        return true;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (units[i].kind == unit && ascii_equal(suffix, units[i].name)) {
            *factor = units[i].factor;
            return true;
        }
    return false;
}

bool number_is_unit(struct slice suffix)
{
    int64_t ignored;

    return find_factor(suffix, NUMBER_BYTES, &ignored) ||
           find_factor(suffix, NUMBER_TIME, &ignored);
}

enum number_result number_read(struct slice text, enum number_unit unit, struct query_range *out,
                               struct slice *suffix)
{
    size_t at = text.len && text.data[0] == '-', start = at, digits = 0;
    unsigned __int128 mantissa = 0, scale = 1, whole;
    int64_t factor, floor;
    bool exact;

    if (read_class(text, out))
        return NUMBER_OK;
    for (; at < text.len && is_digit(text.data[at]); at++) {
        mantissa = mantissa * 10 + (unsigned)(text.data[at] - '0');
        if (mantissa > INT64_MAX)
            return NUMBER_TOO_BIG;
    }
    if (at == start)
        return NUMBER_NONE;
    if (at < text.len && text.data[at] == '.') {
        for (at++; at < text.len && is_digit(text.data[at]); at++, digits++) {
            if (digits == FRACTION_MAX)
                return NUMBER_TOO_BIG;
            mantissa = mantissa * 10 + (unsigned)(text.data[at] - '0');
            scale *= 10;
        }
        if (digits == 0)
            return NUMBER_NONE;
    }
    *suffix = (struct slice){text.data + at, text.len - at};
    if (!find_factor(*suffix, unit, &factor))
        return NUMBER_UNIT_UNKNOWN;
    if (mantissa > ((unsigned __int128)-1) / (uint64_t)factor)
        return NUMBER_TOO_BIG;
    whole = mantissa * (uint64_t)factor / scale;
    exact = mantissa * (uint64_t)factor % scale == 0;
    if (whole >= INT64_MAX) /* the two outermost numbers mean "open" */
        return NUMBER_TOO_BIG;
    floor = start ? -(int64_t)whole - !exact : (int64_t)whole;
    *out = (struct query_range){exact ? floor : floor + 1, floor};
    return NUMBER_OK;
}

/* The text with what it may leave out: seconds and zone. *length_ms is what it stands for. */
static bool complete_iso(struct slice text, char out[64], int64_t *length_ms, bool *zoned)
{
    size_t time_end = 11, end = text.len;

    *zoned = false;
    if (text.len == 10) {
        snprintf(out, 64, "%.*sT00:00:00Z", SLICE_FMT(text));
        *length_ms = DAY_MS;
        return true;
    }
    if (text.len < 16 || text.len > 40)
        return false;
    while (time_end < end && (is_digit(text.data[time_end]) || strchr(":.,", text.data[time_end])))
        time_end++;
    *zoned = time_end < end;
    *length_ms = time_end == 16 ? 60000 : 1;
    snprintf(out, 64, "%.*s%s%s", (int)time_end, text.data, time_end == 16 ? ":00" : "",
             *zoned ? "" : "Z");
    if (*zoned)
        snprintf(out + strlen(out), 64 - strlen(out), "%.*s", (int)(end - time_end),
                 text.data + time_end);
    return true;
}

static enum time_result read_iso(struct slice text, const struct query_context *context,
                                 struct query_range *out)
{
    struct timestamp time;
    char full[64];
    int64_t length_ms;
    bool zoned;

    if (memchr(text.data, '\0', text.len) || !complete_iso(text, full, &length_ms, &zoned) ||
        !timestamp_parse_iso(slice_of(full), &time))
        return TIME_BAD;
    out->low = timestamp_ms(time) - (zoned ? 0 : (int64_t)context->zone_s * 1000);
    out->high = out->low + length_ms - 1;
    return TIME_OK;
}

static int64_t unit_ms(char c)
{
    switch (c) {
    case 's':
        return 1000;
    case 'm':
        return 60000;
    case 'h':
        return 3600000;
    case 'd':
        return DAY_MS;
    case 'w':
        return 7 * (int64_t)DAY_MS;
    }
    return 0;
}

/* One "+5m" or "-1d" at *at. */
static bool read_shift(struct slice text, size_t *at, int64_t *ms)
{
    int64_t sign = text.data[*at] == '-' ? -1 : 1, count = 0, unit;
    size_t start = ++*at;

    for (; *at < text.len && is_digit(text.data[*at]); ++*at) {
        count = count * 10 + (text.data[*at] - '0');
        if (count > 100000000) /* three years of seconds, and no overflow in weeks */
            return false;
    }
    unit = *at > start && *at < text.len ? unit_ms(text.data[*at]) : 0;
    ++*at;
    *ms += sign * count * unit;
    return unit != 0;
}

static enum time_result read_now(struct slice text, const struct query_context *context,
                                 struct query_range *out)
{
    int64_t ms = context->now_ms, unit, zone_ms = (int64_t)context->zone_s * 1000, rest;
    size_t at = 3;

    for (int shifts = 0; at < text.len && (text.data[at] == '+' || text.data[at] == '-'); shifts++)
        if (shifts == 16 || !read_shift(text, &at, &ms))
            return TIME_BAD;
    *out = (struct query_range){ms, ms};
    if (at < text.len) {
        unit = at + 2 == text.len && text.data[at] == '/' ? unit_ms(text.data[at + 1]) : 0;
        if (unit == 0 || unit > DAY_MS)
            return TIME_BAD;
        rest = (ms + zone_ms) % unit;
        out->low = ms - (rest < 0 ? rest + unit : rest);
        out->high = out->low + unit - 1;
    }
    return context->rule ? TIME_NOW_IN_RULE : TIME_OK;
}

enum time_result time_read(struct slice text, const struct query_context *context,
                           struct query_range *out)
{
    int64_t first = civil_days(0, 1, 1) * DAY_MS, last = civil_days(10000, 1, 1) * DAY_MS - 1;
    enum time_result result = text.len >= 3 && memcmp(text.data, "now", 3) == 0
                                  ? read_now(text, context, out)
                                  : read_iso(text, context, out);

    /* Years of four digits: what the index can be asked for. */
    return result == TIME_OK && (out->low < first || out->high > last) ? TIME_BAD : result;
}

static bool parse_address(struct slice text, uint8_t out[16], bool *is_v4)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char terminated[48];

    if (text.len == 0 || text.len >= sizeof(terminated) || memchr(text.data, '\0', text.len))
        return false;
    memcpy(terminated, text.data, text.len);
    terminated[text.len] = '\0';
    *is_v4 = inet_pton(AF_INET, terminated, out + 12) == 1;
    if (*is_v4)
        memcpy(out, mapped, sizeof(mapped));
    return *is_v4 || inet_pton(AF_INET6, terminated, out) == 1;
}

bool address_parse(struct slice text, uint8_t out[16])
{
    bool ignored;

    return parse_address(text, out, &ignored);
}

/* From an address and a number of bits, of 128, the first and the last address. */
static void mask(struct query_network *network, int bits)
{
    memcpy(network->high, network->low, 16);
    for (int bit = bits; bit < 128; bit++) {
        network->low[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
        network->high[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    }
    network->bits = (int16_t)bits;
}

bool network_read(struct slice text, struct query_network *out)
{
    const char *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
    struct slice address = {text.data, slash ? (size_t)(slash - text.data) : text.len};
    size_t digits = slash ? text.len - address.len - 1 : 0;
    bool is_v4;
    int bits = 0;

    *out = (struct query_network){.bits = -1};
    if (!parse_address(address, out->low, &is_v4))
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (digits > 3 || !is_digit(slash[1 + i]))
            return false;
        bits = bits * 10 + (slash[1 + i] - '0');
    }
    if (!slash)
        bits = 128;
    else if (digits == 0 || bits > (is_v4 ? 32 : 128))
        return false;
    else if (is_v4)
        bits += 96;
    mask(out, bits);
    return true;
}

bool network_read_octets(struct slice text, struct query_network *out)
{
    char address[48];
    unsigned dots = 0;

    for (size_t i = 0; i < text.len; i++) {
        dots += text.data[i] == '.';
        if (text.data[i] != '.' && !is_digit(text.data[i]))
            return false;
    }
    if (dots < 1 || dots > 3 || text.len > 12 || text.data[text.len - 1] != '.')
        return false;
    snprintf(address, sizeof(address), "%.*s%s/%u", SLICE_FMT(text), &"0.0.0"[2 * (dots - 1)],
             8 * dots);
    return network_read(slice_of(address), out);
}

size_t address_print(const uint8_t address[16], char out[48])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool is_v4 = memcmp(address, mapped, sizeof(mapped)) == 0;

    inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? address + 12 : address, out, 48);
    return strlen(out);
}
