#include "common/stop.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static int fd = -1;

static int start(void **state)
{
    struct error err;

    (void)state;
    return stop_open(&fd, &err) == OK ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    while (stop_read(fd) != STOP_NONE) /* leaves no signal to the next case */
        ;
    close(fd);
    return 0;
}

static void expect_event(int signal_number, enum stop_event event)
{
    kill(getpid(), signal_number);
    assert_int_equal(stop_read(fd), event);
    assert_int_equal(stop_read(fd), STOP_NONE);
}

static void nothing_came(void **state)
{
    (void)state;
    assert_int_equal(stop_read(fd), STOP_NONE);
}

static void first_asks_second_insists(void **state)
{
    (void)state;
    expect_event(SIGTERM, STOP_ASKED);
    expect_event(SIGINT, STOP_AGAIN);
    expect_event(SIGTERM, STOP_AGAIN);
}

static void interrupt_asks_too(void **state)
{
    (void)state;
    expect_event(SIGINT, STOP_ASKED);
}

static void hangup_reloads(void **state)
{
    (void)state;
    expect_event(SIGHUP, STOP_RELOAD);
    expect_event(SIGHUP, STOP_RELOAD);
    expect_event(SIGTERM, STOP_ASKED);
}

static void several_hangups_are_one(void **state)
{
    (void)state;
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGHUP);
    expect_event(SIGHUP, STOP_RELOAD);
}

static void stop_outranks_reload_and_two_at_once_are_one(void **state)
{
    (void)state;
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    expect_event(SIGINT, STOP_ASKED);
}

static void broken_pipe_does_not_kill(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    close(ends[1]);
}

static void *wait_in_thread(void *arg)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};

    (void)arg;
    if (poll(&pfd, 1, 60000) != 1)
        return NULL;
    return (void *)(uintptr_t)stop_read(fd);
}

static void signal_arrives_in_a_polling_thread(void **state)
{
    pthread_t thread;
    void *event;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, wait_in_thread, NULL), 0);
    kill(getpid(), SIGTERM);
    assert_int_equal(pthread_join(thread, &event), 0);
    assert_int_equal((uintptr_t)event, STOP_ASKED);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nothing_came),
        CASE(first_asks_second_insists),
        CASE(interrupt_asks_too),
        CASE(hangup_reloads),
        CASE(several_hangups_are_one),
        CASE(stop_outranks_reload_and_two_at_once_are_one),
        CASE(broken_pipe_does_not_kill),
        CASE(signal_arrives_in_a_polling_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
