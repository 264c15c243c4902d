/*
 * completion.c - what may come at the end of a command line.
 *
 * The words are read as options_parse reads them; what a word may be is told
 * by the name of its value in the tables: FILE, QUERY, FIELD, …
 */
#include "common/completion.h"

#include <stdio.h>
#include <string.h>

#include "common/command.h"
#include "common/config_keys.h"
#include "common/manual.h"
#include "common/options.h"
#include "common/query/complete.h"
#include "common/query/fields.h"
#include "common/query_command.h"

#define TEXT_MAX (64u << 10)

struct completer {
    const struct program *program;
    const struct slice *words; /* behind the command's name; the last is under way */
    size_t count;
    const struct command *command;
    completion_taker *take;
    void *arg;
    struct slice part; /* what has been typed of the last word, from out.from on */
    struct completion out;
};

static bool begins_with(struct slice text, struct slice part)
{
    return text.len >= part.len && memcmp(text.data, part.data, part.len) == 0;
}

static void offer(struct completer *completer, struct slice text, const char *about)
{
    if (begins_with(text, completer->part))
        completer->take(completer->arg, text, about);
}

/* The part begins `len` bytes further on. */
static void go_on(struct completer *completer, size_t len)
{
    completer->out.from += len;
    completer->part.data += len;
    completer->part.len -= len;
}

static void offer_value(void *arg, const char *value, const char *about)
{
    offer(arg, slice_of(value), about);
}

/* There are many names: those with dots are offered once something has been typed. */
static bool is_usual(const struct completer *completer, struct slice name)
{
    return completer->part.len > 0 || !memchr(name.data, '.', name.len);
}

static void offer_field(void *arg, enum record_field field, struct slice name)
{
    if (is_usual(arg, name))
        offer(arg, name,
              slice_is(name, record_fields[field].name) ? "" : record_fields[field].name);
}

static void offer_fields(struct completer *completer)
{
    static const struct query_context everything;

    field_each_name(&everything, offer_field, completer);
}

/* The part behind the last comma is under way. */
static void offer_field_list(struct completer *completer)
{
    const char *comma = memrchr(completer->part.data, ',', completer->part.len);

    if (comma)
        go_on(completer, (size_t)(comma + 1 - completer->part.data));
    offer_fields(completer);
}

static void offer_times(struct completer *completer)
{
    static const char *const times[][2] = {
        {"now-15m", "a quarter of an hour ago"},
        {"now-1h", "an hour ago"},
        {"now-24h", "a day ago"},
        {"now-7d", "a week ago"},
        {"now/d", "today"},
        {"now-1d/d", "yesterday"},
    };

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        offer_value(completer, times[i][0], times[i][1]);
}

static void offer_of_query(void *user, enum completion_kind kind, struct slice text,
                           const char *about)
{
    struct completer *completer = user;
    scoped_buf struct buf name = BUF_INIT(TEXT_MAX);

    if (kind == COMPLETION_FIELD && !is_usual(completer, text))
        return;
    buf_add_slice(&name, text);
    if (kind == COMPLETION_FIELD)
        buf_add_char(&name, ':');
    completer->take(completer->arg, buf_slice(&name), about);
}

static void drop(void *user, enum completion_kind kind, struct slice text, const char *about)
{
    (void)user;
    (void)kind;
    (void)text;
    (void)about;
}

static void offer_query(struct completer *completer, struct slice before)
{
    struct query_context context = query_command_context();
    scoped_buf struct buf text = BUF_INIT(TEXT_MAX);
    struct query_completion found;

    buf_add_slice(&text, before);
    buf_add_slice(&text, completer->part);
    if (text.failed)
        return;
    found = query_complete(buf_slice(&text), text.len, &context, drop, NULL);
    if (found.from < before.len)
        return; /* what is under way began in an earlier word */
    go_on(completer, found.from - before.len);
    query_complete(buf_slice(&text), text.len, &context, offer_of_query, completer);
}

static const struct value_source *source_of(const struct program *program, const char *name)
{
    for (const struct value_source *source = program->values; source && source->name; source++)
        if (strcmp(source->name, name) == 0)
            return source;
    return NULL;
}

static void offer_choice(void *arg, const char *value)
{
    offer_value(arg, value, "");
}

static void offer_key(void *arg, const struct config_key *key)
{
    struct completer *completer = arg;
    scoped_buf struct buf name = BUF_INIT(TEXT_MAX);

    buf_addf(&name, "%s=", key->path);
    offer(completer, buf_slice(&name), key->type);
}

struct key_search {
    struct completer *completer;
    struct slice path;
};

/* The values of the one key that has been typed. */
static void offer_values_of_key(void *arg, const struct config_key *key)
{
    struct key_search *search = arg;
    struct completer *completer = search->completer;
    const struct value_source *source;
    const char *dot;

    if (!slice_is(search->path, key->path))
        return;
    config_key_choices(key, offer_choice, completer);
    dot = strrchr(key->path, '.');
    source = source_of(completer->program, dot ? dot + 1 : key->path);
    if (source)
        source->each(offer_value, completer);
    completer->out.files |= strstr(key->path, "_file") || strstr(key->path, "_dir") ||
                            strncmp(key->path, "geoip.", 6) == 0;
}

static void offer_setting(struct completer *completer)
{
    struct key_search search = {completer, completer->part};
    const char *sign = memchr(completer->part.data, '=', completer->part.len);

    if (!sign) {
        config_each_key(completer->program->schema, offer_key, completer);
        return;
    }
    search.path.len = (size_t)(sign - completer->part.data);
    go_on(completer, search.path.len + 1);
    config_each_key(completer->program->schema, offer_values_of_key, &search);
}

/* An option that is called as a key of the configuration takes the same values. */
static void offer_choices_of_namesake(void *arg, const struct config_key *key)
{
    struct key_search *search = arg;
    const char *dot = strrchr(key->path, '.');

    if (key->value->type == CYAML_ENUM && slice_is(search->path, dot ? dot + 1 : key->path))
        config_key_choices(key, offer_choice, search->completer);
}

static void offer_topics(struct completer *completer)
{
    const struct program *program = completer->program;

    for (const struct topic *topic = manual_topics; topic->name; topic++)
        offer_value(completer, topic->name, topic->about);
    for (const struct command *command = program->commands; command->name; command++)
        offer_value(completer, command->name, command->help);
}

/* What a value of this name in the tables may be. `before`: of a query, what precedes the word. */
static void offer_named(struct completer *completer, const char *value, const char *option,
                        struct slice before)
{
    struct key_search namesake = {completer, slice_of(option)};
    const struct value_source *source;

    if (strcmp(value, "NAME") == 0)
        value = option;
    source = source_of(completer->program, value);
    if (source)
        source->each(offer_value, completer);
    else if (strncmp(value, "FILE", 4) == 0 || strcmp(value, "FOLDER") == 0)
        completer->out.files = true;
    else if (strcmp(value, "QUERY") == 0)
        offer_query(completer, before);
    else if (strncmp(value, "FIELD", 5) == 0)
        offer_fields(completer);
    else if (strncmp(value, "A,B", 3) == 0)
        offer_field_list(completer);
    else if (strcmp(value, "TIME") == 0)
        offer_times(completer);
    else if (strcmp(value, "KEY=VALUE") == 0)
        offer_setting(completer);
    else if (strcmp(value, "TOPIC") == 0)
        offer_topics(completer);
    else if (option[0])
        config_each_key(completer->program->schema, offer_choices_of_namesake, &namesake);
}

static void offer_option(struct completer *completer, const struct option_row *row)
{
    char text[64];

    snprintf(text, sizeof(text), "--%s", row->name);
    offer_value(completer, text, row->help);
}

static void offer_options(struct completer *completer, const struct option_row *rows)
{
    for (const struct option_row *row = rows; row && row->name; row++)
        offer_option(completer, row);
    offer_option(completer, &options_help_row);
}

/* The option whose value is the next word, or NULL. */
static const struct option_row *option_before(const struct option_row *rows, struct slice word)
{
    const struct option_row *row = NULL;

    if (word.len > 2 && word.data[0] == '-' && word.data[1] == '-')
        row = options_find(rows, word.data + 2, word.len - 2);
    else if (word.len > 1 && word.data[0] == '-')
        for (size_t i = 1; i < word.len; i++) {
            row = options_find_letter(rows, word.data[i]);
            if (!row || (option_takes_value(row) && i + 1 < word.len))
                return NULL;
        }
    return row && option_takes_value(row) ? row : NULL;
}

/* The name of the command's arguments: of "search [QUERY]" it is QUERY. */
static void argument_name(const struct command *command, char *name, size_t size)
{
    const char *p = strchr(command->usage, ' ');
    size_t len;

    p = p ? p + 1 + strspn(p + 1, " [") : "";
    len = strcspn(p, "] .");
    snprintf(name, size, "%.*s", (int)len, p);
}

static void offer_argument(struct completer *completer, struct slice before)
{
    char name[32];

    argument_name(completer->command, name, sizeof(name));
    offer_named(completer, name, "", before);
}

/* command_taker */
static void complete_command_line(void *arg, const struct command *command, const char *text,
                                  const struct option_row *rows)
{
    struct completer *completer = arg;
    scoped_buf struct buf before = BUF_INIT(TEXT_MAX);
    const struct option_row *row = NULL;
    bool options = true; /* "--" ends them */
    struct slice word;
    const char *sign;

    (void)command;
    (void)text;
    for (size_t i = 0; i + 1 < completer->count; i++) {
        word = completer->words[i];
        if (row)
            row = NULL; /* the word is its value */
        else if (options && slice_is(word, "--"))
            options = false;
        else if (options && word.len > 1 && word.data[0] == '-')
            row = option_before(rows, word);
        else
            buf_addf(&before, "%.*s ", SLICE_FMT(word));
    }
    word = completer->part;
    sign = memchr(word.data, '=', word.len);
    if (row) {
        offer_named(completer, row->value, row->name, SLICE(""));
    } else if (!options || word.len == 0 || word.data[0] != '-') {
        offer_argument(completer, buf_slice(&before));
    } else if (!sign || !begins_with(word, SLICE("--"))) {
        offer_options(completer, rows);
    } else if ((row = options_find(rows, word.data + 2, (size_t)(sign - word.data) - 2)) &&
               option_takes_value(row)) {
        go_on(completer, (size_t)(sign + 1 - word.data));
        offer_named(completer, row->value, row->name, SLICE(""));
    }
}

static void offer_commands(struct completer *completer)
{
    const struct command *command;

    for (command = completer->program->commands; command->name; command++)
        offer_value(completer, command->name, command->help);
    if (completer->part.len == 0)
        return;
    offer_value(completer, "--help", "print the list of commands");
    offer_value(completer, "--version", "print the version");
}

struct completion complete_words(const struct program *program, const struct slice *words,
                                 size_t count, completion_taker *take, void *arg)
{
    struct completer completer = {
        .program = program, .take = take, .arg = arg, .part = words[count - 1]};

    for (size_t i = 1; i + 1 < count && !completer.command; i++) {
        completer.command = command_find(program->commands, words[i].data);
        completer.words = words + i + 1;
        completer.count = count - i - 1;
    }
    if (completer.command)
        command_describe(program, completer.command, complete_command_line, &completer);
    else
        offer_commands(&completer);
    return completer.out;
}
