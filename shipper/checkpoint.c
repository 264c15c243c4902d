/*
 * checkpoint.c - the entries: found by stream, file and beginning; loaded, saved and forgotten.
 */
#include "shipper/checkpoint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/health.h"
#include "common/json.h"
#include "common/log.h"
#include "shipper/checkpoint_line.h"
#include "shipper/checkpoint_store.h"
#include "shipper/read_times.h"

#define TEXT_MAX      (256u << 20)
#define FORGET_AFTER  (30ll * 24 * 3600 * 1000) /* ms that an entry is kept unseen */
#define UNCLAIMED_MAX 50000                     /* entries of files that are not there any more */
#define NUMBER_MAX    (16u << 20)               /* on disk; a checkpoint anew begins at 1 */

struct checkpoint {
    struct checkpoint_store *store;
    struct read_times *read_times;
    struct health_condition *health;
    bool is_new;
    struct checkpoint_entry *entries;
    struct checkpoint_entry *changed; /* to be written */
    struct checkpoint_entry *untold;  /* accounts that have moved */
    struct table by_stream, by_file, by_head;
    size_t count;
    struct buf gone;                  /* lines that say which numbers are no more */
    uint32_t last_number;             /* on disk */
    struct checkpoint_entry **loaded; /* by number, while loading */
    size_t loaded_room;
};

static uint64_t name_hash(const char *name)
{
    return XXH3_64bits(name, strlen(name));
}

static uint64_t file_hash(uint64_t device, uint64_t inode)
{
    uint64_t both[2] = {device, inode};

    return XXH3_64bits(both, sizeof(both));
}

static void entry_free(struct checkpoint_entry *entry)
{
    free(entry->stream);
    free(entry->path);
    free(entry->heading);
    free(entry);
}

struct checkpoint_entry *checkpoint_add(struct checkpoint *checkpoint, const char *stream,
                                        const char *path, uint64_t fingerprint, uint32_t generation)
{
    struct checkpoint_entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->stream = strdup(stream);
    entry->path = strdup(path);
    if (!entry->stream || !entry->path) {
        entry_free(entry);
        return NULL;
    }
    entry->fingerprint = fingerprint;
    entry->generation = generation;
    entry->next = checkpoint->entries;
    if (entry->next)
        entry->next->previous = entry;
    checkpoint->entries = entry;
    checkpoint->count++;
    table_add(&checkpoint->by_stream, &entry->by_stream, name_hash(stream));
    table_add(&checkpoint->by_head, &entry->by_head, fingerprint);
    table_add(&checkpoint->by_file, &entry->by_file, file_hash(0, 0));
    checkpoint_changed(checkpoint, entry);
    return entry;
}

static void remove_entry(struct checkpoint *checkpoint, struct checkpoint_entry *entry)
{
    struct checkpoint_entry **link = &checkpoint->changed;

    if (entry->changed) {
        while (*link != entry)
            link = &(*link)->next_changed;
        *link = entry->next_changed;
    }
    if (entry->untold) {
        for (link = &checkpoint->untold; *link != entry;)
            link = &(*link)->next_untold;
        *link = entry->next_untold;
    }
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        checkpoint->entries = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    table_remove(&checkpoint->by_stream, &entry->by_stream);
    table_remove(&checkpoint->by_head, &entry->by_head);
    table_remove(&checkpoint->by_file, &entry->by_file);
    checkpoint->count--;
    if (entry->number)
        buf_addf(&checkpoint->gone, "{\"n\":%" PRIu32 ",\"gone\":true}\n", entry->number);
    entry_free(entry);
}

static void remove_all(struct checkpoint *checkpoint)
{
    checkpoint->changed = checkpoint->untold = NULL;
    for (struct checkpoint_entry *entry = checkpoint->entries; entry; entry = entry->next) {
        entry->changed = entry->untold = false;
        entry->number = 0;
    }
    while (checkpoint->entries)
        remove_entry(checkpoint, checkpoint->entries);
    buf_clear(&checkpoint->gone);
}

bool checkpoint_is_new(const struct checkpoint *checkpoint)
{
    return checkpoint->is_new;
}

struct read_times *checkpoint_read_times(const struct checkpoint *checkpoint)
{
    return checkpoint->read_times;
}

struct checkpoint_entry *checkpoint_entries(struct checkpoint *checkpoint)
{
    return checkpoint->entries;
}

struct checkpoint_entry *checkpoint_of_stream(const struct checkpoint *checkpoint,
                                              const char *stream,
                                              const struct checkpoint_entry *after)
{
    struct table_link *link = after ? table_next(&after->by_stream)
                                    : table_find(&checkpoint->by_stream, name_hash(stream));

    for (; link; link = table_next(link)) {
        struct checkpoint_entry *entry = TABLE_MEMBER(link, struct checkpoint_entry, by_stream);

        if (strcmp(entry->stream, stream) == 0)
            return entry;
    }
    return NULL;
}

struct checkpoint_entry *checkpoint_of_file(const struct checkpoint *checkpoint, uint64_t device,
                                            uint64_t inode, const struct checkpoint_entry *after)
{
    struct table_link *link = after ? table_next(&after->by_file)
                                    : table_find(&checkpoint->by_file, file_hash(device, inode));

    for (; link; link = table_next(link)) {
        struct checkpoint_entry *entry = TABLE_MEMBER(link, struct checkpoint_entry, by_file);

        if (entry->device == device && entry->inode == inode)
            return entry;
    }
    return NULL;
}

struct checkpoint_entry *checkpoint_of_head(const struct checkpoint *checkpoint,
                                            uint64_t fingerprint,
                                            const struct checkpoint_entry *after)
{
    struct table_link *link =
        after ? table_next(&after->by_head) : table_find(&checkpoint->by_head, fingerprint);

    return link ? TABLE_MEMBER(link, struct checkpoint_entry, by_head) : NULL;
}

void checkpoint_set_file(struct checkpoint *checkpoint, struct checkpoint_entry *entry,
                         uint64_t device, uint64_t inode, int64_t born_ns)
{
    if (entry->device == device && entry->inode == inode && entry->born_ns == born_ns)
        return;
    table_remove(&checkpoint->by_file, &entry->by_file);
    entry->device = device;
    entry->inode = inode;
    entry->born_ns = born_ns;
    table_add(&checkpoint->by_file, &entry->by_file, file_hash(device, inode));
    checkpoint_changed(checkpoint, entry);
}

/* Another number whenever the account is another one. */
static uint64_t account_stamp(const struct checkpoint_entry *entry)
{
    return entry->acked.offset + entry->account.lines + entry->account.abandoned;
}

static void set_untold(struct checkpoint *checkpoint, struct checkpoint_entry *entry)
{
    if (entry->untold)
        return;
    entry->untold = true;
    entry->next_untold = checkpoint->untold;
    checkpoint->untold = entry;
}

bool checkpoint_has_untold(const struct checkpoint *checkpoint)
{
    return checkpoint->untold != NULL;
}

void checkpoint_each_untold(struct checkpoint *checkpoint, checkpoint_teller *tell, void *arg)
{
    struct checkpoint_entry *entry = checkpoint->untold;

    checkpoint->untold = NULL; /* `tell` may find that all have to be told again */
    while (entry) {
        struct checkpoint_entry *next = entry->next_untold;

        entry->untold = false;
        entry->told = account_stamp(entry);
        tell(arg, entry);
        entry = next;
    }
}

void checkpoint_tell_all(struct checkpoint *checkpoint)
{
    for (struct checkpoint_entry *entry = checkpoint->entries; entry; entry = entry->next)
        set_untold(checkpoint, entry);
}

void checkpoint_changed(struct checkpoint *checkpoint, struct checkpoint_entry *entry)
{
    if (entry->told != account_stamp(entry))
        set_untold(checkpoint, entry);
    if (entry->changed)
        return;
    entry->changed = true;
    entry->next_changed = checkpoint->changed;
    checkpoint->changed = entry;
}

/* ---- loading ---- */

static bool keep_number(struct checkpoint *checkpoint, struct checkpoint_entry *entry,
                        uint32_t number)
{
    size_t room = checkpoint->loaded_room ? checkpoint->loaded_room : 256;
    struct checkpoint_entry **loaded;

    while (room <= number)
        room *= 2;
    if (room > checkpoint->loaded_room) {
        loaded = realloc(checkpoint->loaded, room * sizeof(*loaded));
        if (!loaded)
            return false;
        memset(loaded + checkpoint->loaded_room, 0,
               (room - checkpoint->loaded_room) * sizeof(*loaded));
        checkpoint->loaded = loaded;
        checkpoint->loaded_room = room;
    }
    checkpoint->loaded[number] = entry;
    if (entry)
        entry->number = number;
    if (number > checkpoint->last_number)
        checkpoint->last_number = number;
    return true;
}

static enum status take_entry(struct checkpoint *checkpoint, const cJSON *json, uint32_t number,
                              struct slice line)
{
    struct checkpoint_entry *entry;
    enum status status = checkpoint_line_entry(checkpoint, json, &entry);

    if (status)
        return status;
    if (!keep_number(checkpoint, entry, number))
        return FATAL;
    return checkpoint_line_state(checkpoint, entry, json, line);
}

static void begin_loading(struct checkpoint *checkpoint)
{
    remove_all(checkpoint);
    checkpoint->last_number = 0;
    if (checkpoint->loaded)
        memset(checkpoint->loaded, 0, checkpoint->loaded_room * sizeof(struct checkpoint_entry *));
}

/* checkpoint_taker */
static enum status take_line(void *arg, enum checkpoint_part part, struct slice line)
{
    struct checkpoint *checkpoint = arg;
    struct checkpoint_entry *entry;
    scoped_json cJSON *json = NULL;
    int64_t number;

    if (part == CHECKPOINT_BEGINS) {
        begin_loading(checkpoint);
        return OK;
    }
    json = cJSON_ParseWithLength(line.data, line.len);
    number = json_number(json, "n", (int64_t)checkpoint->last_number + 1);
    if (!json || number < 1 || number > NUMBER_MAX)
        return REJECT;
    entry = (size_t)number < checkpoint->loaded_room ? checkpoint->loaded[number] : NULL;
    if (part == CHECKPOINT_LINE || cJSON_HasObjectItem(json, "fingerprint"))
        return entry ? REJECT : take_entry(checkpoint, json, (uint32_t)number, line);
    if (!entry)
        return REJECT;
    if (!checkpoint_line_is_gone(json))
        return checkpoint_line_state(checkpoint, entry, json, line);
    keep_number(checkpoint, NULL, (uint32_t)number);
    remove_entry(checkpoint, entry);
    return OK;
}

enum status checkpoint_open(const char *folder, struct checkpoint **out, struct error *err)
{
    struct checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));
    enum status status;

    if (!checkpoint)
        return error_set(err, FATAL, "out of memory");
    checkpoint->gone.max = TEXT_MAX;
    status = checkpoint_store_open(folder, &checkpoint->store, err);
    if (status == OK)
        status = checkpoint_store_load(checkpoint->store, take_line, checkpoint, err);
    if ((status == OK || status == DONE) && read_times_open(folder, &checkpoint->read_times, err))
        status = FATAL;
    if (status != OK && status != DONE) {
        checkpoint_close(checkpoint);
        return FATAL;
    }
    checkpoint->is_new = status == DONE;
    free(checkpoint->loaded);
    checkpoint->loaded = NULL;
    checkpoint->loaded_room = 0;
    buf_clear(&checkpoint->gone);
    while (checkpoint->changed) {
        checkpoint->changed->changed = false;
        checkpoint->changed = checkpoint->changed->next_changed;
    }
    checkpoint->health = health_condition_add("checkpoint");
    health_met(checkpoint->health);
    *out = checkpoint;
    return OK;
}

/* ---- saving ---- */

static int compare_seen(const void *a, const void *b)
{
    const struct checkpoint_entry *const *x = a, *const *y = b;

    return ((*x)->last_seen_ms > (*y)->last_seen_ms) - ((*x)->last_seen_ms < (*y)->last_seen_ms);
}

/* Files that come and go by the million leave no more than UNCLAIMED_MAX entries. */
static void forget_surplus(struct checkpoint *checkpoint)
{
    struct checkpoint_entry **unclaimed, *entry;
    size_t count = 0;

    if (checkpoint->count <= UNCLAIMED_MAX ||
        !(unclaimed = malloc(checkpoint->count * sizeof(struct checkpoint_entry *))))
        return;
    for (entry = checkpoint->entries; entry; entry = entry->next)
        if (!entry->claimed)
            unclaimed[count++] = entry;
    if (count > UNCLAIMED_MAX) {
        qsort(unclaimed, count, sizeof(struct checkpoint_entry *), compare_seen);
        for (size_t i = 0; i < count - UNCLAIMED_MAX * 9 / 10; i++)
            remove_entry(checkpoint, unclaimed[i]);
    }
    free(unclaimed);
}

static void forget_old(struct checkpoint *checkpoint, int64_t wall_ms)
{
    struct checkpoint_entry *entry = checkpoint->entries, *next;

    for (; entry; entry = next) {
        next = entry->next;
        /* A segment of a spool is over when it is acknowledged, but for what is to be told of it.
         */
        if (!entry->claimed && !(entry->last_seen_ms == 0 && entry->untold) &&
            entry->last_seen_ms <= wall_ms - FORGET_AFTER)
            remove_entry(checkpoint, entry);
    }
}

static void all_written(struct checkpoint *checkpoint)
{
    struct checkpoint_entry *entry;

    while ((entry = checkpoint->changed)) {
        checkpoint->changed = entry->next_changed;
        entry->changed = false;
    }
    buf_clear(&checkpoint->gone);
}

static enum status save_all(struct checkpoint *checkpoint, int64_t wall_ms, struct error *err)
{
    scoped_buf struct buf lines = BUF_INIT(TEXT_MAX);
    struct checkpoint_entry *entry;
    uint32_t number = 0;

    forget_old(checkpoint, wall_ms);
    for (entry = checkpoint->entries; entry; entry = entry->next)
        checkpoint_line_add_whole(&lines, entry, ++number);
    if (lines.failed)
        return error_set(err, RETRY, "out of memory for the checkpoint");
    if (checkpoint_store_replace(checkpoint->store, buf_slice(&lines), err))
        return err->status;
    number = 0;
    for (entry = checkpoint->entries; entry; entry = entry->next)
        entry->number = ++number;
    checkpoint->last_number = number;
    all_written(checkpoint);
    return OK;
}

static enum status save_changes(struct checkpoint *checkpoint, struct error *err)
{
    scoped_buf struct buf lines = BUF_INIT(TEXT_MAX);
    struct checkpoint_entry *entry;

    buf_add_slice(&lines, buf_slice(&checkpoint->gone));
    for (entry = checkpoint->changed; entry; entry = entry->next_changed) {
        if (entry->number == 0) {
            checkpoint_line_add_whole(&lines, entry, ++checkpoint->last_number);
            continue;
        }
        buf_addf(&lines, "{\"n\":%" PRIu32 ",", entry->number);
        checkpoint_line_add_state(&lines, entry);
    }
    if (lines.failed)
        return error_set(err, RETRY, "out of memory for the checkpoint");
    if (checkpoint_store_append(checkpoint->store, buf_slice(&lines), err))
        return err->status; /* numbers that were not used are left out */
    return OK;
}

/* In the order in which save_changes has given them. */
static void set_numbers(struct checkpoint *checkpoint, uint32_t number)
{
    for (struct checkpoint_entry *entry = checkpoint->changed; entry; entry = entry->next_changed)
        if (entry->number == 0)
            entry->number = ++number;
}

enum status checkpoint_save(struct checkpoint *checkpoint, int64_t wall_ms, struct error *err)
{
    uint32_t number = checkpoint->last_number;
    enum status status;

    forget_surplus(checkpoint);
    if (!checkpoint->changed && checkpoint->gone.len == 0 &&
        !checkpoint_store_is_due(checkpoint->store))
        return OK;
    if (checkpoint_store_is_due(checkpoint->store) || number >= NUMBER_MAX / 2 ||
        checkpoint->gone.failed) {
        status = save_all(checkpoint, wall_ms, err);
    } else {
        status = save_changes(checkpoint, err);
        if (status == OK) {
            set_numbers(checkpoint, number);
            all_written(checkpoint);
        }
    }
    if (status == OK)
        health_met(checkpoint->health);
    else
        health_unmet(checkpoint->health, "%s", err->text);
    return status;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    remove_all(checkpoint);
    table_release(&checkpoint->by_stream);
    table_release(&checkpoint->by_file);
    table_release(&checkpoint->by_head);
    checkpoint_store_close(checkpoint->store);
    read_times_close(checkpoint->read_times);
    free(checkpoint->loaded);
    buf_release(&checkpoint->gone);
    free(checkpoint);
}
