/*
 * test_spool.c - entries on disk: any text comes back, in order, also to the next run.
 */
#include "shipper/spool.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/folder.h"
#include "tests/unit/support/rng.h"

static struct spool *open_spool(const char *folder, uint64_t max)
{
    struct spool *spool = NULL;
    struct error err;

    if (spool_open(folder, max, &spool, &err))
        fail_msg("%s", err.text);
    return spool;
}

static enum status append(struct spool *spool, const char *text)
{
    struct buf entries = BUF_INIT(1 << 20);
    struct error err;
    enum status status;

    spool_encode(&entries, (struct timestamp){1795262400, 5}, SLICE("192.0.2.1:514"), false,
                 slice_of(text));
    status = spool_append(spool, buf_slice(&entries), false, &err);
    buf_release(&entries);
    return status;
}

/* The texts of all segments that are not given yet, separated by '|'; drops them when `remove`. */
static const char *read_all(struct spool *spool, bool remove)
{
    static char out[4096];
    struct spool_segment *segment;
    size_t n = 0;

    out[0] = '\0';
    while ((segment = spool_next(spool))) {
        struct buf text = BUF_INIT(1 << 20);
        char bytes[4096], *p = bytes, *newline;
        bool sealed;
        uint64_t size = spool_size(spool, segment, &sealed);
        ssize_t len = pread(segment->fd, bytes, sizeof(bytes), 0);

        assert_int_equal(len, size);
        while (p < bytes + len && (newline = memchr(p, '\n', (size_t)(bytes + len - p)))) {
            struct spool_entry entry;

            assert_true(spool_decode((struct slice){p, (size_t)(newline - p)}, &text, &entry));
            n += (size_t)snprintf(out + n, sizeof(out) - n, "%.*s|", SLICE_FMT(entry.text));
            p = newline + 1;
        }
        buf_release(&text);
        spool_drop(spool, segment, remove);
    }
    return out;
}

static void test_any_text_comes_back(void **state)
{
    struct rng rng = rng_start();
    struct buf entries = BUF_INIT(1 << 20), text = BUF_INIT(1 << 20);

    (void)state;
    for (int round = 0; round < 20000; round++) {
        static const char bytes[] = "\n\x10ndT- \r\0a\xff";
        char given[64];
        struct slice slice = {given, rng_below(&rng, sizeof(given))};
        struct timestamp time = {(int64_t)rng_below(&rng, 2000000000), rng_below(&rng, 1000000000)};
        bool cut = rng_one_in(&rng, 2), known = rng_one_in(&rng, 2);
        struct spool_entry entry;

        for (size_t i = 0; i < slice.len; i++)
            given[i] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
        time.s += 1000000000; /* ten digits, as in our time */
        buf_clear(&entries);
        spool_encode(&entries, time, known ? SLICE("[::1]:9") : (struct slice){NULL, 0}, cut,
                     slice);
        assert_int_equal(entries.data[entries.len - 1], '\n');
        assert_null(memchr(entries.data, '\n', entries.len - 1));
        assert_in_range(entries.len, 1, spool_entry_max(slice.len));
        assert_true(spool_decode((struct slice){entries.data, entries.len - 1}, &text, &entry));
        assert_true(slice_equal(entry.text, slice));
        assert_int_equal(entry.cut, cut);
        assert_true(entry.received.s == time.s && entry.received.ns == time.ns);
        assert_true(known ? slice_is(entry.peer, "[::1]:9") : entry.peer.data == NULL);
    }
    buf_release(&entries);
    buf_release(&text);
}

static void test_what_is_no_entry_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "x",
                                        "1795262400000000000",
                                        "1795262400000000000 a",
                                        "1795262400000000000 a - ",
                                        "a b - text",
                                        "1 b - text",
                                        "1795262400000000000  - text",
                                        "1795262400000000000 a TT text",
                                        "1795262400000000000 a - text\x10",
                                        "1795262400000000000 a - \x10x"};
    struct buf text = BUF_INIT(1000);
    struct spool_entry entry;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (i != 4) /* an empty text is one */
            assert_false(spool_decode(slice_of(wrong[i]), &text, &entry));
    assert_true(spool_decode(slice_of(wrong[4]), &text, &entry));
    buf_release(&text);
}

static void test_entries_outlive_a_run(void **state)
{
    char folder[64];
    struct spool *spool;

    (void)state;
    folder_make(folder);
    spool = open_spool(folder, 1 << 20);
    assert_int_equal(append(spool, "one"), OK);
    assert_int_equal(append(spool, "two\nlines"), OK);
    spool_sync(spool);
    spool_close(spool);
    spool = open_spool(folder, 1 << 20);
    assert_int_equal(append(spool, "three"), OK);
    assert_string_equal(read_all(spool, true), "one|two\nlines|three|");
    assert_string_equal(read_all(spool, true), "");
    assert_int_equal(spool_bytes(spool), 0);
    spool_close(spool);
    spool = open_spool(folder, 1 << 20);
    assert_string_equal(read_all(spool, true), "");
    assert_int_equal(append(spool, "four"), OK);
    assert_string_equal(read_all(spool, true), "four|");
    spool_close(spool);
    folder_remove(folder);
}

static void test_beyond_the_limit_nothing_is_taken(void **state)
{
    char folder[64];
    struct spool *spool;

    (void)state;
    folder_make(folder);
    spool = open_spool(folder, 100);
    assert_true(spool_has_room(spool, 100));
    assert_int_equal(append(spool, "0123456789012345678901234567890123456789"), OK);
    assert_int_equal(append(spool, "0123456789012345678901234567890123456789"), RETRY);
    assert_false(spool_has_room(spool, 100));
    assert_string_equal(read_all(spool, true), "0123456789012345678901234567890123456789|");
    assert_int_equal(append(spool, "again"), OK);
    spool_close(spool);
    folder_remove(folder);
}

/* A folder that cannot be written to: said, and nothing of it is there. */
static void test_a_disk_that_takes_nothing_is_said(void **state)
{
    char folder[64];
    struct spool *spool;
    struct error err;

    (void)state;
    folder_make(folder);
    spool = open_spool(folder, 1 << 20);
    folder_remove(folder);
    assert_int_equal(append(spool, "one"), RETRY);
    assert_int_equal(spool_bytes(spool), 0);
    assert_int_equal(spool_append(spool, (struct slice){NULL, 0}, true, &err), OK);
    spool_close(spool);
}

struct writer {
    struct spool *spool;
    unsigned number;
};

static void *write_many(void *arg)
{
    const struct writer *writer = arg;
    struct buf entries = BUF_INIT(10000);
    struct error err;

    for (unsigned i = 0; i < 50; i++) {
        char text[32];

        snprintf(text, sizeof(text), "%u-%u", writer->number, i);
        buf_clear(&entries);
        spool_encode(&entries, (struct timestamp){1795262400, i}, SLICE("p"), false,
                     slice_of(text));
        assert_int_equal(spool_append(writer->spool, buf_slice(&entries), true, &err), OK);
    }
    buf_release(&entries);
    return NULL;
}

static void test_threads_append_and_share_syncs(void **state)
{
    char folder[64];
    struct spool *spool;
    struct spool_segment *segment;
    pthread_t threads[4];
    struct writer writers[4];
    char bytes[65536];
    size_t lines = 0;
    ssize_t len;

    (void)state;
    folder_make(folder);
    spool = open_spool(folder, 1 << 20);
    for (unsigned i = 0; i < 4; i++) {
        writers[i] = (struct writer){spool, i};
        pthread_create(&threads[i], NULL, write_many, &writers[i]);
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    segment = spool_next(spool);
    assert_non_null(segment);
    len = pread(segment->fd, bytes, sizeof(bytes), 0);
    for (ssize_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    assert_int_equal(lines, 200);
    spool_drop(spool, segment, false);
    spool_close(spool);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_text_comes_back),
        cmocka_unit_test(test_what_is_no_entry_is_refused),
        cmocka_unit_test(test_entries_outlive_a_run),
        cmocka_unit_test(test_beyond_the_limit_nothing_is_taken),
        cmocka_unit_test(test_a_disk_that_takes_nothing_is_said),
        cmocka_unit_test(test_threads_append_and_share_syncs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
