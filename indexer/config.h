/*
 * config.h - indexer.yaml as a struct. configs/indexer.yaml explains the keys.
 */
#ifndef INDEXER_CONFIG_H
#define INDEXER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"
#include "common/kafka.h"
#include "common/log_config.h"
#include "indexer/enrich/agent_config.h"
#include "indexer/enrich/threat/config.h"
#include "indexer/retention/config.h"

struct indexer_kafka_config {
    struct kafka_link link;
    char *topic, *group, *dlq_topic, *instance_id, *assignor;
    char *audit_topic; /* as account_topic makes it */
    bool create_topic, idempotence;
    uint32_t partitions, replication_factor;
    uint64_t session_timeout_ms, prefetch_max_bytes, drain_timeout_ms, commit_interval_ms;
};

struct batch_config {
    uint32_t max_records;
    uint64_t max_bytes, max_wait_ms;
};

#define GEOIP_FILES_MAX 4 /* of one kind */

struct geoip_config {
    bool enabled;
    char *city, *country, *asn; /* paths, comma-separated; "" = not used */
    uint32_t cache_entries;
};

struct redis_config {
    char *url; /* "" = without Redis */
    char *ca_file, *certificate_file, *key_file;
    uint64_t mark_ttl_ms, timeout_ms;
    uint32_t epoch;
};

struct floods_config {
    bool enabled;
    uint32_t limit, score, clients;
    uint64_t window_ms;
    char **allow;
    uint32_t allow_count;
};

struct elasticsearch_config {
    char **urls;
    uint32_t url_count;
    char *index_prefix, *username, *password, *api_key;
    char *ca_file, *ca_fingerprint, *certificate_file, *key_file, *key_password;
    uint64_t timeout_ms, bulk_max_bytes, refresh_interval_ms, max_future_ms;
    bool gzip, manage_template, keep_words;
    char *codec;
    char **datasets; /* none: all */
    uint32_t dataset_count, gzip_level, max_in_flight;
    uint32_t shards, replicas, dlq_max_per_minute, new_indices_per_hour;
};

struct indexer_http_config {
    char *listen; /* "" = no listener */
};

struct indexer_config {
    uint32_t workers;
    struct indexer_kafka_config kafka;
    struct batch_config batch;
    struct geoip_config geoip;
    struct user_agent_config user_agent;
    struct bots_config bots;
    struct threats_config threats;
    struct redis_config redis;
    struct floods_config floods;
    struct elasticsearch_config elasticsearch;
    struct retention_config retention;
    struct indexer_http_config http;
    struct log_config log;
};

/*
 * Loads and checks. `*out` lives as long as `*holder`. As config_load: after
 * REJECT, config_problems(*holder) says what is wrong.
 */
enum status indexer_config_load(const char *path, const char *const *settings,
                                struct config **holder, struct indexer_config **out,
                                struct error *err);

/* For the test that every key of the tables is in configs/indexer.yaml. */
extern const struct config_schema indexer_config_schema;

#endif
