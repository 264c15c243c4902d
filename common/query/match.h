/*
 * match.h - private to query/: single conditions on the values of a record.
 *
 * A value is read from the record once, when the first condition asks for it:
 * a slot is a field and what has been read of it so far.
 */
#ifndef COMMON_QUERY_MATCH_H
#define COMMON_QUERY_MATCH_H

#include "common/query/tree.h"

#define WORD_BITS 2048 /* of the filter that says which words a record does not have */

struct slot {
    enum record_field field; /* FIELD_COUNT: the words of the line */
    struct slice key;
    bool loaded, present;
    int64_t number; /* of numbers, times (ms) and booleans */
    uint8_t address[16];
    unsigned count, room; /* texts of the field; several in a list */
    struct slice *texts;
    struct slice *folded; /* lower case; NULL until needed */
    struct slice one[2];  /* room for the usual single text */
};

struct test {
    struct query_condition condition; /* text in lower case where case is ignored */
    unsigned slot;
    uint32_t hash, last_hash; /* of TEST_WORDS: of the first and the last word */
    struct slice needle;      /* of TEST_WORD: text that every word it finds has; may be empty */
    unsigned next;            /* in the table of equal hashes */
};

struct matcher {
    struct arena kept;    /* tests and what they point to */
    struct arena scratch; /* of one record */
    struct slot *slots;
    unsigned slot_count, slot_room;
    struct buf words;     /* of the line, with a blank before each and at the end */
    unsigned words_asked; /* tests of words on this record; the filter pays from some on */
    bool hashed;          /* the filter is filled */
    uint64_t word_bits[WORD_BITS / 64];
    const struct record *record;
};

void matcher_init(struct matcher *matcher);
void matcher_release(struct matcher *matcher);

/* Makes a test of a condition. False without memory. */
bool matcher_prepare(struct matcher *matcher, const struct query_condition *condition,
                     struct test *out);

/* Begins with another record, which must stay until the next one. */
void matcher_next(struct matcher *matcher, const struct record *record);

bool matcher_test(struct matcher *matcher, const struct test *test);

/* Reads the slot's values from the matcher's record (load.c). */
void slot_load(struct matcher *matcher, struct slot *slot);

/* A copy in lower case; {NULL, 0} without memory. */
struct slice fold(struct arena *arena, struct slice text);

uint32_t word_hash(struct slice word);

/* Fills the filter from the words (load.c). */
void hash_words(struct matcher *matcher);

#endif
