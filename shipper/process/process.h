/*
 * process.h - what happens to a record between its parser and its encoding, as configured:
 *
 *     fields -> keep, drop, sample -> redact
 *
 * Queries see what the steps on fields made of the record, and what is redacted later: a rule may
 * ask for an address that nobody sees afterwards. Belongs to one thread.
 */
#ifndef SHIPPER_PROCESS_H
#define SHIPPER_PROCESS_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"

struct input_config;
struct process;
struct record;
struct shipper_config;

/* For the lines of one input. *out stays NULL when nothing happens to them. REJECT: a rule is
 * wrong. */
enum status process_open(const struct shipper_config *config, const struct input_config *input,
                         struct process **out, struct error *err);
void process_close(struct process *process); /* NULL is fine */

/* Before anything else is done with a line: is it in the input's sample? */
bool process_samples(const struct process *process, struct slice id);

void process_fields(const struct process *process, struct record *record);

/* False: a rule leaves it out. */
bool process_wants(struct process *process, const struct record *record, struct slice id);

void process_redact(struct process *process, struct record *record);

#endif
