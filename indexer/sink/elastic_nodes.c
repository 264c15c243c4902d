/*
 * elastic_nodes.c - the nodes of Elasticsearch, as all links of the process know them.
 */
#include "indexer/sink/elastic_nodes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/backoff.h"

#define PAUSE_MIN_MS 1000
#define PAUSE_MAX_MS 10000

struct elastic_node {
    struct elastic_node *next;
    char *url, *name;
    unsigned users, in_flight;
    bool failed;   /* at its last request */
    bool on_trial; /* a caller is trying it */
    int64_t paused_until_ms;
    struct backoff backoff;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list and all nodes; leaf */
static struct elastic_node *all;

static bool name_node(struct elastic_node *node, const char *url, size_t len)
{
    const char *host = strstr(url, "://"), *at;

    node->url = strndup(url, len);
    node->name = strndup(url, len);
    if (!node->url || !node->name)
        return false;
    host = host ? host + 3 : url;
    at = strrchr(host, '@'); /* the last one: rather a path shortened than a password shown */
    if (at)
        memmove(node->name + (host - url), node->name + (at + 1 - url), len - (size_t)(at - url));
    return true;
}

static void free_node(struct elastic_node *node)
{
    free(node->url);
    free(node->name);
    free(node);
}

static struct elastic_node *make(const char *url, size_t len)
{
    struct elastic_node *node = calloc(1, sizeof(*node));

    if (!node)
        return NULL;
    backoff_init(&node->backoff, PAUSE_MIN_MS, PAUSE_MAX_MS, 0);
    if (!name_node(node, url, len)) {
        free_node(node);
        return NULL;
    }
    node->next = all;
    all = node;
    return node;
}

struct elastic_node *elastic_node_get(const char *url)
{
    struct elastic_node *node;
    size_t len = strlen(url);

    while (len && url[len - 1] == '/')
        len--;
    pthread_mutex_lock(&lock);
    for (node = all; node; node = node->next)
        if (strlen(node->url) == len && memcmp(node->url, url, len) == 0)
            break;
    if (!node)
        node = make(url, len);
    if (node)
        node->users++;
    pthread_mutex_unlock(&lock);
    return node;
}

void elastic_node_release(struct elastic_node *node)
{
    struct elastic_node **link = &all;

    if (!node)
        return;
    pthread_mutex_lock(&lock);
    if (--node->users == 0) {
        while (*link != node)
            link = &(*link)->next;
        *link = node->next;
        free_node(node);
    }
    pthread_mutex_unlock(&lock);
}

const char *elastic_node_url(const struct elastic_node *node)
{
    return node->url;
}

const char *elastic_node_name(const struct elastic_node *node)
{
    return node->name;
}

static bool is_usable(const struct elastic_node *node, int64_t now_ms)
{
    return node && node->paused_until_ms <= now_ms && !node->on_trial;
}

struct elastic_node *elastic_nodes_take(struct elastic_node *const *nodes, size_t count,
                                        size_t turn, int64_t now_ms, bool *trial)
{
    struct elastic_node *best = NULL;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++) {
        struct elastic_node *node = nodes[(turn + i) % count];

        if (is_usable(node, now_ms) && (!best || node->in_flight < best->in_flight))
            best = node;
    }
    if (best) {
        best->in_flight++;
        best->on_trial = best->failed;
        *trial = best->failed;
    }
    pthread_mutex_unlock(&lock);
    return best;
}

struct elastic_node *elastic_nodes_take_any(struct elastic_node *const *nodes, size_t count)
{
    struct elastic_node *best = nodes[0];

    pthread_mutex_lock(&lock);
    for (size_t i = 1; i < count; i++)
        if (nodes[i]->paused_until_ms < best->paused_until_ms)
            best = nodes[i];
    best->in_flight++;
    pthread_mutex_unlock(&lock);
    return best;
}

void elastic_node_give(struct elastic_node *node, bool worked, int64_t now_ms)
{
    pthread_mutex_lock(&lock);
    node->in_flight--;
    node->on_trial = false;
    if (worked) {
        backoff_reset(&node->backoff);
        node->paused_until_ms = 0;
    } else if (node->paused_until_ms <= now_ms) { /* what fails at the same moment counts once */
        node->paused_until_ms = now_ms + backoff_next_ms(&node->backoff);
    }
    node->failed = !worked;
    pthread_mutex_unlock(&lock);
}
