/*
 * command.h - the commands of the indexer that are more than a screen.
 */
#ifndef INDEXER_COMMAND_H
#define INDEXER_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct indexer_config;

/* Each returns the exit code. `files` and `words` are NULL-terminated. */

int enrich_files(const struct indexer_config *config, char **files);

struct search_arguments {
    const char *query, *from, *to, *fields, *sort, *format, *top;
    int64_t limit; /* 0: no limit */
    bool count, histogram, json;
};

int search_records(const struct indexer_config *config, const struct search_arguments *arguments);

int tail_records(const struct indexer_config *config, const char *query, const char *fields,
                 const char *format);

/* Prints tree, fields and Elasticsearch DSL; needs no service. */
int explain_query(const char *query, bool json);

#endif
