/*
 * audit.c - `indexer audit`: does the index hold every line that shippers have told of?
 *
 * The order matters: what is committed is asked before the dead letters and the index, so that
 * everything below it must be found there.
 */
#include <stdio.h>

#include "common/config/unit.h"
#include "common/options.h"
#include "common/query_command.h"
#include "indexer/audit/audit.h"
#include "indexer/command/command.h"
#include "indexer/config.h"

#define WAIT_MAX_MS 86400000

static enum status read_wait(const char *text, int64_t *out, struct error *err)
{
    uint64_t wait_ms = 0;
    bool negative = false;

    if (text && (config_number_parse(slice_of(text), UNIT_MS, &negative, &wait_ms) != NUMBER_GOOD ||
                 negative || wait_ms > WAIT_MAX_MS))
        return error_set(err, REJECT, "--wait '%s' is no duration; write 60s, 5m", text);
    *out = (int64_t)wait_ms;
    return OK;
}

static enum status audit(const struct indexer_config *config, const struct audit_choice *choice,
                         int64_t wait_ms, struct audit_book *book, struct audit_report *report,
                         struct error *err)
{
    struct audit_group group = {0};
    enum status status = audit_book_read(config, choice, book, err);

    if (status == OK)
        status = audit_group_read(config, wait_ms, &group, err);
    if (status == OK)
        status = audit_letters_read(config, book, &report->unknown_letters, err);
    if (status == OK)
        status = audit_counts_read(config, book, err);
    if (status == OK)
        status = audit_judge(config, book, &group, err);
    report->lag = group.lag;
    audit_group_release(&group);
    return status;
}

int audit_records(const struct indexer_config *config, const struct audit_arguments *arguments)
{
    struct query_context context = query_command_context();
    struct audit_choice choice = {.host = arguments->host, .file = arguments->file};
    struct audit_report report = {.json = arguments->json, .verbose = arguments->verbose};
    struct audit_book book = {0};
    struct error err;
    enum status status;
    int64_t wait_ms = 0;
    int code = EXIT_FAILED;

    status = query_command_range(arguments->from, arguments->to, &context, &choice.from_ms,
                                 &choice.to_ms, &err);
    if (status == OK)
        status = read_wait(arguments->wait, &wait_ms, &err);
    if (status != OK) {
        fprintf(stderr, "indexer audit: %s\n", err.text);
        return EXIT_USAGE;
    }
    status = audit(config, &choice, wait_ms, &book, &report, &err);
    if (status == OK)
        code = audit_report_print(&book, &choice, &report) ? EXIT_DONE : EXIT_SOME_FAILED;
    else
        fprintf(stderr, "indexer audit: %s\n", err.text);
    if (status == OK && book.invalid)
        fprintf(stderr, "%llu messages of topic '%s' are no accounts and were left out\n",
                (unsigned long long)book.invalid, config->kafka.audit_topic);
    audit_book_release(&book);
    return code;
}
