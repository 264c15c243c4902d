/*
 * fields.c - fields that the configuration sets, copies, renames and removes.
 */
#include "shipper/process/fields.h"

#include <stdio.h>

#include "common/json_text.h"
#include "shipper/config_process.h"

#define NUMBER_MAX 24

/* Not to be changed by steps, and why. */
static const struct {
    enum record_field field;
    const char *why;
} guarded[] = {
    {FIELD_EVENT_ID, "it is the record's identity"},
    {FIELD_TIMESTAMP, "the record's index depends on it"},
    {FIELD_EVENT_DATASET, "it decides the index; set `dataset` of the input"},
    {FIELD_LOG_FILE_PATH, "it says where the line was read"},
    {FIELD_LOG_FILE_FINGERPRINT, "by it `indexer audit` finds the record"},
    {FIELD_LOG_OFFSET, "it says where the line was read"},
    {FIELD_AGENT_ID, "it says who read the line"},
};

static enum status guard(enum record_field field, struct error *err)
{
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
        if (guarded[i].field == field)
            return error_set(err, REJECT, "'%s' stays as it is: %s", record_fields[field].name,
                             guarded[i].why);
    return OK;
}

static enum status resolve(struct record_target *target, const char *name, struct error *err)
{
    if (!record_target_init(target, slice_of(name)))
        return error_set(err, REJECT, "'%s' cannot be a field's name", name);
    if (target->field == FIELD_COUNT && record_object_find(slice_of(name)))
        return error_set(err, REJECT,
                         "'%s' is an object; expected a field of it, or to remove %s.*", name,
                         name);
    return OK;
}

/* A constant must be of its field's type: else every record would be tagged. */
static enum status check_constant(const struct field_step *step, struct error *err)
{
    struct arena arena;
    struct record record;
    bool fits;

    if (step->to.field == FIELD_COUNT)
        return OK;
    arena_init(&arena, 4096, 1u << 20);
    record_init(&record, &arena);
    fits = record_put(&record, &step->to, step->text) && record_has(&record, step->to.field);
    arena_release(&arena);
    if (!fits)
        return error_set(err, REJECT, "'%.*s' is no value for %s", SLICE_FMT(step->text),
                         record_fields[step->to.field].name);
    return OK;
}

static enum status init_constant(struct field_step *step, const char *name, const char *value,
                                 struct error *err)
{
    if (!value)
        return error_set(err, REJECT, "'%s' has no value; write {set: %s, value: …}", name, name);
    step->text = slice_of(value);
    if (resolve(&step->to, name, err) || guard(step->to.field, err))
        return err->status;
    return check_constant(step, err);
}

static enum status init_pair(struct field_step *step, const char *from, const char *to,
                             struct error *err)
{
    if (!to)
        return error_set(err, REJECT, "'%s' goes nowhere; write {…: %s, to: …}", from, from);
    if (resolve(&step->from, from, err) || resolve(&step->to, to, err) ||
        guard(step->to.field, err))
        return err->status;
    return step->action == FIELD_ACTION_RENAME ? guard(step->from.field, err) : OK;
}

static enum status init_remove(struct field_step *step, const char *name, struct error *err)
{
    size_t len = strlen(name);

    if (len < 3 || strcmp(name + len - 2, ".*") != 0)
        return resolve(&step->from, name, err) ? err->status : guard(step->from.field, err);
    step->object = record_object_find((struct slice){name, len - 2});
    if (!step->object)
        return error_set(err, REJECT, "'%.*s' is no object of the schema, as labels is",
                         (int)len - 2, name);
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
        if (strncmp(record_fields[guarded[i].field].name, name, len - 1) == 0)
            return error_set(err, REJECT, "'%s' holds %s: %s", name,
                             record_fields[guarded[i].field].name, guarded[i].why);
    return OK;
}

enum status field_step_init(struct field_step *step, const struct field_step_config *config,
                            struct error *err)
{
    const char *const names[] = {
        [FIELD_ACTION_SET] = config->set,       [FIELD_ACTION_ADD] = config->add,
        [FIELD_ACTION_COPY] = config->copy,     [FIELD_ACTION_RENAME] = config->rename,
        [FIELD_ACTION_REMOVE] = config->remove, [FIELD_ACTION_TAG] = config->tag,
    };
    const char *name = NULL;
    unsigned given = 0;

    *step = (struct field_step){0};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!names[i])
            continue;
        step->action = (enum field_action)i;
        name = names[i];
        given++;
    }
    if (given != 1)
        return error_set(err, REJECT, "%s; a step is one of set, add, copy, rename, remove, tag",
                         given ? "does several things" : "does nothing");
    switch (step->action) {
    case FIELD_ACTION_SET:
    case FIELD_ACTION_ADD:
        return init_constant(step, name, config->value, err);
    case FIELD_ACTION_COPY:
    case FIELD_ACTION_RENAME:
        return init_pair(step, name, config->to, err);
    case FIELD_ACTION_REMOVE:
        return init_remove(step, name, err);
    case FIELD_ACTION_TAG:
        step->text = slice_of(name);
        break;
    }
    return OK;
}

/* A value of any kind as JSON; {NULL, 0} without memory. */
static struct slice as_json(struct arena *arena, const struct value *value)
{
    char *room = arena_bytes(arena, TIMESTAMP_TEXT_MAX + NUMBER_MAX), *p = room;

    if (!room)
        return (struct slice){NULL, 0};
    if (value->kind == VALUE_TIME) {
        *p++ = '"';
        p += timestamp_print(value->time, p);
        *p++ = '"';
    } else if (value->kind == VALUE_BOOL) {
        p = stpcpy(p, value->number ? "true" : "false");
    } else {
        p += snprintf(p, NUMBER_MAX, "%lld", (long long)value->number);
    }
    return (struct slice){room, (size_t)(p - room)};
}

/* A string's text; false: it is none. */
static bool as_text(struct arena *arena, const struct value *value, struct slice *out)
{
    char *text;

    if (value->kind == VALUE_TEXT) {
        *out = value->text;
        return true;
    }
    if (value->kind != VALUE_JSON || value->text.len < 2 || value->text.data[0] != '"')
        return false;
    text = arena_bytes(arena, value->text.len);
    if (!text)
        return false;
    *out = (struct slice){text, json_unescape(value->text, text)};
    return true;
}

static void put_value(struct record *record, const struct record_target *to,
                      const struct value *value)
{
    struct slice text;

    if (value->kind == VALUE_GEO)
        return; /* places are the indexer's */
    if (as_text(record->arena, value, &text))
        record_put(record, to, text);
    else if (value->kind == VALUE_JSON)
        record_put_json(record, to, value->text);
    else if ((text = as_json(record->arena, value)).data)
        record_put_json(record, to, text);
}

static void copy_value(const struct field_step *step, struct record *record)
{
    struct value value;

    if (!record_get(record, &step->from, &value))
        return;
    if (step->action == FIELD_ACTION_RENAME)
        record_remove(record, &step->from);
    put_value(record, &step->to, &value);
}

void field_step_apply(const struct field_step *step, struct record *record)
{
    struct value value;

    switch (step->action) {
    case FIELD_ACTION_ADD:
        if (record_get(record, &step->to, &value))
            return;
        record_put(record, &step->to, step->text);
        return;
    case FIELD_ACTION_SET:
        record_remove(record, &step->to);
        record_put(record, &step->to, step->text);
        return;
    case FIELD_ACTION_COPY:
    case FIELD_ACTION_RENAME:
        copy_value(step, record);
        return;
    case FIELD_ACTION_REMOVE:
        if (step->object)
            record_remove_object(record, step->object);
        else
            record_remove(record, &step->from);
        return;
    case FIELD_ACTION_TAG:
        record_add_item(record, FIELD_TAGS, step->text);
        return;
    }
}
