/*
 * run.c - one run of retention: look, plan, do.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/retention/ask.h"
#include "indexer/retention/job.h"
#include "indexer/retention/keep.h"
#include "indexer/retention/policy.h"

#define CLOCKS_APART_MS   3600000 /* more than machines that are looked after ever are */
#define FAILURES_IN_A_ROW 3       /* then the others would fail as well */

enum status retention_job_init(struct retention_job *job, const struct indexer_config *config,
                               struct error *err)
{
    enum status status;

    *job = (struct retention_job){.config = config, .reach = &config->elasticsearch};
    status = elastic_link_init(&job->link, &config->elasticsearch, err);
    lease_init(&job->lease, &job->link, config->elasticsearch.index_prefix);
    return status;
}

void retention_job_release(struct retention_job *job)
{
    elastic_link_release(&job->link);
}

enum status retention_job_reach(struct retention_job *job, const struct elasticsearch_config *reach,
                                struct error *err)
{
    struct elastic_link link;
    enum status status = elastic_link_init(&link, reach, err);

    if (status != OK) {
        elastic_link_release(&link);
        return status;
    }
    elastic_link_release(&job->link);
    job->link = link;
    job->reach = reach;
    return OK;
}

bool retention_goes_on(const struct retention_job *job)
{
    return !job->go_on || job->go_on(job->arg);
}

static enum status compare_clocks(struct retention_job *job, struct error *err)
{
    int64_t theirs_ms, apart_ms;

    if (survey_clock(&job->link, &theirs_ms, err))
        return err->status;
    apart_ms = clock_wall_ms() - theirs_ms;
    if (apart_ms > -CLOCKS_APART_MS && apart_ms < CLOCKS_APART_MS)
        return OK;
    return error_set(err, RETRY,
                     "this machine's clock and that of '%s' are %" PRId64
                     " s apart; nothing is deleted until they agree",
                     job->link.node, apart_ms / 1000);
}

enum status retention_look(struct retention_job *job, struct survey *survey,
                           struct retention_action **actions, struct error *err)
{
    const struct indexer_config *config = job->config;

    *actions = NULL;
    if (survey_take(survey, &job->link, config->retention.kept_prefix,
                    config->elasticsearch.index_prefix, err))
        return err->status;
    *actions = calloc(survey->count + 1, sizeof(**actions));
    if (!*actions)
        return error_set(err, FATAL, "out of memory");
    retention_plan(&config->retention, survey->list, survey->count, clock_wall_ms(), *actions);
    return OK;
}

/* Still the same, ours, and not held? *gone: somebody else has deleted it. */
static enum status check_again(struct retention_job *job, const struct retention_index *index,
                               bool *gone, struct error *err)
{
    const struct indexer_config *config = job->config;
    struct survey survey;
    enum status status = survey_one(&survey, &job->link, index->name, config->retention.kept_prefix,
                                    config->elasticsearch.index_prefix, err);

    *gone = status == OK && survey.count == 0;
    if (status == OK && !*gone &&
        (survey.list[0].kind != index->kind || survey.list[0].hold != HOLD_NONE ||
         strcmp(survey.list[0].uuid, index->uuid) != 0))
        status = error_set(err, RETRY, "'%s' has changed meanwhile; it stays", index->name);
    survey_release(&survey);
    return status;
}

static enum status delete_index(struct retention_job *job, const struct retention_action *action,
                                struct error *err)
{
    char path[KEPT_NAME_MAX + 1];
    struct error later;
    enum status status;
    bool gone;
    long code;

    status = check_again(job, action->index, &gone, err);
    if (status != OK || gone)
        return status;
    snprintf(path, sizeof(path), "/%s", action->index->name);
    status = retention_ask(&job->link, "DELETE", path, NULL, NULL, &code, err);
    if (status == OK && code == 409)
        return error_set(err, RETRY, "'%s' is in use; it stays", action->index->name);
    /* Without an answer it may have been done all the same. */
    if (status != OK && check_again(job, action->index, &gone, &later) == OK && gone)
        return OK;
    return status;
}

static enum status act(struct retention_job *job, const struct retention_action *action,
                       uint64_t *kept, struct error *err)
{
    enum status status = lease_renew(&job->lease, clock_wall_ms(), err);

    if (status != OK)
        return status;
    if (job->progress)
        job->progress(job->arg, action, 0, 0);
    switch (action->step) {
    case STEP_DELETE:
        return delete_index(job, action, err);
    case STEP_KEEP:
        if (job->lease.unwritten)
            return error_set(err, RETRY, "'%s' stays: nothing can be written, so nothing kept",
                             action->index->name);
        return keep_day(job, action, kept, err);
    case STEP_MANAGE:
        return policy_give(&job->link, &job->config->retention, action->index, err);
    case STEP_STAY:
        break;
    }
    return OK;
}

static void count_done(struct retention_sum *sum, const struct retention_action *action,
                       uint64_t kept)
{
    if (action->step == STEP_MANAGE) {
        sum->managed_indices++;
        return;
    }
    sum->deleted_indices++;
    sum->deleted_bytes += action->index->bytes;
    sum->kept_documents += kept;
}

/* DONE: stop at once. RETRY: some could not be dealt with; err is the first reason. */
static enum status act_on_all(struct retention_job *job, const struct retention_action *actions,
                              size_t count, struct error *err)
{
    unsigned in_a_row = 0;
    struct error problem;

    err->status = OK;
    for (size_t i = 0; i < count && in_a_row < FAILURES_IN_A_ROW; i++) {
        uint64_t kept = 0;
        enum status status;

        if (actions[i].step == STEP_STAY)
            continue;
        if (!retention_goes_on(job))
            return error_set(err, DONE, "stopped before all was done");
        status = act(job, &actions[i], &kept, &problem);
        if (job->result)
            job->result(job->arg, &actions[i], kept, status == OK ? NULL : &problem);
        if (status == OK) {
            count_done(&job->sum, &actions[i], kept);
            in_a_row = 0;
            continue;
        }
        job->sum.failed++;
        in_a_row++;
        if (err->status == OK || status == DONE)
            *err = problem;
        if (status == DONE)
            return DONE;
    }
    return err->status == OK ? OK : RETRY;
}

/* The index is one of ours, and there; its name is no alias of kept records by now. */
static enum status unblock_ours(struct retention_job *job, const char *name, struct error *err)
{
    struct survey survey;
    enum status status = survey_one(&survey, &job->link, name, job->config->retention.kept_prefix,
                                    job->config->elasticsearch.index_prefix, err);

    if (status == OK && survey.count && survey.list[0].kind == INDEX_DAY) {
        status = keep_unblock(&job->link, name, err);
        if (status == OK)
            log_info("'%s' takes writes again: a run of retention was cut off", name);
    } else if (status == RETRY && retention_was_blocked(&job->link)) {
        log_warn("'%s' is held by somebody; it may still take no writes", name);
        status = OK;
    }
    survey_release(&survey);
    return status;
}

/* What a run that was killed has left behind. */
static enum status mend(struct retention_job *job, struct error *err)
{
    struct lease *lease = &job->lease;

    if (lease->state.blocked[0] == '\0' || lease->unwritten)
        return OK;
    if (unblock_ours(job, lease->state.blocked, err))
        return err->status;
    lease->state.blocked[0] = '\0';
    return lease_renew(lease, clock_wall_ms(), err);
}

static enum status run_leased(struct retention_job *job, struct error *err)
{
    const struct retention_config *config = &job->config->retention;
    struct retention_action *actions = NULL;
    struct survey survey = {.list = NULL};
    enum status status = mend(job, err);

    if (status == OK && config->ilm_policy[0])
        status = policy_ensure(&job->link, config, err);
    if (status == OK)
        status = retention_look(job, &survey, &actions, err);
    if (status == OK && actions)
        status = act_on_all(job, actions, survey.count, err);
    free(actions);
    survey_release(&survey);
    return status;
}

enum status retention_run(struct retention_job *job, struct error *err)
{
    enum status status = compare_clocks(job, err);

    job->sum = (struct retention_sum){.failed = 0};
    if (status == OK)
        status = lease_take(&job->lease, clock_wall_ms(), err);
    if (status != OK)
        return status;
    status = run_leased(job, err);
    lease_release(&job->lease, status == OK, clock_wall_ms());
    return status == FATAL ? RETRY : status;
}
