/*
 * redact_private.h - shared by redact.c, redact_text.c, redact_json.c and redact_open.c.
 */
#ifndef SHIPPER_PROCESS_REDACT_PRIVATE_H
#define SHIPPER_PROCESS_REDACT_PRIVATE_H

#include "common/arena.h"
#include "shipper/process/scan.h"

#define REDACT_PATTERNS_MAX 64
#define REDACT_SEEN_MAX     4
#define REDACT_NO_ROOM      "[redacted]" /* of a value for which there was no memory */

struct redact_pattern {
    struct pattern *pattern;
    bool hashed;
    char mask[40];
    size_t mask_len;
};

struct redact {
    struct scan_rules rules;
    struct redact_pattern patterns[REDACT_PATTERNS_MAX];
    unsigned pattern_count;
    struct buf out, matched, plain; /* of a scan, of patterns, of a JSON string's text */
    struct scan_places places;      /* of the last text */
    struct redact_seen {            /* texts of this record that were looked through as they came */
        struct slice text;
        struct scan_places places;
    } seen[REDACT_SEEN_MAX];
    unsigned seen_count;
    uint64_t found[SECRET_KINDS];
    struct metric *counts[SECRET_KINDS];
};

/*
 * `text` without its secrets: true when it had any; *out is in redact's own memory, valid until the
 * next call, {NULL, 0} when there was none. `agent`: as in scan.h.
 */
bool redact_text(struct redact *redact, struct slice text, bool agent, struct slice *out);

/*
 * The same for a JSON value, which stays one; *out is in the arena. `name`: of the member that it
 * is, or {NULL, 0}; a name whose values are secret hides all of it.
 */
bool redact_json(struct redact *redact, struct arena *arena, struct slice name, struct slice raw,
                 struct slice *out);

/* Does a member of this name hold a secret? Then *kind says which. */
bool redact_is_secret_name(const struct redact *redact, struct slice name, enum secret_kind *kind);

#endif
