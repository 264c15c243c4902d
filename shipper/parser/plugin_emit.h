/*
 * plugin_emit.h - what a plugin says of a line, into the record; whatever it says.
 *
 * Names go through the same table as those of patterns (capture.h) and are
 * remembered. Values are checked and copied: a plugin cannot break a record,
 * only fill it, and that only so far.
 */
#ifndef SHIPPER_PARSER_PLUGIN_EMIT_H
#define SHIPPER_PARSER_PLUGIN_EMIT_H

#include <stdbool.h>

#include "shipper/parser/capture.h"
#include "shipper/plugin.h"

struct plugin_names;

struct plugin_names *plugin_names_open(void); /* NULL: no memory */
void plugin_names_close(struct plugin_names *names);

/* One line's values. */
struct plugin_sink {
    struct plugin_names *names;
    struct slice text; /* the line: values in it need no copy */
    struct capture_line line;
    size_t bytes, values; /* taken so far */
    const char *problem;  /* a value that makes the line one that does not fit */
};

/* The emitter for `sink`, which must be complete. */
struct alpex_emitter plugin_emitter(struct plugin_sink *sink);

#endif
