/*
 * elastic_template.h - the index template: how our indices are made.
 *
 * It is called "alpex-<prefix>" and not "<prefix>": a full Elasticsearch has a
 * template "logs" of its own, which it would put back over ours. A component
 * template "alpex-<prefix>@custom", where there is one, adds to it what users want.
 */
#ifndef INDEXER_SINK_ELASTIC_TEMPLATE_H
#define INDEXER_SINK_ELASTIC_TEMPLATE_H

#include "common/error.h"

struct elastic_link;
struct elasticsearch_config;

/*
 * Puts the template when it is missing, or ours of another version or
 * configuration, and adds new fields to the indices of these days; one of
 * somebody else or of a newer version stays. Without manage_template only warns when there is none.
 * RETRY: not possible now, err says why; also for what somebody must mend, because that can be done
 * while we run.
 */
enum status elastic_template_ensure(struct elastic_link *link,
                                    const struct elasticsearch_config *config, struct error *err);

#endif
