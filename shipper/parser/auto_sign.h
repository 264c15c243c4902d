/*
 * auto_sign.h - what lines of a format look like from outside, for `auto`.
 *
 * A sign costs some tens of nanoseconds and decides nothing: it says that it
 * is worth to ask the format's parser.
 */
#ifndef SHIPPER_PARSER_AUTO_SIGN_H
#define SHIPPER_PARSER_AUTO_SIGN_H

#include <stdbool.h>

#include "common/buf.h"
#include "shipper/parser/parser.h"

typedef bool auto_sign(struct slice line, const struct parser_memory *memory);

auto_sign sign_json;         /* { */
auto_sign sign_logstash;     /* the same with @version in it */
auto_sign sign_cef;          /* CEF:0 */
auto_sign sign_xml;          /* <element */
auto_sign sign_w3c;          /* a directive, or a stream that has had #Fields */
auto_sign sign_csv;          /* a stream that begins with a heading, not with tabs */
auto_sign sign_tsv;          /* with tabs */
auto_sign sign_haproxy;      /* [06/Feb/2009:12:14:14.655], or its name in syslog's header */
auto_sign sign_access;       /* [06/Feb/2009:12:14:14 +0100] */
auto_sign sign_nginx_access; /* the same in a file of nginx, as its path says */
auto_sign sign_apache_error; /* [Fri Sep 09 ... */
auto_sign sign_nginx_error;  /* 2009/02/06 12:14:14 [ */
auto_sign sign_syslog_pri;   /* <34> */
auto_sign sign_syslog_file;  /* a time, a host and a tag */
auto_sign sign_logfmt;       /* a=b, more than once */
auto_sign sign_text;         /* anything */

#endif
