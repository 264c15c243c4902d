/*
 * csv_scan.c - values separated by a delimiter, maybe quoted: RFC 4180.
 */
#include "shipper/parser/csv_scan.h"

/* Behind the quote that closes what begins at `p`, or NULL. */
static const char *closing_quote(const char *p, const char *end, char quote, bool *doubled)
{
    p++;
    while (p < end && (p = memchr(p, quote, (size_t)(end - p)))) {
        if (p + 1 == end || p[1] != quote)
            return p + 1;
        *doubled = true;
        p += 2;
    }
    return NULL;
}

/* A copy without the second of two quotes. */
static struct slice undouble(struct arena *arena, struct slice text, char quote)
{
    char *room = arena_bytes(arena, text.len), *p = room;

    if (!room)
        return (struct slice){NULL, 0};
    for (size_t i = 0; i < text.len; i++) {
        *p++ = text.data[i];
        if (text.data[i] == quote)
            i++;
    }
    arena_trim(arena, room, (size_t)(p - room));
    return (struct slice){room, (size_t)(p - room)};
}

enum csv_result csv_next(struct csv_style style, struct arena *arena, struct slice *rest,
                         struct slice *value)
{
    const char *p = rest->data, *end = p + rest->len, *stop;
    bool doubled = false;

    if (style.quote && rest->len && *p == style.quote) {
        stop = closing_quote(p, end, style.quote, &doubled);
        if (!stop)
            return CSV_UNCLOSED;
        if (stop < end && *stop != style.delimiter)
            return CSV_GARBAGE;
        *value = (struct slice){p + 1, (size_t)(stop - p) - 2};
        if (doubled)
            *value = undouble(arena, *value, style.quote);
    } else {
        stop = rest->len ? memchr(p, style.delimiter, rest->len) : NULL;
        if (!stop)
            stop = end;
        *value = (struct slice){p, (size_t)(stop - p)};
    }
    if (stop == end) {
        *rest = (struct slice){end, 0};
        return CSV_LAST;
    }
    *rest = (struct slice){stop + 1, (size_t)(end - stop) - 1};
    return CSV_VALUE;
}

char csv_find_delimiter(struct slice line, char quote)
{
    static const char candidates[] = ",;\t|";
    size_t counts[sizeof(candidates) - 1] = {0}, best = 0;
    bool quoted = false;

    for (size_t i = 0; i < line.len; i++) {
        const char *found = line.data[i] ? strchr(candidates, line.data[i]) : NULL;

        if (quote && line.data[i] == quote)
            quoted = !quoted;
        else if (found && !quoted)
            counts[found - candidates]++;
    }
    for (size_t i = 1; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

/* The next quote before `end` that begins a value: behind a delimiter, or at `start`. */
static const char *opening_quote(struct csv_style style, const char *p, const char *end,
                                 const char *start)
{
    if (!style.quote)
        return NULL;
    for (; p < end && (p = memchr(p, style.quote, (size_t)(end - p))); p++)
        if (p == start || p[-1] == style.delimiter)
            return p;
    return NULL;
}

size_t csv_record_end(struct csv_style style, struct slice text)
{
    const char *p = text.data, *end = p + text.len, *first, *newline, *quote;
    bool ignored;

    first = newline = text.len ? memchr(p, '\n', text.len) : NULL;
    while (first) {
        quote = opening_quote(style, p, newline ? newline : end, text.data);
        if (!quote)
            return newline ? (size_t)(newline + 1 - text.data) : 0;
        p = closing_quote(quote, end, style.quote, &ignored);
        if (!p || p == end)
            return 0;
        if (*p != style.delimiter && *p != '\r' && *p != '\n')
            return (size_t)(first + 1 - text.data);
        if (newline && p > newline)
            newline = memchr(p, '\n', (size_t)(end - p));
    }
    return 0;
}
