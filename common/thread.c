/*
 * thread.c - a thread with a name.
 */
#include "common/thread.h"

#include <stdio.h>

#define NAME_SIZE 16 /* of Linux, with the end */

enum status thread_start(const char *name, void *(*run)(void *), void *arg, pthread_t *out,
                         struct error *err)
{
    char cut[NAME_SIZE];

    if (pthread_create(out, NULL, run, arg) != 0)
        return error_set(err, FATAL, "cannot start a thread");
    snprintf(cut, sizeof(cut), "%.15s", name);
    pthread_setname_np(*out, cut);
    return OK;
}
