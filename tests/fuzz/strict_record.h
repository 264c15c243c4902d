/*
 * strict_record.h - whatever a line held, its record is one line of strict JSON within its bound.
 */
#ifndef TESTS_FUZZ_STRICT_RECORD_H
#define TESTS_FUZZ_STRICT_RECORD_H

#include <stdlib.h>

#include "common/json_text.h"
#include "common/record.h"

/* The record as it is sent; the caller frees it. */
static inline char *strict_record_text(const struct record *record, size_t *len)
{
    size_t bound = record_encode_bound(record);
    char *room = malloc(bound);
    struct json_value value;
    uint64_t invalid = 0;

    if (!room)
        abort();
    *len = record_encode(record, room, &invalid);
    if (*len > bound || json_read(room, room + *len, &value) != room + *len || value.spaced)
        abort();
    return room;
}

static inline void strict_record_check(const struct record *record)
{
    size_t len;

    free(strict_record_text(record, &len));
}

#endif
