/*
 * shell_line.c - a command line up to the cursor.
 */
#include "common/shell_line.h"

#define SPECIAL        " \t\n\\'\"$`|&;<>()*?[]{}~#!^"
#define SPECIAL_DOUBLE "\\\"$`"

struct reader {
    struct shell_line *out;
    const char *line;
    size_t at, len;
    char *text; /* of the word under way, text_len bytes */
    size_t text_len;
    enum shell_quote quote;
    bool in_word;
};

static void begin_word(struct reader *reader)
{
    if (reader->in_word)
        return;
    reader->in_word = true;
    reader->out->start = reader->at;
}

static void add(struct reader *reader, char c, size_t place)
{
    struct shell_line *out = reader->out;

    begin_word(reader);
    out->places[reader->text_len] = place;
    out->quotes[reader->text_len] = (unsigned char)reader->quote;
    reader->text[reader->text_len++] = c;
}

/* False: too many words. */
static bool add_word(struct reader *reader)
{
    struct shell_line *out = reader->out;

    if (out->count == SHELL_WORDS_MAX)
        return false;
    reader->text[reader->text_len] = '\0';
    out->words[out->count++] = (struct slice){reader->text, reader->text_len};
    reader->text += reader->text_len + 1;
    return true;
}

/* The file of a redirection is no word of the command. */
static bool end_word(struct reader *reader)
{
    bool added = reader->out->redirected || add_word(reader);

    reader->out->redirected = false;
    reader->text_len = 0;
    reader->in_word = false;
    return added;
}

/* Is the next character after a backslash taken as it is? */
static bool is_escape(const struct reader *reader)
{
    if (reader->line[reader->at] != '\\' || reader->quote == SHELL_SINGLE ||
        reader->at + 1 == reader->len)
        return false;
    return reader->quote == SHELL_BARE || strchr(SPECIAL_DOUBLE, reader->line[reader->at + 1]);
}

/* A blank or an operator outside of quotes. False: too many words. */
static bool read_separator(struct reader *reader, char c)
{
    struct shell_line *out = reader->out;

    if (reader->in_word && !end_word(reader))
        return false;
    out->redirected |= c == '<' || c == '>';
    if (strchr("|;&(\n", c)) {
        out->count = 0;
        out->redirected = false;
    }
    return true;
}

/* A quote begins or ends. */
static bool read_quote(struct reader *reader, char c)
{
    enum shell_quote kind = c == '\'' ? SHELL_SINGLE : SHELL_DOUBLE;

    if ((c != '\'' && c != '"') || (reader->quote != SHELL_BARE && reader->quote != kind))
        return false;
    begin_word(reader);
    reader->quote = reader->quote == kind ? SHELL_BARE : kind;
    return true;
}

static bool read_word_byte(struct reader *reader)
{
    char c = reader->line[reader->at];

    if (read_quote(reader, c)) {
        reader->at++;
    } else if (is_escape(reader)) {
        add(reader, reader->line[reader->at + 1], reader->at);
        reader->at += 2;
    } else if (reader->quote == SHELL_BARE && strchr(" \t\n|;&<>(", c)) {
        if (!read_separator(reader, c))
            return false;
        reader->at++;
    } else {
        add(reader, c, reader->at);
        reader->at++;
    }
    return true;
}

enum status shell_line_read(struct arena *arena, struct slice line, struct shell_line *out,
                            struct error *err)
{
    struct reader reader = {.out = out, .line = line.data, .len = line.len};

    if (line.len > SHELL_LINE_MAX)
        return error_set(err, REJECT, "the line is longer than %u bytes", SHELL_LINE_MAX);
    out->count = 0;
    out->redirected = false;
    out->places = arena_alloc(arena, (line.len + 1) * sizeof(*out->places));
    out->quotes = arena_alloc(arena, line.len + 1);
    reader.text = arena_bytes(arena, 2 * line.len + 2);
    if (!out->places || !out->quotes || !reader.text)
        return error_set(err, FATAL, "out of memory");
    while (reader.at < line.len)
        if (!read_word_byte(&reader))
            return error_set(err, REJECT, "more than %d words", SHELL_WORDS_MAX);
    begin_word(&reader);
    out->places[reader.text_len] = line.len;
    out->quotes[reader.text_len] = (unsigned char)reader.quote;
    if (!add_word(&reader))
        return error_set(err, REJECT, "more than %d words", SHELL_WORDS_MAX);
    return OK;
}

void shell_quote(struct slice text, enum shell_quote quote, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (quote == SHELL_SINGLE && c == '\'') {
            buf_add_text(out, "'\\''");
            continue;
        }
        if (c && ((quote == SHELL_BARE && strchr(SPECIAL, c)) ||
                  (quote == SHELL_DOUBLE && strchr(SPECIAL_DOUBLE, c))))
            buf_add_char(out, '\\');
        buf_add_char(out, c);
    }
}
