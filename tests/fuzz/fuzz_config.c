/*
 * fuzz_config.c - any bytes as the user's configuration file.
 *
 * Beyond not crashing: what is accepted and printed must be accepted again.
 */
#include "common/config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/scope.h"

#define TEXT_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    int type;
    char *path;
    char **paths;
    uint32_t paths_count;
    uint64_t line_max_bytes;
};

struct kafka {
    char *topic, *password;
    uint32_t linger_ms;
};

struct app {
    struct kafka kafka;
    struct input *inputs;
    uint32_t inputs_count;
    uint32_t features;
    double ratio;
    bool enabled;
    char name[8];
    int16_t *threshold;
};

static const cyaml_strval_t words[] = {{"tail", 1}, {"stdin", 2}, {"syslog", 4}};
static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};
static const cyaml_schema_field_t input_fields[] = {
    CYAML_FIELD_ENUM("type", CYAML_FLAG_DEFAULT, struct input, type, words, CYAML_ARRAY_LEN(words)),
    CYAML_FIELD_STRING_PTR("path", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input, path, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("paths", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input, paths,
                         &text_value, 0, 3),
    CYAML_FIELD_UINT("line_max_bytes", CYAML_FLAG_OPTIONAL, struct input, line_max_bytes),
    CYAML_FIELD_END};
static const cyaml_schema_value_t input_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct input, input_fields)};
static const cyaml_schema_field_t kafka_fields[] = {
    CYAML_FIELD_STRING_PTR("topic", CYAML_FLAG_POINTER, struct kafka, topic, 1, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("password", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct kafka,
                           password, 0, CYAML_UNLIMITED),
    CYAML_FIELD_UINT("linger_ms", CYAML_FLAG_OPTIONAL, struct kafka, linger_ms), CYAML_FIELD_END};
static const cyaml_schema_field_t app_fields[] = {
    CYAML_FIELD_MAPPING("kafka", CYAML_FLAG_DEFAULT, struct app, kafka, kafka_fields),
    CYAML_FIELD_SEQUENCE("inputs", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct app, inputs,
                         &input_value, 0, CYAML_UNLIMITED),
    CYAML_FIELD_FLAGS("features", CYAML_FLAG_OPTIONAL, struct app, features, words,
                      CYAML_ARRAY_LEN(words)),
    CYAML_FIELD_FLOAT("ratio", CYAML_FLAG_OPTIONAL, struct app, ratio),
    CYAML_FIELD_BOOL("enabled", CYAML_FLAG_OPTIONAL, struct app, enabled),
    CYAML_FIELD_STRING("name", CYAML_FLAG_OPTIONAL, struct app, name, 0),
    CYAML_FIELD_INT_PTR("threshold", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct app,
                        threshold),
    CYAML_FIELD_END};
static const cyaml_schema_value_t app_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct app, app_fields)};

static const char defaults[] = "kafka: {topic: logs, linger_ms: 5ms}\nname: app\n";
static const struct config_schema schema = {
    .program = "app", .schema = &app_value, .defaults = defaults};

static enum status load(struct slice text, struct config **config)
{
    scoped_fd int fd = memfd_create("config", MFD_CLOEXEC);
    struct error err;
    char path[64];
    void *out;

    if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return config_load(&schema, path, NULL, config, &out, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_buf struct buf printed = BUF_INIT(TEXT_MAX), json = BUF_INIT(TEXT_MAX);
    struct config *config = NULL, *again = NULL;
    struct error err;
    enum status status = load((struct slice){(const char *)data, size}, &config);

    if (status == FATAL)
        abort();
    if ((status == REJECT) != (config_problem_count(config) > 0))
        abort();
    config_problem(config, "inputs[0].path", "checked");
    config_problems_json(config, &json);
    config_close(config);
    if (status == REJECT || memmem(data, size, "file:", 5)) /* what was read is masked */
        return 0;
    load((struct slice){(const char *)data, size}, &config);
    if (config_print(config, &printed, &err) || load(buf_slice(&printed), &again))
        abort();
    config_close(config);
    config_close(again);
    return 0;
}
