/*
 * bot_list.h - the words by which bots are known.
 *
 * configs/bots.yaml explains the form of the files. The list that comes with
 * the program is always in; the user's files add to it. Immutable once loaded:
 * threads may share it. Reading order: this, bot_list.c, bot_find.c, bot.c.
 */
#ifndef INDEXER_ENRICH_BOT_LIST_H
#define INDEXER_ENRICH_BOT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

#define BOT_NAME_MAX     64 /* bytes with their end */
#define BOT_CATEGORY_MAX 32

enum bot_pattern_kind {
    BOT_PATTERN_NAME,   /* of `bots` */
    BOT_PATTERN_WORD,   /* of `words` */
    BOT_PATTERN_PEOPLE, /* of `people` */
    BOT_PATTERN_DEVICE, /* of `devices` */
};

struct bot_pattern {
    const char *name; /* of `bots`, else "" */
    const char *category;
    enum bot_pattern_kind kind;
    bool is_bare;    /* of `bare`: counts only where no device is named */
    bool steps_back; /* behind the names of those who use what it names */
    bool is_word;    /* letters and digits only: the word that it stands in is a name */
};

struct bot_list {
    struct arena arena;
    struct bot_pattern *patterns; /* by their number in `literals` */
    size_t pattern_count, name_count;
    struct literals *literals;
};

/*
 * Loads the program's own list and `files`. REJECT: a file cannot be read or
 * has problems; err has the first, with file, line and key. FATAL: no memory.
 */
enum status bot_list_open(char *const *files, size_t count, struct bot_list **out,
                          struct error *err);
void bot_list_close(struct bot_list *list); /* NULL is fine */

struct bot {                 /* what a user agent is */
    bool is_bot;             /* false: the rest is not set */
    bool is_named;           /* by an entry of the list; false: by what else gave it away */
    char name[BOT_NAME_MAX]; /* may be empty: it does not say */
    char category[BOT_CATEGORY_MAX];
    char version[32]; /* of a named one; may be empty */
};

void bot_list_find(const struct bot_list *list, struct slice agent, struct bot *out);

#endif
