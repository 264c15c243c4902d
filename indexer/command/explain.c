/*
 * explain.c - `indexer explain`: how a query is understood.
 */
#include <stdio.h>

#include "common/json_text.h"
#include "common/options.h"
#include "common/query_command.h"
#include "indexer/command/command.h"

#define OUTPUT_MAX (8u << 20)

static void print_fields(const struct query *query, bool json)
{
    uint64_t fields[RECORD_WORDS];
    bool words = query_fields(query, fields), first = true;

    for (unsigned i = 0; i < FIELD_COUNT; i++)
        if (fields[i / 64] >> (i % 64) & 1) {
            printf(json ? "%s\"%s\"" : "%s%s",
                   first  ? ""
                   : json ? ","
                          : ", ",
                   record_fields[i].name);
            first = false;
        }
    if (words)
        printf(json ? "%s\"text\"" : "%sthe words of the line", first ? "" : json ? "," : ", ");
}

/* The query in its usual form, what it reads, whether it is slow, and its DSL. */
static void print_page(const struct query *query)
{
    scoped_buf struct buf usual = BUF_INIT(OUTPUT_MAX), tree = BUF_INIT(OUTPUT_MAX),
                          dsl = BUF_INIT(OUTPUT_MAX);

    query_print(query, &usual);
    query_explain(query, &tree);
    query_dsl(query, &dsl);
    printf("query\n  %s\n\ntree\n%s\nfields\n  ", buf_str(&usual), buf_str(&tree));
    print_fields(query, false);
    printf("\n\nElasticsearch (an element of bool.filter)\n  %s\n", buf_str(&dsl));
    if (query_is_slow(query))
        printf("\nslow: a value begins with *, so the index is read as a whole\n");
}

static void print_json(const struct query *query)
{
    scoped_buf struct buf usual = BUF_INIT(OUTPUT_MAX), dsl = BUF_INIT(OUTPUT_MAX),
                          quoted = BUF_INIT(OUTPUT_MAX);

    query_print(query, &usual);
    query_dsl(query, &dsl);
    json_add_string(&quoted, buf_slice(&usual), NULL);
    printf("{\"query\":%s,\"fields\":[", buf_str(&quoted));
    print_fields(query, true);
    printf("],\"slow\":%s,\"dsl\":%s}\n", query_is_slow(query) ? "true" : "false", buf_str(&dsl));
}

/* For programs an error is an answer too. */
static int explain_json(struct arena *arena, const char *text, const struct query_context *context)
{
    scoped_buf struct buf list = BUF_INIT(OUTPUT_MAX);
    struct query_errors errors = {0};
    struct query *query;

    switch (query_parse(arena, slice_of(text), context, &query, &errors)) {
    case OK:
        print_json(query);
        return EXIT_DONE;
    case REJECT:
        query_errors_json(slice_of(text), &errors, &list);
        printf("{\"errors\":%s}\n", buf_str(&list));
        return EXIT_USAGE;
    default:
        fprintf(stderr, "out of memory for the query\n");
        return EXIT_FAILED;
    }
}

int explain_query(const char *text, bool json)
{
    struct query_context context = query_command_context();
    struct query *query;
    struct arena arena;
    int code = EXIT_USAGE;

    arena_init(&arena, 64u << 10, QUERY_ARENA_BYTES);
    if (json) {
        code = explain_json(&arena, text, &context);
    } else if (query_command_parse(&arena, text, &context, &query)) {
        print_page(query);
        code = EXIT_DONE;
    }
    arena_release(&arena);
    return code;
}
