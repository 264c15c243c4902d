/*
 * config_command.c - the command-line side of the configuration.
 */
#include "common/config_command.h"

#include <stdio.h>

#define OUTPUT_MAX (4u << 20)

/* Loads; tells failure apart from problems. */
static int try_load(const struct program *program, const char *path,
                    const struct option_list *settings, struct config **holder, void **out)
{
    struct error err;
    enum status status = program->load(path, settings->items, holder, out, &err);

    if (status == OK)
        return EXIT_DONE;
    if (status == REJECT)
        return EXIT_USAGE;
    fprintf(stderr, "%s: %s\n", program->name, err.text);
    config_close(*holder);
    *holder = NULL;
    return EXIT_FAILED;
}

bool config_command_load(const struct program *program, const char *path,
                         const struct option_list *settings, struct config **holder, void **out,
                         int *code)
{
    *holder = NULL;
    *code = try_load(program, path, settings, holder, out);
    if (*code == EXIT_DONE)
        return true;
    if (*holder)
        fputs(config_problems(*holder), stderr);
    config_close(*holder);
    return false;
}

static bool begin(const struct program *program, const struct option_row *rows, int argc,
                  char **argv, int *code)
{
    char **rest;

    if (!command_begin(program, rows, NULL, argc, argv, &rest, code))
        return false;
    if (!rest[0])
        return true;
    fprintf(stderr, "%s %s: unexpected argument '%s'\n", program->name, argv[0], rest[0]);
    *code = EXIT_USAGE;
    return false;
}

int config_command_check(const struct program *program, int argc, char **argv)
{
    const char *path = NULL;
    struct option_list settings = {0};
    bool json = false;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(path, settings),
        {"json", 0, NULL, OPTION_FLAG, &json, "print the problems as JSON on standard output"},
        {0}};
    scoped_buf struct buf text = BUF_INIT(OUTPUT_MAX);
    struct config *holder = NULL;
    void *config;
    int code;

    if (!begin(program, rows, argc, argv, &code))
        return code;
    code = try_load(program, path, &settings, &holder, &config);
    if (holder && json) {
        config_problems_json(holder, &text);
        puts(buf_str(&text));
    } else if (holder && code == EXIT_USAGE) {
        fputs(config_problems(holder), stderr);
    } else if (code == EXIT_DONE) {
        printf("the configuration is good\n");
    }
    config_close(holder);
    return code;
}

int config_command_print(const struct program *program, int argc, char **argv)
{
    const char *path = NULL;
    struct option_list settings = {0};
    const struct option_row rows[] = {CONFIG_OPTIONS(path, settings), {0}};
    scoped_buf struct buf text = BUF_INIT(OUTPUT_MAX);
    struct config *holder;
    struct error err;
    void *config;
    int code;

    if (!begin(program, rows, argc, argv, &code))
        return code;
    if (!config_command_load(program, path, &settings, &holder, &config, &code))
        return code;
    if (config_print(holder, &text, &err) == OK) {
        fputs(buf_str(&text), stdout);
    } else {
        fprintf(stderr, "%s %s: %s\n", program->name, argv[0], err.text);
        code = EXIT_FAILED;
    }
    config_close(holder);
    return code;
}
