#include "indexer/sink/elastic_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/scope.h"
#include "indexer/batch.h"

static struct elastic_body body;
static struct batch_entry entries[3];

static int start(void **state)
{
    static const char *const ids[] = {"a", "b", "c"};

    (void)state;
    elastic_body_init(&body);
    assert_true(elastic_body_start(&body, 3));
    for (size_t i = 0; i < 3; i++)
        entries[i] = (struct batch_entry){
            .id = slice_of(ids[i]), .index = SLICE("i"), .document = SLICE("{}")};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    elastic_body_release(&body);
    return 0;
}

static void add_all(void)
{
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(elastic_body_add(&body, &entries[i], SIZE_MAX), OK);
}

static void expect_part(size_t lo, size_t hi, const char *expected)
{
    struct slice part = elastic_body_part(&body, lo, hi);

    assert_int_equal(part.len, strlen(expected));
    assert_memory_equal(part.data, expected, part.len);
}

#define LINES(id) "{\"create\":{\"_index\":\"i\",\"_id\":\"" id "\"}}\n{}\n"

static void any_part_is_a_body(void **state)
{
    (void)state;
    add_all();
    expect_part(0, 3, LINES("a") LINES("b") LINES("c"));
    expect_part(0, 1, LINES("a"));
    expect_part(1, 2, LINES("b"));
    expect_part(1, 3, LINES("b") LINES("c"));
}

static void items_know_their_entries(void **state)
{
    (void)state;
    add_all();
    assert_int_equal(body.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(body.items[i].entry, &entries[i]);
}

static void the_limit_holds_but_never_for_the_first(void **state)
{
    (void)state;
    assert_int_equal(elastic_body_add(&body, &entries[0], 1), OK);
    assert_int_equal(elastic_body_add(&body, &entries[1], 1), DONE);
    expect_part(0, 1, LINES("a"));
}

static void a_cleared_body_begins_anew(void **state)
{
    (void)state;
    add_all();
    elastic_body_clear(&body);
    assert_int_equal(body.count, 0);
    assert_int_equal(elastic_body_add(&body, &entries[2], 1), OK);
    expect_part(0, 1, LINES("c"));
}

static void index_and_id_are_escaped(void **state)
{
    (void)state;
    entries[0].id = SLICE("\"}}\n");
    entries[0].index = SLICE("\\");
    elastic_body_add(&body, &entries[0], SIZE_MAX);
    expect_part(0, 1, "{\"create\":{\"_index\":\"\\\\\",\"_id\":\"\\\"}}\\n\"}}\n{}\n");
}

static void only_beyond_elasticsearchs_limit_a_document_is_too_large(void **state)
{
    (void)state;
    assert_false(elastic_body_too_large(&entries[0]));
    entries[0].document.len = 99 << 20;
    assert_false(elastic_body_too_large(&entries[0]));
    entries[0].document.len = 100 << 20;
    assert_true(elastic_body_too_large(&entries[0]));
}

static void what_would_spoil_a_request_is_unfit(void **state)
{
    char id[513];

    (void)state;
    memset(id, 'x', sizeof(id));
    assert_null(elastic_body_unfit(&entries[0]));
    entries[0].id = (struct slice){id, 512};
    assert_null(elastic_body_unfit(&entries[0]));
    entries[0].id.len = 513;
    assert_non_null(elastic_body_unfit(&entries[0]));
    entries[0].id = SLICE("");
    assert_non_null(elastic_body_unfit(&entries[0]));
    entries[0].id = SLICE("a\xc3");
    assert_non_null(elastic_body_unfit(&entries[0]));
    entries[1].document = SLICE("{\n}");
    assert_non_null(elastic_body_unfit(&entries[1]));
    entries[1].document = SLICE("");
    assert_non_null(elastic_body_unfit(&entries[1]));
    entries[2].index = SLICE("");
    assert_non_null(elastic_body_unfit(&entries[2]));
}

static void a_giants_memory_is_not_kept(void **state)
{
    size_t bytes = 20 << 20;
    scoped_free char *giant = calloc(1, bytes);

    (void)state;
    entries[0].document = (struct slice){giant, bytes};
    assert_int_equal(elastic_body_add(&body, &entries[0], SIZE_MAX), OK);
    elastic_body_clear(&body);
    assert_true(body.text.cap < bytes);
    assert_int_equal(elastic_body_add(&body, &entries[1], SIZE_MAX), OK);
    expect_part(0, 1, LINES("b"));
}

static void a_replay_replaces(void **state)
{
    (void)state;
    body.replace = true;
    assert_int_equal(elastic_body_add(&body, &entries[0], SIZE_MAX), OK);
    expect_part(0, 1, "{\"index\":{\"_index\":\"i\",\"_id\":\"a\"}}\n{}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_part_is_a_body),
        TEST(items_know_their_entries),
        TEST(the_limit_holds_but_never_for_the_first),
        TEST(a_cleared_body_begins_anew),
        TEST(index_and_id_are_escaped),
        TEST(only_beyond_elasticsearchs_limit_a_document_is_too_large),
        TEST(what_would_spoil_a_request_is_unfit),
        TEST(a_giants_memory_is_not_kept),
        TEST(a_replay_replaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
