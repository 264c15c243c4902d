/*
 * since.c - since when each pattern is followed: kept in the checkpoint, as an
 * entry of its own.
 *
 * A file may be written and rotated before any line of its stream was ever
 * known, between a start and a crash, or while the agent was down. It is ours
 * when it changed after we began to follow its name; what is older is from
 * before our time.
 */
#include "shipper/input/tail/tail.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

#define STREAM_FORMAT "since:%s" /* no path begins so */
#define DAY_MS        86400000

/* The pattern's entry, seen today, so that it is not forgotten; NULL without memory. */
static const struct checkpoint_entry *touch(struct tail *tail, const char *pattern, int64_t now_ms)
{
    char stream[PATH_MAX + 8];
    struct checkpoint_entry *entry;

    snprintf(stream, sizeof(stream), STREAM_FORMAT, pattern);
    entry = checkpoint_of_stream(tail->checkpoint, stream, NULL);
    if (!entry) {
        entry = checkpoint_add(tail->checkpoint, stream, pattern, tail_hash(pattern) | 1, 0);
        if (!entry)
            return NULL;
        entry->found_ms = now_ms;
        tail->must_save = true; /* before anything that was found is sent */
    } else if (now_ms - entry->last_seen_ms < DAY_MS) {
        return entry;
    }
    entry->last_seen_ms = now_ms;
    checkpoint_changed(tail->checkpoint, entry);
    return entry;
}

enum status tail_since_open(struct tail *tail, struct error *err)
{
    struct error later;

    tail->since_ms = calloc(tail->pattern_count ? tail->pattern_count : 1, sizeof(int64_t));
    if (!tail->since_ms)
        return error_set(err, FATAL, "out of memory");
    for (uint32_t i = 0; i < tail->pattern_count; i++) {
        const struct checkpoint_entry *entry = touch(tail, tail->patterns[i], clock_wall_ms());

        if (!entry)
            return error_set(err, FATAL, "out of memory");
        tail->since_ms[i] = entry->found_ms;
    }
    /* At once: Kafka may not be there for long, and nothing is looked at before. */
    if (tail->must_save && checkpoint_save(tail->checkpoint, clock_wall_ms(), &later))
        log_warn("%s; tried again later", later.text);
    return OK;
}

void tail_since_keep(struct tail *tail)
{
    for (uint32_t i = 0; i < tail->pattern_count; i++)
        touch(tail, tail->patterns[i], tail->looked_wall_ms);
}

static bool matches(const char *pattern, const char *path)
{
    /* Folders between do not matter for "**", which stands for any of them. */
    return fnmatch(pattern, path, strstr(pattern, "**") ? 0 : FNM_PATHNAME) == 0;
}

int64_t tail_since_ms(const struct tail *tail, const struct tail_file *file)
{
    const char *slash = strrchr(file->stream.path, '/'), *base = strrchr(file->stream.name, '/');
    int64_t since_ms = INT64_MAX;
    char live[PATH_MAX];

    if (!slash || !base)
        return since_ms;
    /* The name that its writer uses, in the folder as it is shown. */
    snprintf(live, sizeof(live), "%.*s%s", (int)(slash - file->stream.path), file->stream.path,
             base);
    for (uint32_t i = 0; i < tail->pattern_count; i++)
        if (tail->since_ms[i] < since_ms && matches(tail->patterns[i], live))
            since_ms = tail->since_ms[i];
    return since_ms;
}
