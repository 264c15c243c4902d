/*
 * tsan_threads.c - C11 threads on top of POSIX threads, for ThreadSanitizer.
 *
 * gcc's ThreadSanitizer sees pthread_* calls only; librdkafka starts its
 * threads by thrd_create, and the first access in one of those crashes. Linked
 * into unit tests of the tsan variant, these take the C library's place.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

struct start {
    thrd_start_t run;
    void *arg;
};

static void *enter(void *arg)
{
    struct start start = *(struct start *)arg;

    free(arg);
    return (void *)(intptr_t)start.run(start.arg);
}

static int status_of(int error)
{
    return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : thrd_error;
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *arg)
{
    struct start *start = malloc(sizeof(*start));

    if (!start)
        return thrd_nomem;
    *start = (struct start){run, arg};
    return status_of(pthread_create((pthread_t *)thread, NULL, enter, start));
}

int thrd_join(thrd_t thread, int *result)
{
    void *value;
    int error = pthread_join((pthread_t)thread, &value);

    if (!error && result)
        *result = (int)(intptr_t)value;
    return status_of(error);
}

int thrd_detach(thrd_t thread)
{
    return status_of(pthread_detach((pthread_t)thread));
}

int mtx_init(mtx_t *mutex, int type)
{
    (void)type;
    return status_of(pthread_mutex_init((pthread_mutex_t *)mutex, NULL));
}

int mtx_lock(mtx_t *mutex)
{
    return status_of(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_trylock(mtx_t *mutex)
{
    return pthread_mutex_trylock((pthread_mutex_t *)mutex) ? thrd_busy : thrd_success;
}

int mtx_unlock(mtx_t *mutex)
{
    return status_of(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int cnd_init(cnd_t *condition)
{
    return status_of(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

int cnd_signal(cnd_t *condition)
{
    return status_of(pthread_cond_signal((pthread_cond_t *)condition));
}

int cnd_broadcast(cnd_t *condition)
{
    return status_of(pthread_cond_broadcast((pthread_cond_t *)condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return status_of(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
    return status_of(
        pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}

void cnd_destroy(cnd_t *condition)
{
    pthread_cond_destroy((pthread_cond_t *)condition);
}
