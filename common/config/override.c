/*
 * override.c - the environment and the command line laid over a tree.
 */
#include "common/config/override.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/config/text.h"
#include "common/scope.h"

#define PREFIX        "ALPEX_"
#define LABEL_MAX     (1u << 10) /* bytes of a variable's name and what is shown behind it */
#define VARIABLES_MAX 1000       /* ALPEX_ variables looked at */

/* Length of `key`, written as in a variable, at the front of `rest`; 0: it is another. */
static size_t match_key(const char *key, const char *rest)
{
    size_t n;
    int c;

    for (n = 0; key[n]; n++) {
        c = isalnum((unsigned char)key[n]) ? toupper((unsigned char)key[n]) : '_';
        if (c != rest[n])
            return 0;
    }
    return n;
}

static size_t match_index(const char *rest)
{
    size_t n = strspn(rest, "0123456789");

    return n > 6 || (n > 1 && rest[0] == '0') ? 0 : n;
}

/* Skips the `_` behind a matched part; NULL: the part goes on, it is not this one. */
static const char *behind(const char *rest, size_t matched)
{
    if (matched == 0 || rest[matched] == '\0')
        return matched ? rest + matched : NULL;
    return rest[matched] == '_' && rest[matched + 1] ? rest + matched + 1 : NULL;
}

/*
 * Finds the key that the variable's `rest` names, and adds its path. Keys hold
 * `_` themselves, so a wrong turn is taken back. NULL: there is none.
 */
static const cyaml_schema_value_t *match(const cyaml_schema_value_t *value, const char *rest,
                                         struct buf *path)
{
    const cyaml_schema_value_t *found = NULL;
    const cyaml_schema_field_t *field;
    size_t before = path->len, n;
    const char *next;

    if (*rest == '\0')
        return value;
    if (value->type == CYAML_SEQUENCE || value->type == CYAML_SEQUENCE_FIXED) {
        n = match_index(rest);
        next = behind(rest, n);
        buf_addf(path, "[%.*s]", (int)n, rest);
        found = next ? match(value->sequence.entry, next, path) : NULL;
    }
    for (field = value->type == CYAML_MAPPING ? value->mapping.fields : NULL;
         field && field->key && !found; field++) {
        path->len = before;
        next = behind(rest, match_key(field->key, rest));
        buf_addf(path, "%s%s", before ? "." : "", field->key);
        found = next ? match(&field->value, next, path) : NULL;
    }
    return found;
}

static enum status set(struct config_tree *tree, struct config_node *root, const char *path,
                       const struct config_source *source, const char *text, struct error *err)
{
    struct slice copy = config_tree_text(tree, slice_of(text));
    struct config_quoted shown;
    struct config_node *node;
    const char *why = NULL;

    if (!source || !copy.data)
        return error_set(err, FATAL, "out of memory");
    node = config_node_reach(tree, root, path, source, &why);
    if (!node) {
        config_report_add(tree->report, source, 0, config_shorten(&shown, slice_of(path)),
                          "cannot be set: %s", why);
        return OK;
    }
    *node = (struct config_node){.next = node->next,
                                 .key = node->key,
                                 .kind = KIND_TEXT,
                                 .is_list_text = true,
                                 .text = copy,
                                 .source = source};
    return OK;
}

static const struct config_source *variable_source(struct config_tree *tree, const char *name)
{
    scoped_buf struct buf label = BUF_INIT(LABEL_MAX);
    struct config_quoted shown;

    buf_addf(&label, "%s (environment)", config_shorten(&shown, slice_of(name)));
    return config_source_make(tree, LAYER_ENVIRONMENT, buf_str(&label));
}

/* An empty variable empties a text or a list; for anything else it is as good as unset. */
static bool is_given(const cyaml_schema_value_t *value, const char *text)
{
    return *text || value->type == CYAML_STRING ||
           (value->type == CYAML_SEQUENCE && value->sequence.entry->type != CYAML_MAPPING);
}

static enum status set_variable(struct config_tree *tree, struct config_node *root,
                                const struct config_schema *schema, const char *variable,
                                struct error *err)
{
    scoped_buf struct buf path = BUF_INIT(CONFIG_PATH_MAX), name = BUF_INIT(LABEL_MAX);
    const char *equals = strchr(variable, '=');
    const cyaml_schema_value_t *value;

    buf_add(&name, variable, (size_t)(equals - variable));
    if (*buf_str(&name) == '\0') /* longer than any of ours */
        return OK;
    value = match(schema->schema, buf_str(&name) + strlen(PREFIX), &path);
    if (path.failed || !value || path.len == 0 || !is_given(value, equals + 1))
        return OK;
    return set(tree, root, buf_str(&path), variable_source(tree, buf_str(&name)), equals + 1, err);
}

static bool is_on(const char *text)
{
    static const char *const words[] = {"1", "true", "yes", "on"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static enum status set_aliases(struct config_tree *tree, struct config_node *root,
                               const struct config_alias *aliases, struct error *err)
{
    const struct config_alias *alias;
    const char *text;

    for (alias = aliases; alias && alias->variable; alias++) {
        text = getenv(alias->variable);
        if (!text || !*text || (alias->value && !is_on(text)))
            continue;
        if (set(tree, root, alias->key, variable_source(tree, alias->variable),
                alias->value ? alias->value : text, err))
            return FATAL;
    }
    return OK;
}

/* By name, 2 before 10: elements of lists are added one behind the other. */
static int compare(const void *a, const void *b)
{
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

enum status config_override_environment(struct config_tree *tree, struct config_node *root,
                                        const struct config_schema *schema, struct error *err)
{
    const char *variables[VARIABLES_MAX];
    size_t count = 0;

    if (set_aliases(tree, root, schema->aliases, err))
        return FATAL;
    for (char **p = environ; p && *p && count < VARIABLES_MAX; p++)
        if (strncmp(*p, PREFIX, strlen(PREFIX)) == 0 && strchr(*p, '='))
            variables[count++] = *p;
    qsort(variables, count, sizeof(variables[0]), compare);
    for (size_t i = 0; i < count; i++)
        if (set_variable(tree, root, schema, variables[i], err))
            return FATAL;
    return OK;
}

enum status config_override_settings(struct config_tree *tree, struct config_node *root,
                                     const char *const *settings, struct error *err)
{
    const struct config_source *source = config_source_make(tree, LAYER_SETTING, "command line");
    struct config_quoted shown;

    for (; settings && *settings; settings++) {
        scoped_buf struct buf path = BUF_INIT(CONFIG_PATH_MAX);
        const char *equals = strchr(*settings, '=');

        if (!equals || equals == *settings) {
            config_report_add(tree->report, source, 0, NULL, "%s is not key=value",
                              config_quote(&shown, slice_of(*settings), false));
            continue;
        }
        buf_add(&path, *settings, (size_t)(equals - *settings));
        if (set(tree, root, buf_str(&path), source, equals + 1, err))
            return FATAL;
    }
    return OK;
}
