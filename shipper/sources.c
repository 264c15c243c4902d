/*
 * sources.c - the configured inputs, and how they change when the configuration does.
 */
#include "shipper/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/scope.h"
#include "shipper/config.h"
#include "shipper/config_input.h"
#include "shipper/stream.h"

#define TEXT_MAX (1u << 20)

struct settings { /* a configuration, as long as inputs that were opened by it are there */
    struct config *holder;
    const struct shipper_config *config;
    struct input_context context;
    unsigned users;
};

static struct settings *settings_make(const struct sources *sources, struct config *holder,
                                      const struct shipper_config *config)
{
    struct settings *settings = calloc(1, sizeof(*settings));

    if (settings)
        *settings = (struct settings){
            .holder = holder,
            .config = config,
            .context = {.config = config, .checkpoint = sources->checkpoint},
            .users = 1,
        };
    return settings;
}

static struct settings *settings_use(struct settings *settings)
{
    settings->users++;
    return settings;
}

static void settings_leave(struct settings *settings)
{
    if (--settings->users)
        return;
    config_close(settings->holder);
    free(settings);
}

/* All of the configuration that an input depends on; NULL without memory. */
static char *text_of(const struct shipper_config *config, const struct input_config *input)
{
    scoped_buf struct buf text = BUF_INIT(TEXT_MAX);

    buf_addf(&text, "%llu %s\n", (unsigned long long)config->line_max_bytes, config->agent.id);
    process_config_write_rate(&config->processing, &text);
    if (!input_config_write(input, &text) || text.failed)
        return NULL;
    return strdup(buf_str(&text));
}

/* NULL without memory. */
static struct source *make_items(const struct shipper_config *config)
{
    return calloc(config->input_count ? config->input_count : 1, sizeof(struct source));
}

static enum status open_lines(const struct sources *sources, struct source *source,
                              struct settings *settings, const struct input_config *input,
                              struct error *err)
{
    if (lines_open(&source->lines, settings->config, input, err))
        return err->status;
    if (sources->query && lines_keep(&source->lines, sources->query, err)) {
        lines_close(&source->lines);
        return err->status;
    }
    source->parsed_with = settings_use(settings);
    return OK;
}

static void close_lines(struct source *source)
{
    lines_close(&source->lines);
    source->lines = (struct lines){0};
    if (source->parsed_with)
        settings_leave(source->parsed_with);
    source->parsed_with = NULL;
}

static void close_source(struct source *source)
{
    source->input->type->close(source->input);
    close_lines(source);
    free(source->text);
    settings_leave(source->opened_with);
}

/* Takes `text` over, also on failure. */
static enum status open_source(struct sources *sources, struct settings *settings,
                               const struct input_config *input, char *text, struct error *err)
{
    struct source *source = &sources->items[sources->count];
    const struct input_type *type = sources->type ? sources->type : input_type_find(input->type);

    *source = (struct source){.opened_as = input, .text = text};
    if (!type)
        error_set(err, FATAL, "unknown input '%s'", input->type);
    if (!type || open_lines(sources, source, settings, input, err)) {
        free(text);
        return err->status;
    }
    if (type->open(&settings->context, input, &source->input, err)) {
        close_lines(source);
        free(text);
        return err->status;
    }
    source->opened_with = settings_use(settings);
    sources->count++;
    return OK;
}

enum status sources_open(struct sources *sources, struct config *holder,
                         const struct shipper_config *config, struct error *err)
{
    struct settings *settings = settings_make(sources, holder, config);
    enum status status = OK;

    if (!settings)
        return error_set(err, FATAL, "out of memory");
    sources->current = settings;
    sources->items = make_items(config);
    if (!sources->items)
        return error_set(err, FATAL, "out of memory");
    for (uint32_t i = 0; status == OK && i < config->input_count; i++)
        status = open_source(sources, settings, &config->inputs[i],
                             text_of(config, &config->inputs[i]), err);
    return status;
}

/* The source of before that is opened as `text` says; it is taken out of `before`. */
static bool take_same(struct sources *before, const char *text, struct source *out)
{
    for (unsigned i = 0; text && i < before->count; i++)
        if (before->items[i].text && strcmp(before->items[i].text, text) == 0) {
            *out = before->items[i];
            before->items[i] = before->items[--before->count];
            return true;
        }
    return false;
}

/* Keeps the input, and compiles what its lines go through anew. */
static enum status keep_source(struct sources *sources, const struct source *source,
                               struct settings *settings, const struct input_config *input,
                               struct error *err)
{
    struct source *kept = &sources->items[sources->count];

    *kept = *source;
    close_lines(kept);
    if (open_lines(sources, kept, settings, input, err)) {
        close_source(kept);
        return err->status;
    }
    sources->count++;
    return OK;
}

enum status sources_change(struct sources *sources, struct config *holder,
                           const struct shipper_config *config, struct error *err)
{
    struct settings *settings = settings_make(sources, holder, config);
    struct source *items = make_items(config);
    struct sources before = *sources;
    char *texts[SOURCES_MAX] = {NULL};
    bool kept[SOURCES_MAX] = {false};
    enum status status = OK;

    if (!settings || !items) {
        config_close(holder);
        free(settings);
        free(items);
        return error_set(err, FATAL, "out of memory");
    }
    sources->items = items;
    sources->count = 0;
    for (uint32_t i = 0; i < config->input_count; i++) {
        struct source same;

        texts[i] = text_of(config, &config->inputs[i]);
        kept[i] = take_same(&before, texts[i], &same);
        if (!kept[i])
            continue;
        free(texts[i]);
        if (keep_source(sources, &same, settings, &config->inputs[i], err))
            status = REJECT;
    }
    /* Before new ones are opened: they may want the same addresses and files. */
    while (before.count)
        close_source(&before.items[--before.count]);
    for (uint32_t i = 0; i < config->input_count; i++)
        if (!kept[i] && open_source(sources, settings, &config->inputs[i], texts[i], err))
            status = REJECT;
    settings_leave(before.current);
    sources->current = settings;
    free(before.items);
    return status;
}

void sources_acked(struct sources *sources, struct stream *stream)
{
    for (unsigned i = 0; i < sources->count; i++)
        if (stream->config == sources->items[i].opened_as)
            sources->items[i].input->type->acked(sources->items[i].input, stream);
}

bool sources_exhausted(const struct sources *sources)
{
    for (unsigned i = 0; i < sources->count; i++)
        if (!sources->items[i].exhausted)
            return false;
    return true;
}

void sources_stop(struct sources *sources)
{
    for (unsigned i = 0; i < sources->count; i++) {
        struct source *source = &sources->items[i];

        if (source->input->type->stop)
            source->input->type->stop(source->input);
        else
            source->exhausted = true;
    }
}

struct input_progress sources_progress(const struct sources *sources)
{
    struct input_progress sum = {0}, one;

    for (unsigned i = 0; i < sources->count; i++) {
        sources->items[i].input->type->progress(sources->items[i].input, &one);
        sum.bytes_read += one.bytes_read;
        sum.bytes_total += one.bytes_total;
        sum.bytes_behind += one.bytes_behind;
        sum.streams += one.streams;
    }
    return sum;
}

void sources_close(struct sources *sources)
{
    while (sources->count)
        close_source(&sources->items[--sources->count]);
    free(sources->items);
    sources->items = NULL;
    if (sources->current)
        settings_leave(sources->current);
    sources->current = NULL;
}
