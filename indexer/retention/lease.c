/*
 * lease.c - one of several indexers at a time.
 */
#include "indexer/retention/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "indexer/retention/ask.h"

#define PATH_ROOM 512
#define DOCUMENT  "retention"

/* Containers may share host name and process ids: a random part tells them apart. */
void lease_init(struct lease *lease, struct elastic_link *link, const char *prefix)
{
    char host[64];
    uint64_t random = 0;

    *lease = (struct lease){.link = link, .prefix = prefix};
    if (gethostname(host, sizeof(host)) != 0)
        snprintf(host, sizeof(host), "unknown");
    host[sizeof(host) - 1] = '\0';
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        random = (uint64_t)clock_mono_ns();
    snprintf(lease->own, sizeof(lease->own), "%s:%ld:%016" PRIx64, host, (long)getpid(), random);
}

enum status lease_look(struct lease *lease, struct error *err)
{
    scoped_json cJSON *json = NULL;
    const cJSON *source;
    char path[PATH_ROOM];
    long code;

    snprintf(path, sizeof(path), "/.alpex-%s-control/_doc/" DOCUMENT, lease->prefix);
    if (retention_ask(lease->link, "GET", path, NULL, &json, &code, err))
        return err->status;
    lease->state = (struct lease_state){.exists = code == 200};
    if (code != 200)
        return OK;
    source = cJSON_GetObjectItemCaseSensitive(json, "_source");
    snprintf(lease->state.owner, sizeof(lease->state.owner), "%s", json_text(source, "owner", ""));
    snprintf(lease->state.blocked, sizeof(lease->state.blocked), "%s",
             json_text(source, "blocked", ""));
    lease->state.until_ms = json_number(source, "until_ms", 0);
    lease->state.finished_ms = json_number(source, "finished_ms", 0);
    lease->state.seq_no = json_number(json, "_seq_no", -1);
    lease->state.primary_term = json_number(json, "_primary_term", -1);
    if (lease->state.seq_no < 0 || lease->state.primary_term < 0)
        return error_set(err, RETRY, "the lease cannot be read: its document has no _seq_no");
    return OK;
}

/* Hidden: `*` does not find it. It is created once; who comes second is told so. */
static enum status make_index(struct lease *lease, struct error *err)
{
    scoped_json cJSON *body =
        cJSON_Parse("{\"settings\":{\"index\":{\"hidden\":true,\"number_of_shards\":1,"
                    "\"auto_expand_replicas\":\"0-1\"}},"
                    "\"mappings\":{\"dynamic\":false,\"_meta\":{\"managed_by\":\"alpex\"}}}");
    char path[PATH_ROOM];

    if (!body)
        return error_set(err, FATAL, "out of memory");
    snprintf(path, sizeof(path), "/.alpex-%s-control", lease->prefix);
    retention_do(lease->link, "PUT", path, body, NULL, err); /* writing tells whether it is there */
    return OK;
}

static cJSON *document_of(const struct lease_state *state)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "owner", state->owner);
    cJSON_AddNumberToObject(json, "until_ms", (double)state->until_ms);
    cJSON_AddNumberToObject(json, "finished_ms", (double)state->finished_ms);
    if (cJSON_AddStringToObject(json, "blocked", state->blocked))
        return json;
    cJSON_Delete(json);
    return NULL;
}

/* Writes the state as it is now. DONE: somebody else has written meanwhile. */
static enum status write_state(struct lease *lease, struct error *err)
{
    scoped_json cJSON *body = document_of(&lease->state), *answer = NULL;
    struct lease_state *state = &lease->state;
    char path[PATH_ROOM];
    long code;

    if (!body)
        return error_set(err, FATAL, "out of memory");
    if (state->exists)
        snprintf(path, sizeof(path),
                 "/.alpex-%s-control/_doc/" DOCUMENT "?if_seq_no=%" PRId64
                 "&if_primary_term=%" PRId64,
                 lease->prefix, state->seq_no, state->primary_term);
    else
        snprintf(path, sizeof(path), "/.alpex-%s-control/_create/" DOCUMENT, lease->prefix);
    if (retention_ask(lease->link, "PUT", path, body, &answer, &code, err))
        return err->status;
    if (code == 409)
        return error_set(err, DONE, "another indexer has taken the lease");
    if (code == 404)
        return error_set(err, RETRY, "the lease cannot be written: HTTP 404");
    state->exists = true;
    state->seq_no = json_number(answer, "_seq_no", -1);
    state->primary_term = json_number(answer, "_primary_term", -1);
    return OK;
}

enum status lease_take(struct lease *lease, int64_t now_ms, struct error *err)
{
    enum status status = lease_look(lease, err);

    if (status != OK)
        return status;
    if (lease->state.until_ms > now_ms && strcmp(lease->state.owner, lease->own) != 0)
        return error_set(err, DONE, "'%s' is at it; its lease ends in %" PRId64 " s unless renewed",
                         lease->state.owner, (lease->state.until_ms - now_ms) / 1000 + 1);
    if (!lease->state.exists && make_index(lease, err))
        return err->status;
    snprintf(lease->state.owner, sizeof(lease->state.owner), "%s", lease->own);
    lease->state.until_ms = now_ms + LEASE_MS;
    status = write_state(lease, err);
    if (status == RETRY && retention_was_blocked(lease->link)) {
        log_warn("the lease of retention cannot be written, as when disks are too full: indices "
                 "are deleted all the same, nothing is copied");
        lease->unwritten = true;
        status = OK;
    }
    lease->held = status == OK;
    return status;
}

enum status lease_renew(struct lease *lease, int64_t now_ms, struct error *err)
{
    enum status status;

    if (lease->unwritten)
        return OK;
    lease->state.until_ms = now_ms + LEASE_MS;
    status = write_state(lease, err);
    if (status == DONE)
        lease->held = false;
    return status;
}

enum status lease_hold(struct lease *lease, int64_t now_ms, struct error *err)
{
    if (lease->state.until_ms - now_ms > LEASE_MS * 2 / 3)
        return OK;
    return lease_renew(lease, now_ms, err);
}

void lease_release(struct lease *lease, bool finished, int64_t now_ms)
{
    struct error ignored;

    if (!lease->held)
        return;
    lease->held = false;
    if (lease->unwritten)
        return;
    lease->state.until_ms = 0;
    if (finished)
        lease->state.finished_ms = now_ms;
    if (write_state(lease, &ignored) == RETRY)
        log_warn("the lease of retention could not be given back; it ends by itself: %s",
                 ignored.text);
}
