/*
 * pipeline_reload.c - another configuration while the agent runs.
 */
#include <string.h>

#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "shipper/accounts.h"
#include "shipper/config.h"
#include "shipper/outbox.h"
#include "shipper/pipeline_private.h"
#include "shipper/producer.h"

#define RELINK_MS 4000 /* between attempts to change only how Kafka is reached */

/* What cannot change while the agent runs. NULL: nothing of it has. */
static const char *needs_restart(const struct shipper_config *old, const struct shipper_config *new)
{
    if (strcmp(old->agent.id, new->agent.id) != 0)
        return "agent.id";
    if (strcmp(old->state_dir, new->state_dir) != 0)
        return "state_dir";
    return strcmp(old->http.listen, new->http.listen) != 0 ? "http.listen" : NULL;
}

/* Loads the configuration again. False: it stays as it is, and why is logged. */
static bool load_again(struct pipeline *pipeline, struct config **holder,
                       struct shipper_config **config)
{
    const char *key;
    struct error err;

    if (!pipeline->options->load) {
        log_info("SIGHUP: there is no configuration file to read again");
        return false;
    }
    *holder = NULL;
    if (pipeline->options->load(pipeline->options->load_arg, holder, config, &err)) {
        const char *why = *holder ? config_problems(*holder) : err.text;
        size_t len = strlen(why);

        log_error("the configuration stays as it was: %.*s",
                  (int)(len && why[len - 1] == '\n' ? len - 1 : len), why);
    } else if ((key = needs_restart(pipeline->config, *config))) {
        log_error("the configuration stays as it was: a new '%s' needs a restart", key);
    } else {
        return true;
    }
    config_close(*holder);
    return false;
}

/*
 * With nothing under way: inputs, formats and everything about Kafka as the configuration says
 * now. Inputs that did not change stay open.
 */
static void reload(struct pipeline *pipeline)
{
    struct producer *producer;
    struct shipper_config *config;
    struct config *holder;
    struct error err;
    enum status status;

    pipeline->reload = false;
    if (!load_again(pipeline, &holder, &config)) {
        metric_add(pipeline->counters.reloads_failed, 1);
        return;
    }
    if (producer_open(&config->kafka, outbox_report, pipeline->outbox, &producer, &err)) {
        log_error("the configuration stays as it was: %s", err.text);
        metric_add(pipeline->counters.reloads_failed, 1);
        config_close(holder);
        return;
    }
    producer_close(pipeline->producer);
    config_close(pipeline->link_holder);
    pipeline->link_holder = NULL;
    pipeline->producer = producer;
    outbox_connect(pipeline->outbox, producer);
    outbox_configure(pipeline->outbox, config);
    accounts_configure(pipeline->accounts, config);
    accounts_connect(pipeline->accounts, producer);
    log_setup("shipper", config->log.level, config->log.format);
    status = sources_change(&pipeline->sources, holder, config, &err);
    if (status != FATAL)
        pipeline->config = config;
    if (status)
        log_error("not all of the configuration is in force: %s", err.text);
    else
        log_info("the configuration was read again: %u inputs", pipeline->sources.count);
    metric_add(status ? pipeline->counters.reloads_failed : pipeline->counters.reloads, 1);
    if (status)
        health_unmet(pipeline->inputs, "%s", err.text);
    else
        health_met(pipeline->inputs);
}

/*
 * Something is under way and stays so: what Kafka is reached by may be what is to change. The link
 * alone is changed at once; the rest follows when what was under way is acknowledged.
 */
static void relink(struct pipeline *pipeline, int64_t now_ms)
{
    struct shipper_config *config;
    struct config *holder;
    struct error err;

    pipeline->relink_ms = now_ms + RELINK_MS;
    if (!load_again(pipeline, &holder, &config)) {
        metric_add(pipeline->counters.reloads_failed, 1);
        pipeline->reload = false;
        return;
    }
    if (producer_relink(pipeline->producer, &config->kafka.link, &err)) {
        log_error("Kafka is connected as it was: %s", err.text);
        config_close(holder);
        return;
    }
    log_info("connecting to Kafka as the configuration says now; the rest of it follows when what "
             "is under way is acknowledged");
    config_close(pipeline->link_holder);
    pipeline->link_holder = holder;
}

void pipeline_want_reload(struct pipeline *pipeline, int64_t now_ms)
{
    pipeline->reload = true;
    pipeline->relink_ms = now_ms + RELINK_MS / 2;
}

void pipeline_heed_reload(struct pipeline *pipeline, int64_t now_ms)
{
    if (!pipeline->reload)
        return;
    if (outbox_waiting(pipeline->outbox) == 0)
        reload(pipeline);
    else if (now_ms >= pipeline->relink_ms)
        relink(pipeline, now_ms);
}
