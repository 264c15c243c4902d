/*
 * format.h - date formats that people write, compiled once, run without allocation.
 *
 * A format is one of three, told apart so: one with a % is strptime's; one of
 * the names below, in any case, is that; all else is a pattern as Java's.
 *
 * strptime (POSIX, with what GNU, Python, Ruby and Rust's chrono add):
 *   %Y %y %m %b %B %h %d %e %j %G %V %u %w  %H %k %I %l %M %S %p %P  %z %:z %Z
 *   %f %N %L %3N %.f %.3f fractions          %s %Q seconds and ms since 1970
 *   %F %T %D %R %r %c %x %X %v %+            %a %A a day's name, which is not believed
 *   Flags (- _ 0 ^ #) and E, O are read over. A blank matches any blanks, or none.
 * Java (java.time, Joda, SimpleDateFormat; Logstash and Elasticsearch use it):
 *   y u Y M L d D E H h K k m s S a z Z X x O V, 'text', '' and [parts that may be missing]
 *   A blank matches one or more.
 * Names: AUTO (timestamp_read), ISO8601, RFC3339, CLF, RFC822 (also RFC1123,
 *   RFC2822, RFC5322, HTTP), RFC850, ASCTIME, SYSLOG (also RFC3164), UNIX,
 *   UNIX_MS, UNIX_US, UNIX_NS, EPOCH (by size, see epoch.h), EPOCH_SECOND,
 *   EPOCH_MILLIS, TAI64N.
 *
 * Numbers may have fewer digits than the pattern has letters, and fractions
 * more or fewer, unless another number touches them; a zone is read in whatever form
 * scan.h knows. What a format has no field for comes from the hints: year, day, zone.
 */
#ifndef COMMON_TIME_FORMAT_H
#define COMMON_TIME_FORMAT_H

#include "common/time/hints.h"

#define TIME_FORMAT_MAX 200 /* bytes of a format */

struct time_formats;

/*
 * Compiles `count` formats that are tried in this order; the caller closes
 * *out. REJECT: one is wrong; the text says which, what and where.
 */
enum status time_formats_open(const char *const *formats, size_t count, struct time_formats **out,
                              struct error *err);
void time_formats_close(struct time_formats *formats); /* NULL is fine */

/*
 * Reads a text that is a time as a whole, blanks around it aside. IMPOSSIBLE when
 * no format finds one and the text has the form of at least one.
 */
enum timestamp_result time_formats_read(const struct time_formats *formats, struct slice text,
                                        const struct timestamp_hints *hints,
                                        struct timestamp_found *found);

/* Reads a time that the text begins with; found->len says how far. */
enum timestamp_result time_formats_scan(const struct time_formats *formats, struct slice text,
                                        const struct timestamp_hints *hints,
                                        struct timestamp_found *found);

#endif
