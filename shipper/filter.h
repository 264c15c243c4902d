/*
 * filter.h - which records are wanted.
 *
 * Sampling is decided by the record's id: a line that is read again gets the
 * same answer, so a restart neither adds nor removes any.
 */
#ifndef SHIPPER_FILTER_H
#define SHIPPER_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct input_config;

struct filter {
    bool sampling;
    uint64_t threshold; /* hashes below it are kept */
};

void filter_init(struct filter *filter, const struct input_config *input);
bool filter_keep(const struct filter *filter, struct slice id);

#endif
