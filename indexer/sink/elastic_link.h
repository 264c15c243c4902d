/*
 * elastic_link.h - one request to whichever Elasticsearch node answers.
 *
 * The least busy of those that work is asked (elastic_nodes.h). When it fails, the
 * next is asked at once; when all have failed, the one whose pause ends first is
 * asked all the same. One that was away gets a small request before a large one.
 * Threads: a link belongs to one worker.
 */
#ifndef INDEXER_SINK_ELASTIC_LINK_H
#define INDEXER_SINK_ELASTIC_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/http.h"

struct elasticsearch_config;

struct elastic_node;

struct elastic_link {
    struct http *http;
    struct elastic_node **nodes;
    size_t count, next;
    int64_t timeout_ms;
    const char *node;          /* name of the one that was asked last */
    struct http_answer answer; /* to the last request */
    struct buf url;
};

/* Release it in any case. No I/O. */
enum status elastic_link_init(struct elastic_link *link, const struct elasticsearch_config *config,
                              struct error *err);

/*
 * `path` begins with a slash. OK: link->answer holds an answer, whatever its
 * code. RETRY: no node answered, whether one acted is unknown. FATAL: the same, and
 * nothing changes before the configuration or a certificate does.
 * Blocks up to twice the configured time-out, also when there are many nodes.
 */
enum status elastic_link_request(struct elastic_link *link, const char *method, const char *path,
                                 const char *content_type, struct slice body, struct error *err);

/* See http_give_up_when. */
void elastic_link_give_up_when(struct elastic_link *link, const atomic_bool *asked);

void elastic_link_release(struct elastic_link *link);

#endif
