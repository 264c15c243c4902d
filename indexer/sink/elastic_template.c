/*
 * elastic_template.c - the index template: how our indices are made.
 *
 * What is installed is compared by a hash in the template's _meta, not member
 * by member: Elasticsearch gives back another spelling than it was given.
 */
#include "indexer/sink/elastic_template.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "common/record.h"
#include "common/version.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_link.h"
#include "indexer/sink/elastic_verdict.h"

#define TEMPLATE_MAX (1u << 20) /* bytes; ours has about 10 KiB */
#define PRIORITY     500        /* above the 100 of Elasticsearch's own templates for logs-*-* */

struct template
{
    cJSON *body;
    char path[512], hash[17];
};

static void template_release(struct template *template)
{
    cJSON_Delete(template->body);
}

static cJSON *settings(const struct elasticsearch_config *config)
{
    cJSON *index = cJSON_CreateObject();
    char interval[32];

    snprintf(interval, sizeof(interval), "%" PRIu64 "ms", config->refresh_interval_ms);
    cJSON_AddStringToObject(index, "codec", "best_compression");
    cJSON_AddStringToObject(index, "refresh_interval", interval);
    cJSON_AddNumberToObject(index, "number_of_shards", config->shards);
    cJSON_AddNumberToObject(index, "number_of_replicas", config->replicas);
    return index;
}

/* With the mark by which retention knows our indices: one without it is never deleted. */
static cJSON *mappings(const struct elasticsearch_config *config)
{
    scoped_buf struct buf text = BUF_INIT(TEMPLATE_MAX);
    cJSON *json, *meta;

    record_mapping(&text);
    json = cJSON_Parse(buf_str(&text));
    meta = cJSON_AddObjectToObject(json, "_meta");
    cJSON_AddStringToObject(meta, "managed_by", "alpex");
    if (cJSON_AddStringToObject(meta, "prefix", config->index_prefix))
        return json;
    cJSON_Delete(json);
    return NULL;
}

/* Hands `child` over in any case; without memory the member is missing. */
static void add(cJSON *object, const char *key, cJSON *child)
{
    if (!cJSON_AddItemToObject(object, key, child))
        cJSON_Delete(child);
}

static void hash_text(const char *text, char out[17])
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    snprintf(out, 17, "%016" PRIx64, hash);
}

/* Without memory something is missing, which `is_complete` notices. */
static cJSON *make_body(const struct elasticsearch_config *config)
{
    cJSON *body = cJSON_CreateObject(), *template = cJSON_CreateObject();
    cJSON *patterns = cJSON_AddArrayToObject(body, "index_patterns");
    char pattern[300];

    snprintf(pattern, sizeof(pattern), "%s-*", config->index_prefix);
    cJSON_AddItemToArray(patterns, cJSON_CreateString(pattern));
    cJSON_AddNumberToObject(body, "priority", PRIORITY);
    add(template, "settings", cJSON_CreateObject());
    add(cJSON_GetObjectItem(template, "settings"), "index", settings(config));
    add(template, "mappings", mappings(config));
    add(body, "template", template);
    return body;
}

static bool is_complete(const cJSON *body)
{
    const cJSON *template = cJSON_GetObjectItem(body, "template");
    const cJSON *index = cJSON_GetObjectItem(cJSON_GetObjectItem(template, "settings"), "index");

    return cJSON_GetArraySize(cJSON_GetObjectItem(body, "index_patterns")) == 1 &&
           cJSON_GetArraySize(index) == 4 && cJSON_GetObjectItem(template, "mappings") &&
           cJSON_GetArraySize(cJSON_GetObjectItem(body, "_meta")) == 3;
}

static enum status template_make(struct template *template,
                                 const struct elasticsearch_config *config, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(TEMPLATE_MAX);
    cJSON *meta;

    template->body = make_body(config);
    json_write(template->body, &text);
    hash_text(buf_str(&text), template->hash);
    meta = cJSON_AddObjectToObject(template->body, "_meta");
    cJSON_AddStringToObject(meta, "managed_by", "alpex");
    cJSON_AddStringToObject(meta, "version", alpex_version);
    cJSON_AddStringToObject(meta, "hash", template->hash);
    snprintf(template->path, sizeof(template->path), "/_index_template/alpex-%s",
             config->index_prefix);
    if (text.failed || !is_complete(template->body))
        return error_set(err, RETRY, "out of memory");
    return OK;
}

static enum status refuse(const struct elastic_link *link, const char *what, struct error *err)
{
    struct slice body = buf_slice(&link->answer.body);
    long code = link->answer.code;
    char text[200];

    elastic_error_text(body, true, text, sizeof(text));
    if (code == 401 || code == 403)
        return error_set(err, RETRY,
                         "'%s' does not let us %s the index template: HTTP %ld %s; check "
                         "elasticsearch.username and password or api_key, and that the role may "
                         "manage index templates, or set manage_template: false",
                         link->node, what, code, text);
    if (code == 200 || code == 404 || code == 405)
        return error_set(err, RETRY,
                         "'%s' does not answer like Elasticsearch: HTTP %ld %s; check "
                         "elasticsearch.urls",
                         link->node, code, text);
    return error_set(err, RETRY, "cannot %s the index template on '%s': HTTP %ld %s", what,
                     link->node, code, text);
}

/* Whatever keeps us from asking: it can be mended while we wait. */
static enum status ask(struct elastic_link *link, const char *method, const char *path,
                       struct slice body, struct error *err)
{
    if (elastic_link_request(link, method, path, body.len ? "application/json" : NULL, body, err))
        return err->status = RETRY;
    return OK;
}

static bool answer_is_json(const struct elastic_link *link)
{
    return elastic_request_verdict(&(struct http_answer){.code = 200, .body = link->answer.body}) ==
           VERDICT_STORED;
}

/* *hash: of the installed template, "" when it has none. DONE: there is no template. */
static enum status fetch_hash(struct elastic_link *link, const char *path, char *hash, size_t size,
                              struct error *err)
{
    scoped_json cJSON *json = NULL;
    const cJSON *list, *meta;
    struct slice body;

    if (ask(link, "GET", path, (struct slice){NULL, 0}, err))
        return RETRY;
    body = buf_slice(&link->answer.body);
    if (link->answer.code == 404 && answer_is_json(link))
        return DONE;
    json = link->answer.code == 200 ? cJSON_ParseWithLength(body.data, body.len) : NULL;
    list = cJSON_GetObjectItemCaseSensitive(json, "index_templates");
    if (!cJSON_IsArray(list))
        return refuse(link, "read", err);
    meta = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, 0), "index_template"), "_meta");
    snprintf(hash, size, "%s", json_text(meta, "hash", ""));
    return cJSON_GetArraySize(list) ? OK : DONE;
}

/* OpenSearch calls Elasticsearch's `flattened` so, and knows it without parameters only. */
static void use_flat_object(cJSON *json)
{
    cJSON *child;

    if (cJSON_IsObject(json) && strcmp(json_text(json, "type", ""), "flattened") == 0) {
        cJSON_DeleteItemFromObject(json, "ignore_above");
        cJSON_ReplaceItemInObject(json, "type", cJSON_CreateString("flat_object"));
    }
    cJSON_ArrayForEach (child, json)
        use_flat_object(child);
}

static enum status put(struct elastic_link *link, const struct template *template,
                       struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(TEMPLATE_MAX);

    json_write(template->body, &text);
    if (text.failed)
        return error_set(err, RETRY, "out of memory");
    return ask(link, "PUT", template->path, buf_slice(&text), err);
}

static bool knows_no_flattened(const struct elastic_link *link)
{
    const struct buf *body = &link->answer.body;

    return link->answer.code == 400 && body->len &&
           memmem(body->data, body->len, "flattened", strlen("flattened"));
}

static enum status install(struct elastic_link *link, struct template *template, struct error *err)
{
    if (put(link, template, err))
        return RETRY;
    if (knows_no_flattened(link)) {
        use_flat_object(template->body);
        if (put(link, template, err))
            return RETRY;
    }
    if (link->answer.code != 200 || !answer_is_json(link))
        return refuse(link, "write", err);
    log_info("index template '%s' is installed on '%s'", template->path, link->node);
    return OK;
}

static enum status ensure(struct elastic_link *link, const struct elasticsearch_config *config,
                          struct template *template, struct error *err)
{
    char installed[sizeof(template->hash)] = "";
    enum status status = template_make(template, config, err);

    if (status == OK)
        status = fetch_hash(link, template->path, installed, sizeof(installed), err);
    if (status == RETRY)
        return RETRY;
    if (config->manage_template)
        return status == OK && strcmp(installed, template->hash) == 0
                   ? OK
                   : install(link, template, err);
    if (status == DONE)
        log_warn("there is no index template '%s' and elasticsearch.manage_template is false: "
                 "fields get whatever type Elasticsearch guesses",
                 template->path);
    return OK;
}

enum status elastic_template_ensure(struct elastic_link *link,
                                    const struct elasticsearch_config *config, struct error *err)
{
    struct template template = {0};
    struct error local;
    enum status status = ensure(link, config, &template, err ? err : &local);

    template_release(&template);
    return status;
}
