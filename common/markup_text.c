/*
 * markup_text.c - Markdown for a terminal.
 */
#include "common/markup.h"

#include <string.h>

#define WIDTH          80
#define INDENT         2
#define EXAMPLE_INDENT 4
#define ITEM_INDENT    6

#define LINE_MAX_BYTES (1u << 20)

#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

/* Marks become escape sequences, or nothing. */
static void mark(struct slice text, bool colour, struct buf *out)
{
    struct markup_reader reader = {.rest = text};
    bool bold = false, wanted;
    char c;

    while (markup_next(&reader, &c)) {
        wanted = colour && (reader.code || reader.bold || reader.emphasis);
        if (wanted != bold)
            buf_add_text(out, wanted ? BOLD : PLAIN);
        bold = wanted;
        buf_add_char(out, c);
    }
    if (bold)
        buf_add_text(out, PLAIN);
}

/* Columns of a word: escape sequences and the rest of a character take none. */
static size_t width_of(struct slice word)
{
    size_t columns = 0;

    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] == '\033')
            while (i < word.len && word.data[i] != 'm')
                i++;
        else
            columns += ((unsigned char)word.data[i] & 0xc0) != 0x80;
    }
    return columns;
}

static void add_blanks(struct buf *out, size_t count)
{
    while (count--)
        buf_add_char(out, ' ');
}

/* Breaks between words; the first line is at `column` already. */
static void wrap(struct slice text, size_t column, size_t left, struct buf *out)
{
    const char *p = text.data, *end = p + text.len;
    bool first = true;

    while (p < end) {
        const char *blank = memchr(p, ' ', (size_t)(end - p));
        struct slice word = {p, (size_t)((blank ? blank : end) - p)};
        size_t width = width_of(word);

        if (!first && column + 1 + width > WIDTH) {
            buf_add_char(out, '\n');
            add_blanks(out, left);
            column = left;
        } else if (!first) {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add_slice(out, word);
        column += width;
        first = false;
        p = blank ? blank + 1 : end;
    }
    buf_add_char(out, '\n');
}

static void add_wrapped(const struct markup_writer *writer, struct slice text, size_t left)
{
    scoped_buf struct buf marked = BUF_INIT(LINE_MAX_BYTES);

    mark(text, writer->colour, &marked);
    add_blanks(writer->out, left);
    wrap(buf_slice(&marked), left, left, writer->out);
}

static void heading(const struct markup_writer *writer, int level, struct slice text)
{
    struct buf *out = writer->out;

    buf_add_text(out, out->len ? "\n" : "");
    add_blanks(out, level == 2 ? 0 : 1);
    buf_add_text(out, writer->colour ? BOLD : "");
    mark(text, false, out);
    buf_add_text(out, writer->colour ? PLAIN "\n" : "\n");
}

/* Blanks that the last line begins with. */
static size_t last_indent(const struct buf *out)
{
    size_t line = out->len ? out->len - 1 : 0, count = 0;

    while (line && out->data[line - 1] != '\n')
        line--;
    while (line + count < out->len && out->data[line + count] == ' ')
        count++;
    return count;
}

/* Blocks are set apart by an empty line, but not from a heading above. */
static void set_apart(const struct markup_writer *writer)
{
    if (last_indent(writer->out) >= INDENT)
        buf_add_char(writer->out, '\n');
}

static void paragraph(const struct markup_writer *writer, struct slice text)
{
    set_apart(writer);
    add_wrapped(writer, text, INDENT);
}

static void item(const struct markup_writer *writer, struct slice term, struct slice text)
{
    scoped_buf struct buf marked = BUF_INIT(LINE_MAX_BYTES);

    if (last_indent(writer->out) != ITEM_INDENT) /* items stand close together */
        set_apart(writer);
    if (term.len) {
        add_wrapped(writer, term, INDENT);
        add_wrapped(writer, text, ITEM_INDENT);
        return;
    }
    mark(text, writer->colour, &marked);
    add_blanks(writer->out, INDENT);
    buf_add_text(writer->out, "- ");
    wrap(buf_slice(&marked), INDENT + 2, INDENT + 2, writer->out);
}

static void example(const struct markup_writer *writer, struct slice line)
{
    add_blanks(writer->out, line.len ? EXAMPLE_INDENT : 0);
    buf_add_slice(writer->out, line);
    buf_add_char(writer->out, '\n');
}

static void example_end(const struct markup_writer *writer)
{
    (void)writer;
}

void markup_text(struct slice text, bool colour, struct buf *out)
{
    const struct markup_writer writer = {heading, paragraph,   item, set_apart,
                                         example, example_end, out,  colour};

    markup_each(text, &writer);
}
