/*
 * netstring.c - a parser plugin: pairs of netstrings, name and value.
 *
 *     4:user,4:anna,5:bytes,2:42,7:message,12:hello, world,
 *
 * A length in front of every value is what no regular expression can count.
 * Build and use:
 *
 *     cc -shared -fPIC -I/usr/local/include/alpex -o /etc/alpex/plugins/netstring.so netstring.c
 *     shipper parse --plugins /etc/alpex/plugins --format netstring file.log
 *
 * `netstring:strict` refuses lines with an empty value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shipper/plugin.h"

#define NAME_MAX_BYTES 100
#define LENGTH_DIGITS  7

struct netstring {
    int strict;
};

static int netstring_open(const char *format, const char *argument, void **instance, char *error,
                          size_t error_size)
{
    struct netstring *self;

    (void)format;
    if (*argument && strcmp(argument, "strict") != 0) {
        snprintf(error, error_size, "unknown option '%.40s'; expected: strict", argument);
        return -1;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        snprintf(error, error_size, "out of memory");
        return -1;
    }
    self->strict = *argument != '\0';
    *instance = self;
    return 0;
}

/* Reads "3:abc,"; NULL: it is none. */
static const char *read_one(const char *p, const char *end, const char **text, size_t *len)
{
    size_t value = 0;
    int digits = 0;

    for (; p < end && *p >= '0' && *p <= '9' && digits < LENGTH_DIGITS; p++, digits++)
        value = value * 10 + (size_t)(*p - '0');
    if (digits == 0 || p == end || *p != ':' || (size_t)(end - p) < value + 2 ||
        p[value + 1] != ',')
        return NULL;
    *text = p + 1;
    *len = value;
    return p + value + 2;
}

static enum alpex_verdict netstring_parse(void *instance, const char *line, size_t len,
                                          const struct alpex_emitter *emit, const char **reason)
{
    const struct netstring *self = instance;
    const char *p = line, *end = line + len, *key, *value;
    size_t key_len, value_len;
    char name[NAME_MAX_BYTES + 1];

    if (len == 0) {
        *reason = "the line is empty";
        return ALPEX_DOES_NOT_FIT;
    }
    if (*line == '#')
        return ALPEX_NO_RECORD;
    while (p < end) {
        p = read_one(p, end, &key, &key_len);
        p = p ? read_one(p, end, &value, &value_len) : NULL;
        if (!p || key_len == 0 || key_len > NAME_MAX_BYTES || (self->strict && value_len == 0)) {
            *reason = "not pairs of netstrings";
            return ALPEX_DOES_NOT_FIT;
        }
        memcpy(name, key, key_len);
        name[key_len] = '\0';
        emit->text(emit->host, name, value, value_len);
    }
    return ALPEX_FITS;
}

static const struct alpex_format formats[] = {
    {"netstring", "netstring", "pairs of netstrings: 4:user,4:anna,"},
    {NULL, NULL, NULL},
};

static const struct alpex_plugin plugin = {
    .abi = ALPEX_PLUGIN_ABI,
    .size = sizeof(plugin),
    .formats = formats,
    .open = netstring_open,
    .parse = netstring_parse,
    .close = free,
};

const struct alpex_plugin *alpex_parser_plugin(uint32_t abi);

const struct alpex_plugin *alpex_parser_plugin(uint32_t abi)
{
    return abi == ALPEX_PLUGIN_ABI ? &plugin : NULL;
}
