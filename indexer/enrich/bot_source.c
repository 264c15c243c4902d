/*
 * bot_source.c - the list of bots and their addresses, loaded once for all workers.
 */
#include "indexer/enrich/bot_source.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "common/log.h"
#include "indexer/enrich/agent_config.h"

#define CHECK_MS 1000

struct bot_source {
    struct bot_source *next;
    const struct bots_config *config;
    unsigned users;           /* guarded by `lock`, as the next three */
    struct bot_data *current; /* never NULL */
    bool busy;                /* a thread is looking at the files; it alone uses the rest */
    int64_t checked_ms;
    uint64_t seen, tried; /* state of the files: at the last look; loaded, or known to be broken */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* leaf lock */
static struct bot_source *sources;

static void data_free(struct bot_data *data)
{
    for (size_t i = 0; i < data->range_count; i++)
        bot_ranges_close(data->ranges[i]);
    free(data->ranges);
    bot_list_close(data->list);
    free(data);
}

enum status bot_data_load(const struct bots_config *config, struct bot_data **out,
                          struct error *err)
{
    struct bot_data *data = calloc(1, sizeof(*data));

    if (!data)
        return error_set(err, FATAL, "out of memory");
    data->users = 1;
    data->ranges = calloc(config->verify_count + 1, sizeof(struct bot_ranges *));
    if (!data->ranges) {
        data_free(data);
        return error_set(err, FATAL, "out of memory");
    }
    if (bot_list_open(config->files, config->file_count, &data->list, err)) {
        data_free(data);
        return err->status;
    }
    for (; data->range_count < config->verify_count; data->range_count++) {
        const struct bot_verify_config *verify = &config->verify[data->range_count];

        if (bot_ranges_open(verify->files, verify->file_count, &data->ranges[data->range_count],
                            err)) {
            data_free(data);
            return err->status;
        }
    }
    *out = data;
    return OK;
}

static void add_state(XXH3_state_t *hash, const char *path)
{
    struct stat st;
    uint64_t parts[6] = {0};

    if (stat(path, &st) == 0) {
        parts[0] = (uint64_t)st.st_ino;
        parts[1] = (uint64_t)st.st_size;
        parts[2] = (uint64_t)st.st_mtim.tv_sec;
        parts[3] = (uint64_t)st.st_mtim.tv_nsec;
        parts[4] = (uint64_t)st.st_ctim.tv_sec;
        parts[5] = (uint64_t)st.st_ctim.tv_nsec;
    }
    XXH3_64bits_update(hash, parts, sizeof(parts));
}

/* A number that changes whenever one of the files may have. */
static uint64_t state_of(const struct bots_config *config)
{
    XXH3_state_t *hash = XXH3_createState();
    uint64_t digest = 0;

    if (!hash)
        return 0;
    XXH3_64bits_reset(hash);
    for (uint32_t i = 0; i < config->file_count; i++)
        add_state(hash, config->files[i]);
    for (uint32_t i = 0; i < config->verify_count; i++)
        for (uint32_t j = 0; j < config->verify[i].file_count; j++)
            add_state(hash, config->verify[i].files[j]);
    digest = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    return digest;
}

static struct bot_source *source_find(const struct bots_config *config)
{
    struct bot_source *source = sources;

    while (source && source->config != config)
        source = source->next;
    return source;
}

static enum status source_make(const struct bots_config *config, struct bot_source **out,
                               struct error *err)
{
    struct bot_source *source = calloc(1, sizeof(*source));

    if (!source)
        return error_set(err, FATAL, "out of memory");
    source->config = config;
    source->users = 1;
    source->checked_ms = INT64_MIN / 2;
    source->seen = source->tried = state_of(config);
    if (bot_data_load(config, &source->current, err)) {
        free(source);
        return err->status;
    }
    log_debug("%zu bots known by %zu patterns", source->current->list->name_count,
              source->current->list->pattern_count);
    *out = source;
    return OK;
}

enum status bot_source_open(const struct bots_config *config, struct bot_source **out,
                            struct error *err)
{
    struct bot_source *source;
    enum status status = OK;

    /* Held while it loads: the others would only load the same, and nobody else asks yet. */
    pthread_mutex_lock(&lock);
    source = source_find(config);
    if (source) {
        source->users++;
    } else {
        status = source_make(config, &source, err);
        if (status == OK && source) {
            source->next = sources;
            sources = source;
        }
    }
    pthread_mutex_unlock(&lock);
    if (status == OK)
        *out = source;
    return status;
}

/* By the one thread that made the source busy. */
static void look(struct bot_source *source)
{
    struct bot_data *data = NULL, *old;
    struct error err;
    uint64_t now = state_of(source->config);
    bool rests = now == source->seen;

    source->seen = now;
    if (!rests || now == source->tried)
        return;
    source->tried = now;
    if (bot_data_load(source->config, &data, &err) || !data) {
        log_warn("cannot load the lists of bots: %s; those loaded before stay in use", err.text);
        return;
    }
    log_info("lists of bots loaded anew: %zu bots known by %zu patterns", data->list->name_count,
             data->list->pattern_count);
    pthread_mutex_lock(&lock);
    old = source->current;
    source->current = data;
    pthread_mutex_unlock(&lock);
    bot_data_drop(old);
}

void bot_source_refresh(struct bot_source *source, int64_t now_ms)
{
    bool mine;

    pthread_mutex_lock(&lock);
    mine = !source->busy && now_ms - source->checked_ms >= CHECK_MS;
    if (mine) {
        source->busy = true;
        source->checked_ms = now_ms;
    }
    pthread_mutex_unlock(&lock);
    if (!mine)
        return;
    look(source);
    pthread_mutex_lock(&lock);
    source->busy = false;
    pthread_mutex_unlock(&lock);
}

void bot_source_close(struct bot_source *source)
{
    struct bot_source **link = &sources;
    bool is_last;

    if (!source)
        return;
    pthread_mutex_lock(&lock);
    is_last = --source->users == 0;
    if (is_last) {
        while (*link != source)
            link = &(*link)->next;
        *link = source->next;
    }
    pthread_mutex_unlock(&lock);
    if (!is_last)
        return;
    bot_data_drop(source->current);
    free(source);
}

bool bot_source_renew(struct bot_source *source, struct bot_data **held)
{
    struct bot_data *old = *held, *newest;

    pthread_mutex_lock(&lock);
    newest = source->current;
    if (newest != old)
        newest->users++;
    pthread_mutex_unlock(&lock);
    if (newest == old)
        return false;
    bot_data_drop(old);
    *held = newest;
    return true;
}

void bot_data_drop(struct bot_data *data)
{
    bool is_last;

    if (!data)
        return;
    pthread_mutex_lock(&lock);
    is_last = --data->users == 0;
    pthread_mutex_unlock(&lock);
    if (is_last)
        data_free(data);
}
