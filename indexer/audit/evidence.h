/*
 * evidence.h - private to the files that look into contents record by record.
 *
 * evidence.c finds the contents whose sums do not agree, sent.c reads what the topic holds of
 * them, weigh.c says what became of each record.
 */
#ifndef INDEXER_AUDIT_EVIDENCE_H
#define INDEXER_AUDIT_EVIDENCE_H

#include "indexer/audit/audit.h"
#include "indexer/audit/days.h"

struct audit_sent { /* a record in the topic */
    struct audit_record record;
    int64_t offset;
    int32_t partition;
    bool expired; /* its index may have been deleted by now */
    int64_t time_ms;
};

struct audit_sent_list { /* by place and line, each once, when all of the topic is read */
    struct audit_sent *list;
    size_t count, room;
};

struct audit_found { /* documents, by place and line */
    struct audit_record *list;
    size_t count, room;
};

struct audit_suspect { /* a content that does not add up */
    struct audit_content *content;
    struct audit_sent_list sent;
    size_t places; /* different offsets in `sent` */
};

struct audit_inquiry {
    const struct indexer_config *config;
    const struct audit_group *group;
    struct audit_days days;
    struct audit_suspect *suspects;
    size_t count, records;
    struct table by_id; /* of links */
    struct audit_suspect_link {
        struct table_link link;
        struct audit_suspect *suspect;
    } * links;
};

/* ---- sent.c ---- */

/* Sets `sent` and `places` of all suspects. FATAL: there are too many records. RETRY: Kafka. */
enum status audit_ask_topic(struct audit_inquiry *inquiry, struct error *err);

/* ---- weigh.c ---- */

/* Counts what is missing, doubled, dead, under way and expired of a content. False: no memory. */
bool audit_weigh(const struct audit_inquiry *inquiry, const struct audit_suspect *suspect,
                 const struct audit_found *found);

#endif
