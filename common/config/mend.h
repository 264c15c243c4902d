/*
 * mend.h - a tree with problems made loadable, so that the program's own
 * checks can look at the rest of it.
 */
#ifndef COMMON_CONFIG_MEND_H
#define COMMON_CONFIG_MEND_H

#include "common/config/document.h"

/*
 * Replaces what is broken in mapping `root` by what `defaults` has in its
 * place, or takes it out. Tables whose own checks are to see the rest of a
 * list's element make its keys optional, and check for the needed ones.
 */
void config_mend(struct config_node *root, const struct config_node *defaults);

#endif
