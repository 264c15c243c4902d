/*
 * program.h - queries compiled to run on records in memory.
 *
 * A program holds many queries as one flat list of steps. Conditions that they
 * share are one test, and a test runs at most once a record, only when a
 * result depends on it. Running allocates nothing once the longest record has
 * been seen. A program belongs to one thread; it keeps nothing of the queries.
 */
#ifndef COMMON_QUERY_PROGRAM_H
#define COMMON_QUERY_PROGRAM_H

#include "common/query.h"

struct query_program;

/* FATAL: no memory. The caller closes *out. */
enum status query_program_open(const struct query *const *queries, size_t count,
                               struct query_program **out, struct error *err);

void query_program_close(struct query_program *program); /* NULL is fine */

/* Sets bit i of `hits`, (count + 63) / 64 words, for each query i that holds; clears the others. */
void query_program_run(struct query_program *program, const struct record *record, uint64_t *hits);

/* Of a program with one query: does it hold? */
bool query_program_match(struct query_program *program, const struct record *record);

/* Distinct conditions. */
size_t query_program_tests(const struct query_program *program);

#endif
