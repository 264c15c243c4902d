/*
 * progress.c - how far a long command is.
 */
#include "indexer/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define REDRAW_MS 200
#define RATE_MS   1000 /* before this the rate says little */

char *progress_number(uint64_t number, char out[28])
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number), at = 0;

    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

char *progress_duration(int64_t ms, char out[32])
{
    int64_t s = (ms + 500) / 1000;

    if (s < 60)
        snprintf(out, 32, "%" PRId64 " s", s);
    else if (s < 3600)
        snprintf(out, 32, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    else
        snprintf(out, 32, "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
    return out;
}

void progress_begin(struct progress *progress, uint64_t done, uint64_t total, int64_t now_ms)
{
    *progress = (struct progress){
        .shown = isatty(STDERR_FILENO), .total = total, .first = done, .begin_ms = now_ms};
}

void progress_text(const struct progress *progress, uint64_t done, int64_t now_ms, char *out,
                   size_t size)
{
    int64_t spent_ms = now_ms - progress->begin_ms;
    uint64_t here = done > progress->first ? done - progress->first : 0;
    double per_ms = spent_ms > 0 ? (double)here / (double)spent_ms : 0;
    char a[28], b[28], c[28], left[32];
    size_t used;

    if (progress->total)
        used = (size_t)snprintf(out, size, "%s of %s (%" PRIu64 " %%)", progress_number(done, a),
                                progress_number(progress->total, b),
                                done >= progress->total ? 100 : done * 100 / progress->total);
    else
        used = (size_t)snprintf(out, size, "%s", progress_number(done, a));
    if (spent_ms < RATE_MS || used >= size)
        return;
    used += (size_t)snprintf(out + used, size - used, ", %s/s",
                             progress_number((uint64_t)(per_ms * 1000), c));
    if (used < size && progress->total > done && here)
        snprintf(out + used, size - used, ", %s left",
                 progress_duration((int64_t)((double)(progress->total - done) / per_ms), left));
}

void progress_show(struct progress *progress, uint64_t done, int64_t now_ms)
{
    unsigned filled;
    char text[160];

    if (!progress->shown || now_ms < progress->drawn_ms + REDRAW_MS)
        return;
    progress->drawn_ms = now_ms;
    progress->drawn = true;
    fputc('\r', stderr);
    if (progress->total) {
        filled =
            done >= progress->total ? BAR_WIDTH : (unsigned)(done * BAR_WIDTH / progress->total);
        for (unsigned i = 0; i < BAR_WIDTH; i++)
            fputs(i < filled ? "█" : "░", stderr);
        fputc(' ', stderr);
    }
    progress_text(progress, done, now_ms, text, sizeof(text));
    fprintf(stderr, "%s\033[K", text);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
