/*
 * scan.c - finds a time stamp of unknown form at the beginning of a text.
 *
 * A form is told by its first characters and how many digits there are, so
 * that at most one reading of a text is tried: what is impossible in it (30
 * February) is not tried as something else.
 */
#include "common/time/scan.h"

#include "common/time/epoch.h"
#include "common/time/scan_steps.h"

#define YEAR_BEHIND_MIN 1970 /* "Nov 21 12:00:00 2026": other numbers there are a message */
#define YEAR_BEHIND_MAX 2099

/* Between date and time. */
static bool take_separator(struct scan *scan)
{
    struct cursor at = scan->c;
    bool blank = cursor_blanks(&at);
    unsigned char byte = cursor_peek(&at, 0);

    if (byte == 'T' || byte == 't' || byte == '_' || byte == '-' || byte == ':' || byte == ',' ||
        byte == '@') {
        at.p++;
        scan->hyphen = byte == '-';
        cursor_blanks(&at);
    } else if (blank && byte == 'a' && cursor_peek(&at, 1) == 't') {
        at.p += 2; /* java.time's long style */
        cursor_blanks(&at);
    } else if (!blank) {
        return false;
    }
    if (!cursor_is_digit(&at))
        return false;
    scan->c = at;
    return true;
}

/* Four digits that are nothing longer: "2026", not "2026-host" or "2026:". */
static bool take_year(struct scan *scan)
{
    struct cursor at = scan->c;
    unsigned char next;
    int year;

    if (!cursor_blanks(&at) || cursor_count_digits(&at, 5) != 4)
        return false;
    year = cursor_counted(&at, 4);
    next = cursor_peek(&at, 0);
    if (char_is_letter(next) || next == '-' || next == '.' || next == '/' || next == '_' ||
        (next == ':' && cursor_peek(&at, 1) != ' '))
        return false;
    if (!scan->weekday && (year < YEAR_BEHIND_MIN || year > YEAR_BEHIND_MAX))
        return false;
    scan->parts.year = year;
    scan->c = at;
    return true;
}

static bool scan_tai64(struct scan *scan)
{
    scan->parts.is_instant = true;
    return cursor_tai64(&scan->c, &scan->parts.instant);
}

static bool scan_body(struct scan *scan)
{
    unsigned char first = cursor_peek(&scan->c, 0);
    enum scan_step step = STEP_NONE;

    if (scan_plain(scan)) {
        scan_zone(scan);
        return true;
    }
    if (first == '@')
        return scan_tai64(scan);
    if ((first == '*' || first == '.') && char_is_letter(cursor_peek(&scan->c, 1)))
        scan->c.p++;
    if (cursor_is_digit(&scan->c))
        step = scan_digits(scan);
    else if (cursor_is_letter(&scan->c))
        step = scan_words(scan);
    if (step == STEP_NONE)
        return false;
    if (scan->parts.is_instant)
        return true;
    if (step == STEP_DATE) {
        struct cursor date = scan->c;

        if (!take_separator(scan) || !scan_clock(scan)) {
            scan->c = date;
            return scan->whole && scan->parts.year != PARTS_NO_YEAR;
        }
    }
    scan_zone(scan);
    if (scan->worded && scan->parts.year == PARTS_NO_YEAR && take_year(scan) &&
        scan->parts.zone_kind == PARTS_NO_ZONE)
        scan_zone(scan);
    return true;
}

static char open_bracket(struct cursor *c)
{
    if (cursor_take(c, '['))
        return ']';
    return cursor_take(c, '(') ? ')' : '\0';
}

/* A word goes on here: it was no time. */
static bool at_word(const struct cursor *c)
{
    unsigned char next = cursor_peek(c, 0);

    return char_is_letter(next) || char_is_digit(next);
}

static enum timestamp_result run(struct scan *scan, struct slice text,
                                 struct timestamp_found *found)
{
    struct timestamp_found result;
    enum timestamp_result answer;
    char closing = open_bracket(&scan->c);

    if (!scan_body(scan) || at_word(&scan->c))
        return TIMESTAMP_ABSENT;
    if (closing)
        cursor_take(&scan->c, closing);
    if (scan->whole && scan->c.p != scan->c.end)
        return TIMESTAMP_ABSENT;
    if (scan->unknown)
        return TIMESTAMP_IMPOSSIBLE;
    answer = parts_resolve(&scan->parts, scan->hints, &result);
    if (answer == TIMESTAMP_FOUND) {
        result.len = (size_t)(scan->c.p - text.data);
        *found = result;
    }
    return answer;
}

enum timestamp_result timestamp_scan(struct slice text, const struct timestamp_hints *hints,
                                     struct timestamp_found *found)
{
    struct scan scan = {.c = cursor_of(text), .parts = PARTS_INIT, .hints = hints};

    return run(&scan, text, found);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice timestamp_trim(struct slice text)
{
    while (text.len > 0 && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

enum timestamp_result timestamp_read(struct slice text, const struct timestamp_hints *hints,
                                     struct timestamp_found *found)
{
    struct scan scan = {.parts = PARTS_INIT, .hints = hints, .whole = true};

    text = timestamp_trim(text);
    scan.c = cursor_of(text);
    return run(&scan, text, found);
}
