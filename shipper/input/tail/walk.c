/*
 * walk.c - patterns to folders: those that names can be in, and those where a folder is waited for.
 */
#include "shipper/input/tail/tail.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32 /* folders that `**` goes down */
#define WILD      "*?[\\"

struct path { /* grows and shrinks while a pattern is walked down */
    char text[PATH_MAX];
    size_t len;
    unsigned depth;
};

static void walk(struct tail *tail, struct path *path, const char *rest);

/* Goes one folder down, and comes back. */
static void walk_into(struct tail *tail, struct path *path, struct slice name, const char *rest)
{
    size_t before = path->len;

    if (before + 1 + name.len + 1 > sizeof(path->text) || path->depth == DEPTH_MAX)
        return;
    if (before == 0 || path->text[before - 1] != '/')
        path->text[path->len++] = '/';
    memcpy(path->text + path->len, name.data, name.len);
    path->len += name.len;
    path->text[path->len] = '\0';
    path->depth++;
    walk(tail, path, rest);
    path->depth--;
    path->len = before;
    path->text[before] = '\0';
}

static void is_way(struct tail *tail, const char *path)
{
    struct tail_folder *folder = tail_folder_see(tail, path, NULL);

    if (folder)
        folder->way = true;
}

static bool is_folder(DIR *dir, const struct dirent *item, bool follow)
{
    struct stat st;

    if (item->d_type == DT_DIR)
        return true;
    if (item->d_type != DT_UNKNOWN && !(follow && item->d_type == DT_LNK))
        return false;
    return fstatat(dirfd(dir), item->d_name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

/* Into each folder that `part` fits; `**` fits all but hidden ones, and follows no links. */
static void walk_each(struct tail *tail, struct path *path, const char *part, bool deep,
                      const char *rest)
{
    DIR *dir = opendir(path->len ? path->text : "/");
    struct dirent *item;

    is_way(tail, path->len ? path->text : "/");
    while (dir && (item = readdir(dir))) {
        if (deep ? item->d_name[0] == '.' : fnmatch(part, item->d_name, FNM_PERIOD) != 0)
            continue;
        if (is_folder(dir, item, !deep))
            walk_into(tail, path, slice_of(item->d_name), rest);
    }
    if (dir)
        closedir(dir);
}

static void walk_literal(struct tail *tail, struct path *path, const char *part, const char *rest)
{
    size_t before = path->len;
    char target[1];
    struct stat st;
    bool there;

    if (before + strlen(part) + 2 > sizeof(path->text))
        return;
    snprintf(path->text + before, sizeof(path->text) - before, "/%s", part);
    there = stat(path->text, &st) == 0 && S_ISDIR(st.st_mode);
    /* What is not there, or may lead elsewhere some day, is waited for here. */
    if (!there || readlink(path->text, target, sizeof(target)) > 0) {
        path->text[before] = '\0';
        is_way(tail, before ? path->text : "/");
    }
    path->text[before] = '\0';
    if (there)
        walk_into(tail, path, slice_of(part), rest);
}

/* `rest`: what of the pattern is below the folder `path`. */
static void walk(struct tail *tail, struct path *path, const char *rest)
{
    const char *slash;
    char part[NAME_MAX + 1];

    while (*rest == '/')
        rest++;
    slash = strchr(rest, '/');
    if (!slash) {
        tail_folder_see(tail, path->len ? path->text : "/", rest);
        return;
    }
    if ((size_t)(slash - rest) > NAME_MAX)
        return;
    snprintf(part, sizeof(part), "%.*s", (int)(slash - rest), rest);
    if (strcmp(part, "**") == 0) {
        walk(tail, path, slash);
        walk_each(tail, path, part, true, rest);
    } else if (strpbrk(part, WILD)) {
        walk_each(tail, path, part, false, slash);
    } else {
        walk_literal(tail, path, part, slash);
    }
}

/* Folders that only links led into stay as long as there is such a link. */
static void drop_unseen_folders(struct tail *tail)
{
    struct tail_folder *folder, *next;

    for (folder = tail->folders; folder; folder = next) {
        next = folder->next;
        if (folder->walk != tail->walk && !folder->target)
            tail_folder_drop(tail, folder);
        else if (folder->walk != tail->walk)
            folder->name_count = 0;
    }
}

void tail_walk(struct tail *tail)
{
    struct path path = {.len = 0};

    tail->must_walk = false;
    tail->walk++;
    for (uint32_t i = 0; i < tail->pattern_count; i++)
        walk(tail, &path, tail->patterns[i]);
    drop_unseen_folders(tail);
}
