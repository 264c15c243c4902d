/*
 * agent_parse.h - what a user agent says of browser, system and device.
 *
 * Names are those that the parsers of the ua-parser family gave currency to
 * ("Chrome Mobile", "Mobile Safari", "Mac OS X"), so that dashboards made for them go on working.
 * One pass finds the known words (agent_table.h); what they mean together is
 * decided behind it. Any bytes may come. Reading order: agent_table.h,
 * agent_parse.c, agent_device.c, agent.c.
 */
#ifndef INDEXER_ENRICH_AGENT_PARSE_H
#define INDEXER_ENRICH_AGENT_PARSE_H

#include "common/buf.h"
#include "common/error.h"

#define AGENT_LOOK_MAX 2048 /* bytes: what stands behind is not looked at */

struct agent { /* texts end with a NUL; an empty one is not known */
    char name[48], version[32];
    char os_name[24], os_version[24], os_full[50];
    char device_name[56], device_class[12];
};

/* "" and "-": the client sent none. */
static inline bool agent_is_absent(struct slice text)
{
    return text.len == 0 || (text.len == 1 && text.data[0] == '-');
}

struct agent_parser; /* immutable: threads may share one */

enum status agent_parser_open(struct agent_parser **out, struct error *err);
void agent_parse(const struct agent_parser *parser, struct slice text, struct agent *out);
void agent_parser_close(struct agent_parser *parser); /* NULL is fine */

#endif
