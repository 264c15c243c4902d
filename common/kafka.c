/*
 * kafka.c - settings, log messages and topics for producers and consumers.
 */
#include "common/kafka.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file_stamp.h"
#include "common/kafka_failure.h"
#include "common/scope.h"

#define AWAIT_PAUSE_MS 20
#define REFRESH_MS     180000 /* some services close what is idle for 4 min (Azure Event Hubs) */

const cyaml_strval_t kafka_security_names[4] = {
    {"plaintext", KAFKA_PLAINTEXT},
    {"ssl", KAFKA_SSL},
    {"sasl_plaintext", KAFKA_SASL_PLAINTEXT},
    {"sasl_ssl", KAFKA_SASL_SSL},
};

static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

#define NO_PLUGINS "/nonexistent"

void kafka_without_plugins(void)
{
    setenv("SASL_PATH", NO_PLUGINS, 0);
}

static bool given(const char *text)
{
    return text && *text;
}

static bool has_tls(const struct kafka_link *link)
{
    return link->security == KAFKA_SSL || link->security == KAFKA_SASL_SSL;
}

static bool has_sasl(const struct kafka_link *link)
{
    return link->security == KAFKA_SASL_PLAINTEXT || link->security == KAFKA_SASL_SSL;
}

static void check_file(struct config *config, const struct kafka_link *link, const char *key,
                       const char *path)
{
    if (!given(path))
        return;
    if (!has_tls(link))
        config_problem(config, key, "is used with kafka.security ssl or sasl_ssl only");
    else if (access(path, R_OK))
        config_problem(config, key, "cannot read '%s': %s", path, strerror(errno));
}

static void check_tls(struct config *config, const struct kafka_link *link)
{
    check_file(config, link, "kafka.ca_file", link->ca_file);
    check_file(config, link, "kafka.certificate_file", link->certificate_file);
    check_file(config, link, "kafka.key_file", link->key_file);
    if (given(link->certificate_file) && !given(link->key_file))
        config_problem(config, "kafka.key_file", "is needed with kafka.certificate_file");
    if (given(link->key_file) && !given(link->certificate_file))
        config_problem(config, "kafka.certificate_file", "is needed with kafka.key_file");
    if (given(link->key_password) && !given(link->key_file))
        config_problem(config, "kafka.key_file", "is needed with kafka.key_password");
}

static bool mechanism_known(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
        if (strcmp(name, mechanisms[i]) == 0)
            return true;
    return false;
}

static void check_sasl(struct config *config, const struct kafka_link *link)
{
    if (!has_sasl(link)) {
        /* Otherwise the client would connect as nobody, which looks like a broker's fault. */
        if (given(link->sasl_username))
            config_problem(config, "kafka.sasl_username",
                           "is used with kafka.security sasl_plaintext or sasl_ssl only");
        return;
    }
    if (given(link->sasl_mechanism) && !mechanism_known(link->sasl_mechanism))
        config_problem(config, "kafka.sasl_mechanism",
                       "'%s' is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512", link->sasl_mechanism);
    if (!given(link->sasl_username))
        config_problem(config, "kafka.sasl_username", "is needed with SASL");
    if (!given(link->sasl_password))
        config_problem(config, "kafka.sasl_password", "is needed with SASL");
}

void kafka_link_check(struct config *config, const struct kafka_link *link)
{
    if (!given(link->brokers))
        config_problem(config, "kafka.brokers", "expected host:port, several separated by commas");
    check_tls(config, link);
    check_sasl(config, link);
}

enum status kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err)
{
    char reason[256];

    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
        return OK;
    return error_set(err, FATAL, "librdkafka %s refuses '%s': %s", rd_kafka_version_str(), name,
                     reason);
}

enum status kafka_set_number(rd_kafka_conf_t *conf, const char *name, int64_t value,
                             struct error *err)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%lld", (long long)value);
    return kafka_set(conf, name, digits, err);
}

static enum status set_given(rd_kafka_conf_t *conf, const char *name, const char *value,
                             struct error *err)
{
    return given(value) ? kafka_set(conf, name, value, err) : OK;
}

static enum status set_tls(rd_kafka_conf_t *conf, const struct kafka_link *link, struct error *err)
{
    enum status status = set_given(conf, "ssl.ca.location", link->ca_file, err);

    if (!status)
        status = set_given(conf, "ssl.certificate.location", link->certificate_file, err);
    if (!status)
        status = set_given(conf, "ssl.key.location", link->key_file, err);
    if (!status)
        status = set_given(conf, "ssl.key.password", link->key_password, err);
    return status;
}

static enum status set_sasl(rd_kafka_conf_t *conf, const struct kafka_link *link, struct error *err)
{
    const char *mechanism = given(link->sasl_mechanism) ? link->sasl_mechanism : mechanisms[0];
    enum status status = kafka_set(conf, "sasl.mechanism", mechanism, err);

    if (!status)
        status = set_given(conf, "sasl.username", link->sasl_username, err);
    if (!status)
        status = set_given(conf, "sasl.password", link->sasl_password, err);
    return status;
}

static enum status set_link(rd_kafka_conf_t *conf, const struct kafka_link *link, struct error *err)
{
    enum status status = set_given(conf, "bootstrap.servers", link->brokers, err);

    if (!status)
        status = set_given(conf, "client.id", link->client_id, err);
    if (!status)
        status =
            kafka_set(conf, "security.protocol", kafka_security_names[link->security].str, err);
    if (!status)
        status = kafka_set(conf, "socket.keepalive.enable", "true", err);
    if (!status)
        status = kafka_set(conf, "log.thread.name", "false", err);
    if (!status)
        status = kafka_set_number(conf, "topic.metadata.refresh.interval.ms", REFRESH_MS, err);
    if (!status && has_tls(link))
        status = set_tls(conf, link, err);
    if (!status && has_sasl(link))
        status = set_sasl(conf, link, err);
    return status;
}

enum status kafka_conf_make(const struct kafka_link *link, rd_kafka_conf_t **out, struct error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status;

    kafka_failure_watch(conf);
    status = set_link(conf, link, err);
    if (status)
        rd_kafka_conf_destroy(conf);
    else
        *out = conf;
    return status;
}

enum status kafka_client_open(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *what,
                              rd_kafka_t **out, struct error *err)
{
    char reason[256], said[512];
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof(reason));

    if (!client) {
        rd_kafka_conf_destroy(conf);
        kafka_failure_explain(reason, 0, said, sizeof(said));
        return error_set(err, FATAL, "cannot start the Kafka %s: %s", what, said);
    }
    *out = client;
    return OK;
}

uint64_t kafka_link_stamp(const struct kafka_link *link)
{
    const char *const paths[] = {link->ca_file, link->certificate_file, link->key_file};

    return file_stamp(paths, has_tls(link) ? ARRAY_LEN(paths) : 0);
}

static int clamp(int64_t number)
{
    return number > INT_MAX ? INT_MAX : (int)number;
}

static enum status describe(const struct kafka_topic *topic, rd_kafka_NewTopic_t **out,
                            struct error *err)
{
    int partitions = topic->partitions ? clamp(topic->partitions) : -1;
    int replication = topic->replication_factor ? clamp(topic->replication_factor) : -1;
    rd_kafka_NewTopic_t *request;
    char reason[256], digits[24];

    request = rd_kafka_NewTopic_new(topic->name, partitions, replication, reason, sizeof(reason));
    if (!request)
        return error_set(err, FATAL, "cannot create topic '%s': %s", topic->name, reason);
    if (topic->message_max_bytes) {
        snprintf(digits, sizeof(digits), "%lld", (long long)topic->message_max_bytes);
        rd_kafka_NewTopic_set_config(request, "max.message.bytes", digits);
    }
    if (topic->retention_ms) {
        snprintf(digits, sizeof(digits), "%lld", (long long)topic->retention_ms);
        rd_kafka_NewTopic_set_config(request, "retention.ms", digits);
    }
    *out = request;
    return OK;
}

/* Would the same request be refused again? Too few brokers is not among these: they may be
 * starting. */
static bool is_refusal(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
        return true;
    default:
        return false;
    }
}

static enum status verdict(rd_kafka_resp_err_t code, const char *reason, const char *name,
                           struct error *err)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return OK;
    return error_set(err, is_refusal(code) ? FATAL : RETRY, "cannot create topic '%s': %s", name,
                     given(reason) ? reason : rd_kafka_err2str(code));
}

static enum status read_verdict(rd_kafka_event_t *event, const char *name, struct error *err)
{
    const rd_kafka_CreateTopics_result_t *result;
    const rd_kafka_topic_result_t **topics;
    size_t count = 0;

    if (!event)
        return error_set(err, RETRY, "cannot create topic '%s': no answer in time", name);
    if (rd_kafka_event_error(event))
        return verdict(rd_kafka_event_error(event), rd_kafka_event_error_string(event), name, err);
    result = rd_kafka_event_CreateTopics_result(event);
    topics = result ? rd_kafka_CreateTopics_result_topics(result, &count) : NULL;
    if (count != 1)
        return error_set(err, RETRY, "cannot create topic '%s': unexpected answer", name);
    return verdict(rd_kafka_topic_result_error(topics[0]),
                   rd_kafka_topic_result_error_string(topics[0]), name, err);
}

static enum status create(rd_kafka_t *client, rd_kafka_NewTopic_t *request, const char *name,
                          int timeout_ms, struct error *err)
{
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_event_t *event;
    enum status status;

    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_CreateTopics(client, &request, 1, options, queue);
    event = rd_kafka_queue_poll(queue, timeout_ms);
    status = read_verdict(event, name, err);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    return status;
}

/* DONE: it is there. Asks for all topics: to ask for one would create it on some brokers. */
static enum status look_for(rd_kafka_t *client, const char *name, int timeout_ms, struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 1, NULL, &metadata, timeout_ms);
    bool found = false;
    char why[512];

    if (code) {
        kafka_failure_last(why, sizeof(why));
        return error_set(err, RETRY, "cannot look for topic '%s': %s", name,
                         why[0] ? why : rd_kafka_err2str(code));
    }
    kafka_failure_clear();
    for (int i = 0; i < metadata->topic_cnt && !found; i++)
        found = strcmp(metadata->topics[i].topic, name) == 0;
    rd_kafka_metadata_destroy(metadata);
    return found ? DONE : OK;
}

/*
 * A topic that was just created is not known to every broker yet; who
 * subscribes too early learns of it only with the next regular look.
 */
static enum status await_topic(rd_kafka_t *client, const char *name, int64_t deadline_ms,
                               struct error *err)
{
    const struct timespec pause = {0, AWAIT_PAUSE_MS * 1000000L};

    for (;;) {
        int64_t left_ms = deadline_ms - clock_mono_ms();
        enum status status = look_for(client, name, left_ms > 1 ? clamp(left_ms) : 1, err);

        if (status != OK)
            return status == DONE ? OK : status;
        if (left_ms <= 0)
            return error_set(err, RETRY, "topic '%s' was created and is not there yet", name);
        nanosleep(&pause, NULL);
    }
}

enum status kafka_topic_ensure(rd_kafka_t *client, const struct kafka_topic *topic,
                               int64_t timeout_ms, struct error *err)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms, left_ms;
    rd_kafka_NewTopic_t *request = NULL;
    enum status status;

    /* Looks first: a topic made by the administrator needs no right to create. */
    status = look_for(client, topic->name, clamp(timeout_ms), err);
    if (status)
        return status == DONE ? OK : status;
    if (describe(topic, &request, err))
        return FATAL;
    left_ms = deadline_ms - clock_mono_ms();
    status = create(client, request, topic->name, left_ms > 1 ? clamp(left_ms) : 1, err);
    rd_kafka_NewTopic_destroy(request);
    return status ? status : await_topic(client, topic->name, deadline_ms, err);
}
