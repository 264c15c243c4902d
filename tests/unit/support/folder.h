/*
 * folder.h - a folder of a test's own, and files in it.
 */
#ifndef TESTS_UNIT_SUPPORT_FOLDER_H
#define TESTS_UNIT_SUPPORT_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/check.h"

#define FOLDER_PATH_MAX 300

static inline void folder_make(char path[64])
{
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* memory is faster */

    snprintf(path, 64, "%s/alpex-test-XXXXXX", parent);
    assert_non_null(mkdtemp(path));
}

static inline int folder_remove_one(const char *path, const struct stat *st, int kind,
                                    struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void folder_remove(const char *path)
{
    nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* `flags`: O_TRUNC for a new content, O_APPEND for more. */
static inline void file_write(const char *path, struct slice text, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.data, text.len), text.len);
    close(fd);
}

/* The whole file; the caller frees it. */
static inline struct slice file_read(const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat st;
    char *text;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    text = malloc((size_t)st.st_size + 1);
    assert_non_null(text);
    assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
    text[st.st_size] = '\0';
    close(fd);
    return (struct slice){text, (size_t)st.st_size};
}

#endif
