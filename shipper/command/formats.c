/*
 * formats.c - `shipper formats`: what can be given as format.
 */
#include <stdio.h>
#include <string.h>

#include "common/json_text.h"
#include "common/options.h"
#include "common/scope.h"
#include "shipper/command/command.h"
#include "shipper/parser/custom.h"
#include "shipper/parser/plugin.h"

static void print_row(void *arg, const struct parser_format *format)
{
    size_t len = strlen(format->name);
    char name[64];

    (void)arg;
    snprintf(name, sizeof(name), "%s%s", format->name, format->name[len - 1] == ':' ? "..." : "");
    printf("%-22s %-18s %s\n", name, format->dataset ? format->dataset : "", format->help);
}

/* Texts of users' formats may hold anything. */
static void print_text(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    scoped_free char *quoted = malloc(JSON_STRING_MAX(len));
    uint64_t invalid = 0;

    if (quoted)
        fwrite(quoted, 1,
               (size_t)(json_write_string(quoted, (struct slice){text, len}, &invalid) - quoted),
               stdout);
}

static void print_json(void *arg, const struct parser_format *format)
{
    bool *more = arg;

    printf("%s{\"name\":", *more ? "," : "");
    print_text(format->name);
    printf(",\"dataset\":");
    print_text(format->dataset);
    printf(",\"help\":");
    print_text(format->help);
    putchar('}');
    *more = true;
}

int formats_command(const struct program *program, int argc, char **argv)
{
    bool json = false, more = false;
    const char *folder = NULL, *plugins = NULL;
    struct error err;
    const struct option_row rows[] = {
        {"formats", 0, "FOLDER", OPTION_TEXT, &folder, "also the custom ones of this folder"},
        {"plugins", 0, "FOLDER", OPTION_TEXT, &plugins, "also those of its shared objects"},
        {"json", 0, NULL, OPTION_FLAG, &json, "print JSON instead of a table"},
        {0}};
    char **rest;
    int code;

    if (!command_begin(program, rows, NULL, argc, argv, &rest, &code))
        return code;
    if (rest[0]) {
        fprintf(stderr, "shipper formats: takes no arguments; see 'shipper formats --help'\n");
        return EXIT_USAGE;
    }
    if (json)
        putchar('[');
    else
        printf("%-22s %-18s %s\n", "FORMAT", "DATASET", "");
    parser_formats(json ? print_json : print_row, &more);
    if ((folder && custom_formats(folder, json ? print_json : print_row, &more, &err)) ||
        (plugins && plugin_formats(plugins, json ? print_json : print_row, &more, &err))) {
        fprintf(stderr, "shipper formats: %s\n", err.text);
        return EXIT_USAGE;
    }
    if (json)
        puts("]");
    return EXIT_DONE;
}
