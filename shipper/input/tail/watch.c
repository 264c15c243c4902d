/*
 * watch.c - inotify on folders, and which folders it says nothing of.
 */
#include "shipper/input/tail/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/log.h"
#include "common/scope.h"

#define READS_A_TURN 32
#define SELF_MASK    (IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD)
#define WAY_MASK     (IN_CREATE | IN_MOVED_TO | SELF_MASK)
#define FILES_MASK                                                                                 \
    (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE |            \
     IN_ATTRIB | SELF_MASK)

/*
 * File systems whose changes may be made elsewhere, by another host or by a
 * process behind them: inotify does not tell (inotify(7), "Limitations"). An
 * overlay tells what is written through it, which is what a container sees.
 */
static bool is_remote(const char *path)
{
    static const unsigned long types[] = {
        0x6969,     /* NFS */
        0x517b,     /* SMB */
        0xfe534d42, /* SMB2 */
        0xff534d42, /* CIFS */
        0x65735546, /* FUSE */
        0x01021997, /* 9P */
        0x00c36400, /* Ceph */
        0x5346414f, /* AFS */
        0x0bd00bd0, /* Lustre */
        0x47504653, /* GPFS */
        0x01161970, /* GFS2 */
        0x7461636f, /* OCFS2 */
        0xaad7aaea, /* PanFS */
        0x786f4256, /* VirtualBox */
        0xbacbacbc, /* VMware */
    };
    struct statfs fs;

    if (statfs(path, &fs) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if ((unsigned long)fs.f_type == types[i])
            return true;
    return false;
}

void tail_watch_open(struct tail *tail)
{
    tail->inotify = -1;
    if (tail->config->poll == POLL_ALWAYS)
        return;
    tail->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (tail->inotify < 0)
        log_warn("inotify is not available: %s; folders are looked at by the clock",
                 strerror(errno));
}

struct tail_folder *tail_find_folder(const struct tail *tail, const char *path)
{
    struct table_link *link = table_find(&tail->folders_by_path, tail_hash(path));

    for (; link; link = table_next(link)) {
        struct tail_folder *folder = TABLE_MEMBER(link, struct tail_folder, by_path);

        if (strcmp(folder->path, path) == 0)
            return folder;
    }
    return NULL;
}

bool tail_folder_is_there(const struct tail_folder *folder)
{
    struct tail_sight sight;

    return tail_see(AT_FDCWD, folder->path, &sight) && sight.device == folder->device &&
           sight.inode == folder->inode;
}

static void watch(struct tail *tail, struct tail_folder *folder)
{
    uint32_t mask = folder->name_count || folder->target ? FILES_MASK : WAY_MASK;
    int wd = tail->inotify < 0 ? -1 : inotify_add_watch(tail->inotify, folder->path, mask);

    if (wd < 0 && tail->inotify >= 0 && !folder->polled)
        log_warn("cannot watch '%s': %s; it is looked at by the clock instead", folder->path,
                 strerror(errno));
    if (wd >= 0 && folder->watch < 0)
        table_add(&tail->folders_by_watch, &folder->by_watch, (uint64_t)wd);
    if (wd >= 0)
        folder->watch = wd;
    folder->polled = folder->watch < 0 || is_remote(folder->path);
    if (folder->polled)
        tail->poll_ms = 0;
}

static void unwatch(struct tail *tail, struct tail_folder *folder)
{
    int wd = folder->watch;

    if (wd < 0)
        return;
    table_remove(&tail->folders_by_watch, &folder->by_watch);
    folder->watch = -1;
    if (!table_find(&tail->folders_by_watch, (uint64_t)wd)) /* two paths may lead to one folder */
        inotify_rm_watch(tail->inotify, wd);
}

static struct tail_folder *add_folder(struct tail *tail, const char *path)
{
    struct tail_folder *folder = calloc(1, sizeof(*folder));

    if (!folder || !(folder->path = strdup(path)) || !(folder->real = realpath(path, NULL))) {
        if (folder)
            free(folder->path);
        free(folder);
        return NULL;
    }
    folder->watch = -1;
    folder->fresh = tail->has_fresh = true;
    folder->next = tail->folders;
    tail->folders = folder;
    table_add(&tail->folders_by_path, &folder->by_path, tail_hash(path));
    return folder;
}

void tail_folder_drop(struct tail *tail, struct tail_folder *folder)
{
    struct tail_folder **link = &tail->folders;

    while (*link != folder)
        link = &(*link)->next;
    *link = folder->next;
    unwatch(tail, folder);
    table_remove(&tail->folders_by_path, &folder->by_path);
    free(folder->names);
    free(folder->path);
    free(folder->real);
    free(folder);
}

static bool add_name(struct tail_folder *folder, const char *name)
{
    const char **names;

    for (size_t i = 0; i < folder->name_count; i++)
        if (strcmp(folder->names[i], name) == 0)
            return true;
    names = realloc(folder->names, (folder->name_count + 1) * sizeof(*names));
    if (!names)
        return false;
    folder->names = names;
    names[folder->name_count++] = name;
    return true;
}

/* The path may lead to another folder than last time, by a link or because it was made anew. */
static bool is_still(struct tail_folder *folder, const struct tail_sight *sight)
{
    bool same = folder->device == sight->device && folder->inode == sight->inode;
    char *real;

    folder->device = sight->device;
    folder->inode = sight->inode;
    if (same || !(real = realpath(folder->path, NULL)))
        return same;
    free(folder->real);
    folder->real = real;
    return false;
}

struct tail_folder *tail_folder_see(struct tail *tail, const char *path, const char *name)
{
    struct tail_folder *folder = tail_find_folder(tail, path);
    size_t count = folder ? folder->name_count : 0;
    struct tail_sight sight;

    if (!tail_see(AT_FDCWD, path, &sight) || (!folder && !(folder = add_folder(tail, path))))
        return NULL;
    folder->walk = tail->walk;
    if (name && !add_name(folder, name))
        return folder;
    if (!is_still(folder, &sight)) {
        unwatch(tail, folder);
        folder->fresh = tail->has_fresh = true;
    }
    if (folder->watch < 0 || folder->name_count != count)
        watch(tail, folder);
    return folder;
}

void tail_folder_is_target(struct tail *tail, struct tail_folder *folder)
{
    if (folder->target)
        return;
    folder->target = true;
    watch(tail, folder);
}

/* ---- events ---- */

/* A change of a path that a link leads to: the link is looked at. */
static void see_alias(struct tail *tail, const char *path)
{
    struct table_link *link = table_find(&tail->aliases, tail_hash(path));

    for (; link; link = table_next(link)) {
        struct tail_alias *alias = TABLE_MEMBER(link, struct tail_alias, by_path);

        if (strcmp(alias->path, path) == 0)
            tail_look_at_path(tail, alias->file->stream.path);
    }
}

static struct tail_file *find_written(const struct tail *tail, const char *path)
{
    struct tail_file *file = tail_find_place(tail, path);
    struct table_link *link = file ? NULL : table_find(&tail->aliases, tail_hash(path));

    for (; link; link = table_next(link)) {
        struct tail_alias *alias = TABLE_MEMBER(link, struct tail_alias, by_path);

        if (strcmp(alias->path, path) == 0)
            return alias->file;
    }
    return file;
}

static void see_name(struct tail *tail, struct tail_folder *folder, const char *name, uint32_t mask)
{
    scoped_free char *path = NULL;
    struct tail_file *file;
    bool wanted;

    if (asprintf(&path, "%s/%s", strcmp(folder->path, "/") == 0 ? "" : folder->path, name) < 0) {
        path = NULL;
        tail_scan_soon(tail, 0);
        return;
    }
    file = find_written(tail, path);
    if (file && file->entry && !(mask & ~(uint32_t)(IN_MODIFY | IN_CLOSE_WRITE))) {
        tail_file_set_ready(tail, file, true);
        tail_file_active(tail, file);
        return;
    }
    if (file && strcmp(tail_place(file), path) != 0)
        see_alias(tail, path);
    /* Names changed, or a file that is not identified yet grew. */
    if (file || tail_is_relevant(tail, folder, name, &wanted))
        tail_look_at(tail, folder, name);
}

/* `current` -> release-7: a link may lead to a folder. */
static bool is_link(const struct tail_folder *folder, const char *name)
{
    scoped_free char *path = NULL;
    char target[1];

    if (asprintf(&path, "%s/%s", folder->path, name) < 0)
        path = NULL;
    return path && readlink(path, target, sizeof(target)) > 0;
}

static void see_event(struct tail *tail, const struct inotify_event *event)
{
    struct table_link *link, *next;

    if (event->mask & IN_Q_OVERFLOW)
        tail_scan_soon(tail, 0);
    link = table_find(&tail->folders_by_watch, (uint64_t)event->wd);
    for (; link; link = next) {
        struct tail_folder *folder = TABLE_MEMBER(link, struct tail_folder, by_watch);

        next = table_next(link);
        if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT))
            tail->must_walk = true;
        if (event->mask & (IN_IGNORED | IN_UNMOUNT)) {
            table_remove(&tail->folders_by_watch, &folder->by_watch);
            folder->watch = -1;
        } else if (event->len) {
            tail->must_walk |= folder->way && event->mask & (IN_CREATE | IN_MOVED_TO) &&
                               (event->mask & IN_ISDIR || is_link(folder, event->name));
            if (folder->name_count || folder->target)
                see_name(tail, folder, event->name, event->mask);
        }
    }
}

void tail_read_events(struct tail *tail)
{
    char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t len;

    if (tail->inotify < 0)
        return;
    /* A folder that somebody writes to all the time must not keep us here: the rest comes next. */
    for (int i = 0; i < READS_A_TURN && (len = read(tail->inotify, bytes, sizeof(bytes))) > 0; i++)
        for (char *p = bytes; p < bytes + len;) {
            const struct inotify_event *event = (const struct inotify_event *)p;

            see_event(tail, event);
            p += sizeof(*event) + event->len;
        }
}
