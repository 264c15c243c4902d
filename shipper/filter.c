/*
 * filter.c - which records are wanted.
 */
#include "shipper/filter.h"

#include <xxhash.h>

#include "shipper/config.h"

void filter_init(struct filter *filter, const struct input_config *input)
{
    double percent = input->sample_percent ? *input->sample_percent : 100;

    filter->sampling = percent < 100;
    filter->threshold = filter->sampling ? (uint64_t)(percent / 100 * (double)UINT64_MAX) : 0;
}

bool filter_keep(const struct filter *filter, struct slice id)
{
    return !filter->sampling || XXH3_64bits(id.data, id.len) < filter->threshold;
}
