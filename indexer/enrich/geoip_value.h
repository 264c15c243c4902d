/*
 * geoip_value.h - walks over the values of a MaxMind DB.
 *
 * libmaxminddb finds the record of an address; what is in it is read here, in
 * one pass: its own search begins anew for each value, some twenty a record.
 * Bounds, depth and number of values are checked: a damaged file costs a
 * look-up, and no more. Format: MaxMind DB 2.0, "Output Data Section".
 */
#ifndef INDEXER_ENRICH_GEOIP_VALUE_H
#define INDEXER_ENRICH_GEOIP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct geoip_walk {
    const uint8_t *data; /* the data section */
    size_t size, at;
    unsigned left; /* values that may still be looked at */
};

struct geoip_value { /* one that was opened */
    unsigned type;   /* MMDB_DATA_TYPE_… */
    size_t size;     /* bytes; pairs of a map, members of an array */
    size_t back;     /* where to go on: it was behind a pointer; 0: it was not */
};

struct geoip_walk geoip_walk_start(const uint8_t *data, size_t size, size_t at);

/*
 * Opens the value at walk->at, also behind a pointer. False: malformed, or
 * beyond the limits. Then either its content is read (of a map: key, value,
 * key, value …) and geoip_close called, or geoip_skip.
 */
bool geoip_open(struct geoip_walk *walk, struct geoip_value *out);

/* The content of a text, or of a number: big-endian; read or passed over. False: beyond the end. */
bool geoip_take(struct geoip_walk *walk, const struct geoip_value *value, struct slice *out);

void geoip_close(struct geoip_walk *walk, const struct geoip_value *value);

/* Passes over an opened value, instead of reading and closing it. */
bool geoip_skip(struct geoip_walk *walk, const struct geoip_value *value);

/*
 * Is the value at `at` well-formed, with all that it holds and points to, and
 * within limits of depth and number that real ones keep? For the metadata,
 * which libmaxminddb reads itself: it checks bounds but not depth.
 */
bool geoip_value_is_sane(const uint8_t *data, size_t size, size_t at);

#endif
