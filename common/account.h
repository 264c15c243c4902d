/*
 * account.h - what became of the lines of one content, up to a position: the shipper's word, by
 * which `indexer audit` proves that every one of them arrived.
 *
 * Counts are cumulative from the offset `from` on and stand at a position that Kafka has
 * acknowledged, with which they are saved: whatever is killed, they are a fact about "the first N
 * bytes of this content". Two accounts of one content can be subtracted; lost, repeated or
 * reordered accounts do no harm.
 *
 * Always: lines = records + joined + filtered + dropped + headings.
 *
 * `sum` is there so that a missing record and a doubled one do not cancel out: the sum of
 * the records' log.offset, modulo 2^64.
 *
 * On the audit topic (kafka.audit_topic), one JSON object a message, key = agent.id:
 *
 *     {"version":1,"agent":"…","host":"…","time":"2026-11-21T12:00:00.000Z","accounts":[
 *       {"id":"0123456789abcdef","file":"/var/log/a.log","dataset":"apache.access",
 *        "to":1234,"event_time":"…","from":0,"lines":12,"records":12,"sum":"1a2b",…}, …]}
 *
 * `id` is log.file.fingerprint of the records: agent, stream, beginning and generation of the
 * content, the same for a file, its rotated form, its copy and its .gz. `to` is
 * the position (bytes), `event_time` the time of the last line before it that had one. What is 0 is
 * left out.
 */
#ifndef COMMON_ACCOUNT_H
#define COMMON_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

#define ACCOUNT_ID_LEN       16                               /* hex digits */
#define ACCOUNT_RETENTION_MS ((int64_t)30 * 24 * 3600 * 1000) /* of a topic made for them */

struct account {
    uint64_t from;                         /* offset that counting began at */
    uint64_t lines;                        /* read */
    uint64_t records;                      /* sent: acknowledged by Kafka, or in the quarantine */
    uint64_t sum;                          /* of their offsets, modulo 2^64 */
    uint64_t joined;                       /* lines behind the first one of their record */
    uint64_t filtered;                     /* lines that a rule left out */
    uint64_t dropped;                      /* lines beyond the rate limit */
    uint64_t headings;                     /* lines that are no data: names of columns, comments */
    uint64_t quarantined, quarantined_sum; /* of `records`: refused by Kafka for good */
    uint64_t abandoned;                    /* bytes that were gone before they could be read */
};

/* One record that begins at `offset` and is made of `lines` lines. */
static inline void account_record(struct account *account, uint64_t offset, uint64_t lines)
{
    account->lines += lines;
    account->records++;
    account->sum += offset;
    account->joined += lines - 1;
}

/* Adds the counts of `more`; `from` stays. */
void account_add(struct account *account, const struct account *more);

/* What was counted between `before` and `account`, both of one content; `from` stays. */
struct account account_since(const struct account *account, const struct account *before);

/* The counts add up, and none is larger than it can be. */
bool account_is_sound(const struct account *account);

/* Members of a JSON object, without its braces, the first one `from`. */
void account_write(struct buf *out, const struct account *account);

/* From the JSON object `object`. False: a member is no number, or the account is not sound. */
bool account_read(struct slice object, struct account *account);

/*
 * The name of the audit topic: `configured`, or when that begins with a dot, `topic` with it added.
 * "" stays: accounts are not told. The caller frees it; NULL without memory.
 */
char *account_topic(const char *topic, const char *configured);

/* The id as text; `out` has room for ACCOUNT_ID_LEN bytes. */
void account_id_write(char *out, uint64_t id);
bool account_id_read(struct slice text, uint64_t *id);

#endif
