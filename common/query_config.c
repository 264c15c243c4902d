/*
 * query_config.c - queries in configuration files.
 */
#include "common/query_config.h"

#include "common/config.h"
#include "common/query.h"

#define SHOWN_MAX                                                                                  \
    (64u << 10) /* bytes of text and messages; also a block of the parser's memory                 \
                 */

void query_config_check(struct config *config, const char *key, const char *text)
{
    const struct query_context context = {.rule = true};
    scoped_buf struct buf shown = BUF_INIT(SHOWN_MAX);
    struct query_errors errors = {0};
    struct query *query;
    struct arena arena;

    arena_init(&arena, SHOWN_MAX, QUERY_ARENA_BYTES);
    if (query_parse(&arena, slice_of(text), &context, &query, &errors) != OK) {
        for (unsigned i = 0; i < errors.count; i++)
            query_error_print(slice_of(text), &errors.list[i], &shown);
        while (shown.len && shown.data[shown.len - 1] == '\n')
            shown.len--;
        config_problem(config, key, "not a query, at character %zu:\n%s",
                       errors.count ? query_column(slice_of(text), errors.list[0].offset) + 1 : 1,
                       buf_str(&shown));
    }
    arena_release(&arena);
}
