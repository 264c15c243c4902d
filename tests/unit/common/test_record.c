/*
 * test_record.c - the record's JSON form, in both directions.
 */
#include "common/record.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <time.h>

#include "common/json.h"
#include "common/json_text.h"
#include "common/record_extras.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define ARENA_MAX ((size_t)64 << 20)

struct bench {
    struct arena arena;
    struct record record;
    char *text; /* what encode wrote last */
    uint64_t invalid;
    struct error err;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    arena_init(&bench->arena, 65536, ARENA_MAX);
    record_init(&bench->record, &bench->arena);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    arena_release(&bench->arena);
    free(bench->text);
    free(bench);
    return 0;
}

/* Objects all the way down: no key twice in one. */
static void expect_unique_keys(const cJSON *json)
{
    for (const cJSON *a = json->child; a; a = a->next) {
        if (cJSON_IsObject(json))
            for (const cJSON *b = a->next; b; b = b->next)
                if (strcmp(a->string, b->string) == 0)
                    fail_msg("'%s' is there twice", a->string);
        expect_unique_keys(a);
    }
}

/* The record's JSON, within its bound, NUL-terminated in bench->text. */
static const char *encode(struct bench *bench)
{
    size_t bound = record_encode_bound(&bench->record), len;

    free(bench->text);
    bench->text = malloc(bound + 1);
    assert_non_null(bench->text);
    bench->invalid = 0;
    len = record_encode(&bench->record, bench->text, &bench->invalid);
    assert_true(len <= bound);
    bench->text[len] = '\0';
    return bench->text;
}

static cJSON *encode_json(struct bench *bench)
{
    const char *text = encode(bench);
    cJSON *json = cJSON_Parse(text);

    if (!json)
        fail_msg("not JSON: %s", text);
    assert_null(strchr(text, '\n'));
    expect_unique_keys(json);
    return json;
}

static enum status decode(struct bench *bench, struct slice text)
{
    record_clear(&bench->record);
    arena_clear(&bench->arena);
    return record_decode(&bench->record, text, &bench->err);
}

/* `text` decodes and is written again as `expected`. */
static void expect_becomes(void **state, const char *text, const char *expected)
{
    struct bench *bench = *state;

    if (decode(bench, slice_of(text)) != OK)
        fail_msg("%s: %s", text, bench->err.text);
    assert_string_equal(encode(bench), expected);
    cJSON_Delete(encode_json(bench));
}

static void expect_rejected(void **state, struct slice text)
{
    struct bench *bench = *state;
    /* A copy of the very length, for the sanitizer to see reads behind it. */
    char *copy = malloc(text.len ? text.len : 1);

    assert_non_null(copy);
    if (text.len)
        memcpy(copy, text.data, text.len);
    if (decode(bench, (struct slice){copy, text.len}) != REJECT)
        fail_msg("accepted: %.*s", SLICE_FMT(text));
    assert_int_equal(bench->err.status, REJECT);
    free(copy);
}

/* The member at a dotted path, or NULL. */
static const cJSON *at_path(const cJSON *json, const char *path)
{
    char part[64];
    size_t len;

    for (; json && *path; path += len + (path[len] == '.')) {
        len = strcspn(path, ".");
        assert_true(len < sizeof(part));
        memcpy(part, path, len);
        part[len] = '\0';
        json = cJSON_GetObjectItemCaseSensitive(json, part);
    }
    return json;
}

/* ---- the schema's fields ---- */

/* A value that a field of this type takes, as JSON. */
static struct slice sample(enum field_type type)
{
    switch (type) {
    case TYPE_LONG:
        return SLICE("-42");
    case TYPE_BOOL:
        return SLICE("true");
    case TYPE_IP:
        return SLICE("\"2001:db8::1\"");
    case TYPE_DATE:
        return SLICE("\"2026-11-21T12:00:00.123Z\"");
    case TYPE_GEO:
        return SLICE("{\"lat\":52.5,\"lon\":-13.25}");
    case TYPE_LIST:
        return SLICE("[\"a\",\"b\"]");
    default:
        return SLICE("\"text \\\"\\u0001\xc3\xa9\"");
    }
}

static void set_sample(struct record *record, enum record_field field)
{
    struct timestamp time;

    switch (record_fields[field].type) {
    case TYPE_LONG:
        record_set_long(record, field, -42);
        break;
    case TYPE_BOOL:
        record_set_bool(record, field, true);
        break;
    case TYPE_DATE:
        assert_true(timestamp_parse_iso(SLICE("2026-11-21T12:00:00.123Z"), &time));
        record_set_time(record, field, time);
        break;
    case TYPE_GEO:
        record_set_geo(record, field, 52.5, -13.25);
        break;
    case TYPE_LIST:
        assert_true(record_add_item(record, field, SLICE("a")));
        assert_true(record_add_item(record, field, SLICE("b")));
        break;
    case TYPE_IP:
        record_set_text(record, field, SLICE("2001:db8::1"));
        break;
    default:
        record_set_text(record, field, SLICE("text \"\x01\xc3\xa9"));
    }
}

/* Every field alone: set, written where its name says, read again, written the same. */
static void every_field_survives_the_round_trip(void **state)
{
    struct bench *bench = *state;

    for (int i = 0; i < FIELD_COUNT; i++) {
        enum record_field field = (enum record_field)i;
        scoped_json cJSON *expected = NULL, *got = NULL;
        char *first;

        if (record_fields[field].type == TYPE_OBJECT)
            continue;
        record_clear(&bench->record);
        set_sample(&bench->record, field);
        got = encode_json(bench);
        expected = cJSON_Parse(sample(record_fields[field].type).data);
        if (!cJSON_Compare(at_path(got, record_fields[field].name), expected, true))
            fail_msg("%s: %s", record_fields[field].name, bench->text);
        first = strdup(bench->text);
        assert_int_equal(decode(bench, slice_of(first)), OK);
        assert_true(record_has(&bench->record, field));
        assert_null(bench->record.extras);
        assert_string_equal(encode(bench), first);
        record_clear(&bench->record);
        free(first);
    }
}

static void every_field_is_found_by_its_name_only(void **state)
{
    (void)state;
    for (int i = 0; i < FIELD_COUNT; i++)
        assert_int_equal(record_field_find(slice_of(record_fields[i].name)), i);
    assert_int_equal(record_field_find(SLICE("nothing")), FIELD_COUNT);
    assert_int_equal(record_field_find(SLICE("event.i")), FIELD_COUNT);
    assert_int_equal(record_field_find(SLICE("")), FIELD_COUNT);
}

static void every_field_is_read_nested_and_dotted(void **state)
{
    struct bench *bench = *state;

    for (int i = 0; i < FIELD_COUNT; i++) {
        struct slice value = sample(record_fields[i].type);
        const char *name = record_fields[i].name, *dot = strchr(name, '.');
        scoped_buf struct buf text = BUF_INIT(1000);

        if (record_fields[i].type == TYPE_OBJECT)
            continue;
        buf_addf(&text, "{\"%s\":%.*s}", name, SLICE_FMT(value));
        assert_int_equal(decode(bench, buf_slice(&text)), OK);
        assert_true(record_has(&bench->record, (enum record_field)i));
        if (!dot)
            continue;
        buf_clear(&text); /* the first part nested, the rest dotted */
        buf_addf(&text, "{\"%.*s\":{\"%s\":%.*s}}", (int)(dot - name), name, dot + 1,
                 SLICE_FMT(value));
        assert_int_equal(decode(bench, buf_slice(&text)), OK);
        assert_true(record_has(&bench->record, (enum record_field)i));
        assert_null(bench->record.extras);
    }
}

/* All 2^n subsets cannot be tried: random ones are, with extras anywhere among them. */
static void random_records_have_no_duplicate_keys(void **state)
{
    static const char *const objects[] = {"",       "event", "log.syslog", "source.geo",
                                          "labels", "http",  "kafka",      "source.as"};
    struct bench *bench = *state;
    struct rng rng = rng_start();

    for (int round = 0; round < 1500; round++) {
        scoped_buf struct buf text = BUF_INIT(1 << 20);
        scoped_json cJSON *json = NULL, *again = NULL;
        uint32_t density = 1 + rng_below(&rng, 12);

        buf_add_char(&text, '{');
        for (int i = 0; i < FIELD_COUNT; i++)
            if (record_fields[i].type != TYPE_OBJECT && rng_one_in(&rng, density))
                buf_addf(&text, "%s\"%s\":%.*s", text.len > 1 ? "," : "", record_fields[i].name,
                         SLICE_FMT(sample(record_fields[i].type)));
        for (uint32_t n = rng_below(&rng, 30); n; n--) {
            const char *object = objects[rng_below(&rng, 8)];

            if (strchr(object, '.'))
                buf_addf(&text, "%s\"%.*s\":{\"%s\":{\"x%u\":%u}}", text.len > 1 ? "," : "",
                         (int)strcspn(object, "."), object, strchr(object, '.') + 1,
                         rng_below(&rng, 9), n);
            else if (*object)
                buf_addf(&text, "%s\"%s\":{\"x%u\":%u}", text.len > 1 ? "," : "", object,
                         rng_below(&rng, 9), n);
            else
                buf_addf(&text, "%s\"x%u\":%u", text.len > 1 ? "," : "", rng_below(&rng, 9), n);
        }
        buf_add_char(&text, '}');
        assert_int_equal(decode(bench, buf_slice(&text)), OK);
        json = encode_json(bench);
        buf_clear(&text);
        buf_add_text(&text, bench->text);
        assert_int_equal(decode(bench, buf_slice(&text)), OK);
        again = encode_json(bench);
        assert_true(cJSON_Compare(json, again, true));
    }
}

/* What a text becomes, or why it does not, in a thread that has not seen another one. */
static void *decode_as_first(void *arg)
{
    struct bench *bench = arg;
    char *text = bench->text; /* the record's values point into it */

    bench->text = NULL;
    arena_clear(&bench->arena);
    record_clear(&bench->record);
    if (record_decode(&bench->record, slice_of(text), &bench->err) == OK)
        encode(bench);
    else
        bench->text = strdup(bench->err.text);
    free(text);
    return NULL;
}

static void damage(struct rng *rng, char *text, size_t len)
{
    static const char bytes[] = "\"\":,{}[] \\.e1nt\x01";
    size_t at = rng_below(rng, (uint32_t)len), from = rng_below(rng, (uint32_t)len), n;

    if (rng_one_in(rng, 2)) {
        text[at] = bytes[rng_below(rng, sizeof(bytes) - 1)];
        return;
    }
    n = 1 + rng_below(rng, 30); /* a key in another place, perhaps */
    if (at + n <= len && from + n <= len)
        memmove(text + at, text + from, n);
}

/* Keys are foretold by the record before: that must not show. */
static void records_are_read_as_if_they_were_the_first(void **state)
{
    static const char *const usual[] = {
        "{\"@timestamp\":\"2026-03-01T00:00:00.000Z\",\"message\":\"GET / HTTP/1.1\",\"event\":{"
        "\"id\":\"a\",\"outcome\":\"success\"},\"source\":{\"ip\":\"192.0.2.1\"},\"http\":{"
        "\"version\":"
        "\"1.1\",\"request\":{\"method\":\"GET\"},\"response\":{\"status_code\":200,\"body\":{"
        "\"bytes\":5}}},\"host\":{\"name\":\"h\"}}",
        "{\"@timestamp\":\"2026-03-01T00:00:00.000Z\",\"event\":{\"id\":\"a\"},\"x\":1,\"http\":{"
        "\"request\":{\"method\":\"GET\",\"referrer\":\"r\"},\"version\":\"2\"},\"http.version\":"
        "\"3\","
        "\"log\":{\"syslog\":{\"structured_data\":{\"a\":1}}}}",
    };
    struct bench *bench = *state, other = {0};
    struct rng rng = rng_start();

    arena_init(&other.arena, 65536, ARENA_MAX);
    record_init(&other.record, &other.arena);
    for (int round = 0; round < 3000; round++) {
        char *text = strdup(usual[rng_below(&rng, 2)]);
        pthread_t thread;

        assert_non_null(text);
        for (uint32_t n = rng_below(&rng, 4); n; n--)
            damage(&rng, text, strlen(text));
        free(bench->text);
        free(other.text);
        bench->text = text;
        other.text = strdup(text);
        assert_int_equal(pthread_create(&thread, NULL, decode_as_first, &other), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        decode_as_first(bench); /* which is not the first here */
        assert_string_equal(bench->text, other.text);
    }
    free(other.text);
    arena_release(&other.arena);
}

/* ---- what the schema does not know ---- */

static void extras_stay_where_they_were(void **state)
{
    static const char *const same[] = {
        "{}",
        "{\"x\":1}",
        "{\"message\":\"m\",\"x\":{\"a\":[1,2,{\"b\":null}]},\"y\":\"z\"}",
        "{\"http\":{\"x\":1}}",
        "{\"event\":{\"id\":\"i\",\"x\":1},\"http\":{\"request\":{\"y\":2}},\"z\":3}",
        "{\"log\":{\"syslog\":{\"structured_data\":{\"a@1\":{\"b\":\"c\"}}}}}",
        "{\"labels\":{\"a\":\"1\",\"b\":2}}",
        "{\"source\":{\"as\":{\"organization\":{\"x\":1}}},\"kafka\":{\"offset\":1}}",
        "{\"\":1}",
        "{\"http\":{\"\":1}}",
        "{\"x.y\":1}",
        "{\"messages\":1,\"messag\":2}",
    };

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        expect_becomes(state, same[i], same[i]);
}

/* Their path is the same, whichever way it is written. */
static void dotted_names_join_the_objects_that_we_know(void **state)
{
    expect_becomes(state, "{\"labels.team\":\"a\",\"labels\":{\"env\":\"b\"}}",
                   "{\"labels\":{\"team\":\"a\",\"env\":\"b\"}}");
    expect_becomes(state, "{\"labels.a.b\":1}", "{\"labels\":{\"a.b\":1}}");
    expect_becomes(state, "{\"http.request.x\":1,\"http\":{\"request.y\":2}}",
                   "{\"http\":{\"request\":{\"x\":1,\"y\":2}}}");
    expect_becomes(state, "{\"labels.\":1}", "{\"labels.\":1}");
    expect_becomes(state, "{\"x.labels.y\":1}", "{\"x.labels.y\":1}");
}

static void name_of_the_words_becomes_a_label(void **state)
{
    expect_becomes(state, "{\"text\":\"x\"}", "{\"labels\":{\"text\":\"x\"}}");
    expect_becomes(state, "{\"http\":{\"text\":\"x\"}}", "{\"http\":{\"text\":\"x\"}}");
}

static void keys_inside_of_foreign_values_are_unique_too(void **state)
{
    expect_becomes(state, "{\"x\":{\"a\":1,\"b\":[{\"c\":1,\"\\u0063\":2}],\"a\":3}}",
                   "{\"x\":{\"b\":[{\"c\":2}],\"a\":3}}");
    expect_becomes(state, "{\"message\":{\"a\":1,\"a\":2}}",
                   "{\"tags\":[\"_typeconflict\"],\"labels\":{\"message\":{\"a\":2}}}");
}

static void lone_surrogates_are_not_passed_on(void **state)
{
    expect_becomes(state, "{\"message\":\"a\\ud800b\"}",
                   "{\"message\":\"a\xef\xbf\xbd"
                   "b\"}");
    expect_becomes(state, "{\"x\":[\"\\uDFFF\"]}", "{\"x\":[\"\xef\xbf\xbd\"]}");
    expect_becomes(state, "{\"message\":\"\\ud83d\\ude00\"}", "{\"message\":\"\xf0\x9f\x98\x80\"}");
}

static void places_are_written_to_the_metre_and_as_numbers_only(void **state)
{
    struct bench *bench = *state;

    record_set_geo(&bench->record, FIELD_SOURCE_GEO_LOCATION, -33.8688, 151.2093);
    assert_string_equal(encode(bench), "{\"source\":{\"geo\":{\"location\":"
                                       "{\"lat\":-33.8688,\"lon\":151.2093}}}}");
    record_set_geo(&bench->record, FIELD_SOURCE_GEO_LOCATION, NAN, 1);
    assert_string_equal(encode(bench), "{\"source\":{\"geo\":{\"location\":null}}}");
    record_set_geo(&bench->record, FIELD_SOURCE_GEO_LOCATION, 1, -INFINITY);
    assert_string_equal(encode(bench), "{\"source\":{\"geo\":{\"location\":null}}}");
}

static void expect_place(struct bench *bench, double lat, double lon)
{
    char expected[200];

    record_set_geo(&bench->record, FIELD_SOURCE_GEO_LOCATION, lat, lon);
    snprintf(expected, sizeof(expected),
             "{\"source\":{\"geo\":{\"location\":{\"lat\":%.8g,\"lon\":%.8g}}}}", lat, lon);
    assert_string_equal(encode(bench), expected);
}

static void places_are_written_as_printf_does(void **state)
{
    static const double samples[] = {0,           -0.0,   0.5,        1,          -1,
                                     9.99999995,  10,     99.9999999, 99.9999995, 100,
                                     179.9999999, -180,   0.0001,     0.00001,    1e-300,
                                     998.9999999, 999999, 1e300,      1.00000005, 12.3456785};
    struct rng rng = rng_start();

    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        expect_place(*state, samples[i], -samples[i]);
    for (int i = 0; i < 100000; i++) {
        double fine = (double)rng_next(&rng) / 18446744073709551616.0 * 400 - 200;

        expect_place(*state, fine, (double)(int64_t)(fine * 1e4) / 1e4);
    }
}

static void last_of_two_members_counts(void **state)
{
    expect_becomes(state, "{\"x\":1,\"x\":2}", "{\"x\":2}");
    expect_becomes(state, "{\"message\":\"a\",\"message\":\"b\"}", "{\"message\":\"b\"}");
    expect_becomes(state, "{\"event.id\":\"a\",\"event\":{\"id\":\"b\"}}",
                   "{\"event\":{\"id\":\"b\"}}");
    expect_becomes(state, "{\"http\":{\"x\":1},\"http\":{\"x\":2}}", "{\"http\":{\"x\":2}}");
}

static void escapes_in_keys_do_not_hide_duplicates(void **state)
{
    expect_becomes(state, "{\"message\":\"a\",\"mess\\u0061ge\":\"b\"}", "{\"message\":\"b\"}");
    expect_becomes(state, "{\"x\":1,\"\\u0078\":2}", "{\"x\":2}");
    expect_becomes(state, "{\"\\/\":1,\"/\":2,\"\\u002F\":3}", "{\"/\":3}");
    expect_becomes(state, "{\"\\u0022\":1,\"\\\"\":2}", "{\"\\\"\":2}");
    expect_becomes(state, "{\"\\u0065vent\":{\"\\u0069d\":\"i\"}}", "{\"event\":{\"id\":\"i\"}}");
}

static void null_is_absent(void **state)
{
    expect_becomes(state, "{\"message\":null,\"http\":null,\"x\":null,\"labels\":null}", "{}");
    expect_becomes(state, "{\"http\":{\"version\":null,\"y\":null}}", "{}");
    expect_becomes(state, "{\"message\":\"m\",\"message\":null}", "{\"message\":\"m\"}");
}

static void wrong_types_become_labels(void **state)
{
    static const struct {
        const char *text, *name, *value;
    } cases[] = {
        {"{\"message\":{\"a\":1}}", "message", "{\"a\":1}"},
        {"{\"message\":[\"a\"]}", "message", "[\"a\"]"},
        {"{\"http\":\"GET\"}", "http", "\"GET\""},
        {"{\"http\":{\"request\":7}}", "http.request", "7"},
        {"{\"labels\":\"x\"}", "labels", "\"x\""},
        {"{\"http\":{\"response\":{\"status_code\":\"many\"}}}", "http.response.status_code",
         "\"many\""},
        {"{\"http.response.status_code\":200.5}", "http.response.status_code", "200.5"},
        {"{\"http.response.status_code\":9223372036854775808}", "http.response.status_code",
         "9223372036854775808"},
        {"{\"http.response.status_code\":true}", "http.response.status_code", "true"},
        {"{\"@timestamp\":\"yesterday\"}", "@timestamp", "\"yesterday\""},
        {"{\"@timestamp\":\"2026-02-29T00:00:00Z\"}", "@timestamp", "\"2026-02-29T00:00:00Z\""},
        {"{\"@timestamp\":9223372036854775807}", "@timestamp", "9223372036854775807"},
        {"{\"@timestamp\":-9223372036854775808}", "@timestamp", "-9223372036854775808"},
        {"{\"@timestamp\":[]}", "@timestamp", "[]"},
        {"{\"source\":{\"ip\":\"a host\"}}", "source.ip", "\"a host\""},
        {"{\"source\":{\"ip\":7}}", "source.ip", "7"},
        {"{\"source\":{\"ip\":\"1.2.3.256\"}}", "source.ip", "\"1.2.3.256\""},
        {"{\"source\":{\"ip\":\"a.b.c.d\"}}", "source.ip", "\"a.b.c.d\""},
        {"{\"source\":{\"ip\":\"1::2::3\"}}", "source.ip", "\"1::2::3\""},
        {"{\"source\":{\"ip\":\"\"}}", "source.ip", "\"\""},
        {"{\"source\":{\"geo\":{\"location\":5}}}", "source.geo.location", "5"},
        {"{\"security\":{\"threat\":\"yes\"}}", "security.threat", "\"yes\""},
        {"{\"security\":{\"rules\":{\"a\":1}}}", "security.rules", "{\"a\":1}"},
        {"{\"tags\":5}", "tags", "5"},
    };
    char expected[300];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(expected, sizeof(expected),
                 "{\"tags\":[\"_typeconflict\"],\"labels\":{\"%s\":%s}}", cases[i].name,
                 cases[i].value);
        expect_becomes(state, cases[i].text, expected);
    }
}

static void type_conflict_keeps_the_other_tags(void **state)
{
    expect_becomes(state, "{\"tags\":[\"a\"],\"http\":1}",
                   "{\"tags\":[\"a\",\"_typeconflict\"],\"labels\":{\"http\":1}}");
    expect_becomes(state, "{\"tags\":\"a\",\"http\":1}",
                   "{\"tags\":[\"a\",\"_typeconflict\"],\"labels\":{\"http\":1}}");
    expect_becomes(state, "{\"tags\":[\"_typeconflict\"],\"http\":1}",
                   "{\"tags\":[\"_typeconflict\"],\"labels\":{\"http\":1}}");
}

static void numbers_and_times_are_taken_in_every_usual_form(void **state)
{
    static const char *const same[] = {
        "{\"http\":{\"response\":{\"status_code\":\"200\"}}}",
        "{\"http\":{\"response\":{\"status_code\":-9223372036854775808}}}",
        "{\"@timestamp\":0}",
        "{\"@timestamp\":1790000000123}",
        "{\"@timestamp\":\"2026-11-21T12:00:00+05:45\"}",
        "{\"message\":7}",
        "{\"user\":{\"name\":true}}",
        "{\"tags\":\"one\"}",
    };

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        expect_becomes(state, same[i], same[i]);
}

static void white_space_inside_of_values_is_compacted(void **state)
{
    expect_becomes(state,
                   " {\r\n\t\"x\" : { \"a b\" :\n[ 1 , \" \\n \" ]\r} ,\"message\":\n\"m\" } \n",
                   "{\"message\":\"m\",\"x\":{\"a b\":[1,\" \\n \"]}}");
    expect_becomes(state, "{\"labels\":{\"a\":[\n]},\"tags\":[\n\"t\"\n]}",
                   "{\"tags\":[\"t\"],\"labels\":{\"a\":[]}}");
    expect_becomes(state, "{\"message\":{\n}}",
                   "{\"tags\":[\"_typeconflict\"],\"labels\":{\"message\":{}}}");
}

static void ten_thousand_unknown_keys_take_no_time(void **state)
{
    struct bench *bench = *state;
    scoped_buf struct buf text = BUF_INIT(1 << 20);
    scoped_json cJSON *json = NULL;
    clock_t start = clock();

    buf_add_char(&text, '{');
    for (int i = 0; i < 10000; i++)
        buf_addf(&text, "%s\"key%d\":%d", i ? "," : "", i, i);
    buf_add_char(&text, '}');
    assert_int_equal(decode(bench, buf_slice(&text)), OK);
    assert_string_equal(encode(bench), buf_str(&text));
    /* Searching linearly would be 50 million comparisons. */
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 1.0);
    json = cJSON_Parse(bench->text);
    assert_int_equal(cJSON_GetArraySize(json), 10000);
}

static void more_unknown_keys_than_may_be_are_refused(void **state)
{
    struct bench *bench = *state;
    scoped_buf struct buf text = BUF_INIT(4 << 20);

    buf_add_char(&text, '{');
    for (int i = 0; i <= EXTRAS_MAX; i++)
        buf_addf(&text, "%s\"key%d\":%d", i ? "," : "", i, i);
    buf_add_char(&text, '}');
    assert_false(text.failed);
    assert_int_equal(decode(bench, buf_slice(&text)), REJECT);
    assert_non_null(strstr(bench->err.text, "too many unknown members"));
}

static void no_memory_is_no_rejection(void **state)
{
    struct bench *bench = *state;
    struct arena small;

    (void)bench;
    arena_init(&small, 64, 64);
    bench->record.arena = &small;
    record_clear(&bench->record);
    assert_int_equal(record_decode(&bench->record, SLICE("{\"a\":1,\"b\":2,\"c\":3}"), &bench->err),
                     FATAL);
    bench->record.arena = &bench->arena;
    arena_release(&small);
}

/* ---- bytes ---- */

/* `text` as message is written as `expected`, with so many bytes repaired. */
static void expect_message(void **state, struct slice text, const char *expected, uint64_t invalid)
{
    struct bench *bench = *state;
    scoped_json cJSON *json = NULL;

    record_clear(&bench->record);
    record_set_text(&bench->record, FIELD_MESSAGE, text);
    json = encode_json(bench);
    assert_string_equal(json_text(json, "message", NULL), expected);
    assert_int_equal(bench->invalid, invalid);
}

#define BAD "\xef\xbf\xbd"

static void invalid_utf8_is_replaced_and_counted(void **state)
{
    expect_message(state, SLICE("caf\xe9 a"), "caf" BAD " a", 1);
    expect_message(state, SLICE("\x80"), BAD, 1);
    expect_message(state, SLICE("\xc0\xaf"), BAD BAD, 2);
    expect_message(state, SLICE("\xed\xa0\x80"), BAD BAD BAD, 3);
    expect_message(state, SLICE("\xf4\x90\x80\x80"), BAD BAD BAD BAD, 4);
    expect_message(state, SLICE("cut \xe2\x82"), "cut " BAD BAD, 2);
    expect_message(state, SLICE("\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac"),
                   "\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac", 0);
    expect_message(state, SLICE("\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff"),
                   BAD BAD BAD BAD BAD BAD BAD BAD BAD, 9);
}

static void every_byte_value_is_written_as_valid_json(void **state)
{
    struct bench *bench = *state;
    char all[256], back[1024];
    struct slice raw;
    size_t len;

    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    record_clear(&bench->record);
    record_set_text(&bench->record, FIELD_MESSAGE, (struct slice){all, 256});
    encode(bench);
    assert_int_equal(bench->invalid, 128);
    assert_int_equal(strlen(bench->text), strcspn(bench->text, "\n"));
    raw = slice_of(bench->text + strlen("{\"message\":"));
    raw.len--;
    len = json_unescape(raw, back);
    assert_int_equal(len, 128 + 128 * 3);
    assert_memory_equal(back, all, 128);
}

static void random_bytes_are_written_within_their_bound(void **state)
{
    struct bench *bench = *state;
    struct rng rng = rng_start();

    for (int round = 0; round < 2000; round++) {
        char bytes[300];
        struct slice text = {bytes, rng_below(&rng, sizeof(bytes))};
        struct json_value value;
        const char *end;

        for (size_t i = 0; i < text.len; i++)
            bytes[i] = (char)rng_next(&rng);
        record_clear(&bench->record);
        record_set_text(&bench->record, FIELD_MESSAGE, text);
        record_set_text(&bench->record, FIELD_URL_PATH, text);
        record_label(&bench->record, text, text);
        end = encode(bench) + strlen(bench->text);
        assert_ptr_equal(json_read(bench->text, end, &value), end);
    }
}

/* ---- refusals ---- */

static void what_is_no_json_object_is_rejected(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "\n",
        "null",
        "1",
        "\"x\"",
        "[]",
        "[{}]",
        "true",
        "x",
        "{",
        "}",
        "{]",
        "{\"",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{,\"a\":1}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":'b'}",
        "{\"a\":1}x",
        "{\"a\":1}{}",
        "{\"a\":1}]",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":nul}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12G4\"}",
        "{\"a\":\"\\\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\t\"}",
        "{\"a\n\":1}",
        "{\"a\":\"\xff\"}",
        "{\"\xc3\":1}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":{]}",
        "{\"a\":{\"b\"}}",
        "{\"message\":\"a}",
        "{\"event\":{}",
        "{\"event\":{\"id\":\"a\"}",
        "{\"event\":{\"id\" \"a\"}}",
        "{\"event\":{\"id\":\"a\",}}",
        "{\"event\":{,}}",
        "{/**/}",
        "{\"a\":1}//",
        "\xef\xbb\xbf{}",
        "{\"\\u00zz\":1}",
        "{\"a\":\"\x7f\x00\"}",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_rejected(state, slice_of(texts[i]));
    expect_rejected(state, SLICE("{\"a\":1}\0"));
    expect_rejected(state, SLICE("{\"a\0\":1}"));
    expect_rejected(state, SLICE("\0"));
}

static void endless_nesting_is_rejected(void **state)
{
    scoped_buf struct buf text = BUF_INIT(4 << 20);

    buf_add_text(&text, "{\"a\":");
    for (int i = 0; i < 1000000; i++)
        buf_add_char(&text, '[');
    expect_rejected(state, buf_slice(&text));
    buf_clear(&text);
    for (int i = 0; i < 100000; i++)
        buf_add_text(&text, "{\"http\":");
    expect_rejected(state, buf_slice(&text));
}

/* Damaged records of every kind: accepted or refused, what is accepted is written as valid JSON. */
static void damaged_text_is_never_passed_on(void **state)
{
    static const char good[] = "{\"message\":\"a\\u00e9\xc3\xa9\",\"event\":{\"id\":\"i\",\"x\":[1,"
                               "{\"y\":null}]},\"tags\":[\"t\"],\"http.version\":\"1.1\"}";
    struct bench *bench = *state;
    struct rng rng = rng_start();

    for (int round = 0; round < 20000; round++) {
        char text[sizeof(good)];
        size_t len = sizeof(good) - 1;

        memcpy(text, good, sizeof(good));
        for (uint32_t n = 1 + rng_below(&rng, 3); n; n--)
            text[rng_below(&rng, (uint32_t)len)] =
                rng_one_in(&rng, 2) ? (char)rng_next(&rng)
                                    : good[rng_below(&rng, (uint32_t)sizeof(good) - 1)];
        if (rng_one_in(&rng, 4))
            len = rng_below(&rng, (uint32_t)len);
        if (decode(bench, (struct slice){text, len}) == OK)
            cJSON_Delete(encode_json(bench));
    }
}

/* ---- building ---- */

static void labels_replace_those_of_the_same_name(void **state)
{
    struct bench *bench = *state;

    assert_true(record_label(&bench->record, SLICE("a\"b"), SLICE("1")));
    assert_true(record_label(&bench->record, SLICE("a\"b"), SLICE("\xff")));
    assert_string_equal(encode(bench), "{\"labels\":{\"a\\\"b\":\"" BAD "\"}}");
}

static void list_items_are_added_once(void **state)
{
    struct bench *bench = *state;

    record_tag(&bench->record, "b");
    record_tag(&bench->record, "a\"b");
    record_tag(&bench->record, "b");
    record_tag(&bench->record, "");
    assert_string_equal(encode(bench), "{\"tags\":[\"b\",\"a\\\"b\",\"\"]}");
}

static void values_are_read_in_whatever_form_they_came(void **state)
{
    struct bench *bench = *state;
    struct timestamp time;
    struct slice text;
    int64_t number;

    decode(bench, SLICE("{\"message\":\"a\\n\",\"http.response.status_code\":\"404\","
                        "\"@timestamp\":-1,\"event.created\":\"1970-01-01T00:00:01Z\"}"));
    assert_true(record_text(&bench->record, FIELD_MESSAGE, &text));
    assert_slice(text, "a\n");
    assert_true(record_long(&bench->record, FIELD_HTTP_RESPONSE_STATUS_CODE, &number));
    assert_int_equal(number, 404);
    assert_true(record_time(&bench->record, FIELD_TIMESTAMP, &time));
    assert_int_equal(timestamp_ms(time), -1);
    assert_true(record_time(&bench->record, FIELD_EVENT_CREATED, &time));
    assert_int_equal(time.s, 1);
    assert_false(record_text(&bench->record, FIELD_USER_NAME, &text));
    assert_false(record_long(&bench->record, FIELD_MESSAGE, &number));
    assert_false(record_time(&bench->record, FIELD_MESSAGE, &time));
    record_drop(&bench->record, FIELD_MESSAGE);
    assert_false(record_text(&bench->record, FIELD_MESSAGE, &text));
}

static void extreme_numbers_are_written_exactly(void **state)
{
    struct bench *bench = *state;

    record_set_long(&bench->record, FIELD_LOG_OFFSET, INT64_MIN);
    record_set_long(&bench->record, FIELD_KAFKA_OFFSET, INT64_MAX);
    assert_string_equal(encode(bench), "{\"log\":{\"offset\":-9223372036854775808},"
                                       "\"kafka\":{\"offset\":9223372036854775807}}");
}

/* ---- the mapping ---- */

static const char *expected_type(enum field_type type)
{
    static const char *const names[] = {
        [TYPE_KEYWORD] = "keyword",  [TYPE_TEXT] = "text",     [TYPE_RAW] = "keyword",
        [TYPE_LONG] = "long",        [TYPE_BOOL] = "boolean",  [TYPE_IP] = "ip",
        [TYPE_DATE] = "date",        [TYPE_GEO] = "geo_point", [TYPE_LIST] = "keyword",
        [TYPE_OBJECT] = "flattened",
    };

    return names[type];
}

static void mapping_types_every_field(void **state)
{
    scoped_buf struct buf text = BUF_INIT(1 << 20);
    scoped_json cJSON *json = NULL;

    (void)state;
    record_mapping(&text);
    json = cJSON_Parse(buf_str(&text));
    assert_non_null(json);
    expect_unique_keys(json);
    assert_true(cJSON_IsFalse(at_path(json, "dynamic")));
    for (int i = 0; i < FIELD_COUNT; i++) {
        const char *p = record_fields[i].name;
        const cJSON *here = json;
        char part[64];

        for (size_t len; here && *p; p += len + (p[len] == '.')) {
            len = strcspn(p, ".");
            snprintf(part, sizeof(part), "%.*s", (int)len, p);
            here = cJSON_GetObjectItemCaseSensitive(at_path(here, "properties"), part);
        }
        assert_string_equal(json_text(here, "type", "none"), expected_type(record_fields[i].type));
        if (record_fields[i].type == TYPE_RAW)
            assert_true(cJSON_IsFalse(at_path(here, "index")));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Decodes and encodes `text`; the result must hold `part`. */
static void expect_again(const char *text, const char *part)
{
    char out[16384];
    struct arena arena;
    struct record record;
    uint64_t invalid = 0;

    arena_init(&arena, 4096, 1u << 20);
    record_init(&record, &arena);
    assert_int_equal(record_decode(&record, slice_of(text), NULL), OK);
    assert_true(record_encode_bound(&record) < sizeof(out));
    out[record_encode(&record, out, &invalid)] = '\0';
    assert_non_null(strstr(out, part));
    arena_release(&arena);
}

static void times_that_the_index_cannot_read_are_written_anew(void **state)
{
    (void)state;
    expect_again("{\"@timestamp\":\"2026-11-21 12:00:00+01:00\"}",
                 "\"@timestamp\":\"2026-11-21T11:00:00.000Z\"");
    expect_again("{\"@timestamp\":\"2026-11-21T12:00:00+01:00\"}",
                 "\"@timestamp\":\"2026-11-21T12:00:00+01:00\"");
}

/* The index keeps a record's words under that name. */
static void a_member_called_text_becomes_a_label(void **state)
{
    (void)state;
    expect_again("{\"text\":\"mine\"}", "\"labels\":{\"text\":\"mine\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_field_survives_the_round_trip),
        CASE(every_field_is_found_by_its_name_only),
        CASE(every_field_is_read_nested_and_dotted),
        CASE(random_records_have_no_duplicate_keys),
        CASE(records_are_read_as_if_they_were_the_first),
        CASE(extras_stay_where_they_were),
        CASE(dotted_names_join_the_objects_that_we_know),
        CASE(name_of_the_words_becomes_a_label),
        CASE(keys_inside_of_foreign_values_are_unique_too),
        CASE(lone_surrogates_are_not_passed_on),
        CASE(places_are_written_to_the_metre_and_as_numbers_only),
        CASE(places_are_written_as_printf_does),
        CASE(last_of_two_members_counts),
        CASE(escapes_in_keys_do_not_hide_duplicates),
        CASE(null_is_absent),
        CASE(wrong_types_become_labels),
        CASE(type_conflict_keeps_the_other_tags),
        CASE(times_that_the_index_cannot_read_are_written_anew),
        CASE(a_member_called_text_becomes_a_label),
        CASE(numbers_and_times_are_taken_in_every_usual_form),
        CASE(white_space_inside_of_values_is_compacted),
        CASE(ten_thousand_unknown_keys_take_no_time),
        CASE(more_unknown_keys_than_may_be_are_refused),
        CASE(no_memory_is_no_rejection),
        CASE(invalid_utf8_is_replaced_and_counted),
        CASE(every_byte_value_is_written_as_valid_json),
        CASE(random_bytes_are_written_within_their_bound),
        CASE(what_is_no_json_object_is_rejected),
        CASE(endless_nesting_is_rejected),
        CASE(damaged_text_is_never_passed_on),
        CASE(labels_replace_those_of_the_same_name),
        CASE(list_items_are_added_once),
        CASE(values_are_read_in_whatever_form_they_came),
        CASE(extreme_numbers_are_written_exactly),
        CASE(mapping_types_every_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
