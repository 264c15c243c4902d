/*
 * fuzz_log_format.c - any bytes as a LogFormat or log_format, and as a line of it.
 *
 * The first byte chooses the server; the format ends at the first NUL.
 */
#include <stdlib.h>

#include "common/json_text.h"
#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/parser.h"
#include "tests/fuzz/strict_record.h"

#define ARENA_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct parser *parser, struct slice line)
{
    struct parser_memory memory = {0};
    struct arena arena;
    struct record record;

    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    parser_apply(parser, line, &memory, &record);
    strict_record_check(&record);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data + 1, '\0', size - 1) : NULL;
    struct parser *parser = NULL;
    struct error err;
    char format[4096];
    size_t len;

    if (!end)
        return 0;
    len = (size_t)(end - data - 1);
    if (len + 8 > sizeof(format))
        return 0;
    snprintf(format, sizeof(format), "%s%s",
             data[0] & 1 ? "apache:" : "nginx:", (const char *)data + 1);
    if (parser_open(format, NULL, &parser, &err))
        return 0;
    parse(parser, (struct slice){(const char *)end + 1, size - len - 2});
    parser_close(parser);
    return 0;
}
