/*
 * manual.h - `PROGRAM help`: topics for the terminal, and the pages of the
 * manual, from the same tables and texts.
 *
 * A program's page is the Markdown that it carries (deploy/man), with its
 * commands and their options where that says `<!-- commands -->`. The page of
 * the configuration is the schema's keys with the comments of the default document.
 */
#ifndef COMMON_MANUAL_H
#define COMMON_MANUAL_H

#include "common/buf.h"
#include "common/command.h"

struct topic {
    const char *name; /* `help NAME` */
    const char *about;
    void (*write)(const struct program *program, struct buf *out); /* Markdown */
    const char *page; /* of the manual: "alpex-query"; "%s" is the program's name */
    int section;
};

extern const struct topic manual_topics[]; /* ends with a NULL name */

int manual_command(const struct program *program, int argc, char **argv);

/* Adds the page of the configuration's keys. */
void manual_config(const struct program *program, struct buf *out);

#endif
