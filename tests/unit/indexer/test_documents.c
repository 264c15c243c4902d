/*
 * test_documents.c - messages into documents, and into reduced ones.
 */
#include "indexer/documents.h"

#include "common/json.h"
#include "common/scope.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "tests/unit/support/check.h"

#define NOW_MS 1790000000123 /* 2026-09-21T14:13:20.123Z */

static struct {
    struct indexer_config config;
    struct documents documents;
    struct batch *batch;
} bench;

static int setup(void **state)
{
    struct error err;

    (void)state;
    memset(&bench, 0, sizeof(bench));
    bench.config.elasticsearch.index_prefix = (char *)"logs";
    bench.config.geoip.city = bench.config.geoip.asn = (char *)"";
    assert_int_equal(documents_open(&bench.documents, &bench.config, &err), OK);
    assert_int_equal(batch_open(16, &bench.batch, &err), OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    batch_close(bench.batch);
    documents_close(&bench.documents);
    return 0;
}

static struct batch_entry *make(const char *payload)
{
    struct error err;

    assert_true(batch_add_payload(bench.batch, slice_of(payload)));
    assert_int_equal(documents_make(&bench.documents, bench.batch, NOW_MS, &err), OK);
    return &bench.batch->entries[bench.batch->count - 1];
}

/* The document as a tree, no key twice in its root; the caller deletes it. */
static cJSON *document_of(const struct batch_entry *entry)
{
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(entry->document.data, entry->document.len, &end, 0);

    if (!json)
        fail_msg("no JSON: %.*s", SLICE_FMT(entry->document));
    assert_ptr_equal(end, entry->document.data + entry->document.len);
    for (cJSON *a = json->child; a; a = a->next)
        for (cJSON *b = a->next; b; b = b->next)
            if (strcmp(a->string, b->string) == 0)
                fail_msg("'%s' is there twice: %.*s", a->string, SLICE_FMT(entry->document));
    return json;
}

static const char *text_at(const cJSON *json, const char *object, const char *key)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(json, object), key, "(none)");
}

static void record_gets_index_and_id(void **state)
{
    struct batch_entry *entry = make("{\"@timestamp\":\"2026-11-21T23:59:59Z\",\"message\":\"m\","
                                     "\"event\":{\"id\":\"abc\",\"dataset\":\"nginx.access\"}}");
    scoped_json cJSON *json = document_of(entry);

    (void)state;
    assert_int_equal(entry->outcome, OUTCOME_PENDING);
    assert_slice(entry->id, "abc");
    assert_slice(entry->index, "logs-nginx.access-2026.11.21");
    assert_string_equal(text_at(json, "event", "ingested"), "2026-09-21T14:13:20.123Z");
    assert_string_equal(json_text(json, "@timestamp", ""), "2026-11-21T23:59:59Z");
    assert_string_equal(json_text(json, "message", ""), "m");
}

static void record_without_time_takes_that_of_its_arrival(void **state)
{
    struct batch_entry *entry = make("{\"message\":\"m\"}");
    scoped_json cJSON *json = document_of(entry);

    (void)state;
    assert_string_equal(json_text(json, "@timestamp", ""), "2026-09-21T14:13:20.123Z");
    assert_slice(entry->index, "logs-unknown-2026.09.21");
}

static void record_without_a_usable_id_gets_its_place(void **state)
{
    char text[700], long_id[601];

    (void)state;
    memset(long_id, 'x', 600);
    long_id[600] = '\0';
    snprintf(text, sizeof(text), "{\"event\":{\"id\":\"%s\"}}", long_id);
    assert_slice(make("{\"message\":\"m\"}")->id, "kafka-0-0");
    assert_slice(make("{\"event\":{\"id\":\"\"}}")->id, "kafka-0-0");
    assert_slice(make("{\"event\":{\"id\":{\"a\":1}}}")->id, "kafka-0-0");
    assert_slice(make(text)->id, "kafka-0-0");
}

static void message_that_is_no_record_is_refused(void **state)
{
    static const char *const payloads[] = {"",     "text", "[]", "{\"a\":}", "{\"a\":\"\xff\"}",
                                           "{} {}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        struct batch_entry *entry = make(payloads[i]);

        assert_int_equal(entry->outcome, OUTCOME_REFUSED);
        assert_int_equal(entry->reason, REASON_DECODE);
        assert_true(entry->detail && entry->detail[0]);
    }
}

static void settled_entries_are_left_alone(void **state)
{
    struct batch_entry *entry = make("{\"message\":\"m\"}");
    struct slice before = entry->document;
    struct error err;

    (void)state;
    entry->outcome = OUTCOME_INDEXED;
    assert_int_equal(documents_make(&bench.documents, bench.batch, NOW_MS, &err), OK);
    assert_ptr_equal(entry->document.data, before.data);
}

/* `text` holds the words of the record for the index: a member of that name must not clash. */
static void member_called_as_our_own_field_is_kept_apart(void **state)
{
    scoped_json cJSON *json = document_of(make("{\"message\":\"m\",\"text\":\"theirs\"}"));

    (void)state;
    assert_string_equal(text_at(json, "labels", "text"), "theirs");
}

static void reduced_document_holds_the_core_and_all_as_text(void **state)
{
    static const char payload[] =
        "{\"@timestamp\":\"2026-11-21T12:00:00Z\",\"message\":\"m\",\"event\":{\"id\":\"abc\"},"
        "\"host\":{\"name\":\"h\"},\"http\":{\"version\":\"1.1\"},\"odd\":{\"a\":[1]}}";
    struct batch_entry *entry = make(payload);

    (void)state;
    assert_true(documents_degrade(entry, &bench.batch->arena, &bench.documents));
    {
        scoped_json cJSON *json = document_of(entry);
        const cJSON *tags = cJSON_GetObjectItemCaseSensitive(json, "tags");

        assert_string_equal(text_at(json, "event", "original"), payload);
        assert_string_equal(text_at(json, "event", "id"), "abc");
        assert_string_equal(text_at(json, "host", "name"), "h");
        assert_string_equal(json_text(json, "message", ""), "m");
        assert_string_equal(cJSON_GetArrayItem(tags, 0)->valuestring, "_degraded");
        assert_null(cJSON_GetObjectItemCaseSensitive(json, "http"));
        assert_null(cJSON_GetObjectItemCaseSensitive(json, "odd"));
    }
}

static bool keep_wanted(void *arg, struct record *record)
{
    struct slice message;

    return record_text(record, FIELD_MESSAGE, &message) && slice_is(message, arg);
}

static void only_what_is_wanted_becomes_a_document(void **state)
{
    (void)state;
    bench.documents.keep = keep_wanted;
    bench.documents.keep_arg = (void *)"yes";
    assert_int_equal(make("{\"message\":\"no\"}")->outcome, OUTCOME_FILTERED);
    assert_int_equal(make("{\"message\":\"yes\"}")->outcome, OUTCOME_PENDING);
    assert_int_equal(make("nothing")->outcome, OUTCOME_REFUSED);
    assert_int_equal(batch_pending(bench.batch), 1);
}

static void a_bare_document_is_the_record_alone(void **state)
{
    struct batch_entry *entry;

    (void)state;
    bench.documents.bare = true;
    entry = make("{\"message\":\"some words\",\"event\":{\"id\":\"abc\"}}");
    {
        scoped_json cJSON *json = document_of(entry);

        assert_string_equal(json_text(json, "message", ""), "some words");
        assert_null(cJSON_GetObjectItemCaseSensitive(json, "text"));
    }
}

static void record_of_a_deleted_day_is_refused(void **state)
{
    static const struct retention_config retention = {
        .enabled = true, .rest = {.max_age_ms = (uint64_t)30 * 86400000}};
    struct batch_entry *entry;

    (void)state;
    bench.documents.retention = &retention;
    entry = make("{\"@timestamp\":\"2026-08-22T23:59:59Z\",\"message\":\"m\"}");
    assert_int_equal(entry->outcome, OUTCOME_PENDING);
    entry = make("{\"@timestamp\":\"2026-08-21T23:59:59Z\",\"message\":\"m\"}");
    assert_int_equal(entry->outcome, OUTCOME_REFUSED);
    assert_int_equal(entry->reason, REASON_TOO_OLD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(record_gets_index_and_id),
        TEST(record_without_time_takes_that_of_its_arrival),
        TEST(record_without_a_usable_id_gets_its_place),
        TEST(message_that_is_no_record_is_refused),
        TEST(settled_entries_are_left_alone),
        TEST(member_called_as_our_own_field_is_kept_apart),
        TEST(reduced_document_holds_the_core_and_all_as_text),
        TEST(only_what_is_wanted_becomes_a_document),
        TEST(a_bare_document_is_the_record_alone),
        TEST(record_of_a_deleted_day_is_refused),
    };

    return cmocka_run_group_tests_name("documents", tests, NULL, NULL);
}
