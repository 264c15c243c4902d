/*
 * config.h - YAML into a struct by a libcyaml schema.
 *
 * Four layers, later ones win: the program's annotated default document
 * (configs/<program>.yaml, embedded), the user's file, the environment,
 * command-line settings.
 *
 *  - Every key has an environment variable: ALPEX_ + its path in upper case
 *    with `_` between (kafka.topic -> ALPEX_KAFKA_TOPIC, inputs[0].format ->
 *    ALPEX_INPUTS_0_FORMAT); a list of scalars takes comma-separated values.
 *    Aliases such as NUM_WORKER_THREADS are given by the program.
 *  - Any value may hold ${NAME}, ${NAME:-default}, ${file:/path} (the file's
 *    content without its last newline); `$${` is the text `${`, any other dollar
 *    itself. An unset NAME without a default is a problem. A list of scalars
 *    may be one such text: `urls: ${URLS}` with comma-separated values.
 *  - A key that ends in _ms takes 250ms, 5s, 2m, 1h, 7d or a plain number of
 *    milliseconds; one that ends in _bytes takes 64KiB, 16MiB, 1GiB (KB, MB, GB
 *    are powers of ten) or a plain number. Both are CYAML_UINT or CYAML_INT.
 *  - Mappings merge key by key; a list in a later layer replaces the earlier
 *    one. Elements of lists get no defaults from the document: zero or NULL is
 *    "not given", and the program's own check fills it. Anchors, aliases and
 *    merge keys (`<<: *common`) work within a document.
 *  - A key without a value (`key:`, `key: ~`) is "not given" as well and leaves
 *    the earlier layer's alone; `""` and `[]` are values. An empty variable
 *    empties texts and lists of scalars, and is not given for other types.
 *  - Secrets are printed as "***": keys that end in password, secret, token or
 *    api_key, what was put in by ${file:} or by a variable with such a name,
 *    and the password in a URL.
 *
 * Every problem is reported, not only the first, each with file (or variable),
 * line, key, what was found and what was expected, with a suggestion when an
 * unknown key is near a known one.
 */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct config_alias {
    const char *variable; /* environment variable */
    const char *key;      /* path of the key it sets */
    const char *value;    /* what to set when it is 1/true/yes/on; NULL = its own value */
};

struct config_schema {
    const char *program;                /* "shipper" */
    const cyaml_schema_value_t *schema; /* CYAML_VALUE_MAPPING with POINTER, as libcyaml wants it */
    const char *defaults;               /* the embedded default document (embed.h) */
    const struct config_alias *aliases; /* ends with a NULL variable; may be NULL */
};

struct config; /* the loaded document with its lines, for checks and messages */

/*
 * Loads into *out (a struct of the schema's type, owned by *config). `path`
 * NULL: defaults and environment only. A path that does not exist is written
 * with the commented defaults, which is logged. `settings` is a NULL-terminated
 * list of "key=value" or NULL. REJECT: there are problems; *config is set all
 * the same (config_problems), err has the first; *out is what is good of it, for
 * further checks only, or NULL. FATAL: no memory,
 * I/O error, a schema that libcyaml refuses.
 */
enum status config_load(const struct config_schema *schema, const char *path,
                        const char *const *settings, struct config **config, void **out,
                        struct error *err);

/* For the program's own checks after loading: adds a problem at the line of `key`. */
void config_problem(struct config *config, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Was something of this very key, or below it, reported already? */
bool config_has_problem(const struct config *config, const char *key);

/* Adds a problem unless min <= value <= max; `expected` as a user would write it: "100ms to 1h". */
void config_check_range(struct config *config, const char *key, uint64_t value, uint64_t min,
                        uint64_t max, const char *expected);

size_t config_problem_count(const struct config *config);

/* All problems, one a line, in order of line: `shipper.yaml:12: inputs[0].format: …`. */
const char *config_problems(struct config *config);

/* The problems as JSON for programs: [{"file":…,"line":…,"key":…,"message":…}]. */
void config_problems_json(struct config *config, struct buf *out);

/*
 * The effective configuration as YAML, secrets masked, with the origin of what
 * is not the default as comments. REJECT: it has problems.
 */
enum status config_print(struct config *config, struct buf *out, struct error *err);

/*
 * Adds the paths of schema keys that the default document does not mention, one
 * a line, and returns how many; keys of a list's elements count when an element
 * has them, or a comment (`#   format: json`). For the test that the document is complete.
 */
size_t config_keys_missing(const struct config_schema *schema, struct buf *names);

void config_close(struct config *config); /* releases *out too; NULL is fine */

#endif
