/*
 * fields.h - fields that the configuration sets, copies, renames and removes.
 *
 * Steps are done in the order in which they are written. Names are resolved
 * once. What a record's identity and place in the index depend on cannot be changed.
 */
#ifndef SHIPPER_PROCESS_FIELDS_H
#define SHIPPER_PROCESS_FIELDS_H

#include "common/error.h"
#include "common/record.h"

struct field_step_config;

enum field_action {
    FIELD_ACTION_SET,    /* a constant, whatever was there */
    FIELD_ACTION_ADD,    /* a constant, unless there is something */
    FIELD_ACTION_COPY,   /* what stands at `from`, if anything does */
    FIELD_ACTION_RENAME, /* the same, and it is removed there */
    FIELD_ACTION_REMOVE,
    FIELD_ACTION_TAG,
};

struct field_step {
    enum field_action action;
    unsigned object; /* of REMOVE: all of it; 0: only `from` */
    struct record_target from, to;
    struct slice text; /* of SET, ADD and TAG; the configuration's */
};

/* REJECT: err says what is wrong with the step. */
enum status field_step_init(struct field_step *step, const struct field_step_config *config,
                            struct error *err);

void field_step_apply(const struct field_step *step, struct record *record);

#endif
