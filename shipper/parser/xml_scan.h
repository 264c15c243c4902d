/*
 * xml_scan.h - XML as programs write logs in it: tags, attributes, text.
 *
 * A scanner of our own, not expat or libxml2: a log needs neither DTDs nor
 * entities, where all of XML's bombs and leaks are, and must be views into the
 * line, without a tree and without allocation. What it knows: elements,
 * attributes, text, CDATA, comments, processing instructions, the five
 * predefined entities, character references. Declarations of a DTD and any other
 * entity are refused: nothing is expanded, read or fetched.
 * Source: Extensible Markup Language 1.0, fifth edition.
 */
#ifndef SHIPPER_PARSER_XML_SCAN_H
#define SHIPPER_PARSER_XML_SCAN_H

#include <stdbool.h>
#include <strings.h>

#include "common/arena.h"
#include "common/buf.h"

#define XML_DEPTH_MAX      64
#define XML_ATTRIBUTES_MAX 256 /* of one tag */

enum xml_kind {
    XML_START, /* <name attributes>; `empty`: <name/> */
    XML_END,
    XML_TEXT,  /* may hold entities, see xml_text */
    XML_CDATA, /* is as it stands */
    XML_OTHER, /* a comment, a processing instruction, the declaration */
    XML_EOF,
    XML_MORE,  /* what begins here does not end here */
    XML_WRONG, /* xml_scan.problem says why */
};

struct xml_token {
    enum xml_kind kind;
    struct slice text; /* the name, or the text */
    struct slice rest; /* of a start tag: its attributes */
    bool empty;
};

struct xml_scan {
    const char *p, *end;
    const char *problem; /* constant */
};

enum xml_kind xml_next(struct xml_scan *scan, struct xml_token *token);

/* Takes the next attribute off `rest`, which is checked already. False: no more. */
bool xml_attribute(struct slice *rest, struct slice *name, struct slice *value);

/* The text with its entities resolved: a view, or in the arena; {NULL, 0} without memory. */
struct slice xml_text(struct arena *arena, struct slice text);

/* Without its namespace: "log4j:event" is "event". */
struct slice xml_local_name(struct slice name);

/* Is it `word`, which is in lower case, in any case? */
static inline bool xml_is_word(struct slice name, struct slice word)
{
    return name.len == word.len && (name.data[0] | 0x20) == word.data[0] && /* mostly decides */
           strncasecmp(name.data, word.data, word.len) == 0;
}

bool xml_is_blank(struct slice text);
bool xml_is_namespace(struct slice name); /* xmlns, xmlns:prefix */

enum xml_group {
    XML_GROUP_MORE,    /* the record goes on in the next line */
    XML_GROUP_RECORD,  /* an element from its first tag to its last: a record */
    XML_GROUP_LAYOUT,  /* what stands around records: declaration, <events>, </events>, comments */
    XML_GROUP_REFUSED, /* no record will come of it */
};

/*
 * What the lines of `text` are, which begins where the last group ended: see
 * enum xml_group. *end is where that ends, in bytes, also behind the blanks that follow;
 * for REFUSED the end of the first line. Linear in the text, so to be called with
 * doubled text rather than after every line.
 *
 * An element is a container of records, not a record, when
 * - it is called so (events, log, …: see xml_group.c), and its first child is no plain text;
 * - its first child is called like a record (event, record, …);
 * - its second child has the name of the first one, which is no plain text,
 * unless it is itself called like a record.
 */
enum xml_group xml_group_find(struct slice text, size_t *end);

/* Is an element of this name usually a container, or a record? */
bool xml_is_container(struct slice name);
bool xml_is_record(struct slice name);

#endif
