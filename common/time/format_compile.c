/*
 * format_compile.c - which language a date format is in, and whether it makes sense.
 */
#include "common/time/format_steps.h"

#include <strings.h>

struct named {
    const char *name;
    const char *pattern; /* Java's, or NULL: the step */
    enum format_kind kind;
    int value;
};

static const struct named names[] = {
    {"AUTO", NULL, FORMAT_AUTO, 0},
    {"ISO8601", NULL, FORMAT_ISO, 0},
    {"RFC3339", NULL, FORMAT_RFC3339, 0},
    {"UNIX", NULL, FORMAT_EPOCH, EPOCH_S},
    {"UNIX_MS", NULL, FORMAT_EPOCH, EPOCH_MS},
    {"UNIX_US", NULL, FORMAT_EPOCH, EPOCH_US},
    {"UNIX_NS", NULL, FORMAT_EPOCH, EPOCH_NS},
    {"EPOCH", NULL, FORMAT_EPOCH, EPOCH_AUTO},
    {"EPOCH_SECOND", NULL, FORMAT_EPOCH, EPOCH_S},
    {"EPOCH_MILLIS", NULL, FORMAT_EPOCH, EPOCH_MS},
    {"TAI64N", NULL, FORMAT_TAI64, 0},
    {"CLF", "['[']dd/MMM/yyyy:HH:mm:ss Z[']']", 0, 0},
    {"RFC822", "[EEE, ]d MMM [yyyy][yy] HH:mm[:ss] z", 0, 0},
    {"RFC1123", "[EEE, ]d MMM [yyyy][yy] HH:mm[:ss] z", 0, 0},
    {"RFC2822", "[EEE, ]d MMM [yyyy][yy] HH:mm[:ss] z", 0, 0},
    {"RFC5322", "[EEE, ]d MMM [yyyy][yy] HH:mm[:ss] z", 0, 0},
    {"HTTP", "[EEE, ]d MMM [yyyy][yy] HH:mm[:ss] z", 0, 0},
    {"RFC850", "EEEE, dd-MMM-yy HH:mm:ss z", 0, 0},
    {"ASCTIME", "EEE MMM d HH:mm:ss[.SSS] yyyy", 0, 0},
    {"SYSLOG", "MMM d HH:mm:ss[.SSS]", 0, 0},
    {"RFC3164", "MMM d HH:mm:ss[.SSS]", 0, 0},
};

bool format_steps_add(struct time_format *format, enum format_kind kind, int min, int max,
                      int value)
{
    struct format_step *last = format->count ? &format->steps[format->count - 1] : NULL;

    /* Blanks match any number already. */
    if (kind == FORMAT_BLANKS && last && last->kind == FORMAT_BLANKS)
        return true;
    if (format->count == FORMAT_STEPS_MAX)
        return false;
    format->steps[format->count++] =
        (struct format_step){(uint8_t)kind, (uint8_t)min, (uint8_t)max, (uint8_t)value};
    return true;
}

static bool is_number(const struct format_step *step)
{
    return step->kind >= FORMAT_YEAR && step->kind <= FORMAT_FRACTION;
}

/*
 * Numbers that touch have as many digits as the pattern says; others may have
 * fewer, and fractions any number.
 */
static void settle_widths(struct time_format *format)
{
    for (int i = 0; i < format->count; i++) {
        struct format_step *step = &format->steps[i];
        bool before = i > 0 && is_number(step - 1);
        bool after = i + 1 < format->count && is_number(step + 1);

        if (!is_number(step))
            continue;
        if (before || after) {
            if (step->max != 0)
                step->min = step->max;
        } else if (step->kind == FORMAT_FRACTION) {
            step->max = 0;
        } else if (step->kind != FORMAT_YEAR && step->kind != FORMAT_SHORT_YEAR) {
            step->min = 1;
        }
        if (step->kind == FORMAT_YEAR && step->max == 4 && step->min > 1)
            step->min = 4;
    }
}

static bool has(const struct time_format *format, enum format_kind kind)
{
    for (int i = 0; i < format->count; i++)
        if (format->steps[i].kind == kind)
            return true;
    return false;
}

static enum status check_date(const struct time_format *f, struct error *err)
{
    bool month = has(f, FORMAT_MONTH) || has(f, FORMAT_MONTH_NAME);
    bool year = has(f, FORMAT_YEAR) || has(f, FORMAT_SHORT_YEAR);
    bool week_year = has(f, FORMAT_WEEK_YEAR);

    if (has(f, FORMAT_DAY) && !month)
        return error_set(err, REJECT, "it has a day but no month");
    if (month && !has(f, FORMAT_DAY) && !year)
        return error_set(err, REJECT, "it has a month but neither day nor year");
    if (month && has(f, FORMAT_DAY_OF_YEAR))
        return error_set(err, REJECT, "it has a month and a day of the year");
    if (week_year != has(f, FORMAT_WEEK) || (week_year && (!has(f, FORMAT_WEEKDAY) || year)))
        return error_set(err, REJECT, "a week needs %%G, %%V and %%u, and no other year");
    return OK;
}

static enum status check_clock(const struct time_format *f, struct error *err)
{
    bool half = has(f, FORMAT_HOUR_12) || has(f, FORMAT_HOUR_0_11);
    bool hour = half || has(f, FORMAT_HOUR) || has(f, FORMAT_HOUR_24);

    if (half && !has(f, FORMAT_MERIDIEM))
        return error_set(err, REJECT,
                         "it has an hour of half a day without AM or PM (24 hours: %%H or HH)");
    if (has(f, FORMAT_MERIDIEM) && !hour)
        return error_set(err, REJECT, "it has AM or PM but no hour");
    if ((has(f, FORMAT_MINUTE) && !hour) || (has(f, FORMAT_SECOND) && !has(f, FORMAT_MINUTE)))
        return error_set(err, REJECT, "it has %s but no %s",
                         has(f, FORMAT_MINUTE) ? "a minute" : "a second",
                         has(f, FORMAT_MINUTE) ? "hour" : "minute");
    return OK;
}

static enum status check(const struct time_format *f, struct error *err)
{
    bool whole = has(f, FORMAT_EPOCH) || has(f, FORMAT_TAI64) || has(f, FORMAT_ISO) ||
                 has(f, FORMAT_RFC3339) || has(f, FORMAT_AUTO);
    bool hour = has(f, FORMAT_HOUR) || has(f, FORMAT_HOUR_12) || has(f, FORMAT_HOUR_0_11) ||
                has(f, FORMAT_HOUR_24);
    bool date = has(f, FORMAT_YEAR) || has(f, FORMAT_SHORT_YEAR) || has(f, FORMAT_MONTH) ||
                has(f, FORMAT_MONTH_NAME) || has(f, FORMAT_DAY_OF_YEAR) || has(f, FORMAT_WEEK_YEAR);

    if (check_date(f, err) || check_clock(f, err))
        return REJECT;
    if (!whole && !hour && !date)
        return error_set(err, REJECT, "it has neither a date nor an hour");
    return OK;
}

enum status format_compile(const char *text, struct time_format *out, struct error *err)
{
    *out = (struct time_format){0};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(text, names[i].name) != 0)
            continue;
        if (!names[i].pattern) {
            format_steps_add(out, names[i].kind, 0, 1, names[i].value);
            return OK;
        }
        text = names[i].pattern;
        break;
    }
    if (strchr(text, '%') ? format_strptime(text, out, err) : format_java(text, out, err))
        return REJECT;
    if (out->count > 0 && out->steps[out->count - 1].kind == FORMAT_EPOCH)
        out->steps[out->count - 1].max = 1; /* nothing behind it wants the fraction */
    settle_widths(out);
    return check(out, err);
}
