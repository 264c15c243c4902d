/*
 * test_literals.c - what is found where, and that all of it is found.
 */
#include "indexer/enrich/literals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "common/scope.h"

static struct literals *open_all(const char *const *patterns, size_t count)
{
    struct slice slices[64];
    struct literals *literals = NULL;
    struct error err;

    assert_true(count <= ARRAY_LEN(slices));
    for (size_t i = 0; i < count; i++) {
        slices[i] = slice_of(patterns[i]);
        assert_int_equal(literals_check(slices[i], &err), OK);
    }
    assert_int_equal(literals_open(slices, count, &literals, &err), OK);
    return literals;
}

static bool finds(const char *pattern, const char *text)
{
    struct literals *literals = open_all(&pattern, 1);
    struct literals_hit hits[8];
    size_t count = literals_find(literals, slice_of(text), hits, ARRAY_LEN(hits));

    literals_close(literals);
    return count > 0;
}

static void surroundings_are_as_the_pattern_asks(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool found;
    } cases[] = {
        {"curl", "curl/8.5.0", true},
        {"curl", "CURL/8.5.0", true},
        {"CURL", "libfoo curl", true},
        {"curl", "curl", true},
        {"curl", "curl8", true},
        {"curl", "curling", false},
        {"curl", "libcurl/1", false},
        {"curl", "9curl", false},
        {"curl", "(curl)", true},
        {"curl", "_curl_", true},
        {"curl", "cur", false},
        {"curl", "", false},
        {"*bot", "FooBot/1.0", true},
        {"*bot", "Robot;", true},
        {"*bot", "bots", false},
        {"*bot", "bottle", false},
        {"bot*", "bottle", true},
        {"bot*", "robots", false},
        {"*bot*", "robots", true},
        {"^java", "Java/1.8", true},
        {"^java", "JavaScript", false},
        {"^java*", "JavaScript", true},
        {"^java", "x java", false},
        {"java$", "x java", true},
        {"java$", "java x", false},
        {"^java$", "java", true},
        {"^java$", "javajava", false},
        {"Edg/", "Edg/120.0", true},
        {"Edg/", "Edge/18", false},
        {"; wv)", "Build/X; wv)", true},
        {"Windows NT ", "Windows NT 10.0", true},
        {"caf\xc3\xa9", "un caf\xc3\xa9 noir", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (finds(cases[i].pattern, cases[i].text) != cases[i].found)
            fail_msg("'%s' in '%s': expected %d", cases[i].pattern, cases[i].text, cases[i].found);
}

static void what_is_no_pattern_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *pattern, *reason;
    } cases[] = {
        {"", "letters"},   {"*", "letters"},   {"^", "letters"},         {"**", "letters"},
        {"^$", "letters"}, {"./-", "letters"}, {"a*b", "its ends only"},
    };
    char longest[LITERAL_MAX + 2];
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(literals_check(slice_of(cases[i].pattern), &err), REJECT);
        assert_non_null(strstr(err.text, cases[i].reason));
    }
    memset(longest, 'x', sizeof(longest));
    assert_int_equal(literals_check((struct slice){longest, LITERAL_MAX}, &err), OK);
    assert_int_equal(literals_check((struct slice){longest, LITERAL_MAX + 1}, &err), REJECT);
}

static void all_that_end_at_one_place_are_found(void **state)
{
    static const char *const patterns[] = {"*abcd", "*bcd", "*cd", "*d", "*cd", "*bc*"};
    struct literals *literals = open_all(patterns, ARRAY_LEN(patterns));
    struct literals_hit hits[16];
    unsigned seen = 0;

    (void)state;
    assert_int_equal(literals_find(literals, SLICE("xabcd"), hits, ARRAY_LEN(hits)), 6);
    for (size_t i = 0; i < 6; i++) {
        seen |= 1u << hits[i].pattern;
        assert_int_equal(hits[i].end, hits[i].pattern == 5 ? 4 : 5);
    }
    assert_int_equal(seen, 63);
    assert_int_equal(literals_find(literals, SLICE("xabcd"), hits, 2), 2); /* no room for more */
    assert_int_equal(literals_find(literals, SLICE("xabcd"), hits, 0), 0);
    assert_in_range(literals_bytes(literals), 100, 10000);
    literals_close(literals);
}

static void without_patterns_nothing_is_found(void **state)
{
    struct literals *literals = open_all(NULL, 0);
    struct literals_hit hits[1];

    (void)state;
    assert_int_equal(literals_find(literals, SLICE("anything"), hits, 1), 0);
    literals_close(literals);
    literals_close(NULL);
}

static void too_many_patterns_are_refused(void **state)
{
    enum { COUNT = 3000, LEN = 30 };
    scoped_free struct slice *patterns = calloc(COUNT, sizeof(*patterns));
    scoped_free char *text = calloc(COUNT, LEN + 1);
    struct literals *literals = NULL;
    struct error err;

    (void)state;
    assert_true(patterns && text);
    for (int i = 0; i < COUNT; i++) {
        patterns[i] = (struct slice){text + (size_t)i * LEN, LEN};
        snprintf(text + (size_t)i * LEN, LEN + 1, "%030d", i);
    }
    assert_int_equal(literals_open(patterns, COUNT, &literals, &err), REJECT);
    assert_null(literals);
    assert_int_equal(literals_open(patterns, COUNT / 2, &literals, &err), OK);
    literals_close(literals);
}

/* The plain twin: every pattern at every place. */
static size_t find_plainly(const char *const *texts, size_t count, const char *text, bool *places)
{
    size_t found = 0, len = strlen(text);

    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < len; at++) {
            places[i * 64 + at] = strncasecmp(text + at, texts[i], strlen(texts[i])) == 0;
            found += places[i * 64 + at];
        }
    return found;
}

static void random_texts_are_searched_as_the_plain_way_does(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    char starred[20][16], bare[20][16], text[48];
    const char *patterns[20], *texts[20];
    struct literals_hit hits[1000];
    static bool places[20 * 64];

    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 300; round++) {
        struct literals *literals;

        for (int i = 0; i < 20; i++) { /* of three letters, so that they overlap */
            size_t len = 1 + (size_t)rand_r(&seed) % 6;

            for (size_t at = 0; at < len; at++)
                bare[i][at] = "abCc"[rand_r(&seed) % 4];
            bare[i][len] = '\0';
            snprintf(starred[i], sizeof(starred[i]), "*%.10s*", bare[i]);
            patterns[i] = starred[i];
            texts[i] = bare[i];
        }
        literals = open_all(patterns, 20);
        for (int n = 0; n < 20; n++) {
            size_t len = (size_t)rand_r(&seed) % sizeof(text), count;

            for (size_t at = 0; at < len; at++)
                text[at] = "aBbCc "[rand_r(&seed) % 6];
            text[len ? len - 1 : 0] = '\0';
            count = literals_find(literals, slice_of(text), hits, ARRAY_LEN(hits));
            assert_int_equal(count, find_plainly(texts, 20, text, places));
            for (size_t i = 0; i < count; i++) {
                assert_true(places[hits[i].pattern * 64 + hits[i].start]);
                assert_int_equal(hits[i].end - hits[i].start, strlen(texts[hits[i].pattern]));
            }
        }
        literals_close(literals);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surroundings_are_as_the_pattern_asks),
        cmocka_unit_test(what_is_no_pattern_is_refused_with_a_reason),
        cmocka_unit_test(all_that_end_at_one_place_are_found),
        cmocka_unit_test(without_patterns_nothing_is_found),
        cmocka_unit_test(too_many_patterns_are_refused),
        cmocka_unit_test(random_texts_are_searched_as_the_plain_way_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
