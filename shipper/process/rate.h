/*
 * rate.h - how much of an input may pass: `rate_limit` of its configuration.
 *
 * Who asks waits when it can (files, pipes, TCP), refuses (HTTP) or drops; what is dropped is
 * counted, and said every ten seconds. Not thread-safe.
 */
#ifndef SHIPPER_PROCESS_RATE_H
#define SHIPPER_PROCESS_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct input_config;
struct rate;
struct shipper_config;

/* *out stays NULL when there is no limit: the functions below take that for one that lets all pass.
 */
enum status rate_open(const struct shipper_config *config, const struct input_config *input,
                      struct rate **out, struct error *err);
void rate_close(struct rate *rate); /* says what was not said yet */

enum rate_verdict { RATE_PASS, RATE_WAIT, RATE_DROP };

/* RATE_DROP only where the configuration asks for it; it is counted here. */
enum rate_verdict rate_ask(struct rate *rate, uint64_t lines, uint64_t bytes, int64_t now_ns);

/* For who cannot wait, in the place of RATE_WAIT: counts what is gone. */
void rate_drop(struct rate *rate, uint64_t lines, uint64_t bytes, int64_t now_ns);

/* What passed was not taken after all, and will be asked for again. */
void rate_give_back(struct rate *rate, uint64_t lines, uint64_t bytes);

/* Milliseconds until it pays to ask again, at least 1; after RATE_WAIT. */
int64_t rate_wait_ms(const struct rate *rate, int64_t now_ns);

/* Milliseconds until rate_say has something to say; -1: nothing. */
int64_t rate_say_in_ms(const struct rate *rate, int64_t now_ns);
void rate_say(struct rate *rate, int64_t now_ns);

#endif
