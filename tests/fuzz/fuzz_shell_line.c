/*
 * fuzz_shell_line.c - any line before the cursor: what is read of it fits
 * together, and what is quoted is read again as it was.
 */
#include <stdint.h>
#include <stdlib.h>

#include "common/shell_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shell_line line;
    scoped_buf struct buf again = BUF_INIT(1u << 20);
    struct slice last;
    struct arena arena;
    struct error err;

    arena_init(&arena, 4096, 4u << 20);
    if (shell_line_read(&arena, (struct slice){(const char *)data, size}, &line, &err) == OK) {
        check(line.count >= 1 && line.start <= size);
        last = line.words[line.count - 1];
        for (size_t i = 0; i < last.len; i++)
            check(line.places[i] < line.places[i + 1] && line.quotes[i] <= SHELL_DOUBLE);
        check(line.places[last.len] == size && line.places[0] >= line.start);

        buf_add_text(&again, "'");
        shell_quote(last, SHELL_SINGLE, &again);
        last = arena_copy(&arena, last);
        if (shell_line_read(&arena, buf_slice(&again), &line, &err) == OK)
            check(line.count == 1 && slice_equal(line.words[0], last));
    }
    arena_release(&arena);
    return 0;
}
