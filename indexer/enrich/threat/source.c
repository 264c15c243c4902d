/*
 * source.c - the book of a configuration: compiled once, anew when files change.
 */
#include "indexer/enrich/threat/book.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "indexer/enrich/threat/config.h"

#define LOOK_EVERY_MS 5000
#define FILES_MAX     64

struct stamp { /* what tells a changed file */
    struct timespec modified;
    off_t size;
    ino_t inode;
};

struct threat_source {
    struct threat_source *next;
    const struct threats_config *config;
    unsigned users;
    struct threat_book *book;
    struct stamp stamps[FILES_MAX];
    int64_t looked_ms;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list and what is in it */
static struct threat_source *sources;

static struct stamp stamp_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return (struct stamp){0};
    return (struct stamp){st.st_mtim, st.st_size, st.st_ino};
}

static bool take_stamps(struct threat_source *source)
{
    const struct threats_config *config = source->config;
    struct stamp now;
    bool changed = false;

    for (uint32_t i = 0; i < config->file_count && i < FILES_MAX; i++) {
        now = stamp_of(config->files[i]);
        changed |= memcmp(&now.modified, &source->stamps[i].modified, sizeof(now.modified)) != 0 ||
                   now.size != source->stamps[i].size || now.inode != source->stamps[i].inode;
        source->stamps[i] = now;
    }
    return changed;
}

static enum status load(struct threat_source *source, struct threat_book **out, struct error *err)
{
    struct config_report report;
    enum status status;

    config_report_init(&report);
    status = threat_book_open(source->config, &report, out, err);
    config_report_release(&report);
    return status;
}

static struct threat_source *find_source(const struct threats_config *config)
{
    struct threat_source *source = sources;

    while (source && source->config != config)
        source = source->next;
    return source;
}

/* Called with the lock held: workers that open at the same time wait for one compilation. */
static enum status make_source(const struct threats_config *config, struct threat_source **out,
                               struct error *err)
{
    struct threat_source *source = calloc(1, sizeof(*source));
    enum status status;

    if (!source)
        return error_set(err, FATAL, "out of memory");
    source->config = config;
    take_stamps(source);
    status = load(source, &source->book, err);
    if (status) {
        free(source);
        return error_set(err, FATAL, "threats: %s", err->text);
    }
    source->next = sources;
    sources = source;
    *out = source;
    return OK;
}

enum status threat_source_open(const struct threats_config *config, struct threat_source **out,
                               struct error *err)
{
    enum status status = OK;
    struct threat_source *source;

    pthread_mutex_lock(&lock);
    source = find_source(config);
    if (!source)
        status = make_source(config, &source, err);
    if (status == OK) {
        source->users++;
        *out = source;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

void threat_source_refresh(struct threat_source *source, int64_t now_ms)
{
    struct threat_book *book, *old = NULL;
    struct error err;
    unsigned count;
    bool changed = false;

    if (source->config->file_count == 0)
        return;
    pthread_mutex_lock(&lock);
    if (now_ms - source->looked_ms >= LOOK_EVERY_MS || source->looked_ms == 0) {
        source->looked_ms = now_ms;
        changed = take_stamps(source);
    }
    pthread_mutex_unlock(&lock);
    if (!changed)
        return;
    if (load(source, &book, &err)) {
        log_warn("the threat rules have changed and are wrong, those before stay in force: %s",
                 err.text);
        return;
    }
    pthread_mutex_lock(&lock);
    old = source->book;
    source->book = book;
    count = book->rules.count;
    pthread_mutex_unlock(&lock);
    threat_book_drop(old);
    log_info("the threat rules have changed: %u in force", count);
}

bool threat_source_renew(struct threat_source *source, struct threat_book **held)
{
    struct threat_book *old = *held;
    bool changed;

    pthread_mutex_lock(&lock);
    changed = old != source->book;
    if (changed) {
        *held = source->book;
        source->book->references++;
    }
    pthread_mutex_unlock(&lock);
    if (changed)
        threat_book_drop(old);
    return changed;
}

void threat_source_close(struct threat_source *source)
{
    struct threat_source **link = &sources;
    bool last;

    if (!source)
        return;
    pthread_mutex_lock(&lock);
    last = --source->users == 0;
    if (last) {
        while (*link != source)
            link = &(*link)->next;
        *link = source->next;
    }
    pthread_mutex_unlock(&lock);
    if (!last)
        return;
    threat_book_drop(source->book);
    free(source);
}
