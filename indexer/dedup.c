/*
 * dedup.c - seen before?
 *
 * A mark is trusted only when it reads as a position. Whatever else happens
 * (no Redis, an error, a value of somebody else) means "cannot tell".
 */
#include "indexer/dedup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <xxhash.h>

#include "common/log.h"
#include "common/metrics.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/redis.h"

#define CHUNK         500         /* keys of one MGET: Redis serves nobody else meanwhile */
#define ID_MAX        512         /* bytes; Elasticsearch takes no longer ids */
#define POSITION_MAX  40          /* bytes of a mark with its NUL */
#define COMMANDS_MAX  (64u << 20) /* bytes; 4000 marks of full length are 4 MiB */
#define COMMANDS_KEEP (4u << 20)  /* bytes kept for the next batch */
#define BATCH_MAX     (1u << 24)  /* entries: the sizes of the tables cannot overflow */
#define CONFLICT      409         /* Elasticsearch: the document is there already */
#define NONE          UINT32_MAX  /* an empty slot */

struct dedup {
    const struct redis_config *config;
    struct redis *redis; /* NULL: without Redis */
    struct buf commands;
    uint32_t *asked; /* entries whose keys were asked for, in the order of the replies */
    uint32_t *slots; /* hash table of entries */
    size_t asked_room, slots_room;
    char refused_look_ups[32], refused_marks[32]; /* code of the error that was logged */
    struct metric *lookups, *duplicates, *redelivered;
};

struct lookup { /* of one batch */
    struct dedup *dedup;
    struct batch *batch;
    size_t asked, duplicates, redelivered, errors;
    char error[160];
};

struct marking {
    size_t errors;
    char error[160];
};

enum status dedup_open(const struct redis_config *config, struct dedup **out, struct error *err)
{
    static const char help[] = "Records found to have been stored before, or twice in one batch";
    struct dedup *dedup = calloc(1, sizeof(*dedup));
    enum status status = OK;

    if (!dedup)
        return error_set(err, FATAL, "out of memory");
    dedup->config = config;
    dedup->commands.max = COMMANDS_MAX;
    dedup->lookups =
        metrics_counter("indexer_dedup_lookups_total", NULL, "Records asked for in Redis");
    dedup->duplicates = metrics_counter("indexer_dedup_hits_total", "kind=\"duplicate\"", help);
    dedup->redelivered = metrics_counter("indexer_dedup_hits_total", "kind=\"redelivered\"", help);
    if (config->url && *config->url)
        status = redis_open(config->url, (int64_t)config->timeout_ms, &dedup->redis, err);
    if (status)
        dedup_close(dedup);
    else
        *out = dedup;
    return status;
}

/* Makes *array hold `count` numbers, contents lost; false without memory. */
static bool make_room(uint32_t **array, size_t *room, size_t count)
{
    if (count <= *room)
        return true;
    free(*array);
    *array = malloc(count * sizeof(**array));
    *room = *array ? count : 0;
    return *array != NULL;
}

/* Whether the entry takes part: a message that is no record has no id. */
static bool is_open(const struct batch_entry *entry)
{
    return entry->outcome == OUTCOME_PENDING && entry->id.len > 0;
}

static bool same_document(const struct batch_entry *a, const struct batch_entry *b)
{
    return slice_equal(a->id, b->id) && slice_equal(a->index, b->index);
}

/* Puts entry `number` into the table; false when its document is in it already. */
static bool is_first(struct dedup *dedup, size_t mask, const struct batch *batch, uint32_t number)
{
    const struct batch_entry *entry = &batch->entries[number];
    size_t slot = XXH3_64bits(entry->id.data, entry->id.len) & mask;

    for (; dedup->slots[slot] != NONE; slot = (slot + 1) & mask)
        if (same_document(&batch->entries[dedup->slots[slot]], entry))
            return false;
    dedup->slots[slot] = number;
    return true;
}

static size_t settle_repeated(struct dedup *dedup, struct batch *batch)
{
    size_t size = 16, settled = 0;

    while (size < batch->count * 2)
        size *= 2;
    if (!make_room(&dedup->slots, &dedup->slots_room, size))
        return 0; /* Elasticsearch tells them as well */
    memset(dedup->slots, 0xff, size * sizeof(*dedup->slots));
    for (size_t i = 0; i < batch->count; i++) {
        if (!is_open(&batch->entries[i]) || is_first(dedup, size - 1, batch, (uint32_t)i))
            continue;
        batch->entries[i].outcome = OUTCOME_DUPLICATE;
        settled++;
    }
    return settled;
}

static void add_key(struct dedup *dedup, const struct batch_entry *entry)
{
    char start[40];
    int len = snprintf(start, sizeof(start), "alpex:seen:%u:", dedup->config->epoch);

    buf_addf(&dedup->commands, "$%zu\r\n", (size_t)len + entry->index.len + 1 + entry->id.len);
    buf_add(&dedup->commands, start, (size_t)len);
    buf_add_slice(&dedup->commands, entry->index);
    buf_add_char(&dedup->commands, ':');
    buf_add_slice(&dedup->commands, entry->id);
    buf_add(&dedup->commands, "\r\n", 2);
}

static void add_look_ups(struct dedup *dedup, const struct batch *batch, size_t asked)
{
    size_t chunk;

    for (size_t i = 0; i < asked; i++) {
        if (i % CHUNK == 0) {
            chunk = asked - i < CHUNK ? asked - i : CHUNK;
            redis_command(&dedup->commands, 1 + chunk);
            redis_part(&dedup->commands, SLICE("MGET"));
        }
        add_key(dedup, &batch->entries[dedup->asked[i]]);
    }
}

/* Where the entry's message stands, as marks have it: "3:1045". */
static void write_position(const struct batch_entry *entry, char out[POSITION_MAX])
{
    if (entry->message)
        snprintf(out, POSITION_MAX, "%d:%lld", entry->message->partition,
                 (long long)entry->message->offset);
    else
        snprintf(out, POSITION_MAX, "-1:-1");
}

static bool is_position(const redisReply *reply)
{
    size_t first, second;

    if (reply->type != REDIS_REPLY_STRING || reply->len >= POSITION_MAX)
        return false;
    first = strspn(reply->str, "-0123456789");
    if (first == 0 || reply->str[first] != ':')
        return false;
    second = strspn(reply->str + first + 1, "-0123456789");
    return second > 0 && first + 1 + second == reply->len;
}

static void settle(struct lookup *lookup, struct batch_entry *entry, const redisReply *mark)
{
    char own[POSITION_MAX];

    if (mark->type == REDIS_REPLY_NIL)
        return;
    if (!is_position(mark)) {
        lookup->errors++;
        return;
    }
    write_position(entry, own);
    if (entry->message && strcmp(mark->str, own) == 0) {
        entry->outcome = OUTCOME_REDELIVERED;
        lookup->redelivered++;
    } else {
        entry->outcome = OUTCOME_DUPLICATE;
        lookup->duplicates++;
    }
}

static void copy_error(char *out, size_t size, const redisReply *reply)
{
    snprintf(out, size, "%s", reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected reply");
}

static void on_look_up(void *arg, size_t index, const redisReply *reply)
{
    struct lookup *lookup = arg;
    size_t first = index * CHUNK;
    size_t count = lookup->asked - first < CHUNK ? lookup->asked - first : CHUNK;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count) {
        copy_error(lookup->error, sizeof(lookup->error), reply);
        lookup->errors++;
        return;
    }
    for (size_t i = 0; i < count; i++)
        settle(lookup, &lookup->batch->entries[lookup->dedup->asked[first + i]], reply->element[i]);
}

/* Logs an error of a kind once; `logged` keeps its code until all is well again. */
static void report(struct dedup *dedup, char logged[32], const char *what, const char *error)
{
    int code = (int)strcspn(error, " ");
    char now[32];

    snprintf(now, sizeof(now), "%.*s", code, error);
    if (*error && strcmp(now, logged) != 0)
        log_warn("Redis at '%s' refuses %s: %s; goes on without, Elasticsearch tells duplicates",
                 redis_place(dedup->redis), what, error);
    memcpy(logged, now, sizeof(now));
}

static void trim(struct buf *commands)
{
    if (commands->cap > COMMANDS_KEEP)
        buf_release(commands);
    buf_clear(commands);
}

/* Entries of open records whose id can be stored at all, into dedup->asked; returns their number.
 */
static size_t choose(struct dedup *dedup, const struct batch *batch)
{
    size_t asked = 0;

    if (!make_room(&dedup->asked, &dedup->asked_room, batch->count))
        return 0;
    for (size_t i = 0; i < batch->count; i++)
        if (is_open(&batch->entries[i]) && batch->entries[i].id.len <= ID_MAX)
            dedup->asked[asked++] = (uint32_t)i;
    return asked;
}

static void look_up(struct dedup *dedup, struct lookup *lookup, int64_t now_ms)
{
    enum status status;

    lookup->asked = choose(dedup, lookup->batch);
    add_look_ups(dedup, lookup->batch, lookup->asked);
    if (lookup->asked == 0 || dedup->commands.failed)
        return;
    metric_add(dedup->lookups, lookup->asked);
    status = redis_exchange(dedup->redis, buf_slice(&dedup->commands),
                            (lookup->asked + CHUNK - 1) / CHUNK, on_look_up, lookup, now_ms);
    redis_count_errors(dedup->redis, lookup->errors);
    if (status == OK)
        report(dedup, dedup->refused_look_ups, "look-ups", lookup->error);
}

void dedup_check(struct dedup *dedup, struct batch *batch, int64_t now_ms)
{
    struct lookup lookup = {.dedup = dedup, .batch = batch};

    if (batch->count == 0 || batch->count > BATCH_MAX)
        return;
    lookup.duplicates = settle_repeated(dedup, batch);
    if (dedup->redis) {
        look_up(dedup, &lookup, now_ms);
        trim(&dedup->commands);
    }
    metric_add(dedup->duplicates, lookup.duplicates);
    metric_add(dedup->redelivered, lookup.redelivered);
}

/* Is the document known to be in Elasticsearch, by its own word? */
static bool is_stored(const struct batch_entry *entry)
{
    return entry->outcome == OUTCOME_INDEXED ||
           (entry->outcome == OUTCOME_DUPLICATE && entry->status == CONFLICT);
}

static void add_mark(struct dedup *dedup, const struct batch_entry *entry)
{
    uint64_t ttl_s = dedup->config->mark_ttl_ms / 1000;
    char value[POSITION_MAX], ttl[24];

    write_position(entry, value);
    snprintf(ttl, sizeof(ttl), "%llu", (unsigned long long)(ttl_s ? ttl_s : 1));
    redis_command(&dedup->commands, 5);
    redis_part(&dedup->commands, SLICE("SET"));
    add_key(dedup, entry);
    redis_part(&dedup->commands, slice_of(value));
    redis_part(&dedup->commands, SLICE("EX"));
    redis_part(&dedup->commands, slice_of(ttl));
}

static void on_marked(void *arg, size_t index, const redisReply *reply)
{
    struct marking *marking = arg;

    (void)index;
    if (reply->type == REDIS_REPLY_STATUS)
        return;
    if (marking->errors++ == 0)
        copy_error(marking->error, sizeof(marking->error), reply);
}

void dedup_mark(struct dedup *dedup, const struct batch *batch, int64_t now_ms)
{
    struct marking marking = {0};
    size_t marks = 0;
    enum status status;

    if (!dedup->redis)
        return;
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];

        if (!is_stored(entry) || entry->id.len == 0 || entry->id.len > ID_MAX)
            continue;
        add_mark(dedup, entry);
        marks++;
    }
    if (marks && !dedup->commands.failed) {
        status = redis_exchange(dedup->redis, buf_slice(&dedup->commands), marks, on_marked,
                                &marking, now_ms);
        redis_count_errors(dedup->redis, marking.errors);
        if (status == OK)
            report(dedup, dedup->refused_marks, "marks", marking.error);
    }
    trim(&dedup->commands);
}

void dedup_close(struct dedup *dedup)
{
    if (!dedup)
        return;
    redis_close(dedup->redis);
    buf_release(&dedup->commands);
    free(dedup->asked);
    free(dedup->slots);
    free(dedup);
}
