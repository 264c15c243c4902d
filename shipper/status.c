/*
 * status.c - what the agent is doing, file by file.
 */
#include "shipper/status.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/json_text.h"
#include "common/timestamp.h"

#define ANSWER_MAX (64u << 20)
#define WAIT_S     10

struct status_board {
    int event_fd;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    bool busy;     /* somebody has asked, and not yet taken the answer */
    bool answered; /* it is in `answer` */
    bool ended;
    struct buf answer;
};

enum status status_board_open(struct status_board **out, struct error *err)
{
    struct status_board *board = calloc(1, sizeof(*board));
    pthread_condattr_t monotonic;

    if (!board)
        return error_set(err, FATAL, "out of memory");
    board->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (board->event_fd < 0) {
        free(board);
        return error_set_errno(err, FATAL, "cannot make an eventfd");
    }
    board->answer = (struct buf)BUF_INIT(ANSWER_MAX);
    pthread_mutex_init(&board->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&board->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *out = board;
    return OK;
}

void status_board_end(struct status_board *board)
{
    pthread_mutex_lock(&board->lock);
    board->ended = true;
    pthread_cond_broadcast(&board->changed);
    pthread_mutex_unlock(&board->lock);
}

void status_board_close(struct status_board *board)
{
    if (!board)
        return;
    close(board->event_fd);
    pthread_cond_destroy(&board->changed);
    pthread_mutex_destroy(&board->lock);
    buf_release(&board->answer);
    free(board);
}

/* With the lock: waits until *flag is `wanted`. False: too long. */
static bool wait_until(struct status_board *board, const bool *flag, bool wanted,
                       const struct timespec *deadline)
{
    while (*flag != wanted && !board->ended)
        if (pthread_cond_timedwait(&board->changed, &board->lock, deadline) == ETIMEDOUT)
            break;
    return *flag == wanted;
}

static void reply_status(struct web_request *request, void *arg)
{
    struct status_board *board = arg;
    struct timespec deadline;
    bool mine;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += WAIT_S;
    pthread_mutex_lock(&board->lock);
    mine = wait_until(board, &board->busy, false, &deadline) && !board->ended;
    if (mine) {
        board->busy = true;
        board->answered = false;
        eventfd_write(board->event_fd, 1);
    }
    if (mine && wait_until(board, &board->answered, true, &deadline) && !board->answer.failed)
        web_reply(request, 200, "application/json", buf_slice(&board->answer));
    else
        web_problem(request, 503, "The agent does not answer now",
                    "It may be waiting for a disk or a server; try again.");
    if (mine)
        board->busy = false;
    pthread_cond_broadcast(&board->changed);
    pthread_mutex_unlock(&board->lock);
}

struct web_route status_board_route(struct status_board *board)
{
    return (struct web_route){"GET", "/status", reply_status, board};
}

int status_board_fd(const struct status_board *board)
{
    return board->event_fd;
}

bool status_board_asked(struct status_board *board, struct buf **out)
{
    eventfd_t ignored;

    if (eventfd_read(board->event_fd, &ignored) != 0)
        return false;
    pthread_mutex_lock(&board->lock);
    if (!board->busy || board->answered) { /* whoever asked has given up */
        pthread_mutex_unlock(&board->lock);
        return false;
    }
    buf_clear(&board->answer);
    *out = &board->answer;
    return true; /* the lock is kept until the answer is there */
}

void status_board_answer(struct status_board *board)
{
    board->answered = true;
    pthread_cond_broadcast(&board->changed);
    pthread_mutex_unlock(&board->lock);
}

static void add_string(struct buf *out, const char *key, const char *text)
{
    buf_addf(out, ",\"%s\":", key);
    json_add_string(out, slice_of(text), NULL);
}

void status_write_stream(struct buf *out, const struct stream_status *stream, bool first)
{
    char time[TIMESTAMP_TEXT_MAX];

    buf_addf(out, "%s{\"input\":\"%s\",\"state\":\"%s\"", first ? "" : ",", stream->input,
             stream->state);
    add_string(out, "stream", stream->name);
    if (stream->path)
        add_string(out, "path", stream->path);
    buf_addf(out,
             ",\"offset\":%" PRIu64 ",\"acknowledged\":%" PRIu64 ",\"size\":%" PRIu64
             ",\"lag_bytes\":%" PRIu64 ",\"lines\":%" PRIu64,
             stream->read, stream->acked, stream->size,
             stream->size > stream->acked ? stream->size - stream->acked : 0, stream->lines);
    if (stream->bytes_per_s >= 0)
        buf_addf(out, ",\"bytes_per_second\":%.1f,\"lines_per_second\":%.1f", stream->bytes_per_s,
                 stream->lines_per_s);
    if (stream->changed_ms) {
        size_t len = timestamp_print(timestamp_from_ms(stream->changed_ms), time);

        buf_addf(out, ",\"changed\":\"%.*s\"", (int)len, time);
    }
    if (stream->error)
        add_string(out, "error", stream->error);
    buf_add_char(out, '}');
}
