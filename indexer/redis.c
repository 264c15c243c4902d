/*
 * redis.c - a connection to Redis that may be missing at any time (hiredis).
 */
#include "indexer/redis.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/digits.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/redis_link.h"
#include "indexer/redis_url.h"

#define PAUSE_MIN_MS 2000
#define PAUSE_MAX_MS 30000
#define TIMEOUT_MS   250   /* when none is given */
#define RECEIVE_MAX  16384 /* bytes at once */
#define SLOW_PART    2     /* slow is what takes longer than the time-out by this */
#define SLOW_IN_ROW  5     /* slow exchanges until it is given a rest */
#define LOGIN_MAX    16384 /* bytes of the commands that open a connection */
#define HEAD_MAX     (1 + DIGITS_ROOM + 2)

struct redis {
    const struct redis_config *config;
    struct redis_url url;
    char place[300];
    int64_t timeout_ms;
    struct redis_link *link;             /* NULL: not connected */
    redisReader *reader;                 /* of that connection */
    redisReplyObjectFunctions functions; /* of the reader */
    unsigned slow;                       /* exchanges in a row */
    struct backoff pause;
    int64_t retry_at_ms; /* not before */
    struct error outage; /* as it was logged; an empty text: none */
    struct metric *up, *errors;
};

struct exchange {
    struct slice unsent; /* commands */
    size_t count;
    redis_on_reply *on_reply;
    void *arg;
    int64_t deadline_ms;
    size_t replies; /* so far */
    bool late;
};

struct login {
    bool failed;
    size_t index; /* of the command that failed first */
    char code[REDIS_CODE_MAX];
};

enum status redis_open(const struct redis_config *config, struct redis **out, struct error *err)
{
    struct redis *redis = calloc(1, sizeof(*redis));
    enum status status;

    if (!redis)
        return error_set(err, FATAL, "out of memory");
    redis->config = config;
    status = redis_url_parse(config->url, &redis->url, err);
    if (status) {
        redis_close(redis);
        return status;
    }
    redis->timeout_ms = config->timeout_ms ? (int64_t)config->timeout_ms : TIMEOUT_MS;
    if (redis->url.path)
        snprintf(redis->place, sizeof(redis->place), "%s", redis->url.path);
    else
        snprintf(redis->place, sizeof(redis->place), "%s:%d", redis->url.host, redis->url.port);
    backoff_init(&redis->pause, PAUSE_MIN_MS, PAUSE_MAX_MS, 0);
    redis->up = metrics_gauge("indexer_redis_up", NULL, "Whether Redis answered the last time");
    redis->errors = metrics_counter("indexer_redis_errors_total", NULL,
                                    "Failed exchanges with Redis and error replies");
    *out = redis;
    return OK;
}

/* A letter and a number, as commands and their parts begin. */
static char *put_head(char *p, char kind, size_t number)
{
    *p++ = kind;
    p = digits_put(p, number);
    return mempcpy(p, "\r\n", 2);
}

void redis_command(struct buf *out, size_t count)
{
    char *p = buf_reserve(out, HEAD_MAX);

    if (p)
        out->len += (size_t)(put_head(p, '*', count) - p);
}

void redis_part(struct buf *out, struct slice part)
{
    char *room = buf_reserve(out, HEAD_MAX + part.len + 2), *p;

    if (!room)
        return;
    p = put_head(room, '$', part.len);
    if (part.len)
        p = mempcpy(p, part.data, part.len);
    p = mempcpy(p, "\r\n", 2);
    out->len += (size_t)(p - room);
}

/*
 * Most look-ups find nothing: all of these replies are one, which is not freed. The library frees
 * an array with what is in it.
 */
static redisReply nothing = {.type = REDIS_REPLY_NIL};

static void *create_nil(const redisReadTask *task)
{
    if (task->parent)
        ((redisReply *)task->parent->obj)->element[task->idx] = &nothing;
    return &nothing;
}

static void take_out_nothing(redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || !reply->element)
        return;
    for (size_t i = 0; i < reply->elements; i++)
        if (reply->element[i] == &nothing)
            reply->element[i] = NULL;
        else if (reply->element[i])
            take_out_nothing(reply->element[i]);
}

static void free_reply(void *reply)
{
    if (!reply || reply == &nothing)
        return;
    take_out_nothing(reply);
    freeReplyObject(reply);
}

/* NULL: no memory. */
static redisReader *open_reader(struct redis *redis)
{
    redisReader *reader = redisReaderCreate();

    if (!reader)
        return NULL;
    redis->functions = *reader->fn;
    redis->functions.createNil = create_nil;
    redis->functions.freeObject = free_reply;
    reader->fn = &redis->functions;
    return reader;
}

static void disconnect(struct redis *redis)
{
    redis_link_close(redis->link);
    redis->link = NULL;
    if (redis->reader)
        redisReaderFree(redis->reader);
    redis->reader = NULL;
}

static enum status transfer(struct redis *redis, struct exchange *exchange, struct error *err)
{
    char in[RECEIVE_MAX];
    size_t received = 0;

    if (redis_link_transfer(redis->link, &exchange->unsent, in, sizeof(in), &received,
                            exchange->deadline_ms, err)) {
        if (clock_mono_ms() < exchange->deadline_ms)
            return err->status;
        exchange->late = true;
        return error_set(err, RETRY, "no answer within %lld ms", (long long)redis->timeout_ms);
    }
    if (received && redisReaderFeed(redis->reader, in, received))
        return error_set(err, RETRY, "%s", redis->reader->errstr);
    return OK;
}

/* Sends and receives at once: a server that is not read from stops reading. */
static enum status talk(struct redis *redis, struct exchange *exchange, struct error *err)
{
    void *reply;

    while (exchange->replies < exchange->count) {
        reply = NULL;
        if (redisReaderGetReply(redis->reader, &reply))
            return error_set(err, RETRY, "%s", redis->reader->errstr);
        if (reply) {
            exchange->on_reply(exchange->arg, exchange->replies++, reply);
            free_reply(reply);
        } else if (transfer(redis, exchange, err)) {
            return err->status;
        }
    }
    return OK;
}

static void on_login_reply(void *arg, size_t index, const redisReply *reply)
{
    struct login *login = arg;

    if (reply->type != REDIS_REPLY_ERROR || login->failed)
        return;
    /* The code only: some errors repeat the command, and that has the password in it. */
    snprintf(login->code, sizeof(login->code), "%.*s", (int)strcspn(reply->str, " "), reply->str);
    login->index = index;
    login->failed = true;
}

static void add_login(struct buf *out, const struct redis_url *url)
{
    char db[12];

    if (url->password) {
        redis_command(out, url->user ? 3 : 2);
        redis_part(out, SLICE("AUTH"));
        if (url->user)
            redis_part(out, slice_of(url->user));
        redis_part(out, slice_of(url->password));
    }
    if (url->db) {
        snprintf(db, sizeof(db), "%u", url->db);
        redis_command(out, 2);
        redis_part(out, SLICE("SELECT"));
        redis_part(out, slice_of(db));
    }
    redis_command(out, 1);
    redis_part(out, SLICE("PING"));
}

static enum status login_verdict(const struct redis_url *url, const struct login *login,
                                 struct error *err)
{
    size_t select = url->password ? 1 : 0, ping = select + (url->db ? 1 : 0);

    if (!login->failed || (login->index == ping && strcmp(login->code, "NOPERM") == 0))
        return OK; /* a user that may not PING may be able to do all else */
    if (strcmp(login->code, "NOAUTH") == 0)
        return error_set(err, RETRY, "a password is asked for (NOAUTH): add it to redis.url");
    if (url->password && login->index == 0)
        return error_set(err, RETRY, "user or password is refused (%s): see redis.url",
                         login->code);
    if (url->db && login->index == select)
        return error_set(err, RETRY, "database %u is refused (%s): see redis.url", url->db,
                         login->code);
    return error_set(err, RETRY, "not ready (%s)", login->code);
}

static enum status log_in(struct redis *redis, int64_t deadline_ms, struct error *err)
{
    scoped_buf struct buf commands = BUF_INIT(LOGIN_MAX);
    struct login login = {0};
    struct exchange exchange = {.on_reply = on_login_reply, .arg = &login};
    enum status status;

    add_login(&commands, &redis->url);
    exchange.unsent = buf_slice(&commands);
    exchange.count = 1u + (redis->url.password != NULL) + (redis->url.db != 0);
    exchange.deadline_ms = deadline_ms;
    if (commands.failed)
        return error_set(err, RETRY, "user or password is too long");
    status = talk(redis, &exchange, err);
    explicit_bzero(commands.data, commands.len);
    return status ? status : login_verdict(&redis->url, &login, err);
}

static enum status connect_to(struct redis *redis, int64_t deadline_ms, struct error *err)
{
    enum status status =
        redis_link_open(&redis->url, redis->config, deadline_ms, &redis->link, err);

    if (status && clock_mono_ms() >= deadline_ms)
        return error_set(err, RETRY, "no connection within %lld ms", (long long)redis->timeout_ms);
    if (status)
        return status;
    redis->reader = open_reader(redis);
    if (!redis->reader)
        return error_set(err, RETRY, "out of memory");
    return log_in(redis, deadline_ms, err);
}

/* Once, on the connection that is there or on a new one. */
static enum status attempt(struct redis *redis, struct exchange *exchange, struct error *err)
{
    enum status status = OK;

    if (!redis->link)
        status = connect_to(redis, exchange->deadline_ms, err);
    if (!status)
        status = talk(redis, exchange, err);
    if (status)
        disconnect(redis); /* replies may be under way that nobody waits for */
    return status;
}

static void note_failure(struct redis *redis, const struct error *err, int64_t now_ms)
{
    metric_set(redis->up, 0);
    metric_add(redis->errors, 1);
    redis->retry_at_ms = now_ms + backoff_next_ms(&redis->pause);
    if (strcmp(redis->outage.text, err->text) == 0)
        return;
    redis->outage = *err;
    log_warn("Redis at '%s': %s; goes on without it, tries again every few seconds", redis->place,
             err->text);
}

static void note_success(struct redis *redis)
{
    metric_set(redis->up, 1);
    backoff_reset(&redis->pause);
    redis->retry_at_ms = INT64_MIN;
    if (redis->outage.text[0])
        log_info("Redis at '%s' answers again", redis->place);
    redis->outage.text[0] = '\0';
}

/* True: it answers, and holds up the work more than it saves. */
static bool is_slow(struct redis *redis, int64_t took_ms)
{
    redis->slow = took_ms * SLOW_PART > redis->timeout_ms ? redis->slow + 1 : 0;
    return redis->slow >= SLOW_IN_ROW;
}

enum status redis_exchange(struct redis *redis, struct slice commands, size_t count,
                           redis_on_reply *on_reply, void *arg, int64_t now_ms)
{
    int64_t start_ms = clock_mono_ms();
    struct exchange exchange = {.unsent = commands,
                                .count = count,
                                .on_reply = on_reply,
                                .arg = arg,
                                .deadline_ms = start_ms + redis->timeout_ms};
    bool kept = redis->link != NULL;
    struct error err;
    enum status status;

    if (now_ms < redis->retry_at_ms)
        return RETRY;
    status = attempt(redis, &exchange, &err);

    /* A kept connection may have been closed while it was idle: that is no outage. */
    if (status && kept && exchange.replies == 0 && !exchange.late) {
        exchange.unsent = commands;
        status = attempt(redis, &exchange, &err);
    }
    if (status) {
        note_failure(redis, &err, now_ms);
    } else if (is_slow(redis, clock_mono_ms() - start_ms)) {
        error_set(&err, RETRY, "%d answers in a row took more than %lld ms", SLOW_IN_ROW,
                  (long long)redis->timeout_ms / SLOW_PART);
        note_failure(redis, &err, now_ms);
        redis->slow = SLOW_IN_ROW - 1; /* after the rest one slow answer is enough */
    } else {
        note_success(redis);
    }
    return status;
}

void redis_count_errors(struct redis *redis, size_t count)
{
    metric_add(redis->errors, count);
}

/* What to do about the errors that mean something else than a moment's trouble. */
static const char *advice(const char *error)
{
    static const char *const known[][2] = {
        {"NOPERM", "; the user needs HMGET, HSET, HINCRBY and EXPIRE on alpex:*"},
        {"MOVED", "; Redis Cluster is not supported, give a single server"},
        {"READONLY", "; that is a replica, give the primary"},
        {"OOM", "; its memory is full, see maxmemory and redis.mark_ttl_ms"},
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strncmp(error, known[i][0], strlen(known[i][0])) == 0)
            return known[i][1];
    return "";
}

void redis_report_refusal(const struct redis *redis, char logged[REDIS_CODE_MAX], const char *what,
                          const char *error)
{
    char code[REDIS_CODE_MAX];

    snprintf(code, sizeof(code), "%.*s", (int)strcspn(error, " "), error);
    if (*code && strcmp(code, logged) != 0)
        log_warn("Redis at '%s' refuses %s: %s%s; goes on without them", redis->place, what, error,
                 advice(error));
    memcpy(logged, code, sizeof(code));
}

const char *redis_place(const struct redis *redis)
{
    return redis->place;
}

void redis_close(struct redis *redis)
{
    if (!redis)
        return;
    disconnect(redis);
    redis_url_release(&redis->url);
    free(redis);
}
