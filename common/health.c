/*
 * health.c - lists of loops and conditions that only grow.
 */
#include "common/health.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

struct health_loop {
    _Atomic(struct health_loop *) next;
    const char *name;
    int64_t limit_ms;
    _Atomic int64_t tick_ms;
    atomic_bool ended;
};

struct health_condition {
    _Atomic(struct health_condition *) next;
    const char *name;
    bool met;
    char reason[480]; /* as long as an error */
};

/* Guards appending, and of the conditions `met` and `reason`; leaf lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct health_loop *) loops, *loops_end = &loops;
static _Atomic(struct health_condition *) conditions, *conditions_end = &conditions;

struct health_loop *health_loop_add(const char *name, int64_t limit_ms, int64_t now_ms)
{
    struct health_loop *loop;

    pthread_mutex_lock(&lock);
    loop = atomic_load(&loops);
    while (loop && !(atomic_load(&loop->ended) && strcmp(loop->name, name) == 0))
        loop = atomic_load(&loop->next);
    if (loop) { /* it runs again */
        atomic_store(&loop->tick_ms, now_ms);
        atomic_store(&loop->ended, false);
    } else if ((loop = calloc(1, sizeof(*loop)))) {
        loop->name = name;
        loop->limit_ms = limit_ms;
        atomic_init(&loop->tick_ms, now_ms);
        atomic_store(loops_end, loop);
        loops_end = &loop->next;
    }
    pthread_mutex_unlock(&lock);
    return loop;
}

void health_loop_tick(struct health_loop *loop, int64_t now_ms)
{
    if (loop)
        atomic_store_explicit(&loop->tick_ms, now_ms, memory_order_relaxed);
}

void health_loop_end(struct health_loop *loop)
{
    if (loop)
        atomic_store(&loop->ended, true);
}

struct health_condition *health_condition_add(const char *name)
{
    struct health_condition *condition;

    pthread_mutex_lock(&lock);
    condition = atomic_load(&conditions);
    while (condition && strcmp(condition->name, name) != 0)
        condition = atomic_load(&condition->next);
    if (!condition && (condition = calloc(1, sizeof(*condition)))) {
        condition->name = name;
        snprintf(condition->reason, sizeof(condition->reason), "starting");
        atomic_store(conditions_end, condition);
        conditions_end = &condition->next;
    }
    pthread_mutex_unlock(&lock);
    return condition;
}

void health_met(struct health_condition *condition)
{
    if (!condition)
        return;
    pthread_mutex_lock(&lock);
    condition->met = true;
    condition->reason[0] = '\0';
    pthread_mutex_unlock(&lock);
}

void health_unmet(struct health_condition *condition, const char *fmt, ...)
{
    char reason[sizeof(condition->reason)];
    va_list args;

    if (!condition)
        return;
    va_start(args, fmt);
    vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    pthread_mutex_lock(&lock);
    condition->met = false;
    memcpy(condition->reason, reason, sizeof(reason));
    pthread_mutex_unlock(&lock);
}

static void add_check(cJSON *checks, const char *name, bool ok, const char *reason)
{
    cJSON *check = cJSON_CreateObject();

    cJSON_AddStringToObject(check, "name", name);
    cJSON_AddBoolToObject(check, "ok", ok);
    cJSON_AddStringToObject(check, "reason", reason);
    if (!cJSON_AddItemToArray(checks, check))
        cJSON_Delete(check);
}

static bool add_loop(cJSON *checks, struct health_loop *loop, int64_t now_ms)
{
    int64_t silent_ms = now_ms - atomic_load_explicit(&loop->tick_ms, memory_order_relaxed);
    bool ok = silent_ms <= loop->limit_ms;
    char reason[80] = "";

    if (atomic_load(&loop->ended))
        return true;
    if (!ok)
        snprintf(reason, sizeof(reason), "no sign of life for %lld ms, limit %lld ms",
                 (long long)silent_ms, (long long)loop->limit_ms);
    add_check(checks, loop->name, ok, reason);
    return ok;
}

static bool add_loops(cJSON *checks, int64_t now_ms)
{
    bool ok = true;

    for (struct health_loop *loop = loops; loop; loop = loop->next)
        ok &= add_loop(checks, loop, now_ms);
    return ok;
}

static bool add_condition(cJSON *checks, const struct health_condition *condition)
{
    char reason[sizeof(condition->reason)];
    bool met;

    pthread_mutex_lock(&lock);
    met = condition->met;
    memcpy(reason, condition->reason, sizeof(reason));
    pthread_mutex_unlock(&lock);
    add_check(checks, condition->name, met, reason);
    return met;
}

static bool add_conditions(cJSON *checks)
{
    bool ok = true;

    for (struct health_condition *condition = conditions; condition; condition = condition->next)
        ok &= add_condition(checks, condition);
    return ok;
}

/* The verdict stands even when there is no memory to explain it. */
static void write_verdict(bool ok, cJSON *checks, struct buf *json)
{
    scoped_json cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "status", ok ? "ok" : "failed");
    if (!cJSON_AddItemToObject(root, "checks", checks))
        cJSON_Delete(checks);
    json_write(root, json);
}

bool health_live(int64_t now_ms, struct buf *json)
{
    cJSON *checks = cJSON_CreateArray();
    bool ok = add_loops(checks, now_ms);

    write_verdict(ok, checks, json);
    return ok;
}

bool health_ready(struct buf *json)
{
    cJSON *checks = cJSON_CreateArray();
    bool ok = add_conditions(checks);

    write_verdict(ok, checks, json);
    return ok;
}
