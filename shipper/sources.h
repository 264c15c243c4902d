/*
 * sources.h - the configured inputs, each with what its lines go through, and
 * how they change when the configuration does.
 *
 * Everything runs in the agent's one thread.
 */
#ifndef SHIPPER_SOURCES_H
#define SHIPPER_SOURCES_H

#include <stdbool.h>

#include "common/error.h"
#include "shipper/input/input.h"
#include "shipper/lines.h"

#define SOURCES_MAX 100

struct checkpoint;
struct config;
struct query;
struct shipper_config;

struct source {
    struct input *input;
    struct lines lines;
    bool exhausted; /* nothing will ever come */
    int64_t due_ms; /* its rate limit lets nothing pass before; 0: no limit, or not reached */
    bool waiting;   /* it has a line that could not be taken, and was written at about: */
    struct timestamp waiting_since;

    struct settings *opened_with;         /* the configuration of the input; lives as long */
    struct settings *parsed_with;         /* that of its lines */
    const struct input_config *opened_as; /* part of the former; its streams point to it */
    char *text;                           /* the same as text, to see whether it changes */
};

struct sources {
    struct source *items; /* room for one an input of the configuration */
    unsigned count;
    struct settings *current;      /* the configuration in force */
    const struct input_type *type; /* of every input; NULL: as the configuration says */
    const struct query *query;     /* only what it finds is kept; NULL: everything */
    struct checkpoint *checkpoint; /* NULL: positions are not kept */
};

/*
 * Opens the inputs of `config` (the rest of `sources` is set). `holder` is what config belongs to,
 * and is taken over: it is closed when neither it nor an input that was opened by it is in
 * force any more. NULL: it is the caller's.
 */
enum status sources_open(struct sources *sources, struct config *holder,
                         const struct shipper_config *config, struct error *err);

/*
 * Goes over to another configuration, which was checked. Nothing may be under way. Inputs whose
 * part of it is the same stay open, their formats are compiled anew; the others are closed, and
 * new ones opened. Takes `holder` over; what only the old one held is gone afterwards. REJECT: an
 * input could not be opened (the last one's error); all others are in force. FATAL: no memory;
 * nothing has changed.
 */
enum status sources_change(struct sources *sources, struct config *holder,
                           const struct shipper_config *config, struct error *err);

/* A stream of one of them moved its acked position. */
void sources_acked(struct sources *sources, struct stream *stream);

/* Nothing will ever come from any of them. */
bool sources_exhausted(const struct sources *sources);

/*
 * The agent ends. Inputs that cannot leave what they have taken in for the next time go on until
 * it is read; the others count as exhausted.
 */
void sources_stop(struct sources *sources);

struct input_progress sources_progress(const struct sources *sources);

void sources_close(struct sources *sources); /* zeroed is fine */

#endif
