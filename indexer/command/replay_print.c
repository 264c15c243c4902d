/*
 * replay_print.c - what `indexer replay` says: what it would read, what became of it, how to go on.
 */
#include "indexer/command/replay.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/json_text.h"
#include "indexer/progress.h"

#define PLAN_MAX (4u << 20)

static FILE *result_stream(const struct replay_command *command)
{
    return command->job.goal == REPLAY_LINES && !command->file ? stderr : stdout;
}

static void print_plan_json(const struct replay_command *command)
{
    const struct replay_state *state = &command->job.state;
    scoped_buf struct buf text = BUF_INIT(PLAN_MAX);

    buf_add_text(&text, "{\"topic\":");
    json_add_string(&text, slice_of(command->job.topic), NULL);
    buf_add_text(&text, ",\"partitions\":[");
    for (size_t i = 0, n = 0; i < state->count; i++)
        if (state->parts[i].to > state->parts[i].from)
            buf_addf(&text, "%s{\"partition\":%zu,\"from\":%" PRId64 ",\"to\":%" PRId64 "}",
                     n++ ? "," : "", i, state->parts[i].from, state->parts[i].to - 1);
    buf_addf(&text, "],\"offsets\":%" PRIu64 "}\n", replay_state_total(state));
    fputs(buf_str(&text), stdout);
}

void replay_print_plan(const struct replay_command *command)
{
    const struct replay_state *state = &command->job.state;
    char number[28];

    if (command->arguments->json) {
        print_plan_json(command);
        return;
    }
    printf("PARTITION          FROM            TO       OFFSETS\n");
    for (size_t i = 0; i < state->count; i++) {
        const struct replay_part_state *part = &state->parts[i];

        if (part->to > part->from)
            printf("%9zu  %12" PRId64 "  %12" PRId64 "  %12s\n", i, part->from, part->to - 1,
                   progress_number((uint64_t)(part->to - part->from), number));
    }
    printf("%9s  %12s  %12s  %12s\n", "all", "", "",
           progress_number(replay_state_total(state), number));
}

static void print_count(FILE *out, const char *label, uint64_t count)
{
    char number[28];

    fprintf(out, "  %-22s %15s\n", label, progress_number(count, number));
}

void replay_print_result(const struct replay_command *command, bool complete)
{
    const struct replay_state *state = &command->job.state;
    const struct replay_counts *counts = &state->counts;
    uint64_t absent = replay_state_absent(state);
    int64_t spent_ms = clock_mono_ms() - command->begin_ms;
    bool dry_run = command->arguments->dry_run;
    FILE *out = result_stream(command);
    char duration[32];

    if (command->arguments->json) {
        fprintf(out,
                "{\"complete\":%s,\"dry_run\":%s,\"read\":%" PRIu64 ",\"stored\":%" PRIu64
                ",\"replaced\":%" PRIu64 ",\"filtered\":%" PRIu64 ",\"refused\":%" PRIu64
                ",\"absent\":%" PRIu64 ",\"seconds\":%.3f}\n",
                complete ? "true" : "false", dry_run ? "true" : "false", counts->read,
                counts->stored, counts->replaced, counts->filtered, counts->refused, absent,
                (double)spent_ms / 1000);
        return;
    }
    fprintf(out, "%s in %s\n", complete ? "replayed" : "stopped",
            progress_duration(spent_ms, duration));
    print_count(out, "records read", counts->read);
    print_count(out, dry_run ? "would be written" : "written", counts->stored);
    if (command->job.goal == REPLAY_ELASTIC)
        print_count(out, "  of these replaced", counts->replaced);
    if (command->job.query_count)
        print_count(out, "not found by the query", counts->filtered);
    print_count(out, "refused", counts->refused);
    if (absent)
        print_count(out, "offsets without record", absent);
}

void replay_print_resume(const struct replay_command *command)
{
    if (command->job.state_path)
        fprintf(stderr, "how far it is stands in '%s'; the same command with --resume goes on\n",
                command->job.state_path);
    else if (command->job.goal == REPLAY_ELASTIC)
        fprintf(stderr, "begun anew it replaces what is stored; with --resume-file FILE it could "
                        "have gone on\n");
}
