/*
 * builtin.c - the rules that come with the program: configs/threats/.
 */
#include "indexer/enrich/threat/rules.h"

#include "common/embed.h"
#include "common/scope.h"

EMBED(threats_command, "configs/threats/command.yaml");
EMBED(threats_expression, "configs/threats/expression.yaml");
EMBED(threats_file, "configs/threats/file.yaml");
EMBED(threats_probe, "configs/threats/probe.yaml");
EMBED(threats_protocol, "configs/threats/protocol.yaml");
EMBED(threats_scanner, "configs/threats/scanner.yaml");
EMBED(threats_script, "configs/threats/script.yaml");
EMBED(threats_sql, "configs/threats/sql.yaml");

enum status threat_rules_add_builtin(struct threat_rules *rules, struct config_report *report,
                                     struct error *err)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"threats/sql.yaml", embedded_threats_sql},
        {"threats/script.yaml", embedded_threats_script},
        {"threats/file.yaml", embedded_threats_file},
        {"threats/command.yaml", embedded_threats_command},
        {"threats/expression.yaml", embedded_threats_expression},
        {"threats/protocol.yaml", embedded_threats_protocol},
        {"threats/probe.yaml", embedded_threats_probe},
        {"threats/scanner.yaml", embedded_threats_scanner},
    };
    enum status status;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        status = threat_rules_add(rules, files[i].name, slice_of(files[i].text), report, err);
        if (status)
            return status;
    }
    return OK;
}
