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

/* Six bits a character, in the URL-safe alphabet of RFC 4648. */
static inline char *put_one(char *p, uint64_t word, unsigned shift)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    *p = digits[word >> shift & 63];
    return p + 1;
}

static inline char *put_four(char *p, uint64_t word, unsigned shift)
{
    p = put_one(p, word, shift + 18);
    p = put_one(p, word, shift + 12);
    p = put_one(p, word, shift + 6);
    return put_one(p, word, shift);
}

/*
 * 48 bits of time and 80 of the hash, the most significant ones first: what base64 makes of the
 * bytes, without padding, from the words instead.
 */
static void base64url(uint64_t ms, XXH128_hash_t hash, char out[RECORD_ID_LEN])
{
    char *p = put_four(put_four(out, ms, 24), ms, 0);

    p = put_four(put_four(p, hash.high64, 40), hash.high64, 16);
    p = put_one(p, hash.high64, 10);
    p = put_one(p, hash.high64, 4);
    p = put_one(p, hash.high64 << 2 | hash.low64 >> 62, 0);
    p = put_one(p, hash.low64, 56);
    p = put_one(p, hash.low64, 50);
    put_one(p, hash.low64 >> 48 << 4, 0);
}

void record_id_make(const struct record_source *source, uint64_t offset, struct slice line,
                    struct timestamp time, char id[RECORD_ID_LEN])
{
    /* Without a seed: for long lines that would make a new secret each time. */
    uint64_t all[3] = {source->seed, offset, XXH3_64bits(line.data, line.len)};
    int64_t ms = timestamp_ms(time);

    base64url(ms < 0 ? 0 : (uint64_t)ms, XXH3_128bits(all, sizeof(all)), id);
}
