/*
 * fuzz_index_day.c - any bytes as the name of an index: only a name that the
 * indexer would make is one of ours, and it is made of what was read.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/timestamp.h"
#include "indexer/retention/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const char *made, struct slice name)
{
    if (!slice_equal(slice_of(made), name))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice name = {(const char *)data, size};
    char made[KEPT_NAME_MAX], date[11];
    struct index_day day;

    if (index_day_parse(name, "logs", &day)) {
        timestamp_print_day((struct timestamp){day.day * 86400, 0}, date);
        snprintf(made, sizeof(made), "logs-%s-%s", day.dataset, date);
        check_same(made, name);
    }
    if (kept_name_parse(name, "kept", "logs", &day)) {
        kept_name_print("kept", "logs", &day, made);
        check_same(made, name);
    }
    return 0;
}
