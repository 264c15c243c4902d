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

static void literals_are_the_rarest_that_must_be_there(void **state)
{
    static const struct {
        const char *expression, *literals; /* NULL: none */
    } samples[] = {
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
        {"a{3}bc", "bc"},
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
        {"abcdefghijklmnop", "abcdefghijkl"},
    };
    struct literals *literals = malloc(sizeof(*literals));
    char text[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        if (literals_of(samples[i].expression, literals) != (samples[i].literals != NULL))
            fail_msg("%s", samples[i].expression);
        if (!samples[i].literals)
            continue;
        print_all(literals, text, sizeof(text));
        if (strcmp(text, samples[i].literals) != 0)
            fail_msg("%s needs '%s'", samples[i].expression, text);
    }
    free(literals);
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
    assert_int_equal(one->engine->open_scratch(one->matcher, &first, NULL), OK);
    assert_int_equal(other->engine->open_scratch(other->matcher, &second, NULL), OK);
    for (int i = 0; i < 20000; i++) {
        slice.len = make_text(&one->rules, &seed, text, sizeof(text));
        memset(by_one, 0, sizeof(by_one));
        memset(by_other, 0, sizeof(by_other));
        one->engine->scan(one->matcher, first, slice, on_found, by_one);
        other->engine->scan(other->matcher, second, slice, on_found, by_other);
        assert_memory_equal(by_one, by_other, sizeof(by_one));
    }
    one->engine->close_scratch(first);
    other->engine->close_scratch(second);
    threat_book_close(one);
    threat_book_close(other);
}

/* The literals never hide a match: an expression that is found has one of its literals there. */
static void no_match_is_lost_for_want_of_a_literal(void **state)
{
    struct threat_book *book = open_book("table");
    struct expression_scratch *scratch = expression_scratch_open();
    struct literals *literals = malloc(sizeof(*literals));
    static char lower[2048], text[2048];
    unsigned seed = (unsigned)time(NULL);
    struct slice slice = {text, 0};
    const struct threat_rule *rule;
    bool there;

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 300; i++) {
        slice.len = make_text(&book->rules, &seed, text, sizeof(text));
        for (size_t j = 0; j < slice.len; j++)
            lower[j] = (char)(text[j] >= 'A' && text[j] <= 'Z' ? text[j] + 32 : text[j]);
        for (unsigned r = 0; r < book->rules.count; r++) {
            rule = &book->rules.rules[r];
            for (unsigned p = 0; rule->view != RULE_SQL && p < rule->pattern_count; p++) {
                if (!expression_find(rule->patterns[p].expression, scratch, slice) ||
                    !literals_of(rule->patterns[p].text, literals))
                    continue;
                there = false;
                for (unsigned k = 0; k < literals->count && !there; k++)
                    there = memmem(lower, slice.len, literals->items[k].text,
                                   literals->items[k].len) != NULL;
                if (!there)
                    fail_msg("%s: %s in '%.*s'", rule->id, rule->patterns[p].text, (int)slice.len,
                             text);
            }
        }
    }
    free(literals);
    expression_scratch_close(scratch);
    threat_book_close(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_the_rarest_that_must_be_there),
        cmocka_unit_test(all_engines_find_the_same_literals),
        cmocka_unit_test(no_match_is_lost_for_want_of_a_literal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
