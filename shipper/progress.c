/*
 * progress.c - a progress bar on a terminal's last line.
 */
#include "shipper/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "shipper/input/input.h"
#include "shipper/pipeline.h"

#define BAR_WIDTH 30
#define REDRAW_MS 200

struct progress {
    int64_t started_ms, drawn_ms;
};

void progress_open(bool wanted, struct progress **out)
{
    *out = wanted ? calloc(1, sizeof(**out)) : NULL;
    if (*out)
        (*out)->started_ms = clock_mono_ms();
}

static uint64_t rate(const struct progress *progress, uint64_t lines, int64_t now_ms)
{
    int64_t ms = now_ms - progress->started_ms;

    return ms > 0 ? lines * 1000 / (uint64_t)ms : 0;
}

void progress_show(struct progress *progress, const struct pipeline_result *result,
                   const struct input *input, int64_t now_ms)
{
    char bar[BAR_WIDTH + 1];
    struct input_progress at;
    unsigned percent, filled;

    if (!progress || now_ms < progress->drawn_ms + REDRAW_MS)
        return;
    progress->drawn_ms = now_ms;
    input->type->progress(input, &at);
    percent = at.bytes_total ? (unsigned)(at.bytes_read * 100 / at.bytes_total) : 0;
    if (percent > 100)
        percent = 100;
    filled = percent * BAR_WIDTH / 100;
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3u%%  %" PRIu64 " lines  %" PRIu64 "/s \033[K", bar, percent,
            result->lines, rate(progress, result->lines, now_ms));
}

void progress_close(struct progress *progress)
{
    if (progress)
        fprintf(stderr, "\r\033[K");
    free(progress);
}
