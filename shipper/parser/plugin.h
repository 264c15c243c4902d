/*
 * plugin.h - formats of shared objects (shipper/plugin.h) in a folder.
 */
#ifndef SHIPPER_PARSER_PLUGIN_H
#define SHIPPER_PARSER_PLUGIN_H

#include "shipper/parser/parser.h"

/*
 * Opens `format`, perhaps with an argument behind a colon, of options->plugins_dir. RETRY: no
 * plugin has it, which leaves err alone. REJECT: the folder or an object in it is not to be
 * trusted, or the plugin refuses the argument.
 */
enum status plugin_open(const char *format, const struct parser_options *options,
                        struct parser **out, struct error *err);

/* Loads each object of the folder once; `each` gets every problem as a line. */
enum status plugin_check_folder(const char *folder, void (*each)(void *arg, const char *problem),
                                void *arg, struct error *err);

/* Calls `each` for the formats of all objects that can be loaded. */
enum status plugin_formats(const char *folder,
                           void (*each)(void *arg, const struct parser_format *format), void *arg,
                           struct error *err);

#endif
