/*
 * plan.h - what goes and what stays, and why: a pure function of indices, rules and the time.
 *
 *  - Of each dataset the days go whose last moment is older than max_age_ms.
 *  - Then the oldest days, while a dataset's indices take more than its max_total_bytes;
 *    then the oldest of all, while all take more than max_all_bytes.
 *  - A day whose rule has a query `keep` goes by copying what it finds, unless that is older than
 *    keep_ms already.
 *  - A month of kept records goes when its last moment is older than keep_ms.
 * With ilm_policy nothing goes: days are given to that policy.
 * Never: today's, yesterday's, those of the future, what is not ours, what is held.
 */
#ifndef INDEXER_RETENTION_PLAN_H
#define INDEXER_RETENTION_PLAN_H

#include <stddef.h>
#include <stdint.h>

struct retention_config;
struct retention_index;
struct retention_rule;

enum retention_step {
    STEP_STAY,
    STEP_DELETE,
    STEP_KEEP,   /* copy what the rule's query finds, then delete */
    STEP_MANAGE, /* give it to the lifecycle policy */
};

enum retention_why {
    WHY_YOUNG = 0, /* within its limits */
    WHY_NO_LIMIT,  /* no rule limits it */
    WHY_RECENT,    /* today's or yesterday's */
    WHY_FUTURE,    /* of a day to come: some clock is wrong */
    WHY_CLOSED,    /* due, but what is to be kept cannot be read */
    WHY_READ_ONLY, /* due, but held: see enum index_hold */
    WHY_LIFECYCLE,
    WHY_SNAPSHOT,
    WHY_DATA_STREAM,
    WHY_FOREIGN,  /* not a name of ours */
    WHY_UNMARKED, /* a name of ours without our mark */
    WHY_AGE,      /* goes: older than max_age_ms */
    WHY_SIZE,     /* goes: beyond max_total_bytes */
    WHY_ALL_SIZE, /* goes: beyond max_all_bytes */
    WHY_KEPT_AGE, /* goes: older than keep_ms */
    WHY_COUNT
};

extern const char *const retention_why_names[WHY_COUNT]; /* "age", …: for programs */
extern const char *const retention_why_texts[WHY_COUNT]; /* "older than max_age_ms", … */

struct retention_action {
    const struct retention_index *index;
    const struct retention_rule *rule; /* NULL of what is not ours */
    enum retention_step step;
    enum retention_why why;
    int64_t due_ms; /* wall time when it goes by its age; INT64_MAX: never */
};

/* `indices` in order of day, as a survey has them; actions[i] is of indices[i]. */
void retention_plan(const struct retention_config *config, const struct retention_index *indices,
                    size_t count, int64_t now_ms, struct retention_action *actions);

#endif
