/*
 * keep.c - keeps what the rule's query finds in a day's index, then lets the index go.
 */
#include "indexer/retention/keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/query.h"
#include "common/scope.h"
#include "common/timestamp.h"
#include "indexer/config.h"
#include "indexer/retention/ask.h"
#include "indexer/retention/copy.h"
#include "indexer/search.h"

#define ROUNDS     3 /* a day that is still written to is left for the next run */
#define FILTER_MAX (8u << 20)
#define TIME_ROOM  TIMESTAMP_TEXT_MAX
#define PATH_ROOM  (KEPT_NAME_MAX + 128)

struct keep {
    struct retention_job *job;
    const struct retention_action *action;
    const char *name;                    /* of the day's index */
    char kept[KEPT_NAME_MAX];            /* of the month's */
    char from[TIME_ROOM], to[TIME_ROOM]; /* the day */
    struct buf wanted;                   /* the query */
    struct buf wanted_there;             /* and the day */
};

static void print_day(int64_t day, char out[TIME_ROOM])
{
    size_t len = timestamp_print((struct timestamp){day * 86400, 0}, out);

    out[len] = '\0';
}

static enum status prepare(struct keep *keep, struct error *err)
{
    const struct query_context context = {.rule = true};
    struct query_errors errors = {0};
    struct query *query;
    struct arena arena;

    arena_init(&arena, 64u << 10, QUERY_ARENA_BYTES);
    if (query_parse(&arena, slice_of(keep->action->rule->keep), &context, &query, &errors) == OK)
        query_dsl(query, &keep->wanted);
    else
        keep->wanted.failed = true; /* it was checked when the configuration was read */
    arena_release(&arena);
    buf_addf(&keep->wanted_there, "{\"range\":{\"@timestamp\":{\"gte\":\"%s\",\"lt\":\"%s\"}}},",
             keep->from, keep->to);
    buf_add_slice(&keep->wanted_there, buf_slice(&keep->wanted));
    if (keep->wanted.failed || keep->wanted_there.failed)
        return error_set(err, RETRY, "out of memory for the query of '%s'", keep->name);
    return OK;
}

/* Mappings like those of the day, with the mark of what is kept. The caller deletes it. */
static enum status make_mappings(struct keep *keep, cJSON **out, struct error *err)
{
    scoped_json cJSON *answer = NULL;
    cJSON *mappings, *meta;
    char path[PATH_ROOM];

    snprintf(path, sizeof(path), "/%s/_mapping", keep->name);
    if (retention_do(&keep->job->link, "GET", path, NULL, &answer, err))
        return err->status;
    mappings = cJSON_DetachItemFromObjectCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(answer, keep->name), "mappings");
    cJSON_DeleteItemFromObjectCaseSensitive(mappings, "_meta");
    meta = cJSON_AddObjectToObject(mappings, "_meta");
    cJSON_AddStringToObject(meta, "managed_by", "alpex");
    cJSON_AddStringToObject(meta, "prefix", keep->job->config->elasticsearch.index_prefix);
    cJSON_AddStringToObject(meta, "dataset", keep->action->index->day.dataset);
    if (!cJSON_AddTrueToObject(meta, "kept")) {
        cJSON_Delete(mappings);
        return error_set(err, RETRY, "the mapping of '%s' cannot be read", keep->name);
    }
    *out = mappings;
    return OK;
}

/* Takes `mappings` over. */
static enum status create_kept(struct keep *keep, cJSON *mappings, struct error *err)
{
    const struct elasticsearch_config *config = &keep->job->config->elasticsearch;
    scoped_json cJSON *body = cJSON_CreateObject();
    cJSON *index = cJSON_AddObjectToObject(cJSON_AddObjectToObject(body, "settings"), "index");
    char path[PATH_ROOM];

    cJSON_AddStringToObject(index, "codec", "best_compression");
    cJSON_AddNumberToObject(index, "number_of_shards", 1);
    cJSON_AddNumberToObject(index, "number_of_replicas", config->replicas);
    if (!cJSON_AddItemToObject(body, "mappings", mappings)) {
        cJSON_Delete(mappings);
        return error_set(err, RETRY, "out of memory");
    }
    snprintf(path, sizeof(path), "/%s", keep->kept);
    return retention_do(&keep->job->link, "PUT", path, body, NULL, err);
}

/* DONE: there is no index for what is kept of the month yet. RETRY: or one that is not ours. */
static enum status find_kept(struct keep *keep, struct error *err)
{
    const struct indexer_config *config = keep->job->config;
    struct survey survey;
    enum status status =
        survey_one(&survey, &keep->job->link, keep->kept, config->retention.kept_prefix,
                   config->elasticsearch.index_prefix, err);

    if (status == OK && survey.count == 0)
        status = error_set(err, DONE, "'%s' is not there", keep->kept);
    else if (status == OK && survey.list[0].kind != INDEX_KEPT)
        status = error_set(err, RETRY, "'%s' is there and not ours", keep->kept);
    survey_release(&survey);
    return status;
}

/* The month's index is there, is ours, and has the fields that the day has. */
static enum status ensure_kept(struct keep *keep, struct error *err)
{
    scoped_json cJSON *mappings = NULL;
    char path[PATH_ROOM];
    enum status found = find_kept(keep, err);

    if (found != OK && found != DONE)
        return found;
    if (make_mappings(keep, &mappings, err))
        return err->status;
    if (found == DONE)
        return create_kept(keep, take(mappings), err);
    snprintf(path, sizeof(path), "/%s/_mapping", keep->kept);
    return retention_do(&keep->job->link, "PUT", path, mappings, NULL, err);
}

/* All that is written can be found afterwards: a shard that did not do it would hide records. */
static enum status refresh(struct keep *keep, const char *name, struct error *err)
{
    scoped_json cJSON *answer = NULL;
    const cJSON *shards;
    char path[PATH_ROOM];

    snprintf(path, sizeof(path), "/%s/_refresh", name);
    if (retention_do(&keep->job->link, "POST", path, NULL, &answer, err))
        return err->status;
    shards = cJSON_GetObjectItemCaseSensitive(answer, "_shards");
    if (json_number(shards, "successful", 0) < 1 || json_number(shards, "failed", 1) != 0)
        return error_set(err, RETRY, "not all shards of '%s' could be refreshed", name);
    return OK;
}

/* A number that every write to the day's index changes. */
static enum status count_writes(struct keep *keep, int64_t *out, struct error *err)
{
    scoped_json cJSON *answer = NULL;
    const cJSON *shards, *copies, *copy;
    char path[PATH_ROOM];
    int64_t sum = 0;
    unsigned primaries = 0;

    snprintf(path, sizeof(path), "/%s/_stats/indexing?level=shards", keep->name);
    if (retention_do(&keep->job->link, "GET", path, NULL, &answer, err))
        return err->status;
    shards = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(answer, "indices"),
                                         keep->name),
        "shards");
    cJSON_ArrayForEach (copies, shards)
        cJSON_ArrayForEach (copy, copies) {
            const cJSON *routing = cJSON_GetObjectItemCaseSensitive(copy, "routing");

            if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(routing, "primary")))
                continue;
            primaries++;
            sum += json_number(cJSON_GetObjectItemCaseSensitive(copy, "seq_no"), "max_seq_no", 0);
        }
    if (primaries == 0 || primaries != (unsigned)cJSON_GetArraySize(shards))
        return error_set(err, RETRY, "not all shards of '%s' are there", keep->name);
    *out = sum;
    return OK;
}

static enum status verify(struct keep *keep, const struct copy_sum *original, struct error *err)
{
    struct copy_sum copied;
    enum status status;

    status = find_kept(keep, err); /* was it deleted, a bulk would have made another one */
    if (status != OK)
        return err->status = RETRY;
    if (refresh(keep, keep->kept, err))
        return err->status;
    status = copy_records(keep->job, keep->action, keep->kept, buf_slice(&keep->wanted_there), NULL,
                          &copied, err);
    if (status != OK)
        return status;
    if (copied.count != original->count)
        return error_set(err, RETRY,
                         "'%s' holds %" PRIu64 " records of the day, of which '%s' has %" PRIu64
                         "; nothing is deleted",
                         keep->kept, copied.count, keep->name, original->count);
    if (copied.hash != original->hash)
        return error_set(err, RETRY,
                         "the records in '%s' are not those of '%s'; nothing is deleted",
                         keep->kept, keep->name);
    return OK;
}

enum status keep_unblock(struct elastic_link *link, const char *name, struct error *err)
{
    scoped_json cJSON *body = cJSON_Parse("{\"index.blocks.write\":null}");
    char path[PATH_ROOM];
    long code;

    if (!body)
        return error_set(err, FATAL, "out of memory");
    snprintf(path, sizeof(path), "/%s/_settings", name);
    return retention_ask(link, "PUT", path, body, NULL, &code, err); /* 404: it has gone */
}

/* The lease tells whom to unblock, if we should not live to do it. */
static enum status block(struct keep *keep, struct error *err)
{
    struct lease *lease = &keep->job->lease;
    scoped_json cJSON *answer = NULL;
    char path[PATH_ROOM];
    enum status status;

    snprintf(lease->state.blocked, sizeof(lease->state.blocked), "%s",
             keep->action->index->no_writes ? "" : keep->name);
    status = lease_renew(lease, clock_wall_ms(), err);
    if (status != OK)
        return status;
    snprintf(path, sizeof(path), "/%s/_block/write", keep->name);
    status = retention_do(&keep->job->link, "PUT", path, NULL, &answer, err);
    if (status == OK &&
        !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "shards_acknowledged")))
        return error_set(err, RETRY, "not all shards of '%s' have stopped taking writes",
                         keep->name);
    return status;
}

static void unblock(struct keep *keep)
{
    struct lease *lease = &keep->job->lease;
    struct error err;

    if (lease->state.blocked[0] == '\0')
        return;
    if (keep_unblock(&keep->job->link, keep->name, &err))
        log_warn("'%s' takes no writes until the next run of retention: %s", keep->name, err.text);
    else
        lease->state.blocked[0] = '\0';
}

static cJSON *swap_body(const struct keep *keep, bool has_kept)
{
    cJSON *body = cJSON_CreateObject();
    cJSON *actions = cJSON_AddArrayToObject(body, "actions"), *remove = cJSON_CreateObject();
    cJSON *entry, *add, *range;

    cJSON_AddItemToArray(actions, remove);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(remove, "remove_index"), "index", keep->name);
    if (!has_kept)
        return body;
    entry = cJSON_CreateObject();
    cJSON_AddItemToArray(actions, entry);
    add = cJSON_AddObjectToObject(entry, "add");
    cJSON_AddStringToObject(add, "index", keep->kept);
    cJSON_AddStringToObject(add, "alias", keep->name);
    cJSON_AddFalseToObject(add, "is_write_index");
    range = cJSON_AddObjectToObject(
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(add, "filter"), "range"), "@timestamp");
    cJSON_AddStringToObject(range, "gte", keep->from);
    cJSON_AddStringToObject(range, "lt", keep->to);
    return body;
}

/* Still the index that was planned for? A pattern of names is not enough to delete by. */
static enum status check_again(struct keep *keep, bool *gone, struct error *err)
{
    const struct indexer_config *config = keep->job->config;
    struct survey survey;
    enum status status =
        survey_one(&survey, &keep->job->link, keep->name, config->retention.kept_prefix,
                   config->elasticsearch.index_prefix, err);

    *gone = status == OK && survey.count == 0;
    if (status == OK && !*gone &&
        (survey.list[0].kind != INDEX_DAY || survey.list[0].hold != HOLD_NONE ||
         strcmp(survey.list[0].uuid, keep->action->index->uuid) != 0))
        status =
            error_set(err, RETRY, "'%s' has changed meanwhile; nothing is deleted", keep->name);
    survey_release(&survey);
    return status;
}

static enum status swap(struct keep *keep, bool has_kept, struct error *err)
{
    scoped_json cJSON *body = swap_body(keep, has_kept);
    struct error later;
    enum status status;
    bool gone;

    status = check_again(keep, &gone, err);
    if (status != OK || gone)
        return status;
    status = retention_do(&keep->job->link, "POST", "/_aliases", body, NULL, err);
    /* Without an answer it may have been done all the same. */
    if (status != OK && check_again(keep, &gone, &later) == OK && gone)
        return OK;
    return status;
}

static enum status count_wanted(struct keep *keep, uint64_t *count, struct error *err)
{
    struct search *search = NULL;
    enum status status =
        search_open_index(keep->job->reach, keep->name, buf_slice(&keep->wanted), &search, err);

    if (status == OK)
        status = search_count(search, count, err);
    search_close(search);
    return status == OK ? OK : (err->status = RETRY);
}

/* Without anything to keep, no index is made for it. */
static enum status copy_wanted(struct keep *keep, struct copy_sum *sum, struct error *err)
{
    enum status status;

    *sum = (struct copy_sum){.count = 0};
    status = count_wanted(keep, &sum->count, err);
    if (status != OK || sum->count == 0)
        return status;
    status = ensure_kept(keep, err);
    if (status == OK)
        status = copy_records(keep->job, keep->action, keep->name, buf_slice(&keep->wanted),
                              keep->kept, sum, err);
    return status == OK ? verify(keep, sum, err) : status;
}

/* RETRY with *again set: there were writes meanwhile. */
static enum status copy_and_swap(struct keep *keep, struct copy_sum *sum, bool *again,
                                 struct error *err)
{
    int64_t before = 0, after = 0;
    enum status status;

    *again = false;
    if (count_writes(keep, &before, err) || refresh(keep, keep->name, err))
        return err->status;
    status = copy_wanted(keep, sum, err);
    if (status != OK)
        return status;
    status = block(keep, err);
    if (status == OK)
        status = count_writes(keep, &after, err);
    if (status == OK && before != after) {
        *again = true;
        status = error_set(err, RETRY, "'%s' is still written to; it stays until the next run",
                           keep->name);
    }
    if (status == OK)
        status = swap(keep, sum->count > 0, err);
    if (status == OK)
        keep->job->lease.state.blocked[0] = '\0';
    else
        unblock(keep);
    return status;
}

static enum status keep_prepared(struct keep *keep, uint64_t *kept, struct error *err)
{
    struct copy_sum sum = {.count = 0};
    enum status status = prepare(keep, err);
    bool again = status == OK;

    for (int round = 0; round < ROUNDS && again; round++)
        status = copy_and_swap(keep, &sum, &again, err);
    if (status == OK)
        *kept = sum.count;
    return status;
}

enum status keep_day(struct retention_job *job, const struct retention_action *action,
                     uint64_t *kept, struct error *err)
{
    const struct indexer_config *config = job->config;
    struct keep keep = {.job = job,
                        .action = action,
                        .name = action->index->name,
                        .wanted = BUF_INIT(FILTER_MAX),
                        .wanted_there = BUF_INIT(FILTER_MAX)};
    enum status status;

    kept_name_print(config->retention.kept_prefix, config->elasticsearch.index_prefix,
                    &action->index->day, keep.kept);
    print_day(action->index->day.day, keep.from);
    print_day(action->index->day.day + 1, keep.to);
    status = keep_prepared(&keep, kept, err);
    buf_release(&keep.wanted);
    buf_release(&keep.wanted_there);
    return status;
}
