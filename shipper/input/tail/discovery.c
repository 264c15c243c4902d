/*
 * discovery.c - folders to names: what is there, and when it is looked for.
 *
 * Names come from inotify or from a scan, and are looked at oldest first, so
 * that a rotated file comes before its successor.
 */
#include "shipper/input/tail/tail.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/grow.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "shipper/stream_name.h"

#define LOOKS_MAX  4096 /* more names at once: a scan is cheaper */
#define SCAN_SHARE 20   /* of the time: scans take at most one part of so many */

/* ---- patterns ---- */

/* A folder to be watched is a pattern for everything in it. */
static char *pattern_of(const struct tail *tail, const char *path)
{
    size_t len = strlen(path);
    char *pattern;

    if (!tail->is_folder)
        return strdup(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return asprintf(&pattern, "%.*s/*", (int)len, path) < 0 ? NULL : pattern;
}

enum status tail_discovery_open(struct tail *tail, struct error *err)
{
    uint32_t count = tail->config->path_count;

    tail->patterns = calloc(count ? count : 1, sizeof(char *));
    if (!tail->patterns)
        return error_set(err, FATAL, "out of memory");
    for (uint32_t i = 0; i < count; i++) {
        tail->patterns[i] = pattern_of(tail, tail->config->paths[i]);
        if (!tail->patterns[i])
            return error_set(err, FATAL, "out of memory");
        tail->pattern_count++;
    }
    tail_watch_open(tail);
    tail->must_walk = true;
    return OK;
}

static void drop_looks(struct tail *tail)
{
    while (tail->look_count)
        free(tail->looks[--tail->look_count].path);
}

void tail_discovery_close(struct tail *tail)
{
    drop_looks(tail);
    free(tail->looks);
    while (tail->folders)
        tail_folder_drop(tail, tail->folders);
    table_release(&tail->folders_by_path);
    table_release(&tail->folders_by_watch);
    if (tail->inotify >= 0)
        close(tail->inotify);
    for (uint32_t i = 0; i < tail->pattern_count; i++)
        free(tail->patterns[i]);
    free(tail->patterns);
}

/* ---- names to be looked at ---- */

void tail_scan_soon(struct tail *tail, int64_t in_ms)
{
    if (tail->scan_ms > tail->now_ms + in_ms)
        tail->scan_ms = tail->now_ms + in_ms;
}

static void add_look(struct tail *tail, struct tail_folder *folder, char *path,
                     const struct tail_sight *sight, bool wanted)
{
    if (!grow(&tail->looks, &tail->look_room, tail->look_count, sizeof(*tail->looks), 64)) {
        free(path);
        tail_scan_soon(tail, 1000);
        return;
    }
    tail->looks[tail->look_count++] =
        (struct tail_look){.folder = folder,
                           .path = path,
                           .sight = sight ? *sight : (struct tail_sight){0},
                           .there = sight != NULL,
                           .wanted = wanted};
}

static char *path_in(const struct tail_folder *folder, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", strcmp(folder->path, "/") == 0 ? "" : folder->path, name) < 0
               ? NULL
               : path;
}

void tail_look_at(struct tail *tail, struct tail_folder *folder, const char *name)
{
    char *path = tail->look_count < LOOKS_MAX ? path_in(folder, name) : NULL;
    struct tail_sight sight;
    bool wanted = false, there;

    if (!path) {
        tail_scan_soon(tail, 0);
        return;
    }
    tail_is_relevant(tail, folder, name, &wanted);
    there = tail_see(AT_FDCWD, path, &sight);
    /* Its folder may have gone with it: as long as a deleted file is open, inotify does not say so.
     */
    if (!there && !tail_folder_is_there(folder))
        tail->must_walk = true;
    add_look(tail, folder, path, there && sight.regular ? &sight : NULL, wanted);
}

void tail_look_at_path(struct tail *tail, const char *path)
{
    const char *slash = strrchr(path, '/');
    scoped_free char *of = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : NULL;
    struct tail_folder *folder = of ? tail_find_folder(tail, of) : NULL;

    if (folder)
        tail_look_at(tail, folder, slash + 1);
    else
        tail_scan_soon(tail, 0);
}

/* Another name of the same stream? Compares without a path: folders are large. */
static bool is_relative(const char *name, const char *stream_base)
{
    char base[NAME_MAX + 1];

    if (strlen(name) > NAME_MAX || strncmp(name, stream_base, strcspn(stream_base, ".")) != 0)
        return false;
    snprintf(base, sizeof(base), "%s", name);
    stream_name_strip(base, NULL);
    return strcmp(base, stream_base) == 0;
}

void tail_look_at_relatives(struct tail *tail, const struct tail_file *file)
{
    const char *place = tail_place(file), *slash = strrchr(file->stream.name, '/');
    struct tail_folder *folder;
    struct dirent *item;
    DIR *dir;

    tail_forget_rejects(tail, file->stream.name);
    tail_look_at_path(tail, place);
    for (folder = tail->folders; folder && slash; folder = folder->next) {
        if (strncmp(folder->real, file->stream.name, (size_t)(slash - file->stream.name)) != 0 ||
            strlen(folder->real) != (size_t)(slash - file->stream.name) ||
            !(dir = opendir(folder->path)))
            continue;
        while ((item = readdir(dir)))
            if (is_relative(item->d_name, slash + 1))
                tail_look_at(tail, folder, item->d_name);
        closedir(dir);
        return;
    }
}

/* Those that are there before those that are not, oldest first; access.log.2 before access.log.1.
 */
static int compare_looks(const void *a, const void *b)
{
    const struct tail_look *x = a, *y = b;

    if (x->there != y->there)
        return x->there ? -1 : 1;
    if (x->sight.modified_ns != y->sight.modified_ns)
        return x->sight.modified_ns < y->sight.modified_ns ? -1 : 1;
    return -strverscmp(x->path, y->path);
}

static void take_looks(struct tail *tail)
{
    while (tail->look_count) {
        struct tail_look *looks = tail->looks;
        size_t count = tail->look_count;

        /* Looking may add more. */
        tail->looks = NULL;
        tail->look_count = tail->look_room = 0;
        qsort(looks, count, sizeof(*looks), compare_looks);
        for (size_t i = 0; i < count; i++) {
            if (looks[i].there)
                tail_look(tail, &looks[i]);
            else
                tail_name_gone(tail, looks[i].path);
            free(looks[i].path);
        }
        free(looks);
    }
}

/* ---- scans ---- */

/* FRESH: folders that came since the last scan; POLLED: also those that inotify does not tell of.
 */
enum extent { SCAN_FRESH, SCAN_POLLED, SCAN_ALL };

/* Seen, and nothing new: what most files of a large folder are at each scan. */
static bool is_unchanged(struct tail *tail, const char *path, const struct tail_sight *sight)
{
    struct tail_file *file = tail_find_inode(tail, sight->device, sight->inode);

    if (!file)
        return tail_is_rejected(tail, sight);
    if (file->ready || file->unreadable || !(file->entry || file->live) ||
        file->size != sight->size || file->modified_ns != sight->modified_ns ||
        file->born_ns != sight->born_ns || strcmp(tail_place(file), path) != 0)
        return false;
    file->round = tail->round;
    if (file->entry)
        file->entry->last_seen_ms = tail->looked_wall_ms;
    return true;
}

static void scan_name(struct tail *tail, struct tail_folder *folder, int fd, const char *name,
                      char path[PATH_MAX])
{
    struct tail_sight sight;
    bool wanted;
    char *copy;

    if (!tail_is_relevant(tail, folder, name, &wanted) || !tail_see(fd, name, &sight) ||
        !sight.regular)
        return;
    snprintf(path, PATH_MAX, "%s/%s", strcmp(folder->path, "/") == 0 ? "" : folder->path, name);
    if (!is_unchanged(tail, path, &sight) && (copy = strdup(path)))
        add_look(tail, folder, copy, &sight, wanted);
}

static void scan_folder(struct tail *tail, struct tail_folder *folder)
{
    char path[PATH_MAX];
    struct dirent *item;
    DIR *dir = opendir(folder->path);

    if (!dir)
        return;
    while ((item = readdir(dir)))
        if (item->d_type == DT_REG || item->d_type == DT_LNK || item->d_type == DT_UNKNOWN)
            scan_name(tail, folder, dirfd(dir), item->d_name, path);
    closedir(dir);
}

/* What a scan has not seen is not where it was. */
static void look_for_the_unseen(struct tail *tail, bool polled_only)
{
    struct tail_file *file, *next;

    for (file = tail->files; file; file = next) {
        next = file->next;
        if (file->round == tail->round || file->placeless || file->replaced ||
            (polled_only && !file->polled))
            continue;
        tail_name_gone(tail, tail_place(file));
    }
}

static void mark_targets(struct tail *tail)
{
    for (struct tail_folder *folder = tail->folders; folder; folder = folder->next)
        folder->target = false;
    for (struct tail_file *file = tail->files; file; file = file->next)
        for (struct tail_alias *alias = file->aliases; alias; alias = alias->next) {
            const char *slash = strrchr(alias->path, '/');
            scoped_free char *of =
                strndup(alias->path, slash == alias->path ? 1 : (size_t)(slash - alias->path));
            struct tail_folder *folder = of ? tail_find_folder(tail, of) : NULL;

            if (folder)
                folder->target = true;
        }
}

static bool is_meant(const struct tail_folder *folder, enum extent extent)
{
    if (folder->name_count == 0 && !folder->target)
        return false;
    return extent == SCAN_ALL || folder->fresh || (extent == SCAN_POLLED && folder->polled);
}

static void scan(struct tail *tail, enum extent extent)
{
    tail->round += extent != SCAN_FRESH;
    tail->has_fresh = false;
    metric_add(tail->scans, 1);
    for (struct tail_folder *folder = tail->folders; folder; folder = folder->next) {
        if (!is_meant(folder, extent))
            continue;
        folder->fresh = false;
        scan_folder(tail, folder);
    }
    take_looks(tail);
    if (extent == SCAN_FRESH)
        return;
    look_for_the_unseen(tail, extent == SCAN_POLLED);
    take_looks(tail);
    if (extent == SCAN_POLLED)
        return;
    mark_targets(tail);
    tail_forget_rejects(tail, NULL);
    tail_give_up_lost(tail);
    tail->first_start = false;
}

static bool is_polling(const struct tail *tail)
{
    for (const struct tail_folder *folder = tail->folders; folder; folder = folder->next)
        if (folder->polled)
            return true;
    return false;
}

/* When the next scan of that kind is due, after one that took `took_ms`. */
static int64_t next_ms(const struct tail *tail, const uint64_t *interval_ms, int64_t standard_ms,
                       int64_t took_ms)
{
    int64_t pause_ms = interval_ms ? (int64_t)*interval_ms : standard_ms;

    if (pause_ms < took_ms * SCAN_SHARE)
        pause_ms = took_ms * SCAN_SHARE;
    return tail->now_ms + pause_ms;
}

/* What new contents are called, and since when, must outlive a crash before they are sent. */
static void save(struct tail *tail)
{
    struct error err;

    tail->must_save = false;
    if (checkpoint_save(tail->checkpoint, clock_wall_ms(), &err))
        log_warn("%s; tried again later", err.text);
}

void tail_discover(struct tail *tail)
{
    bool all = tail->now_ms >= tail->scan_ms, some = tail->now_ms >= tail->poll_ms;
    const struct input_config *config = tail->config;
    int64_t began_ms = clock_mono_ms(), took_ms;

    tail->looked_wall_ms = clock_wall_ms();
    if (all)
        tail_since_keep(tail);
    if (tail->must_walk || all || some) {
        tail_walk(tail);
        scan(tail, all ? SCAN_ALL : some ? SCAN_POLLED : SCAN_FRESH);
    }
    take_looks(tail);
    while (tail->has_fresh) /* links have led to other folders: what was rotated there? */
        scan(tail, SCAN_FRESH);
    took_ms = clock_mono_ms() - began_ms;
    if (all)
        tail->scan_ms = next_ms(tail, config->scan_interval_ms, INPUT_SCAN_INTERVAL_MS, took_ms);
    if (all || some)
        tail->poll_ms = is_polling(tail) ? next_ms(tail, config->poll_interval_ms,
                                                   INPUT_POLL_INTERVAL_MS, took_ms)
                                         : INT64_MAX;
    if (all || tail->must_save)
        save(tail);
}
