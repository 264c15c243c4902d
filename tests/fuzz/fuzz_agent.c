/*
 * fuzz_agent.c - any bytes as a user agent, as a list of bots and as a list of networks.
 *
 * Of an agent every text ends where it must and a bot has a category; lists
 * are taken or refused with a reason.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/scope.h"
#include "indexer/enrich/agent_parse.h"
#include "indexer/enrich/bot_list.h"
#include "indexer/enrich/bot_ranges.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t room)
{
    if (!memchr(text, '\0', room))
        abort();
}

static void check_agent(const struct agent_parser *parser, struct slice input)
{
    struct agent agent;

    agent_parse(parser, input, &agent);
    check_text(agent.name, sizeof(agent.name));
    check_text(agent.version, sizeof(agent.version));
    check_text(agent.os_name, sizeof(agent.os_name));
    check_text(agent.os_version, sizeof(agent.os_version));
    check_text(agent.os_full, sizeof(agent.os_full));
    check_text(agent.device_name, sizeof(agent.device_name));
    check_text(agent.device_class, sizeof(agent.device_class));
}

static void check_bot(const struct bot_list *list, struct slice input)
{
    struct bot bot;

    bot_list_find(list, input, &bot);
    check_text(bot.name, sizeof(bot.name));
    check_text(bot.version, sizeof(bot.version));
    check_text(bot.category, sizeof(bot.category));
    if (bot.is_bot != (bot.category[0] != '\0'))
        abort();
}

static void check_list(struct slice input)
{
    static char path[] = "/tmp/fuzz_agentXXXXXX";
    static int fd = -1;
    char *files[] = {path};
    struct bot_list *list = NULL;
    struct error err = {.text = ""};

    if (fd < 0)
        fd = mkstemp(path);
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, input.data, input.len, 0) != (ssize_t)input.len)
        abort();
    if (bot_list_open(files, 1, &list, &err) && !err.text[0])
        abort();
    if (list)
        check_bot(list, input);
    bot_list_close(list);
}

static void check_ranges(struct slice input)
{
    struct bot_ranges *ranges = bot_ranges_new();
    struct error err = {.text = ""};

    if (!ranges || (bot_ranges_read(ranges, input, &err) && !err.text[0]))
        abort();
    bot_ranges_find(ranges, input);
    bot_ranges_find(ranges, SLICE("192.0.2.1"));
    bot_ranges_close(ranges);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct agent_parser *parser;
    static struct bot_list *list;
    struct slice input = {(const char *)data, size};
    struct error err;

    if (!parser && (agent_parser_open(&parser, &err) || bot_list_open(NULL, 0, &list, &err)))
        abort();
    check_agent(parser, input);
    check_bot(list, input);
    check_ranges(input);
    if (size && data[0] % 16 == 2) /* "b", "r": the built-in list is loaded each time, too */
        check_list(input);
    return 0;
}
