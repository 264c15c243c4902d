/*
 * fuzz_record_decode.c - any bytes as a record.
 *
 * What is accepted must be written as one line of strict JSON without duplicate
 * keys, and reading that again must change nothing. Along the way of a record before it, which
 * differs in one byte or in none, it must become the same.
 */
#include <stdlib.h>

#include "common/json.h"
#include "common/json_text.h"
#include "common/record_reader.h"

#define ARENA_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_keys(const cJSON *json)
{
    for (const cJSON *a = json->child; a; a = a->next) {
        if (cJSON_IsObject(json))
            for (const cJSON *b = a->next; b; b = b->next)
                if (strcmp(a->string, b->string) == 0)
                    abort();
        check_keys(a);
    }
}

/* The record as JSON; the caller frees it. */
static struct slice encode(const struct record *record)
{
    size_t bound = record_encode_bound(record);
    char *room = malloc(bound);
    struct slice text = {room, 0};
    uint64_t invalid = 0;

    if (!room)
        abort();
    text.len = record_encode(record, room, &invalid);
    if (text.len > bound || invalid)
        abort();
    return text;
}

static void check_text(struct slice text)
{
    const char *end = text.data + text.len;
    struct json_value value;
    scoped_json cJSON *json = cJSON_ParseWithLength(text.data, text.len);

    if (json_read(text.data, end, &value) != end || value.spaced || !json)
        abort();
    check_keys(json);
}

/* What a reader that has read `before` makes of `text`, against `status` and `expected`. */
static void check_reader(struct slice before, struct slice text, enum status status,
                         struct slice expected)
{
    struct record_reader reader = {0};
    struct arena arena;
    struct record record;
    struct slice got;

    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    record_reader_read(&reader, &record, before, NULL);
    record_clear(&record);
    if (record_reader_read(&reader, &record, text, NULL) != status)
        abort();
    if (status == OK) {
        got = encode(&record);
        if (!slice_equal(got, expected))
            abort();
        free((char *)got.data);
    }
    record_reader_release(&reader);
    arena_release(&arena);
}

/* The byte is chosen by the input itself. */
static void check_readers(struct slice text, enum status status, struct slice expected)
{
    char *other = malloc(text.len + 1);
    size_t sum = 0;

    if (!other)
        abort();
    for (size_t i = 0; i < text.len; i++)
        sum = sum * 31 + (uint8_t)text.data[i];
    memcpy(other, text.data, text.len);
    check_reader(text, text, status, expected);
    if (text.len) {
        other[sum % text.len] = (char)(sum >> 8);
        check_reader((struct slice){other, text.len}, text, status, expected);
    }
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct record record;
    struct slice input = {(const char *)data, size}, text, again;
    enum status status;

    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    status = record_decode(&record, input, NULL);
    if (status == FATAL)
        abort();
    if (status != OK)
        check_readers(input, status, input);
    if (status == OK) {
        text = encode(&record);
        check_text(text);
        check_readers(input, OK, text);
        record_clear(&record);
        if (record_decode(&record, text, NULL) != OK)
            abort();
        again = encode(&record);
        if (!slice_equal(text, again))
            abort();
        free((char *)text.data);
        free((char *)again.data);
    }
    arena_release(&arena);
    return 0;
}
