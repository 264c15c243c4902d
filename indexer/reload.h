/*
 * reload.h - how Elasticsearch is reached, read again while the indexer runs.
 *
 * Addresses, credentials, certificates: what a rotation of secrets changes.
 * Everything else of the configuration takes effect at the next start. Belongs
 * to the consumer thread; what it publishes is read by the workers.
 */
#ifndef INDEXER_RELOAD_H
#define INDEXER_RELOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct elasticsearch_config;
struct reload_held;

/* Where the configuration came from; texts are kept. */
struct reload_source {
    const char *path;            /* NULL: no file */
    const char *const *settings; /* ends with NULL; or NULL */
};

struct reload {
    const struct reload_source *source; /* NULL: nothing is ever read again */
    const struct elasticsearch_config *current;
    uint64_t stamp;           /* of its certificate files */
    struct reload_held *held; /* all that was ever published: workers may still look at it */
};

/* `current` is what is in force; it and `source` must outlive it. */
void reload_init(struct reload *reload, const struct reload_source *source,
                 const struct elasticsearch_config *current);

/*
 * Reads the configuration again. True: what it says of Elasticsearch is another
 * than before, or its certificate files are, and is in *published. A
 * configuration with problems changes nothing; with `say` they are logged.
 */
bool reload_read(struct reload *reload, bool say,
                 _Atomic(const struct elasticsearch_config *) *published);

/* When nobody looks at what was published any more. */
void reload_release(struct reload *reload);

#endif
