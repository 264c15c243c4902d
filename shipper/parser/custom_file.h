/*
 * custom_file.h - a custom format's YAML file: read, and its form checked.
 *
 * What the keys mean stands in configs/formats/README.md. All problems are
 * collected, each with file, line and key; those that show only when the
 * format is compiled come from there (custom.c), into the same report.
 */
#ifndef SHIPPER_PARSER_CUSTOM_FILE_H
#define SHIPPER_PARSER_CUSTOM_FILE_H

#include <stdbool.h>

#include "common/config/document.h"
#include "common/error.h"

/* Nodes that are not given are NULL; the others are of the kind that is expected. */
struct custom_file {
    struct config_report report;
    struct config_tree tree;
    const struct config_source *source;
    char *name; /* of the format: the file's, without .yaml */
    const struct config_node *given_name, *dataset, *help, *parser, *timezone; /* texts */
    const struct config_node *pattern;                 /* a text, or a list of texts */
    const struct config_node *date_formats, *examples; /* lists; date_formats also a text */
    const struct config_node *definitions, *levels, *constants; /* mappings of texts */
    const struct config_node *fields; /* a mapping of texts, and of mappings */
};

/*
 * Reads `path`; the caller closes *out. What is wrong in it goes to the report.
 * REJECT: it cannot be read. FATAL: no memory.
 */
enum status custom_file_open(const char *path, struct custom_file **out, struct error *err);
void custom_file_close(struct custom_file *file); /* NULL is fine */

/* Adds a problem; `key` is the dotted path as users know it. */
void custom_file_problem(struct custom_file *file, const struct config_node *node, const char *key,
                         const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Adds "unknown key" with the nearest of `known` (NULL-terminated). */
void custom_file_unknown(struct custom_file *file, const struct config_node *node, const char *path,
                         const char *const *known);

#endif
