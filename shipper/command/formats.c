/*
 * formats.c - `shipper formats`: what can be given as format.
 */
#include <stdio.h>
#include <string.h>

#include "common/options.h"
#include "shipper/command/command.h"
#include "shipper/parser/parser.h"

static void print_row(void *arg, const struct parser_format *format)
{
    size_t len = strlen(format->name);
    char name[64];

    (void)arg;
    snprintf(name, sizeof(name), "%s%s", format->name, format->name[len - 1] == ':' ? "..." : "");
    printf("%-22s %-18s %s\n", name, format->dataset ? format->dataset : "", format->help);
}

static void print_json(void *arg, const struct parser_format *format)
{
    bool *more = arg;

    /* Names and help are constants without anything to escape. */
    printf("%s{\"name\":\"%s\",\"dataset\":\"%s\",\"help\":\"%s\"}", *more ? "," : "", format->name,
           format->dataset ? format->dataset : "", format->help);
    *more = true;
}

int formats_command(const struct program *program, int argc, char **argv)
{
    bool json = false, more = false;
    const struct option_row rows[] = {
        {"json", 0, NULL, OPTION_FLAG, &json, "print JSON instead of a table"}, {0}};
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
    if (json)
        puts("]");
    return EXIT_DONE;
}
