/*
 * number.h - private to query/: numbers, times and addresses from text; exact.
 */
#ifndef COMMON_QUERY_NUMBER_H
#define COMMON_QUERY_NUMBER_H

#include "common/query/tree.h"

enum number_unit { NUMBER_PLAIN, NUMBER_BYTES, NUMBER_TIME };

enum number_result { NUMBER_OK, NUMBER_NONE, NUMBER_UNIT_UNKNOWN, NUMBER_TOO_BIG };

/* How numbers of this field are counted. */
enum number_unit number_unit_of(enum record_field field);

/* "B, KB, …"; "" for NUMBER_PLAIN. */
const char *number_unit_names(enum number_unit unit);

/* Is it a unit of any field? */
bool number_is_unit(struct slice suffix);

/*
 * "1.5s", "10KB", "-3", "5xx": the whole numbers that it is. One between two
 * whole numbers gives the empty range {above, below}. *suffix is the unit.
 */
enum number_result number_read(struct slice text, enum number_unit unit, struct query_range *out,
                               struct slice *suffix);

enum time_result { TIME_OK, TIME_BAD, TIME_NOW_IN_RULE };

/* "2026-11-20", "2026-11-20T14:05:00Z", "now-15m/d": the milliseconds that it is. */
enum time_result time_read(struct slice text, const struct query_context *context,
                           struct query_range *out);

/* As 16 bytes, IPv4 as ::ffff:a.b.c.d. */
bool address_parse(struct slice text, uint8_t out[16]);

/* "10.1.2.3", "10.0.0.0/8", "2001:db8::/32". */
bool network_read(struct slice text, struct query_network *out);

/* "10.1.*": `text` is what stands before the star. */
bool network_read_octets(struct slice text, struct query_network *out);

/* An address as the index writes it. */
size_t address_print(const uint8_t address[16], char out[48]);

#endif
