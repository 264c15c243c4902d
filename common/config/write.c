/*
 * write.c - a checked tree as YAML, in order of the schema.
 *
 * Written by hand because libyaml writes no comments; what is printed can be
 * loaded again, but for its secrets.
 */
#include "common/config/write.h"

#include <ctype.h>
#include <string.h>

#include "common/config/text.h"
#include "common/scope.h"

#define INDENT 2

struct write {
    struct buf *out;
    enum config_audience audience;
};

static void write_node(struct write *write, const cyaml_schema_value_t *value,
                       const struct config_node *node, size_t indent);

/* In double quotes: what YAML does not print, or takes for a line break, is escaped. */
static void write_quoted(struct buf *out, struct slice text)
{
    uint32_t code = 0;
    size_t len;

    buf_add_char(out, '"');
    while (text.len) {
        len = config_utf8(text, &code);
        if (code == '"' || code == '\\')
            buf_addf(out, "\\%c", (char)code);
        else if (code == '\n')
            buf_add_text(out, "\\n");
        else if (code < 0x20 || (code >= 0x7f && code <= 0xa0))
            buf_addf(out, "\\x%02x", code);
        else if (code == 0x2028 || code == 0x2029 || code == 0xfeff || code >= 0xfffe)
            buf_addf(out, "\\U%08x", code);
        else
            buf_add(out, text.data, len);
        len = len ? len : 1; /* checked before: only for safety */
        text = (struct slice){text.data + len, text.len - len};
    }
    buf_add_char(out, '"');
}

/* Whether a reader, and any YAML parser, takes `text` for the same text without quotes. */
static bool is_plain(struct slice text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n"};

    if (text.len == 0 || !(isalpha((unsigned char)text.data[0]) || text.data[0] == '/'))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.data[i]) && !strchr("_./@+-", text.data[i]) &&
            !(text.data[i] == ':' && i + 1 < text.len && text.data[i + 1] != ' '))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (text.len == strlen(words[i]) && strncasecmp(text.data, words[i], text.len) == 0)
            return false;
    return true;
}

/* Doubles the dollar before `{`, so that what is printed is not expanded when it is loaded. */
static void escape_dollars(struct buf *out, struct slice text)
{
    const char *dollar;
    size_t before;

    while (text.len && (dollar = memmem(text.data, text.len, "${", 2))) {
        before = (size_t)(dollar - text.data);
        buf_add(out, text.data, before);
        buf_add_text(out, "$${");
        text = (struct slice){dollar + 2, text.len - before - 2};
    }
    buf_add_slice(out, text);
}

static void write_for_readers(struct write *write, const struct config_node *node)
{
    scoped_buf struct buf masked = BUF_INIT(write->out->max), text = BUF_INIT(write->out->max);

    if (node->secret && node->text.len)
        buf_add_text(&text, CONFIG_MASK);
    else
        config_mask_urls(&masked, node->text);
    escape_dollars(&text, buf_slice(&masked));
    write->out->failed |= masked.failed || text.failed;
    if (is_plain(buf_slice(&text)))
        buf_add_slice(write->out, buf_slice(&text));
    else
        write_quoted(write->out, buf_slice(&text));
}

static void write_scalar(struct write *write, const struct config_node *node)
{
    bool for_readers = write->audience == FOR_READERS;

    if (node->is_number && !(node->secret && for_readers))
        buf_add_slice(write->out, for_readers && node->written.len ? node->written : node->text);
    else if (for_readers)
        write_for_readers(write, node);
    else
        write_quoted(write->out, node->text);
}

static bool is_written(const cyaml_schema_field_t *field, const struct config_node *child)
{
    return child && child->kind != KIND_NULL && field->value.type != CYAML_IGNORE;
}

static bool is_empty(const cyaml_schema_value_t *value, const struct config_node *node)
{
    const cyaml_schema_field_t *field;

    if (node->kind != KIND_MAPPING)
        return node->kind == KIND_LIST && node->count == 0;
    for (field = value->mapping.fields; field->key; field++)
        if (is_written(field, config_node_get(node, field->key)))
            return false;
    return true;
}

/* Says where a value comes from, unless it is the default. */
static void write_origin(struct write *write, const struct config_node *node)
{
    struct config_quoted name;

    if (write->audience != FOR_READERS || node->source->layer == LAYER_DEFAULTS)
        return;
    buf_addf(write->out, "  # %s", config_shorten(&name, slice_of(node->source->name)));
    if (node->line)
        buf_addf(write->out, ":%zu", node->line);
}

static void write_field(struct write *write, const cyaml_schema_field_t *field,
                        const struct config_node *node, size_t indent)
{
    bool is_inline = node->kind == KIND_TEXT || is_empty(&field->value, node);

    buf_addf(write->out, "%s:", field->key);
    if (!is_inline) {
        if (node->kind == KIND_LIST)
            write_origin(write, node);
        buf_addf(write->out, "\n%*s", (int)(indent + INDENT), "");
        write_node(write, &field->value, node, indent + INDENT);
        return;
    }
    buf_add_char(write->out, ' ');
    write_node(write, &field->value, node, indent);
    write_origin(write, node);
}

/* Begins on the current line, which is indented already, and ends without a line break. */
static void write_mapping(struct write *write, const cyaml_schema_value_t *value,
                          const struct config_node *node, size_t indent)
{
    const cyaml_schema_field_t *field;
    const struct config_node *child;
    bool is_first = true;

    for (field = value->mapping.fields; field->key; field++) {
        child = config_node_get(node, field->key);
        if (!is_written(field, child))
            continue;
        if (!is_first)
            buf_addf(write->out, "\n%*s", (int)indent, "");
        is_first = false;
        write_field(write, field, child, indent);
    }
}

static void write_list(struct write *write, const cyaml_schema_value_t *value,
                       const struct config_node *node, size_t indent)
{
    const cyaml_schema_value_t *entry = value->type == CYAML_FLAGS ? value : value->sequence.entry;

    for (const struct config_node *child = node->first; child; child = child->next) {
        if (child != node->first)
            buf_addf(write->out, "\n%*s", (int)indent, "");
        buf_add_text(write->out, "- ");
        write_node(write, entry, child, indent + INDENT);
    }
}

static void write_node(struct write *write, const cyaml_schema_value_t *value,
                       const struct config_node *node, size_t indent)
{
    if (node->kind == KIND_TEXT)
        write_scalar(write, node);
    else if (is_empty(value, node))
        buf_add_text(write->out, node->kind == KIND_LIST ? "[]" : "{}");
    else if (node->kind == KIND_LIST)
        write_list(write, value, node, indent);
    else
        write_mapping(write, value, node, indent);
}

void config_write(struct buf *out, const cyaml_schema_value_t *schema,
                  const struct config_node *root, enum config_audience audience)
{
    struct write write = {out, audience};

    write_node(&write, schema, root, 0);
    buf_add_char(out, '\n');
}
