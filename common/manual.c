/*
 * manual.c - `PROGRAM help`.
 */
#include "common/manual.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/embed.h"
#include "common/markup.h"
#include "common/options.h"

EMBED(query_tutorial, "deploy/man/alpex-query.md");

#define OUTPUT_MAX (4u << 20)
#define NAME_LEN   64

#define COMMANDS_MARK "<!-- commands -->"

static void write_option(const struct option_row *row, struct buf *out)
{
    if (row->letter)
        buf_addf(out, "**-%c**, ", row->letter);
    buf_addf(out, "**--%s**", row->name);
    if (row->value) {
        buf_add_text(out, " *");
        markup_escape(row->value, out);
        buf_add_char(out, '*');
    }
    buf_add_text(out, "\n: ");
    markup_escape(row->help, out);
    buf_add_text(out, ".\n\n");
}

/* A command's text has lines that begin with blanks: they are examples. */
static void write_text(const char *text, struct buf *out)
{
    bool example = false, indented;

    while (text && *text) {
        size_t len = strcspn(text, "\n");
        scoped_buf struct buf line = BUF_INIT(OUTPUT_MAX);

        indented = text[0] == ' ';
        buf_add_text(out, indented != example ? "\n" : "");
        example = indented;
        buf_add(&line, text, len);
        if (example)
            buf_addf(out, "  %s", buf_str(&line));
        else
            markup_escape(buf_str(&line), out);
        buf_add_char(out, '\n');
        text += len + (text[len] == '\n');
    }
}

struct writing {
    const struct program *program;
    struct buf *out;
};

/* command_taker */
static void write_command(void *arg, const struct command *command, const char *text,
                          const struct option_row *rows)
{
    struct writing *writing = arg;
    struct buf *out = writing->out;

    buf_addf(out, "### %s ", writing->program->name);
    markup_escape(command->usage, out);
    buf_add_text(out, "\n\n");
    markup_escape(command->help, out);
    buf_add_text(out, ".\n\n");
    write_text(text, out);
    buf_add_char(out, '\n');
    for (const struct option_row *row = rows; row && row->name; row++)
        write_option(row, out);
    write_option(&options_help_row, out);
}

static void write_commands(const struct program *program, struct buf *out)
{
    struct writing writing = {program, out};

    for (const struct command *command = program->commands; command->name; command++)
        command_describe(program, command, write_command, &writing);
}

static void write_program(const struct program *program, struct buf *out)
{
    const char *mark = strstr(program->manual, COMMANDS_MARK);

    if (mark) {
        buf_add(out, program->manual, (size_t)(mark - program->manual));
        write_commands(program, out);
        mark += strlen(COMMANDS_MARK);
    }
    buf_add_text(out, mark ? mark : program->manual);
}

static void write_query(const struct program *program, struct buf *out)
{
    (void)program;
    buf_add_text(out, embedded_query_tutorial);
}

const struct topic manual_topics[] = {
    {"query", "the query language, from one word on", write_query, "alpex-query", 7},
    {"config", "every key of the configuration", manual_config, "%s.yaml", 5},
    {"manual", "the whole of the program on one page", write_program, "%s", 1},
    {0},
};

static int print_topic(const struct program *program, const struct topic *topic, bool man)
{
    scoped_buf struct buf text = BUF_INIT(OUTPUT_MAX), out = BUF_INIT(OUTPUT_MAX);
    char page[NAME_LEN] = "";
    const char *sign = strstr(topic->page, "%s");

    topic->write(program, &text);
    snprintf(page, sizeof(page), "%s%s", sign ? program->name : "", sign ? sign + 2 : topic->page);
    if (man)
        markup_man(page, topic->section, buf_slice(&text), &out);
    else
        markup_text(buf_slice(&text), isatty(STDOUT_FILENO), &out);
    if (text.failed || out.failed) {
        fprintf(stderr, "%s help: out of memory\n", program->name);
        return EXIT_FAILED;
    }
    fwrite(out.data, 1, out.len, stdout);
    return EXIT_DONE;
}

static void print_topics(const struct program *program)
{
    printf("Usage: %s help TOPIC\n\nTopics:\n", program->name);
    for (const struct topic *topic = manual_topics; topic->name; topic++)
        printf("  %-12s  %s\n", topic->name, topic->about);
    printf("\nCommands, each with its options:\n");
    for (const struct command *command = program->commands; command->name; command++)
        printf("  %-12s  %s\n", command->name, command->help);
}

static int print_about(const struct program *program, const char *name, bool man)
{
    const struct command *command = command_find(program->commands, name);
    char option[] = "--help", *argv[] = {(char *)name, option, NULL};

    for (const struct topic *topic = manual_topics; topic->name; topic++)
        if (strcmp(topic->name, name) == 0)
            return print_topic(program, topic, man);
    if (command && !man)
        return command->run(program, 2, argv);
    fprintf(stderr, "%s help: there is no %s '%s'; '%s help' lists the topics\n", program->name,
            man ? "page of the manual for" : "topic", name, program->name);
    return EXIT_USAGE;
}

int manual_command(const struct program *program, int argc, char **argv)
{
    bool man = false;
    const struct option_row rows[] = {
        {"man", 0, NULL, OPTION_FLAG, &man, "print the topic as a page of the manual, for man(1)"},
        {0}};
    char **rest;
    int code;

    if (!command_begin(program, rows, NULL, argc, argv, &rest, &code))
        return code;
    if (rest[0] && rest[1]) {
        fprintf(stderr, "%s help: one topic at a time, not '%s' too\n", program->name, rest[1]);
        return EXIT_USAGE;
    }
    if (rest[0] || man)
        return print_about(program, rest[0] ? rest[0] : "manual", man);
    print_topics(program);
    return EXIT_DONE;
}
