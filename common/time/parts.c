/*
 * parts.c - from what was read of a time to the instant.
 */
#include "common/time/parts.h"

#define DAY_S       86400
#define AHEAD_MAX_S (7 * (int64_t)DAY_S) /* zones and wrong clocks; logs are of the past */
#define AHEAD_DAY_S (2 * 3600)           /* the same for times without a date */
#define LEAP_GAP    8                    /* years between two leap days at most */

int parts_full_year(int two_digits)
{
    return two_digits + (two_digits < 69 ? 2000 : 1900);
}

static bool is_leap_year(int year)
{
    return civil_month_days(year, 2) == 29;
}

/* ISO 8601: week 1 has the year's first Thursday. */
static bool week_date(const struct time_parts *parts, struct civil *civil)
{
    int64_t january_4 = civil_days(parts->year, 1, 4);
    int64_t monday = january_4 - ((january_4 + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t next_4 = civil_days(parts->year + 1, 1, 4);
    int64_t next_monday = next_4 - ((next_4 + 3) % 7 + 7) % 7;
    int64_t day = monday + (parts->week - 1) * 7 + parts->weekday - 1;

    if (parts->week < 1 || parts->weekday < 1 || parts->weekday > 7 || day >= next_monday)
        return false;
    *civil = civil_from_days(day);
    return true;
}

/* The date of `parts` in `year`, if it has one. */
static bool date_in_year(const struct time_parts *parts, int year, struct civil *civil)
{
    if (year < 0 || year > 9999)
        return false;
    switch (parts->date) {
    case PARTS_DAY_OF_YEAR:
        if (parts->day_of_year < 1 || parts->day_of_year > 365 + is_leap_year(year))
            return false;
        *civil = civil_from_days(civil_days(year, 1, 1) + parts->day_of_year - 1);
        return true;
    case PARTS_WEEK_DAY:
        return parts->year >= 0 && week_date(parts, civil);
    default:
        *civil = (struct civil){.year = year, .month = parts->month, .day = parts->day};
        return parts->month >= 1 && parts->month <= 12 && parts->day >= 1 &&
               parts->day <= civil_month_days(year, parts->month);
    }
}

/* Some write 13:05 PM, and 0:05 AM. */
static bool hour_of(const struct time_parts *parts, int *hour)
{
    *hour = parts->hour;
    if (parts->meridiem == PARTS_AM) {
        *hour = parts->hour % 12;
        return parts->hour <= 12;
    }
    if (parts->meridiem == PARTS_PM && parts->hour <= 12)
        *hour = parts->hour % 12 + 12;
    return true;
}

/* Offset from UTC of the clock that showed this; a leap second is looked up as the second before.
 */
static int32_t offset_of(const struct time_parts *parts, const struct civil *civil,
                         const struct time_zone *zone)
{
    int64_t local_s = civil_days(civil->year, civil->month, civil->day) * DAY_S +
                      civil->hour * 3600 + civil->minute * 60 +
                      (civil->second > 59 ? 59 : civil->second);
    int64_t s;

    if (parts->zone_kind == PARTS_OFFSET)
        return parts->offset_s;
    if (parts->zone_kind == PARTS_ABBREVIATION) {
        if (zone && time_zone_from_named(zone, local_s, parts->abbreviation, &s))
            return (int32_t)(local_s - s);
        return parts->offset_s;
    }
    if (parts->zone_kind == PARTS_ZONE)
        zone = parts->zone;
    return zone ? (int32_t)(local_s - time_zone_from_local(zone, local_s)) : 0;
}

/* The date is in `civil` already. */
static bool instant_of(const struct time_parts *parts, const struct time_zone *zone,
                       struct civil *civil, struct timestamp_found *found)
{
    civil->minute = parts->minute;
    civil->second = parts->second;
    if (!hour_of(parts, &civil->hour))
        return false;
    found->offset_s = offset_of(parts, civil, zone);
    return timestamp_from_civil(civil, found->offset_s, parts->ns, &found->time);
}

static uint64_t distance(int64_t a, int64_t b)
{
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* The reference's day on the clocks of the log, in days since 1970. */
static int64_t reference_day(const struct time_parts *parts, const struct timestamp_hints *hints)
{
    const struct time_zone *zone = parts->zone_kind == PARTS_ZONE ? parts->zone : hints->zone;
    int64_t s = hints->reference_s;

    if (parts->zone_kind == PARTS_OFFSET || parts->zone_kind == PARTS_ABBREVIATION)
        s += parts->offset_s;
    else if (zone)
        s += time_zone_at(zone, s).offset_s;
    return s >= 0 ? s / DAY_S : -((-s + DAY_S - 1) / DAY_S);
}

/* Takes `civil` if it is an instant, and a nearer one than `found` has. */
static void try_date(const struct time_parts *parts, const struct timestamp_hints *hints,
                     struct civil civil, bool *any, struct timestamp_found *found)
{
    struct timestamp_found tried = *found;
    int64_t ahead_s = parts->date == PARTS_NO_DATE ? AHEAD_DAY_S : AHEAD_MAX_S;

    if (!instant_of(parts, hints->zone, &civil, &tried) ||
        tried.time.s > hints->reference_s + ahead_s)
        return;
    if (!*any ||
        distance(tried.time.s, hints->reference_s) < distance(found->time.s, hints->reference_s))
        *found = tried;
    *any = true;
}

/* Within these days of the reference, no other year can be nearer or is ahead of it. */
static bool is_near(int64_t days)
{
    return days > -180 && days < AHEAD_MAX_S / DAY_S - 2;
}

static bool nearest_year(const struct time_parts *parts, const struct timestamp_hints *hints,
                         struct timestamp_found *found)
{
    int64_t today = reference_day(parts, hints);
    int year = civil_from_days(today).year;
    struct civil civil;
    bool any = false;

    if (date_in_year(parts, year, &civil) &&
        is_near(civil_days(civil.year, civil.month, civil.day) - today))
        return instant_of(parts, hints->zone, &civil, found);
    for (int candidate = year - 1; candidate <= year + 1; candidate++)
        if (date_in_year(parts, candidate, &civil))
            try_date(parts, hints, civil, &any, found);
    /* 29 February, or day 366: the last year that had one. */
    for (int candidate = year - 2; !any && candidate >= year - LEAP_GAP; candidate--)
        if (date_in_year(parts, candidate, &civil))
            try_date(parts, hints, civil, &any, found);
    return any;
}

static bool nearest_day(const struct time_parts *parts, const struct timestamp_hints *hints,
                        struct timestamp_found *found)
{
    int64_t day = reference_day(parts, hints);
    bool any = false;

    for (int64_t candidate = day - 1; candidate <= day + 1; candidate++)
        try_date(parts, hints, civil_from_days(candidate), &any, found);
    return any;
}

/* All that the instant depends on, but the fraction. False: it does not fit. */
static bool make_key(const struct time_parts *parts, const struct timestamp_hints *hints,
                     struct timestamp_memo_key *key)
{
    memset(key, 0, sizeof(*key)); /* compared as bytes */
    if (parts->zone_kind == PARTS_ABBREVIATION) {
        if (parts->abbreviation.len > sizeof(key->abbreviation))
            return false;
        memcpy(key->abbreviation, parts->abbreviation.data, parts->abbreviation.len);
    }
    key->zone = hints->zone;
    key->named = parts->zone;
    key->reference_s =
        hints->has_reference && parts->year == PARTS_NO_YEAR ? hints->reference_s : 0;
    key->date = (int32_t)parts->date;
    key->year = parts->year;
    key->month = parts->date == PARTS_WEEK_DAY ? parts->week : parts->month;
    key->day = parts->date == PARTS_WEEK_DAY      ? parts->weekday
               : parts->date == PARTS_DAY_OF_YEAR ? parts->day_of_year
                                                  : parts->day;
    key->clock =
        ((parts->hour * 64 + parts->minute) * 64 + parts->second) * 4 + (int32_t)parts->meridiem;
    key->zone_kind = (int32_t)parts->zone_kind;
    key->offset_s = parts->offset_s;
    return true;
}

static bool resolve(const struct time_parts *parts, const struct timestamp_hints *hints,
                    struct timestamp_found *found)
{
    struct civil civil;

    if (parts->date != PARTS_NO_DATE && parts->year != PARTS_NO_YEAR)
        return date_in_year(parts, parts->year, &civil) &&
               instant_of(parts, hints->zone, &civil, found);
    if (!hints->has_reference)
        return false;
    return parts->date != PARTS_NO_DATE ? nearest_year(parts, hints, found)
                                        : nearest_day(parts, hints, found);
}

static bool resolve_by_memo(const struct time_parts *parts, const struct timestamp_hints *hints,
                            struct timestamp_found *found)
{
    struct timestamp_memo *memo = hints->memo;
    struct timestamp_memo_key key;

    if (!memo || !make_key(parts, hints, &key))
        return resolve(parts, hints, found);
    if (memo->filled && memcmp(&memo->key, &key, sizeof(key)) == 0) {
        found->time = (struct timestamp){memo->s, parts->ns};
        found->offset_s = memo->offset_s;
        return true;
    }
    if (!resolve(parts, hints, found))
        return false;
    *memo = (struct timestamp_memo){key, true, found->time.s, found->offset_s};
    return true;
}

enum timestamp_result parts_resolve(const struct time_parts *parts,
                                    const struct timestamp_hints *hints,
                                    struct timestamp_found *found)
{
    struct timestamp_found result = {.has_zone = parts->zone_kind != PARTS_NO_ZONE,
                                     .has_date = parts->date != PARTS_NO_DATE,
                                     .has_year = parts->year != PARTS_NO_YEAR};

    if (parts->is_instant) {
        result.time = parts->instant;
        result.has_zone = result.has_date = result.has_year = true;
    } else if (!resolve_by_memo(parts, hints, &result)) {
        return TIMESTAMP_IMPOSSIBLE;
    }
    result.len = found->len;
    *found = result;
    return TIMESTAMP_FOUND;
}
