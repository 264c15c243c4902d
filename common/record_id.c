/*
 * record_id.c - event.id: a record's identity from its place in its source.
 */
#include "common/record_id.h"

#define XXH_INLINE_ALL /* the second hash is of a constant length */
#include <xxhash.h>

struct record_source record_source_make(struct slice agent_id, struct slice stream,
                                        uint64_t fingerprint, uint32_t generation)
{
    uint64_t parts[4];

    parts[0] = XXH3_64bits(agent_id.data, agent_id.len);
    parts[1] = XXH3_64bits(stream.data, stream.len);
    parts[2] = fingerprint;
    parts[3] = generation;
    return (struct record_source){XXH3_64bits(parts, sizeof(parts))};
}

/* 16 bytes in the URL-safe alphabet of RFC 4648, without padding. */
static void base64url(const uint8_t bytes[16], char out[RECORD_ID_LEN])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *b = bytes;

    for (int i = 0; i < 5; i++, b += 3) {
        uint32_t group = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];

        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = digits[group >> 6 & 63];
        *out++ = digits[group & 63];
    }
    *out++ = digits[b[0] >> 2];
    *out = digits[(b[0] & 3) << 4];
}

void record_id_make(const struct record_source *source, uint64_t offset, struct slice line,
                    struct timestamp time, char id[RECORD_ID_LEN])
{
    /* Without a seed: for long lines that would make a new secret each time. */
    uint64_t all[3] = {source->seed, offset, XXH3_64bits(line.data, line.len)};
    XXH128_hash_t hash = XXH3_128bits(all, sizeof(all));
    XXH128_canonical_t canonical; /* the same bytes on every machine */
    int64_t ms = timestamp_ms(time);
    uint8_t bytes[16];

    if (ms < 0)
        ms = 0;
    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    XXH128_canonicalFromHash(&canonical, hash);
    memcpy(bytes + 6, canonical.digest, 10);
    base64url(bytes, id);
}
