/*
 * keyed_hash.c - what stands in for a value that must not be seen.
 *
 * An address stands in several fields of a record, and in many records: the last hashes are
 * remembered.
 */
#include "shipper/process/keyed_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define HASH_BYTES 10  /* of 32: 2^40 values before two are likely to share one */
#define MEMO_SLOTS 256 /* a power of two */
#define MEMO_VALUE 64  /* longer ones are hashed each time */
#define DIGEST_MAX 32
#define SCHEME     "hmac-"

struct memo {
    unsigned kind;
    size_t len; /* 0: empty */
    char value[MEMO_VALUE];
    uint8_t digest[HASH_BYTES];
};

struct keyed_hash {
    EVP_MAC *mac;
    EVP_MAC_CTX *context;
    char head[sizeof(SCHEME) + KEYED_HASH_ID_MAX + 1];
    size_t head_len;
    struct memo memo[MEMO_SLOTS];
};

static bool digest_of(struct keyed_hash *hash, unsigned kind, struct slice value,
                      uint8_t out[DIGEST_MAX])
{
    const unsigned char domain = (unsigned char)kind;
    size_t len = 0;

    /* Without a key: the one that it was made with. */
    return EVP_MAC_init(hash->context, NULL, 0, NULL) &&
           EVP_MAC_update(hash->context, &domain, 1) &&
           EVP_MAC_update(hash->context, (const unsigned char *)value.data, value.len) &&
           EVP_MAC_final(hash->context, out, &len, DIGEST_MAX) && len == DIGEST_MAX;
}

static bool set_key(struct keyed_hash *hash, const char *secret)
{
    char algorithm[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, algorithm, 0),
        OSSL_PARAM_construct_end()};

    hash->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hash->context = hash->mac ? EVP_MAC_CTX_new(hash->mac) : NULL;
    return hash->context &&
           EVP_MAC_init(hash->context, (const unsigned char *)secret, strlen(secret), parameters);
}

enum status keyed_hash_open(const char *secret, const char *id, struct keyed_hash **out,
                            struct error *err)
{
    struct keyed_hash *hash = calloc(1, sizeof(*hash));
    uint8_t digest[DIGEST_MAX];
    char own[8];

    if (!hash || !set_key(hash, secret) || !digest_of(hash, 0, (struct slice){"", 0}, digest)) {
        keyed_hash_close(hash);
        return error_set(err, FATAL,
                         "cannot make keyed hashes: out of memory, or OpenSSL has none");
    }
    snprintf(own, sizeof(own), "%02x%02x", digest[0], digest[1]);
    snprintf(hash->head, sizeof(hash->head), SCHEME "%.*s-", KEYED_HASH_ID_MAX,
             id && *id ? id : own);
    hash->head_len = strlen(hash->head);
    *out = hash;
    return OK;
}

void keyed_hash_close(struct keyed_hash *hash)
{
    if (!hash)
        return;
    EVP_MAC_CTX_free(hash->context);
    EVP_MAC_free(hash->mac);
    free(hash);
}

static bool is_remembered(const struct memo *memo, unsigned kind, struct slice value)
{
    return memo->len && memo->kind == kind &&
           slice_equal((struct slice){memo->value, memo->len}, value);
}

/* NULL: it could not be made. */
static const uint8_t *find_digest(struct keyed_hash *hash, unsigned kind, struct slice value,
                                  uint8_t room[DIGEST_MAX])
{
    uint64_t slot = XXH3_64bits_withSeed(value.data, value.len, kind) & (MEMO_SLOTS - 1);
    struct memo *memo = &hash->memo[slot];

    if (is_remembered(memo, kind, value))
        return memo->digest;
    if (!digest_of(hash, kind, value, room))
        return NULL;
    if (value.len == 0 || value.len > MEMO_VALUE)
        return room;
    *memo = (struct memo){.kind = kind, .len = value.len};
    memcpy(memo->value, value.data, value.len);
    memcpy(memo->digest, room, HASH_BYTES);
    return room;
}

size_t keyed_hash_write(struct keyed_hash *hash, unsigned kind, struct slice value, char *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t room[DIGEST_MAX];
    const uint8_t *digest = find_digest(hash, kind, value, room);
    char *p = out + hash->head_len;

    memcpy(out, hash->head, hash->head_len);
    if (!digest)
        return (size_t)(stpcpy(p, "failed") - out);
    for (int i = 0; i < HASH_BYTES; i++) {
        *p++ = digits[digest[i] >> 4];
        *p++ = digits[digest[i] & 15];
    }
    return (size_t)(p - out);
}
