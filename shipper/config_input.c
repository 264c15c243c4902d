/*
 * config_input.c - the inputs of shipper.yaml: their keys, and what each kind needs.
 */
#include "shipper/config_input.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/scope.h"
#include "common/web_listen.h"
#include "shipper/config.h"
#include "shipper/dataset.h"
#include "shipper/input/listener.h"
#include "shipper/join/join.h"
#include "shipper/parser/parser.h"

#define PATH_LEN 4096
#define KEY_MAX  64

static const cyaml_strval_t start_names[] = {{"beginning", START_AT_BEGINNING},
                                             {"end", START_AT_END}};
static const cyaml_strval_t poll_names[] = {{"auto", POLL_AUTO}, {"always", POLL_ALWAYS}};

static const cyaml_strval_t container_names[] = {
    {"none", WRAP_NONE}, {"auto", WRAP_AUTO}, {"cri", WRAP_CRI}, {"docker", WRAP_DOCKER}};

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, PATH_LEN)};

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
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input_config,
                           name, 1, 64),
    CYAML_FIELD_SEQUENCE_COUNT("listen", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct input_config, listen, listen_count, &text_value, 1, 16),
    CYAML_FIELD_STRING_PTR("certificate_file", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct input_config, certificate_file, 1, PATH_LEN),
    CYAML_FIELD_STRING_PTR("key_file", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct input_config, key_file, 1, PATH_LEN),
    CYAML_FIELD_STRING_PTR("client_ca_file", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct input_config, client_ca_file, 1, PATH_LEN),
    CYAML_FIELD_STRING_PTR("token", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input_config,
                           token, 1, 1024),
    CYAML_FIELD_BOOL("allow_anonymous", CYAML_FLAG_OPTIONAL, struct input_config, allow_anonymous),
    CYAML_FIELD_UINT_PTR("spool_max_bytes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, spool_max_bytes),
    CYAML_FIELD_UINT_PTR("body_max_bytes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, body_max_bytes),
    CYAML_FIELD_UINT_PTR("connections_max", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct input_config, connections_max),
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
    PROCESS_FIELDS(struct input_config, process),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t input_config_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct input_config, input_fields)};

struct check {
    struct config *config;
    const struct shipper_config *c;
    const struct input_config *input;
    unsigned number;
    char key[KEY_MAX];
};

/* "inputs[0].format"; valid until the next call. */
static const char *key_of(struct check *check, const char *name)
{
    snprintf(check->key, sizeof(check->key), "inputs[%u].%s", check->number, name);
    return check->key;
}

static void need(struct check *check, const char *name, bool given)
{
    if (!given && !config_has_problem(check->config, key_of(check, name)))
        config_problem(check->config, key_of(check, name), "missing; it is required");
}

/* For keys that other kinds of input have: silence would look like consent. */
static void refuse(struct check *check, const char *name, bool given)
{
    if (given)
        config_problem(check->config, key_of(check, name), "not for inputs of type '%s'",
                       check->input->type);
}

static bool is_name(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            return false;
    return text[0] != '.';
}

static void check_range(struct check *check, const char *name, const uint64_t *value, uint64_t min,
                        uint64_t max, const char *expected)
{
    if (value && (*value < min || *value > max))
        config_problem(check->config, key_of(check, name), "out of range; expected %s", expected);
}

static void check_format(struct check *check)
{
    const struct parser_options options = {.timezone = check->input->timezone,
                                           .formats_dir = check->c->formats_dir,
                                           .plugins_dir = check->c->plugins_dir};
    struct parser *parser = NULL;
    struct error err;

    need(check, "format", check->input->format != NULL);
    if (check->input->format && parser_open(check->input->format, &options, &parser, &err))
        config_problem(check->config, key_of(check, "format"), "%s", err.text);
    parser_close(parser);
}

static void check_multiline(struct check *check)
{
    const struct multiline_config *multiline = check->input->multiline;
    struct join *join = NULL;
    struct error err;

    if (join_open(check->input, check->c->line_max_bytes, &join, &err))
        config_problem(check->config, key_of(check, "multiline"), "%s", err.text);
    join_close(join);
    if (!multiline)
        return;
    check_range(check, "multiline.timeout_ms", multiline->timeout_ms, 10, 600000, "10ms to 10m");
    if (multiline->max_lines && *multiline->max_lines < 2)
        config_problem(check->config, key_of(check, "multiline.max_lines"),
                       "out of range; expected 2 or more");
}

static void check_paths(struct check *check)
{
    need(check, "paths", check->input->path_count > 0);
    for (uint32_t i = 0; i < check->input->path_count; i++) {
        char name[32];

        snprintf(name, sizeof(name), "paths[%u]", i);
        if (check->input->paths[i][0] != '/')
            config_problem(check->config, key_of(check, name),
                           "'%s' is not absolute; expected a path that begins with /",
                           check->input->paths[i]);
    }
}

static void check_when_done(struct check *check)
{
    const char *when = check->input->when_done;

    if (!when)
        return;
    if (strcmp(check->input->type, "folder") != 0)
        config_problem(check->config, key_of(check, "when_done"),
                       "only an input of type folder is ever done with a file");
    else if (strcmp(when, "keep") != 0 && strcmp(when, "delete") != 0 &&
             strncmp(when, "move:/", 6) != 0)
        config_problem(check->config, key_of(check, "when_done"),
                       "unknown action '%s'; expected: keep, delete, move:/absolute/folder", when);
}

/* When files are looked for, closed and done with. */
static void check_files(struct check *check)
{
    const struct input_config *input = check->input;
    uint64_t open_files = input->max_open_files ? *input->max_open_files : INPUT_MAX_OPEN_FILES;

    check_paths(check);
    check_range(check, "close_quiet_ms", input->close_quiet_ms, 1000, 86400000, "1s to 24h");
    check_range(check, "scan_interval_ms", input->scan_interval_ms, 1000, 86400000, "1s to 24h");
    check_range(check, "poll_interval_ms", input->poll_interval_ms, 10, 3600000, "10ms to 1h");
    check_range(check, "complete_after_ms", input->complete_after_ms, 10, 86400000, "10ms to 24h");
    check_range(check, "max_open_files", &open_files, 10, 1000000, "10 to 1000000");
    check_when_done(check);
}

static bool listens_on(const struct input_config *input, const char *prefix)
{
    for (uint32_t i = 0; i < input->listen_count; i++)
        if (strncmp(input->listen[i], prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

static void check_syslog(struct check *check)
{
    const struct input_config *input = check->input;
    struct error err;

    need(check, "listen", input->listen_count > 0);
    for (uint32_t i = 0; i < input->listen_count; i++)
        if (listener_check(input->listen[i], &err))
            config_problem(check->config, key_of(check, "listen"), "%s", err.text);
    if (listens_on(input, "tls://")) {
        need(check, "certificate_file", input->certificate_file != NULL);
        need(check, "key_file", input->key_file != NULL);
    }
    refuse(check, "token", input->token != NULL);
}

static bool is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0 ||
           strncmp(listen, "localhost:", 10) == 0;
}

static void check_http(struct check *check)
{
    const struct input_config *input = check->input;
    struct web_listen listen;
    struct error err;

    need(check, "listen", input->listen_count > 0);
    if (input->listen_count > 1)
        config_problem(check->config, key_of(check, "listen"),
                       "one address is expected; make an input of each");
    if (input->listen_count && web_listen_parse(input->listen[0], &listen, &err))
        config_problem(check->config, key_of(check, "listen"), "%s", err.text);
    if (input->listen_count && !is_loopback(input->listen[0]) && !input->token &&
        !input->allow_anonymous)
        config_problem(check->config, key_of(check, "token"),
                       "missing; anybody could post to '%s'. Set it, or allow_anonymous: true",
                       input->listen[0]);
    check_range(check, "body_max_bytes", input->body_max_bytes, 1024, (uint64_t)256 << 20,
                "1KiB to 256MiB");
    refuse(check, "certificate_file", input->certificate_file != NULL);
    if (input->process.rate_limit && input->process.rate_limit->on_limit == ON_LIMIT_DROP)
        config_problem(check->config, key_of(check, "rate_limit.on_limit"),
                       "not for inputs of type 'http': who posts too much is answered 429");
}

/* Two inputs with one spool would take each other's lines. */
static void check_spool_name(struct check *check)
{
    const struct input_config *input = check->input;
    const char *name = input->name ? input->name : input->type;

    for (unsigned i = 0; i < check->number; i++) {
        const struct input_config *other = &check->c->inputs[i];

        if (input_config_is_spooled(other) &&
            strcmp(other->name ? other->name : other->type, name) == 0)
            config_problem(check->config, key_of(check, "name"),
                           "inputs[%u] is called '%s' as well; give each its own name", i, name);
    }
    /* What comes at once must fit into what a segment leaves free. */
    check_range(check, "spool_max_bytes", input->spool_max_bytes,
                (16u << 20) + 8 * check->c->line_max_bytes, (uint64_t)1 << 50,
                "16MiB and 8 times line_max_bytes, or more");
}

bool input_config_is_spooled(const struct input_config *input)
{
    return input->type && strcmp(input->type, "file") != 0 && strcmp(input->type, "folder") != 0 &&
           strcmp(input->type, "whole") != 0;
}

void input_config_settle(struct input_config *input)
{
    input->spooled = input_config_is_spooled(input);
    input->spans_lines = input->format && parser_format_spans_lines(input->format);
}

static void check_type(struct check *check)
{
    const struct input_config *input = check->input;

    if (strcmp(input->type, "file") == 0 || strcmp(input->type, "folder") == 0)
        check_files(check);
    else if (strcmp(input->type, "syslog") == 0)
        check_syslog(check);
    else if (strcmp(input->type, "http") == 0)
        check_http(check);
    else if (strcmp(input->type, "stdin") != 0) {
        config_problem(check->config, key_of(check, "type"),
                       "unknown input '%s'; expected one of: file, folder, stdin, syslog, http",
                       input->type);
        if (input->listen_count == 0) /* most likely files are meant */
            check_paths(check);
        return;
    }
    if (input_config_is_spooled(input)) {
        check_spool_name(check);
        refuse(check, "paths", input->path_count > 0);
    } else {
        refuse(check, "listen", input->listen_count > 0);
    }
}

void input_config_check(struct config *config, const struct shipper_config *c, unsigned i)
{
    const struct input_config *input = &c->inputs[i];
    struct check check = {.config = config, .c = c, .input = input, .number = i};

    need(&check, "type", input->type != NULL);
    if (input->type)
        check_type(&check);
    else
        check_paths(&check);
    if (input->name && !is_name(input->name))
        config_problem(config, key_of(&check, "name"),
                       "'%s' cannot be a folder's name; expected letters, digits, '.', '_' and '-'",
                       input->name);
    check_format(&check);
    check_multiline(&check);
    if (input->dataset && !dataset_is_valid(input->dataset))
        config_problem(config, key_of(&check, "dataset"),
                       "'%s' cannot be part of an index name; expected " DATASET_EXPECTED,
                       input->dataset);
    snprintf(check.key, sizeof(check.key), "inputs[%u].", i);
    process_config_check(config, &input->process, &c->processing, check.key);
    if (input->sample_percent && !(*input->sample_percent >= 0 && *input->sample_percent <= 100))
        config_problem(config, key_of(&check, "sample_percent"), "out of range; expected 0 to 100");
}

bool input_config_write(const struct input_config *input, struct buf *out)
{
    static const cyaml_schema_value_t schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct input_config, input_fields)};
    static const cyaml_config_t how = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
    char *text = NULL;
    size_t len = 0;

    if (cyaml_save_data(&text, &len, &how, &schema, input, 0) != CYAML_OK)
        return false;
    buf_add(out, text, len);
    cyaml_mem(NULL, text, 0);
    return !out->failed;
}
