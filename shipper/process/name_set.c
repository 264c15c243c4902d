/*
 * name_set.c - names whose values are secret.
 */
#include "shipper/process/name_set.h"

#include <stdint.h>
#include <stdlib.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint32_t hash_of(struct slice text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * 16777619u;
    return hash;
}

/*
 * The usual form of `name` in `out`: lower case without `_` and `-`; what is no letter or digit
 * is a dot, none at the ends. Returns its length; *last is where its last part begins.
 */
static size_t usual_form(struct slice name, char out[NAME_SET_LEN], size_t *last)
{
    const char *end = name.data + name.len;
    size_t len = 0;

    *last = 0;
    for (const char *p = name.data; p < end && len < NAME_SET_LEN; p++) {
        char c = *p;

        if (c == '%' && end - p > 2 && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
            c = (char)(hex_digit(p[1]) << 4 | hex_digit(p[2]));
            p += 2;
        }
        if (c == '_' || c == '-')
            continue;
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '*' || c & 0x80))
            c = '.';
        if (c != '.' || (len && out[len - 1] != '.'))
            out[len++] = c;
    }
    if (len && out[len - 1] == '.')
        len--;
    for (size_t i = 0; i < len; i++)
        if (out[i] == '.')
            *last = i + 1;
    return len;
}

bool name_set_is_good(const char *name)
{
    size_t len = strlen(name);
    bool any = false;

    for (size_t i = 0; i < len; i++) {
        char c = name[i] | 0x20;
        bool part = (c >= 'a' && c <= 'z') || (name[i] >= '0' && name[i] <= '9');

        any = any || part;
        if (!part && !strchr("_-.", name[i]) && (name[i] != '*' || (i > 0 && i + 1 < len)))
            return false;
    }
    return any && len < NAME_SET_LEN;
}

static bool add(struct name_set *set, unsigned number, const char *name)
{
    char form[NAME_SET_LEN];
    size_t last, len = usual_form(slice_of(name), form, &last);
    uint32_t slot;

    set->names[number] = strndup(form, len);
    if (!set->names[number])
        return false;
    if (memchr(form, '*', len)) {
        set->wild[set->wild_count++] = number;
        return true;
    }
    for (slot = hash_of((struct slice){form, len}); set->table[slot & (set->table_size - 1)] >= 0;)
        slot++;
    set->table[slot & (set->table_size - 1)] = (short)number;
    return true;
}

bool name_set_init(struct name_set *set, const char *const *names, unsigned count)
{
    *set = (struct name_set){.table_size = 16};
    if (count == 0)
        return true;
    while (set->table_size < 4 * count)
        set->table_size *= 2;
    set->names = calloc(count, sizeof(*set->names));
    set->wild = calloc(count, sizeof(*set->wild));
    set->table = malloc(set->table_size * sizeof(*set->table));
    if (!set->names || !set->wild || !set->table) {
        name_set_release(set);
        return false;
    }
    memset(set->table, 0xff, set->table_size * sizeof(*set->table));
    for (unsigned i = 0; i < count; i++) {
        set->count++;
        if (!add(set, i, names[i])) {
            name_set_release(set);
            return false;
        }
    }
    return true;
}

void name_set_release(struct name_set *set)
{
    for (unsigned i = 0; set->names && i < set->count; i++)
        free(set->names[i]);
    free(set->names);
    free(set->wild);
    free(set->table);
    *set = (struct name_set){0};
}

static bool is_in_table(const struct name_set *set, struct slice form)
{
    for (uint32_t slot = hash_of(form);; slot++) {
        short number = set->table[slot & (set->table_size - 1)];

        if (number < 0)
            return false;
        if (slice_is(form, set->names[number]))
            return true;
    }
}

/* Against *text, text* or *text*. */
static bool is_like(struct slice form, const char *wild)
{
    bool open_start = wild[0] == '*', open_end;
    struct slice part = slice_of(wild + open_start);

    open_end = part.len && part.data[part.len - 1] == '*';
    part.len -= open_end;
    if (form.len < part.len)
        return false;
    if (open_start && open_end)
        return memmem(form.data, form.len, part.data, part.len) != NULL;
    return memcmp(open_start ? form.data + form.len - part.len : form.data, part.data, part.len) ==
           0;
}

static bool has_form(const struct name_set *set, struct slice form)
{
    if (form.len == 0)
        return false;
    if (is_in_table(set, form))
        return true;
    for (unsigned i = 0; i < set->wild_count; i++)
        if (is_like(form, set->names[set->wild[i]]))
            return true;
    return false;
}

/* False: it can be none. */
static bool take_form(const struct name_set *set, struct slice name, char room[NAME_SET_LEN],
                      size_t *len, size_t *last)
{
    if (set->count == 0 || name.len == 0 || name.len > 3 * NAME_SET_LEN)
        return false;
    *len = usual_form(name, room, last);
    return *len && *len < NAME_SET_LEN;
}

bool name_set_has(const struct name_set *set, struct slice name)
{
    char room[NAME_SET_LEN];
    size_t len, last;

    if (!take_form(set, name, room, &len, &last))
        return false;
    return has_form(set, (struct slice){room + last, len - last}) ||
           (last && is_in_table(set, (struct slice){room, len}));
}

bool name_set_has_part(const struct name_set *set, struct slice name)
{
    char room[NAME_SET_LEN];
    size_t len, last, start = 0;

    if (!take_form(set, name, room, &len, &last))
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && room[i] != '.')
            continue;
        if (has_form(set, (struct slice){room + start, i - start}))
            return true;
        start = i + 1;
    }
    return last && is_in_table(set, (struct slice){room, len});
}
