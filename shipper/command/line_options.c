/*
 * line_options.c - files and their format from the command line, as one input.
 */
#include "shipper/command/line_options.h"

#include "common/query_command.h"
#include "shipper/join/join.h"
#include "shipper/parser/parser.h"

#define QUERY_BLOCK (16u << 10)

static enum status check_format(const struct line_options *options, struct error *err)
{
    const struct parser_options parsing = {.timezone = options->timezone,
                                           .formats_dir = options->formats,
                                           .plugins_dir = options->plugins};
    struct parser *parser;

    if (!options->format) /* the configuration's */
        return OK;
    if (parser_open(options->format, &parsing, &parser, err))
        return err->status;
    parser_close(parser);
    return OK;
}

enum status line_options_apply(struct line_options *options, char **files, struct error *err)
{
    struct input_config *input = &options->input;

    if (check_format(options, err))
        return err->status;
    *input = (struct input_config){.type = "whole",
                                   .paths = files,
                                   .format = (char *)options->format,
                                   .dataset = (char *)options->dataset,
                                   .timezone = (char *)options->timezone,
                                   .keep_original = options->keep_original};
    while (files[input->path_count])
        input->path_count++;
    if (!wrapping_find(options->container, &input->container))
        return error_set(err, REJECT, "unknown container '%s'; expected none, auto, cri or docker",
                         options->container);
    if (!options->multiline)
        return OK;
    options->joining = (struct multiline_config){0};
    if (join_type_exists(options->multiline))
        options->joining.type = (char *)options->multiline;
    else
        options->joining.start = (char *)options->multiline;
    input->multiline = &options->joining;
    return OK;
}

bool line_options_query(const struct line_options *options, struct arena *arena, struct query **out)
{
    struct query_context context = query_command_context();

    *out = NULL;
    arena_init(arena, QUERY_BLOCK, QUERY_ARENA_BYTES);
    return !options->query || query_command_parse(arena, options->query, &context, out);
}
