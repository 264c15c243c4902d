/*
 * search.c - `indexer search`: what a query finds in Elasticsearch.
 */
#include "indexer/search.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/options.h"
#include "common/query/fields.h"
#include "common/query_command.h"
#include "indexer/command/command.h"
#include "indexer/config.h"
#include "indexer/printer.h"

#define ARENA_BLOCK  (64u << 10)
#define FILTER_MAX   (8u << 20)
#define BUCKETS      30
#define TOP_DEFAULT  10
#define LIMIT_SCREEN 100 /* without --limit, on a terminal */
#define BAR_WIDTH    50
#define REDRAW_MS    200

static const struct query_context everything; /* no field is hidden */

/* The three parts of the condition: the query, and from when to when. */
static bool add_condition(struct arena *arena, const char *text,
                          const struct query_context *context, struct buf *filter)
{
    struct query *query;

    if (!query_command_parse(arena, text, context, &query))
        return false;
    if (filter->len)
        buf_add_char(filter, ',');
    query_dsl(query, filter);
    return true;
}

static bool add_time(struct arena *arena, const char *operator, const char * time,
                     const struct query_context *context, struct buf *filter)
{
    struct slice text;
    char *room;

    if (!time)
        return true;
    text.len = strlen(operator) + strlen(time) + 16;
    room = arena_bytes(arena, text.len);
    if (!room)
        return false;
    snprintf(room, text.len, "@timestamp %s %s", operator, time);
    return add_condition(arena, room, context, filter);
}

static bool make_filter(const struct search_arguments *arguments, struct arena *arena,
                        struct buf *filter)
{
    struct query_context context = query_command_context();

    return add_condition(arena, arguments->query, &context, filter) &&
           add_time(arena, ">=", arguments->from, &context, filter) &&
           add_time(arena, "<=", arguments->to, &context, filter) && !filter->failed;
}

struct bars {
    uint64_t largest;
    bool measuring; /* the first of two passes */
};

static void print_bar(void *arg, const char *name, uint64_t count)
{
    struct bars *bars = arg;
    uint64_t width = bars->largest ? count * BAR_WIDTH / bars->largest : 0;

    if (bars->measuring) {
        bars->largest = count > bars->largest ? count : bars->largest;
        return;
    }
    printf("%-28s %10" PRIu64 "  ", name, count);
    for (uint64_t i = 0; i < width; i++)
        fputs("\xe2\x96\x88", stdout);
    fputc('\n', stdout);
}

/* Bars need the largest count first, and buckets come but once: two cheap requests. */
static enum status print_bars(struct search *search, const struct search_arguments *arguments,
                              const char *field, struct error *err)
{
    struct bars bars = {.measuring = true};
    enum status status = OK;

    for (int pass = 0; pass < 2 && status == OK; pass++) {
        bars.measuring = pass == 0;
        status = arguments->histogram
                     ? search_histogram(search, BUCKETS, print_bar, &bars, err)
                     : search_top(search, field,
                                  arguments->limit > 0 ? (unsigned)arguments->limit : TOP_DEFAULT,
                                  print_bar, &bars, err);
    }
    return status;
}

struct stream_state {
    struct printer printer;
    uint64_t shown, total, limit;
    int64_t drawn_ms;
    bool bar;
};

static bool take_document(void *arg, struct slice document)
{
    struct stream_state *state = arg;
    uint64_t wanted = state->limit && state->limit < state->total ? state->limit : state->total;
    int64_t now_ms;

    state->shown++;
    if (state->bar && (now_ms = clock_mono_ms()) >= state->drawn_ms + REDRAW_MS) {
        state->drawn_ms = now_ms;
        fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " (%" PRIu64 " %%) \033[K", state->shown,
                wanted, wanted ? state->shown * 100 / wanted : 100);
    }
    return printer_document(&state->printer, document);
}

static enum status parse_sort(const char *text, struct search_order *order, struct error *err)
{
    const char *colon = text ? strchr(text, ':') : NULL;
    struct field_ref ref;

    *order = (struct search_order){"@timestamp", true};
    if (!text)
        return OK;
    if (!field_find((struct slice){text, colon ? (size_t)(colon - text) : strlen(text)},
                    &everything, &ref) ||
        ref.key.len)
        return error_set(err, REJECT, "unknown field in --sort '%s'", text);
    order->field = record_fields[ref.field].name;
    order->descending = colon && strcmp(colon, ":desc") == 0;
    if (colon && !order->descending && strcmp(colon, ":asc") != 0)
        return error_set(err, REJECT, "--sort '%s': expected FIELD, FIELD:asc or FIELD:desc", text);
    return OK;
}

static enum status print_hits(struct search *search, const struct search_arguments *arguments,
                              struct error *err)
{
    struct stream_state state = {0};
    struct search_order order;
    enum status status;

    if (parse_sort(arguments->sort, &order, err) ||
        printer_open(&state.printer, stdout, arguments->format, arguments->fields, err))
        return err->status;
    state.limit = (uint64_t)arguments->limit;
    if (arguments->limit < 0)
        state.limit = isatty(STDOUT_FILENO) ? LIMIT_SCREEN : 0;
    state.bar = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    status = search_hits(search, order, state.limit, take_document, &state, &state.total, err);
    if (state.bar)
        fputs("\r\033[K", stderr);
    if (status == OK && isatty(STDERR_FILENO) && state.shown < state.total)
        fprintf(stderr, "%" PRIu64 " of %" PRIu64 " shown; --limit 0 shows all\n", state.shown,
                state.total);
    printer_close(&state.printer);
    return status;
}

static enum status run(struct search *search, const struct search_arguments *arguments,
                       struct error *err)
{
    struct field_ref ref = {FIELD_TIMESTAMP, {0}};
    uint64_t count = 0;
    enum status status;

    if (arguments->count) {
        status = search_count(search, &count, err);
        if (status == OK)
            printf("%" PRIu64 "\n", count);
        return status;
    }
    if (arguments->top && (!field_find(slice_of(arguments->top), &everything, &ref) || ref.key.len))
        return error_set(err, REJECT, "unknown field in --top '%s'", arguments->top);
    if (arguments->histogram || arguments->top)
        return print_bars(search, arguments, record_fields[ref.field].name, err);
    return print_hits(search, arguments, err);
}

int search_records(const struct indexer_config *config, const struct search_arguments *arguments)
{
    scoped_buf struct buf filter = BUF_INIT(FILTER_MAX);
    struct search *search = NULL;
    struct arena arena;
    struct error err;
    int code = EXIT_USAGE;

    arena_init(&arena, ARENA_BLOCK, 3 * QUERY_ARENA_BYTES);
    if (make_filter(arguments, &arena, &filter)) {
        enum status status = search_open(&config->elasticsearch, buf_slice(&filter), &search, &err);

        if (status == OK)
            status = run(search, arguments, &err);
        code = status == OK ? EXIT_DONE : status == REJECT ? EXIT_USAGE : EXIT_FAILED;
        if (status != OK)
            fprintf(stderr, "indexer search: %s\n", err.text);
    }
    search_close(search);
    arena_release(&arena);
    return code;
}
