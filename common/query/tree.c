/*
 * tree.c - questions about a tree.
 */
#include "common/query/tree.h"

#include "common/words.h"

static bool pattern_equal(const struct query_pattern *a, const struct query_pattern *b)
{
    if (a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (!slice_equal(a->pieces[i], b->pieces[i]))
            return false;
    return true;
}

static bool network_equal(const struct query_network *a, const struct query_network *b)
{
    return memcmp(a->low, b->low, 16) == 0 && memcmp(a->high, b->high, 16) == 0 &&
           a->above == b->above && a->below == b->below;
}

bool condition_equal(const struct query_condition *a, const struct query_condition *b)
{
    if (a->test != b->test || a->field != b->field || !slice_equal(a->key, b->key))
        return false;
    switch (a->test) {
    case TEST_EXISTS:
        return true;
    case TEST_EQUAL:
    case TEST_EXACT:
    case TEST_WORDS:
        return slice_equal(a->text, b->text);
    case TEST_PATTERN:
    case TEST_WORD:
        return pattern_equal(&a->pattern, &b->pattern);
    case TEST_NUMBER:
    case TEST_TIME:
        return a->range.low == b->range.low && a->range.high == b->range.high;
    case TEST_ADDRESS:
        return network_equal(&a->network, &b->network);
    case TEST_BOOL:
        return a->flag == b->flag;
    }
    return false;
}

static bool node_equal(const struct query_node *a, const struct query_node *b)
{
    if (a->kind != b->kind || a->list != b->list)
        return false;
    if (a->kind == QUERY_CONDITION)
        return condition_equal(&a->condition, &b->condition);
    for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
        if (!node_equal(a, b))
            return false;
    return !a && !b;
}

bool query_equal(const struct query *a, const struct query *b)
{
    return node_equal(a->root, b->root);
}

unsigned tree_nesting(const struct query_node *node)
{
    unsigned deepest = 0;
    bool and = node->kind == QUERY_AND;

    if (node->kind == QUERY_ALL || node->kind == QUERY_CONDITION)
        return 0;
    for (node = node->first; node; node = node->next) {
        /* Negated operands of an AND stand in its own `must_not`. */
        unsigned nesting = tree_nesting(and&&node->kind == QUERY_NOT ? node->first : node);

        if (nesting > deepest)
            deepest = nesting;
    }
    return deepest + 1;
}

static bool add_fields(const struct query_node *node, uint64_t *fields)
{
    enum record_field field = node->condition.field;
    bool words = false;

    if (node->kind == QUERY_CONDITION) {
        if (field == FIELD_COUNT)
            return true;
        fields[field / 64] |= (uint64_t)1 << (field % 64);
    }
    for (node = node->first; node; node = node->next)
        words |= add_fields(node, fields);
    return words;
}

bool query_fields(const struct query *query, uint64_t fields[RECORD_WORDS])
{
    bool words;

    memset(fields, 0, RECORD_WORDS * sizeof(fields[0]));
    words = add_fields(query->root, fields);
    for (unsigned field = 0; words && field < FIELD_COUNT; field++)
        if (record_words_of((enum record_field)field))
            fields[field / 64] |= (uint64_t)1 << (field % 64);
    return words;
}

static bool node_is_slow(const struct query_node *node)
{
    const struct query_condition *condition = &node->condition;

    if (node->kind == QUERY_CONDITION)
        return (condition->test == TEST_PATTERN || condition->test == TEST_WORD) &&
               condition->pattern.pieces[0].len == 0;
    for (node = node->first; node; node = node->next)
        if (node_is_slow(node))
            return true;
    return false;
}

bool query_is_slow(const struct query *query)
{
    return node_is_slow(query->root);
}
