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

int formats_command(int argc, char **argv)
{
    static const struct command self = {
        .name = "formats", .usage = "formats", .help = "list the formats of lines"};
    bool json = false, more = false;
    const struct option_row rows[] = {
        {"json", 0, NULL, OPTION_FLAG, &json, "print JSON instead of a table"}, {0}};
    struct error err;
    char **rest;
    enum status status = options_parse(rows, argc, argv, &rest, &err);

    if (status == DONE) {
        options_help("shipper", &self, NULL, rows);
        return EXIT_DONE;
    }
    if (status != OK || rest[0]) {
        fprintf(stderr, "shipper formats: %s; see 'shipper formats --help'\n",
                status == OK ? "takes no arguments" : err.text);
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
