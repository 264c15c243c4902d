/*
 * accounts.c - accounts of contents, to the audit topic.
 */
#include "shipper/accounts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/account.h"
#include "common/backoff.h"
#include "common/clock.h"
#include "common/grow.h"
#include "common/json_text.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/record_id.h"
#include "common/timestamp.h"
#include "shipper/checkpoint.h"
#include "shipper/config.h"
#include "shipper/producer.h"
#include "shipper/stream.h"

#define MESSAGE_BYTES (64u << 10) /* a message is sent when it is larger than this */
#define MESSAGE_MAX   (1u << 20)
#define PAUSE_MIN_MS  30000 /* after a failure */
#define PAUSE_MAX_MS  3600000

struct accounts {
    const struct shipper_config *config;
    struct checkpoint *checkpoint; /* NULL: `streams` */
    struct producer *producer;
    struct stream **streams; /* that have moved */
    size_t count, room;
    int64_t since_ms; /* something has moved since; 0: nothing has */
    int64_t pause_ms; /* nothing is told before */
    struct backoff backoff;
    size_t under_way;
    bool failing; /* said already */
    struct buf message;
    size_t told; /* in it */
    struct metric *sent, *failed;
};

enum status accounts_open(const struct shipper_config *config, struct checkpoint *checkpoint,
                          struct accounts **out, struct error *err)
{
    struct accounts *accounts = calloc(1, sizeof(*accounts));

    if (!accounts)
        return error_set(err, FATAL, "out of memory");
    accounts->config = config;
    accounts->checkpoint = checkpoint;
    accounts->message = (struct buf)BUF_INIT(MESSAGE_MAX);
    backoff_init(&accounts->backoff, PAUSE_MIN_MS, PAUSE_MAX_MS, 0);
    accounts->sent = metrics_counter("shipper_account_messages_total", NULL,
                                     "Messages to the audit topic that Kafka has acknowledged.");
    accounts->failed = metrics_counter("shipper_account_messages_failed_total", NULL,
                                       "Messages to the audit topic that could not be delivered.");
    if (checkpoint)
        checkpoint_tell_all(checkpoint);
    *out = accounts;
    return OK;
}

void accounts_configure(struct accounts *accounts, const struct shipper_config *config)
{
    accounts->config = config;
}

/* Which of them it was is not known: all are told again. */
static void tell_again(struct accounts *accounts)
{
    if (accounts->checkpoint)
        checkpoint_tell_all(accounts->checkpoint);
}

/* producer_account_report */
static void on_report(void *arg, bool delivered, const char *detail)
{
    struct accounts *accounts = arg;

    accounts->under_way--;
    if (delivered) {
        metric_add(accounts->sent, 1);
        backoff_reset(&accounts->backoff);
        accounts->failing = false;
        return;
    }
    metric_add(accounts->failed, 1);
    tell_again(accounts);
    if (clock_mono_ms() < accounts->pause_ms)
        return;
    accounts->pause_ms = clock_mono_ms() + backoff_next_ms(&accounts->backoff);
    if (!accounts->failing)
        log_warn("the audit topic '%s' takes no accounts: %s; records go on, 'indexer audit' does "
                 "not know of them until it does",
                 accounts->config->kafka.audit_topic, detail);
    accounts->failing = true;
}

void accounts_connect(struct accounts *accounts, struct producer *producer)
{
    if (accounts->under_way)
        tell_again(accounts);
    accounts->under_way = 0;
    accounts->producer = producer;
    producer_on_account(producer, on_report, accounts);
}

void accounts_moved(struct accounts *accounts, struct stream *stream)
{
    if (accounts->checkpoint || stream->account_moved)
        return;
    if (!grow(&accounts->streams, &accounts->room, accounts->count, sizeof(struct stream *), 16))
        return; /* with the next acknowledgement */
    accounts->streams[accounts->count++] = stream;
    stream->account_moved = true;
}

static bool is_off(const struct accounts *accounts)
{
    return accounts->config->kafka.audit_topic[0] == '\0';
}

static bool has_moved(const struct accounts *accounts)
{
    return accounts->count || (accounts->checkpoint && checkpoint_has_untold(accounts->checkpoint));
}

/* checkpoint_teller */
static void tell_nobody(void *arg, const struct checkpoint_entry *entry)
{
    (void)arg;
    (void)entry;
}

int64_t accounts_due_ms(struct accounts *accounts, int64_t now_ms)
{
    int64_t due_ms;

    if (is_off(accounts) && accounts->checkpoint)
        checkpoint_each_untold(accounts->checkpoint, tell_nobody, NULL);
    if (is_off(accounts) || accounts->under_way || !has_moved(accounts)) {
        accounts->since_ms = 0;
        return INT64_MAX;
    }
    if (accounts->since_ms == 0)
        accounts->since_ms = now_ms;
    due_ms = accounts->since_ms + (int64_t)accounts->config->kafka.audit_interval_ms;
    return due_ms < accounts->pause_ms ? accounts->pause_ms : due_ms;
}

static void add_time(struct buf *out, const char *key, struct timestamp time)
{
    char text[TIMESTAMP_TEXT_MAX + 1];

    text[timestamp_print(time, text)] = '\0';
    buf_addf(out, "\"%s\":\"%s\",", key, text);
}

static void add_text(struct buf *out, const char *key, const char *text)
{
    buf_addf(out, "\"%s\":", key);
    json_add_string(out, slice_of(text), NULL);
    buf_add_char(out, ',');
}

static void begin_message(struct accounts *accounts)
{
    struct buf *out = &accounts->message;

    buf_clear(out);
    accounts->told = 0;
    buf_add_text(out, "{\"version\":1,");
    add_text(out, "agent", accounts->config->agent.id);
    add_text(out, "host", accounts->config->host_name);
    add_time(out, "time", timestamp_from_ms(clock_wall_ms()));
    buf_add_text(out, "\"accounts\":[");
}

static void send_message(struct accounts *accounts)
{
    const char *why;

    if (accounts->told == 0)
        return;
    buf_add_text(&accounts->message, "]}");
    /* Counted first: the report of a refusal may come at once. */
    accounts->under_way++;
    why = accounts->message.failed
              ? "out of memory"
              : producer_send_account(accounts->producer, slice_of(accounts->config->agent.id),
                                      buf_slice(&accounts->message));
    if (why)
        on_report(accounts, false, why);
}

/* One account; sends what is there when it is enough for a message. */
static void add_account(struct accounts *accounts, uint64_t id, const char *name, const char *path,
                        const struct position *at, const struct account *account)
{
    struct buf *out = &accounts->message;
    char text[ACCOUNT_ID_LEN];

    account_id_write(text, id);
    buf_addf(out, "%s{\"id\":\"%.*s\",", accounts->told++ ? "," : "", ACCOUNT_ID_LEN, text);
    add_text(out, "file", name);
    if (strcmp(path, name) != 0 && strcmp(path, "-") != 0)
        add_text(out, "path", path);
    buf_addf(out, "\"to\":%" PRIu64 ",", at->offset);
    add_time(out, "event_time", at->time);
    account_write(out, account);
    buf_add_char(out, '}');
    if (out->len < MESSAGE_BYTES)
        return;
    send_message(accounts);
    begin_message(accounts);
}

/* checkpoint_teller */
static void add_entry(void *arg, const struct checkpoint_entry *entry)
{
    struct accounts *accounts = arg;
    struct record_source source =
        record_source_make(slice_of(accounts->config->agent.id), slice_of(entry->stream),
                           entry->fingerprint, entry->generation);

    if (entry->account.lines || entry->account.abandoned)
        add_account(accounts, source.seed, entry->stream, entry->path, &entry->acked,
                    &entry->account);
}

void accounts_tell(struct accounts *accounts, int64_t now_ms)
{
    accounts->since_ms = 0;
    if (is_off(accounts) || accounts->under_way || now_ms < accounts->pause_ms)
        return;
    begin_message(accounts);
    if (accounts->checkpoint)
        checkpoint_each_untold(accounts->checkpoint, add_entry, accounts);
    for (size_t i = 0; i < accounts->count; i++) {
        struct stream *stream = accounts->streams[i];

        stream->account_moved = false;
        add_account(accounts, stream->source.seed, stream->name, stream->path, &stream->acked,
                    &stream->account);
    }
    accounts->count = 0;
    send_message(accounts);
}

bool accounts_busy(const struct accounts *accounts)
{
    return !is_off(accounts) &&
           (accounts->under_way || (has_moved(accounts) && clock_mono_ms() >= accounts->pause_ms));
}

void accounts_close(struct accounts *accounts)
{
    if (!accounts)
        return;
    if (accounts->producer)
        producer_on_account(accounts->producer, NULL, NULL);
    free(accounts->streams);
    buf_release(&accounts->message);
    free(accounts);
}
