/*
 * test_record_id.c - event.id: pinned, since a change would store every record again.
 */
#include "common/record_id.h"

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

struct place {
    const char *agent, *stream;
    uint64_t fingerprint;
    uint32_t generation;
    uint64_t offset;
    const char *line;
    struct timestamp time;
};

static const struct place base = {"agent",  "/var/log/access.log",  0x0123456789abcdef, 0, 4096,
                                  "a line", {1795262400, 123000000}};

/* In a ring, so that two can be compared. */
static const char *id_of(const struct place *place)
{
    static char ids[4][RECORD_ID_LEN + 1];
    static unsigned next;
    char *id = ids[next++ % 4];
    struct record_source source = record_source_make(
        slice_of(place->agent), slice_of(place->stream), place->fingerprint, place->generation);

    memset(id, 0, RECORD_ID_LEN + 1);
    record_id_make(&source, place->offset, slice_of(place->line), place->time, id);
    assert_int_equal(strlen(id), RECORD_ID_LEN);
    return id;
}

static void known_places_have_their_known_ids(void **state)
{
    const struct place empty = {"", "", 0, 0, 0, "", {0, 0}};

    (void)state;
    assert_string_equal(id_of(&base), "AaH9-kZ7FrUB0nMJUtDrHw");
    assert_string_equal(id_of(&empty), "AAAAAAAAyTcXioyT7yye0g");
}

static void same_place_has_the_same_id(void **state)
{
    struct place again = base;

    (void)state;
    assert_string_equal(id_of(&base), id_of(&again));
}

static void every_input_changes_the_id(void **state)
{
    struct place other[7];

    (void)state;
    for (size_t i = 0; i < 7; i++)
        other[i] = base;
    other[0].agent = "agenu";
    other[1].stream = "/var/log/access.logs";
    other[2].fingerprint++;
    other[3].generation++;
    other[4].offset++;
    other[5].line = "a lime";
    other[6].time.ns += 1000000;
    for (size_t i = 0; i < 7; i++) {
        assert_string_not_equal(id_of(&other[i]), id_of(&base));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(id_of(&other[i]), id_of(&other[j]));
    }
}

static void names_do_not_run_into_each_other(void **state)
{
    struct place a = base, b = base;

    (void)state;
    a.agent = "ab";
    a.stream = "c";
    b.agent = "a";
    b.stream = "bc";
    assert_string_not_equal(id_of(&a), id_of(&b));
}

static void ids_of_one_time_share_their_beginning(void **state)
{
    struct place other = base, later = base;

    (void)state;
    other.line = "another line";
    other.offset = 9;
    later.time.s += 86400;
    assert_memory_equal(id_of(&base), id_of(&other), 8);
    assert_memory_not_equal(id_of(&base), id_of(&later), 8);
}

static void times_before_1970_count_as_zero(void **state)
{
    struct place before = base, zero = base;

    (void)state;
    before.time = (struct timestamp){-5, 0};
    zero.time = (struct timestamp){0, 0};
    assert_string_equal(id_of(&before), id_of(&zero));
    assert_memory_equal(id_of(&zero), "AAAAAAAA", 8);
}

static void ids_are_url_safe_and_never_alike(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    enum { IDS = 20000 };
    char(*ids)[RECORD_ID_LEN + 1] = calloc(IDS, sizeof(*ids));
    struct rng rng = rng_start();
    struct place place = base;

    (void)state;
    assert_non_null(ids);
    for (int i = 0; i < IDS; i++) {
        place.offset += 1 + rng_below(&rng, 200);
        memcpy(ids[i], id_of(&place), sizeof(ids[i]));
        assert_int_equal(strspn(ids[i], alphabet), RECORD_ID_LEN);
    }
    qsort(ids, IDS, sizeof(*ids), (int (*)(const void *, const void *))strcmp);
    for (int i = 1; i < IDS; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    free(ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_places_have_their_known_ids),
        cmocka_unit_test(same_place_has_the_same_id),
        cmocka_unit_test(every_input_changes_the_id),
        cmocka_unit_test(names_do_not_run_into_each_other),
        cmocka_unit_test(ids_of_one_time_share_their_beginning),
        cmocka_unit_test(times_before_1970_count_as_zero),
        cmocka_unit_test(ids_are_url_safe_and_never_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
