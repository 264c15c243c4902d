#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect_text(struct buf *buf, const char *text)
{
    assert_false(buf->failed);
    assert_true(slice_is(buf_slice(buf), text));
    assert_string_equal(buf_str(buf), text);
}

/* `count` copies of 'x', to be freed. */
static char *repeated_x(size_t count)
{
    char *text = malloc(count + 1);

    assert_non_null(text);
    memset(text, 'x', count);
    text[count] = '\0';
    return text;
}

static void pieces_are_joined(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(100);

    (void)state;
    buf_add_text(&buf, "a");
    buf_add_char(&buf, 'b');
    buf_add_slice(&buf, SLICE("c"));
    buf_addf(&buf, "%d", 4);
    expect_text(&buf, "abc4");
}

static void empty_buf_is_empty_text(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(100);

    (void)state;
    expect_text(&buf, "");
    buf_add(&buf, NULL, 0);
    expect_text(&buf, "");
}

static void content_outlives_growth(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(1 << 20);

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_add_char(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.len, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
}

static void long_format_is_not_cut(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(10000);
    char *text = repeated_x(5000);

    (void)state;
    buf_addf(&buf, "%s", text);
    expect_text(&buf, text);
    free(text);
}

static void fills_up_to_its_ceiling(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(300);
    char *text = repeated_x(300);

    (void)state;
    buf_addf(&buf, "%s", text);
    expect_text(&buf, text);
    buf_add_char(&buf, 'y');
    assert_true(buf.failed);
    assert_int_equal(buf.len, 300);
    free(text);
}

static void ceiling_below_the_smallest_block_holds(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(3);

    (void)state;
    buf_add_text(&buf, "abc");
    expect_text(&buf, "abc");
    buf_add_char(&buf, 'd');
    assert_true(buf.failed);
}

static void failure_sticks_until_clear(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(4);

    (void)state;
    buf_add_text(&buf, "12345");
    buf_add_text(&buf, "1");
    assert_true(buf.failed);
    assert_string_equal(buf_str(&buf), "");
    buf_clear(&buf);
    buf_add_text(&buf, "1234");
    expect_text(&buf, "1234");
}

static void absurd_length_is_refused(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(SIZE_MAX);

    (void)state;
    buf_add_text(&buf, "abc");
    assert_null(buf_reserve(&buf, SIZE_MAX - 1));
    assert_true(buf.failed);
}

static void reserved_room_is_written_by_the_caller(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(1000);
    char *room = buf_reserve(&buf, 3);

    (void)state;
    assert_non_null(room);
    memcpy(room, "xyz", 3);
    buf.len += 3;
    expect_text(&buf, "xyz");
}

static void clear_keeps_memory(void **state)
{
    scoped_buf struct buf buf = BUF_INIT(1000);
    const char *data;

    (void)state;
    buf_add_text(&buf, "abc");
    data = buf.data;
    buf_clear(&buf);
    buf_add_text(&buf, "de");
    assert_ptr_equal(buf.data, data);
    expect_text(&buf, "de");
}

static void slices_compare_by_content(void **state)
{
    (void)state;
    assert_true(slice_is(slice_of("abc"), "abc"));
    assert_false(slice_is(slice_of("abc"), "ab"));
    assert_false(slice_is(slice_of("ab"), "abc"));
    assert_true(slice_equal(slice_of(NULL), SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_joined),
        cmocka_unit_test(empty_buf_is_empty_text),
        cmocka_unit_test(content_outlives_growth),
        cmocka_unit_test(long_format_is_not_cut),
        cmocka_unit_test(fills_up_to_its_ceiling),
        cmocka_unit_test(ceiling_below_the_smallest_block_holds),
        cmocka_unit_test(failure_sticks_until_clear),
        cmocka_unit_test(absurd_length_is_refused),
        cmocka_unit_test(reserved_room_is_written_by_the_caller),
        cmocka_unit_test(clear_keeps_memory),
        cmocka_unit_test(slices_compare_by_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
