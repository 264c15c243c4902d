/*
 * config.c - YAML into a struct by a libcyaml schema.
 *
 * libcyaml has no defaults, stops at the first error and reports by log lines.
 * So the layers are put together and checked on a tree of our own, and libcyaml
 * gets one document with every value in place that it cannot refuse.
 */
#include "common/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config/mend.h"
#include "common/config/check.h"
#include "common/config/document.h"
#include "common/config/expand.h"
#include "common/config/mention.h"
#include "common/config/override.h"
#include "common/config/parse.h"
#include "common/config/report.h"
#include "common/config/text.h"
#include "common/config/write.h"
#include "common/file.h"
#include "common/log.h"
#include "common/scope.h"

#define FILE_MODE   0640        /* it may hold passwords */
#define EMITTED_MAX (64u << 20) /* bytes: the tree's ceiling, every byte of it escaped */

struct config {
    const struct config_schema *schema;
    struct config_report report;
    struct config_tree tree;
    struct config_node *root;           /* NULL: a document could not be read */
    const struct config_source *source; /* of problems without a line */
    void *data;
};

static const cyaml_config_t cyaml = {.mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS};

/* Writes the default document to `path` as a whole or not at all. */
static enum status write_defaults(const char *path, struct slice defaults, struct error *err)
{
    scoped_free char *temporary = NULL;
    scoped_fd int fd = -1;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return error_set(err, FATAL, "out of memory");
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return error_set(err, FATAL, "cannot write '%s' with the defaults: there is no such folder",
                         path);
    if (fd < 0)
        return error_set_errno(err, FATAL, "cannot write '%s' with the defaults", path);
    if (!file_write_all(fd, defaults) || fsync(fd) || fchmod(fd, FILE_MODE) ||
        rename(temporary, path)) {
        error_set_errno(err, FATAL, "cannot write '%s' with the defaults", path);
        unlink(temporary);
        return FATAL;
    }
    log_info("'%s' was not there; written with the defaults", path);
    return OK;
}

static enum status read_file(const char *path, struct slice defaults, struct buf *text,
                             struct error *err)
{
    scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && (file_read_all(fd, text) || errno == EFBIG))
        return OK; /* of one that is too large, enough for the parser to say so */
    if (fd >= 0 || errno != ENOENT)
        return error_set_errno(err, FATAL, "cannot read '%s'", path);
    if (write_defaults(path, defaults, err))
        return FATAL;
    buf_add_slice(text, defaults);
    return OK;
}

/* Lays the user's file over the defaults. */
static enum status add_file(struct config *config, const char *path, struct config_node *base,
                            struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(CONFIG_DOCUMENT_MAX + 1);
    struct config_node *file;
    struct config_quoted name;

    config->source =
        config_source_make(&config->tree, LAYER_FILE, config_shorten(&name, slice_of(path)));
    if (!config->source)
        return error_set(err, FATAL, "out of memory");
    if (read_file(path, slice_of(config->schema->defaults), &text, err))
        return FATAL;
    if (config_parse(&config->tree, config->source, buf_slice(&text), &file, err))
        return err->status;
    config_node_overlay(base, file);
    return OK;
}

/* All layers put together and expanded. REJECT: a document could not be read to its end. */
static enum status add_layers(struct config *config, const char *path, const char *const *settings,
                              struct error *err)
{
    struct config_node *root;
    enum status status;

    config->source = config_source_make(&config->tree, LAYER_DEFAULTS, "defaults");
    if (!config->source)
        return error_set(err, FATAL, "out of memory");
    status =
        config_parse(&config->tree, config->source, slice_of(config->schema->defaults), &root, err);
    if (!status && path)
        status = add_file(config, path, root, err);
    if (!status)
        status = config_override_environment(&config->tree, root, config->schema, err);
    if (!status)
        status = config_override_settings(&config->tree, root, settings, err);
    if (status)
        return status;
    config_expand(&config->tree, root);
    config->root = root;
    return config_check(&config->tree, config->schema->schema, root, err);
}

static enum status fill(struct config *config, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(EMITTED_MAX);
    cyaml_err_t result;

    config_write(&text, config->schema->schema, config->root, FOR_LIBCYAML);
    if (text.failed)
        return error_set(err, FATAL, "out of memory");
    result = cyaml_load_data((const uint8_t *)text.data, text.len, &cyaml, config->schema->schema,
                             &config->data, NULL);
    explicit_bzero(text.data, text.len);
    if (result != CYAML_OK)
        return error_set(err, FATAL, "libcyaml refuses the configuration: %s",
                         cyaml_strerror(result));
    return OK;
}

/* As far as it is good: what is broken gives way to the defaults. False: cannot be loaded at all.
 */
static bool fill_rest(struct config *config)
{
    size_t problems = config->report.count;
    struct config_node *defaults;
    struct error ignored;

    if (!config->root || config_parse(&config->tree, config->source,
                                      slice_of(config->schema->defaults), &defaults, &ignored))
        return false;
    config_expand(&config->tree, defaults);
    if (config_check(&config->tree, config->schema->schema, defaults, &ignored) ||
        config->report.count != problems)
        return false;
    config_mend(config->root, defaults);
    return fill(config, &ignored) == OK;
}

/* err gets the first problem, for callers that print no list. */
static enum status refuse(struct config *config, struct error *err)
{
    const char *text = config_problems(config);
    size_t count = config_problem_count(config);
    int len = (int)strcspn(text, "\n");

    if (count > 1)
        return error_set(err, REJECT, "%zu problems in the configuration; the first: %.*s", count,
                         len, text);
    return error_set(err, REJECT, "%.*s", len, text);
}

enum status config_load(const struct config_schema *schema, const char *path,
                        const char *const *settings, struct config **config, void **out,
                        struct error *err)
{
    struct config *made = calloc(1, sizeof(*made));
    struct error unused;
    enum status status;

    err = err ? err : &unused;
    *out = NULL;
    if (!made)
        return error_set(err, FATAL, "out of memory");
    made->schema = schema;
    config_report_init(&made->report);
    config_tree_init(&made->tree, &made->report);
    status = add_layers(made, path, settings, err);
    if (status != FATAL && made->report.count > 0) {
        fill_rest(made);
        status = refuse(made, err);
    } else if (!status)
        status = fill(made, err);
    if (status != OK && status != REJECT) {
        config_close(made);
        return status;
    }
    *config = made;
    *out = made->data;
    return status;
}

/* The node of `key`, or of the nearest above that is there. */
static const struct config_node *nearest(const struct config *config, const char *key)
{
    scoped_free char *path = strdup(key);
    struct config_node *node = NULL;
    char *dot, *bracket;

    if (!config->root || !path)
        return NULL;
    while (!(node = config_node_find(config->root, path)) && *path) {
        dot = strrchr(path, '.');
        bracket = strrchr(path, '[');
        dot = dot ? dot : path;
        *(bracket && bracket > dot ? bracket : dot) = '\0';
    }
    return node;
}

void config_problem(struct config *config, const char *key, const char *fmt, ...)
{
    const struct config_node *node = nearest(config, key);
    va_list args;

    va_start(args, fmt);
    config_report_vadd(&config->report, node ? node->source : config->source, node ? node->line : 0,
                       key, fmt, args);
    va_end(args);
}

bool config_has_problem(const struct config *config, const char *key)
{
    size_t len = strlen(key);

    for (size_t i = 0; i < config->report.kept; i++) {
        const char *found = config->report.found[i].key;

        if (found && strncmp(found, key, len) == 0 && !isalnum((unsigned char)found[len]) &&
            found[len] != '_')
            return true;
    }
    return false;
}

void config_check_range(struct config *config, const char *key, uint64_t value, uint64_t min,
                        uint64_t max, const char *expected)
{
    if (value < min || value > max)
        config_problem(config, key, "out of range; expected %s", expected);
}

size_t config_problem_count(const struct config *config)
{
    return config->report.count;
}

const char *config_problems(struct config *config)
{
    return config_report_text(&config->report);
}

void config_problems_json(struct config *config, struct buf *out)
{
    config_report_json(&config->report, out);
}

enum status config_print(struct config *config, struct buf *out, struct error *err)
{
    if (!config->root || config->report.count > 0)
        return error_set(err, REJECT, "the configuration has problems");
    config_write(out, config->schema->schema, config->root, FOR_READERS);
    return out->failed ? error_set(err, FATAL, "out of memory") : OK;
}

size_t config_keys_missing(const struct config_schema *schema, struct buf *names)
{
    struct config_report report;
    struct config_tree tree;
    struct config_node *root;
    const struct config_source *source;
    struct error err;
    size_t missing = SIZE_MAX;

    config_report_init(&report);
    config_tree_init(&tree, &report);
    source = config_source_make(&tree, LAYER_DEFAULTS, "defaults");
    if (source && config_parse(&tree, source, slice_of(schema->defaults), &root, &err) == OK)
        missing = config_mention_missing(schema->schema, root, slice_of(schema->defaults), names);
    else
        buf_add_text(names, config_report_text(&report));
    config_tree_release(&tree);
    config_report_release(&report);
    return missing;
}

void config_close(struct config *config)
{
    if (!config)
        return;
    if (config->data)
        cyaml_free(&cyaml, config->schema->schema, config->data, 0);
    config_tree_release(&config->tree);
    config_report_release(&config->report);
    free(config);
}
