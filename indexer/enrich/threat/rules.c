/*
 * rules.c - rules from YAML files.
 */
#include "indexer/enrich/threat/rules.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/document.h"
#include "common/config/parse.h"
#include "common/file.h"
#include "common/scope.h"

#define ARENA_BLOCK (64u << 10)
#define ARENA_MAX   (16u << 20)
#define ID_MAX      64
#define PATTERN_MAX (16u << 10) /* bytes, expanded */
#define NESTING_MAX 5           /* pieces within pieces */
#define SCORE_MAX   10

struct reading { /* of one document */
    struct threat_rules *rules;
    struct config_tree tree;
    struct config_report *report;
    struct config_source *source;
    const char *name;
    const struct config_node *define;
    const char *category;
    struct buf pattern;
    size_t problems;
};

static const struct {
    const char *name;
    unsigned bits;
} parts[] = {
    {"url", PART_URL},     {"path", PART_PATH},         {"query", PART_QUERY},
    {"agent", PART_AGENT}, {"referrer", PART_REFERRER}, {"method", PART_METHOD},
    {"host", PART_HOST},
};

#define complain(reading, node, key, ...)                                                          \
    ((reading)->problems++, config_report_add((reading)->report, (reading)->source,                \
                                              (node) ? (node)->line : 0, key, __VA_ARGS__))

static const char *text_of(const struct config_node *node)
{
    return node && node->kind == KIND_TEXT ? node->text.data : NULL;
}

static const char *keep(struct threat_rules *rules, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_bytes(&rules->arena, size);

    return copy ? memcpy(copy, text, size) : NULL;
}

static bool is_name(const char *text, size_t max)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) &&
            text[i] != '-' && text[i] != '_')
            return false;
    return len > 0 && len <= max;
}

/* Keys that are not known, so that a slip of the pen is no rule without a score. */
static void check_keys(struct reading *reading, const struct config_node *mapping,
                       const char *const *known)
{
    const char *const *name;

    for (const struct config_node *node = mapping->first; node; node = node->next) {
        for (name = known; *name && strcmp(*name, node->key) != 0; name++)
            ;
        if (!*name)
            complain(reading, node, node->key, "unknown key");
    }
}

/* ---- patterns ---- */

static const char *piece(const struct reading *reading, const char *name, size_t len)
{
    char key[ID_MAX + 1];

    if (len == 5 && memcmp(name, "value", 5) == 0)
        return "\\x1f";
    if (len == 4 && memcmp(name, "name", 4) == 0)
        return "\\x1e";
    if (len > ID_MAX)
        return NULL;
    memcpy(key, name, len);
    key[len] = '\0';
    return reading->define ? text_of(config_node_get(reading->define, key)) : NULL;
}

/* Adds `text` with its {{pieces}} put in. */
static bool expand(struct reading *reading, const struct config_node *node, const char *text,
                   int depth)
{
    const char *open, *close, *found;

    while ((open = strstr(text, "{{")) && (close = strstr(open, "}}"))) {
        buf_add(&reading->pattern, text, (size_t)(open - text));
        found = piece(reading, open + 2, (size_t)(close - open - 2));
        if (!found || depth == NESTING_MAX) {
            complain(reading, node, "pattern", "'%.*s' is not defined", (int)(close + 2 - open),
                     open);
            return false;
        }
        buf_add_text(&reading->pattern, "(?:");
        if (!expand(reading, node, found, depth + 1))
            return false;
        buf_add_char(&reading->pattern, ')');
        text = close + 2;
    }
    buf_add_text(&reading->pattern, text);
    return true;
}

/* Compiles what is in reading->pattern. */
static bool add_pattern(struct reading *reading, const struct config_node *node, const char *key,
                        struct threat_pattern *out)
{
    struct error err;

    if (reading->pattern.failed || reading->pattern.len == 0) {
        complain(reading, node, key, "expected a regular expression of 1 to %u bytes", PATTERN_MAX);
        return false;
    }
    out->text = keep(reading->rules, buf_str(&reading->pattern));
    if (out->text && expression_open(out->text, &out->expression, &err) == OK)
        return true;
    complain(reading, node, key, "%s", out->text ? err.text : "out of memory");
    return false;
}

/* All alternatives of a list as one expression; `prefix` sets its options. */
static bool read_joined(struct reading *reading, const struct config_node *node, const char *key,
                        const char *prefix, struct threat_pattern *out)
{
    const struct config_node *child = node->kind == KIND_LIST ? node->first : node;

    buf_clear(&reading->pattern);
    buf_add_text(&reading->pattern, prefix);
    for (; child; child = node->kind == KIND_LIST ? child->next : NULL) {
        if (child != node && child != node->first)
            buf_add_char(&reading->pattern, '|');
        if (!text_of(child) || !expand(reading, child, text_of(child), 0)) {
            complain(reading, child, key, "expected a regular expression or a list of them");
            return false;
        }
    }
    return add_pattern(reading, node, key, out);
}

/* Each alternative as an expression of its own: each has literals of its own. */
static void read_alternatives(struct reading *reading, const struct config_node *node,
                              struct threat_rule *rule)
{
    const struct config_node *child = node->kind == KIND_LIST ? node->first : node;

    for (; child; child = node->kind == KIND_LIST ? child->next : NULL) {
        buf_clear(&reading->pattern);
        if (!text_of(child)) {
            complain(reading, child, "pattern", "expected a regular expression");
            return;
        }
        if (expand(reading, child, text_of(child), 0) &&
            add_pattern(reading, child, "pattern", &rule->patterns[rule->pattern_count]))
            rule->pattern_count++;
    }
}

/* ---- a rule ---- */

static void read_id(struct reading *reading, const struct config_node *node,
                    struct threat_rule *rule)
{
    const struct config_node *id = config_node_get(node, "id");

    rule->line = node->line;
    if (!text_of(id) || !is_name(text_of(id), ID_MAX))
        complain(reading, id ? id : node, "id",
                 "expected lower-case letters, digits, '-' and '_', at most %d", ID_MAX);
    else
        rule->id = keep(reading->rules, text_of(id));
}

static void read_category(struct reading *reading, const struct config_node *node,
                          struct threat_rule *rule)
{
    const struct config_node *own = config_node_get(node, "category");
    struct threat_rules *rules = reading->rules;
    const char *name = own ? text_of(own) : reading->category;

    if (!name || !is_name(name, ID_MAX)) {
        complain(reading, own ? own : node, "category",
                 "expected lower-case letters, digits, '-' and '_', here or for the file");
        return;
    }
    for (rule->category = 0; rule->category < rules->category_count; rule->category++)
        if (strcmp(rules->categories[rule->category], name) == 0)
            return;
    if (rule->category == THREAT_CATEGORIES_MAX)
        complain(reading, node, "category", "more than %d of them", THREAT_CATEGORIES_MAX);
    else
        rules->categories[rules->category_count++] = keep(rules, name);
}

static void read_score(struct reading *reading, const struct config_node *node,
                       struct threat_rule *rule)
{
    const struct config_node *score = config_node_get(node, "score");
    const char *text = text_of(score);
    char *end = NULL;
    long number = text ? strtol(text, &end, 10) : 0;

    if (!text || *end || number < 1 || number > SCORE_MAX)
        complain(reading, score ? score : node, "score", "expected a number from 1 to %d",
                 SCORE_MAX);
    else
        rule->score = (unsigned)number;
}

static unsigned part_bits(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(parts); i++)
        if (strcmp(parts[i].name, name) == 0)
            return parts[i].bits;
    return 0;
}

static void read_parts(struct reading *reading, const struct config_node *node,
                       struct threat_rule *rule)
{
    const struct config_node *in = config_node_get(node, "in"), *child;
    unsigned bits;

    rule->parts = in ? 0 : PART_URL | PART_AGENT | PART_REFERRER;
    rule->example_part = PART_URL;
    if (!in)
        return;
    for (child = in->kind == KIND_LIST ? in->first : in; child;
         child = in->kind == KIND_LIST ? child->next : NULL) {
        bits = part_bits(text_of(child));
        if (!bits)
            complain(reading, child, "in",
                     "expected url, path, query, agent, referrer, method or host");
        if (!rule->parts)
            rule->example_part = bits & PART_URL ? PART_URL : bits;
        rule->parts |= bits;
    }
    if (!rule->parts)
        complain(reading, in, "in", "expected at least one part");
}

static void read_view(struct reading *reading, const struct config_node *node,
                      struct threat_rule *rule)
{
    static const char *const names[] = {
        [RULE_TEXT] = "text", [RULE_PLAIN] = "plain", [RULE_SQL] = "sql"};
    const struct config_node *view = config_node_get(node, "view");

    if (!view)
        return;
    for (size_t i = 0; text_of(view) && i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], text_of(view)) == 0) {
            rule->view = (enum threat_view)i;
            return;
        }
    complain(reading, view, "view", "expected text, plain or sql");
}

static void read_patterns(struct reading *reading, const struct config_node *node,
                          struct threat_rule *rule)
{
    const struct config_node *pattern = config_node_get(node, "pattern");
    const struct config_node *unless = config_node_get(node, "unless");
    struct threat_pattern exception = {0};
    size_t count = pattern && pattern->kind == KIND_LIST ? pattern->count : 1;

    if (!pattern) {
        complain(reading, node, "pattern", "missing");
        return;
    }
    rule->patterns = arena_alloc(&reading->rules->arena, (count + 1) * sizeof(*rule->patterns));
    if (!rule->patterns)
        return;
    memset(rule->patterns, 0, (count + 1) * sizeof(*rule->patterns));
    if (rule->view == RULE_SQL)
        rule->pattern_count +=
            read_joined(reading, pattern, "pattern", "(?-i)", &rule->patterns[0]);
    else
        read_alternatives(reading, pattern, rule);
    if (unless && read_joined(reading, unless, "unless", "", &exception))
        rule->unless = exception.expression;
}

static void release_rule(struct threat_rule *rule)
{
    for (unsigned i = 0; i < rule->pattern_count; i++)
        expression_close(rule->patterns[i].expression);
    expression_close(rule->unless);
}

static size_t count_of(const struct config_node *node)
{
    return node && node->kind == KIND_LIST ? node->count : 0;
}

static void add_examples(struct reading *reading, const struct config_node *list, bool attack,
                         struct threat_rule *rule)
{
    for (const struct config_node *node = count_of(list) ? list->first : NULL; node;
         node = node->next) {
        if (!text_of(node)) {
            complain(reading, node, attack ? "attacks" : "benign", "expected a text");
            continue;
        }
        rule->examples[rule->example_count++] =
            (struct threat_example){keep(reading->rules, text_of(node)), node->line, attack};
    }
}

static void read_examples(struct reading *reading, const struct config_node *node,
                          struct threat_rule *rule)
{
    const struct config_node *attacks = config_node_get(node, "attacks");
    const struct config_node *benign = config_node_get(node, "benign");
    size_t count = count_of(attacks) + count_of(benign);

    if ((attacks && attacks->kind != KIND_LIST) || (benign && benign->kind != KIND_LIST))
        complain(reading, attacks ? attacks : benign, "attacks", "expected a list of texts");
    rule->examples = arena_alloc(&reading->rules->arena, (count + 1) * sizeof(*rule->examples));
    if (!rule->examples)
        return;
    add_examples(reading, attacks, true, rule);
    add_examples(reading, benign, false, rule);
}

static void add_rule(struct reading *reading, const struct threat_rule *rule)
{
    struct threat_rules *rules = reading->rules;
    struct threat_rule *same = threat_rules_find(rules, rule->id);

    if (same) {
        release_rule(same);
        *same = *rule;
        return;
    }
    rules->rules[rules->count++] = *rule;
}

static void read_rule(struct reading *reading, const struct config_node *node)
{
    static const char *const known[] = {"id",      "about",  "category", "score",  "in", "view",
                                        "pattern", "unless", "attacks",  "benign", NULL};
    struct threat_rule rule = {.file = reading->name};
    size_t before = reading->problems;

    if (node->kind != KIND_MAPPING) {
        complain(reading, node, "rules", "expected a rule with id, score and pattern");
        return;
    }
    check_keys(reading, node, known);
    read_id(reading, node, &rule);
    read_category(reading, node, &rule);
    read_score(reading, node, &rule);
    read_parts(reading, node, &rule);
    read_view(reading, node, &rule);
    read_patterns(reading, node, &rule);
    read_examples(reading, node, &rule);
    if (reading->problems == before && reading->rules->count == THREAT_RULES_MAX)
        complain(reading, node, "rules", "more than %d of them", THREAT_RULES_MAX);
    if (reading->problems == before && rule.id && rule.pattern_count && rule.examples)
        add_rule(reading, &rule);
    else
        release_rule(&rule);
}

static void read_document(struct reading *reading, const struct config_node *root)
{
    static const char *const known[] = {"category", "define", "rules", NULL};
    const struct config_node *rules = config_node_get(root, "rules");

    check_keys(reading, root, known);
    reading->category = text_of(config_node_get(root, "category"));
    reading->define = config_node_get(root, "define");
    if (!rules || rules->kind != KIND_LIST) {
        complain(reading, rules, "rules", "expected a list of rules");
        return;
    }
    for (const struct config_node *node = rules->first; node; node = node->next)
        read_rule(reading, node);
}

enum status threat_rules_add(struct threat_rules *rules, const char *name, struct slice text,
                             struct config_report *report, struct error *err)
{
    struct reading reading = {.rules = rules, .report = report, .pattern = BUF_INIT(PATTERN_MAX)};
    struct config_node *root;
    size_t before = report->count;
    enum status status;

    config_tree_init(&reading.tree, report);
    reading.source = arena_alloc(&rules->arena, sizeof(*reading.source)); /* outlives the tree */
    reading.name = keep(rules, name);
    if (!reading.source || !reading.name) {
        status = error_set(err, FATAL, "out of memory");
    } else {
        *reading.source = (struct config_source){LAYER_FILE, reading.name};
        status = config_parse(&reading.tree, reading.source, text, &root, err);
    }
    if (status == OK)
        read_document(&reading, root);
    if (status != FATAL && report->count > before)
        status = error_set(err, REJECT, "the rules of '%s' have problems", name);
    config_tree_release(&reading.tree);
    buf_release(&reading.pattern);
    return status;
}

enum status threat_rules_add_file(struct threat_rules *rules, const char *path,
                                  struct config_report *report, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(THREAT_FILE_MAX);
    enum status status = file_read(path, &text, err);

    return status ? status : threat_rules_add(rules, path, buf_slice(&text), report, err);
}

struct threat_rule *threat_rules_find(struct threat_rules *rules, const char *id)
{
    for (unsigned i = 0; i < rules->count; i++)
        if (strcmp(rules->rules[i].id, id) == 0)
            return &rules->rules[i];
    return NULL;
}

void threat_rules_init(struct threat_rules *rules)
{
    *rules = (struct threat_rules){0};
    arena_init(&rules->arena, ARENA_BLOCK, ARENA_MAX);
}

void threat_rules_release(struct threat_rules *rules)
{
    for (unsigned i = 0; i < rules->count; i++)
        release_rule(&rules->rules[i]);
    arena_release(&rules->arena);
}
