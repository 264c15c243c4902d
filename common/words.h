/*
 * words.h - what a record can be found by without naming a field.
 *
 * Text becomes words: ASCII letters are lower-cased, every other ASCII
 * character that is no digit separates, as do the blanks of Unicode (those at
 * which Elasticsearch's whitespace analyzer cuts). Bytes from 0x80 on are kept;
 * what is no UTF-8 becomes U+FFFD. A longer word than WORD_MAX bytes is cut
 * into words of that length, between characters.
 * The indexer writes a record's words to the field `text`; the query language
 * matches them in memory: both see the same.
 */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

#include "common/record.h"

#define WORD_MAX 255 /* bytes; Elasticsearch's analyzer would cut at 255 characters */

/* Appends the words of `text` to `out`, each with a blank behind it. */
void words_add(struct buf *out, struct slice text);

/*
 * Appends the words of a record: of event.original when it is present,
 * otherwise of the parts of an access or log line in their usual order, as
 * listed in words.c. Nothing that the indexer adds is among them. They hold no
 * character that JSON escapes. `out` fails when it is full.
 */
void record_words(const struct record *record, struct buf *out);

/* Does record_words read this field? */
bool record_words_of(enum record_field field);

#endif
