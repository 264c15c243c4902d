/*
 * dlq_handle.c - `indexer dlq redrive` and `discard`: what becomes of letters.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/grow.h"
#include "common/limiter.h"
#include "common/options.h"
#include "common/stop.h"
#include "indexer/command/dlq.h"
#include "indexer/config.h"
#include "indexer/deadletter/handle.h"
#include "indexer/progress.h"

struct handling {
    const struct indexer_config *config;
    struct dlq_choice *choice;
    struct deadletter_handler *handler;
    struct limiter limiter;
    struct progress progress;
    int stop_fd;
    bool stopped;
    uint64_t limit, taken; /* 0: no limit */
    uint64_t spent;        /* were redriven too often */
    uint64_t foreign;      /* came from another topic than kafka.topic */
    char foreign_topic[64];
    struct place {
        int32_t partition;
        int64_t offset;
    } * places; /* to be discarded */
    size_t place_room;
};

/*
 * From here on a signal ends what is under way in good order. Before, nothing has changed: while
 * letters are counted, or a question waits, it ends the program.
 */
static enum status begin_stopping(struct handling *handling, struct error *err)
{
    return handling->stop_fd >= 0 ? OK : stop_open(&handling->stop_fd, err);
}

static bool is_stopped(struct handling *handling, int64_t wait_ns)
{
    struct pollfd stop = {.fd = handling->stop_fd, .events = POLLIN};
    struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};

    if (ppoll(&stop, 1, &wait, NULL) > 0 && stop_read(handling->stop_fd) != STOP_NONE)
        handling->stopped = true;
    return handling->stopped;
}

/* Until the rate lets one more pass. False: asked to stop. */
static bool await_turn(struct handling *handling)
{
    int64_t now_ns = clock_mono_ns();

    while (!limiter_take(&handling->limiter, 1, 0, now_ns)) {
        if (is_stopped(handling, limiter_wait_ns(&handling->limiter, now_ns)))
            return false;
        now_ns = clock_mono_ns();
    }
    return true;
}

/* May it go back? Where it came from must be the topic that we are told to write to. */
static bool may_redrive(struct handling *handling, const struct letter *letter)
{
    if (!slice_is(letter->topic, handling->config->kafka.topic)) {
        if (!handling->foreign++)
            snprintf(handling->foreign_topic, sizeof(handling->foreign_topic), "%.*s",
                     (int)(letter->topic.len < 60 ? letter->topic.len : 60), letter->topic.data);
        return false;
    }
    if (letter->redrives >= REDRIVES_MAX) {
        handling->spent++;
        return false;
    }
    return true;
}

static enum status take_redrive(void *arg, const struct letter *letter, struct error *err)
{
    struct handling *handling = arg;
    enum status status;

    if (letter->state != LETTER_OPEN || !dlq_choice_has(handling->choice, letter) ||
        !may_redrive(handling, letter))
        return OK;
    if (handling->limit && handling->taken == handling->limit)
        return DONE;
    if (handling->choice->arguments->dry_run) {
        handling->taken++;
        return OK;
    }
    if (begin_stopping(handling, err))
        return err->status;
    if (!await_turn(handling) || is_stopped(handling, 0))
        return DONE;
    status = deadletter_redrive(handling->handler, letter, err);
    handling->taken += status == OK;
    progress_show(&handling->progress, handling->taken, clock_mono_ms());
    return status;
}

static void print_result(const struct handling *handling, const char *state, uint64_t count)
{
    const struct dlq_arguments *arguments = handling->choice->arguments;

    if (arguments->json)
        printf("{\"%s\":%" PRIu64 ",\"spent\":%" PRIu64 ",\"foreign\":%" PRIu64
               ",\"dry_run\":%s}\n",
               state, count, handling->spent, handling->foreign,
               arguments->dry_run ? "true" : "false");
    else
        printf("%s%s: %" PRIu64 "\n", arguments->dry_run ? "would be " : "", state, count);
    if (handling->spent)
        fprintf(stderr,
                "%" PRIu64 " were redriven %d times already and stay: mend what refuses them, then "
                "`indexer replay` them, or discard them\n",
                handling->spent, REDRIVES_MAX);
    if (handling->foreign)
        fprintf(stderr,
                "%" PRIu64 " came from another topic ('%s') and stay: redrive them with "
                "--set kafka.topic=%s\n",
                handling->foreign, handling->foreign_topic, handling->foreign_topic);
    if (handling->stopped)
        fprintf(stderr, "stopped; the same command goes on with what is still open\n");
}

/* What was asked for is waited for, also when the rest failed. */
static enum status finish(struct handling *handling, enum status status, struct error *err)
{
    struct error why = {0};
    enum status flushed = deadletter_handler_flush(handling->handler, &why);

    progress_clear(&handling->progress);
    if (status == OK && flushed != OK)
        return error_set(err, flushed, "%s", why.text);
    return status;
}

static int conclude(struct handling *handling, enum status status, const char *state,
                    uint64_t count, const struct error *err)
{
    if (status != DONE)
        print_result(handling, state, count);
    if (status != OK)
        return dlq_end(handling->config, status, err);
    return handling->stopped                     ? EXIT_FAILED
           : handling->spent + handling->foreign ? EXIT_SOME_FAILED
                                                 : EXIT_DONE;
}

static enum status open_handling(struct handling *handling, const struct indexer_config *config,
                                 struct dlq_choice *choice, struct error *err)
{
    const struct dlq_arguments *arguments = choice->arguments;

    *handling = (struct handling){.config = config, .choice = choice, .stop_fd = -1};
    handling->limit = arguments->limit > 0 ? (uint64_t)arguments->limit : 0;
    if (arguments->rate > 0)
        limiter_init(&handling->limiter, (double)arguments->rate, 0, 0.1, clock_mono_ns());
    progress_begin(&handling->progress, 0, 0, clock_mono_ms());
    return deadletter_handler_open(&config->kafka, arguments->note, &handling->handler, err);
}

static void close_handling(struct handling *handling)
{
    deadletter_handler_close(handling->handler);
    free(handling->places);
    if (handling->stop_fd >= 0)
        close(handling->stop_fd);
}

int dlq_redrive(const struct indexer_config *config, struct dlq_choice *choice)
{
    struct handling handling;
    struct error err = {0};
    uint64_t count;
    enum status status = open_handling(&handling, config, choice, &err);
    int code;

    if (status == OK) {
        status = deadletter_each(&config->kafka, take_redrive, &handling, &err);
        status = finish(&handling, status, &err);
    }
    count = handling.handler && !choice->arguments->dry_run
                ? deadletter_handled(handling.handler)->redriven
                : handling.taken;
    code = conclude(&handling, status, "redriven", count, &err);
    close_handling(&handling);
    return code;
}

static enum status take_discard(void *arg, const struct letter *letter, struct error *err)
{
    struct handling *handling = arg;

    if (letter->state != LETTER_OPEN || !dlq_choice_has(handling->choice, letter))
        return OK;
    if (handling->limit && handling->taken == handling->limit)
        return DONE;
    if (!grow(&handling->places, &handling->place_room, handling->taken, sizeof(*handling->places),
              1024))
        return error_set(err, FATAL, "out of memory for more than %zu letters",
                         handling->place_room);
    handling->places[handling->taken++] = (struct place){letter->partition, letter->offset};
    return OK;
}

/* Just what was counted is discarded: what came meanwhile was not seen by anybody. */
static bool is_confirmed(const struct handling *handling)
{
    char number[28], answer[16] = "";

    if (handling->choice->arguments->yes || handling->taken == 0)
        return true;
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr,
                "indexer dlq: %" PRIu64 " letters would be discarded; without a terminal "
                "to ask on that needs --yes\n",
                handling->taken);
        return false;
    }
    fprintf(stderr,
            "Discard %s dead letters? Their records will not be in Elasticsearch; the topic keeps "
            "them for as long as Kafka does. [y/N] ",
            progress_number(handling->taken, number));
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum status discard_all(struct handling *handling, struct error *err)
{
    enum status status = begin_stopping(handling, err);

    for (size_t i = 0; i < handling->taken && status == OK && !is_stopped(handling, 0); i++) {
        status = deadletter_discard(handling->handler, handling->places[i].partition,
                                    handling->places[i].offset, err);
        progress_show(&handling->progress, i, clock_mono_ms());
    }
    return finish(handling, status, err);
}

int dlq_discard(const struct indexer_config *config, struct dlq_choice *choice)
{
    struct handling handling;
    struct error err = {0};
    enum status status = open_handling(&handling, config, choice, &err);
    bool dry_run = choice->arguments->dry_run;
    int code;

    if (status == OK)
        status = deadletter_each(&config->kafka, take_discard, &handling, &err);
    if (status == OK && !dry_run && !is_confirmed(&handling)) {
        close_handling(&handling);
        return EXIT_USAGE;
    }
    if (status == OK && !dry_run)
        status = discard_all(&handling, &err);
    code = conclude(&handling, status, "discarded",
                    dry_run || !handling.handler ? handling.taken
                                                 : deadletter_handled(handling.handler)->discarded,
                    &err);
    close_handling(&handling);
    return code;
}
