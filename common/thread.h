/*
 * thread.h - a thread with a name, as `top -H` and debuggers show it.
 */
#ifndef COMMON_THREAD_H
#define COMMON_THREAD_H

#include <pthread.h>

#include "common/error.h"

/* `name` is cut at 15 characters. FATAL: the system gives no more threads. The caller joins *out.
 */
enum status thread_start(const char *name, void *(*run)(void *), void *arg, pthread_t *out,
                         struct error *err);

#endif
