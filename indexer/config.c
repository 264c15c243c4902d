/*
 * config.c - indexer.yaml: the tables, and what they cannot check.
 */
#include "indexer/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/account.h"
#include "common/embed.h"
#include "common/http_pin.h"
#include "indexer/dedup.h"
#include "indexer/enrich/cache.h"
#include "indexer/enrich/clients.h"
#include "indexer/enrich/networks.h"
#include "indexer/index_name.h"

EMBED(indexer_defaults, "configs/indexer.yaml");

#define PATH_LEN        4096
#define WORKERS_MAX     64
#define WORKERS_WAITING 2 /* for answers, while each processor has one that computes */

static const cyaml_schema_value_t url_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, PATH_LEN)};
static const cyaml_schema_value_t dataset_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, INDEX_DATASET_MAX)};

static const cyaml_schema_value_t network_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 64)};

#define TEXT(key, type, member, min, max)                                                          \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, min, max)
#define NUMBER(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_DEFAULT, type, member)
#define FLAG(key, type, member)   CYAML_FIELD_BOOL(key, CYAML_FLAG_DEFAULT, type, member)

static const cyaml_schema_field_t kafka_fields[] = {
    KAFKA_LINK_FIELDS(struct indexer_kafka_config, link),
    TEXT("topic", struct indexer_kafka_config, topic, 1, 249),
    TEXT("group", struct indexer_kafka_config, group, 1, 255),
    TEXT("dlq_topic", struct indexer_kafka_config, dlq_topic, 1, 249),
    TEXT("audit_topic", struct indexer_kafka_config, audit_topic, 0, 249),
    TEXT("instance_id", struct indexer_kafka_config, instance_id, 0, 255),
    FLAG("create_topic", struct indexer_kafka_config, create_topic),
    FLAG("idempotence", struct indexer_kafka_config, idempotence),
    NUMBER("partitions", struct indexer_kafka_config, partitions),
    NUMBER("replication_factor", struct indexer_kafka_config, replication_factor),
    NUMBER("session_timeout_ms", struct indexer_kafka_config, session_timeout_ms),
    TEXT("assignor", struct indexer_kafka_config, assignor, 1, 64),
    NUMBER("prefetch_max_bytes", struct indexer_kafka_config, prefetch_max_bytes),
    NUMBER("drain_timeout_ms", struct indexer_kafka_config, drain_timeout_ms),
    NUMBER("commit_interval_ms", struct indexer_kafka_config, commit_interval_ms),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t batch_fields[] = {
    NUMBER("max_records", struct batch_config, max_records),
    NUMBER("max_bytes", struct batch_config, max_bytes),
    NUMBER("max_wait_ms", struct batch_config, max_wait_ms),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t geoip_fields[] = {
    FLAG("enabled", struct geoip_config, enabled),
    TEXT("city", struct geoip_config, city, 0, PATH_LEN),
    TEXT("country", struct geoip_config, country, 0, PATH_LEN),
    TEXT("asn", struct geoip_config, asn, 0, PATH_LEN),
    NUMBER("cache_entries", struct geoip_config, cache_entries),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t redis_fields[] = {
    TEXT("url", struct redis_config, url, 0, PATH_LEN),
    TEXT("ca_file", struct redis_config, ca_file, 0, PATH_LEN),
    TEXT("certificate_file", struct redis_config, certificate_file, 0, PATH_LEN),
    TEXT("key_file", struct redis_config, key_file, 0, PATH_LEN),
    NUMBER("mark_ttl_ms", struct redis_config, mark_ttl_ms),
    NUMBER("timeout_ms", struct redis_config, timeout_ms),
    NUMBER("epoch", struct redis_config, epoch),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t floods_fields[] = {
    FLAG("enabled", struct floods_config, enabled),
    NUMBER("limit", struct floods_config, limit),
    NUMBER("window_ms", struct floods_config, window_ms),
    NUMBER("score", struct floods_config, score),
    NUMBER("clients", struct floods_config, clients),
    CYAML_FIELD_SEQUENCE_COUNT("allow", CYAML_FLAG_POINTER, struct floods_config, allow,
                               allow_count, &network_value, 0, NETWORKS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t elasticsearch_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("urls", CYAML_FLAG_POINTER, struct elasticsearch_config, urls,
                               url_count, &url_value, 1, 64),
    TEXT("index_prefix", struct elasticsearch_config, index_prefix, 1, 100),
    TEXT("username", struct elasticsearch_config, username, 0, 1024),
    TEXT("password", struct elasticsearch_config, password, 0, 1024),
    TEXT("api_key", struct elasticsearch_config, api_key, 0, 1024),
    TEXT("ca_file", struct elasticsearch_config, ca_file, 0, PATH_LEN),
    TEXT("ca_fingerprint", struct elasticsearch_config, ca_fingerprint, 0, 95),
    TEXT("certificate_file", struct elasticsearch_config, certificate_file, 0, PATH_LEN),
    TEXT("key_file", struct elasticsearch_config, key_file, 0, PATH_LEN),
    TEXT("key_password", struct elasticsearch_config, key_password, 0, 1024),
    NUMBER("timeout_ms", struct elasticsearch_config, timeout_ms),
    NUMBER("bulk_max_bytes", struct elasticsearch_config, bulk_max_bytes),
    NUMBER("max_in_flight", struct elasticsearch_config, max_in_flight),
    FLAG("gzip", struct elasticsearch_config, gzip),
    NUMBER("gzip_level", struct elasticsearch_config, gzip_level),
    CYAML_FIELD_SEQUENCE_COUNT("datasets", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct elasticsearch_config, datasets, dataset_count, &dataset_value,
                               0, 1024),
    NUMBER("max_future_ms", struct elasticsearch_config, max_future_ms),
    NUMBER("new_indices_per_hour", struct elasticsearch_config, new_indices_per_hour),
    FLAG("manage_template", struct elasticsearch_config, manage_template),
    FLAG("keep_words", struct elasticsearch_config, keep_words),
    TEXT("codec", struct elasticsearch_config, codec, 1, 64),
    NUMBER("shards", struct elasticsearch_config, shards),
    NUMBER("replicas", struct elasticsearch_config, replicas),
    NUMBER("refresh_interval_ms", struct elasticsearch_config, refresh_interval_ms),
    NUMBER("dlq_max_per_minute", struct elasticsearch_config, dlq_max_per_minute),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t http_fields[] = {
    TEXT("listen", struct indexer_http_config, listen, 0, 256),
    CYAML_FIELD_END,
};

#define SECTION(key, fields)                                                                       \
    CYAML_FIELD_MAPPING(#key, CYAML_FLAG_DEFAULT, struct indexer_config, key, fields)

static const cyaml_schema_field_t top_fields[] = {
    NUMBER("workers", struct indexer_config, workers),
    SECTION(kafka, kafka_fields),
    SECTION(batch, batch_fields),
    SECTION(geoip, geoip_fields),
    SECTION(user_agent, user_agent_config_fields),
    SECTION(bots, bots_config_fields),
    SECTION(threats, threats_config_fields),
    SECTION(redis, redis_fields),
    SECTION(floods, floods_fields),
    SECTION(elasticsearch, elasticsearch_fields),
    SECTION(retention, retention_config_fields),
    SECTION(http, http_fields),
    SECTION(log, log_config_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct indexer_config, top_fields)};

static const struct config_alias aliases[] = {
    {"NUM_WORKER_THREADS", "workers", NULL},
    {"DEBUG", "log.level", "debug"},
    {0},
};

const struct config_schema indexer_config_schema = {
    .program = "indexer",
    .schema = &top_value,
    .defaults = embedded_indexer_defaults,
    .aliases = aliases,
};

static bool is_index_prefix(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && !strchr("._-", *p))
            return false;
    return islower((unsigned char)*text) || isdigit((unsigned char)*text);
}

static void check_readable(struct config *config, const char *key, const char *path)
{
    if (path[0] && access(path, R_OK) != 0)
        config_problem(config, key, "cannot read '%s'", path);
}

static void check_elasticsearch_trust(struct config *config, const struct elasticsearch_config *c)
{
    struct http_pin pin;

    check_readable(config, "elasticsearch.ca_file", c->ca_file);
    check_readable(config, "elasticsearch.certificate_file", c->certificate_file);
    check_readable(config, "elasticsearch.key_file", c->key_file);
    if (c->ca_fingerprint[0] && !http_pin_parse(c->ca_fingerprint, &pin))
        config_problem(config, "elasticsearch.ca_fingerprint",
                       "'%s' is no fingerprint; expected the 64 hexadecimal digits of the "
                       "authority's SHA-256",
                       c->ca_fingerprint);
    if (c->ca_fingerprint[0] && c->ca_file[0])
        config_problem(config, "elasticsearch.ca_fingerprint",
                       "given together with ca_file; expected one of the two");
    if (!c->certificate_file[0] != !c->key_file[0])
        config_problem(config, "elasticsearch.key_file",
                       "certificate_file and key_file belong together");
    if (c->api_key[0] && c->username[0])
        config_problem(config, "elasticsearch.api_key",
                       "given together with username; expected one of the two");
}

static void check_elasticsearch(struct config *config, const struct elasticsearch_config *c)
{
    char key[64];

    for (uint32_t i = 0; i < c->url_count; i++) {
        snprintf(key, sizeof(key), "elasticsearch.urls[%u]", i);
        if (strncmp(c->urls[i], "http://", 7) != 0 && strncmp(c->urls[i], "https://", 8) != 0)
            config_problem(config, key,
                           "'%s' is not a URL; expected http://host:port or https://host:port",
                           strchr(c->urls[i], '@') ? "***" : c->urls[i]); /* a password */
    }
    if (!is_index_prefix(c->index_prefix))
        config_problem(config, "elasticsearch.index_prefix",
                       "'%s' cannot begin an index name; expected lower-case letters, digits, "
                       "'.', '_' and '-'",
                       c->index_prefix);
    for (uint32_t i = 0; i < c->dataset_count; i++) {
        snprintf(key, sizeof(key), "elasticsearch.datasets[%u]", i);
        if (!is_index_prefix(c->datasets[i]))
            config_problem(config, key,
                           "'%s' is no dataset; expected lower-case letters, digits, '.', '_' "
                           "and '-'",
                           c->datasets[i]);
    }
    check_elasticsearch_trust(config, c);
    config_check_range(config, "elasticsearch.bulk_max_bytes", c->bulk_max_bytes, 64u << 10,
                       64u << 20, "64KiB to 64MiB");
    config_check_range(config, "elasticsearch.max_in_flight", c->max_in_flight, 1, 64, "1 to 64");
    config_check_range(config, "elasticsearch.gzip_level", c->gzip_level, 1, 9, "1 to 9");
    config_check_range(config, "elasticsearch.new_indices_per_hour", c->new_indices_per_hour, 0,
                       100000, "0 to 100000");
    config_check_range(config, "elasticsearch.max_future_ms", c->max_future_ms, 60000,
                       (uint64_t)3650 * 86400000, "1m to 3650d");
    config_check_range(config, "elasticsearch.timeout_ms", c->timeout_ms, 100, 3600000,
                       "100ms to 1h");
    config_check_range(config, "elasticsearch.shards", c->shards, 1, 1024, "1 to 1024");
    config_check_range(config, "elasticsearch.replicas", c->replicas, 0, 100, "0 to 100");
    config_check_range(config, "elasticsearch.refresh_interval_ms", c->refresh_interval_ms, 100,
                       3600000, "100ms to 1h");
}

static void check_kafka(struct config *config, const struct indexer_kafka_config *c)
{
    static const char *const assignors[] = {"auto", "range", "roundrobin", "cooperative-sticky"};
    bool known = false;

    for (size_t i = 0; i < CYAML_ARRAY_LEN(assignors); i++)
        known |= strcmp(c->assignor, assignors[i]) == 0;
    if (!known)
        config_problem(config, "kafka.assignor",
                       "unknown assignor '%s'; expected auto, range, roundrobin or "
                       "cooperative-sticky",
                       c->assignor);
    if (strcmp(c->topic, c->dlq_topic) == 0)
        config_problem(config, "kafka.dlq_topic",
                       "is the topic that is read; expected another one");
    if (strcmp(c->topic, c->audit_topic) == 0 || strcmp(c->dlq_topic, c->audit_topic) == 0)
        config_problem(config, "kafka.audit_topic",
                       "is the topic of records or dead letters; expected another one");
    config_check_range(config, "kafka.session_timeout_ms", c->session_timeout_ms, 6000, 1800000,
                       "6s to 30m");
    config_check_range(config, "kafka.prefetch_max_bytes", c->prefetch_max_bytes, 1u << 20,
                       1u << 30, "1MiB to 1GiB");
    config_check_range(config, "kafka.drain_timeout_ms", c->drain_timeout_ms, 0, 300000, "0 to 5m");
    config_check_range(config, "kafka.commit_interval_ms", c->commit_interval_ms, 10, 60000,
                       "10ms to 1m");
    kafka_link_check(config, &c->link);
}

static void check_paths(struct config *config, const char *key, const char *paths)
{
    unsigned count = 1;

    for (; *paths; paths++)
        count += *paths == ',';
    if (count > GEOIP_FILES_MAX)
        config_problem(config, key, "names %u files; expected at most %d", count, GEOIP_FILES_MAX);
}

static void check_geoip(struct config *config, const struct geoip_config *c)
{
    check_paths(config, "geoip.city", c->city);
    check_paths(config, "geoip.country", c->country);
    check_paths(config, "geoip.asn", c->asn);
    config_check_range(config, "geoip.cache_entries", c->cache_entries, 0, CACHE_ENTRIES_MAX,
                       "0 to 1000000");
}

static void check_file(struct config *config, const char *key, const char *path)
{
    if (*path && access(path, R_OK) != 0)
        config_problem(config, key, "cannot read '%s'", path);
}

static void check_redis(struct config *config, const struct redis_config *c)
{
    struct dedup *dedup = NULL;
    struct error err;

    config_check_range(config, "redis.timeout_ms", c->timeout_ms, 1, 60000, "1ms to 1m");
    config_check_range(config, "redis.mark_ttl_ms", c->mark_ttl_ms, 1000, (uint64_t)365 * 86400000,
                       "1s to 365d");
    check_file(config, "redis.ca_file", c->ca_file);
    check_file(config, "redis.certificate_file", c->certificate_file);
    check_file(config, "redis.key_file", c->key_file);
    if (!*c->certificate_file != !*c->key_file)
        config_problem(config, "redis.certificate_file",
                       "a certificate and its key belong together; expected both or none");
    if (dedup_open(c, &dedup, &err))
        config_problem(config, "redis.url", "%s",
                       strncmp(err.text, "redis.url: ", 11) == 0 ? err.text + 11 : err.text);
    dedup_close(dedup);
}

static void check_floods(struct config *config, const struct floods_config *c)
{
    struct networks networks = {.count = 0};
    struct error err;
    char key[32];

    config_check_range(config, "floods.limit", c->limit, 0, 1000000000, "0 to 1000000000");
    config_check_range(config, "floods.window_ms", c->window_ms, 1000, 86400000, "1s to 1d");
    config_check_range(config, "floods.score", c->score, 0, 1000, "0 to 1000");
    config_check_range(config, "floods.clients", c->clients, 1024, CLIENTS_MAX, "1024 to 16777216");
    for (uint32_t i = 0; i < c->allow_count; i++) {
        snprintf(key, sizeof(key), "floods.allow[%u]", i);
        if (networks_add(&networks, c->allow[i], &err))
            config_problem(config, key, "%s", err.text);
    }
}

static void check(struct config *config, const struct indexer_config *c)
{
    check_kafka(config, &c->kafka);
    check_elasticsearch(config, &c->elasticsearch);
    check_geoip(config, &c->geoip);
    user_agent_config_check(config, &c->user_agent);
    bots_config_check(config, &c->bots);
    threats_config_check(config, &c->threats);
    check_redis(config, &c->redis);
    check_floods(config, &c->floods);
    retention_config_check(config, &c->retention, c->elasticsearch.index_prefix);
    config_check_range(config, "workers", c->workers, 0, WORKERS_MAX, "0 to 64");
    config_check_range(config, "batch.max_records", c->batch.max_records, 1, 50000, "1 to 50000");
    config_check_range(config, "batch.max_bytes", c->batch.max_bytes, 1024, 64u << 20,
                       "1KiB to 64MiB");
    config_check_range(config, "batch.max_wait_ms", c->batch.max_wait_ms, 1, 60000, "1ms to 1m");
}

/* A worker waits for Elasticsearch while others compute. */
static uint32_t workers_for(long processors)
{
    long workers = (processors < 1 ? 1 : processors) + WORKERS_WAITING;

    return (uint32_t)(workers < WORKERS_MAX ? workers : WORKERS_MAX);
}

enum status indexer_config_load(const char *path, const char *const *settings,
                                struct config **holder, struct indexer_config **out,
                                struct error *err)
{
    struct indexer_config *loaded;
    void *data;
    char *topic;
    enum status status = config_load(&indexer_config_schema, path, settings, holder, &data, err);

    if (status != OK && status != REJECT)
        return status;
    loaded = data;
    if (loaded)
        check(*holder, loaded);
    if (!loaded || config_problem_count(*holder))
        return error_set(err, REJECT, "the configuration has problems");
    if (loaded->workers == 0)
        loaded->workers = workers_for(sysconf(_SC_NPROCESSORS_ONLN));
    topic = account_topic(loaded->kafka.topic, loaded->kafka.audit_topic);
    if (!topic)
        return error_set(err, FATAL, "out of memory");
    free(loaded->kafka.audit_topic);
    loaded->kafka.audit_topic = topic;
    *out = loaded;
    return OK;
}
