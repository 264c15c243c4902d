/*
 * sample.c - a share of the lines, chosen by their identity.
 */
#include "shipper/process/sample.h"

#include <xxhash.h>

void sample_init(struct sample *sample, double percent)
{
    sample->partial = percent < 100;
    sample->threshold = sample->partial ? (uint64_t)(percent / 100 * (double)UINT64_MAX) : 0;
}

bool sample_has(const struct sample *sample, struct slice id)
{
    return !sample->partial || XXH3_64bits(id.data, id.len) < sample->threshold;
}
