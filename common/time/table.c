/*
 * table.c - a time zone in memory: periods in which its offset stays the same.
 */
#include "common/time/table.h"

#include <stdlib.h>

#include "common/timestamp.h"

#define DAY_S         86400
#define FIRST_YEAR    1900 /* a rule's changes are written out from here */
#define LAST_YEAR     2100 /* to the end of this year */
#define YEARS_PERIODS 8

bool zone_table_init(struct zone_table *table, size_t cap)
{
    *table = (struct zone_table){.cap = cap};
    table->starts = calloc(cap, sizeof(*table->starts));
    table->local_ends = calloc(cap, sizeof(*table->local_ends));
    table->periods = calloc(cap, sizeof(*table->periods));
    return table->starts && table->local_ends && table->periods;
}

void zone_table_release(struct zone_table *table)
{
    free(table->starts);
    free(table->local_ends);
    free(table->periods);
}

bool zone_table_name(struct zone_table *table, const char *name, uint16_t *at)
{
    size_t len = strlen(name) + 1;

    for (size_t i = 0; i + len <= table->names_len; i++)
        if (memcmp(table->names + i, name, len) == 0) {
            *at = (uint16_t)i;
            return true;
        }
    if (len > sizeof(table->names) - table->names_len)
        return false;
    memcpy(table->names + table->names_len, name, len);
    *at = (uint16_t)table->names_len;
    table->names_len += len;
    return true;
}

static bool period_equal(const struct zone_period *a, const struct zone_period *b)
{
    return a->offset_s == b->offset_s && a->dst == b->dst && a->name == b->name;
}

void zone_table_add(struct zone_table *table, int64_t start, struct zone_period period)
{
    size_t n = table->count;

    while (n > 1 && table->starts[n - 2] >= start)
        n--;
    if (n > 0 && period_equal(&table->periods[n - 1], &period)) {
        table->count = n;
        return;
    }
    if (n == table->cap)
        return;
    if (n > 0)
        table->starts[n - 1] = start;
    table->periods[n] = period;
    table->count = n + 1;
}

static void add_rule_year(struct zone_table *table, const struct zone_table *source, int year,
                          int64_t after)
{
    int64_t to_dst, to_standard;

    zone_rule_year(&source->rule, year, &to_dst, &to_standard);
    for (int i = 0; i < 2; i++) {
        bool dst_now = (to_dst < to_standard) == (i == 0);
        int64_t start = dst_now ? to_dst : to_standard;

        if (start > after)
            zone_table_add(table, start, dst_now ? source->dst : source->standard);
    }
}

static bool add_rule(struct zone_table *table, const struct zone_rule *rule, int64_t after)
{
    int year = civil_from_days(after / DAY_S).year;

    table->rule = *rule;
    table->standard = (struct zone_period){.offset_s = rule->standard_s};
    table->dst = (struct zone_period){.offset_s = rule->dst_s, .dst = true};
    if (!zone_table_name(table, rule->standard_name, &table->standard.name))
        return false;
    if (!rule->has_dst) {
        zone_table_add(table, after + 1, table->standard);
        return true;
    }
    if (!zone_table_name(table, rule->dst_name, &table->dst.name))
        return false;
    table->has_rule = true;
    table->horizon = civil_days(year < LAST_YEAR ? LAST_YEAR : year + 1, 1, 15) * DAY_S;
    for (year = year < FIRST_YEAR ? FIRST_YEAR : year; year <= LAST_YEAR; year++)
        add_rule_year(table, table, year, after);
    return true;
}

/*
 * The period before a change holds until both clocks, the old and the new one,
 * are past it: so times that exist twice or not at all are read with the old offset.
 */
static void find_local_ends(struct zone_table *table)
{
    int64_t end = INT64_MIN;

    for (size_t i = 0; i + 1 < table->count; i++) {
        int32_t before = table->periods[i].offset_s, after = table->periods[i + 1].offset_s;
        int64_t next = table->starts[i] + (before > after ? before : after);

        end = next > end ? next : end; /* two changes in a few hours */
        table->local_ends[i] = end;
    }
}

bool zone_table_seal(struct zone_table *table, const struct zone_rule *rule, int64_t after)
{
    if (rule && !add_rule(table, rule, after))
        return false;
    find_local_ends(table);
    return true;
}

/* How many of the ascending list are not above `key`. Without branches that depend on it. */
static size_t count_up_to(const int64_t *list, size_t count, int64_t key)
{
    const int64_t *base = list;

    while (count > 1) {
        size_t half = count / 2;

        base += base[half - 1] <= key ? half : 0;
        count -= half;
    }
    return (size_t)(base - list) + (count == 1 && *base <= key);
}

struct years { /* the changes of three years, in a table of its own */
    struct zone_table table;
    int64_t starts[YEARS_PERIODS], local_ends[YEARS_PERIODS];
    struct zone_period periods[YEARS_PERIODS];
};

static void years_around(struct years *years, const struct zone_table *source, int64_t s)
{
    struct zone_table *table = &years->table;
    int year = civil_from_days(s / DAY_S).year;

    table->starts = years->starts;
    table->local_ends = years->local_ends;
    table->periods = years->periods;
    table->cap = YEARS_PERIODS;
    table->count = 0;
    for (int i = -1; i <= 1; i++)
        add_rule_year(table, source, year + i, INT64_MIN);
    find_local_ends(table);
}

/* The instants that are asked for here are in the years 0 to 9999, or not far from them. */
static int64_t clamp(int64_t s)
{
    if (s < TIMESTAMP_S_MIN - DAY_S)
        return TIMESTAMP_S_MIN - DAY_S;
    return s > TIMESTAMP_S_MAX + DAY_S ? TIMESTAMP_S_MAX + DAY_S : s;
}

struct zone_period zone_table_at(const struct zone_table *table, int64_t s)
{
    if (table->has_rule && s >= table->horizon) {
        struct years years = {0};

        years_around(&years, table, clamp(s));
        return years.periods[count_up_to(years.starts, years.table.count - 1, s)];
    }
    return table->periods[count_up_to(table->starts, table->count - 1, s)];
}

struct zone_period zone_table_at_local(const struct zone_table *table, int64_t local_s)
{
    if (table->has_rule && local_s >= table->horizon) {
        struct years years = {0};

        years_around(&years, table, clamp(local_s));
        return years.periods[count_up_to(years.local_ends, years.table.count - 1, local_s)];
    }
    return table->periods[count_up_to(table->local_ends, table->count - 1, local_s)];
}
