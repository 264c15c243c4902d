/*
 * apache_format.h - LogFormat strings of httpd.
 *
 * Source: mod_log_config ("Custom Log Formats", parse_log_item), mod_logio, mod_ssl.
 */
#ifndef SHIPPER_PARSER_APACHE_FORMAT_H
#define SHIPPER_PARSER_APACHE_FORMAT_H

#include "shipper/parser/format.h"

struct parser_options;

/*
 * Compiles `text` into `format` (zeroed; to be released whatever comes of it): a format as it
 * stands between the quotes in httpd.conf, a whole LogFormat line, or one of its usual nicknames.
 * REJECT: err says where and why.
 */
enum status apache_format_compile(struct format *format, const char *text,
                                  const struct parser_options *options, struct error *err);

#endif
