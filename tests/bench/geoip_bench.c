/*
 * geoip_bench.c - what GeoIP costs a record, with and without its cache.
 *
 *   geoip_bench [CITY.mmdb [ASN.mmdb]]
 *
 * Random IPv4 addresses; without files in a small database that is made here,
 * whose records are like GeoLite2's, names in eight languages. Processor time
 * of the thread, least and median of several runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "common/record.h"
#include "indexer/config.h"
#include "indexer/enrich/enrich.h"
#include "tests/unit/indexer/enrich/mmdb_writer.h"
#include "tests/unit/support/rng.h"

#define RECORDS   200000
#define RUNS      9
#define ADDRESSES 2000 /* that come again and again */

static void put_names(struct mmdb_writer *w, const char *name)
{
    static const char *const languages[] = {"de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"};

    put_text(w, "names");
    put_map(w, 8);
    for (size_t i = 0; i < 8; i++) {
        put_text(w, languages[i]);
        put_text(w, name);
    }
}

static void put_id(struct mmdb_writer *w)
{
    put_text(w, "geoname_id");
    put_uint32(w, 2921044);
}

static void put_country(struct mmdb_writer *w, const char *key)
{
    put_text(w, key);
    put_map(w, 3);
    put_id(w);
    put_text(w, "iso_code");
    put_text(w, "DE");
    put_names(w, "Germany");
}

static void put_city(struct mmdb_writer *w)
{
    mmdb_begin(w);
    put_map(w, 7);
    put_text(w, "city");
    put_map(w, 2);
    put_id(w);
    put_names(w, "Potsdam");
    put_text(w, "continent");
    put_map(w, 3);
    put_text(w, "code");
    put_text(w, "EU");
    put_id(w);
    put_names(w, "Europe");
    put_country(w, "country");
    put_text(w, "location");
    put_map(w, 4);
    put_text(w, "accuracy_radius");
    mmdb_number(&w->data, MMDB_UINT16, 2, 20);
    put_text(w, "latitude");
    put_double(w, 52.4);
    put_text(w, "longitude");
    put_double(w, 13.06);
    put_text(w, "time_zone");
    put_text(w, "Europe/Berlin");
    put_text(w, "postal");
    put_map(w, 1);
    put_text(w, "code");
    put_text(w, "14467");
    put_country(w, "registered_country");
    put_text(w, "subdivisions");
    put_array(w, 1);
    put_map(w, 3);
    put_id(w);
    put_text(w, "iso_code");
    put_text(w, "BB");
    put_names(w, "Brandenburg");
}

static void write_own(const char *path)
{
    static struct mmdb_writer writer;
    struct buf file = BUF_INIT(64u << 20);
    FILE *out = fopen(path, "w");
    char network[32];

    mmdb_init(&writer, 6);
    put_city(&writer);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(network, sizeof(network), "%u.0.0.0/8", i + 11);
        if (i + 11 != 127 && i + 11 < 224)
            mmdb_add(&writer, network);
    }
    mmdb_finish(&writer, "Bench-City", &file);
    if (!out || fwrite(file.data, 1, file.len, out) != file.len || fclose(out))
        exit(1);
    buf_release(&file);
}

static double processor_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* ns a record over `addresses` texts in turn. */
static double run(struct enrich_set *set, struct record *record, char (*texts)[16], unsigned count)
{
    double start = processor_ns();

    for (unsigned i = 0; i < RECORDS; i++) {
        record_clear(record);
        record_set_text(record, FIELD_SOURCE_IP, slice_of(texts[i % count]));
        if (set)
            enrich_set_apply(set, record, 0);
    }
    return (processor_ns() - start) / RECORDS;
}

static void measure(const char *what, struct indexer_config *config, unsigned count, bool enriched)
{
    static char texts[RECORDS][16];
    struct enrich_set set = {.until_sample = 61};
    struct arena arena;
    struct record record;
    double runs[RUNS];
    struct rng rng = {1};

    for (unsigned i = 0; i < count; i++)
        snprintf(texts[i], sizeof(texts[i]), "%u.%u.%u.%u", 11 + rng_below(&rng, 100),
                 rng_below(&rng, 256), rng_below(&rng, 256), rng_below(&rng, 256));
    arena_init(&arena, 65536, 1u << 20);
    record_init(&record, &arena);
    if (enrich_set_add(&set, &enrich_geoip, config, NULL))
        exit(1);
    for (int i = 0; i < RUNS; i++)
        runs[i] = run(enriched ? &set : NULL, &record, texts, count);
    qsort(runs, RUNS, sizeof(runs[0]), ascending);
    printf("%-34s %7.0f %7.0f ns a record\n", what, runs[0], runs[RUNS / 2]);
    enrich_set_release(&set);
    arena_release(&arena);
}

int main(int argc, char **argv)
{
    char own[] = "/tmp/alpex-geoip-bench.XXXXXX", none[1] = "";
    struct indexer_config config = {.geoip = {.enabled = true,
                                              .city = argc > 1 ? argv[1] : own,
                                              .country = none,
                                              .asn = argc > 2 ? argv[2] : none,
                                              .cache_entries = 4096}};

    if (argc < 2) {
        close(mkstemp(own));
        write_own(own);
    }
    printf("%-34s %7s %7s\n", "", "least", "median");
    measure("nothing (the loop)", &config, RECORDS, false);
    measure("addresses that come again", &config, ADDRESSES, true);
    measure("addresses that never come again", &config, RECORDS, true);
    config.geoip.cache_entries = 0;
    measure("without a cache", &config, RECORDS, true);
    if (argc < 2)
        unlink(own);
    return 0;
}
