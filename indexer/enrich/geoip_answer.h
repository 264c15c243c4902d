/*
 * geoip_answer.h - what databases say of an address, whatever their schema.
 *
 * Known are the nested schema of GeoIP2, GeoLite2, DB-IP and IP2Location, and
 * the flat ones of ip-location-db and IPinfo. Which one a record has is seen
 * from the record; a database may hold places, owners or both.
 */
#ifndef INDEXER_ENRICH_GEOIP_ANSWER_H
#define INDEXER_ENRICH_GEOIP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct record;

enum geoip_text {
    GEOIP_COUNTRY_CODE,
    GEOIP_COUNTRY_NAME,
    GEOIP_CONTINENT_CODE,
    GEOIP_CONTINENT_NAME,
    GEOIP_REGION_CODE, /* as the database has it, without the country: "BE" */
    GEOIP_REGION_NAME,
    GEOIP_CITY_NAME,
    GEOIP_POSTAL_CODE,
    GEOIP_TIMEZONE,
    GEOIP_ORGANIZATION,
    GEOIP_TEXTS
};

struct geoip_answer {
    struct slice texts[GEOIP_TEXTS]; /* views into the database; empty: not known */
    double lat, lon;
    int64_t as_number; /* 0: not known */
    uint16_t plain;    /* bit i: texts[i] stands for itself in JSON */
    bool has_location;
    bool has_place, has_owner; /* anything of it */
    char region_code[8];       /* with the country's, "DE-BE"; "" = not known */
};

/*
 * Adds what the record at `at` of a data section knows and *answer does not:
 * things that belong together (code and name, latitude and longitude) come
 * from one database. `answer` starts zeroed; it keeps views into `data`.
 * False: the record is malformed, nothing was added.
 */
bool geoip_answer_add(struct geoip_answer *answer, const uint8_t *data, size_t size, size_t at);

/* After the last database: what follows from what is known (names of codes, a country's continent).
 */
void geoip_answer_finish(struct geoip_answer *answer);

/*
 * Sets source.geo and source.as. All of an earlier answer goes: a city of
 * yesterday does not fit a country of today. The answer must live as long as the record.
 */
void geoip_answer_set(const struct geoip_answer *answer, struct record *record);

#endif
