/*
 * complete.c - what may come at a place of a query.
 */
#include "common/query/complete.h"

#include "common/query/fields.h"
#include "common/query/lex.h"
#include "common/query/number.h"

/* Values that are few and known, comma-separated. Any case matches; these are the usual forms. */
static const struct {
    enum record_field field;
    const char *values;
} known_values[] = {
    {FIELD_HTTP_REQUEST_METHOD, "GET,POST,HEAD,PUT,DELETE,PATCH,OPTIONS,CONNECT,TRACE"},
    {FIELD_HTTP_RESPONSE_STATUS_CODE,
     "2xx,3xx,4xx,5xx,200,201,204,206,301,302,304,307,308,400,401,403,404,405,408,413,429,499,500,"
     "502,503,504"},
    {FIELD_HTTP_VERSION, "1.0,1.1,2.0,3.0"},
    {FIELD_LOG_LEVEL, "emerg,alert,crit,critical,fatal,error,warn,warning,notice,info,debug,trace"},
    {FIELD_EVENT_OUTCOME, "success,failure,unknown"},
    {FIELD_URL_SCHEME, "http,https"},
    {FIELD_SOURCE_GEO_CONTINENT_CODE, "AF,AN,AS,EU,NA,OC,SA"},
    {FIELD_USER_AGENT_DEVICE_NAME, "desktop,mobile,tablet"},
    {FIELD_TAGS, "_parsefailure,_typeconflict"},
};

enum place { PLACE_OPERAND, PLACE_VALUE, PLACE_LIST, PLACE_SEPARATOR, PLACE_AFTER };

struct completer {
    struct slice text; /* up to the cursor */
    const struct query_context *context;
    query_complete_take *take;
    void *user;
    struct slice part; /* what has been typed of the thing under way */
    struct field_ref field;
    bool known; /* `field` is one */
};

static bool begins_with(struct slice text, struct slice part)
{
    if (part.len > text.len)
        return false;
    for (size_t i = 0; i < part.len; i++)
        if (ascii_lower(text.data[i]) != ascii_lower(part.data[i]))
            return false;
    return true;
}

static void offer(struct completer *completer, enum completion_kind kind, struct slice text,
                  const char *about)
{
    if (begins_with(text, completer->part))
        completer->take(completer->user, kind, text, about);
}

static void offer_each(struct completer *completer, enum completion_kind kind, const char *list)
{
    while (*list) {
        size_t len = strcspn(list, ",");

        offer(completer, kind, (struct slice){list, len}, "");
        list += len + (list[len] == ',');
    }
}

static const char *about_type(enum record_field field)
{
    static const char *const abouts[] = {
        [TYPE_KEYWORD] = "text", [TYPE_TEXT] = "words", [TYPE_RAW] = "words",
        [TYPE_LONG] = "number",  [TYPE_BOOL] = "bool",  [TYPE_IP] = "address",
        [TYPE_DATE] = "time",    [TYPE_GEO] = "place",  [TYPE_LIST] = "list",
        [TYPE_OBJECT] = "keys",
    };
    static const char *const counted[] = {
        [NUMBER_PLAIN] = "number", [NUMBER_BYTES] = "size", [NUMBER_TIME] = "duration"};

    if (record_fields[field].type == TYPE_LONG)
        return counted[number_unit_of(field)];
    return abouts[record_fields[field].type];
}

static void offer_field(void *user, enum record_field field, struct slice name)
{
    enum field_type type = record_fields[field].type;

    if (type != TYPE_RAW || field == FIELD_EVENT_ORIGINAL)
        offer(user, COMPLETION_FIELD, name, about_type(field));
}

static bool has_order(enum field_type type)
{
    return type == TYPE_LONG || type == TYPE_DATE || type == TYPE_IP;
}

static void offer_operators(struct completer *completer)
{
    enum field_type type = completer->known ? record_fields[completer->field.field].type : TYPE_GEO;

    completer->part.len = 0;
    if (has_order(type))
        offer_each(completer, COMPLETION_OPERATOR, ">,>=,<,<=");
    if (completer->known && type != TYPE_TEXT && type != TYPE_RAW && type != TYPE_GEO)
        offer_each(completer, COMPLETION_OPERATOR, "=,!=");
}

static void offer_values(struct completer *completer)
{
    enum record_field field = completer->field.field;

    if (!completer->known)
        return;
    for (size_t i = 0; i < sizeof(known_values) / sizeof(known_values[0]); i++)
        if (known_values[i].field == field)
            offer_each(completer, COMPLETION_VALUE, known_values[i].values);
    if (record_fields[field].type == TYPE_BOOL)
        offer_each(completer, COMPLETION_VALUE, "true,false");
    if (record_fields[field].type == TYPE_DATE)
        offer_each(completer, COMPLETION_VALUE,
                   completer->context->rule ? "" : "now-15m,now-1h,now-24h,now-7d,now/d,now-1d/d");
}

/* Goes behind a value; false when the cursor is in it. A quote may be open. */
static bool skip_value(struct completer *completer, size_t *at, bool list)
{
    struct slice text = completer->text;
    size_t start = *at, end;

    completer->part = (struct slice){text.data + start, text.len - start};
    if (text.data[start] == '"') {
        end = lex_quoted(text, start + 1);
        if (end == start + 1)
            return false;
    } else {
        end = lex_bare(text, start, list);
    }
    *at = end;
    return end < text.len || text.data[start] == '"';
}

/* A field and an operator at *at? Then goes behind them. */
static bool skip_head(struct completer *completer, size_t *at)
{
    struct slice text = completer->text;
    size_t end = lex_field(text, *at), op_end;
    struct slice name = {text.data + *at, end - *at};

    if (end == *at)
        return false;
    if (end < text.len && text.data[end] == ':') {
        *at = lex_blanks(text, end + 1);
        if (operator_compares(lex_operator(text, *at, &op_end)))
            *at = op_end;
    } else {
        if (lex_operator(text, lex_blanks(text, end), &op_end) == OPERATOR_NONE)
            return false;
        *at = op_end;
    }
    *at = lex_blanks(text, *at);
    completer->known = field_find(name, completer->context, &completer->field);
    return true;
}

/* Values and separators of a list, from behind its "(". Where the cursor is, or PLACE_AFTER. */
static enum place read_list(struct completer *completer, size_t *at)
{
    struct slice text = completer->text;
    size_t end;

    for (;;) {
        *at = lex_blanks(text, *at);
        if (*at == text.len)
            return PLACE_LIST;
        if (text.data[*at] == ')')
            break;
        if (!skip_value(completer, at, true))
            return PLACE_LIST;
        *at = lex_blanks(text, *at);
        completer->part = (struct slice){text.data + *at, text.len - *at};
        if (*at < text.len && text.data[*at] == ',')
            ++*at;
        else if (lex_word(text, *at, true, &end) == WORD_OR && end < text.len)
            *at = end;
        else if (*at == text.len || text.data[*at] != ')')
            return PLACE_SEPARATOR;
        completer->part.len = 0;
    }
    ++*at;
    completer->known = false;
    return PLACE_AFTER;
}

/* One condition or text at *at. Where the cursor is, or PLACE_AFTER when it is further on. */
static enum place read_operand(struct completer *completer, size_t *at)
{
    struct slice text = completer->text;
    size_t start = *at, end;

    completer->known = false;
    if (skip_head(completer, at)) {
        completer->part.len = 0;
        if (*at == text.len)
            return PLACE_VALUE;
        if (text.data[*at] == '(') {
            ++*at;
            return read_list(completer, at);
        }
        if (!skip_value(completer, at, false))
            return PLACE_VALUE;
        completer->known = false;
        return PLACE_AFTER;
    }
    end = lex_field(text, start);
    if (!skip_value(completer, at, false))
        return PLACE_OPERAND;
    /* A name and a blank: an operator may come (not ":", which allows none), or it was a word. */
    if (lex_blanks(text, *at) == text.len && end == *at)
        completer->known = field_find((struct slice){text.data + start, end - start},
                                      completer->context, &completer->field);
    return PLACE_AFTER;
}

static enum place find_place(struct completer *completer)
{
    struct slice text = completer->text;
    enum place place = PLACE_OPERAND, found;
    size_t at = 0, end;

    for (;;) {
        at = lex_blanks(text, at);
        completer->part = (struct slice){text.data + at, text.len - at};
        if (at == text.len)
            return place;
        if (text.data[at] == '(' || text.data[at] == ')') {
            place = text.data[at++] == ')' ? PLACE_AFTER : PLACE_OPERAND;
            completer->known = false;
        } else if (place == PLACE_OPERAND && (text.data[at] == '-' || text.data[at] == '!')) {
            at++;
        } else if (lex_word(text, at, false, &end) != WORD_NONE && end < text.len) {
            place = PLACE_OPERAND;
            completer->known = false;
            at = end;
        } else {
            found = read_operand(completer, &at);
            if (found != PLACE_AFTER)
                return found == PLACE_OPERAND ? (place == PLACE_AFTER ? PLACE_AFTER : found)
                                              : found;
            place = PLACE_AFTER;
        }
    }
}

struct query_completion query_complete(struct slice text, size_t cursor,
                                       const struct query_context *context,
                                       query_complete_take *take, void *user)
{
    struct completer completer = {
        .text = {text.data ? text.data : "", cursor < text.len ? cursor : text.len},
        .context = context,
        .take = take,
        .user = user};
    struct query_completion out = {.field = FIELD_COUNT};
    enum place place = find_place(&completer);

    out.from = completer.text.len - completer.part.len;
    switch (place) {
    case PLACE_AFTER:
        if (completer.part.len == 0)
            offer_operators(&completer);
        offer_each(&completer, COMPLETION_WORD, "and,or");
        /* fallthrough */
    case PLACE_OPERAND:
        offer_each(&completer, COMPLETION_WORD, "not");
        field_each_name(context, offer_field, &completer);
        break;
    case PLACE_VALUE:
    case PLACE_LIST:
        if (completer.known)
            out.field = completer.field.field;
        offer_values(&completer);
        break;
    case PLACE_SEPARATOR:
        offer_each(&completer, COMPLETION_WORD, "or");
        break;
    }
    return out;
}
