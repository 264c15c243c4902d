/*
 * tail.h - private to this folder: the input that follows files. See README.md.
 *
 * Everything hangs on struct tail; times in it are monotonic unless they say
 * `wall`. A file is known by its inode and its place (path); it is open or
 * closed, identified (it has an entry of the checkpoint) or not yet.
 */
#ifndef SHIPPER_INPUT_TAIL_TAIL_H
#define SHIPPER_INPUT_TAIL_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/table.h"
#include "shipper/checkpoint.h"
#include "shipper/config.h"
#include "shipper/content.h"
#include "shipper/input/input.h"
#include "shipper/stream.h"

#define TAIL_UNFINISHED_MS                                                                         \
    5000 /* a rotated file's last line without a newline is taken after this */
#define TAIL_ROTATED_KEEP_MS 60000 /* a rotated file is left when it was quiet for this long */
#define TAIL_CLOCK_GRAIN_MS  20    /* times of files are that much coarser than the clock */
#define TAIL_READ_BYTES      (256u << 10)

struct metric;

/* What a look at a file says. */
struct tail_sight {
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns, born_ns; /* wall; born: 0 when not known */
    bool regular, linked;                     /* linked: it still has a name */
};

/* A folder whose names are looked at, or through which a pattern leads. */
struct tail_folder {
    struct tail_folder *next;
    struct table_link by_path, by_watch;
    char *path, *real;  /* as the pattern leads to it; without symbolic links */
    const char **names; /* last parts of the patterns that lead here */
    size_t name_count;
    uint64_t device, inode;
    uint32_t walk; /* the last walk that came here */
    int watch;     /* -1: none */
    bool way;      /* folders that appear in it matter */
    bool target;   /* symbolic links lead into it */
    bool polled;   /* inotify says nothing, or not all, of it */
    bool fresh;    /* not scanned yet */
};

struct tail_file {
    struct stream stream;              /* .path is the one that is shown */
    struct tail_file *next, *previous; /* of all */
    struct table_link by_place, by_inode;
    struct tail_group *group;
    struct tail_file *next_of_group;    /* younger */
    struct tail_list *list;             /* in which it is; NULL: none */
    struct tail_file *fresher, *staler; /* in it */
    struct tail_file *ready_next, *ready_previous;
    struct tail_alias *aliases;     /* what the links of its path lead to */
    struct checkpoint_entry *entry; /* claimed; NULL until the content is identified */
    struct content *content;        /* NULL: closed */
    char *place;                    /* where it is, when that is not stream.path */
    uint64_t device, inode, size;   /* when it was last looked at */
    int64_t born_ns, modified_ns;   /* wall */
    int64_t changed_ms;             /* when it last had something new */
    uint64_t stuck;   /* offset at which lines of one reading time were no complete event; +1 */
    uint64_t flushed; /* size at which an open event was taken as complete */
    uint32_t round;   /* the last scan that saw it */
    bool wanted;      /* a pattern matches its name */
    bool live;        /* wanted, under the name that its writer uses */
    bool link;        /* stream.path is a symbolic link */
    bool polled;      /* in a folder that is */
    bool placeless;   /* no path leads to it any more */
    bool ready;       /* has bytes to be read, or may have */
    bool ended;       /* the last read came to its end */
    bool replaced;   /* its content was truncated or rewritten: only acknowledgements are awaited */
    bool unreadable; /* it could not be opened or read; tried again with the next scan */
    bool damaged;    /* an archive of which no more can be read */
    bool complete;   /* the last read came to the end of all that there will be of an archive */
    bool packed;     /* an archive */
    bool over;       /* of a folder: everything of it is acknowledged */
};

/* Files of one stream, oldest first, by when they were written to when they were found. */
struct tail_group {
    struct table_link by_name;
    struct tail_file *first;
};

/* By activity: the freshest has had something new last. */
struct tail_list {
    struct tail_file *freshest, *stalest;
};

/* A path that a link of a file's path leads to. */
struct tail_alias {
    struct table_link by_path;
    struct tail_alias *next;
    struct tail_file *file;
    char path[];
};

/* A file that was looked at and is of no interest until it changes. */
struct tail_reject {
    struct table_link by_inode;
    struct tail_reject *next;
    struct tail_sight sight;
    uint64_t stream; /* hash of its stream's name */
    uint32_t round;
    bool waits; /* a copy: of interest again when the original is left */
};

/* A name to be looked at. */
struct tail_look {
    struct tail_folder *folder;
    char *path;
    struct tail_sight sight;
    bool there, wanted;
};

struct tail {
    struct input base;
    const struct input_context *context;
    const struct input_config *config;
    struct checkpoint *checkpoint;
    bool is_folder;   /* `type: folder` */
    bool first_start; /* no state was there: start_at counts */
    bool has_events;  /* lines are put together: an open event waits for its time-out */
    int64_t now_ms;   /* of the call that runs */
    int64_t started_ms;
    int64_t started_wall_ms, looked_wall_ms;

    /* discovery */
    char **patterns;
    uint32_t pattern_count;
    int64_t *since_ms; /* wall; of each pattern */
    struct tail_folder *folders;
    struct table folders_by_path, folders_by_watch;
    int inotify;
    bool must_walk, must_save, has_fresh; /* has_fresh: folders that were not scanned yet */
    uint32_t walk, round;
    int64_t scan_ms, poll_ms; /* when the next one is due */
    struct tail_look *looks;
    size_t look_count, look_room;

    /* files */
    struct tail_file *files;
    size_t file_count, open_count, over_count;
    size_t crowd; /* so many were open when none of them could be closed; 0: some could */
    struct table by_place, by_inode, groups, aliases, rejects_by_inode;
    struct tail_reject *rejects;
    struct tail_list open;
    struct tail_list waiting; /* closed, but not done with: rotated ones, archives */
    struct tail_file *ready_first, *ready_last; /* in the order of their turns */
    struct tail_file *identified;               /* whose identity is looked for: it stays open */
    struct tail_file *archive;                  /* the only one that is being read */

    /* reading */
    char *buffer;
    size_t room;
    int64_t read_ms; /* when something was read into it last; 0: it is not in memory */
    uint64_t piece_offset;
    int64_t modified_s;      /* wall; of the file that is read */
    struct tail_file *given; /* whose piece the pipeline has */
    int64_t tidy_ms;         /* when open files are looked through next */
    struct metric *opened, *truncated, *abandoned, *unreadable, *descriptors, *scans;
};

/* ---- files.c ---- */

bool tail_see(int folder_fd, const char *path, struct tail_sight *sight); /* follows links */
bool tail_see_fd(int fd, struct tail_sight *sight);

/* A file that is not known yet, closed; NULL without memory. */
struct tail_file *tail_file_add(struct tail *tail, const char *stream, const char *path,
                                const struct tail_sight *sight);

/* Its place among the files of its stream, once its identity is known. */
void tail_file_order(struct tail_file *file);
void tail_file_drop(struct tail *tail, struct tail_file *file); /* nothing of it is under way */

/* The newest file of that place: one that was deleted may still be open under it. */
struct tail_file *tail_find_place(const struct tail *tail, const char *path);
struct tail_file *tail_find_inode(const struct tail *tail, uint64_t device, uint64_t inode);
struct tail_group *tail_find_group(const struct tail *tail, const char *stream);

const char *tail_place(const struct tail_file *file);
void tail_file_move(struct tail *tail, struct tail_file *file, const char *path);
void tail_file_lose_place(struct tail *tail, struct tail_file *file);
bool tail_file_add_alias(struct tail *tail, struct tail_file *file, const char *path);

/* False: it cannot be opened now, or its place leads to another file. */
bool tail_file_open(struct tail *tail, struct tail_file *file);
/* What was read of it is acknowledged: closed, when more than the limit are open. */
void tail_file_settle(struct tail *tail, struct tail_file *file);
void tail_file_close(struct tail *tail, struct tail_file *file); /* closed is fine */

/* It had something new: it is the last one to be closed. */
void tail_file_active(struct tail *tail, struct tail_file *file);

/* It has become, or is no longer, one that its writer uses. */
void tail_file_set_live(struct tail *tail, struct tail_file *file, bool live);
/*
 * Its turn comes, or it has none. Not as long as a content of its stream that was replaced waits
 * for acknowledgements: the rest of that, if rotation made a copy of it, comes first.
 */
void tail_file_set_ready(struct tail *tail, struct tail_file *file, bool ready);

uint64_t tail_hash(const char *text);
uint64_t tail_inode_hash(uint64_t device, uint64_t inode);
void tail_release_files(struct tail *tail);

/* ---- rejects.c ---- */

bool tail_is_rejected(struct tail *tail, const struct tail_sight *sight);
void tail_reject(struct tail *tail, const struct tail_sight *sight, const char *stream, bool waits);

/* Those of a stream that wait; NULL: those that are not seen any more. Were there any? */
bool tail_forget_rejects(struct tail *tail, const char *stream);
void tail_release_rejects(struct tail *tail);

/* ---- watch.c ---- */

void tail_watch_open(struct tail *tail);
struct tail_folder *tail_find_folder(const struct tail *tail, const char *path);
bool tail_folder_is_there(const struct tail_folder *folder); /* its path still leads to it */

/* Makes it known and watched; `name`: a last part of a pattern, NULL = none. NULL without memory.
 */
struct tail_folder *tail_folder_see(struct tail *tail, const char *path, const char *name);
void tail_folder_is_target(struct tail *tail, struct tail_folder *folder); /* of a link */
void tail_folder_drop(struct tail *tail, struct tail_folder *folder);
void tail_read_events(struct tail *tail);

/* ---- walk.c ---- */

/* Makes the folders those that the patterns lead to by now. */
void tail_walk(struct tail *tail);

/* ---- discovery.c ---- */

enum status tail_discovery_open(struct tail *tail, struct error *err);

/* Since when the pattern is followed that `file` was rotated from (wall); INT64_MAX: by none. */
int64_t tail_since_ms(const struct tail *tail, const struct tail_file *file);
enum status tail_since_open(struct tail *tail, struct error *err); /* after discovery */
void tail_since_keep(struct tail *tail);                           /* now and then */
void tail_discovery_close(struct tail *tail);
void tail_discover(struct tail *tail); /* what is due: walk, scan, poll, queued names */
void tail_scan_soon(struct tail *tail, int64_t in_ms);
void tail_look_at(struct tail *tail, struct tail_folder *folder, const char *name);
void tail_look_at_path(struct tail *tail, const char *path);
void tail_look_at_relatives(struct tail *tail, const struct tail_file *file);

/* ---- look.c ---- */

/* What `look` found under a name: a known file, a new one, or nothing of interest. */
void tail_look(struct tail *tail, const struct tail_look *look);
void tail_name_gone(struct tail *tail, const char *path);

/* Could the name matter: by a pattern (*wanted), or as what a known stream was rotated to? */
bool tail_is_relevant(const struct tail *tail, const struct tail_folder *folder, const char *name,
                      bool *wanted);
void tail_note_size(struct tail *tail, struct tail_file *file, uint64_t size, int64_t modified_ns);

/* ---- identity.c ---- */

enum tail_verdict {
    TAIL_WANTED, /* it has its identity, or its first line is waited for */
    TAIL_COPY,   /* of a content that is being read, or of a file that is still there */
    TAIL_OLD,    /* rotated before its stream was first seen */
};

/* Gives an open file its identity, if it can have one by now. */
enum tail_verdict tail_identify(struct tail *tail, struct tail_file *file,
                                const struct tail_sight *sight);

/* An entry of this very file that is done with, and the file has not changed since? */
bool tail_is_done(struct tail *tail, const struct tail_sight *sight);

/* ---- reading.c ---- */

bool tail_read_next(struct tail *tail, struct input_piece *piece);

/* What is read to its end, and is not followed, may be over. */
void tail_read_to_end(struct tail *tail, struct tail_file *file);

/* The content that the file had is gone; what its place leads to now is another one. */
void tail_replace(struct tail *tail, struct tail_file *file);
bool tail_has_rest(const struct tail *tail, const struct tail_file *file);

/* ---- leaving.c ---- */

bool tail_can_close(const struct tail_file *file);

/* Closes what is quiet, leaves what is over. Returns when to come again. */
int64_t tail_tidy(struct tail *tail);
void tail_give_up_lost(struct tail *tail);
int64_t tail_close_quiet_ms(const struct tail *tail);
int64_t tail_quiet_ms(const struct tail *tail); /* until an open event is complete */

/* ---- folder.c ---- */

/* Keeps, deletes or moves it, as configured. False: not possible now, try again later. */
bool tail_folder_done(struct tail *tail, struct tail_file *file);
int64_t tail_complete_after_ms(const struct tail *tail);

#endif
