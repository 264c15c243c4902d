/*
 * test_dedup.c - duplicates within a batch, and marks in a real Redis.
 *
 * Each test with Redis starts a server of its own.
 */
#include "indexer/dedup.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "tests/unit/support/capture.h"
#include "tests/unit/support/redis_server.h"

#define TIMEOUT_MS 300
#define LATER_MS   60000 /* longer than any pause after a failure */
#define ENTRIES    2000

struct fixture {
    char none[1]; /* no path */
    struct redis_server server;
    char url[160];
    struct redis_config config;
    struct dedup *dedup;
    struct batch *batch;
    rd_kafka_message_t messages[ENTRIES];
    char ids[ENTRIES][16];
    struct capture capture;
};

/* ---- the server ---- */

/* Sends one command of the test's own; returns what it answers as text. */
static const char *ask(const struct fixture *f, const char *format, const char *key,
                       const char *value)
{
    static char answer[256];
    redisContext *client = redis_server_client(&f->server);
    redisReply *reply = redisCommand(client, format, key, value);

    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_INTEGER)
        snprintf(answer, sizeof(answer), "%lld", reply->integer);
    else
        snprintf(answer, sizeof(answer), "%s", reply->str ? reply->str : "(nil)");
    freeReplyObject(reply);
    redisFree(client);
    return answer;
}

/* `format` is asked of the one key that there is. */
static const char *ask_key(const struct fixture *f, const char *format)
{
    char key[64] = "";
    redisContext *client = redis_server_client(&f->server);
    redisReply *reply = redisCommand(client, "KEYS alpex:seen:*");

    assert_true(reply && reply->elements == 1 && reply->element[0]->len < sizeof(key));
    memcpy(key, reply->element[0]->str, reply->element[0]->len);
    freeReplyObject(reply);
    reply = redisCommand(client, format, key, (size_t)19);
    freeReplyObject(redisCommand(client, "PING"));
    assert_non_null(reply);
    static char answer[256];
    if (reply->type == REDIS_REPLY_INTEGER)
        snprintf(answer, sizeof(answer), "%lld", reply->integer);
    else
        snprintf(answer, sizeof(answer), "%s",
                 reply->elements ? reply->element[0]->str
                 : reply->str    ? reply->str
                                 : "(nil)");
    freeReplyObject(reply);
    redisFree(client);
    return answer;
}

/* ---- what is tested ---- */

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct error err;

    if (!f || batch_open(ENTRIES, &f->batch, &err))
        return -1;
    redis_server_make(&f->server);
    snprintf(f->url, sizeof(f->url), "%s", f->server.url);
    f->config = (struct redis_config){.ca_file = f->none,
                                      .certificate_file = f->none,
                                      .key_file = f->none,
                                      .url = f->url,
                                      .mark_ttl_ms = 3600000,
                                      .timeout_ms = TIMEOUT_MS,
                                      .epoch = 7};
    *state = f;
    return 0;
}

static void forget_messages(struct fixture *f)
{
    for (size_t i = 0; i < f->batch->count; i++)
        f->batch->entries[i].message = NULL; /* they are the fixture's own */
    batch_clear(f->batch);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    capture_release(&f->capture);
    dedup_close(f->dedup);
    redis_server_remove(&f->server);
    forget_messages(f);
    batch_close(f->batch);
    free(f);
    return 0;
}

static void open_dedup(struct fixture *f)
{
    struct error err;

    assert_int_equal(dedup_open(&f->config, &f->dedup, &err), OK);
}

/* An entry for document `index`/`id` whose message stands at 1:`offset`. */
static struct batch_entry *add(struct fixture *f, const char *index, const char *id, int64_t offset)
{
    size_t i = f->batch->count;
    struct batch_entry *entry = &f->batch->entries[i];

    f->messages[i] = (rd_kafka_message_t){.partition = 1, .offset = offset};
    assert_true(batch_add(f->batch, &f->messages[i]));
    entry->index = slice_of(index);
    entry->id = slice_of(id);
    return entry;
}

static void expect_checked(struct fixture *f, const char *index, const char *id, int64_t offset,
                           enum outcome outcome, int64_t now_ms)
{
    struct batch_entry *entry;

    forget_messages(f);
    entry = add(f, index, id, offset);
    dedup_check(f->dedup, f->batch, now_ms);
    assert_int_equal(entry->outcome, outcome);
}

static void mark(struct fixture *f, const char *index, const char *id, int64_t offset,
                 enum outcome outcome, uint16_t status)
{
    struct batch_entry *entry;

    forget_messages(f);
    entry = add(f, index, id, offset);
    entry->outcome = outcome;
    entry->status = status;
    dedup_mark(f->dedup, f->batch, 0);
}

static double counter(const char *name, const char *labels)
{
    return metric_value(metrics_counter(name, labels, ""));
}

/* ---- within a batch ---- */

static void open_without_redis(struct fixture *f)
{
    f->config.url = "";
    open_dedup(f);
}

static void repeated_record_of_a_batch_is_settled(void **state)
{
    struct fixture *f = *state;
    struct batch_entry *first, *again, *other;

    open_without_redis(f);
    first = add(f, "logs-a", "x", 1);
    again = add(f, "logs-a", "x", 2);
    other = add(f, "logs-a", "y", 3);
    dedup_check(f->dedup, f->batch, 0);
    assert_int_equal(first->outcome, OUTCOME_PENDING);
    assert_int_equal(again->outcome, OUTCOME_DUPLICATE);
    assert_int_equal(other->outcome, OUTCOME_PENDING);
}

static void same_id_in_another_index_is_another_record(void **state)
{
    struct fixture *f = *state;

    open_without_redis(f);
    add(f, "logs-a", "x", 1);
    add(f, "logs-b", "x", 2);
    dedup_check(f->dedup, f->batch, 0);
    assert_int_equal(batch_pending(f->batch), 2);
}

static void settled_entries_and_entries_without_id_take_no_part(void **state)
{
    struct fixture *f = *state;

    open_without_redis(f);
    add(f, "logs-a", "x", 1)->outcome = OUTCOME_REFUSED;
    add(f, "logs-a", "x", 2);
    add(f, "logs-a", "", 3);
    add(f, "logs-a", "", 4);
    dedup_check(f->dedup, f->batch, 0);
    assert_int_equal(batch_pending(f->batch), 3);
}

static void full_batch_keeps_one_of_each(void **state)
{
    struct fixture *f = *state;

    open_without_redis(f);
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(f->ids[i], sizeof(f->ids[i]), "id%d", i % 600);
        add(f, "logs-a", f->ids[i], i);
    }
    dedup_check(f->dedup, f->batch, 0);
    assert_int_equal(batch_pending(f->batch), 600);
    for (int i = 0; i < ENTRIES; i++)
        assert_int_equal(f->batch->entries[i].outcome == OUTCOME_PENDING, i < 600);
}

static void empty_batch_is_fine(void **state)
{
    struct fixture *f = *state;

    open_without_redis(f);
    dedup_check(f->dedup, f->batch, 0);
    dedup_mark(f->dedup, f->batch, 0);
    dedup_close(NULL);
}

static void unusable_url_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error err;

    f->config.url = "redis:/cache";
    assert_int_equal(dedup_open(&f->config, &f->dedup, &err), REJECT);
    assert_non_null(strstr(err.text, "redis.url"));
}

/* ---- marks ---- */

static void marked_record_is_found_and_a_redelivery_told_from_a_duplicate(void **state)
{
    struct fixture *f = *state;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, 0);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    expect_checked(f, "logs-a", "x", 5, OUTCOME_REDELIVERED, 0);
    expect_checked(f, "logs-a", "x", 6, OUTCOME_DUPLICATE, 0);
    expect_checked(f, "logs-b", "x", 5, OUTCOME_PENDING, 0);
    assert_int_equal(strtoll(ask_key(f, "HVALS %b"), NULL, 10), (1ll << 47) + 5);
}

static void other_epoch_knows_nothing(void **state)
{
    struct fixture *f = *state;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    f->config.epoch = 8;
    expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, 0);
}

static void marks_live_for_the_configured_time(void **state)
{
    struct fixture *f = *state;
    long ttl_s;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    ttl_s = strtol(ask_key(f, "TTL %b"), NULL, 10);
    assert_in_range(ttl_s, 3590, 3600);
}

static void only_what_elasticsearch_has_is_marked(void **state)
{
    struct fixture *f = *state;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    mark(f, "logs-a", "conflict", 5, OUTCOME_DUPLICATE, 409);
    mark(f, "logs-a", "in-batch", 5, OUTCOME_DUPLICATE, 0);
    mark(f, "logs-a", "pending", 5, OUTCOME_PENDING, 429);
    mark(f, "logs-a", "refused", 5, OUTCOME_REFUSED, 400);
    mark(f, "logs-a", "dead", 5, OUTCOME_DEAD_LETTERED, 400);
    mark(f, "logs-a", "seen", 5, OUTCOME_REDELIVERED, 0);
    assert_string_equal(ask_key(f, "HLEN %b"), "1");
    expect_checked(f, "logs-a", "conflict", 5, OUTCOME_REDELIVERED, 0);
}

/* Runs a script on the one key that there is: its members get `value`. */
static void overwrite(struct fixture *f, const char *value)
{
    redisContext *client = redis_server_client(&f->server);
    redisReply *reply = redisCommand(
        client, "EVAL %s 0 %s",
        "local key = redis.call('KEYS', 'alpex:seen:*')[1]; "
        "if ARGV[1] == 'a list' then redis.call('DEL', key); redis.call('LPUSH', key, 1) "
        "else for _, field in ipairs(redis.call('HKEYS', key)) do "
        "redis.call('HSET', key, field, ARGV[1]) end end return 1",
        value);

    assert_true(reply && reply->type == REDIS_REPLY_INTEGER);
    freeReplyObject(reply);
    redisFree(client);
}

static void foreign_value_under_the_key_is_no_mark(void **state)
{
    static const char *const values[] = {"1:5", "-", "--1", "yes", "1 ", " 1", "1.5", "", "a list"};
    struct fixture *f = *state;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        overwrite(f, values[i]);
        expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, 0);
    }
}

static void any_bytes_make_a_key(void **state)
{
    struct fixture *f = *state;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    mark(f, "logs-a", "a b\r\n$1\r\n%s", 5, OUTCOME_INDEXED, 201);
    expect_checked(f, "logs-a", "a b\r\n$1\r\n%s", 5, OUTCOME_REDELIVERED, 0);
    expect_checked(f, "logs-a", "a b", 5, OUTCOME_PENDING, 0);
}

static void full_batch_takes_several_chunks(void **state)
{
    struct fixture *f = *state;
    double asked = counter("indexer_dedup_lookups_total", NULL);
    double hits = counter("indexer_dedup_hits_total", "kind=\"redelivered\"");

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(f->ids[i], sizeof(f->ids[i]), "id%d", i);
        add(f, "logs-a", f->ids[i], i)->outcome = i % 3 ? OUTCOME_INDEXED : OUTCOME_PENDING;
    }
    dedup_mark(f->dedup, f->batch, 0);
    for (int i = 0; i < ENTRIES; i++)
        f->batch->entries[i].outcome = OUTCOME_PENDING;
    dedup_check(f->dedup, f->batch, 0);
    for (int i = 0; i < ENTRIES; i++)
        assert_int_equal(f->batch->entries[i].outcome,
                         i % 3 ? OUTCOME_REDELIVERED : OUTCOME_PENDING);
    assert_true(counter("indexer_dedup_lookups_total", NULL) - asked == ENTRIES);
    assert_true(counter("indexer_dedup_hits_total", "kind=\"redelivered\"") - hits ==
                ENTRIES - (ENTRIES + 2) / 3);
}

static void records_of_one_page_share_a_key(void **state)
{
    struct fixture *f = *state;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(f->ids[i], sizeof(f->ids[i]), "id%d", i);
        add(f, "logs-a", f->ids[i], i)->outcome = OUTCOME_INDEXED;
        f->batch->entries[i].page = (uint64_t)(i % 40);
    }
    dedup_mark(f->dedup, f->batch, 0);
    assert_string_equal(ask(f, "DBSIZE", NULL, NULL), "40");
    for (int i = 0; i < ENTRIES; i++)
        f->batch->entries[i].outcome = OUTCOME_PENDING;
    f->batch->entries[7].page = 8; /* known under another page only: cannot tell */
    dedup_check(f->dedup, f->batch, 0);
    for (int i = 0; i < ENTRIES; i++)
        assert_int_equal(f->batch->entries[i].outcome,
                         i == 7 ? OUTCOME_PENDING : OUTCOME_REDELIVERED);
}

static void position_of_any_message_is_kept(void **state)
{
    static const struct {
        int32_t partition;
        int64_t offset;
    } cases[] = {{0, 0}, {65535, 0}, {0, (1ll << 47) - 1}, {65535, (1ll << 47) - 1}, {3, 77}};
    struct fixture *f = *state;
    struct batch_entry *entry;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t j = 0; j < ARRAY_LEN(cases); j++) {
            mark(f, "logs-a", "x", cases[i].offset, OUTCOME_PENDING, 0);
            f->messages[0].partition = cases[i].partition;
            f->batch->entries[0].outcome = OUTCOME_INDEXED;
            dedup_mark(f->dedup, f->batch, 0);
            forget_messages(f);
            entry = add(f, "logs-a", "x", cases[j].offset);
            f->messages[0].partition = cases[j].partition;
            dedup_check(f->dedup, f->batch, 0);
            assert_int_equal(entry->outcome, i == j ? OUTCOME_REDELIVERED : OUTCOME_DUPLICATE);
        }
}

static int free_port(void)
{
    scoped_fd int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static void network_log_in_and_database_are_used(void **state)
{
    struct fixture *f = *state;
    int port = free_port();
    char port_text[12];
    const char *const options[] = {"--port", port_text,  "--bind",   "127.0.0.1", "--user", "alpex",
                                   "on",     ">p@ss:/%", "~alpex:*", "+@all",     "-ping",  NULL};

    snprintf(port_text, sizeof(port_text), "%d", port);
    redis_server_start(&f->server, options);
    snprintf(f->url, sizeof(f->url), "redis://alpex:p%%40ss%%3a%%2F%%25@127.0.0.1:%d/3", port);
    open_dedup(f);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    expect_checked(f, "logs-a", "x", 5, OUTCOME_REDELIVERED, 0);
    assert_non_null(strstr(ask(f, "INFO keyspace", NULL, NULL), "db3:keys=1"));
}

/* ---- failures ---- */

static void absent_redis_is_tried_once_in_a_while(void **state)
{
    struct fixture *f = *state;
    double errors = counter("indexer_redis_errors_total", NULL);

    open_dedup(f);
    capture_start(&f->capture);
    for (int64_t now_ms = 0; now_ms < 1000; now_ms += 10) {
        mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
        expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, now_ms);
    }
    assert_int_equal(capture_count(&f->capture, "goes on without it"), 1);
    assert_true(counter("indexer_redis_errors_total", NULL) - errors == 1);
    assert_true(metric_value(metrics_gauge("indexer_redis_up", NULL, "")) == 0);
}

static void killed_server_costs_marks_and_comes_back(void **state)
{
    struct fixture *f = *state;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    redis_server_kill(&f->server);
    expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, 0);
    redis_server_start(&f->server, NULL);
    expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, 10); /* the pause is not over */
    expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, LATER_MS);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    expect_checked(f, "logs-a", "x", 5, OUTCOME_REDELIVERED, LATER_MS);
    assert_true(metric_value(metrics_gauge("indexer_redis_up", NULL, "")) == 1);
}

static void connection_closed_while_idle_is_no_outage(void **state)
{
    struct fixture *f = *state;
    double errors = counter("indexer_redis_errors_total", NULL);

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    ask(f, "CLIENT KILL TYPE normal", NULL, NULL);
    expect_checked(f, "logs-a", "x", 5, OUTCOME_REDELIVERED, 0);
    assert_true(counter("indexer_redis_errors_total", NULL) - errors == 0);
}

static void frozen_server_costs_one_time_out(void **state)
{
    struct fixture *f = *state;
    int64_t start_ms;

    redis_server_start(&f->server, NULL);
    open_dedup(f);
    mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
    kill(f->server.pid, SIGSTOP);
    start_ms = clock_mono_ms();
    for (int64_t now_ms = 0; now_ms < 1000; now_ms += 10)
        expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, now_ms);
    assert_in_range(clock_mono_ms() - start_ms, TIMEOUT_MS, TIMEOUT_MS * 3 / 2 + 100);
    kill(f->server.pid, SIGCONT);
    expect_checked(f, "logs-a", "x", 5, OUTCOME_REDELIVERED, LATER_MS);
}

static void full_redis_keeps_answering(void **state)
{
    const char *const options[] = {"--maxmemory", "1", "--maxmemory-policy", "noeviction", NULL};
    struct fixture *f = *state;
    double errors = counter("indexer_redis_errors_total", NULL);

    redis_server_start(&f->server, options);
    open_dedup(f);
    capture_start(&f->capture);
    for (int i = 0; i < 3; i++) {
        mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
        expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, i);
    }
    assert_int_equal(capture_count(&f->capture, "OOM"), 1);
    assert_true(counter("indexer_redis_errors_total", NULL) - errors == 3);
    assert_true(metric_value(metrics_gauge("indexer_redis_up", NULL, "")) == 1);
}

static void user_without_rights_is_told_which_are_needed(void **state)
{
    struct fixture *f = *state;
    const char *const options[] = {"--user", "alpex", "on", ">pw", "~alpex:*", "+hmget", NULL};

    redis_server_start(&f->server, options);
    snprintf(f->url, sizeof(f->url), "unix://alpex:pw@%s", f->server.socket);
    open_dedup(f);
    capture_start(&f->capture);
    for (int i = 0; i < 3; i++) {
        mark(f, "logs-a", "x", 5, OUTCOME_INDEXED, 201);
        expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, i);
    }
    assert_int_equal(capture_count(&f->capture, "needs HMGET, HSET, HINCRBY and EXPIRE"), 1);
}

/* With a server that wants a password, `login` in the URL ends in one warning with `text`. */
static void expect_log_in_refused(struct fixture *f, const char *login, const char *text)
{
    const char *const options[] = {"--requirepass", "correct-horse", NULL};

    redis_server_start(&f->server, options);
    snprintf(f->url, sizeof(f->url), "unix://%s%s", login, f->server.socket);
    open_dedup(f);
    capture_start(&f->capture);
    for (int64_t now_ms = 0; now_ms < 5 * LATER_MS; now_ms += LATER_MS)
        expect_checked(f, "logs-a", "x", 5, OUTCOME_PENDING, now_ms);
    assert_int_equal(capture_count(&f->capture, text), 1);
    assert_int_equal(capture_count(&f->capture, "battery-staple"), 0);
}

static void wrong_password_is_reported_once_and_not_shown(void **state)
{
    expect_log_in_refused(*state, ":battery-staple@", "refused (WRONGPASS)");
}

static void missing_password_is_reported_once(void **state)
{
    expect_log_in_refused(*state, "", "NOAUTH");
}

/* Answers the log-in of one client, then a look-up with `answer`, and hangs up. */
static void run_impostor(int listener, const char *answer)
{
    scoped_fd int client = accept(listener, NULL, NULL);
    char request[4096];

    if (client >= 0 && read(client, request, sizeof(request)) > 0 &&
        write(client, "+PONG\r\n", 7) == 7 && read(client, request, sizeof(request)) > 0 &&
        write(client, answer, strlen(answer)) > 0)
        shutdown(client, SHUT_WR);
    _exit(0);
}

/* Three look-ups answered with `answer` by something that is no Redis: none is believed. */
static void expect_disbelieved(struct fixture *f, const char *answer)
{
    scoped_fd int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    pid_t impostor;

    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    impostor = fork();
    if (impostor == 0)
        run_impostor(listener, answer);
    snprintf(f->url, sizeof(f->url), "redis://127.0.0.1:%d", ntohs(address.sin_port));
    open_dedup(f);
    forget_messages(f);
    add(f, "logs-a", "x", 1);
    add(f, "logs-a", "y", 2);
    add(f, "logs-a", "z", 3);
    dedup_check(f->dedup, f->batch, 0);
    assert_int_equal(batch_pending(f->batch), 3);
    dedup_close(f->dedup);
    f->dedup = NULL;
    waitpid(impostor, NULL, 0);
}

static void malformed_answers_mean_cannot_tell(void **state)
{
    expect_disbelieved(*state, "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"); /* one too few */
    expect_disbelieved(*state, "*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n");
    expect_disbelieved(*state, "*-1\r\n");
    expect_disbelieved(*state, "*3\r\n*0\r\n:1\r\n+1x\r\n");
    expect_disbelieved(*state, "$3\r\n1:1\r\n");
    expect_disbelieved(*state, "HTTP/1.1 400 Bad Request\r\n\r\n");
    expect_disbelieved(*state, "*3\r\n$3\r\n"); /* cut off */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(repeated_record_of_a_batch_is_settled),
        TEST(same_id_in_another_index_is_another_record),
        TEST(settled_entries_and_entries_without_id_take_no_part),
        TEST(full_batch_keeps_one_of_each),
        TEST(empty_batch_is_fine),
        TEST(unusable_url_is_refused),
        TEST(marked_record_is_found_and_a_redelivery_told_from_a_duplicate),
        TEST(other_epoch_knows_nothing),
        TEST(marks_live_for_the_configured_time),
        TEST(only_what_elasticsearch_has_is_marked),
        TEST(foreign_value_under_the_key_is_no_mark),
        TEST(any_bytes_make_a_key),
        TEST(full_batch_takes_several_chunks),
        TEST(records_of_one_page_share_a_key),
        TEST(position_of_any_message_is_kept),
        TEST(network_log_in_and_database_are_used),
        TEST(absent_redis_is_tried_once_in_a_while),
        TEST(killed_server_costs_marks_and_comes_back),
        TEST(connection_closed_while_idle_is_no_outage),
        TEST(frozen_server_costs_one_time_out),
        TEST(full_redis_keeps_answering),
        TEST(user_without_rights_is_told_which_are_needed),
        TEST(wrong_password_is_reported_once_and_not_shown),
        TEST(missing_password_is_reported_once),
        TEST(malformed_answers_mean_cannot_tell),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
