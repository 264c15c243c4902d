/*
 * access.h - what values of access logs have in common.
 *
 * `-` and nothing mean absent. Beside it: request.h, address.h, duration.h.
 */
#ifndef SHIPPER_PARSER_ACCESS_H
#define SHIPPER_PARSER_ACCESS_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/record.h"
#include "shipper/parser/address.h"

static inline bool access_is_absent(struct slice text)
{
    return text.len == 0 || (text.len == 1 && text.data[0] == '-');
}

/* How a server protects bytes of a value. */
enum access_escape {
    ACCESS_BACKSLASH, /* httpd: \" \\ \b \n \r \t \v \xHH; nginx: \xHH */
    ACCESS_JSON,      /* nginx's escape=json, and any other writer of JSON */
    ACCESS_RAW,       /* nginx's escape=none */
};

/*
 * Resolves escapes. A run of \xHH that is no UTF-8 stays as it is: the text
 * says more than replacement characters would. Without escapes, or memory, `text` itself.
 */
struct slice access_unescape(struct arena *arena, struct slice text, enum access_escape escape);

/*
 * X-Forwarded-For: the first address is the client's, whoever has written it; proxies append.
 * Which of them can be trusted is not to be known here: the whole list is kept as a label by the
 * caller. False: there is none in it.
 */
bool access_set_forwarded(struct record *record, const struct address_fields *fields,
                          struct slice text);

/* A status of three digits; 000 is none. False: it is something else. */
bool access_set_status(struct record *record, struct slice text);

/* "TLSv1.3": tls.version and tls.version_protocol. */
void access_set_tls_version(struct record *record, struct slice text);

#endif
