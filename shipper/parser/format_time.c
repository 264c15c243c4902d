/*
 * format_time.c - setters of times.
 */
#include "shipper/parser/format_set.h"

#include "shipper/parser/duration.h"

#define NS_PER_S 1000000000

static const char no_time[] = "no such time";

const char *format_set_time_clf(struct format *format, const struct format_step *step,
                                struct slice text, struct record *record)
{
    if (text.len && text.data[0] == '[' && text.data[text.len - 1] == ']')
        text = (struct slice){text.data + 1, text.len - 2};
    else if (step->item.shape == SHAPE_BRACKETS)
        return NULL; /* the dash of a condition that does not hold */
    if (!format_is_last_time(format, text)) {
        format->has_time = false;
        if (!timestamp_parse_clf(text, &format->time))
            return no_time;
        format->has_time = text.len == FORMAT_CLF_LEN;
        if (format->has_time)
            memcpy(format->time_text, text.data, FORMAT_CLF_LEN);
    }
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
