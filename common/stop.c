/*
 * stop.c - signals by signalfd.
 */
#include "common/stop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static atomic_bool asked; /* of the process, as signals are */

enum status stop_open(int *fd, struct error *err)
{
    sigset_t signals;
    int opened, code;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    code = pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (code)
        return error_set(err, FATAL, "cannot block signals: %s", strerror(code));
    opened = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (opened < 0)
        return error_set_errno(err, FATAL, "cannot make a descriptor for signals");
    signal(SIGPIPE, SIG_IGN);
    atomic_store(&asked, false);
    *fd = opened;
    return OK;
}

enum stop_event stop_read(int fd)
{
    struct signalfd_siginfo info;
    enum stop_event event = STOP_NONE;
    ssize_t n;

    /* All that are pending become one event: what came before the answer is no second wish. */
    do {
        n = read(fd, &info, sizeof(info));
        if (n == sizeof(info) && info.ssi_signo != SIGHUP)
            event = STOP_ASKED;
        else if (n == sizeof(info) && event == STOP_NONE)
            event = STOP_RELOAD;
    } while (n == sizeof(info) || (n < 0 && errno == EINTR));
    if (event == STOP_ASKED && atomic_exchange(&asked, true))
        event = STOP_AGAIN;
    return event;
}
