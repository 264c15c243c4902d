/*
 * parking.c - what is left of batches whose other records are settled.
 */
#include "indexer/parking.h"

#include "common/metrics.h"
#include "indexer/batch.h"
#include "indexer/offsets.h"

#define BYTES_MAX (64u << 20)

void parking_init(struct parking *parking)
{
    *parking = (struct parking){0};
    parking->records = metrics_gauge("indexer_parked_records", NULL,
                                     "Records that wait for their index while others go on.");
    parking->kept_bytes =
        metrics_gauge("indexer_parked_bytes", NULL, "Bytes that are kept in memory for them.");
}

bool parking_reserve(struct parking *parking, size_t bytes)
{
    unsigned places = atomic_fetch_add(&parking->reserved, 1) + 1;
    size_t sum = atomic_fetch_add(&parking->bytes, bytes) + bytes;

    if (places <= PARKING_MAX && sum <= BYTES_MAX)
        return true;
    parking_release(parking, bytes);
    return false;
}

void parking_release(struct parking *parking, size_t bytes)
{
    atomic_fetch_sub(&parking->reserved, 1);
    atomic_fetch_sub(&parking->bytes, bytes);
}

static void publish(const struct parking *parking)
{
    size_t records = 0;

    for (unsigned i = 0; i < parking->count; i++)
        records += parking->batches[i]->count;
    metric_set(parking->records, (double)records);
    metric_set(parking->kept_bytes, (double)atomic_load(&parking->bytes));
}

void parking_add(struct parking *parking, struct batch *batch)
{
    parking->batches[parking->count++] = batch;
    publish(parking);
}

struct batch *parking_take(struct parking *parking, int64_t now_ms)
{
    for (unsigned i = 0; i < parking->count; i++) {
        struct batch *batch = parking->batches[i];

        if (batch->again_ms > now_ms)
            continue;
        parking->batches[i] = parking->batches[--parking->count];
        publish(parking);
        return batch;
    }
    return NULL;
}

void parking_drop(struct parking *parking, struct offsets *offsets)
{
    while (parking->count) {
        struct batch *batch = parking->batches[--parking->count];

        offsets_take_back(offsets, batch, false);
        parking_release(parking, batch->bytes);
        batch_close(batch);
    }
    publish(parking);
}
