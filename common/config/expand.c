/*
 * expand.c - ${NAME}, ${NAME:-default} and ${file:/path} in the values of a tree.
 *
 * Only `${` is special, and `$${` stands for it: a lone dollar is common in
 * passwords, patterns and log formats. What was put in is not expanded again,
 * except a default, which is the user's own text.
 */
#include "common/config/expand.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/text.h"
#include "common/file.h"
#include "common/scope.h"

#define VALUE_MAX (64u << 10) /* bytes of a value or a file put in: certificates, no documents */
#define NEST_MAX  8           /* defaults in defaults */

struct expand {
    struct config_tree *tree;
    struct config_node *node; /* the one being expanded */
    struct buf path, out;
};

static bool expand_text(struct expand *expand, struct slice text, int depth);

#define complain(expand, ...)                                                                      \
    config_report_add((expand)->tree->report, (expand)->node->source, (expand)->node->line,        \
                      buf_str(&(expand)->path), __VA_ARGS__)

static size_t name_len(struct slice text)
{
    size_t n = 0;

    if (text.len && isdigit((unsigned char)text.data[0]))
        return 0;
    while (n < text.len && (isalnum((unsigned char)text.data[n]) || text.data[n] == '_'))
        n++;
    return n;
}

/* Part of a secret may be text that only looks like a reference: then it is not shown. */
static const char *quote(struct config_quoted *quoted, const struct expand *expand,
                         struct slice reference, struct slice shown)
{
    bool is_whole = expand->node->text.len == reference.len + sizeof("${}") - 1;

    return config_quote(quoted, shown, expand->node->secret && !is_whole);
}

static bool expand_file(struct expand *expand, struct slice reference, struct slice name)
{
    scoped_buf struct buf content = BUF_INIT(VALUE_MAX);
    const char *path = config_tree_text(expand->tree, name).data;
    /* a FIFO must not hang us */
    scoped_fd int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct config_quoted quoted;
    int error;

    if (fd < 0 || !file_read_all(fd, &content)) {
        error = path ? errno : ENOMEM;
        complain(expand, "cannot read %s: %s", quote(&quoted, expand, reference, name),
                 strerror(error));
        return false;
    }
    if (content.len && content.data[content.len - 1] == '\n')
        content.len--;
    if (content.len && content.data[content.len - 1] == '\r')
        content.len--;
    buf_add_slice(&expand->out, buf_slice(&content));
    expand->node->secret = true;
    return true;
}

/* The variable's value or NULL. What a variable named like a secret holds is one. */
static const char *variable(struct expand *expand, struct slice name)
{
    const char *copy = config_tree_text(expand->tree, name).data;
    const char *value = copy ? getenv(copy) : NULL;

    if (value && *value && config_key_is_secret(copy))
        expand->node->secret = true;
    return value;
}

static bool expand_variable(struct expand *expand, struct slice reference, struct slice name)
{
    const char *value = variable(expand, name);
    struct config_quoted quoted;

    if (value)
        buf_add_text(&expand->out, value);
    else
        complain(expand, "the environment variable %s is not set; ${NAME:-default} has a default",
                 quote(&quoted, expand, reference, name));
    return value;
}

/* ${NAME:-default}: as in a shell, an empty variable counts as not set. */
static bool expand_default(struct expand *expand, struct slice name, struct slice fallback,
                           int depth)
{
    const char *value = variable(expand, name);

    if (!value || !*value)
        return expand_text(expand, fallback, depth + 1);
    buf_add_text(&expand->out, value);
    return true;
}

/* `reference` is what stands between the braces. */
static bool expand_reference(struct expand *expand, struct slice reference, int depth)
{
    size_t len = name_len(reference);
    struct slice name = {reference.data, len}, rest = {reference.data + len, reference.len - len};

    if (len && rest.len == 0)
        return expand_variable(expand, reference, name);
    if (len && rest.len >= 2 && memcmp(rest.data, ":-", 2) == 0)
        return expand_default(expand, name, (struct slice){rest.data + 2, rest.len - 2}, depth);
    if (slice_is(name, "file") && rest.len > 1 && rest.data[0] == ':')
        return expand_file(expand, reference, (struct slice){rest.data + 1, rest.len - 1});
    complain(expand, "`${` begins neither ${NAME}, ${NAME:-default} nor ${file:/path}; "
                     "write $${ for the text itself");
    return false;
}

/* The length of what follows `${` up to its own closing brace; SIZE_MAX: it is not closed. */
static size_t reference_len(struct slice text)
{
    size_t open = 1;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '{' && i && text.data[i - 1] == '$')
            open++;
        else if (text.data[i] == '}' && --open == 0)
            return i;
    }
    return SIZE_MAX;
}

/* Adds `text`, expanded, to expand->out. */
static bool expand_text(struct expand *expand, struct slice text, int depth)
{
    const char *dollar;
    struct slice behind;
    size_t before, len;

    while (text.len && (dollar = memmem(text.data, text.len, "${", 2))) {
        before = (size_t)(dollar - text.data);
        behind = (struct slice){dollar + 2, text.len - before - 2};
        if (before && dollar[-1] == '$') { /* `$${` */
            buf_add(&expand->out, text.data, before - 1);
            buf_add_text(&expand->out, "${");
            text = behind;
            continue;
        }
        buf_add(&expand->out, text.data, before);
        len = reference_len(behind);
        if (len == SIZE_MAX || depth > NEST_MAX) {
            complain(expand, "%s",
                     len == SIZE_MAX ? "`${` has no `}`; write $${ for the text itself"
                                     : "defaults in defaults are nested too deeply");
            return false;
        }
        if (!expand_reference(expand, (struct slice){behind.data, len}, depth))
            return false;
        text = (struct slice){behind.data + len + 1, behind.len - len - 1};
    }
    buf_add_slice(&expand->out, text);
    return true;
}

static void expand_node(struct expand *expand, struct config_node *node)
{
    struct slice copy;

    if (!node->text.len || !memmem(node->text.data, node->text.len, "${", 2))
        return;
    expand->node = node;
    buf_clear(&expand->out);
    node->is_list_text = true;
    node->is_broken = !expand_text(expand, node->text, 0);
    if (node->is_broken)
        return;
    copy = config_tree_text(expand->tree, buf_slice(&expand->out));
    node->is_broken = expand->out.failed || !copy.data;
    if (node->is_broken)
        complain(expand, "longer than %u bytes when expanded", VALUE_MAX);
    else
        node->text = copy;
}

static void walk(struct expand *expand, struct config_node *node, bool secret)
{
    size_t before = expand->path.len, index = 0;
    struct config_node *child;

    node->secret = secret;
    if (node->kind == KIND_TEXT)
        expand_node(expand, node);
    for (child = node->first; child; child = child->next) {
        if (child->key)
            config_path_key(&expand->path, child->key);
        else
            config_path_index(&expand->path, index++);
        walk(expand, child, secret || (child->key && config_key_is_secret(child->key)));
        expand->path.len = before;
    }
}

void config_expand(struct config_tree *tree, struct config_node *root)
{
    struct expand expand = {
        .tree = tree, .path = BUF_INIT(CONFIG_PATH_MAX), .out = BUF_INIT(VALUE_MAX)};

    walk(&expand, root, false);
    buf_release(&expand.path);
    buf_release(&expand.out);
}
