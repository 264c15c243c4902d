/*
 * look.c - one name: a known file, a new one, a file under another name, or none.
 */
#include "shipper/input/tail/tail.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/scope.h"
#include "shipper/stream_name.h"

#define LINKS_MAX 40 /* as the kernel */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* ---- which names matter ---- */

static bool is_excluded(const struct tail *tail, const struct tail_folder *folder, const char *name)
{
    scoped_free char *path = NULL;

    for (uint32_t i = 0; i < tail->config->exclude_count; i++) {
        const char *pattern = tail->config->exclude[i];

        if (fnmatch(pattern, name, 0) == 0)
            return true;
        if (!strchr(pattern, '/') || (!path && asprintf(&path, "%s/%s", folder->path, name) < 0))
            continue;
        if (fnmatch(pattern, path, 0) == 0)
            return true;
    }
    return false;
}

static bool is_known_stream(const struct tail *tail, const char *stream)
{
    return tail_find_group(tail, stream) || checkpoint_of_stream(tail->checkpoint, stream, NULL);
}

static bool is_wanted_name(const struct tail_folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->name_count; i++)
        if (fnmatch(folder->names[i], name, FNM_PERIOD) == 0)
            return true;
    return false;
}

/* What is in `folder` as a rotated file of a stream that is, was, or would be followed. */
static bool is_rotated(const struct tail *tail, const struct tail_folder *folder, const char *name)
{
    char stream[PATH_MAX], *base;
    int len =
        snprintf(stream, sizeof(stream), "%s/", strcmp(folder->real, "/") == 0 ? "" : folder->real);

    if (tail->is_folder || len < 0 || (size_t)len + strlen(name) >= sizeof(stream))
        return false;
    base = stream + len;
    memcpy(base, name, strlen(name) + 1);
    /* Only an archive may be called as its stream: access.log.gz; the live file has a pattern. */
    return stream_name_strip(base, NULL) != SUFFIX_NONE &&
           (is_wanted_name(folder, base) || is_known_stream(tail, stream));
}

bool tail_is_relevant(const struct tail *tail, const struct tail_folder *folder, const char *name,
                      bool *wanted)
{
    *wanted = is_wanted_name(folder, name);
    if (!*wanted && !is_rotated(tail, folder, name))
        return false;
    *wanted &= !is_excluded(tail, folder, name);
    return *wanted || !is_excluded(tail, folder, name);
}

/* ---- links ---- */

/* The path that the link at `path` leads to; NULL: it is none. */
static char *read_link(const char *path)
{
    char target[PATH_MAX], *whole;
    ssize_t len = readlink(path, target, sizeof(target) - 1);
    const char *slash = strrchr(path, '/');

    if (len <= 0)
        return NULL;
    target[len] = '\0';
    if (target[0] == '/')
        return strdup(target);
    return asprintf(&whole, "%.*s/%s", (int)(slash - path), path, target) < 0 ? NULL : whole;
}

/* The same name in its folder's real path. */
static char *with_real_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    scoped_free char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    scoped_free char *real = folder ? realpath(folder, NULL) : NULL;
    char *whole;

    if (!real || asprintf(&whole, "%s/%s", strcmp(real, "/") == 0 ? "" : real, slash + 1) < 0)
        return NULL;
    return whole;
}

static void watch_target(struct tail *tail, const char *path)
{
    const char *slash = strrchr(path, '/');
    scoped_free char *of = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    struct tail_folder *folder = of ? tail_find_folder(tail, of) : NULL;

    if (!of || (folder && folder->target))
        return;
    if (!folder)
        folder = tail_folder_see(tail, of, NULL);
    if (folder)
        tail_folder_is_target(tail, folder);
}

/* Everything that the chain of links from `path` leads through is watched. */
static void follow_links(struct tail *tail, struct tail_file *file, const char *path)
{
    char *at = read_link(path), *next;

    for (int i = 0; at && i < LINKS_MAX; i++) {
        scoped_free char *real = with_real_folder(at);

        if (real && tail_file_add_alias(tail, file, real))
            watch_target(tail, real);
        next = read_link(at);
        free(at);
        at = next;
    }
    free(at);
}

/* ---- known files ---- */

/* The name without what rotation adds is the one that a writer has open. */
static bool is_live_name(const struct tail *tail, const char *stream, const char *real)
{
    return !tail->is_folder && strcmp(base_of(stream), base_of(real)) == 0;
}

void tail_note_size(struct tail *tail, struct tail_file *file, uint64_t size, int64_t modified_ns)
{
    bool same = file->size == size && file->modified_ns == modified_ns;

    file->modified_ns = modified_ns;
    if (same)
        return;
    file->size = size;
    tail_file_active(tail, file);
    if (file->entry && !file->replaced)
        tail_file_set_ready(tail, file, true);
    if (file->entry && size >= file->stream.read.offset && !file->packed &&
        file->entry->size != size) { /* else it is another content's */
        file->entry->size = size;
        checkpoint_changed(tail->checkpoint, file->entry);
    }
}

static bool leads_to(const char *path, const struct tail_file *file)
{
    struct tail_sight sight;

    return tail_see(AT_FDCWD, path, &sight) && sight.device == file->device &&
           sight.inode == file->inode;
}

static void try_identity(struct tail *tail, struct tail_file *file, const struct tail_sight *sight)
{
    enum tail_verdict verdict;

    if (!tail_file_open(tail, file))
        return;
    tail->identified = file;
    verdict = tail_identify(tail, file, sight);
    tail->identified = NULL;
    if (verdict != TAIL_WANTED) {
        if (!tail->is_folder) /* there it is the same content again, once the first one is done */
            tail_reject(tail, sight, file->stream.name, verdict == TAIL_COPY);
        tail_file_drop(tail, file);
        return;
    }
    file->packed = content_is_archive(file->content);
    /* Archives need memory: each waits closed for its turn. */
    if (file->packed && file->entry)
        tail_file_close(tail, file);
}

/* False: it is not the same file any more, look at it as a new one. */
static bool see_known(struct tail *tail, struct tail_file *file, const struct tail_look *look)
{
    const struct tail_sight *sight = &look->sight;

    file->round = tail->round;
    file->polled = look->folder->polled;
    if (file->born_ns && sight->born_ns && file->born_ns != sight->born_ns) {
        tail_replace(tail, file);
        return false;
    }
    if (file->placeless || strcmp(tail_place(file), look->path) != 0) {
        /* A second name of it, as long as the first one leads to it. */
        if (!file->placeless && leads_to(tail_place(file), file))
            return true;
        if (!file->entry) {
            tail_file_drop(tail, file);
            return false;
        }
        tail_file_move(tail, file, look->path);
        file->wanted = look->wanted;
        tail_file_set_live(tail, file,
                           look->wanted && is_live_name(tail, file->stream.name, look->path));
    }
    if (file->unreadable && file->entry)
        tail_file_set_ready(tail, file, true);
    file->unreadable = false;
    tail_note_size(tail, file, sight->size, sight->modified_ns);
    if (file->entry)
        file->entry->last_seen_ms = tail->looked_wall_ms;
    else
        try_identity(tail, file, sight);
    return true;
}

/* ---- new files ---- */

/* The path under which lines of the stream are shown, when `place` is behind a link; NULL: as it
 * is. */
static const char *shown_path(struct tail *tail, const struct tail_folder *folder,
                              const char *stream)
{
    struct tail_group *group = tail_find_group(tail, stream);
    struct checkpoint_entry *entry;

    if (folder->name_count) /* a pattern leads here */
        return NULL;
    for (struct tail_file *file = group ? group->first : NULL; file; file = file->next_of_group)
        if (file->link)
            return file->stream.path;
    entry = checkpoint_of_stream(tail->checkpoint, stream, NULL);
    return entry ? entry->path : NULL;
}

static struct tail_file *add_file(struct tail *tail, const struct tail_look *look, const char *real,
                                  bool link)
{
    scoped_free char *stream = tail->is_folder ? strdup(real) : stream_name_of_real(real);
    struct tail_file *file = stream ? tail_file_add(tail, stream, look->path, &look->sight) : NULL;
    const char *shown;

    if (!file)
        return NULL;
    file->wanted = look->wanted;
    tail_file_set_live(tail, file, look->wanted && is_live_name(tail, stream, real));
    file->polled = look->folder->polled;
    file->link = link;
    if (link)
        follow_links(tail, file, look->path);
    else if (!look->wanted && (shown = shown_path(tail, look->folder, stream)) &&
             strcmp(shown, look->path) != 0 && (file->place = strdup(look->path))) {
        file->link = stream_move(&file->stream, shown);
    }
    return file;
}

static bool is_too_old(const struct tail *tail, const struct tail_sight *sight)
{
    const uint64_t *older_ms = tail->config->ignore_older_ms;

    return older_ms && *older_ms &&
           tail->looked_wall_ms - sight->modified_ns / 1000000 > (int64_t)*older_ms &&
           !checkpoint_of_file(tail->checkpoint, sight->device, sight->inode, NULL);
}

/*
 * look->path in its folder's real path, which is known already: resolving it takes a call for each
 * part of the path. Unless the path leads to another folder by now.
 */
static char *real_path_of(const struct tail_look *look)
{
    const struct tail_folder *folder = look->folder;
    char *whole;

    if (!tail_folder_is_there(folder))
        return with_real_folder(look->path);
    return asprintf(&whole, "%s/%s", strcmp(folder->real, "/") == 0 ? "" : folder->real,
                    base_of(look->path)) < 0
               ? NULL
               : whole;
}

static void see_new(struct tail *tail, const struct tail_look *look)
{
    scoped_free char *real = NULL;
    struct tail_file *file;
    bool link;

    if (tail_is_rejected(tail, &look->sight) || tail_is_done(tail, &look->sight))
        return;
    if (is_too_old(tail, &look->sight)) {
        tail_reject(tail, &look->sight, look->path, false);
        return;
    }
    link = (real = read_link(look->path)) != NULL;
    free(take(real));
    real = link ? realpath(look->path, NULL) : real_path_of(look);
    file = real ? add_file(tail, look, real, link) : NULL;
    if (!file)
        return;
    try_identity(tail, file, &look->sight);
}

/* It can be opened no more; should it turn up somewhere, its entry says how far it was read. */
static void leave_closed(struct tail *tail, struct tail_file *file)
{
    if (file->content || file->stream.first)
        return;
    tail_file_drop(tail, file);
}

void tail_look(struct tail *tail, const struct tail_look *look)
{
    struct tail_file *file = tail_find_inode(tail, look->sight.device, look->sight.inode);
    struct tail_file *was = tail_find_place(tail, look->path);

    if (was && was != file && !was->replaced)
        tail_file_lose_place(tail,
                             was); /* another file has it now; the scan may find it elsewhere */
    if (!file || !see_known(tail, file, look))
        see_new(tail, look);
    if (was && was != file && was->placeless)
        leave_closed(tail, was);
}

void tail_name_gone(struct tail *tail, const char *path)
{
    struct tail_file *file = tail_find_place(tail, path);

    if (!file || file->replaced || leads_to(path, file))
        return;
    tail_file_lose_place(tail, file);
    leave_closed(tail, file);
}
