/*
 * files.c - the files that are known: by place, by inode; open and closed, ready or not.
 */
#include "shipper/input/tail/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/log.h"
#include "common/metrics.h"

#define RETRY_MS   10000 /* what could not be opened is tried again */
#define ROOM_SHARE 16    /* one part of so many is closed when as many are open as may be */

uint64_t tail_hash(const char *text)
{
    return XXH3_64bits(text, strlen(text));
}

uint64_t tail_inode_hash(uint64_t device, uint64_t inode)
{
    uint64_t both[2] = {device, inode};

    return XXH3_64bits(both, sizeof(both));
}

static int64_t ns_of(const struct statx_timestamp *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static bool see(int fd, const char *path, int flags, struct tail_sight *sight)
{
    struct statx st;

    if (statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &st) != 0)
        return false;
    *sight = (struct tail_sight){
        .device = makedev(st.stx_dev_major, st.stx_dev_minor),
        .inode = st.stx_ino,
        .size = st.stx_size,
        .modified_ns = ns_of(&st.stx_mtime),
        .changed_ns = ns_of(&st.stx_ctime),
        .born_ns = st.stx_mask & STATX_BTIME ? ns_of(&st.stx_btime) : 0,
        .regular = S_ISREG(st.stx_mode),
        .linked = st.stx_nlink > 0,
    };
    return true;
}

bool tail_see(int folder_fd, const char *path, struct tail_sight *sight)
{
    return see(folder_fd, path, 0, sight);
}

bool tail_see_fd(int fd, struct tail_sight *sight)
{
    return see(fd, "", AT_EMPTY_PATH, sight);
}

/* ---- known files ---- */

const char *tail_place(const struct tail_file *file)
{
    return file->place ? file->place : file->stream.path;
}

struct tail_file *tail_find_place(const struct tail *tail, const char *path)
{
    struct table_link *link = table_find(&tail->by_place, tail_hash(path));

    for (; link; link = table_next(link)) {
        struct tail_file *file = TABLE_MEMBER(link, struct tail_file, by_place);

        if (strcmp(tail_place(file), path) == 0)
            return file;
    }
    return NULL;
}

struct tail_file *tail_find_inode(const struct tail *tail, uint64_t device, uint64_t inode)
{
    struct table_link *link = table_find(&tail->by_inode, tail_inode_hash(device, inode));

    for (; link; link = table_next(link)) {
        struct tail_file *file = TABLE_MEMBER(link, struct tail_file, by_inode);

        if (file->device == device && file->inode == inode && !file->replaced)
            return file;
    }
    return NULL;
}

struct tail_group *tail_find_group(const struct tail *tail, const char *stream)
{
    struct table_link *link = table_find(&tail->groups, tail_hash(stream));

    for (; link; link = table_next(link)) {
        struct tail_group *group = TABLE_MEMBER(link, struct tail_group, by_name);

        if (strcmp(group->first->stream.name, stream) == 0)
            return group;
    }
    return NULL;
}

/* Times of files are coarse: a copy and the truncation behind it may share one. */
static bool is_younger(const struct tail_file *file, const struct tail_file *than)
{
    if (file->modified_ns != than->modified_ns || !file->entry || !than->entry)
        return file->modified_ns > than->modified_ns;
    return file->entry->found_ms > than->entry->found_ms;
}

static void take_place(struct tail_file *file)
{
    struct tail_file **link = &file->group->first;

    while (*link && !is_younger(*link, file))
        link = &(*link)->next_of_group;
    file->next_of_group = *link;
    *link = file;
}

static bool join_group(struct tail *tail, struct tail_file *file)
{
    struct tail_group *group = tail_find_group(tail, file->stream.name);

    if (!group) {
        group = calloc(1, sizeof(*group));
        if (!group)
            return false;
        table_add(&tail->groups, &group->by_name, tail_hash(file->stream.name));
    }
    file->group = group;
    take_place(file);
    return true;
}

static void give_place(struct tail_file *file)
{
    struct tail_file **link = &file->group->first;

    while (*link != file)
        link = &(*link)->next_of_group;
    *link = file->next_of_group;
}

void tail_file_order(struct tail_file *file)
{
    give_place(file);
    take_place(file);
}

/* Is a content of its stream cut off, whose rest may still be found in a copy? */
static bool is_held_back(const struct tail_file *file)
{
    const struct tail_file *other = file->group->first;

    while (other && !other->replaced)
        other = other->next_of_group;
    return other != NULL;
}

/* What was held back for the file that has left has its turn, behind what is older. */
static void wake_group(struct tail *tail, const struct tail_group *group)
{
    for (struct tail_file *file = group->first; file; file = file->next_of_group)
        if (!file->replaced && (file->packed ? file->entry && !file->complete && !file->damaged
                                             : tail_has_rest(tail, file)))
            tail_file_set_ready(tail, file, true);
}

static void leave_group(struct tail *tail, struct tail_file *file)
{
    struct tail_group *group = file->group;

    give_place(file);
    if (!group->first) {
        table_remove(&tail->groups, &group->by_name);
        free(group);
    } else if (file->replaced) {
        wake_group(tail, group);
    }
}

struct tail_file *tail_file_add(struct tail *tail, const char *stream, const char *path,
                                const struct tail_sight *sight)
{
    struct tail_file *file = calloc(1, sizeof(*file));

    if (file)
        file->modified_ns = sight->modified_ns;
    if (!file || !stream_init(&file->stream, tail->config, stream, path) ||
        !join_group(tail, file)) {
        if (file)
            stream_release(&file->stream);
        free(file);
        return NULL;
    }
    file->device = sight->device;
    file->inode = sight->inode;
    file->born_ns = sight->born_ns;
    file->size = sight->size;
    file->changed_ms = tail->now_ms;
    file->round = tail->round;
    file->next = tail->files;
    if (file->next)
        file->next->previous = file;
    tail->files = file;
    tail->file_count++;
    table_add(&tail->by_place, &file->by_place, tail_hash(path));
    table_add(&tail->by_inode, &file->by_inode, tail_inode_hash(file->device, file->inode));
    return file;
}

static void leave_list(struct tail_file *file)
{
    struct tail_list *list = file->list;

    if (!list)
        return;
    if (file->fresher)
        file->fresher->staler = file->staler;
    else
        list->freshest = file->staler;
    if (file->staler)
        file->staler->fresher = file->fresher;
    else
        list->stalest = file->fresher;
    file->fresher = file->staler = NULL;
    file->list = NULL;
}

static void drop_aliases(struct tail *tail, struct tail_file *file)
{
    struct tail_alias *alias;

    while ((alias = file->aliases)) {
        file->aliases = alias->next;
        table_remove(&tail->aliases, &alias->by_path);
        free(alias);
    }
}

/* Names that are the entry's are not the stream's to free. */
static void return_names(struct tail_file *file)
{
    if (file->entry && file->stream.name == file->entry->stream)
        file->stream.name = NULL;
    if (file->entry && file->stream.path == file->entry->path)
        file->stream.path = NULL;
}

void tail_file_drop(struct tail *tail, struct tail_file *file)
{
    /* What it had at last, perhaps never seen, may be in what was made of it. */
    if (file->entry && tail_forget_rejects(tail, file->stream.name))
        tail_look_at_relatives(tail, file);
    tail_file_close(tail, file);
    leave_list(file);
    tail_file_set_ready(tail, file, false);
    if (tail->archive == file)
        tail->archive = NULL;
    if (file->entry)
        file->entry->claimed = false;
    tail->over_count -= file->over ? 1 : 0;
    if (!file->placeless)
        table_remove(&tail->by_place, &file->by_place);
    table_remove(&tail->by_inode, &file->by_inode);
    drop_aliases(tail, file);
    leave_group(tail, file);
    if (file->previous)
        file->previous->next = file->next;
    else
        tail->files = file->next;
    if (file->next)
        file->next->previous = file->previous;
    tail->file_count--;
    return_names(file);
    stream_release(&file->stream);
    free(file->place);
    free(file);
}

void tail_file_lose_place(struct tail *tail, struct tail_file *file)
{
    if (!file->placeless)
        table_remove(&tail->by_place, &file->by_place);
    file->placeless = true;
    tail_file_set_live(tail, file, false);
    drop_aliases(tail, file);
    tail->tidy_ms = 0;
}

void tail_file_move(struct tail *tail, struct tail_file *file, const char *path)
{
    char *copy = strdup(path), *place = NULL;

    if (!copy)
        return;
    if (!file->placeless)
        table_remove(&tail->by_place, &file->by_place);
    if (file->link) { /* shown under the link's name also when it was rotated away */
        place = copy;
    } else {
        if (!file->entry || file->stream.path != file->entry->path)
            free(file->stream.path);
        file->stream.path = copy;
    }
    file->placeless = false;
    drop_aliases(tail, file);
    tail->tidy_ms = 0;
    free(file->place);
    file->place = place;
    table_add(&tail->by_place, &file->by_place, tail_hash(path));
}

bool tail_file_add_alias(struct tail *tail, struct tail_file *file, const char *path)
{
    struct tail_alias *alias = calloc(1, sizeof(*alias) + strlen(path) + 1);

    if (!alias)
        return false;
    memcpy(alias->path, path, strlen(path) + 1);
    alias->file = file;
    alias->next = file->aliases;
    file->aliases = alias;
    table_add(&tail->aliases, &alias->by_path, tail_hash(path));
    return true;
}

/* ---- open files ---- */

/* When its silence will mean something, at the earliest. */
static void expect_quiet(struct tail *tail, const struct tail_file *file)
{
    int64_t quiet_ms = file->live        ? tail_close_quiet_ms(tail)
                       : tail->is_folder ? tail_complete_after_ms(tail)
                                         : TAIL_UNFINISHED_MS;

    if (tail->has_events && quiet_ms > tail_quiet_ms(tail))
        quiet_ms = tail_quiet_ms(tail);
    if (tail->tidy_ms > file->changed_ms + quiet_ms)
        tail->tidy_ms = file->changed_ms + quiet_ms;
}

/* As the freshest of the list that is for it. */
static void join_list(struct tail *tail, struct tail_file *file)
{
    struct tail_list *list = file->content                    ? &tail->open
                             : !file->live && !file->replaced ? &tail->waiting
                                                              : NULL;

    leave_list(file);
    if (!list)
        return;
    file->list = list;
    file->staler = list->freshest;
    if (file->staler)
        file->staler->fresher = file;
    else
        list->stalest = file;
    list->freshest = file;
    expect_quiet(tail, file);
}

/* Nothing of it is under way, and its place is known: it can wait closed for its turn. */
static bool can_wait(const struct tail *tail, const struct tail_file *file)
{
    return !file->replaced && !file->placeless && !file->stream.first && tail->archive != file &&
           file->stream.read.offset == file->stream.acked.offset;
}

static size_t max_open(const struct tail *tail)
{
    return tail->config->max_open_files ? *tail->config->max_open_files : INPUT_MAX_OPEN_FILES;
}

void tail_file_settle(struct tail *tail, struct tail_file *file)
{
    if (tail->open_count > max_open(tail) && file->content && tail_can_close(file))
        tail_file_close(tail, file);
}

/*
 * At the limit the least recently active ones go: those that are read before those that are not.
 * Some more than one, and when none can go (all wait for acknowledgements) not again at once:
 * the way leads through all of them.
 */
static void make_room(struct tail *tail)
{
    size_t max = max_open(tail), some = max / ROOM_SHARE;
    struct tail_file *file, *fresher;

    if (tail->open_count < max ||
        (tail->open_count >= tail->crowd && tail->open_count < tail->crowd + some))
        return;
    for (int unread = 0; unread < 2; unread++)
        for (file = tail->open.stalest; file && tail->open_count >= max - some; file = fresher) {
            fresher = file->fresher;
            if (file != tail->identified && (unread ? can_wait(tail, file) : tail_can_close(file)))
                tail_file_close(tail, file);
        }
    tail->crowd = tail->open_count < max ? 0 : tail->open_count;
}

static void not_readable(struct tail *tail, struct tail_file *file, const char *why)
{
    log_warn("cannot open '%s': %s; tried again later", tail_place(file), why);
    metric_add(tail->unreadable, 1);
    file->unreadable = true;
    tail_scan_soon(tail, RETRY_MS);
}

bool tail_file_open(struct tail *tail, struct tail_file *file)
{
    struct tail_sight sight;
    struct error err;
    int fd;

    if (file->content)
        return true;
    make_room(tail);
    fd =
        file->placeless ? -1 : open(tail_place(file), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        if (!file->placeless && errno != ENOENT && errno != ENOTDIR)
            not_readable(tail, file, strerror(errno));
        return false;
    }
    if (!tail_see_fd(fd, &sight) || !sight.regular || sight.device != file->device ||
        sight.inode != file->inode) {
        close(fd);
        return false;
    }
    if (content_open(fd, &file->content, &err)) {
        not_readable(tail, file, err.text);
        return false;
    }
    file->unreadable = false;
    join_list(tail, file);
    tail->open_count++;
    metric_set(tail->descriptors, (double)tail->open_count);
    return true;
}

void tail_file_close(struct tail *tail, struct tail_file *file)
{
    if (!file->content)
        return;
    content_close(file->content);
    file->content = NULL;
    join_list(tail, file);
    tail->open_count--;
    metric_set(tail->descriptors, (double)tail->open_count);
}

void tail_file_active(struct tail *tail, struct tail_file *file)
{
    file->changed_ms = tail->now_ms;
    join_list(tail, file);
}

void tail_file_set_live(struct tail *tail, struct tail_file *file, bool live)
{
    file->live = live;
    join_list(tail, file);
}

void tail_file_set_ready(struct tail *tail, struct tail_file *file, bool ready)
{
    if (file->ready == ready || (ready && is_held_back(file)))
        return;
    file->ready = ready;
    if (tail->archive == file)
        tail->archive = NULL;
    if (ready) {
        file->ready_previous = tail->ready_last;
        if (tail->ready_last)
            tail->ready_last->ready_next = file;
        else
            tail->ready_first = file;
        tail->ready_last = file;
        return;
    }
    if (file->ready_previous)
        file->ready_previous->ready_next = file->ready_next;
    else
        tail->ready_first = file->ready_next;
    if (file->ready_next)
        file->ready_next->ready_previous = file->ready_previous;
    else
        tail->ready_last = file->ready_previous;
    file->ready_next = file->ready_previous = NULL;
}

void tail_release_files(struct tail *tail)
{
    while (tail->files)
        tail_file_drop(tail, tail->files);
    table_release(&tail->by_place);
    table_release(&tail->by_inode);
    table_release(&tail->groups);
    table_release(&tail->aliases);
}
