/*
 * fuzz_regex.c - any bytes as a pattern and the line it is tried on.
 *
 * The first byte chooses grok or a regular expression; the pattern goes up to the first newline.
 * Whatever both hold, the record is one line of strict JSON.
 */
#include <stdlib.h>

#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/parser.h"
#include "tests/fuzz/strict_record.h"

#define ARENA_MAX   (64u << 20)
#define PATTERN_MAX 200 /* long ones take their time, and show nothing new */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_line(struct parser *parser, struct slice line)
{
    struct parser_memory memory = {0};
    struct arena arena;
    struct record record;

    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    for (int i = 0; i < 2; i++) { /* the second time with what the first has left behind */
        parser_apply(parser, line, &memory, &record);
        strict_record_check(&record);
        record_clear(&record);
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    char format[PATTERN_MAX + 8];
    struct parser *parser;
    size_t len;

    if (!newline || newline == data || newline - data > PATTERN_MAX)
        return 0;
    len = (size_t)(newline - data) - 1;
    snprintf(format, sizeof(format), "%s%.*s", data[0] & 1 ? "grok:" : "regex:", (int)len,
             (const char *)data + 1);
    if (parser_open(format, NULL, &parser, NULL))
        return 0;
    try_line(parser,
             (struct slice){(const char *)newline + 1, (size_t)(data + size - newline - 1)});
    parser_close(parser);
    return 0;
}
