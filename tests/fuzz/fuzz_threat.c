/*
 * fuzz_threat.c - any bytes as a URL, as a header and as a file of rules.
 *
 * The first byte says as what. Rules are tried on the rest of the input when they were accepted.
 */
#include <stdlib.h>
#include <string.h>

#include "indexer/enrich/threat/config.h"
#include "indexer/enrich/threat/inspector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct threat_book *book;
static struct inspector *inspector;

static void open_once(void)
{
    const struct threats_config config = {.engine = (char *)"table", .threshold = 5};
    struct config_report report;
    struct error err;

    if (book)
        return;
    config_report_init(&report);
    if (threat_book_open(&config, &report, &book, &err) || inspector_open(&inspector, &err) ||
        inspector_use(inspector, book, &err))
        abort();
    config_report_release(&report);
}

static void fuzz_rules(struct slice text)
{
    struct threat_rules *rules = malloc(sizeof(*rules));
    struct config_report report;
    struct error err;

    config_report_init(&report);
    threat_rules_init(rules);
    if (threat_rules_add(rules, "fuzz", text, &report, &err) == REJECT && report.count == 0)
        abort(); /* refused without a reason */
    threat_rules_release(rules);
    config_report_release(&report);
    free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum threat_part parts[] = {PART_URL, PART_AGENT, PART_REFERRER, PART_HOST};
    struct threat_findings findings = {0};
    struct slice text;

    if (size == 0)
        return 0;
    open_once();
    text = (struct slice){(const char *)data + 1, size - 1};
    if (data[0] % 5 == 4)
        fuzz_rules(text);
    else
        inspector_look(inspector, parts[data[0] % 5], text, &findings);
    return 0;
}
