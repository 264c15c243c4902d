/*
 * format_set.h - setters: the text of a directive into its field.
 *
 * What a setter uses of its step stands behind it: field, label, unit.
 * `-` and nothing are absent for all of them.
 */
#ifndef SHIPPER_PARSER_FORMAT_SET_H
#define SHIPPER_PARSER_FORMAT_SET_H

#include "shipper/parser/format.h"

format_setter format_set_group; /* of steps that share a text: splits it among them */
format_setter format_set_none;  /* what others say better */

format_setter format_set_text;   /* field */
format_setter format_set_fill;   /* field, unless something more telling has set it; then label */
format_setter format_set_label;  /* label */
format_setter format_set_flag;   /* label, also of a dash */
format_setter format_set_number; /* field: digits */
format_setter format_set_port;   /* the same, unless something more telling has set it */
format_setter format_set_hex;    /* field: hexadecimal digits */

format_setter format_set_host; /* source: a name or an address; wins over format_set_ip */
format_setter format_set_ip;   /* source: an address */
format_setter format_set_destination;
format_setter format_set_forwarded; /* client, from a list; label: the list when there are more */
format_setter format_set_forwarded_source; /* the same for formats that have no other source */

format_setter format_set_request;  /* message, http.request.method, url.*, http.version */
format_setter format_set_target;   /* url.original and its parts */
format_setter format_set_path;     /* url.path; url.original when there is none */
format_setter format_set_query;    /* url.query, a question mark before it is dropped */
format_setter format_set_domain;   /* url.domain and url.port */
format_setter format_set_protocol; /* http.version */
format_setter format_set_status;
format_setter format_set_tls_version;
format_setter format_set_tls_resumed; /* r or Resumed: yes */

format_setter format_set_duration;   /* event.duration, unit; what is no number becomes label */
format_setter format_set_time_clf;   /* field; 10/Oct/2000:13:55:36 -0700, in brackets or not */
format_setter format_set_time_iso;   /* field */
format_setter format_set_time_epoch; /* field, unit */
format_setter format_set_time_part;  /* see format_add_time */
format_setter format_set_fraction;   /* unit: part of a second that other directives leave out */

#endif
