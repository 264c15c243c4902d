/*
 * expand.c - a pattern as people write it into one that PCRE2 takes.
 */
#include "shipper/grok/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shipper/grok/library.h"

#define TEXT_MAX   (256u << 10) /* bytes of what a pattern may grow to */
#define DEPTH_MAX  32           /* definitions within definitions */
#define ARENA_MAX  (1u << 20)
#define PLACES_MAX (1u << 20)

/*
 * Grok's own rules: only named groups are captured, a name may be used twice,
 * and a dot is any character of an event, also where it has several lines.
 */
#define GROK_OPTIONS "(?nsJ)"

struct place {
    size_t out, in;
    bool is_copy; /* byte by byte from here on; otherwise all of it comes from `in` */
};

/* The definitions that are being expanded, from the innermost outwards. */
struct chain {
    const struct chain *outer;
    struct slice name;
    unsigned depth;
};

struct expander {
    struct expansion *out;
    const struct grok_library *library;
    const char *start; /* of the pattern itself, for messages */
    size_t at;         /* in it, where the outermost reference stands */
    struct error *err;
};

/* A place in the text that is being read. */
struct reader {
    const char *p, *end;
    const struct chain *chain; /* NULL: the pattern itself */
};

void expansion_init(struct expansion *expansion)
{
    memset(expansion, 0, sizeof(*expansion));
    arena_init(&expansion->arena, 4096, ARENA_MAX);
    expansion->text = (struct buf)BUF_INIT(TEXT_MAX);
    expansion->places = (struct buf)BUF_INIT(PLACES_MAX);
}

void expansion_release(struct expansion *expansion)
{
    arena_release(&expansion->arena);
    buf_release(&expansion->text);
    buf_release(&expansion->places);
}

/* The character in the pattern that a message is about, from 1. */
static size_t character(const struct expander *expander, const struct reader *reader)
{
    return (reader->chain ? expander->at : (size_t)(reader->p - expander->start)) + 1;
}

static void mark_place(struct expander *expander, const struct reader *reader, bool is_copy)
{
    struct place place = {expander->out->text.len, character(expander, reader) - 1, is_copy};

    if (!reader->chain)
        buf_add(&expander->out->places, &place, sizeof(place));
}

size_t expansion_place(const struct expansion *expansion, size_t at)
{
    const struct place *places = (const struct place *)expansion->places.data;
    size_t count = expansion->places.len / sizeof(*places);
    struct place best = {0, 0, true};

    for (size_t i = 0; i < count && places[i].out <= at; i++)
        best = places[i];
    return best.in + (best.is_copy ? at - best.out : 0);
}

unsigned expansion_number(const char *name)
{
    return (unsigned)strtoul(name + 1, NULL, 10);
}

/* ---- names ---- */

/* "[a][b]" is "a.b". {NULL, 0}: not well formed, or no memory. */
static struct slice join_brackets(struct arena *arena, struct slice text)
{
    char *copy = arena_bytes(arena, text.len), *out = copy;
    const char *p = text.data, *end = p + text.len, *close;

    if (!copy)
        return (struct slice){NULL, 0};
    while (p < end) {
        close = *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL;
        if (!close || close == p + 1)
            return (struct slice){NULL, 0};
        if (out > copy)
            *out++ = '.';
        memcpy(out, p + 1, (size_t)(close - p - 1));
        out += close - p - 1;
        p = close + 1;
    }
    return (struct slice){copy, (size_t)(out - copy)};
}

static struct slice dot_underscores(struct arena *arena, struct slice text)
{
    char *copy = arena_bytes(arena, text.len), *out = copy;

    if (!copy)
        return (struct slice){NULL, 0};
    for (size_t i = 0; i < text.len; i++) {
        bool is_dot = text.data[i] == '_' && i > 0 && i + 2 < text.len && text.data[i + 1] == '_';

        *out++ = is_dot ? '.' : text.data[i];
        i += is_dot;
    }
    return (struct slice){copy, (size_t)(out - copy)};
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           strchr("_.@-", c);
}

static bool is_field_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!name.data[i] || !is_name_char(name.data[i]))
            return false;
    return name.len > 0;
}

/* "name:type" into its two parts; false: not a name. */
static bool read_name(struct expander *expander, struct slice text, struct expansion_name *name)
{
    struct arena *arena = &expander->out->arena;
    const char *colon = text.len ? memchr(text.data, ':', text.len) : NULL;

    *name = (struct expansion_name){.name = text};
    if (colon) {
        name->name.len = (size_t)(colon - text.data);
        name->type = (struct slice){colon + 1, text.len - name->name.len - 1};
        if (name->type.len == 0)
            return false;
    }
    if (name->name.len && name->name.data[0] == '[')
        name->name = join_brackets(arena, name->name);
    else if (!expander->library)
        name->name = dot_underscores(arena, name->name);
    return is_field_name(name->name);
}

/* The number of a name, new or seen before; -1: too many, or no memory. */
static int name_number(struct expansion *out, const struct expansion_name *name)
{
    struct expansion_name *made = &out->names[out->count];

    for (unsigned i = 0; i < out->count; i++)
        if (slice_equal(out->names[i].name, name->name) &&
            (name->type.len == 0 || slice_equal(out->names[i].type, name->type)))
            return (int)i;
    if (out->count == EXPANSION_NAMES_MAX)
        return -1;
    *made = *name;
    made->name = arena_copy(&out->arena, name->name);
    made->type = name->type.len ? arena_copy(&out->arena, name->type) : name->type;
    return made->name.data && (made->type.data || made->type.len == 0) ? (int)out->count++ : -1;
}

static enum status refuse(struct expander *expander, const struct reader *reader, const char *what,
                          struct slice text)
{
    if (reader->chain)
        return error_set(
            expander->err, REJECT, "%s '%.*s' in grok pattern '%.*s', at character %zu", what,
            SLICE_FMT(text), SLICE_FMT(reader->chain->name), character(expander, reader));
    return error_set(expander->err, REJECT, "%s '%.*s' at character %zu", what, SLICE_FMT(text),
                     character(expander, reader));
}

/* Writes `before`, the group's name in the text, `after`. */
static enum status write_name(struct expander *expander, const struct reader *reader,
                              struct slice written, struct expansion_name *name, const char *before,
                              const char *after)
{
    int number = name_number(expander->out, name);

    if (number < 0)
        return refuse(expander, reader, "too many names, from", written);
    mark_place(expander, reader, false);
    buf_addf(&expander->out->text, "%sg%d%s", before, number, after);
    return OK;
}

/* ---- %{NAME:field:type} ---- */

static enum status read_text(struct expander *expander, struct reader *reader);

static bool is_in_chain(const struct chain *chain, struct slice name)
{
    for (; chain; chain = chain->outer)
        if (slice_equal(chain->name, name))
            return true;
    return false;
}

static enum status refuse_unknown(struct expander *expander, const struct reader *reader,
                                  struct slice name)
{
    char wrong[80];
    const char *best;

    snprintf(wrong, sizeof(wrong), "%.*s", SLICE_FMT(name));
    best = grok_library_suggest(expander->library, wrong);
    refuse(expander, reader, "no grok pattern", name);
    if (best) {
        size_t len = strlen(expander->err->text);

        snprintf(expander->err->text + len, sizeof(expander->err->text) - len,
                 "; did you mean '%s'?", best);
    }
    return REJECT;
}

/* What it stands for, as a group. */
static enum status write_definition(struct expander *expander, struct reader *reader,
                                    struct slice name)
{
    struct chain chain = {reader->chain, name, reader->chain ? reader->chain->depth + 1 : 1};
    struct reader inner = {.chain = &chain};
    struct slice definition;
    enum status status;

    if (!grok_library_find(expander->library, name, &definition))
        return refuse_unknown(expander, reader, name);
    if (is_in_chain(reader->chain, name) || chain.depth > DEPTH_MAX)
        return refuse(expander, reader, "a definition refers to itself:", name);
    inner.p = definition.data;
    inner.end = definition.data + definition.len;
    status = read_text(expander, &inner);
    buf_add_char(&expander->out->text, ')');
    return status;
}

/* `%{`; reader->p is behind it when OK. */
static enum status read_reference(struct expander *expander, struct reader *reader)
{
    const char *open = reader->p + 2, *close = memchr(open, '}', (size_t)(reader->end - open));
    struct slice whole = {reader->p, (size_t)((close ? close + 1 : reader->end) - reader->p)};
    struct slice name = {open, close ? (size_t)(close - open) : 0};
    const char *colon = name.len ? memchr(name.data, ':', name.len) : NULL;
    struct expansion_name field;
    enum status status;

    if (!reader->chain)
        expander->at = (size_t)(reader->p - expander->start);
    if (!close)
        return refuse(expander, reader, "without a closing brace:", whole);
    if (colon) {
        struct slice rest = {colon + 1, (size_t)(close - colon - 1)};

        name.len = (size_t)(colon - open);
        if (!read_name(expander, rest, &field))
            return refuse(expander, reader, "not a field's name:", rest);
        field.in_quotes = slice_is(name, "QS") || slice_is(name, "QUOTEDSTRING");
        status = write_name(expander, reader, whole, &field, "(?<", ">");
        if (status != OK)
            return status;
    } else {
        mark_place(expander, reader, false);
        buf_add_text(&expander->out->text, "(?:");
    }
    status = write_definition(expander, reader, name);
    reader->p = close + 1;
    mark_place(expander, reader, true);
    return status;
}

/* ---- groups with names, and what refers to them ---- */

static const struct form {
    const char *open;
    char close;
    bool is_group; /* of its own; otherwise it refers to one, maybe by number */
} forms[] = {
    {"(?P<", '>', true},  {"(?<", '>', true},    {"(?'", '\'', true},  {"(?P=", ')', false},
    {"(?P>", ')', false}, {"(?&", ')', false},   {"(?(<", '>', false}, {"(?('", '\'', false},
    {"\\k<", '>', false}, {"\\k'", '\'', false}, {"\\k{", '}', false}, {"\\g{", '}', false},
    {"\\g<", '>', false}, {"\\g'", '\'', false}, {NULL, 0, false},
};

static const struct form *find_form(const struct reader *reader)
{
    size_t left = (size_t)(reader->end - reader->p);

    for (const struct form *form = forms; form->open; form++) {
        size_t len = strlen(form->open);

        if (left <= len || memcmp(reader->p, form->open, len) != 0)
            continue;
        /* Not (?<= and (?<!, not \g{-1} and \g<2>. */
        if (form->is_group ? !strchr("=!", reader->p[len])
                           : !strchr("+-0123456789", reader->p[len]))
            return form;
    }
    return NULL;
}

static void copy(struct expander *expander, struct reader *reader, size_t len)
{
    buf_add(&expander->out->text, reader->p, len);
    reader->p += len;
}

static enum status read_form(struct expander *expander, struct reader *reader,
                             const struct form *form)
{
    const char *open = reader->p + strlen(form->open),
               *close = memchr(open, form->close, (size_t)(reader->end - open));
    const char after[2] = {form->close, '\0'};
    struct slice written = {open, (size_t)((close ? close : reader->end) - open)};
    struct expansion_name name;
    enum status status;

    if (!close || !read_name(expander, written, &name))
        return refuse(expander, reader, "not a group's name:", written);
    status = write_name(expander, reader, written, &name, form->open, after);
    reader->p = close + 1;
    mark_place(expander, reader, true);
    return status;
}

/* ---- the rest is passed on ---- */

/* [...]: nothing in it is a group. */
static void copy_class(struct expander *expander, struct reader *reader)
{
    const char *p = reader->p + 1, *end = reader->end;

    p += p < end && *p == '^';
    p += p < end && *p == ']'; /* the first one is a member */
    for (; p < end && *p != ']'; p++) {
        if (*p == '\\' && p + 1 < end) {
            p++;
        } else if (*p == '[' && end - p > 3 && strchr(":.=", p[1])) {
            const char closing[2] = {p[1], ']'},
                       *close = memmem(p + 2, (size_t)(end - p - 2), closing, sizeof(closing));

            p = close ? close + 1 : p;
        }
    }
    copy(expander, reader, (size_t)((p < end ? p + 1 : end) - reader->p));
}

/* A backslash and what it protects; \Q...\E as a whole. */
static void copy_escape(struct expander *expander, struct reader *reader)
{
    size_t left = (size_t)(reader->end - reader->p);
    const char *close;

    if (left > 1 && reader->p[1] == 'Q') {
        close = memmem(reader->p, left, "\\E", 2);
        copy(expander, reader, close ? (size_t)(close + 2 - reader->p) : left);
        return;
    }
    copy(expander, reader, left > 1 ? 2 : 1);
}

static void copy_comment(struct expander *expander, struct reader *reader)
{
    const char *close = memchr(reader->p, ')', (size_t)(reader->end - reader->p));

    copy(expander, reader, (size_t)((close ? close + 1 : reader->end) - reader->p));
}

static enum status read_text(struct expander *expander, struct reader *reader)
{
    enum status status = OK;

    mark_place(expander, reader, true);
    while (reader->p < reader->end && status == OK && !expander->out->text.failed) {
        size_t left = (size_t)(reader->end - reader->p);
        const struct form *form =
            *reader->p == '(' || *reader->p == '\\' ? find_form(reader) : NULL;

        if (form)
            status = read_form(expander, reader, form);
        else if (*reader->p == '\\')
            copy_escape(expander, reader);
        else if (*reader->p == '[')
            copy_class(expander, reader);
        else if (left > 2 && memcmp(reader->p, "(?#", 3) == 0)
            copy_comment(expander, reader);
        else if (expander->library && left > 1 && memcmp(reader->p, "%{", 2) == 0)
            status = read_reference(expander, reader);
        else
            copy(expander, reader, 1);
    }
    return status;
}

enum status expand(struct expansion *expansion, struct slice pattern,
                   const struct grok_library *library, struct error *err)
{
    const char *start = pattern.len ? pattern.data : "";
    struct error unused;
    struct expander expander = {expansion, library, start, 0, err ? err : &unused};
    struct reader reader = {start, start + pattern.len, NULL};
    enum status status;

    if (library)
        buf_add_text(&expansion->text, GROK_OPTIONS);
    status = read_text(&expander, &reader);
    if (status != OK)
        return status;
    if (expansion->text.failed || expansion->places.failed)
        return error_set(err, REJECT, "the pattern grows beyond %u bytes", TEXT_MAX);
    return OK;
}
