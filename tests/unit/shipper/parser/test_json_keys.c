/*
 * test_json_keys.c - what a parser of JSON has learnt of its lines changes nothing about the next
 * one.
 */
#include "tests/unit/support/parsed.h"
#include "tests/unit/support/rng.h"

#define KEYS 600 /* more than are kept */

static void add_key(struct buf *line, struct rng *rng)
{
    static const char *const keys[] = {"level",
                                       "msg",
                                       "time",
                                       "request",
                                       "status",
                                       "source",
                                       "ip",
                                       "http",
                                       "method",
                                       "headers",
                                       "@fields",
                                       "labels",
                                       "a.b",
                                       "a",
                                       "b",
                                       "a\\u0062",
                                       "\\u0061",
                                       "trace_id",
                                       "x y",
                                       "@version",
                                       "referrer",
                                       "log",
                                       "labels.a",
                                       "\xc3\xa4",
                                       "host",
                                       "http_host",
                                       "method",
                                       "a_name_of_more_bytes",
                                       "a_name_if_more_bytes",
                                       "a_name_of_more_bites",
                                       "A_name_of_more_bytes",
                                       "a_name_of_more_bytes_than_thirty_two",
                                       "a_name_of_more_bytes_thin_thirty_two"};

    if (rng_one_in(rng, 3))
        buf_addf(line, "\"k%u\"", rng_below(rng, KEYS));
    else
        buf_addf(line, "\"%s\"", keys[rng_below(rng, ARRAY_LEN(keys))]);
    buf_add_text(line, rng_one_in(rng, 8) ? " :" : ":");
}

static void add_object(struct buf *line, struct rng *rng, unsigned depth)
{
    static const char *const values[] = {"1",
                                         "\"x\"",
                                         "\"\"",
                                         "null",
                                         "[1,2]",
                                         "{}",
                                         "\"404\"",
                                         "\"info\"",
                                         "\"10.0.0.1\"",
                                         "\"web.example\"",
                                         "\"web.example\"",
                                         "\"web.example:8080\"",
                                         "\"[2001:db8::1]:80\"",
                                         "\"web\\u002eexample\"",
                                         "\"no host\"",
                                         "\"PUT\"",
                                         "\"GET /a?b HTTP/1.1\"",
                                         "\"GET /\xc3\xa4\\\"?b HTTP/1.1\"",
                                         "\"2026-03-01T00:00:01.5Z\""};
    unsigned count = rng_below(rng, 6);

    buf_add_char(line, '{');
    for (unsigned i = 0; i < count; i++) {
        if (i)
            buf_add_text(line, rng_one_in(rng, 8) ? " , " : ",");
        add_key(line, rng);
        if (depth < 3 && rng_one_in(rng, 4))
            add_object(line, rng, depth + 1);
        else
            buf_add_text(line, values[rng_below(rng, ARRAY_LEN(values))]);
    }
    buf_add_char(line, '}');
}

/* The record again, with every text looked at. */
static void expect_same_without_plain(struct parsed *parsed)
{
    struct record *record = &parsed->record;
    scoped_free char *text = malloc(record_encode_bound(record) + 1);
    uint64_t invalid = 0;

    assert_non_null(text);
    for (unsigned field = 0; field < FIELD_COUNT; field++)
        record->values[field].plain = false;
    text[record_encode(record, text, &invalid)] = '\0';
    assert_string_equal(text, parsed->text);
}

static void lines_are_as_for_a_new_parser(void **state)
{
    struct rng rng = rng_start();
    struct parsed used;

    (void)state;
    parsed_open(&used, "json", NULL);
    for (int i = 0; i < 4000; i++) {
        scoped_buf struct buf line = BUF_INIT(1 << 16);
        struct parsed fresh;

        add_object(&line, &rng, 0);
        if (line.len && rng_one_in(&rng, 10))
            line.data[rng_below(&rng, (uint32_t)line.len)] = (char)rng_below(&rng, 128);
        parsed_open(&fresh, "json", NULL);
        assert_int_equal(parsed_line(&used, buf_slice(&line)),
                         parsed_line(&fresh, buf_slice(&line)));
        if (strcmp(used.text, fresh.text) != 0)
            fail_msg("%s\n used %s\nfresh %s", buf_str(&line), used.text, fresh.text);
        expect_same_without_plain(&used);
        parsed_close(&fresh);
    }
    parsed_close(&used);
}

/* Of a program whose keys are always others, the later ones are learnt all the same. */
static void keys_that_are_full_begin_anew(void **state)
{
    struct parsed parsed;
    char line[200];

    (void)state;
    parsed_open(&parsed, "json", NULL);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(line, sizeof(line), "{\"x%u\":%u,\"level\":\"warn\",\"o\":{\"y%u\":1}}", i, i, i);
        assert_true(parsed_line(&parsed, slice_of(line)));
        snprintf(line, sizeof(line),
                 "{\"labels\":{\"o.y%u\":1,\"x%u\":%u},\"log\":{\"level\":\"warn\"}}", i, i, i);
        if (!strstr(parsed.text, "\"level\":\"warn\"") || strlen(parsed.text) != strlen(line))
            fail_msg("%s", parsed.text);
    }
    parsed_close(&parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_as_for_a_new_parser),
        cmocka_unit_test(keys_that_are_full_begin_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
