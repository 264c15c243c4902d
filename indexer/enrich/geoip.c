/*
 * geoip.c - where an address is and whose, from MaxMind DB files.
 *
 * Two schemas are known: the nested one of GeoIP2, GeoLite2 and DB-IP, and the
 * flat one of the ip-location-db project. Few addresses make most of the
 * traffic, so answers are kept by the text of the address: its parsing, the
 * walk down the tree and the search for some ten values are saved. Text
 * points into the database, which is held until the next refresh.
 */
#include "indexer/enrich/enrich.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <xxhash.h>

#include "common/metrics.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/geoip_database.h"

#define CACHE_SETS  1024 /* a power of two */
#define CACHE_WAYS  4    /* slots that an address may be in: two busy ones seldom collide */
#define CACHE_SLOTS (CACHE_SETS * CACHE_WAYS)
#define TEXT_MAX    256 /* bytes of a name; longer ones are not meant for a field */

#define PATH(...) ((const char *const[]){__VA_ARGS__, NULL})

struct rule { /* where the text of a field stands, in either schema */
    enum record_field field;
    const char *nested[5], *flat[2];
};

static const struct rule place_rules[] = {
    {FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, {"country", "iso_code"}, {"country_code"}},
    {FIELD_SOURCE_GEO_COUNTRY_NAME, {"country", "names", "en"}, {"country_name"}},
    {FIELD_SOURCE_GEO_CONTINENT_CODE, {"continent", "code"}, {"continent_code"}},
    {FIELD_SOURCE_GEO_REGION_NAME, {"subdivisions", "0", "names", "en"}, {"state1"}},
    {FIELD_SOURCE_GEO_CITY_NAME, {"city", "names", "en"}, {"city"}},
    {FIELD_SOURCE_GEO_TIMEZONE, {"location", "time_zone"}, {"timezone"}},
};

enum { CITY, ASN, KINDS };
enum result { RESULT_HIT, RESULT_MISS, RESULT_SKIPPED, RESULT_CACHED, RESULTS };

struct answer {                                 /* what is known of an address */
    struct slice texts[ARRAY_LEN(place_rules)]; /* empty: not known */
    struct slice organization;
    double lat, lon;
    int64_t as_number;
    bool has_place, has_location, has_as, has_as_number;
};

struct slot {
    uint64_t hash;
    unsigned char len; /* 0: empty */
    char address[INET6_ADDRSTRLEN];
    struct answer answer;
};

struct part {                    /* one of the two databases */
    struct geoip_source *source; /* NULL: not asked for */
    struct geoip_database *database;
    struct metric *loaded, *built;
};

struct geoip {
    struct enrich base;
    struct part parts[KINDS];
    struct slot *slots;
    unsigned turn;            /* which way is given up next */
    uint64_t counts[RESULTS]; /* since the last refresh */
    struct metric *lookups[RESULTS];
};

static bool in_network(const unsigned char *address, const char *prefix, unsigned bits)
{
    const unsigned char *wanted = (const unsigned char *)prefix;
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(address, wanted, whole) == 0 &&
           (rest == 0 || ((address[whole] ^ wanted[whole]) >> (8 - rest)) == 0);
}

struct network {
    const char *prefix;
    unsigned bits;
};

static bool in_any(const unsigned char *address, const struct network *networks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (in_network(address, networks[i].prefix, networks[i].bits))
            return true;
    return false;
}

/* Addresses that are nowhere, or everywhere. Documentation networks are looked up: tests use them.
 */
static bool is_nowhere4(const unsigned char *address)
{
    static const struct network networks[] = {
        {"\x0a", 8},      /* private */
        {"\xc0\xa8", 16}, /* private */
        {"\xac\x10", 12}, /* private */
        {"\x7f", 8},      /* loopback */
        {"\xa9\xfe", 16}, /* link-local */
        {"\x64\x40", 10}, /* shared by the customers of a carrier */
        {"\0", 8},        /* unspecified */
        {"\xe0", 4},      /* multicast */
        {"\xf0", 4},      /* reserved, broadcast */
    };

    return in_any(address, networks, ARRAY_LEN(networks));
}

static bool is_nowhere6(const unsigned char *address)
{
    static const struct network networks[] = {
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 127}, /* unspecified, loopback */
        {"\xfc", 7},                             /* private */
        {"\xfe\x80", 9},                         /* link-local, site-local */
        {"\xff", 8},                             /* multicast */
    };

    return in_any(address, networks, ARRAY_LEN(networks));
}

union address {
    struct sockaddr any;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
};

/* False when it is no address, or one that is not looked up. IPv4 within IPv6 becomes IPv4. */
static bool read_address(const char *text, union address *out)
{
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, &out->in4.sin_addr) == 1) {
        out->in4.sin_family = AF_INET;
    } else if (inet_pton(AF_INET6, text, &out->in6.sin6_addr) != 1) {
        return false;
    } else if (IN6_IS_ADDR_V4MAPPED(&out->in6.sin6_addr)) {
        memcpy(&out->in4.sin_addr, out->in6.sin6_addr.s6_addr + 12, 4);
        out->in4.sin_family = AF_INET;
    } else {
        out->in6.sin6_family = AF_INET6;
        return !is_nowhere6(out->in6.sin6_addr.s6_addr);
    }
    return !is_nowhere4((const unsigned char *)&out->in4.sin_addr);
}

/* The value at `path` when it is there and of `type`. */
static bool get(MMDB_entry_s *entry, const char *const *path, uint32_t type, MMDB_entry_data_s *out)
{
    return MMDB_aget_value(entry, out, path) == MMDB_SUCCESS && out->has_data && out->type == type;
}

static bool get_text(MMDB_entry_s *entry, const char *const *path, struct slice *out)
{
    MMDB_entry_data_s value;

    if (!get(entry, path, MMDB_DATA_TYPE_UTF8_STRING, &value) || value.data_size == 0 ||
        value.data_size > TEXT_MAX)
        return false;
    *out = (struct slice){value.utf8_string, value.data_size};
    return true;
}

/* A coordinate within +-limit: Elasticsearch refuses the whole record for any other. */
static bool get_degrees(MMDB_entry_s *entry, const char *const *path, double limit, double *out)
{
    MMDB_entry_data_s value;

    if (get(entry, path, MMDB_DATA_TYPE_DOUBLE, &value))
        *out = value.double_value;
    else if (get(entry, path, MMDB_DATA_TYPE_FLOAT, &value))
        *out = (double)value.float_value;
    else
        return false;
    return fabs(*out) <= limit; /* not for NaN */
}

static void find_place(MMDB_entry_s *entry, struct answer *answer)
{
    const struct rule *rule;
    double lat, lon;

    for (size_t i = 0; i < ARRAY_LEN(place_rules); i++) {
        rule = &place_rules[i];
        if (get_text(entry, rule->nested, &answer->texts[i]) ||
            get_text(entry, rule->flat, &answer->texts[i]))
            answer->has_place = true;
    }
    if ((get_degrees(entry, PATH("location", "latitude"), 90, &lat) &&
         get_degrees(entry, PATH("location", "longitude"), 180, &lon)) ||
        (get_degrees(entry, PATH("latitude"), 90, &lat) &&
         get_degrees(entry, PATH("longitude"), 180, &lon))) {
        answer->lat = lat;
        answer->lon = lon;
        answer->has_place = answer->has_location = true;
    }
}

static void find_owner(MMDB_entry_s *entry, struct answer *answer)
{
    MMDB_entry_data_s value;

    if (get(entry, PATH("autonomous_system_number"), MMDB_DATA_TYPE_UINT32, &value) &&
        value.uint32 > 0) {
        answer->as_number = value.uint32;
        answer->has_as = answer->has_as_number = true;
    }
    if (get_text(entry, PATH("autonomous_system_organization"), &answer->organization))
        answer->has_as = true;
}

static enum result look_up(const struct geoip *geoip, const char *text, struct answer *answer)
{
    const struct geoip_database *city = geoip->parts[CITY].database;
    const struct geoip_database *asn = geoip->parts[ASN].database;
    union address address;
    MMDB_entry_s entry;

    if (!read_address(text, &address))
        return RESULT_SKIPPED;
    if (city && geoip_database_find(city, &address.any, &entry))
        find_place(&entry, answer);
    if (asn && geoip_database_find(asn, &address.any, &entry))
        find_owner(&entry, answer);
    return answer->has_place || answer->has_as ? RESULT_HIT : RESULT_MISS;
}

/* The slot that holds the address, or the one that is given up for it (*held says which). */
static struct slot *slot_for(struct geoip *geoip, struct slice text, uint64_t hash, bool *held)
{
    struct slot *set = &geoip->slots[(hash & (CACHE_SETS - 1)) * CACHE_WAYS];

    for (unsigned i = 0; i < CACHE_WAYS; i++) { /* those in use come first */
        *held = set[i].hash == hash && set[i].len == text.len &&
                memcmp(set[i].address, text.data, text.len) == 0;
        if (*held || set[i].len == 0)
            return &set[i];
    }
    return &set[geoip->turn++ % CACHE_WAYS];
}

/* The answer for an address, from the cache or put into it. */
static const struct answer *answer_for(struct geoip *geoip, struct slice text)
{
    uint64_t hash = XXH3_64bits(text.data, text.len);
    bool held;
    struct slot *slot = slot_for(geoip, text, hash, &held);

    if (held) {
        geoip->counts[RESULT_CACHED]++;
        return &slot->answer;
    }
    *slot = (struct slot){.hash = hash, .len = (unsigned char)text.len};
    memcpy(slot->address, text.data, text.len);
    geoip->counts[look_up(geoip, slot->address, &slot->answer)]++;
    return &slot->answer;
}

/* All of an earlier answer goes: a city of yesterday does not fit a country of today. */
static void set_place(struct record *record, const struct answer *answer)
{
    for (size_t i = 0; i < ARRAY_LEN(place_rules); i++) {
        if (answer->texts[i].len)
            record_set_text(record, place_rules[i].field, answer->texts[i]);
        else
            record_drop(record, place_rules[i].field);
    }
    if (answer->has_location)
        record_set_geo(record, FIELD_SOURCE_GEO_LOCATION, answer->lat, answer->lon);
    else
        record_drop(record, FIELD_SOURCE_GEO_LOCATION);
}

static void set_owner(struct record *record, const struct answer *answer)
{
    if (answer->has_as_number)
        record_set_long(record, FIELD_SOURCE_AS_NUMBER, answer->as_number);
    else
        record_drop(record, FIELD_SOURCE_AS_NUMBER);
    if (answer->organization.len)
        record_set_text(record, FIELD_SOURCE_AS_ORGANIZATION_NAME, answer->organization);
    else
        record_drop(record, FIELD_SOURCE_AS_ORGANIZATION_NAME);
}

static bool geoip_apply(struct enrich *enrich, struct record *record)
{
    struct geoip *geoip = (struct geoip *)enrich;
    const struct answer *answer;
    struct slice text;

    if (!geoip->parts[CITY].database && !geoip->parts[ASN].database)
        return true;
    if (!record_text(record, FIELD_SOURCE_IP, &text) || text.len == 0)
        return true;
    if (text.len >= INET6_ADDRSTRLEN || memchr(text.data, '\0', text.len)) {
        geoip->counts[RESULT_SKIPPED]++;
        return true;
    }
    answer = answer_for(geoip, text);
    if (answer->has_place)
        set_place(record, answer);
    if (answer->has_as)
        set_owner(record, answer);
    return true;
}

static void flush_counts(struct geoip *geoip)
{
    for (int i = 0; i < RESULTS; i++) {
        metric_add(geoip->lookups[i], geoip->counts[i]);
        geoip->counts[i] = 0;
    }
}

/* Takes what was loaded meanwhile. True: pointers into the old database are gone. */
static bool renew(struct part *part)
{
    bool changed = geoip_database_renew(part->source, &part->database);

    metric_set(part->loaded, part->database != NULL);
    if (part->database)
        metric_set(part->built, (double)geoip_database_built(part->database));
    return changed;
}

static void geoip_refresh(struct enrich *enrich, int64_t now_ms)
{
    struct geoip *geoip = (struct geoip *)enrich;
    bool changed = false;

    for (int i = 0; i < KINDS; i++) {
        if (!geoip->parts[i].source)
            continue;
        geoip_source_refresh(geoip->parts[i].source, now_ms);
        changed |= renew(&geoip->parts[i]);
    }
    if (changed)
        for (size_t i = 0; i < CACHE_SLOTS; i++)
            geoip->slots[i].len = 0;
    flush_counts(geoip);
}

static void geoip_close(struct enrich *enrich)
{
    struct geoip *geoip = (struct geoip *)enrich;

    if (!geoip)
        return;
    flush_counts(geoip);
    for (int i = 0; i < KINDS; i++) {
        geoip_database_drop(geoip->parts[i].database);
        geoip_source_close(geoip->parts[i].source);
    }
    free(geoip->slots);
    free(geoip);
}

static void register_lookups(struct geoip *geoip)
{
    static const char *const labels[RESULTS] = {
        [RESULT_HIT] = "enricher=\"geoip\",result=\"hit\"",
        [RESULT_MISS] = "enricher=\"geoip\",result=\"miss\"",
        [RESULT_SKIPPED] = "enricher=\"geoip\",result=\"skipped\"",
        [RESULT_CACHED] = "enricher=\"geoip\",result=\"cached\"",
    };

    for (int i = 0; i < RESULTS; i++)
        geoip->lookups[i] = metrics_counter("indexer_enrich_lookups_total", labels[i],
                                            "Look-ups of enrichers by how they ended");
}

static enum status open_part(struct part *part, const char *path, const char *label,
                             struct error *err)
{
    if (!path || !*path)
        return OK;
    part->loaded = metrics_gauge("indexer_geoip_database_loaded", label,
                                 "Whether the GeoIP database is in use");
    part->built = metrics_gauge("indexer_geoip_database_built_timestamp_seconds", label,
                                "When the GeoIP database in use was built");
    if (geoip_source_open(path, &part->source, err))
        return err->status;
    renew(part);
    return OK;
}

static enum status geoip_open(const struct indexer_config *config, struct enrich **out,
                              struct error *err)
{
    const char *city = config->geoip.city, *asn = config->geoip.asn;
    struct geoip *geoip;

    if (!config->geoip.enabled || (!(city && *city) && !(asn && *asn)))
        return DONE;
    geoip = calloc(1, sizeof(*geoip));
    if (!geoip)
        return error_set(err, FATAL, "out of memory");
    geoip->base.type = &enrich_geoip;
    register_lookups(geoip);
    geoip->slots = calloc(CACHE_SLOTS, sizeof(*geoip->slots));
    if (!geoip->slots || open_part(&geoip->parts[CITY], city, "database=\"city\"", err) ||
        open_part(&geoip->parts[ASN], asn, "database=\"asn\"", err)) {
        geoip_close(&geoip->base);
        return error_set(err, FATAL, "out of memory");
    }
    *out = &geoip->base;
    return OK;
}

const struct enrich_type enrich_geoip = {
    .name = "geoip",
    .open = geoip_open,
    .apply = geoip_apply,
    .refresh = geoip_refresh,
    .close = geoip_close,
};
