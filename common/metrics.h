/*
 * metrics.h - counters, gauges, histograms; Prometheus text format 0.0.4.
 *
 * A metric is registered once, at start, and lives as long as the process.
 * Changing one is a relaxed atomic operation: no lock, fit for the hot path
 * (add once a batch rather than once a record). Labels come from configuration
 * or fixed lists only, never from a file name, a client or a path.
 */
#ifndef COMMON_METRICS_H
#define COMMON_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct metric; /* one series */

/*
 * Registers a series and returns it; the same name and labels give the same
 * one. `labels` is the text between the braces, e.g. `reason="too_large"`, or
 * NULL; strings are kept, not copied, unless stated. Never NULL: without
 * memory, or beyond 2000 series, a shared series that is not printed.
 */
struct metric *metrics_counter(const char *name, const char *labels, const char *help);
struct metric *metrics_gauge(const char *name, const char *labels, const char *help);

/* `bounds` ascend, +Inf is implied; at most 24 of them. */
struct metric *metrics_histogram(const char *name, const char *labels, const char *help,
                                 const double *bounds, size_t count);

/* Formats a label text that is copied; for labels from configuration. Escapes the value. */
const char *metrics_label(const char *key, const char *value);

void metric_add(struct metric *metric, uint64_t n);       /* counters */
void metric_set(struct metric *metric, double value);     /* gauges */
void metric_shift(struct metric *metric, double delta);   /* gauges */
void metric_observe(struct metric *metric, double value); /* histograms */
double metric_value(const struct metric *metric); /* counter or gauge; a histogram's count */

/*
 * `collect` is called before each output, to set gauges that are cheaper asked
 * for than kept. It must not add or remove collects. After metrics_remove_collect
 * it is not running and will not be called.
 */
void metrics_on_collect(void (*collect)(void *arg), void *arg);
void metrics_remove_collect(void (*collect)(void *arg), void *arg);

/* All series, HELP and TYPE once a name, series of one name together. */
void metrics_write(struct buf *out);

#endif
