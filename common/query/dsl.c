/*
 * dsl.c - a tree as Elasticsearch DSL; filter context only, nothing is scored.
 *
 * Times are asked for as "from, and before": with a bound that is included or
 * excluded Elasticsearch rounds what a time leaves out, with these it does not.
 */
#include "common/query/tree.h"

#include <inttypes.h>

#include "common/json_text.h"
#include "common/query/number.h"

#define YEAR_10000_MS 253402300800000 /* no bound: timestamps have years of four digits */

static void add_node(const struct query_node *node, struct buf *out);

/* "field": */
static void add_field(struct buf *out, const struct query_condition *condition)
{
    if (condition->field == FIELD_COUNT)
        buf_add_text(out, "\"text\"");
    else
        buf_addf(out, "\"%s%s%.*s\"", record_fields[condition->field].name,
                 condition->key.len ? "." : "", SLICE_FMT(condition->key));
}

static void open_query(struct buf *out, const char *type, const struct query_condition *condition)
{
    buf_addf(out, "{\"%s\":{", type);
    add_field(out, condition);
    buf_add_char(out, ':');
}

/* {"term":{"field":"text"}}, with `any_case` as an object with the option. */
static void add_text_query(struct buf *out, const char *type,
                           const struct query_condition *condition, struct slice text,
                           bool any_case)
{
    open_query(out, type, condition);
    if (any_case)
        buf_add_text(out, "{\"value\":");
    json_add_string(out, text, NULL);
    buf_add_text(out, any_case ? ",\"case_insensitive\":true}}}" : "}}");
}

/* Wildcard's own special characters, where they are meant as they are. */
static void add_escaped(struct buf *out, struct slice piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        if (piece.data[i] == '*' || piece.data[i] == '?' || piece.data[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, piece.data[i]);
    }
}

static void add_pattern(struct buf *out, const struct query_condition *condition)
{
    const struct query_pattern *pattern = &condition->pattern;
    bool any_case = condition->test == TEST_PATTERN; /* words are lower case on both sides */
    scoped_buf struct buf text = BUF_INIT(4 * QUERY_BYTES_MAX);

    if (pattern->count == 2 && pattern->pieces[1].len == 0) {
        add_text_query(out, "prefix", condition, pattern->pieces[0], any_case);
        return;
    }
    for (unsigned i = 0; i < pattern->count; i++) {
        if (i > 0)
            buf_add_char(&text, '*');
        add_escaped(&text, pattern->pieces[i]);
    }
    out->failed |= text.failed;
    add_text_query(out, "wildcard", condition, buf_slice(&text), any_case);
}

static void add_member(struct buf *out, const char *name)
{
    if (out->len && out->data[out->len - 1] != '{')
        buf_add_char(out, ',');
    buf_addf(out, "\"%s\":", name);
}

static bool is_one_number(const struct query_condition *condition)
{
    return condition->test == TEST_NUMBER && condition->range.low == condition->range.high &&
           (condition->op == OPERATOR_COLON || condition->op == OPERATOR_EXACT);
}

static void add_number(struct buf *out, const struct query_condition *condition)
{
    const struct query_range *range = &condition->range;
    bool gt = condition->op == OPERATOR_GT, lt = condition->op == OPERATOR_LT;

    if (is_one_number(condition)) {
        open_query(out, "term", condition);
        buf_addf(out, "%" PRId64 "}}", range->low);
        return;
    }
    open_query(out, "range", condition);
    buf_add_char(out, '{');
    if (range->low != RANGE_OPEN_LOW) {
        add_member(out, gt ? "gt" : "gte");
        buf_addf(out, "%" PRId64, range->low - gt);
    }
    if (range->high != RANGE_OPEN_HIGH) {
        add_member(out, lt ? "lt" : "lte");
        buf_addf(out, "%" PRId64, range->high + lt);
    }
    buf_add_text(out, "}}}");
}

/* Fractions only where there are any. */
static void add_time(struct buf *out, int64_t ms)
{
    char text[TIMESTAMP_TEXT_MAX];
    size_t len = timestamp_print(timestamp_from_ms(ms), text);

    if (ms % 1000 == 0)
        len = sizeof("2026-11-21T12:00:00") - 1;
    buf_addf(out, "\"%.*s%s\"", (int)len, text, ms % 1000 == 0 ? "Z" : "");
}

static void add_times(struct buf *out, const struct query_condition *condition)
{
    const struct query_range *range = &condition->range;

    open_query(out, "range", condition);
    buf_add_char(out, '{');
    if (range->low != RANGE_OPEN_LOW) {
        add_member(out, "gte");
        add_time(out, range->low);
    }
    if (range->high != RANGE_OPEN_HIGH && range->high + 1 < YEAR_10000_MS) {
        add_member(out, "lt");
        add_time(out, range->high + 1);
    }
    buf_add_text(out, "}}}");
}

static void add_address(struct buf *out, const char *member, const uint8_t address[16])
{
    char text[48];

    address_print(address, text);
    add_member(out, member);
    buf_addf(out, "\"%s\"", text);
}

static bool is_v4(const struct query_network *network)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(network->low, mapped, sizeof(mapped)) == 0;
}

static void add_network(struct buf *out, const struct query_condition *condition)
{
    const struct query_network *network = &condition->network;
    char text[48];

    if (network->bits >= 0) {
        open_query(out, "term", condition);
        address_print(network->low, text);
        buf_addf(out, "\"%s", text);
        if (network->bits < 128)
            buf_addf(out, "/%d", network->bits - (is_v4(network) ? 96 : 0));
        buf_add_text(out, "\"}}");
        return;
    }
    open_query(out, "range", condition);
    buf_add_char(out, '{');
    if (condition->op != OPERATOR_LT && condition->op != OPERATOR_LE)
        add_address(out, network->above ? "gt" : "gte",
                    network->above ? network->high : network->low);
    if (condition->op != OPERATOR_GT && condition->op != OPERATOR_GE)
        add_address(out, network->below ? "lt" : "lte",
                    network->below ? network->low : network->high);
    buf_add_text(out, "}}}");
}

static void add_condition(const struct query_condition *condition, struct buf *out)
{
    switch (condition->test) {
    case TEST_EXISTS:
        buf_add_text(out, "{\"exists\":{\"field\":");
        add_field(out, condition);
        buf_add_text(out, "}}");
        break;
    case TEST_EQUAL:
        add_text_query(out, "term", condition, condition->text, true);
        break;
    case TEST_EXACT:
        add_text_query(out, "term", condition, condition->text, false);
        break;
    case TEST_PATTERN:
    case TEST_WORD:
        add_pattern(out, condition);
        break;
    case TEST_NUMBER:
        add_number(out, condition);
        break;
    case TEST_TIME:
        add_times(out, condition);
        break;
    case TEST_ADDRESS:
        add_network(out, condition);
        break;
    case TEST_BOOL:
        open_query(out, "term", condition);
        buf_add_text(out, condition->flag ? "true}}" : "false}}");
        break;
    case TEST_WORDS:
        add_text_query(
            out, memchr(condition->text.data, ' ', condition->text.len) ? "match_phrase" : "term",
            condition, condition->text, false);
        break;
    }
}

static void add_comma(struct buf *out)
{
    if (out->len && out->data[out->len - 1] != '[')
        buf_add_char(out, ',');
}

/* Operands of an AND that are, or are not, negated. False when there are none. */
static bool add_clause(const struct query_node *node, bool negated, struct buf *out)
{
    bool any = false;

    for (const struct query_node *operand = node->first; operand; operand = operand->next)
        any |= (operand->kind == QUERY_NOT) == negated;
    if (!any)
        return false;
    add_member(out, negated ? "must_not" : "filter");
    buf_add_char(out, '[');
    for (const struct query_node *operand = node->first; operand; operand = operand->next) {
        if ((operand->kind == QUERY_NOT) != negated)
            continue;
        add_comma(out);
        add_node(negated ? operand->first : operand, out);
    }
    buf_add_char(out, ']');
    return true;
}

static bool same_field(const struct query_node *a, const struct query_node *b)
{
    return b->kind == QUERY_CONDITION && is_one_number(&b->condition) &&
           a->condition.field == b->condition.field;
}

/* Single numbers of one field become one query, where the first of them stands. */
static void add_terms(const struct query_node *first, struct buf *out)
{
    open_query(out, "terms", &first->condition);
    buf_add_char(out, '[');
    for (const struct query_node *node = first; node; node = node->next) {
        if (!same_field(first, node))
            continue;
        add_comma(out);
        buf_addf(out, "%" PRId64, node->condition.range.low);
    }
    buf_add_text(out, "]}}");
}

enum { ALONE, FIRST_OF_MANY, LATER };

/* Is this operand of an OR one of several single numbers of its field? */
static int place_among_numbers(const struct query_node *parent, const struct query_node *operand)
{
    if (operand->kind != QUERY_CONDITION || !is_one_number(&operand->condition))
        return ALONE;
    for (const struct query_node *node = parent->first; node != operand; node = node->next)
        if (same_field(operand, node))
            return LATER;
    for (const struct query_node *node = operand->next; node; node = node->next)
        if (same_field(operand, node))
            return FIRST_OF_MANY;
    return ALONE;
}

static unsigned count_should(const struct query_node *node)
{
    unsigned count = 0;

    for (const struct query_node *operand = node->first; operand; operand = operand->next)
        count += place_among_numbers(node, operand) != LATER;
    return count;
}

static void add_or(const struct query_node *node, struct buf *out)
{
    bool one = count_should(node) == 1;

    if (!one)
        buf_add_text(out, "{\"bool\":{\"should\":[");
    for (const struct query_node *operand = node->first; operand; operand = operand->next) {
        int place = place_among_numbers(node, operand);

        if (place == LATER)
            continue;
        if (!one)
            add_comma(out);
        if (place == FIRST_OF_MANY)
            add_terms(operand, out);
        else
            add_node(operand, out);
    }
    if (!one)
        buf_add_text(out, "],\"minimum_should_match\":1}}");
}

static void add_node(const struct query_node *node, struct buf *out)
{
    switch (node->kind) {
    case QUERY_ALL:
        buf_add_text(out, "{\"match_all\":{}}");
        break;
    case QUERY_AND:
        buf_add_text(out, "{\"bool\":{");
        add_clause(node, false, out);
        add_clause(node, true, out);
        buf_add_text(out, "}}");
        break;
    case QUERY_OR:
        add_or(node, out);
        break;
    case QUERY_NOT:
        buf_add_text(out, "{\"bool\":{\"must_not\":[");
        add_node(node->first, out);
        buf_add_text(out, "]}}");
        break;
    case QUERY_CONDITION:
        add_condition(&node->condition, out);
        break;
    }
}

void query_dsl(const struct query *query, struct buf *out)
{
    add_node(query->root, out);
}
