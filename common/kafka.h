/*
 * kafka.h - what producers and consumers of both programs share: settings from
 * the configuration, log messages, topics.
 *
 * Thread-safe; kafka_topic_ensure blocks up to its time-out.
 */
#ifndef COMMON_KAFKA_H
#define COMMON_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#include "common/config.h"
#include "common/error.h"

enum kafka_security { KAFKA_PLAINTEXT, KAFKA_SSL, KAFKA_SASL_PLAINTEXT, KAFKA_SASL_SSL };

struct kafka_link { /* the part of `kafka:` that says how to reach the brokers */
    char *brokers, *client_id;
    enum kafka_security security;
    char *ca_file, *certificate_file, *key_file, *key_password;
    char *sasl_mechanism, *sasl_username, *sasl_password;
};

/* Rows of a libcyaml table for the members of `struct kafka_link` that is member `m` of `s`. */
extern const cyaml_strval_t kafka_security_names[4];
#define KAFKA_LINK_FIELDS(s, m)                                                                    \
    CYAML_FIELD_STRING_PTR("brokers", CYAML_FLAG_POINTER, s, m.brokers, 1, CYAML_UNLIMITED),       \
        CYAML_FIELD_STRING_PTR("client_id", CYAML_FLAG_POINTER, s, m.client_id, 1, 200),           \
        CYAML_FIELD_ENUM("security", CYAML_FLAG_STRICT, s, m.security, kafka_security_names, 4),   \
        CYAML_FIELD_STRING_PTR("ca_file", CYAML_FLAG_POINTER, s, m.ca_file, 0, 4096),              \
        CYAML_FIELD_STRING_PTR("certificate_file", CYAML_FLAG_POINTER, s, m.certificate_file, 0,   \
                               4096),                                                              \
        CYAML_FIELD_STRING_PTR("key_file", CYAML_FLAG_POINTER, s, m.key_file, 0, 4096),            \
        CYAML_FIELD_STRING_PTR("key_password", CYAML_FLAG_POINTER, s, m.key_password, 0, 4096),    \
        CYAML_FIELD_STRING_PTR("sasl_mechanism", CYAML_FLAG_POINTER, s, m.sasl_mechanism, 0, 64),  \
        CYAML_FIELD_STRING_PTR("sasl_username", CYAML_FLAG_POINTER, s, m.sasl_username, 0, 4096),  \
        CYAML_FIELD_STRING_PTR("sasl_password", CYAML_FLAG_POINTER, s, m.sasl_password, 0, 4096)

/* The program's own checks of the link: files that must be readable, SASL without a user, … */
void kafka_link_check(struct config *config, const struct kafka_link *link);

/*
 * For programs, at their start, before they have threads: spares the plugins of Cyrus SASL, which
 * the library loads with its first client, and a database with them. They would serve GSSAPI,
 * which is not offered; PLAIN and SCRAM are the library's own. SASL_PATH has the last word.
 */
void kafka_without_plugins(void);

/* A client configuration with the link and our log callback set; the caller owns it. */
enum status kafka_conf_make(const struct kafka_link *link, rd_kafka_conf_t **out,
                            struct error *err);

/* rd_kafka_conf_set with our error; a wrong property is a bug or an old library: FATAL. */
enum status kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                      struct error *err);
enum status kafka_set_number(rd_kafka_conf_t *conf, const char *name, int64_t value,
                             struct error *err);

/*
 * A client of `conf`, which is taken in any case. `what` names it in the error, which says what to
 * do: FATAL, a certificate or key that cannot be used.
 */
enum status kafka_client_open(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *what,
                              rd_kafka_t **out, struct error *err);

/* Another number when a certificate or key file was replaced: a client reads them only once. */
uint64_t kafka_link_stamp(const struct kafka_link *link);

struct kafka_topic {
    const char *name;
    int64_t partitions, replication_factor; /* 0: the broker's default */
    int64_t message_max_bytes;              /* 0: the broker's default */
    int64_t retention_ms;                   /* 0: the broker's default */
};

/*
 * Creates the topic unless it exists. RETRY: the brokers cannot be reached or
 * not yet; FATAL: refused (authorisation, invalid name).
 */
enum status kafka_topic_ensure(rd_kafka_t *client, const struct kafka_topic *topic,
                               int64_t timeout_ms, struct error *err);

#endif
