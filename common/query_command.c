/*
 * query_command.c - a query from the command line.
 */
#include "common/query_command.h"

#include <stdio.h>
#include <time.h>

#include "common/clock.h"

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
