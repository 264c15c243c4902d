/*
 * enrich_bench.c - what each enricher costs a record, in nanoseconds of processor time.
 *
 *     enrich_bench [--runs N] [--json] [--config FILE] [--set KEY=VALUE]... RECORDS.ndjson
 *
 * The stages run over batches of records in their order, each seeing what those before it added, as
 * in the indexer. The caches are warm: one pass goes before. What threats cost is also measured on
 * the records that are none, because those are the traffic.
 */
#include <inttypes.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/options.h"
#include "common/record_encoder.h"
#include "common/record_reader.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/enrich.h"
#include "tests/bench/limits/limits.h"

#define BATCH      1000
#define LINES_MAX  1000000
#define RUNS_MAX   100
#define ARENA_MAX_ (256u << 20)

enum { DECODE, ENCODE, FIRST_ENRICHER, STAGES_MAX = FIRST_ENRICHER + ENRICH_MAX };

struct lines {
    struct slice *items;
    size_t count;
};

static struct enrich_set set;
static struct record_reader reader;
static struct record_encoder encoder;
static struct arena arenas[BATCH]; /* one a record, as enrichers add to it */
static struct record records[BATCH];
static struct buf out = BUF_INIT(64u << 20);
static double times[STAGES_MAX][RUNS_MAX]; /* seconds of a run, then ns a record */

static struct lines read_lines(const char *path)
{
    struct lines lines = {.items = calloc(LINES_MAX, sizeof(*lines.items))};
    const char *p, *end, *newline;
    size_t len;

    if (!lines.items)
        DIE("out of memory");
    p = map_file(path, &len);
    for (end = p + len; p < end && lines.count < LINES_MAX; p = newline + 1) {
        newline = memchr(p, '\n', (size_t)(end - p));
        if (!newline)
            break;
        lines.items[lines.count++] = (struct slice){p, (size_t)(newline - p)};
    }
    if (lines.count == 0)
        DIE("'%s' has no lines", path);
    return lines;
}

/* The time since *last, which becomes now. */
static double lap(double *last)
{
    double now = cpu_s(), passed = now - *last;

    *last = now;
    return passed;
}

static void encode(struct record *record)
{
    uint64_t invalid = 0;
    char *room;

    buf_clear(&out);
    room = buf_reserve(&out, record_encoder_bound(&encoder, record));
    if (!room)
        DIE("out of memory");
    record_encoder_write(&encoder, record, room, &invalid);
}

/* The times are added to those of `run`. */
static void run_batch(const struct slice *items, size_t count, int64_t run)
{
    struct error err;
    double last;

    for (size_t i = 0; i < count; i++) {
        record_clear(&records[i]);
        arena_clear(&arenas[i]);
    }
    last = cpu_s();
    for (size_t i = 0; i < count; i++)
        if (record_reader_read(&reader, &records[i], items[i], &err))
            DIE("no record: %s", err.text);
    times[DECODE][run] += lap(&last);
    for (unsigned stage = 0; stage < set.count; stage++) {
        struct enrich *enrich = set.items[stage].enrich;

        for (size_t i = 0; i < count; i++) {
            enrich->entry = i;
            enrich->type->apply(enrich, &records[i]);
        }
        times[FIRST_ENRICHER + stage][run] += lap(&last);
    }
    for (size_t i = 0; i < count; i++)
        encode(&records[i]);
    times[ENCODE][run] += lap(&last);
}

static void run_lines(const struct lines *lines, int64_t run)
{
    for (int stage = 0; stage < STAGES_MAX; stage++)
        times[stage][run] = 0;
    for (size_t first = 0; first < lines->count; first += BATCH) {
        size_t left = lines->count - first;

        run_batch(lines->items + first, left < BATCH ? left : BATCH, run);
    }
    for (int stage = 0; stage < STAGES_MAX; stage++)
        times[stage][run] *= 1e9 / (double)lines->count;
}

static bool is_threat(const struct record *record)
{
    return record_has(record, FIELD_SECURITY_THREAT) &&
           record->values[FIELD_SECURITY_THREAT].kind == VALUE_BOOL &&
           record->values[FIELD_SECURITY_THREAT].number;
}

/* The lines whose records are no threats. */
static struct lines benign_of(const struct lines *lines)
{
    struct lines found = {.items = calloc(lines->count, sizeof(*found.items))};

    if (!found.items)
        DIE("out of memory");
    for (size_t i = 0; i < lines->count; i++) {
        run_batch(&lines->items[i], 1, 0);
        if (!is_threat(&records[0]))
            found.items[found.count++] = lines->items[i];
    }
    return found;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_stage(const char *name, const char *suffix, double *runs, int64_t count,
                        bool json)
{
    static bool printed;
    double median;

    qsort(runs, (size_t)count, sizeof(*runs), compare);
    median = (runs[(count - 1) / 2] + runs[count / 2]) / 2;
    if (json)
        printf("%s\n  {\"name\":\"%s%s\",\"min_ns\":%.1f,\"median_ns\":%.1f,\"max_ns\":%.1f}",
               printed ? "," : "", name, suffix, runs[0], median, runs[count - 1]);
    else
        printf("%s%-*s %9.1f %9.1f %9.1f\n", name, (int)(24 - strlen(name)), suffix, runs[0],
               median, runs[count - 1]);
    printed = true;
}

static void measure(const struct lines *lines, int64_t runs)
{
    run_lines(lines, 0); /* warm */
    for (int64_t run = 0; run < runs; run++)
        run_lines(lines, run);
}

static void report(const struct lines *lines, int64_t runs, bool json)
{
    struct lines benign;

    measure(lines, runs);
    print_stage("decode", "", times[DECODE], runs, json);
    for (unsigned i = 0; i < set.count; i++)
        print_stage(set.items[i].enrich->type->name, "", times[FIRST_ENRICHER + i], runs, json);
    print_stage("encode", "", times[ENCODE], runs, json);
    for (unsigned i = 0; i < set.count; i++) {
        if (strcmp(set.items[i].enrich->type->name, "threat") != 0)
            continue;
        benign = benign_of(lines);
        measure(&benign, runs);
        print_stage("threat", ", benign", times[FIRST_ENRICHER + i], runs, json);
        free(benign.items);
    }
}

int main(int argc, char **argv)
{
    int64_t runs = 9;
    bool json = false;
    const char *path = NULL;
    struct option_list settings = {0};
    const struct option_row rows[] = {
        {"runs", 'n', "N", OPTION_NUMBER, &runs, "how often all is measured (9)"},
        {"json", 0, NULL, OPTION_FLAG, &json, "print JSON instead of a table"},
        {"config", 'c', "FILE", OPTION_TEXT, &path, "configuration of the indexer"},
        {"set", 's', "KEY=VALUE", OPTION_LIST, &settings, "a key of it"},
        {0}};
    struct indexer_config *config;
    struct config *holder;
    struct lines lines;
    struct error err;
    char **rest;

    if (options_parse(rows, argc, argv, &rest, &err) || !rest[0] || runs < 1 || runs > RUNS_MAX)
        DIE("usage: enrich_bench [--runs 1..%d] [--json] [--config FILE] [--set KEY=VALUE] FILE",
            RUNS_MAX);
    if (indexer_config_load(path, settings.items, &holder, &config, &err))
        DIE("the configuration is wrong: indexer check-config tells more");
    if (enrich_set_open(&set, config, &err))
        DIE("%s", err.text);
    enrich_set_refresh(&set, clock_mono_ms());
    for (size_t i = 0; i < BATCH; i++) {
        arena_init(&arenas[i], 4096, ARENA_MAX_);
        record_init(&records[i], &arenas[i]);
    }
    lines = read_lines(rest[0]);
    if (json)
        printf("{\"unit\":\"ns of processor time a record\",\"runs\":%" PRId64 ",\"results\":[",
               runs);
    else
        printf("%-24s %9s %9s %9s   ns a record\n", "", "min", "median", "max");
    report(&lines, runs, json);
    printf(json ? "\n]}\n" : "");
    enrich_set_release(&set);
    record_reader_release(&reader);
    record_encoder_release(&encoder);
    for (size_t i = 0; i < BATCH; i++)
        arena_release(&arenas[i]);
    buf_release(&out);
    free(lines.items);
    return 0;
}
