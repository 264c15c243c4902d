/*
 * parse.c - text to a tree: recursive descent, a function a rule.
 *
 * A function that fails has reported it and returns NULL; the others go on, so
 * that one look shows all errors. A tree with a hole is never handed out.
 */
#include "common/query/tree.h"

#include <stdio.h>

#include "common/json_text.h"
#include "common/query/fields.h"
#include "common/query/lex.h"
#include "common/query/report.h"
#include "common/query/value.h"

/* Elasticsearch takes 30 `bool` inside each other; the search around a query needs some. */
#define NESTING_MAX 26

struct parser {
    struct value_reader reader;
    struct slice text;
    size_t at;
    unsigned depth, conditions, values;
    bool gave_up; /* nothing sensible can be said of the rest */
};

struct operands {
    struct query_node *first, *last;
    unsigned count;
};

static struct query_node *parse_or(struct parser *parser);

#define FAIL(parser, code, offset, length, ...)                                                    \
    report((parser)->reader.errors, code, offset, length, __VA_ARGS__)

static void *give_up(struct parser *parser)
{
    parser->gave_up = true;
    parser->at = parser->text.len;
    return NULL;
}

static struct slice part(const struct parser *parser, size_t from, size_t to)
{
    return (struct slice){parser->text.data + from, to - from};
}

static char peek(const struct parser *parser)
{
    return parser->at < parser->text.len ? parser->text.data[parser->at] : '\0';
}

static bool at_end(const struct parser *parser)
{
    return parser->at >= parser->text.len;
}

static void skip_blanks(struct parser *parser)
{
    parser->at = lex_blanks(parser->text, parser->at);
}

static struct query_node *new_node(struct parser *parser, enum query_kind kind)
{
    struct query_node *node = arena_alloc(parser->reader.arena, sizeof(*node));

    if (!node) {
        parser->reader.no_memory = true;
        return give_up(parser);
    }
    *node = (struct query_node){.kind = kind};
    return node;
}

static void add_operand(struct operands *operands, struct query_node *node)
{
    if (!node)
        return;
    if (operands->last)
        operands->last->next = node;
    else
        operands->first = node;
    operands->last = node;
    operands->count++;
}

/* As add_operand; what an equal operator joins in parentheses needs none. */
static void add_flat(struct operands *operands, enum query_kind kind, struct query_node *node)
{
    struct query_node *next;

    if (!node || node->kind != kind || node->list) {
        add_operand(operands, node);
        return;
    }
    for (node = node->first; node; node = next) {
        next = node->next;
        add_operand(operands, node);
    }
}

static struct query_node *join(struct parser *parser, enum query_kind kind,
                               const struct operands *operands)
{
    struct query_node *node;

    if (operands->count < 2)
        return operands->first;
    node = new_node(parser, kind);
    if (node)
        node->first = operands->first;
    return node;
}

static struct query_node *negate(struct parser *parser, struct query_node *operand)
{
    struct query_node *node;

    if (!operand)
        return NULL;
    if (operand->kind == QUERY_NOT)
        return operand->first;
    node = new_node(parser, QUERY_NOT);
    if (node)
        node->first = operand;
    return node;
}

static enum lex_word peek_word(const struct parser *parser, size_t *end)
{
    return lex_word(parser->text, parser->at, false, end);
}

/* Blanks, then something that "and" can join? */
static bool operand_follows(struct parser *parser)
{
    enum lex_word word;
    size_t end;

    skip_blanks(parser);
    word = peek_word(parser, &end);
    return !at_end(parser) && peek(parser) != ')' && word != WORD_AND && word != WORD_OR;
}

/* Reports operators without anything to work on, and skips them. */
static void skip_operators(struct parser *parser)
{
    enum lex_word word;
    size_t end;

    while (skip_blanks(parser), word = peek_word(parser, &end),
           word == WORD_AND || word == WORD_OR) {
        struct slice text = part(parser, parser->at, end);

        FAIL(parser, QUERY_MISSING_OPERAND, parser->at, text.len,
             "\"%.*s\" needs something on its left.", SLICE_FMT(text));
        parser->at = end;
    }
}

/* The operator at `from` has just been read. Does something follow? If not, that is reported. */
static bool expect_right(struct parser *parser, size_t from)
{
    struct slice text = part(parser, from, parser->at);
    enum lex_word word;
    size_t end;

    if (operand_follows(parser))
        return true;
    FAIL(parser, QUERY_MISSING_OPERAND, from, text.len, "\"%.*s\" needs something on its right.",
         SLICE_FMT(text));
    while (skip_blanks(parser), word = peek_word(parser, &end), word == WORD_AND || word == WORD_OR)
        parser->at = end; /* "and or": one report is enough */
    return false;
}

static bool enter(struct parser *parser)
{
    if (parser->depth == QUERY_DEPTH_MAX) {
        FAIL(parser, QUERY_TOO_DEEP, parser->at, 1,
             "Parentheses and \"not\" go %d levels deep at most.", QUERY_DEPTH_MAX);
        give_up(parser);
        return false;
    }
    parser->depth++;
    return true;
}

/* Counts one more; false, and reported, when that is one too many. */
static bool count_one(struct parser *parser, unsigned *counter, unsigned max, const char *what)
{
    if (++*counter <= max)
        return true;
    FAIL(parser, QUERY_TOO_COMPLEX, parser->at, 1, "%s at most.", what);
    give_up(parser);
    return false;
}

#define TEXT_OF_(number) #number
#define TEXT_OF(number)  TEXT_OF_(number)

static bool count_condition(struct parser *parser)
{
    return count_one(parser, &parser->conditions, QUERY_CONDITIONS_MAX,
                     "A query has " TEXT_OF(QUERY_CONDITIONS_MAX) " conditions");
}

/* The value at the current place, quoted or bare. False: reported. */
static bool read_written(struct parser *parser, bool list, struct written *out)
{
    size_t start = parser->at;

    if (peek(parser) == '"') {
        parser->at = lex_quoted(parser->text, start + 1);
        if (parser->at == start + 1) {
            FAIL(parser, QUERY_UNCLOSED_QUOTE, start, 1, "This quote is never closed.");
            give_up(parser);
            return false;
        }
    } else {
        parser->at = lex_bare(parser->text, start, list);
    }
    return value_unquote(&parser->reader, part(parser, start, parser->at), start, out);
}

static struct query_node *parse_text(struct parser *parser)
{
    struct query_node *node = new_node(parser, QUERY_CONDITION);
    struct written written;
    bool all;

    if (!node || !count_condition(parser) || !read_written(parser, false, &written) ||
        !value_read_words(&parser->reader, &written, &node->condition, &all))
        return NULL;
    if (all)
        node->kind = QUERY_ALL;
    return node;
}

struct head { /* of a condition: what stands before its value */
    struct slice name;
    struct field_ref ref;
    enum query_operator op;
    size_t op_at, op_end;
    bool known;
};

static struct query_node *parse_value(struct parser *parser, const struct head *head, bool list)
{
    struct query_node *node = new_node(parser, QUERY_CONDITION);
    struct query_condition *condition;
    struct written written;

    if (!node || !read_written(parser, list, &written) || !head->known)
        return NULL;
    condition = &node->condition;
    condition->field = head->ref.field;
    condition->key = head->ref.key;
    condition->name = head->name;
    condition->op = head->op == OPERATOR_DIFFERS ? OPERATOR_EXACT : head->op;
    if (!value_read(&parser->reader, &written, condition))
        return NULL;
    return head->op == OPERATOR_DIFFERS ? negate(parser, node) : node;
}

/* In a list: is there a value? If not, that is reported. */
static bool expect_value(struct parser *parser, size_t from)
{
    size_t end;

    skip_blanks(parser);
    if (!at_end(parser) && peek(parser) != ')' && peek(parser) != '(' && peek(parser) != ',' &&
        lex_word(parser->text, parser->at, true, &end) == WORD_NONE)
        return true;
    FAIL(parser, QUERY_MISSING_VALUE, from, 1, "The list needs a value here.");
    return false;
}

/* Reads "," or "or". False at the list's end, and when something else is there. */
static bool read_separator(struct parser *parser, size_t *from)
{
    size_t end;

    skip_blanks(parser);
    *from = parser->at;
    if (at_end(parser) || peek(parser) == ')')
        return false;
    if (peek(parser) == ',')
        parser->at++;
    else if (lex_word(parser->text, parser->at, true, &end) == WORD_OR)
        parser->at = end;
    else {
        FAIL(parser, QUERY_LIST_SEPARATOR, parser->at, 1,
             "Values in a list are separated by \"or\" or \",\".");
        return false;
    }
    return true;
}

/* Goes behind the parenthesis that closes what was opened at `open`. */
static bool close_list(struct parser *parser, size_t open)
{
    size_t end;

    while (!at_end(parser) && peek(parser) != ')') { /* after an error */
        end = peek(parser) == '"' ? lex_quoted(parser->text, parser->at + 1)
                                  : lex_bare(parser->text, parser->at, false);
        parser->at = end > parser->at ? end : parser->at + 1;
    }
    if (!at_end(parser)) {
        parser->at++;
        return true;
    }
    if (!parser->gave_up)
        FAIL(parser, QUERY_UNCLOSED_PAREN, open, 1, "This \"(\" is never closed.");
    return false;
}

static struct query_node *parse_list(struct parser *parser, const struct head *head)
{
    struct operands operands = {0};
    size_t open = parser->at++, from = open;
    struct query_node *node;
    unsigned count = 0;
    bool more = true;

    while (more && expect_value(parser, from)) {
        if (!count_one(parser, &count, QUERY_LIST_MAX,
                       "A list has " TEXT_OF(QUERY_LIST_MAX) " values") ||
            !count_one(parser, &parser->values, QUERY_VALUES_MAX,
                       "All lists together have " TEXT_OF(QUERY_VALUES_MAX) " values"))
            return NULL;
        add_operand(&operands, parse_value(parser, head, true));
        more = read_separator(parser, &from);
    }
    if (!close_list(parser, open))
        return NULL;
    node = join(parser, QUERY_OR, &operands);
    if (node && operands.count > 1)
        node->list = true;
    return node;
}

static struct query_node *missing_value(struct parser *parser, const struct head *head)
{
    const char *op = operator_text(head->op);
    bool colon = parser->text.data[head->op_at] == ':';

    if (!head->known)
        return NULL; /* reported */
    report_hint(FAIL(parser, QUERY_MISSING_VALUE, head->op_at, head->op_end - head->op_at,
                     "\"%.*s%s%s\" needs a value.", QUOTED_FMT(head->name), colon ? "" : " ",
                     colon ? ":" : op),
                "Use %.*s:* to test that the field exists.", QUOTED_FMT(head->name));
    return NULL;
}

/* What stands behind a condition's operator. */
static struct query_node *parse_operand(struct parser *parser, const struct head *head)
{
    bool colon = parser->text.data[head->op_at] == ':', blank;
    size_t before = parser->at, end;

    skip_blanks(parser);
    blank = parser->at > before || !colon;
    if (at_end(parser) || peek(parser) == ')' ||
        (blank && lex_word(parser->text, parser->at, false, &end) != WORD_NONE))
        return missing_value(parser, head);
    if (peek(parser) != '(')
        return parse_value(parser, head, false);
    if (colon)
        return parse_list(parser, head);
    report_hint(FAIL(parser, QUERY_BAD_OPERATOR, parser->at, 1,
                     "A list goes with \":\", not with \"%s\".", operator_text(head->op)),
                "Write %.*s:(…).", QUOTED_FMT(head->name));
    return parse_list(parser, head);
}

static void unknown_field(struct parser *parser, const struct head *head, size_t offset)
{
    struct slice rest = part(parser, head->op_end, parser->text.len), best;
    struct query_error *error = FAIL(parser, QUERY_UNKNOWN_FIELD, offset, head->name.len,
                                     "There is no field \"%.*s\".", QUOTED_FMT(head->name));

    best = field_suggest(head->name, parser->reader.context);
    if (best.data && !(rest.len > 1 && memcmp(rest.data, "//", 2) == 0)) /* no URL */
        report_hint(error, "Did you mean \"%.*s\"?", SLICE_FMT(best));
    else
        report_hint(error, "To search for this text, put it in quotes.");
}

/* A field and an operator at the current place? Then goes behind them. */
static bool read_head(struct parser *parser, struct head *head)
{
    size_t name_at = parser->at, end = lex_field(parser->text, name_at), op_at = end;
    enum query_operator compare;

    *head = (struct head){.name = part(parser, name_at, end)};
    if (end == name_at)
        return false;
    if (end < parser->text.len && parser->text.data[end] == ':') {
        head->op = OPERATOR_COLON;
        head->op_end = end + 1;
        op_at = lex_blanks(parser->text, end + 1);
        compare = lex_operator(parser->text, op_at, &op_at);
        if (operator_compares(compare)) {
            head->op = compare;
            head->op_end = op_at;
        }
        op_at = end;
    } else {
        op_at = lex_blanks(parser->text, end);
        head->op = lex_operator(parser->text, op_at, &head->op_end);
        if (head->op == OPERATOR_NONE)
            return false;
    }
    head->op_at = op_at;
    parser->at = head->op_end;
    head->known = field_find(head->name, parser->reader.context, &head->ref);
    if (!head->known)
        unknown_field(parser, head, name_at);
    return true;
}

static struct query_node *parse_group(struct parser *parser)
{
    struct query_node *node;
    size_t open = parser->at;

    if (!enter(parser))
        return NULL;
    parser->at++;
    skip_blanks(parser);
    if (peek(parser) == ')') {
        FAIL(parser, QUERY_MISSING_OPERAND, open, parser->at + 1 - open,
             "There is nothing in these parentheses.");
        node = NULL;
    } else {
        node = parse_or(parser);
    }
    parser->depth--;
    return close_list(parser, open) ? node : NULL;
}

static struct query_node *parse_primary(struct parser *parser)
{
    struct head head;

    if (peek(parser) == '(')
        return parse_group(parser);
    if (!read_head(parser, &head))
        return parse_text(parser);
    return count_condition(parser) ? parse_operand(parser, &head) : NULL;
}

/* Goes behind "not", "-" or "!". */
static bool read_not(struct parser *parser)
{
    size_t end;
    char next;

    if (peek_word(parser, &end) == WORD_NOT) {
        parser->at = end;
        return true;
    }
    if (peek(parser) != '-' && peek(parser) != '!')
        return false;
    next = parser->at + 1 < parser->text.len ? parser->text.data[parser->at + 1] : ' ';
    if (lex_is_blank(next) || next == ')')
        return false; /* a dash between words */
    parser->at++;
    return true;
}

static struct query_node *parse_not(struct parser *parser)
{
    size_t from = parser->at;
    struct query_node *node;

    if (!read_not(parser))
        return parse_primary(parser);
    if (!expect_right(parser, from) || !enter(parser))
        return NULL;
    node = negate(parser, parse_not(parser));
    parser->depth--;
    return node;
}

static struct query_node *parse_and(struct parser *parser)
{
    struct operands operands = {0};
    size_t from, end;

    skip_operators(parser);
    while (operand_follows(parser)) {
        add_flat(&operands, QUERY_AND, parse_not(parser));
        skip_blanks(parser);
        from = parser->at;
        if (peek_word(parser, &end) == WORD_AND) {
            parser->at = end;
            if (!expect_right(parser, from))
                break;
        }
    }
    return join(parser, QUERY_AND, &operands);
}

static struct query_node *parse_or(struct parser *parser)
{
    struct operands operands = {0};
    size_t from, end;

    for (;;) {
        add_flat(&operands, QUERY_OR, parse_and(parser));
        skip_blanks(parser);
        from = parser->at;
        if (peek_word(parser, &end) != WORD_OR)
            break;
        parser->at = end;
        if (!expect_right(parser, from))
            break;
    }
    return join(parser, QUERY_OR, &operands);
}

static struct query_node *parse_all(struct parser *parser)
{
    struct query_node *node = parse_or(parser);

    for (skip_blanks(parser); !at_end(parser); skip_blanks(parser)) {
        if (peek(parser) == ')') {
            FAIL(parser, QUERY_UNEXPECTED_CLOSE, parser->at, 1,
                 "There is no \"(\" for this \")\".");
            parser->at++;
        }
        parse_or(parser); /* for its errors */
    }
    return node;
}

/* Length and encoding: what concerns the text as a whole. */
static bool check_text(struct slice text, struct query_errors *errors)
{
    const char *end = text.data + text.len;
    size_t len;

    if (text.len > QUERY_BYTES_MAX) {
        report(errors, QUERY_TOO_LONG, QUERY_BYTES_MAX, text.len - QUERY_BYTES_MAX,
               "A query has %d bytes at most, this one has %zu.", QUERY_BYTES_MAX, text.len);
        return false;
    }
    for (const char *p = text.data; p < end; p += len) {
        len = utf8_sequence(p, end);
        if (len == 0) {
            report(errors, QUERY_BAD_ENCODING, (size_t)(p - text.data), 1,
                   "This byte is not part of UTF-8 text.");
            return false;
        }
    }
    return true;
}

enum status query_parse(struct arena *arena, struct slice text, const struct query_context *context,
                        struct query **out, struct query_errors *errors)
{
    struct parser parser = {.reader = {arena, context, errors, false}};
    struct query *query = arena_alloc(arena, sizeof(*query));

    if (!text.data)
        text = SLICE("");
    parser.text = text;
    errors->count = 0;
    if (!query)
        return FATAL;
    if (!check_text(text, errors))
        return REJECT;
    query->empty = lex_blanks(text, 0) == text.len;
    query->root = query->empty ? new_node(&parser, QUERY_ALL) : parse_all(&parser);
    if (parser.reader.no_memory)
        return FATAL;
    if (errors->count == 0 && tree_nesting(query->root) > NESTING_MAX)
        report(errors, QUERY_TOO_DEEP, 0, text.len,
               "\"and\", \"or\" and \"not\" are nested too deeply for the index.");
    if (errors->count)
        return REJECT;
    *out = query;
    return OK;
}
