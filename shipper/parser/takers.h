/*
 * takers.h - private to names.c and takers*.c: how values of known names become fields.
 */
#ifndef SHIPPER_PARSER_TAKERS_H
#define SHIPPER_PARSER_TAKERS_H

#include "shipper/parser/members.h"

/* takers.c: by the type of the field */
name_taker take_text, take_long, take_bool, take_ip, take_date, take_list, take_geo;
name_taker take_place;    /* a name of ECS that the schema has not: kept where it belongs */
name_taker take_reserved; /* ours to say: a label */
name_taker take_object;   /* an object of the schema that is none here: a conflict */

/* takers_log.c */
name_taker take_time;
name_taker take_more_ns;   /* the part below a second of a time whose seconds have their own name */
name_taker take_date_part; /* a date, or a whole time stamp */
name_taker take_clock_part; /* a time of day, or a whole time stamp */
name_taker take_level;      /* a word, or a number of bunyan's or syslog's */
name_taker take_level_otel; /* severityNumber: 1 to 24 */
name_taker take_level_python;
name_taker take_level_java;
name_taker take_level_windows;
name_taker take_outcome;     /* success or failure */
name_taker take_message;     /* Docker's ends with a newline */
name_taker take_logger_late; /* "name": of a line that has a level */
name_taker take_host_late;   /* of an access log the one that was asked for */
name_taker take_caller;      /* file.go:12 */
name_taker take_process;     /* a number is its id */
name_taker take_thread;
name_taker take_service; /* Heroku's router says how long it took */

/* takers_http.c */
name_taker take_address;
name_taker take_client_late; /* source, unless another name says the peer */
name_taker take_forwarded;   /* X-Forwarded-For: the first is the client */
name_taker take_request;     /* a request line */
name_taker take_method;
name_taker take_method_or_function; /* java.util.logging calls the function so */
name_taker take_target;
name_taker take_path;
name_taker take_path_late; /* Logstash's is the file that an event was read from */
name_taker take_query;
name_taker take_version; /* HTTP/1.1 */
name_taker take_protocol;
name_taker take_status;
name_taker take_domain;   /* maybe with a port */
name_taker take_duration; /* rule->unit; 0: only with a unit of its own */
name_taker take_duration_late;
name_taker take_time_taken; /* W3C: seconds with a fraction, or IIS's milliseconds */

#endif
