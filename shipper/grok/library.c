/*
 * library.c - the definitions behind grok's %{NAME}.
 */
#include "shipper/grok/library.h"

#include <stdlib.h>

#include "common/arena.h"
#include "common/nearest.h"
#include "common/embed.h"
#include "common/grow.h"
#include "common/scope.h"
#include "shipper/folder.h"

EMBED(grok_base, "configs/grok/base.grok");
EMBED(grok_web, "configs/grok/web.grok");
EMBED(grok_system, "configs/grok/system.grok");
EMBED(grok_application, "configs/grok/application.grok");
EMBED(grok_network, "configs/grok/network.grok");

#define DEFINITIONS_MAX 5000
#define FIRST_ROOM      512
#define FILE_MAX        (1u << 20) /* bytes */
#define NAME_MAX_BYTES  64

struct definition {
    struct slice name, text; /* the name with a NUL behind it */
};

struct grok_library {
    struct definition *definitions; /* in order of their names */
    size_t count, cap;
    struct arena arena;
};

static int compare_names(struct slice a, struct slice b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Where `name` stands, or would. */
static size_t place_of(const struct grok_library *library, struct slice name)
{
    size_t low = 0, high = library->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (compare_names(library->definitions[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct grok_library *library, size_t place, struct slice name)
{
    return place < library->count && slice_equal(library->definitions[place].name, name);
}

/* A copy with a NUL behind it. */
static struct slice copy_name(struct arena *arena, struct slice name)
{
    char *copy = arena_bytes(arena, name.len + 1);

    if (!copy)
        return (struct slice){NULL, 0};
    memcpy(copy, name.data, name.len);
    copy[name.len] = '\0';
    return (struct slice){copy, name.len};
}

static enum status put(struct grok_library *library, struct slice name, struct slice text,
                       struct error *err)
{
    size_t place = place_of(library, name);
    struct definition made = {copy_name(&library->arena, name), arena_copy(&library->arena, text)};

    if (!made.name.data || !made.text.data)
        return error_set(err, REJECT, "the definitions do not fit into memory");
    if (is_at(library, place, name)) {
        library->definitions[place] = made;
        return OK;
    }
    if (library->count == DEFINITIONS_MAX)
        return error_set(err, REJECT,
                         "too many definitions, there can be %d with the built-in ones",
                         DEFINITIONS_MAX);
    if (!grow(&library->definitions, &library->cap, library->count, sizeof(made), FIRST_ROOM))
        return error_set(err, REJECT, "the definitions do not fit into memory");
    memmove(&library->definitions[place + 1], &library->definitions[place],
            (library->count - place) * sizeof(made));
    library->definitions[place] = made;
    library->count++;
    return OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Splits "NAME  regular expression". NULL, or what is wrong. */
static const char *split(struct slice line, struct slice *name, struct slice *text)
{
    size_t at = 0;

    while (at < line.len && is_name_char(line.data[at]))
        at++;
    *name = (struct slice){line.data, at};
    if (at == 0 || at > NAME_MAX_BYTES || (at < line.len && !is_blank(line.data[at])))
        return "expected a name of letters, digits and _, at most 64, and a pattern";
    while (at < line.len && is_blank(line.data[at]))
        at++;
    while (line.len > at && line.data[line.len - 1] == '\r')
        line.len--;
    *text = (struct slice){line.data + at, line.len - at};
    return text->len ? NULL : "the name has no pattern";
}

enum status grok_library_add(struct grok_library *library, struct slice text, const char *origin,
                             struct error *err)
{
    const char *p = text.len ? text.data : "", *end = p + text.len, *problem;
    struct slice name, definition;

    for (size_t number = 1; p < end; number++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct slice line = {p, (size_t)((newline ? newline : end) - p)};

        p = newline ? newline + 1 : end;
        while (line.len && is_blank(*line.data))
            line = (struct slice){line.data + 1, line.len - 1};
        if (line.len == 0 || *line.data == '#')
            continue;
        problem = split(line, &name, &definition);
        if (problem)
            return error_set(err, REJECT, "%s:%zu: %s", origin, number, problem);
        if (put(library, name, definition, err))
            return error_prefix(err, "%s:%zu", origin, number);
    }
    return OK;
}

static enum status add_file(void *arg, const char *path, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(FILE_MAX);

    if (folder_read(path, &text, err))
        return err->status;
    return grok_library_add(arg, buf_slice(&text), path, err);
}

enum status grok_library_open(const char *folder, struct grok_library **out, struct error *err)
{
    const struct {
        const char *name, *text;
    } parts[] = {
        {"base.grok", embedded_grok_base},       {"web.grok", embedded_grok_web},
        {"system.grok", embedded_grok_system},   {"application.grok", embedded_grok_application},
        {"network.grok", embedded_grok_network},
    };
    struct grok_library *library = calloc(1, sizeof(*library));
    enum status status = OK;

    if (!library)
        return error_set(err, FATAL, "out of memory");
    arena_init(&library->arena, 64u << 10, 16u << 20);
    for (size_t i = 0; i < ARRAY_LEN(parts) && status == OK; i++)
        status = grok_library_add(library, slice_of(parts[i].text), parts[i].name, err);
    if (status == OK && folder && *folder)
        status = folder_each(folder, ".grok", add_file, library, err);
    if (status != OK) {
        grok_library_close(library);
        return status;
    }
    *out = library;
    return OK;
}

void grok_library_close(struct grok_library *library)
{
    if (!library)
        return;
    arena_release(&library->arena);
    free(library->definitions);
    free(library);
}

bool grok_library_find(const struct grok_library *library, struct slice name,
                       struct slice *definition)
{
    size_t place = place_of(library, name);

    if (!is_at(library, place, name))
        return false;
    *definition = library->definitions[place].text;
    return true;
}

const char *grok_library_suggest(const struct grok_library *library, const char *wrong)
{
    struct nearest nearest = nearest_to(slice_of(wrong));

    for (size_t i = 0; i < library->count; i++)
        nearest_try(&nearest, library->definitions[i].name);
    return nearest.name.data;
}

void grok_library_each(const struct grok_library *library,
                       void (*each)(void *arg, struct slice name, struct slice definition),
                       void *arg)
{
    for (size_t i = 0; i < library->count; i++)
        each(arg, library->definitions[i].name, library->definitions[i].text);
}
