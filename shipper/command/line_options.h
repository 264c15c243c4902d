/*
 * line_options.h - what `parse` and `ship` have in common: files and their format from the command
 * line, as one input.
 */
#ifndef SHIPPER_COMMAND_LINE_OPTIONS_H
#define SHIPPER_COMMAND_LINE_OPTIONS_H

#include <stdbool.h>

#include "common/error.h"
#include "common/options.h"
#include "shipper/config.h"

struct arena;
struct query;

struct line_options {
    const char *format, *dataset, *timezone, *formats, *plugins, *container, *multiline, *query;
    bool keep_original;

    /* Made of them by line_options_apply. */
    struct input_config input;
    struct multiline_config joining;
};

#define LINE_FORMAT_DEFAULT "apache-combined"
#define LINE_OPTIONS_INIT                                                                          \
    {                                                                                              \
        .format = LINE_FORMAT_DEFAULT, .container = "none"                                         \
    }

/* Rows of a command's option table. */
#define LINE_OPTIONS(o)                                                                            \
    {"format", 'f', "NAME", OPTION_TEXT, &(o).format, "format of the lines (apache-combined)"},    \
        {"dataset",   'd',          "NAME",                                                        \
         OPTION_TEXT, &(o).dataset, "event.dataset, part of the index name (from the format)"},    \
        {"timezone",    'z',                                                                       \
         "ZONE",        OPTION_TEXT,                                                               \
         &(o).timezone, "of times without an offset, e.g. Europe/Berlin or +02:00 (UTC)"},         \
        {"formats", 0, "FOLDER", OPTION_TEXT, &(o).formats, "custom formats, a YAML file each"},   \
        {"plugins", 0, "FOLDER", OPTION_TEXT, &(o).plugins, "formats of shared objects"},          \
        {"container",    0,                                                                        \
         "KIND",         OPTION_TEXT,                                                              \
         &(o).container, "lines that a container runtime wrapped: auto, cri, docker"},             \
        {"multiline",                                                                              \
         'm',                                                                                      \
         "TYPE",                                                                                   \
         OPTION_TEXT,                                                                              \
         &(o).multiline,                                                                           \
         "events of several lines: traces, timestamp, indent, or a pattern that begins an event"}, \
        {"query",     'q',        "QUERY",                                                         \
         OPTION_TEXT, &(o).query, "only what it finds, e.g. 'status:5xx and not path:/health*'"},  \
    {                                                                                              \
        "keep-original", 0, NULL, OPTION_FLAG, &(o).keep_original,                                 \
            "event.original also for lines that were understood"                                   \
    }

/* Sets options->input, of `files`. REJECT: an option is wrong. */
enum status line_options_apply(struct line_options *options, char **files, struct error *err);

/* The query, if one was given; in `arena`. False: it is wrong, which is on stderr. */
bool line_options_query(const struct line_options *options, struct arena *arena,
                        struct query **out);

#endif
