/*
 * logged.h - tables of formats with arguments: a line of each, and its record.
 */
#ifndef TESTS_UNIT_SUPPORT_LOGGED_H
#define TESTS_UNIT_SUPPORT_LOGGED_H

#include "tests/unit/support/parsed.h"

struct logged_case {
    const char *format, *line;
    const char *record; /* with ' for "; NULL: the line does not fit */
};

static inline void logged_expect(const struct logged_case *c)
{
    struct parsed parsed;

    parsed_open(&parsed, c->format, NULL);
    parsed.as_is = true;
    for (int i = 0; i < 2; i++) /* the second time with what the first has left behind */
        parsed_expect(&parsed, &(struct parsed_case){c->line, c->record});
    parsed_close(&parsed);
}

#define logged_expect_all(cases)                                                                   \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < sizeof(cases) / sizeof((cases)[0]); i_++)                         \
            logged_expect(&(cases)[i_]);                                                           \
    } while (0)

/* The format is refused, and the message holds `part`. */
static inline void logged_refused(const char *format, const char *part)
{
    struct parser *parser = NULL;
    struct error err = {0};

    if (parser_open(format, NULL, &parser, &err) == OK)
        fail_msg("format '%s' was taken", format);
    if (!strstr(err.text, part))
        fail_msg("format '%s': no '%s' in '%s'", format, part, err.text);
}

#endif
