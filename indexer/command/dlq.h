/*
 * dlq.h - private to `indexer dlq`: which letters are meant, and the four things done with them.
 */
#ifndef INDEXER_COMMAND_DLQ_H
#define INDEXER_COMMAND_DLQ_H

#include <stdbool.h>

#include "common/query/program.h"
#include "indexer/command/command.h"
#include "indexer/deadletter/read.h"

/* Which letters are meant. */
struct dlq_choice {
    const struct dlq_arguments *arguments;
    bool states[LETTER_STATES];
    int64_t from_ms, to_ms;
    struct query_program *program; /* NULL: no query */
    struct arena kept, scratch;
    struct record record; /* of the letter that was looked at last */
    int32_t record_partition;
    int64_t record_offset; /* -1: there was none */
};

/* REJECT: an option is wrong; err says which, unless the query's errors are on stderr already. */
enum status dlq_choice_open(struct dlq_choice *choice, const struct dlq_arguments *arguments,
                            struct error *err);
void dlq_choice_close(struct dlq_choice *choice);

/* Is the letter meant? A repeated one never is. */
bool dlq_choice_has(struct dlq_choice *choice, const struct letter *letter);

/*
 * The letter's record, as it came; one that is none is text, tagged _decodefailure. Until the next
 * letter.
 */
struct record *dlq_record(struct dlq_choice *choice, const struct letter *letter);

/* Its dataset, "" without one. */
struct slice dlq_dataset(struct dlq_choice *choice, const struct letter *letter);

/* The letter as a JSON object, `with_record` or without. Without memory `out` has failed. */
void dlq_letter_json(struct dlq_choice *choice, const struct letter *letter, bool with_record,
                     struct buf *out);

/* Valid JSON with its members on lines of their own; no byte of a value changes. */
void dlq_indent(struct slice json, struct buf *out);

/* RFC 3339, at most TIMESTAMP_TEXT_MAX bytes and a NUL; "" for what is no time. */
void dlq_time_text(int64_t ms, char *out);

/* Each returns the exit code; what failed has been said. */
int dlq_list(const struct indexer_config *config, struct dlq_choice *choice);
int dlq_show(const struct indexer_config *config, struct dlq_choice *choice);
int dlq_redrive(const struct indexer_config *config, struct dlq_choice *choice);
int dlq_discard(const struct indexer_config *config, struct dlq_choice *choice);

/* What reading the letters came to, as an exit code. */
int dlq_end(const struct indexer_config *config, enum status status, const struct error *err);

#endif
