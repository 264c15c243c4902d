/*
 * capture_value.c - texts of lines as the numbers, truths and lists that they are meant to be.
 */
#include "shipper/parser/capture_value.h"

#include <strings.h>

#include "common/json_text.h"
#include "common/scope.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool value_long(struct slice text, bool cut, int64_t *out)
{
    const char *p = text.data, *end = p + text.len, *point;
    bool negative = text.len && *p == '-';
    uint64_t value = 0, max = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    point = cut && p < end ? memchr(p, '.', (size_t)(end - p)) : NULL;
    if (p == end || !is_digit(*p))
        return false;
    for (; p < (point ? point : end); p++) {
        if (!is_digit(*p) || value > (max - (uint64_t)(*p - '0')) / 10)
            return false;
        value = value * 10 + (uint64_t)(*p - '0');
    }
    for (p = point ? point + 1 : end; p < end; p++)
        if (!is_digit(*p))
            return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

struct slice value_number(struct arena *arena, struct slice text)
{
    const char *p = text.data, *end = p + text.len;
    struct json_value value;
    char *out, *start;

    if (text.len && json_read(p, end, &value) == end && value.kind == JSON_NUMBER)
        return text;
    start = out = arena_bytes(arena, text.len + 2);
    if (!out || text.len == 0)
        return (struct slice){NULL, 0};
    if (*p == '-')
        *out++ = '-';
    p += *p == '-' || *p == '+';
    while (end - p > 1 && *p == '0' && is_digit(p[1]))
        p++;
    if (p < end && *p == '.')
        *out++ = '0';
    if (p < end && end[-1] == '.')
        end--;
    memcpy(out, p, (size_t)(end - p));
    out += end - p;
    if (json_read(start, out, &value) != out || value.kind != JSON_NUMBER)
        return (struct slice){NULL, 0};
    return (struct slice){start, (size_t)(out - start)};
}

static bool word_is(struct slice text, const char *word)
{
    return strlen(word) == text.len && strncasecmp(text.data, word, text.len) == 0;
}

struct slice value_bool(struct slice text)
{
    static const char *const yes[] = {"true", "yes", "on", "1", "t", "y"};
    static const char *const no[] = {"false", "no", "off", "0", "f", "n"};

    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (word_is(text, yes[i]))
            return SLICE("true");
        if (word_is(text, no[i]))
            return SLICE("false");
    }
    return (struct slice){NULL, 0};
}

struct slice value_of_long(struct arena *arena, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)number);

    return arena_copy(arena, (struct slice){text, (size_t)len});
}

struct slice value_join(struct arena *arena, struct slice before, struct slice value, bool is_list)
{
    size_t len = before.len + value.len + 3 - 2 * is_list;
    char *out = arena_bytes(arena, len), *p = out;

    if (!out)
        return (struct slice){NULL, 0};
    if (!is_list)
        *p++ = '[';
    memcpy(p, before.data, before.len - is_list);
    p += before.len - is_list;
    *p++ = ',';
    memcpy(p, value.data, value.len);
    p[value.len] = ']';
    return (struct slice){out, len};
}
