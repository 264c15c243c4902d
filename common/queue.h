/*
 * queue.h - bounded blocking queue of pointers: the only way between threads.
 */
#ifndef COMMON_QUEUE_H
#define COMMON_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct queue;

enum status queue_open(size_t capacity, struct queue **out, struct error *err);

/* OK, RETRY when it stayed full for `timeout_ms` (0: do not wait), DONE when it was shut. */
enum status queue_push(struct queue *queue, void *item, int64_t timeout_ms);

/* OK, RETRY when it stayed empty, DONE when it was shut and everything was taken. */
enum status queue_pop(struct queue *queue, void **item, int64_t timeout_ms);

size_t queue_length(struct queue *queue);

/* Nothing more is taken in; what is inside can still be popped; waiters wake up. */
void queue_shut(struct queue *queue);

void queue_close(struct queue *queue); /* the items are the caller's; NULL is fine */

#endif
