/*
 * text.h - private to text*.c: a line of text whose beginning is being understood.
 */
#ifndef SHIPPER_PARSER_TEXT_H
#define SHIPPER_PARSER_TEXT_H

#include <stdbool.h>

#include "common/record.h"
#include "shipper/parser/level.h"
#include "shipper/parser/line_time.h"

struct text_line {
    const struct line_clock *clock;
    const struct parser_memory *memory;
    struct record *record;
    struct slice rest; /* not understood yet; in the end the message */
    bool has_time, has_date, has_level, has_pid, has_thread, has_logger;
    bool time_in_brackets;
    bool impossible; /* there is a date, but there is no such day or time */
};

/* Takes a time stamp. A number is one only where the caller says so. */
bool text_take_time(struct text_line *line);

void text_set_level(struct text_line *line, enum level level);
void text_set_pid(struct text_line *line, int64_t pid); /* the second one is a thread */
void text_set_logger(struct text_line *line, struct slice name);
void text_set_thread(struct text_line *line, struct slice name);

/*
 * A word in capital letters that programs use for a level and people seldom for
 * anything else: ERROR, but not LOG. LEVEL_NONE: it is none.
 */
enum level text_find_level(struct slice word);

/* Letters and a digit behind them: what a level may be. Stays. */
struct slice text_level_word(struct slice rest);

/* Name of a class or module, with parts: a.b.C, a::b, A$B. */
bool text_is_qualified(struct slice name);

/* Identifiers, with what joins them. Stays. */
struct slice text_name(struct slice rest);

/* Blanks, and what separates parts of a line: - | : , and runs of them. */
void text_skip_separators(struct slice *rest);

/*
 * Formats of single programs that say more than their words do (text_shape.c).
 * True: the line is one, and its parts are set.
 */
bool text_read_shape(struct text_line *line);

/* `[...]`, when it is part of what stands before the message (text_bracket.c). */
bool text_take_bracket(struct text_line *line);

/* Everything else before the message, in any order (text_prefix.c). */
void text_read_prefix(struct text_line *line);

/* NLog, loguru, HealthApp: fields that end with a pipe, up to the message. */
void text_read_pipes(struct text_line *line);

/* Does something that only stands before a message follow? */
bool text_is_prefix(struct slice rest);

#endif
