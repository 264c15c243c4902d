/*
 * fuzz_time_format.c - any bytes as a date format, and as a text that it reads.
 *
 * The first line is the format, the rest the text.
 */
#include <stdlib.h>

#include "common/time/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct timestamp_found *found, size_t size)
{
    if (found->len > size || found->time.s < TIMESTAMP_S_MIN || found->time.s > TIMESTAMP_S_MAX ||
        found->time.ns > 999999999)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    size_t len = newline ? (size_t)(newline - data) : size;
    struct slice text = {(const char *)data + len, size - len};
    struct timestamp_hints hints = {.has_reference = true, .reference_s = 1795273200};
    struct timestamp_found found;
    struct time_formats *formats;
    struct error err;
    char format[256];
    const char *list = format;

    if (len >= sizeof(format) || (len > 0 && memchr(data, '\0', len)))
        return 0;
    if (len > 0)
        memcpy(format, data, len);
    format[len] = '\0';
    if (newline) {
        text.data++;
        text.len--;
    }
    if (time_formats_open(&list, 1, &formats, &err)) {
        if (err.status == OK || err.text[0] == '\0')
            abort();
        return 0;
    }
    if (time_formats_read(formats, text, &hints, &found) == TIMESTAMP_FOUND)
        check(&found, text.len);
    if (time_formats_scan(formats, text, &hints, &found) == TIMESTAMP_FOUND)
        check(&found, text.len);
    time_formats_close(formats);
    return 0;
}
