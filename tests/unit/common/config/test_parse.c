/*
 * test_config_parse.c - YAML documents, wrong and hostile ones above all.
 */
#include "common/config/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/scope.h"

#define TEXT_MAX (8u << 20)

static const char too_many[] = "more than a configuration can hold";

/* Parses `yaml` and leaves the problems in `problems`. */
static enum status parse(struct slice yaml, struct buf *problems)
{
    struct config_node *root = NULL;
    struct config_report report;
    struct config_tree tree;
    struct error err;
    enum status status;

    config_report_init(&report);
    config_tree_init(&tree, &report);
    status =
        config_parse(&tree, config_source_make(&tree, LAYER_FILE, "x.yaml"), yaml, &root, &err);
    assert_int_equal(status == OK, root != NULL);
    buf_add_text(problems, config_report_text(&report));
    config_tree_release(&tree);
    config_report_release(&report);
    return status;
}

static void accept(struct slice yaml)
{
    scoped_buf struct buf problems = BUF_INIT(TEXT_MAX);

    assert_int_equal(parse(yaml, &problems), OK);
    assert_string_equal(buf_str(&problems), "");
}

static void refuse(struct slice yaml, const char *expected)
{
    scoped_buf struct buf problems = BUF_INIT(TEXT_MAX);

    assert_int_equal(parse(yaml, &problems), REJECT);
    assert_string_equal(buf_str(&problems), expected);
}

/* Checks that `yaml` is refused and that `part` is said about it. */
static void refuse_part(struct slice yaml, const char *part)
{
    scoped_buf struct buf problems = BUF_INIT(TEXT_MAX);

    assert_int_equal(parse(yaml, &problems), REJECT);
    if (!strstr(buf_str(&problems), part))
        print_message("not '%s': %s", part, buf_str(&problems));
    assert_non_null(strstr(buf_str(&problems), part));
}

static const struct {
    const char *yaml, *problem;
} syntax[] = {
    {"kafka:\n\ttopic: a\n", "x.yaml:2: not valid YAML: a tab in the indentation; use spaces\n"},
    {"kafka: {\n", "x.yaml:2: not valid YAML: did not find expected node content\n"},
    {"a: 1\n b: 2\n", "x.yaml:2: not valid YAML: mapping values are not allowed in this "
                      "context\n"},
    {"- a\n- b\n", "x.yaml:1: expected a mapping (`key: value`), found a list\n"},
    {"just text\n", "x.yaml:1: expected a mapping (`key: value`), found text\n"},
    {"{}\n---\n{}\n", "x.yaml:2: a second document begins here; one is all there can be\n"},
    {"? [a, b]\n: c\n", "x.yaml:1: a key must be a plain word\n"},
    {"? \n: c\n", "x.yaml:1: a key must be a plain word\n"},
    {"\"a\\0b\": c\n", "x.yaml:1: a key must be a plain word\n"},
    {"kafka:\n  topic: *none\n",
     "x.yaml:2: kafka.topic: `*` begins an alias, and there is no such anchor before it; text "
     "that begins with `*` needs quotes\n"},
    {"kafka: &k\n  topic: *k\n",
     "x.yaml:2: kafka.topic: `*` begins an alias, and there is no such anchor before it; text "
     "that begins with `*` needs quotes\n"},
    {"kafka:\n  topic: !mine x\n",
     "x.yaml:2: kafka.topic: `!` begins a tag, and none is known; text that begins with `!` "
     "needs quotes\n"},
    {"kafka:\n  <<: text\n",
     "x.yaml:3: kafka: '<<' takes an alias of a mapping, or a list of them\n"},
    {"%YAML 3.0\n---\na: b\n", "x.yaml:1: not valid YAML: found incompatible YAML document\n"},
};

static void syntax_errors_have_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(syntax); i++)
        refuse(slice_of(syntax[i].yaml), syntax[i].problem);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    refuse_part(SLICE("a: b\nname: \xff\xfe\n"), "x.yaml:2: not valid YAML: ");
    refuse_part(SLICE("a: b\n\nname: \xc0\x80\n"), "x.yaml:3: not valid YAML: ");
    refuse_part(SLICE("name: a\0b\n"),
                "x.yaml:1: not valid YAML: control characters are not allowed");
    refuse_part(SLICE("\0\0\0\0"), "x.yaml:1: not valid YAML: ");
    refuse_part(SLICE("name: \x1b[31m\n"), "control characters are not allowed");
}

static void a_document_beyond_a_mebibyte_is_refused(void **state)
{
    (void)state;
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);

    while (yaml.len < (1u << 20))
        buf_add_text(&yaml, "# comment\n");
    refuse_part(buf_slice(&yaml), "x.yaml: larger than 1048576 bytes\n");
    yaml.len = 1u << 20;
    accept(buf_slice(&yaml));
}

static void alias_bombs_are_refused(void **state)
{
    (void)state;
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);

    buf_add_text(&yaml, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++)
        buf_addf(&yaml, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    refuse_part(buf_slice(&yaml), too_many);
}

static void merge_bombs_are_refused(void **state)
{
    (void)state;
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);

    buf_add_text(&yaml, "a: &a {");
    for (int i = 0; i < 900; i++)
        buf_addf(&yaml, "k%d: [1, 2, 3, 4], ", i);
    buf_add_text(&yaml, "}\nb: [");
    for (int i = 0; i < 200; i++)
        buf_add_text(&yaml, "{<<: *a}, ");
    buf_add_text(&yaml, "]\n");
    refuse_part(buf_slice(&yaml), too_many);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);

    buf_add_text(&yaml, "a: ");
    for (int i = 0; i < 100000; i++)
        buf_add_char(&yaml, '[');
    refuse_part(buf_slice(&yaml), "nested too deeply");
    buf_clear(&yaml);
    for (int i = 0; i < 300; i++)
        buf_addf(&yaml, "%*sa:\n", i, "");
    refuse_part(buf_slice(&yaml), "x.yaml:33: ");
}

static void aliases_cannot_nest_deeper(void **state)
{
    (void)state;
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);

    buf_add_text(&yaml, "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n");
    for (int i = 1; i < 4; i++)
        buf_addf(&yaml, "a%d: &a%d [[[[[[[[[*a%d]]]]]]]]]\n", i, i, i - 1);
    refuse_part(buf_slice(&yaml), "x.yaml:4: a3[0][0][0][0][0][0][0][0][0]: nested too "
                                  "deeply");
}

static void very_many_keys_and_values_are_refused(void **state)
{
    (void)state;
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);

    for (int i = 0; i < 100000; i++)
        buf_addf(&yaml, "k%d:\n", i);
    refuse_part(buf_slice(&yaml), "x.yaml:1001: more than a configuration can hold");
    buf_clear(&yaml);
    buf_add_text(&yaml, "a:\n");
    for (int i = 0; i < 200000; i++)
        buf_add_text(&yaml, "- x\n");
    refuse_part(buf_slice(&yaml), too_many);
    buf_clear(&yaml);
    buf_add_text(&yaml, "a: [");
    for (int i = 0; i < 200; i++)
        buf_addf(&yaml, "&a%d x, ", i);
    buf_add_text(&yaml, "]\n");
    refuse_part(buf_slice(&yaml), too_many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax_errors_have_their_line),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(a_document_beyond_a_mebibyte_is_refused),
        cmocka_unit_test(alias_bombs_are_refused),
        cmocka_unit_test(merge_bombs_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(aliases_cannot_nest_deeper),
        cmocka_unit_test(very_many_keys_and_values_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
