/*
 * rules.h - what attacks look like: rules from YAML files, compiled.
 *
 *     category: sql_injection            # of all rules of the file
 *     define:                            # pieces of patterns, used as {{name}}
 *       blank: '[\s/]'
 *     rules:
 *       - id: sqli-union-select          # letters, digits, '-'
 *         about: what it finds, for people
 *         category: …                    # instead of the file's
 *         score: 5                       # 1 to 10; the threshold is 5 unless configured
 *         in: [url]                      # url, path, query, agent, referrer, method, host; [url,
 * agent, referrer] view: text                     # text, plain or sql pattern:
 * union{{blank}}+select # or a list: any of them unless: …                      # the part that was
 * found in has this too: no hit attacks: [/?id=1 union select] # examples, in the form of the first
 * part of `in` benign: [/?q=select union]
 *
 * Patterns are looked for in decoded texts (view.h, with its marks as {{name}}
 * and {{value}}); `text` is these and their squashed and unquoted forms,
 * `plain` only the decoded one, `sql` the shape of sql.h.
 */
#ifndef INDEXER_ENRICH_THREAT_RULES_H
#define INDEXER_ENRICH_THREAT_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/config/report.h"
#include "common/error.h"
#include "indexer/enrich/threat/expression.h"

#define THREAT_RULES_MAX      1000
#define THREAT_CATEGORIES_MAX 64 /* one bit each */
#define THREAT_PATTERNS_MAX   4000
#define THREAT_FILE_MAX       (1u << 20)

enum threat_part { /* bits */
                   PART_PATH = 1,
                   PART_QUERY = 2,
                   PART_AGENT = 4,
                   PART_REFERRER = 8,
                   PART_METHOD = 16,
                   PART_HOST = 32,
};
#define PART_URL (PART_PATH | PART_QUERY)

enum threat_view { RULE_TEXT, RULE_PLAIN, RULE_SQL };

struct threat_example {
    const char *text;
    size_t line;
    bool attack;
};

struct threat_pattern {
    const char *text;
    struct expression *expression;
};

struct threat_rule {
    const char *id, *file;
    size_t line;
    unsigned category; /* index */
    unsigned score, parts;
    unsigned example_part; /* the first of `in` */
    enum threat_view view;
    struct threat_pattern *patterns; /* any of them; of `sql` one, of all alternatives */
    unsigned pattern_count;
    struct expression *unless; /* NULL: none */
    struct threat_example *examples;
    size_t example_count;
    bool disabled;
};

struct threat_rules {
    struct threat_rule rules[THREAT_RULES_MAX];
    unsigned count;
    const char *categories[THREAT_CATEGORIES_MAX];
    unsigned category_count;
    struct arena arena; /* texts */
};

void threat_rules_init(struct threat_rules *rules);

/*
 * Adds the rules of one document; `name` stands in reports. A rule whose id
 * is there already replaces it. REJECT: something is wrong with it, all of
 * which is added to `report`, to be read before `rules` are released. FATAL: no memory.
 */
enum status threat_rules_add(struct threat_rules *rules, const char *name, struct slice text,
                             struct config_report *report, struct error *err);

/* The same for a file. REJECT also when it cannot be read. */
enum status threat_rules_add_file(struct threat_rules *rules, const char *path,
                                  struct config_report *report, struct error *err);

/* The rules that come with the program. */
enum status threat_rules_add_builtin(struct threat_rules *rules, struct config_report *report,
                                     struct error *err);

/* The rule called `id`, or NULL. */
struct threat_rule *threat_rules_find(struct threat_rules *rules, const char *id);

void threat_rules_release(struct threat_rules *rules);

#endif
