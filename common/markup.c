/*
 * markup.c - Markdown into blocks, and lines into bytes with marks.
 */
#include "common/markup.h"

#include <string.h>

#define PARAGRAPH_MAX (64u << 10)
#define MARKS         "\\`*|"

struct blocks {
    const struct markup_writer *writer;
    struct buf text;   /* of the block under way, its lines joined */
    struct slice term; /* of an item */
    bool item, fenced, example;
};

static struct slice trimmed(struct slice line)
{
    while (line.len && (line.data[0] == ' ' || line.data[0] == '\t')) {
        line.data++;
        line.len--;
    }
    while (line.len && line.data[line.len - 1] == ' ')
        line.len--;
    return line;
}

static bool begins_with(struct slice line, const char *text)
{
    size_t len = strlen(text);

    return line.len >= len && memcmp(line.data, text, len) == 0;
}

static struct slice behind(struct slice line, size_t len)
{
    return trimmed((struct slice){line.data + len, line.len - len});
}

/* Ends the paragraph, item or example under way. */
static void end_block(struct blocks *blocks)
{
    if (blocks->example)
        blocks->writer->example_end(blocks->writer);
    if (blocks->item)
        blocks->writer->item(blocks->writer, blocks->term, buf_slice(&blocks->text));
    else if (blocks->text.len)
        blocks->writer->paragraph(blocks->writer, buf_slice(&blocks->text));
    buf_clear(&blocks->text);
    blocks->item = blocks->example = false;
    blocks->term = (struct slice){"", 0};
}

static void add_text(struct blocks *blocks, struct slice line)
{
    if (blocks->text.len)
        buf_add_char(&blocks->text, ' ');
    buf_add_slice(&blocks->text, line);
}

static void read_example(struct blocks *blocks, struct slice line)
{
    if (!blocks->example) {
        end_block(blocks);
        blocks->writer->example_begin(blocks->writer);
        blocks->example = true;
    }
    blocks->writer->example(blocks->writer, line);
}

static void begin_item(struct blocks *blocks, struct slice term, struct slice text)
{
    end_block(blocks);
    blocks->item = true;
    blocks->term = term;
    add_text(blocks, text);
}

/* The end of a cell: a "|" that is no text. */
static size_t cell_end(struct slice row)
{
    bool code = false;

    for (size_t i = 0; i < row.len; i++) {
        code ^= row.data[i] == '`';
        if (row.data[i] == '\\')
            i++;
        else if (row.data[i] == '|' && !code)
            return i;
    }
    return row.len;
}

/* "| term | text |"; the rows above the text's are left out: "| | |" and "|---|---|". */
static void read_row(struct blocks *blocks, struct slice line)
{
    struct slice term, row = {line.data + 1, line.len - 1};
    size_t end = cell_end(row);

    term = trimmed((struct slice){row.data, end});
    if (end == row.len || term.len == 0 || begins_with(term, "--"))
        return;
    row = behind(row, end + 1);
    row.len = cell_end(row);
    begin_item(blocks, term, trimmed(row));
}

static void read_heading(struct blocks *blocks, struct slice line)
{
    int level = 0;

    end_block(blocks);
    while (line.len && line.data[0] == '#') {
        line = (struct slice){line.data + 1, line.len - 1};
        level++;
    }
    if (level > 1) /* the first is the page's title */
        blocks->writer->heading(blocks->writer, level, trimmed(line));
}

static void read_line(struct blocks *blocks, struct slice line, struct slice next)
{
    struct slice text = trimmed(line);

    if (begins_with(text, "```")) {
        end_block(blocks);
        blocks->fenced = !blocks->fenced;
    } else if (blocks->fenced) {
        read_example(blocks, line);
    } else if (text.len == 0) {
        end_block(blocks);
    } else if (begins_with(line, "    ") && !blocks->text.len) {
        read_example(blocks, (struct slice){line.data + 4, line.len - 4});
    } else if (line.data[0] == '#') {
        read_heading(blocks, line);
    } else if (line.data[0] == '|') {
        read_row(blocks, line);
    } else if (begins_with(line, "- ")) {
        begin_item(blocks, (struct slice){"", 0}, behind(line, 2));
    } else if (begins_with(next, ": ")) {
        begin_item(blocks, text, (struct slice){"", 0});
    } else if (begins_with(line, ": ")) {
        add_text(blocks, behind(line, 2));
    } else if (!begins_with(text, "<!--")) {
        add_text(blocks, text);
    }
}

static struct slice take_line(struct slice *text)
{
    const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
    struct slice line = {text->data, end ? (size_t)(end - text->data) : text->len};
    size_t used = line.len + (end != NULL);

    *text = (struct slice){text->data + used, text->len - used};
    return line;
}

void markup_each(struct slice text, const struct markup_writer *writer)
{
    struct blocks blocks = {.writer = writer, .text = BUF_INIT(PARAGRAPH_MAX), .term = {"", 0}};

    while (text.len) {
        struct slice line = take_line(&text);

        read_line(&blocks, line, text);
    }
    end_block(&blocks);
    buf_release(&blocks.text);
}

bool markup_next(struct markup_reader *reader, char *byte)
{
    while (reader->rest.len) {
        char c = *reader->rest.data++;

        reader->rest.len--;
        if (c == '`') {
            reader->code = !reader->code;
        } else if (c == '*' && !reader->code) {
            if (reader->rest.len && reader->rest.data[0] == '*') {
                reader->bold = !reader->bold;
                reader->rest.data++;
                reader->rest.len--;
            } else {
                reader->emphasis = !reader->emphasis;
            }
        } else {
            if (c == '\\' && !reader->code && reader->rest.len &&
                strchr(MARKS, reader->rest.data[0])) {
                c = *reader->rest.data++;
                reader->rest.len--;
            }
            *byte = c;
            return true;
        }
    }
    return false;
}

void markup_escape(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (strchr(MARKS, *text))
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
}
