/*
 * test_record_reader.c - along a known way a record is what the plain reader makes of it.
 */
#include "common/record_reader.h"

#include <stdlib.h>

#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define SHAPES     60
#define ROUNDS     40000
#define DEPTH      4
#define TEXT_BYTES 8192
#define BYTE_OF    4 /* in so many texts one byte is another */

/* What a record became, by either reader. */
struct outcome {
    enum status status;
    struct error err;
    struct arena arena;
    struct record record;
    char *json;
    size_t len;
};

static void outcome_end(struct outcome *outcome)
{
    uint64_t invalid = 0;

    if (outcome->status == OK) {
        outcome->json = malloc(record_encode_bound(&outcome->record));
        outcome->len = record_encode(&outcome->record, outcome->json, &invalid);
    }
}

static void outcome_init(struct outcome *outcome)
{
    *outcome = (struct outcome){0};
    arena_init(&outcome->arena, 4096, 16 << 20);
    record_init(&outcome->record, &outcome->arena);
}

static void outcome_release(struct outcome *outcome)
{
    free(outcome->json);
    arena_release(&outcome->arena);
}

static void check_times(struct outcome *a, struct outcome *b)
{
    struct timestamp_minute minute = {0};
    struct timestamp first = {0}, second = {0}, third = {0};
    bool has = record_time(&a->record, FIELD_TIMESTAMP, &first);

    assert_int_equal(record_time_near(&b->record, FIELD_TIMESTAMP, &minute, &second), has);
    assert_int_equal(record_time_near(&b->record, FIELD_TIMESTAMP, &minute, &third), has);
    assert_int_equal(first.s, second.s);
    assert_int_equal(first.ns, second.ns);
    assert_int_equal(first.s, third.s);
    assert_int_equal(first.ns, third.ns);
}

/* Both readers on a copy that ends where the text does: what is beyond cannot be looked at. */
static enum status both(struct record_reader *reader, struct slice text)
{
    char *copy = malloc(text.len ? text.len : 1);
    struct slice exact = {copy, text.len};
    struct outcome plain, fast;
    enum status status;

    memcpy(copy, text.data, text.len);
    outcome_init(&plain);
    outcome_init(&fast);
    plain.status = record_decode(&plain.record, exact, &plain.err);
    fast.status = record_reader_read(reader, &fast.record, exact, &fast.err);
    outcome_end(&plain);
    outcome_end(&fast);
    status = plain.status;
    if (fast.status != status || fast.len != plain.len ||
        (plain.len && memcmp(fast.json, plain.json, plain.len) != 0))
        fail_msg("'%.*s': %d '%.*s' instead of %d '%.*s'", (int)text.len, text.data, fast.status,
                 (int)fast.len, fast.json ? fast.json : "", status, (int)plain.len,
                 plain.json ? plain.json : "");
    if (status == OK)
        check_times(&plain, &fast);
    else
        assert_string_equal(fast.err.text, plain.err.text);
    outcome_release(&plain);
    outcome_release(&fast);
    free(copy);
    return status;
}

/* Random texts: a shape is what stands between values, '\1' in their place. */

static const char *const names[] = {
    "@timestamp", "message",     "event",        "id",        "source",   "ip",
    "source.ip",  "http",        "request",      "method",    "response", "bytes",
    "body",       "status_code", "http.version", "url",       "path",     "url.original",
    "labels",     "team",        "labels.team",  "tags",      "geo",      "foreign",
    "text",       "a.b",         "user",         "name",      "host",     "duration",
    "offset",     "log",         "log.offset",   "k\\u0065y", "k\\\"",    "",
};

static const char *const values[] = {
    "\"plain\"",
    "\"\"",
    "\"2026-11-21T12:00:01.250Z\"",
    "\"2026-11-21T12:00:59Z\"",
    "\"2026-11-21T12:00:60Z\"",
    "\"2026-11-21T12:01:07.123456Z\"",
    "\"2026-11-21T12:00:10.000+02:00\"",
    "\"2026-11-21 12:00:05Z\"",
    "\"2026-11-21t12:00:05Z\"",
    "\"2026-13-21T12:00:05Z\"",
    "1700000000000",
    "0",
    "-1",
    "007",
    "12345",
    "\"12345\"",
    "123456789012345678",
    "1234567890123456789",
    "12345678901234567890",
    "1.5",
    "1e3",
    "true",
    "false",
    "null",
    "nul",
    "\"10.1.2.3\"",
    "\"2001:db8::1\"",
    "\"10.1.2\"",
    "\"a \\\"quoted\\\" word\"",
    "\"\\ud83d\\ude00 \\ud800\"",
    "\"\xc3\xa9t\xc3\xa9\"",
    "\"\xc3\"",
    "\"tab\there\"",
    "[\"a\",\"b\"]",
    "[ 1, {\"x\":2} ]",
    "{\"lat\":1.5,\"lon\":2}",
    "{}",
    "\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)\"",
    "",
};

static const char *name(struct rng *rng)
{
    return names[rng_below(rng, ARRAY_LEN(names))];
}

static void add_space(struct rng *rng, struct buf *out)
{
    if (rng_one_in(rng, 40))
        buf_add_char(out, " \n\t\r"[rng_below(rng, 4)]);
}

static void add_object(struct rng *rng, struct buf *out, int depth)
{
    unsigned count = rng_below(rng, depth == DEPTH ? 12 : 4);

    buf_add_char(out, '{');
    for (unsigned i = 0; i < count; i++) {
        add_space(rng, out);
        buf_addf(out, "%s\"%s\"", i ? "," : "", name(rng));
        add_space(rng, out);
        buf_add_char(out, ':');
        add_space(rng, out);
        if (depth && rng_one_in(rng, 4))
            add_object(rng, out, depth - 1);
        else if (rng_one_in(rng, 12))
            buf_add_text(out, "null");
        else
            buf_add_char(out, '\1');
        add_space(rng, out);
    }
    buf_add_char(out, '}');
}

/* Mostly the value that stood there before, so that many texts are records. */
static void fill(struct rng *rng, struct slice shape, struct buf *out)
{
    for (size_t i = 0; i < shape.len; i++) {
        if (shape.data[i] != '\1')
            buf_add_char(out, shape.data[i]);
        else if (rng_one_in(rng, 3))
            buf_add_text(out, values[rng_below(rng, ARRAY_LEN(values) - 1)]);
        else if (rng_one_in(rng, 2))
            buf_addf(out, "%u", rng_below(rng, 100000));
        else
            buf_addf(out, "\"text %u\"", rng_below(rng, 100000));
    }
    if (out->len && rng_one_in(rng, BYTE_OF))
        out->data[rng_below(rng, (uint32_t)out->len)] =
            rng_one_in(rng, 2) ? (char)rng_next(rng) : "{}[]\",:0 "[rng_below(rng, 9)];
    if (rng_one_in(rng, 50))
        buf_add_text(out, rng_one_in(rng, 2) ? " " : "}");
}

static void random_texts_are_read_the_same(void **state)
{
    struct rng rng = rng_start();
    struct record_reader reader = {0};
    scoped_buf struct buf text = BUF_INIT(1 << 20);
    struct buf shapes[SHAPES];
    unsigned records = 0, fast;

    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        shapes[i] = (struct buf)BUF_INIT(TEXT_BYTES);
        add_object(&rng, &shapes[i], DEPTH);
    }
    for (int round = 0; round < ROUNDS; round++) {
        if (round % 5000 == 4999) { /* more shapes than are kept at a time */
            struct buf *shape = &shapes[rng_below(&rng, SHAPES)];

            buf_clear(shape);
            add_object(&rng, shape, DEPTH);
        }
        buf_clear(&text);
        fill(&rng, buf_slice(&shapes[rng_below(&rng, SHAPES)]), &text);
        records += both(&reader, buf_slice(&text)) == OK;
    }
    fast = records > reader.strange ? records - reader.strange : 0;
    assert_in_range(records, ROUNDS / 20, ROUNDS);
    assert_true(fast > 0);
    record_reader_release(&reader);
    for (int i = 0; i < SHAPES; i++)
        buf_release(&shapes[i]);
}

/* The first text is learned; the second has the same names and other values. */
static void values_that_change_what_a_record_is(void **state)
{
    static const char *const pairs[][2] = {
        {"{\"message\":\"a\",\"url\":{\"path\":\"/\"}}",
         "{\"message\":\"b\",\"url\":{\"path\":7}}"},
        {"{\"message\":\"a\"}", "{\"message\":null}"},
        {"{\"message\":\"a\"}", "{\"message\":{\"a\":1}}"},
        {"{\"message\":\"a\"}", "{\"message\":\"\\ud800\"}"},
        {"{\"message\":\"a\",\"message\":null}", "{\"message\":\"b\",\"message\":null}"},
        {"{\"message\":\"a\",\"message\":\"b\"}", "{\"message\":\"a\",\"message\":\"c\"}"},
        {"{\"message\":\"a\",\"message\":\"b\"}", "{\"message\":\"c\",\"message\":\"b\"}"},
        {"{\"source\":{\"ip\":\"10.0.0.1\"}}", "{\"source\":{\"ip\":\"10.0.0.\"}}"},
        {"{\"source\":{\"ip\":\"10.0.0.1\"}}", "{\"source\":null}"},
        {"{\"http\":{\"response\":{\"status_code\":200}}}",
         "{\"http\":{\"response\":{\"status_code\":2e2}}}"},
        {"{\"http\":{\"response\":{\"status_code\":200}}}",
         "{\"http\":{\"response\":{\"status_code\":\"200\"}}}"},
        {"{\"http\":{\"response\":{\"status_code\":200}}}",
         "{\"http\":{\"response\":{\"status_code\":0200}}}"},
        {"{\"@timestamp\":\"2026-11-21T12:00:00.000Z\"}",
         "{\"@timestamp\":\"2026-11-21 12:00:00.000Z\"}"},
        {"{\"@timestamp\":\"2026-11-21T12:00:00.000Z\"}", "{\"@timestamp\":1700000000000}"},
        {"{\"@timestamp\":\"2026-11-21T12:00:00.000Z\"}", "{\"@timestamp\":\"yesterday\"}"},
        {"{\"x\":1,\"labels\":{\"a\":2},\"labels.a\":3}",
         "{\"x\":1,\"labels\":{\"a\":2},\"labels.a\":4}"},
        {"{\"x\":1,\"labels\":{\"a\":2},\"labels.a\":3}",
         "{\"x\":1,\"labels\":{\"a\":5},\"labels.a\":3}"},
        {"{\"x\":1}", "{\"x\":{\"b\":[ 1 ]}}"},
        {"{\"x\":1}", "{\"x\":null}"},
        {"{\"x\":1}", "{\"x\":1}x"},
        {"{\"x\":1}", "{\"x\":1"},
        {"{\"x\":1}", "{\"x\":}"},
        {"{\"text\":\"a\"}", "{\"text\":\"b\"}"},
        {"{\"a.b\":\"a\",\"source.foo\":1}", "{\"a.b\":\"b\",\"source.foo\":2}"},
        {"{\"source\":5,\"tags\":[\"_typeconflict\"]}",
         "{\"source\":6,\"tags\":[\"_typeconflict\"]}"},
        {"{\"tags\":[\"a\"]}", "{\"tags\":[\"a\",\"\\\\\"]}"},
        {"{\"tags\":[\"a\"]}", "{\"tags\":\"b\"}"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct record_reader reader = {0};

        for (int turn = 0; turn < 6; turn++)
            both(&reader, slice_of(pairs[i][turn % 2]));
        record_reader_release(&reader);
    }
}

static void known_ways_are_not_learned_again(void **state)
{
    static const char *const texts[] = {
        "{\"@timestamp\":\"2026-11-21T12:00:00.000Z\",\"event\":{\"id\":\"a\"},\"x\":1.5}",
        "{\"@timestamp\":\"2026-11-21T12:00:01.000Z\",\"event\":{\"id\":\"b\"}}",
        "{\"@timestamp\":\"2026-11-21T12:01:01.000Z\",\"url\":{\"path\":\"/\"},\"x\":\"v\"}",
    };
    struct record_reader reader = {0};

    (void)state;
    for (int turn = 0; turn < 30; turn++)
        assert_int_equal(both(&reader, slice_of(texts[turn % 3])), OK);
    assert_int_equal(reader.strange, 3);
    record_reader_release(&reader);
}

/* Each record has another name: what is kept is bounded, and afterwards others are learned. */
static void names_without_end_are_forgotten(void **state)
{
    struct record_reader reader = {0};
    char text[64];
    unsigned strange;

    (void)state;
    for (unsigned i = 0; i < 10001; i++) {
        snprintf(text, sizeof(text), "{\"message\":\"m\",\"name-%u\":%u}", i, i);
        assert_int_equal(both(&reader, slice_of(text)), OK);
    }
    for (int i = 0; i < 40; i++) /* not each is tried when so many were strange */
        both(&reader, SLICE("{\"message\":\"m\",\"event\":{\"id\":\"i\"}}"));
    strange = reader.strange;
    both(&reader, SLICE("{\"message\":\"n\",\"event\":{\"id\":\"j\"}}"));
    assert_int_equal(reader.strange, strange);
    record_reader_release(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts_are_read_the_same),
        cmocka_unit_test(values_that_change_what_a_record_is),
        cmocka_unit_test(known_ways_are_not_learned_again),
        cmocka_unit_test(names_without_end_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
