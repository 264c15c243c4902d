/*
 * markup.h - Markdown, as much of it as help needs, as a page of the manual or
 * for a terminal.
 *
 *     ## HEADING      ### Smaller heading
 *     paragraphs, with `code`, *emphasis*, **bold**, \* for the sign itself
 *         examples: indented by four, or between lines of ```
 *     - items
 *     | term | what it is |      tables of two columns; the head is left out
 *     term
 *     : what it is
 *
 * All of it that is used shows as well where Markdown is read, but for the last.
 */
#ifndef COMMON_MARKUP_H
#define COMMON_MARKUP_H

#include <stdbool.h>

#include "common/buf.h"

/* Each call is a block; `text` has marks inside of lines, but for examples. */
struct markup_writer {
    void (*heading)(const struct markup_writer *writer, int level, struct slice text); /* 2 or 3 */
    void (*paragraph)(const struct markup_writer *writer, struct slice text);
    /* Without a term: "- text". */
    void (*item)(const struct markup_writer *writer, struct slice term, struct slice text);
    void (*example_begin)(const struct markup_writer *writer);
    void (*example)(const struct markup_writer *writer, struct slice line);
    void (*example_end)(const struct markup_writer *writer);
    struct buf *out;
    bool colour;
};

/* Reads blocks and calls the writer. */
void markup_each(struct slice text, const struct markup_writer *writer);

/* A page of the manual in the macros of man(7); of `page` "shipper" in section 1, … */
void markup_man(const char *page, int section, struct slice text, struct buf *out);

/* For a terminal 80 columns wide; `colour`: headings and code stand out. */
void markup_text(struct slice text, bool colour, struct buf *out);

/* Adds `text` so that none of it is a mark. */
void markup_escape(const char *text, struct buf *out);

struct markup_reader {
    struct slice rest;
    bool code, bold, emphasis; /* in which marks the next byte stands */
};

/* The next byte of text, its marks in the reader; false at the end. */
bool markup_next(struct markup_reader *reader, char *byte);

#endif
