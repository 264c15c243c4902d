/*
 * format_time.c - setters of times.
 */
#include "shipper/parser/format_set.h"

#include "shipper/parser/duration.h"

#define NS_PER_S 1000000000

static const char no_time[] = "no such time";

/* Only the seconds differ from the last time stamp's, and are some. */
static bool is_same_minute(const struct format *format, struct slice text)
{
    const size_t zone = FORMAT_CLF_SECOND + 2;

    return format->has_time && text.len == FORMAT_CLF_LEN &&
           memcmp(text.data, format->time_text, FORMAT_CLF_SECOND) == 0 &&
           memcmp(text.data + zone, format->time_text + zone, FORMAT_CLF_LEN - zone) == 0 &&
           text.data[FORMAT_CLF_SECOND] >= '0' && text.data[FORMAT_CLF_SECOND] <= '5' &&
           text.data[FORMAT_CLF_SECOND + 1] >= '0' && text.data[FORMAT_CLF_SECOND + 1] <= '9';
}

static int second_of(const char *clf)
{
    return (clf[FORMAT_CLF_SECOND] - '0') * 10 + clf[FORMAT_CLF_SECOND + 1] - '0';
}

/* Into format->time. Lines of one second, and of one minute, come together. */
static bool read_clf(struct format *format, struct slice text)
{
    if (format_is_last_time(format, text))
        return true;
    if (is_same_minute(format, text)) {
        format->time.s += second_of(text.data) - second_of(format->time_text);
    } else {
        format->has_time = false;
        if (!timestamp_parse_clf(text, &format->time))
            return false;
        format->has_time = text.len == FORMAT_CLF_LEN;
    }
    if (format->has_time)
        memcpy(format->time_text, text.data, FORMAT_CLF_LEN);
    return true;
}

const char *format_set_time_clf(struct format *format, const struct format_step *step,
                                struct slice text, struct record *record)
{
    if (text.len && text.data[0] == '[' && text.data[text.len - 1] == ']')
        text = (struct slice){text.data + 1, text.len - 2};
    else if (step->item.shape == SHAPE_BRACKETS)
        return NULL; /* the dash of a condition that does not hold */
    if (!read_clf(format, text))
        return no_time;
    record_set_time(record, step->item.field, format->time);
    return NULL;
}

const char *format_set_time_iso(struct format *format, const struct format_step *step,
                                struct slice text, struct record *record)
{
    struct timestamp time;

    (void)format;
    if (access_is_absent(text))
        return NULL;
    if (!timestamp_parse_iso(text, &time))
        return no_time;
    record_set_time(record, step->item.field, time);
    return NULL;
}

const char *format_set_time_epoch(struct format *format, const struct format_step *step,
                                  struct slice text, struct record *record)
{
    int64_t ns;

    (void)format;
    if (access_is_absent(text))
        return NULL;
    if (!duration_scale(text, step->item.unit_ns, &ns))
        return no_time;
    record_set_time(record, step->item.field,
                    (struct timestamp){ns / NS_PER_S, (uint32_t)(ns % NS_PER_S)});
    return NULL;
}

const char *format_set_fraction(struct format *format, const struct format_step *step,
                                struct slice text, struct record *record)
{
    int64_t ns;

    (void)record;
    if (access_is_absent(text))
        return NULL;
    if (!duration_scale(text, step->item.unit_ns, &ns) || ns >= NS_PER_S)
        return no_time;
    if (step->item.field == FIELD_EVENT_END)
        format->end_fraction_ns = (uint32_t)ns;
    else
        format->fraction_ns = (uint32_t)ns;
    return NULL;
}

const char *format_set_time_part(struct format *format, const struct format_step *step,
                                 struct slice text, struct record *record)
{
    struct format_pattern *pattern =
        step->item.field == FIELD_EVENT_END ? format->end_pattern : format->pattern;

    if (access_is_absent(text))
        return NULL;
    if (!pattern->formats) /* a month, an hour: kept as it is */
        return format_set_label(format, step, text, record);
    format_pattern_take(pattern, text);
    return NULL;
}
