/*
 * report.h - collects what is wrong with a configuration, and where.
 */
#ifndef COMMON_CONFIG_REPORT_H
#define COMMON_CONFIG_REPORT_H

#include <stdarg.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/buf.h"

#define CONFIG_PROBLEMS_MAX 100 /* more are counted, not kept: nobody reads them */

enum config_layer { LAYER_DEFAULTS, LAYER_FILE, LAYER_ENVIRONMENT, LAYER_SETTING };

/* Where values come from. Lives as long as the configuration. */
struct config_source {
    enum config_layer layer;
    const char *name; /* "shipper.yaml", "ALPEX_KAFKA_TOPIC (environment)" */
};

struct config_found {
    const struct config_source *source;
    size_t line, order; /* line 0: none */
    const char *key;    /* NULL: the document as a whole */
    const char *message;
};

struct config_report {
    struct config_found found[CONFIG_PROBLEMS_MAX];
    size_t kept, count;
    struct arena arena;
    struct buf text;
};

void config_report_init(struct config_report *report);

void config_report_add(struct config_report *report, const struct config_source *source,
                       size_t line, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void config_report_vadd(struct config_report *report, const struct config_source *source,
                        size_t line, const char *key, const char *fmt, va_list args)
    __attribute__((format(printf, 5, 0)));

/* One problem a line in order of layer and line. Valid until the next call. */
const char *config_report_text(struct config_report *report);

void config_report_json(struct config_report *report, struct buf *out);

void config_report_release(struct config_report *report);

#endif
