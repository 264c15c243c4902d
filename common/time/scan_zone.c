/*
 * scan_zone.c - the zone behind a time of day.
 */
#include "common/time/scan_steps.h"

#define ABBREVIATION_MAX 5 /* letters */
#define NAME_MAX_BYTES   40

/* Names of the database begin so; others that look alike are a message's own words. */
static const char *const regions[] = {
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/",   "Atlantic/", "Brazil/",  "Canada/",
    "Chile/",  "Etc/",     "Australia/",  "Europe/", "Indian/", "Mexico/",   "Pacific/", "US/"};

static bool is_name_byte(unsigned char byte)
{
    return char_is_letter(byte) || char_is_digit(byte) || byte == '_' || byte == '/' ||
           byte == '-' || byte == '+';
}

/* "EST5EDT": a TZ string of old that is also a name of the database. */
static struct slice american_name(const struct cursor *c)
{
    static const char *const names[] = {"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (c->end - c->p >= 7 && memcmp(c->p, names[i], 7) == 0 &&
            !is_name_byte(cursor_peek(c, 7)))
            return (struct slice){c->p, 7};
    return (struct slice){0};
}

/* The name here, or an empty slice. */
static struct slice region_name(const struct cursor *c)
{
    size_t left = (size_t)(c->end - c->p), len = 0;

    while (char_is_letter(cursor_peek(c, len)))
        len++;
    if (len == 3 && char_is_digit(cursor_peek(c, 3)))
        return american_name(c);
    if (cursor_peek(c, len) != '/')
        return (struct slice){0};
    for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        size_t head = strlen(regions[i]);

        if (left <= head || memcmp(c->p, regions[i], head) != 0)
            continue;
        while (is_name_byte(cursor_peek(c, len)))
            len++;
        return (struct slice){c->p, len <= NAME_MAX_BYTES ? len : 0};
    }
    return (struct slice){0};
}

static bool take_region(struct scan *scan, struct cursor *c)
{
    struct slice name = region_name(c);
    const struct time_zone *zone;

    if (name.len == 0)
        return false;
    zone = scan->hints->zones ? time_zones_find(scan->hints->zones, name) : NULL;
    if (scan->parts.zone_kind == PARTS_NO_ZONE) {
        scan->parts.zone = zone;
        scan->parts.zone_kind = PARTS_ZONE;
        scan->unknown = !zone;
    }
    c->p += name.len;
    return true;
}

static bool set_offset(struct scan *scan, const struct cursor *at, int32_t offset_s, bool valid)
{
    scan->parts.zone_kind = PARTS_OFFSET;
    scan->parts.offset_s = offset_s;
    scan->unknown = !valid;
    scan->c = *at;
    return true;
}

/* "[UTC]" right behind the time: java.time's for Z. */
static bool take_bracketed_utc(struct scan *scan)
{
    struct cursor at = scan->c;

    if (!cursor_take(&at, '['))
        return false;
    if (!cursor_take(&at, 'Z')) {
        if (at.end - at.p < 3 || (memcmp(at.p, "UTC", 3) != 0 && memcmp(at.p, "GMT", 3) != 0))
            return false;
        at.p += 3;
    }
    if (!cursor_take(&at, ']'))
        return false;
    if (scan->parts.zone_kind == PARTS_NO_ZONE)
        return set_offset(scan, &at, 0, true);
    scan->c = at;
    return true;
}

/* "[Europe/Berlin]", java.time's and RFC 9557's; behind an offset it changes nothing. */
static void take_bracketed_region(struct scan *scan)
{
    struct cursor at = scan->c;

    cursor_blanks(&at);
    if (!cursor_take(&at, '['))
        return;
    cursor_take(&at, '!');
    if (region_name(&at).len == 0 || cursor_peek(&at, region_name(&at).len) != ']')
        return;
    take_region(scan, &at);
    at.p++;
    scan->c = at;
}

/* Behind a blank, two digits may be anything's: "-10 degrees". They end the text or a bracket, or a
 * year follows. */
static bool is_bare_hours(const struct cursor *sign, const struct cursor *end)
{
    struct cursor at = *end;

    if (end->p - sign->p > 3)
        return false;
    if (at.p == at.end || *at.p == ']' || *at.p == ')')
        return false;
    return !cursor_blanks(&at) || cursor_count_digits(&at, 5) != 4;
}

static bool take_offset(struct scan *scan, struct cursor at, bool blank)
{
    struct cursor end = at;
    int32_t offset_s;
    bool valid;

    if (!cursor_offset(&end, &offset_s, &valid) || char_is_digit(cursor_peek(&end, 0)) ||
        char_is_letter(cursor_peek(&end, 0)) || (blank && is_bare_hours(&at, &end)))
        return false;
    return set_offset(scan, &end, offset_s, valid);
}

/* "UTC", "GMT+0100", "UTC+1"; any case. */
static bool take_utc(struct scan *scan, struct cursor at)
{
    struct cursor end;
    int32_t offset_s = 0;
    int hours, sign;
    bool valid = true;
    unsigned char a = cursor_peek(&at, 0) | 0x20, b = cursor_peek(&at, 1) | 0x20,
                  c = cursor_peek(&at, 2) | 0x20;

    if (!(a == 'u' && b == 't' && c == 'c') && !(a == 'g' && b == 'm' && c == 't'))
        return false;
    at.p += 3;
    end = at;
    if (!cursor_offset(&end, &offset_s, &valid)) {
        sign = cursor_peek(&at, 0) == '-' ? -1 : 1;
        end = at;
        if ((cursor_take(&end, '+') || cursor_take(&end, '-')) &&
            cursor_number(&end, 1, 1, &hours) && !cursor_is_digit(&end))
            offset_s = sign * hours * 3600;
        else
            end = at;
    }
    if (char_is_letter(cursor_peek(&end, 0)) || char_is_digit(cursor_peek(&end, 0)))
        return false;
    return set_offset(scan, &end, offset_s, valid);
}

static bool take_abbreviation(struct scan *scan, struct cursor at)
{
    const struct time_zone *zone = scan->hints->zone;
    struct slice name = {at.p, 0};
    int32_t offset_s = 0;
    int64_t s;
    unsigned char next;

    while (name.len <= ABBREVIATION_MAX && cursor_peek(&at, name.len) >= 'A' &&
           cursor_peek(&at, name.len) <= 'Z')
        name.len++;
    next = cursor_peek(&at, name.len);
    if (name.len == 0 || name.len > ABBREVIATION_MAX || char_is_letter(next) ||
        char_is_digit(next) || next == '_' || next == '-' || next == '/')
        return false;
    if (!time_zone_abbreviation(name, &offset_s)) {
        if (name.len < 3 || !zone || !time_zone_from_named(zone, 0, name, &s))
            return false;
        offset_s = (int32_t)-s;
    }
    at.p += name.len;
    scan->parts.zone_kind = PARTS_ABBREVIATION;
    scan->parts.abbreviation = name;
    scan->parts.offset_s = offset_s;
    scan->c = at;
    return true;
}

/* "(CET)", "(Central European Standard Time)": RFC 5322's comment, JavaScript's Date. */
static void take_comment(struct cursor *c)
{
    struct cursor at = *c;
    struct slice text;
    int32_t offset_s;

    cursor_blanks(&at);
    if (!cursor_take(&at, '('))
        return;
    text.data = at.p;
    while (cursor_is_letter(&at) || cursor_peek(&at, 0) == ' ')
        at.p++;
    text.len = (size_t)(at.p - text.data);
    if (!cursor_take(&at, ')'))
        return;
    if (time_zone_abbreviation(text, &offset_s) ||
        (text.len > 5 && memcmp(text.data + text.len - 5, " Time", 5) == 0))
        *c = at;
}

static bool take_any(struct scan *scan)
{
    struct cursor at = scan->c;
    bool blank = cursor_blanks(&at);
    unsigned char byte = cursor_peek(&at, 0);

    if (!blank && (byte == 'Z' || byte == 'z') && !char_is_letter(cursor_peek(&at, 1))) {
        at.p++;
        return set_offset(scan, &at, 0, true);
    }
    if (byte == '+' || byte == '-' || byte == 0xe2)
        return take_offset(scan, at, blank);
    if (!char_is_letter(byte))
        return false;
    if (take_utc(scan, at) || take_abbreviation(scan, at))
        return true;
    if (!take_region(scan, &at))
        return false;
    scan->c = at;
    return true;
}

void scan_zone(struct scan *scan)
{
    if (scan->parts.zone_kind == PARTS_NO_ZONE && take_any(scan) &&
        scan->parts.zone_kind == PARTS_OFFSET)
        take_comment(&scan->c);
    if (cursor_peek(&scan->c, 0) != '[' && cursor_peek(&scan->c, 0) != ' ')
        return;
    if (!take_bracketed_utc(scan))
        take_bracketed_region(scan);
}
