/*
 * survey.c - the indices that are there, and whose they are.
 */
#include "indexer/retention/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "indexer/retention/ask.h"
#include "indexer/sink/elastic_link.h"

#define ARENA_BLOCK (64u << 10)
#define ARENA_MAX   (64u << 20)
#define WHICH_MAX   3072 /* bytes of names and patterns in an address */

/* Only what is read: mappings are long. */
#define DETAILS                                                                                    \
    "expand_wildcards=all&allow_no_indices=true&ignore_unavailable=true"                           \
    "&filter_path=*.aliases,*.data_stream,*.mappings._meta,*.settings.index.uuid,"                 \
    "*.settings.index.blocks,*.settings.index.lifecycle.name,*.settings.index.store.type"
#define SIZES                                                                                      \
    "expand_wildcards=all&ignore_unavailable=true&format=json&bytes=b"                             \
    "&h=index,uuid,status,docs.count,store.size"

static const cJSON *at(const cJSON *json, const char *path)
{
    char name[64];

    while (json && *path) {
        size_t len = strcspn(path, "/");

        snprintf(name, sizeof(name), "%.*s", (int)len, path);
        json = cJSON_GetObjectItemCaseSensitive(json, name);
        path += len + (path[len] == '/');
    }
    return json;
}

/* Settings come as texts, whatever they are. */
static bool is_set(const cJSON *json)
{
    return cJSON_IsTrue(json) || (cJSON_IsString(json) && strcmp(json->valuestring, "true") == 0);
}

static uint64_t size_of(const cJSON *row, const char *key)
{
    return strtoull(json_text(row, key, "0"), NULL, 10);
}

static enum index_hold hold_of(const cJSON *index)
{
    if (at(index, "data_stream"))
        return HOLD_DATA_STREAM;
    if (strcmp(json_text(at(index, "settings/index/store"), "type", ""), "snapshot") == 0)
        return HOLD_SNAPSHOT;
    if (is_set(at(index, "settings/index/blocks/read_only")) ||
        is_set(at(index, "settings/index/blocks/metadata")))
        return HOLD_READ_ONLY;
    return at(index, "settings/index/lifecycle/name") ? HOLD_LIFECYCLE : HOLD_NONE;
}

static bool has_mark(const cJSON *index, const char *prefix)
{
    const cJSON *meta = at(index, "mappings/_meta");

    return strcmp(json_text(meta, "managed_by", ""), "alpex") == 0 &&
           strcmp(json_text(meta, "prefix", ""), prefix) == 0;
}

static enum index_kind kind_of(struct slice name, const cJSON *index, const char *kept_prefix,
                               const char *prefix, struct index_day *day)
{
    bool kept = is_set(at(index, "mappings/_meta/kept"));

    if (index_day_parse(name, prefix, day))
        return kept ? INDEX_FOREIGN : INDEX_DAY;
    if (kept_name_parse(name, kept_prefix, prefix, day))
        return kept ? INDEX_KEPT : INDEX_FOREIGN;
    return INDEX_FOREIGN;
}

static const char *copy(struct survey *survey, const char *text)
{
    size_t size = strlen(text) + 1;
    char *room = arena_bytes(&survey->arena, size);

    return room ? memcpy(room, text, size) : NULL;
}

static void survey_init(struct survey *survey)
{
    *survey = (struct survey){.list = NULL};
    arena_init(&survey->arena, ARENA_BLOCK, ARENA_MAX);
}

/* Joins what both requests say of one index; one that only one of them knows comes or goes. */
static bool add_index(struct survey *survey, const cJSON *row, const cJSON *details,
                      const char *kept_prefix, const char *prefix)
{
    struct retention_index *index = &survey->list[survey->count];
    const char *name = json_text(row, "index", ""), *uuid = json_text(row, "uuid", "");
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(details, name);
    const char *policy = json_text(at(found, "settings/index/lifecycle"), "name", NULL);

    if (!found || strcmp(json_text(at(found, "settings/index"), "uuid", "?"), uuid) != 0)
        return true;
    *index = (struct retention_index){
        .name = copy(survey, name),
        .uuid = copy(survey, uuid),
        .hold = hold_of(found),
        .docs = size_of(row, "docs.count"),
        .bytes = size_of(row, "store.size"),
        .marked = has_mark(found, prefix),
        .closed = strcmp(json_text(row, "status", ""), "open") != 0,
        .no_writes = is_set(at(found, "settings/index/blocks/write")),
        .lifecycle = policy ? copy(survey, policy) : NULL,
    };
    index->kind = kind_of(slice_of(name), found, kept_prefix, prefix, &index->day);
    index->named = index->kind != INDEX_FOREIGN;
    if (!index->marked)
        index->kind = INDEX_FOREIGN;
    survey->count++;
    return index->name && index->uuid && (!policy || index->lifecycle);
}

static int by_day(const void *a, const void *b)
{
    const struct retention_index *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->day.day != y->day.day)
        return x->day.day < y->day.day ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* What it is asked for, and what the answers are read into. */
struct asking {
    struct survey *survey;
    struct elastic_link *link;
    const char *kept_prefix, *prefix;
    struct buf which;     /* a name, or patterns and the names that are left out */
    const cJSON *blocked; /* of the cluster's state: the blocks by index; or NULL */
};

/* Both requests. RETRY with retention_was_blocked: one of the indices cannot be looked at. */
static enum status ask_both(struct asking *asking, cJSON **rows, cJSON **details, struct error *err)
{
    scoped_buf struct buf path = BUF_INIT(2 * WHICH_MAX);
    long code;

    buf_addf(&path, "/_cat/indices/%s?" SIZES, buf_str(&asking->which));
    if (retention_ask(asking->link, "GET", buf_str(&path), NULL, rows, &code, err))
        return err->status;
    buf_clear(&path);
    buf_addf(&path, "/%s?" DETAILS, buf_str(&asking->which));
    if (retention_ask(asking->link, "GET", buf_str(&path), NULL, details, &code, err))
        return err->status;
    if (!cJSON_IsArray(*rows))
        return error_set(err, RETRY, "'%s' did not answer like Elasticsearch", asking->link->node);
    return OK;
}

static bool hides_metadata(const cJSON *blocks)
{
    const cJSON *block, *level;

    cJSON_ArrayForEach (block, blocks)
        cJSON_ArrayForEach (level, cJSON_GetObjectItemCaseSensitive(block, "levels"))
            if (cJSON_IsString(level) && strcmp(level->valuestring, "metadata_read") == 0)
                return true;
    return false;
}

/* One index with index.blocks.metadata, and Elasticsearch tells nothing of any: leave it out. */
static enum status leave_out_blocked(struct asking *asking, cJSON **state, struct error *err)
{
    const cJSON *index;

    if (retention_do(asking->link, "GET", "/_cluster/state/blocks?filter_path=blocks.indices", NULL,
                     state, err))
        return err->status;
    asking->blocked = at(*state, "blocks/indices");
    cJSON_ArrayForEach (index, asking->blocked)
        if (hides_metadata(index))
            buf_addf(&asking->which, ",-%s", index->string);
    if (asking->which.failed)
        return error_set(err, RETRY, "too many indices have index.blocks.metadata");
    return OK;
}

/* Names of ours that were left out: they are held. */
static bool add_blocked(const struct asking *asking)
{
    struct survey *survey = asking->survey;
    const cJSON *index;

    cJSON_ArrayForEach (index, asking->blocked) {
        struct retention_index *entry = &survey->list[survey->count];
        struct slice name = slice_of(index->string);

        *entry = (struct retention_index){.hold = HOLD_READ_ONLY, .named = true, .uuid = ""};
        if (!hides_metadata(index))
            continue;
        if (index_day_parse(name, asking->prefix, &entry->day))
            entry->kind = INDEX_DAY;
        else if (kept_name_parse(name, asking->kept_prefix, asking->prefix, &entry->day))
            entry->kind = INDEX_KEPT;
        else
            continue;
        entry->name = copy(survey, index->string);
        survey->count++;
        if (!entry->name)
            return false;
    }
    return true;
}

static enum status fill(struct asking *asking, const cJSON *rows, const cJSON *details,
                        struct error *err)
{
    struct survey *survey = asking->survey;
    size_t room = (size_t)cJSON_GetArraySize(rows) + (size_t)cJSON_GetArraySize(asking->blocked);
    const cJSON *row;
    bool good = true;

    survey->list = arena_alloc(&survey->arena, (room + 1) * sizeof(*survey->list));
    if (!survey->list)
        return error_set(err, FATAL, "out of memory");
    cJSON_ArrayForEach (row, rows)
        good = good && add_index(survey, row, details, asking->kept_prefix, asking->prefix);
    if (!good || !add_blocked(asking))
        return error_set(err, FATAL, "out of memory");
    qsort(survey->list, survey->count, sizeof(*survey->list), by_day);
    return OK;
}

enum status survey_take(struct survey *survey, struct elastic_link *link, const char *kept_prefix,
                        const char *prefix, struct error *err)
{
    struct asking asking = {survey, link, kept_prefix, prefix, BUF_INIT(WHICH_MAX), NULL};
    scoped_json cJSON *rows = NULL, *details = NULL, *state = NULL;
    enum status status;

    survey_init(survey);
    buf_addf(&asking.which, "%s-*,%s-%s-*", prefix, kept_prefix, prefix);
    status = ask_both(&asking, &rows, &details, err);
    if (status == RETRY && retention_was_blocked(link)) {
        cJSON_Delete(rows);
        cJSON_Delete(details);
        rows = details = NULL;
        status = leave_out_blocked(&asking, &state, err);
        if (status == OK)
            status = ask_both(&asking, &rows, &details, err);
    }
    if (status == OK)
        status = fill(&asking, rows, details, err);
    buf_release(&asking.which);
    return status;
}

enum status survey_one(struct survey *survey, struct elastic_link *link, const char *name,
                       const char *kept_prefix, const char *prefix, struct error *err)
{
    struct asking asking = {survey, link, kept_prefix, prefix, BUF_INIT(WHICH_MAX), NULL};
    scoped_json cJSON *rows = NULL, *details = NULL;
    enum status status;

    survey_init(survey);
    buf_add_text(&asking.which, name);
    status = ask_both(&asking, &rows, &details, err);
    if (status == OK)
        status = fill(&asking, rows, details, err);
    buf_release(&asking.which);
    if (status == OK && (survey->count != 1 || strcmp(survey->list[0].name, name) != 0))
        survey->count = 0;
    return status;
}

void survey_release(struct survey *survey)
{
    arena_release(&survey->arena);
    survey->list = NULL;
    survey->count = 0;
}

enum status survey_clock(struct elastic_link *link, int64_t *now_ms, struct error *err)
{
    scoped_json cJSON *json = NULL;
    int64_t epoch_s;

    if (retention_do(link, "GET", "/_cat/health?format=json&h=epoch", NULL, &json, err))
        return err->status;
    epoch_s = strtoll(json_text(cJSON_GetArrayItem(json, 0), "epoch", "0"), NULL, 10);
    if (epoch_s <= 0)
        return error_set(err, RETRY, "'%s' does not say what time it is", link->node);
    *now_ms = epoch_s * 1000;
    return OK;
}

static void read_watermarks(const cJSON *settings, struct survey_disks *out)
{
    static const char *const layers[] = {"transient", "persistent", "defaults"};

    for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
        const cJSON *marks =
            at(at(settings, layers[i]), "cluster/routing/allocation/disk/watermark");

        if (!out->low[0])
            snprintf(out->low, sizeof(out->low), "%s", json_text(marks, "low", ""));
        if (!out->high[0])
            snprintf(out->high, sizeof(out->high), "%s", json_text(marks, "high", ""));
        if (!out->flood_stage[0])
            snprintf(out->flood_stage, sizeof(out->flood_stage), "%s",
                     json_text(marks, "flood_stage", ""));
    }
}

enum status survey_disks(struct elastic_link *link, struct survey_disks *out, struct error *err)
{
    scoped_json cJSON *rows = NULL, *settings = NULL;
    const cJSON *row;

    *out = (struct survey_disks){.count = 0};
    if (retention_do(link, "GET",
                     "/_cat/allocation?format=json&bytes=b&h=node,disk.used,disk.total", NULL,
                     &rows, err) ||
        retention_do(link, "GET",
                     "/_cluster/settings?include_defaults=true"
                     "&filter_path=*.cluster.routing.allocation.disk.watermark",
                     NULL, &settings, err))
        return err->status;
    cJSON_ArrayForEach (row, rows) {
        struct survey_disk *disk = &out->list[out->count];

        if (out->count == SURVEY_DISKS_MAX || size_of(row, "disk.total") == 0)
            continue;
        snprintf(disk->node, sizeof(disk->node), "%s", json_text(row, "node", ""));
        disk->used_bytes = size_of(row, "disk.used");
        disk->total_bytes = size_of(row, "disk.total");
        out->count++;
    }
    read_watermarks(settings, out);
    return OK;
}
