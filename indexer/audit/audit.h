/*
 * audit.h - is every line where it belongs? What shippers have told of each content
 * (common/account.h) against what the index and the dead letters hold.
 *
 * In the order of the work: book (what was told), group (what indexers have committed), letters
 * (what was refused), counts (what the index holds), and only where these do not agree, evidence
 * (record by record, from the topic itself). report prints it. README.md has the rules.
 * One thread.
 */
#ifndef INDEXER_AUDIT_H
#define INDEXER_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/account.h"
#include "common/error.h"
#include "common/table.h"

struct indexer_config;

/* What was told at one moment. */
struct audit_point {
    int64_t time_ms, event_ms; /* wall; of the last line before it */
    uint64_t to;               /* offset up to which it counts */
    struct account account;
};

/* A record that is known by its place: where it is in a file, and its line. */
struct audit_record {
    uint64_t offset; /* in the content */
    uint64_t line;   /* hash of what of event.id does not depend on the time */
};

/* Dead letters, and how they were handled. */
struct audit_letter {
    struct audit_record record;
    bool discarded;
};

/* Records that are missing, one behind the other. */
struct audit_gap {
    uint64_t first, last; /* offsets of the first and the last one's beginning */
    uint64_t records;
    int64_t time_ms;   /* of the first one; INT64_MIN: not known */
    int32_t partition; /* of the topic; -1: it is not there any more */
    int64_t first_offset, last_offset;
};

enum audit_state {
    AUDIT_COMPLETE,
    AUDIT_UNDER_WAY, /* what lacks is not committed yet */
    AUDIT_EXPIRED,   /* what lacks was deleted by age */
    AUDIT_ABANDONED, /* bytes were gone before they could be read */
    AUDIT_DOUBLED,
    AUDIT_MISSING,
};

extern const char *const audit_state_names[AUDIT_MISSING + 1];

/* One generation of one file, in the time that is looked at: offsets [base.to, top.to). */
struct audit_content {
    struct audit_content *next;
    struct table_link by_id;
    uint64_t id;
    char *agent, *host, *file, *path; /* path NULL: as file */
    struct audit_point base, top;     /* base: zero counts at top.account.from when there is none */
    struct audit_point seen;          /* the first point that was read */
    bool has_base, has_top, has_seen;

    struct account told;           /* between base and top */
    uint64_t sent, sent_sum;       /* records that Kafka has taken, and their offsets */
    uint64_t indexed, indexed_sum; /* documents */
    struct audit_letter *letters;  /* by offset and line, each once */
    size_t letter_count, letter_room;

    enum audit_state state;
    uint64_t dead, discarded, doubled, missing, under_way, expired;
    uint64_t surplus; /* indexed, and not told: what was read twice with different filters */
    struct audit_gap *gaps;
    size_t gap_count, gap_room;
};

struct audit_choice {        /* what is looked at */
    int64_t from_ms, to_ms;  /* wall; INT64_MIN, INT64_MAX: no limit */
    const char *host, *file; /* patterns with * and ?; NULL: all */
};

struct audit_book {
    struct audit_content *contents; /* by host, file, and order of offsets and time */
    size_t count;
    struct table by_id;
    uint64_t accounts, invalid; /* messages read; messages that were none */
};

/* Order of records: by offset, then line. */
int audit_record_compare(const void *a, const void *b);

/*
 * The place of the record in a JSON document. False: it has none, as it was not read by a shipper
 * that accounts for it.
 */
struct slice;
bool audit_place_read(struct slice document, uint64_t *id, struct audit_record *record);

/* ---- book.c ---- */

/* Zeroes *book; release it in any case. DONE: nobody has told anything yet. RETRY: Kafka. */
enum status audit_book_read(const struct indexer_config *config, const struct audit_choice *choice,
                            struct audit_book *book, struct error *err);
struct audit_content *audit_book_find(const struct audit_book *book, uint64_t id);
void audit_book_release(struct audit_book *book);

/* One message of the audit topic, for tests. False: it is none. */
bool audit_book_take(struct audit_book *book, const struct audit_choice *choice,
                     struct slice message);

/* Drops what is not chosen or did not move, sets what was told of the rest, sorts. */
void audit_book_settle(struct audit_book *book);

/* ---- group.c ---- */

struct audit_group {
    int64_t *committed; /* by partition; everything below is settled */
    size_t count;
    uint64_t lag; /* messages behind them, up to the end of the topic when it was asked first */
};

/*
 * Waits up to `wait_ms` until the group has committed all that is in the topic now. Release it in
 * any case.
 */
enum status audit_group_read(const struct indexer_config *config, int64_t wait_ms,
                             struct audit_group *group, struct error *err);
void audit_group_release(struct audit_group *group);

/* ---- letters.c ---- */

/* *unknown: letters that are open and name no content. */
enum status audit_letters_read(const struct indexer_config *config, struct audit_book *book,
                               uint64_t *unknown, struct error *err);

/* ---- counts.c ---- */

/* Sets `indexed` and `indexed_sum` of each content. */
enum status audit_counts_read(const struct indexer_config *config, struct audit_book *book,
                              struct error *err);

/* ---- evidence.c ---- */

/* Sets state and numbers of all contents; those that do not add up are looked into. */
enum status audit_judge(const struct indexer_config *config, struct audit_book *book,
                        const struct audit_group *group, struct error *err);

/* ---- report.c ---- */

struct audit_report {
    bool json, verbose;
    uint64_t lag, unknown_letters;
};

/* Prints; true: nothing is missing, doubled or abandoned. */
bool audit_report_print(const struct audit_book *book, const struct audit_choice *choice,
                        const struct audit_report *report);

#endif
