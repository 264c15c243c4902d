/*
 * test_kafka.c - settings and topics, on librdkafka's mock cluster.
 */
#include "common/kafka.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/log.h"

static const struct kafka_link plain = {.brokers = "127.0.0.1:9092", .client_id = "test"};
static const struct kafka_link secure = {
    .brokers = "kafka.invalid:9093",
    .security = KAFKA_SASL_SSL,
    .ca_file = "/ca.pem",
    .certificate_file = "/client.pem",
    .key_file = "/client.key",
    .key_password = "of the key",
    .sasl_mechanism = "SCRAM-SHA-512",
    .sasl_username = "alpex",
    .sasl_password = "of the user",
};

/* The value of `name` in a configuration made from `link`; "" when it is not set. */
static void expect_property(const struct kafka_link *link, const char *name, const char *expected)
{
    rd_kafka_conf_t *conf = NULL;
    char value[256] = "";
    size_t size = sizeof(value);
    struct error err;

    assert_int_equal(kafka_conf_make(link, &conf, &err), OK);
    if (rd_kafka_conf_get(conf, name, value, &size) != RD_KAFKA_CONF_OK)
        value[0] = '\0';
    assert_string_equal(value, expected);
    rd_kafka_conf_destroy(conf);
}

static void link_becomes_properties(void **state)
{
    (void)state;
    expect_property(&plain, "bootstrap.servers", "127.0.0.1:9092");
    expect_property(&plain, "client.id", "test");
    expect_property(&plain, "security.protocol", "plaintext");
    expect_property(&secure, "security.protocol", "sasl_ssl");
    expect_property(&secure, "ssl.ca.location", "/ca.pem");
    expect_property(&secure, "ssl.certificate.location", "/client.pem");
    expect_property(&secure, "ssl.key.location", "/client.key");
    expect_property(&secure, "ssl.key.password", "of the key");
    expect_property(&secure, "sasl.mechanism", "SCRAM-SHA-512");
    expect_property(&secure, "sasl.username", "alpex");
    expect_property(&secure, "sasl.password", "of the user");
}

static void empty_settings_leave_the_library_s_defaults(void **state)
{
    struct kafka_link link = {.brokers = "b:1", .client_id = "", .security = KAFKA_SASL_SSL};

    (void)state;
    expect_property(&link, "client.id", "rdkafka");
    expect_property(&link, "ssl.ca.location", "");
    expect_property(&link, "sasl.mechanism", "PLAIN");
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void replaced_certificate_files_have_another_stamp(void **state)
{
    char folder[] = "/tmp/test_kafka.XXXXXX", ca[64], other[64];
    struct kafka_link link = {.brokers = "b:1", .security = KAFKA_SSL, .ca_file = ca};
    uint64_t missing, first;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(ca, sizeof(ca), "%s/ca.pem", folder);
    snprintf(other, sizeof(other), "%s/other.pem", folder);
    missing = kafka_link_stamp(&link);
    write_file(ca, "one");
    first = kafka_link_stamp(&link);
    assert_true(first != missing);
    assert_true(kafka_link_stamp(&link) == first);
    write_file(other, "two");
    assert_int_equal(rename(other, ca), 0);
    assert_true(kafka_link_stamp(&link) != first);
    link.security = KAFKA_PLAINTEXT; /* then they are not used */
    assert_true(kafka_link_stamp(&link) == 0);
    unlink(ca);
    rmdir(folder);
}

static void unusable_file_names_its_key(void **state)
{
    struct kafka_link link = {.brokers = "b:1", .security = KAFKA_SSL, .ca_file = "/dev/null"};
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *client = NULL;
    struct error err;

    (void)state;
    assert_int_equal(kafka_conf_make(&link, &conf, &err), OK);
    assert_int_equal(kafka_client_open(RD_KAFKA_PRODUCER, conf, "producer", &client, &err), FATAL);
    assert_non_null(strstr(err.text, "kafka.ca_file"));
    assert_null(client);
}

static void unknown_property_is_fatal_and_named(void **state)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct error err;

    (void)state;
    assert_int_equal(kafka_set(conf, "no.such.property", "1", &err), FATAL);
    assert_non_null(strstr(err.text, "'no.such.property'"));
    assert_int_equal(kafka_set_number(conf, "fetch.max.bytes", -5, &err), FATAL);
    assert_int_equal(kafka_set_number(conf, "fetch.max.bytes", 4096, &err), OK);
    rd_kafka_conf_destroy(conf);
}

/* A producer; with `brokers` > 0 on a mock cluster of that size. */
static rd_kafka_t *open_client(const struct kafka_link *link, int brokers)
{
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *client;
    struct error err;
    char reason[256];

    assert_int_equal(kafka_conf_make(link, &conf, &err), OK);
    if (brokers)
        assert_int_equal(kafka_set_number(conf, "test.mock.num.brokers", brokers, &err), OK);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    assert_non_null(client);
    return client;
}

static void expect_ensured(rd_kafka_t *client, struct kafka_topic topic, enum status expected,
                           const char *text)
{
    struct error err = {0};

    assert_int_equal(kafka_topic_ensure(client, &topic, 1000, &err), expected);
    assert_non_null(strstr(err.text, text));
}

static void existing_topic_is_left_alone(void **state)
{
    rd_kafka_t *client = open_client(&plain, 1);

    (void)state;
    rd_kafka_mock_topic_create(rd_kafka_handle_mock_cluster(client), "logs", 3, 1);
    expect_ensured(client, (struct kafka_topic){"logs", 0, 0, 0, 0}, OK, "");
    expect_ensured(client, (struct kafka_topic){"logs", 6, 3, 1 << 23, 0}, OK, "");
    rd_kafka_destroy(client);
}

/* The mock has no controller, which real clusters lack for moments too. */
static void missing_controller_means_try_again(void **state)
{
    rd_kafka_t *client = open_client(&plain, 1);

    (void)state;
    expect_ensured(client, (struct kafka_topic){"logs", 0, 0, 1 << 23, 0}, RETRY, "'logs'");
    rd_kafka_destroy(client);
}

static void impossible_topic_is_refused_without_asking(void **state)
{
    rd_kafka_t *client = open_client(&plain, 1);

    (void)state;
    expect_ensured(client, (struct kafka_topic){"logs", INT64_MAX, 1, 0, 0}, FATAL, "partitions");
    rd_kafka_destroy(client);
}

static void unreachable_brokers_mean_try_again(void **state)
{
    struct kafka_link nobody = {.brokers = "127.0.0.1:1"};
    struct kafka_topic topic = {"logs", 1, 1, 0, 0};
    rd_kafka_t *client = open_client(&nobody, 0);
    struct error err;

    (void)state;
    assert_int_equal(kafka_topic_ensure(client, &topic, 300, &err), RETRY);
    assert_non_null(strstr(err.text, "'logs'"));
    rd_kafka_destroy(client);
}

struct section {
    struct kafka_link link;
};

struct settings {
    struct section kafka;
};

static const cyaml_schema_field_t link_fields[] = {
    KAFKA_LINK_FIELDS(struct section, link),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_MAPPING("kafka", CYAML_FLAG_DEFAULT, struct settings, kafka, link_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct settings, fields),
};

static const char defaults[] = "kafka: {brokers: 'b:1', client_id: t, security: plaintext,\n"
                               "  ca_file: '', certificate_file: '', key_file: '',\n"
                               "  key_password: '', sasl_mechanism: PLAIN, sasl_username: '',\n"
                               "  sasl_password: ''}\n";

/* Checks the defaults with `a` and `b` set; exactly `count` problems, with `text` among them. */
static void expect_problems(const char *a, const char *b, size_t count, const char *text)
{
    const char *const settings[] = {a, b, NULL};
    const struct config_schema description = {
        .program = "test", .schema = &schema, .defaults = defaults};
    struct config *config = NULL;
    void *loaded = NULL;
    struct error err;

    assert_int_equal(config_load(&description, NULL, settings, &config, &loaded, &err), OK);
    kafka_link_check(config, &((struct settings *)loaded)->kafka.link);
    assert_int_equal(config_problem_count(config), count);
    assert_non_null(strstr(config_problems(config), text));
    config_close(config);
}

static void usable_links_pass_the_check(void **state)
{
    (void)state;
    expect_problems("kafka.security=ssl", NULL, 0, "");
    expect_problems("kafka.security=ssl", "kafka.ca_file=/proc/self/status", 0, "");
}

static void tls_files_must_be_readable_and_complete(void **state)
{
    (void)state;
    expect_problems("kafka.security=ssl", "kafka.ca_file=/no/such.pem", 1, "'/no/such.pem'");
    expect_problems("kafka.security=ssl", "kafka.certificate_file=/proc/self/status", 1,
                    "kafka.key_file");
    expect_problems("kafka.security=ssl", "kafka.key_password=x", 1, "kafka.key_file");
}

static void settings_without_effect_are_problems(void **state)
{
    (void)state;
    expect_problems("kafka.ca_file=/proc/self/status", NULL, 1, "kafka.security");
    expect_problems("kafka.sasl_username=me", NULL, 1, "kafka.security");
}

static void sasl_needs_a_known_mechanism_a_user_and_a_password(void **state)
{
    (void)state;
    expect_problems("kafka.security=sasl_ssl", NULL, 2, "kafka.sasl_password");
    expect_problems("kafka.security=sasl_ssl", "kafka.sasl_username=me", 1, "kafka.sasl_password");
    expect_problems("kafka.security=sasl_ssl", "kafka.sasl_mechanism=MAGIC", 3, "'MAGIC'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_becomes_properties),
        cmocka_unit_test(empty_settings_leave_the_library_s_defaults),
        cmocka_unit_test(replaced_certificate_files_have_another_stamp),
        cmocka_unit_test(unusable_file_names_its_key),
        cmocka_unit_test(unknown_property_is_fatal_and_named),
        cmocka_unit_test(usable_links_pass_the_check),
        cmocka_unit_test(tls_files_must_be_readable_and_complete),
        cmocka_unit_test(settings_without_effect_are_problems),
        cmocka_unit_test(sasl_needs_a_known_mechanism_a_user_and_a_password),
        cmocka_unit_test(existing_topic_is_left_alone),
        cmocka_unit_test(missing_controller_means_try_again),
        cmocka_unit_test(impossible_topic_is_refused_without_asking),
        cmocka_unit_test(unreachable_brokers_mean_try_again),
    };

    log_set_level(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
