/*
 * test_file.c - whole files: exact limits, what cannot be read, and a reader that takes little at a
 * time.
 */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/grow.h"
#include "common/scope.h"
#include "tests/unit/support/check.h"

/* A file without a name that holds `len` bytes, read from its start. */
static int file_of(size_t len)
{
    char path[] = "/tmp/test_file.XXXXXX";
    int fd = mkstemp(path);
    char *text = malloc(len + 1);

    assert_true(fd >= 0);
    assert_non_null(text);
    unlink(path);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 26);
    assert_true(file_write_all(fd, (struct slice){text, len}));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    free(text);
    return fd;
}

static void limit_is_exact(void **state)
{
    static const struct {
        size_t len, max;
        bool fits;
    } cases[] = {{0, 0, true},           {1, 0, false},         {1, 1, true},
                 {16384, 16384, true},   {16384, 16383, false}, {16385, 16384, false},
                 {100000, 100000, true}, {100000, 99999, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scoped_buf struct buf out = BUF_INIT(cases[i].max);
        scoped_fd int fd = file_of(cases[i].len);

        errno = 0;
        assert_int_equal(file_read_all(fd, &out), cases[i].fits);
        assert_int_equal(errno, cases[i].fits ? 0 : EFBIG);
        assert_true(out.len <= out.max);
        if (!cases[i].fits)
            continue;
        assert_int_equal(out.len, cases[i].len);
        for (size_t j = 0; j < out.len; j++)
            assert_int_equal(out.data[j], 'a' + j % 26);
    }
}

static void what_was_there_stays(void **state)
{
    scoped_buf struct buf out = BUF_INIT(10);
    scoped_fd int fd = file_of(3);

    (void)state;
    buf_add_text(&out, "before ");
    assert_true(file_read_all(fd, &out));
    assert_true(slice_is(buf_slice(&out), "before abc"));
}

static void failure_names_the_file(void **state)
{
    scoped_buf struct buf out = BUF_INIT(10);
    struct error err;

    (void)state;
    assert_int_equal(file_read("/nowhere/at all", &out, &err), REJECT);
    assert_non_null(strstr(err.text, "cannot open '/nowhere/at all'"));
    assert_int_equal(file_read("/", &out, &err), REJECT);
    assert_non_null(strstr(err.text, "cannot read '/'"));
    assert_int_equal(file_read("/proc/self/status", &out, &err), REJECT);
    assert_string_equal(err.text, "'/proc/self/status' is larger than 10 bytes");
}

#define PIPED 1000000 /* bytes; more than a pipe holds */

static void *take_slowly(void *arg)
{
    scoped_buf struct buf out = BUF_INIT(PIPED);
    int fd = *(int *)arg;

    return file_read_all(fd, &out) && out.len == PIPED ? arg : NULL;
}

static void pieces_of_a_pipe_are_all_written(void **state)
{
    scoped_free char *text = calloc(1, PIPED);
    pthread_t reader;
    void *all = NULL;
    int ends[2];

    (void)state;
    assert_non_null(text);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&reader, NULL, take_slowly, &ends[0]), 0);
    assert_true(file_write_all(ends[1], (struct slice){text, PIPED}));
    close(ends[1]);
    pthread_join(reader, &all);
    assert_non_null(all);
    close(ends[0]);
}

static void full_disk_is_an_error(void **state)
{
    scoped_fd int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_false(file_write_all(fd, SLICE("x")));
    assert_int_equal(errno, ENOSPC);
}

static void list_doubles_and_keeps(void **state)
{
    size_t room = 0;
    scoped_free int *list = NULL;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(grow(&list, &room, (size_t)i, sizeof(*list), 3));
        assert_true(room > (size_t)i);
        list[i] = i;
    }
    assert_int_equal(room, 1536);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(list[i], i);
    assert_false(grow(&list, &room, room, SIZE_MAX / 2, 3));
    assert_int_equal(room, 1536);
    assert_int_equal(list[999], 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_is_exact),
        cmocka_unit_test(what_was_there_stays),
        cmocka_unit_test(failure_names_the_file),
        cmocka_unit_test(pieces_of_a_pipe_are_all_written),
        cmocka_unit_test(full_disk_is_an_error),
        cmocka_unit_test(list_doubles_and_keeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
