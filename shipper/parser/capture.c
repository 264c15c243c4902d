/*
 * capture.c - what a name in a pattern means; found out once.
 */
#include "shipper/parser/capture.h"

#include "common/scope.h"
#include "shipper/parser/names.h"

static const struct {
    const char *word;
    enum capture_type type;
} types[] = {
    {"keyword", CAPTURE_AS_TEXT},      {"string", CAPTURE_AS_TEXT},  {"text", CAPTURE_AS_TEXT},
    {"long", CAPTURE_AS_LONG},         {"int", CAPTURE_AS_LONG},     {"integer", CAPTURE_AS_LONG},
    {"double", CAPTURE_AS_DOUBLE},     {"float", CAPTURE_AS_DOUBLE}, {"number", CAPTURE_AS_DOUBLE},
    {"bool", CAPTURE_AS_BOOL},         {"boolean", CAPTURE_AS_BOOL}, {"ip", CAPTURE_AS_IP},
    {"date", CAPTURE_AS_DATE},         {"time", CAPTURE_AS_DATE},    {"timestamp", CAPTURE_AS_DATE},
    {"duration", CAPTURE_AS_DURATION},
};

bool capture_type_find(struct slice word, enum capture_type *type)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (slice_is(word, types[i].word)) {
            *type = types[i].type;
            return true;
        }
    return false;
}

/* Ours to say, whatever the line says: kept as labels. */
static bool is_reserved(enum record_field field)
{
    static const enum record_field reserved[] = {
        FIELD_EVENT_ID,     FIELD_EVENT_DATASET,  FIELD_EVENT_ORIGINAL, FIELD_EVENT_INGESTED,
        FIELD_LOG_OFFSET,   FIELD_LOG_FILE_PATH,  FIELD_AGENT_ID,       FIELD_AGENT_VERSION,
        FIELD_KAFKA_OFFSET, FIELD_KAFKA_PARTITION};

    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (field == reserved[i])
            return true;
    return false;
}

static enum capture_action action_of(enum record_field field)
{
    switch ((int)field) {
    case FIELD_TIMESTAMP:
        return CAPTURE_TIME;
    case FIELD_MESSAGE:
        return CAPTURE_MESSAGE;
    case FIELD_SOURCE_ADDRESS:
    case FIELD_SOURCE_IP:
    case FIELD_CLIENT_ADDRESS:
    case FIELD_CLIENT_IP:
    case FIELD_DESTINATION_ADDRESS:
    case FIELD_DESTINATION_IP:
        return CAPTURE_ADDRESS;
    case FIELD_URL_ORIGINAL:
        return CAPTURE_TARGET;
    case FIELD_URL_QUERY:
        return CAPTURE_QUERY;
    case FIELD_HTTP_RESPONSE_STATUS_CODE:
        return CAPTURE_STATUS;
    case FIELD_LOG_LEVEL:
        return CAPTURE_LEVEL;
    case FIELD_EVENT_SEVERITY:
        return CAPTURE_SEVERITY;
    case FIELD_EVENT_DURATION:
        return CAPTURE_DURATION;
    default:
        return CAPTURE_PUT;
    }
}

/* Can values of this type stand in a field of that action? Otherwise the name meant another thing.
 */
static bool type_suits(enum capture_type type, const struct capture *capture)
{
    enum field_type field = record_fields[capture->target.field].type;

    switch (type) {
    case CAPTURE_AS_FIELD:
        return true;
    case CAPTURE_AS_TEXT:
        return capture->strict || (field != TYPE_DATE && field != TYPE_LONG) ||
               capture->action == CAPTURE_STATUS;
    case CAPTURE_AS_LONG:
    case CAPTURE_AS_DOUBLE:
        return field == TYPE_LONG ? capture->action != CAPTURE_DURATION || capture->rule.unit_ns
                                  : field != TYPE_DATE || capture->strict;
    case CAPTURE_AS_BOOL:
        return field == TYPE_BOOL;
    case CAPTURE_AS_IP:
        return field == TYPE_IP || field == TYPE_KEYWORD;
    case CAPTURE_AS_DATE:
        return field == TYPE_DATE;
    case CAPTURE_AS_DURATION:
        return field == TYPE_LONG;
    }
    return true;
}

static bool make_label(struct record_target *target, struct slice name)
{
    char text[RECORD_NAME_MAX + 1];
    int len = snprintf(text, sizeof(text), "labels.%.*s", SLICE_FMT(name));

    return len < (int)sizeof(text) && record_target_init(target, (struct slice){text, (size_t)len});
}

/*
 * A name that patterns have no meaning of their own for, and loggers have: the table of the
 * structured formats, where it is sure (rank 1). Words of one or two letters are placeholders here.
 */
static bool find_known(struct capture *capture, struct slice name)
{
    const struct name_rule *known = name.len >= 3 ? names_find(name) : NULL;

    if (!known || known->rank > 1 || known->field == FIELD_COUNT ||
        known->field == FIELD_TIMESTAMP || memchr(name.data, ':', name.len))
        return false;
    if (!capture->rule.unit_ns)
        capture->rule.unit_ns = known->unit;
    return record_target_init(&capture->target, slice_of(record_fields[known->field].name));
}

bool capture_init(struct capture *capture, struct slice name, const struct capture_rule *rule)
{
    const struct capture_name *usual;
    bool known;

    *capture = (struct capture){.rule = *rule};
    if (rule->to.len)
        name = rule->to;
    usual = capture_name_find(name);
    if (!make_label(&capture->aside, name) ||
        !record_target_init(&capture->target, usual ? slice_of(usual->field) : name))
        return false;
    if (usual && !rule->unit_ns)
        capture->rule.unit_ns = usual->unit_ns;
    else if (!rule->unit_ns && slice_is(name, "event.duration"))
        capture->rule.unit_ns = 1;
    known = capture->target.field != FIELD_COUNT || find_known(capture, name);
    capture->strict = slice_is(name, "@timestamp") || slice_is(name, "timestamp");
    capture->action =
        usual && usual->action != CAPTURE_PUT ? usual->action : action_of(capture->target.field);
    if (!known || (!is_reserved(capture->target.field) && type_suits(rule->type, capture))) {
        capture->is_label = !known;
        return true;
    }
    capture->target = capture->aside;
    capture->action = CAPTURE_PUT;
    capture->is_label = true;
    return true;
}
