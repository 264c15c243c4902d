/*
 * accounts.h - tells the audit topic what became of the lines of each content (common/account.h).
 *
 * Accounts that have moved are told together, every audit_interval_ms and at the end, right
 * after the checkpoint that holds them was written: what was told is never taken back by a kill.
 * At the start all that the checkpoint knows is told, so nothing told too late is lost.
 * A lost message does no harm, as counts are cumulative. When the topic cannot be written
 * the data go on: it is said once, counted, and tried again after a pause that grows.
 * Belongs to the one thread of the agent.
 */
#ifndef SHIPPER_ACCOUNTS_H
#define SHIPPER_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct accounts;
struct checkpoint;
struct producer;
struct shipper_config;
struct stream;

/* `checkpoint` may be NULL: then streams say themselves that they moved. */
enum status accounts_open(const struct shipper_config *config, struct checkpoint *checkpoint,
                          struct accounts **out, struct error *err);

/* Another configuration, which must outlive it. */
void accounts_configure(struct accounts *accounts, const struct shipper_config *config);

/* By which it tells; what was told by another one and not answered is told again. */
void accounts_connect(struct accounts *accounts, struct producer *producer);

/* Without a checkpoint: its account has moved. It must live as long as `accounts`. */
void accounts_moved(struct accounts *accounts, struct stream *stream);

/* When accounts_tell should be called; INT64_MAX: there is nothing to tell. Monotonic times. */
int64_t accounts_due_ms(struct accounts *accounts, int64_t now_ms);

/* Tells what has moved; the checkpoint on disk must hold it. */
void accounts_tell(struct accounts *accounts, int64_t now_ms);

/* Is anything told and not answered, or about to be told? */
bool accounts_busy(const struct accounts *accounts);

void accounts_close(struct accounts *accounts); /* before the producer; NULL is fine */

#endif
