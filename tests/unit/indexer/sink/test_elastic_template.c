/*
 * test_elastic_template.c - the index template against a scripted Elasticsearch.
 */
#include "indexer/sink/elastic_template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/json.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_link.h"
#include "tests/unit/indexer/sink/scripted_server.h"

static struct server server;
static struct {
    int get_code, put_code;
    const char *get_body;
    const char *unknown_type; /* a PUT that contains it is refused, as OpenSearch does */
    struct buf installed;     /* what the last good PUT brought */
    const char *indices;      /* of these days, with their marks */
    bool custom;              /* there is a component of the user's */
    int mapping_code;         /* of a PUT to an index's mapping; 0: 200 */
    size_t mappings;          /* how many there were */
    struct buf mapping;       /* what the last one brought */
} elastic;
static struct elasticsearch_config config;
static struct elastic_link nodes;
static struct error err;

static void answer_get(struct buf *out)
{
    static const char missing[] = "{\"error\":{\"type\":\"resource_not_found_exception\"},"
                                  "\"status\":404}";
    struct buf body = BUF_INIT(1 << 20);

    if (elastic.get_body)
        buf_add_text(&body, elastic.get_body);
    else if (elastic.installed.len)
        buf_addf(&body, "{\"index_templates\":[{\"name\":\"x\",\"index_template\":%s}]}",
                 buf_str(&elastic.installed));
    else
        buf_add_text(&body, missing);
    server_reply(out,
                 elastic.get_code         ? elastic.get_code
                 : !elastic.installed.len ? 404
                                          : 200,
                 elastic.get_body && *elastic.get_body == '<' ? "text/html" : "application/json",
                 "", buf_slice(&body));
    buf_release(&body);
}

static void answer_put(const struct request *request, struct buf *out)
{
    if (elastic.put_code) {
        server_reply(out, elastic.put_code, "application/json", "",
                     SLICE("{\"error\":{\"type\":\"t\",\"reason\":\"because of this\"}}"));
    } else if (elastic.unknown_type && strstr(request->body, elastic.unknown_type)) {
        server_reply(out, 400, "application/json", "",
                     SLICE("{\"error\":{\"type\":\"mapper_parsing_exception\",\"reason\":\"No "
                           "handler for type [flattened] declared on field [labels]\"}}"));
    } else {
        buf_clear(&elastic.installed);
        buf_add(&elastic.installed, request->body, request->body_bytes);
        server_reply(out, 200, "application/json", "", SLICE("{\"acknowledged\":true}"));
    }
}

static void answer_mapping(const struct request *request, struct buf *out)
{
    elastic.mappings++;
    if (elastic.unknown_type && strstr(request->body, elastic.unknown_type)) {
        server_reply(out, 400, "application/json", "", SLICE("{\"error\":\"no [flattened]\"}"));
        return;
    }
    buf_clear(&elastic.mapping);
    buf_add(&elastic.mapping, request->body, request->body_bytes);
    server_reply(out, elastic.mapping_code ? elastic.mapping_code : 200, "application/json", "",
                 SLICE("{\"acknowledged\":true}"));
}

static bool answer(struct server *from, const struct request *request, struct buf *out)
{
    (void)from;
    if (strncmp(request->head, "GET /_index_template/alpex-logs HTTP", 36) == 0)
        answer_get(out);
    else if (strncmp(request->head, "PUT /_index_template/alpex-logs HTTP", 36) == 0)
        answer_put(request, out);
    else if (strncmp(request->head, "GET /_component_template/alpex-logs@custom HTTP", 47) == 0)
        server_reply(out, elastic.custom ? 200 : 404, "application/json", "", SLICE("{}"));
    else if (strncmp(request->head, "GET /logs-*-", 12) == 0)
        server_reply(out, elastic.indices && !*elastic.indices ? 403 : 200, "application/json", "",
                     slice_of(elastic.indices ? elastic.indices : "{}"));
    else if (strncmp(request->head, "PUT /logs-x-2026.11.21/_mapping HTTP", 36) == 0)
        answer_mapping(request, out);
    else
        server_reply(out, 404, "", "", SLICE(""));
    return true;
}

static int start(void **state)
{
    static char *urls[1];

    (void)state;
    memset(&elastic, 0, sizeof(elastic));
    elastic.installed.max = elastic.mapping.max = 1 << 20;
    server_start(&server, answer, NULL);
    urls[0] = server.url;
    config = (struct elasticsearch_config){.urls = urls,
                                           .url_count = 1,
                                           .index_prefix = (char *)(uintptr_t) "logs",
                                           .manage_template = true,
                                           .shards = 2,
                                           .replicas = 1,
                                           .refresh_interval_ms = 5000};
    assert_int_equal(elastic_link_init(&nodes, &config, &err), OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    elastic_link_release(&nodes);
    server_stop(&server);
    buf_release(&elastic.installed);
    buf_release(&elastic.mapping);
    return 0;
}

static void expect_ensure(enum status expected, size_t requests)
{
    size_t before = server.request_count;
    enum status status;

    server_sync(&server);
    status = elastic_template_ensure(&nodes, &config, &err);
    server_sync(&server);
    if (status != expected)
        fail_msg("%d instead of %d: %s", (int)status, (int)expected, err.text);
    assert_int_equal(server.request_count - before, requests);
}

static const cJSON *at(const cJSON *json, const char *path)
{
    char text[200], *save = NULL;

    snprintf(text, sizeof(text), "%s", path);
    for (char *key = strtok_r(text, "/", &save); key; key = strtok_r(NULL, "/", &save))
        json = cJSON_GetObjectItemCaseSensitive(json, key);
    return json;
}

static void a_missing_template_is_put(void **state)
{
    cJSON *json;

    (void)state;
    expect_ensure(OK, 3);
    json = cJSON_Parse(buf_str(&elastic.installed));
    assert_string_equal(cJSON_GetArrayItem(at(json, "index_patterns"), 0)->valuestring, "logs-*");
    assert_int_equal(json_number(json, "priority", 0), 500);
    assert_string_equal(json_text(at(json, "template/settings/index"), "codec", ""),
                        "best_compression");
    assert_string_equal(json_text(at(json, "template/settings/index"), "refresh_interval", ""),
                        "5000ms");
    assert_int_equal(json_number(at(json, "template/settings/index"), "number_of_shards", 0), 2);
    assert_int_equal(json_number(at(json, "template/settings/index"), "number_of_replicas", 0), 1);
    assert_string_equal(json_text(at(json, "template/mappings/properties/@timestamp"), "type", ""),
                        "date");
    assert_string_equal(json_text(at(json, "template/mappings/properties/labels"), "type", ""),
                        "flattened");
    assert_string_equal(json_text(at(json, "template/mappings/_meta"), "managed_by", ""), "alpex");
    assert_string_equal(json_text(at(json, "template/mappings/_meta"), "prefix", ""), "logs");
    assert_string_equal(json_text(at(json, "_meta"), "managed_by", ""), "alpex");
    assert_int_equal(strlen(json_text(at(json, "_meta"), "hash", "")), 16);
    assert_null(at(json, "data_stream"));
    cJSON_Delete(json);
}

/* What of a document Elasticsearch leaves out of what it keeps, or NULL. */
static const cJSON *left_out(const cJSON *json)
{
    return at(json, "template/mappings/_source/excludes");
}

static void documents_keep_their_words_as_configured(void **state)
{
    cJSON *json;

    (void)state;
    config.keep_words = true;
    expect_ensure(OK, 3);
    json = cJSON_Parse(buf_str(&elastic.installed));
    assert_non_null(at(json, "template/mappings/properties/text"));
    assert_null(at(json, "template/mappings/_source"));
    cJSON_Delete(json);

    config.keep_words = false;
    expect_ensure(OK, 4); /* which is another template */
    json = cJSON_Parse(buf_str(&elastic.installed));
    assert_non_null(at(json, "template/mappings/properties/text"));
    assert_int_equal(cJSON_GetArraySize(left_out(json)), 1);
    assert_string_equal(cJSON_GetArrayItem(left_out(json), 0)->valuestring, "text");
    cJSON_Delete(json);
}

static void the_same_template_is_left_alone(void **state)
{
    (void)state;
    expect_ensure(OK, 3);
    expect_ensure(OK, 2);
}

static void another_template_is_replaced(void **state)
{
    (void)state;
    expect_ensure(OK, 3);
    config.shards = 3;
    expect_ensure(OK, 4);
    expect_ensure(OK, 2);
}

static void a_template_of_somebody_else_is_left_alone(void **state)
{
    (void)state;
    elastic.get_code = 200;
    elastic.get_body = "{\"index_templates\":[{\"name\":\"x\",\"index_template\":{}}]}";
    expect_ensure(OK, 2);
    assert_int_equal(elastic.installed.len, 0);
}

static void a_newer_template_is_left_alone(void **state)
{
    (void)state;
    elastic.get_code = 200;
    elastic.get_body = "{\"index_templates\":[{\"name\":\"x\",\"index_template\":{\"version\":"
                       "999999,\"_meta\":{\"managed_by\":\"alpex\",\"hash\":\"x\"}}}]}";
    expect_ensure(OK, 2);
    assert_int_equal(elastic.installed.len, 0);
}

#define OLDER                                                                                      \
    "{\"index_templates\":[{\"name\":\"x\",\"index_template\":{\"version\":1001,\"_meta\":{"       \
    "\"managed_by\":\"alpex\",\"hash\":\"x\"}}}]}"

static void todays_indices_get_new_fields_before_the_template(void **state)
{
    cJSON *json;

    (void)state;
    elastic.get_code = 200;
    elastic.get_body = OLDER;
    elastic.indices =
        "{\"logs-x-2026.11.21\":{\"mappings\":{\"_meta\":{\"managed_by\":\"alpex\"}}},"
        "\"logs-y-2026.11.21\":{\"mappings\":{\"_meta\":{\"managed_by\":\"me\"}}}}";
    expect_ensure(OK, 5);
    assert_int_equal(elastic.mappings, 1);
    json = cJSON_Parse(buf_str(&elastic.mapping));
    assert_int_equal(cJSON_GetArraySize(json), 1);
    assert_string_equal(json_text(at(json, "properties/@timestamp"), "type", ""), "date");
    cJSON_Delete(json);
    assert_true(elastic.installed.len > 0);
}

static void an_index_that_takes_no_new_fields_is_left_as_it_is(void **state)
{
    (void)state;
    elastic.get_code = 200;
    elastic.get_body = OLDER;
    elastic.mapping_code = 400;
    elastic.indices =
        "{\"logs-x-2026.11.21\":{\"mappings\":{\"_meta\":{\"managed_by\":\"alpex\"}}}}";
    expect_ensure(OK, 5);
    assert_true(elastic.installed.len > 0);
}

static void without_the_right_to_look_at_indices_they_stay_as_they_are(void **state)
{
    (void)state;
    elastic.get_code = 200;
    elastic.get_body = OLDER;
    elastic.indices = "";
    expect_ensure(OK, 4);
    assert_int_equal(elastic.mappings, 0);
    assert_true(elastic.installed.len > 0);
}

static void a_component_of_the_users_is_part_of_it(void **state)
{
    cJSON *json;

    (void)state;
    elastic.custom = true;
    expect_ensure(OK, 3);
    json = cJSON_Parse(buf_str(&elastic.installed));
    assert_string_equal(cJSON_GetArrayItem(at(json, "composed_of"), 0)->valuestring,
                        "alpex-logs@custom");
    cJSON_Delete(json);
    expect_ensure(OK, 2);
    elastic.custom = false;
    expect_ensure(OK, 4);
    assert_null(strstr(buf_str(&elastic.installed), "composed_of"));
}

static void opensearch_gets_its_own_name_for_flattened(void **state)
{
    (void)state;
    elastic.unknown_type = "flattened";
    expect_ensure(OK, 4);
    assert_non_null(strstr(buf_str(&elastic.installed), "\"labels\":{\"type\":\"flat_object\"}"));
    expect_ensure(OK, 2);
}

static void unmanaged_templates_are_only_looked_at(void **state)
{
    (void)state;
    config.manage_template = false;
    expect_ensure(OK, 1);
    assert_int_equal(elastic.installed.len, 0);
    config.manage_template = true;
    expect_ensure(OK, 3);
    config.manage_template = false;
    config.shards = 7;
    expect_ensure(OK, 1);
}

static void expect_failure(size_t requests, const char *mentions)
{
    expect_ensure(RETRY, requests);
    if (!strstr(err.text, mentions) || !strstr(err.text, server.url))
        fail_msg("'%s' does not mention '%s'", err.text, mentions);
}

static void what_an_operator_can_mend_is_tried_again(void **state)
{
    (void)state;
    elastic.get_code = 401;
    expect_failure(1, "elasticsearch.username");
    elastic.get_code = 403;
    expect_failure(1, "elasticsearch.username");
    elastic.get_code = 405;
    expect_failure(1, "elasticsearch.urls");
    elastic.get_code = 503;
    expect_failure(1, "HTTP 503");
    elastic.get_code = 0;
    elastic.put_code = 403;
    expect_failure(3, "manage_template");
    elastic.put_code = 400;
    expect_failure(3, "because of this");
    elastic.put_code = 503;
    expect_failure(3, "HTTP 503");
    elastic.put_code = 0;
    expect_ensure(OK, 3);
}

static void foreign_pages_are_not_taken_for_answers(void **state)
{
    (void)state;
    elastic.get_body = "<html>Sign in</html>";
    elastic.get_code = 200;
    expect_failure(1, "elasticsearch.urls");
    elastic.get_code = 404;
    expect_failure(1, "elasticsearch.urls");
    elastic.get_body = "{\"hello\":1}";
    elastic.get_code = 200;
    expect_failure(1, "elasticsearch.urls");
}

static void nobody_there_is_tried_again(void **state)
{
    (void)state;
    config.urls = (char *[]){(char *)(uintptr_t) "http://127.0.0.1:1"};
    elastic_link_release(&nodes);
    assert_int_equal(elastic_link_init(&nodes, &config, &err), OK);
    expect_ensure(RETRY, 0);
    config.urls = (char *[]){(char *)(uintptr_t) "gopher://127.0.0.1:1"};
    elastic_link_release(&nodes);
    assert_int_equal(elastic_link_init(&nodes, &config, &err), OK);
    expect_ensure(RETRY, 0);
    assert_int_equal(err.status, RETRY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missing_template_is_put),
        TEST(documents_keep_their_words_as_configured),
        TEST(the_same_template_is_left_alone),
        TEST(another_template_is_replaced),
        TEST(a_template_of_somebody_else_is_left_alone),
        TEST(a_newer_template_is_left_alone),
        TEST(todays_indices_get_new_fields_before_the_template),
        TEST(an_index_that_takes_no_new_fields_is_left_as_it_is),
        TEST(without_the_right_to_look_at_indices_they_stay_as_they_are),
        TEST(a_component_of_the_users_is_part_of_it),
        TEST(opensearch_gets_its_own_name_for_flattened),
        TEST(unmanaged_templates_are_only_looked_at),
        TEST(what_an_operator_can_mend_is_tried_again),
        TEST(foreign_pages_are_not_taken_for_answers),
        TEST(nobody_there_is_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
