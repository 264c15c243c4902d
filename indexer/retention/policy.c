/*
 * policy.c - a lifecycle policy of Elasticsearch (ILM) that deletes instead of us.
 */
#include "indexer/retention/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "indexer/retention/ask.h"
#include "indexer/retention/config.h"
#include "indexer/retention/survey.h"
#include "indexer/sink/elastic_link.h"

#define DAY_MS    86400000
#define PATH_ROOM 512

/* {"policy":{"_meta":…,"phases":{"delete":{"min_age":"…ms","actions":{"delete":{}}}}}} */
static cJSON *make_policy(const char *min_age)
{
    cJSON *body = cJSON_CreateObject(), *policy = cJSON_AddObjectToObject(body, "policy");
    cJSON *meta = cJSON_AddObjectToObject(policy, "_meta"), *phase;

    cJSON_AddStringToObject(meta, "managed_by", "alpex");
    cJSON_AddStringToObject(meta, "min_age", min_age); /* as it was given, to compare with */
    phase = cJSON_AddObjectToObject(cJSON_AddObjectToObject(policy, "phases"), "delete");
    cJSON_AddStringToObject(phase, "min_age", min_age);
    if (cJSON_AddObjectToObject(cJSON_AddObjectToObject(phase, "actions"), "delete"))
        return body;
    cJSON_Delete(body);
    return NULL;
}

static enum status no_lifecycles(const struct elastic_link *link, struct error *err)
{
    return error_set(err, RETRY,
                     "'%s' answered HTTP %ld to a question about lifecycle policies: it has no ILM "
                     "(OpenSearch has ISM instead); set retention.ilm_policy to \"\"",
                     link->node, link->answer.code);
}

/* *same: it is there as it should be. */
static enum status look(struct elastic_link *link, const char *path, const char *name,
                        const char *min_age, bool *same, struct error *err)
{
    scoped_json cJSON *json = NULL;
    const cJSON *meta;
    enum status status;
    long code;

    *same = false;
    status = retention_ask(link, "GET", path, NULL, &json, &code, err);
    if (link->answer.code == 400 || link->answer.code == 405)
        return no_lifecycles(link, err);
    if (status != OK)
        return status;
    if (code == 404) /* "no handler found" where there is no ILM at all */
        return cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(json, "error")) ||
                       json_number(json, "status", 0) == 404
                   ? OK
                   : no_lifecycles(link, err);
    meta = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, name), "policy"),
        "_meta");
    if (strcmp(json_text(meta, "managed_by", ""), "alpex") != 0)
        return error_set(err, RETRY,
                         "the lifecycle policy '%s' is not ours and is left alone; choose another "
                         "name for retention.ilm_policy",
                         name);
    *same = strcmp(json_text(meta, "min_age", ""), min_age) == 0;
    return OK;
}

enum status policy_ensure(struct elastic_link *link, const struct retention_config *config,
                          struct error *err)
{
    scoped_json cJSON *body = NULL;
    char path[PATH_ROOM], min_age[32];
    bool same;

    snprintf(path, sizeof(path), "/_ilm/policy/%s", config->ilm_policy);
    snprintf(min_age, sizeof(min_age), "%" PRIu64 "ms", config->rest.max_age_ms);
    if (look(link, path, config->ilm_policy, min_age, &same, err) || same)
        return same ? OK : err->status;
    body = make_policy(min_age);
    if (!body)
        return error_set(err, RETRY, "out of memory");
    if (retention_do(link, "PUT", path, body, NULL, err))
        return err->status;
    log_info("lifecycle policy '%s' is installed: indices go %s after the end of their day",
             config->ilm_policy, min_age);
    return OK;
}

enum status policy_give(struct elastic_link *link, const struct retention_config *config,
                        const struct retention_index *index, struct error *err)
{
    scoped_json cJSON *body = cJSON_CreateObject();
    char path[PATH_ROOM];

    cJSON_AddStringToObject(body, "index.lifecycle.name", config->ilm_policy);
    if (!cJSON_AddNumberToObject(body, "index.lifecycle.origination_date",
                                 (double)((index->day.day + 1) * DAY_MS)))
        return error_set(err, RETRY, "out of memory");
    snprintf(path, sizeof(path), "/%s/_settings", index->name);
    return retention_do(link, "PUT", path, body, NULL, err);
}
