/*
 * lanes.c - one request of a partition at a time.
 */
#include "shipper/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "common/grow.h"
#include "shipper/producer.h"

#define FIRST_ROOM       64
#define MESSAGE_OVERHEAD 40  /* bytes of a record in a batch beside key and value, at most */
#define REQUEST_OVERHEAD 256 /* bytes of the batch's own header and more */

struct lane {
    struct outgoing *messages; /* those that wait: from `first` on, below `end` */
    size_t first, end, room;
    size_t under_way;
    size_t given, bytes; /* of the request that is under way or still open */
    int64_t opened_us;   /* when its first message was given */
};

struct lanes {
    struct lanes_limits limits;
    lanes_choose *choose;
    struct lane *list;
    size_t count;
    size_t waiting, under_way; /* of all */
    struct slice last_key;     /* of the lane found last; points into `last_text` */
    char last_text[64];
    struct lane *last;
    size_t turn, turn_left; /* where messages without a key go, and how many more */
};

struct lanes *lanes_open(const struct lanes_limits *limits, lanes_choose *choose)
{
    struct lanes *lanes = calloc(1, sizeof(*lanes));

    if (!lanes)
        return NULL;
    lanes->limits = *limits;
    lanes->choose = choose;
    if (!lanes_spread(lanes, 1)) {
        free(lanes);
        return NULL;
    }
    return lanes;
}

/* Whole requests of one lane are fuller, and compress better, than a part of each in all. */
static struct lane *keyless_lane(struct lanes *lanes)
{
    if (lanes->turn_left == 0) {
        lanes->turn = (lanes->turn + 1) % lanes->count;
        lanes->turn_left = lanes->limits.turn;
    }
    lanes->turn_left--;
    return &lanes->list[lanes->turn];
}

/* Messages of one stream come one after the other: most keys are that of the message before. */
static struct lane *lane_of(struct lanes *lanes, struct slice key)
{
    if (lanes->last && slice_equal(key, lanes->last_key))
        return lanes->last;
    lanes->last = &lanes->list[lanes->choose(key, lanes->count)];
    if (key.len > sizeof(lanes->last_text)) {
        struct lane *lane = lanes->last;

        lanes->last = NULL;
        return lane;
    }
    if (key.len)
        memcpy(lanes->last_text, key.data, key.len);
    lanes->last_key = (struct slice){lanes->last_text, key.len};
    return lanes->last;
}

static void free_list(struct lane *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i].messages);
    free(list);
}

bool lanes_spread(struct lanes *lanes, size_t count)
{
    struct lanes spread = *lanes;
    const struct outgoing *message;

    spread.list = calloc(count, sizeof(*spread.list));
    spread.count = count;
    spread.waiting = 0;
    spread.last = NULL;
    spread.turn = spread.turn_left = 0;
    if (!spread.list)
        return false;
    for (size_t i = 0; i < lanes->count; i++)
        for (size_t j = lanes->list[i].first; j < lanes->list[i].end; j++) {
            message = &lanes->list[i].messages[j];
            if (!lanes_put(&spread, message)) {
                free_list(spread.list, count);
                return false;
            }
        }
    free_list(lanes->list, lanes->count);
    lanes->list = spread.list;
    lanes->count = count;
    lanes->last = NULL;
    lanes->turn = spread.turn;
    lanes->turn_left = spread.turn_left;
    return true;
}

void lanes_limit(struct lanes *lanes, size_t bytes)
{
    lanes->limits.bytes = bytes;
}

bool lanes_put(struct lanes *lanes, const struct outgoing *message)
{
    struct lane *lane = message->key.len ? lane_of(lanes, message->key) : keyless_lane(lanes);

    if (lane->end == lane->room && lane->first > lane->room / 2) {
        lane->end -= lane->first;
        memcpy(lane->messages, lane->messages + lane->first, lane->end * sizeof(*lane->messages));
        lane->first = 0;
    }
    if (!grow(&lane->messages, &lane->room, lane->end, sizeof(*lane->messages), FIRST_ROOM))
        return false;
    lane->messages[lane->end++] = *message;
    lanes->waiting++;
    return true;
}

static void leave(struct lanes *lanes, struct lane *lane, size_t count)
{
    lane->first += count;
    lanes->waiting -= count;
    if (lane->first == lane->end)
        lane->first = lane->end = 0;
}

static size_t size_of(const struct outgoing *message)
{
    return message->payload.len + message->key.len + MESSAGE_OVERHEAD;
}

/* How many more fit the lane's request; one that is alone always does. */
static size_t fitting(const struct lanes *lanes, const struct lane *lane)
{
    size_t bytes = lane->bytes, count = 0;

    while (lane->first + count < lane->end && lane->given + count < lanes->limits.messages) {
        bytes += size_of(&lane->messages[lane->first + count]);
        if (bytes > lanes->limits.bytes && lane->given + count > 0)
            break;
        count++;
    }
    return count;
}

/* A request is open for as long as the library waits for more. */
static bool is_open(const struct lanes *lanes, struct lane *lane, int64_t now_us)
{
    if (lane->under_way)
        return now_us - lane->opened_us < lanes->limits.linger_us;
    lane->given = 0;
    lane->bytes = REQUEST_OVERHEAD;
    lane->opened_us = now_us;
    return true;
}

/* False: less was taken than was offered. */
static bool serve(struct lanes *lanes, struct lane *lane, int64_t now_us, lanes_give *give,
                  void *arg)
{
    size_t count, taken;

    if (!is_open(lanes, lane, now_us))
        return true;
    count = fitting(lanes, lane);
    if (count == 0)
        return true;
    taken = give(arg, (size_t)(lane - lanes->list), &lane->messages[lane->first], count);
    for (size_t i = 0; i < taken; i++)
        lane->bytes += size_of(&lane->messages[lane->first + i]);
    lane->given += taken;
    lane->under_way += taken;
    lanes->under_way += taken;
    leave(lanes, lane, taken);
    return taken == count;
}

bool lanes_hand_over(struct lanes *lanes, int64_t now_us, lanes_give *give, void *arg)
{
    bool all = true;

    for (size_t i = 0; i < lanes->count && lanes->waiting; i++)
        if (lanes->list[i].first < lanes->list[i].end)
            all &= serve(lanes, &lanes->list[i], now_us, give, arg);
    return all;
}

/* A topic that was made anew may have fewer partitions: its messages come back by another lane. */
static struct lane *busy_lane(struct lanes *lanes, size_t number)
{
    size_t i = 0;

    if (number < lanes->count && lanes->list[number].under_way)
        return &lanes->list[number];
    while (i + 1 < lanes->count && lanes->list[i].under_way == 0)
        i++;
    return &lanes->list[i];
}

void lanes_done(struct lanes *lanes, struct slice key, size_t keyless)
{
    struct lane *lane = key.len ? lane_of(lanes, key) : busy_lane(lanes, keyless);

    if (lane->under_way) {
        lane->under_way--;
        lanes->under_way--;
    }
}

size_t lanes_count(const struct lanes *lanes)
{
    return lanes->count;
}

size_t lanes_under_way(const struct lanes *lanes)
{
    return lanes->under_way;
}

bool lanes_is_late(const struct lanes *lanes, size_t lane, int64_t late_us, int64_t now_us)
{
    const struct lane *found = &lanes->list[lane];

    return found->under_way && now_us - found->opened_us - late_us >= lanes->limits.linger_us;
}

const struct outgoing *lanes_pop(struct lanes *lanes)
{
    for (size_t i = 0; i < lanes->count && lanes->waiting; i++) {
        struct lane *lane = &lanes->list[i];
        const struct outgoing *message = &lane->messages[lane->first];

        if (lane->first == lane->end)
            continue;
        leave(lanes, lane, 1);
        return message;
    }
    return NULL;
}

void lanes_forget(struct lanes *lanes)
{
    for (size_t i = 0; i < lanes->count; i++)
        lanes->list[i].under_way = 0;
    lanes->under_way = 0;
}

void lanes_trim(struct lanes *lanes)
{
    if (lanes->waiting)
        return;
    for (size_t i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->list[i];

        free(lane->messages);
        lane->messages = NULL;
        lane->room = 0;
    }
}

void lanes_close(struct lanes *lanes)
{
    if (!lanes)
        return;
    free_list(lanes->list, lanes->count);
    free(lanes);
}
