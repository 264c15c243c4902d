/*
 * format_header.h - headers and TLS variables by name, whatever the server calls them.
 */
#ifndef SHIPPER_PARSER_FORMAT_HEADER_H
#define SHIPPER_PARSER_FORMAT_HEADER_H

#include "shipper/parser/format.h"

#define FORMAT_NAME_MAX 128 /* bytes of a header's, cookie's or variable's name */

/*
 * What becomes of a header of the request. `name`: "User-Agent" or "user_agent". NULL: it is one
 * of many, a label. `is_source`: the format has no directive for the client's address but such
 * headers.
 */
const struct format_item *format_request_header(struct slice name, bool is_source);
const struct format_item *format_response_header(struct slice name);

/* mod_ssl's "SSL_PROTOCOL", or its old "version"; nginx's "ssl_protocol". NULL: a label. */
const struct format_item *format_tls_variable(struct slice name);

/* "http_" and "X-Foo" make "http_x_foo". False: too long, or no name at all. */
bool format_label(const char *prefix, struct slice name, char label[FORMAT_NAME_MAX]);

#endif
