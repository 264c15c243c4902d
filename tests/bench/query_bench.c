/*
 * query_bench.c - what conditions and rules cost on a record.
 *
 * One condition of each kind, and 500 rules that share conditions, in
 * nanoseconds of processor time a record. Each run goes over the same records in turn, so that
 * a condition's field is read from the record each time, as it is in the indexer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/json_text.h"
#include "common/options.h"
#include "common/query.h"
#include "common/query/program.h"
#include "common/scope.h"

#define RULES    500
#define RECORDS  4
#define RUNS_MAX 1000

#define PASSES_CONDITION 200000 /* records of one run: some 10 ms */
#define PASSES_RULES     2000

static const char *const lines[RECORDS] = {
    "{\"@timestamp\":\"2026-11-21T11:55:00.123Z\",\"message\":\"GET /api/v1/orders?id=7 "
    "HTTP/1.1\",\"event\":{\"dataset\":"
    "\"apache.access\",\"duration\":2300000000},\"source\":{\"address\":\"203.0.113.9\",\"ip\":"
    "\"203.0.113.9\",\"geo\":{"
    "\"country_iso_code\":\"DE\"}},\"user\":{\"name\":\"alice\"},\"http\":{\"request\":{\"method\":"
    "\"GET\",\"referrer\":"
    "\"https://www.example.com/"
    "start\"},\"response\":{\"status_code\":503,\"body\":{\"bytes\":1200}}},\"url\":{\"original\":"
    "\"/api/v1/orders?id=7\",\"path\":\"/api/v1/"
    "orders\",\"query\":\"id=7\"},\"user_agent\":{\"original\":\"Mozilla/5.0 (X11; "
    "Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 "
    "Safari/537.36\",\"is_bot\":false},\"log\":{"
    "\"level\":\"error\"},\"host\":{\"name\":\"www.example.com\"},\"tags\":[\"prod\",\"eu\"]}",
    "{\"@timestamp\":\"2026-11-21T11:56:00Z\",\"message\":\"POST /wp-login.php "
    "HTTP/1.1\",\"event\":{\"dataset\":\"apache."
    "access\"},\"source\":{\"address\":\"10.1.2.3\",\"ip\":\"10.1.2.3\"},\"http\":{\"request\":{"
    "\"method\":\"POST\"},\"response\":{"
    "\"status_code\":401,\"body\":{\"bytes\":512}}},\"url\":{\"original\":\"/"
    "wp-login.php\",\"path\":\"/wp-login.php\"},\"user_"
    "agent\":{\"original\":\"python-requests/"
    "2.32\",\"is_bot\":true},\"log\":{\"level\":\"warn\"},\"host\":{\"name\":\"blog.example."
    "com\"}}",
    "{\"@timestamp\":\"2026-11-21T11:57:00Z\",\"message\":\"upstream timed out: Connection reset "
    "by peer while reading "
    "response header from upstream, client: 203.0.113.9, server: "
    "www\",\"event\":{\"dataset\":\"nginx.error\"},\"log\":{\"level\":"
    "\"error\"},\"process\":{\"pid\":4711},\"host\":{\"name\":\"www.example.com\"},\"labels\":{"
    "\"team\":\"web\"}}",
    "{\"@timestamp\":\"2026-11-21T11:58:00Z\",\"message\":\"GET /img/logo.png "
    "HTTP/2.0\",\"source\":{\"address\":\"2001:db8::17\","
    "\"ip\":\"2001:db8::17\"},\"http\":{\"request\":{\"method\":\"GET\"},\"response\":{\"status_"
    "code\":200,\"body\":{\"bytes\":15360}}},"
    "\"url\":{\"original\":\"/img/logo.png\",\"path\":\"/img/"
    "logo.png\"},\"user_agent\":{\"original\":\"Googlebot/2.1\",\"is_bot\":"
    "true},\"host\":{\"name\":\"www.example.com\"}}",
};

static const char *const kinds[] = {
    "*", /* what every record costs, whatever is asked */
    "status:5xx",
    "status:(401,403,404)",
    "bytes > 10KB",
    "bot:true",
    "ip:10.0.0.0/8",
    "@timestamp >= 2026-11-21",
    "method:get",
    "method=GET",
    "path:/api/*",
    "path:*/orders",
    "ua:*chrome*",
    "tags:eu",
    "labels.team:web",
    "timeout",
    "\"connection reset\"",
    "conn*",
    "*nect*",
    "timeout or refused or abort or denied", /* of words, the first makes them, for all */
    "threat:*",
};

static struct arena arena;
static struct record records[RECORDS];

static const struct query *parse(const char *text)
{
    const struct query_context context = {.rule = true};
    struct query_errors errors;
    struct query *query;

    if (query_parse(&arena, arena_copy(&arena, slice_of(text)), &context, &query, &errors)) {
        fprintf(stderr, "%s: %s\n", text, errors.list[0].message);
        exit(1);
    }
    return query;
}

/* Processor time: other programs do not count. */
static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct result {
    double min, median, max; /* ns a record */
    size_t tests;            /* distinct conditions */
    uint64_t hits;           /* of one pass over the records: what is measured is what was meant */
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static uint64_t run_passes(struct query_program *program, size_t count, int passes)
{
    uint64_t hits[(RULES + 63) / 64], found = 0;

    for (int i = 0; i < passes; i++) {
        query_program_run(program, &records[i % RECORDS], hits);
        for (size_t word = 0; word < (count + 63) / 64; word++)
            found += (uint64_t)__builtin_popcountll(hits[word]);
    }
    return found;
}

static struct result measure(const struct query *const *queries, size_t count, int64_t runs)
{
    int passes = count == 1 ? PASSES_CONDITION : PASSES_RULES;
    struct query_program *program;
    struct result result;
    double times[RUNS_MAX], start;

    if (query_program_open(queries, count, &program, NULL))
        exit(1);
    result.tests = query_program_tests(program);
    result.hits = run_passes(program, count, RECORDS);
    run_passes(program, count, passes / 4); /* warm */
    for (int64_t run = 0; run < runs; run++) {
        start = now_ns();
        run_passes(program, count, passes);
        times[run] = (now_ns() - start) / passes;
    }
    query_program_close(program);
    qsort(times, (size_t)runs, sizeof(*times), compare);
    result.min = times[0];
    result.median = (times[(runs - 1) / 2] + times[runs / 2]) / 2;
    result.max = times[runs - 1];
    return result;
}

/* As people write them: a few conditions that many rules share, and one of each rule's own. */
static const struct query *make_rule(unsigned i)
{
    static const char *const shared[] = {
        "status:5xx",    "status:4xx",   "level:(error or critical)",
        "not bot:true",  "host:www.*",   "module:apache.*",
        "ip:10.0.0.0/8", "duration > 1s"};
    char text[256];

    switch (i % 8) {
    case 0:
        snprintf(text, sizeof(text), "%s and path:/api/v%u/*", shared[i / 8 % 8], i);
        break;
    case 1:
        snprintf(text, sizeof(text), "%s %s ip:203.0.%u.0/24", shared[i / 8 % 8], shared[i % 5],
                 i % 256);
        break;
    case 2:
        snprintf(text, sizeof(text), "ua:*scanner%u* or path:*/shell%u.php", i, i);
        break;
    case 3:
        snprintf(text, sizeof(text), "%s \"failure code %u\"", shared[i / 8 % 8], i);
        break;
    case 4:
        snprintf(text, sizeof(text), "word%u or \"connection reset\" %s", i, shared[i / 8 % 8]);
        break;
    case 5:
        snprintf(text, sizeof(text), "status:%u..%u bytes > %uKB", 200 + i % 300, 250 + i % 300, i);
        break;
    case 6:
        snprintf(text, sizeof(text), "user:user%u or labels.team:team%u", i, i % 20);
        break;
    default:
        snprintf(text, sizeof(text), "(%s or %s) and not path:(/health* or /ready%u)",
                 shared[i % 8], shared[i / 8 % 8], i);
    }
    return parse(text);
}

static void print_result(const char *name, const struct result *result, bool json, bool first)
{
    scoped_buf struct buf text = BUF_INIT(1u << 16);
    char *room = buf_reserve(&text, JSON_STRING_MAX(strlen(name)) + 1);
    uint64_t invalid = 0;

    if (!json) {
        printf("%-28s %9.1f %9.1f %9.1f %6zu %6" PRIu64 "\n", name, result->min, result->median,
               result->max, result->tests, result->hits);
        return;
    }
    *json_write_string(room, slice_of(name), &invalid) = '\0';
    printf("%s\n  {\"name\":%s,\"min_ns\":%.1f,\"median_ns\":%.1f,\"max_ns\":%.1f,"
           "\"conditions\":%zu,\"hits\":%" PRIu64 "}",
           first ? "" : ",", room, result->min, result->median, result->max, result->tests,
           result->hits);
}

static void print_head(int64_t runs, bool json)
{
    if (json)
        printf("{\"unit\":\"ns of processor time a record\",\"runs\":%" PRId64 ",\"results\":[",
               runs);
    else
        printf("%-28s %9s %9s %9s %6s %6s   ns a record, %" PRId64 " runs\n", "", "min", "median",
               "max", "tests", "hits", runs);
}

/* Each query by itself. */
static void run_queries(const char *const *queries, size_t count, int64_t runs, bool json)
{
    for (size_t i = 0; i < count; i++) {
        const struct query *query = parse(queries[i]);
        struct result result = measure(&query, 1, runs);

        print_result(queries[i], &result, json, i == 0);
        fflush(stdout);
    }
}

static void run_rules(int64_t runs, bool json)
{
    const struct query *rules[RULES];
    struct result result;

    for (unsigned i = 0; i < RULES; i++)
        rules[i] = make_rule(i);
    result = measure(rules, RULES, runs);
    print_result("500 rules", &result, json, false);
}

int main(int argc, char **argv)
{
    int64_t runs = 9;
    bool json = false;
    const struct option_row rows[] = {
        {"runs", 'n', "N", OPTION_NUMBER, &runs, "how often each is measured (9)"},
        {"json", 0, NULL, OPTION_FLAG, &json, "print JSON instead of a table"},
        {0}};
    struct error err;
    size_t given = 0;
    char **rest;

    if (options_parse(rows, argc, argv, &rest, &err) || runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: query_bench [--runs 1..%d] [--json] [QUERY...]\n", RUNS_MAX);
        return EXIT_USAGE;
    }
    arena_init(&arena, 1 << 20, 256u << 20);
    for (int i = 0; i < RECORDS; i++) {
        record_init(&records[i], &arena);
        if (record_decode(&records[i], slice_of(lines[i]), NULL))
            return EXIT_FAILED;
    }
    while (rest[given])
        given++;
    print_head(runs, json);
    run_queries(given ? (const char *const *)rest : kinds, given ? given : ARRAY_LEN(kinds), runs,
                json);
    if (!given)
        run_rules(runs, json);
    printf(json ? "\n]}\n" : "");
    arena_release(&arena);
    return EXIT_DONE;
}
