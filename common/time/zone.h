/*
 * zone.h - time zones by name: what a clock on a wall shows, and which instant that is.
 *
 * Names: "UTC" (also "GMT", "Z"); fixed offsets "+05:30", "-0330", "+02",
 * "UTC+2", "GMT-03:30" (plus is east of Greenwich, as in ISO 8601); names of
 * the IANA database ("Europe/Berlin"), read from $TZDIR or /usr/share/zoneinfo
 * by code of our own; POSIX TZ strings with a rule ("EST5EDT,M3.2.0,M11.1.0";
 * plus is west there); "local": what TZ or /etc/localtime says when it is opened.
 *
 * A local time that exists twice (clocks put back) or not at all (put forward)
 * is read with the offset in force before the change: of two the earlier one,
 * and 02:30 in a gap is what a clock that was not put forward shows. This is
 * also what java.time and Python (fold=0) do.
 *
 * Threads: a zone never changes once it is open; any number may read it.
 * A set of zones belongs to one thread.
 */
#ifndef COMMON_TIME_ZONE_H
#define COMMON_TIME_ZONE_H

#include "common/buf.h"
#include "common/error.h"

#define TIME_ZONE_NAME_MAX 255 /* bytes; the longest of the database has 32 */

struct time_zone;

struct time_zone_state { /* what holds at an instant */
    int32_t offset_s;    /* east of Greenwich is positive */
    bool dst;
    const char *abbreviation; /* "CET", "+0530"; lives as long as the zone */
};

/*
 * Opens a zone; the caller closes *out. Reads a file, so not for every line.
 * REJECT: no such name, or a file that is no time zone; the text says which, and
 * names the package when the whole database is missing.
 */
enum status time_zone_open(const char *name, struct time_zone **out, struct error *err);
void time_zone_close(struct time_zone *zone); /* NULL is fine */

/* As time_zone_open for the bytes of a TZif file (RFC 9636, versions 1 to 4). */
enum status time_zone_read(const char *name, struct slice file, struct time_zone **out,
                           struct error *err);

const struct time_zone *time_zone_utc(void); /* always there, not to be closed */

/* The name that it was opened by; "local" gives the real one when that is known. */
const char *time_zone_name(const struct time_zone *zone);

struct time_zone_state time_zone_at(const struct time_zone *zone, int64_t s);

/*
 * The instant at which the zone's clocks show local_s: seconds from
 * 1970-01-01T00:00:00 on that clock. Tens of nanoseconds.
 */
int64_t time_zone_from_local(const struct time_zone *zone, int64_t local_s);

/*
 * The same for a time that is written with the zone's own abbreviation, which
 * tells a time that exists twice: "02:30 CET". One that the zone uses, but not
 * then ("12:00 CET" in July), counts as written. False: the zone has no such.
 */
bool time_zone_from_named(const struct time_zone *zone, int64_t local_s, struct slice abbreviation,
                          int64_t *s);

/*
 * What an abbreviation usually means in logs, when no configured zone knows it:
 * the table is in abbreviation.c. Several mean more than one thing: CST is
 * taken as America's (not China's), IST as India's, BST as British summer time.
 * Capital letters only. False: not in the table.
 */
bool time_zone_abbreviation(struct slice text, int32_t *offset_s);

/* Zones that texts name, opened once each; at most TIME_ZONES_MAX, then no more are known. */
#define TIME_ZONES_MAX 64

struct time_zones;

struct time_zones *time_zones_open(void); /* NULL: out of memory */
void time_zones_close(struct time_zones *zones);

/* NULL: no such name. Known as long as the set; unknown names are remembered as well. */
const struct time_zone *time_zones_find(struct time_zones *zones, struct slice name);

#endif
