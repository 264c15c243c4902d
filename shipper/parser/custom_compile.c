/*
 * custom_compile.c - a custom format's file into what parses lines.
 *
 * Goes on after a problem, so that all of them are told at once.
 */
#include "shipper/parser/custom_type.h"

#include <stdlib.h>

#include "common/scope.h"
#include "shipper/dataset.h"
#include "shipper/parser/duration.h"

#define KEY_MAX 300

static const struct {
    const char *name;
    int64_t ns;
} units[] = {
    {"ns", 1},
    {"us", DURATION_US},
    {"ms", DURATION_MS},
    {"s", DURATION_S},
    {"m", (int64_t)60 * DURATION_S},
    {"h", (int64_t)3600 * DURATION_S},
};

static enum status no_memory(struct error *err)
{
    return error_set(err, FATAL, "out of memory");
}

static const char *text_of(const struct config_node *node)
{
    return node ? node->text.data : NULL;
}

static void compile_row(struct custom *custom)
{
    struct custom_file *file = custom->file;
    const char *inner = custom->inner ? custom->inner->format->dataset : NULL;

    custom->row = (struct parser_format){.name = file->name, .help = text_of(file->help)};
    custom->row.dataset = file->dataset ? text_of(file->dataset) : inner;
    if (!custom->row.help)
        custom->row.help = "a format of your own";
    if (file->dataset && !dataset_is_valid(custom->row.dataset))
        custom_file_problem(file, file->dataset, "dataset",
                            "'%s' cannot be part of an index name; expected " DATASET_EXPECTED,
                            custom->row.dataset);
    else if (!custom->row.dataset && !custom->inner)
        custom->row.dataset = dataset_is_valid(file->name) ? file->name : "generic";
}

/* One format or a list of them. */
static enum status compile_formats(struct custom *custom, const struct config_node *node,
                                   const char *key, struct time_formats **out, struct error *err)
{
    const char **texts;
    size_t count = node->kind == KIND_LIST ? node->count : 1;
    struct error why;
    enum status status;

    if (count == 0)
        return OK;
    texts = calloc(count, sizeof(*texts));
    if (!texts)
        return no_memory(err);
    if (node->kind == KIND_LIST) {
        size_t i = 0;

        for (const struct config_node *child = node->first; child; child = child->next)
            texts[i++] = child->kind == KIND_TEXT ? child->text.data : "";
    } else {
        texts[0] = node->text.data;
    }
    status = time_formats_open(texts, count, out, &why);
    free(texts);
    if (status == FATAL)
        return no_memory(err);
    if (status == REJECT)
        custom_file_problem(custom->file, node, key, "%s", why.text);
    return OK;
}

static enum status compile_times(struct custom *custom, const struct parser_options *options,
                                 struct error *err)
{
    struct custom_file *file = custom->file;
    const struct parser_options own = {.timezone = file->timezone ? text_of(file->timezone)
                                                                  : options->timezone};
    struct error why;
    enum status status = line_clock_init(&custom->clock, &own, &why);

    if (status == REJECT)
        custom_file_problem(file, file->timezone, "timezone", "%s", why.text);
    else if (status != OK)
        return no_memory(err);
    return file->date_formats
               ? compile_formats(custom, file->date_formats, "date_formats", &custom->formats, err)
               : OK;
}

static enum status compile_levels(struct custom *custom, struct error *err)
{
    const struct config_node *node = custom->file->levels;
    char key[KEY_MAX];

    if (!node)
        return OK;
    custom->levels = calloc(node->count + 1, sizeof(*custom->levels));
    if (!custom->levels)
        return no_memory(err);
    for (const struct config_node *child = node->first; child; child = child->next) {
        enum level level = child->kind == KIND_TEXT ? level_find(child->text) : LEVEL_NONE;

        if (level != LEVEL_NONE) {
            custom->levels[custom->level_count++] =
                (struct custom_level){slice_of(child->key), level};
            continue;
        }
        snprintf(key, sizeof(key), "levels.%s", child->key);
        custom_file_problem(custom->file, child, key,
                            "no level; expected emergency, alert, critical, error, warn, notice, "
                            "info, debug or trace");
    }
    return OK;
}

static enum status compile_constants(struct custom *custom, struct error *err)
{
    const struct config_node *node = custom->file->constants;
    char key[KEY_MAX];

    if (!node)
        return OK;
    custom->constants = calloc(node->count + 1, sizeof(*custom->constants));
    if (!custom->constants)
        return no_memory(err);
    for (const struct config_node *child = node->first; child; child = child->next) {
        struct custom_constant *constant = &custom->constants[custom->constant_count];

        constant->text = child->text;
        if (record_target_init(&constant->target, slice_of(child->key))) {
            custom->constant_count++;
            continue;
        }
        snprintf(key, sizeof(key), "constants.%s", child->key);
        custom_file_problem(custom->file, child, key, "not a field's name");
    }
    return OK;
}

/* ---- fields ---- */

static void read_type(struct custom *custom, const struct config_node *node, const char *key,
                      struct capture_rule *rule)
{
    if (!capture_type_find(node->text, &rule->type))
        custom_file_problem(custom->file, node, key, "no type '%s'; expected: " CAPTURE_TYPES,
                            node->text.data);
}

static void read_unit(struct custom *custom, const struct config_node *node, const char *key,
                      struct capture_rule *rule)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (slice_is(node->text, units[i].name)) {
            rule->unit_ns = units[i].ns;
            return;
        }
    custom_file_problem(custom->file, node, key, "no unit '%s'; expected: ns, us, ms, s, m, h",
                        node->text.data);
}

/* `name: {type: date, formats: [...], unit: ms, to: event.duration}` */
static enum status read_field(struct custom *custom, struct custom_field *field,
                              const struct config_node *node, struct error *err)
{
    static const char *const known[] = {"type", "unit", "to", "formats", NULL};
    enum status status = OK;
    char key[KEY_MAX];

    for (const struct config_node *child = node->first; child && status == OK;
         child = child->next) {
        bool is_formats = strcmp(child->key, "formats") == 0;

        snprintf(key, sizeof(key), "fields.%s.%s", node->key, child->key);
        if (is_formats && (child->kind == KIND_TEXT || child->kind == KIND_LIST))
            status = compile_formats(custom, child, key, &field->format, err);
        else if (child->kind != KIND_TEXT)
            custom_file_problem(custom->file, child, key, "expected a text");
        else if (strcmp(child->key, "type") == 0)
            read_type(custom, child, key, &field->rule);
        else if (strcmp(child->key, "unit") == 0)
            read_unit(custom, child, key, &field->rule);
        else if (strcmp(child->key, "to") == 0)
            field->rule.to = child->text;
        else
            custom_file_unknown(custom->file, child, key, known);
    }
    field->rule.format = field->format;
    return status;
}

/* What the other format's parser makes of the name, and what is to be made of that. */
static enum status prepare_conversion(struct custom *custom, struct custom_field *field,
                                      const struct config_node *node, const char *key,
                                      struct error *err)
{
    char label[RECORD_NAME_MAX + 1];

    field->capture = calloc(1, sizeof(*field->capture));
    if (!field->capture)
        return no_memory(err);
    snprintf(label, sizeof(label), "labels.%.*s", SLICE_FMT(field->name));
    if (!record_target_init(&field->from, field->name) ||
        !record_target_init(&field->label, slice_of(label)) ||
        !capture_init(field->capture, field->name, &field->rule))
        custom_file_problem(custom->file, node, key, "not a field's name");
    return OK;
}

static enum status compile_fields(struct custom *custom, struct error *err)
{
    const struct config_node *node = custom->file->fields;
    enum status status = OK;
    char key[KEY_MAX];

    if (!node)
        return OK;
    custom->fields = calloc(node->count + 1, sizeof(*custom->fields));
    if (!custom->fields)
        return no_memory(err);
    for (const struct config_node *child = node->first; child && status == OK;
         child = child->next) {
        struct custom_field *field = &custom->fields[custom->field_count++];

        field->name = slice_of(child->key);
        snprintf(key, sizeof(key), "fields.%s", child->key);
        if (child->kind == KIND_TEXT)
            read_type(custom, child, key, &field->rule);
        else if (child->kind == KIND_MAPPING)
            status = read_field(custom, field, child, err);
        if (status == OK && custom->inner)
            status = prepare_conversion(custom, field, child, key, err);
    }
    return status;
}

/* ---- what takes the line apart ---- */

static bool find_rule(void *arg, struct slice name, struct capture_rule *rule)
{
    const struct custom *custom = arg;

    for (size_t i = 0; i < custom->field_count; i++)
        if (slice_equal(custom->fields[i].name, name)) {
            *rule = custom->fields[i].rule;
            return true;
        }
    return false;
}

static enum status compile_pattern(struct custom *custom, const struct config_node *node,
                                   const struct grok_library *library, struct error *err)
{
    static const struct slice regex = SLICE("regex:"), grok = SLICE("grok:");
    bool is_regex = strncmp(node->text.data, regex.data, regex.len) == 0;
    bool is_grok = strncmp(node->text.data, grok.data, grok.len) == 0;
    size_t skip = is_regex ? regex.len : is_grok ? grok.len : 0;
    const struct matcher_options options = {
        .library = is_regex ? NULL : library, .rule = find_rule, .arg = custom};
    struct error why;
    enum status status;

    if (custom->matcher_count == CUSTOM_PATTERNS_MAX) {
        custom_file_problem(custom->file, node, "pattern", "more than %d patterns",
                            CUSTOM_PATTERNS_MAX);
        return OK;
    }
    status = matcher_open(slice_of(node->text.data + skip), &options,
                          &custom->matchers[custom->matcher_count], &why);
    if (status == OK)
        custom->matcher_count++;
    else if (status == REJECT)
        custom_file_problem(custom->file, node, "pattern", "%s", why.text);
    return status == FATAL ? no_memory(err) : OK;
}

static enum status add_definitions(struct custom *custom, struct grok_library *library,
                                   struct error *err)
{
    const struct config_node *node = custom->file->definitions;
    scoped_buf struct buf text = BUF_INIT(1u << 20);
    struct error why;
    char key[KEY_MAX];

    for (const struct config_node *child = node ? node->first : NULL; child; child = child->next) {
        buf_clear(&text);
        buf_addf(&text, "%s %s", child->key, child->kind == KIND_TEXT ? child->text.data : "");
        if (text.failed)
            return no_memory(err);
        snprintf(key, sizeof(key), "definitions.%s", child->key);
        if (memchr(text.data, '\n', text.len))
            custom_file_problem(custom->file, child, key, "a definition is one line");
        else if (strpbrk(child->key, " \t#") ||
                 grok_library_add(library, buf_slice(&text), key, &why))
            custom_file_problem(custom->file, child, key, "not a name and a pattern");
    }
    return OK;
}

static enum status compile_patterns(struct custom *custom, const struct parser_options *options,
                                    struct error *err)
{
    const struct config_node *node = custom->file->pattern;
    struct grok_library *library;
    struct error why;
    enum status status = grok_library_open(options->formats_dir, &library, &why);

    if (status == REJECT)
        custom_file_problem(custom->file, node, "pattern", "%s", why.text);
    if (status != OK)
        return status == FATAL ? no_memory(err) : OK;
    status = add_definitions(custom, library, err);
    if (status == OK && node->kind == KIND_TEXT)
        status = compile_pattern(custom, node, library, err);
    for (const struct config_node *child = node->kind == KIND_LIST ? node->first : NULL;
         child && status == OK; child = child->next)
        if (child->kind == KIND_TEXT)
            status = compile_pattern(custom, child, library, err);
    grok_library_close(library);
    return status;
}

static enum status open_inner(struct custom *custom, const struct parser_options *options,
                              struct error *err)
{
    struct custom_file *file = custom->file;
    const struct parser_options inner = {
        .timezone = file->timezone ? text_of(file->timezone) : options->timezone,
        .plugins_dir = options->plugins_dir,
    };
    struct error why;
    enum status status = parser_open(text_of(file->parser), &inner, &custom->inner, &why);

    if (status == REJECT)
        custom_file_problem(file, file->parser, "parser", "%s", why.text);
    return status == FATAL ? no_memory(err) : OK;
}

enum status custom_compile(struct custom *custom, const struct parser_options *options,
                           struct error *err)
{
    enum status status = compile_times(custom, options, err);

    if (status == OK && custom->file->parser)
        status = open_inner(custom, options, err);
    compile_row(custom);
    if (status == OK)
        status = compile_levels(custom, err);
    if (status == OK)
        status = compile_constants(custom, err);
    if (status == OK)
        status = compile_fields(custom, err);
    if (status == OK && custom->file->pattern)
        status = compile_patterns(custom, options, err);
    return status;
}
