/*
 * markup_man.c - Markdown as a page of the manual, in the macros of man(7).
 */
#include "common/markup.h"

#include <ctype.h>
#include <string.h>

#include "common/version.h"

#define SOURCE_WIDTH 78 /* of the page's text, for those who read it */
#define TEXT_MAX     (1u << 20)

/* One byte of text; signs that typesetting would change are named. */
static void add_byte(struct buf *out, char c)
{
    static const char signs[] = "\\-'^~`";
    static const char *const names[] = {"\\e", "\\-", "\\(aq", "\\(ha", "\\(ti", "\\(ga"};
    const char *found = c ? strchr(signs, c) : NULL;

    if (found)
        buf_add_text(out, names[found - signs]);
    else
        buf_add_char(out, c);
}

/* One character beyond ASCII, which begins with `first`: by its number, for any encoding. */
static void add_character(struct buf *out, unsigned char first, struct markup_reader *reader)
{
    uint32_t code = first >= 0xf0 ? first & 7 : first >= 0xe0 ? first & 15 : first & 31;
    char c;

    while (reader->rest.len && ((unsigned char)reader->rest.data[0] & 0xc0) == 0x80 &&
           markup_next(reader, &c))
        code = code << 6 | ((unsigned char)c & 0x3f);
    buf_addf(out, "\\[u%04X]", (unsigned)code);
}

static char font_of(const struct markup_reader *reader)
{
    return reader->code || reader->bold ? 'B' : reader->emphasis ? 'I' : 'R';
}

/* Signs at the beginning of a line that would make it a macro. */
static void begin_line(struct slice text, struct buf *out)
{
    if (text.len && strchr(".'", text.data[0]))
        buf_add_text(out, "\\&");
}

static void typeset(struct buf *out, struct slice text, bool upper)
{
    struct markup_reader reader = {.rest = text};
    char c, font = 'R';

    while (markup_next(&reader, &c)) {
        if (font != font_of(&reader))
            buf_addf(out, "\\f%c", font = font_of(&reader));
        if ((unsigned char)c >= 0xc0)
            add_character(out, (unsigned char)c, &reader);
        else
            add_byte(out, upper ? (char)toupper((unsigned char)c) : c);
    }
    if (font != 'R')
        buf_add_text(out, "\\fR");
}

/* One line, which a heading and a term must be. */
static void add_line(struct buf *out, struct slice text, bool upper)
{
    begin_line(text, out);
    typeset(out, text, upper);
    buf_add_char(out, '\n');
}

static void add_text(struct buf *out, struct slice text)
{
    scoped_buf struct buf all = BUF_INIT(TEXT_MAX);
    size_t column = 0, at = 0, len;
    struct slice word;

    typeset(&all, text, false);
    for (; at < all.len; at += len) {
        word = (struct slice){all.data + at, all.len - at};
        len = strspn(buf_str(&all) + at, " ");
        len += strcspn(all.data + at + len, " ");
        word.len = len;
        if (column && column + len > SOURCE_WIDTH) {
            buf_add_char(out, '\n');
            column = 0;
        }
        if (column == 0 && word.data[0] == ' ')
            word = (struct slice){word.data + 1, word.len - 1};
        if (column == 0)
            begin_line(word, out);
        buf_add_slice(out, word);
        column += word.len;
    }
    buf_add_char(out, '\n');
}

/* A paragraph begins anyway behind a heading. */
static void begin_paragraph(struct buf *out)
{
    size_t line = out->len ? out->len - 1 : 0;

    while (line && out->data[line - 1] != '\n')
        line--;
    if (out->len < line + 2 || memcmp(out->data + line, ".S", 2) != 0)
        buf_add_text(out, ".PP\n");
}

static void heading(const struct markup_writer *writer, int level, struct slice text)
{
    buf_add_text(writer->out, level == 2 ? ".SH " : ".SS ");
    add_line(writer->out, text, level == 2);
}

static void paragraph(const struct markup_writer *writer, struct slice text)
{
    begin_paragraph(writer->out);
    add_text(writer->out, text);
}

static void item(const struct markup_writer *writer, struct slice term, struct slice text)
{
    if (term.len) {
        buf_add_text(writer->out, ".TP\n");
        add_line(writer->out, term, false);
    } else {
        buf_add_text(writer->out, ".IP \\(bu 2\n");
    }
    add_text(writer->out, text);
}

static void example_begin(const struct markup_writer *writer)
{
    begin_paragraph(writer->out);
    buf_add_text(writer->out, ".RS 4\n.nf\n");
}

/* No marks in examples. */
static void example(const struct markup_writer *writer, struct slice line)
{
    struct buf *out = writer->out;
    struct markup_reader reader = {.rest = {line.data, 0}};

    if (line.len && strchr(".'", line.data[0]))
        buf_add_text(out, "\\&");
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.data[i];

        if (c >= 0xc0) {
            reader.rest = (struct slice){line.data + i + 1, line.len - i - 1};
            add_character(out, c, &reader);
            i = (size_t)(reader.rest.data - line.data) - 1;
        } else {
            add_byte(out, (char)c);
        }
    }
    buf_add_char(out, '\n');
}

static void example_end(const struct markup_writer *writer)
{
    buf_add_text(writer->out, ".fi\n.RE\n");
}

void markup_man(const char *page, int section, struct slice text, struct buf *out)
{
    const struct markup_writer writer = {heading, paragraph,   item,      example_begin,
                                         example, example_end, .out = out};

    buf_add_text(out, ".TH ");
    for (const char *p = page; *p; p++)
        add_byte(out, (char)toupper((unsigned char)*p));
    buf_addf(out, " %d %s \"ALPEX %s\"\n.nh\n.ad l\n", section, alpex_date, alpex_version);
    markup_each(text, &writer);
}
