/*
 * scan.h - private to redact*.c, scan*.c and find_*.c: what is secret in a text, found in one pass.
 *
 * The text is walked byte by byte; a byte that may be part of something (`@`, `=`, a digit) calls
 * its finder, which looks a bounded number of bytes back and forth, or goes over what it replaces:
 * the work is linear in the text whatever it holds.
 */
#ifndef SHIPPER_PROCESS_SCAN_H
#define SHIPPER_PROCESS_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "shipper/config_process.h"
#include "shipper/process/keyed_hash.h"
#include "shipper/process/name_set.h"

enum secret_kind {
    SECRET_IP = 1, /* part of the hashes: numbers stay */
    SECRET_EMAIL,
    SECRET_CARD,
    SECRET_CREDENTIAL,
    SECRET_PARAMETER,
    SECRET_PATTERN,
    SECRET_KINDS
};

/* What is looked for and what becomes of it; built once. */
struct scan_rules {
    enum redact_action actions[SECRET_KINDS]; /* never REDACT_INHERIT */
    struct name_set parameters, headers;
    struct keyed_hash *hash; /* NULL: nothing is hashed */
    uint8_t triggers[256];   /* enum scan_trigger */
};

/* Where something was found in a text: places, as far as there is room for them. */
#define SCAN_PLACES_MAX 8

struct scan_places {
    struct slice list[SCAN_PLACES_MAX];
    unsigned count; /* above SCAN_PLACES_MAX: not all are in the list */
};

struct scan {
    const struct scan_rules *rules;
    const char *start, *end;
    const char *floor;  /* what stands before it is not looked at: replaced, or an escape */
    const char *word;   /* a word may begin here whatever stands before: behind %20 */
    const char *copied; /* what stands before it is in `out` */
    bool agent;         /* a user agent's name: Name/1.2.3.4 is a version */
    bool text_broken;   /* JSON inside of it does not end */
    struct buf *out;
    uint64_t *found; /* by secret_kind */
    struct scan_places *places;
};

/* Fills rules->triggers from its actions and names. */
void scan_prepare(struct scan_rules *rules);

/*
 * Replaces what is secret in `text`: true when something is, then the new text is in `out` (cleared
 * before), which has failed when there was no room. Adds to found[]; *places says where.
 */
bool scan_text(const struct scan_rules *rules, struct slice text, bool agent, struct buf *out,
               uint64_t found[SECRET_KINDS], struct scan_places *places);

/* Shorter texts hold nothing that is looked for: otp=1 is the shortest of all. */
#define SCAN_TEXT_MIN 5

/* For finders. Puts what stands for the secret in the place of [from, to). `value` is what its hash
 * is made from. */
void scan_replace(struct scan *scan, const char *from, const char *to, enum secret_kind kind,
                  struct slice value);
void scan_replace_by(struct scan *scan, const char *from, const char *to, enum secret_kind kind,
                     struct slice text);

/* What stands for a value, into `out` of SCAN_STANDIN_MAX bytes; returns the length. */
#define SCAN_STANDIN_MAX 64
size_t scan_standin(const struct scan_rules *rules, enum secret_kind kind, struct slice value,
                    char *out);

bool scan_is_word(char c);                                  /* a letter, a digit, beyond ASCII */
bool scan_is_start(const struct scan *scan, const char *p); /* may a word begin here? */
int scan_hex(const char *p, const char *end); /* of %XX at p: the byte; -1: it is none */

/* Finders: where to go on, or NULL when there is nothing. `p` is the byte that called. */
const char *find_address_v4(struct scan *scan, const char *p);
const char *find_address_v6(struct scan *scan, const char *p);
const char *find_mail(struct scan *scan, const char *at, size_t at_len);
const char *find_card(struct scan *scan, const char *p);
/* name=value, "name": "value", Name: value; the separator has sep_len bytes, 3 for %3D. */
const char *find_named(struct scan *scan, const char *sep, size_t sep_len);
const char *find_element(struct scan *scan, const char *p);   /* <name>value */
const char *find_userinfo(struct scan *scan, const char *p);  /* ://user:password@ */
const char *find_scheme(struct scan *scan, const char *p);    /* Bearer …, Basic … */
const char *find_web_token(struct scan *scan, const char *p); /* eyJ….….…, RFC 7519 */

/*
 * What is left of an address: true, and its text is in `out` (SCAN_STANDIN_MAX bytes), *len long.
 * False: it is no address, or it is nobody's (loopback, multicast) and stays.
 */
bool scan_address(const struct scan_rules *rules, struct slice address, char *out, size_t *len);

#endif
