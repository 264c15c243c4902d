/*
 * capture.h - what goes to standard error for a while.
 */
#ifndef TESTS_UNIT_SUPPORT_CAPTURE_H
#define TESTS_UNIT_SUPPORT_CAPTURE_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/support/check.h"

struct capture { /* all zero at first */
    int stderr_fd, file;
    bool on;
};

static inline void capture_stop(struct capture *capture)
{
    if (!capture->on)
        return;
    fflush(stderr);
    dup2(capture->stderr_fd, STDERR_FILENO);
    close(capture->stderr_fd);
    capture->on = false;
}

static inline void capture_release(struct capture *capture)
{
    capture_stop(capture);
    if (capture->file > 0)
        close(capture->file);
    capture->file = 0;
}

static inline void capture_start(struct capture *capture)
{
    capture_release(capture);
    fflush(stderr);
    capture->stderr_fd = dup(STDERR_FILENO);
    capture->file = memfd_create("stderr", MFD_CLOEXEC);
    assert_true(capture->stderr_fd >= 0 && capture->file >= 0);
    assert_int_equal(dup2(capture->file, STDERR_FILENO), STDERR_FILENO);
    capture->on = true;
}

/* Stops; how often `text` was written. */
static inline int capture_count(struct capture *capture, const char *text)
{
    char content[8192] = "";
    const char *from = content;
    int count = 0;

    capture_stop(capture);
    assert_true(pread(capture->file, content, sizeof(content) - 1, 0) >= 0);
    for (; (from = strstr(from, text)); from++)
        count++;
    return count;
}

#endif
