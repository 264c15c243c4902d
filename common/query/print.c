/*
 * print.c - a tree as text again, and as a picture of itself.
 *
 * Values are printed as they were written: what "now-15m" or 1.5s meant is in
 * the tree, what the user wants to read is not.
 */
#include "common/query/tree.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/query/lex.h"
#include "common/query/number.h"

static void print_node(const struct query_node *node, struct buf *out);

static void print_condition(const struct query_condition *condition, const char *op,
                            struct buf *out)
{
    const char *blank = operator_compares(condition->op) ? " " : "";

    buf_add_slice(out, condition->name);
    if (condition->name.len)
        buf_addf(out, "%s%s%s", blank, op, blank);
    buf_add_slice(out, condition->raw);
}

static void print_group(const struct query_node *node, struct buf *out)
{
    bool group = node->kind == QUERY_AND || (node->kind == QUERY_OR && !node->list);

    if (group)
        buf_add_char(out, '(');
    print_node(node, out);
    if (group)
        buf_add_char(out, ')');
}

static void print_list(const struct query_node *node, struct buf *out)
{
    const struct query_condition *first = &node->first->condition;

    buf_add_slice(out, first->name);
    buf_add_char(out, ':');
    if (operator_compares(first->op))
        buf_add_text(out, operator_text(first->op));
    for (const struct query_node *value = node->first; value; value = value->next) {
        buf_add_text(out, value == node->first ? "(" : " or ");
        buf_add_slice(out, value->condition.raw);
    }
    buf_add_char(out, ')');
}

static void print_operands(const struct query_node *node, struct buf *out)
{
    const char *join = node->kind == QUERY_AND ? " and " : " or ";

    for (const struct query_node *operand = node->first; operand; operand = operand->next) {
        if (operand != node->first)
            buf_add_text(out, join);
        if (node->kind == QUERY_AND)
            print_group(operand, out);
        else
            print_node(operand, out); /* "and" binds tighter */
    }
}

static bool is_exact(const struct query_node *node)
{
    return node->kind == QUERY_CONDITION && node->condition.op == OPERATOR_EXACT;
}

static void print_node(const struct query_node *node, struct buf *out)
{
    switch (node->kind) {
    case QUERY_ALL:
        buf_add_char(out, '*');
        break;
    case QUERY_AND:
        print_operands(node, out);
        break;
    case QUERY_OR:
        if (node->list)
            print_list(node, out);
        else
            print_operands(node, out);
        break;
    case QUERY_NOT:
        if (is_exact(node->first)) {
            print_condition(&node->first->condition, "!=", out);
            break;
        }
        buf_add_text(out, "not ");
        print_group(node->first, out);
        break;
    case QUERY_CONDITION:
        print_condition(&node->condition, operator_text(node->condition.op), out);
        break;
    }
}

void query_print(const struct query *query, struct buf *out)
{
    if (!query->empty)
        print_node(query->root, out);
}

static void explain_pattern(const struct query_pattern *pattern, struct buf *out)
{
    for (unsigned i = 0; i < pattern->count; i++) {
        if (i > 0)
            buf_add_text(out, " * ");
        buf_addf(out, "\"%.*s\"", SLICE_FMT(pattern->pieces[i]));
    }
}

static void explain_network(const struct query_condition *condition, struct buf *out)
{
    const struct query_network *network = &condition->network;
    char low[48], high[48];

    address_print(network->low, low);
    address_print(network->high, high);
    if (network->above || network->below)
        buf_addf(out, "%s %s", operator_text(condition->op), network->above ? high : low);
    else
        buf_addf(out, "%s..%s", low, high);
}

static void explain_range(const struct query_condition *condition, struct buf *out)
{
    char low[TIMESTAMP_TEXT_MAX + 1] = "", high[TIMESTAMP_TEXT_MAX + 1] = "";
    const struct query_range *range = &condition->range;
    bool time = condition->test == TEST_TIME;

    if (range->low != RANGE_OPEN_LOW && time)
        low[timestamp_print(timestamp_from_ms(range->low), low)] = '\0';
    else if (range->low != RANGE_OPEN_LOW)
        snprintf(low, sizeof(low), "%" PRId64, range->low);
    if (range->high != RANGE_OPEN_HIGH && time)
        high[timestamp_print(timestamp_from_ms(range->high), high)] = '\0';
    else if (range->high != RANGE_OPEN_HIGH)
        snprintf(high, sizeof(high), "%" PRId64, range->high);
    buf_addf(out, "%s..%s", low, high);
}

static void explain_condition(const struct query_condition *condition, struct buf *out)
{
    static const char *const tests[] = {
        [TEST_EXISTS] = "exists", [TEST_EQUAL] = "equals, any case",
        [TEST_EXACT] = "equals",  [TEST_PATTERN] = "matches",
        [TEST_NUMBER] = "in",     [TEST_TIME] = "in",
        [TEST_ADDRESS] = "in",    [TEST_BOOL] = "is",
        [TEST_WORDS] = "words",   [TEST_WORD] = "word",
    };

    if (condition->field < FIELD_COUNT)
        buf_addf(out, "%s%s%.*s ", record_fields[condition->field].name,
                 condition->key.len ? "." : "", SLICE_FMT(condition->key));
    buf_addf(out, "%s ", tests[condition->test]);
    switch (condition->test) {
    case TEST_EXISTS:
        break;
    case TEST_EQUAL:
    case TEST_EXACT:
    case TEST_WORDS:
        buf_addf(out, "\"%.*s\"", SLICE_FMT(condition->text));
        break;
    case TEST_PATTERN:
    case TEST_WORD:
        explain_pattern(&condition->pattern, out);
        break;
    case TEST_NUMBER:
    case TEST_TIME:
        explain_range(condition, out);
        break;
    case TEST_ADDRESS:
        explain_network(condition, out);
        break;
    case TEST_BOOL:
        buf_add_text(out, condition->flag ? "true" : "false");
        break;
    }
}

static void explain_node(const struct query_node *node, int indent, struct buf *out)
{
    static const char *const kinds[] = {
        [QUERY_ALL] = "everything", [QUERY_AND] = "and", [QUERY_OR] = "or", [QUERY_NOT] = "not"};

    buf_addf(out, "%*s", 2 * indent, "");
    if (node->kind == QUERY_CONDITION)
        explain_condition(&node->condition, out);
    else
        buf_add_text(out, kinds[node->kind]);
    buf_add_char(out, '\n');
    for (const struct query_node *operand = node->first; operand; operand = operand->next)
        explain_node(operand, indent + 1, out);
}

void query_explain(const struct query *query, struct buf *out)
{
    explain_node(query->root, 0, out);
}
