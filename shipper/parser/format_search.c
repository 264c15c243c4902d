/*
 * format_search.c - the way through a line whose values hold what should end them.
 *
 * A user agent with bare quotes, a name with a bracket: the end of each value is
 * moved on to the next possible place until all later ones look right. The
 * number of attempts is limited, so that no line costs more than a few times
 * its length.
 */
#include "shipper/parser/format.h"

#include "common/json_text.h"
#include "shipper/parser/duration.h"

#define ATTEMPTS_MAX 2000
#define BYTES_FACTOR 32 /* bytes gone over, by those of the line */

static bool is_all_digits(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

static bool is_shape(enum format_shape shape, struct slice text)
{
    struct timestamp time;
    int64_t number;

    if (access_is_absent(text))
        return shape != SHAPE_CLF;
    switch (shape) {
    case SHAPE_NUMBER:
        return json_integer(text, &number);
    case SHAPE_DECIMAL:
        return duration_scale(text, 1, &number);
    case SHAPE_STATUS:
        return text.len == 3 && is_all_digits(text);
    case SHAPE_CLF:
        return timestamp_parse_clf(text, &time);
    case SHAPE_WORD:
    case SHAPE_HOST:
        return !memchr(text.data, ' ', text.len);
    default:
        return true;
    }
}

bool format_search(const struct format *format, const char *p, const char *end, bool strict,
                   const char *ends[FORMAT_STEPS_MAX])
{
    const char *starts[FORMAT_STEPS_MAX], *from = p;
    unsigned order[FORMAT_STEPS_MAX], depth = 0, attempts = 0;
    size_t bytes = 0, bytes_max = (size_t)(end - p) * BYTES_FACTOR;

    order[0] = 0;
    starts[0] = p;
    for (;;) {
        unsigned i = order[depth];
        const struct format_step *step = &format->steps[i];
        const char *stop = format_find_end(format, step, starts[i], from, end);

        if (from < end)
            bytes += (size_t)((stop ? stop : end) - from);
        if (++attempts > ATTEMPTS_MAX || bytes > bytes_max)
            return false;
        if (!stop) { /* the value before must be longer */
            if (depth == 0)
                return false;
            from = ends[order[--depth]] + 1;
            continue;
        }
        ends[i] = stop;
        from = stop + 1;
        if (!is_shape(step->item.shape, format_value(step, starts[i], stop)))
            continue;
        p = stop + step->end_len;
        if (i + 1 + step->members < format->count) {
            order[++depth] = i + 1 + step->members;
            starts[order[depth]] = from = p;
        } else if (!strict || format_is_rest((struct slice){p, (size_t)(end - p)})) {
            return true;
        }
    }
}
