/*
 * test_rules.c - the rules that come with the program: every example beside every rule.
 */
#include "indexer/enrich/threat/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/threat/inspector.h"

struct fixture {
    struct threat_book *book;
    struct inspector *inspector;
};

static struct threat_book *open_book(const char *engine, unsigned threshold)
{
    struct threats_config config = {.engine = (char *)engine, .threshold = threshold};
    struct threat_book *book = NULL;
    struct config_report report;
    struct error err = {0};

    config_report_init(&report);
    if (threat_book_open(&config, &report, &book, &err))
        print_error("%s\n%s", err.text, config_report_text(&report));
    config_report_release(&report);
    return book;
}

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct error err;

    *state = f;
    f->book = open_book("auto", 5);
    return f->book && inspector_open(&f->inspector, &err) == OK &&
                   inspector_use(f->inspector, f->book, &err) == OK
               ? 0
               : -1;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;

    inspector_close(f->inspector);
    threat_book_close(f->book);
    free(f);
    return 0;
}

static void print_findings(const struct threat_book *book, const struct threat_findings *findings)
{
    for (unsigned i = 0; i < book->rules.count; i++)
        if (threat_has_rule(findings, i))
            print_error("      it has %s\n", book->rules.rules[i].id);
}

/* Attacks hit the rule that they stand beside; benign examples are no threat by any rule. */
static unsigned try_examples(const struct fixture *f, unsigned number)
{
    const struct threat_rule *rule = &f->book->rules.rules[number];
    struct threat_findings findings;
    unsigned wrong = 0;

    for (size_t i = 0; i < rule->example_count; i++) {
        findings = (struct threat_findings){0};
        inspector_look(f->inspector, rule->example_part, slice_of(rule->examples[i].text),
                       &findings);
        if (rule->examples[i].attack ? threat_has_rule(&findings, number)
                                     : findings.score < f->book->threshold)
            continue;
        print_error("%s:%zu: %s: %s is %s\n", rule->file, rule->examples[i].line, rule->id,
                    rule->examples[i].text,
                    rule->examples[i].attack ? "not found" : "taken for an attack");
        print_findings(f->book, &findings);
        wrong++;
    }
    return wrong;
}

static void every_example_is_told_rightly(void **state)
{
    const struct fixture *f = *state;
    unsigned wrong = 0;

    for (unsigned i = 0; i < f->book->rules.count; i++)
        wrong += try_examples(f, i);
    assert_int_equal(wrong, 0);
}

static void every_rule_has_an_attack_and_a_benign_example(void **state)
{
    const struct fixture *f = *state;
    const struct threat_rule *rule;
    unsigned attacks, wrong = 0;

    for (unsigned i = 0; i < f->book->rules.count; i++) {
        rule = &f->book->rules.rules[i];
        attacks = 0;
        for (size_t j = 0; j < rule->example_count; j++)
            attacks += rule->examples[j].attack;
        if (attacks == 0 || attacks == rule->example_count) {
            print_error("%s: has no %s\n", rule->id, attacks ? "benign example" : "attack");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_is_told_rightly),
        cmocka_unit_test(every_rule_has_an_attack_and_a_benign_example),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
