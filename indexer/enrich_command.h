/*
 * enrich_command.h - `indexer enrich`: NDJSON in, enriched NDJSON out.
 */
#ifndef INDEXER_ENRICH_COMMAND_H
#define INDEXER_ENRICH_COMMAND_H

struct indexer_config;

/* Reads `files` (NULL-terminated; none: standard input). Returns the exit code. */
int enrich_files(const struct indexer_config *config, char **files);

#endif
