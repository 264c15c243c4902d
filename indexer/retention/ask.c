/*
 * ask.c - requests of retention: one answer as a tree, and what its code means.
 */
#include "indexer/retention/ask.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "indexer/sink/elastic_link.h"
#include "indexer/sink/elastic_verdict.h"

#define BODY_MAX (4u << 20)

static enum status refused(const struct elastic_link *link, const char *method, const char *path,
                           struct error *err)
{
    char text[240];
    long code = link->answer.code;

    elastic_error_text(buf_slice(&link->answer.body), true, text, sizeof(text));
    return error_set(err, RETRY, "%s %.*s: '%s' answered HTTP %ld%s%s%s", method,
                     (int)strcspn(path, "?"), path, link->node, code, *text ? ": " : "", text,
                     code == 401 || code == 403 ? "; check what the user or API key may do" : "");
}

enum status retention_ask(struct elastic_link *link, const char *method, const char *path,
                          const cJSON *body, cJSON **out, long *code, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(BODY_MAX);
    scoped_json cJSON *json = NULL;
    struct slice answer;

    if (body)
        json_write(body, &text);
    if (text.failed)
        return error_set(err, FATAL, "out of memory");
    if (elastic_link_request(link, method, path, body ? "application/json" : NULL, buf_slice(&text),
                             err))
        return err->status = RETRY;
    *code = link->answer.code;
    if ((*code < 200 || *code > 299) && *code != 404 && *code != 409)
        return refused(link, method, path, err);
    answer = buf_slice(&link->answer.body);
    json = cJSON_ParseWithLength(answer.data, answer.len);
    if (!json)
        return error_set(err, RETRY, "%s %.*s: '%s' did not answer with JSON", method,
                         (int)strcspn(path, "?"), path, link->node);
    if (out) {
        *out = json;
        json = NULL;
    }
    return OK;
}

enum status retention_do(struct elastic_link *link, const char *method, const char *path,
                         const cJSON *body, cJSON **out, struct error *err)
{
    scoped_json cJSON *json = NULL;
    long code;

    if (retention_ask(link, method, path, body, &json, &code, err))
        return err->status;
    if (code > 299)
        return refused(link, method, path, err);
    if (out) {
        *out = json;
        json = NULL;
    }
    return OK;
}

bool retention_was_blocked(const struct elastic_link *link)
{
    static const char name[] = "cluster_block_exception";
    const struct http_answer *answer = &link->answer;

    return (answer->code == 403 || answer->code == 429) && answer->body.len &&
           memmem(answer->body.data, answer->body.len, name, sizeof(name) - 1);
}
