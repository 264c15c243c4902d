/*
 * format_build.c - directives and literals into steps.
 */
#include "shipper/parser/format.h"

#include <stdlib.h>

#include "common/scope.h"
#include "shipper/parser/format_set.h"

void format_release(struct format *format)
{
    for (unsigned i = 0; i < format->count; i++) {
        free(format->steps[i].target);
        time_formats_close(format->steps[i].piece);
    }
    format_pattern_close(format->pattern);
    format_pattern_close(format->end_pattern);
    line_clock_release(&format->clock);
    *format = (struct format){0};
}

enum status format_literal(struct format *format, const char *text, size_t len, struct error *err)
{
    struct format_step *last = format->count ? &format->steps[format->count - 1] : NULL;

    if (format->literals_len + len > FORMAT_LITERAL_MAX)
        return error_set(err, REJECT, "the format is longer than %d bytes", FORMAT_LITERAL_MAX);
    memcpy(format->literals + format->literals_len, text, len);
    format->literals_len += (unsigned)len;
    if (last)
        last->end_len += (unsigned)len;
    else
        format->start_len += (unsigned)len;
    return OK;
}

static enum status set_label(struct format_step *step, const char *label, struct error *err)
{
    char name[RECORD_NAME_MAX + 1];
    int len = snprintf(name, sizeof(name), "labels.%s", label);

    if (len >= (int)sizeof(name))
        return error_set(err, REJECT, "the name '%s' is too long", label);
    step->target = malloc(sizeof(*step->target));
    if (!step->target)
        return error_set(err, FATAL, "out of memory");
    record_target_init(step->target, (struct slice){name, (size_t)len});
    return OK;
}

enum status format_add(struct format *format, const struct format_item *item, const char *label,
                       struct error *err)
{
    struct format_step *step = &format->steps[format->count];

    if (format->count == FORMAT_STEPS_MAX)
        return error_set(err, REJECT, "the format has more than %d directives", FORMAT_STEPS_MAX);
    *step = (struct format_step){.item = *item, .end = format->literals_len};
    format->count++;
    if (!label)
        label = item->label;
    return label ? set_label(step, label, err) : OK;
}

enum status format_add_time(struct format *format, enum record_field field, struct slice pattern,
                            bool conditional, struct error *err)
{
    struct format_pattern **whole =
        field == FIELD_EVENT_END ? &format->end_pattern : &format->pattern;
    const struct format_item item = {.set = format_set_time_part,
                                     .shape = SHAPE_TEXT,
                                     .field = field,
                                     .width = conditional ? 0 : format_pattern_width(pattern)};
    char piece[TIME_FORMAT_MAX], label[16] = "time"; /* of what is no full time */
    const char *pieces = piece;
    struct error ignored;

    if (!*whole && !(*whole = calloc(1, sizeof(**whole))))
        return error_set(err, FATAL, "out of memory");
    if ((*whole)->pieces)
        snprintf(label, sizeof(label), "time_%u", (*whole)->pieces + 1);
    if (format_pattern_add(*whole, pattern, err) || format_add(format, &item, label, err))
        return err->status;
    if (item.width || conditional)
        return OK;
    snprintf(piece, sizeof(piece), "%.*s", SLICE_FMT(pattern));
    /* A month alone is no time for it: then the literal behind it says where it ends. */
    time_formats_open(&pieces, 1, &format->steps[format->count - 1].piece, &ignored);
    return OK;
}

static bool is_word(enum format_shape shape)
{
    return shape == SHAPE_WORD || shape == SHAPE_HOST || shape == SHAPE_NUMBER ||
           shape == SHAPE_DECIMAL || shape == SHAPE_STATUS;
}

static bool is_digits(enum format_shape shape)
{
    return shape == SHAPE_NUMBER || shape == SHAPE_STATUS;
}

/* Is it clear where `step` ends when `next` follows at once? */
static bool is_decidable(const struct format_step *step, const struct format_step *next)
{
    enum format_shape shape = step->item.shape, then = next->item.shape;

    if (step->item.width || step->piece || shape == SHAPE_QUESTION || shape == SHAPE_BRACKETS)
        return true;
    if (then == SHAPE_QUERY || then == SHAPE_QUESTION || then == SHAPE_BRACKETS)
        return true;
    return then == SHAPE_PATH && (shape == SHAPE_HOST || is_digits(shape));
}

/* Do all of the steps from `i` on that share a text have a width? */
static bool are_fixed(const struct format *format, unsigned i)
{
    for (; i < format->count; i++) {
        if (format->steps[i].item.width == 0)
            return false;
        if (format->steps[i].end_len)
            break;
    }
    return true;
}

/* Steps without a literal between them become one that splits its text among them. */
static enum status make_groups(struct format *format, struct error *err)
{
    for (unsigned i = 0; i < format->count; i++) {
        struct format_step *head = &format->steps[i];
        unsigned last = i;

        while (last + 1 < format->count && format->steps[last].end_len == 0) {
            if (!is_decidable(&format->steps[last], &format->steps[last + 1]) &&
                !are_fixed(format, last + 1))
                return error_set(err, REJECT,
                                 "directives %u and %u follow each other with nothing between "
                                 "them: where one ends cannot be told; put a blank or another "
                                 "character between them",
                                 last + 1, last + 2);
            last++;
        }
        if (last == i)
            continue;
        if (format->count == FORMAT_STEPS_MAX)
            return error_set(err, REJECT, "the format has too many directives");
        memmove(head + 1, head, (format->count - i) * sizeof(*head));
        format->count++;
        *head = (struct format_step){.item = {.set = format_set_group, .shape = SHAPE_TEXT},
                                     .end = head[last - i + 1].end,
                                     .end_len = head[last - i + 1].end_len,
                                     .members = last - i + 1};
        i = last + 1;
    }
    return OK;
}

static enum format_find choose_find(const struct format *format, const struct format_step *step)
{
    const char *end = format_end(format, step);

    if (step->item.shape == SHAPE_BRACKETS)
        return FIND_BRACKET;
    if (step->item.width)
        return FIND_WIDTH;
    if (step->piece)
        return FIND_TIME;
    if (step->end_len == 0)
        return is_word(step->item.shape) ? FIND_WORD : FIND_REST;
    if (end[0] == '"' && format->escape != ACCESS_RAW)
        return FIND_QUOTE;
    if (step->item.shape == SHAPE_LIST && end[0] == ' ')
        return FIND_LIST;
    return step->end_len == 1 ? FIND_BYTE : FIND_TEXT;
}

static enum status finish_times(struct format *format, const struct parser_options *options,
                                struct error *err)
{
    if (!format->pattern && !format->end_pattern)
        return OK;
    if (line_clock_init(&format->clock, options, err) ||
        (format->pattern && format_pattern_finish(format->pattern, err)) ||
        (format->end_pattern && format_pattern_finish(format->end_pattern, err)))
        return err->status;
    return OK;
}

/* Few bytes are compared at once. */
static void set_end_word(const struct format *format, struct format_step *step)
{
    const size_t len = step->end_len;

    if (len == 0 || len > sizeof(step->end_word))
        return;
    memcpy(&step->end_word, format_end(format, step), len);
    memset(&step->end_mask, 0xff, len);
}

enum status format_finish(struct format *format, const struct parser_options *options,
                          struct error *err)
{
    char before = '\0';

    if (format->count == 0)
        return error_set(err, REJECT, "there is no directive in the format");
    if (make_groups(format, err) || finish_times(format, options, err))
        return err->status;
    if (format->start_len)
        before = format->literals[format->start_len - 1];
    format->wants_message = true;
    for (unsigned i = 0; i < format->count; i++) {
        struct format_step *step = &format->steps[i];
        const char *end = format_end(format, step);

        if (step->item.set == format_set_request)
            format->wants_message = false;
        step->quoted = before == '"' && step->end_len && end[0] == '"';
        step->find = choose_find(format, step);
        set_end_word(format, step);
        step->trim = !step->quoted && !(step->find == FIND_BYTE && end[0] == ' ');
        step->check_word = step->trim && is_word(step->item.shape);
        before = step->end_len ? end[step->end_len - 1] : '\0';
        i += step->members;
    }
    return OK;
}
