/*
 * search_hits.c - all hits of a search, a page at a time.
 *
 * A point in time is a view of the indices that stays as it is while it is
 * paged through. Elasticsearch and OpenSearch have it under different paths;
 * Elasticsearch breaks ties of the sort by itself, OpenSearch does not.
 */
#include <inttypes.h>

#include "common/json_tidy.h"
#include "common/json_walk.h"
#include "indexer/search_private.h"

#define PAGE        1000
#define KEEP_ALIVE  "2m" /* for the longest pause of a reader between two pages */
#define ARENA_BLOCK (64u << 10)
#define ARENA_MAX   (256u << 20)

struct pager {
    struct search *search;
    const struct search_order *order;
    bool (*each)(void *arg, struct slice document);
    bool (*each_id)(void *arg, struct slice id, struct slice document); /* of a scan, instead */
    void *arg;
    uint64_t limit, taken; /* limit 0: none */
    uint64_t page;         /* hits of a request; less when they are large */
    struct arena arena;    /* of one document */
};

/* An own name only: what does not say that it is OpenSearch is taken for Elasticsearch. */
static enum status find_dialect(struct search *search, struct error *err)
{
    struct json_value version, distribution;
    struct slice answer;
    enum status status;

    if (search->dialect != DIALECT_UNKNOWN)
        return OK;
    status = search_ask(search, "GET", "/", (struct slice){NULL, 0}, &answer, err);
    if (status == RETRY || (status == FATAL && search_no_answer(search)))
        return status;
    search->dialect = DIALECT_ELASTICSEARCH;
    if (status == OK && json_member(answer, "version", &version) &&
        json_member(version.raw, "distribution", &distribution) &&
        slice_is(distribution.raw, "\"opensearch\""))
        search->dialect = DIALECT_OPENSEARCH;
    return OK;
}

static enum status keep_pit(struct search *search, struct slice answer, const char *key,
                            struct error *err)
{
    struct json_value id;

    if (!json_member(answer, key, &id) || id.kind != JSON_STRING)
        return error_set(err, FATAL, "'%s' gave no point in time", search->link.node);
    buf_clear(&search->pit);
    buf_add_slice(&search->pit, id.raw);
    return search->pit.failed ? error_set(err, FATAL, "out of memory") : OK;
}

/* DONE: there are no indices. */
static enum status open_pit(struct search *search, struct error *err)
{
    bool open_search = search->dialect == DIALECT_OPENSEARCH;
    scoped_buf struct buf path = BUF_INIT(1024);
    struct slice answer;
    enum status status;

    buf_addf(&path, "/%s/%s?keep_alive=" KEEP_ALIVE "&ignore_unavailable=%s%s", search->indices,
             open_search ? "_search/point_in_time" : "_pit", search->one ? "false" : "true",
             open_search ? "&allow_partial_pit_creation=false" : "");
    status = search_ask(search, "POST", buf_str(&path), (struct slice){NULL, 0}, &answer, err);
    return status == OK ? keep_pit(search, answer, open_search ? "pit_id" : "id", err) : status;
}

/* What goes wrong here does not matter: the view ends by itself after KEEP_ALIVE. */
static void close_pit(struct search *search)
{
    bool open_search = search->dialect == DIALECT_OPENSEARCH;
    scoped_buf struct buf body = BUF_INIT(SEARCH_REQUEST_MAX);
    struct slice answer;
    struct error ignored;

    if (search->pit.len == 0)
        return;
    buf_add_text(&body, open_search ? "{\"pit_id\":[" : "{\"id\":");
    buf_add_slice(&body, buf_slice(&search->pit));
    buf_add_text(&body, open_search ? "]}" : "}");
    search_ask(search, "DELETE", open_search ? "/_search/point_in_time" : "/_pit", buf_slice(&body),
               &answer, &ignored);
    buf_clear(&search->pit);
}

static const char *index_type(enum field_type type)
{
    switch (type) {
    case TYPE_LONG:
        return "long";
    case TYPE_BOOL:
        return "boolean";
    case TYPE_IP:
        return "ip";
    case TYPE_DATE:
        return "date";
    default:
        return "keyword";
    }
}

static void add_sort(struct slice field, const char *type, bool descending, struct buf *body)
{
    buf_add_char(body, '{');
    search_add_name(field, body);
    buf_addf(body, ":{\"order\":\"%s\"", descending ? "desc" : "asc");
    if (type) /* of an index that does not have the field */
        buf_addf(body, ",\"unmapped_type\":\"%s\"", type);
    buf_add_text(body, "}}");
}

static void page_body(const struct pager *pager, uint64_t size, struct buf *body)
{
    const struct search *search = pager->search;
    /* Where it need not count, OpenSearch 2.19 loses the records that lack the field of the sort.
     */
    bool track = search->after.len == 0 || search->dialect == DIALECT_OPENSEARCH;

    buf_addf(body, "{\"size\":%" PRIu64 ",\"track_total_hits\":%s,\"pit\":{\"id\":", size,
             track ? "true" : "false");
    buf_add_slice(body, buf_slice(&search->pit));
    buf_add_text(body, ",\"keep_alive\":\"" KEEP_ALIVE "\"},\"sort\":[");
    for (unsigned i = 0; i < pager->order->count; i++) {
        const struct search_sort *key = &pager->order->keys[i];

        if (i)
            buf_add_char(body, ',');
        add_sort(key->field, index_type(key->type), key->descending, body);
    }
    if (pager->order->count == 0 && search->dialect != DIALECT_OPENSEARCH)
        buf_add_text(body, "\"_shard_doc\""); /* as they lie there: the cheapest order */
    if (search->dialect ==
        DIALECT_OPENSEARCH) { /* which breaks no ties: together these are unique */
        if (pager->order->count)
            buf_add_char(body, ',');
        add_sort(SLICE("event.id"), "keyword", false, body);
        buf_add_char(body, ',');
        add_sort(SLICE("_index"), NULL, false, body);
    }
    buf_add_text(body, "],");
    if (search->after.len) {
        buf_add_text(body, "\"search_after\":");
        buf_add_slice(body, buf_slice(&search->after));
        buf_add_char(body, ',');
    }
    search_add_query(search, body);
    buf_add_char(body, '}');
}

/* The words by which a record is found are no part of it; they are there with keep_words. */
static struct slice without_words(struct pager *pager, struct slice document)
{
    char *room = arena_bytes(&pager->arena, document.len);
    size_t len = room ? json_without(document, RECORD_WORDS_NAME, room) : 0;

    return len ? (struct slice){room, len} : document;
}

/* One document a line is what readers expect: the bytes are changed only when they break that. */
static bool hand_on(struct pager *pager, struct slice hit, const struct json_value *source)
{
    struct slice document, tidy;
    struct json_value id;

    arena_clear(&pager->arena);
    document = without_words(pager, source->raw);
    if (source->spaced) {
        tidy = json_tidy(&pager->arena, document);
        if (tidy.data)
            document = tidy;
    }
    if (!pager->each_id)
        return pager->each(pager->arg, document);
    return json_member(hit, "_id", &id) && pager->each_id(pager->arg, id.raw, document);
}

/* Hands the hits of one page on. OK: there may be more; DONE: enough. */
static enum status take_page(struct pager *pager, struct slice answer, uint64_t size,
                             struct error *err)
{
    struct buf *after = &pager->search->after;
    struct json_value hits, hit, source, sort;
    struct json_elements elements;
    uint64_t count = 0;

    if (!json_member(answer, "hits", &hits) || !json_member(hits.raw, "hits", &hits))
        return error_set(err, FATAL, "'%s' gave no hits", pager->search->link.node);
    for (elements = json_elements(hits.raw); json_next_element(&elements, &hit); count++) {
        if (!json_member(hit.raw, "sort", &sort))
            return error_set(err, FATAL, "'%s' gave hits without an order",
                             pager->search->link.node);
        buf_clear(after);
        buf_add_slice(after, sort.raw);
        if (json_member(hit.raw, "_source", &source) && !hand_on(pager, hit.raw, &source))
            return DONE;
    }
    pager->taken += count;
    return count < size || pager->taken == pager->limit ? DONE : OK;
}

/* OK: there may be more; DONE: that was all. */
static enum status next_page(struct pager *pager, uint64_t *total, struct error *err)
{
    struct search *search = pager->search;
    scoped_buf struct buf body = BUF_INIT(SEARCH_REQUEST_MAX);
    uint64_t size = pager->page;
    struct slice answer;
    enum status status;

    if (pager->limit && pager->limit - pager->taken < size)
        size = pager->limit - pager->taken;
    page_body(pager, size, &body);
    if (body.failed)
        return error_set(err, FATAL, "out of memory");
    status = search_ask(search, "POST", "/_search?allow_partial_search_results=false",
                        buf_slice(&body), &answer, err);
    if (status == RETRY && search->link.answer.body.failed && size > 1) {
        pager->page = size / 2;
        return OK;
    }
    if (status == DONE)
        return error_set(err, FATAL,
                         "'%s' has lost the point in time after %" PRIu64
                         " records; try again, or with a narrower query",
                         search->link.node, pager->taken);
    if (status != OK)
        return status;
    if (search->after.len == 0)
        *total = search_total(answer);
    if (keep_pit(search, answer, "pit_id", err)) /* it may change from page to page */
        return err->status;
    return take_page(pager, answer, size, err);
}

/* DONE: no more, or there are no indices. */
static enum status page_through(struct pager *pager, uint64_t *total, struct error *err)
{
    struct search *search = pager->search;
    enum status status = find_dialect(search, err);

    *total = 0;
    buf_clear(&search->after);
    arena_init(&pager->arena, ARENA_BLOCK, ARENA_MAX);
    if (status == OK)
        status = open_pit(search, err);
    if (status == DONE && search->one)
        status =
            error_set(err, FATAL, "'%s' has no index '%s'", search->link.node, search->indices);
    while (status == OK)
        status = next_page(pager, total, err);
    close_pit(search);
    arena_release(&pager->arena);
    return status;
}

enum status search_hits(struct search *search, const struct search_order *order, uint64_t limit,
                        bool (*each)(void *arg, struct slice document), void *arg, uint64_t *total,
                        struct error *err)
{
    struct pager pager = {
        .search = search, .order = order, .each = each, .arg = arg, .limit = limit, .page = PAGE};
    enum status status = page_through(&pager, total, err);

    return status == DONE ? OK : status;
}

enum status search_scan(struct search *search,
                        bool (*each)(void *arg, struct slice id, struct slice document), void *arg,
                        uint64_t *total, struct error *err)
{
    static const struct search_order any = {0};
    struct pager pager = {
        .search = search, .order = &any, .each_id = each, .arg = arg, .page = PAGE};
    enum status status = page_through(&pager, total, err);

    if (status == DONE)
        return pager.taken == *total ? OK : DONE;
    return status;
}
