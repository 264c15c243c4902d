/*
 * spooled.c - the reading half of inputs whose lines come by network or pipe.
 */
#include "shipper/input/spooled.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "shipper/checkpoint.h"
#include "shipper/config.h"
#include "shipper/status.h"
#include "shipper/stream.h"

#define READ_BYTES (256u << 10)
#define SYNC_MS    1000

struct part { /* a segment that is read, or waited for */
    struct part *next;
    struct spool_segment *segment;
    struct stream stream;
    struct checkpoint_entry *entry;
    uint64_t size;
    bool read; /* to its end, and it is sealed */
};

struct spooled {
    const struct input_context *context;
    const struct input_config *config;
    struct spool *spool;
    char *name;
    struct part *parts, *reading; /* oldest first; the one that has not been read to its end */
    char *buffer;
    size_t room;
    uint64_t piece_offset; /* where the last piece began */
    size_t stalled_len;    /* of a piece that held nothing complete */
    bool stalled, stalled_quiet;
    int64_t sync_ms; /* when; INT64_MAX: nothing to sync */
    int64_t opened_ms;
    int64_t changed_ms; /* when something was there that had not been */
    struct metric *bytes, *damaged;
};

enum status spooled_open(const struct input_context *context, const struct input_config *config,
                         const char *name, struct spooled_input *input, struct error *err)
{
    struct spooled *spooled = calloc(1, sizeof(*spooled));
    char folder[4096];

    if (!spooled)
        return error_set(err, FATAL, "out of memory");
    input->spooled = spooled;
    spooled->context = context;
    spooled->config = config;
    spooled->sync_ms = INT64_MAX;
    spooled->opened_ms = clock_mono_ms();
    spooled->room = spool_entry_max(context->config->line_max_bytes) + READ_BYTES;
    spooled->name = strdup(name);
    spooled->buffer = malloc(spooled->room);
    snprintf(folder, sizeof(folder), "%s/spool/%s", context->config->state_dir, name);
    if (!spooled->name || !spooled->buffer)
        error_set(err, FATAL, "out of memory");
    if (!spooled->name || !spooled->buffer ||
        spool_open(folder, config->spool_max_bytes ? *config->spool_max_bytes : SPOOL_MAX_BYTES,
                   &spooled->spool, err))
        return FATAL; /* the caller closes what is there */
    spooled->bytes = metrics_gauge("shipper_spool_bytes", metrics_label("input", name),
                                   "Bytes of network and pipe inputs that are kept on disk.");
    spooled->damaged = metrics_counter("shipper_spool_damaged_bytes_total", NULL,
                                       "Bytes of the spool that were no complete entry.");
    return OK;
}

static void free_part(struct spooled *spooled, struct part *part, bool remove)
{
    if (part->entry)
        part->entry->claimed = false;
    if (part->entry && remove) {
        part->entry->last_seen_ms = 0; /* nothing leads to it any more */
        checkpoint_changed(spooled->context->checkpoint, part->entry);
    }
    spool_drop(spooled->spool, part->segment, remove);
    stream_release(&part->stream);
    free(part);
}

void spooled_close(struct spooled_input *input)
{
    struct spooled *spooled = input->spooled;
    struct part *part;

    if (!spooled)
        return;
    while ((part = spooled->parts)) {
        bool sealed,
            acked = part->entry && !part->stream.first &&
                    part->stream.acked.offset >= spool_size(spooled->spool, part->segment, &sealed);

        spooled->parts = part->next;
        free_part(spooled, part, acked);
    }
    spool_close(spooled->spool);
    free(spooled->buffer);
    free(spooled->name);
    free(spooled);
    input->spooled = NULL;
}

struct spool *spooled_spool(const struct spooled_input *input)
{
    return input->spooled->spool;
}

int spooled_fd(const struct input *input)
{
    return spool_fd(((const struct spooled_input *)input)->spooled->spool);
}

static struct checkpoint_entry *find_entry(struct spooled *spooled, const char *path,
                                           uint64_t fingerprint)
{
    const struct checkpoint *checkpoint = spooled->context->checkpoint;
    struct checkpoint_entry *entry = checkpoint_of_head(checkpoint, fingerprint, NULL);

    while (entry && strcmp(entry->path, path) != 0)
        entry = checkpoint_of_head(checkpoint, fingerprint, entry);
    return entry;
}

/* Gives the segment its identity, once its first entry is there. False: not yet, or no memory. */
static bool identify(struct spooled *spooled, struct part *part, bool sealed)
{
    const char *path = part->segment->path;
    char head[STREAM_HEAD_MAX];
    ssize_t len = part->segment->fd < 0 ? 0 : pread(part->segment->fd, head, sizeof(head), 0);
    uint64_t fingerprint =
        stream_fingerprint((struct slice){head, len > 0 ? (size_t)len : 0}, sealed);

    if (fingerprint == 0)
        return false;
    part->entry = find_entry(spooled, path, fingerprint);
    if (!part->entry) {
        part->entry =
            checkpoint_add(spooled->context->checkpoint, spooled->name, path, fingerprint, 0);
        if (!part->entry)
            return false;
        part->entry->found_ms = clock_wall_ms();
    }
    part->entry->claimed = true;
    part->entry->last_seen_ms = clock_wall_ms();
    part->stream.read = part->stream.acked = part->entry->acked;
    part->stream.account = part->entry->account;
    stream_identify(&part->stream, spooled->context->config->agent.id, fingerprint, 0);
    return true;
}

/* The next segment becomes the one that is read. */
static bool open_next(struct spooled *spooled)
{
    struct spool_segment *segment = spool_next(spooled->spool);
    struct part *part, **end = &spooled->parts;

    if (!segment)
        return false;
    part = calloc(1, sizeof(*part));
    if (!part || !stream_init(&part->stream, spooled->config, spooled->name, "-")) {
        log_error("out of memory; what is in '%s' is shipped after the next start", segment->path);
        free(part);
        spool_drop(spooled->spool, segment, false);
        return false;
    }
    part->segment = segment;
    while (*end)
        end = &(*end)->next;
    *end = spooled->reading = part;
    return true;
}

/* What is acknowledged to its end goes. */
static void drop_done(struct spooled *spooled)
{
    struct part *part;

    while ((part = spooled->parts) && part->read && !part->stream.first) {
        spooled->parts = part->next;
        free_part(spooled, part, true);
    }
}

/* Behind the last newline there is no entry: it was being written when the writer died. */
static void leave_part(struct spooled *spooled, struct part *part)
{
    uint64_t rest = part->size - part->stream.read.offset;

    if (part->size > part->stream.read.offset) {
        log_warn("the end of '%s' is no complete entry: %llu bytes are left out",
                 part->segment->path, (unsigned long long)rest);
        metric_add(spooled->damaged, rest);
    }
    part->read = true;
    spooled->reading = NULL;
    spooled->stalled = false;
    drop_done(spooled);
}

/* Is there anything that was not offered yet, or only in vain and by less? */
static bool wants_reading(const struct spooled *spooled, const struct part *part, bool quiet)
{
    uint64_t rest = part->size - part->stream.read.offset;

    if (part->size <= part->stream.read.offset)
        return false;
    return !spooled->stalled || (quiet && !spooled->stalled_quiet) ||
           (spooled->stalled_len < rest && spooled->stalled_len < spooled->room);
}

static bool read_part(struct spooled *spooled, struct part *part, bool quiet,
                      struct input_piece *piece)
{
    uint64_t offset = part->stream.read.offset, rest = part->size - offset;
    size_t most = spooled->stalled ? spooled->room : READ_BYTES;
    ssize_t n =
        pread(part->segment->fd, spooled->buffer, rest < most ? (size_t)rest : most, (off_t)offset);

    if (n <= 0)
        return false;
    spooled->piece_offset = offset;
    *piece = (struct input_piece){
        .stream = &part->stream, .bytes = {spooled->buffer, (size_t)n}, .quiet = quiet};
    return true;
}

static int64_t timeout_ms(const struct spooled *spooled)
{
    const struct multiline_config *multiline = spooled->config->multiline;

    return multiline && multiline->timeout_ms ? (int64_t)*multiline->timeout_ms
                                              : MULTILINE_TIMEOUT_MS;
}

/* Looks at the segment. Has nothing come for the time after which an open event is complete? */
static bool look(struct spooled *spooled, struct part *part, int64_t now_ms, bool *sealed)
{
    uint64_t size = spool_size(spooled->spool, part->segment, sealed);

    if (size != part->size) {
        part->size = size;
        spooled->changed_ms = now_ms;
    }
    return *sealed || now_ms - spooled->changed_ms >= timeout_ms(spooled);
}

static int64_t sync_when_due(struct spooled *spooled, int64_t now_ms)
{
    if (now_ms >= spooled->sync_ms) {
        spool_sync(spooled->spool);
        spooled->sync_ms = INT64_MAX;
        spooled->opened_ms = clock_mono_ms();
    }
    return spooled->sync_ms;
}

enum status spooled_read(struct input *base, int64_t now_ms, struct input_piece *piece,
                         int64_t *wake_ms)
{
    struct spooled_input *input = (struct spooled_input *)base;
    struct spooled *spooled = input->spooled;
    bool over = atomic_load(&input->ended); /* before the look at what is there */

    spool_heed(spooled->spool);
    *wake_ms = sync_when_due(spooled, now_ms);
    while (spooled->reading || open_next(spooled)) {
        struct part *part = spooled->reading;
        bool sealed, quiet = look(spooled, part, now_ms, &sealed) || over;

        if ((part->entry || identify(spooled, part, sealed)) &&
            wants_reading(spooled, part, quiet) && read_part(spooled, part, quiet, piece)) {
            if (spooled->sync_ms == INT64_MAX)
                spooled->sync_ms = now_ms + SYNC_MS;
            return OK;
        }
        if (!sealed && part->size > part->stream.read.offset && !quiet &&
            *wake_ms > spooled->changed_ms + timeout_ms(spooled))
            *wake_ms = spooled->changed_ms + timeout_ms(spooled);
        if (!sealed)
            return over ? DONE : RETRY;
        leave_part(spooled, part);
    }
    return over ? DONE : RETRY;
}

void spooled_done(struct input *input, const struct input_piece *piece, bool blocked)
{
    struct spooled *spooled = ((struct spooled_input *)input)->spooled;

    spooled->stalled = !blocked && piece->stream->read.offset == spooled->piece_offset;
    spooled->stalled_len = piece->bytes.len;
    spooled->stalled_quiet = piece->quiet;
}

void spooled_acked(struct input *input, struct stream *stream)
{
    struct spooled *spooled = ((struct spooled_input *)input)->spooled;
    struct part *part = (struct part *)((char *)stream - offsetof(struct part, stream));

    if (part->entry) {
        part->entry->acked = stream->acked;
        part->entry->account = stream->account;
        part->entry->size = part->size;
        part->entry->last_seen_ms = clock_wall_ms();
        checkpoint_changed(spooled->context->checkpoint, part->entry);
    }
    drop_done(spooled);
}

void spooled_progress(const struct input *input, struct input_progress *out)
{
    const struct spooled *spooled = ((const struct spooled_input *)input)->spooled;

    *out = (struct input_progress){0};
    for (const struct part *part = spooled->parts; part; part = part->next) {
        out->streams++;
        out->bytes_behind += part->size - part->stream.acked.offset;
    }
    metric_set(spooled->bytes, (double)spool_bytes(spooled->spool));
}

void spooled_report(struct input *input, int64_t now_ms,
                    void (*each)(void *arg, const struct stream_status *stream), void *arg)
{
    const struct spooled *spooled = ((const struct spooled_input *)input)->spooled;

    for (struct part *part = spooled->parts; part; part = part->next) {
        struct stream_status status = {
            .input = input->type->name,
            .name = spooled->name,
            .path = part->segment->path,
            .state = part->read ? "waiting" : "reading",
            .read = part->stream.read.offset,
            .acked = part->stream.acked.offset,
            .size = part->size,
            .lines = part->stream.lines,
        };

        stream_rates(&part->stream, spooled->opened_ms, now_ms, &status.bytes_per_s,
                     &status.lines_per_s);
        each(arg, &status);
    }
}
