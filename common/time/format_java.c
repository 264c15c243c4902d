/*
 * format_java.c - compiles date formats in the language of java.time's DateTimeFormatter.
 *
 * Where Joda and SimpleDateFormat differ, what is read is wide enough for all:
 * Y is the year (Joda), any number of Z, X, x is an offset. Week fields are
 * refused: they mean other weeks in other locales.
 */
#include "common/time/format_steps.h"

#define OPTIONAL_DEPTH 4

struct java {
    const char *text, *p;
    struct time_format *out;
    struct error *err;
    uint8_t open[OPTIONAL_DEPTH]; /* steps where optional parts begin */
    int depth;
};

static enum status wrong(struct java *java, const char *what)
{
    return error_set(java->err, REJECT, "%s at position %zu", what,
                     (size_t)(java->p - java->text) + 1);
}

static enum status add(struct java *java, enum format_kind kind, int min, int max, int value)
{
    return format_steps_add(java->out, kind, min, max, value) ? OK : wrong(java, "it is too long");
}

/* A number that is written with `count` letters: fewer digits are fine, see format.c. */
static enum status add_number(struct java *java, enum format_kind kind, int count, int most)
{
    return count > most ? wrong(java, "too many letters")
                        : add(java, kind, count, count > 1 ? count : most, 0);
}

static enum status add_year(struct java *java, int count)
{
    return count == 2 ? add(java, FORMAT_SHORT_YEAR, 2, 2, 0)
                      : add(java, FORMAT_YEAR, count > 4 ? 4 : count, 4, 0);
}

static enum status add_field(struct java *java, char letter, int count)
{
    switch (letter) {
    case 'y':
    case 'u':
    case 'Y':
        return add_year(java, count);
    case 'M':
    case 'L':
        return count > 2 ? add(java, FORMAT_MONTH_NAME, 0, 0, 0)
                         : add_number(java, FORMAT_MONTH, count, 2);
    case 'd':
        return add_number(java, FORMAT_DAY, count, 2);
    case 'D':
        return add_number(java, FORMAT_DAY_OF_YEAR, count, 3);
    case 'E':
        return add(java, FORMAT_WEEKDAY_NAME, 0, 0, 0);
    case 'a':
        return add(java, FORMAT_MERIDIEM, 0, 0, 0);
    case 'H':
        return add_number(java, FORMAT_HOUR, count, 2);
    case 'h':
        return add_number(java, FORMAT_HOUR_12, count, 2);
    case 'K':
        return add_number(java, FORMAT_HOUR_0_11, count, 2);
    case 'k':
        return add_number(java, FORMAT_HOUR_24, count, 2);
    case 'm':
        return add_number(java, FORMAT_MINUTE, count, 2);
    case 's':
        return add_number(java, FORMAT_SECOND, count, 2);
    case 'S':
        return add(java, FORMAT_FRACTION, 1, count, 0);
    case 'X':
    case 'x':
        return add(java, FORMAT_OFFSET, 0, 0, 0);
    case 'Z':
        return add(java, count < 3 ? FORMAT_OFFSET : FORMAT_ZONE, 0, 0, 0);
    case 'z':
    case 'V':
    case 'O':
        return add(java, FORMAT_ZONE, 0, 0, 0);
    default:
        return error_set(java->err, REJECT,
                         "'%c' at position %zu is no field of a pattern (quote text: 'T'), nor is "
                         "this the name of a format",
                         letter, (size_t)(java->p - java->text) + 1);
    }
}

/* 'text'; '' is a quote, inside and outside. */
static enum status add_quoted(struct java *java)
{
    const char *start = java->p++;

    if (*java->p == '\'') {
        java->p++;
        return add(java, FORMAT_LITERAL, 1, 1, '\'');
    }
    for (;; java->p++) {
        if (*java->p == '\0') {
            java->p = start;
            return wrong(java, "a quote that is not closed");
        }
        if (*java->p == '\'' && *++java->p != '\'')
            return OK;
        if (add(java, FORMAT_LITERAL, 1, 1, (unsigned char)*java->p))
            return REJECT;
    }
}

static enum status open_optional(struct java *java)
{
    if (java->depth == OPTIONAL_DEPTH)
        return wrong(java, "brackets are too deep");
    java->open[java->depth++] = java->out->count;
    java->p++;
    return add(java, FORMAT_OPTIONAL, 0, 0, 0);
}

static enum status close_optional(struct java *java)
{
    if (java->depth == 0)
        return wrong(java, "a bracket that was not opened");
    java->p++;
    if (add(java, FORMAT_OPTIONAL_END, 0, 0, 0))
        return REJECT;
    java->out->steps[java->open[--java->depth]].value = java->out->count;
    return OK;
}

static enum status add_next(struct java *java)
{
    char c = *java->p;
    int count = 0;

    if (char_is_letter((unsigned char)c)) {
        while (java->p[count] == c)
            count++;
        if (add_field(java, c, count))
            return REJECT;
        java->p += count;
        return OK;
    }
    if (c == '\'')
        return add_quoted(java);
    if (c == '[')
        return open_optional(java);
    if (c == ']')
        return close_optional(java);
    if (c == '{' || c == '}' || c == '#')
        return wrong(java, "a character that is reserved (quote it: '#')");
    java->p++;
    if (c == ' ')
        return add(java, FORMAT_BLANKS, 1, 0, 0);
    return add(java, FORMAT_LITERAL, 1, 1, (unsigned char)c);
}

enum status format_java(const char *text, struct time_format *out, struct error *err)
{
    struct java java = {.text = text, .p = text, .out = out, .err = err};

    while (*java.p)
        if (add_next(&java))
            return REJECT;
    return java.depth ? wrong(&java, "a bracket is not closed") : OK;
}
