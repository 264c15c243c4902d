/*
 * auto.c - `auto`: what a line is, is found out line by line.
 *
 * Candidates stand in order of how specific they are; `text` is the last one and takes everything.
 * Every line gives its record at once: the first candidate whose sign it has
 * (auto_sign.h) and whose parser takes it says what it is. What it was is
 * remembered by the stream and asked first the next time, so that a log of one format costs one
 * parser a line; a format that takes nearly everything is never asked first.
 *
 * A line that has the sign of what its stream is, and that this format's parser
 * refuses all the same, is broken: it is a failure, unless another format takes it.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/auto_sign.h"

static const struct candidate {
    const char *format;
    auto_sign *sign;
    bool is_first; /* may be asked first: takes nothing that another one would take better */
} candidates[] = {
    {"w3c", sign_w3c, true},
    {"csv", sign_csv, true},
    {"tsv", sign_tsv, true},
    {"logstash", sign_logstash, true},
    {"json", sign_json, false},
    {"cef", sign_cef, true},
    {"xml", sign_xml, true},
    {"haproxy", sign_haproxy, true},
    {"apache-error", sign_apache_error, true},
    {"nginx-error", sign_nginx_error, true},
    {"syslog", sign_syslog_pri, false},
    {"syslog", sign_syslog_file, false},
    {"nginx-combined", sign_nginx_access, true},
    {"apache-access", sign_access, true},
    {"logfmt", sign_logfmt, false},
    {"text", sign_text, false},
};

#define TEXT (ARRAY_LEN(candidates) - 1)

struct automatic {
    struct parser base;
    char *timezone;                                /* NULL: UTC */
    struct parser *parsers[ARRAY_LEN(candidates)]; /* opened when the first line needs them */
};

static void auto_close(struct parser *parser)
{
    struct automatic *self = (struct automatic *)parser;

    if (!self)
        return;
    for (size_t i = 0; i < ARRAY_LEN(candidates); i++)
        parser_close(self->parsers[i]);
    free(self->timezone);
    free(self);
}

static struct parser *open_candidate(struct automatic *self, size_t i, struct error *err)
{
    const struct parser_options options = {.timezone = self->timezone};

    if (!self->parsers[i] && parser_open(candidates[i].format, &options, &self->parsers[i], err))
        self->parsers[i] = NULL;
    return self->parsers[i];
}

static enum status auto_compile(const char *name, const char *argument,
                                const struct parser_options *options, struct parser **out,
                                struct error *err)
{
    struct automatic *self = calloc(1, sizeof(*self));
    struct error why;

    (void)name;
    (void)argument;
    if (!self)
        return error_set(err, FATAL, "out of memory");
    if (options->timezone)
        self->timezone = strdup(options->timezone);
    if (options->timezone && !self->timezone)
        error_set(&why, FATAL, "out of memory");
    else if (open_candidate(self, TEXT, &why)) { /* the others take the same options */
        *out = &self->base;
        return OK;
    }
    auto_close(&self->base);
    return error_set(err, why.status, "%s", why.text);
}

/* A heading promised other columns: only if it is nothing else. */
static bool has_other_columns(struct record *record)
{
    struct slice tags = {NULL, 0};

    if (record_has(record, FIELD_TAGS) && record->values[FIELD_TAGS].kind == VALUE_JSON)
        tags = record->values[FIELD_TAGS].text;
    return tags.len && memmem(tags.data, tags.len, "\"_columnmismatch\"", 17);
}

/* NULL: the line is of this candidate, and its record is complete. `certain`: it is of no other. */
static const char *try_candidate(struct automatic *self, size_t i, bool certain, struct slice line,
                                 struct parser_memory *memory, struct record *record)
{
    struct parser *parser = open_candidate(self, i, NULL);
    const struct slice heading = memory->heading;
    const char *problem = "out of memory";

    if (parser)
        problem = parser->type->parse(parser, line, memory, record);
    if (!problem && !certain && has_other_columns(record))
        problem = "the line has other columns than its heading";
    if (!problem) {
        memory->choice = (unsigned)i + 1;
        if (!memory->no_record)
            record_set_text(record, FIELD_EVENT_DATASET, slice_of(parser->format->dataset));
        return NULL;
    }
    record_clear(record);
    memory->heading = heading;
    memory->no_record = false;
    return problem;
}

static const char *auto_parse(struct parser *parser, struct slice line,
                              struct parser_memory *memory, struct record *record)
{
    struct automatic *self = (struct automatic *)parser;
    const size_t last = memory->choice ? memory->choice - 1 : TEXT;
    const bool is_like_last = last != TEXT && candidates[last].sign(line, memory);
    const char *problem = NULL;

    if (is_like_last && candidates[last].is_first) {
        problem = try_candidate(self, last, false, line, memory, record);
        if (!problem)
            return NULL;
    }
    for (size_t i = 0; i < TEXT; i++) {
        const char *why;

        if ((i == last && problem) || !candidates[i].sign(line, memory))
            continue;
        why = try_candidate(self, i, false, line, memory, record);
        if (!why)
            return NULL;
        if (i == last)
            problem = why;
    }
    if (problem) /* it has the sign of what its stream is */
        return try_candidate(self, last, true, line, memory, record);
    problem = try_candidate(self, TEXT, true, line, memory, record);
    if (last != TEXT) /* text among other lines changes nothing */
        memory->choice = (unsigned)last + 1;
    return problem;
}

static const struct parser_format formats[] = {
    {"auto", NULL, "found out line by line: all of these but those with an argument"},
    {0},
};

const struct parser_type parser_auto = {
    .formats = formats,
    .compile = auto_compile,
    .parse = auto_parse,
    .close = auto_close,
};
