/*
 * test_agent_memo.c - each enricher finds its own part of an agent again, and only what is good.
 */
#include "indexer/enrich/agent_memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "common/metrics.h"
#include "indexer/config.h"

static struct agent_memo *open_memo(uint32_t entries)
{
    struct indexer_config config = {.bots = {.enabled = true, .cache_entries = entries},
                                    .threats = {.enabled = false, .cache_entries = 1000}};
    struct agent_memo *memo = NULL;
    struct error err;

    assert_int_equal(agent_memo_open(&config, &memo, &err), OK);
    return memo;
}

/* Finds `number` as the answer for that agent, or puts it there. */
static bool look(struct agent_memo *memo, struct slice agent, uint32_t number)
{
    bool found;
    struct agent_bot *bot = agent_memo_get(memo, AGENT_BOT, agent, &found);

    assert_int_equal(bot->verify, found ? number : 0);
    bot->verify = number;
    return found;
}

static void parts_are_apart(void **state)
{
    const struct slice agent = SLICE("Mozilla/5.0"), other = SLICE("curl/8");
    struct agent_memo *memo = open_memo(16);
    struct agent_threat *threat;
    bool found;

    (void)state;
    assert_false(look(memo, agent, 7));
    threat = agent_memo_get(memo, AGENT_THREAT, agent, &found);
    assert_false(found); /* another part is there, but not this one */
    assert_int_equal(threat->count, 0);
    threat->count = 3;
    assert_true(look(memo, agent, 7));
    assert_false(look(memo, other, 8));
    agent_memo_forget(memo, AGENT_BOT);
    assert_false(look(memo, agent, 9));
    assert_false(look(memo, other, 10));
    threat = agent_memo_get(memo, AGENT_THREAT, agent, &found);
    assert_true(found);
    assert_int_equal(threat->count, 3);
    agent_memo_close(memo);
    agent_memo_close(NULL);
}

/* What one enricher has set in a record points into its part while the next one asks for its. */
static void parts_of_what_is_not_kept_live_side_by_side(void **state)
{
    static char longest[5000];
    const struct slice agents[] = {{longest, sizeof(longest)}, SLICE("short")};

    (void)state;
    memset(longest, 'a', sizeof(longest));
    for (uint32_t entries = 0; entries < 2; entries++) {
        struct agent_memo *memo = open_memo(entries);
        struct agent_system *system;
        bool found;

        for (int i = 0; i < 2; i++) {
            system = agent_memo_get(memo, AGENT_SYSTEM, agents[i], &found);
            assert_false(found);
            memcpy(system->agent.name, "x", 2);
            assert_false(look(memo, agents[i], 5));
            agent_memo_get(memo, AGENT_THREAT, agents[i], &found);
            assert_string_equal(system->agent.name, "x");
        }
        assert_false(look(memo, agents[0], 6)); /* too long */
        agent_memo_close(memo);
    }
}

static void what_was_given_up_gives_no_wrong_answer(void **state)
{
    struct agent_memo *memo = open_memo(50);
    unsigned seed = (unsigned)time(NULL), hits = 0;
    char text[400];

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 200000; i++) {
        unsigned number = (unsigned)rand_r(&seed) % 200;

        snprintf(text, sizeof(text), "%0*u", (int)(number * 7 % 300) + 1, number);
        hits += look(memo, slice_of(text), number + 1);
        if (rand_r(&seed) % 5000 == 0)
            agent_memo_forget(memo, AGENT_BOT);
    }
    assert_true(hits > 1000);
    agent_memo_close(memo);
}

static double counted(const char *name, const char *enricher)
{
    return metric_value(metrics_counter(name, metrics_label("enricher", enricher), ""));
}

static void parts_are_counted_by_enricher(void **state)
{
    struct agent_memo *memo = open_memo(50);
    double hits = counted("indexer_enrich_cache_hits_total", "bot");
    double misses = counted("indexer_enrich_cache_misses_total", "bot");
    double others = counted("indexer_enrich_cache_misses_total", "threat_agent");
    bool found;

    (void)state;
    look(memo, SLICE("a"), 1);
    look(memo, SLICE("a"), 1);
    look(memo, SLICE("a"), 1);
    look(memo, SLICE("b"), 1);
    agent_memo_get(memo, AGENT_THREAT, SLICE("a"), &found);
    agent_memo_flush_counts(memo, AGENT_BOT);
    assert_true(counted("indexer_enrich_cache_hits_total", "bot") - hits == 2);
    assert_true(counted("indexer_enrich_cache_misses_total", "bot") - misses == 2);
    agent_memo_close(memo); /* counts the rest */
    assert_true(counted("indexer_enrich_cache_misses_total", "threat_agent") - others == 1);
}

static void text_at_the_same_place_is_another_one_for_the_next_record(void **state)
{
    struct agent_memo *memo = open_memo(16);
    char room[] = "curl/8.1.2";
    const struct slice agent = {room, sizeof(room) - 1};

    (void)state;
    agent_memo_next(NULL);
    agent_memo_next(memo);
    assert_false(look(memo, (struct slice){NULL, 0}, 6));
    assert_false(look(memo, agent, 7));
    assert_true(look(memo, agent, 7));
    room[5] = '7';
    agent_memo_next(memo);
    assert_false(look(memo, agent, 8));
    assert_true(look(memo, agent, 8));
    assert_false(look(memo, (struct slice){room, 4}, 9)); /* the beginning is another one, too */
    room[5] = '8';
    agent_memo_next(memo);
    assert_true(look(memo, agent, 7));
    agent_memo_close(memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_apart),
        cmocka_unit_test(parts_of_what_is_not_kept_live_side_by_side),
        cmocka_unit_test(what_was_given_up_gives_no_wrong_answer),
        cmocka_unit_test(parts_are_counted_by_enricher),
        cmocka_unit_test(text_at_the_same_place_is_another_one_for_the_next_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
