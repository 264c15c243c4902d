/*
 * library.h - the definitions behind grok's %{NAME}.
 *
 * Those of configs/grok are part of the program; *.grok files of a folder add
 * to them and replace those of the same name. A file has a definition a line:
 * its name, blanks, and a regular expression up to the line's end, which may
 * refer to others. Lines that begin with # are comments. There can be 5,000 in all.
 */
#ifndef SHIPPER_GROK_LIBRARY_H
#define SHIPPER_GROK_LIBRARY_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"

struct grok_library;

/*
 * `folder` may be NULL or "". The caller closes *out. REJECT: the folder or a
 * file cannot be read, a line is no definition, or one too many; err says which.
 */
enum status grok_library_open(const char *folder, struct grok_library **out, struct error *err);
void grok_library_close(struct grok_library *library); /* NULL is fine */

/*
 * Adds the definitions of `text`; later ones replace earlier ones. `origin` is for messages.
 * REJECT: a line is no definition, or one too many.
 */
enum status grok_library_add(struct grok_library *library, struct slice text, const char *origin,
                             struct error *err);

/* False: no such name. *definition lives as long as the library. */
bool grok_library_find(const struct grok_library *library, struct slice name,
                       struct slice *definition);

/* The name that was probably meant, or NULL. */
const char *grok_library_suggest(const struct grok_library *library, const char *wrong);

/* Calls `each` for every definition, in order of their names. */
void grok_library_each(const struct grok_library *library,
                       void (*each)(void *arg, struct slice name, struct slice definition),
                       void *arg);

#endif
