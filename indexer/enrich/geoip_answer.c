/*
 * geoip_answer.c - what databases say of an address, whatever their schema.
 */
#include "indexer/enrich/geoip_answer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "common/record.h"
#include "common/scope.h"
#include "indexer/enrich/country.h"

#define TEXT_MAX   256 /* bytes of a name; longer ones are not meant for a field */
#define NUMBER_MAX 32  /* bytes of a number that is written as text */
#define CODE_LEN   2   /* of a country or continent */
#define REGION_MAX 3   /* characters of a region's code, ISO 3166-2 */

#define PATH(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Where a text stands. Some schemas have the code under the key under which others have the name.
 */
enum form { ANY, CODE, NAME };

static const struct rule {
    enum form form;
    const char *nested[5], *flat[4];
} rules[] = {
    [GEOIP_COUNTRY_CODE] = {CODE, {"country", "iso_code"}, {"country_code", "country"}},
    [GEOIP_COUNTRY_NAME] = {NAME, {"country", "names", "en"}, {"country_name", "country"}},
    [GEOIP_CONTINENT_CODE] = {CODE, {"continent", "code"}, {"continent_code", "continent"}},
    [GEOIP_CONTINENT_NAME] = {NAME, {"continent", "names", "en"}, {"continent_name", "continent"}},
    [GEOIP_REGION_CODE] = {ANY, {"subdivisions", "0", "iso_code"}, {"region_code"}},
    [GEOIP_REGION_NAME] = {ANY,
                           {"subdivisions", "0", "names", "en"},
                           {"state1", "region", "region_name"}},
    [GEOIP_CITY_NAME] = {ANY, {"city", "names", "en"}, {"city", "city_name"}},
    [GEOIP_POSTAL_CODE] = {ANY, {"postal", "code"}, {"postcode", "postal_code", "zip_code"}},
    [GEOIP_TIMEZONE] = {ANY, {"location", "time_zone"}, {"timezone", "time_zone"}},
    [GEOIP_ORGANIZATION] = {ANY,
                            {"traits", "autonomous_system_organization"},
                            {"autonomous_system_organization", "as_name", "as_organization"}},
};

static_assert(ARRAY_LEN(rules) == GEOIP_TEXTS, "a rule for every text");

static bool get(MMDB_entry_s *entry, const char *const *path, MMDB_entry_data_s *out)
{
    return MMDB_aget_value(entry, out, path) == MMDB_SUCCESS && out->has_data;
}

static bool get_text(MMDB_entry_s *entry, const char *const *path, enum form form,
                     struct slice *out)
{
    MMDB_entry_data_s value;

    if (!get(entry, path, &value) || value.type != MMDB_DATA_TYPE_UTF8_STRING ||
        value.data_size == 0 || value.data_size > TEXT_MAX)
        return false;
    if (form != ANY && (form == CODE) != (value.data_size == CODE_LEN))
        return false;
    *out = (struct slice){value.utf8_string, value.data_size};
    return true;
}

static void find_text(MMDB_entry_s *entry, const struct rule *rule, struct slice *out)
{
    if (get_text(entry, rule->nested, rule->form, out))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rule->flat) && rule->flat[i]; i++)
        if (get_text(entry, PATH(rule->flat[i]), rule->form, out))
            return;
}

static bool number_of(const MMDB_entry_data_s *value, double *out)
{
    char text[NUMBER_MAX], *end;

    switch (value->type) {
    case MMDB_DATA_TYPE_DOUBLE:
        *out = value->double_value;
        return true;
    case MMDB_DATA_TYPE_FLOAT:
        *out = (double)value->float_value;
        return true;
    case MMDB_DATA_TYPE_UINT16:
        *out = value->uint16;
        return true;
    case MMDB_DATA_TYPE_UINT32:
        *out = value->uint32;
        return true;
    case MMDB_DATA_TYPE_UTF8_STRING:
        if (value->data_size == 0 || value->data_size >= sizeof(text))
            return false;
        memcpy(text, value->utf8_string, value->data_size);
        text[value->data_size] = '\0';
        *out = strtod(text, &end);
        return end == text + value->data_size;
    default:
        return false;
    }
}

/* A coordinate within +-limit: Elasticsearch refuses the whole record for any other. */
static bool get_degrees(MMDB_entry_s *entry, const char *const *path, double limit, double *out)
{
    MMDB_entry_data_s value;

    return get(entry, path, &value) && number_of(&value, out) &&
           fabs(*out) <= limit; /* not for NaN */
}

static bool find_location(MMDB_entry_s *entry, double *lat, double *lon)
{
    static const char *const places[][2][3] = {
        {{"location", "latitude"}, {"location", "longitude"}},
        {{"latitude"}, {"longitude"}},
        {{"lat"}, {"lng"}},
    };

    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (get_degrees(entry, places[i][0], 90, lat) && get_degrees(entry, places[i][1], 180, lon))
            return true;
    return false;
}

/* 15169, or "AS15169". */
static int64_t find_as_number(MMDB_entry_s *entry)
{
    MMDB_entry_data_s value;
    double number = 0;

    if (!get(entry, PATH("autonomous_system_number"), &value) && !get(entry, PATH("asn"), &value) &&
        !get(entry, PATH("traits", "autonomous_system_number"), &value))
        return 0;
    if (value.type == MMDB_DATA_TYPE_UTF8_STRING && value.data_size > 2 &&
        memcmp(value.utf8_string, "AS", 2) == 0) {
        value.utf8_string += 2;
        value.data_size -= 2;
    }
    if (!number_of(&value, &number) || !(number >= 1 && number <= (double)UINT32_MAX))
        return 0;
    return (int64_t)number;
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

void geoip_answer_add(struct geoip_answer *answer, MMDB_entry_s *entry)
{
    struct geoip_answer found = {0};

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        find_text(entry, &rules[i], &found.texts[i]);
    found.has_location = find_location(entry, &found.lat, &found.lon);
    found.as_number = find_as_number(entry);
    if (found.as_number && found.texts[GEOIP_ORGANIZATION].len == 0)
        get_text(entry, PATH("name"), ANY, &found.texts[GEOIP_ORGANIZATION]);
    merge(answer, &found);
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
}

static void set_text(struct record *record, enum record_field field, struct slice text)
{
    if (text.len)
        record_set_text(record, field, text);
    else
        record_drop(record, field);
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
        set_text(record, fields[i].field, answer->texts[fields[i].text]);
    set_text(record, FIELD_SOURCE_GEO_REGION_ISO_CODE, slice_of(answer->region_code));
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
    set_text(record, FIELD_SOURCE_AS_ORGANIZATION_NAME, answer->texts[GEOIP_ORGANIZATION]);
}

void geoip_answer_set(const struct geoip_answer *answer, struct record *record)
{
    if (answer->has_place)
        set_place(answer, record);
    if (answer->has_owner)
        set_owner(answer, record);
}
