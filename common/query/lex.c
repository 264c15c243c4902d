/*
 * lex.c - the words of the query language.
 */
#include "common/query/lex.h"

static bool is_letter(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

size_t lex_blanks(struct slice text, size_t at)
{
    while (at < text.len && lex_is_blank(text.data[at]))
        at++;
    return at;
}

size_t lex_field(struct slice text, size_t at)
{
    const char *s = text.data;

    if (at == text.len || !(is_letter(s[at]) || s[at] == '_' || s[at] == '@'))
        return at;
    while (at < text.len && (is_letter(s[at]) || (s[at] >= '0' && s[at] <= '9') || s[at] == '_' ||
                             s[at] == '.' || s[at] == '@' || s[at] == '-'))
        at++;
    return at;
}

/* A backslash at the very end stands for itself. */
size_t lex_bare(struct slice text, size_t at, bool list)
{
    const char *s = text.data;

    for (; at < text.len; at++) {
        if (s[at] == '\\' && at + 1 < text.len)
            at++;
        else if (lex_is_blank(s[at]) || s[at] == '(' || s[at] == ')' || s[at] == '"' ||
                 (list && s[at] == ','))
            break;
    }
    return at;
}

size_t lex_quoted(struct slice text, size_t at)
{
    for (size_t i = at; i < text.len; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            return i + 1;
    }
    return at;
}

bool ascii_equal(struct slice a, const char *b)
{
    if (a.len != strlen(b))
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b[i]))
            return false;
    return true;
}

enum lex_word lex_word(struct slice text, size_t at, bool list, size_t *end)
{
    struct slice word;

    *end = lex_bare(text, at, list);
    word = (struct slice){text.data + at, *end - at};
    if (ascii_equal(word, "and"))
        return WORD_AND;
    if (ascii_equal(word, "or"))
        return WORD_OR;
    return ascii_equal(word, "not") ? WORD_NOT : WORD_NONE;
}

enum query_operator lex_operator(struct slice text, size_t at, size_t *end)
{
    char c = at < text.len ? text.data[at] : '\0';
    bool equal = at + 1 < text.len && text.data[at + 1] == '=';

    *end = at + 1 + (equal && c != '=');
    switch (c) {
    case '=':
        return OPERATOR_EXACT;
    case '>':
        return equal ? OPERATOR_GE : OPERATOR_GT;
    case '<':
        return equal ? OPERATOR_LE : OPERATOR_LT;
    case '!':
        if (equal)
            return OPERATOR_DIFFERS;
    }
    *end = at;
    return OPERATOR_NONE;
}

const char *operator_text(enum query_operator op)
{
    static const char *const texts[] = {
        [OPERATOR_NONE] = "",      [OPERATOR_COLON] = ":", [OPERATOR_EXACT] = "=",
        [OPERATOR_DIFFERS] = "!=", [OPERATOR_GT] = ">",    [OPERATOR_GE] = ">=",
        [OPERATOR_LT] = "<",       [OPERATOR_LE] = "<=",
    };

    return texts[op];
}
