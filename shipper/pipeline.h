/*
 * pipeline.h - wires the stages of the shipper:
 *
 *     input -> framer -> parser -> process -> encode -> outbox -> producer
 *       ^                                                 |
 *       +---- checkpoint <---- acknowledgement <----------+
 */
#ifndef SHIPPER_PIPELINE_H
#define SHIPPER_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct config;
struct shipper_config;
struct input_type;
struct query;

struct pipeline_options {
    const struct input_type *input; /* of every input; NULL: as the configuration says */
    bool whole;                /* ends when everything is read and acknowledged; no state is kept */
    bool progress;             /* a progress bar on stderr */
    const struct query *query; /* ships only what it finds; NULL: everything */
    const int *stop_fd;        /* readable: stop; NULL: the program's signals say it */
    /* Loads the configuration again, at SIGHUP; as shipper_config_load. NULL: it cannot be. */
    enum status (*load)(void *arg, struct config **holder, struct shipper_config **out,
                        struct error *err);
    void *load_arg;
};

struct pipeline_result {
    uint64_t lines, records, unparsed, filtered, headings, undelivered;
};

/*
 * `holder` is what `config` belongs to; it is closed at the end, or when another configuration has
 * taken its place; NULL: it stays the caller's. Runs until SIGTERM or SIGINT (or, `whole`, until
 * all is done). OK: everything that was read is acknowledged or will be read again. FATAL: cannot
 * start.
 */
enum status pipeline_run(struct config *holder, const struct shipper_config *config,
                         const struct pipeline_options *options, struct pipeline_result *result,
                         struct error *err);

#endif
