/*
 * query_config.h - queries in configuration files.
 */
#ifndef COMMON_QUERY_CONFIG_H
#define COMMON_QUERY_CONFIG_H

struct config;

/*
 * Adds a problem at `key` unless `text` is a query that may stand in a rule; each mistake is shown
 * in its place below the text, as on the command line.
 */
void query_config_check(struct config *config, const char *key, const char *text);

#endif
