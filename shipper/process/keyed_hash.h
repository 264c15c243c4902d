/*
 * keyed_hash.h - what stands in for a value that must not be seen, and yet be recognised again.
 *
 * HMAC-SHA-256 (RFC 2104) of the kind of value and the value, its first 80 bits in hex, behind the
 * key's id: `hmac-<id>-<20 digits>`. Who does not know the key cannot try values. Equal values of
 * one kind have equal hashes wherever they stand; after a change of the key another id says so.
 * Belongs to one thread.
 */
#ifndef SHIPPER_PROCESS_KEYED_HASH_H
#define SHIPPER_PROCESS_KEYED_HASH_H

#include "common/buf.h"
#include "common/error.h"

#define KEYED_HASH_ID_MAX   16
#define KEYED_HASH_TEXT_MAX 48

struct keyed_hash;

/* `id` NULL or "": the first four digits of the hash of nothing. */
enum status keyed_hash_open(const char *secret, const char *id, struct keyed_hash **out,
                            struct error *err);
void keyed_hash_close(struct keyed_hash *hash); /* NULL is fine */

/* Writes to `out`, which has room for KEYED_HASH_TEXT_MAX bytes; returns the length. Never fails:
 * without memory it is a text that says so. `kind` is a small number. */
size_t keyed_hash_write(struct keyed_hash *hash, unsigned kind, struct slice value, char *out);

#endif
