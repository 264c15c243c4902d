/*
 * dlq.c - `indexer dlq`: which letters are meant.
 */
#include "indexer/command/dlq.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/options.h"
#include "common/query_command.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/batch.h"
#include "indexer/config.h"

#define ARENA_BLOCK (64u << 10)
#define RECORD_MAX  (512u << 20)

struct dlq_action {
    const char *name;
    int (*run)(const struct indexer_config *config, struct dlq_choice *choice);
    bool names_letters;     /* needs places or ids */
    const char *options[8]; /* of those that not all have */
};

static const struct dlq_action actions[] = {
    {"list", dlq_list, false, {"state", "summary", "limit"}},
    {"show", dlq_show, true, {"state"}},
    {"redrive", dlq_redrive, false, {"limit", "rate", "dry-run", "note"}},
    {"discard", dlq_discard, false, {"limit", "dry-run", "note", "yes"}},
};

void dlq_actions(void (*each)(void *arg, const char *name, const char *about), void *arg)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        each(arg, actions[i].name, "");
}

void dlq_reasons(void (*each)(void *arg, const char *name, const char *about), void *arg)
{
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
        each(arg, reason_names[i], "");
}

void dlq_states(void (*each)(void *arg, const char *name, const char *about), void *arg)
{
    for (int i = 0; i < LETTER_STATES; i++)
        each(arg, letter_state_names[i], "");
    each(arg, "all", "");
}

static bool takes(const struct dlq_action *action, const char *option)
{
    for (size_t i = 0; i < ARRAY_LEN(action->options) && action->options[i]; i++)
        if (strcmp(action->options[i], option) == 0)
            return true;
    return false;
}

/* An option that has no effect is a misunderstanding. */
static enum status check_options(const struct dlq_action *action,
                                 const struct dlq_arguments *arguments, struct error *err)
{
    const struct {
        const char *name;
        bool given;
    } rows[] = {
        {"state", arguments->state},      {"summary", arguments->summary},
        {"limit", arguments->limit >= 0}, {"rate", arguments->rate >= 0},
        {"dry-run", arguments->dry_run},  {"note", arguments->note},
        {"yes", arguments->yes},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].given && !takes(action, rows[i].name))
            return error_set(err, REJECT, "--%s has no meaning with '%s'", rows[i].name,
                             action->name);
    if (action->names_letters && !arguments->words[1])
        return error_set(err, REJECT, "%s which letter? Name it PARTITION:OFFSET, or by its id",
                         action->name);
    return OK;
}

static enum status read_states(struct dlq_choice *choice, const char *text, struct error *err)
{
    bool all = text && strcmp(text, "all") == 0, found = all;

    for (int i = 0; i < LETTER_STATES; i++) {
        choice->states[i] =
            all || (text ? strcmp(text, letter_state_names[i]) == 0 : i == LETTER_OPEN);
        found |= choice->states[i];
    }
    return found ? OK
                 : error_set(err, REJECT,
                             "--state '%.40s': expected open, redriven, discarded or all", text);
}

static enum status check_reason(const char *reason, struct error *err)
{
    scoped_buf struct buf names = BUF_INIT(1024);

    if (!reason)
        return OK;
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        if (strcmp(reason, reason_names[i]) == 0)
            return OK;
        buf_addf(&names, "%s%s", names.len ? ", " : "", reason_names[i]);
    }
    return error_set(err, REJECT, "--reason '%.40s': expected one of %s", reason, buf_str(&names));
}

static enum status open_query(struct dlq_choice *choice, const char *text,
                              const struct query_context *context, struct error *err)
{
    struct query *query;
    const struct query *queries[1];

    if (!text)
        return OK;
    err->text[0] = '\0';
    if (!query_command_parse(&choice->kept, text, context, &query))
        return err->status = REJECT;
    queries[0] = query;
    return query_program_open(queries, 1, &choice->program, err);
}

enum status dlq_choice_open(struct dlq_choice *choice, const struct dlq_arguments *arguments,
                            struct error *err)
{
    struct query_context context = query_command_context();

    *choice = (struct dlq_choice){.arguments = arguments, .record_offset = -1};
    arena_init(&choice->kept, ARENA_BLOCK, QUERY_ARENA_BYTES);
    arena_init(&choice->scratch, ARENA_BLOCK, RECORD_MAX);
    record_init(&choice->record, &choice->scratch);
    if (read_states(choice, arguments->state, err) || check_reason(arguments->reason, err))
        return err->status;
    if (query_command_range(arguments->from, arguments->to, &context, &choice->from_ms,
                            &choice->to_ms, err))
        return err->status;
    return open_query(choice, arguments->query, &context, err);
}

void dlq_choice_close(struct dlq_choice *choice)
{
    query_program_close(choice->program);
    arena_release(&choice->kept);
    arena_release(&choice->scratch);
}

struct record *dlq_record(struct dlq_choice *choice, const struct letter *letter)
{
    struct record *record = &choice->record;
    struct error err;

    if (choice->record_partition == letter->partition && choice->record_offset == letter->offset)
        return record;
    choice->record_partition = letter->partition;
    choice->record_offset = letter->offset;
    record_clear(record);
    arena_clear(&choice->scratch);
    if (record_decode(record, letter->value, &err) == OK)
        return record;
    record_clear(record);
    record_set_text(record, FIELD_MESSAGE, letter->value);
    record_set_text(record, FIELD_EVENT_ORIGINAL, letter->value);
    record_set_json(record, FIELD_TAGS, SLICE("[\"_decodefailure\"]"));
    return record;
}

struct slice dlq_dataset(struct dlq_choice *choice, const struct letter *letter)
{
    struct slice dataset;

    return record_text(dlq_record(choice, letter), FIELD_EVENT_DATASET, &dataset) ? dataset
                                                                                  : SLICE("");
}

static bool is_named(char **words, const struct letter *letter)
{
    char place[48];

    if (!*words)
        return true;
    snprintf(place, sizeof(place), "%" PRId32 ":%" PRId64, letter->partition, letter->offset);
    for (; *words; words++)
        if (strcmp(*words, place) == 0 || slice_is(letter->id, *words))
            return true;
    return false;
}

bool dlq_choice_has(struct dlq_choice *choice, const struct letter *letter)
{
    const struct dlq_arguments *arguments = choice->arguments;

    if (letter->repeated || !choice->states[letter->state] || letter->last_ms < choice->from_ms ||
        letter->last_ms > choice->to_ms || !is_named(arguments->words + 1, letter))
        return false;
    if (arguments->reason && !slice_is(letter->reason, arguments->reason))
        return false;
    return !choice->program || query_program_match(choice->program, dlq_record(choice, letter));
}

int dlq_end(const struct indexer_config *config, enum status status, const struct error *err)
{
    if (status == OK)
        return EXIT_DONE;
    if (status == DONE) {
        fprintf(stderr, "there is no topic '%s', so there are no dead letters\n",
                config->kafka.dlq_topic);
        return EXIT_DONE;
    }
    fprintf(stderr, "indexer dlq: %s\n", err->text);
    return EXIT_FAILED;
}

static const struct dlq_action *find_action(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

int dlq_letters(const struct indexer_config *config, const struct dlq_arguments *arguments)
{
    const struct dlq_action *action = find_action(arguments->words[0]);
    struct dlq_choice choice;
    struct error err = {0};
    int code = EXIT_USAGE;
    enum status status;

    if (!action) {
        fprintf(stderr, "indexer dlq: %s%.40s%s; expected list, show, redrive or discard\n",
                arguments->words[0] ? "unknown action '" : "what is to be done?",
                arguments->words[0] ? arguments->words[0] : "", arguments->words[0] ? "'" : "");
        return EXIT_USAGE;
    }
    if (check_options(action, arguments, &err)) {
        fprintf(stderr, "indexer dlq: %s\n", err.text);
        return EXIT_USAGE;
    }
    status = dlq_choice_open(&choice, arguments, &err);
    if (status == OK)
        code = action->run(config, &choice);
    else if (err.text[0])
        fprintf(stderr, "indexer dlq: %s\n", err.text);
    dlq_choice_close(&choice);
    return status == FATAL ? EXIT_FAILED : code;
}
