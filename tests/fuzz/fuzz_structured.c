/*
 * fuzz_structured.c - any bytes as lines of a structured format; the first one chooses it.
 *
 * Whatever the lines hold, each record is one line of strict JSON; what
 * keeps lines together ends inside of what it was given, and always goes on.
 */
#include <stdlib.h>

#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/csv_scan.h"
#include "shipper/parser/parser.h"
#include "shipper/parser/xml_scan.h"
#include "tests/fuzz/strict_record.h"

#define ARENA_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_line(struct parser *parser, struct slice line, struct parser_memory *memory,
                       struct record *record, struct buf *heading)
{
    const char *before = memory->heading.data;
    bool parsed = parser_apply(parser, line, memory, record);
    struct slice message;

    if (memory->heading.data != before) { /* as a stream keeps it */
        buf_clear(heading);
        buf_add_slice(heading, memory->heading);
        memory->heading = buf_slice(heading);
    }
    if (!parsed && (!record_text(record, FIELD_MESSAGE, &message) || !slice_equal(message, line)))
        abort();
    strict_record_check(record);
    record_clear(record);
    arena_clear(record->arena);
}

static void check_groups(struct slice text)
{
    size_t end = 0;

    while (text.len && xml_group_find(text, &end) != XML_GROUP_MORE) {
        if (end == 0 || end > text.len)
            abort();
        text = (struct slice){text.data + end, text.len - end};
    }
    if (csv_record_end((struct csv_style){',', '"'}, text) > text.len)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"json",         "logstash", "logfmt", "csv", "tsv",
                                          "csv:a,b,time", "w3c",      "cef",    "xml"};
    struct arena arena;
    struct record record;
    struct parser *parser;
    struct parser_memory memory = {0};
    struct buf heading = BUF_INIT(1 << 20);
    struct slice rest = {(const char *)data + 1, size - 1};

    if (size == 0)
        return 0;
    if (parser_open(formats[data[0] % ARRAY_LEN(formats)], NULL, &parser, NULL))
        abort();
    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    check_groups(rest);
    parse_line(parser, rest, &memory, &record, &heading);
    while (rest.len) {
        const char *newline = memchr(rest.data, '\n', rest.len);
        size_t len = newline ? (size_t)(newline - rest.data) : rest.len;

        parse_line(parser, (struct slice){rest.data, len}, &memory, &record, &heading);
        len += newline != NULL;
        rest = (struct slice){rest.data + len, rest.len - len};
    }
    parser_close(parser);
    buf_release(&heading);
    arena_release(&arena);
    return 0;
}
