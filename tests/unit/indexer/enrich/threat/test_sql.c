/*
 * test_sql.c - values as shapes.
 */
#include "indexer/enrich/threat/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "common/scope.h"

static void shapes_are_those_of_sql(void **state)
{
    static const struct {
        const char *value, *shapes;
    } samples[] = {
        {"1 or 1=1", "1nlncn\n"},
        {"1 UNION/**/ALL SELECT 1,null,@x", "1nUASn,n,v\n"},
        {"1 union(select(sleep(5)))", "1nU(S(f(n)))\n"},
        {"1;drop table x--", "1n;KDwC\n"},
        {"x or y = 'a' # b", "1wlwcsC\n"},
        {"0x1f or 1e5 or .5", "1nlnln\n"},
        {"a || b && c", "1w|w&w\n"},
        {"1/*!50000union*/select", "1nUS\n"},
        {"exec xp_cmdshell", "1Kx\n"},
        {"N'x' in (select 1)", "1si(Sn)\n"},
        {"red shoes", ""}, /* nothing that a rule could find */
        {"https://example.org/a-b", ""},
        {"2024-01-01", ""},
    };
    char room[1024];
    size_t len;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        len = 0;
        assert_true(sql_add_shapes(slice_of(samples[i].value), room, sizeof(room), &len));
        if (samples[i].shapes && strncmp(room, samples[i].shapes, strlen(samples[i].shapes)) != 0 &&
            len)
            fail_msg("'%s' became '%.*s'", samples[i].value, (int)len, room);
    }
}

static void quotes_make_contexts(void **state)
{
    static const struct {
        const char *value, *shape;
    } samples[] = {
        {"a' or 1=1--", "\n2slncnC\n"},
        {"a\" or 1=1", "\n3slncn\n"},
        {"\\' or 1=1", "\n2slncn\n"},
        {"the quick brown fox is' or 1=1", "\n4slncn\n"}, /* a sentence stands before it */
    };
    char room[1024];
    size_t len;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        len = 0;
        room[len++] = '\n';
        assert_true(sql_add_shapes(slice_of(samples[i].value), room, sizeof(room), &len));
        room[len] = '\0';
        if (!strstr(room, samples[i].shape))
            fail_msg("'%s' became '%s'", samples[i].value, room);
    }
}

static void words_numbers_and_dates_are_not_looked_at(void **state)
{
    static const char *const plain[] = {"", "a", "12", "2024-01-01", "a.b/c_d", "50%", "a,b"};
    static const char *const telling[] = {"a b", "a'", "f(x)", "1--", "a=b", "x#", "a;b", "a|b"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        assert_false(sql_is_possible(slice_of(plain[i])));
    for (size_t i = 0; i < ARRAY_LEN(telling); i++)
        assert_true(sql_is_possible(slice_of(telling[i])));
}

static void random_values_stay_within_bounds(void **state)
{
    static const char favourites[] = "'\"`()/*!-#@;|&=<> \n.,0x9eEnN_azselect union";
    unsigned seed = (unsigned)time(NULL);
    char value[600], *room = malloc(2000);
    size_t value_len, len, size;

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 50000; i++) {
        value_len = (size_t)rand_r(&seed) % sizeof(value);
        for (size_t j = 0; j < value_len; j++)
            value[j] = rand_r(&seed) % 5
                           ? favourites[(size_t)rand_r(&seed) % (sizeof(favourites) - 1)]
                           : (char)rand_r(&seed);
        size = (size_t)rand_r(&seed) % 2000;
        len = 0;
        sql_add_shapes((struct slice){value, value_len}, room, size, &len);
        assert_true(len <= size);
    }
    free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_those_of_sql),
        cmocka_unit_test(quotes_make_contexts),
        cmocka_unit_test(words_numbers_and_dates_are_not_looked_at),
        cmocka_unit_test(random_values_stay_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
