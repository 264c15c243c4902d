/*
 * json.h - scoped_json and checked getters over cJSON; for answers and control
 * documents, not for records.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "common/buf.h"

static inline void json_scope(cJSON **json)
{
    cJSON_Delete(*json);
}

#define scoped_json __attribute__((cleanup(json_scope)))

/* The member's text or `fallback`; the member's number or `fallback`. `object` may be NULL. */
const char *json_text(const cJSON *object, const char *key, const char *fallback);
int64_t json_number(const cJSON *object, const char *key, int64_t fallback);

/* Appends `json` without white space; sets out->failed without memory or when it is NULL. */
void json_write(const cJSON *json, struct buf *out);

#endif
