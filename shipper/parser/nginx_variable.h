/*
 * nginx_variable.h - one $variable of a log_format: what it becomes.
 */
#ifndef SHIPPER_PARSER_NGINX_VARIABLE_H
#define SHIPPER_PARSER_NGINX_VARIABLE_H

#include "shipper/parser/format.h"
#include "shipper/parser/format_header.h"

/* What variables must know of the others. */
struct nginx_facts {
    bool has_client; /* $remote_addr */
    bool has_host;   /* $host or $http_host: better than the server's name */
    bool has_id;     /* $request_id */
    bool has_msec;   /* the finest time */
    bool has_iso;
};

/* Notes that the format has the variable `name`. */
void nginx_facts_note(struct nginx_facts *facts, struct slice name);

/*
 * What it becomes; an unknown one is a label. *out_name is NULL or the label's name, in `label`.
 * False: the name is too long.
 */
bool nginx_variable_item(struct slice name, const struct nginx_facts *facts,
                         struct format_item *out, char label[FORMAT_NAME_MAX],
                         const char **out_name);

#endif
