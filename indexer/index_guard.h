/*
 * index_guard.h - how many indices are written to anew.
 *
 * Each day of each dataset is an index, and indices cost a cluster memory: a log of
 * many years, or clocks and datasets that somebody makes up, must not make thousands
 * of them unnoticed. One for the process; it counts names within each hour of the
 * clock and forgets them with it. Thread-safe.
 */
#ifndef INDEXER_INDEX_GUARD_H
#define INDEXER_INDEX_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

/*
 * May `name` be written to? Not when it would be one more than `limit` names in
 * this hour (0: no limit). Without memory everything may.
 */
bool index_guard_admit(struct slice name, uint32_t limit, int64_t now_ms);

#endif
