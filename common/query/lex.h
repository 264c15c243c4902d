/*
 * lex.h - private to query/: the words of the language.
 *
 * Functions that scan return where what they look for ends; `at` itself when
 * it is not there.
 */
#ifndef COMMON_QUERY_LEX_H
#define COMMON_QUERY_LEX_H

#include "common/query/tree.h"

enum lex_word { WORD_NONE, WORD_AND, WORD_OR, WORD_NOT };

static inline bool lex_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t lex_blanks(struct slice text, size_t at);
size_t lex_field(struct slice text, size_t at);
size_t lex_bare(struct slice text, size_t at, bool list);

/* `at` is behind the opening quote; the end is behind the closing one. */
size_t lex_quoted(struct slice text, size_t at);

/* and, or, not: as a whole word only. */
enum lex_word lex_word(struct slice text, size_t at, bool list, size_t *end);

/* "=", "!=" and comparisons; not ":". */
enum query_operator lex_operator(struct slice text, size_t at, size_t *end);

/* As it is written, ":" included. */
const char *operator_text(enum query_operator op);

static inline bool operator_compares(enum query_operator op)
{
    return op >= OPERATOR_GT;
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool ascii_equal(struct slice a, const char *b);

#endif
