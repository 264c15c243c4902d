/*
 * test_parking.c - what is left of batches.
 */
#include "indexer/parking.h"

#include "indexer/batch.h"
#include "indexer/offsets.h"
#include "tests/unit/support/check.h"

static struct parking parking;

static struct batch *left_over(size_t bytes, int64_t again_ms)
{
    struct batch *batch;
    struct error err;

    assert_int_equal(batch_open(1, &batch, &err), OK);
    batch_add_payload(batch, SLICE("x"));
    batch->bytes = bytes;
    batch->again_ms = again_ms;
    batch->parked = true;
    return batch;
}

static void places_are_bounded_by_number(void **state)
{
    (void)state;
    parking_init(&parking);
    for (int i = 0; i < PARKING_MAX; i++)
        assert_true(parking_reserve(&parking, 1));
    assert_false(parking_reserve(&parking, 1));
    parking_release(&parking, 1);
    assert_true(parking_reserve(&parking, 1));
    assert_false(parking_reserve(&parking, 1));
}

static void places_are_bounded_by_bytes(void **state)
{
    (void)state;
    parking_init(&parking);
    assert_true(parking_reserve(&parking, 60 << 20));
    assert_false(parking_reserve(&parking, 5 << 20));
    assert_true(parking_reserve(&parking, 4 << 20));
    parking_release(&parking, 60 << 20);
    assert_true(parking_reserve(&parking, 5 << 20));
}

static void each_goes_on_when_its_pause_is_over(void **state)
{
    struct batch *first = left_over(1, 100), *second = left_over(1, 50), *third = left_over(1, 200);

    (void)state;
    parking_init(&parking);
    parking_add(&parking, first);
    parking_add(&parking, second);
    parking_add(&parking, third);
    assert_null(parking_take(&parking, 49));
    assert_ptr_equal(parking_take(&parking, 60), second);
    assert_null(parking_take(&parking, 60));
    assert_ptr_equal(parking_take(&parking, 150), first);
    assert_ptr_equal(parking_take(&parking, 200), third);
    assert_null(parking_take(&parking, 1000));
    batch_close(first);
    batch_close(second);
    batch_close(third);
}

static void what_is_given_up_is_never_committed(void **state)
{
    rd_kafka_message_t message = {.partition = 0, .offset = 7};
    struct batch *batch = left_over(10, 100);
    struct offsets *offsets;
    struct error err;

    (void)state;
    parking_init(&parking);
    assert_int_equal(offsets_open(&offsets, &err), OK);
    assert_int_equal(offsets_add(offsets, 0, &err), OK);
    batch->entries[0].message = &message;
    assert_true(offsets_hand_out(offsets, batch));
    batch->entries[0].message = NULL; /* not librdkafka's */
    assert_true(parking_reserve(&parking, batch->bytes));
    parking_add(&parking, batch);
    parking_drop(&parking, offsets);
    assert_null(parking_take(&parking, 1000));
    assert_int_equal(offsets_position(offsets, 0), -1);
    assert_int_equal(offsets_outstanding(offsets, -1), 0);
    assert_int_equal(atomic_load(&parking.bytes), 0);
    offsets_close(offsets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_bounded_by_number),
        cmocka_unit_test(places_are_bounded_by_bytes),
        cmocka_unit_test(each_goes_on_when_its_pause_is_over),
        cmocka_unit_test(what_is_given_up_is_never_committed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
