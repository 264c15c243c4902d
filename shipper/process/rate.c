/*
 * rate.c - how much of an input may pass.
 */
#include "shipper/process/rate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/limiter.h"
#include "common/log.h"
#include "common/metrics.h"
#include "shipper/config.h"

#define SAY_NS     (int64_t)10000000000 /* between two lines of the log */
#define NS_PER_MS  1000000
#define NAME_BYTES 80

struct rate {
    struct limiter limiter;
    bool drops;
    char name[NAME_BYTES];
    bool waiting;                          /* the last answer was RATE_WAIT */
    uint64_t dropped_lines, dropped_bytes; /* and not said yet */
    int64_t say_ns;                        /* when that is due */
    struct metric *lines, *bytes, *pauses;
};

/* What an input does not say of its limit, all inputs' configuration does. */
static struct rate_config settings_of(const struct shipper_config *config,
                                      const struct input_config *input)
{
    static const struct rate_config none;
    const struct rate_config *common =
        config->processing.rate_limit ? config->processing.rate_limit : &none;
    struct rate_config own = input->process.rate_limit ? *input->process.rate_limit : none;

    if (!own.lines_per_second && !own.bytes_per_second) {
        own.lines_per_second = common->lines_per_second;
        own.bytes_per_second = common->bytes_per_second;
    }
    if (!own.burst_ms)
        own.burst_ms = common->burst_ms;
    if (own.on_limit == ON_LIMIT_INHERIT)
        own.on_limit = common->on_limit;
    return own;
}

enum status rate_open(const struct shipper_config *config, const struct input_config *input,
                      struct rate **out, struct error *err)
{
    const struct rate_config settings = settings_of(config, input);
    uint64_t burst_ms = settings.burst_ms ? *settings.burst_ms : RATE_BURST_MS;
    const char *label;
    struct rate *rate;

    *out = NULL;
    if (!settings.lines_per_second && !settings.bytes_per_second)
        return OK;
    rate = calloc(1, sizeof(*rate));
    if (!rate)
        return error_set(err, FATAL, "out of memory");
    limiter_init(&rate->limiter, settings.lines_per_second ? *settings.lines_per_second : 0,
                 settings.bytes_per_second ? (double)*settings.bytes_per_second : 0,
                 (double)burst_ms / 1000, clock_mono_ns());
    /* Who posts is told, and can send it again. */
    rate->drops = settings.on_limit == ON_LIMIT_DROP && strcmp(input->type, "http") != 0;
    if (input->name)
        snprintf(rate->name, sizeof(rate->name), "%s", input->name);
    else
        snprintf(rate->name, sizeof(rate->name), "inputs[%u]",
                 shipper_config_input_number(config, input));
    label = metrics_label("input", rate->name);
    rate->lines = metrics_counter("shipper_lines_rate_limited_total", label,
                                  "Lines dropped because they were more than rate_limit allows.");
    rate->bytes =
        metrics_counter("shipper_bytes_rate_limited_total", label, "Bytes of these lines.");
    rate->pauses = metrics_counter("shipper_rate_limit_pauses_total", label,
                                   "Times that an input waited, or refused a request, because of "
                                   "rate_limit.");
    *out = rate;
    return OK;
}

void rate_close(struct rate *rate)
{
    if (rate && rate->dropped_lines)
        rate_say(rate, rate->say_ns);
    free(rate);
}

enum rate_verdict rate_ask(struct rate *rate, uint64_t lines, uint64_t bytes, int64_t now_ns)
{
    if (!rate || limiter_take(&rate->limiter, lines, bytes, now_ns)) {
        if (rate)
            rate->waiting = false;
        return RATE_PASS;
    }
    if (rate->drops) {
        rate_drop(rate, lines, bytes, now_ns);
        return RATE_DROP;
    }
    if (!rate->waiting)
        metric_add(rate->pauses, 1);
    rate->waiting = true;
    return RATE_WAIT;
}

void rate_drop(struct rate *rate, uint64_t lines, uint64_t bytes, int64_t now_ns)
{
    if (rate->dropped_lines == 0)
        rate->say_ns = now_ns + SAY_NS;
    rate->dropped_lines += lines;
    rate->dropped_bytes += bytes;
    metric_add(rate->lines, lines);
    metric_add(rate->bytes, bytes);
    if (now_ns >= rate->say_ns)
        rate_say(rate, now_ns);
}

void rate_give_back(struct rate *rate, uint64_t lines, uint64_t bytes)
{
    if (rate)
        limiter_give_back(&rate->limiter, lines, bytes);
}

int64_t rate_wait_ms(const struct rate *rate, int64_t now_ns)
{
    return 1 + limiter_wait_ns(&rate->limiter, now_ns) / NS_PER_MS;
}

int64_t rate_say_in_ms(const struct rate *rate, int64_t now_ns)
{
    if (!rate || rate->dropped_lines == 0)
        return -1;
    return rate->say_ns > now_ns ? 1 + (rate->say_ns - now_ns) / NS_PER_MS : 0;
}

void rate_say(struct rate *rate, int64_t now_ns)
{
    if (!rate || rate->dropped_lines == 0 || now_ns < rate->say_ns)
        return;
    log_warn("input '%s': %" PRIu64 " lines of %" PRIu64
             " bytes were dropped within ten seconds: more than its rate_limit",
             rate->name, rate->dropped_lines, rate->dropped_bytes);
    rate->dropped_lines = rate->dropped_bytes = 0;
}
