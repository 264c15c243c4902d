/*
 * test_book.c - accounts in any order, and what is none.
 */
#include "indexer/audit/audit.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"

static const struct audit_choice always = {INT64_MIN, INT64_MAX, NULL, NULL};

/* An account at second `s` of a minute: `lines` lines of ten bytes each. */
static void tell(struct audit_book *book, const struct audit_choice *choice, int s, unsigned from,
                 unsigned lines)
{
    scoped_buf struct buf text = BUF_INIT(10000);
    unsigned sum = 0;

    for (unsigned i = 0; i < lines; i++)
        sum += from + 10 * i;
    buf_addf(&text,
             "{\"version\":1,\"agent\":\"a\",\"host\":\"h\\u00e9\",\"time\":\"1970-01-01T00:00:%02d"
             "Z\",\"accounts\":[{\"id\":\"00000000000000ff\",\"file\":\"/f\",\"to\":%u,"
             "\"from\":%u,\"lines\":%u,\"records\":%u,\"sum\":\"%x\"}]}",
             s, from + 10 * lines, from, lines, lines, sum);
    assert_true(audit_book_take(book, choice, buf_slice(&text)));
}

static void expect_window(struct audit_book *book, uint64_t from, uint64_t to, uint64_t sent)
{
    struct audit_content *content;

    audit_book_settle(book);
    content = audit_book_find(book, 0xff);
    assert_non_null(content);
    assert_string_equal(content->host, "h\xc3\xa9");
    assert_int_equal(content->base.to, from);
    assert_int_equal(content->top.to, to);
    assert_int_equal(content->sent, sent);
    audit_book_release(book);
}

static void the_account_that_reaches_furthest_counts_in_any_order(void **state)
{
    struct audit_book book = {0};

    (void)state;
    tell(&book, &always, 30, 0, 50);
    tell(&book, &always, 10, 0, 20);
    tell(&book, &always, 40, 0, 7); /* a lost state: begins again */
    tell(&book, &always, 30, 0, 50);
    expect_window(&book, 0, 500, 50);
}

static void windows_that_meet_share_no_line(void **state)
{
    static const struct {
        int from_s, to_s;
        uint64_t base, top;
    } windows[] = {{0, 10, 0, 200}, {10, 20, 200, 300}, {20, 59, 300, 500}, {0, 59, 0, 500}};

    (void)state;
    for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
        const struct audit_choice choice = {windows[i].from_s * 1000, windows[i].to_s * 1000, NULL,
                                            NULL};
        struct audit_book book = {0};

        tell(&book, &choice, 20, 0, 30);
        tell(&book, &choice, 10, 0, 20);
        tell(&book, &choice, 30, 0, 50);
        expect_window(&book, windows[i].base, windows[i].top,
                      (windows[i].top - windows[i].base) / 10);
    }
}

static void what_did_not_move_in_the_time_is_left_out(void **state)
{
    const struct audit_choice choice = {20000, 59000, NULL, NULL};
    struct audit_book book = {0};

    (void)state;
    tell(&book, &choice, 10, 0, 20);
    tell(&book, &choice, 30, 0, 20);
    audit_book_settle(&book);
    assert_int_equal(book.count, 0);
    audit_book_release(&book);
}

/* Counting that began elsewhere cannot be subtracted. */
static void an_account_of_another_beginning_is_no_base(void **state)
{
    const struct audit_choice choice = {20000, 59000, NULL, NULL};
    struct audit_book book = {0};

    (void)state;
    tell(&book, &choice, 10, 100, 20);
    tell(&book, &choice, 30, 0, 50);
    expect_window(&book, 0, 500, 50);
}

static void what_is_no_account_is_left_out(void **state)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{\"version\":2,\"agent\":\"a\",\"host\":\"h\",\"time\":\"1970-01-01T00:00:00Z\","
        "\"accounts\":[]}",
        "{\"version\":1,\"agent\":1,\"host\":\"h\",\"time\":\"1970-01-01T00:00:00Z\",\"accounts\":["
        "]}",
        "{\"version\":1,\"agent\":\"a\",\"host\":\"h\",\"time\":\"soon\",\"accounts\":[]}",
        "{\"version\":1,\"agent\":\"a\",\"host\":\"h\",\"time\":\"1970-01-01T00:00:00Z\","
        "\"accounts\":[{\"id\":\"ff\",\"file\":\"/f\",\"to\":1}]}",
        "{\"version\":1,\"agent\":\"a\",\"host\":\"h\",\"time\":\"1970-01-01T00:00:00Z\","
        "\"accounts\":[{\"id\":\"00000000000000ff\",\"file\":\"/f\",\"to\":-1}]}",
        "{\"version\":1,\"agent\":\"a\",\"host\":\"h\",\"time\":\"1970-01-01T00:00:00Z\","
        "\"accounts\":[{\"id\":\"00000000000000ff\",\"file\":\"/f\",\"to\":1,\"from\":2}]}",
        "{\"version\":1,\"agent\":\"a\",\"host\":\"h\",\"time\":\"1970-01-01T00:00:00Z\","
        "\"accounts\":[{\"id\":\"00000000000000ff\",\"file\":\"/f\",\"to\":1,\"lines\":5}]}",
        "{\"version\":1,\"agent\":\"a\",\"host\":\"h\",\"time\":\"1970-01-01T00:00:00Z\","
        "\"accounts\":[{\"id\":\"00000000000000ff\",\"to\":1}]}",
    };
    struct audit_book book = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (audit_book_take(&book, &always, slice_of(texts[i])))
            fail_msg("taken: %s", texts[i]);
    assert_int_equal(book.count, 0);
    audit_book_release(&book);
}

static void place_of_a_record(void **state)
{
    static const char text[] =
        "{\"event\":{\"id\":\"AZqnq1xAlGiBhGZgIBx-Lg\"},\"log\":{\"file\":{\"fingerprint\":"
        "\"00000000000000ff\"},\"offset\":77}}";
    static const char later[] =
        "{\"event\":{\"id\":\"BZqnq1xAlGiBhGZgIBx-Lg\"},\"log\":{\"file\":{\"fingerprint\":"
        "\"00000000000000ff\"},\"offset\":77}}";
    static const char *const none[] = {
        "{}",
        "{\"log\":{\"file\":{\"fingerprint\":\"00000000000000ff\"},\"offset\":77}}",
        "{\"event\":{\"id\":\"AZqnq1xAlGiBhGZgIBx-Lg\"},\"log\":{\"offset\":77}}",
        "{\"event\":{\"id\":\"short\"},\"log\":{\"file\":{\"fingerprint\":\"00000000000000ff\"},"
        "\"offset\":77}}",
        "{\"event\":{\"id\":\"AZqnq1xAlGiBhGZgIBx-Lg\"},\"log\":{\"file\":{\"fingerprint\":"
        "\"00000000000000ff\"},\"offset\":-7}}",
    };
    struct audit_record record, same;
    uint64_t id;

    (void)state;
    assert_true(audit_place_read(slice_of(text), &id, &record));
    assert_true(id == 0xff && record.offset == 77);
    assert_true(
        audit_place_read(slice_of(later), &id, &same)); /* the same line with another time */
    assert_int_equal(audit_record_compare(&record, &same), 0);
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
        assert_false(audit_place_read(slice_of(none[i]), &id, &record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_account_that_reaches_furthest_counts_in_any_order),
        cmocka_unit_test(windows_that_meet_share_no_line),
        cmocka_unit_test(what_did_not_move_in_the_time_is_left_out),
        cmocka_unit_test(an_account_of_another_beginning_is_no_base),
        cmocka_unit_test(what_is_no_account_is_left_out),
        cmocka_unit_test(place_of_a_record),
    };

    return cmocka_run_group_tests_name("audit book", tests, NULL, NULL);
}
