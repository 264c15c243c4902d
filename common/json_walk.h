/*
 * json_walk.h - finding values in JSON text without a tree: their bytes stay
 * as they came, so that no digit of a number is lost.
 *
 * For answers of servers. Pure functions; nothing is allocated. What is not
 * valid JSON simply ends: there is no such member, there is no next element.
 */
#ifndef COMMON_JSON_WALK_H
#define COMMON_JSON_WALK_H

#include "common/json_text.h"

/* The text as one value. False: it is none, or something follows. */
bool json_whole(struct slice text, struct json_value *out);

/*
 * The value of the first member `key` of the object `object`. False: it is no object or
 * has no such member. Keys are compared as they are written: give one without escapes.
 */
bool json_member(struct slice object, const char *key, struct json_value *out);

/*
 * Writes `object` without its first member `key` to `out`, which has room for object.len bytes; all
 * else stays as it is. Returns the length; 0: there is no such member.
 */
size_t json_without(struct slice object, const char *key, char *out);

/* Elements of an array, one after the other. */
struct json_elements {
    const char *p, *end;
    bool started;
};

/* None when `array` is no array. */
struct json_elements json_elements(struct slice array);
bool json_next_element(struct json_elements *elements, struct json_value *out);

#endif
