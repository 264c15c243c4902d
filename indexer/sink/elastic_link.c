/*
 * elastic_link.c - one request to whichever Elasticsearch node answers.
 */
#include "indexer/sink/elastic_link.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/scope.h"
#include "indexer/config.h"

#define NODE_PAUSE_MIN_MS 1000
#define NODE_PAUSE_MAX_MS 30000
#define URL_MAX           4096

static const char *given(const char *text)
{
    return text && *text ? text : NULL;
}

static bool node_init(struct elastic_node *node, const char *url)
{
    size_t len = strlen(url);
    const char *host = strstr(url, "://"), *at;

    while (len && url[len - 1] == '/')
        len--;
    backoff_init(&node->backoff, NODE_PAUSE_MIN_MS, NODE_PAUSE_MAX_MS, 0);
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

static bool nodes_init(struct elastic_link *link, const struct elasticsearch_config *config)
{
    link->nodes = calloc(config->url_count, sizeof(*link->nodes));
    if (!link->nodes)
        return false;
    link->count = config->url_count;
    for (size_t i = 0; i < link->count; i++)
        if (!node_init(&link->nodes[i], config->urls[i]))
            return false;
    return true;
}

enum status elastic_link_init(struct elastic_link *link, const struct elasticsearch_config *config,
                              struct error *err)
{
    static atomic_size_t opened; /* so that workers do not all begin with the same node */
    struct http_options options = {
        .username = given(config->username),
        .password = given(config->password),
        .api_key = given(config->api_key),
        .ca_file = given(config->ca_file),
        .timeout_ms = (int64_t)config->timeout_ms,
        .gzip = config->gzip,
    };

    *link = (struct elastic_link){.url = BUF_INIT(URL_MAX)};
    if (config->url_count == 0)
        return error_set(err, FATAL, "elasticsearch.urls is empty");
    if (!nodes_init(link, config))
        return error_set(err, FATAL, "out of memory");
    link->next = atomic_fetch_add(&opened, 1) % link->count;
    link->node = link->nodes[0].name;
    link->timeout_ms = (int64_t)config->timeout_ms;
    return http_open(&options, &link->http, err);
}

static void add_hint(struct error *err, const char *hint)
{
    size_t len = err ? strlen(err->text) : 0;

    if (len)
        snprintf(err->text + len, sizeof(err->text) - len, "%s", hint);
}

static enum status ask(struct elastic_link *link, struct elastic_node *node, const char *method,
                       const char *path, const char *content_type, struct slice body,
                       struct error *err)
{
    enum status status;

    buf_clear(&link->url);
    buf_add_text(&link->url, node->url);
    buf_add_text(&link->url, path);
    buf_str(&link->url);
    if (link->url.failed)
        return error_set(err, FATAL, "address '%s' is too long", node->name);
    link->node = node->name;
    status = http_request(link->http, method, buf_str(&link->url), content_type, body,
                          &link->answer, err);
    if (status == FATAL)
        add_hint(err, "; check elasticsearch.urls and elasticsearch.ca_file");
    if (status || link->answer.code >= 500)
        node->paused_until_ms = clock_mono_ms() + backoff_next_ms(&node->backoff);
    else
        backoff_reset(&node->backoff);
    return status;
}

/* The node whose pause ends first, or has ended first. */
static struct elastic_node *least_paused(struct elastic_link *link)
{
    struct elastic_node *best = &link->nodes[0];

    for (size_t i = 1; i < link->count; i++)
        if (link->nodes[i].paused_until_ms < best->paused_until_ms)
            best = &link->nodes[i];
    return best;
}

enum status elastic_link_request(struct elastic_link *link, const char *method, const char *path,
                                 const char *content_type, struct slice body, struct error *err)
{
    int64_t begin_ms = clock_mono_ms();
    size_t first = link->next++, asked = 0;
    enum status status = RETRY;

    for (size_t i = 0; i < link->count; i++) {
        struct elastic_node *node = &link->nodes[(first + i) % link->count];
        int64_t now_ms = clock_mono_ms();

        if (node->paused_until_ms > now_ms)
            continue;
        if (asked && link->timeout_ms > 0 && now_ms - begin_ms >= link->timeout_ms)
            break;
        asked++;
        status = ask(link, node, method, path, content_type, body, err);
        if (status == OK && link->answer.code < 500)
            return OK;
    }
    if (asked)
        return status;
    return ask(link, least_paused(link), method, path, content_type, body, err);
}

void elastic_link_release(struct elastic_link *link)
{
    for (size_t i = 0; link->nodes && i < link->count; i++) {
        free(link->nodes[i].url);
        free(link->nodes[i].name);
    }
    free(link->nodes);
    link->nodes = NULL;
    link->count = 0;
    http_close(link->http);
    link->http = NULL;
    http_answer_release(&link->answer);
    buf_release(&link->url);
}
