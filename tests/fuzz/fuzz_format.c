/*
 * fuzz_format.c - any bytes as a line of an access log; the first one chooses the format.
 *
 * Whatever the line holds, its record is one line of strict JSON.
 */
#include <stdlib.h>

#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/parser.h"
#include "tests/fuzz/strict_record.h"

#define ARENA_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {
        "apache-common",
        "apache-combined",
        "apache-access",
        "apache-vhost-combined",
        "apache:%a:%{remote}p %{X-Forwarded-For}i %U%q %u %200t %{usec}t \"%{X}i\" %D %X %s",
        "apache:%{%A %d/%b/%Y %T %z}t.%{usec_frac}t %h %{end:%c}t",
        "haproxy",
        "json",
        "nginx-combined",
        "nginx:$scheme://$host$uri$is_args$args $upstream_response_time $msec \"$http_x\" $pipe",
        "nginx:escape=json {\"r\":\"$request\",\"t\":\"$time_iso8601\",\"s\":$status}",
    };
    struct arena arena;
    struct record record;
    struct parser *parser;
    struct parser_memory memory = {0};
    struct slice line = {(const char *)data + 1, size - 1};

    if (size == 0)
        return 0;
    if (parser_open(formats[data[0] % ARRAY_LEN(formats)], NULL, &parser, NULL))
        abort();
    arena_init(&arena, 4096, ARENA_MAX);
    record_init(&record, &arena);
    for (int i = 0; i < 2; i++) { /* the second time with what the first has left behind */
        bool parsed = parser_apply(parser, line, &memory, &record);
        struct slice message;

        if (!parsed &&
            (!record_text(&record, FIELD_MESSAGE, &message) || !slice_equal(message, line)))
            abort();
        strict_record_check(&record);
        record_clear(&record);
    }
    parser_close(parser);
    arena_release(&arena);
    return 0;
}
