/*
 * test_name_set.c - names whose values are secret, in all their notations.
 */
#include "shipper/process/name_set.h"

#include "tests/unit/support/check.h"

static void names_are_found_in_any_notation(void **state)
{
    static const char *const names[] = {"access_token", "connect.sid", "*_key", "pin*", "*card*"};
    static const struct {
        const char *name;
        bool found;
    } cases[] = {
        {"access_token", true},
        {"Access-Token", true},
        {"accessToken", true},
        {"ACCESSTOKEN", true},
        {"access%5Ftoken", true},
        {"%61ccess_token", true},
        {"user[access_token]", true},
        {"a.b.access_token", true},
        {"access_token[]", true},
        {"access_tokens", false},
        {"token", false},
        {"access.token", false},
        {"connect.sid", true},
        {"sid", false},
        {"api_key", true},
        {"key", true},
        {"keys", false},
        {"pin", true},
        {"pincode", true},
        {"apin", false},
        {"mycardnumber", true},
        {"car", false},
        {"", false},
        {".", false},
        {"___", false},
        {"%", false},
        {"[]", false},
    };
    struct name_set set;

    (void)state;
    assert_true(name_set_init(&set, names, 5));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (name_set_has(&set, slice_of(cases[i].name)) != cases[i].found)
            fail_msg("'%s'", cases[i].name);
    assert_true(name_set_has_part(&set, SLICE("user.access_token.value")));
    assert_true(name_set_has_part(&set, SLICE("connect.sid")));
    assert_false(name_set_has(&set, SLICE("user.access_token.value")));
    assert_false(name_set_has_part(&set, SLICE("user.name")));
    name_set_release(&set);
}

static void empty_set_has_nothing(void **state)
{
    struct name_set set;

    (void)state;
    assert_true(name_set_init(&set, NULL, 0));
    assert_false(name_set_has(&set, SLICE("a")));
    name_set_release(&set);
}

static void names_of_any_length_and_number_are_fine(void **state)
{
    char room[300][16], longest[400];
    const char *names[300];
    struct name_set set;

    (void)state;
    for (int i = 0; i < 300; i++) {
        snprintf(room[i], sizeof(room[i]), "name%d", i);
        names[i] = room[i];
    }
    assert_true(name_set_init(&set, names, 300));
    for (int i = 0; i < 300; i++)
        assert_true(name_set_has(&set, slice_of(names[i])));
    assert_false(name_set_has(&set, SLICE("name300")));
    memset(longest, 'a', sizeof(longest));
    for (size_t len = 0; len <= sizeof(longest); len++)
        assert_false(name_set_has(&set, (struct slice){longest, len}));
    name_set_release(&set);
}

static void names_of_the_configuration_are_checked(void **state)
{
    static const char *const good[] = {"a", "A-b_c.d", "*x", "x*", "*x*", "x-amz-signature"};
    static const char *const bad[] = {"", "*", "**", "a*b", "a b", "a=b", "-", "a%b"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(name_set_is_good(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(name_set_is_good(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_notation),
        cmocka_unit_test(empty_set_has_nothing),
        cmocka_unit_test(names_of_any_length_and_number_are_fine),
        cmocka_unit_test(names_of_the_configuration_are_checked),
    };

    return cmocka_run_group_tests_name("name_set", tests, NULL, NULL);
}
