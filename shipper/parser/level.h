/*
 * level.h - how serious a line is, in one set of words.
 *
 * log.level is one of: emergency, alert, critical, error, warn, notice, info,
 * debug, trace. The first eight are syslog's severities 0 to 7 (RFC 5424,
 * 6.2.1); trace stands below. Every logging library's own words mean one of them.
 */
#ifndef SHIPPER_PARSER_LEVEL_H
#define SHIPPER_PARSER_LEVEL_H

#include "common/buf.h"
#include "common/record.h"

enum level {
    LEVEL_EMERGENCY, /* the numbers of the first eight are syslog's */
    LEVEL_ALERT,
    LEVEL_CRITICAL,
    LEVEL_ERROR,
    LEVEL_WARN,
    LEVEL_NOTICE,
    LEVEL_INFO,
    LEVEL_DEBUG,
    LEVEL_TRACE,
    LEVEL_NONE
};

/* Any case: "WARNING", "err", "Information", "DEBUG3". LEVEL_NONE: not the name of a level. */
enum level level_find(struct slice word);

/* The one letter of glog, klog, logcat and others: I, W, E, F, D, V. Upper case only. */
enum level level_of_letter(char letter);

/* 0 to 7 are syslog's; 10, 20, ... 60 are bunyan's and pino's. LEVEL_NONE: any other. */
enum level level_of_number(int64_t number);

struct slice level_name(enum level level); /* constant; {NULL, 0} for LEVEL_NONE */

/* Sets log.level; LEVEL_NONE sets nothing. */
void level_set(struct record *record, enum level level);

#endif
