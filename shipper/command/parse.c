/*
 * parse.c - `shipper parse`: lines in, JSON records out.
 *
 * The same stages as in pipeline.c, with standard output instead of an outbox.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config_command.h"
#include "common/file.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/options.h"
#include "common/record.h"
#include "shipper/agent_id.h"
#include "shipper/command/command.h"
#include "shipper/command/line_options.h"
#include "shipper/config.h"
#include "shipper/input/input.h"
#include "shipper/join/join.h"
#include "shipper/lines.h"
#include "shipper/stream.h"

#define OUTPUT_BYTES     (256u << 10)
#define OUTPUT_MAX       ((size_t)1 << 30)
#define ARENA_BLOCK      (16u << 10)
#define ARENA_MAX        (512u << 20)
#define RECORD_ROOM      4096 /* bytes that most records need fewer of */
#define HOST_LEN         256
#define LINE_MAX_DEFAULT (1u << 20)

struct printer {
    struct lines *lines;
    struct buf out;
    int error; /* errno of a failed write; 0 = none */
};

static bool write_out(struct printer *printer)
{
    if (!file_write_all(STDOUT_FILENO, buf_slice(&printer->out))) {
        printer->error = errno;
        return false;
    }
    buf_clear(&printer->out);
    return true;
}

/* lines_taker */
static bool print_line(void *arg, struct stream *stream, const struct event *event,
                       enum line_verdict verdict, struct record *record,
                       const struct position *after)
{
    struct printer *printer = arg;
    struct record_encoder *encoder = &printer->lines->encoder;
    uint64_t invalid = 0;
    char *room;
    size_t len;

    (void)stream;
    (void)event;
    (void)after;
    if (verdict == LINE_FILTERED || verdict == LINE_DROPPED || verdict == LINE_NOTHING)
        return true;
    room = buf_reserve(&printer->out, RECORD_ROOM);
    len = room ? record_encoder_try(encoder, record, room, RECORD_ROOM, &invalid) : 0;
    if (!len) {
        room = buf_reserve(&printer->out, record_encoder_bound(encoder, record) + 1);
        if (!room) {
            printer->error = ENOMEM;
            return false;
        }
        len = record_encoder_write(encoder, record, room, &invalid);
    }
    printer->out.len += len;
    buf_add_char(&printer->out, '\n');
    return printer->out.len < OUTPUT_BYTES || write_out(printer);
}

/* Reads all files through the stages. False: the output is gone. */
static bool parse_files(struct lines *lines, struct input *input, struct printer *printer)
{
    struct input_piece piece = {0};
    struct arena arena;
    struct record record;
    int64_t wake_ms;
    bool going = true;

    arena_init(&arena, ARENA_BLOCK, ARENA_MAX);
    record_init(&record, &arena);
    while (going && input->type->read(input, 0, &piece, &wake_ms) == OK) {
        going = lines_each(lines, &piece, &record, print_line, printer);
        input->type->done(input, &piece, false);
        /* A pipe that gives line by line shows each at once. */
        if (going && printer->out.len)
            going = write_out(printer);
    }
    arena_release(&arena);
    return going;
}

static int parse_with(struct shipper_config *config, const struct query *query)
{
    struct input_context context = {.config = config};
    struct lines lines = {0};
    struct printer printer = {.lines = &lines, .out = BUF_INIT(OUTPUT_MAX)};
    struct input *input = NULL;
    struct error err;
    int code = EXIT_DONE;

    if (lines_open(&lines, config, &config->inputs[0], &err) ||
        (query && lines_keep(&lines, query, &err)) ||
        input_whole.open(&context, &config->inputs[0], &input, &err)) {
        fprintf(stderr, "shipper parse: %s\n", err.text);
        code = err.status == REJECT ? EXIT_USAGE : EXIT_FAILED;
    } else if (!parse_files(&lines, input, &printer)) {
        if (printer.error != EPIPE)
            fprintf(stderr, "shipper parse: cannot write: %s\n", strerror(printer.error));
        code = EXIT_FAILED;
    } else if (metric_value(metrics_counter("shipper_files_failed_total", NULL, "")) > 0) {
        code = EXIT_FAILED;
    }
    input_whole.close(input);
    lines_close(&lines);
    buf_release(&printer.out);
    return code;
}

/* What `--config`, `--set` and `--input` say of how lines are processed. */
struct configured {
    const char *path, *input;
    struct option_list settings;
    struct config *holder;
    struct shipper_config *config; /* NULL: nothing was given */
};

/* The input called so, or of that number; NULL: there is none. */
static const struct input_config *find_input(const struct shipper_config *config, const char *name)
{
    char number[16];

    for (uint32_t i = 0; i < config->input_count; i++) {
        snprintf(number, sizeof(number), "%u", i);
        if (strcmp(name, number) == 0 ||
            (config->inputs[i].name && strcmp(name, config->inputs[i].name) == 0))
            return &config->inputs[i];
    }
    return NULL;
}

/* What the command line does not say is as the configuration's input has it. */
static void inherit(struct line_options *lines, const struct input_config *input)
{
    struct input_config *own = &lines->input;

    if (!own->format)
        own->format = input->format;
    if (!own->dataset)
        own->dataset = input->dataset;
    if (!own->timezone)
        own->timezone = input->timezone;
    if (!own->multiline)
        own->multiline = input->multiline;
    if (own->container == WRAP_NONE)
        own->container = input->container;
    own->keep_original = own->keep_original || input->keep_original;
    own->sample_percent = input->sample_percent;
    own->process = input->process;
}

/* False: *code is the exit code, and why is on stderr. */
static bool load_configured(const struct program *program, struct configured *configured,
                            struct line_options *lines, struct shipper_config *config, int *code)
{
    const struct input_config *input = NULL;

    if (configured->path || configured->settings.count) {
        if (!config_command_load(program, configured->path, &configured->settings,
                                 &configured->holder, (void **)&configured->config, code))
            return false;
        config->processing = configured->config->processing;
        if (!lines->formats)
            config->formats_dir = configured->config->formats_dir;
        if (!lines->plugins)
            config->plugins_dir = configured->config->plugins_dir;
        /* Ids and names as the agent's: so is what a sample takes. */
        config->host_name = configured->config->host_name;
        free(config->agent.id);
        config->agent.id = strdup(configured->config->agent.id);
        *code = EXIT_FAILED;
        if (!config->agent.id)
            return false;
    }
    *code = EXIT_USAGE;
    if (configured->input) {
        input = configured->config ? find_input(configured->config, configured->input) : NULL;
        if (!input) {
            fprintf(stderr, "shipper parse: there is no input '%s'%s\n", configured->input,
                    configured->config ? "; give its name, or its number from 0 on"
                                       : ": --input needs --config");
            return false;
        }
        inherit(lines, input);
    }
    lines->input.process.rate_limit = config->processing.rate_limit = NULL;
    if (!lines->input.format)
        lines->input.format = (char *)LINE_FORMAT_DEFAULT;
    return true;
}

/* The configuration of an agent that only parses. `host` holds HOST_LEN bytes. */
static enum status make_config(struct shipper_config *config, struct line_options *lines,
                               int64_t line_max, char *host, struct error *err)
{
    const char *agent_id = getenv("ALPEX_AGENT_ID"); /* as the agent's own configuration has it */

    if (line_max < 256 || line_max > (64 << 20))
        return error_set(err, REJECT, "--line-max is out of range; expected 256 to 67108864");
    gethostname(host, HOST_LEN - 1);
    *config = (struct shipper_config){.inputs = &lines->input,
                                      .input_count = 1,
                                      .formats_dir = (char *)lines->formats,
                                      .plugins_dir = (char *)lines->plugins,
                                      .line_max_bytes = (uint64_t)line_max,
                                      .host_name = host};
    config->agent.id = agent_id && *agent_id ? strdup(agent_id) : agent_id_of_machine(err);
    return config->agent.id ? OK : FATAL;
}

int parse_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Reads lines from files (plain, gzip or zstd) or standard input and prints one JSON record "
        "a\n"
        "line. A line that does not fit the format becomes a record with its text as message and\n"
        "the tag _parsefailure. 'shipper formats' lists what --format takes. With --config or "
        "--set\n"
        "the records are processed as the configuration says below processing, with --input also\n"
        "as that input's lines are.";
    static char *standard_input[] = {"-", NULL};
    struct line_options lines = LINE_OPTIONS_INIT;
    struct configured configured = {0};
    int64_t line_max = LINE_MAX_DEFAULT;
    const struct option_row rows[] = {
        LINE_OPTIONS(lines),
        CONFIG_OPTIONS(configured.path, configured.settings),
        {"input", 'i', "NAME", OPTION_TEXT, &configured.input,
         "read lines as this input of the configuration does: its name, or its number"},
        {"line-max", 0, "BYTES", OPTION_NUMBER, &line_max, "cut longer lines (1048576)"},
        {0}};
    char host[HOST_LEN] = "localhost", **files;
    struct shipper_config config;
    struct query *query;
    struct arena arena;
    struct error err;
    int code;

    lines.format = NULL;
    if (!command_begin(program, rows, help, argc, argv, &files, &code))
        return code;
    if (line_options_apply(&lines, files[0] ? files : standard_input, &err) ||
        make_config(&config, &lines, line_max, host, &err)) {
        fprintf(stderr, "shipper parse: %s; see 'shipper parse --help'\n", err.text);
        return err.status == REJECT ? EXIT_USAGE : EXIT_FAILED;
    }
    if (load_configured(program, &configured, &lines, &config, &code)) {
        code = line_options_query(&lines, &arena, &query) ? parse_with(&config, query) : EXIT_USAGE;
        arena_release(&arena);
    }
    free(config.agent.id);
    config_close(configured.holder);
    return code;
}
