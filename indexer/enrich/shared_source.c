/*
 * shared_source.c - data made of files, loaded once for all workers.
 */
#include "indexer/enrich/shared_source.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/file_stamp.h"

#define LOOK_EVERY_MS 1000

struct shared_source {
    struct shared_source *next; /* guarded by `opening`, as the next */
    unsigned users;
    const struct shared_type *type;
    const void *config;
    char **paths;
    size_t path_count;

    struct shared_data *current; /* guarded by `lock`, as the next two; NULL: none was loaded yet */
    bool busy;                   /* a thread is looking at the files; it alone uses the rest */
    int64_t looked_ms;
    uint64_t seen,
        tried;         /* stamps: at the last look; of what was loaded, or is known to be wrong */
    struct error said; /* an empty text: all is well */
};

/* Held while a new source loads: the others would only load the same. Taken before `lock`. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static struct shared_source *sources;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* leaf lock; of all data's users, too */

static const char *const *paths_of(const struct shared_source *source)
{
    return (const char *const *)source->paths;
}

static uint64_t stamp_of(const struct shared_source *source)
{
    return file_stamp(paths_of(source), source->path_count);
}

void shared_data_drop(struct shared_data *data)
{
    bool is_last;

    if (!data)
        return;
    pthread_mutex_lock(&lock);
    is_last = --data->users == 0;
    pthread_mutex_unlock(&lock);
    if (is_last)
        data->type->free(data);
}

bool shared_source_renew(struct shared_source *source, struct shared_data **held)
{
    struct shared_data *old = *held, *newest;

    pthread_mutex_lock(&lock);
    newest = source->current;
    if (newest && newest != old)
        newest->users++;
    pthread_mutex_unlock(&lock);
    if (newest == old)
        return false;
    shared_data_drop(old);
    *held = newest;
    return true;
}

/* ---- loading: by the one thread that made the source busy ---- */

static void publish(struct shared_source *source, struct shared_data *data)
{
    struct shared_data *old;

    data->type = source->type;
    data->users = 1;
    pthread_mutex_lock(&lock);
    old = source->current;
    source->current = data;
    pthread_mutex_unlock(&lock);
    shared_data_drop(old);
}

static void say_failed(struct shared_source *source, enum status status, const struct error *err)
{
    bool has_old;

    if (status == RETRY && strcmp(source->said.text, err->text) == 0)
        return; /* which comes again and again */
    source->said = *err;
    pthread_mutex_lock(&lock);
    has_old = source->current != NULL;
    pthread_mutex_unlock(&lock);
    source->type->say_failed(err, paths_of(source), has_old);
}

/* `now` is the stamp from before: what changes meanwhile is loaded once more. */
static enum status load(struct shared_source *source, uint64_t now, bool at_start,
                        struct error *err)
{
    struct shared_data *data = NULL;
    enum status status = source->type->load(source->config, paths_of(source), &data, err);

    source->tried = status == RETRY ? ~now : now;
    if (status)
        return status;
    source->said.text[0] = '\0';
    source->type->say_loaded(data, paths_of(source), at_start);
    publish(source, data);
    return OK;
}

static void look(struct shared_source *source)
{
    uint64_t now = stamp_of(source);
    bool rests = now == source->seen;
    struct error err;
    enum status status;

    source->seen = now;
    if (!rests || now == source->tried)
        return;
    status = load(source, now, false, &err);
    if (status)
        say_failed(source, status, &err);
}

void shared_source_refresh(struct shared_source *source, int64_t now_ms)
{
    bool mine;

    pthread_mutex_lock(&lock);
    mine = !source->busy && now_ms - source->looked_ms >= LOOK_EVERY_MS;
    if (mine) {
        source->busy = true;
        source->looked_ms = now_ms;
    }
    pthread_mutex_unlock(&lock);
    if (!mine)
        return;
    look(source);
    pthread_mutex_lock(&lock);
    source->busy = false;
    pthread_mutex_unlock(&lock);
}

/* ---- opening and closing ---- */

static void source_free(struct shared_source *source)
{
    shared_data_drop(source->current);
    for (size_t i = 0; source->paths && i < source->path_count; i++)
        free(source->paths[i]);
    free(source->paths);
    free(source);
}

static bool copy_paths(struct shared_source *source, const char *const *paths, size_t count)
{
    source->paths = calloc(count + 1, sizeof(*source->paths));
    if (!source->paths)
        return false;
    for (; source->path_count < count; source->path_count++) {
        source->paths[source->path_count] = strdup(paths[source->path_count]);
        if (!source->paths[source->path_count])
            return false;
    }
    return true;
}

static bool same_paths(const struct shared_source *source, const char *const *paths, size_t count)
{
    if (source->path_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(source->paths[i], paths[i]) != 0)
            return false;
    return true;
}

static struct shared_source *find(const struct shared_type *type, const void *config,
                                  const char *const *paths, size_t count)
{
    struct shared_source *source = sources;

    while (source &&
           !(source->type == type && source->config == config && same_paths(source, paths, count)))
        source = source->next;
    return source;
}

static enum status load_first(struct shared_source *source, struct error *err)
{
    struct error why = {0};
    enum status status;

    source->seen = stamp_of(source);
    status = load(source, source->seen, true, &why);
    if (status == OK)
        return OK;
    if (!source->type->may_come_later)
        return error_set(err, status, "%s", why.text);
    say_failed(source, status, &why);
    return OK;
}

static enum status make(const struct shared_type *type, const void *config,
                        const char *const *paths, size_t count, struct shared_source **out,
                        struct error *err)
{
    struct shared_source *source = calloc(1, sizeof(*source));
    enum status status;

    if (!source)
        return error_set(err, FATAL, "out of memory");
    source->type = type;
    source->config = config;
    source->looked_ms = INT64_MIN / 2;
    status = copy_paths(source, paths, count) ? load_first(source, err)
                                              : error_set(err, FATAL, "out of memory");
    if (status) {
        source_free(source);
        return status;
    }
    *out = source;
    return OK;
}

enum status shared_source_open(const struct shared_type *type, const void *config,
                               const char *const *paths, size_t count, struct shared_source **out,
                               struct error *err)
{
    struct shared_source *source;
    enum status status = OK;

    pthread_mutex_lock(&opening);
    source = find(type, config, paths, count);
    if (!source) {
        status = make(type, config, paths, count, &source, err);
        if (status == OK) {
            source->next = sources;
            sources = source;
        }
    }
    if (status == OK) {
        source->users++;
        *out = source;
    }
    pthread_mutex_unlock(&opening);
    return status;
}

void shared_source_close(struct shared_source *source)
{
    struct shared_source **link = &sources;
    bool is_last;

    if (!source)
        return;
    pthread_mutex_lock(&opening);
    is_last = --source->users == 0;
    if (is_last) {
        while (*link != source)
            link = &(*link)->next;
        *link = source->next;
    }
    pthread_mutex_unlock(&opening);
    if (is_last)
        source_free(source);
}
