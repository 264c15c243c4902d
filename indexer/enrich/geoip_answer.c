/*
 * geoip_answer.c - what databases say of an address, whatever their schema.
 */
#include "indexer/enrich/geoip_answer.h"

#include <math.h>
#include <maxminddb.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/json_text.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/enrich/country.h"
#include "indexer/enrich/geoip_value.h"

#define TEXT_MAX   256 /* bytes of a name; longer ones are not meant for a field */
#define NUMBER_MAX 32  /* bytes of a number that is written as text */
#define CODE_LEN   2   /* of a country or continent */
#define REGION_MAX 3   /* characters of a region's code, ISO 3166-2 */

/* The maps that are looked into, and what is found there. */
enum map {
    NO_MAP,
    ROOT,
    CITY,
    CITY_NAMES,
    CONTINENT,
    CONTINENT_NAMES,
    COUNTRY,
    COUNTRY_NAMES,
    LOCATION,
    POSTAL,
    SUBDIVISION,
    SUBDIVISION_NAMES,
    TRAITS,
};

enum take {
    NOTHING,
    TEXT,
    CODE_OR_NAME, /* two letters are a code; all else is the name, the text after it */
    LATITUDE,
    LONGITUDE,
    AS_NUMBER,
    AS_NAME, /* of the owner where there is a number, too general a word otherwise */
};

#define KEY(text) (text), sizeof(text) - 1

static const struct rule {
    enum map in;
    const char *key;
    unsigned key_len;
    enum map map; /* of a map, or an array's first: where to go on */
    enum take take;
    enum geoip_text text;
} rules[] = {
    {ROOT, KEY("city"), CITY, TEXT, GEOIP_CITY_NAME},
    {ROOT, KEY("country"), COUNTRY, CODE_OR_NAME, GEOIP_COUNTRY_CODE},
    {ROOT, KEY("continent"), CONTINENT, CODE_OR_NAME, GEOIP_CONTINENT_CODE},
    {ROOT, KEY("location"), LOCATION, NOTHING, 0},
    {ROOT, KEY("postal"), POSTAL, TEXT, GEOIP_POSTAL_CODE},
    {ROOT, KEY("subdivisions"), SUBDIVISION, NOTHING, 0},
    {ROOT, KEY("traits"), TRAITS, NOTHING, 0},
    {ROOT, KEY("autonomous_system_number"), NO_MAP, AS_NUMBER, 0},
    {ROOT, KEY("autonomous_system_organization"), NO_MAP, TEXT, GEOIP_ORGANIZATION},
    {ROOT, KEY("asn"), NO_MAP, AS_NUMBER, 0},
    {ROOT, KEY("as_name"), NO_MAP, TEXT, GEOIP_ORGANIZATION},
    {ROOT, KEY("as_organization"), NO_MAP, TEXT, GEOIP_ORGANIZATION},
    {ROOT, KEY("name"), NO_MAP, AS_NAME, 0},
    {ROOT, KEY("country_code"), NO_MAP, CODE_OR_NAME, GEOIP_COUNTRY_CODE},
    {ROOT, KEY("country_name"), NO_MAP, TEXT, GEOIP_COUNTRY_NAME},
    {ROOT, KEY("continent_code"), NO_MAP, CODE_OR_NAME, GEOIP_CONTINENT_CODE},
    {ROOT, KEY("continent_name"), NO_MAP, TEXT, GEOIP_CONTINENT_NAME},
    {ROOT, KEY("region"), NO_MAP, TEXT, GEOIP_REGION_NAME},
    {ROOT, KEY("region_name"), NO_MAP, TEXT, GEOIP_REGION_NAME},
    {ROOT, KEY("region_code"), NO_MAP, TEXT, GEOIP_REGION_CODE},
    {ROOT, KEY("state1"), NO_MAP, TEXT, GEOIP_REGION_NAME},
    {ROOT, KEY("city_name"), NO_MAP, TEXT, GEOIP_CITY_NAME},
    {ROOT, KEY("postcode"), NO_MAP, TEXT, GEOIP_POSTAL_CODE},
    {ROOT, KEY("postal_code"), NO_MAP, TEXT, GEOIP_POSTAL_CODE},
    {ROOT, KEY("zip_code"), NO_MAP, TEXT, GEOIP_POSTAL_CODE},
    {ROOT, KEY("timezone"), NO_MAP, TEXT, GEOIP_TIMEZONE},
    {ROOT, KEY("time_zone"), NO_MAP, TEXT, GEOIP_TIMEZONE},
    {ROOT, KEY("latitude"), NO_MAP, LATITUDE, 0},
    {ROOT, KEY("longitude"), NO_MAP, LONGITUDE, 0},
    {ROOT, KEY("lat"), NO_MAP, LATITUDE, 0},
    {ROOT, KEY("lng"), NO_MAP, LONGITUDE, 0},
    {CITY, KEY("names"), CITY_NAMES, NOTHING, 0},
    {CITY_NAMES, KEY("en"), NO_MAP, TEXT, GEOIP_CITY_NAME},
    {CONTINENT, KEY("code"), NO_MAP, CODE_OR_NAME, GEOIP_CONTINENT_CODE},
    {CONTINENT, KEY("names"), CONTINENT_NAMES, NOTHING, 0},
    {CONTINENT_NAMES, KEY("en"), NO_MAP, TEXT, GEOIP_CONTINENT_NAME},
    {COUNTRY, KEY("iso_code"), NO_MAP, CODE_OR_NAME, GEOIP_COUNTRY_CODE},
    {COUNTRY, KEY("names"), COUNTRY_NAMES, NOTHING, 0},
    {COUNTRY_NAMES, KEY("en"), NO_MAP, TEXT, GEOIP_COUNTRY_NAME},
    {LOCATION, KEY("latitude"), NO_MAP, LATITUDE, 0},
    {LOCATION, KEY("longitude"), NO_MAP, LONGITUDE, 0},
    {LOCATION, KEY("time_zone"), NO_MAP, TEXT, GEOIP_TIMEZONE},
    {POSTAL, KEY("code"), NO_MAP, TEXT, GEOIP_POSTAL_CODE},
    {SUBDIVISION, KEY("iso_code"), NO_MAP, TEXT, GEOIP_REGION_CODE},
    {SUBDIVISION, KEY("names"), SUBDIVISION_NAMES, NOTHING, 0},
    {SUBDIVISION_NAMES, KEY("en"), NO_MAP, TEXT, GEOIP_REGION_NAME},
    {TRAITS, KEY("autonomous_system_number"), NO_MAP, AS_NUMBER, 0},
    {TRAITS, KEY("autonomous_system_organization"), NO_MAP, TEXT, GEOIP_ORGANIZATION},
};

struct reading { /* of one record */
    struct geoip_walk walk;
    struct geoip_answer found;
    double lat, lon; /* NAN: not known */
    struct slice name;
};

/* Where the rules of a map begin, which stand together; those of the last end the list. */
static unsigned first_rule[TRAITS + 1];

static void find_first_rules(void)
{
    for (unsigned i = ARRAY_LEN(rules); i-- > 0;)
        first_rule[rules[i].in] = i;
}

static const struct rule *find_rule(enum map in, struct slice key)
{
    static const struct rule none = {.map = NO_MAP, .take = NOTHING};

    for (size_t i = first_rule[in]; i < ARRAY_LEN(rules) && rules[i].in == in; i++)
        if (rules[i].key_len == key.len && memcmp(rules[i].key, key.data, key.len) == 0)
            return &rules[i];
    return &none;
}

static uint64_t big_endian(struct slice bytes)
{
    uint64_t number = 0;

    for (size_t i = 0; i < bytes.len; i++)
        number = number << 8 | (unsigned char)bytes.data[i];
    return number;
}

/* A number of any type, also written as text, "AS" before it; NAN: it is none. */
static double number_of(unsigned type, struct slice bytes)
{
    uint64_t bits = bytes.len <= sizeof(bits) ? big_endian(bytes) : 0;
    uint32_t low = (uint32_t)bits;
    char text[NUMBER_MAX], *end;
    double number;
    float single;

    if (type == MMDB_DATA_TYPE_DOUBLE && bytes.len == sizeof(number)) {
        memcpy(&number, &bits, sizeof(number));
        return number;
    }
    if (type == MMDB_DATA_TYPE_FLOAT && bytes.len == sizeof(single)) {
        memcpy(&single, &low, sizeof(single));
        return (double)single;
    }
    if (type == MMDB_DATA_TYPE_UINT16 || type == MMDB_DATA_TYPE_UINT32)
        return (double)bits;
    if (type != MMDB_DATA_TYPE_UTF8_STRING || bytes.len == 0 || bytes.len >= sizeof(text))
        return NAN;
    memcpy(text, bytes.data, bytes.len);
    text[bytes.len] = '\0';
    number = strtod(strncmp(text, "AS", 2) == 0 ? text + 2 : text, &end);
    return end == text + bytes.len ? number : NAN;
}

static void take_text(struct geoip_answer *found, const struct rule *rule, struct slice text)
{
    enum geoip_text target = rule->text;

    if (text.len == 0 || text.len > TEXT_MAX)
        return;
    if (rule->take == CODE_OR_NAME && text.len != CODE_LEN)
        target++;
    if (found->texts[target].len == 0)
        found->texts[target] = text;
}

static void take_value(struct reading *reading, const struct rule *rule, unsigned type,
                       struct slice bytes)
{
    double number;

    switch (rule->take) {
    case NOTHING:
        return;
    case TEXT:
    case CODE_OR_NAME:
        if (type == MMDB_DATA_TYPE_UTF8_STRING)
            take_text(&reading->found, rule, bytes);
        return;
    case LATITUDE:
        reading->lat = number_of(type, bytes);
        return;
    case LONGITUDE:
        reading->lon = number_of(type, bytes);
        return;
    case AS_NUMBER:
        number = number_of(type, bytes);
        if (number >= 1 && number <= (double)UINT32_MAX)
            reading->found.as_number = (int64_t)number;
        return;
    case AS_NAME:
        if (type == MMDB_DATA_TYPE_UTF8_STRING && bytes.len <= TEXT_MAX)
            reading->name = bytes;
        return;
    }
}

static bool read_map(struct reading *reading, const struct geoip_value *map, enum map in);

/* The rest of an array is passed over: the first subdivision is the largest. */
static bool read_first(struct reading *reading, const struct geoip_value *array, enum map in)
{
    struct geoip_value member;

    for (size_t i = 0; i < array->size; i++) {
        if (!geoip_open(&reading->walk, &member))
            return false;
        if (!(i == 0 && member.type == MMDB_DATA_TYPE_MAP ? read_map(reading, &member, in)
                                                          : geoip_skip(&reading->walk, &member)))
            return false;
    }
    geoip_close(&reading->walk, array);
    return true;
}

static bool read_value(struct reading *reading, const struct geoip_value *value,
                       const struct rule *rule)
{
    struct slice bytes;

    if (value->type == MMDB_DATA_TYPE_MAP && rule->map)
        return read_map(reading, value, rule->map);
    if (value->type == MMDB_DATA_TYPE_ARRAY && rule->map)
        return read_first(reading, value, rule->map);
    if (value->type == MMDB_DATA_TYPE_MAP || value->type == MMDB_DATA_TYPE_ARRAY ||
        value->type == MMDB_DATA_TYPE_BOOLEAN || rule->take == NOTHING)
        return geoip_skip(&reading->walk, value);
    if (!geoip_take(&reading->walk, value, &bytes))
        return false;
    geoip_close(&reading->walk, value);
    take_value(reading, rule, value->type, bytes);
    return true;
}

/* Goes as deep as the rules do, and no deeper. */
static bool read_map(struct reading *reading, const struct geoip_value *map, enum map in)
{
    struct geoip_value key, value;
    struct slice name;

    for (size_t i = 0; i < map->size; i++) {
        if (!geoip_open(&reading->walk, &key) || key.type != MMDB_DATA_TYPE_UTF8_STRING ||
            !geoip_take(&reading->walk, &key, &name))
            return false;
        geoip_close(&reading->walk, &key);
        if (!geoip_open(&reading->walk, &value) ||
            !read_value(reading, &value, find_rule(in, name)))
            return false;
    }
    geoip_close(&reading->walk, map);
    return true;
}

/* Texts that come from one database: `first` and `last` of them. */
static void take_group(struct geoip_answer *answer, const struct geoip_answer *found,
                       enum geoip_text first, enum geoip_text last)
{
    for (enum geoip_text i = first; i <= last; i++)
        if (answer->texts[i].len)
            return;
    for (enum geoip_text i = first; i <= last; i++)
        answer->texts[i] = found->texts[i];
}

static void merge(struct geoip_answer *answer, const struct geoip_answer *found)
{
    take_group(answer, found, GEOIP_COUNTRY_CODE, GEOIP_COUNTRY_NAME);
    take_group(answer, found, GEOIP_CONTINENT_CODE, GEOIP_CONTINENT_NAME);
    take_group(answer, found, GEOIP_REGION_CODE, GEOIP_REGION_NAME);
    take_group(answer, found, GEOIP_CITY_NAME, GEOIP_CITY_NAME);
    take_group(answer, found, GEOIP_POSTAL_CODE, GEOIP_POSTAL_CODE);
    take_group(answer, found, GEOIP_TIMEZONE, GEOIP_TIMEZONE);
    if (!answer->has_location && found->has_location) {
        answer->lat = found->lat;
        answer->lon = found->lon;
        answer->has_location = true;
    }
    if (answer->as_number || answer->texts[GEOIP_ORGANIZATION].len)
        return;
    answer->as_number = found->as_number;
    answer->texts[GEOIP_ORGANIZATION] = found->texts[GEOIP_ORGANIZATION];
}

bool geoip_answer_add(struct geoip_answer *answer, const uint8_t *data, size_t size, size_t at)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    struct reading reading = {
        .walk = geoip_walk_start(data, size, at), .lat = (double)NAN, .lon = (double)NAN};
    struct geoip_answer *found = &reading.found;
    struct geoip_value root;

    pthread_once(&once, find_first_rules);
    if (!geoip_open(&reading.walk, &root) || root.type != MMDB_DATA_TYPE_MAP ||
        !read_map(&reading, &root, ROOT))
        return false;
    if (found->as_number && found->texts[GEOIP_ORGANIZATION].len == 0)
        found->texts[GEOIP_ORGANIZATION] = reading.name;
    /* Elasticsearch refuses the whole record for any other. */
    found->has_location = fabs(reading.lat) <= 90 && fabs(reading.lon) <= 180; /* not for NAN */
    found->lat = reading.lat;
    found->lon = reading.lon;
    merge(answer, found);
    return true;
}

static void add_region_code(struct geoip_answer *answer)
{
    struct slice country = answer->texts[GEOIP_COUNTRY_CODE];
    struct slice region = answer->texts[GEOIP_REGION_CODE];

    if (country.len != CODE_LEN || region.len == 0 || region.len > REGION_MAX)
        return;
    memcpy(answer->region_code, country.data, CODE_LEN);
    answer->region_code[CODE_LEN] = '-';
    memcpy(answer->region_code + CODE_LEN + 1, region.data, region.len);
}

static void fill(struct slice *text, const char *known)
{
    if (text->len == 0)
        *text = slice_of(known);
}

void geoip_answer_finish(struct geoip_answer *answer)
{
    struct slice *texts = answer->texts;
    const struct country *country = country_find(texts[GEOIP_COUNTRY_CODE]);

    if (country) {
        fill(&texts[GEOIP_COUNTRY_NAME], country->name);
        if (texts[GEOIP_CONTINENT_NAME].len == 0)
            fill(&texts[GEOIP_CONTINENT_CODE], country->continent);
    }
    fill(&texts[GEOIP_CONTINENT_NAME], continent_name(texts[GEOIP_CONTINENT_CODE]));
    add_region_code(answer);
    answer->has_owner = answer->as_number || texts[GEOIP_ORGANIZATION].len;
    answer->has_place = answer->has_location;
    for (enum geoip_text i = 0; i < GEOIP_ORGANIZATION; i++)
        answer->has_place |= texts[i].len > 0;
    for (enum geoip_text i = 0; i < GEOIP_TEXTS; i++)
        if (texts[i].len && json_plain_len(texts[i]) == texts[i].len)
            answer->plain |= (uint16_t)(1u << i);
}

static void set_text(const struct geoip_answer *answer, enum geoip_text which,
                     struct record *record, enum record_field field)
{
    if (answer->texts[which].len)
        record_set_text_as(record, field, answer->texts[which], answer->plain >> which & 1);
    else
        record_drop(record, field);
}

static void set_region_code(const struct geoip_answer *answer, struct record *record)
{
    if (answer->region_code[0])
        record_set_text(record, FIELD_SOURCE_GEO_REGION_ISO_CODE, slice_of(answer->region_code));
    else
        record_drop(record, FIELD_SOURCE_GEO_REGION_ISO_CODE);
}

static void set_place(const struct geoip_answer *answer, struct record *record)
{
    static const struct {
        enum record_field field;
        enum geoip_text text;
    } fields[] = {
        {FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, GEOIP_COUNTRY_CODE},
        {FIELD_SOURCE_GEO_COUNTRY_NAME, GEOIP_COUNTRY_NAME},
        {FIELD_SOURCE_GEO_CONTINENT_CODE, GEOIP_CONTINENT_CODE},
        {FIELD_SOURCE_GEO_CONTINENT_NAME, GEOIP_CONTINENT_NAME},
        {FIELD_SOURCE_GEO_REGION_NAME, GEOIP_REGION_NAME},
        {FIELD_SOURCE_GEO_CITY_NAME, GEOIP_CITY_NAME},
        {FIELD_SOURCE_GEO_POSTAL_CODE, GEOIP_POSTAL_CODE},
        {FIELD_SOURCE_GEO_TIMEZONE, GEOIP_TIMEZONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        set_text(answer, fields[i].text, record, fields[i].field);
    set_region_code(answer, record);
    if (answer->has_location)
        record_set_geo(record, FIELD_SOURCE_GEO_LOCATION, answer->lat, answer->lon);
    else
        record_drop(record, FIELD_SOURCE_GEO_LOCATION);
}

static void set_owner(const struct geoip_answer *answer, struct record *record)
{
    if (answer->as_number)
        record_set_long(record, FIELD_SOURCE_AS_NUMBER, answer->as_number);
    else
        record_drop(record, FIELD_SOURCE_AS_NUMBER);
    set_text(answer, GEOIP_ORGANIZATION, record, FIELD_SOURCE_AS_ORGANIZATION_NAME);
}

void geoip_answer_set(const struct geoip_answer *answer, struct record *record)
{
    if (answer->has_place)
        set_place(answer, record);
    if (answer->has_owner)
        set_owner(answer, record);
}
