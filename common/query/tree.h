/*
 * tree.h - private to query/: what a query's text becomes.
 */
#ifndef COMMON_QUERY_TREE_H
#define COMMON_QUERY_TREE_H

#include "common/query.h"

enum query_kind {
    QUERY_ALL, /* holds for every record */
    QUERY_AND,
    QUERY_OR,
    QUERY_NOT,
    QUERY_CONDITION,
};

enum query_operator {
    OPERATOR_NONE,
    OPERATOR_COLON,
    OPERATOR_EXACT, /* "=", and "!=" below a QUERY_NOT */
    OPERATOR_DIFFERS,
    OPERATOR_GT,
    OPERATOR_GE,
    OPERATOR_LT,
    OPERATOR_LE,
};

/* What a condition does with the values of its field; which member of the union it uses. */
enum query_test {
    TEST_EXISTS,
    TEST_EQUAL,   /* text: ASCII case ignored */
    TEST_EXACT,   /* text */
    TEST_PATTERN, /* pattern: ASCII case ignored */
    TEST_NUMBER,  /* range */
    TEST_TIME,    /* range, in milliseconds: what the index keeps of a time */
    TEST_ADDRESS, /* network */
    TEST_BOOL,    /* flag */
    TEST_WORDS,   /* text: adjacent words of the line, a blank between them */
    TEST_WORD,    /* pattern: one word of the line */
};

#define RANGE_OPEN_LOW  INT64_MIN
#define RANGE_OPEN_HIGH INT64_MAX

struct query_range { /* both ends included */
    int64_t low, high;
};

/* IPv4 addresses are those of ::ffff:0:0/96: as the index orders them. */
struct query_network {
    uint8_t low[16], high[16];
    bool above, below; /* what is greater than `high`; what is less than `low` */
    int16_t bits;      /* of a network, counted in 128; -1 when it is a range */
};

struct query_pattern {          /* pieces[0] * pieces[1] * … ; at least one star */
    const struct slice *pieces; /* the inner ones are not empty */
    unsigned count;
};

struct query_condition {
    enum query_test test;
    enum query_operator op;
    enum record_field field; /* FIELD_COUNT: the words of the line */
    struct slice key;        /* below an OBJECT field, else empty */
    struct slice name, raw;  /* field and value as written */
    union {
        struct slice text;
        struct query_pattern pattern;
        struct query_range range;
        struct query_network network;
        bool flag;
    };
};

struct query_node {
    enum query_kind kind;
    bool list;                        /* an OR that was written as field:(a or b) */
    struct query_node *first, *next;  /* operands, in order */
    struct query_condition condition; /* of QUERY_CONDITION; all others are smaller */
};

struct query {
    struct query_node *root;
    bool empty; /* no text at all */
};

/* How many `bool` of the DSL are inside each other. */
unsigned tree_nesting(const struct query_node *node);

bool condition_equal(const struct query_condition *a, const struct query_condition *b);

#endif
