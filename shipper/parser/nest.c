/*
 * nest.c - values of dotted names that the schema does not know, as objects.
 */
#include "shipper/parser/nest.h"

#include <stdlib.h>

#include "common/record_extras.h"

static struct slice key_of(const struct record_target *target)
{
    return (struct slice){target->key, target->key_len};
}

bool nest_add(struct nest *nest, const struct record_target *target)
{
    struct slice key = key_of(target);

    if (nest->count == NEST_NAMES_MAX || !memchr(key.data, '.', key.len))
        return false;
    nest->names[nest->count++] = (struct nest_name){.key = key, .node = target->node};
    return true;
}

/* A dot is less than any other byte: names of one object stand together. */
static int compare(const void *a, const void *b)
{
    const struct nest_name *x = a, *y = b;
    size_t len = x->key.len < y->key.len ? x->key.len : y->key.len;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    for (size_t i = 0; i < len; i++) {
        int left = x->key.data[i] == '.' ? -1 : (unsigned char)x->key.data[i];
        int right = y->key.data[i] == '.' ? -1 : (unsigned char)y->key.data[i];

        if (left != right)
            return left < right ? -1 : 1;
    }
    return (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

static bool is_within(const struct nest_name *inner, const struct nest_name *outer)
{
    return inner->node == outer->node && inner->key.len > outer->key.len &&
           inner->key.data[outer->key.len] == '.' &&
           memcmp(inner->key.data, outer->key.data, outer->key.len) == 0;
}

void nest_seal(struct nest *nest)
{
    size_t kept = 0;

    qsort(nest->names, nest->count, sizeof(nest->names[0]), compare);
    for (size_t i = 0; i < nest->count; i++)
        if (kept == 0 || compare(&nest->names[kept - 1], &nest->names[i]) != 0)
            nest->names[kept++] = nest->names[i];
    nest->count = kept;
    for (size_t i = 0; i + 1 < kept; i++)
        nest->names[i].is_blocked = is_within(&nest->names[i + 1], &nest->names[i]);
}

struct nest_name *nest_find(struct nest *nest, const struct record_target *target)
{
    const struct nest_name wanted = {.key = key_of(target), .node = target->node};

    for (size_t i = 0; i < nest->count; i++)
        if (compare(&nest->names[i], &wanted) == 0)
            return nest->names[i].is_blocked ? NULL : &nest->names[i];
    return NULL;
}

void nest_clear(struct nest *nest)
{
    for (size_t i = 0; nest->is_used && i < nest->count; i++)
        nest->names[i].raw.data = NULL;
    nest->is_used = false;
}

/* The part of `key` before its first dot; *rest is what is behind it. */
static struct slice first_part(struct slice key, struct slice *rest)
{
    const char *dot = memchr(key.data, '.', key.len);
    struct slice first = {key.data, dot ? (size_t)(dot - key.data) : key.len};

    *rest = dot ? (struct slice){dot + 1, key.len - first.len - 1} : (struct slice){NULL, 0};
    return first;
}

/* How many bytes of both are the same objects: up to behind a dot. */
static size_t shared(struct slice a, struct slice b)
{
    size_t same = 0;

    for (size_t i = 0; i < a.len && i < b.len && a.data[i] == b.data[i]; i++)
        if (a.data[i] == '.')
            same = i + 1;
    return same;
}

static size_t dots(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '.';
    return count;
}

struct writer {
    char *p;
    struct slice before; /* the last name */
};

static void add(struct writer *writer, struct slice text)
{
    memcpy(writer->p, text.data, text.len);
    writer->p += text.len;
}

/* The next member: closes the objects that it is not in, opens those that it is in. */
static void write_member(struct writer *writer, struct slice name, struct slice raw)
{
    size_t same = shared(writer->before, name);
    struct slice rest = {name.data + same, name.len - same}, part;

    for (size_t i = same; i < writer->before.len; i++)
        if (writer->before.data[i] == '.')
            *writer->p++ = '}';
    if (writer->before.data)
        *writer->p++ = ',';
    while (rest.data) {
        part = first_part(rest, &rest);
        *writer->p++ = '"';
        add(writer, part);
        add(writer, rest.data ? SLICE("\":{") : SLICE("\":"));
    }
    add(writer, raw);
    writer->before = name;
}

/* Bytes that the members [from, to) take as an object at most. */
static size_t object_bound(const struct nest_name *from, const struct nest_name *to)
{
    size_t bytes = 2;

    for (; from < to; from++)
        if (from->raw.data)
            bytes += from->raw.len + from->key.len + 5 * (dots(from->key) + 1);
    return bytes;
}

static bool write_object(struct nest_name *from, struct nest_name *to, struct record *record)
{
    char *start = arena_bytes(record->arena, object_bound(from, to));
    struct writer writer = {.p = start};
    struct slice rest, first = first_part(from->key, &rest);

    if (!start)
        return false;
    *writer.p++ = '{';
    for (struct nest_name *name = from; name < to; name++) {
        if (!name->raw.data)
            continue;
        first_part(name->key, &rest);
        write_member(&writer, rest, name->raw);
        name->raw.data = NULL;
    }
    if (!writer.before.data)
        return true;
    for (size_t n = dots(writer.before) + 1; n; n--)
        *writer.p++ = '}';
    return record_add_extra(record, from->node, first,
                            (struct slice){start, (size_t)(writer.p - start)});
}

bool nest_write(struct nest *nest, struct record *record)
{
    struct nest_name *end = nest->names + nest->count, *to;
    bool done = true;

    if (!nest->is_used)
        return true;
    nest->is_used = false;
    for (struct nest_name *from = nest->names; from < end; from = to) {
        struct slice rest, first = first_part(from->key, &rest);

        for (to = from;
             to < end && to->node == from->node && slice_equal(first_part(to->key, &rest), first);
             to++)
            ;
        done = write_object(from, to, record) && done;
    }
    return done;
}
