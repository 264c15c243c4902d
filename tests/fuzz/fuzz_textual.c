/*
 * fuzz_textual.c - any bytes as a line of a textual format; the first one chooses the format.
 *
 * Whatever the line holds, its record is one line of strict JSON, the same each time.
 */
#include <stdlib.h>

#include "common/json_text.h"
#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/parser.h"
#include "tests/fuzz/strict_record.h"

#define ARENA_MAX (64u << 20)
#define NOW_S     1795262400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line that does not fit keeps all of its text. */
static void check_text(struct record *record, struct slice line)
{
    struct slice message;

    if (!record_text(record, FIELD_MESSAGE, &message) || !slice_equal(message, line))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {
        "syslog", "syslog-3164", "syslog-5424", "apache-error", "nginx-error", "text", "auto"};
    static struct parser *parsers[ARRAY_LEN(formats)];
    struct parser_memory memory = {.reference = {NOW_S, 0}};
    scoped_free char *first = NULL, *second = NULL;
    size_t first_len, second_len, i;
    struct arena arena;
    struct record record;
    struct slice line = {(const char *)data + 1, size - 1};

    if (size == 0)
        return 0;
    i = data[0] % ARRAY_LEN(formats);
    if (!parsers[i] && parser_open(formats[i], NULL, &parsers[i], NULL))
        abort();
    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    if (!parser_apply(parsers[i], line, &memory, &record))
        check_text(&record, line);
    first = strict_record_text(&record, &first_len);
    record_clear(&record);
    parser_apply(parsers[i], line, &memory, &record); /* with what the first has left behind */
    second = strict_record_text(&record, &second_len);
    if (first_len != second_len || memcmp(first, second, first_len) != 0)
        abort();
    arena_release(&arena);
    return 0;
}
