/*
 * progress.h - how far a long command is, on a terminal's last line.
 *
 * Nothing is shown where standard error is no terminal. One thread.
 */
#ifndef INDEXER_PROGRESS_H
#define INDEXER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool shown, drawn;
    uint64_t total; /* 0: not known */
    uint64_t first; /* done before: of an earlier run */
    int64_t begin_ms, drawn_ms;
};

/* `done` of `total` were done before: the rate does not count them. */
void progress_begin(struct progress *progress, uint64_t done, uint64_t total, int64_t now_ms);

/* Draws when it is time to. `now_ms` is monotonic. */
void progress_show(struct progress *progress, uint64_t done, int64_t now_ms);

/* Before something else is printed, and at the end. */
void progress_clear(struct progress *progress);

/* "12,345 of 100,000 (12 %), 4,100/s, 21 s left": at most `size` bytes, for tests. */
void progress_text(const struct progress *progress, uint64_t done, int64_t now_ms, char *out,
                   size_t size);

/* "1,234,567", at most 26 bytes and a NUL; returns `out`. */
char *progress_number(uint64_t number, char out[28]);

/* "45 s", "3 min 20 s", "2 h 5 min"; returns `out`. */
char *progress_duration(int64_t ms, char out[32]);

#endif
