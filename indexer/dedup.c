/*
 * dedup.c - seen before?
 *
 * A key of its own for every mark would cost Redis 140 bytes, ten times what
 * it holds. So the marks of records that lie together in their source share a
 * hash, which Redis keeps as one flat list as long as it has no more than 128
 * members: 30 bytes a mark, and one command for all of a batch's records that
 * fall into it. The time to live is the hash's, renewed by each mark.
 *
 * A mark is trusted only when it reads as a position. Whatever else happens
 * (no Redis, an error, a value of somebody else) means "cannot tell".
 */
#include "indexer/dedup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <xxhash.h>

#include "common/digits.h"
#include "common/metrics.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/redis.h"

#define CHUNK        500  /* marks of one command: Redis serves nobody else meanwhile */
#define EXCHANGE     4000 /* marks of one exchange, which has a time-out of its own */
#define PREFIX       "alpex:seen:"
#define FIELD_BYTES  12         /* of the hash of index and id: a stranger's is a lost record */
#define OFFSET_BITS  47         /* of a position */
#define ID_MAX       512        /* bytes; Elasticsearch takes no longer ids */
#define POSITION_MAX 24         /* bytes of a mark with its NUL */
#define COMMANDS_MAX (4u << 20) /* bytes; an exchange of marks that share nothing is 700 KiB */
#define BATCH_MAX    (1u << 24) /* entries: the sizes of the tables cannot overflow */
#define CONFLICT     409        /* Elasticsearch: the document is there already */
#define NONE         UINT32_MAX /* an empty slot */
#define AHEAD        8          /* entries of which something is fetched before it is needed */

struct item { /* an entry of the batch; those of one page stand together */
    uint64_t page;
    uint32_t number;
    uint32_t group; /* its page's, while they are put in order */
};

struct dedup {
    const struct redis_config *config;
    struct redis *redis; /* NULL: without Redis */
    struct buf commands;
    struct item *items; /* what is asked for, or marked */
    size_t item_count, item_room;
    struct item *unordered; /* as they come */
    size_t unordered_room;
    uint32_t *slots; /* hash table, of entries or of items */
    size_t slots_room;
    uint32_t *group_ends;
    size_t group_room;
    char refused_look_ups[REDIS_CODE_MAX], refused_marks[REDIS_CODE_MAX]; /* as logged */
    struct metric *lookups, *duplicates, *redelivered;
};

struct lookup { /* of one batch */
    struct dedup *dedup;
    struct batch *batch;
    size_t at, end; /* items: the next reply begins with `at`; the exchange ends before `end` */
    size_t duplicates, redelivered, errors;
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
        status = redis_open(config, &dedup->redis, err);
    if (status)
        dedup_close(dedup);
    else
        *out = dedup;
    return status;
}

/* Makes an array of `size` bytes an element hold `count` of them, contents lost; NULL: no memory.
 */
static void *make_room(void *array, size_t *room, size_t count, size_t size)
{
    if (count <= *room)
        return array;
    free(array);
    array = malloc(count * size);
    *room = array ? count : 0;
    return array;
}

/* Whether the entry takes part: a message that is no record has no id. */
static bool is_open(const struct batch_entry *entry)
{
    return entry->outcome == OUTCOME_PENDING && entry->id.len > 0;
}

static bool same_document(const struct batch_entry *a, const struct batch_entry *b)
{
    return a->key[0] == b->key[0] && a->key[1] == b->key[1] && slice_equal(a->id, b->id) &&
           slice_equal(a->index, b->index);
}

/* An empty table for `count` numbers, at most half full; its mask. 0: no memory. */
static size_t clear_slots(struct dedup *dedup, size_t count)
{
    size_t size = 16;

    while (size < count * 2)
        size *= 2;
    dedup->slots = make_room(dedup->slots, &dedup->slots_room, size, sizeof(*dedup->slots));
    if (!dedup->slots)
        return 0;
    memset(dedup->slots, 0xff, size * sizeof(*dedup->slots));
    return size - 1;
}

/* Their ids lie between the documents, far from each other, and are looked at only here. */
static void make_keys(struct batch *batch)
{
    struct slice index = {NULL, 0};
    uint64_t seed = 0;

    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->entries[i];
        XXH128_hash_t hash;

        if (i + AHEAD < batch->count)
            __builtin_prefetch(batch->entries[i + AHEAD].id.data);
        if (!is_open(entry))
            continue;
        if (entry->index.data != index.data || entry->index.len != index.len) {
            index = entry->index; /* equal names mostly are one */
            seed = XXH3_64bits(index.data, index.len);
        }
        hash = XXH3_128bits_withSeed(entry->id.data, entry->id.len, seed);
        entry->key[0] = hash.high64;
        entry->key[1] = hash.low64;
    }
}

/* Puts entry `number` into the table; false when its document is in it already. */
static bool is_first(struct dedup *dedup, size_t mask, const struct batch *batch, uint32_t number)
{
    const struct batch_entry *entry = &batch->entries[number];
    size_t slot = entry->key[1] & mask;

    for (; dedup->slots[slot] != NONE; slot = (slot + 1) & mask)
        if (same_document(&batch->entries[dedup->slots[slot]], entry))
            return false;
    dedup->slots[slot] = number;
    return true;
}

static size_t settle_repeated(struct dedup *dedup, struct batch *batch)
{
    size_t mask = clear_slots(dedup, batch->count), settled = 0;

    if (!mask)
        return 0; /* Elasticsearch tells them as well */
    for (size_t i = 0; i < batch->count; i++) {
        if (!is_open(&batch->entries[i]) || is_first(dedup, mask, batch, (uint32_t)i))
            continue;
        batch->entries[i].outcome = OUTCOME_DUPLICATE;
        settled++;
    }
    return settled;
}

/* ---- keys, fields, positions ---- */

/*
 * Gives each of the unordered items the number of its page, in the order in which pages come, and
 * counts the items of each. How many pages there are.
 */
static size_t number_pages(struct dedup *dedup, size_t mask)
{
    struct item *items = dedup->unordered;
    size_t groups = 0, slot;

    for (size_t i = 0; i < dedup->item_count; i++) {
        if (i > 0 && items[i].page == items[i - 1].page) { /* of a file that is read alone */
            items[i].group = items[i - 1].group;
            dedup->group_ends[items[i].group]++;
            continue;
        }
        slot = items[i].page & mask;
        while (dedup->slots[slot] != NONE && items[dedup->slots[slot]].page != items[i].page)
            slot = (slot + 1) & mask;
        if (dedup->slots[slot] == NONE) {
            dedup->slots[slot] = (uint32_t)i;
            items[i].group = (uint32_t)groups;
            dedup->group_ends[groups++] = 0;
        }
        items[i].group = items[dedup->slots[slot]].group;
        dedup->group_ends[items[i].group]++;
    }
    return groups;
}

/* Puts the items of a page together, in the order in which they come. */
static void order_items(struct dedup *dedup, size_t groups)
{
    uint32_t end = 0;

    for (size_t i = 0; i < groups; i++) {
        end += dedup->group_ends[i];
        dedup->group_ends[i] = end - dedup->group_ends[i]; /* where the next one goes */
    }
    for (size_t i = 0; i < dedup->item_count; i++)
        dedup->items[dedup->group_ends[dedup->unordered[i].group]++] = dedup->unordered[i];
}

static bool make_item_room(struct dedup *dedup, size_t count)
{
    dedup->items = make_room(dedup->items, &dedup->item_room, count, sizeof(*dedup->items));
    dedup->unordered =
        make_room(dedup->unordered, &dedup->unordered_room, count, sizeof(*dedup->unordered));
    dedup->group_ends =
        make_room(dedup->group_ends, &dedup->group_room, count, sizeof(*dedup->group_ends));
    return dedup->items && dedup->unordered && dedup->group_ends;
}

typedef bool is_wanted(const struct batch_entry *entry);

/* The entries that are wanted and whose id can be stored at all, by page. */
static bool choose(struct dedup *dedup, const struct batch *batch, is_wanted *wanted)
{
    const struct batch_entry *entry;
    size_t mask;

    dedup->item_count = 0;
    if (!make_item_room(dedup, batch->count))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        entry = &batch->entries[i];
        if (wanted(entry) && entry->id.len > 0 && entry->id.len <= ID_MAX)
            dedup->unordered[dedup->item_count++] =
                (struct item){.page = entry->page, .number = (uint32_t)i};
    }
    mask = clear_slots(dedup, dedup->item_count);
    if (!mask)
        return false;
    order_items(dedup, number_pages(dedup, mask));
    return dedup->item_count > 0;
}

/* The items from `at` on, before `end`, that go into one command: of one page. */
static size_t run_length(const struct dedup *dedup, size_t at, size_t end)
{
    size_t length = 1;

    while (at + length < end && length < CHUNK &&
           dedup->items[at + length].page == dedup->items[at].page)
        length++;
    return length;
}

static void add_key(struct dedup *dedup, uint64_t page)
{
    uint64_t of_epoch = XXH3_64bits_withSeed(&page, sizeof(page), dedup->config->epoch);
    char key[sizeof(PREFIX) - 1 + sizeof(of_epoch)];

    memcpy(key, PREFIX, sizeof(PREFIX) - 1);
    memcpy(key + sizeof(PREFIX) - 1, &of_epoch, sizeof(of_epoch));
    redis_part(&dedup->commands, (struct slice){key, sizeof(key)});
}

/* What is marked was asked for before, mostly, and has its key. */
static XXH128_hash_t key_of(const struct batch_entry *entry)
{
    if (entry->key[0] || entry->key[1])
        return (XXH128_hash_t){.high64 = entry->key[0], .low64 = entry->key[1]};
    return XXH3_128bits_withSeed(entry->id.data, entry->id.len,
                                 XXH3_64bits(entry->index.data, entry->index.len));
}

static void add_field(struct dedup *dedup, const struct batch_entry *entry)
{
    XXH128_canonical_t bytes;

    XXH128_canonicalFromHash(&bytes, key_of(entry));
    redis_part(&dedup->commands, (struct slice){(const char *)bytes.digest, FIELD_BYTES});
}

/* Where the entry's message stands, as marks have it: one number, which Redis keeps as such. */
static void write_position(const struct batch_entry *entry, char out[POSITION_MAX])
{
    uint64_t position;

    if (!entry->message) {
        memcpy(out, "-1", sizeof("-1"));
        return;
    }
    position = ((uint64_t)(entry->message->partition & 0xffff) << OFFSET_BITS) |
               ((uint64_t)entry->message->offset & (((uint64_t)1 << OFFSET_BITS) - 1));
    *digits_put(out, position) = '\0';
}

static bool is_position(const redisReply *reply)
{
    size_t sign;

    if (reply->type != REDIS_REPLY_STRING || reply->len >= POSITION_MAX || reply->len == 0)
        return false;
    sign = reply->str[0] == '-';
    return reply->len > sign && strspn(reply->str + sign, "0123456789") == reply->len - sign;
}

/* ---- look-ups ---- */

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
    const struct item *items = &lookup->dedup->items[lookup->at];
    size_t count = run_length(lookup->dedup, lookup->at, lookup->end);

    (void)index;
    lookup->at += count;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count) {
        copy_error(lookup->error, sizeof(lookup->error), reply);
        lookup->errors++;
        return;
    }
    for (size_t i = 0; i < count; i++)
        settle(lookup, &lookup->batch->entries[items[i].number], reply->element[i]);
}

/* The commands for the items from lookup->at on; returns their number. */
static size_t add_look_ups(struct dedup *dedup, const struct lookup *lookup)
{
    size_t commands = 0, count;

    buf_clear(&dedup->commands);
    for (size_t at = lookup->at; at < lookup->end; at += count) {
        count = run_length(dedup, at, lookup->end);
        redis_command(&dedup->commands, 2 + count);
        redis_part(&dedup->commands, SLICE("HMGET"));
        add_key(dedup, dedup->items[at].page);
        for (size_t i = at; i < at + count; i++)
            add_field(dedup, &lookup->batch->entries[dedup->items[i].number]);
        commands++;
    }
    return commands;
}

static void look_up(struct dedup *dedup, struct lookup *lookup, int64_t now_ms)
{
    enum status status = OK;
    size_t commands;

    if (!choose(dedup, lookup->batch, is_open))
        return;
    metric_add(dedup->lookups, dedup->item_count);
    for (; status == OK && lookup->end < dedup->item_count; lookup->at = lookup->end) {
        lookup->end +=
            dedup->item_count - lookup->end < EXCHANGE ? dedup->item_count - lookup->end : EXCHANGE;
        commands = add_look_ups(dedup, lookup);
        if (dedup->commands.failed)
            return;
        status = redis_exchange(dedup->redis, buf_slice(&dedup->commands), commands, on_look_up,
                                lookup, now_ms);
    }
    redis_count_errors(dedup->redis, lookup->errors);
    if (status == OK)
        redis_report_refusal(dedup->redis, dedup->refused_look_ups, "look-ups", lookup->error);
}

void dedup_check(struct dedup *dedup, struct batch *batch, int64_t now_ms)
{
    struct lookup lookup = {.dedup = dedup, .batch = batch};

    if (batch->count == 0 || batch->count > BATCH_MAX)
        return;
    make_keys(batch);
    lookup.duplicates = settle_repeated(dedup, batch);
    if (dedup->redis)
        look_up(dedup, &lookup, now_ms);
    metric_add(dedup->duplicates, lookup.duplicates);
    metric_add(dedup->redelivered, lookup.redelivered);
}

/* Is the document known to be in Elasticsearch, by its own word? */
static bool is_stored(const struct batch_entry *entry)
{
    return entry->outcome == OUTCOME_INDEXED ||
           (entry->outcome == OUTCOME_DUPLICATE && entry->status == CONFLICT);
}

/* One command with the marks of a page, and one that lets it end. */
static void add_marks(struct dedup *dedup, const struct batch *batch, size_t at, size_t count)
{
    uint64_t ttl_s = dedup->config->mark_ttl_ms / 1000;
    const struct batch_entry *entry;
    char value[POSITION_MAX], ttl[24];

    redis_command(&dedup->commands, 2 + 2 * count);
    redis_part(&dedup->commands, SLICE("HSET"));
    add_key(dedup, dedup->items[at].page);
    for (size_t i = at; i < at + count; i++) {
        entry = &batch->entries[dedup->items[i].number];
        if (i + AHEAD < dedup->item_count) /* another thread has written them, long ago */
            __builtin_prefetch(batch->entries[dedup->items[i + AHEAD].number].message);
        add_field(dedup, entry);
        write_position(entry, value);
        redis_part(&dedup->commands, slice_of(value));
    }
    snprintf(ttl, sizeof(ttl), "%llu", (unsigned long long)(ttl_s ? ttl_s : 1));
    redis_command(&dedup->commands, 3);
    redis_part(&dedup->commands, SLICE("EXPIRE"));
    add_key(dedup, dedup->items[at].page);
    redis_part(&dedup->commands, slice_of(ttl));
}

static void on_marked(void *arg, size_t index, const redisReply *reply)
{
    struct marking *marking = arg;

    (void)index;
    if (reply->type == REDIS_REPLY_INTEGER)
        return;
    if (marking->errors++ == 0)
        copy_error(marking->error, sizeof(marking->error), reply);
}

/* Marks the items from `at` on, before `end`. */
static enum status mark_some(struct dedup *dedup, const struct batch *batch, size_t at, size_t end,
                             struct marking *marking, int64_t now_ms)
{
    size_t commands = 0, count;

    buf_clear(&dedup->commands);
    for (; at < end; at += count) {
        count = run_length(dedup, at, end);
        add_marks(dedup, batch, at, count);
        commands += 2;
    }
    if (dedup->commands.failed)
        return RETRY;
    return redis_exchange(dedup->redis, buf_slice(&dedup->commands), commands, on_marked, marking,
                          now_ms);
}

void dedup_mark(struct dedup *dedup, const struct batch *batch, int64_t now_ms)
{
    struct marking marking = {0};
    enum status status = OK;
    size_t end;

    if (!dedup->redis || batch->count > BATCH_MAX || !choose(dedup, batch, is_stored))
        return;
    for (size_t at = 0; status == OK && at < dedup->item_count; at = end) {
        end = dedup->item_count - at < EXCHANGE ? dedup->item_count : at + EXCHANGE;
        status = mark_some(dedup, batch, at, end, &marking, now_ms);
    }
    redis_count_errors(dedup->redis, marking.errors);
    if (status == OK)
        redis_report_refusal(dedup->redis, dedup->refused_marks, "marks", marking.error);
}

void dedup_close(struct dedup *dedup)
{
    if (!dedup)
        return;
    redis_close(dedup->redis);
    buf_release(&dedup->commands);
    free(dedup->items);
    free(dedup->unordered);
    free(dedup->slots);
    free(dedup->group_ends);
    free(dedup);
}
