/*
 * test_literals.c - literals of expressions, and that both matchers find them alike.
 */
#include "indexer/enrich/threat/literals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "common/scope.h"
#include "indexer/enrich/threat/config.h"
#include "indexer/enrich/threat/inspector.h"

static void print_all(const struct literals *literals, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < literals->count && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%.*s", i ? " " : "",
                                literals->items[i].len, literals->items[i].text);
}

struct sample {
    const char *expression, *literals; /* NULL: none */
};

/* `otherwise`: what a sample without literals is. */
static void check_literals(const struct sample *sample, const struct alphabet *alphabet,
                           enum literals_kind otherwise)
{
    struct literals *literals = malloc(sizeof(*literals));
    char text[512];

    assert_non_null(literals);
    if (literals_of(sample->expression, alphabet, literals) !=
        (sample->literals ? LITERALS_FOUND : otherwise))
        fail_msg("%s", sample->expression);
    if (sample->literals) {
        print_all(literals, text, sizeof(text));
        if (strcmp(text, sample->literals) != 0)
            fail_msg("%s needs '%s'", sample->expression, text);
    }
    free(literals);
}

static void literals_are_the_rarest_that_must_be_there(void **state)
{
    static const struct sample samples[] = {
        {"abc", "abc"},
        {"ABC", "abc"},
        {"(?:foo|bar)baz", "foobaz barbaz"},
        {"a[xy]b", "axb ayb"},
        {"union\\s+select", "select"},
        {"x?yz", "xyz yz"},
        {"s\\s*:\\s*e", ":"},          /* less frequent than a letter by itself */
        {"https?://\\w+/cmd", "/cmd"}, /* in any referrer */
        {"[\\r\\n]\\w+=", "\n \r"},
        {"(?:abc)*d\\(", "d("},
        {"a{3}bc", "abc"}, /* the last of the three stands before it */
        {"/+class", "/class"},
        {"\\d+class", "class"},
        {"\\x41\\n", "a\n"},
        {".*", NULL},
        {"a|.", NULL},
        {"a|", NULL},
        {"[^a]", NULL},
        {"\\w+", NULL},
        {"(?=abc)d", "d"},
        {"^\\bfoo$", "foo"},
        {"(?i)abc", NULL}, /* not understood: nothing is needed */
        {"a\\1", NULL},
        {"[[:alpha:]]x", NULL},
        {"abcdefghijklmnop", "defghijk"}, /* the rarest eight */
        {"(?:sh|node_repl)_history_of", "_history de_repl_"},
        {"www\\.google\\.internal", "google.i"},
        {"\\bid_token\\b", "id_token"},
        {"(?:io|dir)\\.(?:new\\b|open\\w*)", "io. dir."},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        check_literals(&samples[i], NULL, LITERALS_NONE);
}

static void a_smaller_alphabet_makes_literals_rarer(void **state)
{
    static const struct sample samples[] = {
        {"s\\s*:\\s*e", "s:e"},
        {"[\"'=/:]on(?:load|blur)", "/onload /onblur :onload :onblur"},
        {"on(?:load|blur)\\s*=", NULL},
        {"a(?:b|\\()c", "abc"},
        {"(?:<|>)x", NULL},
        {"x?\\(?yz", "xyz yz"},
        {"[^a-z0-9/._-]x", ",x :x ~x"},
        {"a\\x1fb", NULL},
        {"(?=<)ab", NULL},
        {"(?!<)ab", "ab"},
        {"(?<=<)ab", NULL},
        {"(?<!<)ab", "ab"},
        {"a{0}<", NULL},
        {"ab<{0,3}cd", "abcd"},
        {"ab<+|cd", "cd"},
        {"[A-Z]<|E\\.F", "e.f"},
    };
    const struct alphabet alphabet = view_alphabet(VIEW_WORDS);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        check_literals(&samples[i], &alphabet, LITERALS_NEVER);
    check_literals(&(struct sample){".*", NULL}, &alphabet, LITERALS_NONE);
    check_literals(&(struct sample){"(?i)<", NULL}, &alphabet, LITERALS_NONE);
}

static struct threat_book *open_book(const char *engine)
{
    struct threats_config config = {.engine = (char *)engine, .threshold = 5};
    struct threat_book *book = NULL;
    struct config_report report;
    struct error err;

    config_report_init(&report);
    assert_int_equal(threat_book_open(&config, &report, &book, &err), OK);
    config_report_release(&report);
    return book;
}

static void on_found(void *arg, unsigned index)
{
    ((unsigned char *)arg)[index] = 1;
}

/* Pieces of examples, put together at random. */
static size_t make_text(const struct threat_rules *rules, unsigned *seed, char *out, size_t size)
{
    const struct threat_rule *rule;
    const char *text;
    size_t len = 0, from, part;

    for (int i = 0; i < 4; i++) {
        rule = &rules->rules[(unsigned)rand_r(seed) % rules->count];
        text = rule->examples[(size_t)rand_r(seed) % rule->example_count].text;
        from = (size_t)rand_r(seed) % (strlen(text) + 1);
        part = (size_t)rand_r(seed) % (strlen(text + from) + 1);
        if (len + part > size)
            break;
        memcpy(out + len, text + from, part);
        len += part;
    }
    return len;
}

static void all_engines_find_the_same_literals(void **state)
{
    struct threat_book *one = open_book("auto"), *other = open_book("table");
    struct matcher_scratch *first = NULL, *second = NULL;
    static unsigned char by_one[60000], by_other[60000];
    unsigned seed = (unsigned)time(NULL);
    char text[2048];
    struct slice slice = {text, 0};

    (void)state;
    print_message("seed %u, %s\n", seed, one->engine->name);
    for (int a = 0; a < VIEW_ALPHABETS; a++) {
        const struct matcher *one_matcher = one->searches[a].matcher;
        const struct matcher *other_matcher = other->searches[a].matcher;

        assert_int_equal(one->engine->open_scratch(one_matcher, &first, NULL), OK);
        assert_int_equal(other->engine->open_scratch(other_matcher, &second, NULL), OK);
        for (int i = 0; i < 10000; i++) {
            slice.len = make_text(&one->rules, &seed, text, sizeof(text));
            memset(by_one, 0, sizeof(by_one));
            memset(by_other, 0, sizeof(by_other));
            one->engine->scan(one_matcher, first, slice, on_found, by_one);
            other->engine->scan(other_matcher, second, slice, on_found, by_other);
            assert_memory_equal(by_one, by_other, sizeof(by_one));
        }
        one->engine->close_scratch(first);
        other->engine->close_scratch(second);
    }
    threat_book_close(one);
    threat_book_close(other);
}

static size_t keep_alphabet(const struct alphabet *alphabet, char *text, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++)
        if (alphabet->has[(unsigned char)text[i]])
            text[kept++] = text[i];
    return kept;
}

static bool is_there(const struct literals *literals, const char *lower, size_t len)
{
    for (unsigned i = 0; i < literals->count; i++)
        if (memmem(lower, len, literals->items[i].text, literals->items[i].len))
            return true;
    return false;
}

static void check_rules(const struct threat_book *book, const struct alphabet *alphabet,
                        struct expression_scratch *scratch, struct slice text)
{
    static struct literals literals;
    static char lower[2048];

    for (size_t i = 0; i < text.len; i++)
        lower[i] =
            (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + 32 : text.data[i]);
    for (unsigned i = 0; i < book->trial_count; i++) {
        const struct threat_pattern *pattern = book->trials[i].pattern;
        enum literals_kind kind;

        if (!expression_find(pattern->expression, scratch, text))
            continue;
        kind = literals_of(pattern->text, alphabet, &literals);
        if (kind == LITERALS_NEVER ||
            (kind == LITERALS_FOUND && !is_there(&literals, lower, text.len)))
            fail_msg("%s in '%.*s'", pattern->text, (int)text.len, text.data);
    }
}

/* The literals never hide a match: an expression that is found has one of its literals there. */
static void no_match_is_lost_for_want_of_a_literal(void **state)
{
    struct threat_book *book = open_book("table");
    struct expression_scratch *scratch = expression_scratch_open();
    unsigned seed = (unsigned)time(NULL);
    struct slice slice;
    char text[2048];

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 300; i++)
        for (int a = 0; a < VIEW_ALPHABETS; a++) {
            const struct alphabet alphabet = view_alphabet((enum view_alphabet)a);

            slice = (struct slice){text, make_text(&book->rules, &seed, text, sizeof(text))};
            slice.len = keep_alphabet(&alphabet, text, slice.len);
            check_rules(book, &alphabet, scratch, slice);
            if (a == VIEW_ANY)
                check_rules(book, NULL, scratch, slice);
        }
    expression_scratch_close(scratch);
    threat_book_close(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_the_rarest_that_must_be_there),
        cmocka_unit_test(a_smaller_alphabet_makes_literals_rarer),
        cmocka_unit_test(all_engines_find_the_same_literals),
        cmocka_unit_test(no_match_is_lost_for_want_of_a_literal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
