/*
 * json_tidy.h - foreign JSON as we pass it on.
 *
 * Valid JSON may say a key twice, hold white space and newlines, and name half
 * of a surrogate pair; Elasticsearch and most readers take none of that well.
 */
#ifndef COMMON_JSON_TIDY_H
#define COMMON_JSON_TIDY_H

#include "common/arena.h"
#include "common/json_text.h"

/* False: `value` can be passed on as it is. True: it may have to be changed. */
bool json_needs_tidying(const struct json_value *value);

/*
 * Writes `raw`, a valid value, without white space outside of strings, each
 * key of an object once (the last of the same name counts, whatever their
 * escapes), lone surrogates as U+FFFD. It is never longer than `raw`. The
 * result is in the arena; {NULL, 0} without memory.
 */
struct slice json_tidy(struct arena *arena, struct slice raw);

/*
 * A key's JSON text without the quotes, in the one form that json_write_string
 * gives it: keys that only differ in their escapes are the same key. A view, or
 * in the arena; {NULL, 0} without memory.
 */
struct slice json_key(struct arena *arena, const struct json_value *key);

/* `text` as a JSON string in the arena; {NULL, 0} without memory. */
struct slice json_quote(struct arena *arena, struct slice text);

/* The same of text that stands for itself, see json_plain_len. */
struct slice json_quote_plain(struct arena *arena, struct slice text);

#endif
