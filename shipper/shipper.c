/*
 * shipper.c - the agent as a library: the pipeline behind a small public face.
 */
#include "shipper/shipper.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "common/metrics.h"
#include "shipper/config.h"
#include "shipper/input/input.h"
#include "shipper/parser/parser.h"
#include "shipper/pipeline.h"

struct shipper {
    struct config *holder;
    struct shipper_config *config;
    int stop_fd;
};

static enum shipper_status tell(enum shipper_status status, const char *text,
                                char error[SHIPPER_ERROR_MAX])
{
    size_t len = strcspn(text, "\n"); /* the first of several problems */

    if (error)
        snprintf(error, SHIPPER_ERROR_MAX, "%.*s", (int)len, text);
    return status;
}

enum shipper_status shipper_open(const char *config_path, const char *const *settings,
                                 struct shipper **out, char error[SHIPPER_ERROR_MAX])
{
    struct shipper *shipper = calloc(1, sizeof(*shipper));
    enum shipper_status told;
    struct error err;
    enum status status;

    *out = NULL;
    if (!shipper)
        return tell(SHIPPER_FAILED, "out of memory", error);
    shipper->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (shipper->stop_fd < 0) {
        free(shipper);
        return tell(SHIPPER_FAILED, "no descriptor is left", error);
    }
    status = shipper_config_load(config_path, settings, &shipper->holder, &shipper->config, &err);
    if (status != OK) {
        told =
            tell(status == REJECT ? SHIPPER_BAD_CONFIG : SHIPPER_FAILED,
                 status == REJECT && shipper->holder ? config_problems(shipper->holder) : err.text,
                 error);
        shipper_close(shipper);
        return told;
    }
    log_setup("shipper", shipper->config->log.level, shipper->config->log.format);
    *out = shipper;
    return SHIPPER_OK;
}

static struct shipper_counts counts_of(const struct pipeline_result *result)
{
    return (struct shipper_counts){.lines = result->lines,
                                   .records = result->records,
                                   .unparsed = result->unparsed,
                                   .filtered = result->filtered,
                                   .undelivered = result->undelivered};
}

/* Files that could not be read and records that were refused are only counted. */
static double failures(void)
{
    return metric_value(metrics_counter("shipper_files_failed_total", NULL, "")) +
           metric_value(metrics_counter("shipper_records_quarantined_total", NULL, ""));
}

enum shipper_status shipper_process_file(struct shipper *shipper, const char *path,
                                         const char *format, const char *dataset,
                                         struct shipper_counts *counts,
                                         char error[SHIPPER_ERROR_MAX])
{
    char *paths[] = {(char *)path, NULL};
    struct input_config input = {.type = (char *)"whole",
                                 .paths = paths,
                                 .path_count = 1,
                                 .format = (char *)format,
                                 .dataset = (char *)dataset,
                                 .spans_lines = parser_format_spans_lines(format)};
    const struct parser_options parsing = {.formats_dir = shipper->config->formats_dir};
    const struct pipeline_options options = {
        .input = &input_whole, .whole = true, .stop_fd = &shipper->stop_fd};
    struct shipper_config config = *shipper->config;
    struct pipeline_result result = {0};
    double before = failures();
    struct parser *parser;
    struct error err;

    if (parser_open(format, &parsing, &parser, &err))
        return tell(SHIPPER_BAD_CONFIG, err.text, error);
    parser_close(parser);
    config.inputs = &input;
    config.input_count = 1;
    if (pipeline_run(NULL, &config, &options, &result, &err))
        return tell(SHIPPER_FAILED, err.text, error);
    if (counts)
        *counts = counts_of(&result);
    if (result.undelivered || failures() > before)
        return tell(SHIPPER_INCOMPLETE, "not all of the file was shipped; the log says why", error);
    return SHIPPER_OK;
}

enum shipper_status shipper_run(struct shipper *shipper, char error[SHIPPER_ERROR_MAX])
{
    const struct pipeline_options options = {.stop_fd = &shipper->stop_fd};
    struct pipeline_result result;
    struct error err;
    eventfd_t ignored;

    if (shipper->config->input_count == 0)
        return tell(SHIPPER_BAD_CONFIG, "the configuration has no inputs", error);
    if (pipeline_run(NULL, shipper->config, &options, &result, &err))
        return tell(SHIPPER_FAILED, err.text, error);
    eventfd_read(shipper->stop_fd, &ignored); /* it may run again */
    return SHIPPER_OK;
}

void shipper_stop(struct shipper *shipper)
{
    const uint64_t one = 1; /* what an eventfd wants to be written */

    if (write(shipper->stop_fd, &one, sizeof(one)) < 0)
        return; /* it is asked already */
}

void shipper_close(struct shipper *shipper)
{
    if (!shipper)
        return;
    config_close(shipper->holder);
    close(shipper->stop_fd);
    free(shipper);
}
