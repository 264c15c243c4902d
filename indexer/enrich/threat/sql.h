/*
 * sql.h - the shape of a text as SQL: one character a token.
 *
 * Injected SQL is told from a sentence about unions and tables by its grammar,
 * not by its words. A value is read as it may end up in a statement: as it is
 * (context '1'), and from within quotes, which the first quote of the value
 * then closes: '2' an apostrophe, '3' a double quote, which people put around
 * phrases, '4' either of them when a sentence stands before it. Rules
 * with `view: sql` are patterns over these tokens:
 *
 *   n  number, true, false, null     s  string         q  string without an end
 *   w  other word                    v  @variable      u  other word before "("
 *   f  function of databases before "("                x  procedure that is only called in attacks
 *   U  union, intersect, except      A  all, distinct  S  select
 *   F  from    W  where    G  group, order    Y  by    H  having    L  limit, offset, procedure
 *   T  into, values, set             K  verb of a statement: insert, drop, …
 *   D  table, database, …            E  case, when, then, else, end, if
 *   l  and, or, xor    &  &&         |  ||             N  not, !
 *   c  = < > <> …      i  like, between, in, is …      o  + - / % ^ ~, a single & or |
 *   *  star                          C  comment to the end
 *   ( ) , ; . : [ ] { } ?            themselves
 *
 * Comments inside are blanks. Keywords are those of MySQL, PostgreSQL, SQL
 * Server, Oracle and SQLite together.
 */
#ifndef INDEXER_ENRICH_THREAT_SQL_H
#define INDEXER_ENRICH_THREAT_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

#define SQL_TOKENS_MAX 250 /* of one context: an injection shows at its beginning */

/* Can the text be more than a word, a number or a date? */
bool sql_is_possible(struct slice value);

/*
 * Adds "<context><tokens>\n" for each context of `value`, at most 3 of them. False when `out` is
 * full; then nothing of the context that did not fit is added.
 */
bool sql_add_shapes(struct slice value, char *out, size_t size, size_t *len);

#endif
