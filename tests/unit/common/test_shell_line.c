#include "common/shell_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/support/rng.h"

static struct arena arena;
static struct shell_line line;
static struct error err;

static enum status read_line(const char *text)
{
    arena_clear(&arena);
    return shell_line_read(&arena, slice_of(text), &line, &err);
}

/* `words` with "|" between them. */
static void expect(const char *text, const char *words)
{
    char joined[512] = "";

    assert_int_equal(read_line(text), OK);
    for (unsigned i = 0; i < line.count; i++)
        snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%s", i ? "|" : "",
                 line.words[i].data);
    assert_string_equal(joined, words);
}

/* Of the last word: where it begins, and where and in which quotes its end is. */
static void expect_end(const char *text, const char *from, size_t place, enum shell_quote quote)
{
    struct slice last;

    assert_int_equal(read_line(text), OK);
    last = line.words[line.count - 1];
    assert_string_equal(text + line.start, from);
    assert_int_equal(line.places[last.len], strlen(text));
    if (last.len)
        assert_int_equal(line.places[last.len - 1], place);
    assert_int_equal(line.quotes[last.len], quote);
}

static void words_are_split_at_blanks(void **state)
{
    (void)state;
    expect("indexer search a", "indexer|search|a");
    expect("indexer  search\ta ", "indexer|search|a|");
    expect("  indexer", "indexer");
    expect("", "");
    expect("x ", "x|");
}

static void quotes_and_backslashes_are_taken_off(void **state)
{
    (void)state;
    expect("x 'a b' \"c d\" e\\ f", "x|a b|c d|e f");
    expect("x 'a\\b' \"c\\\"d\\e\"", "x|a\\b|c\"d\\e");
    expect("x a'b c'd\"e\"", "x|ab cde");
    expect("x '' \"\" y", "x|||y");
    expect("x 'it'\\''s'", "x|it's");
    expect("x '\"' \"'\"", "x|\"|'");
    expect("x $HOME", "x|$HOME");
}

static void open_quote_goes_to_the_cursor(void **state)
{
    (void)state;
    expect("x 'a b", "x|a b");
    expect("x \"a | b > c", "x|a | b > c");
    expect("x 'a ", "x|a ");
    expect_end("x 'a b", "'a b", 5, SHELL_SINGLE);
    expect_end("x \"a b", "\"a b", 5, SHELL_DOUBLE);
    expect_end("x '", "'", 0, SHELL_SINGLE);
    expect_end("x a\\ b", "a\\ b", 5, SHELL_BARE);
    expect_end("x 'a'", "'a'", 3, SHELL_BARE);
    expect_end("x ", "", 0, SHELL_BARE);
}

static void backslash_at_the_end_is_a_byte(void **state)
{
    (void)state;
    expect("x a\\", "x|a\\");
}

static void only_the_last_command_counts(void **state)
{
    (void)state;
    expect("cat x | shipper parse -", "shipper|parse|-");
    expect("make && indexer search a; indexer tail b", "indexer|tail|b");
    expect("(indexer tail b", "indexer|tail|b");
    expect("cat x |", "");
}

static void files_of_redirections_are_no_words(void **state)
{
    (void)state;
    expect("indexer enrich <in.json >out a", "indexer|enrich|a");
    expect("indexer enrich < in.json a", "indexer|enrich|a");
    assert_false(line.redirected);
    expect("indexer enrich < in", "indexer|enrich|in");
    assert_true(line.redirected);
    expect("indexer enrich <", "indexer|enrich|");
    assert_true(line.redirected);
}

static void limits_are_refused(void **state)
{
    static char text[SHELL_LINE_MAX + 2];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    assert_int_equal(read_line(text), REJECT);
    text[SHELL_LINE_MAX] = '\0';
    assert_int_equal(read_line(text), OK);
    for (size_t i = 1; i < 2 * SHELL_WORDS_MAX + 2; i += 2)
        text[i] = ' ';
    assert_int_equal(read_line(text), REJECT);
    assert_non_null(strstr(err.text, "1000 words"));
}

static void expect_quoted(const char *text, enum shell_quote quote, const char *expected)
{
    scoped_buf struct buf out = BUF_INIT(1024);

    shell_quote(slice_of(text), quote, &out);
    assert_string_equal(buf_str(&out), expected);
}

static void text_is_quoted_as_the_place_asks(void **state)
{
    (void)state;
    expect_quoted("status:5xx", SHELL_BARE, "status:5xx");
    expect_quoted("a b>c", SHELL_BARE, "a\\ b\\>c");
    expect_quoted("a b>c", SHELL_SINGLE, "a b>c");
    expect_quoted("it's", SHELL_SINGLE, "it'\\''s");
    expect_quoted("\"$x\"", SHELL_DOUBLE, "\\\"\\$x\\\"");
    expect_quoted("a b", SHELL_DOUBLE, "a b");
}

/* What is quoted and read again is the same; any bytes do no harm. */
static void quoting_and_reading_are_inverse(void **state)
{
    static const char signs[] = "ab '\"\\$`|;&<>()*?!#~[]{}^=:/";
    const char *opening[] = {"", "'", "\""};
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 20000; round++) {
        scoped_buf struct buf text = BUF_INIT(1024), quoted = BUF_INIT(4096);
        enum shell_quote quote = (enum shell_quote)rng_below(&rng, 3);

        for (uint32_t n = 1 + rng_below(&rng, 12); n; n--)
            buf_add_char(&text, signs[rng_below(&rng, sizeof(signs) - 1)]);
        buf_addf(&quoted, "x %s", opening[quote]);
        shell_quote(buf_slice(&text), quote, &quoted);
        assert_int_equal(read_line(buf_str(&quoted)), OK);
        assert_int_equal(line.count, 2);
        assert_string_equal(line.words[1].data, buf_str(&text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_at_blanks),
        cmocka_unit_test(quotes_and_backslashes_are_taken_off),
        cmocka_unit_test(open_quote_goes_to_the_cursor),
        cmocka_unit_test(backslash_at_the_end_is_a_byte),
        cmocka_unit_test(only_the_last_command_counts),
        cmocka_unit_test(files_of_redirections_are_no_words),
        cmocka_unit_test(limits_are_refused),
        cmocka_unit_test(text_is_quoted_as_the_place_asks),
        cmocka_unit_test(quoting_and_reading_are_inverse),
    };
    int failed;

    arena_init(&arena, 64u << 10, 16u << 20);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
