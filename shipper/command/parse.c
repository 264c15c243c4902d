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

#include "common/log.h"
#include "common/metrics.h"
#include "common/options.h"
#include "common/query_command.h"
#include "common/record.h"
#include "shipper/agent_id.h"
#include "shipper/command/command.h"
#include "shipper/config.h"
#include "shipper/input/input.h"
#include "shipper/join/join.h"
#include "shipper/lines.h"
#include "shipper/stream.h"

#define OUTPUT_BYTES     (256u << 10)
#define OUTPUT_MAX       ((size_t)1 << 30)
#define ARENA_BLOCK      (16u << 10)
#define ARENA_MAX        (512u << 20)
#define QUERY_BLOCK      (16u << 10)
#define LINE_MAX_DEFAULT (1u << 20)

struct printer {
    struct buf out;
    int error; /* errno of a failed write; 0 = none */
};

static bool write_out(struct printer *printer)
{
    const char *p = printer->out.data, *end = p + printer->out.len;

    while (p < end) {
        ssize_t n = write(STDOUT_FILENO, p, (size_t)(end - p));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            printer->error = errno;
            return false;
        }
        p += n;
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
    uint64_t invalid = 0;
    char *room;

    (void)stream;
    (void)event;
    (void)after;
    if (verdict == LINE_FILTERED || verdict == LINE_NOTHING)
        return true;
    room = buf_reserve(&printer->out, record_encode_bound(record) + 1);
    if (!room) {
        printer->error = ENOMEM;
        return false;
    }
    printer->out.len += record_encode(record, room, &invalid);
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
    struct printer printer = {.out = BUF_INIT(OUTPUT_MAX)};
    struct lines lines = {0};
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

static int usage(const struct error *err)
{
    fprintf(stderr, "shipper parse: %s; see 'shipper parse --help'\n", err->text);
    return EXIT_USAGE;
}

int parse_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Reads lines from files (plain or gzip) or standard input and prints one JSON record a\n"
        "line. A line that does not fit the format becomes a record with its text as message and\n"
        "the tag _parsefailure.";
    static char *standard_input[] = {"-", NULL};
    const char *format = "apache-combined", *dataset = NULL, *query_text = NULL, *timezone = NULL,
               *formats_dir = NULL, *container = "none", *multiline = NULL;
    struct multiline_config joining = {0};
    struct query_context context = query_command_context();
    struct query *query = NULL;
    struct arena arena;
    int code;
    bool keep_original = false;
    int64_t line_max = LINE_MAX_DEFAULT;
    const struct option_row rows[] = {
        {"format", 'f', "NAME", OPTION_TEXT, &format, "format of the lines (apache-combined)"},
        {"dataset", 'd', "NAME", OPTION_TEXT, &dataset, "event.dataset (from the format)"},
        {"timezone", 'z', "ZONE", OPTION_TEXT, &timezone,
         "of times without an offset, e.g. Europe/Berlin or +02:00 (UTC)"},
        {"formats", 0, "FOLDER", OPTION_TEXT, &formats_dir, "custom formats, a YAML file each"},
        {"container", 0, "KIND", OPTION_TEXT, &container,
         "lines that a container runtime wrapped: auto, cri, docker"},
        {"multiline", 'm', "TYPE", OPTION_TEXT, &multiline,
         "events of several lines: traces, indent, or a pattern that begins an event"},
        {"query", 'q', "QUERY", OPTION_TEXT, &query_text,
         "print only what it finds, e.g. 'status:5xx and not path:/health*'"},
        {"keep-original", 0, NULL, OPTION_FLAG, &keep_original,
         "event.original also for lines that were understood"},
        {"line-max", 0, "BYTES", OPTION_NUMBER, &line_max, "cut longer lines (1048576)"},
        {0}};
    struct input_config input = {.type = "whole"};
    struct shipper_config config = {.inputs = &input, .input_count = 1};
    char host[256] = "localhost", **files;
    const char *agent_id;
    struct error err;

    if (!command_begin(program, rows, help, argc, argv, &files, &code))
        return code;
    if (line_max < 256 || line_max > (64 << 20)) {
        error_set(&err, REJECT, "--line-max is out of range; expected 256 to 67108864");
        return usage(&err);
    }
    if (!wrapping_find(container, &input.container)) {
        error_set(&err, REJECT, "unknown container '%s'; expected none, auto, cri or docker",
                  container);
        return usage(&err);
    }
    if (multiline) {
        if (join_type_exists(multiline))
            joining.type = (char *)multiline;
        else
            joining.start = (char *)multiline;
        input.multiline = &joining;
    }
    gethostname(host, sizeof(host) - 1);
    input.paths = files[0] ? files : standard_input;
    while (input.paths[input.path_count])
        input.path_count++;
    input.format = (char *)format;
    input.dataset = (char *)dataset;
    input.timezone = (char *)timezone;
    config.formats_dir = (char *)formats_dir;
    input.keep_original = keep_original;
    config.line_max_bytes = (uint64_t)line_max;
    config.host_name = host;
    agent_id = getenv("ALPEX_AGENT_ID"); /* as the agent's own configuration would have it */
    config.agent.id = agent_id && *agent_id ? strdup(agent_id) : agent_id_of_machine(&err);
    if (!config.agent.id) {
        fprintf(stderr, "shipper parse: %s\n", err.text);
        return EXIT_FAILED;
    }
    arena_init(&arena, QUERY_BLOCK, QUERY_ARENA_BYTES);
    code = EXIT_USAGE;
    if (!query_text || query_command_parse(&arena, query_text, &context, &query))
        code = parse_with(&config, query);
    free(config.agent.id);
    arena_release(&arena);
    return code;
}
