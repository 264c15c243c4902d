/*
 * fuzz_record_decode.c - any bytes as a record.
 *
 * What is accepted must be written as one line of strict JSON without duplicate
 * keys, and reading that again must change nothing.
 */
#include <stdlib.h>

#include "common/json.h"
#include "common/json_text.h"
#include "common/record.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct record record;
    struct slice text, again;
    enum status status;

    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    status = record_decode(&record, (struct slice){(const char *)data, size}, NULL);
    if (status == FATAL)
        abort();
    if (status == OK) {
        text = encode(&record);
        check_text(text);
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
