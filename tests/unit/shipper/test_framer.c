/*
 * test_framer.c - bytes into lines, however they are cut into pieces.
 */
#include "shipper/framer.h"

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define TEXT_MAX  4096
#define LINES_MAX (TEXT_MAX + 1)

struct found {
    struct line lines[LINES_MAX]; /* text points into the whole content */
    size_t count;
};

/*
 * As the agent reads: pieces of `room` bytes at most from where the framer
 * stopped. Lines of which only the beginning came are found once.
 */
static void frame(struct slice content, size_t line_max, struct rng *rng, struct found *found)
{
    uint64_t offset = 0;
    bool skipping = false;

    found->count = 0;
    for (;;) {
        size_t left = content.len - offset, len = left;
        struct framer framer = {.offset = offset, .line_max = line_max, .skipping = skipping};
        struct line line;

        if (rng && left > line_max + 2)
            len = line_max + 2 + rng_below(rng, (uint32_t)(left - line_max - 1));
        if (len > left)
            len = left;
        framer.p = content.data + offset;
        framer.end = framer.p + len;
        framer.last = len == left;
        while (framer_next(&framer, &line)) {
            assert_true(found->count < LINES_MAX);
            assert_ptr_equal(line.text.data, content.data + line.offset);
            found->lines[found->count++] = line;
        }
        if (framer.last)
            break;
        assert_true(framer.offset > offset);
        offset = framer.offset;
        skipping = framer.skipping;
    }
}

/* `content` as one piece gives these lines, joined by `|`; a cut one ends with `~`. */
static void expect_lines(struct slice content, size_t line_max, const char *expected)
{
    static struct found found;
    scoped_buf struct buf joined = BUF_INIT(TEXT_MAX * 2);

    frame(content, line_max, NULL, &found);
    for (size_t i = 0; i < found.count; i++) {
        if (i)
            buf_add_char(&joined, '|');
        buf_add_slice(&joined, found.lines[i].text);
        if (found.lines[i].cut)
            buf_add_char(&joined, '~');
    }
    assert_slice(buf_slice(&joined), expected);
}

static void lines_end_with_newline_or_crlf(void **state)
{
    (void)state;
    expect_lines(SLICE(""), 10, "");
    expect_lines(SLICE("a\nb\n"), 10, "a|b");
    expect_lines(SLICE("a\r\nb\r\n"), 10, "a|b");
    expect_lines(SLICE("a\rb\n"), 10, "a\rb");
    expect_lines(SLICE("a\r\r\n"), 10, "a\r");
    expect_lines(SLICE("\n\r\n\n"), 10, "||");
    expect_lines(SLICE("\n"), 10, "");
}

static void last_line_needs_no_newline(void **state)
{
    (void)state;
    expect_lines(SLICE("a\nb"), 10, "a|b");
    expect_lines(SLICE("a"), 10, "a");
}

static void line_without_its_newline_waits(void **state)
{
    static const char text[] = "one\ntwo";
    struct framer framer = {.p = text, .end = text + 7, .offset = 100, .line_max = 10};
    struct line line;

    (void)state;
    assert_true(framer_next(&framer, &line));
    assert_slice(line.text, "one");
    assert_int_equal(line.offset, 100);
    assert_int_equal(line.end, 104);
    assert_false(framer_next(&framer, &line));
    assert_int_equal(framer.offset, 104);
    assert_false(framer_next(&framer, &line));
}

static void nul_bytes_are_bytes(void **state)
{
    static struct found found;

    (void)state;
    frame(SLICE("a\0b\n\0\n"), 10, NULL, &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.lines[0].text.len, 3);
    assert_int_equal(found.lines[1].text.len, 1);
}

static void too_long_line_is_cut_and_the_next_one_whole(void **state)
{
    (void)state;
    expect_lines(SLICE("12345\nabc\n"), 5, "12345|abc");
    expect_lines(SLICE("12345\r\nabc\r\n"), 5, "12345|abc");
    expect_lines(SLICE("123456\r\nabc\r\n"), 5, "12345~|abc");
    expect_lines(SLICE("123456\nabc\n"), 5, "12345~|abc");
    expect_lines(SLICE("123456789012345678901\nabc\n"), 5, "12345~|abc");
    expect_lines(SLICE("123456"), 5, "12345~");
    expect_lines(SLICE("123456\n"), 5, "12345~");
}

static void cut_falls_between_characters(void **state)
{
    (void)state;
    expect_lines(SLICE("1234\xc3\xa9x\n"), 5, "1234~");
    expect_lines(SLICE("123\xc3\xa9x\n"), 5, "123\xc3\xa9~");
    expect_lines(SLICE("12\xf0\x9f\x98\x80x\n"), 5, "12~");
    expect_lines(SLICE("\x80\x80\x80\x80\x80\x80\x80\n"), 5, "\x80\x80\x80\x80\x80~");
}

static void rest_of_a_cut_line_is_skipped_over_many_pieces(void **state)
{
    static const char text[] = "123456789\nabc\n";
    struct framer framer = {.p = text, .end = text + 6, .line_max = 5};
    struct line line;

    (void)state;
    assert_true(framer_next(&framer, &line));
    assert_true(line.cut && framer.skipping);
    assert_int_equal(line.end, 0); /* acknowledged only as a whole */
    assert_false(framer_next(&framer, &line));
    framer.end = text + 8;
    assert_false(framer_next(&framer, &line));
    assert_int_equal(framer.offset, 8);
    framer.end = text + 14;
    assert_true(framer_next(&framer, &line));
    assert_slice(line.text, "abc");
    assert_int_equal(line.offset, 10);
    assert_false(framer.skipping);
}

static void cut_line_may_end_the_content(void **state)
{
    static const char text[] = "rest";
    struct framer framer = {
        .p = text, .end = text + 4, .line_max = 2, .last = true, .skipping = true};
    struct line line;

    (void)state;
    assert_false(framer_next(&framer, &line));
    assert_int_equal(framer.offset, 4);
}

static void random_pieces_give_the_lines_of_the_whole(void **state)
{
    static const char common[] = "ab\n\n\r\r\xc3\xa9";
    static struct found whole, pieces;
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 5000; round++) {
        char bytes[TEXT_MAX];
        struct slice content = {bytes, rng_below(&rng, rng_one_in(&rng, 10) ? TEXT_MAX : 200)};
        size_t line_max = 1 + rng_below(&rng, 40);

        for (size_t i = 0; i < content.len; i++)
            bytes[i] = rng_one_in(&rng, 5) ? common[rng_below(&rng, sizeof(common) - 1)]
                                           : (char)rng_next(&rng);
        frame(content, line_max, NULL, &whole);
        frame(content, line_max, &rng, &pieces);
        assert_int_equal(pieces.count, whole.count);
        for (size_t i = 0; i < whole.count; i++) {
            const struct line *a = &whole.lines[i], *b = &pieces.lines[i];

            assert_int_equal(a->offset, b->offset);
            assert_int_equal(a->text.len, b->text.len);
            assert_int_equal(a->cut, b->cut);
            assert_true(b->end == a->end || (b->cut && b->end == b->offset));
        }
    }
}

/* Nothing is lost: lines and what stands between them are the content. */
static void every_newline_ends_one_line(void **state)
{
    static struct found found;
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 2000; round++) {
        char bytes[300];
        struct slice content = {bytes, rng_below(&rng, sizeof(bytes))};
        size_t newlines = 0;

        for (size_t i = 0; i < content.len; i++) {
            bytes[i] = rng_one_in(&rng, 4) ? '\n' : 'x';
            newlines += bytes[i] == '\n';
        }
        frame(content, 3, &rng, &found);
        assert_int_equal(found.count,
                         newlines + (content.len && content.data[content.len - 1] != '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_newline_or_crlf),
        cmocka_unit_test(last_line_needs_no_newline),
        cmocka_unit_test(line_without_its_newline_waits),
        cmocka_unit_test(nul_bytes_are_bytes),
        cmocka_unit_test(too_long_line_is_cut_and_the_next_one_whole),
        cmocka_unit_test(cut_falls_between_characters),
        cmocka_unit_test(rest_of_a_cut_line_is_skipped_over_many_pieces),
        cmocka_unit_test(cut_line_may_end_the_content),
        cmocka_unit_test(random_pieces_give_the_lines_of_the_whole),
        cmocka_unit_test(every_newline_ends_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
