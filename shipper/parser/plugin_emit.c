/*
 * plugin_emit.c - what a plugin says of a line, into the record.
 */
#include "shipper/parser/plugin_emit.h"

#include <math.h>
#include <stdlib.h>

#include "common/json_tidy.h"
#include "common/scope.h"

#define NAMES_MAX  256 /* that are remembered; a power of two less than SLOTS */
#define SLOTS      512
#define VALUES_MAX 5000
#define BYTES_MAX  (8u << 20) /* of a line's values and names */
#define TAG_MAX    100
#define TAGS_MAX   50

struct remembered {
    char *name; /* NULL: free */
    enum capture_type type;
    struct capture capture;
};

struct plugin_names {
    struct remembered *slots[SLOTS];
    size_t count;
    unsigned tags; /* of this line */
    uint64_t serial;
};

struct plugin_names *plugin_names_open(void)
{
    return calloc(1, sizeof(struct plugin_names));
}

void plugin_names_close(struct plugin_names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        if (names->slots[i]) {
            free(names->slots[i]->name);
            free(names->slots[i]);
        }
    free(names);
}

static struct remembered *make(const char *name, enum capture_type type)
{
    const struct capture_rule rule = {.type = type};
    struct remembered *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->name = strdup(name);
    made->type = type;
    if (made->name && capture_init(&made->capture, slice_of(name), &rule))
        return made;
    free(made->name);
    free(made);
    return NULL;
}

/* What the name means; NULL: nothing can have it, or there is no memory. */
static struct capture *find(struct plugin_names *names, const char *name, enum capture_type type)
{
    uint32_t hash = 2166136261u ^ (uint32_t)type; /* FNV-1a */
    size_t at;

    for (const char *p = name; *p; p++)
        hash = (hash ^ (uint8_t)*p) * 16777619u;
    for (at = hash % SLOTS; names->slots[at]; at = (at + 1) % SLOTS)
        if (names->slots[at]->type == type && strcmp(names->slots[at]->name, name) == 0)
            return &names->slots[at]->capture;
    if (names->count == NAMES_MAX)
        return NULL;
    names->slots[at] = make(name, type);
    if (!names->slots[at])
        return NULL;
    names->count++;
    return &names->slots[at]->capture;
}

/* Counts it; false: the line has had enough. */
static bool admit(struct plugin_sink *sink, size_t bytes)
{
    if (sink->values >= VALUES_MAX || bytes > BYTES_MAX - sink->bytes) {
        record_tag(sink->line.record, "_truncated");
        return false;
    }
    sink->values++;
    sink->bytes += bytes;
    return true;
}

static bool is_name(const char *name)
{
    return name && *name && strnlen(name, RECORD_NAME_MAX - 6) < RECORD_NAME_MAX - 6;
}

/* A copy in the arena, or the same when it is part of the line. */
static struct slice keep(struct plugin_sink *sink, const char *value, size_t len)
{
    const char *start = sink->text.data;

    if (len == 0 || (value >= start && value + len <= start + sink->text.len))
        return (struct slice){value, len};
    return arena_copy(sink->line.record->arena, (struct slice){value, len});
}

static int put(struct plugin_sink *sink, const char *name, enum capture_type type,
               const char *value, size_t len)
{
    struct capture *capture;
    struct slice kept;
    const char *problem;

    if (!is_name(name) || (!value && len) || !admit(sink, strlen(name) + len))
        return -1;
    kept = keep(sink, value, len);
    if (len && !kept.data)
        return -1;
    capture = find(sink->names, name, type);
    if (!capture) /* more names than are remembered */
        return record_label(sink->line.record, slice_of(name), kept) ? 0 : -1;
    problem = capture_set(capture, kept, &sink->line);
    if (problem)
        sink->problem = problem;
    return sink->line.no_memory ? -1 : 0;
}

static int emit_text(void *host, const char *name, const char *value, size_t len)
{
    return put(host, name, CAPTURE_AS_FIELD, value, len);
}

static int emit_number(void *host, const char *name, int64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)value);

    return put(host, name, CAPTURE_AS_LONG, text, (size_t)len);
}

static int emit_real(void *host, const char *name, double value)
{
    char text[40];
    int digits = 15, len;

    if (!isfinite(value))
        return -1;
    do /* no more of them than say which number it is */
        len = snprintf(text, sizeof(text), "%.*g", digits, value);
    while (strtod(text, NULL) != value && ++digits <= 17);
    return put(host, name, CAPTURE_AS_DOUBLE, text, (size_t)len);
}

static int emit_flag(void *host, const char *name, int value)
{
    const char *text = value ? "true" : "false";

    return put(host, name, CAPTURE_AS_BOOL, text, strlen(text));
}

static int emit_label(void *host, const char *name, const char *value, size_t len)
{
    struct plugin_sink *sink = host;

    if (!is_name(name) || (!value && len) || !admit(sink, strlen(name) + len))
        return -1;
    return record_label(sink->line.record, slice_of(name), (struct slice){value, len}) ? 0 : -1;
}

/* One tidy value in the arena; {NULL, 0}: it is no JSON. */
static struct slice tidy(struct arena *arena, struct slice json)
{
    const char *start, *end = json.data + json.len;
    struct json_value value;

    start = json_skip_space(json.data, end);
    start = json_read(start, end, &value);
    if (!start || json_skip_space(start, end) != end)
        return (struct slice){NULL, 0};
    return json_needs_tidying(&value) ? json_tidy(arena, value.raw) : arena_copy(arena, value.raw);
}

static int emit_json(void *host, const char *name, const char *json, size_t len)
{
    struct plugin_sink *sink = host;
    struct record *record = sink->line.record;
    struct record_target *target;
    struct slice raw;

    if (!is_name(name) || !json || !admit(sink, strlen(name) + len))
        return -1;
    raw = tidy(record->arena, (struct slice){json, len});
    if (!raw.data) /* what is no JSON is kept as what it is */
        return record_label(record, slice_of(name), (struct slice){json, len}) &&
                       record_tag(record, "_typeconflict")
                   ? 0
                   : -1;
    target = arena_alloc(record->arena, sizeof(*target));
    return target && record_target_init(target, slice_of(name)) &&
                   record_put_json(record, target, raw)
               ? 0
               : -1;
}

static int emit_tag(void *host, const char *tag)
{
    struct plugin_sink *sink = host;
    size_t len = tag ? strnlen(tag, TAG_MAX + 1) : 0;

    if (len == 0 || len > TAG_MAX || sink->names->tags == TAGS_MAX)
        return -1;
    sink->names->tags++;
    return record_add_item(sink->line.record, FIELD_TAGS, (struct slice){tag, len}) ? 0 : -1;
}

static int emit_time(void *host, int64_t seconds, uint32_t nanoseconds)
{
    struct plugin_sink *sink = host;

    if (seconds < TIMESTAMP_S_MIN || seconds > TIMESTAMP_S_MAX || nanoseconds > 999999999)
        return -1;
    record_set_time(sink->line.record, FIELD_TIMESTAMP, (struct timestamp){seconds, nanoseconds});
    return 0;
}

static int emit_time_text(void *host, const char *value, size_t len)
{
    return put(host, "@timestamp", CAPTURE_AS_FIELD, value, len);
}

struct alpex_emitter plugin_emitter(struct plugin_sink *sink)
{
    sink->names->tags = 0;
    return (struct alpex_emitter){
        .size = sizeof(struct alpex_emitter),
        .host = sink,
        .text = emit_text,
        .number = emit_number,
        .real = emit_real,
        .flag = emit_flag,
        .json = emit_json,
        .label = emit_label,
        .tag = emit_tag,
        .time = emit_time,
        .time_text = emit_time_text,
    };
}
