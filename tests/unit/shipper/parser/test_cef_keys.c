/*
 * test_cef_keys.c - keys of CEF's extension, against a reader that looks at each byte. The source
 * is compiled in here: what is tested is private to it.
 */
#include "shipper/parser/cef.c"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define LEN_MAX 40

static const char *find_slowly(const char *p, const char *end, struct slice *key)
{
    const char *start = p;

    for (; p < end; p++) {
        if (*p == '\\') {
            p++;
            start = NULL;
        } else if (*p == ' ') {
            start = p + 1;
        } else if (*p == '=' && start && start < p) {
            *key = (struct slice){start, (size_t)(p - start)};
            return p + 1;
        } else if (!scan_is_letter(*p) && !scan_is_digit(*p) &&
                   !scan_is_one_of(*p, SLICE("_.[]-"))) {
            start = NULL;
        }
    }
    return NULL;
}

static void keys_are_those_of_a_slow_reader(void **state)
{
    static const char bytes[] = "aZ9.  ==\\\\[/\xc3";
    struct rng rng = rng_start();
    char text[LEN_MAX];

    (void)state;
    for (int i = 0; i < 1000000; i++) {
        size_t len = rng_below(&rng, LEN_MAX);
        struct slice key = {NULL, 0}, expected = {NULL, 0};
        const char *got, *wanted;

        for (size_t at = 0; at < len; at++)
            text[at] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
        got = find_key(text, text + len, &key);
        wanted = find_slowly(text, text + len, &expected);
        if (got != wanted || key.data != expected.data || key.len != expected.len)
            fail_msg("%.*s: '%.*s', not '%.*s'", (int)len, text, SLICE_FMT(key),
                     SLICE_FMT(expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_a_slow_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
