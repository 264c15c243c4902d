/*
 * custom.c - formats of users: a YAML file each in formats_dir.
 */
#include "shipper/parser/custom.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/json_text.h"
#include "common/scope.h"
#include "shipper/folder.h"
#include "shipper/parser/custom_type.h"

static void custom_close(struct parser *parser)
{
    struct custom *custom = (struct custom *)parser;

    if (!custom)
        return;
    for (size_t i = 0; i < custom->matcher_count; i++)
        matcher_close(custom->matchers[i]);
    for (size_t i = 0; i < custom->field_count; i++) {
        time_formats_close(custom->fields[i].format);
        free(custom->fields[i].capture);
    }
    parser_close(custom->inner);
    line_clock_release(&custom->clock);
    time_formats_close(custom->formats);
    free(custom->fields);
    free(custom->constants);
    free(custom->levels);
    custom_file_close(custom->file);
    free(custom);
}

/* ---- a line ---- */

static enum timestamp_result read_time(void *arg, const struct time_formats *format,
                                       struct slice text, struct timestamp *out)
{
    const struct custom *custom = arg;
    const struct timestamp_hints hints = line_clock_hints(&custom->clock, custom->memory);
    struct timestamp_found found;
    enum timestamp_result result;

    format = format ? format : custom->formats;
    result = format ? time_formats_read(format, text, &hints, &found)
                    : timestamp_read(text, &hints, &found);
    if (result == TIMESTAMP_FOUND)
        *out = found.time;
    return result;
}

static enum level find_level(void *arg, struct slice word)
{
    const struct custom *custom = arg;

    for (size_t i = 0; i < custom->level_count; i++)
        if (custom->levels[i].word.len == word.len &&
            strncasecmp(custom->levels[i].word.data, word.data, word.len) == 0)
            return custom->levels[i].level;
    return LEVEL_NONE;
}

/* A value's text: a JSON string's content, or the JSON itself. Lists and objects have none. */
static bool text_of(struct arena *arena, struct slice raw, struct slice *text)
{
    char *copy;

    *text = raw;
    if (raw.len == 0 || raw.data[0] == '[' || raw.data[0] == '{')
        return false;
    if (raw.data[0] != '"')
        return true;
    copy = arena_bytes(arena, raw.len);
    if (!copy)
        return false;
    *text = (struct slice){copy, json_unescape(raw, copy)};
    return true;
}

/* What the other format has made of a field is read as this one says. */
static const char *convert(struct custom_field *field, struct capture_line *line)
{
    struct record *record = line->record;
    struct slice raw, text;

    if (field->from.field != FIELD_COUNT) {
        if (!field->rule.to.len || !record_text(record, field->from.field, &text))
            return NULL; /* its own field has a type */
        record_drop(record, field->from.field);
        return capture_set(field->capture, text, line);
    }
    if (!record_take(record, &field->label, &raw) && !record_take(record, &field->from, &raw))
        return NULL;
    if (text_of(record->arena, raw, &text))
        return capture_set(field->capture, text, line);
    return record_put_json(record, &field->capture->target, raw) ? NULL : "the line is too long";
}

static const char *parse_inner(struct custom *custom, struct slice line,
                               struct parser_memory *memory, struct capture_line *captures)
{
    struct parser *inner = custom->inner;
    const char *problem = inner->type->parse(inner, line, memory, captures->record);
    struct slice word;

    if (problem || memory->no_record)
        return problem;
    for (size_t i = 0; i < custom->field_count && !problem; i++)
        problem = convert(&custom->fields[i], captures);
    if (custom->level_count && record_text(captures->record, FIELD_LOG_LEVEL, &word))
        level_set(captures->record, find_level(custom, word));
    return captures->no_memory ? "the line is too long" : problem;
}

/* The first pattern that fits says what the line is, also when a value of it is wrong. */
static const char *parse_patterns(struct custom *custom, struct slice line,
                                  struct capture_line *captures)
{
    const char *problem = NULL;
    bool fits = false;

    for (size_t i = 0; i < custom->matcher_count && !fits; i++)
        problem = matcher_parse(custom->matchers[i], line, captures, &fits);
    return problem;
}

static const char *custom_parse(struct parser *parser, struct slice line,
                                struct parser_memory *memory, struct record *record)
{
    struct custom *custom = (struct custom *)parser;
    struct capture_line captures = {.record = record,
                                    .serial = ++custom->serial,
                                    .read_time = read_time,
                                    .find_level = custom->level_count ? find_level : NULL,
                                    .arg = custom};
    const char *problem;

    custom->memory = memory;
    problem = custom->inner ? parse_inner(custom, line, memory, &captures)
                            : parse_patterns(custom, line, &captures);
    if (problem || memory->no_record)
        return problem;
    for (size_t i = 0; i < custom->constant_count; i++)
        if (!record_put(record, &custom->constants[i].target, custom->constants[i].text))
            return "the line is too long";
    return NULL;
}

static const struct parser_type parser_custom = {
    .parse = custom_parse,
    .close = custom_close,
};

/* ---- files ---- */

/* Compiles `path`. *out is there even if it has problems, which are in its file's report. */
static enum status open_path(const char *path, const struct parser_options *options,
                             struct custom **out, struct error *err)
{
    struct custom *custom = calloc(1, sizeof(*custom));
    enum status status;

    if (!custom)
        return error_set(err, FATAL, "out of memory");
    custom->base.type = &parser_custom;
    custom->base.format = &custom->row;
    status = custom_file_open(path, &custom->file, err);
    if (status == OK)
        status = custom_compile(custom, options, err);
    if (status == OK && custom->file->report.count == 0)
        status = custom_try_examples(custom, err);
    if (status != OK) {
        custom_close(&custom->base);
        return status;
    }
    *out = custom;
    return OK;
}

/* All problems in one line, as far as there is room. */
static enum status refuse(struct custom *custom, struct error *err)
{
    const char *text = config_report_text(&custom->file->report);
    size_t used = 0, count = custom->file->report.count;
    char line[sizeof(err->text)];

    for (; *text && used + 2 < sizeof(line); text++) {
        if (*text != '\n')
            line[used++] = *text;
        else if (text[1])
            used += (size_t)snprintf(line + used, sizeof(line) - used, "; ");
    }
    line[used < sizeof(line) ? used : sizeof(line) - 1] = '\0';
    return count > 1 ? error_set(err, REJECT, "%zu problems: %s", count, line)
                     : error_set(err, REJECT, "%s", line);
}

static bool is_file_name(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            return false;
    return *name && *name != '.';
}

enum status custom_open(const char *name, const struct parser_options *options, struct parser **out,
                        struct error *err)
{
    scoped_free char *path = NULL;
    struct custom *custom;
    enum status status;

    if (!options->formats_dir || !*options->formats_dir || !is_file_name(name))
        return RETRY;
    if (asprintf(&path, "%s/%s.yaml", options->formats_dir, name) < 0) {
        path = NULL;
        return error_set(err, FATAL, "out of memory");
    }
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return RETRY;
    status = open_path(path, options, &custom, err);
    if (status != OK)
        return status;
    if (custom->file->report.count) {
        refuse(custom, err);
        custom_close(&custom->base);
        return REJECT;
    }
    *out = &custom->base;
    return OK;
}

struct visit {
    struct parser_options options;
    void (*problem)(void *arg, const char *problem);
    void (*format)(void *arg, const struct parser_format *format);
    void *arg;
};

static void tell_problems(struct visit *visit, struct custom *custom)
{
    const char *text = config_report_text(&custom->file->report), *end;
    scoped_free char *line = NULL;

    for (; *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        free(line);
        line = strndup(text, (size_t)(end - text));
        visit->problem(visit->arg, line ? line : "out of memory");
    }
}

static enum status visit_file(void *arg, const char *path, struct error *err)
{
    struct visit *visit = arg;
    struct custom *custom;
    enum status status = open_path(path, &visit->options, &custom, err);

    if (status == REJECT && visit->problem) {
        visit->problem(visit->arg, err->text);
        return OK;
    }
    if (status != OK)
        return status == REJECT ? OK : status;
    if (visit->problem)
        tell_problems(visit, custom);
    else if (custom->file->report.count == 0)
        visit->format(visit->arg, &custom->row);
    custom_close(&custom->base);
    return OK;
}

enum status custom_check_folder(const char *folder, void (*each)(void *arg, const char *problem),
                                void *arg, struct error *err)
{
    struct visit visit = {.options.formats_dir = folder, .problem = each, .arg = arg};
    struct error unused;

    return folder_each(folder, ".yaml", visit_file, &visit, err ? err : &unused);
}

enum status custom_formats(const char *folder,
                           void (*each)(void *arg, const struct parser_format *format), void *arg,
                           struct error *err)
{
    struct visit visit = {.options.formats_dir = folder, .format = each, .arg = arg};
    struct error unused;

    return folder_each(folder, ".yaml", visit_file, &visit, err ? err : &unused);
}
