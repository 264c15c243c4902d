/*
 * name.c - the names of indices: which dataset and day, ours or not.
 */
#include "indexer/retention/name.h"

#include <stdio.h>

#include "common/timestamp.h"

#define MONTH_TEXT 7  /* "2026.11" */
#define DAY_TEXT   10 /* "2026.11.21" */

static bool take_prefix(struct slice *name, const char *prefix)
{
    size_t len = strlen(prefix);

    if (name->len <= len || memcmp(name->data, prefix, len) != 0 || name->data[len] != '-')
        return false;
    *name = (struct slice){name->data + len + 1, name->len - len - 1};
    return true;
}

/* Two or four digits; -1: others. */
static int digits(const char *p, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

/* Cuts "-YYYY.MM.DD" (or without the day) off the end. */
static bool take_date(struct slice *name, size_t text, int64_t *day)
{
    const char *p;
    int y, m, d = 1;

    if (name->len <= text + 1)
        return false;
    p = name->data + name->len - text;
    if (p[-1] != '-' || p[4] != '.' || (text == DAY_TEXT && p[7] != '.'))
        return false;
    y = digits(p, 4);
    m = digits(p + 5, 2);
    if (text == DAY_TEXT)
        d = digits(p + 8, 2);
    if (y < 0 || m < 1 || m > 12 || d < 1 || d > civil_month_days(y, m))
        return false;
    *day = civil_days(y, m, d);
    name->len -= text + 1;
    return true;
}

/* As index_name.c makes them. */
static bool is_dataset(struct slice text)
{
    if (text.len == 0 || text.len > INDEX_DATASET_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (!plain && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return true;
}

static bool take_rest(struct slice name, size_t text, struct index_day *out)
{
    int64_t day;

    if (!take_date(&name, text, &day) || !is_dataset(name))
        return false;
    memcpy(out->dataset, name.data, name.len);
    out->dataset[name.len] = '\0';
    out->day = day;
    return true;
}

bool index_day_parse(struct slice name, const char *prefix, struct index_day *out)
{
    return take_prefix(&name, prefix) && take_rest(name, DAY_TEXT, out);
}

bool kept_name_parse(struct slice name, const char *kept_prefix, const char *prefix,
                     struct index_day *out)
{
    return take_prefix(&name, kept_prefix) && take_prefix(&name, prefix) &&
           take_rest(name, MONTH_TEXT, out);
}

void kept_name_print(const char *kept_prefix, const char *prefix, const struct index_day *day,
                     char out[KEPT_NAME_MAX])
{
    struct civil civil = civil_from_days(day->day);

    snprintf(out, KEPT_NAME_MAX, "%s-%s-%s-%04d.%02d", kept_prefix, prefix, day->dataset,
             civil.year, civil.month);
}

int64_t month_end(int64_t day)
{
    struct civil civil = civil_from_days(day);

    return civil_days(civil.year, civil.month, civil_month_days(civil.year, civil.month)) + 1;
}
