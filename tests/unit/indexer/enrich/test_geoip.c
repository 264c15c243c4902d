/*
 * test_geoip.c - look-ups in small databases that the tests write themselves.
 */
#include "indexer/enrich/enrich.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/log.h"
#include "common/metrics.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "tests/unit/indexer/enrich/mmdb_writer.h"
#include "tests/unit/support/capture.h"

#define STEP_MS  1000 /* between refreshes that look at the files */
#define FILE_MAX (32u << 20)

struct fixture {
    char folder[64], city[96], asn[96], none[1]; /* `none`: no path */
    struct indexer_config config;
    struct enrich_set set;
    struct arena arena;
    struct record record;
    struct mmdb_writer writer;
    struct buf file;
    int64_t now_ms;
    struct capture capture;
};

/* ---- databases ---- */

static void put_names(struct mmdb_writer *w, const char *key, const char *name)
{
    put_text(w, key);
    put_map(w, 2);
    put_text(w, "de");
    put_text(w, "anders");
    put_text(w, "en");
    put_text(w, name);
}

/* As GeoLite2-City has it; `city` is also the country's name. */
static void put_nested(struct mmdb_writer *w, const char *iso, const char *city)
{
    mmdb_begin(w);
    put_map(w, 7);
    put_text(w, "city");
    put_map(w, 1);
    put_names(w, "names", city);
    put_text(w, "continent");
    put_map(w, 1);
    put_text(w, "code");
    put_text(w, "EU");
    put_text(w, "country");
    put_map(w, 2);
    put_text(w, "iso_code");
    put_text(w, iso);
    put_names(w, "names", city);
    put_text(w, "location");
    put_map(w, 4);
    put_text(w, "accuracy_radius");
    mmdb_number(&w->data, MMDB_UINT16, 2, 20);
    put_text(w, "latitude");
    put_double(w, 52.52);
    put_text(w, "longitude");
    put_double(w, -13.405);
    put_text(w, "time_zone");
    put_text(w, "Europe/Berlin");
    put_text(w, "registered_country");
    put_map(w, 1);
    put_text(w, "is_in_european_union");
    mmdb_control(&w->data, MMDB_BOOL, 1);
    put_text(w, "subdivisions");
    put_array(w, 1);
    put_map(w, 2);
    put_text(w, "iso_code");
    put_text(w, "BB");
    put_names(w, "names", "Brandenburg");
    put_text(w, "postal");
    put_map(w, 1);
    put_text(w, "code");
    put_text(w, "14467");
}

/* As ip-location-db has it. */
static void put_flat(struct mmdb_writer *w)
{
    mmdb_begin(w);
    put_map(w, 7);
    put_text(w, "city");
    put_text(w, "Osaka");
    put_text(w, "country_code");
    put_text(w, "JP");
    put_text(w, "latitude");
    put_float(w, 34.5f);
    put_text(w, "longitude");
    put_float(w, 135.25f);
    put_text(w, "state1");
    put_text(w, "Kansai");
    put_text(w, "state2");
    put_text(w, "");
    put_text(w, "timezone");
    put_text(w, "");
}

/* A map of texts: key, value, …, NULL. */
static void put_texts(struct mmdb_writer *w, const char *const *texts)
{
    unsigned count = 0;

    while (texts[count])
        count++;
    mmdb_begin(w);
    put_map(w, count / 2);
    for (unsigned i = 0; i < count; i++)
        put_text(w, texts[i]);
}

#define PUT_TEXTS(w, ...) put_texts((w), (const char *const[]){__VA_ARGS__, NULL})

static void put_owner(struct mmdb_writer *w, uint32_t number, const char *name)
{
    mmdb_begin(w);
    put_map(w, 2);
    put_text(w, "autonomous_system_number");
    put_uint32(w, number);
    put_text(w, "autonomous_system_organization");
    put_text(w, name);
}

static void put_location(struct mmdb_writer *w, double lat, double lon)
{
    mmdb_begin(w);
    put_map(w, 1);
    put_text(w, "location");
    put_map(w, 2);
    put_text(w, "latitude");
    put_double(w, lat);
    put_text(w, "longitude");
    put_double(w, lon);
}

static void write_bytes(const char *path, const char *mode, struct slice bytes)
{
    scoped_file FILE *file = fopen(path, mode);

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
}

/* Ends the database that was put and writes it to `path`, in place when it is there. */
static void write_database(struct fixture *f, const char *path)
{
    buf_clear(&f->file);
    mmdb_finish(&f->writer, "Test", &f->file);
    assert_false(f->file.failed);
    write_bytes(path, "w", buf_slice(&f->file));
}

/* A city database in which the whole world is one place. */
static void write_world(struct fixture *f, const char *path, const char *iso, const char *city)
{
    mmdb_init(&f->writer, 6);
    put_nested(&f->writer, iso, city);
    mmdb_add(&f->writer, "::/0");
    write_database(f, path);
}

/* The same, renamed into place as updaters should. */
static void replace_world(struct fixture *f, const char *iso, const char *city)
{
    char temporary[128];

    snprintf(temporary, sizeof(temporary), "%s.new", f->city);
    write_world(f, temporary, iso, city);
    assert_int_equal(rename(temporary, f->city), 0);
}

/* ---- fixture ---- */

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    snprintf(f->folder, sizeof(f->folder), "/tmp/alpex-geoip-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->city, sizeof(f->city), "%s/city.mmdb", f->folder);
    snprintf(f->asn, sizeof(f->asn), "%s/asn.mmdb", f->folder);
    f->config.geoip = (struct geoip_config){.enabled = true,
                                            .city = f->city,
                                            .country = f->none,
                                            .asn = f->none,
                                            .cache_entries = 4096};
    f->file.max = FILE_MAX;
    arena_init(&f->arena, 65536, 1u << 20);
    record_init(&f->record, &f->arena);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    capture_release(&f->capture);
    enrich_set_release(&f->set);
    arena_release(&f->arena);
    buf_release(&f->file);
    unlink(f->city);
    unlink(f->asn);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void open_set(struct fixture *f)
{
    struct error err;

    assert_int_equal(enrich_set_open(&f->set, &f->config, &err), OK);
}

static void refresh(struct fixture *f)
{
    f->now_ms += STEP_MS;
    enrich_set_refresh(&f->set, f->now_ms);
}

/* Long enough for a new file to be seen, seen again unchanged, and loaded. */
static void refresh_until_loaded(struct fixture *f)
{
    refresh(f);
    refresh(f);
}

static void enrich(struct fixture *f, const char *ip)
{
    record_clear(&f->record);
    record_set_text(&f->record, FIELD_SOURCE_IP, slice_of(ip));
    enrich_set_apply(&f->set, &f->record, 0);
}

static void expect_text(struct fixture *f, enum record_field field, const char *expected)
{
    struct slice text = {NULL, 0};

    assert_int_equal(record_text(&f->record, field, &text), expected != NULL);
    if (expected)
        assert_true(slice_is(text, expected));
}

static void expect_country(struct fixture *f, const char *ip, const char *iso)
{
    enrich(f, ip);
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, iso);
}

static void expect_location(struct fixture *f, double lat, double lon)
{
    const struct value *value = &f->record.values[FIELD_SOURCE_GEO_LOCATION];

    assert_true(record_has(&f->record, FIELD_SOURCE_GEO_LOCATION));
    assert_int_equal(value->kind, VALUE_GEO);
    assert_true(fabs(value->geo.lat - lat) < 1e-9 && fabs(value->geo.lon - lon) < 1e-9);
}

/* Nothing but source.ip is in the record. */
static void expect_nothing(struct fixture *f, const char *ip)
{
    enrich(f, ip);
    for (int field = 0; field < FIELD_COUNT; field++)
        assert_int_equal(record_has(&f->record, field), field == FIELD_SOURCE_IP);
}

/* ---- what is found ---- */

static void nested_schema_gives_all_fields(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Potsdam");
    open_set(f);
    enrich(f, "192.0.2.1");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, "DE");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_NAME, "Potsdam");
    expect_text(f, FIELD_SOURCE_GEO_CONTINENT_CODE, "EU");
    expect_text(f, FIELD_SOURCE_GEO_CONTINENT_NAME, "Europe");
    expect_text(f, FIELD_SOURCE_GEO_REGION_NAME, "Brandenburg");
    expect_text(f, FIELD_SOURCE_GEO_REGION_ISO_CODE, "DE-BB");
    expect_text(f, FIELD_SOURCE_GEO_POSTAL_CODE, "14467");
    expect_text(f, FIELD_SOURCE_GEO_CITY_NAME, "Potsdam");
    expect_text(f, FIELD_SOURCE_GEO_TIMEZONE, "Europe/Berlin");
    expect_location(f, 52.52, -13.405);
    assert_false(record_has(&f->record, FIELD_SOURCE_AS_NUMBER));
}

static void flat_schema_gives_what_it_has(void **state)
{
    struct fixture *f = *state;

    mmdb_init(&f->writer, 6);
    put_flat(&f->writer);
    mmdb_add(&f->writer, "203.0.113.0/24");
    write_database(f, f->city);
    open_set(f);
    enrich(f, "203.0.113.200");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, "JP");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_NAME, "Japan");
    expect_text(f, FIELD_SOURCE_GEO_CONTINENT_CODE, "AS");
    expect_text(f, FIELD_SOURCE_GEO_CONTINENT_NAME, "Asia");
    expect_text(f, FIELD_SOURCE_GEO_REGION_ISO_CODE, NULL);
    expect_text(f, FIELD_SOURCE_GEO_REGION_NAME, "Kansai");
    expect_text(f, FIELD_SOURCE_GEO_CITY_NAME, "Osaka");
    expect_text(f, FIELD_SOURCE_GEO_TIMEZONE, NULL);
    expect_location(f, 34.5, 135.25);
    expect_nothing(f, "203.0.114.1");
}

static void owner_comes_from_a_second_database(void **state)
{
    struct fixture *f = *state;
    int64_t number = 0;

    write_world(f, f->city, "DE", "Berlin");
    mmdb_init(&f->writer, 6);
    put_owner(&f->writer, 4200000000, "Example Net");
    mmdb_add(&f->writer, "192.0.2.0/24");
    write_database(f, f->asn);
    f->config.geoip.asn = f->asn;
    open_set(f);
    enrich(f, "192.0.2.77");
    assert_true(record_long(&f->record, FIELD_SOURCE_AS_NUMBER, &number));
    assert_int_equal(number, 4200000000);
    expect_text(f, FIELD_SOURCE_AS_ORGANIZATION_NAME, "Example Net");
    expect_text(f, FIELD_SOURCE_GEO_CITY_NAME, "Berlin");
    enrich(f, "198.51.100.1");
    assert_false(record_has(&f->record, FIELD_SOURCE_AS_NUMBER));
}

static void schema_of_texts_alone_is_read(void **state)
{
    struct fixture *f = *state;
    int64_t number = 0;

    mmdb_init(&f->writer, 6);
    PUT_TEXTS(&f->writer, "asn", "AS64500", "as_name", "Example Ltd", "country_code", "AU",
              "country", "Australia", "continent_code", "OC", "continent", "Oceania");
    mmdb_add(&f->writer, "192.0.2.0/25");
    PUT_TEXTS(&f->writer, "country", "US", "region", "California", "region_code", "CA", "city",
              "Alameda", "lat", "37.75", "lng", "-122.25", "postal_code", "94501", "timezone",
              "America/Los_Angeles");
    mmdb_add(&f->writer, "192.0.2.128/25");
    write_database(f, f->city);
    open_set(f);
    enrich(f, "192.0.2.1");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, "AU");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_NAME, "Australia");
    expect_text(f, FIELD_SOURCE_GEO_CONTINENT_CODE, "OC");
    expect_text(f, FIELD_SOURCE_GEO_CONTINENT_NAME, "Oceania");
    assert_true(record_long(&f->record, FIELD_SOURCE_AS_NUMBER, &number));
    assert_int_equal(number, 64500);
    expect_text(f, FIELD_SOURCE_AS_ORGANIZATION_NAME, "Example Ltd");
    enrich(f, "192.0.2.200");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, "US");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_NAME, "United States");
    expect_text(f, FIELD_SOURCE_GEO_REGION_ISO_CODE, "US-CA");
    expect_text(f, FIELD_SOURCE_GEO_POSTAL_CODE, "94501");
    expect_location(f, 37.75, -122.25);
    assert_false(record_has(&f->record, FIELD_SOURCE_AS_NUMBER));
}

static void country_database_fills_in_what_the_city_database_does_not_know(void **state)
{
    struct fixture *f = *state;

    mmdb_init(&f->writer, 6);
    PUT_TEXTS(&f->writer, "country_code", "DE", "city", "Potsdam");
    mmdb_add(&f->writer, "192.0.2.0/24");
    PUT_TEXTS(&f->writer, "timezone", "Europe/Paris");
    mmdb_add(&f->writer, "203.0.113.0/24");
    write_database(f, f->city);
    mmdb_init(&f->writer, 6);
    PUT_TEXTS(&f->writer, "country_code", "FR", "country_name", "Frankreich");
    mmdb_add(&f->writer, "0.0.0.0/0");
    write_database(f, f->asn);
    f->config.geoip.country = f->asn;
    open_set(f);
    enrich(f, "192.0.2.1");
    expect_text(f, FIELD_SOURCE_GEO_CITY_NAME, "Potsdam");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, "DE");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_NAME, "Germany"); /* the code's, not the other's */
    enrich(f, "203.0.113.1");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, "FR");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_NAME, "Frankreich");
    expect_text(f, FIELD_SOURCE_GEO_TIMEZONE, "Europe/Paris");
}

static void files_of_one_kind_are_asked_one_after_the_other(void **state)
{
    struct fixture *f = *state;
    char both[256];

    mmdb_init(&f->writer, 4);
    put_nested(&f->writer, "DE", "Berlin");
    mmdb_add(&f->writer, "192.0.2.0/24");
    write_database(f, f->city);
    mmdb_init(&f->writer, 6);
    put_nested(&f->writer, "FR", "Lyon");
    mmdb_add(&f->writer, "2001:db8::/32");
    write_database(f, f->asn);
    snprintf(both, sizeof(both), " %s , ,%s", f->city, f->asn);
    f->config.geoip.city = both;
    open_set(f);
    expect_country(f, "192.0.2.1", "DE");
    expect_country(f, "2001:db8::1", "FR");
    assert_true(metric_value(metrics_gauge("indexer_geoip_database_loaded", "database=\"city 2\"",
                                           "")) == 1);
}

static void address_of_another_name_is_taken_when_there_is_no_other(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    record_clear(&f->record);
    record_set_text(&f->record, FIELD_SOURCE_ADDRESS, SLICE("192.0.2.1"));
    enrich_set_apply(&f->set, &f->record, 0);
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, "DE");
    record_clear(&f->record);
    record_set_text(&f->record, FIELD_SOURCE_ADDRESS, SLICE("client.example"));
    enrich_set_apply(&f->set, &f->record, 0);
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, NULL);
}

static void without_a_cache_all_is_looked_up(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    f->config.geoip.cache_entries = 0;
    open_set(f);
    for (int i = 0; i < 3; i++)
        expect_country(f, "192.0.2.1", "DE");
}

static void switched_off_there_is_no_enricher(void **state)
{
    struct fixture *f = *state;

    f->config.geoip.enabled = false;
    open_set(f);
    assert_int_equal(f->set.count, 0);
}

static void networks_of_both_families_are_told_apart(void **state)
{
    struct fixture *f = *state;

    mmdb_init(&f->writer, 6);
    put_nested(&f->writer, "DE", "Berlin");
    mmdb_add(&f->writer, "192.0.2.0/24");
    put_nested(&f->writer, "FR", "Lyon");
    mmdb_add(&f->writer, "2001:db8::/32");
    write_database(f, f->city);
    open_set(f);
    expect_country(f, "192.0.2.255", "DE");
    expect_country(f, "::ffff:192.0.2.255", "DE");
    expect_country(f, "2001:db8:1::1", "FR");
    expect_country(f, "2001:db9::1", NULL);
    expect_country(f, "192.0.3.0", NULL);
}

static void database_of_ipv4_only_knows_no_ipv6(void **state)
{
    struct fixture *f = *state;

    mmdb_init(&f->writer, 4);
    put_nested(&f->writer, "DE", "Berlin");
    mmdb_add(&f->writer, "192.0.2.0/24");
    write_database(f, f->city);
    open_set(f);
    expect_country(f, "192.0.2.1", "DE");
    expect_country(f, "::ffff:192.0.2.1", "DE");
    expect_nothing(f, "2001:db8::1");
}

static void addresses_of_no_place_are_not_looked_up(void **state)
{
    static const char *const nowhere[] = {"10.1.2.3",
                                          "192.168.0.1",
                                          "172.16.0.1",
                                          "172.31.255.255",
                                          "127.0.0.1",
                                          "169.254.9.9",
                                          "100.64.0.1",
                                          "100.127.0.1",
                                          "0.0.0.0",
                                          "224.0.0.1",
                                          "239.1.1.1",
                                          "255.255.255.255",
                                          "::",
                                          "::1",
                                          "fe80::1",
                                          "febf::1",
                                          "fc00::1",
                                          "fd12:3456::1",
                                          "ff02::1",
                                          "fec0::1",
                                          "::ffff:10.0.0.1",
                                          "64:ff9b::10.0.0.1",
                                          "192.0.0.9",
                                          "198.18.0.1",
                                          "198.19.255.255",
                                          "100::1"};
    static const char *const somewhere[] = {
        "9.255.255.255", "11.0.0.0",  "172.15.0.1",  "172.32.0.1",  "100.63.0.1",
        "100.128.0.1",   "192.0.1.1", "198.17.0.1",  "198.20.0.1",  "64:ff9b::9.9.9.9",
        "100:0:0:1::1",  "192.0.2.1", "203.0.113.1", "2001:db8::1", "::2",
        "223.0.0.1",     "fbff::1"};
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    for (size_t i = 0; i < ARRAY_LEN(nowhere); i++)
        expect_nothing(f, nowhere[i]);
    for (size_t i = 0; i < ARRAY_LEN(somewhere); i++)
        expect_country(f, somewhere[i], "DE");
}

static void text_that_is_no_address_is_left_alone(void **state)
{
    static const char *const texts[] = {"",
                                        "localhost",
                                        "1.2.3",
                                        "192.0.2.1 ",
                                        "192.0.2.001",
                                        "1.2.3.4.5",
                                        "2001:db8::1%eth0",
                                        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_nothing(f, texts[i]);
    record_clear(&f->record);
    record_set_text(&f->record, FIELD_SOURCE_IP, (struct slice){"192.0.2.1\0x", 11});
    enrich_set_apply(&f->set, &f->record, 0);
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, NULL);
    record_clear(&f->record);
    enrich_set_apply(&f->set, &f->record, 0);
    record_set_long(&f->record, FIELD_SOURCE_IP, 5);
    enrich_set_apply(&f->set, &f->record, 0);
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_ISO_CODE, NULL);
}

static void second_pass_replaces_all_of_the_first(void **state)
{
    struct fixture *f = *state;

    mmdb_init(&f->writer, 6);
    put_flat(&f->writer);
    mmdb_add(&f->writer, "203.0.113.0/24");
    write_database(f, f->city);
    open_set(f);
    record_set_text(&f->record, FIELD_SOURCE_IP, SLICE("203.0.113.9"));
    record_set_text(&f->record, FIELD_SOURCE_GEO_CITY_NAME, SLICE("Old Town"));
    record_set_text(&f->record, FIELD_SOURCE_GEO_COUNTRY_NAME, SLICE("Old Country"));
    record_set_text(&f->record, FIELD_SOURCE_GEO_POSTAL_CODE, SLICE("old"));
    enrich_set_apply(&f->set, &f->record, 0);
    expect_text(f, FIELD_SOURCE_GEO_CITY_NAME, "Osaka");
    expect_text(f, FIELD_SOURCE_GEO_COUNTRY_NAME, "Japan");
    expect_text(f, FIELD_SOURCE_GEO_POSTAL_CODE, NULL);
}

static void without_settings_there_is_no_enricher(void **state)
{
    struct fixture *f = *state;

    f->config.geoip =
        (struct geoip_config){.enabled = true, .city = f->none, .country = f->none, .asn = f->none};
    open_set(f);
    assert_int_equal(f->set.count, 0);
    enrich_geoip.close(NULL);
}

/* ---- cache and counters ---- */

static double lookups(const char *labels)
{
    return metric_value(metrics_counter("indexer_enrich_lookups_total", labels, ""));
}

static void look_ups_are_counted_by_result(void **state)
{
    static const char *const labels[] = {
        "enricher=\"geoip\",result=\"hit\"", "enricher=\"geoip\",result=\"miss\"",
        "enricher=\"geoip\",result=\"skipped\"", "enricher=\"geoip\",result=\"cached\""};
    struct fixture *f = *state;
    double before[4];

    mmdb_init(&f->writer, 6);
    put_nested(&f->writer, "DE", "Berlin");
    mmdb_add(&f->writer, "192.0.2.0/24");
    write_database(f, f->city);
    open_set(f);
    for (int i = 0; i < 4; i++)
        before[i] = lookups(labels[i]);
    for (int i = 0; i < 3; i++) {
        expect_country(f, "192.0.2.1", "DE");
        expect_country(f, "198.51.100.1", NULL);
        expect_country(f, "10.0.0.1", NULL);
    }
    refresh(f);
    for (int i = 0; i < 4; i++)
        assert_true(lookups(labels[i]) - before[i] == (i == 3 ? 6 : 1));
}

static void busy_addresses_stay_in_the_cache(void **state)
{
    struct fixture *f = *state;
    double before;
    char ip[32];

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    before = lookups("enricher=\"geoip\",result=\"cached\"");
    for (int i = 0; i < 1000; i++) {
        snprintf(ip, sizeof(ip), "192.0.2.%d", i % 200);
        expect_country(f, ip, "DE");
    }
    refresh(f);
    /* Five that share a group of four would miss each other. */
    assert_true(lookups("enricher=\"geoip\",result=\"cached\"") - before >= 780);
}

static void more_addresses_than_the_cache_holds_are_right(void **state)
{
    struct fixture *f = *state;
    char ip[48], network[32], iso[16];

    mmdb_init(&f->writer, 6);
    for (int i = 0; i < 100; i++) {
        snprintf(network, sizeof(network), "20.%d.0.0/16", i);
        snprintf(iso, sizeof(iso), "%c%c", 'q', 'A' + i % 26);
        put_nested(&f->writer, iso, "x");
        mmdb_add(&f->writer, network);
    }
    write_database(f, f->city);
    open_set(f);
    for (int i = 0; i < 20000; i++) {
        snprintf(ip, sizeof(ip), "20.%d.%d.1", i % 100, i / 100);
        snprintf(iso, sizeof(iso), "%c%c", 'q', 'A' + i % 100 % 26);
        expect_country(f, ip, iso);
    }
}

/* ---- files that come, change and break ---- */

static double loaded(void)
{
    return metric_value(metrics_gauge("indexer_geoip_database_loaded", "database=\"city\"", ""));
}

static void absent_file_is_reported_once_and_loaded_when_it_appears(void **state)
{
    struct fixture *f = *state;

    capture_start(&f->capture);
    open_set(f);
    for (int i = 0; i < 5; i++)
        refresh(f);
    assert_int_equal(capture_count(&f->capture, "cannot load GeoIP database"), 1);
    expect_nothing(f, "192.0.2.1");
    assert_true(loaded() == 0);
    write_world(f, f->city, "DE", "Berlin");
    refresh_until_loaded(f);
    expect_country(f, "192.0.2.1", "DE");
    assert_true(loaded() == 1);
}

static void replaced_file_is_taken_and_the_cache_forgotten(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    expect_country(f, "192.0.2.1", "DE");
    replace_world(f, "FR", "Lyon");
    expect_country(f, "192.0.2.1", "DE");
    refresh_until_loaded(f);
    expect_country(f, "192.0.2.1", "FR");
}

static void files_are_looked_at_once_a_second(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    refresh_until_loaded(f);
    replace_world(f, "FR", "Lyon");
    for (int i = 1; i < 100; i++)
        enrich_set_refresh(&f->set, f->now_ms + i * 9);
    expect_country(f, "192.0.2.1", "DE");
}

static void file_truncated_and_rewritten_in_place_does_no_harm(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    assert_int_equal(truncate(f->city, 0), 0);
    expect_country(f, "192.0.2.1", "DE");
    refresh_until_loaded(f);
    expect_country(f, "192.0.2.2", "DE");
    expect_text(f, FIELD_SOURCE_GEO_CITY_NAME, "Berlin");
    write_world(f, f->city, "FR", "Lyon");
    refresh_until_loaded(f);
    expect_country(f, "192.0.2.1", "FR");
}

static void file_that_is_still_being_written_is_left_alone(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    capture_start(&f->capture);
    write_bytes(f->city, "w", SLICE("half"));
    for (int i = 0; i < 5; i++) {
        refresh(f);
        write_bytes(f->city, "a", SLICE("more"));
    }
    assert_int_equal(capture_count(&f->capture, "cannot load"), 0);
    expect_country(f, "192.0.2.1", "DE");
}

static void damaged_file_keeps_the_old_one_and_is_reported_once(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    write_bytes(f->city, "w", SLICE("<html>404 Not Found</html>"));
    capture_start(&f->capture);
    for (int i = 0; i < 5; i++)
        refresh(f);
    assert_int_equal(capture_count(&f->capture, "the one loaded before stays in use"), 1);
    expect_country(f, "192.0.2.1", "DE");
    assert_true(loaded() == 1);
}

static void removed_file_stays_in_use(void **state)
{
    struct fixture *f = *state;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    assert_int_equal(unlink(f->city), 0);
    refresh_until_loaded(f);
    expect_country(f, "192.0.2.1", "DE");
}

static void folder_and_empty_file_are_no_databases(void **state)
{
    struct fixture *f = *state;

    f->config.geoip.asn = f->folder;
    write_bytes(f->city, "w", SLICE(""));
    open_set(f);
    refresh_until_loaded(f);
    expect_nothing(f, "192.0.2.1");
}

static void users_share_one_copy(void **state)
{
    struct fixture *f = *state;
    struct enrich_set other;
    struct error err;

    write_world(f, f->city, "DE", "Berlin");
    open_set(f);
    assert_int_equal(enrich_set_open(&other, &f->config, &err), OK);
    replace_world(f, "FR", "Lyon");
    refresh_until_loaded(f); /* loads for both */
    expect_country(f, "192.0.2.1", "FR");
    enrich_set_release(&f->set);
    f->set = other;
    expect_country(f, "192.0.2.1", "DE"); /* what it holds lives on */
    enrich_set_refresh(&f->set, f->now_ms);
    expect_country(f, "192.0.2.1", "FR");
}

struct worker {
    pthread_t thread;
    struct fixture *f;
    bool fine;
};

static void *run_worker(void *arg)
{
    struct worker *worker = arg;
    struct enrich_set set;
    struct arena arena;
    struct record record;
    struct slice city;

    arena_init(&arena, 65536, 1u << 20);
    record_init(&record, &arena);
    worker->fine = enrich_set_open(&set, &worker->f->config, NULL) == OK;
    for (int64_t now_ms = 0; now_ms < 100 * STEP_MS && worker->fine; now_ms += STEP_MS) {
        enrich_set_refresh(&set, now_ms);
        record_clear(&record);
        record_set_text(&record, FIELD_SOURCE_IP, SLICE("192.0.2.1"));
        enrich_set_apply(&set, &record, 0);
        worker->fine = record_text(&record, FIELD_SOURCE_GEO_CITY_NAME, &city) &&
                       (slice_is(city, "Berlin") || slice_is(city, "Lyon"));
    }
    enrich_set_release(&set);
    arena_release(&arena);
    return NULL;
}

static void workers_and_updates_do_not_disturb_each_other(void **state)
{
    struct fixture *f = *state;
    struct worker workers[4];

    write_world(f, f->city, "DE", "Berlin");
    open_set(f); /* so that the file is there and loaded for all */
    for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
        workers[i] = (struct worker){.f = f};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]), 0);
    }
    for (int i = 0; i < 20; i++)
        replace_world(f, i % 2 ? "DE" : "FR", i % 2 ? "Berlin" : "Lyon");
    for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
        pthread_join(workers[i].thread, NULL);
        assert_true(workers[i].fine);
    }
}

/* ---- hostile databases ---- */

/* The record that was begun answers for the world; nothing comes of it. */
static void expect_harmless(struct fixture *f)
{
    mmdb_add(&f->writer, "::/0");
    write_database(f, f->city);
    open_set(f);
    expect_nothing(f, "192.0.2.1");
    enrich_set_release(&f->set);
}

static void wrong_type(struct fixture *f, void (*put)(struct mmdb_writer *w))
{
    static const char *const keys[] = {"city",
                                       "continent",
                                       "country",
                                       "location",
                                       "latitude",
                                       "longitude",
                                       "country_code",
                                       "state1",
                                       "timezone",
                                       "subdivisions",
                                       "autonomous_system_number",
                                       "autonomous_system_organization"};

    mmdb_init(&f->writer, 6);
    mmdb_begin(&f->writer);
    put_map(&f->writer, ARRAY_LEN(keys));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        put_text(&f->writer, keys[i]);
        put(&f->writer);
    }
    expect_harmless(f);
}

static void put_true(struct mmdb_writer *w)
{
    mmdb_control(&w->data, MMDB_BOOL, 1);
}

static void put_bytes(struct mmdb_writer *w)
{
    mmdb_control(&w->data, MMDB_BYTES, 3);
    buf_add(&w->data, "abc", 3);
}

static void put_uint64(struct mmdb_writer *w)
{
    mmdb_number(&w->data, MMDB_UINT64, 8, 7);
}

static void put_int32(struct mmdb_writer *w)
{
    mmdb_number(&w->data, MMDB_INT32, 4, UINT32_MAX);
}

static void put_list_of_lists(struct mmdb_writer *w)
{
    put_array(w, 2);
    put_array(w, 0);
    put_map(w, 0);
}

static void put_map_of_maps(struct mmdb_writer *w)
{
    put_map(w, 2);
    put_text(w, "names");
    put_true(w);
    put_text(w, "iso_code");
    put_map(w, 0);
}

static void values_of_the_wrong_type_are_ignored(void **state)
{
    struct fixture *f = *state;

    f->config.geoip.asn = f->city;
    wrong_type(f, put_true);
    wrong_type(f, put_bytes);
    wrong_type(f, put_uint64);
    wrong_type(f, put_int32);
    wrong_type(f, put_list_of_lists);
    wrong_type(f, put_map_of_maps);
}

static void record_that_is_no_map_is_ignored(void **state)
{
    struct fixture *f = *state;

    mmdb_init(&f->writer, 6);
    mmdb_begin(&f->writer);
    put_text(&f->writer, "DE");
    expect_harmless(f);
}

static void impossible_coordinates_are_ignored(void **state)
{
    static const double pairs[][2] = {{90.1, 0}, {-90.1, 0},       {0, 180.1},
                                      {0, -181}, {(double)NAN, 0}, {0, (double)INFINITY}};
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        mmdb_init(&f->writer, 6);
        put_location(&f->writer, pairs[i][0], pairs[i][1]);
        expect_harmless(f);
    }
}

static void values_nested_without_end_are_ignored(void **state)
{
    struct fixture *f = *state;

    mmdb_init(&f->writer, 6);
    mmdb_begin(&f->writer);
    put_map(&f->writer, 1);
    put_text(&f->writer, "a");
    for (int i = 0; i < 1000000; i++)
        put_array(&f->writer, 1);
    put_true(&f->writer);
    expect_harmless(f);
}

static void metadata_nested_without_end_are_refused(void **state)
{
    struct fixture *f = *state;
    struct mmdb_writer *w = &f->writer;

    write_world(f, f->city, "DE", "Berlin");
    mmdb_init(w, 6);
    buf_add_text(&w->data, "\xab\xcd\xefMaxMind.com");
    put_map(w, 1);
    put_text(w, "a");
    for (int i = 0; i < 60000; i++)
        put_array(w, 1);
    write_bytes(f->city, "a", buf_slice(&w->data));
    buf_release(&w->data);
    open_set(f);
    expect_nothing(f, "192.0.2.1");
}

static void pointers_in_a_circle_are_ignored(void **state)
{
    struct fixture *f = *state;

    mmdb_init(&f->writer, 6);
    mmdb_begin(&f->writer);
    put_map(&f->writer, 2);
    put_text(&f->writer, "country");
    buf_add(&f->writer.data, "\x20\x00", 2); /* back to the record's beginning */
    put_text(&f->writer, "city");
    buf_add(&f->writer.data, "\x3f\xff\xff\xff\xff", 5); /* far beyond the end */
    expect_harmless(f);
}

static void endless_names_are_ignored(void **state)
{
    struct fixture *f = *state;
    char name[1000];

    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    mmdb_init(&f->writer, 6);
    mmdb_begin(&f->writer);
    put_map(&f->writer, 2);
    put_text(&f->writer, "city");
    put_text(&f->writer, name);
    put_text(&f->writer, "timezone");
    put_text(&f->writer, "");
    expect_harmless(f);
}

/* Loads the damaged file and looks a few addresses up; any answer will do. */
static void survive(struct fixture *f, struct slice bytes)
{
    static const char *const ips[] = {"192.0.2.1", "198.51.100.7", "2001:db8::1", "8.8.8.8"};
    char out[65536];
    uint64_t invalid = 0;

    write_bytes(f->city, "w", bytes);
    open_set(f);
    for (size_t i = 0; i < ARRAY_LEN(ips); i++) {
        enrich(f, ips[i]);
        assert_true(record_encode_bound(&f->record) <= sizeof(out));
        record_encode(&f->record, out, &invalid);
    }
    enrich_set_release(&f->set);
}

static void damage_anywhere_does_not_crash(void **state)
{
    struct fixture *f = *state;
    uint32_t random = 1;
    size_t at;
    char was;

    mmdb_init(&f->writer, 6);
    put_nested(&f->writer, "DE", "Berlin");
    mmdb_add(&f->writer, "192.0.2.0/24");
    put_flat(&f->writer);
    mmdb_add(&f->writer, "2001:db8::/32");
    put_owner(&f->writer, 64496, "Example Net");
    mmdb_add(&f->writer, "198.51.100.0/24");
    write_database(f, f->city);
    f->config.geoip.asn = f->city;
    log_set_level(LEVEL_ERROR);
    for (at = 0; at < f->file.len; at += 97)
        survive(f, (struct slice){f->file.data, at});
    for (int i = 0; i < 1500; i++) {
        random = random * 1664525 + 1013904223;
        /* Mostly behind the tree, which is the larger part. */
        at = f->file.len - 1 - (random >> 8) % (i % 4 ? 900 : f->file.len);
        was = f->file.data[at];
        f->file.data[at] = (char)(random >> 24);
        survive(f, buf_slice(&f->file));
        f->file.data[at] = was;
    }
    log_set_level(LEVEL_INFO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nested_schema_gives_all_fields),
        TEST(flat_schema_gives_what_it_has),
        TEST(owner_comes_from_a_second_database),
        TEST(schema_of_texts_alone_is_read),
        TEST(country_database_fills_in_what_the_city_database_does_not_know),
        TEST(files_of_one_kind_are_asked_one_after_the_other),
        TEST(address_of_another_name_is_taken_when_there_is_no_other),
        TEST(without_a_cache_all_is_looked_up),
        TEST(switched_off_there_is_no_enricher),
        TEST(networks_of_both_families_are_told_apart),
        TEST(database_of_ipv4_only_knows_no_ipv6),
        TEST(addresses_of_no_place_are_not_looked_up),
        TEST(text_that_is_no_address_is_left_alone),
        TEST(second_pass_replaces_all_of_the_first),
        TEST(without_settings_there_is_no_enricher),
        TEST(look_ups_are_counted_by_result),
        TEST(busy_addresses_stay_in_the_cache),
        TEST(more_addresses_than_the_cache_holds_are_right),
        TEST(absent_file_is_reported_once_and_loaded_when_it_appears),
        TEST(replaced_file_is_taken_and_the_cache_forgotten),
        TEST(files_are_looked_at_once_a_second),
        TEST(file_truncated_and_rewritten_in_place_does_no_harm),
        TEST(file_that_is_still_being_written_is_left_alone),
        TEST(damaged_file_keeps_the_old_one_and_is_reported_once),
        TEST(removed_file_stays_in_use),
        TEST(folder_and_empty_file_are_no_databases),
        TEST(users_share_one_copy),
        TEST(workers_and_updates_do_not_disturb_each_other),
        TEST(values_of_the_wrong_type_are_ignored),
        TEST(record_that_is_no_map_is_ignored),
        TEST(impossible_coordinates_are_ignored),
        TEST(values_nested_without_end_are_ignored),
        TEST(metadata_nested_without_end_are_refused),
        TEST(pointers_in_a_circle_are_ignored),
        TEST(endless_names_are_ignored),
        TEST(damage_anywhere_does_not_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
