/*
 * w3c.c - the W3C's extended log file format: IIS, CloudFront, Exchange, proxies.
 *
 *     #Software: Microsoft Internet Information Services 10.0
 *     #Date: 2026-11-21 12:00:00
 *     #Fields: date time c-ip cs-method cs-uri-stem sc-status
 *     2026-11-21 12:00:00 192.0.2.1 GET /index.html 200
 *
 * Source: W3C working draft WD-logfile-960323; Microsoft's and Amazon's documentation of what
 * they write. #Fields may change within a file; with #Date it is what a stream remembers as its
 * heading. Times are UTC. Values are separated by blanks, CloudFront's by tabs, Exchange's by
 * commas. IIS writes + for a blank in user agents, CloudFront %20. Unknown fields are labels.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>
#include <strings.h>

#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/columns.h"
#include "shipper/parser/csv_scan.h"
#include "shipper/parser/scan.h"

#define HEADING_MAX 65536
#define DATE_LEN    10 /* 2026-11-21 */

struct w3c {
    struct parser base;
    struct line_clock clock;
    struct members members;
    struct columns columns;
    struct buf heading; /* that the columns are of */
    struct buf next;    /* one that is being put together */
    struct slice date;  /* of the heading; empty: none */
    bool commas;        /* Exchange */
    bool percents;      /* CloudFront: texts are percent-encoded */
    unsigned agent;     /* the column of cs(User-Agent); COLUMNS_MAX: none */
};

/* What a stream remembers: the date of #Date, a newline, the names of #Fields. */
struct heading {
    struct slice date, fields;
};

static void w3c_close(struct parser *parser)
{
    struct w3c *w3c = (struct w3c *)parser;

    if (!w3c)
        return;
    line_clock_release(&w3c->clock);
    columns_release(&w3c->columns);
    buf_release(&w3c->heading);
    buf_release(&w3c->next);
    free(w3c);
}

static enum status w3c_compile(const char *name, const char *argument,
                               const struct parser_options *options, struct parser **out,
                               struct error *err)
{
    const struct parser_options utc = {.formats_dir = options->formats_dir};
    struct w3c *w3c = calloc(1, sizeof(*w3c));

    (void)name;
    (void)argument;
    if (!w3c)
        return error_set(err, FATAL, "out of memory");
    w3c->heading.max = w3c->next.max = HEADING_MAX;
    columns_init(&w3c->columns);
    if (line_clock_init(&w3c->clock, &utc, err)) {
        w3c_close(&w3c->base);
        return err->status;
    }
    *out = &w3c->base;
    return OK;
}

static struct heading split_heading(struct slice text)
{
    struct heading heading;

    heading.date = scan_until(&text, '\n');
    scan_char(&text, '\n');
    heading.fields = text;
    return heading;
}

/* Does `line` begin with `#Name:`? Takes that and blanks. */
static bool take_directive(struct slice *line, const char *name)
{
    size_t len = strlen(name);

    if (line->len <= len || strncasecmp(line->data, name, len) != 0)
        return false;
    scan_skip(line, len);
    while (line->len && (line->data[0] == ' ' || line->data[0] == '\t' || line->data[0] == ','))
        scan_skip(line, 1);
    return true;
}

/* A line that begins with #: no record. NULL, or why not. */
static const char *read_directive(struct w3c *w3c, struct slice line, struct parser_memory *memory)
{
    struct heading heading = split_heading(memory->heading.len ? memory->heading : SLICE("\n"));

    memory->no_record = true;
    if (take_directive(&line, "#Date:")) {
        heading.date = line;
        if (heading.date.len > DATE_LEN)
            heading.date.len = DATE_LEN;
    } else if (take_directive(&line, "#Fields:")) {
        heading.fields = line;
    } else {
        return NULL;
    }
    buf_clear(&w3c->next);
    buf_add_slice(&w3c->next, heading.date);
    buf_add_char(&w3c->next, '\n');
    buf_add_slice(&w3c->next, heading.fields);
    if (w3c->next.failed) {
        memory->no_record = false;
        return "the line that names the fields is too long";
    }
    memory->heading = buf_slice(&w3c->next);
    return NULL;
}

static bool slice_has(struct slice text, const char *part)
{
    return memmem(text.data, text.len, part, strlen(part)) != NULL;
}

static bool add_column(struct w3c *w3c, struct slice name)
{
    if (name.len == 14 && strncasecmp(name.data, "cs(User-Agent)", 14) == 0)
        w3c->agent = w3c->columns.count;
    return columns_add(&w3c->columns, "w3c:", name);
}

/* NULL, or why these are no columns. */
static const char *read_heading(struct w3c *w3c, struct slice text)
{
    struct heading heading;
    struct slice name;

    columns_clear(&w3c->columns);
    buf_clear(&w3c->heading);
    buf_add_slice(&w3c->heading, text);
    heading = split_heading(buf_slice(&w3c->heading));
    if (w3c->heading.failed || heading.fields.len == 0)
        return "no #Fields have come yet";
    w3c->date = heading.date;
    w3c->agent = COLUMNS_MAX;
    w3c->percents = slice_has(heading.fields, "x-edge-");
    w3c->commas = slice_has(heading.fields, ",") && !slice_has(heading.fields, " ");
    while (heading.fields.len) {
        size_t len = 0;

        while (len < heading.fields.len &&
               !strchr(w3c->commas ? "," : " \t", heading.fields.data[len]))
            len++;
        name = (struct slice){heading.fields.data, len};
        scan_skip(&heading.fields, len + (len < heading.fields.len));
        if (name.len && !add_column(w3c, name))
            return "there are too many #Fields";
    }
    return NULL;
}

/* IIS: + is a blank, and ++ a blank before what was a plus: `; +http://`. */
static struct slice without_plus(struct members *members, struct slice text)
{
    char *room;

    if (!memchr(text.data, '+', text.len) || memchr(text.data, ' ', text.len))
        return text;
    room = arena_bytes(members->record->arena, text.len);
    if (!room)
        return text;
    for (size_t i = 0; i < text.len; i++)
        room[i] = text.data[i] != '+' || (i && text.data[i - 1] == '+') ? text.data[i] : ' ';
    return (struct slice){room, text.len};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %20 and, as CloudFront used to write it, %2520: twice, while there is no blank. */
static struct slice without_percents(struct members *members, struct slice text)
{
    for (int round = 0; round < 2 && memchr(text.data, '%', text.len); round++) {
        char *room = arena_bytes(members->record->arena, text.len), *p = room;

        if (!room || (round && memchr(text.data, ' ', text.len)))
            return text;
        for (size_t i = 0; i < text.len; i++) {
            int high = text.data[i] == '%' && text.len - i > 2 ? hex_digit(text.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;

            *p++ = low >= 0 ? (char)(high * 16 + low) : text.data[i];
            i += low >= 0 ? 2 : 0;
        }
        text = (struct slice){room, (size_t)(p - room)};
        arena_trim(members->record->arena, room, text.len);
    }
    return text;
}

static void put_value(struct w3c *w3c, unsigned index, struct slice text)
{
    if (index == w3c->agent && text.len)
        text = w3c->percents ? without_percents(&w3c->members, text)
                             : without_plus(&w3c->members, text);
    columns_put(&w3c->columns, index, &w3c->members, text);
}

static struct csv_style style_of(const struct w3c *w3c, struct slice line)
{
    if (w3c->commas)
        return (struct csv_style){',', '"'};
    return memchr(line.data, '\t', line.len) ? (struct csv_style){'\t', '\0'}
                                             : (struct csv_style){' ', '"'};
}

static const char *put_values(struct w3c *w3c, struct slice line)
{
    struct members *members = &w3c->members;
    const struct csv_style style = style_of(w3c, line), plain = {style.delimiter, '\0'};
    struct slice rest = line, before, value;
    enum csv_result result;
    unsigned index = 0;

    do {
        before = rest;
        result = csv_next(style, members->record->arena, &rest, &value);
        if (result == CSV_UNCLOSED || result == CSV_GARBAGE) { /* an ordinary quote */
            rest = before;
            result = csv_next(plain, members->record->arena, &rest, &value);
        }
        if (!value.data)
            return "not enough memory for this line";
        if (value.len == 0 && style.delimiter == ' ')
            continue; /* several blanks */
        put_value(w3c, index++, value);
    } while (result == CSV_VALUE);
    if (index < w3c->columns.count)
        return "the line has fewer values than #Fields";
    if (index > w3c->columns.count && !record_tag(members->record, "_columnmismatch"))
        members->no_memory = true;
    return NULL;
}

static const char *w3c_parse(struct parser *parser, struct slice line, struct parser_memory *memory,
                             struct record *record)
{
    struct w3c *w3c = (struct w3c *)parser;
    const char *problem;

    scan_bom(&line);
    if (line.len == 0)
        return "the line is empty";
    if (line.data[0] == '#')
        return read_directive(w3c, line, memory);
    if (!memory->heading.len)
        return "no #Fields have come yet";
    if (!slice_equal(buf_slice(&w3c->heading), memory->heading)) {
        problem = read_heading(w3c, memory->heading);
        if (problem)
            return problem;
    }
    if (w3c->columns.count == 0)
        return "no #Fields have come yet";
    members_begin(&w3c->members, record, &w3c->clock, memory);
    w3c->members.accumulate = w3c->members.utc = true;
    problem = put_values(w3c, line);
    if (problem)
        return problem;
    if (w3c->date.len && !w3c->members.date.name.data && w3c->members.hour.name.data)
        w3c->members.date =
            (struct member){.name = SLICE("date"), .text = w3c->date, .kind = MEMBER_TEXT};
    problem = members_finish(&w3c->members);
    if (json_plain_len(line) == line.len)
        record_mark_plain(record, line);
    return problem;
}

static const struct parser_format formats[] = {
    {"w3c", "w3c.access", "W3C's extended log format: IIS, CloudFront, Exchange"},
    {0},
};

const struct parser_type parser_w3c = {
    .formats = formats,
    .compile = w3c_compile,
    .parse = w3c_parse,
    .close = w3c_close,
};
