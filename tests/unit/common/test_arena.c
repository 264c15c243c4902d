#include "common/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_copy(struct arena *arena, const char *text)
{
    struct slice copy = arena_copy(arena, slice_of(text));

    assert_non_null(copy.data);
    assert_ptr_not_equal(copy.data, text);
    assert_true(slice_is(copy, text));
}

static void allocations_do_not_overlap(void **state)
{
    unsigned char *given[100];
    struct arena arena;

    (void)state;
    arena_init(&arena, 256, 1 << 20);
    for (int i = 0; i < 100; i++) {
        given[i] = arena_alloc(&arena, 40);
        assert_non_null(given[i]);
        memset(given[i], i, 40);
    }
    for (int i = 0; i < 100; i++)
        for (int j = 0; j < 40; j++)
            assert_int_equal(given[i][j], i);
    arena_release(&arena);
}

static void memory_is_aligned_even_after_text(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 256, 1 << 20);
    for (int i = 0; i < 50; i++) {
        assert_non_null(arena_bytes(&arena, 1));
        assert_int_equal((uintptr_t)arena_alloc(&arena, 3) % alignof(max_align_t), 0);
    }
    arena_release(&arena);
}

static void text_is_packed(void **state)
{
    struct arena arena;
    char *first;

    (void)state;
    arena_init(&arena, 256, 1 << 20);
    first = arena_bytes(&arena, 3);
    assert_ptr_equal(arena_bytes(&arena, 3), first + 3);
    arena_release(&arena);
}

static void copies_are_equal_but_elsewhere(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 16, 1 << 20);
    expect_copy(&arena, "text");
    expect_copy(&arena, "longer than a block of this arena");
    expect_copy(&arena, "");
    arena_release(&arena);
}

static void ceiling_is_kept(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 100, 250);
    assert_non_null(arena_alloc(&arena, 100));
    assert_non_null(arena_alloc(&arena, 100));
    assert_null(arena_alloc(&arena, 100));
    assert_null(arena_copy(&arena, SLICE("x")).data);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_int_equal(arena.total, 200);
    arena_release(&arena);
}

static void refused_request_leaves_room_usable(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 100, 100);
    assert_non_null(arena_bytes(&arena, 10));
    assert_null(arena_alloc(&arena, 200));
    assert_non_null(arena_bytes(&arena, 90));
    arena_release(&arena);
}

static void steady_load_allocates_nothing_more(void **state)
{
    struct arena arena;
    size_t total = 0;

    (void)state;
    arena_init(&arena, 128, 1 << 20);
    for (int batch = 0; batch < 20; batch++) {
        for (int i = 0; i < 50; i++)
            assert_non_null(arena_alloc(&arena, i == 7 ? 1000 : 24));
        if (batch == 0)
            total = arena.total;
        assert_int_equal(arena.total, total);
        arena_clear(&arena);
    }
    arena_release(&arena);
}

static void trimmed_tail_is_given_again(void **state)
{
    struct arena arena;
    char *text;

    (void)state;
    arena_init(&arena, 256, 1 << 20);
    text = arena_bytes(&arena, 100);
    arena_trim(&arena, text, 5);
    assert_ptr_equal(arena_bytes(&arena, 1), text + 5);
    arena_release(&arena);
}

static void released_arena_can_be_used_again(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 256, 1 << 20);
    expect_copy(&arena, "one");
    arena_release(&arena);
    assert_int_equal(arena.total, 0);
    expect_copy(&arena, "two");
    arena_release(&arena);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_do_not_overlap),
        cmocka_unit_test(memory_is_aligned_even_after_text),
        cmocka_unit_test(text_is_packed),
        cmocka_unit_test(copies_are_equal_but_elsewhere),
        cmocka_unit_test(ceiling_is_kept),
        cmocka_unit_test(refused_request_leaves_room_usable),
        cmocka_unit_test(steady_load_allocates_nothing_more),
        cmocka_unit_test(trimmed_tail_is_given_again),
        cmocka_unit_test(released_arena_can_be_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
