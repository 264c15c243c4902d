/*
 * query_command.c - a query from the command line.
 */
#include "common/query_command.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

#include "common/clock.h"
#include "common/query/number.h"
#include "common/time/epoch.h"

#define OUTPUT_MAX (64u << 10)

struct query_context query_command_context(void)
{
    struct query_context context = {.now_ms = clock_wall_ms()};
    time_t now = (time_t)(context.now_ms / 1000);
    struct tm local;

    if (localtime_r(&now, &local))
        context.zone_s = (int32_t)local.tm_gmtoff;
    return context;
}

bool query_command_parse(struct arena *arena, const char *text, const struct query_context *context,
                         struct query **out)
{
    scoped_buf struct buf shown = BUF_INIT(OUTPUT_MAX);
    struct query_errors errors = {0};
    enum status status = query_parse(arena, slice_of(text), context, out, &errors);

    if (status == OK)
        return true;
    if (status != REJECT) {
        fprintf(stderr, "out of memory for the query\n");
        return false;
    }
    for (unsigned i = 0; i < errors.count; i++)
        query_error_print(slice_of(text), &errors.list[i], &shown);
    fputs(buf_str(&shown), stderr);
    return false;
}

/* "2h", "-1d12h" as a query says it: "now-2h". False: it is no age. */
static bool write_age(const char *text, char *out, size_t size)
{
    size_t used = 0;

    if (*text == '-')
        text++;
    if (!isdigit((unsigned char)*text))
        return false;
    used = (size_t)snprintf(out, size, "now");
    for (; *text && used + 12 < size; text++) {
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || digits > 9 || !text[digits] || !strchr("smhdw", text[digits]))
            return false;
        used += (size_t)snprintf(out + used, size - used, "-%.*s", (int)digits + 1, text);
        text += digits;
    }
    return *text == '\0';
}

enum status query_command_time(const char *option, const char *text,
                               const struct query_context *context, int64_t *first_ms,
                               int64_t *last_ms, struct error *err)
{
    struct slice epoch = {text + 1, strlen(text) - (*text != '\0')};
    struct query_range range;
    struct timestamp time;
    char age[128];

    if (text[0] == '@' && timestamp_parse_epoch(epoch, EPOCH_S, &time)) {
        *first_ms = *last_ms = timestamp_ms(time);
        return OK;
    }
    if (write_age(text, age, sizeof(age)))
        text = age;
    if (time_read(slice_of(text), context, &range) != TIME_OK)
        return error_set(err, REJECT,
                         "--%s '%.60s' is not a time; write 2026-11-20, 2026-11-20T14:05:00Z, "
                         "now-15m, 2h or @1790000000",
                         option, text);
    *first_ms = range.low;
    *last_ms = range.high;
    return OK;
}

enum status query_command_range(const char *from, const char *to,
                                const struct query_context *context, int64_t *from_ms,
                                int64_t *to_ms, struct error *err)
{
    int64_t first_ms = INT64_MIN, last_ms = INT64_MAX, ignored;
    enum status status = OK;

    if (from)
        status = query_command_time("from", from, context, &first_ms, &ignored, err);
    if (status == OK && to)
        status = query_command_time("to", to, context, &ignored, &last_ms, err);
    if (status == OK && first_ms > last_ms)
        status = error_set(err, REJECT, "--from is after --to");
    if (status)
        return status;
    *from_ms = first_ms;
    *to_ms = last_ms;
    return OK;
}
