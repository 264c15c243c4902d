/*
 * policy.h - a lifecycle policy of Elasticsearch (ILM) that deletes instead of us.
 *
 * ILM counts an index's age from when it was made; a day's index gets the end of
 * its day as index.lifecycle.origination_date, so that a late or replayed day goes when it is
 * due. That differs by index, so it is set on each and not in the template.
 */
#ifndef INDEXER_RETENTION_POLICY_H
#define INDEXER_RETENTION_POLICY_H

#include "common/error.h"

struct elastic_link;
struct retention_config;
struct retention_index;

/*
 * The policy is there and deletes at max_age_ms. RETRY: it is not; the cluster has no
 * ILM (OpenSearch has ISM instead), or there is a policy of that name that is not ours.
 */
enum status policy_ensure(struct elastic_link *link, const struct retention_config *config,
                          struct error *err);

/* Gives a day's index to the policy. */
enum status policy_give(struct elastic_link *link, const struct retention_config *config,
                        const struct retention_index *index, struct error *err);

#endif
