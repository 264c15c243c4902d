/*
 * name_set.h - names whose values are secret, as of query parameters, headers and members of JSON.
 *
 * Case, `_`, `-` and percent-encoding make no difference: access_token, Access-Token and
 * accessToken are one. Of user[password] and auth.password the last part counts as well.
 */
#ifndef SHIPPER_PROCESS_NAME_SET_H
#define SHIPPER_PROCESS_NAME_SET_H

#include <stdbool.h>

#include "common/buf.h"

#define NAME_SET_LEN 96 /* longer names are in no set */

struct name_set { /* zeroed is empty */
    char **names; /* in their usual form */
    unsigned count;
    short *table; /* numbers of names by hash, -1: none; no `*` */
    unsigned table_size;
    unsigned *wild; /* numbers of names with `*` at an end */
    unsigned wild_count;
};

/* False without memory, or (check with name_set_is_good) a name that is none. */
bool name_set_init(struct name_set *set, const char *const *names, unsigned count);
void name_set_release(struct name_set *set);

/* May `name` be one? Letters, digits, `_`, `-`, `.`; `*` at one end or both. */
bool name_set_is_good(const char *name);

bool name_set_has(const struct name_set *set, struct slice name);

/* Also any part before the last: password.value is what was {"password":{"value":…}}. */
bool name_set_has_part(const struct name_set *set, struct slice name);

#endif
