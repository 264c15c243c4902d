/*
 * format_pattern.c - times that a format writes by strftime(3), perhaps in several pieces.
 */
#include "shipper/parser/format_pattern.h"

#include <stdlib.h>

enum status format_pattern_add(struct format_pattern *pattern, struct slice piece,
                               struct error *err)
{
    char *p = pattern->joined + pattern->joined_len;

    if (pattern->joined_len + piece.len + 2 > sizeof(pattern->joined))
        return error_set(err, REJECT, "the patterns of times are longer than %d bytes",
                         TIME_FORMAT_MAX);
    if (pattern->joined_len)
        *p++ = ' ';
    for (size_t i = 0; i < piece.len; i++) {
        char next = i + 1 < piece.len ? piece.data[i + 1] : '\0';

        if (piece.data[i] == '%' && next) {
            i++;
            if (next == 'n' || next == 't') { /* a line break, a tab */
                *p++ = ' ';
                continue;
            }
            *p++ = '%';
        }
        *p++ = piece.data[i];
    }
    *p = '\0';
    pattern->joined_len = (size_t)(p - pattern->joined);
    pattern->pieces++;
    return OK;
}

/* Day and time of day, or an epoch: what an instant needs; the year may be left out. */
static bool is_full(const char *pattern)
{
    bool day = false, clock = false;

    for (const char *p = pattern; *p; p++) {
        if (*p != '%' || !p[1])
            continue;
        p += 1 + strspn(p + 1, "-_0^#EO");
        day |= *p && strchr("dejDFcxvu+", *p);
        clock |= *p && strchr("HIklTRrcX+", *p);
        if (*p == 's')
            return true;
        if (!*p)
            break;
    }
    return day && clock;
}

enum status format_pattern_finish(struct format_pattern *pattern, struct error *err)
{
    const char *joined = pattern->joined;

    return is_full(joined) ? time_formats_open(&joined, 1, &pattern->formats, err) : OK;
}

unsigned format_pattern_width(struct slice piece)
{
    static const char letters[] = "YmdHMSyjIekluwbhapGgVUWCzTDFRrcxX%nt";
    static const unsigned char widths[] = {4, 2, 2, 2, 2, 2, 2, 3, 2, 2,  2, 2,  1,  1, 3, 3, 3, 2,
                                           4, 2, 2, 2, 2, 2, 5, 8, 8, 10, 5, 11, 24, 8, 8, 1, 1, 1};
    unsigned width = 0;

    for (size_t i = 0; i < piece.len; i++, width++) {
        const char *letter;

        if (piece.data[i] != '%')
            continue;
        letter = ++i < piece.len && piece.data[i] ? strchr(letters, piece.data[i]) : NULL;
        if (!letter)
            return 0;
        width += widths[letter - letters] - 1u;
    }
    return width;
}

void format_pattern_take(struct format_pattern *pattern, struct slice text)
{
    if (pattern->len + text.len + 1 > sizeof(pattern->text)) {
        pattern->too_long = true;
        return;
    }
    if (pattern->len)
        pattern->text[pattern->len++] = ' ';
    if (text.len)
        memcpy(pattern->text + pattern->len, text.data, text.len);
    pattern->len += text.len;
}

static enum timestamp_result read_new(struct format_pattern *pattern, size_t len,
                                      const struct timestamp_hints *hints, struct timestamp *out)
{
    struct timestamp_found found;

    if (time_formats_read(pattern->formats, (struct slice){pattern->text, len}, hints, &found))
        return TIMESTAMP_IMPOSSIBLE;
    *out = found.time;
    /* Without a year the time hangs on the stream, too. */
    pattern->last_len = found.has_year ? len : 0;
    memcpy(pattern->last, pattern->text, len);
    pattern->last_time = found.time;
    return TIMESTAMP_FOUND;
}

enum timestamp_result format_pattern_read(struct format_pattern *pattern,
                                          const struct timestamp_hints *hints,
                                          struct timestamp *out)
{
    size_t len = pattern->len;
    bool too_long = pattern->too_long;

    pattern->len = 0;
    pattern->too_long = false;
    if (too_long)
        return TIMESTAMP_IMPOSSIBLE;
    if (!pattern->formats || len == 0)
        return TIMESTAMP_ABSENT;
    if (len == pattern->last_len && memcmp(pattern->text, pattern->last, len) == 0) {
        *out = pattern->last_time;
        return TIMESTAMP_FOUND;
    }
    return read_new(pattern, len, hints, out);
}

void format_pattern_close(struct format_pattern *pattern)
{
    if (pattern)
        time_formats_close(pattern->formats);
    free(pattern);
}
