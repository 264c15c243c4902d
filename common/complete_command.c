/*
 * complete_command.c - `PROGRAM complete LINE`.
 */
#include "common/complete_command.h"

#include <stdio.h>

#include "common/completion.h"
#include "common/options.h"
#include "common/shell_line.h"

#define ARENA_BYTES (2u << 20)
#define OUTPUT_MAX  (4u << 20)

struct candidate {
    struct slice text, about;
};

struct answer {
    struct arena arena;
    struct shell_line line;
    struct candidate *candidates;
    size_t count, room;
};

/* Collected first: where they begin is known at the end only. */
static void collect(void *arg, struct slice text, const char *about)
{
    struct answer *answer = arg;
    struct candidate *more;

    if (answer->count == answer->room) {
        more = arena_alloc(&answer->arena, (2 * answer->room + 64) * sizeof(*more));
        if (!more)
            return;
        if (answer->count)
            memcpy(more, answer->candidates, answer->count * sizeof(*more));
        answer->candidates = more;
        answer->room = 2 * answer->room + 64;
    }
    answer->candidates[answer->count++] = (struct candidate){
        arena_copy(&answer->arena, text), arena_copy(&answer->arena, slice_of(about))};
}

static void print_answer(const struct answer *answer, struct slice line, struct completion found,
                         struct buf *out)
{
    const struct shell_line *read = &answer->line;
    size_t place = read->places[found.from];

    buf_addf(out, "%.*s\t%s\n", (int)(line.len - read->start), line.data + read->start,
             found.files || read->redirected                                ? "files"
             : read->quotes[read->words[read->count - 1].len] != SHELL_BARE ? "quoted"
                                                                            : "");
    for (size_t i = 0; i < answer->count && !read->redirected; i++) {
        const struct candidate *candidate = &answer->candidates[i];

        buf_add(out, line.data + read->start, place - read->start);
        shell_quote(candidate->text, read->quotes[found.from], out);
        buf_addf(out, "\t%.*s\t%.*s\n", SLICE_FMT(candidate->text), SLICE_FMT(candidate->about));
    }
}

static int complete_line(const struct program *program, struct slice line)
{
    scoped_buf struct buf out = BUF_INIT(OUTPUT_MAX);
    struct answer answer = {0};
    struct completion found;
    struct error err;
    int code = EXIT_DONE;

    arena_init(&answer.arena, 64u << 10, ARENA_BYTES);
    if (shell_line_read(&answer.arena, line, &answer.line, &err) == OK) {
        found = complete_words(program, answer.line.words, answer.line.count, collect, &answer);
        print_answer(&answer, line, found, &out);
        fwrite(out.data, 1, out.len, stdout);
    } else {
        fprintf(stderr, "%s complete: %s\n", program->name, err.text);
        code = EXIT_USAGE;
    }
    arena_release(&answer.arena);
    return code;
}

int complete_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "LINE is a command line up to the cursor, as it was typed. The first line of the answer\n"
        "has its last word, a tab, and 'files' when names of files may come, 'quoted' when a "
        "quote\n"
        "is open; each other line a candidate: the whole word anew in the shell's quotes, what of\n"
        "it is new, what it is.";
    char **rest;
    int code;

    if (!command_begin(program, NULL, help, argc, argv, &rest, &code))
        return code;
    if (!rest[0] || rest[1]) {
        fprintf(stderr, "%s complete: expected one argument, the line\n", program->name);
        return EXIT_USAGE;
    }
    return complete_line(program, slice_of(rest[0]));
}
