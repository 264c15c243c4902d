/*
 * fuzz_timestamp.c - any bytes as a time.
 *
 * What is read and printed is read again as the same instant.
 */
#include <stdlib.h>

#include "common/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct timestamp time)
{
    char text[TIMESTAMP_TEXT_MAX], day[11];
    size_t len = timestamp_print(time, text);
    struct timestamp again;

    if (len > sizeof(text) || time.ns > 999999999)
        abort();
    if (!timestamp_parse_iso((struct slice){text, len}, &again) || again.s != time.s ||
        again.ns != time.ns)
        abort();
    timestamp_print_day(time, day);
    if (strlen(day) != 10)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct timestamp time;

    if (timestamp_parse_iso(text, &time))
        check(time);
    if (timestamp_parse_clf(text, &time))
        check(time);
    return 0;
}
