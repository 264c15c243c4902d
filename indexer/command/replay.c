/*
 * replay.c - `indexer replay`: from options to a job.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/options.h"
#include "common/query_command.h"
#include "common/scope.h"
#include "common/stop.h"
#include "common/timestamp.h"
#include "indexer/command/replay.h"
#include "indexer/config.h"
#include "indexer/reader.h"
#include "indexer/replay/range.h"

#define FIND_MS     5000
#define ARENA_BLOCK (64u << 10)
#define JOB_MAX     (64u << 10)

/* --- options --- */

static enum status read_sink(struct replay_command *command, struct error *err)
{
    const struct replay_arguments *arguments = command->arguments;
    const char *sink = arguments->sink ? arguments->sink : "elasticsearch";

    command->job.goal = REPLAY_LINES;
    if (strcmp(sink, "elasticsearch") == 0)
        command->job.goal = REPLAY_ELASTIC;
    else if (strcmp(sink, "stdout") != 0 && strcmp(sink, "-") != 0)
        command->file = sink;
    if (arguments->index_prefix && command->job.goal != REPLAY_ELASTIC)
        return error_set(err, REJECT, "--index-prefix has no meaning with --sink %s", sink);
    if (arguments->enrich && arguments->no_enrich)
        return error_set(err, REJECT, "choose one of --enrich and --no-enrich");
    command->job.enrich = !arguments->no_enrich;
    return OK;
}

static enum status read_state_path(struct replay_command *command, struct error *err)
{
    const struct replay_arguments *arguments = command->arguments;
    int len = 0;

    if (arguments->dry_run)
        return arguments->resume ? error_set(err, REJECT, "--dry-run has nothing to go on with")
                                 : OK;
    if (arguments->resume_file)
        len = snprintf(command->state_path, PATH_MAX, "%s", arguments->resume_file);
    else if (command->file)
        len = snprintf(command->state_path, PATH_MAX, "%s.state", command->file);
    else if (arguments->resume)
        return error_set(err, REJECT, "--resume needs --resume-file when the sink is no file");
    if (len >= PATH_MAX)
        return error_set(err, REJECT, "the name of the file with the state is too long");
    command->job.state_path = len ? command->state_path : NULL;
    return OK;
}

static void add_option(struct buf *out, const char *name, const char *value)
{
    if (value)
        buf_addf(out, " --%s '%s'", name, value);
}

/* What must be the same for --resume: everything that decides what is written. */
static enum status name_job(struct replay_command *command, struct error *err)
{
    const struct replay_arguments *arguments = command->arguments;
    struct buf *name = &command->name;

    *name = (struct buf)BUF_INIT(JOB_MAX);
    buf_addf(name, "--topic '%s'", command->job.topic);
    add_option(name, "from", arguments->from);
    add_option(name, "to", arguments->to);
    for (unsigned i = 0; i < arguments->partitions->count; i++)
        add_option(name, "partition", arguments->partitions->items[i]);
    add_option(name, "query", arguments->query);
    add_option(name, "event-from", arguments->event_from);
    add_option(name, "event-to", arguments->event_to);
    add_option(name, "sink", arguments->sink);
    add_option(name, "rejects", arguments->rejects);
    if (command->job.goal == REPLAY_ELASTIC)
        add_option(name, "index-prefix", command->config.elasticsearch.index_prefix);
    if (!command->job.enrich)
        buf_add_text(name, " --no-enrich");
    buf_str(name);
    return name->failed ? error_set(err, REJECT, "the options are too long") : OK;
}

static enum status add_query(struct replay_command *command, const char *text, struct error *err)
{
    struct query *query;

    err->text[0] = '\0';
    if (!query_command_parse(&command->arena, text, &command->context, &query))
        return err->status = REJECT;
    command->queries[command->job.query_count++] = query;
    return OK;
}

static enum status add_event_bound(struct replay_command *command, const char *option,
                                   const char *text, struct error *err)
{
    int64_t first_ms, last_ms;
    char time[TIMESTAMP_TEXT_MAX + 1], condition[96];
    struct slice copy;
    bool begin = strcmp(option, "event-from") == 0;

    if (!text)
        return OK;
    if (query_command_time(option, text, &command->context, &first_ms, &last_ms, err))
        return err->status;
    time[timestamp_print(timestamp_from_ms(begin ? first_ms : last_ms), time)] = '\0';
    snprintf(condition, sizeof(condition), "@timestamp %s \"%s\"", begin ? ">=" : "<=", time);
    copy = arena_copy(&command->arena, (struct slice){condition, strlen(condition) + 1});
    return copy.data ? add_query(command, copy.data, err) : error_set(err, FATAL, "out of memory");
}

static enum status read_queries(struct replay_command *command, struct error *err)
{
    const struct replay_arguments *arguments = command->arguments;

    command->job.queries = command->queries;
    if (arguments->query && add_query(command, arguments->query, err))
        return err->status;
    if (add_event_bound(command, "event-from", arguments->event_from, err))
        return err->status;
    return add_event_bound(command, "event-to", arguments->event_to, err);
}

static enum status read_options(struct replay_command *command, const struct indexer_config *config,
                                struct error *err)
{
    const struct replay_arguments *arguments = command->arguments;

    command->config = *config;
    command->config.redis.url = (char *)""; /* nothing is counted or marked there */
    command->config.floods.enabled = false; /* what is read at once was not sent at once */
    command->config.elasticsearch.dlq_max_per_minute = 0; /* there is no topic to protect */
    if (arguments->accept_old)
        command->config.retention.enabled = false;
    command->job =
        (struct replay_job){.config = &command->config,
                            .topic = arguments->topic ? arguments->topic : config->kafka.topic,
                            .rate_per_s = arguments->rate > 0 ? (double)arguments->rate : 0,
                            .out.fd = -1,
                            .rejects.fd = -1,
                            .stop_fd = -1};
    if (read_sink(command, err) || read_state_path(command, err))
        return err->status;
    return name_job(command, err);
}

/* --- what was done before --- */

/* OK: *state is that of the same job. DONE: there is none. */
static enum status load_state(struct replay_command *command, struct error *err)
{
    struct replay_job *job = &command->job;
    enum status status;

    if (!job->state_path)
        return DONE;
    status = replay_state_load(job->state_path, &job->state, err);
    if (status == DONE && command->arguments->resume && command->file &&
        access(command->file, F_OK) == 0)
        return error_set(err, REJECT,
                         "'%s' is there, but not '%s', which says how far it is: remove it and "
                         "begin anew",
                         command->file, job->state_path);
    if (status != OK)
        return status;
    if (!command->arguments->resume)
        return error_set(err, REJECT,
                         "'%s' is there: a replay was not finished; --resume goes on with it, "
                         "otherwise remove it",
                         job->state_path);
    if (strcmp(job->state.job, buf_str(&command->name)) != 0)
        return error_set(err, REJECT, "'%s' is of another replay: %.300s", job->state_path,
                         job->state.job);
    command->resumed = true;
    command->context.now_ms = (int64_t)job->state.now_ms;
    return OK;
}

static enum status take_ranges(struct replay_command *command, struct error *err)
{
    struct replay_state *state = &command->job.state;
    size_t count;
    struct reader_range *ranges = reader_ranges(command->job.reader, &count);

    if (count < state->count)
        return error_set(err, REJECT,
                         "topic '%s' has fewer partitions than when the replay began: it was made "
                         "anew",
                         command->job.topic);
    for (size_t i = 0; i < count; i++) {
        bool known = i < state->count;

        ranges[i].from = known ? state->parts[i].next : ranges[i].high;
        ranges[i].to = known ? state->parts[i].to : ranges[i].high;
        if (ranges[i].from < ranges[i].to && ranges[i].to > ranges[i].high)
            return error_set(
                err, REJECT,
                "partition %zu of topic '%s' is shorter than when the replay began: it "
                "was made anew",
                i, command->job.topic);
    }
    return OK;
}

static enum status make_ranges(struct replay_command *command, struct error *err)
{
    const struct replay_arguments *arguments = command->arguments;
    struct replay_job *job = &command->job;
    struct replay_bound from, to;
    size_t count;
    struct reader_range *ranges = reader_ranges(job->reader, &count);
    scoped_free bool *wanted = calloc(count, sizeof(*wanted));

    if (!wanted)
        return error_set(err, FATAL, "out of memory");
    if (replay_bound_read("from", arguments->from, &command->context, &from, err) ||
        replay_bound_read("to", arguments->to, &command->context, &to, err) ||
        replay_partitions_read(arguments->partitions->items, wanted, count, err) ||
        replay_range_apply(job->reader, &from, &to, wanted, FIND_MS, err) ||
        replay_state_init(&job->state, buf_str(&command->name), count, err))
        return err->status;
    job->state.now_ms = (uint64_t)command->context.now_ms;
    for (size_t i = 0; i < count; i++)
        job->state.parts[i] =
            (struct replay_part_state){ranges[i].from, ranges[i].from, ranges[i].to};
    return OK;
}

static enum status find_ranges(struct replay_command *command, struct error *err)
{
    struct replay_job *job = &command->job;
    enum status status = reader_open(&command->config.kafka, job->topic, &job->reader, err);

    if (status == OK)
        status = reader_find(job->reader, FIND_MS, err);
    if (status != OK)
        return status == DONE ? error_set(err, FATAL, "%s", err->text) : status;
    return command->resumed ? take_ranges(command, err) : make_ranges(command, err);
}

static enum status open_outlets(struct replay_command *command, struct error *err)
{
    struct replay_job *job = &command->job;
    const struct replay_state *state = &job->state;

    if (job->goal == REPLAY_LINES &&
        outlet_open(&job->out, command->file, command->resumed, state->out_bytes, err))
        return err->status;
    if (!command->arguments->rejects || command->arguments->dry_run)
        return OK;
    return outlet_open(&job->rejects, command->arguments->rejects, command->resumed,
                       state->reject_bytes, err);
}

/* --- all of it --- */

static enum status prepare(struct replay_command *command, const struct indexer_config *config,
                           struct error *err)
{
    enum status status = read_options(command, config, err);

    if (status == OK)
        status = load_state(command, err);
    if (status != OK && status != DONE)
        return status;
    if (read_queries(command, err) || stop_open(&command->job.stop_fd, err))
        return err->status;
    if (command->job.state.complete)
        return OK;
    return find_ranges(command, err);
}

static int conclude(struct replay_command *command, enum status status, const struct error *err)
{
    bool stopped = status == DONE;

    if (status != OK && status != DONE) {
        fprintf(stderr, "indexer replay: %s\n", err->text);
        replay_print_resume(command);
        return EXIT_FAILED;
    }
    if (status == OK && command->job.state_path && unlink(command->job.state_path))
        fprintf(stderr, "indexer replay: cannot remove '%s': %s\n", command->job.state_path,
                strerror(errno));
    replay_print_result(command, !stopped);
    if (stopped) {
        replay_print_resume(command);
        return command->job.goal == REPLAY_LINES && !command->file && command_reader_left()
                   ? EXIT_DONE
                   : EXIT_FAILED;
    }
    return command->job.state.counts.refused ? EXIT_SOME_FAILED : EXIT_DONE;
}

/* What could not begin leaves nothing behind that the next attempt would stumble over. */
static void remove_unused(const struct replay_command *command)
{
    const struct replay_job *job = &command->job;
    const struct outlet *const outlets[] = {&job->out, &job->rejects};

    if (job->state_path && access(job->state_path, F_OK) == 0)
        return;
    for (size_t i = 0; i < ARRAY_LEN(outlets); i++)
        if (outlets[i]->made && outlets[i]->bytes == 0)
            unlink(outlets[i]->path);
}

static int run(struct replay_command *command, struct error *err)
{
    enum status status;

    if (command->job.state.complete)
        return conclude(command, OK, err);
    if (command->arguments->dry_run) {
        if (!command->job.query_count || !command->arguments->json)
            replay_print_plan(command);
        if (!command->job.query_count)
            return EXIT_DONE;
        command->job.goal = REPLAY_COUNT;
    }
    status = open_outlets(command, err);
    if (status == OK)
        status = replay_run(&command->job, err);
    if (status == FATAL || status == REJECT)
        remove_unused(command);
    if (status == REJECT) {
        fprintf(stderr, "indexer replay: %s\n", err->text);
        return EXIT_USAGE;
    }
    return conclude(command, status, err);
}

int replay_records(const struct indexer_config *config, const struct replay_arguments *arguments)
{
    struct replay_command command = {
        .arguments = arguments, .context = query_command_context(), .begin_ms = clock_mono_ms()};
    struct error err = {0};
    enum status status;
    int code;

    arena_init(&command.arena, ARENA_BLOCK, QUERIES_MAX * QUERY_ARENA_BYTES);
    status = prepare(&command, config, &err);
    if (status == OK) {
        code = run(&command, &err);
    } else {
        if (err.text[0])
            fprintf(stderr, "indexer replay: %s\n", err.text);
        code = status == REJECT ? EXIT_USAGE : EXIT_FAILED;
    }
    outlet_close(&command.job.out);
    outlet_close(&command.job.rejects);
    reader_close(command.job.reader);
    replay_state_release(&command.job.state);
    if (command.job.stop_fd > 0)
        close(command.job.stop_fd);
    buf_release(&command.name);
    arena_release(&command.arena);
    return code;
}
