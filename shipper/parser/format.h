/*
 * format.h - an access log's format, compiled once into steps, walked per line.
 *
 * A step takes the text up to the literal that follows it and hands it to a
 * setter. apache.c and nginx.c translate their directives into steps; their
 * setters are in format_set.c. A line is walked from left to right, each value
 * as short as it can be; only when that does not come out even are longer ones
 * tried (format_search.c), within a limit.
 */
#ifndef SHIPPER_PARSER_FORMAT_H
#define SHIPPER_PARSER_FORMAT_H

#include <stdbool.h>

#include "common/error.h"
#include "common/record.h"
#include "shipper/parser/access.h"
#include "shipper/parser/format_pattern.h"
#include "shipper/parser/parser.h"

#define FORMAT_STEPS_MAX   128
#define FORMAT_LITERAL_MAX 8192 /* bytes of all literals */
#define FORMAT_CLF_LEN     26   /* "01/Mar/2026:10:20:30 +0000" */
#define FORMAT_CLF_SECOND  18   /* in front of its seconds */

struct format;
struct format_step;

/* Puts `text` into the record. NULL, or a constant text that says why it does not fit. */
typedef const char *format_setter(struct format *format, const struct format_step *step,
                                  struct slice text, struct record *record);

/* What a value looks like: where it may end, and whether it can be this one at all. */
enum format_shape {
    SHAPE_TEXT,     /* anything */
    SHAPE_WORD,     /* no blanks */
    SHAPE_HOST,     /* no blanks and no slash */
    SHAPE_PATH,     /* begins with a slash, as a rule */
    SHAPE_QUERY,    /* nothing, or a question mark and more */
    SHAPE_QUESTION, /* nothing, or a question mark */
    SHAPE_NUMBER,   /* digits */
    SHAPE_DECIMAL,  /* digits, perhaps with a point */
    SHAPE_STATUS,   /* three digits */
    SHAPE_LIST,     /* words with ", " or " : " between them */
    SHAPE_CLF,      /* 10/Oct/2000:13:55:36 -0700 */
    SHAPE_BRACKETS, /* something in square brackets, or a dash */
};

/* What a directive becomes; the tables of apache.c and nginx.c consist of these. */
struct format_item {
    format_setter *set;
    enum format_shape shape;
    enum record_field field; /* for setters that serve several */
    const char *label;       /* labels.<label>, for those that set or may set one */
    int64_t unit_ns;         /* of durations and epochs */
    unsigned width;          /* bytes, when it is always the same; 0: it is not */
};

enum format_find {
    FIND_BYTE,
    FIND_TEXT,
    FIND_QUOTE,
    FIND_LIST,
    FIND_WIDTH,
    FIND_BRACKET,
    FIND_TIME,
    FIND_WORD,
    FIND_REST
};

struct format_step {
    struct format_item item;
    enum format_find find;
    unsigned end, end_len;        /* the literal behind it, in format->literals; may be empty */
    uint64_t end_word, end_mask;  /* the same as a word, when it is that short; mask 0: it is not */
    bool quoted;                  /* it stands in quotes */
    bool check_word;              /* a blank in it would not be noticed otherwise */
    bool trim;                    /* blanks around it are not its own */
    unsigned members;             /* that follow this one and share its text, see format_group */
    struct record_target *target; /* of item.label */
    struct time_formats *piece;   /* of FIND_TIME: the part of a time that stands here */
};

struct format {
    struct format_step steps[FORMAT_STEPS_MAX];
    unsigned count;
    unsigned start_len; /* literal before the first step */
    unsigned literals_len;
    char literals[FORMAT_LITERAL_MAX];
    enum access_escape escape;
    bool wants_message; /* there is no request line in it */

    struct line_clock clock;                      /* only with patterns */
    struct format_pattern *pattern, *end_pattern; /* of @timestamp, of event.end; NULL: none */

    /* The last time stamp. */
    char time_text[FORMAT_CLF_LEN];
    bool has_time;
    struct timestamp time;

    char server[64]; /* the last server's name, if it was nothing but a name */
    unsigned server_len;

    /* Of the line under way. */
    const char *line_end;
    bool plain; /* the value that is being set is ASCII that stands for itself, without escapes */
    bool word;  /* there is no blank in it */
    bool original_is_path;                 /* url.original is what a directive for the path gave */
    uint32_t fraction_ns, end_fraction_ns; /* of @timestamp and of event.end */
};

/* Zeroed is a new format. */
void format_release(struct format *format);

/*
 * Builders. `label` (NULL: the item's) is copied. REJECT: the format is too long.
 */
enum status format_literal(struct format *format, const char *text, size_t len, struct error *err);
enum status format_add(struct format *format, const struct format_item *item, const char *label,
                       struct error *err);

/* A part of a time (field: @timestamp or event.end) as strftime(3) writes it by `pattern`. */
enum status format_add_time(struct format *format, enum record_field field, struct slice pattern,
                            bool conditional, struct error *err);

/*
 * Ends the building; `options` are for times without an offset. REJECT: nothing in it, or
 * directives that cannot be told from each other.
 */
enum status format_finish(struct format *format, const struct parser_options *options,
                          struct error *err);

/* As parser_type.parse. What follows a complete line becomes `labels.extra`. */
const char *format_parse(struct format *format, struct slice line,
                         const struct parser_memory *memory, struct record *record);

/* ---- shared by format*.c ---- */

static inline const char *format_end(const struct format *format, const struct format_step *step)
{
    return format->literals + step->end;
}

/* Is it the time stamp of a line before? */
static inline bool format_is_last_time(const struct format *format, struct slice text)
{
    return format->has_time && text.len == FORMAT_CLF_LEN &&
           memcmp(text.data, format->time_text, FORMAT_CLF_LEN) == 0;
}

/* Where a value that begins at `p` may end, at or behind `from`; NULL: nowhere. */
const char *format_find_end(const struct format *format, const struct format_step *step,
                            const char *p, const char *from, const char *end);

/* Without the blanks around it when they are not its own. */
struct slice format_value(const struct format_step *step, const char *p, const char *stop);

/*
 * The ends of all values of `line` (from `p` on) so that each looks as its step says;
 * `strict`: what follows the last must look like more fields. False: there are none, or the search
 * became too long.
 */
bool format_search(const struct format *format, const char *p, const char *end, bool strict,
                   const char *ends[FORMAT_STEPS_MAX]);

/* Could `text` be followed by the rest of a line? Nothing, or more fields behind a blank. */
bool format_is_rest(struct slice text);

#endif
