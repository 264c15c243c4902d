/*
 * stdin.c - what is written to the agent's standard input, e.g. by httpd's
 * CustomLog "|shipper run …".
 *
 * A thread puts lines into the spool; when that is full, it stops reading, and
 * the writer of the pipe waits. The end of the pipe is the end of the input.
 */
#include "shipper/input/input.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "shipper/config.h"
#include "shipper/framer.h"
#include "shipper/input/spooled.h"
#include "shipper/process/rate.h"

#define READ_BYTES  65536
#define FULL_MS     100 /* between attempts when the spool takes no more */
#define ENTRIES_MAX ((size_t)512 << 20)

struct standard_input {
    struct spooled_input half;
    pthread_t thread;
    bool started;
    int leave_fd;

    /* The thread's own. */
    char *buffer;
    size_t room, len, line_max;
    bool skipping;
    struct buf entries;
    struct rate *rate;
};

static bool asked_to_leave(const struct standard_input *input, int timeout_ms)
{
    struct pollfd fd = {.fd = input->leave_fd, .events = POLLIN};

    return poll(&fd, 1, timeout_ms) > 0;
}

/* Into the spool, however long that takes. False: asked to leave meanwhile. */
static bool keep_entries(struct standard_input *input)
{
    struct error err;
    bool said = false;

    while (spool_append(spooled_spool(&input->half), buf_slice(&input->entries), false, &err)) {
        if (!said)
            log_warn("%s; standard input waits", err.text);
        said = true;
        if (asked_to_leave(input, FULL_MS))
            return false;
    }
    buf_clear(&input->entries);
    return true;
}

/*
 * May the line pass? Waits until it may, with what came before it on disk; who is asked to leave
 * waits no more, and keeps what was read.
 */
static bool passes(struct standard_input *input, const struct line *line)
{
    enum rate_verdict verdict = rate_ask(input->rate, 1, line->text.len, clock_mono_ns());

    while (verdict == RATE_WAIT && keep_entries(input) &&
           !asked_to_leave(input, (int)rate_wait_ms(input->rate, clock_mono_ns())))
        verdict = rate_ask(input->rate, 1, line->text.len, clock_mono_ns());
    return verdict != RATE_DROP;
}

/* Puts the complete lines of the buffer into the spool. False: asked to leave meanwhile. */
static bool keep_lines(struct standard_input *input, bool last)
{
    struct framer framer = {.p = input->buffer,
                            .end = input->buffer + input->len,
                            .line_max = input->line_max,
                            .last = last,
                            .skipping = input->skipping};
    struct line line;

    while (framer_next(&framer, &line))
        if (!input->rate || passes(input, &line))
            spool_encode(&input->entries, timestamp_from_ns(clock_wall_ns()),
                         (struct slice){NULL, 0}, line.cut, line.text);
    input->skipping = framer.skipping;
    input->len = (size_t)(framer.end - framer.p);
    memmove(input->buffer, framer.p, input->len);
    return keep_entries(input);
}

static int until_saying(const struct standard_input *input)
{
    return (int)rate_say_in_ms(input->rate, clock_mono_ns());
}

static void *run(void *arg)
{
    struct standard_input *input = arg;
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = input->leave_fd, .events = POLLIN}};
    bool going = true;

    while (going) {
        ssize_t n;

        if (poll(fds, 2, until_saying(input)) < 0 && errno != EINTR)
            break;
        rate_say(input->rate, clock_mono_ns());
        if (fds[1].revents)
            return NULL;
        if (!fds[0].revents)
            continue;
        n = read(STDIN_FILENO, input->buffer + input->len, input->room - input->len);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n > 0)
            input->len += (size_t)n;
        if (!keep_lines(input, n <= 0))
            return NULL;
        going = n > 0;
    }
    atomic_store(&input->half.ended, true);
    spool_wake(spooled_spool(&input->half));
    return NULL;
}

static void standard_input_stop(struct input *base)
{
    struct standard_input *input = (struct standard_input *)base;

    if (input->started) {
        eventfd_write(input->leave_fd, 1);
        pthread_join(input->thread, NULL);
    }
    input->started = false;
    atomic_store(&input->half.ended, true);
}

static void standard_input_close(struct input *base)
{
    struct standard_input *input = (struct standard_input *)base;

    if (!input)
        return;
    standard_input_stop(base);
    if (input->leave_fd >= 0)
        close(input->leave_fd);
    spooled_close(&input->half);
    rate_close(input->rate);
    buf_release(&input->entries);
    free(input->buffer);
    free(input);
}

static enum status standard_input_open(const struct input_context *context,
                                       const struct input_config *config, struct input **out,
                                       struct error *err)
{
    struct standard_input *input = calloc(1, sizeof(*input));

    if (!input)
        return error_set(err, FATAL, "out of memory");
    input->half.base.type = &input_stdin;
    input->entries = (struct buf)BUF_INIT(ENTRIES_MAX);
    input->line_max = context->config->line_max_bytes;
    input->room = input->line_max + READ_BYTES;
    input->buffer = malloc(input->room);
    input->leave_fd = eventfd(0, EFD_CLOEXEC);
    if (!input->buffer || input->leave_fd < 0)
        error_set(err, FATAL, "out of memory or of descriptors");
    if (!input->buffer || input->leave_fd < 0 ||
        rate_open(context->config, config, &input->rate, err) ||
        spooled_open(context, config, config->name ? config->name : "stdin", &input->half, err)) {
        standard_input_close(&input->half.base);
        return FATAL;
    }
    if (pthread_create(&input->thread, NULL, run, input) != 0) {
        standard_input_close(&input->half.base);
        return error_set(err, FATAL, "cannot start a thread");
    }
    input->started = true;
    *out = &input->half.base;
    return OK;
}

const struct input_type input_stdin = {
    .name = "stdin",
    .open = standard_input_open,
    .fd = spooled_fd,
    .read = spooled_read,
    .done = spooled_done,
    .acked = spooled_acked,
    .stop = standard_input_stop,
    .progress = spooled_progress,
    .report = spooled_report,
    .close = standard_input_close,
};
