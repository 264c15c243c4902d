/*
 * test_country.c - names and continents of codes.
 */
#include "indexer/enrich/country.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/scope.h"

static void codes_have_names_and_continents(void **state)
{
    static const struct {
        const char *code, *continent, *name;
    } cases[] = {
        {"AD", "EU", "Andorra"},    {"ZW", "AF", "Zimbabwe"},      {"DE", "EU", "Germany"},
        {"de", "EU", "Germany"},    {"US", "NA", "United States"}, {"jP", "AS", "Japan"},
        {"NA", "AF", "Namibia"},    {"BR", "SA", "Brazil"},        {"AU", "OC", "Australia"},
        {"AQ", "AN", "Antarctica"}, {"XK", "EU", "Kosovo"},        {"CW", "NA", "Cura\u00e7ao"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct country *country = country_find(slice_of(cases[i].code));

        assert_non_null(country);
        assert_string_equal(country->name, cases[i].name);
        assert_string_equal(country->continent, cases[i].continent);
    }
}

static void other_texts_are_no_country(void **state)
{
    static const char *const cases[] = {"", "D", "DEU", "ZZ", "XX", "A1", "--", "{|", "d\x05"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_null(country_find(slice_of(cases[i])));
}

/* All 676 pairs of letters: the table is sorted, or bisection would miss some. */
static void every_row_is_found_and_complete(void **state)
{
    const struct country *country;
    char code[3] = "";
    int found = 0;

    (void)state;
    for (int i = 0; i < 26 * 26; i++) {
        code[0] = (char)('A' + i / 26);
        code[1] = (char)('A' + i % 26);
        country = country_find(slice_of(code));
        if (!country)
            continue;
        assert_string_equal(country->code, code);
        assert_non_null(continent_name(slice_of(country->continent)));
        found++;
    }
    assert_int_equal(found, 250);
}

static void continents_have_names(void **state)
{
    (void)state;
    assert_string_equal(continent_name(SLICE("EU")), "Europe");
    assert_string_equal(continent_name(SLICE("NA")), "North America");
    assert_null(continent_name(SLICE("XX")));
    assert_null(continent_name(SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_names_and_continents),
        cmocka_unit_test(other_texts_are_no_country),
        cmocka_unit_test(every_row_is_found_and_complete),
        cmocka_unit_test(continents_have_names),
    };

    return cmocka_run_group_tests_name("country", tests, NULL, NULL);
}
