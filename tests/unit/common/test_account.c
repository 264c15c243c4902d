/*
 * test_account.c - counts of one content.
 */
#include "common/account.h"

#include <stdlib.h>

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

static struct account random_account(struct rng *rng)
{
    struct account account = {.from = rng_below(rng, 1u << 30)};
    uint32_t steps = rng_below(rng, 50);

    for (uint32_t i = 0; i < steps; i++)
        switch (rng_below(rng, 5)) {
        case 0:
            account.lines++;
            account.filtered++;
            break;
        case 1:
            account.lines += 3;
            account.dropped += 3;
            break;
        case 2:
            account.lines++;
            account.headings++;
            break;
        case 3:
            account_record(&account, (uint64_t)rng_below(rng, UINT32_MAX) << 32, 1);
            account.quarantined++;
            account.quarantined_sum -= i;
            break;
        default:
            account_record(&account, (uint64_t)rng_below(rng, UINT32_MAX) << 33,
                           1 + rng_below(rng, 9));
        }
    account.abandoned = rng_below(rng, 2) ? (uint64_t)1 << 62 : 0;
    return account;
}

static bool read_text(const char *text, struct account *account)
{
    return account_read(slice_of(text), account);
}

static void what_is_written_is_read_again(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct account account = random_account(&rng), read;
        scoped_buf struct buf text = BUF_INIT(10000);

        assert_true(account_is_sound(&account));
        buf_add_char(&text, '{');
        account_write(&text, &account);
        buf_add_char(&text, '}');
        assert_true(account_read(buf_slice(&text), &read));
        assert_memory_equal(&account, &read, sizeof(account));
    }
}

static void difference_and_sum_are_exact_beyond_64_bits(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct account first = random_account(&rng), more = random_account(&rng), sum = first;
        struct account since;

        account_add(&sum, &more);
        assert_true(account_is_sound(&sum));
        since = account_since(&sum, &first);
        more.from = first.from;
        assert_memory_equal(&since, &more, sizeof(more));
    }
}

static void numbers_keep_all_of_their_digits(void **state)
{
    struct account account;

    (void)state;
    assert_true(read_text("{\"from\":18446744073709551615,\"lines\":9007199254740993,\"records\":"
                          "9007199254740993,\"sum\":\"ffffffffffffffff\"}",
                          &account));
    assert_true(account.from == UINT64_MAX && account.lines == 9007199254740993u &&
                account.sum == UINT64_MAX);
}

static void what_is_no_account_is_refused(void **state)
{
    static const char *const texts[] = {
        "{\"lines\":1}",                                               /* of no kind */
        "{\"lines\":1,\"records\":2}",                                 /* more than there are */
        "{\"lines\":1,\"records\":1,\"quarantined\":2}",               /* the same */
        "{\"lines\":0,\"records\":18446744073709551615,\"joined\":1}", /* would wrap around */
        "{\"lines\":-1,\"records\":-1}",
        "{\"lines\":1.0,\"records\":1}",
        "{\"lines\":1e0,\"records\":1}",
        "{\"lines\":\"1\",\"records\":1}",
        "{\"lines\":1,\"records\":1,\"sum\":1}",
        "{\"lines\":1,\"records\":1,\"sum\":\"\"}",
        "{\"lines\":1,\"records\":1,\"sum\":\"FF\"}",
        "{\"lines\":1,\"records\":1,\"sum\":\"10000000000000000\"}",
        "{\"lines\":18446744073709551616,\"records\":18446744073709551616}",
        "{\"lines\":null}",
    };
    struct account account = {.lines = 77};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (read_text(texts[i], &account))
            fail_msg("read: %s", texts[i]);
    assert_int_equal(account.lines, 77);
    assert_true(read_text("{}", &account));
    assert_int_equal(account.lines, 0);
}

static void ids_are_16_hex_digits(void **state)
{
    char text[ACCOUNT_ID_LEN];
    uint64_t id;

    (void)state;
    account_id_write(text, 0x0123456789abcdefu);
    assert_memory_equal(text, "0123456789abcdef", ACCOUNT_ID_LEN);
    assert_true(account_id_read((struct slice){text, ACCOUNT_ID_LEN}, &id));
    assert_true(id == 0x0123456789abcdefu);
    assert_false(account_id_read(SLICE("0123456789abcde"), &id));
    assert_false(account_id_read(SLICE("0123456789abcdeg"), &id));
    assert_false(account_id_read(SLICE("0123456789ABCDEF"), &id));
    assert_false(account_id_read(SLICE(""), &id));
}

static void audit_topic_is_named_after_the_topic(void **state)
{
    static const struct {
        const char *topic, *configured, *expected;
    } cases[] = {
        {"logs", ".audit", "logs.audit"},
        {"logs", "accounts", "accounts"},
        {"logs", "", ""},
        {"a.b", ".x", "a.b.x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *name = account_topic(cases[i].topic, cases[i].configured);

        assert_string_equal(name, cases[i].expected);
        free(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(difference_and_sum_are_exact_beyond_64_bits),
        cmocka_unit_test(numbers_keep_all_of_their_digits),
        cmocka_unit_test(what_is_no_account_is_refused),
        cmocka_unit_test(ids_are_16_hex_digits),
        cmocka_unit_test(audit_topic_is_named_after_the_topic),
    };

    return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
