/*
 * geoip_value.c - walks over the values of a MaxMind DB.
 */
#include "indexer/enrich/geoip_value.h"

#include <maxminddb.h>

#define DEPTH_MAX  16   /* of nested values; real records have 5 levels */
#define VALUES_MAX 4000 /* in a record; real ones have up to 300 */

struct geoip_walk geoip_walk_start(const uint8_t *data, size_t size, size_t at)
{
    return (struct geoip_walk){.data = data, .size = size, .at = at, .left = VALUES_MAX};
}

/* Takes `count` bytes as a big-endian number; false beyond the end. */
static bool take_number(struct geoip_walk *walk, unsigned count, size_t *out)
{
    if (walk->at > walk->size || walk->size - walk->at < count)
        return false;
    for (*out = 0; count > 0; count--)
        *out = *out << 8 | walk->data[walk->at++];
    return true;
}

/* Reads what stands behind the control byte of a pointer. */
static bool take_pointer(struct geoip_walk *walk, size_t control, size_t *out)
{
    static const size_t start[] = {0, 2048, 526336, 0};
    unsigned length = (unsigned)(control >> 3 & 3);
    size_t low;

    if (!take_number(walk, length + 1, &low))
        return false;
    *out = length == 3 ? low : ((control & 7) << 8 * (length + 1) | low) + start[length];
    return true;
}

static bool take_size(struct geoip_walk *walk, size_t control, size_t *out)
{
    static const size_t start[] = {29, 285, 65821};
    size_t low = control & 31;

    *out = low;
    if (low < 29)
        return true;
    if (!take_number(walk, (unsigned)low - 28, out))
        return false;
    *out += start[low - 29];
    return true;
}

bool geoip_open(struct geoip_walk *walk, struct geoip_value *out)
{
    size_t control, type, target;

    out->back = 0;
    if (walk->left == 0 || !take_number(walk, 1, &control))
        return false;
    walk->left--;
    if (control >> 5 == MMDB_DATA_TYPE_POINTER) {
        if (!take_pointer(walk, control, &target))
            return false;
        out->back = walk->at;
        walk->at = target;
        if (!take_number(walk, 1, &control) || control >> 5 == MMDB_DATA_TYPE_POINTER)
            return false; /* a pointer to a pointer is not allowed */
    }
    type = control >> 5;
    if (type == MMDB_DATA_TYPE_EXTENDED && (!take_number(walk, 1, &type) || (type += 7) > 15))
        return false;
    out->type = (unsigned)type;
    return take_size(walk, control, &out->size);
}

bool geoip_take(struct geoip_walk *walk, const struct geoip_value *value, struct slice *out)
{
    if (walk->at > walk->size || walk->size - walk->at < value->size)
        return false;
    *out = (struct slice){(const char *)walk->data + walk->at, value->size};
    walk->at += value->size;
    return true;
}

void geoip_close(struct geoip_walk *walk, const struct geoip_value *value)
{
    if (value->back)
        walk->at = value->back;
}

static bool is_container(const struct geoip_value *value)
{
    return value->type == MMDB_DATA_TYPE_MAP || value->type == MMDB_DATA_TYPE_ARRAY;
}

/* Passes over what an opened value holds; `deep`: and over what pointers lead to. */
static bool pass(struct geoip_walk *walk, const struct geoip_value *value, unsigned depth,
                 bool deep)
{
    size_t members = value->size * (value->type == MMDB_DATA_TYPE_MAP ? 2 : 1);
    struct geoip_value member;
    struct slice content;

    if (value->back && !deep) {
        geoip_close(walk, value);
        return true;
    }
    if (!is_container(value)) {
        if (value->type != MMDB_DATA_TYPE_BOOLEAN && !geoip_take(walk, value, &content))
            return false;
        geoip_close(walk, value);
        return true;
    }
    if (depth == DEPTH_MAX)
        return false;
    for (size_t i = 0; i < members; i++)
        if (!geoip_open(walk, &member) || !pass(walk, &member, depth + 1, deep))
            return false;
    geoip_close(walk, value);
    return true;
}

bool geoip_skip(struct geoip_walk *walk, const struct geoip_value *value)
{
    return pass(walk, value, 0, false);
}

bool geoip_value_is_sane(const uint8_t *data, size_t size, size_t at)
{
    struct geoip_walk walk = geoip_walk_start(data, size, at);
    struct geoip_value value;

    return geoip_open(&walk, &value) && pass(&walk, &value, 0, true);
}
