/*
 * members.h - the named values of one line into its record.
 *
 * What has a place in ECS goes there, whatever the logger calls it (names.c);
 * everything else becomes labels.<name>, objects as dotted names. Of two values
 * for one field the better name wins, the other one becomes a label: nothing is
 * lost. A value of another type than its ECS field becomes labels.<ECS name>,
 * and the record is tagged _typeconflict. `-` and "" are absent in ECS fields.
 *
 *     members_begin(&members, record, &clock, memory);
 *     members_add(&members, &member);       // each
 *     problem = members_finish(&members);   // what needs to see all of them
 */
#ifndef SHIPPER_PARSER_MEMBERS_H
#define SHIPPER_PARSER_MEMBERS_H

#include <stdbool.h>

#include "common/json_text.h"
#include "common/record.h"
#include "shipper/parser/names.h"
#include "shipper/parser/line_time.h"

#define MEMBER_NAME_MAX  256 /* bytes of a label's name: longer ones are kept as text elsewhere */
#define MEMBERS_LATE_MAX 16

enum member_kind {
    MEMBER_TEXT,   /* of a format without types; `raw` is empty */
    MEMBER_STRING, /* these are JSON, in `raw` */
    MEMBER_NUMBER,
    MEMBER_BOOL,
    MEMBER_LIST,
    MEMBER_OBJECT, /* one that is not taken apart */
};

struct member {
    struct slice name; /* as in JSON, without quotes; lives as long as the record */
    struct slice text; /* a STRING's without its quotes, maybe escaped: see members_text */
    struct slice raw;  /* one line of tidy JSON */
    enum member_kind kind;
    bool escaped;
};

struct members_late { /* what can be told when all are there */
    const struct name_rule *rule;
    struct member member;
};

struct members_holder { /* the member that a field's value came from */
    struct member member;
    uint8_t rank;
};

struct members_overflow;

struct members {
    struct record *record;
    const struct line_clock *clock;
    const struct parser_memory *memory;
    bool accumulate; /* a name that comes again makes a list; otherwise the last one counts */
    bool conflict, no_memory;
    bool bad_time; /* a time stamp that is none */
    bool utc;      /* a date and a time of day that come apart are in UTC */
    unsigned late_count;
    struct slice request;     /* an access log's request line */
    struct member date, hour; /* halves of a time stamp; without name: not there */
    struct member more_ns;    /* of a time whose seconds, or milliseconds, are another member */
    struct members_overflow *overflow; /* newest first */
    bool held[FIELD_COUNT];            /* which of the holders are valid; cleared up to here */
    struct members_holder holders[FIELD_COUNT];
    struct members_late late[MEMBERS_LATE_MAX];
    /* Kept from line to line. */
    struct names_memo names;
    char host[64]; /* the last host's name, which is nothing but a name */
    unsigned host_len;
};

/* Does not clear the record. */
void members_begin(struct members *members, struct record *record, const struct line_clock *clock,
                   const struct parser_memory *memory);

/* Without memory this is remembered until members_finish. */
void members_add(struct members *members, const struct member *member);

/* The same for a name that was looked up before; `rule` may be NULL. */
void members_add_known(struct members *members, const struct name_rule *rule,
                       const struct member *member);

/*
 * `text` under a name that is any bytes; both must live as long as the record. Empty or
 * a hyphen is absent. A name without any value is true.
 */
void members_add_text(struct members *members, struct slice name, struct slice text);
void members_add_flag(struct members *members, struct slice name);

/* The name as it stands in JSON, without quotes: a view, or in the arena. */
struct slice members_name(struct arena *arena, struct slice name);

/* NULL, or a constant text: there was not enough memory. */
const char *members_finish(struct members *members);

/* ---- for takers ---- */

/* A value's text, its escapes resolved. */
struct slice members_text(struct members *members, const struct member *member);

/*
 * Asks for a field before it is set: true unless a member with a better name holds it.
 * One with a worse name becomes a label.
 */
bool members_claim(struct members *members, const struct name_rule *rule, enum record_field field,
                   const struct member *member);

/* labels.<its name> */
void members_label(struct members *members, const struct member *member);

/* Is it absent: null, empty, or a hyphen? */
bool member_is_absent(const struct member *member);

#endif
