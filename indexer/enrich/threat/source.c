/*
 * source.c - the book of a configuration: compiled once, anew when files change.
 */
#include "indexer/enrich/threat/book.h"

#include "common/log.h"
#include "indexer/enrich/threat/config.h"

static enum status book_load(const void *config, const char *const *paths, struct shared_data **out,
                             struct error *err)
{
    struct config_report report;
    struct threat_book *book;
    enum status status;

    (void)paths; /* which are in the configuration */
    config_report_init(&report);
    status = threat_book_open(config, &report, &book, err);
    config_report_release(&report);
    if (status == OK)
        *out = &book->base;
    return status;
}

static void book_free(struct shared_data *data)
{
    threat_book_close((struct threat_book *)data);
}

static void say_loaded(const struct shared_data *data, const char *const *paths, bool at_start)
{
    (void)paths;
    if (!at_start)
        log_info("the threat rules have changed: %u in force",
                 ((const struct threat_book *)data)->rules.count);
}

static void say_failed(const struct error *err, const char *const *paths, bool has_old)
{
    (void)paths;
    (void)has_old; /* always */
    log_warn("the threat rules have changed and are wrong, those before stay in force: %s",
             err->text);
}

static const struct shared_type book_type = {
    .load = book_load,
    .free = book_free,
    .say_loaded = say_loaded,
    .say_failed = say_failed,
};

enum status threat_source_open(const struct threats_config *config, struct shared_source **out,
                               struct error *err)
{
    struct error why;

    if (shared_source_open(&book_type, config, (const char *const *)config->files,
                           config->file_count, out, &why))
        return error_set(err, FATAL, "threats: %s", why.text);
    return OK;
}
