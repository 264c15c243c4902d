/*
 * format_group.c - directives without anything between them.
 */
#include "shipper/parser/format_set.h"

/* Bytes that the members from `step` to `last` take together, when all have a width; or -1. */
static long widths(const struct format_step *step, const struct format_step *last)
{
    long sum = 0;

    for (; step <= last; step++) {
        if (step->item.width == 0)
            return -1;
        sum += step->item.width;
    }
    return sum;
}

static size_t up_to(struct slice text, char byte)
{
    const char *p = text.len ? memchr(text.data, byte, text.len) : NULL;

    return p ? (size_t)(p - text.data) : text.len;
}

/* Of the text that is left, what belongs to `step`; format_build.c let only these pass. */
static size_t part_length(const struct format_step *step, const struct format_step *last,
                          struct slice text)
{
    long behind = widths(step + 1, last);
    size_t len;

    if (step == last)
        return text.len;
    if (step->item.width)
        return step->item.width < text.len ? step->item.width : text.len;
    if (behind >= 0)
        return (size_t)behind < text.len ? text.len - (size_t)behind : 0;
    if (step->item.shape == SHAPE_QUESTION)
        return text.len && text.data[0] == '?';
    if (step->item.shape == SHAPE_BRACKETS && text.len && text.data[0] == '[') {
        len = up_to(text, ']');
        return len + (len < text.len);
    }
    if (step->item.shape == SHAPE_BRACKETS)
        return text.len && text.data[0] == '-';
    return up_to(text, step[1].item.shape == SHAPE_PATH       ? '/'
                       : step[1].item.shape == SHAPE_BRACKETS ? '['
                                                              : '?');
}

const char *format_set_group(struct format *format, const struct format_step *step,
                             struct slice text, struct record *record)
{
    const struct format_step *last = step + step->members;

    for (step++; step <= last; step++) {
        size_t len = part_length(step, last, text);
        const char *problem = step->item.set(format, step, (struct slice){text.data, len}, record);

        if (problem)
            return problem;
        text = (struct slice){text.data + len, text.len - len};
    }
    return NULL;
}
