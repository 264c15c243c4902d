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
#include "indexer/sink/elastic_nodes.h"

#define URL_MAX  4096
#define TRIAL_MS 5000 /* for a node that was away to say anything */

static const char *given(const char *text)
{
    return text && *text ? text : NULL;
}

static bool nodes_init(struct elastic_link *link, const struct elasticsearch_config *config)
{
    link->nodes = calloc(config->url_count, sizeof(struct elastic_node *));
    if (!link->nodes)
        return false;
    link->count = config->url_count;
    for (size_t i = 0; i < link->count; i++) {
        link->nodes[i] = elastic_node_get(config->urls[i]);
        if (!link->nodes[i])
            return false;
    }
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
        .ca_fingerprint = given(config->ca_fingerprint),
        .certificate_file = given(config->certificate_file),
        .key_file = given(config->key_file),
        .key_password = given(config->key_password),
        .timeout_ms = (int64_t)config->timeout_ms,
        .gzip = config->gzip,
        .gzip_level = (int)config->gzip_level,
    };

    *link = (struct elastic_link){.url = BUF_INIT(URL_MAX)};
    if (config->url_count == 0)
        return error_set(err, FATAL, "elasticsearch.urls is empty");
    if (!nodes_init(link, config))
        return error_set(err, FATAL, "out of memory");
    link->next = atomic_fetch_add(&opened, 1) % link->count;
    link->node = elastic_node_name(link->nodes[0]);
    link->timeout_ms = (int64_t)config->timeout_ms;
    return http_open(&options, &link->http, err);
}

static void add_hint(struct error *err, const char *hint)
{
    size_t len = err ? strlen(err->text) : 0;

    if (len)
        snprintf(err->text + len, sizeof(err->text) - len, "%s", hint);
}

static enum status ask(struct elastic_link *link, const struct elastic_node *node,
                       const char *method, const char *path, const char *content_type,
                       struct slice body, struct error *err)
{
    enum status status;

    buf_clear(&link->url);
    buf_add_text(&link->url, elastic_node_url(node));
    buf_add_text(&link->url, path);
    buf_str(&link->url);
    if (link->url.failed)
        return error_set(err, FATAL, "address '%s' is too long", elastic_node_name(node));
    status = http_request(link->http, method, buf_str(&link->url), content_type, body,
                          &link->answer, err);
    if (status == FATAL)
        add_hint(err, "; check elasticsearch.urls, ca_file, ca_fingerprint and certificate_file");
    return status;
}

/* Any answer will do, also that this is forbidden: it is there. */
static enum status try_small(struct elastic_link *link, const struct elastic_node *node,
                             struct error *err)
{
    enum status status;

    http_set_timeout(link->http, link->timeout_ms > 0 && link->timeout_ms < TRIAL_MS
                                     ? link->timeout_ms
                                     : TRIAL_MS);
    status = ask(link, node, "GET", "/", NULL, (struct slice){NULL, 0}, err);
    http_set_timeout(link->http, 0);
    return status;
}

static enum status ask_node(struct elastic_link *link, struct elastic_node *node, bool trial,
                            const char *method, const char *path, const char *content_type,
                            struct slice body, struct error *err)
{
    bool small_first = trial && link->count > 1 && body.len;
    enum status status = OK;

    link->node = elastic_node_name(node);
    if (small_first)
        status = try_small(link, node, err);
    if (status == OK && !(small_first && link->answer.code >= 500))
        status = ask(link, node, method, path, content_type, body, err);
    elastic_node_give(node, status == OK && link->answer.code < 500, clock_mono_ms());
    return status;
}

static bool time_is_up(const struct elastic_link *link, int64_t begin_ms, int64_t now_ms)
{
    return link->timeout_ms > 0 && now_ms - begin_ms >= link->timeout_ms;
}

enum status elastic_link_request(struct elastic_link *link, const char *method, const char *path,
                                 const char *content_type, struct slice body, struct error *err)
{
    int64_t begin_ms = clock_mono_ms(), now_ms = begin_ms;
    struct elastic_node *node;
    size_t asked = 0;
    enum status status = RETRY;
    bool trial = false;

    for (; asked < link->count && !(asked && time_is_up(link, begin_ms, now_ms)); asked++) {
        node = elastic_nodes_take(link->nodes, link->count, link->next++, now_ms, &trial);
        if (!node)
            break;
        status = ask_node(link, node, trial, method, path, content_type, body, err);
        if (status == OK && link->answer.code < 500)
            return OK;
        now_ms = clock_mono_ms();
    }
    if (asked)
        return status;
    node = elastic_nodes_take_any(link->nodes, link->count);
    return ask_node(link, node, false, method, path, content_type, body, err);
}

void elastic_link_give_up_when(struct elastic_link *link, const atomic_bool *asked)
{
    http_give_up_when(link->http, asked);
}

void elastic_link_release(struct elastic_link *link)
{
    for (size_t i = 0; link->nodes && i < link->count; i++)
        elastic_node_release(link->nodes[i]);
    free(link->nodes);
    link->nodes = NULL;
    link->count = 0;
    http_close(link->http);
    link->http = NULL;
    http_answer_release(&link->answer);
    buf_release(&link->url);
}
