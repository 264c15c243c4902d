/*
 * combined.h - the least that can be done with a line of the combined format: one pass of plain C
 * from its bytes to a JSON record.
 *
 * What it leaves out on purpose: odd lines are cut at their first mistake, offsets are copied
 * and not calculated with, there is no identity, no character set, no limit. It is a measure, not a
 * parser.
 */
#ifndef BENCH_LIMITS_COMBINED_H
#define BENCH_LIMITS_COMBINED_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Bytes that a line of `len` may become: each byte a \u escape, and the names. */
#define COMBINED_JSON_MAX(len) (6 * (len) + 512)

static inline char *put(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return out + len;
}

#define PUT(out, literal) put(out, literal, sizeof(literal) - 1)

/* Copies up to `stop`, escaped; *p is behind `stop`, or at `end`. */
static inline char *put_until(char *out, const char **p, const char *end, char stop)
{
    const char *s = *p;

    while (s < end && *s != stop) {
        unsigned char c = (unsigned char)*s++;

        if (c == '\\' && s < end && *s == '"') {
            *out++ = '\\';
            *out++ = *s++;
        } else if (c == '\\' || c == '"') {
            *out++ = '\\';
            *out++ = (char)c;
        } else if (c < 0x20) {
            out += snprintf(out, 7, "\\u%04x", c);
        } else {
            *out++ = (char)c;
        }
    }
    *p = s < end ? s + 1 : end;
    return out;
}

static inline const char *skip(const char *p, const char *end, char past)
{
    const char *found = p < end ? memchr(p, past, (size_t)(end - p)) : NULL;

    return found ? found + 1 : end;
}

/* "01/Mar/2026:10:20:30 +0000" to "2026-03-01T10:20:30+00:00": the digits in another order. */
static inline char *put_time(char *out, const char *t)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int month = 1;

    while (month < 12 && memcmp(names + 3 * (month - 1), t + 3, 3) != 0)
        month++;
    out = put(out, t + 7, 4);
    *out++ = '-';
    *out++ = (char)('0' + month / 10);
    *out++ = (char)('0' + month % 10);
    *out++ = '-';
    out = put(out, t, 2);
    *out++ = 'T';
    out = put(out, t + 12, 8);
    out = put(out, t + 21, 3);
    *out++ = ':';
    return put(out, t + 24, 2);
}

#define TIME_LEN 26

/* The record of [p, end), without newline; returns where it ends. */
static inline char *combined_to_json(char *out, const char *p, const char *end)
{
    out = PUT(out, "{\"source\":{\"ip\":\"");
    out = put_until(out, &p, end, ' ');
    p = skip(p, end, ' ');
    out = PUT(out, "\"},\"user\":{\"name\":\"");
    out = put_until(out, &p, end, ' ');
    out = PUT(out, "\"},\"@timestamp\":\"");
    p = skip(p, end, '[');
    if (end - p > TIME_LEN)
        out = put_time(out, p);
    p = skip(p, end, '"');
    out = PUT(out, "\",\"http\":{\"request\":{\"method\":\"");
    out = put_until(out, &p, end, ' ');
    out = PUT(out, "\"}},\"url\":{\"original\":\"");
    out = put_until(out, &p, end, ' ');
    out = PUT(out, "\"},\"version\":\"");
    out = put_until(out, &p, end, '"');
    p = skip(p, end, ' ');
    out = PUT(out, "\",\"status\":\"");
    out = put_until(out, &p, end, ' ');
    out = PUT(out, "\",\"bytes\":\"");
    out = put_until(out, &p, end, ' ');
    p = skip(p, end, '"');
    out = PUT(out, "\",\"referrer\":\"");
    out = put_until(out, &p, end, '"');
    p = skip(p, end, '"');
    out = PUT(out, "\",\"user_agent\":{\"original\":\"");
    out = put_until(out, &p, end, '"');
    return PUT(out, "\"}}\n");
}

#endif
