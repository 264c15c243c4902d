/*
 * bot.c - whether a user agent is a bot's, whose, and whether it comes from where that is at home.
 *
 * What is true of an agent is kept; whether it comes from the operator's own
 * addresses is looked up for each record, for those bots that have them.
 */
#include "indexer/enrich/enrich.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "common/metrics.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/agent_memo.h"
#include "indexer/enrich/agent_parse.h"
#include "indexer/enrich/bot_data.h"

enum result { RESULT_BOT, RESULT_PERSON, RESULT_GENUINE, RESULT_FORGED, RESULTS };

struct bot_enrich {
    struct enrich base;
    const struct bots_config *config;
    bool tells_agent; /* browser and device are given as well: a bot has others */
    struct shared_source *source;
    struct shared_data *held;
    const struct bot_data *data; /* which is what is held */
    uint64_t counts[RESULTS];    /* since the last refresh */
    struct metric *results[RESULTS];
};

static bool is_tool(const char *category)
{
    return strcmp(category, "http_library") == 0 || strcmp(category, "headless_browser") == 0;
}

static uint32_t verify_entry(const struct bots_config *config, const struct bot *bot)
{
    for (uint32_t i = 0; i < config->verify_count; i++)
        for (uint32_t j = 0; j < config->verify[i].name_count; j++)
            if (fnmatch(config->verify[i].names[j], bot->name, FNM_CASEFOLD) == 0)
                return i + 1;
    return 0;
}

static const struct agent_bot *answer_for(struct bot_enrich *self, struct slice agent)
{
    bool found;
    struct agent_bot *answer = agent_memo_get(self->base.agents, AGENT_BOT, agent, &found);

    if (found)
        return answer;
    bot_list_find(self->data->list, agent, &answer->bot);
    answer->is_visitor = answer->bot.is_named && !is_tool(answer->bot.category);
    if (answer->bot.is_bot)
        answer->verify = verify_entry(self->config, &answer->bot);
    return answer;
}

static void set(struct record *record, enum record_field field, const char *text)
{
    if (text[0])
        record_set_text(record, field, slice_of(text));
    else
        record_drop(record, field);
}

static void set_verified(struct bot_enrich *self, struct record *record, uint32_t entry)
{
    struct slice address;
    enum bot_place place = BOT_PLACE_UNKNOWN;

    if (entry && (record_text(record, FIELD_SOURCE_IP, &address) ||
                  record_text(record, FIELD_SOURCE_ADDRESS, &address)))
        place = bot_ranges_find(self->data->ranges[entry - 1], address);
    if (place == BOT_PLACE_UNKNOWN) {
        record_drop(record, FIELD_USER_AGENT_BOT_VERIFIED);
        return;
    }
    record_set_bool(record, FIELD_USER_AGENT_BOT_VERIFIED, place == BOT_PLACE_INSIDE);
    self->counts[place == BOT_PLACE_INSIDE ? RESULT_GENUINE : RESULT_FORGED]++;
}

/* The browser and the device that a bot poses as would count with people's. */
static void correct_agent(const struct agent_bot *answer, struct record *record)
{
    record_set_text(record, FIELD_USER_AGENT_DEVICE_CLASS, SLICE("bot"));
    if (!answer->is_visitor)
        return;
    set(record, FIELD_USER_AGENT_NAME, answer->bot.name);
    set(record, FIELD_USER_AGENT_VERSION, answer->bot.version);
    record_set_text(record, FIELD_USER_AGENT_DEVICE_NAME, SLICE("Spider"));
}

/* The texts stay in the cache until the next record: that is long enough. */
static bool bot_apply(struct enrich *enrich, struct record *record)
{
    struct bot_enrich *self = (struct bot_enrich *)enrich;
    const struct agent_bot *answer;
    struct slice agent;

    if (!record_text(record, FIELD_USER_AGENT_ORIGINAL, &agent) || agent_is_absent(agent))
        return true;
    answer = answer_for(self, agent);
    self->counts[answer->bot.is_bot ? RESULT_BOT : RESULT_PERSON]++;
    record_set_bool(record, FIELD_USER_AGENT_IS_BOT, answer->bot.is_bot);
    set(record, FIELD_USER_AGENT_BOT_NAME, answer->bot.name);
    set(record, FIELD_USER_AGENT_BOT_CATEGORY, answer->bot.category);
    set_verified(self, record, answer->verify);
    if (answer->bot.is_bot && self->tells_agent)
        correct_agent(answer, record);
    return true;
}

static void flush_counts(struct bot_enrich *self)
{
    for (int i = 0; i < RESULTS; i++) {
        metric_add(self->results[i], self->counts[i]);
        self->counts[i] = 0;
    }
    if (self->base.agents)
        agent_memo_flush_counts(self->base.agents, AGENT_BOT);
}

/* Takes what was loaded meanwhile; answers of the old list are forgotten. */
static void take_data(struct bot_enrich *self)
{
    if (!shared_source_renew(self->source, &self->held))
        return;
    self->data = (const struct bot_data *)self->held;
    if (self->base.agents) /* not while it is opened */
        agent_memo_forget(self->base.agents, AGENT_BOT);
}

static void bot_refresh(struct enrich *enrich, int64_t now_ms)
{
    struct bot_enrich *self = (struct bot_enrich *)enrich;

    shared_source_refresh(self->source, now_ms);
    take_data(self);
    flush_counts(self);
}

static void bot_close(struct enrich *enrich)
{
    struct bot_enrich *self = (struct bot_enrich *)enrich;

    if (!self)
        return;
    flush_counts(self);
    shared_data_drop(self->held);
    shared_source_close(self->source);
    free(self);
}

static void register_results(struct bot_enrich *self)
{
    static const char *const labels[RESULTS] = {
        [RESULT_BOT] = "result=\"bot\"",
        [RESULT_PERSON] = "result=\"person\"",
        [RESULT_GENUINE] = "result=\"genuine\"",
        [RESULT_FORGED] = "result=\"forged\"",
    };

    for (int i = 0; i < RESULTS; i++)
        self->results[i] = metrics_counter(
            "indexer_agents_total", labels[i],
            "Records by what their user agent is; genuine and forged are bots that were verified");
}

static enum status bot_open(const struct indexer_config *config, struct enrich **out,
                            struct error *err)
{
    struct bot_enrich *self;

    if (!config->bots.enabled)
        return DONE;
    self = calloc(1, sizeof(*self));
    if (!self)
        return error_set(err, FATAL, "out of memory");
    self->base.type = &enrich_bot;
    self->config = &config->bots;
    self->tells_agent = config->user_agent.enabled;
    register_results(self);
    if (bot_data_source(&config->bots, &self->source, err)) {
        bot_close(&self->base);
        return err->status;
    }
    take_data(self);
    *out = &self->base;
    return OK;
}

const struct enrich_type enrich_bot = {
    .name = "bot",
    .open = bot_open,
    .apply = bot_apply,
    .refresh = bot_refresh,
    .close = bot_close,
};
