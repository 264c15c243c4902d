/*
 * custom_example.c - a custom format's examples: lines, and what must become of them.
 */
#include "shipper/parser/custom_type.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/scope.h"

#define ARENA_MAX (16u << 20)
#define KEY_MAX   600

struct trial {
    struct custom *custom;
    const cJSON *record;
    struct buf path; /* of the example, for messages */
};

/* The value of a dotted name, whether its objects are nested or their names joined. */
static const cJSON *find(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    const char *dot = name;
    char part[KEY_MAX];

    while (!found && (dot = strchr(dot, '.'))) {
        snprintf(part, sizeof(part), "%.*s", (int)(dot - name), name);
        dot++;
        found = cJSON_GetObjectItemCaseSensitive(object, part);
        found = found ? find(found, dot) : NULL;
    }
    return found;
}

static void show(const cJSON *value, struct buf *out)
{
    if (cJSON_IsString(value))
        buf_add_text(out, value->valuestring);
    else
        json_write(value, out);
}

/* 19.90 is 19.9. */
static bool is_number(const cJSON *value, struct slice expected)
{
    char *end;

    return cJSON_IsNumber(value) && expected.len &&
           strtod(expected.data, &end) == value->valuedouble && *end == '\0';
}

static void expect(struct trial *trial, const struct config_node *node, const char *name)
{
    const cJSON *value = find(trial->record, name);
    scoped_buf struct buf got = BUF_INIT(1u << 20);
    char key[KEY_MAX];

    snprintf(key, sizeof(key), "%s.record.%s", buf_str(&trial->path), name);
    if (!value) {
        if (node->kind != KIND_NULL)
            custom_file_problem(trial->custom->file, node, key, "is not there; expected '%s'",
                                node->text.data);
        return;
    }
    show(value, &got);
    if (node->kind == KIND_NULL)
        custom_file_problem(trial->custom->file, node, key, "got '%s'; expected nothing",
                            buf_str(&got));
    else if (!slice_equal(buf_slice(&got), node->text) && !is_number(value, node->text))
        custom_file_problem(trial->custom->file, node, key, "got '%s'; expected '%s'",
                            buf_str(&got), node->text.data);
}

/* Members of objects as dotted names. */
static void expect_all(struct trial *trial, const struct config_node *node, const char *prefix)
{
    char name[KEY_MAX / 2];

    for (const struct config_node *child = node->first; child; child = child->next) {
        snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", child->key);
        if (child->kind == KIND_MAPPING)
            expect_all(trial, child, name);
        else if (child->kind == KIND_LIST)
            custom_file_problem(trial->custom->file, child, name, "lists cannot be compared");
        else
            expect(trial, child, name);
    }
}

static enum status parse(struct custom *custom, struct slice line, struct record *record,
                         bool *fits, cJSON **out, struct error *err)
{
    struct parser_memory memory = {.reference = timestamp_from_ms(clock_wall_ms())};
    scoped_free char *text = NULL;
    uint64_t invalid = 0;

    *fits = parser_apply(&custom->base, line, &memory, record);
    text = malloc(record_encode_bound(record) + 1);
    if (!text)
        return error_set(err, FATAL, "out of memory");
    *out = cJSON_ParseWithLength(text, record_encode(record, text, &invalid));
    return *out ? OK : error_set(err, FATAL, "out of memory");
}

static enum status try_line(struct trial *trial, const struct config_node *example,
                            const struct config_node *line, struct record *record,
                            struct error *err)
{
    const struct config_node *expected = config_node_get(example, "record");
    bool must_fail = !expected || expected->kind == KIND_NULL, fits;
    scoped_json cJSON *json = NULL;
    enum status status = parse(trial->custom, line->text, record, &fits, &json, err);

    if (status != OK)
        return status;
    trial->record = json;
    if (fits && must_fail)
        custom_file_problem(trial->custom->file, line, buf_str(&trial->path),
                            "the line fits; expected that it does not, as it has no record");
    else if (!fits && !must_fail)
        custom_file_problem(
            trial->custom->file, line, buf_str(&trial->path), "%s",
            json_text(cJSON_GetObjectItem(json, "error"), "message", "the line does not fit"));
    else if (fits)
        expect_all(trial, expected, "");
    return OK;
}

static enum status try_example(struct trial *trial, const struct config_node *example,
                               struct error *err)
{
    const struct config_node *line = config_node_get(example, "line");
    static const char *const known[] = {"line", "record", NULL};
    enum status status = OK;
    struct arena arena;
    struct record record;

    for (const struct config_node *child = example->first; child; child = child->next)
        if (strcmp(child->key, "line") != 0 && strcmp(child->key, "record") != 0)
            custom_file_unknown(trial->custom->file, child, buf_str(&trial->path), known);
    if (!line || line->kind != KIND_TEXT) {
        custom_file_problem(trial->custom->file, example, buf_str(&trial->path),
                            "line is missing; it is required");
        return OK;
    }
    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    status = try_line(trial, example, line, &record, err);
    arena_release(&arena);
    return status;
}

enum status custom_try_examples(struct custom *custom, struct error *err)
{
    const struct config_node *list = custom->file->examples;
    struct trial trial = {.custom = custom, .path = BUF_INIT(KEY_MAX)};
    enum status status = OK;
    size_t index = 0;

    for (const struct config_node *example = list ? list->first : NULL; example && status == OK;
         example = example->next, index++) {
        buf_clear(&trial.path);
        buf_addf(&trial.path, "examples[%zu]", index);
        if (example->kind == KIND_MAPPING)
            status = try_example(&trial, example, err);
    }
    buf_release(&trial.path);
    return status;
}
