/*
 * format.c - walks a line along the steps of its format.
 */
#include "shipper/parser/format.h"

#include "common/find_byte.h"
#include "shipper/parser/request.h"

#define BOM "\xef\xbb\xbf" /* some editors begin a file with it */

/* Is the literal behind `step` here? */
static inline bool is_end(const struct format *format, const struct format_step *step,
                          const char *p, const char *end)
{
    const char *literal = format_end(format, step);
    uint64_t word;

    if (step->end_mask && end - p >= (ptrdiff_t)sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        return ((word ^ step->end_word) & step->end_mask) == 0;
    }
    if ((size_t)(end - p) < step->end_len)
        return false;
    for (unsigned i = 0; i < step->end_len; i++) /* of a few bytes: a call would cost more */
        if (p[i] != literal[i])
            return false;
    return true;
}

/* Is the byte at `p` protected by the backslashes before it? They belong to a value from `start`.
 */
static bool is_protected(const char *start, const char *p)
{
    const char *s = p;

    while (s > start && s[-1] == '\\')
        s--;
    return (p - s) & 1;
}

static const char *find_text(const struct format *format, const struct format_step *step,
                             const char *start, const char *p, const char *end)
{
    char first = *format_end(format, step);
    bool quote = step->find == FIND_QUOTE;

    while ((p = find_byte(p, end, first))) {
        if (is_end(format, step, p, end) &&
            !(quote && p > start && p[-1] == '\\' && is_protected(start, p)))
            return p;
        p++;
    }
    return NULL;
}

/* A blank behind a comma or a colon, or in front of a colon, is inside of the list. */
static const char *find_list(const struct format *format, const struct format_step *step,
                             const char *start, const char *p, const char *end)
{
    while ((p = find_text(format, step, start, p, end))) {
        bool inside =
            p > start && (p[-1] == ',' || (p[-1] == ':' && p - start > 1 && p[-2] == ' '));

        if (!inside && !(end - p > 2 && p[1] == ':' && p[2] == ' '))
            return p;
        p++;
    }
    return NULL;
}

static const char *find_bracket(const struct format *format, const struct format_step *step,
                                const char *p, const char *end)
{
    const char *stop = NULL;

    if (end - p > FORMAT_CLF_LEN + 1 && p[0] == '[' && p[FORMAT_CLF_LEN + 1] == ']' &&
        format_is_last_time(format, (struct slice){p + 1, FORMAT_CLF_LEN}))
        stop = p + FORMAT_CLF_LEN + 1; /* there is no bracket in it */
    else if (p < end && *p == '[')
        stop = find_byte(p, end, ']');
    else if (p < end && *p == '-')
        stop = p;
    return stop && is_end(format, step, stop + 1, end) ? stop + 1 : NULL;
}

/* As far as the part of a time goes that stands here. */
static const char *find_time(const struct format *format, const struct format_step *step,
                             const char *p, const char *end)
{
    /* Any year will do. */
    const struct timestamp_hints hints = {.zones = format->clock.zones, .has_reference = true};
    const struct slice text = {p, (size_t)(end - p)};
    struct timestamp_found found;

    if (time_formats_scan(step->piece, text, &hints, &found) == TIMESTAMP_FOUND &&
        is_end(format, step, p + found.len, end))
        return p + found.len;
    return step->end_len ? find_text(format, step, p, p, end) : NULL;
}

const char *format_find_end(const struct format *format, const struct format_step *step,
                            const char *p, const char *from, const char *end)
{
    const char *blank;

    switch (step->find) {
    case FIND_BYTE:
        return find_byte(from, end, *format_end(format, step));
    case FIND_TEXT:
    case FIND_QUOTE:
        return find_text(format, step, p, from, end);
    case FIND_LIST:
        return find_list(format, step, p, from, end);
    case FIND_WIDTH:
        if (from == p && (size_t)(end - p) >= step->item.width &&
            is_end(format, step, p + step->item.width, end))
            return p + step->item.width;
        if (step->end_len)
            return find_text(format, step, p, from, end);
        return from == p && end - p < step->item.width ? end : NULL;
    case FIND_BRACKET:
        return from == p ? find_bracket(format, step, p, end) : NULL;
    case FIND_TIME:
        return from == p ? find_time(format, step, p, end) : find_text(format, step, p, from, end);
    case FIND_WORD:
        if (from != p)
            return NULL;
        while (p < end && *p == ' ' && step->trim)
            p++;
        blank = find_byte(p, end, ' ');
        return blank ? blank : end;
    case FIND_REST:
        return from == p ? end : NULL;
    }
    return NULL;
}

struct slice format_value(const struct format_step *step, const char *p, const char *stop)
{
    if (step->trim) {
        while (p < stop && *p == ' ')
            p++;
        while (p < stop && stop[-1] == ' ')
            stop--;
    }
    return (struct slice){p, (size_t)(stop - p)};
}

bool format_is_rest(struct slice text)
{
    bool quotes = false;

    if (text.len && text.data[0] != ' ' && text.data[0] != '\t')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '"' && !is_protected(text.data, text.data + i))
            quotes = !quotes;
    return !quotes;
}

static const char *set_rest(struct record *record, const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (p < end && !record_label(record, SLICE("extra"), (struct slice){p, (size_t)(end - p)}))
        return "the line is too long";
    return NULL;
}

/* The first end of a value that begins at `p`, and what is known of it then. */
static inline const char *find_first(struct format *format, const struct format_step *step,
                                     const char *line, const char *p, const char *end)
{
    const char *stop;

    format->plain = format->word = false;
    if (step->find == FIND_BYTE)
        return find_byte(p, end, *format_end(format, step));
    if (step->find == FIND_QUOTE) {
        stop = find_plain_quote(line, p, end);
        format->plain = stop && is_end(format, step, stop, end);
        if (format->plain)
            return stop;
    } else if (step->find == FIND_TEXT) {
        stop = find_byte(p, end, *format_end(format, step));
        format->word = *format_end(format, step) == ' ';
        if (stop && is_end(format, step, stop, end))
            return stop;
        format->word = false;
    } else if (step->find == FIND_WIDTH && (size_t)(end - p) >= step->item.width &&
               is_end(format, step, p + step->item.width, end)) {
        return p + step->item.width;
    }
    return format_find_end(format, step, p, p, end);
}

/* Each value as short as it can be. */
static const char *walk(struct format *format, const char *p, const char *end,
                        struct record *record)
{
    const struct format_step *step = format->steps, *last = step + format->count;
    const char *line = p;

    for (; step < last; step += 1 + step->members) {
        const char *stop = find_first(format, step, line, p, end), *problem;
        struct slice text;

        if (!stop)
            return "the line ends before the format does";
        text = format_value(step, p, stop);
        if (step->check_word && !format->word && find_byte(text.data, text.data + text.len, ' '))
            return "there is a blank in a value that has none";
        problem = step->item.set(format, step, text, record);
        if (problem)
            return problem;
        p = stop + step->end_len;
    }
    if (p < end && !format_is_rest((struct slice){p, (size_t)(end - p)}))
        return "the line goes on where the format ends";
    return set_rest(record, p, end);
}

/* The second attempt, when values hold what looks like the literal behind them. */
static const char *walk_found(struct format *format, const char *p, const char *end,
                              struct record *record, const char *const ends[])
{
    for (unsigned i = 0; i < format->count; i += 1 + format->steps[i].members) {
        const struct format_step *step = &format->steps[i];
        const char *problem = step->item.set(format, step, format_value(step, p, ends[i]), record);

        if (problem)
            return problem;
        p = ends[i] + step->end_len;
    }
    return set_rest(record, p, end);
}

/* Nothing is known of the line. */
static void start(struct format *format)
{
    format->plain = format->original_is_path = false;
    format->fraction_ns = format->end_fraction_ns = 0;
    if (format->pattern)
        format->pattern->len = 0;
    if (format->end_pattern)
        format->end_pattern->len = 0;
}

/* The time that stood in pieces. False: there is no such time. */
static bool set_pattern(struct format *format, struct format_pattern *pattern,
                        enum record_field field, const struct parser_memory *memory,
                        struct record *record)
{
    struct timestamp_hints hints;
    struct timestamp time;
    enum timestamp_result result;

    if (!pattern)
        return true;
    hints = line_clock_hints(&format->clock, memory);
    result = format_pattern_read(pattern, &hints, &time);
    if (result == TIMESTAMP_FOUND)
        record_set_time(record, field, time);
    return result != TIMESTAMP_IMPOSSIBLE;
}

static void add_fraction(struct record *record, enum record_field field, uint32_t ns)
{
    if (ns && record_has(record, field) && record->values[field].time.ns == 0)
        record->values[field].time.ns = ns;
}

/* What more than one directive has to do with. */
static const char *settle(struct format *format, const struct parser_memory *memory,
                          struct record *record)
{
    if (!set_pattern(format, format->pattern, FIELD_TIMESTAMP, memory, record) ||
        !set_pattern(format, format->end_pattern, FIELD_EVENT_END, memory, record))
        return "no such time";
    add_fraction(record, FIELD_TIMESTAMP, format->fraction_ns);
    add_fraction(record, FIELD_EVENT_END, format->end_fraction_ns);
    if (!record_has(record, FIELD_TIMESTAMP) && record_has(record, FIELD_EVENT_END))
        record_set_time(record, FIELD_TIMESTAMP, record->values[FIELD_EVENT_END].time);
    if (format->wants_message && !record_has(record, FIELD_MESSAGE))
        request_set_message(record);
    request_set_result(record);
    return NULL;
}

const char *format_parse(struct format *format, struct slice line,
                         const struct parser_memory *memory, struct record *record)
{
    const char *p = line.data, *end = line.data + line.len, *problem;
    const char *ends[FORMAT_STEPS_MAX];

    if (line.len >= 3 && *p == BOM[0] && memcmp(p, BOM, 3) == 0)
        p += 3;
    if (format->start_len && ((size_t)(end - p) < format->start_len ||
                              memcmp(p, format->literals, format->start_len) != 0))
        return "the line does not begin as the format does";
    p += format->start_len;
    format->line_end = end;
    start(format);
    problem = walk(format, p, end, record);
    if (problem) {
        if (!format_search(format, p, end, true, ends) &&
            !format_search(format, p, end, false, ends))
            return problem;
        record_clear(record);
        start(format);
        problem = walk_found(format, p, end, record, ends);
    }
    return problem ? problem : settle(format, memory, record);
}
