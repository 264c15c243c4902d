/*
 * query.h - the query language: text to a tree, and what is made of a tree.
 *
 * One text means the same as a test of records in memory (query/program.h) and
 * as Elasticsearch DSL. Grammar and semantics are in README.md of query/.
 * A tree is immutable, lives in the arena it was parsed into and may be shared
 * between threads. The text must live as long as the tree.
 */
#ifndef COMMON_QUERY_H
#define COMMON_QUERY_H

#include "common/arena.h"
#include "common/record.h"

#define QUERY_BYTES_MAX      4096 /* of text; nobody types more, and work is bounded by it */
#define QUERY_DEPTH_MAX      32   /* parentheses and "not" inside each other */
#define QUERY_CONDITIONS_MAX 256  /* a list counts once */
#define QUERY_LIST_MAX       256  /* values of one list */
#define QUERY_VALUES_MAX     700 /* of all lists: with the conditions, below Lucene's 1024 clauses */
#define QUERY_STARS_MAX      8   /* "*" of one value */
#define QUERY_ERRORS_MAX     5   /* reported at once */

enum query_code {
#define CODE(id, name) QUERY_##id,
#include "common/query/codes.h"
#undef CODE
};

struct query_error {
    enum query_code code;
    size_t offset, length; /* bytes of the text; the offset may be its end */
    char message[256];     /* a sentence, UTF-8 */
    char hint[256];        /* what to write instead; may be empty */
};

struct query_errors { /* by offset */
    unsigned count;
    struct query_error list[QUERY_ERRORS_MAX];
};

/* What a text means besides its letters. All zero is right for rules' tests in UTC. */
struct query_context {
    int64_t now_ms; /* what "now" stands for */
    int32_t zone_s; /* east of UTC: of times without a zone, and of days */
    bool rule;      /* a rule or filter: "now" is refused */
    const uint64_t
        *hidden; /* RECORD_WORDS words: fields that do not exist for this user; or NULL */
};

struct query;

/*
 * REJECT: *errors says why; FATAL: no memory in the arena (QUERY_ARENA_BYTES is
 * always enough). *out is written on success only.
 */
enum status query_parse(struct arena *arena, struct slice text, const struct query_context *context,
                        struct query **out, struct query_errors *errors);

#define QUERY_ARENA_BYTES (4u << 20) /* the longest list: each value is a condition of its own */

/* "unknown_field": the code as the API gives it. */
const char *query_code_name(enum query_code code);

/* The place in code points, as an editor counts. */
size_t query_column(struct slice text, size_t offset);

/* The text, and below it the message under the place, for a terminal. Two or three lines. */
void query_error_print(struct slice text, const struct query_error *error, struct buf *out);

/*
 * The errors for programs, a JSON array: [{"code":…,"message":…,"hint":…,"offset":…,"length":…,
 * "column":…}], the column as query_column.
 */
void query_errors_json(struct slice text, const struct query_errors *errors, struct buf *out);

/* An equal query in the usual form. */
void query_print(const struct query *query, struct buf *out);

/* The tree, a line a node. */
void query_explain(const struct query *query, struct buf *out);

/* Do both hold for the same records, condition by condition in the same order? */
bool query_equal(const struct query *a, const struct query *b);

/* The element of `bool.filter` that finds the same records. */
void query_dsl(const struct query *query, struct buf *out);

/* The fields whose values it needs. True when it searches the words of the line as well. */
bool query_fields(const struct query *query, uint64_t fields[RECORD_WORDS]);

/* Does a wildcard begin with "*", so that an index must be read as a whole? */
bool query_is_slow(const struct query *query);

#endif
