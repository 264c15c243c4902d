/*
 * haproxy.h - private to haproxy*.c: a line without the header of syslog.
 */
#ifndef SHIPPER_PARSER_HAPROXY_H
#define SHIPPER_PARSER_HAPROXY_H

#include "common/record.h"
#include "shipper/parser/line_time.h"

/* What ECS has no field for, below `labels`. Times in ms as HAProxy has them. */
enum haproxy_label {
    HAPROXY_FRONTEND,
    HAPROXY_BACKEND,
    HAPROXY_SERVER,
    HAPROXY_MODE,
    HAPROXY_REQUEST_MS,
    HAPROXY_QUEUE_MS,
    HAPROXY_CONNECT_MS,
    HAPROXY_RESPONSE_MS,
    HAPROXY_BYTES,
    HAPROXY_REQUEST_COOKIE,
    HAPROXY_RESPONSE_COOKIE,
    HAPROXY_TERMINATION,
    HAPROXY_CONNECTIONS,
    HAPROXY_FRONTEND_CONNECTIONS,
    HAPROXY_BACKEND_CONNECTIONS,
    HAPROXY_SERVER_CONNECTIONS,
    HAPROXY_RETRIES,
    HAPROXY_SERVER_QUEUE,
    HAPROXY_BACKEND_QUEUE,
    HAPROXY_REQUEST_HEADERS,
    HAPROXY_RESPONSE_HEADERS,
    HAPROXY_CONNECTION_ERROR,
    HAPROXY_TLS_ERROR,
    HAPROXY_CERTIFICATE_ERROR,
    HAPROXY_CA_ERROR,
    HAPROXY_EXTRA,
    HAPROXY_LABELS
};

struct haproxy_labels {
    struct record_target targets[HAPROXY_LABELS];
};

void haproxy_labels_init(struct haproxy_labels *labels);

/* NULL, or a constant text: why it does not fit; the record then holds some fields already. */
const char *haproxy_parse_body(const struct haproxy_labels *labels, const struct line_clock *clock,
                               const struct parser_memory *memory, struct slice body,
                               struct record *record);

#endif
