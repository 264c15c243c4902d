/*
 * config_command.h - the command-line side of the configuration, for both
 * programs: loading with every problem printed, check-config, print-config.
 */
#ifndef COMMON_CONFIG_COMMAND_H
#define COMMON_CONFIG_COMMAND_H

#include <stdbool.h>

#include "common/config.h"
#include "common/options.h"

/* Rows of a command's option table. */
#define CONFIG_OPTIONS(path, settings)                                                             \
    {"config",    'c',     "FILE",                                                                 \
     OPTION_TEXT, &(path), "configuration; written with commented defaults when it is absent"},    \
    {                                                                                              \
        "set", 's', "KEY=VALUE", OPTION_LIST, &(settings),                                         \
            "a key of the configuration, e.g. kafka.topic=web; wins over all else"                 \
    }

/*
 * Loads, or prints every problem on stderr. False: *code is the exit code and
 * nothing needs closing.
 */
bool config_command_load(const struct program *program, const char *path,
                         const struct option_list *settings, struct config **holder, void **out,
                         int *code);

/* The commands check-config and print-config. */
int config_command_check(const struct program *program, int argc, char **argv);
int config_command_print(const struct program *program, int argc, char **argv);

#endif
