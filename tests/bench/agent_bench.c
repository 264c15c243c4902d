/*
 * agent_bench.c - what a user agent costs: worked out, and found again.
 *
 * Agents of the usual kinds in turn, in nanoseconds of processor time each:
 * the two parsers alone, then the enrichers with their caches on a record.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/agent_parse.h"
#include "indexer/enrich/bot_list.h"
#include "indexer/enrich/enrich.h"

#define RUNS_MAX 1000
#define PASSES   20000 /* over the agents, each run */

static const char *const agents[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 13; SM-A536B Build/TP1A.220624.014; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/123.0.6312.118 Mobile Safari/537.36 "
    "[FB_IAB/FB4A;FBAV/461.0.0.39.84;]",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
    "+https://openai.com/gptbot)",
    "python-requests/2.32.3",
    "curl/8.5.0",
};

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct agent_parser *parser;
static struct bot_list *list;
static struct enrich_set set;
static struct arena arena;
static struct record record;

static void parse_agent(struct slice text)
{
    struct agent agent;

    agent_parse(parser, text, &agent);
}

static void find_bot(struct slice text)
{
    struct bot bot;

    bot_list_find(list, text, &bot);
}

static void enrich_record(struct slice text)
{
    record_clear(&record);
    record_set_text(&record, FIELD_USER_AGENT_ORIGINAL, text);
    enrich_set_apply(&set, &record, 0);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const char *name, void (*work)(struct slice), int64_t runs, bool json)
{
    struct slice texts[ARRAY_LEN(agents)];
    double times[RUNS_MAX], start;

    for (size_t i = 0; i < ARRAY_LEN(agents); i++)
        texts[i] = slice_of(agents[i]);
    for (int64_t run = -1; run < runs; run++) { /* the first only warms up */
        start = now_ns();
        for (int pass = 0; pass < PASSES; pass++)
            for (size_t i = 0; i < ARRAY_LEN(agents); i++)
                work(texts[i]);
        if (run >= 0)
            times[run] = (now_ns() - start) / PASSES / ARRAY_LEN(agents);
    }
    qsort(times, (size_t)runs, sizeof(*times), compare);
    printf(json ? "{\"name\":\"%s\",\"min_ns\":%.1f,\"median_ns\":%.1f,\"max_ns\":%.1f}\n"
                : "%-32s %8.1f %8.1f %8.1f\n",
           name, times[0], (times[(runs - 1) / 2] + times[runs / 2]) / 2, times[runs - 1]);
}

int main(int argc, char **argv)
{
    int64_t runs = 5;
    bool json = false;
    struct indexer_config config = {0};
    struct error err;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
            runs = strtol(argv[++i], NULL, 10);
    }
    if (runs < 1 || runs > RUNS_MAX)
        runs = 5;
    config.user_agent.enabled = config.bots.enabled = true;
    config.user_agent.cache_entries = config.bots.cache_entries = 4096;
    arena_init(&arena, 4096, 1u << 20);
    record_init(&record, &arena);
    if (agent_parser_open(&parser, &err) || bot_list_open(NULL, 0, &list, &err) ||
        enrich_set_open(&set, &config, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (!json)
        printf("%-32s %8s %8s %8s   ns an agent, of %zu\n", "", "min", "median", "max",
               ARRAY_LEN(agents));
    measure("browser, system, device", parse_agent, runs, json);
    measure("bot", find_bot, runs, json);
    measure("both, from their caches", enrich_record, runs, json);
    enrich_set_release(&set);
    bot_list_close(list);
    agent_parser_close(parser);
    arena_release(&arena);
    return 0;
}
