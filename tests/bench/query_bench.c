/*
 * query_bench.c - what conditions and rules cost on a record.
 *
 * Prints nanoseconds of one condition of each kind, and microseconds a record of 500 rules that
 * share conditions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/query.h"
#include "common/query/program.h"
#include "common/scope.h"

#define RULES   500
#define RUNS    20000
#define RECORDS 4

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

/* Nanoseconds a record; reading its fields included, since each record is another one. */
static double measure(const struct query *const *queries, size_t count)
{
    struct query_program *program;
    uint64_t hits[(RULES + 63) / 64], found = 0;
    double start, best = 1e18;

    if (query_program_open(queries, count, &program, NULL))
        exit(1);
    for (int round = 0; round < 5; round++) {
        start = now_ns();
        for (int i = 0; i < RUNS; i++) {
            query_program_run(program, &records[i % RECORDS], hits);
            found += hits[0];
        }
        if (now_ns() - start < best)
            best = now_ns() - start;
    }
    if (count > 1)
        printf("%zu rules, %zu distinct conditions (%llx)\n", count, query_program_tests(program),
               (unsigned long long)found);
    query_program_close(program);
    return best / RUNS;
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

int main(void)
{
    const struct query *rules[RULES];

    arena_init(&arena, 1 << 20, 256u << 20);
    for (int i = 0; i < RECORDS; i++) {
        record_init(&records[i], &arena);
        if (record_decode(&records[i], slice_of(lines[i]), NULL))
            return 1;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        rules[0] = parse(kinds[i]);
        printf("%-28s %7.1f ns\n", kinds[i], measure(rules, 1));
    }
    for (unsigned i = 0; i < RULES; i++)
        rules[i] = make_rule(i);
    printf("%.2f us a record\n", measure(rules, RULES) / 1000);
    arena_release(&arena);
    return 0;
}
