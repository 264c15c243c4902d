/*
 * test_nearest.c - what slips of the fingers are recognised, and what is another word.
 */
#include "common/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/scope.h"

static const char *const names[] = {"run",    "ship",   "parse",   "kafka.topic", "linger_ms",
                                    "Status", "format", "formats", "id"};

static struct slice found(struct nearest nearest)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        nearest_try(&nearest, slice_of(names[i]));
    return nearest.name;
}

static void slips_are_recognised_and_other_words_are_not(void **state)
{
    static const struct {
        const char *typed, *name;
    } samples[] = {
        {"prase", "parse"},  /* swapped */
        {"pase", "parse"},   /* missing */
        {"parsee", "parse"}, /* too many */
        {"parme", "parse"},  /* another */
        {"PARSE", "parse"},  /* case */
        {"lingerms", "linger_ms"},
        {"kafka.topik", "kafka.topic"},
        {"kfaka.tpoic", "kafka.topic"},
        {"kfaka.tpoi", "kafka.topic"},
        {"staus", "Status"},
        {"urn", "run"},
        {"rnu", "run"},
        {"nur", NULL},
        {"r", NULL},
        {"", NULL},
        {"pears", NULL},
        {"something", NULL},
        {"kfk.tpc", NULL},
        {"fromat", "format"},
        {"formatts", "formats"},
        {"Format", "format"},
        {"ie", "id"},
        {"x", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        struct slice name = found(nearest_to(slice_of(samples[i].typed)));

        if (samples[i].name ? !slice_is(name, samples[i].name) : name.data != NULL)
            fail_msg("'%s' gives '%.*s'", samples[i].typed, SLICE_FMT(name));
    }
}

static void the_nearest_wins_and_the_first_of_equals(void **state)
{
    struct nearest nearest = nearest_within(SLICE("tost"), 3);

    (void)state;
    nearest_try(&nearest, SLICE("test"));
    nearest_try(&nearest, SLICE("tast"));
    assert_true(slice_is(nearest.name, "test"));
    nearest_try(&nearest, SLICE("tost"));
    assert_true(slice_is(nearest.name, "tost"));
    nearest_try(&nearest, SLICE("test"));
    assert_true(slice_is(nearest.name, "tost"));
}

static void as_much_may_be_wrong_as_is_said(void **state)
{
    struct nearest two = nearest_within(SLICE("abcdef"), 2),
                   three = nearest_within(SLICE("abcdef"), 3);

    (void)state;
    nearest_try(&two, SLICE("xyzdef"));
    nearest_try(&three, SLICE("xyzdef"));
    assert_null(two.name.data);
    assert_non_null(three.name.data);
}

static void long_words_are_near_to_nothing(void **state)
{
    char longest[64], longer[65];
    struct nearest nearest;

    (void)state;
    memset(longest, 'a', sizeof(longest));
    memset(longer, 'a', sizeof(longer));
    nearest = nearest_to((struct slice){longest, sizeof(longest)});
    nearest_try(&nearest, (struct slice){longer, sizeof(longer)});
    assert_null(nearest.name.data);
    nearest_try(&nearest, (struct slice){longest, sizeof(longest)});
    assert_non_null(nearest.name.data);
    nearest = nearest_to((struct slice){longer, sizeof(longer)});
    nearest_try(&nearest, (struct slice){longer, sizeof(longer)});
    assert_null(nearest.name.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_are_recognised_and_other_words_are_not),
        cmocka_unit_test(the_nearest_wins_and_the_first_of_equals),
        cmocka_unit_test(as_much_may_be_wrong_as_is_said),
        cmocka_unit_test(long_words_are_near_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
