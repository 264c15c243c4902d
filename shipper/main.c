/*
 * main.c - the shipper's command line: its commands are in command/.
 */

#include "common/complete_command.h"
#include "common/config_command.h"
#include "common/embed.h"
#include "common/log.h"
#include "common/manual.h"
#include "common/options.h"
#include "shipper/command/command.h"
#include "shipper/config.h"
#include "shipper/parser/parser.h"

EMBED(shipper_manual, "deploy/man/shipper.md");

static enum status load(const char *path, const char *const *settings, struct config **holder,
                        void **out, struct error *err)
{
    return shipper_config_load(path, settings, holder, (struct shipper_config **)out, err);
}

static const struct command commands[] = {
    {"run", "run", "follow the configured files and ship them, in the foreground", run_command},
    {"ship", "ship FILE...", "ship whole files (plain or .gz) and exit when Kafka has them all",
     ship_command},
    {"parse", "parse [FILE...]", "lines in, JSON records out; needs no service", parse_command},
    {"status", "status", "what a running agent does: files, offsets, lag, rates", status_command},
    {"formats", "formats", "list the formats of lines", formats_command},
    {"check-config", "check-config", "print every problem of the configuration",
     config_command_check},
    {"print-config", "print-config", "print the configuration in force, secrets masked",
     config_command_print},
    {"help", "help [TOPIC]", "help by topic, also as pages of the manual", manual_command},
    {"complete", "complete LINE", "what may come at the end of a command line, for shells",
     complete_command},
    {0},
};

struct format_taker {
    value_taker *taker;
    void *arg;
};

static void take_format(void *arg, const struct parser_format *format)
{
    struct format_taker *each = arg;

    each->taker(each->arg, format->name, format->help);
}

static void each_format(value_taker *taker, void *arg)
{
    struct format_taker each = {taker, arg};

    parser_formats(take_format, &each);
}

static const struct value_source values[] = {
    {"format", each_format},
    {0},
};

static const struct program shipper = {
    .name = "shipper",
    .about = "Reads log files, parses them into ECS records, ships them to Kafka.",
    .commands = commands,
    .values = values,
    .manual = embedded_shipper_manual,
    .schema = &shipper_config_schema,
    .load = load,
};

int main(int argc, char **argv)
{
    log_setup("shipper", LEVEL_INFO, LOG_FORMAT_AUTO);
    return command_main(&shipper, argc, argv);
}
