/*
 * test_table.c - members come and go; what is found is what was added.
 */
#include "common/table.h"

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

struct member {
    struct table_link link;
    unsigned key;
    bool in;
};

static struct member *find(const struct table *table, unsigned key, uint64_t hash)
{
    for (struct table_link *link = table_find(table, hash); link; link = table_next(link))
        if (TABLE_MEMBER(link, struct member, link)->key == key)
            return TABLE_MEMBER(link, struct member, link);
    return NULL;
}

static void empty_table_finds_nothing(void **state)
{
    struct table table = {0};

    (void)state;
    assert_null(table_find(&table, 0));
    table_release(&table);
}

static void members_of_one_hash_are_all_found_newest_first(void **state)
{
    struct member members[200] = {0};
    struct table table = {0};
    struct table_link *link;
    unsigned expected = 200;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        members[i].key = i;
        table_add(&table, &members[i].link, 7);
    }
    for (link = table_find(&table, 7); link; link = table_next(link))
        assert_int_equal(TABLE_MEMBER(link, struct member, link)->key, --expected);
    assert_int_equal(expected, 0);
    assert_null(table_find(&table, 8));
    table_release(&table);
}

/* Against a list of what is in; hashes collide often. */
static void random_changes_keep_it_right(void **state)
{
    struct rng rng = rng_start();
    struct member *members = calloc(3000, sizeof(*members));
    struct table table = {0};
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < 3000; i++)
        members[i].key = i;
    for (unsigned i = 0; i < 30000; i++) {
        struct member *member = &members[rng_below(&rng, 3000)];
        uint64_t hash = (uint64_t)(member->key % 1000) << 3;

        assert_ptr_equal(find(&table, member->key, hash), member->in ? member : NULL);
        if (member->in)
            table_remove(&table, &member->link);
        else
            table_add(&table, &member->link, hash);
        member->in = !member->in;
        count = member->in ? count + 1 : count - 1;
        assert_int_equal(table.count, count);
    }
    table_release(&table);
    free(members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_table_finds_nothing),
        cmocka_unit_test(members_of_one_hash_are_all_found_newest_first),
        cmocka_unit_test(random_changes_keep_it_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
