/*
 * apache_directive.h - one % directive of a LogFormat: reading it, and what it becomes.
 */
#ifndef SHIPPER_PARSER_APACHE_DIRECTIVE_H
#define SHIPPER_PARSER_APACHE_DIRECTIVE_H

#include "shipper/parser/format.h"
#include "shipper/parser/format_header.h"

enum apache_time {
    APACHE_TIME_CLF,      /* %t, %{begin}t, %{end}t */
    APACHE_TIME_EPOCH,    /* sec, msec, usec */
    APACHE_TIME_FRACTION, /* msec_frac, usec_frac */
    APACHE_TIME_PATTERN,  /* for strftime */
};

struct apache_directive {
    char letter;        /* of %^ti and %^to: '^' */
    char final, origin; /* written with > or <; the last one counts */
    bool conditional;   /* only for some statuses: may be a dash */
    bool has_argument;
    struct slice argument; /* in braces, or what follows the ^ */
    size_t at;             /* of its % in the format */

    /* Of %t */
    enum apache_time time;
    enum record_field time_field; /* FIELD_TIMESTAMP, or FIELD_EVENT_END */
    int64_t unit_ns;
    struct slice pattern;
};

/* What directives must know of the others. */
struct apache_facts {
    bool has_client;  /* %h or %a */
    bool has_request; /* %r */
    bool has_final;   /* %>s */
    bool has_status;  /* %s without < */
    bool has_host;    /* %{Host}i */
    bool has_epoch;   /* a time that is finer than %t and says the same */
    int64_t unit_ns;  /* of the finest duration; 0: none */
};

/* Reads the directive at text.data[*at] and moves *at behind it. REJECT: err says where and why. */
enum status apache_directive_read(struct slice text, size_t *at, struct apache_directive *out,
                                  struct error *err);

/* Reads all directives of a format. REJECT: one of them is not right. */
enum status apache_facts_find(struct slice text, struct apache_facts *out, struct error *err);

/*
 * What it becomes, all but %% and a plain %t. *name is NULL or the label's name, in `label`.
 * REJECT: no such directive.
 */
enum status apache_directive_item(const struct apache_directive *directive,
                                  const struct apache_facts *facts, struct format_item *out,
                                  char label[FORMAT_NAME_MAX], const char **name,
                                  struct error *err);

#endif
