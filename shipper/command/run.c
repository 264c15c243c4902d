/*
 * run.c - `shipper run`: the agent.
 */
#include <malloc.h>
#include <stdio.h>

#include "common/config_command.h"
#include "common/kafka.h"
#include "common/log.h"
#include "common/options.h"
#include "shipper/command/command.h"
#include "shipper/config.h"
#include "shipper/pipeline.h"

/* Where the configuration comes from, at the start and at SIGHUP. */
struct source {
    const struct program *program;
    const char *path;
    struct option_list settings;
};

static enum status load(void *arg, struct config **holder, struct shipper_config **out,
                        struct error *err)
{
    struct source *source = arg;

    return shipper_config_load(source->path, source->settings.items, holder, out, err);
}

/*
 * An idle agent is small. Threads of libraries share the one arena: of others malloc_trim gives
 * nothing back that is free at their end, such as what a request was compressed in.
 */
static void stay_small(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
#endif
    kafka_without_plugins();
}

int run_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Follows the configured inputs and ships their lines. SIGTERM waits for what is under "
        "way,\n"
        "a second one leaves at once; nothing is lost by either. SIGHUP reads the configuration\n"
        "again: inputs that did not change stay open.";
    struct source source = {.program = program};
    const struct option_row rows[] = {CONFIG_OPTIONS(source.path, source.settings), {0}};
    struct pipeline_options options = {.load = load, .load_arg = &source};
    struct pipeline_result result;
    struct shipper_config *config;
    struct config *holder;
    struct error err;
    char **rest;
    int code;

    if (!command_begin(program, rows, help, argc, argv, &rest, &code) ||
        !config_command_load(program, source.path, &source.settings, &holder, (void **)&config,
                             &code))
        return code;
    stay_small();
    log_setup("shipper", config->log.level, config->log.format);
    if (config->input_count == 0) {
        fprintf(stderr,
                "shipper run: the configuration has no inputs: nothing to read. "
                "Add some to the file given with --config; configs/shipper.yaml shows how\n");
        config_close(holder);
        return EXIT_USAGE;
    }
    if (pipeline_run(holder, config, &options, &result, &err) == OK)
        return EXIT_DONE;
    fprintf(stderr, "shipper run: %s\n", err.text);
    return EXIT_FAILED;
}
