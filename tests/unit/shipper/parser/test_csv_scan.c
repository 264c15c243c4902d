/*
 * test_csv_scan.c - where records of CSV end, against a reader that looks at each byte.
 */
#include "shipper/parser/csv_scan.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define LEN_MAX 60

static size_t end_slowly(struct csv_style style, struct slice text)
{
    const char *newline = memchr(text.data, '\n', text.len);
    bool start = true;

    for (size_t i = 0; newline && i < text.len; i++) {
        char c = text.data[i];

        if (start && c == style.quote) {
            for (i++; i < text.len; i++)
                if (text.data[i] == style.quote) {
                    if (i + 1 < text.len && text.data[i + 1] == style.quote)
                        i++;
                    else
                        break;
                }
            if (i + 1 >= text.len)
                return 0;
            c = text.data[++i];
            if (c != style.delimiter && c != '\r' && c != '\n')
                return (size_t)(newline + 1 - text.data);
        }
        if (c == '\n')
            return i + 1;
        start = c == style.delimiter;
    }
    return 0;
}

static void records_end_where_a_slow_reader_ends_them(void **state)
{
    static const char bytes[] = "ab,,\"\"\"\r\n\n";
    struct rng rng = rng_start();
    char text[LEN_MAX];

    (void)state;
    for (int i = 0; i < 500000; i++) {
        struct csv_style style = {',', rng_one_in(&rng, 10) ? '\0' : '"'};
        struct slice slice = {text, 1 + rng_below(&rng, LEN_MAX)};

        for (size_t at = 0; at < slice.len; at++)
            text[at] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
        if (csv_record_end(style, slice) != end_slowly(style, slice))
            fail_msg("%.*s: %zu, not %zu", (int)slice.len, text, csv_record_end(style, slice),
                     end_slowly(style, slice));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_end_where_a_slow_reader_ends_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
