/*
 * elastic_template.c - the index template: how our indices are made.
 *
 * What is installed is compared by a hash in the template's _meta, not member
 * by member: Elasticsearch gives back another spelling than it was given. Of two
 * indexers the newer one's stays: its version is higher.
 */
#include "indexer/sink/elastic_template.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/record.h"
#include "common/scope.h"
#include "common/version.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_link.h"
#include "indexer/sink/elastic_verdict.h"

#define TEMPLATE_MAX (1u << 20) /* bytes; ours has about 10 KiB */
#define PRIORITY     500        /* above the 100 of Elasticsearch's own templates for logs-*-* */

/* Fields are only ever added; to be raised with every other change of the template. */
#define GENERATION 2
#define VERSION    (GENERATION * 1000 + FIELD_COUNT)

struct template
{
    cJSON *body;
    char path[300], custom[300], hash[17];
};

/* What is there already. */
struct installed {
    bool exists, ours;
    int64_t version;
    char hash[17];
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
    cJSON_AddStringToObject(index, "codec", config->codec ? config->codec : "best_compression");
    cJSON_AddStringToObject(index, "refresh_interval", interval);
    cJSON_AddNumberToObject(index, "number_of_shards", config->shards);
    cJSON_AddNumberToObject(index, "number_of_replicas", config->replicas);
    return index;
}

/* Hands `child` over in any case; without memory the member is missing. */
static void add(cJSON *object, const char *key, cJSON *child)
{
    if (!cJSON_AddItemToObject(object, key, child))
        cJSON_Delete(child);
}

/*
 * Of a document that is not kept as it came Elasticsearch writes both forms, until segments are
 * merged: a fifth of all that storing costs it.
 */
static void leave_words_out(cJSON *mappings)
{
    static const char *const names[] = {RECORD_WORDS_NAME};

    add(cJSON_AddObjectToObject(mappings, "_source"), "excludes",
        cJSON_CreateStringArray(names, ARRAY_LEN(names)));
}

/* With the mark by which retention knows our indices: one without it is never deleted. */
static cJSON *mappings(const struct elasticsearch_config *config)
{
    scoped_buf struct buf text = BUF_INIT(TEMPLATE_MAX);
    cJSON *json, *meta;

    record_mapping(&text);
    json = cJSON_Parse(buf_str(&text));
    if (!config->keep_words)
        leave_words_out(json);
    meta = cJSON_AddObjectToObject(json, "_meta");
    cJSON_AddStringToObject(meta, "managed_by", "alpex");
    if (cJSON_AddStringToObject(meta, "prefix", config->index_prefix))
        return json;
    cJSON_Delete(json);
    return NULL;
}

static void hash_text(const char *text, char out[17])
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    snprintf(out, 17, "%016" PRIx64, hash);
}

/* Without memory something is missing, which `is_complete` notices. */
static cJSON *make_body(const struct elasticsearch_config *config, const char *custom)
{
    cJSON *body = cJSON_CreateObject(), *template = cJSON_CreateObject();
    cJSON *patterns = cJSON_AddArrayToObject(body, "index_patterns");
    char pattern[300];

    snprintf(pattern, sizeof(pattern), "%s-*", config->index_prefix);
    cJSON_AddItemToArray(patterns, cJSON_CreateString(pattern));
    cJSON_AddNumberToObject(body, "priority", PRIORITY);
    cJSON_AddNumberToObject(body, "version", VERSION);
    if (custom)
        cJSON_AddItemToArray(cJSON_AddArrayToObject(body, "composed_of"),
                             cJSON_CreateString(custom));
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

static void name_template(struct template *template, const struct elasticsearch_config *config)
{
    snprintf(template->path, sizeof(template->path), "/_index_template/alpex-%s",
             config->index_prefix);
    snprintf(template->custom, sizeof(template->custom), "alpex-%s@custom", config->index_prefix);
}

/* `with_custom`: there is a component of the user's. */
static enum status template_make(struct template *template,
                                 const struct elasticsearch_config *config, bool with_custom,
                                 struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(TEMPLATE_MAX);
    cJSON *meta;

    template->body = make_body(config, with_custom ? template->custom : NULL);
    json_write(template->body, &text);
    hash_text(buf_str(&text), template->hash);
    meta = cJSON_AddObjectToObject(template->body, "_meta");
    cJSON_AddStringToObject(meta, "managed_by", "alpex");
    cJSON_AddStringToObject(meta, "version", alpex_version);
    cJSON_AddStringToObject(meta, "hash", template->hash);
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

/* *out: what the last answer says of the template. */
static bool read_installed(const struct elastic_link *link, struct installed *out)
{
    struct slice body = buf_slice(&link->answer.body);
    scoped_json cJSON *json =
        link->answer.code == 200 ? cJSON_ParseWithLength(body.data, body.len) : NULL;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "index_templates");
    const cJSON *template =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, 0), "index_template");
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(template, "_meta");

    if (!cJSON_IsArray(list))
        return false;
    *out = (struct installed){.exists = template};
    out->ours = strcmp(json_text(meta, "managed_by", ""), "alpex") == 0;
    out->version = json_number(template, "version", 0);
    snprintf(out->hash, sizeof(out->hash), "%s", json_text(meta, "hash", ""));
    return true;
}

/* *found: does `path` name something? */
static enum status look_for(struct elastic_link *link, const char *path, bool *found,
                            struct error *err)
{
    if (ask(link, "GET", path, (struct slice){NULL, 0}, err))
        return RETRY;
    *found = link->answer.code == 200;
    if (!answer_is_json(link) || (!*found && link->answer.code != 404))
        return refuse(link, "read", err);
    return OK;
}

static enum status fetch_installed(struct elastic_link *link, const char *path,
                                   struct installed *out, struct error *err)
{
    bool found;

    if (look_for(link, path, &found, err))
        return RETRY;
    *out = (struct installed){0};
    if (found && !read_installed(link, out))
        return refuse(link, "read", err);
    return OK;
}

static bool is_denied(const struct elastic_link *link)
{
    return link->answer.code == 401 || link->answer.code == 403;
}

/* A user who may not look at components has none for us. */
static enum status fetch_custom(struct elastic_link *link, const struct template *template,
                                bool *found, struct error *err)
{
    char path[sizeof(template->custom) + 32];

    snprintf(path, sizeof(path), "/_component_template/%s", template->custom);
    if (look_for(link, path, found, err) == OK)
        return OK;
    *found = false;
    return is_denied(link) ? OK : RETRY;
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

static enum status put(struct elastic_link *link, const char *path, const cJSON *json,
                       struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(TEMPLATE_MAX);

    json_write(json, &text);
    if (text.failed)
        return error_set(err, RETRY, "out of memory");
    return ask(link, "PUT", path, buf_slice(&text), err);
}

static bool knows_no_flattened(const struct elastic_link *link)
{
    const struct buf *body = &link->answer.body;

    return link->answer.code == 400 && body->len &&
           memmem(body->data, body->len, "flattened", strlen("flattened"));
}

/* Puts a part of the template, as this server wants to have it. */
static enum status put_part(struct elastic_link *link, struct template *template, const char *path,
                            const cJSON *part, struct error *err)
{
    if (put(link, path, part, err))
        return RETRY;
    if (!knows_no_flattened(link))
        return OK;
    use_flat_object(template->body);
    return put(link, path, part, err);
}

static enum status install(struct elastic_link *link, struct template *template, struct error *err)
{
    if (put_part(link, template, template->path, template->body, err))
        return RETRY;
    if (link->answer.code != 200 || !answer_is_json(link))
        return refuse(link, "write", err);
    log_info("index template '%s' is installed on '%s'", template->path, link->node);
    return OK;
}

/*
 * The indices of yesterday, today and tomorrow as members of an object, which may be NULL: without
 * the right to look at them, they stay as they are.
 */
static enum status fetch_indices(struct elastic_link *link, const char *prefix, cJSON **out,
                                 struct error *err)
{
    char path[600], days[3][11];
    int64_t now_s = clock_wall_ms() / 1000;
    struct slice body;

    for (int i = 0; i < 3; i++) {
        struct timestamp day = {now_s + (i - 1) * INT64_C(86400), 0};

        timestamp_print_day(day, days[i]);
    }
    snprintf(path, sizeof(path),
             "/%s-*-%s,%s-*-%s,%s-*-%s/_mapping?ignore_unavailable=true&allow_no_indices=true"
             "&filter_path=*.mappings._meta",
             prefix, days[0], prefix, days[1], prefix, days[2]);
    if (ask(link, "GET", path, (struct slice){NULL, 0}, err))
        return RETRY;
    body = buf_slice(&link->answer.body);
    *out = link->answer.code == 200 ? cJSON_ParseWithLength(body.data, body.len) : NULL;
    return *out || is_denied(link) ? OK : refuse(link, "read", err);
}

static bool has_mark(const cJSON *index)
{
    const cJSON *mappings = cJSON_GetObjectItemCaseSensitive(index, "mappings");

    return strcmp(json_text(cJSON_GetObjectItemCaseSensitive(mappings, "_meta"), "managed_by", ""),
                  "alpex") == 0;
}

/* Fields that have come since today's indices were made can be searched in these too. */
static enum status grow_indices(struct elastic_link *link, const char *prefix,
                                struct template *template, struct error *err)
{
    scoped_json cJSON *indices = NULL, *part = cJSON_CreateObject();
    cJSON *mappings =
        cJSON_GetObjectItem(cJSON_GetObjectItem(template->body, "template"), "mappings");
    const cJSON *index;
    char path[600], text[200];

    cJSON_AddItemReferenceToObject(part, "properties", cJSON_GetObjectItem(mappings, "properties"));
    if (fetch_indices(link, prefix, &indices, err))
        return RETRY;
    cJSON_ArrayForEach (index, indices) {
        if (!has_mark(index))
            continue;
        snprintf(path, sizeof(path), "/%s/_mapping", index->string);
        if (put_part(link, template, path, part, err))
            return RETRY;
        elastic_error_text(buf_slice(&link->answer.body), true, text, sizeof(text));
        if (link->answer.code != 200)
            log_warn("index '%s' keeps its mapping, new fields can be searched from the next day "
                     "on: HTTP %ld %s",
                     index->string, link->answer.code, text);
    }
    return OK;
}

/* What is there is somebody else's, or newer than ours. */
static bool stays(const struct template *template, const struct installed *installed)
{
    if (installed->exists && !installed->ours)
        log_warn("index template '%s' is not ours and stays as it is: fields may get other types "
                 "than we expect; delete it, or set elasticsearch.manage_template: false",
                 template->path);
    else if (installed->version > VERSION)
        log_info("index template '%s' is of a newer version (%" PRId64 ", ours is %d) and stays",
                 template->path, installed->version, VERSION);
    else
        return strcmp(installed->hash, template->hash) == 0;
    return true;
}

static enum status keep_up(struct elastic_link *link, const struct elasticsearch_config *config,
                           struct template *template, const struct installed *installed,
                           struct error *err)
{
    bool with_custom = false;

    if (fetch_custom(link, template, &with_custom, err) ||
        template_make(template, config, with_custom, err))
        return RETRY;
    if (stays(template, installed))
        return OK;
    /* First the indices: should that be cut short, the template says that it is still to be done.
     */
    if (installed->exists && grow_indices(link, config->index_prefix, template, err))
        return RETRY;
    return install(link, template, err);
}

static enum status ensure(struct elastic_link *link, const struct elasticsearch_config *config,
                          struct template *template, struct error *err)
{
    struct installed installed;

    name_template(template, config);
    if (fetch_installed(link, template->path, &installed, err))
        return RETRY;
    if (config->manage_template)
        return keep_up(link, config, template, &installed, err);
    if (!installed.exists)
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
