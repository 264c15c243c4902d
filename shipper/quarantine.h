/*
 * quarantine.h - records that Kafka refuses for good, in a local file.
 *
 * One JSON object a line: {"reason":…,"time":…,"record":{…}}. Bounded: beyond
 * its size records are counted as abandoned (and logged), not kept.
 */
#ifndef SHIPPER_QUARANTINE_H
#define SHIPPER_QUARANTINE_H

#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct quarantine;

/* `folder` exists. Opens <folder>/quarantine.ndjson when it is first needed. */
enum status quarantine_open(const char *folder, uint64_t max_bytes, struct quarantine **out,
                            struct error *err);

/* `record` is one line of JSON. Written and synced before it returns. */
void quarantine_add(struct quarantine *quarantine, struct slice record, const char *reason);

void quarantine_close(struct quarantine *quarantine); /* NULL is fine */

#endif
