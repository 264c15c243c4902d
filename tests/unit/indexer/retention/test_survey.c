/*
 * test_survey.c - whose an index is, by what a scripted Elasticsearch says; and bad answers.
 */
#include "indexer/retention/survey.h"

#include "common/log.h"
#include "common/scope.h"
#include "common/timestamp.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_link.h"
#include "tests/unit/support/check.h"

#include "tests/unit/indexer/sink/scripted_server.h"

#define OURS  "\"mappings\":{\"_meta\":{\"managed_by\":\"alpex\",\"prefix\":\"logs\"}}"
#define KEPT  "\"mappings\":{\"_meta\":{\"managed_by\":\"alpex\",\"prefix\":\"logs\",\"kept\":true}}"
#define BLOCK "{\"error\":{\"type\":\"cluster_block_exception\",\"reason\":\"r\"},\"status\":403}"

static struct {
    const char *rows, *details, *state; /* answers */
    int rows_code, details_code;
    const char *blocked; /* while this is in the path, both are 403 */
} script;

static struct server server;
static struct elasticsearch_config config;
static struct elastic_link nodes;
static struct error err;

static bool answer(struct server *from, const struct request *request, struct buf *out)
{
    const char *body = script.details;
    int code = script.details_code;

    (void)from;
    if (strncmp(request->head, "GET /_cat/indices/", 18) == 0) {
        body = script.rows;
        code = script.rows_code;
    } else if (strncmp(request->head, "GET /_cluster/state", 19) == 0) {
        body = script.state;
        code = 200;
    }
    if (script.blocked && body != script.state && !strstr(request->head, script.blocked)) {
        body = BLOCK;
        code = 403;
    }
    server_reply(out, code, "application/json", "", slice_of(body));
    return true;
}

static int start(void **state)
{
    static char *urls[1];

    (void)state;
    memset(&script, 0, sizeof(script));
    script.rows_code = script.details_code = 200;
    script.rows = "[]";
    script.details = script.state = "{}";
    server_start(&server, answer, NULL);
    urls[0] = server.url;
    config = (struct elasticsearch_config){.urls = urls, .url_count = 1, .timeout_ms = 5000};
    assert_int_equal(elastic_link_init(&nodes, &config, &err), OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    elastic_link_release(&nodes);
    server_stop(&server);
    return 0;
}

static enum status take_survey(struct survey *survey)
{
    server_sync(&server);
    return survey_take(survey, &nodes, "kept", "logs", &err);
}

static enum status look_at(struct survey *survey, const char *name)
{
    server_sync(&server);
    return survey_one(survey, &nodes, name, "kept", "logs", &err);
}

struct survey_case {
    const char *name, *members; /* of the index's object, settings.index but for the uuid */
    enum index_kind kind;
    enum index_hold hold;
};

/* Each index alone: `mappings` and the rest of settings come from the case. */
static void expect_case(const struct survey_case *c)
{
    scoped_buf struct buf rows = BUF_INIT(4096), details = BUF_INIT(4096);
    struct survey survey;

    buf_addf(&rows,
             "[{\"index\":\"%s\",\"uuid\":\"U\",\"status\":\"open\",\"docs.count\":\"7\","
             "\"store.size\":\"12345678901\"}]",
             c->name);
    buf_addf(&details, "{\"%s\":{%s}}", c->name, c->members);
    script.rows = buf_str(&rows);
    script.details = buf_str(&details);
    assert_int_equal(take_survey(&survey), OK);
    assert_int_equal(survey.count, 1);
    if (survey.list[0].kind != c->kind || survey.list[0].hold != c->hold)
        fail_msg("%s: kind %d, hold %d", c->name, survey.list[0].kind, survey.list[0].hold);
    assert_int_equal(survey.list[0].docs, 7);
    assert_int_equal(survey.list[0].bytes, 12345678901);
    survey_release(&survey);
}

#define SETTINGS(more) "\"settings\":{\"index\":{\"uuid\":\"U\"" more "}}"

static void ours_has_name_and_mark(void **state)
{
    static const struct survey_case cases[] = {
        {"logs-a-2026.11.21", SETTINGS("") "," OURS, INDEX_DAY, HOLD_NONE},
        {"kept-logs-a-2026.11", SETTINGS("") "," KEPT, INDEX_KEPT, HOLD_NONE},
        /* A name that does not fit, a mark that does not fit, the one's name with the other's mark
         */
        {"logs-a-2026.11.21-x", SETTINGS("") "," OURS, INDEX_FOREIGN, HOLD_NONE},
        {"logs-a-2026.11.21", SETTINGS(""), INDEX_FOREIGN, HOLD_NONE},
        {"logs-a-2026.11.21", SETTINGS("") ",\"mappings\":{\"_meta\":{}}", INDEX_FOREIGN,
         HOLD_NONE},
        {"logs-a-2026.11.21",
         SETTINGS("") ",\"mappings\":{\"_meta\":{\"managed_by\":\"alpex\",\"prefix\":\"logs-eu\"}}",
         INDEX_FOREIGN, HOLD_NONE},
        {"logs-a-2026.11.21",
         SETTINGS("") ",\"mappings\":{\"_meta\":{\"managed_by\":7,\"prefix\":\"logs\"}}",
         INDEX_FOREIGN, HOLD_NONE},
        {"logs-a-2026.11.21", SETTINGS("") ",\"mappings\":{\"_meta\":\"alpex\"}", INDEX_FOREIGN,
         HOLD_NONE},
        {"logs-a-2026.11.21", SETTINGS("") "," KEPT, INDEX_FOREIGN, HOLD_NONE},
        {"kept-logs-a-2026.11", SETTINGS("") "," OURS, INDEX_FOREIGN, HOLD_NONE},
        /* Held */
        {"logs-a-2026.11.21", SETTINGS(",\"blocks\":{\"read_only\":\"true\"}") "," OURS, INDEX_DAY,
         HOLD_READ_ONLY},
        {"logs-a-2026.11.21", SETTINGS(",\"blocks\":{\"metadata\":true}") "," OURS, INDEX_DAY,
         HOLD_READ_ONLY},
        {"logs-a-2026.11.21", SETTINGS(",\"blocks\":{\"read_only\":\"false\"}") "," OURS, INDEX_DAY,
         HOLD_NONE},
        {"logs-a-2026.11.21",
         SETTINGS(",\"blocks\":{\"read_only_allow_delete\":\"true\"}") "," OURS, INDEX_DAY,
         HOLD_NONE},
        {"logs-a-2026.11.21", SETTINGS(",\"blocks\":{\"write\":\"true\"}") "," OURS, INDEX_DAY,
         HOLD_NONE},
        {"logs-a-2026.11.21", SETTINGS(",\"lifecycle\":{\"name\":\"p\"}") "," OURS, INDEX_DAY,
         HOLD_LIFECYCLE},
        {"logs-a-2026.11.21", SETTINGS(",\"store\":{\"type\":\"snapshot\"}") "," OURS, INDEX_DAY,
         HOLD_SNAPSHOT},
        {"logs-a-2026.11.21", SETTINGS(",\"store\":{\"type\":\"fs\"}") "," OURS, INDEX_DAY,
         HOLD_NONE},
        {"logs-a-2026.11.21", SETTINGS("") ",\"data_stream\":\"logs-a\"," OURS, INDEX_DAY,
         HOLD_DATA_STREAM},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_case(&cases[i]);
}

/* It was deleted and made again between the two requests, or is in one answer only. */
static void what_only_one_answer_knows_is_not_there(void **state)
{
    static const char *const details[] = {
        "{}", "{\"logs-b-2026.11.21\":{" SETTINGS("") "," OURS "}}",
        "{\"logs-a-2026.11.21\":{\"settings\":{\"index\":{\"uuid\":\"V\"}}," OURS "}}",
        "{\"logs-a-2026.11.21\":{" OURS "}}"};
    struct survey survey;

    (void)state;
    script.rows = "[{\"index\":\"logs-a-2026.11.21\",\"uuid\":\"U\",\"status\":\"open\"}]";
    for (size_t i = 0; i < ARRAY_LEN(details); i++) {
        script.details = details[i];
        assert_int_equal(take_survey(&survey), OK);
        assert_int_equal(survey.count, 0);
        survey_release(&survey);
    }
}

static void bad_answers_are_no_survey(void **state)
{
    static const struct {
        int code;
        const char *rows, *details;
    } cases[] = {
        {500, "[]", "{}"},           {401, "{\"error\":{\"type\":\"security_exception\"}}", "{}"},
        {200, "<html>", "{}"},       {200, "{}", "{}"},
        {200, "[{\"index\":", "{}"}, {200, "", "{}"},
        {200, "[]", "not json"},
    };
    struct survey survey;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        script.rows_code = cases[i].code;
        script.rows = cases[i].rows;
        script.details = cases[i].details;
        if (take_survey(&survey) != RETRY)
            fail_msg("case %zu was taken for a survey", i);
        survey_release(&survey);
    }
}

static void rows_of_wrong_types_are_left_out(void **state)
{
    struct survey survey;

    (void)state;
    script.rows = "[7,\"x\",null,{},{\"index\":1},{\"index\":\"logs-a-2026.11.21\",\"uuid\":[]},"
                  "{\"index\":\"logs-a-2026.11.21\",\"uuid\":\"U\",\"docs.count\":null,"
                  "\"store.size\":\"many\",\"status\":\"close\"}]";
    script.details = "{\"logs-a-2026.11.21\":{" SETTINGS("") "," OURS "}}";
    assert_int_equal(take_survey(&survey), OK);
    assert_int_equal(survey.count, 1);
    assert_true(survey.list[0].closed);
    assert_int_equal(survey.list[0].docs, 0);
    assert_int_equal(survey.list[0].bytes, 0);
    survey_release(&survey);
}

/* With index.blocks.metadata on one, Elasticsearch answers nothing of any. */
static void an_index_that_hides_its_metadata_is_held(void **state)
{
    struct survey survey;

    (void)state;
    script.blocked = ",-logs-h-2026.01.02";
    script.state = "{\"blocks\":{\"indices\":{"
                   "\"logs-h-2026.01.02\":{\"9\":{\"levels\":[\"metadata_read\"]}},"
                   "\"other\":{\"9\":{\"levels\":[\"metadata_read\"]}},"
                   "\"logs-w-2026.01.02\":{\"8\":{\"levels\":[\"write\"]}}}}}";
    script.rows = "[{\"index\":\"logs-a-2026.11.21\",\"uuid\":\"U\",\"status\":\"open\"}]";
    script.details = "{\"logs-a-2026.11.21\":{" SETTINGS("") "," OURS "}}";
    assert_int_equal(take_survey(&survey), OK);
    assert_int_equal(survey.count, 2);
    assert_string_equal(survey.list[0].name, "logs-h-2026.01.02");
    assert_int_equal(survey.list[0].hold, HOLD_READ_ONLY);
    assert_int_equal(survey.list[0].day.day, civil_days(2026, 1, 2));
    assert_int_equal(survey.list[1].hold, HOLD_NONE);
    survey_release(&survey);
}

static void an_alias_with_the_name_is_no_such_index(void **state)
{
    struct survey survey;

    (void)state;
    script.rows = "[{\"index\":\"kept-logs-a-2026.11\",\"uuid\":\"U\",\"status\":\"open\"}]";
    script.details = "{\"kept-logs-a-2026.11\":{" SETTINGS("") "," KEPT "}}";
    assert_int_equal(look_at(&survey, "logs-a-2026.11.21"), OK);
    assert_int_equal(survey.count, 0);
    survey_release(&survey);
    assert_int_equal(look_at(&survey, "kept-logs-a-2026.11"), OK);
    assert_int_equal(survey.count, 1);
    survey_release(&survey);
}

static void indices_come_in_order_of_day(void **state)
{
    static const char *const names[] = {"logs-b-2026.11.21", "logs-a-2026.11.21",
                                        "logs-z-2025.01.01", "logs-c-2026.02.03"};
    scoped_buf struct buf rows = BUF_INIT(4096), details = BUF_INIT(4096);
    struct survey survey;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        buf_addf(&rows, "%c{\"index\":\"%s\",\"uuid\":\"U\"}", i ? ',' : '[', names[i]);
        buf_addf(&details, "%c\"%s\":{" SETTINGS("") "," OURS "}", i ? ',' : '{', names[i]);
    }
    buf_add_char(&rows, ']');
    buf_add_char(&details, '}');
    script.rows = buf_str(&rows);
    script.details = buf_str(&details);
    assert_int_equal(take_survey(&survey), OK);
    assert_int_equal(survey.count, 4);
    assert_string_equal(survey.list[0].name, names[2]);
    assert_string_equal(survey.list[1].name, names[3]);
    assert_string_equal(survey.list[2].name, names[1]);
    assert_string_equal(survey.list[3].name, names[0]);
    survey_release(&survey);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ours_has_name_and_mark),
        TEST(what_only_one_answer_knows_is_not_there),
        TEST(bad_answers_are_no_survey),
        TEST(rows_of_wrong_types_are_left_out),
        TEST(an_index_that_hides_its_metadata_is_held),
        TEST(an_alias_with_the_name_is_no_such_index),
        TEST(indices_come_in_order_of_day),
    };

    log_set_level(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
