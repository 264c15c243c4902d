/*
 * custom_type.h - private to custom*.c: a custom format, compiled.
 */
#ifndef SHIPPER_PARSER_CUSTOM_TYPE_H
#define SHIPPER_PARSER_CUSTOM_TYPE_H

#include "common/time/format.h"
#include "shipper/parser/custom_file.h"
#include "shipper/parser/line_time.h"
#include "shipper/parser/matcher.h"

#define CUSTOM_PATTERNS_MAX  50
#define CUSTOM_FIELDS_MAX    200
#define CUSTOM_CONSTANTS_MAX 50
#define CUSTOM_LEVELS_MAX    100

struct custom_field {
    struct slice name;
    struct capture_rule rule;
    struct time_formats *format;      /* of its own; NULL: none */
    struct record_target label, from; /* where another format's parser may have put it */
    struct capture *capture;          /* only with such a parser */
};

struct custom {
    struct parser base;
    struct parser_format row;
    struct custom_file *file; /* all texts are in it */
    struct matcher *matchers[CUSTOM_PATTERNS_MAX];
    size_t matcher_count;
    struct parser *inner; /* NULL: the matchers do it */
    struct line_clock clock;
    struct time_formats *formats; /* of times; NULL: whatever is a time */
    struct custom_field *fields;
    size_t field_count;
    struct custom_constant {
        struct record_target target;
        struct slice text;
    } * constants;
    size_t constant_count;
    struct custom_level {
        struct slice word;
        enum level level;
    } * levels;
    size_t level_count;
    const struct parser_memory *memory; /* of the line that is being parsed */
    uint64_t serial;
};

/* custom_compile.c: what is wrong goes to the file's report. FATAL: no memory. */
enum status custom_compile(struct custom *custom, const struct parser_options *options,
                           struct error *err);

/* custom_example.c: parses the examples; those that become something else are problems. */
enum status custom_try_examples(struct custom *custom, struct error *err);

#endif
