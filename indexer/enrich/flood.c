/*
 * flood.c - clients that make more requests in a window than they should.
 *
 * A window is a stretch of event time (12:00:00 to 12:00:59), so that a backlog
 * is judged as live traffic is. What a client has done is the sum of three:
 * what Redis knew at the last exchange, over all indexers; what was indexed
 * here since; and what of the batch under way came before. The second is sent
 * once a batch, in one exchange, and only for clients that have done a
 * thirty-second of the limit: quiet ones cost no command and no key, however
 * many they are, and all workers together are late by one of 32 parts of the
 * limit each at most. The third becomes the second when the batch is settled,
 * for records that were indexed and no others: duplicates, redeliveries and
 * what was refused do not count. (While the batch is under way they do: a
 * redelivery may flag records of its own batch too early, never later ones.)
 *
 * Nothing is counted where batches are not settled: `indexer enrich`. A replay,
 * which replaces documents, counts anew what it stores, and without Redis.
 */
#include "indexer/enrich/enrich.h"

#include <stdlib.h>
#include <xxhash.h>

#include "common/metrics.h"
#include "common/record.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/enrich/clients.h"
#include "indexer/enrich/networks.h"
#include "indexer/redis.h"

#define SHARE        32         /* part of the limit from which on Redis is told */
#define PARTS        64         /* keys of a window: each ends in a moment */
#define COMMANDS_MAX (4u << 20) /* bytes */
#define CLIENTS_SENT 4000       /* of one exchange; the others have their turn with the next */
#define WINDOWS_KEPT 2          /* time to live in windows, at least MIN_TTL_S */
#define MIN_TTL_S    120
#define KEY_MAX      96

struct request {
    uint64_t hash; /* of the client's address */
    int64_t window;
    bool counts; /* false: it is none, or may be */
};

struct flood {
    struct enrich base;
    struct request request; /* of the record under way */
    const struct floods_config *config;
    struct networks allow;
    struct clients *clients;
    struct client **places; /* by entry of the batch under way; NULL: does not count */
    size_t room, count;
    struct redis *redis; /* NULL: without */
    struct buf commands;
    struct client *sent[CLIENTS_SENT];
    size_t sent_count, errors;
    char error[160], refused[REDIS_CODE_MAX];
    uint64_t flagged, untracked; /* since the last refresh */
    struct metric *flagged_total, *untracked_total;
};

/* ---- a record ---- */

static bool find_request(const struct flood *flood, struct record *record, uint64_t *hash,
                         int64_t *window)
{
    int64_t window_ms = (int64_t)flood->config->window_ms, time_ms;
    struct timestamp time;
    struct slice ip;

    if (!record_has(record, FIELD_HTTP_REQUEST_METHOD) &&
        !record_has(record, FIELD_HTTP_RESPONSE_STATUS_CODE))
        return false;
    if (!record_text(record, FIELD_SOURCE_IP, &ip) || ip.len == 0 ||
        !record_time(record, FIELD_TIMESTAMP, &time) || networks_have(&flood->allow, ip))
        return false;
    time_ms = timestamp_ms(time);
    *window = time_ms / window_ms - (time_ms % window_ms < 0);
    *hash = XXH3_64bits(ip.data, ip.len);
    return true;
}

static bool flag(struct flood *flood, struct record *record, uint64_t requests)
{
    int64_t score = 0;

    flood->flagged++;
    record_long(record, FIELD_SECURITY_SCORE, &score);
    record_set_long(record, FIELD_SECURITY_SCORE, score + flood->config->score);
    record_set_bool(record, FIELD_SECURITY_THREAT, true);
    record_set_long(record, FIELD_SECURITY_REQUESTS, (int64_t)requests);
    return record_add_item(record, FIELD_SECURITY_CATEGORIES, SLICE("flood")) &&
           record_add_item(record, FIELD_SECURITY_RULES, SLICE("flood"));
}

static void flood_expect(struct enrich *enrich, struct record *record)
{
    struct flood *flood = (struct flood *)enrich;
    struct request *request = &flood->request;

    request->counts = flood->count && find_request(flood, record, &request->hash, &request->window);
    if (request->counts)
        clients_expect(flood->clients, request->hash, request->window);
}

static bool flood_apply(struct enrich *enrich, struct record *record)
{
    struct flood *flood = (struct flood *)enrich;
    struct client *client;

    if (enrich->entry >= flood->count || !flood->request.counts)
        return true;
    client = clients_get(flood->clients, flood->request.hash, flood->request.window);
    if (!client) {
        flood->untracked++;
        return true;
    }
    client->tentative++;
    flood->places[enrich->entry] = client;
    if (client_requests(client) <= flood->config->limit)
        return true;
    return flag(flood, record, client_requests(client));
}

/* ---- a batch ---- */

static void forget_batch(struct flood *flood)
{
    for (size_t i = 0; i < flood->count; i++)
        if (flood->places[i])
            flood->places[i]->tentative = 0;
    flood->count = 0;
}

static void flood_begin(struct enrich *enrich, const struct batch *batch)
{
    struct flood *flood = (struct flood *)enrich;

    forget_batch(flood);
    if (batch->count > flood->room) {
        free(flood->places);
        flood->places = malloc(batch->count * sizeof(struct client *));
        flood->room = flood->places ? batch->count : 0;
    }
    if (batch->count > flood->room)
        return; /* without memory nothing is counted */
    flood->count = batch->count;
    for (size_t i = 0; i < flood->count; i++)
        flood->places[i] = NULL;
}

static void write_key(const struct flood *flood, const struct client *client, char out[KEY_MAX])
{
    snprintf(out, KEY_MAX, "alpex:flood:%llu:%lld:%u", (unsigned long long)flood->config->window_ms,
             (long long)client->window, (unsigned)(client->hash % PARTS));
}

/* Adds what a client did, and renews the time to live of the key that it shares with others. */
static void add_commands(struct flood *flood, const struct client *client)
{
    uint64_t ttl_s = flood->config->window_ms / 1000 * WINDOWS_KEPT;
    char key[KEY_MAX], number[24];

    write_key(flood, client, key);
    redis_command(&flood->commands, 4);
    redis_part(&flood->commands, SLICE("HINCRBY"));
    redis_part(&flood->commands, slice_of(key));
    redis_part(&flood->commands, (struct slice){(const char *)&client->hash, sizeof(client->hash)});
    snprintf(number, sizeof(number), "%u", client->own);
    redis_part(&flood->commands, slice_of(number));
    redis_command(&flood->commands, 3);
    redis_part(&flood->commands, SLICE("EXPIRE"));
    redis_part(&flood->commands, slice_of(key));
    snprintf(number, sizeof(number), "%llu",
             (unsigned long long)(ttl_s > MIN_TTL_S ? ttl_s : MIN_TTL_S));
    redis_part(&flood->commands, slice_of(number));
}

/* Pairs: the client's sum over all indexers, and whether the key has its time to live. */
static void on_reply(void *arg, size_t index, const redisReply *reply)
{
    struct flood *flood = arg;
    struct client *client = flood->sent[index / 2];
    uint64_t least;

    if (reply->type != REDIS_REPLY_INTEGER) {
        if (flood->errors++ == 0)
            snprintf(flood->error, sizeof(flood->error), "%s",
                     reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected reply");
        return;
    }
    if (index % 2)
        return;
    /* Redis may have been emptied meanwhile: less than we know it cannot be. */
    least = (uint64_t)client->shared + client->own;
    client->shared =
        (uint32_t)(reply->integer > (long long)least ? reply->integer : (long long)least);
    client->own = 0;
}

static void exchange(struct flood *flood, int64_t now_ms)
{
    flood->errors = 0;
    flood->error[0] = '\0';
    if (flood->sent_count && !flood->commands.failed &&
        redis_exchange(flood->redis, buf_slice(&flood->commands), flood->sent_count * 2, on_reply,
                       flood, now_ms) == OK)
        redis_report_refusal(flood->redis, flood->refused, "counts of requests", flood->error);
    redis_count_errors(flood->redis, flood->errors);
}

/* Is it time to tell Redis? */
static bool is_due(const struct flood *flood, const struct client *client)
{
    return client->own > 0 && client->own >= flood->config->limit / SHARE;
}

static void flood_settle(struct enrich *enrich, const struct batch *batch, int64_t now_ms)
{
    struct flood *flood = (struct flood *)enrich;
    size_t count = batch->count < flood->count ? batch->count : flood->count;

    flood->sent_count = 0;
    buf_clear(&flood->commands);
    for (size_t i = 0; i < count; i++)
        if (flood->places[i] && batch->entries[i].outcome == OUTCOME_INDEXED)
            flood->places[i]->own++;
    for (size_t i = 0; i < count; i++) {
        struct client *client = flood->places[i];

        if (!client || client->tentative == 0) /* a client's first request of the batch sends */
            continue;
        client->tentative = 0;
        if (!flood->redis || !is_due(flood, client) || flood->sent_count == CLIENTS_SENT)
            continue;
        add_commands(flood, client);
        flood->sent[flood->sent_count++] = client;
    }
    flood->count = 0;
    if (flood->redis)
        exchange(flood, now_ms);
}

/* ---- */

static void flood_refresh(struct enrich *enrich, int64_t now_ms)
{
    struct flood *flood = (struct flood *)enrich;

    (void)now_ms;
    metric_add(flood->flagged_total, flood->flagged);
    metric_add(flood->untracked_total, flood->untracked);
    flood->flagged = flood->untracked = 0;
}

static void flood_close(struct enrich *enrich)
{
    struct flood *flood = (struct flood *)enrich;

    if (!flood)
        return;
    flood_refresh(enrich, 0);
    redis_close(flood->redis);
    buf_release(&flood->commands);
    clients_close(flood->clients);
    free(flood->places);
    free(flood);
}

static enum status open_parts(struct flood *flood, const struct indexer_config *config,
                              struct error *err)
{
    for (uint32_t i = 0; i < flood->config->allow_count; i++)
        if (networks_add(&flood->allow, flood->config->allow[i], err))
            return err->status;
    if (clients_open(flood->config->clients, &flood->clients, err))
        return err->status;
    if (config->redis.url && *config->redis.url && redis_open(&config->redis, &flood->redis, err))
        return err->status;
    return OK;
}

static enum status flood_open(const struct indexer_config *config, struct enrich **out,
                              struct error *err)
{
    struct flood *flood;

    if (!config->floods.enabled || config->floods.limit == 0)
        return DONE;
    flood = calloc(1, sizeof(*flood));
    if (!flood)
        return error_set(err, FATAL, "out of memory");
    flood->base.type = &enrich_flood;
    flood->config = &config->floods;
    flood->commands.max = COMMANDS_MAX;
    flood->flagged_total = metrics_counter("indexer_flood_records_total", NULL,
                                           "Requests beyond the limit of their client");
    flood->untracked_total =
        metrics_counter("indexer_flood_untracked_total", NULL,
                        "Requests that were not counted: too many clients at once");
    if (open_parts(flood, config, err)) {
        flood_close(&flood->base);
        return err->status;
    }
    *out = &flood->base;
    return OK;
}

const struct enrich_type enrich_flood = {
    .name = "flood",
    .open = flood_open,
    .expect = flood_expect,
    .apply = flood_apply,
    .refresh = flood_refresh,
    .begin = flood_begin,
    .settle = flood_settle,
    .close = flood_close,
};
