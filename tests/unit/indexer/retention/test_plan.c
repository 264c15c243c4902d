/*
 * test_plan.c - what goes and what stays, by tables.
 */
#include "indexer/retention/plan.h"

#include "common/scope.h"
#include "common/timestamp.h"
#include "indexer/retention/config.h"
#include "indexer/retention/survey.h"
#include "tests/unit/support/check.h"

#define DAY_MS  ((int64_t)86400000)
#define HOUR_MS ((int64_t)3600000)
#define TODAY   20778 /* 2026-11-21 */
#define NOW_MS  (TODAY * DAY_MS + 12 * HOUR_MS)
#define GIB     ((uint64_t)1 << 30)
#define MAX     40

struct plan {
    struct retention_index indices[MAX];
    struct retention_action actions[MAX];
    char names[MAX][64];
    size_t count;
};

static struct retention_index *add(struct plan *plan, enum index_kind kind, const char *dataset,
                                   int64_t day, uint64_t bytes)
{
    struct retention_index *index = &plan->indices[plan->count];

    assert_in_range(plan->count, 0, MAX - 1);
    snprintf(plan->names[plan->count], sizeof(plan->names[0]), "%s%+d", dataset,
             (int)(day - TODAY));
    *index = (struct retention_index){.name = plan->names[plan->count],
                                      .uuid = "u",
                                      .kind = kind,
                                      .day.day = day,
                                      .docs = 1,
                                      .bytes = bytes,
                                      .marked = true,
                                      .named = true};
    snprintf(index->day.dataset, sizeof(index->day.dataset), "%s", dataset);
    plan->count++;
    return index;
}

static struct retention_index *add_day(struct plan *plan, const char *dataset, int64_t ago)
{
    return add(plan, INDEX_DAY, dataset, TODAY - ago, GIB);
}

static void make(struct plan *plan, const struct retention_config *config, int64_t now_ms)
{
    retention_plan(config, plan->indices, plan->count, now_ms, plan->actions);
}

static void expect(const struct plan *plan, const char *name, enum retention_step step,
                   enum retention_why why)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (strcmp(plan->names[i], name) != 0)
            continue;
        if (plan->actions[i].step != step || plan->actions[i].why != why)
            fail_msg("%s: step %d, %s; expected %d, %s", name, plan->actions[i].step,
                     retention_why_names[plan->actions[i].why], step, retention_why_names[why]);
        return;
    }
    fail_msg("no index %s", name);
}

static void without_rules_nothing_goes(void **state)
{
    static const struct retention_config config = {.enabled = true};
    struct plan plan = {.count = 0};

    (void)state;
    add_day(&plan, "a", 20000);
    add_day(&plan, "a", 5);
    add_day(&plan, "a", 0);
    make(&plan, &config, NOW_MS);
    expect(&plan, "a-20000", STEP_STAY, WHY_NO_LIMIT);
    expect(&plan, "a-5", STEP_STAY, WHY_NO_LIMIT);
    expect(&plan, "a+0", STEP_STAY, WHY_RECENT);
    assert_true(plan.actions[0].due_ms == INT64_MAX);
}

/* 10 days: the tenth day before now is reached into, so it stays. */
static void days_go_by_their_age(void **state)
{
    static const struct retention_config config = {.rest = {.max_age_ms = 10 * DAY_MS}};
    struct plan plan = {.count = 0};

    (void)state;
    for (int64_t ago = 12; ago >= -3; ago--)
        add_day(&plan, "a", ago);
    make(&plan, &config, NOW_MS);
    expect(&plan, "a-12", STEP_DELETE, WHY_AGE);
    expect(&plan, "a-11", STEP_DELETE, WHY_AGE);
    expect(&plan, "a-10", STEP_STAY, WHY_YOUNG);
    expect(&plan, "a-2", STEP_STAY, WHY_YOUNG);
    expect(&plan, "a-1", STEP_STAY, WHY_RECENT);
    expect(&plan, "a+0", STEP_STAY, WHY_RECENT);
    expect(&plan, "a+1", STEP_STAY, WHY_FUTURE);
    expect(&plan, "a+3", STEP_STAY, WHY_FUTURE);
    assert_int_equal(plan.actions[2].due_ms, (TODAY + 1) * DAY_MS);
    /* At midnight and a moment before. */
    make(&plan, &config, (TODAY + 1) * DAY_MS - 1);
    expect(&plan, "a-10", STEP_STAY, WHY_YOUNG);
    make(&plan, &config, (TODAY + 1) * DAY_MS);
    expect(&plan, "a-10", STEP_DELETE, WHY_AGE);
    expect(&plan, "a+1", STEP_STAY, WHY_RECENT);
}

/* Whatever the rule says: the configuration refuses less than 2d, and so does the plan. */
static void today_and_yesterday_never_go(void **state)
{
    static const struct retention_config config = {.rest = {.max_age_ms = 1, .max_total_bytes = 1},
                                                   .max_all_bytes = 1};
    struct plan plan = {.count = 0};

    (void)state;
    for (int64_t ago = 3; ago >= -1; ago--)
        add_day(&plan, "a", ago);
    for (int64_t ms = TODAY * DAY_MS; ms < (TODAY + 1) * DAY_MS; ms += HOUR_MS) {
        make(&plan, &config, ms);
        expect(&plan, "a-3", STEP_DELETE, WHY_AGE);
        expect(&plan, "a-2", STEP_DELETE, WHY_SIZE);
        expect(&plan, "a-1", STEP_STAY, WHY_RECENT);
        expect(&plan, "a+0", STEP_STAY, WHY_RECENT);
        expect(&plan, "a+1", STEP_STAY, WHY_FUTURE);
    }
}

static void each_dataset_has_its_rule(void **state)
{
    static struct retention_rule rules[] = {
        {.dataset = (char *)"web.*", .max_age_ms = 5 * DAY_MS},
        {.dataset = (char *)"audit"},
    };
    static const struct retention_config config = {
        .rest = {.max_age_ms = 20 * DAY_MS}, .datasets = rules, .dataset_count = ARRAY_LEN(rules)};
    struct plan plan = {.count = 0};

    (void)state;
    add_day(&plan, "web.access", 10);
    add_day(&plan, "audit", 10000);
    add_day(&plan, "other-with-dash", 10);
    add_day(&plan, "other-with-dash", 30);
    make(&plan, &config, NOW_MS);
    expect(&plan, "web.access-10", STEP_DELETE, WHY_AGE);
    expect(&plan, "audit-10000", STEP_STAY, WHY_NO_LIMIT);
    expect(&plan, "other-with-dash-10", STEP_STAY, WHY_YOUNG);
    expect(&plan, "other-with-dash-30", STEP_DELETE, WHY_AGE);
    assert_ptr_equal(plan.actions[0].rule, &rules[0]);
}

static void oldest_days_go_until_the_size_fits(void **state)
{
    static const struct retention_config config = {
        .rest = {.max_age_ms = 8 * DAY_MS, .max_total_bytes = 5 * GIB}};
    struct plan plan = {.count = 0};

    (void)state;
    for (int64_t ago = 9; ago >= 0; ago--)
        add_day(&plan, "a", ago);
    for (int64_t ago = 4; ago >= 0; ago--)
        add_day(&plan, "b", ago);
    make(&plan, &config, NOW_MS);
    expect(&plan, "a-9", STEP_DELETE, WHY_AGE);
    expect(&plan, "a-8", STEP_DELETE, WHY_SIZE);
    expect(&plan, "a-5", STEP_DELETE, WHY_SIZE);
    expect(&plan, "a-4", STEP_STAY, WHY_YOUNG);
    expect(&plan, "b-4", STEP_STAY, WHY_YOUNG); /* just 5 GiB */
}

static void what_cannot_go_counts_and_younger_ones_go_instead(void **state)
{
    static const struct retention_config config = {.rest = {.max_total_bytes = 3 * GIB}};
    struct plan plan = {.count = 0};

    (void)state;
    add_day(&plan, "a", 9)->hold = HOLD_READ_ONLY;
    for (int64_t ago = 4; ago >= 0; ago--)
        add_day(&plan, "a", ago);
    make(&plan, &config, NOW_MS);
    expect(&plan, "a-9", STEP_STAY, WHY_READ_ONLY);
    expect(&plan, "a-4", STEP_DELETE, WHY_SIZE);
    expect(&plan, "a-3", STEP_DELETE, WHY_SIZE);
    expect(&plan, "a-2", STEP_DELETE, WHY_SIZE);
    expect(&plan, "a-1", STEP_STAY, WHY_RECENT);
}

static void all_together_lose_the_oldest_but_protected_datasets(void **state)
{
    static struct retention_rule rules[] = {
        {.dataset = (char *)"audit"},
    };
    static const struct retention_config config = {.rest = {.max_age_ms = 100 * DAY_MS},
                                                   .datasets = rules,
                                                   .dataset_count = 1,
                                                   .max_all_bytes = 4 * GIB};
    struct plan plan = {.count = 0};

    (void)state;
    add_day(&plan, "audit", 50);
    add_day(&plan, "b", 12);
    add_day(&plan, "a", 11);
    add_day(&plan, "b", 10);
    add_day(&plan, "a", 9);
    add_day(&plan, "a", 2);
    add(&plan, INDEX_KEPT, "a", TODAY - 20, 100 * GIB); /* not counted */
    make(&plan, &config, NOW_MS);
    expect(&plan, "audit-50", STEP_STAY, WHY_NO_LIMIT);
    expect(&plan, "b-12", STEP_DELETE, WHY_ALL_SIZE);
    expect(&plan, "a-11", STEP_DELETE, WHY_ALL_SIZE);
    expect(&plan, "b-10", STEP_STAY, WHY_YOUNG);
    expect(&plan, "a-2", STEP_STAY, WHY_YOUNG);
}

static void what_is_kept_is_copied_and_goes_by_months(void **state)
{
    static const struct retention_config config = {
        .rest = {.max_age_ms = 10 * DAY_MS, .keep = (char *)"level:error", .keep_ms = 60 * DAY_MS}};
    static const struct retention_config no_more = {.rest = {.max_age_ms = 10 * DAY_MS}};
    int64_t september = civil_days(2026, 9, 1), august = civil_days(2026, 8, 1);
    struct plan plan = {.count = 0};

    (void)state;
    add_day(&plan, "a", 61);
    add_day(&plan, "a", 60);
    add_day(&plan, "a", 11);
    add(&plan, INDEX_KEPT, "k", august, GIB);
    add(&plan, INDEX_KEPT, "k", september, GIB);
    make(&plan, &config, NOW_MS);
    expect(&plan, "a-61", STEP_DELETE, WHY_AGE); /* older than keep_ms as a whole */
    expect(&plan, "a-60", STEP_KEEP, WHY_AGE);
    expect(&plan, "a-11", STEP_KEEP, WHY_AGE);
    assert_int_equal(plan.actions[3].step, STEP_DELETE); /* since 30 October */
    assert_int_equal(plan.actions[3].why, WHY_KEPT_AGE);
    assert_int_equal(plan.actions[4].step, STEP_STAY); /* until 29 November */
    assert_int_equal(plan.actions[4].due_ms, civil_days(2026, 11, 30) * DAY_MS);
    /* A rule that keeps nothing any more does not say to delete what was kept. */
    make(&plan, &no_more, NOW_MS);
    assert_int_equal(plan.actions[3].step, STEP_STAY);
    assert_int_equal(plan.actions[3].why, WHY_NO_LIMIT);
}

static void what_is_held_or_not_ours_stays(void **state)
{
    static const struct retention_config config = {.rest = {.max_age_ms = 10 * DAY_MS}};
    static const struct retention_config keeping = {
        .rest = {.max_age_ms = 10 * DAY_MS, .keep = (char *)"*", .keep_ms = 600 * DAY_MS}};
    struct plan plan = {.count = 0};
    struct retention_index *index;

    (void)state;
    add_day(&plan, "readonly", 50)->hold = HOLD_READ_ONLY;
    add_day(&plan, "policy", 50)->hold = HOLD_LIFECYCLE;
    add_day(&plan, "mounted", 50)->hold = HOLD_SNAPSHOT;
    add_day(&plan, "stream", 50)->hold = HOLD_DATA_STREAM;
    add_day(&plan, "closed", 50)->closed = true;
    add_day(&plan, "nowrites", 50)->no_writes = true;
    index = add_day(&plan, "foreign", 50);
    index->kind = INDEX_FOREIGN;
    index->named = false;
    index = add_day(&plan, "unmarked", 50);
    index->kind = INDEX_FOREIGN;
    index->marked = false;
    add(&plan, INDEX_KEPT, "kept", TODAY - 700, GIB)->hold = HOLD_READ_ONLY;
    make(&plan, &config, NOW_MS);
    expect(&plan, "readonly-50", STEP_STAY, WHY_READ_ONLY);
    expect(&plan, "policy-50", STEP_STAY, WHY_LIFECYCLE);
    expect(&plan, "mounted-50", STEP_STAY, WHY_SNAPSHOT);
    expect(&plan, "stream-50", STEP_STAY, WHY_DATA_STREAM);
    expect(&plan, "closed-50", STEP_DELETE, WHY_AGE);
    expect(&plan, "nowrites-50", STEP_DELETE, WHY_AGE);
    expect(&plan, "foreign-50", STEP_STAY, WHY_FOREIGN);
    expect(&plan, "unmarked-50", STEP_STAY, WHY_UNMARKED);
    assert_null(plan.actions[6].rule);
    make(&plan, &keeping, NOW_MS);
    expect(&plan, "closed-50", STEP_STAY, WHY_CLOSED); /* nothing can be read from it */
    expect(&plan, "nowrites-50", STEP_KEEP, WHY_AGE);
    expect(&plan, "kept-700", STEP_STAY, WHY_READ_ONLY);
}

static void with_a_policy_days_are_given_to_it(void **state)
{
    static const struct retention_config config = {.rest = {.max_age_ms = 10 * DAY_MS},
                                                   .ilm_policy = (char *)"p"};
    struct plan plan = {.count = 0};

    (void)state;
    add_day(&plan, "a", 50);
    add_day(&plan, "a", 0);
    add_day(&plan, "a", -1);
    add_day(&plan, "has", 5)->hold = HOLD_LIFECYCLE;
    add_day(&plan, "held", 50)->hold = HOLD_READ_ONLY;
    make(&plan, &config, NOW_MS);
    expect(&plan, "a-50", STEP_MANAGE, WHY_LIFECYCLE);
    expect(&plan, "a+0", STEP_MANAGE, WHY_LIFECYCLE);
    expect(&plan, "a+1", STEP_STAY, WHY_FUTURE);
    expect(&plan, "has-5", STEP_STAY, WHY_LIFECYCLE);
    expect(&plan, "held-50", STEP_STAY, WHY_READ_ONLY);
}

static int order(const void *a, const void *b)
{
    const struct retention_index *x = a, *y = b;

    return x->day.day < y->day.day ? -1 : x->day.day > y->day.day;
}

/* Of anything: only what is allowed goes, and no more than the sizes ask for. */
static void random_plans_keep_the_promises(void **state)
{
    unsigned seed = 7;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct retention_config config = {
            .rest = {.max_age_ms = (uint64_t)(rand_r(&seed) % 30) * DAY_MS,
                     .max_total_bytes = (uint64_t)(rand_r(&seed) % 8) * GIB},
            .max_all_bytes = (uint64_t)(rand_r(&seed) % 12) * GIB};
        struct plan plan = {.count = 0};
        int64_t now_ms = NOW_MS + rand_r(&seed) % DAY_MS;
        uint64_t stay[2] = {0}, last[2] = {0};

        for (int i = 0; i < 20; i++) {
            struct retention_index *index =
                add_day(&plan, i % 2 ? "a" : "b", rand_r(&seed) % 40 - 3);

            index->hold = rand_r(&seed) % 5 ? HOLD_NONE : HOLD_READ_ONLY;
        }
        qsort(plan.indices, plan.count, sizeof(plan.indices[0]), order);
        make(&plan, &config, now_ms);
        for (size_t i = 0; i < plan.count; i++) {
            const struct retention_action *action = &plan.actions[i];
            int which = action->index->day.dataset[0] == 'a';

            if (action->step == STEP_STAY) {
                stay[which] += action->index->bytes;
                continue;
            }
            if (action->why != WHY_AGE)
                last[which] = action->index->bytes;
            if (action->index->day.day >= now_ms / DAY_MS - 1 || action->index->hold != HOLD_NONE)
                fail_msg("seed 7, round %d: %s goes", round, action->index->name);
            if (action->why == WHY_AGE && !config.rest.max_age_ms)
                fail_msg("seed 7, round %d: %s goes by age", round, action->index->name);
        }
        for (int which = 0; which < 2 && !config.max_all_bytes; which++)
            if (last[which] && stay[which] + last[which] <= config.rest.max_total_bytes)
                fail_msg("seed 7, round %d: one index too many goes", round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_nothing_goes),
        cmocka_unit_test(days_go_by_their_age),
        cmocka_unit_test(today_and_yesterday_never_go),
        cmocka_unit_test(each_dataset_has_its_rule),
        cmocka_unit_test(oldest_days_go_until_the_size_fits),
        cmocka_unit_test(what_cannot_go_counts_and_younger_ones_go_instead),
        cmocka_unit_test(all_together_lose_the_oldest_but_protected_datasets),
        cmocka_unit_test(what_is_kept_is_copied_and_goes_by_months),
        cmocka_unit_test(what_is_held_or_not_ours_stays),
        cmocka_unit_test(with_a_policy_days_are_given_to_it),
        cmocka_unit_test(random_plans_keep_the_promises),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
