/*
 * search.c - `indexer search`: what a query finds in Elasticsearch.
 */
#include "indexer/search.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/options.h"
#include "common/query/fields.h"
#include "common/query_command.h"
#include "indexer/cell.h"
#include "indexer/command/command.h"
#include "indexer/config.h"
#include "indexer/printer.h"

#define ARENA_BLOCK   (64u << 10)
#define FILTER_MAX    (8u << 20)
#define BUCKETS       30
#define TOP_DEFAULT   10
#define LIMIT_SCREEN  100 /* without --limit, on a terminal */
#define BAR_WIDTH     50
#define NAME_WIDTH    28
#define REDRAW_MS     200
#define BUCKETS_BYTES (64u << 20) /* of the most frequent values, which may be long */

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

/* The time stands in quotes: it is one value, whatever is in it. */
static bool add_time(struct arena *arena, const char *operator, const char * time,
                     const struct query_context *context, struct buf *filter)
{
    scoped_buf struct buf text = BUF_INIT(QUERY_BYTES_MAX + 1);
    struct slice copy;

    if (!time)
        return true;
    buf_addf(&text, "@timestamp %s \"", operator);
    for (const char *p = time; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_add_char(&text, '\\');
        buf_add_char(&text, *p);
    }
    buf_add(&text, "\"", 2); /* with the NUL */
    if (text.failed) {
        fprintf(stderr, "indexer search: '%.40s…' is not a time\n", time);
        return false;
    }
    copy = arena_copy(arena, buf_slice(&text));
    return copy.data && add_condition(arena, copy.data, context, filter);
}

static bool make_filter(const struct search_arguments *arguments, struct arena *arena,
                        struct buf *filter)
{
    struct query_context context = query_command_context();

    return add_condition(arena, arguments->query, &context, filter) &&
           add_time(arena, ">=", arguments->from, &context, filter) &&
           add_time(arena, "<=", arguments->to, &context, filter) && !filter->failed;
}

static void print_bar(const struct search_bucket *bucket, uint64_t largest, bool terminal)
{
    uint64_t width = largest ? bucket->count * BAR_WIDTH / largest : 0;

    cell_print(stdout, bucket->name, NAME_WIDTH, terminal, true);
    printf(" %10" PRIu64 "  ", bucket->count);
    for (uint64_t i = 0; i < width; i++)
        fputs("█", stdout);
    fputs(width == 0 && bucket->count ? "▏\n" : "\n", stdout);
}

static void print_buckets(const struct search_buckets *buckets, bool json)
{
    bool terminal = isatty(STDOUT_FILENO);
    uint64_t largest = 0;

    for (size_t i = 0; i < buckets->count; i++)
        if (buckets->list[i].count > largest)
            largest = buckets->list[i].count;
    for (size_t i = 0; i < buckets->count && !ferror(stdout); i++) {
        const struct search_bucket *bucket = &buckets->list[i];

        if (json)
            printf("{\"key\":%.*s,\"count\":%" PRIu64 "}\n", SLICE_FMT(bucket->json),
                   bucket->count);
        else
            print_bar(bucket, largest, terminal);
    }
}

/* Can the index sort and count by it? Text is known by its words only, places by their distance. */
static bool has_order(const struct field_ref *ref)
{
    enum field_type type = record_fields[ref->field].type;

    return ref->key.len ||
           (type != TYPE_TEXT && type != TYPE_RAW && type != TYPE_GEO && type != TYPE_OBJECT);
}

/* *name: as the index knows it; in the arena. */
static enum status find_field(const char *option, struct slice text, struct arena *arena,
                              struct slice *name, enum field_type *type, struct error *err)
{
    struct field_ref ref;
    struct slice near;
    char *room;

    if (!field_find(text, &everything, &ref)) {
        near = field_suggest(text, &everything);
        return error_set(err, REJECT,
                         near.len ? "unknown field '%.*s' in %s; did you mean '%.*s'?"
                                  : "unknown field '%.*s' in %s",
                         SLICE_FMT(text), option, SLICE_FMT(near));
    }
    if (!has_order(&ref))
        return error_set(err, REJECT,
                         "%s does not work with '%.*s'; a keyword, number, time or "
                         "address is needed",
                         option, SLICE_FMT(text));
    *name = slice_of(record_fields[ref.field].name);
    *type = record_fields[ref.field].type;
    if (ref.key.len == 0)
        return OK;
    room = arena_bytes(arena, name->len + 1 + ref.key.len);
    if (!room)
        return error_set(err, FATAL, "out of memory");
    memcpy(room, name->data, name->len);
    room[name->len] = '.';
    memcpy(room + name->len + 1, ref.key.data, ref.key.len);
    *name = (struct slice){room, name->len + 1 + ref.key.len};
    return OK;
}

struct stream_state {
    struct printer printer;
    uint64_t shown, total, limit;
    int64_t drawn_ms;
    bool bar;
};

static void draw_progress(const struct stream_state *state)
{
    uint64_t wanted = state->limit && state->limit < state->total ? state->limit : state->total;
    unsigned filled = wanted ? (unsigned)(state->shown * BAR_WIDTH / wanted) : BAR_WIDTH;

    fputc('\r', stderr);
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        fputs(i < filled ? "█" : "░", stderr);
    fprintf(stderr, " %" PRIu64 " of %" PRIu64 " (%" PRIu64 " %%)\033[K", state->shown, wanted,
            wanted ? state->shown * 100 / wanted : 100);
}

static bool take_document(void *arg, struct slice document)
{
    struct stream_state *state = arg;
    int64_t now_ms;

    state->shown++;
    if (state->bar && (now_ms = clock_mono_ms()) >= state->drawn_ms + REDRAW_MS) {
        state->drawn_ms = now_ms;
        draw_progress(state);
    }
    return printer_document(&state->printer, document);
}

/* "FIELD", "FIELD:asc" or "FIELD:desc". */
static enum status parse_sort_key(struct slice text, struct arena *arena, struct search_sort *key,
                                  struct error *err)
{
    const char *colon = memchr(text.data, ':', text.len);
    size_t len = colon ? (size_t)(colon - text.data) : text.len;
    struct slice direction = {text.data + len, text.len - len};

    key->descending = slice_is(direction, ":desc");
    if (direction.len && !key->descending && !slice_is(direction, ":asc"))
        return error_set(err, REJECT, "--sort '%.*s': expected FIELD, FIELD:asc or FIELD:desc",
                         SLICE_FMT(text));
    return find_field("--sort", (struct slice){text.data, len}, arena, &key->field, &key->type,
                      err);
}

static enum status parse_sort(const char *text, struct arena *arena, struct search_order *order,
                              struct error *err)
{
    const char *comma;

    *order = (struct search_order){{{SLICE("@timestamp"), TYPE_DATE, true}}, 1};
    if (!text)
        return OK;
    for (order->count = 0;; text = comma + 1) {
        if (order->count == SEARCH_SORT_MAX)
            return error_set(err, REJECT, "--sort takes at most %d fields", SEARCH_SORT_MAX);
        comma = strchrnul(text, ',');
        if (parse_sort_key((struct slice){text, (size_t)(comma - text)}, arena,
                           &order->keys[order->count++], err))
            return err->status;
        if (*comma == '\0')
            return OK;
    }
}

static void print_end(struct stream_state *state)
{
    if (state->bar)
        fputs("\r\033[K", stderr);
    if (state->shown == 0 && state->printer.format == PRINT_CSV)
        printer_start(&state->printer);
    if (!isatty(STDERR_FILENO) || ferror(stdout))
        return;
    if (state->shown == 0)
        fprintf(stderr, "no records found\n");
    else if (state->shown < state->total)
        fprintf(stderr, "%" PRIu64 " of %" PRIu64 " shown; --limit 0 shows all\n", state->shown,
                state->total);
}

static enum status print_hits(struct search *search, const struct search_arguments *arguments,
                              struct arena *arena, struct error *err)
{
    struct stream_state state = {0};
    struct search_order order;
    enum status status;

    if (parse_sort(arguments->sort, arena, &order, err) ||
        printer_open(&state.printer, stdout, arguments->json ? "ndjson" : arguments->format,
                     arguments->fields, err))
        return err->status;
    state.limit = (uint64_t)arguments->limit;
    if (arguments->limit < 0)
        state.limit = isatty(STDOUT_FILENO) ? LIMIT_SCREEN : 0;
    state.bar = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    status = search_hits(search, &order, state.limit, take_document, &state, &state.total, err);
    if (status == OK)
        print_end(&state);
    else if (state.bar)
        fputc('\n', stderr);
    printer_close(&state.printer);
    return status;
}

static enum status print_count(struct search *search, bool json, struct error *err)
{
    uint64_t count = 0;
    enum status status = search_count(search, &count, err);

    if (status == OK)
        printf(json ? "{\"count\":%" PRIu64 "}\n" : "%" PRIu64 "\n", count);
    return status;
}

static enum status print_top(struct search *search, const struct search_arguments *arguments,
                             bool json, struct arena *arena, struct error *err)
{
    unsigned size = TOP_DEFAULT;
    struct search_buckets buckets;
    enum field_type type;
    struct slice field;
    enum status status;

    if (find_field("--top", slice_of(arguments->top), arena, &field, &type, err))
        return err->status;
    if (arguments->limit >= 0) /* 0 is all */
        size =
            arguments->limit && arguments->limit < UINT_MAX ? (unsigned)arguments->limit : UINT_MAX;
    status = search_top(search, field, size, arena, &buckets, err);
    if (status == OK)
        print_buckets(&buckets, json);
    return status;
}

static enum status print_histogram(struct search *search, bool json, struct arena *arena,
                                   struct error *err)
{
    struct search_buckets buckets;
    enum status status = search_histogram(search, BUCKETS, arena, &buckets, err);

    if (status == OK)
        print_buckets(&buckets, json);
    return status;
}

static enum status run(struct search *search, const struct search_arguments *arguments,
                       struct arena *arena, struct error *err)
{
    bool json = arguments->json || (arguments->format && !strcmp(arguments->format, "ndjson"));
    int sums = arguments->count + arguments->histogram + (arguments->top != NULL);

    if (sums == 0)
        return print_hits(search, arguments, arena, err);
    if (sums > 1)
        return error_set(err, REJECT, "choose one of --count, --histogram and --top");
    if (arguments->format && !json && strcmp(arguments->format, "table") != 0)
        return error_set(err, REJECT,
                         "--count, --histogram and --top have the formats table and "
                         "ndjson only");
    if (arguments->count)
        return print_count(search, json, err);
    return arguments->top ? print_top(search, arguments, json, arena, err)
                          : print_histogram(search, json, arena, err);
}

int search_records(const struct indexer_config *config, const struct search_arguments *arguments)
{
    scoped_buf struct buf filter = BUF_INIT(FILTER_MAX);
    struct search *search = NULL;
    struct arena arena;
    struct error err;
    int code = EXIT_USAGE;

    signal(SIGPIPE, SIG_IGN); /* `| head`: the view on the index is given back all the same */
    arena_init(&arena, ARENA_BLOCK, 3 * QUERY_ARENA_BYTES + BUCKETS_BYTES);
    if (make_filter(arguments, &arena, &filter)) {
        enum status status = search_open(&config->elasticsearch, buf_slice(&filter), &search, &err);

        if (status == OK)
            status = run(search, arguments, &arena, &err);
        code = status == OK ? EXIT_DONE : status == REJECT ? EXIT_USAGE : EXIT_FAILED;
        if (status != OK)
            fprintf(stderr, "indexer search: %s\n", err.text);
    }
    search_close(search);
    arena_release(&arena);
    return code;
}
