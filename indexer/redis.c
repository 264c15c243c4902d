/*
 * redis.c - a connection to Redis that may be missing at any time (hiredis).
 *
 * hiredis connects, writes and parses without blocking; waiting is done here,
 * against one deadline for the whole exchange. Its own time-outs begin anew
 * with every read, so that a server that dribbles could hold a worker for long.
 */
#include "indexer/redis.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "indexer/redis_url.h"

#define PAUSE_MIN_MS 2000
#define PAUSE_MAX_MS 30000
#define POLL_MAX_MS  60000
#define TIMEOUT_MS   250   /* when none is given */
#define LOGIN_MAX    16384 /* bytes of the commands that open a connection */
#define CODE_MAX     24    /* first word of an error reply: "WRONGPASS" */

struct redis {
    struct redis_url url;
    char place[300];
    int64_t timeout_ms;
    redisContext *context; /* NULL: not connected */
    struct backoff pause;
    int64_t retry_at_ms; /* not before */
    struct error outage; /* as it was logged; an empty text: none */
    struct metric *up, *errors;
};

struct exchange {
    struct slice commands;
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
    char code[CODE_MAX];
};

enum status redis_open(const char *url, int64_t timeout_ms, struct redis **out, struct error *err)
{
    struct redis *redis = calloc(1, sizeof(*redis));
    enum status status;

    if (!redis)
        return error_set(err, FATAL, "out of memory");
    status = redis_url_parse(url, &redis->url, err);
    if (status) {
        redis_close(redis);
        return status;
    }
    redis->timeout_ms = timeout_ms > 0 ? timeout_ms : TIMEOUT_MS;
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

void redis_command(struct buf *out, size_t count)
{
    buf_addf(out, "*%zu\r\n", count);
}

void redis_part(struct buf *out, struct slice part)
{
    buf_addf(out, "$%zu\r\n", part.len);
    buf_add_slice(out, part);
    buf_add(out, "\r\n", 2);
}

static void disconnect(struct redis *redis)
{
    redisFree(redis->context);
    redis->context = NULL;
}

static enum status too_late(const struct redis *redis, struct exchange *exchange, struct error *err)
{
    exchange->late = true;
    return error_set(err, RETRY, "no answer within %lld ms", (long long)redis->timeout_ms);
}

/* Waits until one of `events` is possible on the connection. */
static enum status wait_for(struct redis *redis, struct exchange *exchange, struct pollfd *ready,
                            struct error *err)
{
    int64_t left_ms;
    int n;

    ready->fd = redis->context->fd;
    do {
        left_ms = exchange->deadline_ms - clock_mono_ms();
        if (left_ms <= 0)
            return too_late(redis, exchange, err);
        n = poll(ready, 1, left_ms < POLL_MAX_MS ? (int)left_ms : POLL_MAX_MS);
    } while (n == 0 || (n < 0 && errno == EINTR));
    return n > 0 ? OK : error_set_errno(err, RETRY, "cannot wait");
}

static enum status transfer(struct redis *redis, struct exchange *exchange, bool *written,
                            struct error *err)
{
    struct pollfd ready = {.events = (short)(POLLIN | (*written ? 0 : POLLOUT))};
    redisContext *context = redis->context;
    int done = 0;

    if (wait_for(redis, exchange, &ready, err))
        return err->status;
    if (ready.revents & POLLOUT) {
        if (redisBufferWrite(context, &done))
            return error_set(err, RETRY, "%s", context->errstr);
        *written = done;
    }
    if (ready.revents & (POLLIN | POLLHUP | POLLERR) && redisBufferRead(context))
        return error_set(err, RETRY, "%s", context->errstr);
    return OK;
}

/* Sends and receives at once: a server that is not read from stops reading. */
static enum status talk(struct redis *redis, struct exchange *exchange, struct error *err)
{
    redisContext *context = redis->context;
    bool written = false;
    void *reply;

    if (redisAppendFormattedCommand(context, exchange->commands.data, exchange->commands.len))
        return error_set(err, RETRY, "%s", context->errstr);
    while (exchange->replies < exchange->count) {
        reply = NULL;
        if (redisGetReplyFromReader(context, &reply))
            return error_set(err, RETRY, "%s", context->errstr);
        if (reply) {
            exchange->on_reply(exchange->arg, exchange->replies++, reply);
            freeReplyObject(reply);
        } else if (transfer(redis, exchange, &written, err)) {
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
    exchange.commands = buf_slice(&commands);
    exchange.count = 1u + (redis->url.password != NULL) + (redis->url.db != 0);
    exchange.deadline_ms = deadline_ms;
    if (commands.failed)
        return error_set(err, RETRY, "user or password is too long");
    status = talk(redis, &exchange, err);
    explicit_bzero(commands.data, commands.len);
    return status ? status : login_verdict(&redis->url, &login, err);
}

static enum status start_connecting(struct redis *redis, struct error *err)
{
    const struct redis_url *url = &redis->url;

    redis->context = url->path ? redisConnectUnixNonBlock(url->path)
                               : redisConnectNonBlock(url->host, url->port);
    if (!redis->context)
        return error_set(err, RETRY, "out of memory");
    if (redis->context->err)
        return error_set(err, RETRY, "%s", redis->context->errstr);
    fcntl(redis->context->fd, F_SETFD, FD_CLOEXEC);
    return OK;
}

static enum status connect_to(struct redis *redis, int64_t deadline_ms, struct error *err)
{
    struct exchange exchange = {.deadline_ms = deadline_ms};
    struct pollfd ready = {.events = POLLOUT};
    int code = 0;

    if (start_connecting(redis, err) || wait_for(redis, &exchange, &ready, err))
        return err->status;
    getsockopt(redis->context->fd, SOL_SOCKET, SO_ERROR, &code, &(socklen_t){sizeof(code)});
    if (code)
        return error_set(err, RETRY, "%s", strerror(code));
    if (!redis->url.path)
        redisEnableKeepAlive(redis->context);
    return log_in(redis, deadline_ms, err);
}

/* Once, on the connection that is there or on a new one. */
static enum status attempt(struct redis *redis, struct exchange *exchange, struct error *err)
{
    enum status status = OK;

    if (!redis->context)
        status = connect_to(redis, exchange->deadline_ms, err);
    if (!status)
        status = talk(redis, exchange, err);
    if (status && redis->context)
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
    if (redis->outage.text[0])
        log_info("Redis at '%s' answers again", redis->place);
    redis->outage.text[0] = '\0';
}

enum status redis_exchange(struct redis *redis, struct slice commands, size_t count,
                           redis_on_reply *on_reply, void *arg, int64_t now_ms)
{
    struct exchange exchange = {.commands = commands,
                                .count = count,
                                .on_reply = on_reply,
                                .arg = arg,
                                .deadline_ms = clock_mono_ms() + redis->timeout_ms};
    bool kept = redis->context != NULL;
    struct error err;
    enum status status;

    if (!kept && now_ms < redis->retry_at_ms)
        return RETRY;
    status = attempt(redis, &exchange, &err);

    /* A kept connection may have been closed while it was idle: that is no outage. */
    if (status && kept && exchange.replies == 0 && !exchange.late)
        status = attempt(redis, &exchange, &err);
    if (status)
        note_failure(redis, &err, now_ms);
    else
        note_success(redis);
    return status;
}

void redis_count_errors(struct redis *redis, size_t count)
{
    metric_add(redis->errors, count);
}

const char *redis_place(const struct redis *redis)
{
    return redis->place;
}

void redis_close(struct redis *redis)
{
    if (!redis)
        return;
    if (redis->context)
        redisFree(redis->context);
    redis_url_release(&redis->url);
    free(redis);
}
