/*
 * config.c - shipper.yaml: the tables, and what they cannot check.
 */
#include "shipper/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/account.h"
#include "common/buf.h"
#include "common/embed.h"
#include "common/scope.h"
#include "shipper/agent_id.h"
#include "shipper/config_input.h"
#include "shipper/parser/custom.h"
#include "shipper/parser/plugin.h"

EMBED(shipper_defaults, "configs/shipper.yaml");

#define PATH_LEN 4096

/* The tables want a struct around it. */
struct process_holder {
    struct process_config process;
};

static const cyaml_strval_t partition_names[] = {{"stream", PARTITION_BY_STREAM},
                                                 {"none", PARTITION_BY_NONE}};
static const cyaml_strval_t compression_names[] = {{"none", COMPRESS_NONE},
                                                   {"gzip", COMPRESS_GZIP},
                                                   {"snappy", COMPRESS_SNAPPY},
                                                   {"lz4", COMPRESS_LZ4},
                                                   {"zstd", COMPRESS_ZSTD}};

static const cyaml_schema_field_t agent_fields[] = {
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct agent_config, id, 0, 128),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t kafka_fields[] = {
    KAFKA_LINK_FIELDS(struct shipper_kafka_config, link),
    CYAML_FIELD_STRING_PTR("topic", CYAML_FLAG_POINTER, struct shipper_kafka_config, topic, 1, 249),
    CYAML_FIELD_STRING_PTR("audit_topic", CYAML_FLAG_POINTER, struct shipper_kafka_config,
                           audit_topic, 0, 249),
    CYAML_FIELD_UINT("audit_interval_ms", CYAML_FLAG_DEFAULT, struct shipper_kafka_config,
                     audit_interval_ms),
    CYAML_FIELD_ENUM("compression", CYAML_FLAG_STRICT, struct shipper_kafka_config, compression,
                     compression_names, CYAML_ARRAY_LEN(compression_names)),
    CYAML_FIELD_UINT("linger_ms", CYAML_FLAG_DEFAULT, struct shipper_kafka_config, linger_ms),
    CYAML_FIELD_ENUM("partition_by", CYAML_FLAG_STRICT, struct shipper_kafka_config, partition_by,
                     partition_names, CYAML_ARRAY_LEN(partition_names)),
    CYAML_FIELD_UINT("message_max_bytes", CYAML_FLAG_DEFAULT, struct shipper_kafka_config,
                     message_max_bytes),
    CYAML_FIELD_UINT("rest_after_ms", CYAML_FLAG_DEFAULT, struct shipper_kafka_config,
                     rest_after_ms),
    CYAML_FIELD_BOOL("create_topic", CYAML_FLAG_DEFAULT, struct shipper_kafka_config, create_topic),
    CYAML_FIELD_BOOL("idempotence", CYAML_FLAG_DEFAULT, struct shipper_kafka_config, idempotence),
    CYAML_FIELD_UINT("partitions", CYAML_FLAG_DEFAULT, struct shipper_kafka_config, partitions),
    CYAML_FIELD_UINT("replication_factor", CYAML_FLAG_DEFAULT, struct shipper_kafka_config,
                     replication_factor),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t delivery_fields[] = {
    CYAML_FIELD_UINT("memory_max_bytes", CYAML_FLAG_DEFAULT, struct delivery_config,
                     memory_max_bytes),
    CYAML_FIELD_UINT("checkpoint_interval_ms", CYAML_FLAG_DEFAULT, struct delivery_config,
                     checkpoint_interval_ms),
    CYAML_FIELD_UINT("drain_timeout_ms", CYAML_FLAG_DEFAULT, struct delivery_config,
                     drain_timeout_ms),
    CYAML_FIELD_UINT("quarantine_max_bytes", CYAML_FLAG_DEFAULT, struct delivery_config,
                     quarantine_max_bytes),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t http_fields[] = {
    CYAML_FIELD_STRING_PTR("listen", CYAML_FLAG_POINTER, struct shipper_http_config, listen, 0,
                           256),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t processing_fields[] = {
    PROCESS_FIELDS(struct process_holder, process),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
    CYAML_FIELD_MAPPING("agent", CYAML_FLAG_DEFAULT, struct shipper_config, agent, agent_fields),
    CYAML_FIELD_STRING_PTR("host_name", CYAML_FLAG_POINTER, struct shipper_config, host_name, 0,
                           255),
    CYAML_FIELD_STRING_PTR("state_dir", CYAML_FLAG_POINTER, struct shipper_config, state_dir, 1,
                           PATH_LEN),
    CYAML_FIELD_STRING_PTR("formats_dir", CYAML_FLAG_POINTER, struct shipper_config, formats_dir, 0,
                           PATH_LEN),
    CYAML_FIELD_STRING_PTR("plugins_dir", CYAML_FLAG_POINTER, struct shipper_config, plugins_dir, 0,
                           PATH_LEN),
    CYAML_FIELD_MAPPING("processing", CYAML_FLAG_DEFAULT, struct shipper_config, processing,
                        processing_fields),
    CYAML_FIELD_SEQUENCE_COUNT("inputs", CYAML_FLAG_POINTER, struct shipper_config, inputs,
                               input_count, &input_config_value, 0, 100),
    CYAML_FIELD_UINT("line_max_bytes", CYAML_FLAG_DEFAULT, struct shipper_config, line_max_bytes),
    CYAML_FIELD_MAPPING("kafka", CYAML_FLAG_DEFAULT, struct shipper_config, kafka, kafka_fields),
    CYAML_FIELD_MAPPING("delivery", CYAML_FLAG_DEFAULT, struct shipper_config, delivery,
                        delivery_fields),
    CYAML_FIELD_MAPPING("http", CYAML_FLAG_DEFAULT, struct shipper_config, http, http_fields),
    CYAML_FIELD_MAPPING("log", CYAML_FLAG_DEFAULT, struct shipper_config, log, log_config_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct shipper_config, top_fields)};

static const struct config_alias aliases[] = {
    {"DEBUG", "log.level", "debug"},
    {0},
};

const struct config_schema shipper_config_schema = {
    .program = "shipper",
    .schema = &top_value,
    .defaults = embedded_shipper_defaults,
    .aliases = aliases,
};

static void tell_plugin_problem(void *arg, const char *problem)
{
    config_problem(arg, "plugins_dir", "%s", problem);
}

static void tell_format_problem(void *arg, const char *problem)
{
    config_problem(arg, "formats_dir", "%s", problem);
}

static void check(struct config *config, const struct shipper_config *c)
{
    struct error err;

    if (c->formats_dir && *c->formats_dir &&
        custom_check_folder(c->formats_dir, tell_format_problem, config, &err))
        config_problem(config, "formats_dir", "%s", err.text);
    if (c->plugins_dir && *c->plugins_dir &&
        plugin_check_folder(c->plugins_dir, tell_plugin_problem, config, &err))
        config_problem(config, "plugins_dir", "%s", err.text);
    process_config_check(config, &c->processing, NULL, "processing.");
    for (uint32_t i = 0; i < c->input_count; i++)
        input_config_check(config, c, i);
    config_check_range(config, "line_max_bytes", c->line_max_bytes, 256, 64u << 20, "256 to 64MiB");
    config_check_range(config, "kafka.message_max_bytes", c->kafka.message_max_bytes, 4096,
                       1000000000, "4KiB to 1GB");
    config_check_range(config, "kafka.linger_ms", c->kafka.linger_ms, 0, 900000, "0 to 15m");
    config_check_range(config, "kafka.audit_interval_ms", c->kafka.audit_interval_ms, 100, 3600000,
                       "100ms to 1h");
    config_check_range(config, "kafka.rest_after_ms", c->kafka.rest_after_ms, 0, 86400000,
                       "0 to 24h");
    config_check_range(config, "kafka.partitions", c->kafka.partitions, 0, 10000, "0 to 10000");
    config_check_range(config, "kafka.replication_factor", c->kafka.replication_factor, 0, 100,
                       "0 to 100");
    config_check_range(config, "delivery.memory_max_bytes", c->delivery.memory_max_bytes, 1u << 20,
                       (uint64_t)16 << 30, "1MiB to 16GiB");
    config_check_range(config, "delivery.checkpoint_interval_ms",
                       c->delivery.checkpoint_interval_ms, 10, 600000, "10ms to 10m");
    config_check_range(config, "delivery.drain_timeout_ms", c->delivery.drain_timeout_ms, 0,
                       3600000, "0 to 1h");
    kafka_link_check(config, &c->kafka.link);
}

unsigned shipper_config_input_number(const struct shipper_config *config,
                                     const struct input_config *input)
{
    for (uint32_t i = 0; i < config->input_count; i++)
        if (input == &config->inputs[i])
            return i;
    return 0;
}

/* What is empty in the document and has a value all the same. */
static enum status fill_names(struct shipper_config *c, struct error *err)
{
    char *topic = account_topic(c->kafka.topic, c->kafka.audit_topic);
    char host[256];

    if (!topic)
        return error_set(err, FATAL, "out of memory");
    free(c->kafka.audit_topic);
    c->kafka.audit_topic = topic;

    if (c->host_name[0] == '\0') {
        if (gethostname(host, sizeof(host)) != 0)
            return error_set_errno(err, FATAL, "cannot get this machine's name; set host_name");
        host[sizeof(host) - 1] = '\0';
        free(c->host_name);
        c->host_name = strdup(host);
        if (!c->host_name)
            return error_set(err, FATAL, "out of memory");
    }
    if (c->agent.id[0] == '\0') {
        char *id = agent_id_of_machine(err);

        if (!id)
            return FATAL;
        free(c->agent.id);
        c->agent.id = id;
    }
    return OK;
}

enum status shipper_config_load(const char *path, const char *const *settings,
                                struct config **holder, struct shipper_config **out,
                                struct error *err)
{
    struct shipper_config *loaded;
    void *data;
    enum status status;

    status = config_load(&shipper_config_schema, path, settings, holder, &data, err);
    if (status != OK && status != REJECT)
        return status;
    loaded = data;
    if (loaded)
        check(*holder, loaded);
    if (!loaded || config_problem_count(*holder))
        return error_set(err, REJECT, "the configuration has problems");
    if (fill_names(loaded, err))
        return FATAL;
    for (uint32_t i = 0; i < loaded->input_count; i++)
        input_config_settle(&loaded->inputs[i]);
    *out = loaded;
    return OK;
}
