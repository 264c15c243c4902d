#include "common/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_error(const struct error *err, enum status status, const char *text)
{
    assert_int_equal(err->status, status);
    assert_string_equal(err->text, text);
}

static void status_is_returned_and_kept(void **state)
{
    struct error err;

    (void)state;
    assert_int_equal(error_set(&err, RETRY, "cannot reach '%s'", "es1"), RETRY);
    expect_error(&err, RETRY, "cannot reach 'es1'");
}

static void nobody_needs_the_text(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, REJECT, "x"), REJECT);
    assert_int_equal(error_set_errno(NULL, FATAL, "x"), FATAL);
    assert_int_equal(error_prefix(NULL, "x"), FATAL);
}

static void errno_is_explained(void **state)
{
    struct error err;

    (void)state;
    errno = ENOENT;
    assert_int_equal(error_set_errno(&err, FATAL, "cannot open '%s'", "a.log"), FATAL);
    expect_error(&err, FATAL, "cannot open 'a.log': No such file or directory");
}

static void prefixes_come_in_front(void **state)
{
    struct error err;

    (void)state;
    error_set(&err, REJECT, "bad");
    assert_int_equal(error_prefix(&err, "line %d", 3), REJECT);
    assert_int_equal(error_prefix(&err, "file"), REJECT);
    expect_error(&err, REJECT, "file: line 3: bad");
}

static void text_may_be_made_from_itself(void **state)
{
    struct error err;

    (void)state;
    error_set(&err, RETRY, "timed out");
    error_set(&err, FATAL, "gave up: %s", err.text);
    expect_error(&err, FATAL, "gave up: timed out");
}

static void long_texts_are_cut(void **state)
{
    struct error err;

    (void)state;
    error_set(&err, FATAL, "%600d", 1);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    errno = ENOENT;
    error_set_errno(&err, FATAL, "%600d", 1);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    error_prefix(&err, "%600d", 1);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_is_returned_and_kept),  cmocka_unit_test(nobody_needs_the_text),
        cmocka_unit_test(errno_is_explained),           cmocka_unit_test(prefixes_come_in_front),
        cmocka_unit_test(text_may_be_made_from_itself), cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
