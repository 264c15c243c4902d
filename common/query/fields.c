/*
 * fields.c - names of fields: found, guessed, listed.
 */
#include "common/query/fields.h"

#include "common/query/lex.h"

#define NAME_MAX_BYTES 64 /* longer names are not guessed at */

static bool is_hidden(const struct query_context *context, enum record_field field)
{
    return context->hidden && (context->hidden[field / 64] >> (field % 64) & 1);
}

/* The next of a comma-separated list; false at its end. */
static bool next_name(const char **p, struct slice *out)
{
    const char *start = *p, *comma = strchr(start, ',');

    if (*start == '\0')
        return false;
    *out = (struct slice){start, comma ? (size_t)(comma - start) : strlen(start)};
    *p = comma ? comma + 1 : start + out->len;
    return true;
}

void field_each_name(const struct query_context *context,
                     void (*take)(void *user, enum record_field field, struct slice name),
                     void *user)
{
    for (enum record_field field = 0; field < FIELD_COUNT; field++) {
        const char *aliases = record_fields[field].aliases;
        struct slice name = slice_of(record_fields[field].name);

        if (is_hidden(context, field))
            continue;
        take(user, field, name);
        for (struct slice alias; next_name(&aliases, &alias);)
            if (!slice_equal(alias, name))
                take(user, field, alias);
    }
}

struct search {
    struct slice name;
    struct field_ref found;
    bool any;
};

static void compare(void *user, enum record_field field, struct slice name)
{
    struct search *search = user;
    struct slice wanted = search->name;

    if (slice_equal(name, wanted)) {
        search->any = true;
        search->found = (struct field_ref){.field = field};
    } else if (record_fields[field].type == TYPE_OBJECT && wanted.len > name.len + 1 &&
               memcmp(wanted.data, name.data, name.len) == 0 && wanted.data[name.len] == '.') {
        search->any = true;
        search->found =
            (struct field_ref){field, {wanted.data + name.len + 1, wanted.len - name.len - 1}};
    }
}

bool field_find(struct slice name, const struct query_context *context, struct field_ref *out)
{
    struct search search = {.name = name};

    field_each_name(context, compare, &search);
    if (search.any)
        *out = search.found;
    return search.any;
}

/* Insertions, deletions, exchanges and swaps of neighbours that make `b` of `a`; case is ignored.
 */
static unsigned distance(struct slice a, struct slice b)
{
    unsigned rows[3][NAME_MAX_BYTES + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2], *free_row;

    for (size_t j = 0; j <= b.len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        free_row = before;
        before = above;
        above = row;
        row = free_row;
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = ascii_lower(a.data[i - 1]) == ascii_lower(b.data[j - 1]);
            unsigned best = above[j - 1] + !same;

            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
    }
    return row[b.len];
}

struct guess {
    struct slice name, best;
    unsigned best_distance;
};

static void weigh(void *user, enum record_field field, struct slice name)
{
    struct guess *guess = user;
    unsigned d;

    (void)field;
    if (name.len > NAME_MAX_BYTES)
        return;
    d = distance(guess->name, name);
    if (d < guess->best_distance) {
        guess->best_distance = d;
        guess->best = name;
    }
}

struct slice field_suggest(struct slice name, const struct query_context *context)
{
    struct guess guess = {.name = name};

    if (name.len > NAME_MAX_BYTES)
        return (struct slice){NULL, 0};
    /* What differs in half of its letters is another word. */
    guess.best_distance = name.len < 4 ? 2 : name.len < 8 ? 3 : 4;
    field_each_name(context, weigh, &guess);
    return guess.best;
}
