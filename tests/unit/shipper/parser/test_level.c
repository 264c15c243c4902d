/*
 * test_level.c - words for levels.
 */
#include "shipper/parser/level.h"

#include "tests/unit/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void words_mean_one_of_nine_levels(void **state)
{
    static const struct {
        const char *word, *name;
    } cases[] = {
        {"emerg", "emergency"}, {"EMERGENCY", "emergency"},
        {"panic", "emergency"}, {"Alert", "alert"},
        {"crit", "critical"},   {"CRITICAL", "critical"},
        {"FATAL", "critical"},  {"err", "error"},
        {"Error", "error"},     {"SEVERE", "error"},
        {"fail", "error"},      {"FAILURE", "error"},
        {"warn", "warn"},       {"WARNING", "warn"},
        {"Warning", "warn"},    {"notice", "notice"},
        {"Note", "notice"},     {"info", "info"},
        {"INFO", "info"},       {"Information", "info"},
        {"LOG", "info"},        {"debug", "debug"},
        {"DEBUG5", "debug"},    {"FINE", "debug"},
        {"CONFIG", "debug"},    {"trace", "trace"},
        {"trace8", "trace"},    {"TRACE1", "trace"},
        {"FINEST", "trace"},    {"Verbose", "trace"},
        {"inf", "info"},        {"WRN", "warn"},
        {"dbug", "debug"},      {"trce", "trace"},
        {"FTL", "critical"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_slice(level_name(level_find(slice_of(cases[i].word))), cases[i].name);
}

static void other_words_are_none(void **state)
{
    static const char *const cases[] = {"",       "errors",      "in",      "infos",
                                        "info1",  "trace0",      "debug10", "errorr",
                                        "warned", "EMERGENCIES", "\xff"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(level_find(slice_of(cases[i])), LEVEL_NONE);
    assert_int_equal(level_find((struct slice){NULL, 0}), LEVEL_NONE);
    assert_int_equal(level_find((struct slice){"info\0x", 6}), LEVEL_NONE);
    assert_int_equal(level_name(LEVEL_NONE).len, 0);
}

static void letters_and_numbers(void **state)
{
    (void)state;
    assert_int_equal(level_of_letter('I'), LEVEL_INFO);
    assert_int_equal(level_of_letter('F'), LEVEL_CRITICAL);
    assert_int_equal(level_of_letter('i'), LEVEL_NONE);
    for (int i = 0; i < 8; i++)
        assert_int_equal(level_of_number(i), i);
    assert_int_equal(level_of_number(8), LEVEL_NONE);
    assert_int_equal(level_of_number(-1), LEVEL_NONE);
    assert_int_equal(level_of_number(30), LEVEL_INFO);
    assert_int_equal(level_of_number(60), LEVEL_CRITICAL);
    assert_int_equal(level_of_number(35), LEVEL_NONE);
}

static void a_record_gets_the_level_or_nothing(void **state)
{
    struct arena arena;
    struct record record;
    struct slice text;

    (void)state;
    arena_init(&arena, 4096, 65536);
    record_init(&record, &arena);
    level_set(&record, LEVEL_NONE);
    assert_false(record_has(&record, FIELD_LOG_LEVEL));
    level_set(&record, LEVEL_WARN);
    assert_true(record_text(&record, FIELD_LOG_LEVEL, &text));
    assert_slice(text, "warn");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_mean_one_of_nine_levels),
        cmocka_unit_test(other_words_are_none),
        cmocka_unit_test(letters_and_numbers),
        cmocka_unit_test(a_record_gets_the_level_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
