/*
 * retention.c - `indexer retention`: what is there, what goes, and letting it go.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/command.h"
#include "common/json.h"
#include "common/timestamp.h"
#include "indexer/command/command.h"
#include "indexer/command/retention_print.h"
#include "indexer/config.h"
#include "indexer/progress.h"
#include "indexer/retention/job.h"

void retention_tasks(void (*each)(void *arg, const char *name, const char *about), void *arg)
{
    each(arg, "status", "what is there, and what goes when");
    each(arg, "run", "deletes what is due");
}

static int failed(const char *command, const struct error *err)
{
    fprintf(stderr, "indexer retention %s: %s\n", command, err->text);
    return EXIT_FAILED;
}

int retention_show(const struct indexer_config *config, bool json)
{
    struct retention_job job;
    struct survey survey = {.list = NULL};
    struct survey_disks disks = {.count = 0};
    struct retention_action *actions = NULL;
    struct error err;
    int code = EXIT_DONE;

    if (retention_job_init(&job, config, &err) || retention_look(&job, &survey, &actions, &err) ||
        lease_look(&job.lease, &err))
        code = failed("status", &err);
    else if (survey_disks(&job.link, &disks, &err) != OK) /* may need a permission of its own */
        fprintf(stderr, "indexer retention status: the disks are not known: %s\n", err.text);
    if (code == EXIT_DONE)
        retention_print_status(
            &(struct retention_status){.config = &config->retention,
                                       .prefix = config->elasticsearch.index_prefix,
                                       .actions = actions,
                                       .count = survey.count,
                                       .lease = &job.lease.state,
                                       .disks = &disks,
                                       .now_ms = clock_wall_ms()},
            json);
    free(actions);
    survey_release(&survey);
    retention_job_release(&job);
    return code;
}

struct show {
    bool json;
    struct progress progress;
    const struct retention_action *action; /* that the progress is of */
};

/* A bar while records are copied: that is what takes long. */
static void draw_progress(void *arg, const struct retention_action *action, uint64_t done,
                          uint64_t total)
{
    struct show *show = arg;
    int64_t now_ms = clock_mono_ms();

    if (total == 0)
        return;
    if (show->action != action)
        progress_begin(&show->progress, 0, total, now_ms);
    show->action = action;
    progress_show(&show->progress, done, now_ms);
}

static void print_result(void *arg, const struct retention_action *action, uint64_t kept,
                         const struct error *err)
{
    struct show *show = arg;

    progress_clear(&show->progress);
    retention_print_action(action, err ? "failed" : "done", kept, show->json);
    fflush(stdout);
    if (err)
        fprintf(stderr, "indexer retention run: %s\n", err->text);
}

/* Shows the plan. True: there is something to do. */
static bool show_plan(const struct retention_action *actions, size_t count, bool json,
                      const char *state)
{
    uint64_t indices = 0, bytes = 0;

    for (size_t i = 0; i < count; i++) {
        if (actions[i].step == STEP_STAY)
            continue;
        retention_print_action(&actions[i], state, 0, json);
        indices++;
        bytes += actions[i].step == STEP_MANAGE ? 0 : actions[i].index->bytes;
    }
    if (!json)
        retention_print_sum(indices, bytes);
    return indices > 0;
}

static bool ask(void)
{
    char answer[16] = "";

    fputs("Do this? What is deleted cannot be brought back. [y/N] ", stderr);
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* True: go on. Else *code is the exit code. */
static bool confirm(struct retention_job *job, bool dry_run, bool yes, bool json, int *code)
{
    struct survey survey = {.list = NULL};
    struct retention_action *actions = NULL;
    struct error err;
    bool go = false;

    *code = EXIT_DONE;
    if (yes && !dry_run)
        return true;
    if (retention_look(job, &survey, &actions, &err))
        *code = failed("run", &err);
    else
        go = show_plan(actions, survey.count, json, "would") && !dry_run;
    if (go && !ask()) {
        go = false;
        *code = EXIT_USAGE; /* nothing was begun */
    }
    free(actions);
    survey_release(&survey);
    return go;
}

static int run(struct retention_job *job, bool json)
{
    struct show show = {.json = json};
    struct error err;
    enum status status;

    job->progress = draw_progress;
    job->result = print_result;
    job->arg = &show;
    status = retention_run(job, &err);
    if (!json && status != DONE)
        retention_print_sum(job->sum.deleted_indices + job->sum.managed_indices,
                            job->sum.deleted_bytes);
    if (status == OK)
        return EXIT_DONE;
    if (job->sum.failed == 0)
        return failed("run", &err);
    return EXIT_SOME_FAILED;
}

int retention_run_now(const struct indexer_config *config, bool dry_run, bool yes, bool json)
{
    struct retention_job job;
    struct error err;
    int code;

    if (!config->retention.enabled && !dry_run) {
        fprintf(stderr, "indexer retention run: retention.enabled is false, so nothing is deleted; "
                        "look with --dry-run, then set it\n");
        return EXIT_USAGE;
    }
    if (!dry_run && !yes && !isatty(STDIN_FILENO)) {
        fprintf(stderr, "indexer retention run: there is no terminal to ask on; say --yes\n");
        return EXIT_USAGE;
    }
    if (retention_job_init(&job, config, &err))
        code = failed("run", &err);
    else if (confirm(&job, dry_run, yes, json, &code))
        code = run(&job, json);
    retention_job_release(&job);
    return code;
}
