/*
 * test_config_unit.c - numbers, durations and sizes from text.
 */
#include "common/config/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/scope.h"

struct row {
    const char *text;
    enum config_number result;
    bool negative;
    uint64_t value;
};

static const struct row plain[] = {
    {"0", NUMBER_GOOD, false, 0},
    {"-0", NUMBER_GOOD, true, 0},
    {"+12", NUMBER_GOOD, false, 12},
    {"-12", NUMBER_GOOD, true, 12},
    {"0x1F", NUMBER_GOOD, false, 31},
    {"-0X1f", NUMBER_GOOD, true, 31},
    {"0xffffffffffffffff", NUMBER_GOOD, false, UINT64_MAX},
    {"0x10000000000000000", NUMBER_TOO_LARGE, false, 0},
    {"18446744073709551615", NUMBER_GOOD, false, UINT64_MAX},
    {"18446744073709551616", NUMBER_TOO_LARGE, false, 0},
    {"99999999999999999999999999", NUMBER_TOO_LARGE, false, 0},
    {"", NUMBER_MALFORMED, false, 0},
    {"-", NUMBER_MALFORMED, true, 0},
    {"--1", NUMBER_MALFORMED, true, 0},
    {"0x", NUMBER_MALFORMED, false, 0},
    {"0xg", NUMBER_MALFORMED, false, 0},
    {"010", NUMBER_MALFORMED, false, 0},
    {"00", NUMBER_MALFORMED, false, 0},
    {"1.0", NUMBER_MALFORMED, false, 0},
    {"1e3", NUMBER_MALFORMED, false, 0},
    {"1_000", NUMBER_MALFORMED, false, 0},
    {" 1", NUMBER_MALFORMED, false, 0},
    {"1 ", NUMBER_MALFORMED, false, 0},
    {"5s", NUMBER_MALFORMED, false, 0},
    {"5B", NUMBER_MALFORMED, false, 0},
};

static const struct row durations[] = {
    {"1500", NUMBER_GOOD, false, 1500},
    {"250ms", NUMBER_GOOD, false, 250},
    {"5s", NUMBER_GOOD, false, 5000},
    {"5 s", NUMBER_GOOD, false, 5000},
    {"2m", NUMBER_GOOD, false, 120000},
    {"1h", NUMBER_GOOD, false, 3600000},
    {"7d", NUMBER_GOOD, false, 604800000},
    {"-5s", NUMBER_GOOD, true, 5000},
    {"1.5s", NUMBER_GOOD, false, 1500},
    {"0.25h", NUMBER_GOOD, false, 900000},
    {"1.000ms", NUMBER_GOOD, false, 1},
    {"0.000000001s", NUMBER_MALFORMED, false, 0},
    {"0.0000000000000000000000001s", NUMBER_MALFORMED, false, 0},
    {"1.5ms", NUMBER_MALFORMED, false, 0},
    {"1.5", NUMBER_MALFORMED, false, 0},
    {"1.s", NUMBER_MALFORMED, false, 0},
    {".5s", NUMBER_MALFORMED, false, 0},
    {"s", NUMBER_MALFORMED, false, 0},
    {"5S", NUMBER_MALFORMED, false, 0},
    {"5x", NUMBER_MALFORMED, false, 0},
    {"5  s", NUMBER_MALFORMED, false, 0},
    {"5 ", NUMBER_MALFORMED, false, 0},
    {"1h30m", NUMBER_MALFORMED, false, 0},
    {"5KiB", NUMBER_MALFORMED, false, 0},
    {"9223372036854775807s", NUMBER_TOO_LARGE, false, 0},
};

static const struct row sizes[] = {
    {"12", NUMBER_GOOD, false, 12},
    {"12B", NUMBER_GOOD, false, 12},
    {"64KiB", NUMBER_GOOD, false, 65536},
    {"16MiB", NUMBER_GOOD, false, 16777216},
    {"1GiB", NUMBER_GOOD, false, 1073741824},
    {"1TiB", NUMBER_GOOD, false, 1099511627776},
    {"1KB", NUMBER_GOOD, false, 1000},
    {"1MB", NUMBER_GOOD, false, 1000000},
    {"1gb", NUMBER_GOOD, false, 1000000000},
    {"2TB", NUMBER_GOOD, false, 2000000000000},
    {"10 mib", NUMBER_GOOD, false, 10485760},
    {"1.5KiB", NUMBER_GOOD, false, 1536},
    {"12K", NUMBER_MALFORMED, false, 0},
    {"5s", NUMBER_MALFORMED, false, 0},
    {"16777215TiB", NUMBER_GOOD, false, 16777215ull << 40},
    {"16777216TiB", NUMBER_TOO_LARGE, false, 0},
};

static void check(const struct row *rows, size_t count, enum config_unit unit)
{
    enum config_number result;
    uint64_t value = 0;
    bool negative;

    for (size_t i = 0; i < count; i++) {
        result = config_number_parse(slice_of(rows[i].text), unit, &negative, &value);
        if (result != rows[i].result)
            print_message("'%s'\n", rows[i].text);
        assert_int_equal(result, rows[i].result);
        if (result != NUMBER_GOOD)
            continue;
        assert_true(value == rows[i].value);
        assert_int_equal(negative, rows[i].negative);
    }
}

static void numbers_are_whole_and_without_leading_zeros(void **state)
{
    (void)state;
    check(plain, ARRAY_LEN(plain), UNIT_NONE);
}

static void durations_become_milliseconds(void **state)
{
    (void)state;
    check(durations, ARRAY_LEN(durations), UNIT_MS);
}

static void sizes_become_bytes(void **state)
{
    (void)state;
    check(sizes, ARRAY_LEN(sizes), UNIT_BYTES);
}

static void the_ending_of_the_key_decides_the_unit(void **state)
{
    (void)state;
    assert_int_equal(config_unit_of("linger_ms"), UNIT_MS);
    assert_int_equal(config_unit_of("cache_bytes"), UNIT_BYTES);
    assert_int_equal(config_unit_of("_ms"), UNIT_NONE);
    assert_int_equal(config_unit_of("forms"), UNIT_NONE);
    assert_int_equal(config_unit_of(""), UNIT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_whole_and_without_leading_zeros),
        cmocka_unit_test(durations_become_milliseconds),
        cmocka_unit_test(sizes_become_bytes),
        cmocka_unit_test(the_ending_of_the_key_decides_the_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
