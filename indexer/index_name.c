/*
 * index_name.c - dataset and day of a record into the name of its index.
 */
#include "indexer/index_name.h"

#include <string.h>

#include "common/metrics.h"
#include "common/record.h"
#include "indexer/index_guard.h"

#define DAY_S     86400
#define DAY_FIRST (-719528) /* 0000-01-01 */
#define DAY_LAST  2932896   /* 9999-12-31 */
#define DAY_TEXT  10        /* "2026.11.21" */

void index_names_init(struct index_names *names, const char *prefix)
{
    *names = (struct index_names){.prefix = prefix};
    names->unknown =
        metrics_counter("indexer_dataset_unknown_total", NULL,
                        "Records without a usable event.dataset, or of one that has no index.");
    names->skewed = metrics_counter("indexer_clock_skew_total", NULL,
                                    "Records whose time is too far ahead of their arrival.");
}

void index_names_start(struct index_names *names, struct arena *arena)
{
    names->arena = arena;
    names->slot = NULL;
    memset(names->slots, 0, sizeof(names->slots));
}

static int64_t day_of(int64_t s)
{
    return s / DAY_S - (s % DAY_S < 0);
}

static bool is_day(int64_t day)
{
    return day >= DAY_FIRST && day <= DAY_LAST;
}

/* When the record came, as Kafka tells it: the same whenever it is read. */
static int64_t arrival_ms(const struct index_names *names, int64_t message_ms, int64_t now_ms)
{
    bool believable = names->max_future_ms == 0 || message_ms - now_ms <= names->max_future_ms;

    return believable && is_day(day_of(timestamp_from_ms(message_ms).s)) ? message_ms : now_ms;
}

static bool is_ahead(const struct index_names *names, struct timestamp time, int64_t arrived_ms)
{
    return names->max_future_ms && time.s - arrived_ms / 1000 > names->max_future_ms / 1000;
}

static int64_t record_day(struct index_names *names, struct record *record, int64_t arrived_ms)
{
    struct timestamp time;
    int64_t day;

    if (record_time_near(record, FIELD_TIMESTAMP, &names->minute, &time) &&
        is_day(day_of(time.s))) {
        if (!is_ahead(names, time, arrived_ms))
            return day_of(time.s);
        metric_add(names->skewed, 1);
        record_tag(record, "clock_skew");
    }
    day = day_of(timestamp_from_ms(arrived_ms).s);
    return is_day(day) ? day : 0;
}

static char safe_char(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-')
        return c;
    return '_';
}

/* The usable form of `raw` in `out`; returns its length, 0 when nothing is left. */
static size_t sanitise(struct slice raw, char out[INDEX_DATASET_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < raw.len && len < INDEX_DATASET_MAX; i++) {
        char c = safe_char(raw.data[i]);

        if (len == 0 && (c == '-' || c == '_' || c == '.')) /* '+' has become '_' */
            continue;
        out[len++] = c;
    }
    return len;
}

static bool has_own_index(const struct index_names *names, const char *dataset, size_t len)
{
    bool found = names->dataset_count == 0;

    for (size_t i = 0; i < names->dataset_count && !found; i++)
        found = strlen(names->datasets[i]) == len && memcmp(names->datasets[i], dataset, len) == 0;
    return found;
}

/* Sets names->dataset; true: it is that of the record before. */
static bool set_dataset(struct index_names *names, struct record *record)
{
    struct slice raw = {NULL, 0};
    bool usable;

    if (record_text(record, FIELD_EVENT_DATASET, &raw) && raw.len && raw.len == names->raw_len &&
        memcmp(raw.data, names->raw, raw.len) == 0)
        return true;
    names->dataset_len = sanitise(raw, names->dataset);
    usable = names->dataset_len && has_own_index(names, names->dataset, names->dataset_len);
    names->raw_len = usable && raw.len <= sizeof(names->raw) ? raw.len : 0;
    if (names->raw_len)
        memcpy(names->raw, raw.data, raw.len);
    if (!usable) {
        metric_add(names->unknown, 1);
        names->dataset_len = sizeof("unknown") - 1;
        memcpy(names->dataset, "unknown", names->dataset_len);
    }
    return false;
}

static struct index_name_slot *slot_of(struct index_names *names, struct slice dataset, int64_t day)
{
    uint32_t hash = 2166136261u ^ (uint32_t)day; /* FNV-1a */

    for (size_t i = 0; i < dataset.len; i++)
        hash = (hash ^ (uint8_t)dataset.data[i]) * 16777619u;
    return &names->slots[(hash ^ hash >> 16) % INDEX_NAME_SLOTS];
}

static bool make_name(struct index_names *names, struct slice dataset, int64_t day,
                      struct slice *out)
{
    size_t prefix_len = strlen(names->prefix);
    size_t len = prefix_len + 1 + dataset.len + 1 + DAY_TEXT;
    char *name = arena_bytes(names->arena, len + 1), *p = name;

    if (!name)
        return false;
    memcpy(p, names->prefix, prefix_len);
    p += prefix_len;
    *p++ = '-';
    memcpy(p, dataset.data, dataset.len);
    p += dataset.len;
    *p++ = '-';
    timestamp_print_day((struct timestamp){day * DAY_S, 0}, p);
    *out = (struct slice){name, len};
    return true;
}

/* The slot of that name; NULL: no memory. */
static struct index_name_slot *fill_slot(struct index_names *names, struct slice dataset,
                                         int64_t day, int64_t now_ms)
{
    struct index_name_slot *slot = slot_of(names, dataset, day);
    size_t start = strlen(names->prefix) + 1;

    if (!slot->name.data || slot->day != day || slot->dataset_len != dataset.len ||
        memcmp(slot->name.data + start, dataset.data, dataset.len) != 0) {
        if (!make_name(names, dataset, day, &slot->name))
            return NULL;
        slot->day = day;
        slot->dataset_len = dataset.len;
        slot->admitted = index_guard_admit(slot->name, names->new_max, now_ms);
    }
    return slot;
}

enum status index_name(struct index_names *names, struct record *record, int64_t message_ms,
                       int64_t now_ms, struct slice *out)
{
    bool again = set_dataset(names, record);
    int64_t day = record_day(names, record, arrival_ms(names, message_ms, now_ms));

    if (!again || !names->slot || names->slot->day != day)
        names->slot =
            fill_slot(names, (struct slice){names->dataset, names->dataset_len}, day, now_ms);
    if (!names->slot)
        return FATAL;
    *out = names->slot->name;
    return names->slot->admitted ? OK : REJECT;
}
