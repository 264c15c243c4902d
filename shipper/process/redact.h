/*
 * redact.h - hides what must not leave the host: addresses, names, numbers, passwords.
 *
 * Every text of a record is looked through: fields, labels, members of JSON at any depth and their
 * names, message and event.original. What says where a line came from is not touched: event.id,
 * event.dataset, agent.*, log.file.path.
 *
 * source.ip stays a valid address when addresses are truncated. Masked or hashed it is none any
 * more: then it goes, and source.address has what stands for it; so client.* and destination.*.
 *
 * The identity of a line (event.id) is made of the line as it was: switching this on or off
 * changes no identity, and so doubles nothing.
 */
#ifndef SHIPPER_PROCESS_REDACT_H
#define SHIPPER_PROCESS_REDACT_H

#include "common/error.h"

struct record;
struct redact;
struct redact_config;

/*
 * `common` is for all inputs, `own` for one; either may be NULL. What both say `own` decides; lists
 * are taken together. *out stays NULL when nothing is to be hidden. REJECT: a pattern is wrong.
 */
enum status redact_open(const struct redact_config *common, const struct redact_config *own,
                        struct redact **out, struct error *err);
void redact_close(struct redact *redact); /* NULL is fine */

/* Without memory a value is replaced as a whole: nothing gets out. */
void redact_apply(struct redact *redact, struct record *record);

#endif
