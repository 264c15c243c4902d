/*
 * main.c - the indexer's command line: one function a command.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/complete_command.h"
#include "common/config_command.h"
#include "common/embed.h"
#include "common/log.h"
#include "common/manual.h"
#include "common/options.h"
#include "common/query.h"
#include "indexer/config.h"
#include "indexer/command/command.h"
#include "indexer/pipeline.h"
#include "indexer/printer.h"
#include "indexer/reload.h"

/*
 * Of the allocator. By default each thread has one, and what Kafka's allocate and ours free stays
 * in pieces in each; ours allocate by the batch, so that few wait for another.
 */
#define ARENAS 2

EMBED(indexer_manual, "deploy/man/indexer.md");

static enum status load(const char *path, const char *const *settings, struct config **holder,
                        void **out, struct error *err)
{
    return indexer_config_load(path, settings, holder, (struct indexer_config **)out, err);
}

/* Where the configuration of a command comes from; its rows point here. */
static struct {
    const char *path;
    struct option_list settings;
} source;

static const struct option_row config_rows[] = {CONFIG_OPTIONS(source.path, source.settings), {0}};

/* What commands begin with: options, configuration. True: go on; else *code is set. */
static bool begin(const struct program *program, const struct option_row *rows, const char *help,
                  int argc, char **argv, char ***files, struct config **holder,
                  struct indexer_config **config, int *code)
{
    if (!command_begin(program, rows, help, argc, argv, files, code) ||
        !config_command_load(program, source.path, &source.settings, holder, (void **)config, code))
        return false;
    log_setup("indexer", (*config)->log.level, (*config)->log.format);
    return true;
}

static int run_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Reads the topic, enriches, and writes to Elasticsearch; offsets are committed only of\n"
        "what is stored or dead-lettered. SIGTERM finishes what is under way; a second one\n"
        "leaves at once.";
    struct indexer_config *config;
    struct config *holder;
    struct error err;
    char **rest;
    int code;

    if (!begin(program, config_rows, help, argc, argv, &rest, &holder, &config, &code))
        return code;
    if (pipeline_run(config, &(struct reload_source){source.path, source.settings.items}, &err) !=
        OK) {
        fprintf(stderr, "indexer run: %s\n", err.text);
        code = EXIT_FAILED;
    }
    config_close(holder);
    return code;
}

static int enrich_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Reads JSON records, one a line, from files or standard input, and prints each with what\n"
        "the enrichers know of it. A line that is no record is passed on as text, tagged\n"
        "_decodefailure. Exit codes: 0 done, 1 failed, 2 usage, 3 some lines were no records.";
    struct indexer_config *config;
    struct config *holder;
    char **files;
    int code;

    if (!begin(program, config_rows, help, argc, argv, &files, &holder, &config, &code))
        return code;
    code = enrich_files(config, files);
    config_close(holder);
    return code;
}

/*
 * The words of a query may come unquoted: they are put together with blanks. One that is longer
 * than a query may be is cut, but stays too long: the parser says so.
 */
static void take_query(char **words, char *room, size_t size)
{
    size_t used = 0;

    room[0] = '\0';
    for (; *words && used < size - 1; words++) {
        snprintf(room + used, size - used, "%s%s", used ? " " : "", *words);
        used += strlen(room + used);
    }
}

static int search_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Prints the records that a query finds, newest first. Examples:\n"
        "  indexer search 'status:5xx and not bot:true' --from now-1h\n"
        "  indexer search 'ip:10.0.0.0/8 path:/admin/*' --fields @timestamp,ip,path,status\n"
        "  indexer search 'level:error' --histogram\n"
        "  indexer search --top path --limit 20\n"
        "A field, a colon, a value; blank is and; * any characters; words alone are looked for\n"
        "in the line. 'indexer help query' explains it all.";
    struct search_arguments arguments = {.limit = -1};
    char query[QUERY_BYTES_MAX + 2], **words;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(source.path, source.settings),
        {"from", 0, "TIME", OPTION_TEXT, &arguments.from, "not older: now-1h, 2026-11-20, …"},
        {"to", 0, "TIME", OPTION_TEXT, &arguments.to, "not newer"},
        {"fields", 'f', "A,B", OPTION_TEXT, &arguments.fields, "names or aliases to print"},
        {"sort", 0, "A,B:desc", OPTION_TEXT, &arguments.sort, "order (@timestamp:desc)"},
        {"limit", 'n', "N", OPTION_NUMBER, &arguments.limit,
         "at most so many; 0 is all (100 on a terminal, else all)"},
        {"format", 0, "NAME", OPTION_TEXT, &arguments.format,
         "table, ndjson, csv or raw (table on a terminal, else ndjson)"},
        {"json", 0, NULL, OPTION_FLAG, &arguments.json, "the same as --format ndjson"},
        {"count", 0, NULL, OPTION_FLAG, &arguments.count, "print only how many there are"},
        {"histogram", 0, NULL, OPTION_FLAG, &arguments.histogram, "print bars over time"},
        {"top", 0, "FIELD", OPTION_TEXT, &arguments.top, "print its most frequent values"},
        {0}};
    struct indexer_config *config;
    struct config *holder;
    int code;

    if (!begin(program, rows, help, argc, argv, &words, &holder, &config, &code))
        return code;
    arguments.query = query;
    take_query(words, query, sizeof(query));
    code = search_records(config, &arguments);
    config_close(holder);
    return code;
}

static int tail_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Follows the topic from now on and prints the enriched records that a query finds. No\n"
        "offsets are committed: the consumer group is not touched. Ends with Ctrl-C.";
    const char *fields = NULL, *format = NULL;
    bool json = false;
    char query[QUERY_BYTES_MAX + 2], **words;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(source.path, source.settings),
        {"fields", 'f', "A,B", OPTION_TEXT, &fields, "names or aliases to print"},
        {"format", 0, "NAME", OPTION_TEXT, &format,
         "table, ndjson, csv or raw (table on a terminal, else ndjson)"},
        {"json", 0, NULL, OPTION_FLAG, &json, "the same as --format ndjson"},
        {0}};
    struct indexer_config *config;
    struct config *holder;
    int code;

    if (!begin(program, rows, help, argc, argv, &words, &holder, &config, &code))
        return code;
    take_query(words, query, sizeof(query));
    code = tail_records(config, query, fields, json ? "ndjson" : format);
    config_close(holder);
    return code;
}

/* Another index prefix is checked as the configuration's own. */
static void set_prefix(const char *prefix, char *room, size_t size)
{
    if (!prefix || source.settings.count == OPTION_LIST_MAX)
        return;
    snprintf(room, size, "elasticsearch.index_prefix=%s", prefix);
    source.settings.items[source.settings.count++] = room;
}

static int replay_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Reads a part of the topic once more, as it is now, and writes it to Elasticsearch, with\n"
        "what today's databases and rules know, or as JSON lines to a file or standard output.\n"
        "  indexer replay --from 2026-11-20 --to now-1h\n"
        "  indexer replay --query 'status:5xx' --sink errors.ndjson\n"
        "  indexer replay --index-prefix rebuilt --rate 5000\n"
        "  indexer replay --sink stdout --no-enrich | gzip > topic.ndjson.gz\n"
        "Documents of the same id are replaced, never doubled. The consumer group, dedup marks,\n"
        "alerts and dead letters are not touched. Ctrl-C ends it in good order; --resume goes on.\n"
        "Times of --from and --to are when a record was sent; --event-from and --event-to are "
        "about\n"
        "its @timestamp, for which all of the range is read. Exit codes: 0 done, 1 failed or\n"
        "stopped, 2 usage, 3 done, but some records were refused.";
    struct option_list partitions = {0};
    struct replay_arguments arguments = {.rate = -1, .partitions = &partitions};
    char prefix[256], **rest;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(source.path, source.settings),
        {"topic", 't', "TOPIC", OPTION_TEXT, &arguments.topic, "another topic than kafka.topic"},
        {"from", 0, "BOUND", OPTION_TEXT, &arguments.from,
         "time, offset (1205), -1000 from the end, or beginning (the default)"},
        {"to", 0, "BOUND", OPTION_TEXT, &arguments.to, "likewise, included; end is the default"},
        {"partition", 'p', "N", OPTION_LIST, &partitions, "only these: 3, 0,2 or 4-7"},
        {"query", 'q', "QUERY", OPTION_TEXT, &arguments.query, "only what it finds"},
        {"event-from", 0, "TIME", OPTION_TEXT, &arguments.event_from, "@timestamp not before"},
        {"event-to", 0, "TIME", OPTION_TEXT, &arguments.event_to, "@timestamp not after"},
        {"sink", 0, "SINK", OPTION_TEXT, &arguments.sink,
         "elasticsearch (the default), stdout, or a file that is not there yet"},
        {"index-prefix", 0, "PREFIX", OPTION_TEXT, &arguments.index_prefix,
         "other indices than those of elasticsearch.index_prefix"},
        {"enrich", 0, NULL, OPTION_FLAG, &arguments.enrich,
         "with what the enrichers know (default)"},
        {"no-enrich", 0, NULL, OPTION_FLAG, &arguments.no_enrich,
         "as they came; the query sees them so, too"},
        {"rate", 0, "N", OPTION_NUMBER, &arguments.rate, "at most so many records a second"},
        {"resume", 0, NULL, OPTION_FLAG, &arguments.resume,
         "go on where the same command was stopped or killed"},
        {"resume-file", 0, "FILE", OPTION_TEXT, &arguments.resume_file,
         "where it is kept how far it is (a file sink: FILE.state)"},
        {"rejects", 0, "FILE", OPTION_TEXT, &arguments.rejects,
         "JSON lines of what is refused, with the reasons"},
        {"accept-old", 0, NULL, OPTION_FLAG, &arguments.accept_old,
         "also records of days that retention has deleted"},
        {"dry-run", 0, NULL, OPTION_FLAG, &arguments.dry_run,
         "write nothing: print the range, and what a query finds in it"},
        {"json", 0, NULL, OPTION_FLAG, &arguments.json, "print the result as JSON"},
        {0}};
    struct indexer_config *config;
    struct config *holder;
    int code;

    if (!command_begin(program, rows, help, argc, argv, &rest, &code))
        return code;
    if (*rest) {
        fprintf(stderr, "indexer replay: unexpected '%s'; a query is given with --query\n", *rest);
        return EXIT_USAGE;
    }
    set_prefix(arguments.index_prefix, prefix, sizeof(prefix));
    if (!config_command_load(program, source.path, &source.settings, &holder, (void **)&config,
                             &code))
        return code;
    log_setup("indexer", config->log.level, config->log.format);
    code = replay_records(config, &arguments);
    config_close(holder);
    return code;
}

static int dlq_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "The records that were refused for good, and why. They stay in the dead letter topic as\n"
        "long as Kafka keeps them; what was redriven or discarded is marked there.\n"
        "  indexer dlq list --reason mapping --from 2h\n"
        "  indexer dlq show 3:1205            by its place, or by the record's id\n"
        "  indexer dlq redrive --query 'module:app.log' --dry-run\n"
        "  indexer dlq discard --reason decode --note 'test data'\n"
        "redrive sends records to their topic again, as they were, when what refused them was\n"
        "mended; nothing is doubled, since ids stay. A record that was redriven three times "
        "stays.\n"
        "Queries are about the record as it was read, times about when it was refused.";
    struct dlq_arguments arguments = {.limit = -1, .rate = -1};
    const struct option_row rows[] = {
        CONFIG_OPTIONS(source.path, source.settings),
        {"reason", 'r', "REASON", OPTION_TEXT, &arguments.reason, "refused for this reason"},
        {"from", 0, "TIME", OPTION_TEXT, &arguments.from, "refused not earlier: 2h, 2026-11-20, …"},
        {"to", 0, "TIME", OPTION_TEXT, &arguments.to, "refused not later"},
        {"query", 'q', "QUERY", OPTION_TEXT, &arguments.query, "whose record it finds"},
        {"state", 0, "STATE", OPTION_TEXT, &arguments.state,
         "open, redriven, discarded or all (list: open, show: all)"},
        {"limit", 'n', "N", OPTION_NUMBER, &arguments.limit,
         "at most so many; 0 is all (list: the 20 newest in the table)"},
        {"summary", 0, NULL, OPTION_FLAG, &arguments.summary, "list: only the sums"},
        {"rate", 0, "N", OPTION_NUMBER, &arguments.rate, "redrive: at most so many a second"},
        {"dry-run", 0, NULL, OPTION_FLAG, &arguments.dry_run,
         "redrive, discard: only say how many it would be"},
        {"note", 0, "TEXT", OPTION_TEXT, &arguments.note, "redrive, discard: why; kept with it"},
        {"yes", 'y', NULL, OPTION_FLAG, &arguments.yes, "discard: do not ask"},
        {"json", 0, NULL, OPTION_FLAG, &arguments.json, "print JSON lines instead of tables"},
        {0}};
    struct indexer_config *config;
    struct config *holder;
    int code;

    if (!begin(program, rows, help, argc, argv, &arguments.words, &holder, &config, &code))
        return code;
    code = dlq_letters(config, &arguments);
    config_close(holder);
    return code;
}

static int audit_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Proves that every line that shippers have read is in the index exactly once, or says\n"
        "which is not: what they have told of each file (kafka.audit_topic) is compared with what\n"
        "the index and the dead letters hold, and what the group has not committed yet is told\n"
        "from what is missing.\n"
        "  indexer audit                       everything that was told\n"
        "  indexer audit --from now-24h --file '*/access.log' --wait 60s\n"
        "Times are those at which lines were read. READ counts lines, the others records; what a\n"
        "rule, a rate limit or being a heading left out is in LEFT OUT.\n"
        "Exit codes: 0 complete, or the rest is under way; 1 failed, or nothing was told; 2 "
        "usage;\n"
        "3 something is missing, doubled, or was gone before it could be read.";
    struct audit_arguments arguments = {0};
    const char *prefix = NULL;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(source.path, source.settings),
        {"from", 0, "TIME", OPTION_TEXT, &arguments.from, "read later: 2h, now-1d, 2026-11-20, …"},
        {"to", 0, "TIME", OPTION_TEXT, &arguments.to, "read not later"},
        {"host", 0, "NAME", OPTION_TEXT, &arguments.host, "only this host; * and ? match any"},
        {"file", 'f', "NAME", OPTION_TEXT, &arguments.file, "only these files; * and ? match any"},
        {"wait", 'w', "TIME", OPTION_TEXT, &arguments.wait,
         "wait so long until indexers have processed what is in the topic: 60s, 5m"},
        {"index-prefix", 0, "NAME", OPTION_TEXT, &prefix,
         "look into these indices, e.g. of a replay (elasticsearch.index_prefix)"},
        {"verbose", 'v', NULL, OPTION_FLAG, &arguments.verbose,
         "show each generation of a file, and all that is missing"},
        {"json", 0, NULL, OPTION_FLAG, &arguments.json, "print JSON instead of a table"},
        {0}};
    struct indexer_config *config;
    struct config *holder;
    char **rest, *configured;
    int code;

    if (!begin(program, rows, help, argc, argv, &rest, &holder, &config, &code))
        return code;
    configured = config->elasticsearch.index_prefix;
    if (prefix)
        config->elasticsearch.index_prefix = (char *)prefix;
    code = audit_records(config, &arguments);
    config->elasticsearch.index_prefix = configured; /* config_close releases what it made */
    config_close(holder);
    return code;
}

static int explain_command(const struct program *program, int argc, char **argv)
{
    bool json = false;
    char query[QUERY_BYTES_MAX + 2], **words;
    const struct option_row rows[] = {{"json", 0, NULL, OPTION_FLAG, &json,
                                       "print query, fields and DSL, or the errors, as JSON"},
                                      {0}};
    int code;

    if (!command_begin(program, rows, NULL, argc, argv, &words, &code))
        return code;
    take_query(words, query, sizeof(query));
    return explain_query(query, json);
}

static int retention_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "What leaves Elasticsearch when, by the rules below retention: in the configuration.\n"
        "  indexer retention status          indices by dataset, and what goes next\n"
        "  indexer retention run --dry-run   what would be deleted now, and why\n"
        "  indexer retention run             deletes it; asks first, --yes does not\n"
        "`indexer run` does the same each retention.check_interval_ms when retention.enabled is\n"
        "true. Exit codes: 0 done, 1 failed, 2 usage, 3 some indices are still there.";
    bool json = false, dry_run = false, yes = false;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(source.path, source.settings),
        {"json", 0, NULL, OPTION_FLAG, &json, "print JSON instead of a table"},
        {"dry-run", 0, NULL, OPTION_FLAG, &dry_run, "of run: only tell what would be deleted"},
        {"yes", 'y', NULL, OPTION_FLAG, &yes, "of run: do not ask"},
        {0}};
    struct indexer_config *config;
    struct config *holder;
    char **words;
    int code = EXIT_USAGE;

    if (!begin(program, rows, help, argc, argv, &words, &holder, &config, &code))
        return code;
    code = EXIT_USAGE;
    if (!words[0] || words[1] || (strcmp(words[0], "status") != 0 && strcmp(words[0], "run") != 0))
        fprintf(stderr, "indexer retention: expected 'status' or 'run'; see --help\n");
    else if (strcmp(words[0], "run") == 0)
        code = retention_run_now(config, dry_run, yes, json);
    else if (dry_run || yes)
        fprintf(stderr, "indexer retention status: --dry-run and --yes are of 'run'\n");
    else
        code = retention_show(config, json);
    config_close(holder);
    return code;
}

static const struct command commands[] = {
    {"run", "run", "a member of the consumer group, in the foreground", run_command},
    {"enrich", "enrich [FILE...]", "JSON records in, enriched ones out; needs no service",
     enrich_command},
    {"search", "search [QUERY]", "what a query finds in Elasticsearch", search_command},
    {"tail", "tail [QUERY]", "what a query finds in the topic, from now on", tail_command},
    {"replay", "replay", "a part of the topic once more: to Elasticsearch, a file, stdout",
     replay_command},
    {"audit", "audit", "proves that every line read is in the index, by host and file",
     audit_command},
    {"dlq", "dlq ACTION [LETTER...]", "dead letters: list, show, redrive, discard", dlq_command},
    {"retention", "retention TASK", "what is deleted when, and deleting it now: status, run",
     retention_command},
    {"explain", "explain QUERY", "how a query is understood; needs no service", explain_command},
    {"check-config", "check-config", "print every problem of the configuration",
     config_command_check},
    {"print-config", "print-config", "print the configuration in force, secrets masked",
     config_command_print},
    {"help", "help [TOPIC]", "help by topic, also as pages of the manual", manual_command},
    {"complete", "complete LINE", "what may come at the end of a command line, for shells",
     complete_command},
    {0},
};

static const struct value_source values[] = {
    {"format", printer_formats}, {"ACTION", dlq_actions}, {"TASK", retention_tasks},
    {"REASON", dlq_reasons},     {"STATE", dlq_states},   {0},
};

static const struct program indexer = {
    .name = "indexer",
    .about = "Reads records from Kafka, enriches them, writes them to Elasticsearch.",
    .commands = commands,
    .values = values,
    .manual = embedded_indexer_manual,
    .schema = &indexer_config_schema,
    .load = load,
};

int main(int argc, char **argv)
{
    mallopt(M_ARENA_MAX, ARENAS);
    log_setup("indexer", LEVEL_INFO, LOG_FORMAT_AUTO);
    return command_main(&indexer, argc, argv);
}
