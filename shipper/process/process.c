/*
 * process.c - what happens to a record between its parser and its encoding.
 */
#include "shipper/process/process.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/metrics.h"
#include "shipper/config.h"
#include "shipper/process/fields.h"
#include "shipper/process/redact.h"
#include "shipper/process/sample.h"
#include "shipper/process/select.h"

#define PREFIX_MAX 32

struct process {
    struct sample sample;
    struct metric *sampled_out;
    struct field_step *steps;
    unsigned step_count;
    struct selector *selector; /* NULL: everything is wanted */
    struct redact *redact;     /* NULL: nothing is hidden */
};

static bool add_steps(struct process *process, const struct process_config *config,
                      struct error *err)
{
    for (uint32_t i = 0; i < config->field_count; i++)
        if (field_step_init(&process->steps[process->step_count++], &config->fields[i], err))
            return false;
    return true;
}

static enum status open_steps(struct process *process, const struct process_config *common,
                              const struct process_config *own, struct error *err)
{
    size_t count = common->field_count + own->field_count;

    if (count == 0)
        return OK;
    process->steps = calloc(count, sizeof(*process->steps));
    if (!process->steps)
        return error_set(err, FATAL, "out of memory");
    return add_steps(process, common, err) && add_steps(process, own, err) ? OK : err->status;
}

static void open_sample(struct process *process, const struct input_config *input,
                        const char *prefix)
{
    char key[PREFIX_MAX + 16];

    sample_init(&process->sample, input->sample_percent ? *input->sample_percent : 100);
    if (!process->sample.partial)
        return;
    snprintf(key, sizeof(key), "%ssample_percent", prefix);
    process->sampled_out =
        metrics_counter("shipper_lines_sampled_out_total", metrics_label("rule", key),
                        "Lines left out because they are not in the sample.");
}

enum status process_open(const struct shipper_config *config, const struct input_config *input,
                         struct process **out, struct error *err)
{
    const struct process_config *common = &config->processing, *own = &input->process;
    struct process *process = calloc(1, sizeof(*process));
    char prefix[PREFIX_MAX];

    *out = NULL;
    if (!process)
        return error_set(err, FATAL, "out of memory");
    snprintf(prefix, sizeof(prefix), "inputs[%u].", shipper_config_input_number(config, input));
    open_sample(process, input, prefix);
    if (open_steps(process, common, own, err) ||
        select_open(common, own, prefix, &process->selector, err) ||
        redact_open(common->redact, own->redact, &process->redact, err)) {
        process_close(process);
        return err->status;
    }
    if (!process->sample.partial && !process->steps && !process->selector && !process->redact) {
        process_close(process);
        process = NULL;
    }
    *out = process;
    return OK;
}

void process_close(struct process *process)
{
    if (!process)
        return;
    free(process->steps);
    select_close(process->selector);
    redact_close(process->redact);
    free(process);
}

bool process_samples(const struct process *process, struct slice id)
{
    if (sample_has(&process->sample, id))
        return true;
    metric_add(process->sampled_out, 1);
    return false;
}

void process_fields(const struct process *process, struct record *record)
{
    for (unsigned i = 0; i < process->step_count; i++)
        field_step_apply(&process->steps[i], record);
}

bool process_wants(struct process *process, const struct record *record, struct slice id)
{
    return !process->selector || select_wants(process->selector, record, id);
}

void process_redact(struct process *process, struct record *record)
{
    if (process->redact)
        redact_apply(process->redact, record);
}
