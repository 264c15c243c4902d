/*
 * stream.h - one content on its way: identity, how far it was read, and how
 * far Kafka has acknowledged it.
 *
 * A stream's name is its path without what rotation adds; each content that
 * appears under the name is a generation. A stream belongs to the input that
 * opened it and to the one thread of the agent.
 */
#ifndef SHIPPER_STREAM_H
#define SHIPPER_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/account.h"
#include "common/buf.h"
#include "common/record_id.h"
#include "common/timestamp.h"

struct input_config;
struct run;

#define STREAM_MARK_MAX 256  /* bytes before a position that are remembered by their hash */
#define STREAM_HEAD_MAX 1024 /* bytes of the first line that make the fingerprint */
#define STREAM_KEY_LEN  16

/* What stands right before an offset: proves that a file still is what it was. */
struct mark {
    uint64_t hash;
    uint32_t len;      /* bytes before the offset; 0 = no mark */
    const char *later; /* those bytes, not hashed yet; NULL: `hash` is valid */
};

/* A place between two lines. */
struct position {
    uint64_t offset;
    struct mark mark;
    struct timestamp time; /* of the last line before it that had one: what follows inherits it */
    bool timed;            /* there was such a line; false: `time` is the reading time */
};

struct stream {
    const struct input_config *config;
    char *name, *path; /* owned; the path is where it is now */
    char key[STREAM_KEY_LEN];
    uint64_t fingerprint; /* of the content's beginning; 0 = not known yet */
    uint32_t generation;
    struct record_source source;        /* valid once the fingerprint is known */
    char quoted_id[ACCOUNT_ID_LEN + 2]; /* the source as JSON, for each record of it; as valid */

    struct timestamp reference;      /* about when its last line was written; zero: not known */
    struct stream_heading *headings; /* lines that name columns, newest first */
    unsigned format_choice;          /* of the format `auto` */

    struct position read; /* the next line to hand on */
    bool
        took_read_time; /* a line had no time, nor any before it: set by lines, cleared by inputs */
    bool skipping;      /* read.offset is inside of a line that was cut */
    struct position acked;  /* everything before it is acknowledged */
    struct account account; /* at `acked` */
    bool account_moved;     /* accounts.c: it is on its list */

    struct run *first, *last; /* outbox: sent, not yet acknowledged, in order */
    uint64_t lines;           /* handed on since it was opened */

    struct { /* at the last stream_rates */
        int64_t ms;
        uint64_t lines, offset;
    } told;
};

/* Copies the names. False without memory. */
bool stream_init(struct stream *stream, const struct input_config *config, const char *name,
                 const char *path);
void stream_release(struct stream *stream); /* zeroed is fine */

/* False without memory. */
bool stream_move(struct stream *stream, const char *path);

/* Sets what the ids are made from. `as`: for a content that comes from the stream of that name. */
void stream_identify(struct stream *stream, const char *agent_id, uint64_t fingerprint,
                     uint32_t generation);
void stream_identify_as(struct stream *stream, const char *agent_id, const char *name,
                        uint64_t fingerprint, uint32_t generation);

/*
 * Bytes and lines a second since the last call; since `opened_ms` at the first one. Monotonic
 * times.
 */
void stream_rates(struct stream *stream, int64_t opened_ms, int64_t now_ms, double *bytes_per_s,
                  double *lines_per_s);

/*
 * The heading (the line that names the columns, see parser.h) in force at `offset`; {NULL, 0} when
 * there is none. Valid until stream_forget_headings.
 */
struct slice stream_heading(const struct stream *stream, uint64_t offset);

/* `text` is the heading of what follows `offset`; copied. False without memory. */
bool stream_set_heading(struct stream *stream, uint64_t offset, struct slice text);

/* Only positions from `offset` on will be asked for. */
void stream_forget_headings(struct stream *stream, uint64_t offset);

/*
 * The fingerprint of a content that begins with `head`: of its first line, at
 * most STREAM_HEAD_MAX bytes. 0: not enough is there yet. `whole`: nothing will follow. Never 0
 * otherwise.
 */
uint64_t stream_fingerprint(struct slice head, bool whole);

/* The mark of a position that `bytes` end at. */
struct mark stream_mark(struct slice bytes);

/*
 * The same, to be hashed by stream_mark_settle, as long as the bytes are there: every line ends at
 * a position, few of them are ever kept.
 */
static inline struct mark stream_mark_later(struct slice bytes)
{
    size_t len = bytes.len < STREAM_MARK_MAX ? bytes.len : STREAM_MARK_MAX;

    return (struct mark){.len = (uint32_t)len, .later = len ? bytes.data + bytes.len - len : NULL};
}

void stream_mark_settle(struct mark *mark); /* settled is fine */

static inline bool mark_equal(struct mark a, struct mark b)
{
    return a.len == b.len && a.hash == b.hash;
}

#endif
