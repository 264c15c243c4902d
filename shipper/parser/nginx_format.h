/*
 * nginx_format.h - log_format strings of nginx.
 *
 * Source: ngx_http_log_module, and the "Embedded Variables" of the core, proxy, upstream, ssl,
 * realip, geoip and gzip modules.
 */
#ifndef SHIPPER_PARSER_NGINX_FORMAT_H
#define SHIPPER_PARSER_NGINX_FORMAT_H

#include "shipper/parser/format.h"

/*
 * Compiles `text` into `format` (zeroed; to be released whatever comes of it): a format as it is
 * logged, with "escape=json " before it or not; a whole log_format statement, pasted as it stands
 * in nginx.conf; or "combined". REJECT: err says where and why.
 */
enum status nginx_format_compile(struct format *format, const char *text,
                                 const struct parser_options *options, struct error *err);

#endif
