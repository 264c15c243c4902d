/*
 * lease.h - one of several indexers at a time: a document with an owner and an end.
 *
 * It is written with if_seq_no and if_primary_term, so that of two who take it
 * one succeeds. Who was killed loses it by itself. Ends are wall time, so a wrong clock or a
 * long pause may give it to two: all that retention does may be done by two at once.
 * Index ".alpex-<prefix>-control", document "retention"; it also tells when the last run ended.
 */
#ifndef INDEXER_RETENTION_LEASE_H
#define INDEXER_RETENTION_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct elastic_link;

#define LEASE_MS       120000 /* longer than a request may take */
#define LEASE_NAME_MAX 320

struct lease_state { /* what the document says; zeroed: there is none */
    char owner[128];
    int64_t until_ms;             /* 0: nobody has it */
    int64_t finished_ms;          /* the last run that was not cut off */
    char blocked[LEASE_NAME_MAX]; /* index whose writes its owner has blocked, or "" */
    int64_t seq_no, primary_term; /* of the document */
    bool exists;
};

struct lease {
    struct elastic_link *link;
    const char *prefix;
    char own[128]; /* name of ours, of this lease alone */
    struct lease_state state;
    bool held;
    bool unwritten; /* held without the document: the disks are too full to write it */
};

/* `prefix` is elasticsearch.index_prefix; both are kept and must outlive it. */
void lease_init(struct lease *lease, struct elastic_link *link, const char *prefix);

/* Reads the document into lease->state. */
enum status lease_look(struct lease *lease, struct error *err);

/*
 * DONE: another one has it, err says who and until when. When the disks are so full that
 * nothing can be written, it is had all the same: deleting is what helps then.
 */
enum status lease_take(struct lease *lease, int64_t now_ms, struct error *err);

/* For another LEASE_MS, with `blocked` as it is in the state. DONE: somebody else has it now. */
enum status lease_renew(struct lease *lease, int64_t now_ms, struct error *err);

/* Renews when a third of its time has passed. */
enum status lease_hold(struct lease *lease, int64_t now_ms, struct error *err);

/* Gives it back; `finished`: the run came to its end. What goes wrong does not matter: it ends. */
void lease_release(struct lease *lease, bool finished, int64_t now_ms);

#endif
