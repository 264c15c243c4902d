/*
 * test_geoip_cache.c - an address leads to its own place or to none, whatever was given up.
 */
#include "indexer/enrich/geoip_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "common/metrics.h"

static struct geoip_cache *open_cache(uint32_t addresses)
{
    struct geoip_cache *cache = NULL;
    struct error err;

    assert_int_equal(geoip_cache_open(addresses, sizeof(uint32_t), &cache, &err), OK);
    return cache;
}

/* As an enricher does: address number `address` is in place number `place`. True: it was found. */
static bool look(struct geoip_cache *cache, unsigned address, uint32_t place)
{
    const struct slice key = {(const char *)&place, sizeof(place)};
    const struct geoip_answer *kept;
    struct geoip_answer *answer;
    char text[24];
    bool found;

    snprintf(text, sizeof(text), "10.%u.%u.%u", address >> 16, address >> 8 & 255, address & 255);
    kept = geoip_cache_find(cache, slice_of(text));
    if (kept) {
        assert_int_equal(kept->as_number, place + 1);
        return true;
    }
    answer = geoip_cache_put(cache, key, &found);
    assert_int_equal(answer->as_number, found ? place + 1 : 0);
    answer->as_number = place + 1;
    return false;
}

static void an_address_is_found_again(void **state)
{
    struct geoip_cache *cache = open_cache(64);

    (void)state;
    assert_false(look(cache, 1, 7));
    assert_true(look(cache, 1, 7));
    assert_false(look(cache, 2, 7)); /* the place is known, the address is not */
    assert_true(look(cache, 2, 7));
    geoip_cache_clear(cache);
    assert_false(look(cache, 1, 8)); /* which would be a wrong answer */
    assert_true(look(cache, 1, 8));
    geoip_cache_close(cache);
}

static void nothing_is_kept_without_room(void **state)
{
    struct geoip_cache *cache = open_cache(0);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_false(look(cache, 1, (uint32_t)i));
    geoip_cache_clear(cache);
    geoip_cache_close(cache);
    geoip_cache_close(NULL);
}

/* The newest stays when a group is full, so that what floods it is found. */
static void the_address_that_was_asked_for_last_is_kept(void **state)
{
    struct geoip_cache *cache = open_cache(4);

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        assert_false(look(cache, i, i % 3));
        assert_true(look(cache, i, i % 3));
    }
    geoip_cache_close(cache);
}

/* More addresses and more places than there is room for: never another's answer. */
static void what_was_given_up_gives_no_wrong_answer(void **state)
{
    unsigned seed = (unsigned)time(NULL), hits = 0;

    (void)state;
    print_message("seed %u\n", seed);
    for (uint32_t room = 1; room < 10000; room *= 7) {
        struct geoip_cache *cache = open_cache(room);

        for (int i = 0; i < 100000; i++) {
            unsigned address = (unsigned)rand_r(&seed) % (1u << (rand_r(&seed) % 16));

            hits += look(cache, address, address * 2654435761u % 5000);
            if (rand_r(&seed) % 20000 == 0)
                geoip_cache_clear(cache);
        }
        geoip_cache_close(cache);
    }
    assert_true(hits > 0);
}

static double counted(const char *name, const char *enricher)
{
    return metric_value(metrics_counter(name, metrics_label("enricher", enricher), ""));
}

static void addresses_and_places_are_counted(void **state)
{
    struct geoip_cache *cache = open_cache(64);
    static const char hits[] = "indexer_enrich_cache_hits_total";
    static const char misses[] = "indexer_enrich_cache_misses_total";
    double before[4] = {counted(hits, "geoip"), counted(misses, "geoip"),
                        counted(hits, "geoip_place"), counted(misses, "geoip_place")};

    (void)state;
    look(cache, 1, 7);
    look(cache, 1, 7);
    look(cache, 1, 7);
    look(cache, 2, 7);
    geoip_cache_flush_counts(cache);
    assert_true(counted(hits, "geoip") - before[0] == 2);
    assert_true(counted(misses, "geoip") - before[1] == 2);
    assert_true(counted(hits, "geoip_place") - before[2] == 1);
    assert_true(counted(misses, "geoip_place") - before[3] == 1);
    geoip_cache_close(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_found_again),
        cmocka_unit_test(nothing_is_kept_without_room),
        cmocka_unit_test(the_address_that_was_asked_for_last_is_kept),
        cmocka_unit_test(what_was_given_up_gives_no_wrong_answer),
        cmocka_unit_test(addresses_and_places_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
