/*
 * fuzz_redact.c - any bytes as a text and as a record that something is hidden in.
 *
 * What comes out must be one line of strict JSON without duplicate keys, and an address that was
 * planted between blanks must be gone.
 */
#include <stdlib.h>

#include "common/json.h"
#include "common/json_text.h"
#include "common/record.h"
#include "shipper/config_process.h"
#include "shipper/process/redact.h"

#define ARENA_MAX (256u << 20)
#define PLANTED   " 203.0.113.77 "

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct redact *open_redact(void)
{
    static char *parameters[] = {(char *)"common", (char *)"*key*"};
    static struct redact_pattern_config pattern = {.name = (char *)"own",
                                                   .pattern = (char *)"id=([a-z]+)"};
    const struct redact_config config = {.ip = REDACT_MASK,
                                         .email = REDACT_HASH,
                                         .cards = REDACT_MASK,
                                         .credentials = REDACT_MASK,
                                         .parameters = parameters,
                                         .parameter_count = 2,
                                         .patterns = &pattern,
                                         .pattern_count = 1,
                                         .secret = (char *)"a secret of sixteen bytes"};
    struct redact *redact = NULL;
    struct error err;

    if (redact_open(&config, NULL, &redact, &err))
        abort();
    return redact;
}

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

static void check_record(const struct record *record)
{
    size_t bound = record_encode_bound(record);
    char *room = malloc(bound);
    uint64_t invalid = 0;
    struct json_value value;
    size_t len;

    if (!room)
        abort();
    len = record_encode(record, room, &invalid);
    if (len > bound || json_read(room, room + len, &value) != room + len)
        abort();
    if (len < 4096) { /* all keys with each other */
        scoped_json cJSON *json = cJSON_ParseWithLength(room, len);

        if (!json)
            abort();
        check_keys(json);
    }
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct redact *redact;
    struct slice input = {(const char *)data, size}, text;
    struct arena arena;
    struct record record;
    struct error err;
    char *planted;

    if (!redact)
        redact = open_redact();
    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    if (record_decode(&record, input, &err) == OK) {
        redact_apply(redact, &record);
        check_record(&record);
    }
    record_clear(&record);
    planted = malloc(size + sizeof(PLANTED));
    if (!planted)
        abort();
    memcpy(planted, PLANTED, sizeof(PLANTED) - 1);
    memcpy(planted + sizeof(PLANTED) - 1, data, size);
    record_set_text(&record, FIELD_MESSAGE, (struct slice){planted, size + sizeof(PLANTED) - 1});
    record_set_text(&record, FIELD_EVENT_ORIGINAL, input);
    redact_apply(redact, &record);
    if (!record_text(&record, FIELD_MESSAGE, &text) ||
        (text.len >= sizeof(PLANTED) - 1 && memcmp(text.data, PLANTED, sizeof(PLANTED) - 1) == 0))
        abort();
    check_record(&record);
    free(planted);
    arena_release(&arena);
    return 0;
}
