/*
 * select.h - which records are wanted: `keep`, `drop` and `sample` with their queries.
 *
 * A record passes when `keep` finds it (all inputs' and the input's own), no `drop` does, and it
 * is in the share of the first `sample` that finds it. Each rule counts what it took away,
 * under its key in the configuration.
 */
#ifndef SHIPPER_PROCESS_SELECT_H
#define SHIPPER_PROCESS_SELECT_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"

struct process_config;
struct record;
struct selector;

/*
 * `common` is for all inputs, `own` for one of them, called `prefix` ("inputs[0]."). *out stays
 * NULL when there are no rules.
 */
enum status select_open(const struct process_config *common, const struct process_config *own,
                        const char *prefix, struct selector **out, struct error *err);
void select_close(struct selector *selector); /* NULL is fine */

bool select_wants(struct selector *selector, const struct record *record, struct slice id);

#endif
