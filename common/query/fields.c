/*
 * fields.c - names of fields: found, guessed, listed.
 */
#include "common/query/fields.h"

#include "common/nearest.h"
#include "common/query/lex.h"

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

static void weigh(void *user, enum record_field field, struct slice name)
{
    (void)field;
    nearest_try(user, name);
}

struct slice field_suggest(struct slice name, const struct query_context *context)
{
    /* What differs in half of its letters is another word. */
    struct nearest nearest = nearest_within(name, name.len < 4 ? 1 : name.len < 8 ? 2 : 3);

    field_each_name(context, weigh, &nearest);
    return nearest.name;
}
