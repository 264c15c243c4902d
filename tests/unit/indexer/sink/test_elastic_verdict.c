#include "indexer/sink/elastic_verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/http.h"
#include "common/scope.h"
#include "indexer/batch.h"

/* --- requests --- */

static void expect_request(long code, const char *type, const char *body,
                           enum elastic_verdict expected)
{
    struct http_answer answer = {.code = code};

    snprintf(answer.content_type, sizeof(answer.content_type), "%s", type);
    answer.body.data = (char *)(uintptr_t)body;
    answer.body.len = strlen(body);
    if (elastic_request_verdict(&answer) != expected)
        fail_msg("HTTP %ld %s '%s': %d instead of %d", code, type, body,
                 (int)elastic_request_verdict(&answer), (int)expected);
}

static void requests_are_classified(void **state)
{
    static const struct {
        long code;
        enum elastic_verdict verdict;
    } rows[] = {
        {200, VERDICT_STORED},      {400, VERDICT_BAD_REQUEST}, {401, VERDICT_DENIED},
        {403, VERDICT_DENIED},      {404, VERDICT_ENDPOINT},    {405, VERDICT_ENDPOINT},
        {406, VERDICT_ENDPOINT},    {407, VERDICT_DENIED},      {408, VERDICT_UNAVAILABLE},
        {413, VERDICT_TOO_LARGE},   {429, VERDICT_OVERLOADED},  {500, VERDICT_UNAVAILABLE},
        {502, VERDICT_UNAVAILABLE}, {503, VERDICT_UNAVAILABLE}, {504, VERDICT_UNAVAILABLE},
        {201, VERDICT_ENDPOINT},    {204, VERDICT_ENDPOINT},    {302, VERDICT_ENDPOINT},
        {418, VERDICT_ENDPOINT},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_request(rows[i].code, "application/json", "{}", rows[i].verdict);
}

static void foreign_pages_are_not_elasticsearch(void **state)
{
    (void)state;
    expect_request(200, "text/html", "<html>Sign in</html>", VERDICT_ENDPOINT);
    expect_request(200, "text/html; charset=utf-8", "{}", VERDICT_ENDPOINT);
    expect_request(200, "text/plain", "OK", VERDICT_ENDPOINT);
    expect_request(200, "", " \r\n{}", VERDICT_STORED);
    expect_request(200, "application/vnd.elasticsearch+json;compatible-with=8", "{}",
                   VERDICT_STORED);
    expect_request(200, "application/json", "", VERDICT_GARBLED);
    expect_request(400, "text/html", "<html>400</html>", VERDICT_ENDPOINT);
    expect_request(400, "", "", VERDICT_ENDPOINT);
    expect_request(413, "text/html", "<html>", VERDICT_TOO_LARGE);
    expect_request(403, "application/json",
                   "{\"error\":{\"type\":\"cluster_block_exception\"},\"status\":403}",
                   VERDICT_BLOCKED);
}

/* --- items --- */

static void expect_item(uint16_t status, const char *type, enum elastic_verdict expected)
{
    struct elastic_item item = {.status = status, .type = slice_of(type)};

    if (elastic_item_verdict(&item) != expected)
        fail_msg("%d %s: %d instead of %d", status, type, (int)elastic_item_verdict(&item),
                 (int)expected);
}

static void items_are_classified(void **state)
{
    static const struct {
        uint16_t status;
        const char *type;
        enum elastic_verdict verdict;
    } rows[] = {
        {200, "", VERDICT_STORED},
        {201, "", VERDICT_STORED},
        {409, "version_conflict_engine_exception", VERDICT_DUPLICATE},
        {409, "", VERDICT_UNAVAILABLE}, /* whatever it was, it does not say that it is stored */
        {409, "something_else_exception", VERDICT_REJECTED},
        {429, "es_rejected_execution_exception", VERDICT_OVERLOADED},
        {429, "circuit_breaking_exception", VERDICT_OVERLOADED},
        {429, "", VERDICT_OVERLOADED},
        {503, "es_rejected_execution_exception", VERDICT_OVERLOADED},
        {500, "anything_exception", VERDICT_UNAVAILABLE},
        {502, "", VERDICT_UNAVAILABLE},
        {503, "unavailable_shards_exception", VERDICT_NO_SHARDS},
        {504, "", VERDICT_UNAVAILABLE},
        {400, "unavailable_shards_exception", VERDICT_NO_SHARDS},
        {400, "validation_exception", VERDICT_NO_INDEX},
        {503, "process_cluster_event_timeout_exception", VERDICT_UNAVAILABLE},
        {403, "cluster_block_exception", VERDICT_BLOCKED},
        {429, "cluster_block_exception", VERDICT_BLOCKED},
        {404, "index_not_found_exception", VERDICT_NO_INDEX},
        {404, "document_missing_exception", VERDICT_REJECTED},
        {401, "security_exception", VERDICT_DENIED},
        {403, "security_exception", VERDICT_DENIED},
        {400, "mapper_parsing_exception", VERDICT_MAPPING},
        {400, "document_parsing_exception", VERDICT_MAPPING},
        {400, "illegal_argument_exception", VERDICT_MAPPING},
        {400, "strict_dynamic_mapping_exception", VERDICT_MAPPING},
        {400, "x_content_parse_exception", VERDICT_MAPPING},
        {400, "invalid_index_name_exception", VERDICT_REJECTED},
        {400, "", VERDICT_REJECTED},
        {413, "", VERDICT_REJECTED},
        {422, "some_exception", VERDICT_REJECTED},
        {302, "", VERDICT_UNAVAILABLE},
        {100, "", VERDICT_UNAVAILABLE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_item(rows[i].status, rows[i].type, rows[i].verdict);
}

/* --- answers --- */

static struct batch_entry entries[3];
static struct elastic_item items[3];

/* Reads `text` from memory of just its length, as the answer to documents "a", "b", "c". */
static enum status read_items(const char *text, size_t len, size_t count)
{
    static const char *const ids[] = {"a", "b", "c"};
    scoped_free char *exact = malloc(len ? len : 1);
    struct error err = {0};

    memcpy(exact, text, len);
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct batch_entry){.id = slice_of(ids[i])};
        items[i] = (struct elastic_item){.entry = &entries[i]};
    }
    return elastic_read_items((struct slice){exact, len}, items, count, &err);
}

#define GOOD                                                                                       \
    "{\"errors\":false,\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},"                    \
    "{\"create\":{\"_id\":\"b\",\"status\":201}}]}"

static void statuses_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_items(GOOD, strlen(GOOD), 2), OK);
    assert_int_equal(items[0].status, 201);
    assert_int_equal(items[1].status, 201);
    assert_int_equal(items[0].type.len, 0);
}

static void a_replays_answer_names_its_own_action(void **state)
{
    static const char text[] = "{\"items\":[{\"index\":{\"_id\":\"a\",\"status\":200}}]}";
    struct error err;

    (void)state;
    entries[0] = (struct batch_entry){.id = SLICE("a")};
    items[0] = (struct elastic_item){.entry = &entries[0], .replace = true};
    assert_int_equal(elastic_read_items(SLICE(text), items, 1, &err), OK);
    assert_int_equal(elastic_item_verdict(&items[0]), VERDICT_STORED);
    items[0].replace = false;
    assert_int_equal(elastic_read_items(SLICE(text), items, 1, &err), REJECT);
}

static void errors_are_read_whatever_the_order_and_company(void **state)
{
    static const char text[] =
        " { \"took\" : 3, \"items\" : [ { \"create\" : { \"status\" : 400 , \"error\" : "
        "{\"caused_by\":{\"type\":\"x\",\"reason\":[1,{\"a\":null}]},\"reason\":\"say \\\"no\\\"\","
        "\"type\":\"mapper_parsing_exception\"}, \"_index\":\"i\", \"_id\" : \"\\u0061\" } } ], "
        "\"ingest_took\":-1, \"errors\":true } \n";
    struct elastic_item *item = &items[0];
    struct arena arena;
    struct error err;

    (void)state;
    entries[0] = (struct batch_entry){.id = SLICE("a")};
    items[0] = (struct elastic_item){.entry = &entries[0]};
    assert_int_equal(elastic_read_items(SLICE(text), items, 1, &err), OK);
    assert_int_equal(item->status, 400);
    assert_true(slice_is(item->type, "mapper_parsing_exception"));
    arena_init(&arena, 4096, 1 << 16);
    assert_string_equal(elastic_item_detail(item, &arena), "mapper_parsing_exception: say \"no\"");
    arena_release(&arena);
}

static void old_and_odd_errors_are_read(void **state)
{
    static const char *const texts[] = {
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":400,\"error\":\"it failed\"}}]}",
        ("{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":400,\"error\":{\"type\":\"t\","
         "\"reason\":null}}}]}"),
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":400,\"error\":{}}}]}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(read_items(texts[i], strlen(texts[i]), 1), OK);
        assert_int_equal(items[0].status, 400);
    }
}

static void what_does_not_fit_is_no_answer(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"errors\":false}",
        "{\"items\":{}}",
        "{\"items\":[]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}}]}", /* one of two */
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},null]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},{}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},{\"create\":{}}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},{\"create\":{\"_id\":\"b\"}}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},{\"create\":{\"status\":201}}]}",
        /* order */
        "{\"items\":[{\"create\":{\"_id\":\"b\",\"status\":201}},"
        "{\"create\":{\"_id\":\"a\",\"status\":201}}]}",
        /* one too many */
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}},{\"create\":{\"_id\":\"c\",\"status\":201}}]}",
        /* another action */
        "{\"items\":[{\"index\":{\"_id\":\"a\",\"status\":201}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201},\"index\":{}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        /* statuses that are none */
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":\"201\"}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":0}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":65737}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":20.1}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        /* twice */
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":500,\"status\":201}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        GOOD "x",
        GOOD GOOD,
        "{\"items\":[],\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        /* commas */
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},,"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}}"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}},]}",
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201,}},"
        "{\"create\":{\"_id\":\"b\",\"status\":201}}]}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (read_items(texts[i], strlen(texts[i]), 2) != REJECT)
            fail_msg("accepted: %s", texts[i]);
}

static void a_cut_answer_is_no_answer_wherever_it_is_cut(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(GOOD); len++)
        assert_int_equal(read_items(GOOD, len, 2), REJECT);
    assert_int_equal(read_items(GOOD, strlen(GOOD), 2), OK);
}

static void a_changed_byte_never_reads_beyond_the_answer(void **state)
{
    char text[] = GOOD;

    (void)state;
    for (size_t i = 0; i < strlen(GOOD); i++) {
        for (int byte = 0; byte < 256; byte++) {
            text[i] = (char)byte;
            read_items(text, strlen(GOOD), 2);
        }
        text[i] = GOOD[i];
    }
}

static void long_ids_are_compared_in_full(void **state)
{
    char id[513], text[4096];
    struct error err;

    (void)state;
    memset(id, 'x', 512);
    id[512] = '\0';
    entries[0] = (struct batch_entry){.id = slice_of(id)};
    items[0] = (struct elastic_item){.entry = &entries[0]};
    snprintf(text, sizeof(text), "{\"items\":[{\"create\":{\"_id\":\"%s\",\"status\":201}}]}", id);
    assert_int_equal(elastic_read_items(slice_of(text), items, 1, &err), OK);
    id[511] = 'y';
    assert_int_equal(elastic_read_items(slice_of(text), items, 1, &err), REJECT);
}

/* Compared byte by byte these would be the ids of other documents. */
static void ids_with_escapes_are_not_those_of_their_text(void **state)
{
    static const char text[] = "{\"items\":[{\"create\":{\"_id\":\"a\\n\",\"status\":201}}]}";
    struct error err;

    (void)state;
    entries[0] = (struct batch_entry){.id = SLICE("a\\n")};
    items[0] = (struct elastic_item){.entry = &entries[0]};
    assert_int_equal(elastic_read_items(SLICE(text), items, 1, &err), REJECT);
    entries[0].id = SLICE("a\n");
    assert_int_equal(elastic_read_items(SLICE(text), items, 1, &err), OK);
    assert_int_equal(items[0].status, 201);
}

static void usual_answers_stand_between_others(void **state)
{
    static const char text[] =
        "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":201}},"
        "{\"create\":{\"_id\":\"b\",\"status\":409,\"error\":{\"type\":\"x\",\"reason\":\"y\"}}},"
        "{\"create\":{\"_id\":\"c\",\"status\":201}}],\"errors\":true}";

    (void)state;
    assert_int_equal(read_items(text, strlen(text), 3), OK);
    assert_int_equal(items[0].status, 201);
    assert_int_equal(items[1].status, 409);
    assert_int_equal(items[2].status, 201);
    assert_int_equal(items[2].type.len, 0);
    assert_int_equal(read_items(text, strlen(text), 2), REJECT);
}

/* --- texts --- */

static void detail_is_at_most_a_kibibyte_of_whole_characters(void **state)
{
    char reason[4002];
    struct elastic_item item = {.type = SLICE("t"), .reason = {reason + 1, 4000}};
    struct arena arena;
    const char *detail;

    (void)state;
    reason[0] = reason[4001] = '"';
    for (size_t i = 1; i < 4001; i += 2)
        memcpy(reason + i, "\xc3\xa9", 2);
    arena_init(&arena, 8192, 1 << 16);
    detail = elastic_item_detail(&item, &arena);
    assert_int_equal(strlen(detail), 1023);
    assert_memory_equal(detail + 1021, "\xc3\xa9", 2);
    arena_release(&arena);
}

static void detail_is_one_line(void **state)
{
    static const char reason[] = "\"a\\nb\\u0000c\"";
    struct elastic_item item = {.reason = {reason + 1, sizeof(reason) - 3}};
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096, 4096);
    assert_string_equal(elastic_item_detail(&item, &arena), "a b c");
    arena_release(&arena);
}

static void detail_without_error_is_null(void **state)
{
    struct elastic_item item = {.status = 400};
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096, 4096);
    assert_null(elastic_item_detail(&item, &arena));
    arena_release(&arena);
}

static void expect_text(const char *body, bool with_reason, const char *expected)
{
    char text[64];

    elastic_error_text(slice_of(body), with_reason, text, sizeof(text));
    assert_string_equal(text, expected);
}

static void error_text_is_one_line(void **state)
{
    (void)state;
    expect_text("{\"error\":{\"type\":\"t\",\"reason\":\"a\\nb\"}}", true, "t: a b");
    expect_text("{\"error\":{\"type\":\"t\",\"reason\":\"secret line\"}}", false, "t");
    expect_text("{\"error\":\"Incorrect HTTP method\"}", true, "Incorrect HTTP method");
    expect_text("<html>", true, "");
    expect_text("", true, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_classified),
        cmocka_unit_test(foreign_pages_are_not_elasticsearch),
        cmocka_unit_test(items_are_classified),
        cmocka_unit_test(statuses_are_read),
        cmocka_unit_test(a_replays_answer_names_its_own_action),
        cmocka_unit_test(errors_are_read_whatever_the_order_and_company),
        cmocka_unit_test(old_and_odd_errors_are_read),
        cmocka_unit_test(what_does_not_fit_is_no_answer),
        cmocka_unit_test(a_cut_answer_is_no_answer_wherever_it_is_cut),
        cmocka_unit_test(a_changed_byte_never_reads_beyond_the_answer),
        cmocka_unit_test(long_ids_are_compared_in_full),
        cmocka_unit_test(ids_with_escapes_are_not_those_of_their_text),
        cmocka_unit_test(usual_answers_stand_between_others),
        cmocka_unit_test(detail_is_at_most_a_kibibyte_of_whole_characters),
        cmocka_unit_test(detail_is_one_line),
        cmocka_unit_test(detail_without_error_is_null),
        cmocka_unit_test(error_text_is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
