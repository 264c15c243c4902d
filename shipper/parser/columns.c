/*
 * columns.c - the columns that a heading names, ready for line after line.
 */
#include "shipper/parser/columns.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/grow.h"
#include "shipper/parser/scan.h"

#define ARENA_BLOCK 4096
#define ARENA_MAX   (4u << 20)
#define NAME_BYTES  32 /* column_N */
#define FIRST_ROOM  16

void columns_init(struct columns *columns)
{
    *columns = (struct columns){0};
    arena_init(&columns->arena, ARENA_BLOCK, ARENA_MAX);
}

void columns_release(struct columns *columns)
{
    arena_release(&columns->arena);
    free(columns->items);
}

void columns_clear(struct columns *columns)
{
    arena_clear(&columns->arena);
    columns->count = columns->named = 0;
}

static struct slice number_name(struct arena *arena, unsigned index)
{
    char name[NAME_BYTES];
    int len = snprintf(name, sizeof(name), "column_%u", index + 1);

    return arena_copy(arena, (struct slice){name, (size_t)len});
}

static const struct name_rule *find_rule(const char *prefix, struct slice name)
{
    char full[NAME_MAX_FOLDED * 2];
    int len = snprintf(full, sizeof(full), "%s%.*s", prefix, SLICE_FMT(name));

    return len > 0 && (size_t)len < sizeof(full) ? names_find((struct slice){full, (size_t)len})
                                                 : NULL;
}

bool columns_add(struct columns *columns, const char *prefix, struct slice name)
{
    struct arena *arena = &columns->arena;
    bool is_named = name.len > 0;
    struct slice copy = name.len ? arena_copy(arena, name) : number_name(arena, columns->count);

    if (columns->count == COLUMNS_MAX ||
        !grow(&columns->items, &columns->room, columns->count, sizeof(*columns->items),
              FIRST_ROOM) ||
        !copy.data)
        return false;
    name = members_name(arena, copy);
    if (!name.data)
        return false;
    columns->items[columns->count++] = (struct column){name, find_rule(prefix, copy)};
    if (is_named)
        columns->named = columns->count;
    return true;
}

/* Blanks are part of a text, but of no number, address or time. */
static struct slice without_blanks(struct slice text)
{
    while (text.len && text.data[0] == ' ')
        scan_skip(&text, 1);
    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    return text;
}

void columns_put(const struct columns *columns, unsigned index, struct members *members,
                 struct slice text)
{
    struct member member = {.text = text, .kind = MEMBER_TEXT};

    if (index < columns->count) {
        if (columns->items[index].rule)
            member.text = without_blanks(text);
        member.name = columns->items[index].name;
        members_add_known(members, columns->items[index].rule, &member);
        return;
    }
    member.name = number_name(members->record->arena, index);
    if (member.name.data)
        members_add_known(members, NULL, &member);
    else
        members->no_memory = true;
}
