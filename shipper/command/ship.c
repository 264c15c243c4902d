/*
 * ship.c - `shipper ship`: whole files to Kafka, and the end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/config_command.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/options.h"
#include "shipper/command/command.h"
#include "shipper/command/line_options.h"
#include "shipper/input/input.h"
#include "shipper/pipeline.h"

static int print_summary(const struct pipeline_result *result, int64_t started_ms, bool json)
{
    int64_t ms = clock_mono_ms() - started_ms;
    double seconds = ms > 0 ? (double)ms / 1000 : 0.001;
    const struct metric *refused = metrics_counter("shipper_records_quarantined_total", NULL, "");
    const struct metric *unread = metrics_counter("shipper_files_failed_total", NULL, "");
    uint64_t refused_count = (uint64_t)metric_value(refused),
             unread_count = (uint64_t)metric_value(unread);

    if (json)
        printf("{\"lines\":%" PRIu64 ",\"acknowledged\":%" PRIu64 ",\"unparsed\":%" PRIu64
               ",\"refused\":%" PRIu64 ",\"undelivered\":%" PRIu64 ",\"files_failed\":%" PRIu64
               ",\"seconds\":%.3f}\n",
               result->lines, result->records - result->undelivered - refused_count,
               result->unparsed, refused_count, result->undelivered, unread_count, seconds);
    else
        fprintf(stderr,
                "%" PRIu64 " lines shipped in %.1f s (%.0f lines/s), %" PRIu64
                " of them not understood and shipped as text; %" PRIu64 " refused, %" PRIu64
                " not acknowledged, %" PRIu64 " files not readable to their end\n",
                result->records - result->undelivered - refused_count, seconds,
                (double)result->lines / seconds, result->unparsed, refused_count,
                result->undelivered, unread_count);
    if (result->undelivered || unread_count)
        return EXIT_FAILED;
    return refused_count ? EXIT_SOME_FAILED : EXIT_DONE;
}

/* Ships instead of what is configured. Returns the exit code. */
static int ship(struct shipper_config *config, struct line_options *lines,
                const struct query *query, bool json)
{
    const struct pipeline_options options = {.input = &input_whole,
                                             .whole = true,
                                             .progress = isatty(STDERR_FILENO) && !json,
                                             .query = query};
    struct input_config *configured = config->inputs;
    uint32_t configured_count = config->input_count;
    int64_t started_ms = clock_mono_ms();
    struct pipeline_result result;
    struct error err;
    int code;

    config->inputs = &lines->input;
    config->input_count = 1;
    if (lines->formats)
        config->formats_dir = (char *)lines->formats;
    if (lines->plugins)
        config->plugins_dir = (char *)lines->plugins;
    if (pipeline_run(NULL, config, &options, &result, &err) == OK) {
        code = print_summary(&result, started_ms, json);
    } else {
        fprintf(stderr, "shipper ship: %s\n", err.text);
        code = EXIT_FAILED;
    }
    config->inputs = configured; /* config_close releases what it made */
    config->input_count = configured_count;
    return code;
}

/* Formats may be those of the configuration's folders. */
static int ship_with(struct shipper_config *config, struct line_options *lines, char **files,
                     const struct query *query, bool json)
{
    char *formats = config->formats_dir, *plugins = config->plugins_dir;
    struct error err;
    int code;

    if (!lines->formats)
        lines->formats = formats;
    if (!lines->plugins)
        lines->plugins = plugins;
    if (line_options_apply(lines, files, &err)) {
        fprintf(stderr, "shipper ship: %s; see 'shipper ship --help'\n", err.text);
        return EXIT_USAGE;
    }
    code = ship(config, lines, query, json);
    config->formats_dir = formats;
    config->plugins_dir = plugins;
    return code;
}

int ship_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Reads whole files, plain, gzip or zstd; '-' is standard input. A line has the same "
        "identity\n"
        "however often and from whichever copy it is shipped: shipping again adds nothing.\n"
        "Exit codes: 0 all acknowledged, 1 not all, 2 usage, 3 some records were refused by Kafka.";
    struct line_options lines = LINE_OPTIONS_INIT;
    struct option_list settings = {0};
    const char *path = NULL;
    bool json = false;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(path, settings),
        LINE_OPTIONS(lines),
        {"json", 0, NULL, OPTION_FLAG, &json, "print the summary as JSON on standard output"},
        {0}};
    struct shipper_config *config;
    struct config *holder;
    struct query *query;
    struct arena arena;
    char **files;
    int code;

    if (!command_begin(program, rows, help, argc, argv, &files, &code))
        return code;
    if (!files[0]) {
        fprintf(stderr, "shipper ship: no files given; see 'shipper ship --help'\n");
        return EXIT_USAGE;
    }
    code = EXIT_USAGE;
    if (line_options_query(&lines, &arena, &query) &&
        config_command_load(program, path, &settings, &holder, (void **)&config, &code)) {
        log_setup("shipper", config->log.level, config->log.format);
        code = ship_with(config, &lines, files, query, json);
        config_close(holder);
    }
    arena_release(&arena);
    return code;
}
