/*
 * range.c - which part of a topic is replayed.
 */
#include "indexer/replay/range.h"

#include <stdlib.h>
#include <string.h>

#include "common/json_text.h"
#include "common/query_command.h"
#include "common/scope.h"
#include "indexer/reader.h"

static bool read_digits(const char *text, size_t len, int64_t *out)
{
    struct slice digits = {text, len};

    return len > 0 && strspn(text, "0123456789") >= len && json_integer(digits, out);
}

enum status replay_bound_read(const char *option, const char *text,
                              const struct query_context *context, struct replay_bound *out,
                              struct error *err)
{
    *out = (struct replay_bound){BOUND_NONE, 0, 0, 0};
    if (!text)
        return OK;
    out->kind = BOUND_TIME;
    if (strcmp(text, "beginning") == 0)
        out->kind = BOUND_BEGINNING;
    else if (strcmp(text, "end") == 0)
        out->kind = BOUND_END;
    else if (read_digits(text, strlen(text), &out->number))
        out->kind = BOUND_OFFSET;
    else if (text[0] == '-' && read_digits(text + 1, strlen(text + 1), &out->number))
        out->kind = BOUND_LAST;
    if (out->kind != BOUND_TIME)
        return OK;
    if (query_command_time(option, text, context, &out->first_ms, &out->last_ms, err) == OK)
        return OK;
    return error_set(err, REJECT,
                     "--%s '%.60s' is neither an offset (1205, -1000 from the end, beginning, end) "
                     "nor a time (2026-11-20, 2026-11-20T14:05:00Z, now-15m, 2h, @1790000000)",
                     option, text);
}

/* "3" or "4-7" */
static enum status read_partitions(const char *text, size_t len, bool *wanted, size_t count,
                                   struct error *err)
{
    const char *dash = memchr(text, '-', len);
    size_t head = dash ? (size_t)(dash - text) : len;
    int64_t first, last;

    if (!read_digits(text, head, &first) || (dash && !read_digits(dash + 1, len - head - 1, &last)))
        return error_set(err, REJECT, "--partition '%.*s': expected numbers: 3, 0,2 or 4-7",
                         (int)(len < 40 ? len : 40), text);
    if (!dash)
        last = first;
    if (last < first || (uint64_t)last >= count)
        return error_set(err, REJECT, "--partition '%.*s': the topic has the partitions 0 to %zu",
                         (int)(len < 40 ? len : 40), text, count - 1);
    for (; first <= last; first++)
        wanted[first] = true;
    return OK;
}

enum status replay_partitions_read(const char *const *texts, bool *wanted, size_t count,
                                   struct error *err)
{
    for (size_t i = 0; i < count; i++)
        wanted[i] = !*texts;
    for (; *texts; texts++)
        for (const char *text = *texts;; text++) {
            size_t len = strcspn(text, ",");

            if (read_partitions(text, len, wanted, count, err))
                return err->status;
            text += len;
            if (*text == '\0')
                break;
        }
    return OK;
}

static int64_t first_offset(const struct replay_bound *from, const struct reader_range *range,
                            int64_t at_time)
{
    switch (from->kind) {
    case BOUND_END:
        return range->high;
    case BOUND_OFFSET:
        return from->number;
    case BOUND_LAST:
        return range->high - range->low > from->number ? range->high - from->number : range->low;
    case BOUND_TIME:
        return at_time;
    default:
        return range->low;
    }
}

/* The one behind the last. */
static int64_t end_offset(const struct replay_bound *to, const struct reader_range *range,
                          int64_t at_time)
{
    switch (to->kind) {
    case BOUND_BEGINNING:
        return range->low;
    case BOUND_OFFSET:
        return to->number < range->high ? to->number + 1 : range->high;
    case BOUND_LAST: /* but for the last so many */
        return range->high - range->low > to->number ? range->high - to->number : range->low;
    case BOUND_TIME:
        return at_time;
    default:
        return range->high;
    }
}

static enum status find_times(struct reader *reader, const struct replay_bound *from,
                              const struct replay_bound *to, int64_t *offsets, size_t count,
                              int64_t timeout_ms, struct error *err)
{
    if (from->kind == BOUND_TIME &&
        reader_offsets_at(reader, from->first_ms, offsets, timeout_ms, err))
        return err->status;
    if (to->kind == BOUND_TIME &&
        reader_offsets_at(reader, to->last_ms + 1, offsets + count, timeout_ms, err))
        return err->status;
    return OK;
}

enum status replay_range_apply(struct reader *reader, const struct replay_bound *from,
                               const struct replay_bound *to, const bool *wanted,
                               int64_t timeout_ms, struct error *err)
{
    size_t count;
    struct reader_range *ranges = reader_ranges(reader, &count);
    scoped_free int64_t *offsets = calloc(2 * count, sizeof(*offsets));

    if (!offsets)
        return error_set(err, FATAL, "out of memory");
    if (find_times(reader, from, to, offsets, count, timeout_ms, err))
        return err->status;
    for (size_t i = 0; i < count; i++) {
        struct reader_range *range = &ranges[i];

        range->from = first_offset(from, range, offsets[i]);
        range->to = end_offset(to, range, offsets[count + i]);
        if (range->to < range->from || !wanted[i])
            range->to = range->from;
    }
    return OK;
}
