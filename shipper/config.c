/*
 * config.c - shipper.yaml: the tables, and what they cannot check.
 */
#include "shipper/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/embed.h"
#include "common/scope.h"
#include "shipper/agent_id.h"
#include "shipper/input/input.h"
#include "shipper/join/join.h"
#include "shipper/parser/parser.h"

EMBED(shipper_defaults, "configs/shipper.yaml");

#define PATH_LEN 4096

static const cyaml_strval_t start_names[] = {{"beginning", START_AT_BEGINNING},
                                             {"end", START_AT_END}};
static const cyaml_strval_t poll_names[] = {{"auto", POLL_AUTO}, {"always", POLL_ALWAYS}};
static const cyaml_strval_t partition_names[] = {{"stream", PARTITION_BY_STREAM},
                                                 {"none", PARTITION_BY_NONE}};
static const cyaml_strval_t compression_names[] = {{"none", COMPRESS_NONE},
                                                   {"gzip", COMPRESS_GZIP},
                                                   {"snappy", COMPRESS_SNAPPY},
                                                   {"lz4", COMPRESS_LZ4},
                                                   {"zstd", COMPRESS_ZSTD}};

static const cyaml_strval_t container_names[] = {
    {"none", WRAP_NONE}, {"auto", WRAP_AUTO}, {"cri", WRAP_CRI}, {"docker", WRAP_DOCKER}};

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, PATH_LEN)};

static const cyaml_schema_field_t agent_fields[] = {
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct agent_config, id, 0, 128),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t multiline_fields[] = {
    CYAML_FIELD_STRING_PTR("type", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct multiline_config, type, 1, 32),
    CYAML_FIELD_STRING_PTR("start", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct multiline_config, start, 1, 8192),
    CYAML_FIELD_STRING_PTR("continue", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct multiline_config, continues, 1, 8192),
    CYAML_FIELD_STRING_PTR("end", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct multiline_config,
                           end, 1, 8192),
    CYAML_FIELD_UINT_PTR("max_lines", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct multiline_config, max_lines),
    CYAML_FIELD_UINT_PTR("timeout_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct multiline_config, timeout_ms),
    CYAML_FIELD_END,
};

/*
 * All optional for libcyaml: check_input says which are needed, and can look at
 * the others when one is wrong.
 */
static const cyaml_schema_field_t input_fields[] = {
    CYAML_FIELD_STRING_PTR("type", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input_config,
                           type, 1, 32),
    CYAML_FIELD_SEQUENCE_COUNT("paths", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct input_config, paths, path_count, &text_value, 1, 1000),
    CYAML_FIELD_SEQUENCE_COUNT("exclude", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct input_config, exclude, exclude_count, &text_value, 0, 1000),
    CYAML_FIELD_STRING_PTR("format", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input_config,
                           format, 1, 8192),
    CYAML_FIELD_STRING_PTR("dataset", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input_config,
                           dataset, 1, 64),
    CYAML_FIELD_STRING_PTR("timezone", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct input_config, timezone, 1, 64),
    CYAML_FIELD_ENUM("container", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct input_config,
                     container, container_names, CYAML_ARRAY_LEN(container_names)),
    CYAML_FIELD_MAPPING_PTR("multiline", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct input_config, multiline, multiline_fields),
    CYAML_FIELD_ENUM("start_at", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct input_config,
                     start_at, start_names, CYAML_ARRAY_LEN(start_names)),
    CYAML_FIELD_ENUM("poll", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct input_config, poll,
                     poll_names, CYAML_ARRAY_LEN(poll_names)),
    CYAML_FIELD_UINT_PTR("close_quiet_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, close_quiet_ms),
    CYAML_FIELD_UINT_PTR("ignore_older_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, ignore_older_ms),
    CYAML_FIELD_UINT_PTR("scan_interval_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, scan_interval_ms),
    CYAML_FIELD_UINT_PTR("poll_interval_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, poll_interval_ms),
    CYAML_FIELD_UINT_PTR("complete_after_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, complete_after_ms),
    CYAML_FIELD_UINT_PTR("max_open_files", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, max_open_files),
    CYAML_FIELD_STRING_PTR("when_done", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct input_config, when_done, 1, PATH_LEN),
    CYAML_FIELD_BOOL("keep_original", CYAML_FLAG_OPTIONAL, struct input_config, keep_original),
    CYAML_FIELD_FLOAT_PTR("sample_percent", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                          struct input_config, sample_percent),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t input_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct input_config, input_fields)};

static const cyaml_schema_field_t kafka_fields[] = {
    KAFKA_LINK_FIELDS(struct shipper_kafka_config, link),
    CYAML_FIELD_STRING_PTR("topic", CYAML_FLAG_POINTER, struct shipper_kafka_config, topic, 1, 249),
    CYAML_FIELD_ENUM("compression", CYAML_FLAG_STRICT, struct shipper_kafka_config, compression,
                     compression_names, CYAML_ARRAY_LEN(compression_names)),
    CYAML_FIELD_UINT("linger_ms", CYAML_FLAG_DEFAULT, struct shipper_kafka_config, linger_ms),
    CYAML_FIELD_ENUM("partition_by", CYAML_FLAG_STRICT, struct shipper_kafka_config, partition_by,
                     partition_names, CYAML_ARRAY_LEN(partition_names)),
    CYAML_FIELD_UINT("message_max_bytes", CYAML_FLAG_DEFAULT, struct shipper_kafka_config,
                     message_max_bytes),
    CYAML_FIELD_BOOL("create_topic", CYAML_FLAG_DEFAULT, struct shipper_kafka_config, create_topic),
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

static const cyaml_schema_field_t top_fields[] = {
    CYAML_FIELD_MAPPING("agent", CYAML_FLAG_DEFAULT, struct shipper_config, agent, agent_fields),
    CYAML_FIELD_STRING_PTR("host_name", CYAML_FLAG_POINTER, struct shipper_config, host_name, 0,
                           255),
    CYAML_FIELD_STRING_PTR("state_dir", CYAML_FLAG_POINTER, struct shipper_config, state_dir, 1,
                           PATH_LEN),
    CYAML_FIELD_STRING_PTR("formats_dir", CYAML_FLAG_POINTER, struct shipper_config, formats_dir, 0,
                           PATH_LEN),
    CYAML_FIELD_SEQUENCE_COUNT("inputs", CYAML_FLAG_POINTER, struct shipper_config, inputs,
                               input_count, &input_value, 0, 100),
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

static bool is_dataset(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && !strchr("._", *p))
            return false;
    return islower((unsigned char)*text) || isdigit((unsigned char)*text);
}

static void check_needed(struct config *config, const char *key, bool given)
{
    if (!given && !config_has_problem(config, key))
        config_problem(config, key, "missing; it is required");
}

static void check_format(struct config *config, const char *key, const struct input_config *input,
                         const char *formats_dir)
{
    const struct parser_options options = {.timezone = input->timezone, .formats_dir = formats_dir};
    struct parser *parser = NULL;
    struct error err;

    check_needed(config, key, input->format != NULL);
    if (input->format && parser_open(input->format, &options, &parser, &err))
        config_problem(config, key, "%s", err.text);
    parser_close(parser);
}

static void check_multiline(struct config *config, const char *key,
                            const struct input_config *input, uint64_t line_max)
{
    const struct multiline_config *multiline = input->multiline;
    struct join *join = NULL;
    struct error err;

    if (join_open(input, line_max, &join, &err))
        config_problem(config, key, "%s", err.text);
    join_close(join);
    if (multiline && multiline->timeout_ms &&
        (*multiline->timeout_ms < 10 || *multiline->timeout_ms > 600000))
        config_problem(config, key, "timeout_ms is out of range; expected 10ms to 10m");
    if (multiline && multiline->max_lines && *multiline->max_lines < 2)
        config_problem(config, key, "max_lines is out of range; expected 2 or more");
}

static void check_range_of(struct config *config, unsigned i, const char *name,
                           const uint64_t *value, uint64_t min, uint64_t max, const char *range)
{
    char key[64];

    snprintf(key, sizeof(key), "inputs[%u].%s", i, name);
    if (value && (*value < min || *value > max))
        config_problem(config, key, "out of range; expected %s", range);
}

static void check_when_done(struct config *config, const char *key,
                            const struct input_config *input)
{
    const char *when = input->when_done;

    if (!when)
        return;
    if (input->type && strcmp(input->type, "folder") != 0)
        config_problem(config, key, "only an input of type folder is ever done with a file");
    else if (strcmp(when, "keep") != 0 && strcmp(when, "delete") != 0 &&
             strncmp(when, "move:/", 6) != 0)
        config_problem(config, key,
                       "unknown action '%s'; expected: keep, delete, move:/absolute/folder", when);
}

/* When files are looked for, closed and done with. */
static void check_files(struct config *config, const struct input_config *input, unsigned i)
{
    uint64_t open_files = input->max_open_files ? *input->max_open_files : INPUT_MAX_OPEN_FILES;
    char key[64];

    check_range_of(config, i, "close_quiet_ms", input->close_quiet_ms, 1000, 86400000, "1s to 24h");
    check_range_of(config, i, "scan_interval_ms", input->scan_interval_ms, 1000, 86400000,
                   "1s to 24h");
    check_range_of(config, i, "poll_interval_ms", input->poll_interval_ms, 10, 3600000,
                   "10ms to 1h");
    check_range_of(config, i, "complete_after_ms", input->complete_after_ms, 10, 86400000,
                   "10ms to 24h");
    check_range_of(config, i, "max_open_files", &open_files, 10, 1000000, "10 to 1000000");
    snprintf(key, sizeof(key), "inputs[%u].when_done", i);
    check_when_done(config, key, input);
}

static void check_input(struct config *config, const struct input_config *input, unsigned i,
                        const struct shipper_config *c)
{
    char key[64];

    snprintf(key, sizeof(key), "inputs[%u].type", i);
    check_needed(config, key, input->type != NULL);
    if (input->type && strcmp(input->type, "file") != 0 && strcmp(input->type, "folder") != 0)
        config_problem(config, key, "unknown input '%s'; expected: file, folder", input->type);
    snprintf(key, sizeof(key), "inputs[%u].paths", i);
    check_needed(config, key, input->path_count > 0);
    snprintf(key, sizeof(key), "inputs[%u].format", i);
    check_format(config, key, input, c->formats_dir);
    snprintf(key, sizeof(key), "inputs[%u].multiline", i);
    check_multiline(config, key, input, c->line_max_bytes);
    snprintf(key, sizeof(key), "inputs[%u].dataset", i);
    if (input->dataset && !is_dataset(input->dataset))
        config_problem(config, key,
                       "'%s' cannot be part of an index name; expected lower-case letters, "
                       "digits, '.' and '_', e.g. nginx.access",
                       input->dataset);
    snprintf(key, sizeof(key), "inputs[%u].sample_percent", i);
    if (input->sample_percent && !(*input->sample_percent >= 0 && *input->sample_percent <= 100))
        config_problem(config, key, "out of range; expected 0 to 100");
    check_files(config, input, i);
    for (uint32_t j = 0; j < input->path_count; j++) {
        snprintf(key, sizeof(key), "inputs[%u].paths[%u]", i, j);
        if (input->paths[j][0] != '/')
            config_problem(config, key, "'%s' is not absolute; expected a path that begins with /",
                           input->paths[j]);
    }
}

static void check(struct config *config, const struct shipper_config *c)
{
    for (uint32_t i = 0; i < c->input_count; i++)
        check_input(config, &c->inputs[i], i, c);
    config_check_range(config, "line_max_bytes", c->line_max_bytes, 256, 64u << 20, "256 to 64MiB");
    config_check_range(config, "kafka.message_max_bytes", c->kafka.message_max_bytes, 4096,
                       1000000000, "4KiB to 1GB");
    config_check_range(config, "kafka.linger_ms", c->kafka.linger_ms, 0, 900000, "0 to 15m");
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

/* What is empty in the document and has a value all the same. */
static enum status fill_names(struct shipper_config *c, struct error *err)
{
    char host[256];

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
    if (config_problem_count(*holder))
        return error_set(err, REJECT, "the configuration has problems");
    if (fill_names(loaded, err))
        return FATAL;
    *out = loaded;
    return OK;
}
