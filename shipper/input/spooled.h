/*
 * spooled.h - the reading half of inputs whose lines come by network or pipe:
 * their spool, segment by segment.
 *
 * The other half, in syslog.c, http.c and stdin.c, appends to the spool in
 * threads of its own. Here everything runs in the agent's one thread.
 */
#ifndef SHIPPER_INPUT_SPOOLED_H
#define SHIPPER_INPUT_SPOOLED_H

#include <stdatomic.h>

#include "shipper/input/input.h"
#include "shipper/spool.h"

struct spooled;

struct spooled_input { /* first member of every such input's own struct */
    struct input base;
    struct spooled *spooled;
    atomic_bool ended; /* everything that will ever come is in the spool */
};

/*
 * Opens the spool of `config` below state_dir. `name` stands for the input as long as its
 * configuration says so: it is the folder's name and part of its lines' identity.
 */
enum status spooled_open(const struct input_context *context, const struct input_config *config,
                         const char *name, struct spooled_input *input, struct error *err);

/* After the writing half has ended; zeroed is fine. */
void spooled_close(struct spooled_input *input);

/* For the writing half, from any thread. */
struct spool *spooled_spool(const struct spooled_input *input);

/* The functions of input_type that all of them share. */
int spooled_fd(const struct input *input);
enum status spooled_read(struct input *input, int64_t now_ms, struct input_piece *piece,
                         int64_t *wake_ms);
void spooled_done(struct input *input, const struct input_piece *piece, bool blocked);
void spooled_acked(struct input *input, struct stream *stream);
void spooled_progress(const struct input *input, struct input_progress *out);
void spooled_report(struct input *input, int64_t now_ms,
                    void (*each)(void *arg, const struct stream_status *stream), void *arg);

#endif
