/*
 * lines.h - a line into a record that is ready to go: parse, stamp, process.
 */
#ifndef SHIPPER_LINES_H
#define SHIPPER_LINES_H

#include <stdbool.h>

#include "common/error.h"
#include "common/buf.h"
#include "common/record_encoder.h"
#include "common/record_id.h"

struct event;
struct input_piece;
struct join;
struct parser;
struct process;
struct rate;
struct query;
struct query_program;
struct position;
struct record;
struct stream;
struct input_config;
struct shipper_config;

/* What the lines of one input go through. Belongs to one thread. */
struct lines {
    const struct shipper_config *config;
    const struct input_config *input;
    struct join *join; /* NULL: every line is an event */
    struct parser *parser;
    struct process *process;     /* as configured; NULL: nothing */
    struct rate *rate;           /* of inputs that can wait; NULL: no limit */
    bool delayed;                /* by it, at the end of the last piece */
    struct query_program *query; /* what is kept beside that; NULL: everything */
    const char *dataset;         /* NULL: as the parser says */
    struct {                     /* the same in every record, as JSON; .data NULL: not known */
        struct slice dataset, host, agent;
    } constants;
    struct { /* where the lines of the piece under way stand */
        const struct stream *stream;
        struct slice text;
        struct buf quoted; /* as JSON; empty: standard input, or no memory */
    } path;
    struct record_encoder encoder; /* for these records */
    size_t line_max;               /* bytes of a line as it stands in the content */
    char id[RECORD_ID_LEN];        /* of the last line; its record points here */
};

/* REJECT: the input's format is not usable. */
enum status lines_open(struct lines *lines, const struct shipper_config *config,
                       const struct input_config *input, struct error *err);
void lines_close(struct lines *lines); /* zeroed is fine */

/* Keeps only what `query` finds. */
enum status lines_keep(struct lines *lines, const struct query *query, struct error *err);

enum line_verdict {
    LINE_PARSED,
    LINE_UNPARSED, /* as text, tagged _parsefailure */
    LINE_FILTERED, /* not wanted; the record is not complete */
    LINE_DROPPED,  /* beyond the rate limit; the same */
    LINE_NOTHING,  /* a heading or a comment: no record */
};

/*
 * What happens to each event's record: false when it cannot be taken now; the
 * event is then offered again with the next piece. `after` is where the stream goes on; who keeps
 * it settles its mark (stream_mark_settle) before lines_each returns to the input.
 */
typedef bool lines_taker(void *arg, struct stream *stream, const struct event *event,
                         enum line_verdict verdict, struct record *record,
                         const struct position *after);

/*
 * Frames the piece, which begins at its stream's read.offset, and hands each event's
 * record (cleared and made here, valid during the call) to `take`. Moves
 * stream->read over what was taken. False: `take` said so, or (lines->delayed) the input's rate
 * limit.
 */
bool lines_each(struct lines *lines, const struct input_piece *piece, struct record *record,
                lines_taker *take, void *arg);

/*
 * For a record that is larger than a message may be: the line's beginning as
 * message, and who and where; tagged _truncated.
 */
void lines_shorten(struct lines *lines, const struct stream *stream, const struct event *event,
                   struct record *record, size_t max_bytes);

#endif
