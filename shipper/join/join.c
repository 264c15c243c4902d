/*
 * join.c - lines into events.
 *
 * Two steps, each a look ahead over the framer, which is cheap to copy: a text
 * is one unwrapped line (parts that a container runtime made of it put
 * together again); an event is the texts that a rule keeps together. Lines
 * that are not wrapped stay where they are: their event is a slice of the
 * input's bytes.
 */
#include "shipper/join/join.h"

#include <stdlib.h>

#include "common/scope.h"
#include "shipper/config.h"
#include "shipper/join/rule.h"
#include "shipper/pattern.h"

struct join {
    enum wrapping wrapping;
    const struct join_rule *rule; /* NULL: every text is an event */
    struct join_format format;    /* instead of all others, where its function is given */
    struct pattern *patterns[3];
    uint32_t lines_max;
    size_t bytes_max;
    struct buf part, text, event; /* of what cannot stay where it is */
    struct wrapped wrapped;       /* of the text */
    struct wrapped first;         /* of the event's first text */
};

static const struct join_rule *const rules[] = {&join_by_pattern, &join_by_indent,
                                                &join_by_timestamp, &join_by_trace};

static const struct join_rule *rule_called(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (strcmp(rules[i]->name, name) == 0)
            return rules[i];
    return NULL;
}

bool join_type_exists(const char *name)
{
    return rule_called(name) != NULL;
}

static enum status find_rule(const char *name, const struct join_rule **out, struct error *err)
{
    *out = rule_called(name);
    if (*out)
        return OK;
    return error_set(err, REJECT,
                     "unknown multiline type '%s'; expected pattern, indent, timestamp or traces",
                     name);
}

static enum status open_patterns(struct join *join, const struct multiline_config *config,
                                 struct error *err)
{
    const char *const texts[] = {[PATTERN_START] = config->start,
                                 [PATTERN_CONTINUE] = config->continues,
                                 [PATTERN_END] = config->end};
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (!texts[i])
            continue;
        if (pattern_open(slice_of(texts[i]), &join->patterns[i], err))
            return err->status;
        any = true;
    }
    if (any != (join->rule == &join_by_pattern))
        return error_set(err, REJECT,
                         any ? "start, continue and end are of type pattern only"
                             : "type pattern needs start, continue or end");
    return OK;
}

enum status join_open(const struct input_config *input, size_t line_max, struct join **out,
                      struct error *err)
{
    const struct multiline_config *config = input->multiline;
    struct join *join;

    *out = NULL;
    if (!config && !input->spooled && input->container == WRAP_NONE)
        return OK;
    join = calloc(1, sizeof(*join));
    if (!join)
        return error_set(err, FATAL, "out of memory");
    *join = (struct join){.wrapping = input->spooled ? WRAP_SPOOL : input->container,
                          .lines_max = UINT32_MAX,
                          .bytes_max = line_max,
                          .part = BUF_INIT(2 * line_max + 65536),
                          .text = BUF_INIT(2 * line_max + 65536),
                          .event = BUF_INIT(2 * line_max + 65536)};
    if (config && config->max_lines)
        join->lines_max = *config->max_lines;
    if (config && (find_rule(config->type ? config->type : "pattern", &join->rule, err) ||
                   open_patterns(join, config, err))) {
        join_close(join);
        return err->status;
    }
    *out = join;
    return OK;
}

enum status join_open_format(const struct join_format *format, size_t line_max, struct join **out,
                             struct error *err)
{
    struct join *join = calloc(1, sizeof(*join));

    if (!join)
        return error_set(err, FATAL, "out of memory");
    join->format = *format;
    join->bytes_max = line_max;
    *out = join;
    return OK;
}

void join_close(struct join *join)
{
    if (!join)
        return;
    for (size_t i = 0; i < ARRAY_LEN(join->patterns); i++)
        pattern_close(join->patterns[i]);
    buf_release(&join->part);
    buf_release(&join->text);
    buf_release(&join->event);
    free(join);
}

static void give_line(const struct line *line, struct event *event)
{
    *event = (struct event){/* By halves, as it was just put: all at once would wait for them. */
                            .text = {line->text.data, line->text.len},
                            .offset = line->offset,
                            .end = line->end,
                            .lines = 1,
                            .cut = line->cut};
}

/* Adds the following parts of a text that was split. False: more must come first. */
static bool add_parts(struct join *join, struct framer *framer, bool flush, struct event *text)
{
    bool partial = true;
    struct wrapped next;
    struct framer ahead;
    struct line line;

    buf_clear(&join->text);
    buf_add_slice(&join->text, text->text);
    while (partial && join->text.len < join->bytes_max) {
        ahead = *framer;
        if (!framer_next(&ahead, &line)) {
            if (!flush)
                return false;
            break;
        }
        if (line.cut || !wrap_remove(join->wrapping, line.text, &join->part, &next) ||
            !slice_equal(next.stream, join->wrapped.stream))
            break; /* somebody else's line: what is there must do */
        *framer = ahead;
        partial = next.partial;
        buf_add_slice(&join->text, next.text);
        text->end = line.end;
        text->lines++;
    }
    text->full = partial;
    if (!join->text.failed)
        text->text = buf_slice(&join->text);
    return true;
}

/* The next text. What is not wrapped as it should be is given as it is. */
static bool next_text(struct join *join, struct framer *framer, bool flush, struct event *text)
{
    struct framer begin = *framer;
    struct line line;

    if (!framer_next(framer, &line))
        return false;
    give_line(&line, text);
    if (join->wrapping == WRAP_NONE || line.cut ||
        !wrap_remove(join->wrapping, line.text, &join->part, &join->wrapped))
        return true;
    text->wrapped = &join->wrapped;
    text->text = join->wrapped.text;
    text->cut = join->wrapped.cut;
    if (!join->wrapped.partial || add_parts(join, framer, flush, text))
        return true;
    *framer = begin;
    return false;
}

/* Makes `event`, its first text, independent of the next call of next_text. */
static void keep_first(struct join *join, struct event *event)
{
    if (!event->wrapped)
        return;
    join->first = join->wrapped;
    event->wrapped = &join->first;
    buf_clear(&join->event);
    buf_add_slice(&join->event, event->text);
}

static void add_text(struct join *join, struct event *event, const struct event *text)
{
    event->end = text->end;
    event->lines += text->lines;
    event->full = text->full;
    if (!event->wrapped) {
        event->text.len = (size_t)(text->text.data + text->text.len - event->text.data);
        return;
    }
    buf_add_char(&join->event, '\n');
    buf_add_slice(&join->event, text->text);
    if (!join->event.failed)
        event->text = buf_slice(&join->event);
}

/* Can the text stand behind the event, whatever the rule says? */
static bool is_neighbour(const struct event *event, const struct event *text)
{
    if (text->cut || !event->wrapped != !text->wrapped)
        return false;
    return !event->wrapped || (slice_equal(event->wrapped->stream, text->wrapped->stream) &&
                               slice_equal(event->wrapped->peer, text->wrapped->peer));
}

static void trim_end(struct event *event)
{
    while (event->lines > 1 && event->text.len &&
           (event->text.data[event->text.len - 1] == '\n' ||
            event->text.data[event->text.len - 1] == '\r'))
        event->text.len--;
}

/* Adds what belongs to `event`. False: its end is not known yet. */
static bool gather(struct join *join, struct framer *framer, bool flush, struct event *event)
{
    struct join_group group = {0};
    enum join_verdict verdict = join->rule->judge(join->patterns, &group, event->text);

    keep_first(join, event);
    while (verdict == JOIN_MORE) {
        struct framer ahead = *framer;
        struct event text;

        group.lines = event->lines;
        if (event->lines >= join->lines_max || event->text.len >= join->bytes_max) {
            event->full = true;
            break;
        }
        if (!next_text(join, &ahead, flush, &text)) {
            if (!flush)
                return false;
            break;
        }
        if (!is_neighbour(event, &text))
            break;
        verdict = join->rule->judge(join->patterns, &group, text.text);
        if (verdict == JOIN_OTHER)
            break;
        *framer = ahead;
        add_text(join, event, &text);
    }
    trim_end(event);
    return true;
}

/* What stands up to the last line's end is an event, when it does not end by itself. */
static size_t whole_lines(const struct framer *framer, struct slice text)
{
    const char *newline = memrchr(text.data, '\n', text.len);

    if (framer->last && text.data + text.len == framer->end)
        return text.len;
    return newline ? (size_t)(newline + 1 - text.data) : 0;
}

static void give_record(struct framer *framer, size_t len, struct event *event)
{
    const char *end = framer->p + len;

    *event = (struct event){.text = {framer->p, len}, .offset = framer->offset, .lines = 1};
    for (const char *p = framer->p; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        event->lines += p + 1 < end;
    while (event->text.len && (event->text.data[event->text.len - 1] == '\n' ||
                               event->text.data[event->text.len - 1] == '\r'))
        event->text.len--;
    framer->p = end;
    framer->offset += len;
    event->end = framer->offset;
}

/* The next record of a format that knows where it ends; a line, where it does not. */
static bool next_record(const struct join *join, struct framer *framer, bool flush,
                        struct event *event)
{
    struct slice text = {framer->p, (size_t)(framer->end - framer->p)};
    struct line line;
    size_t len = 0;

    if (text.len > join->bytes_max)
        text.len = join->bytes_max;
    if (text.len && !framer->skipping) {
        len = join->format.record_end(join->format.arg, text);
        if (!len && !flush)
            return false;
        if (!len && join->format.whole)
            len = whole_lines(framer, text);
    }
    if (len) {
        give_record(framer, len, event);
        return true;
    }
    if (!framer_next(framer, &line))
        return false;
    give_line(&line, event);
    return true;
}

bool join_next(struct join *join, struct framer *framer, bool flush, struct event *event)
{
    struct framer begin;
    struct line line;

    if (!join) {
        if (!framer_next(framer, &line))
            return false;
        give_line(&line, event);
        return true;
    }
    begin = *framer;
    /* More than an event may hold, and its end is not among it: it ends where the lines do. */
    flush |= (size_t)(framer->end - framer->p) > join->bytes_max;
    if (join->format.record_end)
        return next_record(join, framer, flush, event);
    if (!next_text(join, framer, flush, event))
        return false;
    if (!join->rule || event->cut || gather(join, framer, flush, event))
        return true;
    *framer = begin;
    return false;
}
