/*
 * scan.h - finds a time stamp of unknown form at the beginning of a text.
 *
 * What is read, and where it comes from; parts in brackets may be missing:
 *
 *   2026-11-21T12:00[:00[.5]][Z]       ISO 8601, RFC 3339; blank, _, -, comma or @ for the T
 *   20261121T120000Z 20261121120000    ISO 8601 basic form, LDAP (RFC 4517), HealthApp
 *   2026-W47-6T12:00 2026-325T12:00    ISO 8601 week and ordinal dates
 *   2026/11/21 12:00:00                nginx error log, Go's log package; also 2026.11.21
 *   2026-11-21 12:00:00,123            Python's logging, log4j
 *   2026-11-21-12.00.00.123456[+060]   Db2
 *   21/Nov/2026:12:00:00[.123] +0100   Common Log Format (httpd, nginx, HAProxy)
 *   Sat Nov 21 12:00:00[.123456] 2026  asctime(3), httpd error log; date(1) with a zone
 *   Sat, 21 Nov 2026 12:00:00 GMT      RFC 5322, 822, 1123, HTTP; Saturday, 21-Nov-26 of RFC 850
 *   Nov 21 12:00:00[.123]              RFC 3164; with a year before or behind it: Cisco, ASA
 *   *Nov 21 12:00:00.123 CET           Cisco IOS; the mark says what its clock thinks of itself
 *   Nov 21, 2026 12:00:00 PM           java.util.logging
 *   21-Nov-2026 12:00:00.123           Tomcat, BIND, Oracle; 21 Nov 2026: Redis; 21Nov2026: SAS
 *   11/21/2026 12:00:00 PM, 21.11.2026 12:00:00, 11/21-12:00:00.123 (Snort), 11-21 12:00:00.123
 *   (Android), 17/06/09 20:10:40 (Spark), 11/21/26 12:00:00:123 CET (WebSphere)
 *   I1121 12:00:00.123456              glog, klog
 *   261121 12:00:00, 261121 120000     MySQL before 5.7, HDFS
 *   1795262400[.123] 1795262400123     POSIX time in s, ms (13 digits), us (16), ns (19): Squid
 *   @400000006b01a5ca0758eb00          TAI64N (daemontools, runit, s6)
 *   12:00:00[.123]                     on the day next to the reference
 *
 * Any of them may stand in square or round brackets. Behind the time there may
 * be Z, +01, +0100, +01:00, UTC, UTC+1, an abbreviation (zone.h) or a name of the
 * database, also [Europe/Berlin]; am and pm; months may be written out. A day of the
 * week is read and not believed. Of three two-digit numbers, DATE_ORDER_DEFAULT
 * reads 11/12/26 with the month first, 21.11.26 with the day first; where both the year or
 * the day may stand first (17/06/09, 26-11-21), the one nearer to the reference, or the year.
 */
#ifndef COMMON_TIME_SCAN_H
#define COMMON_TIME_SCAN_H

#include "common/time/hints.h"

/*
 * Reads the time stamp that `text` begins with; a date must be followed by a
 * time of day. `found` is written only when it is FOUND. Does not allocate, unless
 * it meets the name of a zone for the first time.
 */
enum timestamp_result timestamp_scan(struct slice text, const struct timestamp_hints *hints,
                                     struct timestamp_found *found);

/*
 * As timestamp_scan for a text that is a time as a whole, blanks around it
 * aside. A date alone is midnight; a number of nine digits or more is an epoch (EPOCH_AUTO).
 */
enum timestamp_result timestamp_read(struct slice text, const struct timestamp_hints *hints,
                                     struct timestamp_found *found);

#endif
