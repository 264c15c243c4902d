/*
 * main.c - the indexer's command line: one function a command.
 */
#include <stdio.h>
#include <string.h>

#include "common/config_command.h"
#include "common/log.h"
#include "common/options.h"
#include "indexer/config.h"
#include "indexer/enrich_command.h"
#include "indexer/pipeline.h"

static int run_command(int argc, char **argv);
static int enrich_command(int argc, char **argv);
static int check_command(int argc, char **argv);
static int print_command(int argc, char **argv);

static const struct command commands[] = {
    {"run", "run", "a member of the consumer group, in the foreground", run_command},
    {"enrich", "enrich [FILE...]", "JSON records in, enriched ones out; needs no service",
     enrich_command},
    {"check-config", "check-config", "print every problem of the configuration", check_command},
    {"print-config", "print-config", "print the configuration in force, secrets masked",
     print_command},
    {0},
};

static enum status load(const char *path, const char *const *settings, struct config **holder,
                        void **out, struct error *err)
{
    return indexer_config_load(path, settings, holder, (struct indexer_config **)out, err);
}

/* What run and enrich begin with. True: go on; else *code is set. */
static bool begin(const char *help, int argc, char **argv, char ***files, struct config **holder,
                  struct indexer_config **config, int *code)
{
    const char *path = NULL;
    struct option_list settings = {0};
    const struct option_row rows[] = {CONFIG_OPTIONS(path, settings), {0}};
    struct error err;
    enum status status = options_parse(rows, argc, argv, files, &err);

    *code = EXIT_DONE;
    if (status == DONE) {
        options_help("indexer", command_find(commands, argv[0]), help, rows);
        return false;
    }
    if (status != OK) {
        fprintf(stderr, "indexer %s: %s; see 'indexer %s --help'\n", argv[0], err.text, argv[0]);
        *code = EXIT_USAGE;
        return false;
    }
    if (!config_command_load(load, "indexer", path, &settings, holder, (void **)config, code))
        return false;
    log_setup("indexer", (*config)->log.level, (*config)->log.format);
    return true;
}

static int run_command(int argc, char **argv)
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

    if (!begin(help, argc, argv, &rest, &holder, &config, &code))
        return code;
    if (pipeline_run(config, &err) != OK) {
        fprintf(stderr, "indexer run: %s\n", err.text);
        code = EXIT_FAILED;
    }
    config_close(holder);
    return code;
}

static int enrich_command(int argc, char **argv)
{
    static const char help[] =
        "Reads JSON records, one a line, from files or standard input, and prints each with what\n"
        "the enrichers know of it. A line that is no record is passed on as text, tagged\n"
        "_decodefailure. Exit codes: 0 done, 1 failed, 2 usage, 3 some lines were no records.";
    struct indexer_config *config;
    struct config *holder;
    char **files;
    int code;

    if (!begin(help, argc, argv, &files, &holder, &config, &code))
        return code;
    code = enrich_files(config, files);
    config_close(holder);
    return code;
}

static int check_command(int argc, char **argv)
{
    return config_command_check(load, "indexer", command_find(commands, "check-config"), argc,
                                argv);
}

static int print_command(int argc, char **argv)
{
    return config_command_print(load, "indexer", command_find(commands, "print-config"), argc,
                                argv);
}

int main(int argc, char **argv)
{
    log_setup("indexer", LEVEL_INFO, LOG_FORMAT_AUTO);
    return command_main("indexer",
                        "Reads records from Kafka, enriches them, writes them to Elasticsearch.",
                        commands, argc, argv);
}
