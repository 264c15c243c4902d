/*
 * test_cache.c - what is found again, what is given up, and that the bounds hold.
 */
#include "indexer/enrich/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "common/metrics.h"

static struct cache *open_cache(uint32_t entries, uint32_t key_max, uint32_t key_bytes)
{
    const struct cache_options options = {.enricher = "test",
                                          .entries = entries,
                                          .key_max = key_max,
                                          .key_bytes = key_bytes,
                                          .value_size = sizeof(uint32_t)};
    struct cache *cache = NULL;
    struct error err;

    assert_int_equal(cache_open(&options, &cache, &err), OK);
    return cache;
}

/* Finds `key` with `value`, or puts it there. */
static bool look(struct cache *cache, struct slice key, uint32_t value)
{
    bool found;
    uint32_t *held = cache_get(cache, key, &found);

    assert_non_null(held);
    assert_int_equal(*held, found ? value : 0);
    *held = value;
    return found;
}

static bool look_text(struct cache *cache, const char *key, uint32_t value)
{
    return look(cache, slice_of(key), value);
}

static void what_was_put_is_found(void **state)
{
    struct cache *cache = open_cache(4, 100, 0);
    char key[64];

    (void)state;
    snprintf(key, sizeof(key), "%s", "curl/8.5.0");
    assert_false(look_text(cache, key, 1));
    memset(key, 'x', 5); /* the key was copied */
    assert_true(look_text(cache, "curl/8.5.0", 1));
    assert_false(look_text(cache, "curl/8.5.1", 2));
    assert_false(look_text(cache, "curl/8.5", 3));
    assert_true(look_text(cache, "curl/8.5.0", 1));
    assert_true(look_text(cache, "curl/8.5.1", 2));
    cache_close(cache);
}

static void keys_of_every_length_and_byte_are_kept(void **state)
{
    struct cache *cache = open_cache(400, 200, 400 * 200);
    char key[200];

    (void)state;
    for (int round = 0; round < 2; round++)
        for (size_t len = 0; len <= sizeof(key); len++) {
            memset(key, (int)len, sizeof(key)); /* NUL bytes too */
            assert_int_equal(look(cache, (struct slice){key, len}, (uint32_t)len + 1), round == 1);
        }
    memset(key, 100, sizeof(key));
    for (size_t at = 0; at < 150; at++) { /* a difference anywhere is one */
        key[at] = 1;
        assert_false(look(cache, (struct slice){key, 150}, 7));
        key[at] = 100;
    }
    cache_close(cache);
}

static void a_key_that_is_too_long_is_not_kept(void **state)
{
    struct cache *cache = open_cache(4, 8, 0);

    (void)state;
    assert_false(look_text(cache, "123456789", 5));
    assert_false(look_text(cache, "123456789", 5));
    assert_false(look_text(cache, "12345678", 6));
    assert_true(look_text(cache, "12345678", 6));
    cache_close(cache);
}

static void without_entries_nothing_is_kept(void **state)
{
    struct cache *cache = open_cache(0, 8, 0);

    (void)state;
    assert_false(look_text(cache, "a", 5));
    assert_false(look_text(cache, "a", 5));
    cache_clear(cache);
    cache_close(cache);
}

static void what_is_asked_for_outlives_what_is_not(void **state)
{
    struct cache *cache = open_cache(8, 16, 0);
    char key[16];

    (void)state;
    look_text(cache, "busy", 1);
    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "once %u", i);
        assert_false(look_text(cache, key, i + 2));
        assert_true(look_text(cache, "busy", 1));
    }
    assert_false(look_text(cache, "once 0", 2));
    cache_close(cache);
}

static void one_entry_holds_the_newest(void **state)
{
    struct cache *cache = open_cache(1, 16, 0);

    (void)state;
    assert_false(look_text(cache, "a", 1));
    assert_true(look_text(cache, "a", 1));
    assert_false(look_text(cache, "b", 2));
    assert_true(look_text(cache, "b", 2));
    assert_false(look_text(cache, "a", 1));
    cache_close(cache);
}

/* 600 bytes of keys are ten pieces: long keys push out many short ones. */
static void bytes_run_out_before_entries(void **state)
{
    struct cache *cache = open_cache(100, 600, 600);
    char key[600];
    unsigned found = 0;

    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        snprintf(key, sizeof(key), "short %u", i);
        assert_false(look_text(cache, key, i + 1));
    }
    for (uint32_t i = 0; i < 10; i++) {
        snprintf(key, sizeof(key), "short %u", i);
        assert_true(look_text(cache, key, i + 1));
    }
    memset(key, 'x', sizeof(key));
    assert_false(look(cache, (struct slice){key, sizeof(key)}, 77));
    assert_true(look(cache, (struct slice){key, sizeof(key)}, 77));
    for (uint32_t i = 0; i < 10; i++) {
        snprintf(key, sizeof(key), "short %u", i);
        found += look_text(cache, key, i + 1);
    }
    assert_int_equal(found, 0);
    cache_close(cache);
}

static void cleared_it_knows_nothing(void **state)
{
    struct cache *cache = open_cache(16, 100, 0);
    char key[32];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 16; i++) {
            snprintf(key, sizeof(key), "key number %u", i);
            assert_false(look_text(cache, key, i + 1));
        }
        cache_clear(cache);
    }
    cache_close(cache);
}

/* Against a table that forgets nothing: what is found is what was put last. */
static void random_keys_always_give_their_own_value(void **state)
{
    unsigned seed = (unsigned)time(NULL), hits = 0;
    struct cache *cache = open_cache(64, 150, 2000);
    static uint32_t values[300];
    char key[160];

    (void)state;
    print_message("seed %u\n", seed);
    for (uint32_t step = 0; step < 200000; step++) {
        uint32_t which = (uint32_t)(rand_r(&seed) % 300);
        size_t len = (size_t)snprintf(key, sizeof(key), "%u ", which);
        bool found;
        uint32_t *value;

        if (rand_r(&seed) % 5000 == 0)
            cache_clear(cache);
        if (rand_r(&seed) % 4)
            which %= 16, len = (size_t)snprintf(key, sizeof(key), "%u ", which);
        memset(key + len, 'p', which % 140);
        len += which % 140;
        value = cache_get(cache, (struct slice){key, len}, &found);
        if (found)
            assert_int_equal(*value, values[which]);
        hits += found;
        *value = values[which] = step + 1;
    }
    assert_in_range(hits, 20000, 200000);
    cache_close(cache);
}

static void memory_is_what_was_asked_for(void **state)
{
    struct cache *small = open_cache(100, 50, 0), *large = open_cache(10000, 50, 0);

    (void)state;
    assert_in_range(cache_bytes(small), 100 * 132, 100 * 132 * 2);
    assert_in_range(cache_bytes(large), 10000 * 132, 10000 * 132 * 2);
    cache_close(small);
    cache_close(large);
    cache_close(NULL);
}

static void hits_and_misses_are_counted(void **state)
{
    const char *label = "enricher=\"test\"";
    struct metric *hits = metrics_counter("indexer_enrich_cache_hits_total", label, "");
    struct metric *misses = metrics_counter("indexer_enrich_cache_misses_total", label, "");
    struct cache *cache = open_cache(4, 8, 0);
    double hits_before = metric_value(hits), misses_before = metric_value(misses);

    (void)state;
    look_text(cache, "a", 1);
    look_text(cache, "a", 1);
    look_text(cache, "a", 1);
    look_text(cache, "much too long", 1);
    assert_true(metric_value(hits) == hits_before);
    cache_flush_counts(cache);
    assert_true(metric_value(hits) == hits_before + 2);
    assert_true(metric_value(misses) == misses_before + 2);
    look_text(cache, "a", 1);
    cache_close(cache); /* what is left is added */
    assert_true(metric_value(hits) == hits_before + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found),
        cmocka_unit_test(keys_of_every_length_and_byte_are_kept),
        cmocka_unit_test(a_key_that_is_too_long_is_not_kept),
        cmocka_unit_test(without_entries_nothing_is_kept),
        cmocka_unit_test(what_is_asked_for_outlives_what_is_not),
        cmocka_unit_test(one_entry_holds_the_newest),
        cmocka_unit_test(bytes_run_out_before_entries),
        cmocka_unit_test(cleared_it_knows_nothing),
        cmocka_unit_test(random_keys_always_give_their_own_value),
        cmocka_unit_test(memory_is_what_was_asked_for),
        cmocka_unit_test(hits_and_misses_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
