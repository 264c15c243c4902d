/*
 * bot_data.c - the list of bots and their addresses, loaded once for all workers.
 */
#include "indexer/enrich/bot_data.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/scope.h"
#include "indexer/enrich/agent_config.h"

static void data_free(struct shared_data *shared)
{
    struct bot_data *data = (struct bot_data *)shared;

    for (size_t i = 0; i < data->range_count; i++)
        bot_ranges_close(data->ranges[i]);
    free(data->ranges);
    bot_list_close(data->list);
    free(data);
}

static enum status load_files(const struct bots_config *config, struct bot_data *data,
                              struct error *err)
{
    enum status status;

    data->ranges = calloc(config->verify_count + 1, sizeof(struct bot_ranges *));
    if (!data->ranges)
        return error_set(err, FATAL, "out of memory");
    status = bot_list_open(config->files, config->file_count, &data->list, err);
    while (status == OK && data->range_count < config->verify_count) {
        const struct bot_verify_config *verify = &config->verify[data->range_count];

        status = bot_ranges_open(verify->files, verify->file_count,
                                 &data->ranges[data->range_count], err);
        data->range_count += status == OK;
    }
    return status;
}

static enum status data_load(const void *arg, const char *const *paths, struct shared_data **out,
                             struct error *err)
{
    struct bot_data *data = calloc(1, sizeof(*data));
    enum status status;

    (void)paths; /* which are in the configuration by what they are for */
    if (!data)
        return error_set(err, FATAL, "out of memory");
    status = load_files(arg, data, err);
    if (status) {
        data_free(&data->base);
        return status;
    }
    *out = &data->base;
    return OK;
}

static void say_loaded(const struct shared_data *shared, const char *const *paths, bool at_start)
{
    const struct bot_data *data = (const struct bot_data *)shared;

    (void)paths;
    if (at_start)
        log_debug("%zu bots known by %zu patterns", data->list->name_count,
                  data->list->pattern_count);
    else
        log_info("lists of bots loaded anew: %zu bots known by %zu patterns",
                 data->list->name_count, data->list->pattern_count);
}

static void say_failed(const struct error *err, const char *const *paths, bool has_old)
{
    (void)paths;
    (void)has_old; /* always */
    log_warn("cannot load the lists of bots: %s; those loaded before stay in use", err->text);
}

static const struct shared_type bot_data_type = {
    .load = data_load,
    .free = data_free,
    .say_loaded = say_loaded,
    .say_failed = say_failed,
};

enum status bot_data_source(const struct bots_config *config, struct shared_source **out,
                            struct error *err)
{
    size_t count = config->file_count;
    scoped_free const char **paths = NULL;

    for (uint32_t i = 0; i < config->verify_count; i++)
        count += config->verify[i].file_count;
    paths = calloc(count + 1, sizeof(*paths));
    if (!paths)
        return error_set(err, FATAL, "out of memory");
    count = 0;
    for (uint32_t i = 0; i < config->file_count; i++)
        paths[count++] = config->files[i];
    for (uint32_t i = 0; i < config->verify_count; i++)
        for (uint32_t j = 0; j < config->verify[i].file_count; j++)
            paths[count++] = config->verify[i].files[j];
    return shared_source_open(&bot_data_type, config, paths, count, out, err);
}
