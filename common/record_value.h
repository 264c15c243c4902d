/*
 * record_value.h - private to record_encode.c and record_encoder.c: one value, and what stands
 * before it, as JSON. Inline, because it is done some twenty times a record.
 */
#ifndef COMMON_RECORD_VALUE_H
#define COMMON_RECORD_VALUE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/copy_few.h"
#include "common/digits.h"
#include "common/json_text.h"
#include "common/record_extras.h"

#define RECORD_GEO_MAX 80
#define COPY_CALL      192 /* bytes from which on a call of memcpy is cheaper */

/* Bytes that record_put_value writes at most. */
static inline size_t record_value_bound(const struct value *value)
{
    /* No switch: most values are text, and a jump by table is foreseen worse. */
    if (value->kind == VALUE_TEXT)
        return JSON_STRING_MAX(value->text.len);
    if (value->kind == VALUE_JSON)
        return value->text.len;
    return RECORD_GEO_MAX; /* the longest of the others */
}

static inline char *record_put_long(char *p, int64_t number)
{
    if (number < 0)
        *p++ = '-';
    return digits_put(p, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

/* Copies of a constant length that overlap: most values are too short for a call to pay. */
static inline void record_copy_text(char *p, struct slice text)
{
    if (text.len > COPY_CALL) {
        memcpy(p, text.data, text.len);
    } else if (text.len >= 16) {
        for (size_t done = 0; done + 16 < text.len; done += 16)
            memcpy(p + done, text.data + done, 16);
        memcpy(p + text.len - 16, text.data + text.len - 16, 16);
    } else {
        copy_below_16(p, text.data, text.len);
    }
}

static inline char *record_put_plain(char *p, struct slice text)
{
    *p++ = '"';
    record_copy_text(p, text);
    p[text.len] = '"';
    return p + text.len + 1;
}

/*
 * As printf writes it with "%.8g". Where the next digits leave no doubt how to round, a product is
 * exact enough: its error is some 1e-8 of the last digit.
 */
static inline char *record_put_degrees(char *p, double degrees)
{
    double magnitude = fabs(degrees), scaled;
    int decimals = magnitude < 10 ? 7 : magnitude < 100 ? 6 : 5;
    uint64_t scale = decimals == 7 ? 10000000 : decimals == 6 ? 1000000 : 100000, whole;

    scaled = magnitude * (double)scale;
    if (!(magnitude >= 1 && magnitude < 999) || fabs(scaled - floor(scaled) - 0.5) < 1e-4)
        return p + snprintf(p, RECORD_GEO_MAX / 2, "%.8g", degrees);
    whole = (uint64_t)(scaled + 0.5);
    if (degrees < 0)
        *p++ = '-';
    p = digits_put(p, whole / scale);
    if (whole % scale == 0)
        return p;
    for (whole %= scale; whole % 10 == 0; whole /= 10)
        decimals--;
    *p = '.';
    for (int i = decimals; i > 0; i--, whole /= 10)
        p[i] = (char)('0' + whole % 10);
    return p + decimals + 1;
}

/* Eight digits: a metre or two. JSON has no word for what is no number. */
static inline char *record_put_geo(char *p, const struct value *value)
{
    if (!isfinite(value->geo.lat) || !isfinite(value->geo.lon))
        return mempcpy(p, "null", 4);
    p = record_put_degrees(mempcpy(p, "{\"lat\":", 7), value->geo.lat);
    p = record_put_degrees(mempcpy(p, ",\"lon\":", 7), value->geo.lon);
    *p++ = '}';
    return p;
}

static inline char *record_put_value(char *p, const struct value *value, uint64_t *invalid)
{
    if (value->kind == VALUE_TEXT)
        return value->plain ? record_put_plain(p, value->text)
                            : json_write_string(p, value->text, invalid);
    if (value->kind == VALUE_JSON) {
        record_copy_text(p, value->text);
        return p + value->text.len;
    }
    if (value->kind == VALUE_LONG)
        return record_put_long(p, value->number);
    if (value->kind == VALUE_TIME) {
        *p++ = '"';
        p += timestamp_print(value->time, p);
        *p++ = '"';
        return p;
    }
    if (value->kind == VALUE_BOOL)
        return mempcpy(p, value->number ? "true" : "false", value->number ? 4 : 5);
    return record_put_geo(p, value);
}

/* What stands before a value: closing and opening objects from `node` to its own, and its key. */
static inline char *record_put_path(char *p, const struct record_tree *tree, uint8_t node,
                                    uint8_t depth, const struct record_leaf *leaf, bool first)
{
    unsigned shared = tree->shared[node][leaf->node];
    const char *path = leaf->path + leaf->below[shared];
    size_t len = (size_t)leaf->path_len - leaf->below[shared];

    memset(p, '}',
           RECORD_DEPTH_MAX); /* copies of a constant length; what is too much is overwritten */
    p += depth - shared;
    *p = ',';
    p += !first;
    memcpy(p, path, RECORD_PATH_MAX / 2);
    if (len > RECORD_PATH_MAX / 2)
        memcpy(p + RECORD_PATH_MAX / 2, path + RECORD_PATH_MAX / 2, RECORD_PATH_MAX / 2);
    return p + len;
}

#endif
