/*
 * progress.h - a progress bar on a terminal's last line.
 */
#ifndef SHIPPER_PROGRESS_H
#define SHIPPER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct input;
struct pipeline_result;
struct progress;

/* *out stays NULL when it is not wanted; all calls take that. */
void progress_open(bool wanted, struct progress **out);
void progress_show(struct progress *progress, const struct pipeline_result *result,
                   const struct input *input, int64_t now_ms);
void progress_close(struct progress *progress); /* wipes the line */

#endif
