/*
 * nearest.c - which of some names a misspelt one was meant to be.
 */
#include "common/nearest.h"

#include <ctype.h>
#include <stdbool.h>

#define NEAREST_LEN 64 /* bytes: longer words are no slips */

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau's and Levenshtein's distance, by rows: of `a` up to here, the letter before, and two. */
static size_t distance(struct slice a, struct slice b)
{
    size_t rows[3][NEAREST_LEN + 1], *before = rows[0], *last = rows[1], *row = rows[2], *spare;

    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            row[j] = last[j - 1] + !same(a.data[i - 1], b.data[j - 1]);
            row[j] = least(row[j], least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a.data[i - 1], b.data[j - 2]) &&
                same(a.data[i - 2], b.data[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b.len];
}

struct nearest nearest_within(struct slice typed, size_t most)
{
    return (struct nearest){.typed = typed, .distance = most + 1};
}

struct nearest nearest_to(struct slice typed)
{
    return nearest_within(typed, typed.len < 2 ? 0 : typed.len < 6 ? 1 : typed.len / 3);
}

void nearest_try(struct nearest *nearest, struct slice name)
{
    size_t found;

    if (nearest->typed.len > NEAREST_LEN || name.len > NEAREST_LEN)
        return;
    found = distance(nearest->typed, name);
    if (found < nearest->distance) {
        nearest->name = name;
        nearest->distance = found;
    }
}
