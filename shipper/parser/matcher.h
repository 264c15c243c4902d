/*
 * matcher.h - lines by a pattern: its named groups become fields (capture.h).
 *
 * Behind `regex:` and `grok:` and the patterns of custom formats.
 */
#ifndef SHIPPER_PARSER_MATCHER_H
#define SHIPPER_PARSER_MATCHER_H

#include <stdbool.h>

#include "shipper/grok/library.h"
#include "shipper/parser/capture.h"
#include "shipper/parser/parser.h"

struct matcher;

struct matcher_options {
    const struct grok_library *library; /* NULL: a plain regular expression */

    /*
     * What is known of a name besides the pattern; false: nothing. May be NULL. A type in
     * the pattern wins.
     */
    bool (*rule)(void *arg, struct slice name, struct capture_rule *rule);
    void *arg;
};

/* REJECT: not such a pattern; err says what is wrong, and at which character. */
enum status matcher_open(struct slice pattern, const struct matcher_options *options,
                         struct matcher **out, struct error *err);
void matcher_close(struct matcher *matcher); /* NULL is fine */

/*
 * NULL: the line fits, and its fields are set. Otherwise why not, as parser_type.parse; *fits says
 * whether it did fit the pattern, and only its values are wrong. Views into `line`.
 */
const char *matcher_parse(struct matcher *matcher, struct slice line, struct capture_line *captures,
                          bool *fits);

#endif
