/*
 * queue.c - a ring of pointers, one lock, two conditions.
 */
#include "common/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"

#define WAIT_MAX_MS (365 * 86400000LL) /* "for ever", without overflow */

struct queue {
    pthread_mutex_t lock; /* guards all below; leaf lock */
    pthread_cond_t not_full, not_empty;
    bool shut;
    size_t capacity, first, count;
    void *items[];
};

/* Deadlines are monotonic, so that a step of the wall clock does not stretch a wait. */
static void init_conditions(struct queue *queue)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->not_full, &attr);
    pthread_cond_init(&queue->not_empty, &attr);
    pthread_condattr_destroy(&attr);
}

enum status queue_open(size_t capacity, struct queue **out, struct error *err)
{
    struct queue *queue = NULL;

    if (capacity > 0 && capacity < SIZE_MAX / sizeof(void *) / 2)
        queue = calloc(1, sizeof(*queue) + capacity * sizeof(void *));
    if (!queue)
        return error_set(err, FATAL, "no memory for a queue of %zu", capacity);
    pthread_mutex_init(&queue->lock, NULL);
    init_conditions(queue);
    queue->capacity = capacity;
    *out = queue;
    return OK;
}

static struct timespec deadline_in(int64_t timeout_ms)
{
    int64_t now_ns = clock_mono_ns();
    int64_t end_ns = now_ns + (timeout_ms < WAIT_MAX_MS ? timeout_ms : WAIT_MAX_MS) * 1000000;

    return (struct timespec){.tv_sec = end_ns / 1000000000, .tv_nsec = end_ns % 1000000000};
}

/* Waits until *count is no longer `unwanted`, or the queue shut: false when the time is over. */
static bool wait_while(struct queue *queue, pthread_cond_t *condition, size_t unwanted,
                       int64_t timeout_ms)
{
    struct timespec deadline;

    if (queue->count != unwanted || queue->shut)
        return true;
    if (timeout_ms <= 0)
        return false;
    deadline = deadline_in(timeout_ms);
    while (queue->count == unwanted && !queue->shut)
        if (pthread_cond_timedwait(condition, &queue->lock, &deadline) == ETIMEDOUT)
            return queue->count != unwanted || queue->shut;
    return true;
}

static enum status push(struct queue *queue, void *item, int64_t timeout_ms)
{
    if (!wait_while(queue, &queue->not_full, queue->capacity, timeout_ms))
        return RETRY;
    if (queue->shut)
        return DONE;
    queue->items[(queue->first + queue->count++) % queue->capacity] = item;
    pthread_cond_signal(&queue->not_empty);
    return OK;
}

static enum status pop(struct queue *queue, void **item, int64_t timeout_ms)
{
    if (!wait_while(queue, &queue->not_empty, 0, timeout_ms))
        return RETRY;
    if (queue->count == 0)
        return DONE;
    *item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    pthread_cond_signal(&queue->not_full);
    return OK;
}

enum status queue_push(struct queue *queue, void *item, int64_t timeout_ms)
{
    enum status status;

    pthread_mutex_lock(&queue->lock);
    status = push(queue, item, timeout_ms);
    pthread_mutex_unlock(&queue->lock);
    return status;
}

enum status queue_pop(struct queue *queue, void **item, int64_t timeout_ms)
{
    enum status status;

    pthread_mutex_lock(&queue->lock);
    status = pop(queue, item, timeout_ms);
    pthread_mutex_unlock(&queue->lock);
    return status;
}

size_t queue_length(struct queue *queue)
{
    size_t count;

    pthread_mutex_lock(&queue->lock);
    count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void queue_shut(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->shut = true;
    pthread_cond_broadcast(&queue->not_full);
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

void queue_close(struct queue *queue)
{
    if (!queue)
        return;
    pthread_cond_destroy(&queue->not_full);
    pthread_cond_destroy(&queue->not_empty);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}
