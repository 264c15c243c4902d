/*
 * complete_command.h - `PROGRAM complete LINE`: what may come at the end of a
 * command line, for the scripts of deploy/completion.
 *
 * LINE is the command line up to the cursor, as typed. The first line of the
 * answer has the word under the cursor as it was typed, a tab, and "files" (names
 * of files may come), "quoted" (a quote is open) or nothing. Each other line is
 * a candidate: the whole word anew in the shell's quotes, a tab, the part that is
 * new (for lists), a tab, what it is (may be empty).
 */
#ifndef COMMON_COMPLETE_COMMAND_H
#define COMMON_COMPLETE_COMMAND_H

#include "common/command.h"

int complete_command(const struct program *program, int argc, char **argv);

#endif
