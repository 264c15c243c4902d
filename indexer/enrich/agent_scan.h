/*
 * agent_scan.h - what the parts of the user agent parser hand each other.
 */
#ifndef INDEXER_ENRICH_AGENT_SCAN_H
#define INDEXER_ENRICH_AGENT_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "indexer/enrich/agent_parse.h"
#include "indexer/enrich/agent_table.h"

struct agent_scan { /* what was found in a text; the first of each */
    struct slice text;
    const struct agent_browser *browser; /* NULL: none */
    const struct agent_system *system;
    const struct agent_class *device;
    uint32_t browser_end, system_end; /* where their patterns end in the text */
    uint32_t signs[SIGNS];            /* where they end; 0: not there */
};

/* Puts `s` into `out`, cut to what there is room for. */
void agent_put(char *out, size_t room, struct slice s);
#define AGENT_PUT(out, s) agent_put((out), sizeof(out), (s))

/* The version that begins at `at` or behind one separator there; `_` becomes `.`. False: none. */
bool agent_put_version(char *out, size_t room, struct slice text, size_t at);
#define AGENT_PUT_VERSION(out, text, at) agent_put_version((out), sizeof(out), (text), (at))

/* Sets device_name and device_class; the system is known by now. */
void agent_find_device(const struct agent_scan *scan, struct agent *out);

/* Sets name and version to what the text calls itself by its form; empty: nothing. */
void agent_find_product(struct slice text, struct agent *out);

#endif
