/*
 * retention_print.h - what `indexer retention` prints, as tables and as JSON.
 */
#ifndef INDEXER_RETENTION_PRINT_H
#define INDEXER_RETENTION_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lease_state;
struct retention_action;
struct retention_config;
struct survey_disks;

struct retention_status {
    const struct retention_config *config;
    const char *prefix;
    const struct retention_action *actions;
    size_t count;
    const struct lease_state *lease;
    const struct survey_disks *disks;
    int64_t now_ms;
};

/* A table by dataset and what is to be known beside it, or one JSON object. */
void retention_print_status(const struct retention_status *status, bool json);

/* One line of an index. `state`: "would", "done", "failed". */
void retention_print_action(const struct retention_action *action, const char *state, uint64_t kept,
                            bool json);

void retention_print_sum(uint64_t indices, uint64_t bytes);

#endif
