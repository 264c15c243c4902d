/*
 * parse.c - the text of one YAML document into the tree (libyaml).
 *
 * The first syntax error ends the document: what follows it would only be
 * guessed at. Everything that aliases can multiply is copied and counted, so
 * that a small file cannot become a large tree.
 */
#include "common/config/parse.h"

#include <string.h>
#include <yaml.h>

#include "common/config/text.h"

#define ANCHORS_MAX 100 /* far more than anybody names; looking one up is linear */

static const char too_many[] = "more than a configuration can hold";

struct anchor {
    const char *name;
    struct config_node *node;
};

struct parse {
    yaml_parser_t yaml;
    yaml_event_t event; /* the current one */
    struct config_tree *tree;
    const struct config_source *source;
    struct slice text;
    struct anchor anchors[ANCHORS_MAX];
    size_t anchor_count;
    struct buf path;
};

static struct config_node *parse_node(struct parse *parse, size_t depth);

static size_t event_line(const struct parse *parse)
{
    return parse->event.start_mark.line + 1;
}

#define complain(parse, line, ...)                                                                 \
    config_report_add((parse)->tree->report, (parse)->source, line,                                \
                      (parse)->path.len ? buf_str(&(parse)->path) : NULL, __VA_ARGS__)

/* The problem at the current event that ends the document; returns NULL. */
static struct config_node *give_up(struct parse *parse, const char *problem)
{
    complain(parse, event_line(parse), "%s", problem);
    return NULL;
}

static size_t line_of_offset(struct slice text, size_t offset)
{
    size_t line = 1;

    for (size_t i = 0; i < offset && i < text.len; i++)
        line += text.data[i] == '\n';
    return line;
}

/* Whether line `line` (from 1) is indented with a tab, the commonest cause of odd messages. */
static bool has_tab_indent(struct slice text, size_t line)
{
    const char *p = text.data, *end = text.data + text.len;

    while (p < end && --line > 0) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (!p)
            return false;
        p++;
    }
    while (p < end && *p == ' ')
        p++;
    return p < end && *p == '\t';
}

static void report_syntax(struct parse *parse)
{
    const yaml_parser_t *yaml = &parse->yaml;
    const char *problem = yaml->problem ? yaml->problem : "cannot be read";
    size_t line = yaml->problem_mark.line + 1;

    if (yaml->error == YAML_READER_ERROR)
        line = line_of_offset(parse->text, yaml->problem_offset);
    parse->path.len = 0; /* where the parser stumbles says little about which key is wrong */
    if (has_tab_indent(parse->text, line))
        complain(parse, line, "not valid YAML: a tab in the indentation; use spaces");
    else if (yaml->context && yaml->context_mark.line + 1 != line)
        complain(parse, line, "not valid YAML: %s, %s that began on line %zu", problem,
                 yaml->context, yaml->context_mark.line + 1);
    else
        complain(parse, line, "not valid YAML: %s", problem);
}

/* Moves to the next event; false: a syntax error, which is reported. */
static bool next_event(struct parse *parse)
{
    yaml_event_delete(&parse->event);
    if (yaml_parser_parse(&parse->yaml, &parse->event))
        return true;
    memset(&parse->event, 0, sizeof(parse->event));
    report_syntax(parse);
    return false;
}

static struct config_node *make_node(struct parse *parse, enum config_kind kind)
{
    struct config_node *node =
        config_node_make(parse->tree, kind, parse->source, event_line(parse));

    return node ? node : give_up(parse, too_many);
}

static struct slice keep_text(struct parse *parse, const yaml_char_t *text, size_t len)
{
    return config_tree_text(parse->tree, (struct slice){(const char *)text, len});
}

static bool is_null(const yaml_event_t *event)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    const char *text = (const char *)event->data.scalar.value;

    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || event->data.scalar.tag)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static struct config_node *parse_scalar(struct parse *parse)
{
    bool null = is_null(&parse->event);
    struct config_node *node = make_node(parse, null ? KIND_NULL : KIND_TEXT);

    if (!node || null)
        return node;
    node->text = keep_text(parse, parse->event.data.scalar.value, parse->event.data.scalar.length);
    return node->text.data ? node : give_up(parse, "too large");
}

static struct config_node *parse_list(struct parse *parse, size_t depth)
{
    struct config_node *list = make_node(parse, KIND_LIST), *child;
    size_t before = 0;

    while (list && next_event(parse)) {
        if (parse->event.type == YAML_SEQUENCE_END_EVENT)
            return list;
        before = config_path_index(&parse->path, list->count);
        child = parse_node(parse, depth + 1);
        if (!child)
            return NULL;
        parse->path.len = before;
        config_node_append(list, child);
    }
    return NULL;
}

/* Adds the keys of `from` (a mapping, or a list of them) that `mapping` lacks; NULL or a problem.
 */
static const char *merge(struct parse *parse, struct config_node *mapping,
                         const struct config_node *from)
{
    const char *problem = NULL;
    struct config_node *copy;

    if (from->kind != KIND_LIST && from->kind != KIND_MAPPING)
        return "'<<' takes an alias of a mapping, or a list of them";
    for (const struct config_node *child = from->first; child && !problem; child = child->next) {
        if (from->kind == KIND_LIST) {
            problem = merge(parse, mapping, child);
        } else if (!config_node_get(mapping, child->key)) {
            copy = config_node_copy(parse->tree, child);
            if (!copy || mapping->count == CONFIG_KEYS_MAX)
                return too_many;
            config_node_append(mapping, copy);
        }
    }
    return problem;
}

/* Adds one key; its value is the current event or begins with it. */
static bool add_member(struct parse *parse, struct config_node *mapping, struct config_node *merges,
                       const char *key, size_t line, size_t depth)
{
    struct config_node *child = parse_node(parse, depth + 1), *same;

    if (!child)
        return false;
    child->line = line;
    if (strcmp(key, "<<") == 0) {
        config_node_append(merges, child);
        return true;
    }
    same = config_node_get(mapping, key);
    if (same) {
        complain(parse, line, "given twice; first on line %zu", same->line);
        return true;
    }
    child->key = key;
    config_node_append(mapping, child);
    return true;
}

static bool parse_member(struct parse *parse, struct config_node *mapping,
                         struct config_node *merges, size_t depth)
{
    size_t line = event_line(parse), before;
    struct slice key;

    if (parse->event.type != YAML_SCALAR_EVENT)
        return give_up(parse, "a key must be a plain word");
    key = keep_text(parse, parse->event.data.scalar.value, parse->event.data.scalar.length);
    if (!key.data || key.len == 0 || strlen(key.data) != key.len)
        return give_up(parse, "a key must be a plain word");
    if (mapping->count == CONFIG_KEYS_MAX)
        return give_up(parse, too_many);
    before = config_path_key(&parse->path, key.data);
    if (!next_event(parse) || !add_member(parse, mapping, merges, key.data, line, depth))
        return false;
    parse->path.len = before;
    return true;
}

static struct config_node *parse_mapping(struct parse *parse, size_t depth)
{
    struct config_node *mapping = make_node(parse, KIND_MAPPING);
    struct config_node merges = {.kind = KIND_LIST};
    const char *problem;

    while (mapping && next_event(parse)) {
        if (parse->event.type == YAML_MAPPING_END_EVENT) {
            problem = merge(parse, mapping, &merges);
            return problem ? give_up(parse, problem) : mapping;
        }
        if (!parse_member(parse, mapping, &merges, depth))
            return NULL;
    }
    return NULL;
}

/* Never names the anchor: a password that begins with `*` looks like an alias. */
static struct config_node *parse_alias(struct parse *parse, size_t depth)
{
    const char *name = (const char *)parse->event.data.alias.anchor;
    struct config_node *copy;

    for (size_t i = parse->anchor_count; i-- > 0;) {
        if (strcmp(parse->anchors[i].name, name) != 0)
            continue;
        if (depth + parse->anchors[i].node->height > CONFIG_DEPTH_MAX)
            return give_up(parse, "nested too deeply");
        copy = config_node_copy(parse->tree, parse->anchors[i].node);
        if (!copy)
            return give_up(parse, too_many);
        copy->key = NULL;
        return copy;
    }
    return give_up(parse, "`*` begins an alias, and there is no such anchor before it; "
                          "text that begins with `*` needs quotes");
}

static const yaml_char_t *event_anchor(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
           : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                      : event->data.mapping_start.anchor;
}

static const yaml_char_t *event_tag(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT           ? event->data.scalar.tag
           : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.tag
                                                      : event->data.mapping_start.tag;
}

/* The value that begins with the current event. NULL: reported, the document ends here. */
static struct config_node *parse_node(struct parse *parse, size_t depth)
{
    struct anchor anchor = {0};
    enum yaml_event_type_e type = parse->event.type;
    const yaml_char_t *tag, *name;

    if (depth > CONFIG_DEPTH_MAX)
        return give_up(parse, "nested too deeply");
    if (type == YAML_ALIAS_EVENT)
        return parse_alias(parse, depth);
    tag = event_tag(&parse->event);
    if (tag && strncmp((const char *)tag, "tag:yaml.org,2002:", 18) != 0)
        return give_up(parse, "`!` begins a tag, and none is known; "
                              "text that begins with `!` needs quotes");
    name = event_anchor(&parse->event);
    if (name) {
        anchor.name = keep_text(parse, name, strlen((const char *)name)).data;
        if (!anchor.name || parse->anchor_count == ANCHORS_MAX)
            return give_up(parse, too_many);
    }
    anchor.node = type == YAML_SCALAR_EVENT           ? parse_scalar(parse)
                  : type == YAML_SEQUENCE_START_EVENT ? parse_list(parse, depth)
                                                      : parse_mapping(parse, depth);
    if (anchor.node && anchor.name)
        parse->anchors[parse->anchor_count++] = anchor;
    return anchor.node;
}

/* Reads the stream's one document into *root; leaves it alone when there is none. */
static bool parse_stream(struct parse *parse, struct config_node **root)
{
    struct config_node *node;

    if (!next_event(parse) || !next_event(parse))
        return false;
    if (parse->event.type == YAML_STREAM_END_EVENT)
        return true;
    node = next_event(parse) ? parse_node(parse, 1) : NULL;
    if (!node || !next_event(parse) || !next_event(parse))
        return false;
    if (parse->event.type != YAML_STREAM_END_EVENT)
        return give_up(parse, "a second document begins here; one is all there can be");
    if (node->kind == KIND_MAPPING) {
        node->line = 0; /* what is missing at the top is missing on no line */
        *root = node;
    }
    if (node->kind == KIND_MAPPING || node->kind == KIND_NULL)
        return true;
    complain(parse, node->line, "expected a mapping (`key: value`), found %s",
             node->kind == KIND_LIST ? "a list" : "text");
    return false;
}

enum status config_parse(struct config_tree *tree, const struct config_source *source,
                         struct slice text, struct config_node **root, struct error *err)
{
    struct parse parse = {
        .tree = tree, .source = source, .text = text, .path = BUF_INIT(CONFIG_PATH_MAX)};
    struct config_node *node = config_node_make(tree, KIND_MAPPING, source, 0);
    bool good;

    if (!node || !yaml_parser_initialize(&parse.yaml))
        return error_set(err, FATAL, "out of memory");
    yaml_parser_set_input_string(&parse.yaml, (const unsigned char *)text.data, text.len);
    good = text.len <= CONFIG_DOCUMENT_MAX && parse_stream(&parse, &node);
    if (text.len > CONFIG_DOCUMENT_MAX)
        complain(&parse, 0, "larger than %u bytes", CONFIG_DOCUMENT_MAX);
    yaml_event_delete(&parse.event);
    yaml_parser_delete(&parse.yaml);
    buf_release(&parse.path);
    if (!good)
        return error_set(err, REJECT, "'%s' cannot be read", source->name);
    *root = node;
    return OK;
}
