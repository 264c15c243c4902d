/*
 * plugin.h - the one header that a parser plugin of the shipper needs.
 *
 * A plugin is a shared object in the folder `plugins_dir` with one function:
 *
 *     const struct alpex_plugin *alpex_parser_plugin(uint32_t abi);
 *
 * It returns a table that lives as long as the object is loaded, or NULL when it knows nothing of
 * `abi`. Its formats are then used like any other: `format: <name>`.
 *
 * How versions go together: `abi` changes only when an old plugin could not
 * work any more. All else is added at the end of the structs, whose `size` says what is there.
 *
 * Threads: an instance is used by one thread at a time; two instances may be used by two.
 * A plugin runs in the agent's process: what crashes it, crashes the agent. It
 * must not write to the descriptors 0 to 2, install signal handlers, fork or exit.
 */
#ifndef ALPEX_PLUGIN_H
#define ALPEX_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ALPEX_PLUGIN_ABI    1
#define ALPEX_PLUGIN_SYMBOL "alpex_parser_plugin"

/*
 * Where a line's values go; given to parse, valid until it returns. Names are those of the
 * record: "http.response.status_code", usual ones such as "clientip" or "level"; an unknown one
 * becomes a label. Texts are any bytes; what is not UTF-8 is replaced. All is copied. Each function
 * returns 0, or -1 when the value was not taken: a name that is empty or longer than 200 bytes,
 * more values or bytes than a record may have.
 */
struct alpex_emitter {
    uint32_t size; /* of this struct, as the agent knows it */
    void *host;    /* the first argument of all */
    int (*text)(void *host, const char *name, const char *value, size_t len);
    int (*number)(void *host, const char *name, int64_t value);
    int (*real)(void *host, const char *name, double value);
    int (*flag)(void *host, const char *name, int value);
    int (*json)(void *host, const char *name, const char *json, size_t len); /* one value */
    int (*label)(void *host, const char *name, const char *value, size_t len);
    int (*tag)(void *host, const char *tag);
    /* @timestamp: seconds since 1970 in UTC; or a text in any of the usual forms. */
    int (*time)(void *host, int64_t seconds, uint32_t nanoseconds);
    int (*time_text)(void *host, const char *value, size_t len);
};

enum alpex_verdict {
    ALPEX_FITS = 0,
    ALPEX_DOES_NOT_FIT = 1, /* the line becomes a record with its text, tagged _parsefailure */
    ALPEX_NO_RECORD = 2,    /* a heading or a comment */
};

struct alpex_format {
    const char *name;    /* letters, digits, '.', '_' and '-' */
    const char *dataset; /* event.dataset: lower case, digits, '.' and '_' */
    const char *help;    /* one line */
};

struct alpex_plugin {
    uint32_t abi;                       /* ALPEX_PLUGIN_ABI */
    uint32_t size;                      /* sizeof(struct alpex_plugin) */
    const struct alpex_format *formats; /* ends with one whose name is NULL */

    /*
     * Makes an instance for one of the formats. `argument` is what follows a colon
     * behind its name, or "". Returns 0; anything else refuses the configuration, and `error` (of
     * error_size bytes, a text with a NUL) says why.
     */
    int (*open)(const char *format, const char *argument, void **instance, char *error,
                size_t error_size);

    /*
     * Takes one line apart; it has no NUL behind it and may hold any bytes. *reason may be set
     * to a text that says why it does not fit, valid until the next call.
     */
    enum alpex_verdict (*parse)(void *instance, const char *line, size_t len,
                                const struct alpex_emitter *emit, const char **reason);

    void (*close)(void *instance);
};

#ifdef __cplusplus
}
#endif

#endif
