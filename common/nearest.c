/*
 * nearest.c - which of some names a misspelt one was meant to be.
 */
#include "common/nearest.h"

#include <stdint.h>
#include <string.h>

#define NEAREST_LEN 40 /* longer names are near to nothing */

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance, by rows. */
static size_t distance(const char *a, size_t a_len, const char *b)
{
    size_t row[NEAREST_LEN + 1], b_len = strlen(b), diagonal, above;

    if (a_len > NEAREST_LEN || b_len > NEAREST_LEN)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            above = row[j];
            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_len];
}

void nearest_try(struct nearest *nearest, const char *typed, size_t len, const char *name)
{
    size_t d = distance(typed, len, name);

    if (d <= (len + 2) / 3 && (!nearest->name || d < nearest->distance))
        *nearest = (struct nearest){name, d};
}
