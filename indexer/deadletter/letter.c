/*
 * letter.c - messages of the dead letter topic as letters and marks.
 *
 * Anybody who may write to the topic can write anything: nothing is taken for granted.
 */
#include "indexer/deadletter/read.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

#include "common/json_walk.h"
#include "common/scope.h"
#include "common/timestamp.h"

const char *const letter_state_names[LETTER_STATES] = {"open", "redriven", "discarded"};

/* A whole number without sign; -1: it is none. */
static int64_t read_number(struct slice text)
{
    int64_t number;

    if (text.len == 0 || text.len > 19 || !json_integer(text, &number) || number < 0)
        return -1;
    return number;
}

static int64_t read_time(struct slice text, int64_t otherwise)
{
    struct timestamp time;

    return timestamp_parse_iso(text, &time) ? timestamp_ms(time) : otherwise;
}

struct header_row {
    const char *name;
    enum { HEADER_TEXT, HEADER_NUMBER, HEADER_PARTITION, HEADER_TIME } kind;
    size_t member; /* offset in struct letter */
};

#define MEMBER(m) offsetof(struct letter, m)

static const struct header_row header_rows[] = {
    {"dlq.reason", HEADER_TEXT, MEMBER(reason)},
    {"dlq.class", HEADER_TEXT, MEMBER(kind)},
    {"dlq.stage", HEADER_TEXT, MEMBER(stage)},
    {"dlq.error", HEADER_TEXT, MEMBER(error)},
    {"dlq.type", HEADER_TEXT, MEMBER(type)},
    {"dlq.id", HEADER_TEXT, MEMBER(id)},
    {"dlq.by", HEADER_TEXT, MEMBER(by)},
    {"dlq.topic", HEADER_TEXT, MEMBER(topic)},
    {"dlq.partition", HEADER_PARTITION, MEMBER(source_partition)},
    {"dlq.offset", HEADER_NUMBER, MEMBER(source_offset)},
    {"dlq.status", HEADER_NUMBER, MEMBER(status)},
    {"dlq.attempts", HEADER_NUMBER, MEMBER(attempts)},
    {"dlq.redrives", HEADER_NUMBER, MEMBER(redrives)},
    {"dlq.first", HEADER_TIME, MEMBER(first_ms)},
    {"dlq.last", HEADER_TIME, MEMBER(last_ms)},
};

static void set_member(struct letter *letter, const struct header_row *row, struct slice text)
{
    void *member = (char *)letter + row->member;
    int64_t number;

    switch (row->kind) {
    case HEADER_TEXT:
        *(struct slice *)member = text;
        break;
    case HEADER_NUMBER:
        *(int64_t *)member = read_number(text);
        break;
    case HEADER_PARTITION:
        number = read_number(text);
        *(int32_t *)member = number > INT32_MAX ? -1 : (int32_t)number;
        break;
    case HEADER_TIME:
        *(int64_t *)member = read_time(text, *(int64_t *)member);
        break;
    }
}

static void set_header(struct letter *letter, const char *name, struct slice text)
{
    for (size_t i = 0; i < ARRAY_LEN(header_rows); i++)
        if (strcmp(header_rows[i].name, name) == 0) {
            set_member(letter, &header_rows[i], text);
            return;
        }
}

bool letter_decode(const rd_kafka_message_t *message, struct letter *out)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *headers = NULL;
    const char *name;
    const void *value;
    size_t len;

    *out = (struct letter){.partition = message->partition,
                           .offset = message->offset,
                           .key = {message->key, message->key_len},
                           .value = {message->payload, message->len},
                           .tombstone = message->payload == NULL,
                           .source_partition = -1,
                           .source_offset = -1,
                           .message = (rd_kafka_message_t *)message};
    out->first_ms = out->last_ms = rd_kafka_message_timestamp(message, &type);
    if (rd_kafka_message_headers(message, &headers))
        return true;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &len); i++) {
        if (strcmp(name, "dlq.mark") == 0)
            return false;
        set_header(out, name, (struct slice){value ? value : "", value ? len : 0});
    }
    return true;
}

static struct slice inside(const struct json_value *value)
{
    return (struct slice){value->raw.data + 1, value->raw.len - 2};
}

static struct slice text_member(struct slice object, const char *key)
{
    struct json_value value;

    if (!json_member(object, key, &value) || value.kind != JSON_STRING)
        return SLICE("");
    return inside(&value);
}

bool letter_mark_decode(struct slice value, struct letter_mark *out)
{
    struct json_value whole, offsets;
    struct slice state;

    if (!json_whole(value, &whole) || whole.kind != JSON_OBJECT ||
        !json_member(whole.raw, "offsets", &offsets) || offsets.kind != JSON_ARRAY)
        return false;
    state = text_member(whole.raw, "state");
    *out = (struct letter_mark){.by = text_member(whole.raw, "by"),
                                .note = text_member(whole.raw, "note"),
                                .time_ms = read_time(text_member(whole.raw, "time"), 0),
                                .pairs = json_elements(offsets.raw)};
    for (int i = LETTER_REDRIVEN; i < LETTER_STATES; i++)
        if (slice_is(state, letter_state_names[i])) {
            out->state = (enum letter_state)i;
            return true;
        }
    return false;
}

bool letter_mark_next(struct letter_mark *mark, int64_t *first, int64_t *last)
{
    struct json_value value, ends[2];

    while (json_next_element(&mark->pairs, &value)) {
        struct json_elements pair = json_elements(value.raw);

        if (value.kind == JSON_ARRAY && json_next_element(&pair, &ends[0]) &&
            json_next_element(&pair, &ends[1]) && ends[0].kind == JSON_NUMBER &&
            ends[1].kind == JSON_NUMBER && (*first = read_number(ends[0].raw)) >= 0 &&
            (*last = read_number(ends[1].raw)) >= *first)
            return true;
    }
    return false;
}
