/*
 * custom.h - formats of users: a YAML file each in formats_dir (configs/formats/README.md).
 */
#ifndef SHIPPER_PARSER_CUSTOM_H
#define SHIPPER_PARSER_CUSTOM_H

#include "shipper/parser/parser.h"

/*
 * Opens the format called `name` of options->formats_dir. RETRY: there is no such
 * file, which leaves err alone. REJECT: it is wrong; err has as many of its problems as fit.
 */
enum status custom_open(const char *name, const struct parser_options *options, struct parser **out,
                        struct error *err);

/*
 * Looks at all formats of a folder. `each` gets every problem as a line. REJECT: the folder
 * cannot be read.
 */
enum status custom_check_folder(const char *folder, void (*each)(void *arg, const char *problem),
                                void *arg, struct error *err);

/* Calls `each` for every format of the folder that is right. */
enum status custom_formats(const char *folder,
                           void (*each)(void *arg, const struct parser_format *format), void *arg,
                           struct error *err);

#endif
