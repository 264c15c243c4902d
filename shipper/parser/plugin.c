/*
 * plugin.c - formats of shared objects (shipper/plugin.h).
 */
#include "shipper/parser/plugin.h"

#include <stdlib.h>

#include "common/scope.h"
#include "shipper/folder.h"
#include "shipper/parser/line_time.h"
#include "shipper/parser/plugin_emit.h"
#include "shipper/parser/plugin_load.h"

#define ERROR_BYTES 300

struct plugin_parser {
    struct parser base;
    struct parser_format row;
    struct plugin plugin;
    void *instance;
    bool is_open;
    struct plugin_names *names;
    struct line_clock clock;
    const struct parser_memory *memory; /* of the line that is being parsed */
    uint64_t serial;
};

static void plugin_close(struct parser *parser)
{
    struct plugin_parser *self = (struct plugin_parser *)parser;

    if (!self)
        return;
    if (self->is_open)
        self->plugin.table->close(self->instance);
    plugin_unload(&self->plugin);
    plugin_names_close(self->names);
    line_clock_release(&self->clock);
    free(self);
}

static enum timestamp_result read_time(void *arg, const struct time_formats *format,
                                       struct slice text, struct timestamp *out)
{
    const struct plugin_parser *self = arg;
    const struct timestamp_hints hints = line_clock_hints(&self->clock, self->memory);
    struct timestamp_found found;
    enum timestamp_result result = timestamp_read(text, &hints, &found);

    (void)format; /* a plugin cannot give one */
    if (result == TIMESTAMP_FOUND)
        *out = found.time;
    return result;
}

static const char *plugin_parse(struct parser *parser, struct slice line,
                                struct parser_memory *memory, struct record *record)
{
    struct plugin_parser *self = (struct plugin_parser *)parser;
    struct plugin_sink sink = {
        .names = self->names,
        .text = line,
        .line = {.record = record, .serial = ++self->serial, .read_time = read_time, .arg = self}};
    const struct alpex_emitter emitter = plugin_emitter(&sink);
    const char *reason = NULL, *problem;
    enum alpex_verdict verdict;

    self->memory = memory;
    verdict = self->plugin.table->parse(self->instance, line.len ? line.data : "", line.len,
                                        &emitter, &reason);
    if (verdict == ALPEX_NO_RECORD) {
        memory->no_record = true;
        return NULL;
    }
    if (verdict != ALPEX_FITS)
        return reason ? reason : "the plugin does not take the line";
    problem = capture_finish(&sink.line, line);
    return sink.problem ? sink.problem : problem;
}

static const struct parser_type parser_plugin = {
    .parse = plugin_parse,
    .close = plugin_close,
};

/* ---- the format that is asked for ---- */

struct search {
    const char *format;
    const struct parser_options *options;
    struct parser **out;
    bool failed; /* an object that could not be loaded: it might have been the one */
    struct error why;
};

/* The row of `format`, which may have an argument behind a colon. */
static const struct alpex_format *find_row(const struct plugin *plugin, const char *format,
                                           const char **argument)
{
    size_t len = strcspn(format, ":");

    *argument = format[len] ? format + len + 1 : "";
    for (const struct alpex_format *row = plugin->table->formats; row->name; row++)
        if (strlen(row->name) == len && memcmp(row->name, format, len) == 0)
            return row;
    return NULL;
}

static enum status open_instance(struct plugin_parser *self, const struct alpex_format *row,
                                 const char *argument, struct error *err)
{
    char text[ERROR_BYTES] = "";

    self->row = (struct parser_format){row->name, row->dataset, row->help};
    self->base = (struct parser){&parser_plugin, &self->row};
    self->is_open =
        self->plugin.table->open(row->name, argument, &self->instance, text, sizeof(text)) == 0;
    text[sizeof(text) - 1] = '\0';
    return self->is_open ? OK
                         : error_set(err, REJECT, "%s", *text ? text : "the plugin refuses it");
}

/* Takes the plugin over. */
static enum status open_parser(struct plugin *plugin, const struct alpex_format *row,
                               const char *argument, const struct search *search, struct error *err)
{
    struct plugin_parser *self = calloc(1, sizeof(*self));
    enum status status;

    if (!self) {
        plugin_unload(plugin);
        return error_set(err, FATAL, "out of memory");
    }
    self->plugin = *plugin;
    self->names = plugin_names_open();
    status = self->names ? line_clock_init(&self->clock, search->options, err)
                         : error_set(err, FATAL, "out of memory");
    if (status == OK)
        status = open_instance(self, row, argument, err);
    if (status != OK) {
        plugin_close(&self->base);
        return status;
    }
    *search->out = &self->base;
    return DONE;
}

static enum status try_file(void *arg, const char *path, struct error *err)
{
    struct search *search = arg;
    const struct alpex_format *row;
    const char *argument;
    struct plugin plugin;

    if (plugin_load(path, &plugin, search->failed ? NULL : &search->why)) {
        search->failed = true;
        return OK;
    }
    row = find_row(&plugin, search->format, &argument);
    if (row)
        return open_parser(&plugin, row, argument, search, err);
    plugin_unload(&plugin);
    return OK;
}

enum status plugin_open(const char *format, const struct parser_options *options,
                        struct parser **out, struct error *err)
{
    struct search search = {.format = format, .options = options, .out = out};
    enum status status;

    if (!options->plugins_dir || !*options->plugins_dir)
        return RETRY;
    status = plugin_folder_check(options->plugins_dir, err);
    if (status == OK)
        status = folder_each(options->plugins_dir, ".so", try_file, &search, err);
    if (status == OK && search.failed)
        return error_set(err, REJECT, "%s", search.why.text);
    return status == OK ? RETRY : status == DONE ? OK : status;
}

/* ---- all of a folder ---- */

struct visit {
    void (*problem)(void *arg, const char *problem);
    void (*format)(void *arg, const struct parser_format *format);
    void *arg;
};

static enum status visit_file(void *arg, const char *path, struct error *err)
{
    struct visit *visit = arg;
    struct plugin plugin;

    if (plugin_load(path, &plugin, err)) {
        if (visit->problem)
            visit->problem(visit->arg, err->text);
        return OK;
    }
    for (const struct alpex_format *row = plugin.table->formats; row->name; row++) {
        const struct parser_format format = {row->name, row->dataset, row->help};

        if (visit->format)
            visit->format(visit->arg, &format);
    }
    plugin_unload(&plugin);
    return OK;
}

static enum status visit_folder(const char *folder, struct visit *visit, struct error *err)
{
    struct error unused;

    err = err ? err : &unused;
    if (plugin_folder_check(folder, err))
        return REJECT;
    return folder_each(folder, ".so", visit_file, visit, err);
}

enum status plugin_check_folder(const char *folder, void (*each)(void *arg, const char *problem),
                                void *arg, struct error *err)
{
    struct visit visit = {.problem = each, .arg = arg};

    return visit_folder(folder, &visit, err);
}

enum status plugin_formats(const char *folder,
                           void (*each)(void *arg, const struct parser_format *format), void *arg,
                           struct error *err)
{
    struct visit visit = {.format = each, .arg = arg};

    return visit_folder(folder, &visit, err);
}
