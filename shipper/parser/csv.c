/*
 * csv.c - values separated by a delimiter, below a heading that names them.
 *
 * csv            the first line is the heading; its delimiter is found in it
 * tsv            the same with tabs; a quote that nothing closes is an ordinary byte
 * csv:a,b,c      columns given, in a line as the file would have it (csv:a;b;c)
 * csv:delimiter=^ quote=' a^b
 *                options before the columns, a blank behind each; tab, space and none are
 *                words for what cannot be written; without columns the file has a heading
 *
 * The heading may come again (files put together): it is no record. A line that
 * lacks columns, or has more than the heading, is tagged _columnmismatch; what is too
 * much is labels.column_N. Columns without a name are called so, too.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/columns.h"
#include "shipper/parser/csv_scan.h"
#include "shipper/parser/scan.h"

#define HEADING_MAX 65536 /* bytes of a heading that is remembered */

struct csv {
    struct parser base;
    struct line_clock clock;
    struct members members;
    struct csv_style style; /* delimiter '\0': as the heading has it */
    bool given;             /* the columns are in the argument */
    bool loose_quotes;
    struct csv_style now; /* of `heading` */
    struct buf heading;   /* that the columns are of */
    struct columns columns;
};

static void csv_close(struct parser *parser)
{
    struct csv *csv = (struct csv *)parser;

    if (!csv)
        return;
    line_clock_release(&csv->clock);
    columns_release(&csv->columns);
    buf_release(&csv->heading);
    free(csv);
}

static struct slice without_blanks(struct slice text)
{
    while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
        scan_skip(&text, 1);
    while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t' ||
                        text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

/* NULL, or why the line is no heading. */
static const char *read_heading(struct csv *csv, struct slice line)
{
    struct slice rest = line, name;
    enum csv_result result;

    columns_clear(&csv->columns);
    buf_clear(&csv->heading);
    buf_add_slice(&csv->heading, line);
    csv->now = csv->style;
    if (!csv->now.delimiter)
        csv->now.delimiter = csv_find_delimiter(line, csv->now.quote);
    do {
        result = csv_next(csv->now, &csv->columns.arena, &rest, &name);
        if (result == CSV_UNCLOSED || result == CSV_GARBAGE || csv->heading.failed)
            return "the line that should name the columns is none";
        if (!columns_add(&csv->columns, "", without_blanks(name)))
            return "the heading has too many columns";
    } while (result == CSV_VALUE);
    return NULL;
}

/* Is this what the columns were made from? */
static bool is_heading(const struct csv *csv, struct slice heading)
{
    return csv->heading.len && slice_equal(buf_slice(&csv->heading), heading);
}

static const char *put_values(struct csv *csv, struct slice line)
{
    struct members *members = &csv->members;
    struct slice rest = line, value;
    enum csv_result result;
    unsigned index = 0;

    do {
        struct slice before = rest;
        struct csv_style style = csv->now;

        result = csv_next(style, members->record->arena, &rest, &value);
        if ((result == CSV_UNCLOSED || result == CSV_GARBAGE) && csv->loose_quotes) {
            style.quote = '\0';
            rest = before;
            result = csv_next(style, members->record->arena, &rest, &value);
        }
        if (result == CSV_UNCLOSED)
            return "a quote is not closed";
        if (result == CSV_GARBAGE)
            return "something stands between a closing quote and the delimiter";
        if (!value.data)
            return "not enough memory for this line";
        columns_put(&csv->columns, index++, members, value);
    } while (result == CSV_VALUE);
    if (index == 1 && csv->columns.count > 1)
        return "the line has no columns";
    if ((index < csv->columns.named || index > csv->columns.count) &&
        !record_tag(members->record, "_columnmismatch"))
        members->no_memory = true;
    return members_finish(members);
}

static const char *csv_parse(struct parser *parser, struct slice line, struct parser_memory *memory,
                             struct record *record)
{
    struct csv *csv = (struct csv *)parser;
    const char *problem;

    scan_bom(&line);
    if (line.len == 0)
        return "the line is empty";
    if (!csv->given && !memory->heading.data) {
        if (line.len > HEADING_MAX)
            return "the line that should name the columns is too long";
        problem = read_heading(csv, line);
        memory->heading = line;
        memory->no_record = !problem;
        return problem;
    }
    if (!csv->given && !is_heading(csv, memory->heading)) {
        problem = read_heading(csv, memory->heading);
        if (problem)
            return problem;
    }
    if (is_heading(csv, line)) {
        memory->no_record = true;
        return NULL;
    }
    members_begin(&csv->members, record, &csv->clock, memory);
    csv->members.accumulate = true; /* a column that comes twice is a list */
    return put_values(csv, line);
}

static size_t csv_end(struct parser *parser, struct slice text)
{
    const struct csv *csv = (const struct csv *)parser;
    struct csv_style style = csv->now.delimiter ? csv->now : csv->style;
    const char *newline = text.len ? memchr(text.data, '\n', text.len) : NULL;
    struct slice line = {text.data, newline ? (size_t)(newline - text.data) : text.len};

    if (csv->loose_quotes) /* a quote may be an ordinary byte */
        return newline ? line.len + 1 : 0;
    if (!style.delimiter)
        style.delimiter = csv_find_delimiter(line, style.quote);
    return csv_record_end(style, text);
}

/* One character, or a word for one. */
static bool read_character(struct slice text, char *out)
{
    static const struct {
        struct slice word;
        char character;
    } words[] = {
        {SLICE("tab"), '\t'}, {SLICE("\\t"), '\t'}, {SLICE("space"), ' '}, {SLICE("none"), '\0'}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (slice_equal(words[i].word, text)) {
            *out = words[i].character;
            return true;
        }
    *out = text.len ? text.data[0] : '\0';
    return text.len == 1;
}

/* Takes `delimiter=; ` and `quote=' ` off the argument. */
static enum status read_options(struct csv *csv, struct slice *argument, struct error *err)
{
    for (;;) {
        struct slice name = SLICE("delimiter="), text;
        char *target = &csv->style.delimiter;

        if (!scan_begins(*argument, name)) {
            name = SLICE("quote=");
            target = &csv->style.quote;
            if (!scan_begins(*argument, name))
                return OK;
        }
        scan_skip(argument, name.len);
        text = scan_until(argument, ' ');
        scan_char(argument, ' ');
        if (!read_character(text, target) || (target == &csv->style.delimiter && !*target))
            return error_set(err, REJECT, "'%.*s%.*s': one character, tab or space is expected",
                             SLICE_FMT(name), SLICE_FMT(text));
    }
}

static enum status read_argument(struct csv *csv, struct slice argument, struct error *err)
{
    const char *problem;

    if (read_options(csv, &argument, err))
        return err->status;
    if (csv->style.delimiter && csv->style.delimiter == csv->style.quote)
        return error_set(err, REJECT, "delimiter and quote are the same");
    csv->given = argument.len > 0;
    if (!csv->given)
        return OK;
    problem = argument.len > HEADING_MAX ? "the columns are too long" : read_heading(csv, argument);
    return problem ? error_set(err, REJECT, "'%.*s': %s", SLICE_FMT(argument), problem) : OK;
}

static enum status csv_compile(const char *name, const char *argument,
                               const struct parser_options *options, struct parser **out,
                               struct error *err)
{
    struct csv *csv = calloc(1, sizeof(*csv));

    if (!csv)
        return error_set(err, FATAL, "out of memory");
    csv->style = (struct csv_style){'\0', '"'};
    csv->heading.max = HEADING_MAX;
    columns_init(&csv->columns);
    if (strcmp(name, "tsv") == 0) {
        csv->style.delimiter = '\t';
        csv->loose_quotes = true;
    }
    if (line_clock_init(&csv->clock, options, err) || read_argument(csv, slice_of(argument), err)) {
        csv_close(&csv->base);
        return err->status;
    }
    *out = &csv->base;
    return OK;
}

static const struct parser_format formats[] = {
    {"csv", "csv.log", "values below a heading, separated by , ; tab or |"},
    {"tsv", "tsv.log", "the same with tabs"},
    {"csv:", "csv.log", "the same with the columns given: csv:time,level,message"},
    {0},
};

const struct parser_type parser_csv = {
    .formats = formats,
    .compile = csv_compile,
    .parse = csv_parse,
    .close = csv_close,
    .record_end = csv_end,
};
