/*
 * regex.c - `regex:` and `grok:` with a pattern as argument.
 *
 *     regex:^(?<source__ip>\S+) (?<status:int>\d{3}) (?<message>.*)
 *     grok:%{IPORHOST:source.address} %{INT:status} %{GREEDYDATA:message}
 *
 * The pattern is searched in the line; it says itself where it is to begin and end.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "shipper/parser/line_time.h"
#include "shipper/parser/matcher.h"

struct regex {
    struct parser base;
    struct matcher *matcher;
    struct line_clock clock;
    const struct parser_memory *memory; /* of the line that is being parsed */
    uint64_t serial;
};

static const struct parser_format formats[] = {
    {"regex:", "generic", "PCRE2 with named groups, e.g. regex:^(?<level>[A-Z]+) (?<message>.*)"},
    {"grok:", "generic", "grok, e.g. grok:%{TIMESTAMP_ISO8601:timestamp} %{GREEDYDATA:message}"},
    {0},
};

static void regex_close(struct parser *parser)
{
    struct regex *regex = (struct regex *)parser;

    if (!regex)
        return;
    matcher_close(regex->matcher);
    line_clock_release(&regex->clock);
    free(regex);
}

static enum status open_matcher(struct regex *regex, bool is_grok, const char *pattern,
                                const struct parser_options *options, struct error *err)
{
    struct grok_library *library = NULL;
    struct matcher_options how = {0};
    enum status status = OK;

    if (*pattern == '\0')
        return error_set(err, REJECT, "the pattern is missing");
    if (is_grok)
        status = grok_library_open(options->formats_dir, &library, err);
    how.library = library;
    if (status == OK)
        status = matcher_open(slice_of(pattern), &how, &regex->matcher, err);
    grok_library_close(library);
    return status;
}

static enum status regex_compile(const char *name, const char *argument,
                                 const struct parser_options *options, struct parser **out,
                                 struct error *err)
{
    struct regex *regex = calloc(1, sizeof(*regex));
    struct error unused;
    enum status status;

    err = err ? err : &unused;
    if (!regex)
        return error_set(err, FATAL, "out of memory");
    status = line_clock_init(&regex->clock, options, err);
    if (status == OK) {
        status = open_matcher(regex, *name == 'g', argument, options, err);
        if (status != OK)
            error_prefix(err, "%.*s", (int)strlen(name) - 1, name);
    }
    if (status != OK) {
        regex_close(&regex->base);
        return status;
    }
    *out = &regex->base;
    return OK;
}

static enum timestamp_result read_time(void *arg, const struct time_formats *format,
                                       struct slice text, struct timestamp *out)
{
    const struct regex *regex = arg;
    const struct timestamp_hints hints = line_clock_hints(&regex->clock, regex->memory);
    struct timestamp_found found;
    enum timestamp_result result = timestamp_read(text, &hints, &found);

    (void)format; /* patterns alone cannot give one */
    if (result == TIMESTAMP_FOUND)
        *out = found.time;
    return result;
}

static const char *regex_parse(struct parser *parser, struct slice line,
                               struct parser_memory *memory, struct record *record)
{
    struct regex *regex = (struct regex *)parser;
    struct capture_line captures = {
        .record = record, .serial = ++regex->serial, .read_time = read_time, .arg = regex};
    bool fits;

    regex->memory = memory;
    return matcher_parse(regex->matcher, line, &captures, &fits);
}

const struct parser_type parser_regex = {
    .formats = formats,
    .compile = regex_compile,
    .parse = regex_parse,
    .close = regex_close,
};
