/*
 * geoip_value.h - may libmaxminddb be let loose on this value?
 */
#ifndef INDEXER_ENRICH_GEOIP_VALUE_H
#define INDEXER_ENRICH_GEOIP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Is the value at `at` of a data section well-formed, with all that it holds
 * and points to, and within limits of depth and number that real ones keep?
 */
bool geoip_value_is_sane(const uint8_t *data, size_t size, size_t at);

#endif
