/*
 * reload.c - how Elasticsearch is reached, read again while the indexer runs.
 */
#include "indexer/reload.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file_stamp.h"
#include "common/log.h"
#include "common/scope.h"
#include "indexer/config.h"

struct reload_held {
    struct reload_held *next;
    struct config *holder;
};

static uint64_t stamp_of(const struct elasticsearch_config *config)
{
    const char *const paths[] = {config->ca_file, config->certificate_file, config->key_file};

    return file_stamp(paths, ARRAY_LEN(paths));
}

void reload_init(struct reload *reload, const struct reload_source *source,
                 const struct elasticsearch_config *current)
{
    *reload = (struct reload){.source = source, .current = current, .stamp = stamp_of(current)};
}

static bool same_urls(const struct elasticsearch_config *a, const struct elasticsearch_config *b)
{
    if (a->url_count != b->url_count)
        return false;
    for (uint32_t i = 0; i < a->url_count; i++)
        if (strcmp(a->urls[i], b->urls[i]) != 0)
            return false;
    return true;
}

static bool is_same(const struct elasticsearch_config *a, const struct elasticsearch_config *b)
{
    return same_urls(a, b) && strcmp(a->username, b->username) == 0 &&
           strcmp(a->password, b->password) == 0 && strcmp(a->api_key, b->api_key) == 0 &&
           strcmp(a->ca_file, b->ca_file) == 0 &&
           strcmp(a->ca_fingerprint, b->ca_fingerprint) == 0 &&
           strcmp(a->certificate_file, b->certificate_file) == 0 &&
           strcmp(a->key_file, b->key_file) == 0 && strcmp(a->key_password, b->key_password) == 0;
}

static void complain(const char *why)
{
    size_t len = strlen(why);

    log_error("the configuration stays as it was: %.*s",
              (int)(len && why[len - 1] == '\n' ? len - 1 : len), why);
}

/* NULL: it stays as it is; with `say`, why is logged. */
static struct config *load(const struct reload_source *source, bool say,
                           struct indexer_config **config)
{
    struct config *holder = NULL;
    struct error err;

    /* Loading would write one with the defaults. */
    if (source->path && access(source->path, R_OK) != 0) {
        error_set_errno(&err, REJECT, "cannot read '%s'", source->path);
    } else if (indexer_config_load(source->path, source->settings, &holder, config, &err) == OK) {
        return holder;
    }
    if (say)
        complain(holder ? config_problems(holder) : err.text);
    config_close(holder);
    return NULL;
}

bool reload_read(struct reload *reload, bool say,
                 _Atomic(const struct elasticsearch_config *) *published)
{
    struct indexer_config *config;
    struct reload_held *held;
    struct config *holder = reload->source ? load(reload->source, say, &config) : NULL;
    uint64_t stamp;

    if (!holder)
        return false;
    stamp = stamp_of(&config->elasticsearch);
    held = malloc(sizeof(*held));
    if (!held || (is_same(&config->elasticsearch, reload->current) && stamp == reload->stamp)) {
        free(held);
        config_close(holder);
        return false;
    }
    *held = (struct reload_held){.next = reload->held, .holder = holder};
    reload->held = held;
    reload->current = &config->elasticsearch;
    reload->stamp = stamp;
    atomic_store(published, reload->current);
    return true;
}

void reload_release(struct reload *reload)
{
    while (reload->held) {
        struct reload_held *held = reload->held;

        reload->held = held->next;
        config_close(held->holder);
        free(held);
    }
}
