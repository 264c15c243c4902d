/*
 * value.c - values as written, read by the type of their field.
 */
#include "common/query/value.h"

#include "common/query/lex.h"
#include "common/query/number.h"
#include "common/query/report.h"
#include "common/words.h"

/*
 * What Elasticsearch can take, measured with the worst of texts: a wildcard is
 * refused when its automaton takes too much effort to build (from 313 bytes),
 * a text without regard to case, and a beginning, from 1001.
 */
#define PATTERN_MAX 256
#define TEXT_MAX    1000

bool value_unquote(struct value_reader *reader, struct slice raw, size_t offset,
                   struct written *out)
{
    bool quoted = raw.len > 0 && raw.data[0] == '"';
    char *text = arena_bytes(reader->arena, raw.len + 1), *p = text;

    *out = (struct written){.raw = raw, .offset = offset, .quoted = quoted};
    reader->no_memory |= !text;
    if (!text)
        return false;
    for (size_t i = quoted; i < raw.len - quoted; i++) {
        if (raw.data[i] == '\\' && i + 1 < raw.len)
            i++;
        else if (raw.data[i] == '*' && !quoted) {
            if (out->stars == QUERY_STARS_MAX) {
                report(reader->errors, QUERY_TOO_MANY_WILDCARDS, offset, raw.len,
                       "A value takes at most %d \"*\".", QUERY_STARS_MAX);
                return false;
            }
            out->star[out->stars++] = (uint16_t)(p - text);
        }
        *p++ = raw.data[i];
    }
    out->text = (struct slice){text, (size_t)(p - text)};
    return true;
}

#define REPORT(reader, written, code, ...)                                                         \
    report((reader)->errors, code, (written)->offset, (written)->raw.len, __VA_ARGS__)

/* Cuts the text at its stars; stars next to each other are one. */
static bool read_pattern(struct value_reader *reader, const struct written *written,
                         struct query_pattern *out)
{
    struct slice *pieces = arena_alloc(reader->arena, (written->stars + 1) * sizeof(*pieces));
    size_t start = 0;
    unsigned count = 0;

    reader->no_memory |= !pieces;
    if (!pieces)
        return false;
    for (unsigned i = 0; i < written->stars; i++) {
        if (count == 0 || written->star[i] > start)
            pieces[count++] = (struct slice){written->text.data + start, written->star[i] - start};
        start = written->star[i] + 1u;
    }
    pieces[count++] = (struct slice){written->text.data + start, written->text.len - start};
    *out = (struct query_pattern){pieces, count};
    return true;
}

static size_t pattern_bytes(const struct query_pattern *pattern)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < pattern->count; i++)
        bytes += pattern->pieces[i].len;
    return bytes;
}

static bool is_prefix(const struct query_pattern *pattern)
{
    return pattern->count == 2 && pattern->pieces[1].len == 0;
}

static bool check_length(struct value_reader *reader, const struct written *written, size_t bytes,
                         size_t max)
{
    if (bytes <= max)
        return true;
    REPORT(reader, written, QUERY_TOO_COMPLEX,
           "The value is too long: %zu bytes, at most %zu are possible here.", bytes, max);
    return false;
}

static bool set_pattern(struct value_reader *reader, const struct written *written,
                        struct query_condition *condition)
{
    const struct query_pattern *pattern = &condition->pattern;

    return read_pattern(reader, written, &condition->pattern) &&
           check_length(reader, written, pattern_bytes(pattern),
                        is_prefix(pattern) ? TEXT_MAX : PATTERN_MAX);
}

/* "bytes" > 5 and the like, of a field whose values have no order. */
static bool refuse_order(struct value_reader *reader, const struct written *written,
                         const struct query_condition *condition, const char *what)
{
    REPORT(reader, written, QUERY_BAD_OPERATOR,
           "\"%.*s\" %s; \"%s\" works on numbers, times and addresses.",
           QUOTED_FMT(condition->name), what, operator_text(condition->op));
    return false;
}

static bool refuse_star(struct value_reader *reader, const struct written *written,
                        const struct query_condition *condition, const char *what)
{
    struct query_error *error =
        REPORT(reader, written, QUERY_WILDCARD_TYPE, "\"%.*s\" is %s; \"*\" works on text fields.",
               QUOTED_FMT(condition->name), what);

    if (record_fields[condition->field].type == TYPE_LONG)
        report_hint(error, "Use a range, for example %.*s:500..599.", QUOTED_FMT(condition->name));
    if (record_fields[condition->field].type == TYPE_DATE)
        report_hint(error, "Use a day or a range, for example %.*s:2026-11-20.",
                    QUOTED_FMT(condition->name));
    return false;
}

static bool read_keyword(struct value_reader *reader, const struct written *written,
                         struct query_condition *condition)
{
    if (operator_compares(condition->op))
        return refuse_order(reader, written, condition, "compares text");
    condition->text = written->text;
    condition->test = TEST_EXACT;
    if (condition->op == OPERATOR_EXACT)
        return true;
    condition->test = TEST_EQUAL;
    if (written->stars == 0)
        return check_length(reader, written, written->text.len, TEXT_MAX);
    condition->test = TEST_PATTERN;
    if (!set_pattern(reader, written, condition))
        return false;
    if (condition->key.len == 0 || is_prefix(&condition->pattern))
        return true;
    /* The index has such keys in one field and cannot search inside of them. */
    return report_hint(REPORT(reader, written, QUERY_WILDCARD_TYPE,
                              "\"%.*s\" takes \"*\" only at the end of a value.",
                              QUOTED_FMT(condition->name)),
                       "Write the beginning, for example %.*s:web*.", QUOTED_FMT(condition->name));
}

/* Where ".." is, or the text's length. */
static size_t find_dots(struct slice text)
{
    const char *dots = text.len ? memmem(text.data, text.len, "..", 2) : NULL;

    return dots ? (size_t)(dots - text.data) : text.len;
}

static bool refuse_range(struct value_reader *reader, const struct written *written,
                         const struct query_condition *condition)
{
    REPORT(reader, written, QUERY_BAD_OPERATOR, "A range goes with \":\", not with \"%s\".",
           operator_text(condition->op));
    return false;
}

static bool refuse_empty(struct value_reader *reader, const struct written *written,
                         struct slice low, struct slice high, bool turned)
{
    if (turned)
        return report_hint(REPORT(reader, written, QUERY_EMPTY_RANGE,
                                  "The range is empty: %.*s is above %.*s.", QUOTED_FMT(low),
                                  QUOTED_FMT(high)),
                           "Write %.*s..%.*s.", QUOTED_FMT(high), QUOTED_FMT(low));
    REPORT(reader, written, QUERY_EMPTY_RANGE,
           "The range is empty: there is no whole number from %.*s to %.*s.", QUOTED_FMT(low),
           QUOTED_FMT(high));
    return false;
}

/* The values that compare as `op` says with those of `range`. */
static struct query_range compared(enum query_operator op, struct query_range range)
{
    switch (op) {
    case OPERATOR_GT:
        return (struct query_range){range.high + 1, RANGE_OPEN_HIGH};
    case OPERATOR_GE:
        return (struct query_range){range.low, RANGE_OPEN_HIGH};
    case OPERATOR_LT:
        return (struct query_range){RANGE_OPEN_LOW, range.low - 1};
    case OPERATOR_LE:
        return (struct query_range){RANGE_OPEN_LOW, range.high};
    default:
        return range;
    }
}

static bool read_one_number(struct value_reader *reader, const struct written *written,
                            const struct query_condition *condition, struct slice text,
                            struct query_range *out)
{
    enum number_unit unit = number_unit_of(condition->field);
    struct slice suffix = {NULL, 0};
    struct query_error *error;

    switch (number_read(text, unit, out, &suffix)) {
    case NUMBER_OK:
        return true;
    case NUMBER_TOO_BIG:
        REPORT(reader, written, QUERY_BAD_NUMBER, "\"%.*s\" is too large or too long a number.",
               QUOTED_FMT(text));
        return false;
    case NUMBER_UNIT_UNKNOWN:
        if (unit == NUMBER_PLAIN && !number_is_unit(suffix))
            break;
        error = REPORT(reader, written, QUERY_BAD_UNIT, "\"%.*s\" has no unit \"%.*s\".",
                       QUOTED_FMT(condition->name), QUOTED_FMT(suffix));
        if (unit != NUMBER_PLAIN)
            report_hint(error, "Units: %s", number_unit_names(unit));
        return false;
    case NUMBER_NONE:
        break;
    }
    REPORT(reader, written, QUERY_BAD_NUMBER, "\"%.*s\" is a number, \"%.*s\" is not.",
           QUOTED_FMT(condition->name), QUOTED_FMT(text));
    return false;
}

static bool read_one_time(struct value_reader *reader, const struct written *written,
                          const struct query_condition *condition, struct slice text,
                          struct query_range *out)
{
    (void)condition;
    switch (time_read(text, reader->context, out)) {
    case TIME_OK:
        return true;
    case TIME_NOW_IN_RULE:
        return report_hint(REPORT(reader, written, QUERY_NOW_IN_RULE,
                                  "\"now\" has no meaning in a rule or a filter: "
                                  "the record decides."),
                           "Use the window of the rule instead.");
    case TIME_BAD:
        break;
    }
    return report_hint(
        REPORT(reader, written, QUERY_BAD_DATE, "\"%.*s\" is not a time.", QUOTED_FMT(text)),
        "Write 2026-11-20, 2026-11-20T14:05:00Z or now-15m.");
}

/* One value, or a bound of a range. */
typedef bool bound_reader(struct value_reader *reader, const struct written *written,
                          const struct query_condition *condition, struct slice text,
                          struct query_range *out);

static bool read_one(struct value_reader *reader, const struct written *written,
                     struct query_condition *condition, bound_reader *read)
{
    struct query_range *range = &condition->range;

    if (!read(reader, written, condition, written->text, range))
        return false;
    if (range->low > range->high && !operator_compares(condition->op)) {
        REPORT(reader, written, QUERY_BAD_NUMBER, "\"%.*s\" is a whole number, \"%.*s\" is not.",
               QUOTED_FMT(condition->name), QUOTED_FMT(written->text));
        return false;
    }
    *range = compared(condition->op, *range);
    return true;
}

/* `what`: "a number" */
static bool read_range(struct value_reader *reader, const struct written *written,
                       struct query_condition *condition, bound_reader *read, const char *what)
{
    size_t dots = find_dots(written->text);
    struct slice from = {written->text.data, dots}, to;
    struct query_range low = {RANGE_OPEN_LOW, RANGE_OPEN_HIGH}, high = low;

    if (written->stars)
        return refuse_star(reader, written, condition, what);
    if (dots == written->text.len)
        return read_one(reader, written, condition, read);
    if (operator_compares(condition->op))
        return refuse_range(reader, written, condition);
    to = (struct slice){from.data + dots + 2, written->text.len - dots - 2};
    if ((from.len || !to.len) && !read(reader, written, condition, from, &low))
        return false;
    if (to.len && !read(reader, written, condition, to, &high))
        return false;
    condition->range = (struct query_range){low.low, high.high};
    return low.low <= high.high ||
           refuse_empty(reader, written, from, to, low.low != high.low || low.high != high.high);
}

static bool read_number(struct value_reader *reader, const struct written *written,
                        struct query_condition *condition)
{
    condition->test = TEST_NUMBER;
    return read_range(reader, written, condition, read_one_number, "a number");
}

static bool read_time(struct value_reader *reader, const struct written *written,
                      struct query_condition *condition)
{
    condition->test = TEST_TIME;
    return read_range(reader, written, condition, read_one_time, "a time");
}

static bool refuse_address(struct value_reader *reader, const struct written *written,
                           struct slice text)
{
    REPORT(reader, written, QUERY_BAD_IP, "\"%.*s\" is not an address or network.",
           QUOTED_FMT(text));
    return false;
}

static bool read_address_range(struct value_reader *reader, const struct written *written,
                               struct query_network *out)
{
    size_t dots = find_dots(written->text);
    struct slice low = {written->text.data, dots};
    struct slice high = {low.data + dots + 2, written->text.len - dots - 2};

    *out = (struct query_network){.bits = -1};
    memset(out->high, 0xff, sizeof(out->high));
    if ((low.len || !high.len) && !address_parse(low, out->low))
        return refuse_address(reader, written, low);
    if (high.len && !address_parse(high, out->high))
        return refuse_address(reader, written, high);
    return memcmp(out->low, out->high, 16) <= 0 || refuse_empty(reader, written, low, high, true);
}

static bool read_address_star(struct value_reader *reader, const struct written *written,
                              const struct query_condition *condition, struct query_network *out)
{
    struct slice before = {written->text.data, written->text.len - 1};

    if (written->stars == 1 && written->star[0] == before.len && network_read_octets(before, out))
        return true;
    return report_hint(REPORT(reader, written, QUERY_WILDCARD_TYPE,
                              "An address takes \"*\" only for whole trailing parts."),
                       "Write a network, for example %.*s:10.0.0.0/8.",
                       QUOTED_FMT(condition->name));
}

static bool read_address(struct value_reader *reader, const struct written *written,
                         struct query_condition *condition)
{
    struct query_network *network = &condition->network;

    condition->test = TEST_ADDRESS;
    if (find_dots(written->text) < written->text.len)
        return operator_compares(condition->op) ? refuse_range(reader, written, condition)
                                                : read_address_range(reader, written, network);
    if (written->stars) {
        if (!read_address_star(reader, written, condition, network))
            return false;
    } else if (!network_read(written->text, network))
        return refuse_address(reader, written, written->text);
    if (operator_compares(condition->op))
        network->bits = -1;
    switch (condition->op) {
    case OPERATOR_GT:
        network->above = true;
        break;
    case OPERATOR_GE:
        memset(network->high, 0xff, sizeof(network->high));
        break;
    case OPERATOR_LT:
        network->below = true;
        break;
    case OPERATOR_LE:
        memset(network->low, 0, sizeof(network->low));
        break;
    default:
        break;
    }
    return true;
}

static bool read_bool(struct value_reader *reader, const struct written *written,
                      struct query_condition *condition)
{
    condition->test = TEST_BOOL;
    if (operator_compares(condition->op))
        return refuse_order(reader, written, condition, "is true or false");
    if (written->stars)
        return refuse_star(reader, written, condition, "true or false");
    condition->flag = ascii_equal(written->text, "true");
    if (condition->flag || ascii_equal(written->text, "false"))
        return true;
    REPORT(reader, written, QUERY_BAD_VALUE, "\"%.*s\" is true or false.",
           QUOTED_FMT(condition->name));
    return false;
}

/* The words of `text`, in the arena, a blank between them. */
static bool normalise(struct value_reader *reader, struct slice text, struct slice *out)
{
    scoped_buf struct buf words = BUF_INIT(8 * QUERY_BYTES_MAX);

    words_add(&words, text);
    if (words.len)
        words.len--;
    *out = arena_copy(reader->arena, buf_slice(&words));
    reader->no_memory |= words.failed || !out->data;
    return !reader->no_memory;
}

static bool read_word_pattern(struct value_reader *reader, const struct written *written,
                              struct query_condition *condition)
{
    struct slice *pieces, piece;

    condition->test = TEST_WORD;
    if (!set_pattern(reader, written, condition))
        return false;
    pieces = arena_alloc(reader->arena, condition->pattern.count * sizeof(*pieces));
    reader->no_memory |= !pieces;
    for (unsigned i = 0; pieces && i < condition->pattern.count; i++) {
        piece = condition->pattern.pieces[i];
        if (!normalise(reader, piece, &pieces[i]))
            return false;
        if (pieces[i].len != piece.len || memchr(pieces[i].data, ' ', piece.len))
            return report_hint(
                REPORT(reader, written, QUERY_WILDCARD_IN_PHRASE, "\"*\" works inside one word."),
                "Search the fixed part in quotes, or use a field: path:%.*s",
                QUOTED_FMT(written->raw));
    }
    condition->pattern.pieces = pieces;
    return pieces != NULL;
}

bool value_read_words(struct value_reader *reader, const struct written *written,
                      struct query_condition *condition, bool *all)
{
    condition->field = FIELD_COUNT;
    condition->raw = written->raw;
    *all = written->stars && written->stars == written->text.len;
    if (*all)
        return true;
    if (written->stars)
        return read_word_pattern(reader, written, condition);
    condition->test = TEST_WORDS;
    if (!normalise(reader, written->text, &condition->text))
        return false;
    if (condition->text.len)
        return true;
    REPORT(reader, written, QUERY_NO_TEXT, "There is no letter or digit to search for.");
    return false;
}

/* The line itself: found by words, whatever part of it is named. */
static bool read_text(struct value_reader *reader, const struct written *written,
                      struct query_condition *condition)
{
    bool ignored;

    if (operator_compares(condition->op))
        return refuse_order(reader, written, condition, "compares words");
    if (condition->op == OPERATOR_EXACT)
        return report_hint(REPORT(reader, written, QUERY_BAD_OPERATOR,
                                  "\"%.*s\" is searched by words, not as a whole.",
                                  QUOTED_FMT(condition->name)),
                           "Write %.*s:\"…\".", QUOTED_FMT(condition->name));
    return value_read_words(reader, written, condition, &ignored);
}

static bool refuse_search(struct value_reader *reader, const struct written *written,
                          const struct query_condition *condition)
{
    REPORT(reader, written, QUERY_BAD_OPERATOR, "\"%.*s\" is kept but cannot be searched.",
           QUOTED_FMT(condition->name));
    return false;
}

/* Fields that are only there or not. */
static bool refuse_value(struct value_reader *reader, const struct written *written,
                         const struct query_condition *condition)
{
    bool object = record_fields[condition->field].type == TYPE_OBJECT;

    return report_hint(REPORT(reader, written, QUERY_BAD_VALUE, "\"%.*s\" has no value to compare.",
                              QUOTED_FMT(condition->name)),
                       object ? "Name a key of it: %.*s.team:web."
                              : "Use %.*s:* to test that it exists.",
                       QUOTED_FMT(condition->name));
}

bool value_read(struct value_reader *reader, const struct written *written,
                struct query_condition *condition)
{
    enum field_type type = record_fields[condition->field].type;

    condition->raw = written->raw;
    if (type == TYPE_RAW && (condition->field != FIELD_EVENT_ORIGINAL ||
                             (written->stars && written->stars == written->text.len)))
        return refuse_search(reader, written, condition);
    if (condition->op == OPERATOR_COLON && written->stars && written->stars == written->text.len) {
        condition->test = TEST_EXISTS;
        return true;
    }
    switch (type) {
    case TYPE_KEYWORD:
    case TYPE_LIST:
        return read_keyword(reader, written, condition);
    case TYPE_TEXT:
    case TYPE_RAW:
        return read_text(reader, written, condition);
    case TYPE_LONG:
        return read_number(reader, written, condition);
    case TYPE_BOOL:
        return read_bool(reader, written, condition);
    case TYPE_IP:
        return read_address(reader, written, condition);
    case TYPE_DATE:
        return read_time(reader, written, condition);
    case TYPE_OBJECT:
        return condition->key.len ? read_keyword(reader, written, condition)
                                  : refuse_value(reader, written, condition);
    case TYPE_GEO:
        break;
    }
    return refuse_value(reader, written, condition);
}
