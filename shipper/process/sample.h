/*
 * sample.h - a share of the lines, chosen by their identity.
 *
 * A line that is read again gets the same answer, so a restart neither adds nor removes
 * any; a larger share holds the smaller one.
 */
#ifndef SHIPPER_PROCESS_SAMPLE_H
#define SHIPPER_PROCESS_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct sample {
    bool partial;
    uint64_t threshold; /* hashes below it are in the sample */
};

void sample_init(struct sample *sample, double percent);
bool sample_has(const struct sample *sample, struct slice id);

#endif
