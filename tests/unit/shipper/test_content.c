/*
 * test_content.c - plain files, archives and pipes by their offset.
 */
#include "shipper/content.h"

#include "tests/unit/support/folder.h"
#include "tests/unit/support/gzip.h"
#include "tests/unit/support/rng.h"
#include "tests/unit/support/zstd_frame.h"

#define TEXT_MAX ((size_t)1 << 20)

/* What both kinds of archives do is tested with both. */
typedef void member_adder(struct buf *out, struct slice text);
static member_adder *const adders[] = {gzip_add, zstd_add};
#define KINDS        (sizeof(adders) / sizeof(adders[0]))
#define EACH_KIND(k) for (size_t k = 0; k < KINDS; k++)

/* A file without a name that holds `bytes`. */
static struct content *open_bytes(struct slice bytes)
{
    char folder[64], path[FOLDER_PATH_MAX];
    struct content *content = NULL;
    struct error err;

    folder_make(folder);
    snprintf(path, sizeof(path), "%s/file", folder);
    file_write(path, bytes, O_TRUNC);
    assert_int_equal(content_open(open(path, O_RDONLY | O_CLOEXEC), &content, &err), OK);
    folder_remove(folder);
    return content;
}

/* Reads to the end in pieces of `room`; returns the status that ended it. */
static enum status read_all(struct content *content, size_t room, struct buf *out)
{
    struct error err;

    for (;;) {
        size_t len = 0;
        char *to = buf_reserve(out, room);
        enum status status;

        assert_non_null(to);
        status = content_read(content, out->len, to, room, &len, &err);
        assert_true(len <= room);
        out->len += len;
        if (status != OK)
            return status;
        assert_true(len > 0);
    }
}

/* The file `bytes` reads as `expected` and ends with `status`, in pieces of every size. */
static void expect_content(struct slice bytes, struct slice expected, enum status status)
{
    static const size_t rooms[] = {1, 2, 7, 100, 65536};

    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        scoped_buf struct buf out = BUF_INIT(TEXT_MAX * 4);
        struct content *content = open_bytes(bytes);

        if (rooms[i] < 100 && expected.len > 10000) { /* quadratic otherwise */
            content_close(content);
            continue;
        }
        assert_int_equal(read_all(content, rooms[i], &out), status);
        assert_int_equal(out.len, expected.len);
        if (out.len)
            assert_memory_equal(out.data, expected.data, out.len);
        content_close(content);
    }
}

static void plain_file_is_read_in_place(void **state)
{
    (void)state;
    expect_content(SLICE(""), SLICE(""), DONE);
    expect_content(SLICE("a\nb\0c"), SLICE("a\nb\0c"), DONE);
    expect_content(SLICE("\x1f\x8b"), SLICE("\x1f\x8b"), DONE);
}

static void plain_file_grows(void **state)
{
    char folder[64], path[FOLDER_PATH_MAX], to[100];
    struct content *content;
    struct error err;
    size_t len;

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof(path), "%s/file", folder);
    file_write(path, SLICE("abc"), O_TRUNC);
    assert_int_equal(content_open(open(path, O_RDONLY), &content, &err), OK);
    assert_false(content_is_archive(content));
    assert_int_equal(content_read(content, 0, to, sizeof(to), &len, &err), DONE);
    assert_int_equal(content_read(content, 3, to, sizeof(to), &len, &err), DONE);
    assert_int_equal(len, 0);
    file_write(path, SLICE("def"), O_APPEND);
    assert_int_equal(content_read(content, 2, to, sizeof(to), &len, &err), DONE);
    assert_int_equal(len, 4);
    assert_memory_equal(to, "cdef", 4);
    content_close(content);
    folder_remove(folder);
}

static void folder_is_refused(void **state)
{
    struct content *content = NULL;
    struct error err;

    (void)state;
    assert_int_equal(content_open(open("/", O_RDONLY), &content, &err), REJECT);
    assert_null(content);
    content_close(NULL);
}

static void archive_is_read_uncompressed(void **state)
{
    (void)state;
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);
        struct content *content;

        adders[k](&zipped, SLICE("one\ntwo\n"));
        expect_content(buf_slice(&zipped), SLICE("one\ntwo\n"), DONE);
        content = open_bytes(buf_slice(&zipped));
        assert_true(content_is_archive(content));
        content_close(content);
    }
}

/* The members end inside of lines, and one is empty. */
static void members_are_joined(void **state)
{
    (void)state;
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);

        adders[k](&zipped, SLICE("one\ntw"));
        adders[k](&zipped, SLICE(""));
        adders[k](&zipped, SLICE("o\nthree"));
        expect_content(buf_slice(&zipped), SLICE("one\ntwo\nthree"), DONE);
    }
}

static void zeros_may_pad_a_gzip_file(void **state)
{
    scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);

    (void)state;
    gzip_add(&zipped, SLICE("one\n"));
    buf_add(&zipped, "\0\0\0\0", 4);
    expect_content(buf_slice(&zipped), SLICE("one\n"), DONE);
    gzip_add(&zipped, SLICE("two\n"));
    expect_content(buf_slice(&zipped), SLICE("one\ntwo\n"), DONE);
}

/* As pzstd and others write them: before, between and behind. */
static void skippable_frames_are_skipped(void **state)
{
    static const char frame[] = "\x5a\x2a\x4d\x18\x05\0\0\0abcde";
    scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);

    (void)state;
    for (int i = 0; i < 3; i++) {
        buf_add(&zipped, frame, sizeof(frame) - 1);
        if (i < 2)
            zstd_add(&zipped, i ? SLICE("two\n") : SLICE("one\n"));
    }
    expect_content(buf_slice(&zipped), SLICE("one\ntwo\n"), DONE);
}

static void window_is_limited(void **state)
{
    scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);

    (void)state;
    zstd_add_window(&zipped, SLICE("one\n"), 27);
    expect_content(buf_slice(&zipped), SLICE("one\n"), DONE);
    buf_clear(&zipped);
    zstd_add_window(&zipped, SLICE("one\n"), 28);
    expect_content(buf_slice(&zipped), SLICE(""), REJECT);
}

static void large_archive_is_read_whole(void **state)
{
    scoped_buf struct buf text = BUF_INIT(TEXT_MAX);
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 20000; i++)
        buf_addf(&text, "line %d %llx\n", i, (unsigned long long)rng_next(&rng));
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX * 2);

        adders[k](&zipped, buf_slice(&text));
        expect_content(buf_slice(&zipped), buf_slice(&text), DONE);
    }
}

/* A gigabyte of one letter: a few kilobytes, and what is read at a time is what was asked for. */
static void bomb_is_read_in_pieces(void **state)
{
    scoped_buf struct buf text = BUF_INIT((size_t)32 << 20), zipped = BUF_INIT((size_t)64 << 20);
    struct content *content;
    struct error err;
    uint64_t offset = 0;
    size_t len;
    char to[4096];

    (void)state;
    memset(buf_reserve(&text, (size_t)16 << 20), 'x', (size_t)16 << 20);
    text.len = (size_t)16 << 20;
    for (int i = 0; i < 8; i++)
        zstd_add(&zipped, buf_slice(&text));
    content = open_bytes(buf_slice(&zipped));
    while (content_read(content, offset, to, sizeof(to), &len, &err) == OK)
        offset += len;
    assert_int_equal(offset, (uint64_t)8 * 16 << 20);
    assert_true(content_is_complete(content));
    content_close(content);
}

/* Cut anywhere: what is there is given, and it is known that something is missing. */
static void cut_archive_gives_what_it_has(void **state)
{
    (void)state;
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);
        size_t first;

        adders[k](&zipped, SLICE("first member\n"));
        first = zipped.len;
        adders[k](&zipped, SLICE("second member\n"));
        for (size_t len = 4; len <= zipped.len; len++) {
            scoped_buf struct buf out = BUF_INIT(TEXT_MAX);
            struct content *content = open_bytes((struct slice){zipped.data, len});

            assert_int_equal(read_all(content, 100, &out), DONE);
            assert_true(out.len <= 27);
            assert_memory_equal(out.data, "first member\nsecond member\n", out.len);
            assert_int_equal(content_is_complete(content), len == first || len == zipped.len);
            content_close(content);
        }
    }
}

/* Written byte by byte, read after each: nothing is missing, nothing comes twice. */
static void archive_that_is_still_written_is_read_on(void **state)
{
    static const char text[] = "first line\nsecond line\nthird line\n";

    (void)state;
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX), out = BUF_INIT(TEXT_MAX);
        char folder[64], path[FOLDER_PATH_MAX];
        struct content *content;
        struct error err;

        for (size_t i = 0; i < 3; i++)
            adders[k](&zipped, (struct slice){text + i * 11, i == 2 ? sizeof(text) - 23 : 11});
        folder_make(folder);
        snprintf(path, sizeof(path), "%s/file", folder);
        file_write(path, SLICE(""), O_TRUNC);
        assert_int_equal(content_open(open(path, O_RDONLY), &content, &err), OK);
        for (size_t i = 0; i < zipped.len; i++) {
            file_write(path, (struct slice){zipped.data + i, 1}, O_APPEND);
            if (i >= 3) /* before that it counts as plain */
                assert_int_equal(read_all(content, 7, &out), DONE);
        }
        assert_true(content_is_complete(content) && content_is_archive(content));
        assert_string_equal(buf_str(&out), text);
        content_close(content);
        folder_remove(folder);
    }
}

static size_t count_bytes(struct slice bytes, size_t room)
{
    scoped_buf struct buf out = BUF_INIT(TEXT_MAX * 4);
    struct content *content = open_bytes(bytes);

    assert_int_equal(read_all(content, room, &out), DONE);
    content_close(content);
    return out.len;
}

/* However small the pieces: what the decompressor still holds is not lost with the end. */
static void cut_archive_gives_the_same_in_small_pieces(void **state)
{
    scoped_buf struct buf text = BUF_INIT(1 << 20);

    (void)state;
    for (int i = 0; i < 200; i++)
        buf_add_text(&text, "hello world\n");
    EACH_KIND(k)
    {
        scoped_buf struct buf packed = BUF_INIT(1 << 20);

        adders[k](&packed, buf_slice(&text));
        for (size_t len = 20; len < packed.len; len++) {
            size_t large = count_bytes((struct slice){packed.data, len}, 65536);

            for (size_t room = 1; room < 40; room += 7)
                assert_int_equal(count_bytes((struct slice){packed.data, len}, room), large);
        }
    }
}

static void every_damaged_bit_of_an_archive_is_survived(void **state)
{
    (void)state;
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);

        adders[k](&zipped, SLICE("some text that some text repeats\n"));
        adders[k](&zipped, SLICE("and more\n"));
        for (size_t i = 0; i < zipped.len * 8; i++) {
            scoped_buf struct buf out = BUF_INIT(TEXT_MAX);
            struct content *content;

            zipped.data[i / 8] = (char)(zipped.data[i / 8] ^ 1 << i % 8);
            content = open_bytes(buf_slice(&zipped));
            read_all(content, 64, &out);
            content_close(content);
            zipped.data[i / 8] = (char)(zipped.data[i / 8] ^ 1 << i % 8);
        }
    }
}

static void wrong_checksum_is_told_after_the_text(void **state)
{
    (void)state;
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);
        size_t back = k == 0 ? 8 : 4; /* where the checksum stands */

        adders[k](&zipped, SLICE("text, text, text, text, text, text, text, text, text\n"));
        zipped.data[zipped.len - back] = (char)(zipped.data[zipped.len - back] ^ 1);
        expect_content(buf_slice(&zipped),
                       SLICE("text, text, text, text, text, text, text, text, text\n"), REJECT);
    }
}

static void garbage_behind_an_archive_is_told_after_the_text(void **state)
{
    (void)state;
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);

        adders[k](&zipped, SLICE("text\n"));
        buf_add_text(&zipped, "garbage");
        expect_content(buf_slice(&zipped), SLICE("text\n"), REJECT);
    }
}

static void damage_stays_damage(void **state)
{
    (void)state;
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);
        struct content *content;
        struct error err;
        char to[100];
        size_t len;

        adders[k](&zipped, SLICE("text\n"));
        buf_add_text(&zipped, "garbage");
        content = open_bytes(buf_slice(&zipped));
        assert_int_equal(content_read(content, 0, to, sizeof(to), &len, &err), OK);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(content_read(content, 5, to, sizeof(to), &len, &err), REJECT);
            assert_int_equal(len, 0);
            assert_int_equal(err.status, REJECT);
        }
        content_close(content);
    }
}

static void read_anywhere(struct content *content, struct slice text, struct rng *rng)
{
    for (int round = 0; round < 2000; round++) {
        uint32_t offset = rng_below(rng, (uint32_t)text.len + 1);
        char to[3000];
        size_t room = 1 + rng_below(rng, sizeof(to) - 1), len;
        struct error err;
        enum status status = content_read(content, offset, to, room, &len, &err);

        assert_true(status == OK || (status == DONE && offset + len == text.len));
        assert_true(len <= room && offset + len <= text.len);
        assert_true(len > 0 || offset == text.len);
        assert_memory_equal(to, text.data + offset, len);
    }
}

/* Any offset at any time gives the bytes that stand there. */
static void archive_is_read_from_any_offset(void **state)
{
    scoped_buf struct buf text = BUF_INIT(TEXT_MAX);
    struct rng rng = rng_start();

    (void)state;
    for (int j = 0; j < 1500; j++)
        buf_addf(&text, "%d;", j);
    EACH_KIND(k)
    {
        scoped_buf struct buf zipped = BUF_INIT(TEXT_MAX);
        struct content *content;

        for (size_t from = 0; from < text.len; from += 1000)
            adders[k](&zipped, (struct slice){text.data + from,
                                              text.len - from < 1000 ? text.len - from : 1000});
        content = open_bytes(buf_slice(&zipped));
        read_anywhere(content, buf_slice(&text), &rng);
        content_close(content);
    }
}

static void pipe_gives_its_last_piece_again(void **state)
{
    struct content *content;
    struct error err;
    char to[100];
    size_t len;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(content_open(ends[0], &content, &err), OK);
    assert_int_equal(write(ends[1], "one\ntw", 6), 6);
    assert_int_equal(content_read(content, 0, to, sizeof(to), &len, &err), OK);
    assert_int_equal(len, 6);
    assert_int_equal(write(ends[1], "o\n", 2), 2);
    assert_int_equal(content_read(content, 4, to, sizeof(to), &len, &err), OK);
    assert_slice(((struct slice){to, len}), "two\n");
    close(ends[1]);
    assert_int_equal(content_read(content, 6, to, sizeof(to), &len, &err), DONE);
    assert_slice(((struct slice){to, len}), "o\n");
    assert_int_equal(content_read(content, 8, to, sizeof(to), &len, &err), DONE);
    assert_int_equal(len, 0);
    assert_int_equal(content_read(content, 0, to, sizeof(to), &len, &err), FATAL);
    assert_int_equal(content_progress(content), 8);
    content_close(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_file_is_read_in_place),
        cmocka_unit_test(plain_file_grows),
        cmocka_unit_test(folder_is_refused),
        cmocka_unit_test(archive_is_read_uncompressed),
        cmocka_unit_test(members_are_joined),
        cmocka_unit_test(zeros_may_pad_a_gzip_file),
        cmocka_unit_test(skippable_frames_are_skipped),
        cmocka_unit_test(window_is_limited),
        cmocka_unit_test(large_archive_is_read_whole),
        cmocka_unit_test(bomb_is_read_in_pieces),
        cmocka_unit_test(cut_archive_gives_what_it_has),
        cmocka_unit_test(archive_that_is_still_written_is_read_on),
        cmocka_unit_test(cut_archive_gives_the_same_in_small_pieces),
        cmocka_unit_test(every_damaged_bit_of_an_archive_is_survived),
        cmocka_unit_test(wrong_checksum_is_told_after_the_text),
        cmocka_unit_test(garbage_behind_an_archive_is_told_after_the_text),
        cmocka_unit_test(damage_stays_damage),
        cmocka_unit_test(archive_is_read_from_any_offset),
        cmocka_unit_test(pipe_gives_its_last_piece_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
