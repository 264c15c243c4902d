/*
 * status.h - what the agent is doing, file by file: GET /status and `shipper status`.
 *
 * The pipeline's thread alone knows, so a request waits until that thread has
 * written the answer: nothing is kept up to date while nobody asks.
 */
#ifndef SHIPPER_STATUS_H
#define SHIPPER_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/web.h"

struct status_board;

enum status status_board_open(struct status_board **out, struct error *err);
void status_board_end(struct status_board *board);   /* nobody will answer: who waits goes */
void status_board_close(struct status_board *board); /* NULL is fine */

/* Of GET /status; to be given to the web server. */
struct web_route status_board_route(struct status_board *board);

/* For the pipeline: readable when somebody waits. */
int status_board_fd(const struct status_board *board);

/* True: somebody waits; write the answer to *out and call status_board_answer. */
bool status_board_asked(struct status_board *board, struct buf **out);
void status_board_answer(struct status_board *board);

/* One file or other stream of an input; strings are views. */
struct stream_status {
    const char *input;               /* its type */
    const char *name, *path;         /* path NULL: it has none */
    const char *state;               /* "reading", "waiting", "done", … */
    uint64_t read, acked, size;      /* bytes */
    uint64_t lines;                  /* since it was opened */
    double bytes_per_s, lines_per_s; /* lately; negative: not known */
    int64_t changed_ms;              /* wall; when it last had something new; 0: not known */
    const char *error;               /* the last one, NULL: none */
};

/* One object of the list, with a comma in front unless it is the first. */
void status_write_stream(struct buf *out, const struct stream_status *stream, bool first);

#endif
