/*
 * view.h - the parts of a request as texts that rules look at.
 *
 * A text is decoded (decode.h) and has marks where a request has borders that
 * could not be told any more afterwards: MARK_NAME before each argument, and
 * MARK_VALUE between its name and its value; a value without a name has both.
 * Other bytes of these values became blanks. So `/a?b=1%26c` is
 * "/a" NAME "b" VALUE "1&c", and the path is what is before the first NAME.
 *
 * Evasions that depend on who reads the text in the end have views of their
 * own: what databases and file systems see (squashed), and shells (unquoted).
 */
#ifndef INDEXER_ENRICH_THREAT_VIEW_H
#define INDEXER_ENRICH_THREAT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "indexer/enrich/threat/literals.h"

#define MARK_NAME  '\x1e'
#define MARK_VALUE '\x1f'

/* Room that the text of `len` bytes may need: every byte may be a value. */
#define VIEW_ROOM(len) (2 * (len) + 8)

/* Each returns the length of what it has written to `out`. */

/*
 * A request's target or a URL. An '&' that no name and '=' follow is no border: attacks are often
 * logged as they were typed. `is_encoded`: of its kind; true is never wrong.
 */
size_t view_url(struct slice url, bool is_encoded, char *out);

/* A header, as one value. */
size_t view_header(struct slice header, char *out);

/* What differs in a squashed or unquoted view. Neither: they need not be made. */
#define VIEW_SQUASH  1u
#define VIEW_UNQUOTE 2u

/*
 * Most texts consist of few kinds of bytes, of which only a few rules can find anything.
 */
enum view_alphabet {
    VIEW_WORDS,     /* letters, digits and / . - _ ~ : , */
    VIEW_ARGUMENTS, /* and marks */
    VIEW_ANY,
    VIEW_ALPHABETS
};

struct view_kind {
    unsigned traits;
    bool is_encoded;             /* perhaps; or it has marks of its own */
    bool has_comment;            /* "--", or bytes that are in no small alphabet */
    enum view_alphabet alphabet; /* the smallest */
};

struct view_kind view_kind(struct slice text);

/* The bytes of it. */
struct alphabet view_alphabet(enum view_alphabet which);

/*
 * As databases and file systems read it: comments are blanks, of `/_*!50000 x*_/` (without _) the
 * inside stays; runs of blanks are one; `\` is `/`, and `//`, `/./`, `/..;/` are the plain forms of
 * themselves; NUL is nothing. `room` of the text's length.
 */
size_t view_squash(struct slice text, char *out);

/*
 * As shells read it: quotes, backslashes and carets within words are gone, variables are empty
 * but $IFS, which is a blank, and {a,b} are two words. `room` of the text's length.
 */
size_t view_unquote(struct slice text, char *out);

#endif
