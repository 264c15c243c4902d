/*
 * json_walk.c - finding values in JSON text without a tree.
 */
#include "common/json_walk.h"

#include <string.h>

bool json_whole(struct slice text, struct json_value *out)
{
    const char *end = text.data + text.len, *p;

    if (text.len == 0)
        return false;
    p = json_read(json_skip_space(text.data, end), end, out);
    return p && json_skip_space(p, end) == end;
}

/* Steps over `c`, with white space before and behind it; NULL when something else is there. */
static const char *expect(const char *p, const char *end, char c)
{
    p = json_skip_space(p, end);
    return p < end && *p == c ? json_skip_space(p + 1, end) : NULL;
}

static bool find_member(struct slice object, const char *key, struct json_value *name,
                        struct json_value *value)
{
    const char *end = object.data + object.len;
    const char *p = object.len ? expect(object.data, end, '{') : NULL;

    while (p && (p = json_read_string(p, end, name)) && (p = expect(p, end, ':')) &&
           (p = json_read(p, end, value))) {
        if (slice_is((struct slice){name->raw.data + 1, name->raw.len - 2}, key))
            return true;
        p = expect(p, end, ',');
    }
    return false;
}

bool json_member(struct slice object, const char *key, struct json_value *out)
{
    struct json_value name, value;

    if (!find_member(object, key, &name, &value))
        return false;
    *out = value;
    return true;
}

size_t json_without(struct slice object, const char *key, char *out)
{
    const char *end = object.data + object.len, *from, *to;
    struct json_value name, value;

    if (!find_member(object, key, &name, &value))
        return 0;
    from = name.raw.data;
    to = json_skip_space(value.raw.data + value.raw.len, end);
    if (to < end && *to == ',') {
        to = json_skip_space(to + 1, end);
    } else { /* the last one: the comma before it goes */
        while (from[-1] != ',' && from[-1] != '{')
            from--;
        from -= from[-1] == ',';
    }
    memcpy(out, object.data, (size_t)(from - object.data));
    memcpy(out + (from - object.data), to, (size_t)(end - to));
    return (size_t)(from - object.data) + (size_t)(end - to);
}

struct json_elements json_elements(struct slice array)
{
    const char *end = array.data + array.len;

    return (struct json_elements){array.len ? expect(array.data, end, '[') : NULL, end, false};
}

bool json_next_element(struct json_elements *elements, struct json_value *out)
{
    if (elements->p && elements->started)
        elements->p = expect(elements->p, elements->end, ',');
    elements->started = true;
    if (elements->p)
        elements->p = json_read(elements->p, elements->end, out);
    return elements->p != NULL;
}
