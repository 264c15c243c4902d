#include "common/http_pin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HALF "00112233445566778899aabbccddeeff"

static void both_spellings_are_read(void **state)
{
    struct http_pin plain, colons;

    (void)state;
    assert_true(http_pin_parse(HALF HALF, &plain));
    assert_int_equal(plain.sha256[1], 0x11);
    assert_int_equal(plain.sha256[31], 0xff);
    assert_true(http_pin_parse("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                               "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
                               &colons));
    assert_memory_equal(&plain, &colons, sizeof(plain));
}

static void anything_else_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      HALF,
                                      HALF HALF "0",
                                      HALF HALF ":",
                                      ":" HALF HALF,
                                      HALF "00112233445566778899aabbccddeef",
                                      HALF "00112233445566778899aabbccddeefg",
                                      HALF "::112233445566778899aabbccddeeff",
                                      "0 " HALF HALF};
    struct http_pin pin;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (http_pin_parse(bad[i], &pin))
            fail_msg("'%s' is taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_spellings_are_read),
        cmocka_unit_test(anything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
