/*
 * book.c - the rules in force: their expressions, and the literals that lead to them.
 */
#include "indexer/enrich/threat/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/grow.h"
#include "indexer/enrich/threat/config.h"
#include "indexer/enrich/threat/literals.h"

#define LITERALS_ALL 60000 /* of all rules; the matchers number them with 16 bits */

struct use { /* of a literal by a trial */
    struct literal literal;
    unsigned trial;
};

struct uses {
    struct use *items;
    size_t count, cap;
};

void threat_book_close(struct threat_book *book)
{
    if (!book)
        return;
    for (int i = 0; i < VIEW_ALPHABETS; i++) {
        if (book->engine)
            book->engine->close(book->searches[i].matcher);
        free(book->searches[i].literal_trials);
        free(book->searches[i].literal_from);
    }
    free(book->trials);
    threat_rules_release(&book->rules);
    free(book);
}

/* ---- literals ---- */

static int compare_uses(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    unsigned shorter = x->literal.len < y->literal.len ? x->literal.len : y->literal.len;
    int order = memcmp(x->literal.text, y->literal.text, shorter);

    if (order == 0)
        order = (x->literal.len > y->literal.len) - (x->literal.len < y->literal.len);
    return order ? order : (x->trial > y->trial) - (x->trial < y->trial);
}

static bool is_same(const struct use *a, const struct use *b)
{
    return a->literal.len == b->literal.len &&
           memcmp(a->literal.text, b->literal.text, a->literal.len) == 0;
}

static bool add_use(struct uses *uses, const struct literal *literal, unsigned trial)
{
    if (uses->count == uses->cap && uses->count >= LITERALS_ALL)
        return false;
    if (!grow(&uses->items, &uses->cap, uses->count, sizeof(*uses->items), 1024))
        return false;
    uses->items[uses->count++] = (struct use){*literal, trial};
    return true;
}

/* The expressions that are tried; those about shapes of SQL are not. */
static bool list_trials(struct threat_book *book)
{
    const struct threat_rule *rule;

    for (unsigned i = 0; i < book->rules.count; i++) {
        rule = &book->rules.rules[i];
        if (rule->disabled)
            continue;
        if (rule->view == RULE_SQL) {
            book->sql[book->sql_count++] = i;
            continue;
        }
        if (book->trial_count + rule->pattern_count > THREAT_PATTERNS_MAX)
            return false;
        for (unsigned j = 0; j < rule->pattern_count; j++)
            book->trials[book->trial_count++] = (struct threat_trial){&rule->patterns[j], i};
    }
    return true;
}

/* False: no memory, or too many. */
static bool find_literals(const struct threat_book *book, enum view_alphabet which,
                          struct threat_search *search, struct uses *uses)
{
    const struct alphabet alphabet = view_alphabet(which);
    struct literals *literals = malloc(sizeof(*literals));
    bool ok = literals != NULL;

    for (unsigned number = 0; ok && number < book->trial_count; number++) {
        const struct threat_pattern *pattern = book->trials[number].pattern;
        const char *text = pattern ? pattern->text : ""; /* each has one */
        enum literals_kind kind = literals_of(text, &alphabet, literals);

        if (kind == LITERALS_NONE) /* too many, perhaps, which have a common part */
            kind = literals_of(text, NULL, literals);
        if (kind == LITERALS_NONE)
            search->always[search->always_count++] = number;
        for (unsigned i = 0; ok && kind == LITERALS_FOUND && i < literals->count; i++)
            ok = add_use(uses, &literals->items[i], number);
    }
    free(literals);
    return ok;
}

/* Equal literals become one, which leads to the trials of all. */
static enum status index_literals(const struct threat_book *book, struct threat_search *search,
                                  struct uses *uses, struct error *err)
{
    struct literal *literals = calloc(uses->count + 1, sizeof(*literals));
    unsigned count = 0;
    enum status status;

    search->literal_trials = calloc(uses->count + 1, sizeof(*search->literal_trials));
    search->literal_from = calloc(uses->count + 2, sizeof(*search->literal_from));
    if (!literals || !search->literal_trials || !search->literal_from) {
        free(literals);
        return error_set(err, FATAL, "out of memory");
    }
    if (uses->count)
        qsort(uses->items, uses->count, sizeof(*uses->items), compare_uses);
    for (unsigned i = 0; i < uses->count; i++) {
        if (i == 0 || !is_same(&uses->items[i - 1], &uses->items[i])) {
            search->literal_from[count] = i;
            literals[count++] = uses->items[i].literal;
        }
        search->literal_trials[i] = uses->items[i].trial;
    }
    search->literal_from[count] = (unsigned)uses->count;
    status = book->engine->open(literals, count, &search->matcher, err);
    free(literals);
    return status;
}

static enum status make_search(struct threat_book *book, enum view_alphabet which,
                               struct error *err)
{
    struct uses uses = {0};
    enum status status;

    if (find_literals(book, which, &book->searches[which], &uses))
        status = index_literals(book, &book->searches[which], &uses, err);
    else
        status = error_set(err, REJECT, "more than %d literals", LITERALS_ALL);
    free(uses.items);
    return status;
}

static enum status compile(struct threat_book *book, struct error *err)
{
    enum status status = OK;

    book->trials = calloc(THREAT_PATTERNS_MAX, sizeof(*book->trials));
    if (!book->trials)
        return error_set(err, FATAL, "out of memory");
    if (!list_trials(book))
        return error_set(err, REJECT, "more than %d patterns", THREAT_PATTERNS_MAX);
    for (int i = 0; i < VIEW_ALPHABETS && status == OK; i++)
        status = make_search(book, (enum view_alphabet)i, err);
    return status;
}

/* ---- reading ---- */

static enum status read_rules(const struct threats_config *config, struct threat_rules *rules,
                              struct config_report *report, struct error *err)
{
    enum status status = threat_rules_add_builtin(rules, report, err);

    for (uint32_t i = 0; i < config->file_count && status == OK; i++)
        status = threat_rules_add_file(rules, config->files[i], report, err);
    return status;
}

static void disable_rules(const struct threats_config *config, struct threat_rules *rules)
{
    struct threat_rule *rule;

    for (uint32_t i = 0; i < config->disabled_rule_count; i++) {
        rule = threat_rules_find(rules, config->disabled_rules[i]);
        if (rule)
            rule->disabled = true;
    }
}

enum status threat_book_open(const struct threats_config *config, struct config_report *report,
                             struct threat_book **out, struct error *err)
{
    struct threat_book *book = calloc(1, sizeof(*book));
    enum status status;

    if (!book)
        return error_set(err, FATAL, "out of memory");
    threat_rules_init(&book->rules);
    book->threshold = config->threshold;
    book->engine = matcher_type_find(config->engine);
    if (!book->engine)
        status = error_set(err, REJECT, "the engine '%s' cannot be had here", config->engine);
    else
        status = read_rules(config, &book->rules, report, err);
    disable_rules(config, &book->rules);
    if (status == OK)
        status = compile(book, err);
    if (status) {
        if (report->count && err)
            snprintf(err->text, sizeof(err->text), "%.*s",
                     (int)strcspn(config_report_text(report), "\n"), config_report_text(report));
        threat_book_close(book);
        return status;
    }
    *out = book;
    return OK;
}
