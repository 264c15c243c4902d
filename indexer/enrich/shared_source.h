/*
 * shared_source.h - data made of files, loaded once for all workers.
 *
 * A source is looked at now and then by whichever worker comes first. Files
 * that have changed are loaded anew once they rest: one that is still being
 * written waits for the next look. When that fails, what was loaded before
 * stays in use until they change again. Data is immutable, and lives until the
 * last worker that holds it drops it. Thread-safe.
 *
 * What is made of the files is the variants' matter: bot_data.c,
 * geoip_database.c, threat/source.c.
 */
#ifndef INDEXER_ENRICH_SHARED_SOURCE_H
#define INDEXER_ENRICH_SHARED_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct shared_source; /* shared by all who opened it */
struct shared_type;

struct shared_data { /* first member of what a variant loads */
    const struct shared_type *type;
    unsigned users;
};

struct shared_type {
    bool may_come_later; /* opening is no failure though nothing can be loaded yet */

    /*
     * Makes *out of the files. RETRY: tried again at the next look, though they
     * may not have changed by then. `config` and `paths` are those of the open.
     */
    enum status (*load)(const void *config, const char *const *paths, struct shared_data **out,
                        struct error *err);
    void (*free)(struct shared_data *data);

    /* Log what has happened to the files. At the start, failures of others are returned instead. */
    void (*say_loaded)(const struct shared_data *data, const char *const *paths, bool at_start);
    void (*say_failed)(const struct error *err, const char *const *paths, bool has_old);
};

/*
 * The source of this type, configuration (compared by address; NULL is fine)
 * and these paths, which are copied. Loads when it is new; `config` must outlive it.
 */
enum status shared_source_open(const struct shared_type *type, const void *config,
                               const char *const *paths, size_t count, struct shared_source **out,
                               struct error *err);

/* Looks at the files, at most once a second; blocks while they are loaded. */
void shared_source_refresh(struct shared_source *source, int64_t now_ms);
void shared_source_close(struct shared_source *source); /* NULL is fine */

/*
 * Makes *held the newest data (NULL: none yet), dropping what was held before.
 * True when that changed it: pointers into the old data are gone.
 */
bool shared_source_renew(struct shared_source *source, struct shared_data **held);
void shared_data_drop(struct shared_data *data); /* NULL is fine */

#endif
