/*
 * json.c - checked getters over cJSON.
 */
#include "common/json.h"

const char *json_text(const cJSON *object, const char *key, const char *fallback)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsString(member) ? member->valuestring : fallback;
}

int64_t json_number(const cJSON *object, const char *key, int64_t fallback)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);

    if (!cJSON_IsNumber(member))
        return fallback;
    if (member->valuedouble >= (double)INT64_MAX) /* beyond it the conversion is undefined */
        return INT64_MAX;
    if (member->valuedouble > (double)INT64_MIN)
        return (int64_t)member->valuedouble;
    return member->valuedouble <= (double)INT64_MIN ? INT64_MIN : fallback;
}

void json_write(const cJSON *json, struct buf *out)
{
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;

    if (text)
        buf_add_text(out, text);
    else
        out->failed = true;
    cJSON_free(text);
}
