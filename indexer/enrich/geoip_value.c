/*
 * geoip_value.c - walks over a value of a MaxMind DB.
 *
 * libmaxminddb checks bounds but not depth: nested arrays overflow its stack,
 * and huge ones keep it busy. So values are walked over here before it may
 * look for something in them. Format: MaxMind DB 2.0, "Output Data Section".
 */
#include "indexer/enrich/geoip_value.h"

#include <maxminddb.h>

#define DEPTH_MAX  16   /* of nested values; real records have 5 levels */
#define VALUES_MAX 4000 /* in a record; real ones have up to 300 */

struct bytes {
    const uint8_t *data;
    size_t size, at;
    unsigned left; /* values that may still follow */
};

/* Takes `count` bytes as a big-endian number; false beyond the end. */
static bool take_number(struct bytes *bytes, unsigned count, size_t *out)
{
    if (bytes->at > bytes->size || bytes->size - bytes->at < count)
        return false;
    for (*out = 0; count > 0; count--)
        *out = *out << 8 | bytes->data[bytes->at++];
    return true;
}

/* Reads what stands behind the control byte of a pointer. */
static bool take_pointer(struct bytes *bytes, size_t control, size_t *out)
{
    static const size_t start[] = {0, 2048, 526336, 0};
    unsigned length = (unsigned)(control >> 3 & 3);
    size_t low;

    if (!take_number(bytes, length + 1, &low))
        return false;
    *out = length == 3 ? low : ((control & 7) << 8 * (length + 1) | low) + start[length];
    return true;
}

static bool take_size(struct bytes *bytes, size_t control, size_t *out)
{
    static const size_t start[] = {29, 285, 65821};
    size_t low = control & 31;

    *out = low;
    if (low < 29)
        return true;
    if (!take_number(bytes, (unsigned)low - 28, out))
        return false;
    *out += start[low - 29];
    return true;
}

static bool is_walkable(struct bytes *bytes, unsigned depth);

static bool is_walkable_at(struct bytes *bytes, size_t target, unsigned depth)
{
    size_t back = bytes->at;
    bool fine;

    bytes->at = target;
    fine = is_walkable(bytes, depth);
    bytes->at = back;
    return fine;
}

/* Passes over the value at bytes->at; false when it is malformed or beyond the limits. */
static bool is_walkable(struct bytes *bytes, unsigned depth)
{
    size_t control, type, size, target;

    if (depth == DEPTH_MAX || bytes->left-- == 0 || !take_number(bytes, 1, &control)) {
        bytes->left = 0;
        return false;
    }
    type = control >> 5;
    if (type == MMDB_DATA_TYPE_POINTER)
        return take_pointer(bytes, control, &target) && is_walkable_at(bytes, target, depth + 1);
    if (type == MMDB_DATA_TYPE_EXTENDED && (!take_number(bytes, 1, &type) || (type += 7) > 15))
        return false;
    if (!take_size(bytes, control, &size))
        return false;
    if (type == MMDB_DATA_TYPE_BOOLEAN)
        return true;
    if (type != MMDB_DATA_TYPE_MAP && type != MMDB_DATA_TYPE_ARRAY) {
        bytes->at += size;
        return bytes->at <= bytes->size;
    }
    for (size_t i = 0; i < size * (type == MMDB_DATA_TYPE_MAP ? 2 : 1); i++)
        if (!is_walkable(bytes, depth + 1))
            return false;
    return true;
}

bool geoip_value_is_sane(const uint8_t *data, size_t size, size_t at)
{
    struct bytes bytes = {.data = data, .size = size, .at = at, .left = VALUES_MAX};

    return is_walkable(&bytes, 0);
}
