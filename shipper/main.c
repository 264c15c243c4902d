/*
 * main.c - the shipper's command line: one function a command.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/complete_command.h"
#include "common/config_command.h"
#include "common/embed.h"
#include "common/log.h"
#include "common/manual.h"
#include "common/metrics.h"
#include "common/options.h"
#include "common/query_command.h"
#include "common/scope.h"
#include "shipper/command/command.h"
#include "shipper/config.h"
#include "shipper/input/input.h"
#include "shipper/parser/parser.h"
#include "shipper/pipeline.h"

EMBED(shipper_manual, "deploy/man/shipper.md");

#define QUERY_BLOCK (16u << 10)

static enum status load(const char *path, const char *const *settings, struct config **holder,
                        void **out, struct error *err)
{
    return shipper_config_load(path, settings, holder, (struct shipper_config **)out, err);
}

static int fail(const char *command, const struct error *err)
{
    fprintf(stderr, "shipper %s: %s\n", command, err->text);
    return EXIT_FAILED;
}

static int run_command(const struct program *program, int argc, char **argv)
{
    const char *path = NULL;
    struct option_list settings = {0};
    const struct option_row rows[] = {CONFIG_OPTIONS(path, settings), {0}};
    struct pipeline_options options = {0};
    struct pipeline_result result;
    struct shipper_config *config;
    struct config *holder;
    struct error err;
    enum status status;
    char **rest;
    int code;

    if (!command_begin(program, rows, NULL, argc, argv, &rest, &code))
        return code;
    if (!config_command_load(program, path, &settings, &holder, (void **)&config, &code))
        return code;
    log_setup("shipper", config->log.level, config->log.format);
    if (config->input_count == 0) {
        fprintf(stderr,
                "shipper run: the configuration has no inputs: nothing to read. "
                "Add some to the file given with --config; configs/shipper.yaml shows how\n");
        config_close(holder);
        return EXIT_USAGE;
    }
    status = pipeline_run(config, &options, &result, &err);
    code = status == OK ? EXIT_DONE : fail("run", &err);
    config_close(holder);
    return code;
}

/* One input that stands for the files of the command line. */
static struct input_config input_of_files(char **files, const char *format, const char *dataset,
                                          const char *timezone)
{
    struct input_config input = {.type = "whole",
                                 .paths = files,
                                 .format = (char *)format,
                                 .dataset = (char *)dataset,
                                 .timezone = (char *)timezone};

    while (files[input.path_count])
        input.path_count++;
    return input;
}

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

static int ship_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Reads whole files, plain or gzip, '-' is standard input. A line has the same identity\n"
        "however often and from whichever copy it is shipped: shipping again adds nothing.\n"
        "Exit codes: 0 all acknowledged, 1 not all, 2 usage, 3 some records were refused by Kafka.";
    const char *path = NULL, *format = "apache-combined", *dataset = NULL, *query_text = NULL,
               *timezone = NULL;
    struct query_context context = query_command_context();
    struct query *query = NULL;
    struct arena arena;
    struct option_list settings = {0};
    bool json = false;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(path, settings),
        {"format", 'f', "NAME", OPTION_TEXT, &format, "format of the lines (apache-combined)"},
        {"dataset", 'd', "NAME", OPTION_TEXT, &dataset,
         "event.dataset, part of the index name (from the format)"},
        {"timezone", 'z', "ZONE", OPTION_TEXT, &timezone,
         "of times without an offset, e.g. Europe/Berlin or +02:00 (UTC)"},
        {"query", 'q', "QUERY", OPTION_TEXT, &query_text, "ship only what it finds"},
        {"json", 0, NULL, OPTION_FLAG, &json, "print the summary as JSON on standard output"},
        {0}};
    struct pipeline_options options = {.input = &input_whole, .whole = true};
    struct parser_options parsing = {0};
    struct parser *parser;
    struct pipeline_result result;
    struct shipper_config *config;
    struct input_config input, *configured;
    struct config *holder;
    uint32_t configured_count;
    int64_t started_ms = clock_mono_ms();
    struct error err;
    char **files;
    int code;

    if (!command_begin(program, rows, help, argc, argv, &files, &code))
        return code;
    if (!files[0])
        error_set(&err, REJECT, "no files given");
    if (!files[0] || parser_open(format, &parsing, &parser, &err)) {
        fprintf(stderr, "shipper ship: %s; see 'shipper ship --help'\n", err.text);
        return EXIT_USAGE;
    }
    parser_close(parser);
    arena_init(&arena, QUERY_BLOCK, QUERY_ARENA_BYTES);
    code = EXIT_USAGE;
    if ((query_text && !query_command_parse(&arena, query_text, &context, &query)) ||
        !config_command_load(program, path, &settings, &holder, (void **)&config, &code)) {
        arena_release(&arena);
        return code;
    }
    options.query = query;
    log_setup("shipper", config->log.level, config->log.format);
    input = input_of_files(files, format, dataset, timezone);
    configured = config->inputs;
    configured_count = config->input_count;
    config->inputs = &input;
    config->input_count = 1;
    options.progress = isatty(STDERR_FILENO) && !json;
    code = pipeline_run(config, &options, &result, &err) == OK
               ? print_summary(&result, started_ms, json)
               : fail("ship", &err);
    config->inputs = configured; /* config_close releases what it made */
    config->input_count = configured_count;
    config_close(holder);
    arena_release(&arena);
    return code;
}

static const struct command commands[] = {
    {"run", "run", "follow the configured files and ship them, in the foreground", run_command},
    {"ship", "ship FILE...", "ship whole files (plain or .gz) and exit when Kafka has them all",
     ship_command},
    {"parse", "parse [FILE...]", "lines in, JSON records out; needs no service", parse_command},
    {"formats", "formats", "list the formats of lines", formats_command},
    {"check-config", "check-config", "print every problem of the configuration",
     config_command_check},
    {"print-config", "print-config", "print the configuration in force, secrets masked",
     config_command_print},
    {"help", "help [TOPIC]", "help by topic, also as pages of the manual", manual_command},
    {"complete", "complete LINE", "what may come at the end of a command line, for shells",
     complete_command},
    {0},
};

struct format_taker {
    value_taker *taker;
    void *arg;
};

static void take_format(void *arg, const struct parser_format *format)
{
    struct format_taker *each = arg;

    each->taker(each->arg, format->name, format->help);
}

static void each_format(value_taker *taker, void *arg)
{
    struct format_taker each = {taker, arg};

    parser_formats(take_format, &each);
}

static const struct value_source values[] = {
    {"format", each_format},
    {0},
};

static const struct program shipper = {
    .name = "shipper",
    .about = "Reads log files, parses them into ECS records, ships them to Kafka.",
    .commands = commands,
    .values = values,
    .manual = embedded_shipper_manual,
    .schema = &shipper_config_schema,
    .load = load,
};

int main(int argc, char **argv)
{
    log_setup("shipper", LEVEL_INFO, LOG_FORMAT_AUTO);
    return command_main(&shipper, argc, argv);
}
