/*
 * mend.c - a tree with problems made loadable.
 */
#include "common/config/mend.h"

/* The content of `from` in the place of what was broken. */
static void take_content(struct config_node *node, const struct config_node *from)
{
    struct config_node *next = node->next;
    const char *key = node->key;

    *node = *from;
    node->next = next;
    node->key = key;
}

static void unlink_after(struct config_node *parent, struct config_node *before,
                         struct config_node *child)
{
    if (before)
        before->next = child->next;
    else
        parent->first = child->next;
    if (parent->last == child)
        parent->last = before;
    parent->count--;
}

/* Deeper than the tree's own limit it does not go. */
void config_mend(struct config_node *root, const struct config_node *defaults)
{
    struct config_node *before = NULL, *next;

    root->is_broken = false;
    for (struct config_node *child = root->first; child; child = next) {
        const struct config_node *other =
            defaults && child->key ? config_node_get(defaults, child->key) : NULL;

        next = child->next;
        if (!child->is_broken && (child->kind == KIND_LIST || child->kind == KIND_MAPPING))
            config_mend(child, other);
        if (child->is_broken && other)
            take_content(child, other);
        if (child->is_broken && !other)
            unlink_after(root, before, child);
        else
            before = child;
    }
}
