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

struct option_list;

struct replay_arguments {
    const char *topic, *from, *to, *query, *event_from, *event_to;
    const char *sink, *index_prefix, *resume_file, *rejects;
    const struct option_list *partitions;
    int64_t rate; /* -1: no limit */
    bool enrich, no_enrich, accept_old, resume, dry_run, json;
};

int replay_records(const struct indexer_config *config, const struct replay_arguments *arguments);

struct dlq_arguments {
    char **words; /* list, show, redrive or discard; then places or ids */
    const char *reason, *from, *to, *query, *state, *note;
    int64_t limit, rate; /* -1: none */
    bool summary, dry_run, yes, json;
};

int dlq_letters(const struct indexer_config *config, const struct dlq_arguments *arguments);

struct audit_arguments {
    const char *from, *to, *host, *file, *wait;
    bool verbose, json;
};

int audit_records(const struct indexer_config *config, const struct audit_arguments *arguments);

/* Call `each` with the names of actions, reasons and states, for completion. */
void dlq_actions(void (*each)(void *arg, const char *name, const char *about), void *arg);
void dlq_reasons(void (*each)(void *arg, const char *name, const char *about), void *arg);
void dlq_states(void (*each)(void *arg, const char *name, const char *about), void *arg);

/* What is there, what would go when. Changes nothing. */
int retention_show(const struct indexer_config *config, bool json);

/* Hands out the names of the tasks, for completion. */
void retention_tasks(void (*each)(void *arg, const char *name, const char *about), void *arg);

/* Does now what is due; `dry_run` only tells. Without `yes` it asks, which takes a terminal. */
int retention_run_now(const struct indexer_config *config, bool dry_run, bool yes, bool json);

/* Prints tree, fields and Elasticsearch DSL; needs no service. */
int explain_query(const char *query, bool json);

#endif
