/*
 * plugin_load.h - shared objects of a folder, and whether they may be trusted.
 *
 * Code of the folder runs with the agent's rights. So the folder is absolute,
 * it and its files belong to root or to the agent's user, and nobody else may write to them.
 */
#ifndef SHIPPER_PARSER_PLUGIN_LOAD_H
#define SHIPPER_PARSER_PLUGIN_LOAD_H

#include "common/error.h"
#include "shipper/plugin.h"

struct plugin {
    void *object; /* of dlopen */
    const struct alpex_plugin *table;
};

/* REJECT: the folder must not be trusted, or cannot be read. */
enum status plugin_folder_check(const char *folder, struct error *err);

/* Loads `path` of a checked folder. REJECT: it is no plugin for us; err says why. */
enum status plugin_load(const char *path, struct plugin *out, struct error *err);
void plugin_unload(struct plugin *plugin); /* zeroed is fine */

#endif
