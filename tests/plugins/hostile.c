/*
 * hostile.c - a parser plugin that says all the wrong things; the line chooses which.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shipper/plugin.h"

#define HUGE_BYTES (20u << 20)
#define MANY       20000

static void say_wrong_names(const struct alpex_emitter *emit)
{
    char name[1000];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    emit->text(emit->host, name, "too long", 8);
    emit->text(emit->host, "", "empty", 5);
    emit->text(emit->host, NULL, "none", 4);
    emit->text(emit->host, "\xff\"\\\n", "odd", 3);
    emit->text(emit->host, "http", "an object", 9);
    emit->text(emit->host, "event.id", "mine", 4);
    emit->text(emit->host, "..", "dots", 4);
}

static void say_wrong_values(const struct alpex_emitter *emit)
{
    emit->text(emit->host, "a", "\xff\xfe\0\"\n", 5);
    emit->text(emit->host, "b", NULL, 3);
    emit->text(emit->host, "status", "many", 4);
    emit->number(emit->host, "http.response.status_code", INT64_MIN);
    emit->number(emit->host, "user.name", 5);
    emit->real(emit->host, "c", (double)NAN);
    emit->real(emit->host, "d", (double)INFINITY);
    emit->real(emit->host, "e", 0.1);
    emit->tag(emit->host, NULL);
    emit->tag(emit->host, "");
    emit->tag(emit->host, "\xff\"");
    emit->time(emit->host, INT64_MAX, 0);
    emit->time(emit->host, 0, 2000000000);
    emit->time_text(emit->host, NULL, 0);
}

static void say_wrong_json(const struct alpex_emitter *emit)
{
    static const char *const texts[] = {"",       "{",    "{\"a\":1}}",      "nul",
                                        "[1,]",   "NaN",  "\"\\ud800\"",     "{\"a\":1,\"a\":2}",
                                        " [1 ] ", "null", "{\"k\":\"\xff\"}"};
    const char *name = "a";

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char label[] = {(char)('a' + i), '\0'};

        name = label;
        emit->json(emit->host, name, texts[i], strlen(texts[i]));
    }
    emit->json(emit->host, "z", NULL, 5);
    emit->json(emit->host, "source.ip", "{\"not\":\"an address\"}", 20);
}

static void say_too_much(const struct alpex_emitter *emit)
{
    char *text = malloc(HUGE_BYTES);

    if (!text)
        return;
    memset(text, 'x', HUGE_BYTES);
    emit->text(emit->host, "huge", text, HUGE_BYTES);
    emit->json(emit->host, "deep", memset(text, '[', HUGE_BYTES), HUGE_BYTES);
    for (int i = 0; i < MANY; i++) {
        char name[16] = "n";

        for (int rest = i, at = 1; rest; rest /= 10)
            name[at++] = (char)('0' + rest % 10);
        emit->number(emit->host, name, i);
        emit->tag(emit->host, name);
    }
    free(text);
}

static enum alpex_verdict hostile_parse(void *instance, const char *line, size_t len,
                                        const struct alpex_emitter *emit, const char **reason)
{
    (void)instance;
    switch (len ? line[0] : '?') {
    case 'n':
        say_wrong_names(emit);
        return ALPEX_FITS;
    case 'v':
        say_wrong_values(emit);
        return ALPEX_FITS;
    case 'j':
        say_wrong_json(emit);
        return ALPEX_FITS;
    case 'm':
        say_too_much(emit);
        return ALPEX_FITS;
    case 't':
        emit->time_text(emit->host, "2023-02-30", 10);
        return ALPEX_FITS;
    case 'x':
        return (enum alpex_verdict)77;
    case 'q':
        emit->text(emit->host, "left", "over", 4);
        *reason = "\xff no";
        return ALPEX_DOES_NOT_FIT;
    default:
        return ALPEX_FITS;
    }
}

static int hostile_open(const char *format, const char *argument, void **instance, char *error,
                        size_t error_size)
{
    (void)format;
    *instance = NULL;
    if (strcmp(argument, "refuse") != 0)
        return 0;
    memset(error, 'e', error_size); /* without a NUL */
    return -1;
}

static void hostile_close(void *instance)
{
    (void)instance;
}

static const struct alpex_format formats[] = {{"hostile", "hostile", "says all the wrong things"},
                                              {NULL, NULL, NULL}};

static const struct alpex_plugin plugin = {ALPEX_PLUGIN_ABI, sizeof(plugin), formats,
                                           hostile_open,     hostile_parse,  hostile_close};

const struct alpex_plugin *alpex_parser_plugin(uint32_t abi);

const struct alpex_plugin *alpex_parser_plugin(uint32_t abi)
{
    return abi ? &plugin : NULL;
}
