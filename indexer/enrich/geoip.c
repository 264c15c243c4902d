/*
 * geoip.c - where an address is and whose, from MaxMind DB files.
 *
 * Few addresses make most of the traffic, and they are in few places, so answers
 * are kept (geoip_cache.h): for an address its parsing and the walks down the
 * trees are saved, for a place the search for some twenty values. Text points
 * into the databases, which are held until the next refresh.
 */
#include "indexer/enrich/enrich.h"

#include <stdlib.h>
#include <string.h>

#include "common/metrics.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/geoip_address.h"
#include "indexer/enrich/geoip_answer.h"
#include "indexer/enrich/geoip_cache.h"
#include "indexer/enrich/geoip_database.h"

#define PARTS_MAX (3 * GEOIP_FILES_MAX)

enum result { RESULT_HIT, RESULT_MISS, RESULT_SKIPPED, RESULT_CACHED, RESULTS };

struct part { /* one of the databases */
    struct shared_source *source;
    struct shared_data *held;
    const struct geoip_database *database; /* which is what is held; NULL: not loaded yet */
    struct metric *loaded, *built;
};

struct geoip {
    struct enrich base;
    struct part parts[PARTS_MAX]; /* in the order in which they are asked */
    unsigned part_count;
    struct geoip_cache *cache;
    uint64_t counts[RESULTS]; /* since the last refresh */
    struct metric *lookups[RESULTS];
};

/* One file may be given for cities and for networks: it says the same twice. */
static bool is_asked(const struct geoip *geoip, unsigned part)
{
    for (unsigned i = 0; i < part; i++)
        if (geoip->parts[i].database == geoip->parts[part].database)
            return true;
    return !geoip->parts[part].database;
}

struct places { /* what the databases have on an address */
    struct geoip_place items[PARTS_MAX];
    uint64_t key[PARTS_MAX]; /* the same in a few bytes, with the database's number on top */
    unsigned count;
};

static void find_places(const struct geoip *geoip, const union geoip_address *address,
                        struct places *places)
{
    struct geoip_place *place;

    for (unsigned i = 0; i < geoip->part_count; i++) {
        place = &places->items[places->count];
        if (!is_asked(geoip, i) &&
            geoip_database_find(geoip->parts[i].database, &address->any, place))
            places->key[places->count++] = (uint64_t)i << 56 | place->at;
    }
}

static const struct geoip_answer *look_up(struct geoip *geoip, struct slice text)
{
    struct places places = {.count = 0};
    union geoip_address address;
    struct geoip_answer *answer;
    bool is_somewhere = geoip_address_read(text, &address), found;

    if (is_somewhere)
        find_places(geoip, &address, &places);
    answer = geoip_cache_put(
        geoip->cache,
        (struct slice){(const char *)places.key, places.count * sizeof(places.key[0])}, &found);
    if (!found) {
        for (unsigned i = 0; i < places.count; i++)
            geoip_answer_add(answer, places.items[i].data, places.items[i].size,
                             places.items[i].at);
        geoip_answer_finish(answer);
    }
    geoip->counts[!is_somewhere                            ? RESULT_SKIPPED
                  : answer->has_place || answer->has_owner ? RESULT_HIT
                                                           : RESULT_MISS]++;
    return answer;
}

static const struct geoip_answer *answer_for(struct geoip *geoip, struct slice text)
{
    const struct geoip_answer *answer = geoip_cache_find(geoip->cache, text);

    if (!answer)
        return look_up(geoip, text);
    geoip->counts[RESULT_CACHED]++;
    return answer;
}

/* The client's address; a record of somebody else's making may have it under the other name. */
static bool find_address(struct record *record, struct slice *out)
{
    if (!record_text(record, FIELD_SOURCE_IP, out) &&
        !record_text(record, FIELD_SOURCE_ADDRESS, out))
        return false;
    return out->len > 0;
}

static void geoip_expect(struct enrich *enrich, struct record *record)
{
    struct slice text;

    if (find_address(record, &text))
        geoip_cache_expect(((struct geoip *)enrich)->cache, text);
}

/* What is added is good until the next record: the cache may give the answer up then. */
static bool geoip_apply(struct enrich *enrich, struct record *record)
{
    struct geoip *geoip = (struct geoip *)enrich;
    const struct geoip_answer *answer;
    struct slice text;

    if (!find_address(record, &text))
        return true;
    if (text.len >= INET6_ADDRSTRLEN) {
        geoip->counts[RESULT_SKIPPED]++;
        return true;
    }
    answer = answer_for(geoip, text);
    geoip_answer_set(answer, record);
    return true;
}

static void flush_counts(struct geoip *geoip)
{
    for (int i = 0; i < RESULTS; i++) {
        metric_add(geoip->lookups[i], geoip->counts[i]);
        geoip->counts[i] = 0;
    }
    if (geoip->cache)
        geoip_cache_flush_counts(geoip->cache);
}

/* Takes what was loaded meanwhile. True: pointers into the old database are gone. */
static bool renew(struct part *part)
{
    bool changed = shared_source_renew(part->source, &part->held);

    part->database = (const struct geoip_database *)part->held;
    metric_set(part->loaded, part->database != NULL);
    if (part->database)
        metric_set(part->built, (double)geoip_database_built(part->database));
    return changed;
}

static void geoip_refresh(struct enrich *enrich, int64_t now_ms)
{
    struct geoip *geoip = (struct geoip *)enrich;
    bool changed = false;

    for (unsigned i = 0; i < geoip->part_count; i++) {
        shared_source_refresh(geoip->parts[i].source, now_ms);
        changed |= renew(&geoip->parts[i]);
    }
    if (changed)
        geoip_cache_clear(geoip->cache);
    flush_counts(geoip);
}

static void geoip_close(struct enrich *enrich)
{
    struct geoip *geoip = (struct geoip *)enrich;

    if (!geoip)
        return;
    flush_counts(geoip);
    for (unsigned i = 0; i < geoip->part_count; i++) {
        shared_data_drop(geoip->parts[i].held);
        shared_source_close(geoip->parts[i].source);
    }
    geoip_cache_close(geoip->cache);
    free(geoip);
}

static void register_lookups(struct geoip *geoip)
{
    static const char *const labels[RESULTS] = {
        [RESULT_HIT] = "enricher=\"geoip\",result=\"hit\"",
        [RESULT_MISS] = "enricher=\"geoip\",result=\"miss\"",
        [RESULT_SKIPPED] = "enricher=\"geoip\",result=\"skipped\"",
        [RESULT_CACHED] = "enricher=\"geoip\",result=\"cached\"",
    };

    for (int i = 0; i < RESULTS; i++)
        geoip->lookups[i] = metrics_counter("indexer_enrich_lookups_total", labels[i],
                                            "Look-ups of enrichers by how they ended");
}

static enum status open_part(struct geoip *geoip, const char *path, const char *name,
                             struct error *err)
{
    const char *label = metrics_label("database", name);
    struct part *part = &geoip->parts[geoip->part_count];

    part->loaded = metrics_gauge("indexer_geoip_database_loaded", label,
                                 "Whether the GeoIP database is in use");
    part->built = metrics_gauge("indexer_geoip_database_built_timestamp_seconds", label,
                                "When the GeoIP database in use was built");
    if (geoip_database_source(path, &part->source, err))
        return err->status;
    geoip->part_count++;
    renew(part);
    return OK;
}

/* The files of one kind: "city", and "city 2" for the second. */
static enum status open_files(struct geoip *geoip, const char *paths, const char *kind,
                              struct error *err)
{
    scoped_free char *copy = strdup(paths);
    char *rest = copy, *path;
    char name[32];
    unsigned number = 0;

    if (!copy)
        return error_set(err, FATAL, "out of memory");
    while ((path = strsep(&rest, ",")) && number < GEOIP_FILES_MAX) {
        path += strspn(path, " ");
        while (*path && path[strlen(path) - 1] == ' ')
            path[strlen(path) - 1] = '\0';
        if (!*path)
            continue;
        if (number++)
            snprintf(name, sizeof(name), "%s %u", kind, number);
        else
            snprintf(name, sizeof(name), "%s", kind);
        if (open_part(geoip, path, name, err))
            return err->status;
    }
    return OK;
}

static enum status open_all(struct geoip *geoip, const struct geoip_config *config,
                            struct error *err)
{
    register_lookups(geoip);
    if (geoip_cache_open(config->cache_entries, sizeof(((struct places *)0)->key), &geoip->cache,
                         err) ||
        open_files(geoip, config->city, "city", err) ||
        open_files(geoip, config->country, "country", err) ||
        open_files(geoip, config->asn, "asn", err))
        return err->status;
    return OK;
}

static enum status geoip_open(const struct indexer_config *config, struct enrich **out,
                              struct error *err)
{
    struct geoip *geoip;

    if (!config->geoip.enabled ||
        (!*config->geoip.city && !*config->geoip.country && !*config->geoip.asn))
        return DONE;
    geoip = calloc(1, sizeof(*geoip));
    if (!geoip)
        return error_set(err, FATAL, "out of memory");
    geoip->base.type = &enrich_geoip;
    if (open_all(geoip, &config->geoip, err)) {
        geoip_close(&geoip->base);
        return err->status;
    }
    *out = &geoip->base;
    return OK;
}

const struct enrich_type enrich_geoip = {
    .name = "geoip",
    .open = geoip_open,
    .expect = geoip_expect,
    .apply = geoip_apply,
    .refresh = geoip_refresh,
    .close = geoip_close,
};
