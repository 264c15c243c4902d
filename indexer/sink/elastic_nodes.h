/*
 * elastic_nodes.h - the nodes of Elasticsearch, as all links of the process know them.
 *
 * One that failed is left out for a while, which grows; when that is over, one
 * caller tries it while the others carry on without it. Among those that work,
 * the one with the fewest requests under way is asked, in turns when that is
 * equal. Thread-safe; nothing here does I/O.
 */
#ifndef INDEXER_SINK_ELASTIC_NODES_H
#define INDEXER_SINK_ELASTIC_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elastic_node;

/*
 * The node at `url`, the same for all who ask. Release each once. NULL without
 * memory. Its url has no slash at the end; its name is the same without
 * credentials, for messages.
 */
struct elastic_node *elastic_node_get(const char *url);
void elastic_node_release(struct elastic_node *node); /* NULL is fine */
const char *elastic_node_url(const struct elastic_node *node);
const char *elastic_node_name(const struct elastic_node *node);

/*
 * Takes one of `count` nodes for a request; nodes that are NULL are passed over.
 * `turn` is where to begin among equals. *trial: it has failed before, and this
 * caller alone finds out whether it works again. NULL: all are left out now.
 */
struct elastic_node *elastic_nodes_take(struct elastic_node *const *nodes, size_t count,
                                        size_t turn, int64_t now_ms, bool *trial);

/* When all are left out: the one whose pause ends first. Never NULL. */
struct elastic_node *elastic_nodes_take_any(struct elastic_node *const *nodes, size_t count);

/* The request is over: gives the node back. */
void elastic_node_give(struct elastic_node *node, bool worked, int64_t now_ms);

#endif
