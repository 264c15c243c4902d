/*
 * bot_list.c - the files of words by which bots are known (YAML).
 */
#include "indexer/enrich/bot_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/config/parse.h"
#include "common/embed.h"
#include "common/file.h"
#include "common/scope.h"
#include "indexer/enrich/literals.h"

EMBED(bots, "configs/bots.yaml");

#define ARENA_BLOCK  (32u << 10)
#define ARENA_MAX    (16u << 20)
#define PATTERNS_MAX 50000

struct loader {
    struct bot_list *list;
    struct slice *texts; /* of the patterns */
    size_t cap;
    struct config_tree tree; /* of the file that is read */
    struct config_report report;
    const struct config_source *source;
    bool no_memory;
};

/* What is wrong, and where: path "bots.monitor.Nagios" and the line of `node`. */
static void complain(struct loader *loader, const struct config_node *node, const char *path,
                     const char *problem)
{
    config_report_add(&loader->report, loader->source, node->line, path, "%s", problem);
}

static const char *keep_text(struct loader *loader, struct slice s)
{
    char *copy = arena_bytes(&loader->list->arena, s.len + 1);

    if (!copy) {
        loader->no_memory = true;
        return "";
    }
    memcpy(copy, s.data, s.len);
    copy[s.len] = '\0';
    return copy;
}

static bool make_room(struct loader *loader)
{
    size_t cap = loader->cap ? loader->cap * 2 : 4096;
    struct bot_pattern *patterns;
    struct slice *texts;

    if (loader->list->pattern_count < loader->cap)
        return true;
    if (loader->list->pattern_count >= PATTERNS_MAX)
        return false;
    patterns = realloc(loader->list->patterns, cap * sizeof(*patterns));
    if (patterns)
        loader->list->patterns = patterns;
    texts = realloc(loader->texts, cap * sizeof(*texts));
    if (texts)
        loader->texts = texts;
    if (!patterns || !texts)
        return false;
    loader->cap = cap;
    return true;
}

static bool is_word(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.data[i]) && !strchr("*^$_-", text.data[i]))
            return false;
    return true;
}

static void add_pattern(struct loader *loader, const struct config_node *node, const char *path,
                        struct slice text, struct bot_pattern pattern)
{
    struct error err;

    if (literals_check(text, &err)) {
        complain(loader, node, path, err.text);
        return;
    }
    if (!make_room(loader)) {
        loader->no_memory = true;
        return;
    }
    pattern.is_word = is_word(text);
    text.data = keep_text(loader, text);
    loader->list->patterns[loader->list->pattern_count] = pattern;
    loader->texts[loader->list->pattern_count++] = text;
}

/* A pattern or a list of them. */
static void add_patterns(struct loader *loader, const struct config_node *node, const char *path,
                         struct bot_pattern pattern)
{
    if (node->kind == KIND_TEXT) {
        add_pattern(loader, node, path, node->text, pattern);
        return;
    }
    if (node->kind != KIND_LIST) {
        complain(loader, node, path, "expected a pattern or a list of patterns");
        return;
    }
    for (const struct config_node *item = node->first; item; item = item->next) {
        if (item->kind == KIND_TEXT)
            add_pattern(loader, item, path, item->text, pattern);
        else
            complain(loader, item, path, "expected a pattern: text");
    }
}

/* What other bots are made with, or call themselves as well. */
static bool steps_back(const char *category)
{
    static const char *const behind[] = {"http_library", "headless_browser", "generic"};

    for (size_t i = 0; i < ARRAY_LEN(behind); i++)
        if (strcmp(category, behind[i]) == 0)
            return true;
    return false;
}

static bool is_category(const char *text)
{
    size_t len = strlen(text);

    for (const char *p = text; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '_')
            return false;
    return len > 0 && len < BOT_CATEGORY_MAX;
}

/* `bots` and `bare`: category: name: patterns; a name without patterns is its own. */
static void add_names(struct loader *loader, const struct config_node *category,
                      struct bot_pattern pattern)
{
    char path[2 * BOT_NAME_MAX + 8];

    for (const struct config_node *node = category->first; node; node = node->next) {
        snprintf(path, sizeof(path), "%s.%s.%.60s", pattern.is_bare ? "bare" : "bots",
                 category->key, node->key);
        if (strlen(node->key) >= BOT_NAME_MAX) {
            complain(loader, node, path, "the name is too long; at most 63 bytes");
            continue;
        }
        pattern.name = keep_text(loader, slice_of(node->key));
        if (node->kind == KIND_NULL)
            add_pattern(loader, node, path, slice_of(node->key), pattern);
        else
            add_patterns(loader, node, path, pattern);
        loader->list->name_count++;
    }
}

/* The categories below `bots`, `bare` and `words`. */
static void add_categories(struct loader *loader, const struct config_node *section,
                           enum bot_pattern_kind kind)
{
    char path[BOT_CATEGORY_MAX + 16];

    if (section->kind != KIND_MAPPING) {
        complain(loader, section, section->key, "expected categories");
        return;
    }
    for (const struct config_node *node = section->first; node; node = node->next) {
        struct bot_pattern pattern = {
            .name = "", .kind = kind, .is_bare = strcmp(section->key, "bare") == 0};

        snprintf(path, sizeof(path), "%s.%.31s", section->key, node->key);
        if (!is_category(node->key)) {
            complain(loader, node, path,
                     "expected a category: at most 31 lower-case letters, digits and '_'");
            continue;
        }
        pattern.category = keep_text(loader, slice_of(node->key));
        pattern.steps_back = steps_back(node->key);
        if (kind == BOT_PATTERN_WORD)
            add_patterns(loader, node, path, pattern);
        else if (node->kind == KIND_MAPPING)
            add_names(loader, node, pattern);
        else
            complain(loader, node, path, "expected names with their patterns");
    }
}

static void add_section(struct loader *loader, const struct config_node *node)
{
    struct bot_pattern pattern = {.name = "", .category = ""};

    if (node->kind == KIND_NULL)
        return;
    if (strcmp(node->key, "bots") == 0 || strcmp(node->key, "bare") == 0) {
        add_categories(loader, node, BOT_PATTERN_NAME);
    } else if (strcmp(node->key, "words") == 0) {
        add_categories(loader, node, BOT_PATTERN_WORD);
    } else if (strcmp(node->key, "people") == 0 || strcmp(node->key, "devices") == 0) {
        pattern.kind = *node->key == 'p' ? BOT_PATTERN_PEOPLE : BOT_PATTERN_DEVICE;
        add_patterns(loader, node, node->key, pattern);
    } else {
        complain(loader, node, node->key,
                 "unknown key; expected bots, bare, words, people or devices");
    }
}

/* Reads one document. REJECT: *err has its first problem. */
static enum status read_document(struct loader *loader, const char *name, struct slice text,
                                 struct error *err)
{
    struct config_node *root;
    enum status status;

    config_report_init(&loader->report);
    config_tree_init(&loader->tree, &loader->report);
    loader->source = config_source_make(&loader->tree, LAYER_FILE, name);
    status = loader->source ? config_parse(&loader->tree, loader->source, text, &root, err)
                            : error_set(err, FATAL, "out of memory");
    if (status == OK)
        for (const struct config_node *node = root->first; node; node = node->next)
            add_section(loader, node);
    if (status != FATAL && loader->report.count) {
        const char *problems = config_report_text(&loader->report);

        status = error_set(err, REJECT, "%.*s", (int)strcspn(problems, "\n"), problems);
    }
    config_tree_release(&loader->tree);
    config_report_release(&loader->report);
    if (status == OK && loader->no_memory)
        return error_set(err, FATAL, "no room for the patterns of '%s'", name);
    return status;
}

static enum status read_file(struct loader *loader, const char *path, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(CONFIG_DOCUMENT_MAX);

    if (file_read(path, &text, err))
        return err->status;
    return read_document(loader, path, (struct slice){buf_str(&text), text.len}, err);
}

static enum status load(struct loader *loader, char *const *files, size_t count, struct error *err)
{
    enum status status = read_document(loader, "bots.yaml", slice_of(embedded_bots), err);

    for (size_t i = 0; i < count && status == OK; i++)
        status = read_file(loader, files[i], err);
    if (status == OK)
        status =
            literals_open(loader->texts, loader->list->pattern_count, &loader->list->literals, err);
    return status;
}

enum status bot_list_open(char *const *files, size_t count, struct bot_list **out,
                          struct error *err)
{
    struct loader loader = {.list = calloc(1, sizeof(struct bot_list))};
    enum status status;

    if (!loader.list)
        return error_set(err, FATAL, "out of memory");
    arena_init(&loader.list->arena, ARENA_BLOCK, ARENA_MAX);
    status = load(&loader, files, count, err);
    free(loader.texts);
    if (status == OK)
        *out = loader.list;
    else
        bot_list_close(loader.list);
    return status;
}

void bot_list_close(struct bot_list *list)
{
    if (!list)
        return;
    literals_close(list->literals);
    free(list->patterns);
    arena_release(&list->arena);
    free(list);
}
