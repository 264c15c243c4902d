/*
 * config.h - shipper.yaml as a struct. configs/shipper.yaml explains the keys.
 */
#ifndef SHIPPER_CONFIG_H
#define SHIPPER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"
#include "common/kafka.h"
#include "common/log_config.h"
#include "shipper/config_process.h"
#include "shipper/join/wrap.h"

enum start_at { START_AT_BEGINNING, START_AT_END };
enum poll_mode { POLL_AUTO, POLL_ALWAYS };
enum partition_by { PARTITION_BY_STREAM, PARTITION_BY_NONE };
enum compression { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_SNAPPY, COMPRESS_LZ4, COMPRESS_ZSTD };

struct multiline_config {
    char *type, *start, *continues, *end; /* NULL: not given */
    uint32_t *max_lines;                  /* NULL: no limit but that of a line's bytes */
    uint64_t *timeout_ms;                 /* NULL: MULTILINE_TIMEOUT_MS */
};

#define MULTILINE_TIMEOUT_MS 1000

#define INPUT_CLOSE_QUIET_MS    300000
#define INPUT_SCAN_INTERVAL_MS  60000
#define INPUT_POLL_INTERVAL_MS  1000
#define INPUT_COMPLETE_AFTER_MS 5000
#define INPUT_MAX_OPEN_FILES    256
#define SPOOL_MAX_BYTES         ((uint64_t)1 << 30)
#define HTTP_BODY_MAX_BYTES     (16u << 20)
#define CONNECTIONS_MAX         1000

struct input_config {
    char *type;
    char *name; /* NULL: from what it is; of a network input the spool's name */
    /* Inputs that listen; their spool, also stdin's. */
    char **listen;
    uint32_t listen_count;
    char *certificate_file, *key_file, *client_ca_file, *token; /* NULL: none */
    bool allow_anonymous;
    uint64_t *spool_max_bytes, *body_max_bytes; /* NULL: SPOOL_MAX_BYTES, HTTP_BODY_MAX_BYTES */
    uint32_t *connections_max;
    bool spooled;     /* lines come from a spool; set after loading */
    bool spans_lines; /* the format's records may have several lines; set after loading */
    char **paths, **exclude;
    uint32_t path_count, exclude_count;
    char *format, *dataset, *timezone; /* the last two may be NULL */
    enum wrapping container;
    struct multiline_config *multiline; /* NULL: every line is an event */
    enum start_at start_at;
    enum poll_mode poll;
    uint64_t *close_quiet_ms, *ignore_older_ms, *scan_interval_ms, *poll_interval_ms;
    uint64_t *complete_after_ms; /* NULL: as INPUT_… says; of ignore_older_ms: never */
    uint32_t *max_open_files;
    char *when_done; /* keep, delete, move:/folder; NULL: keep */
    bool keep_original;
    double *sample_percent; /* NULL: 100 */
    struct process_config process;
};

struct shipper_kafka_config {
    struct kafka_link link;
    char *topic, *audit_topic; /* the latter as account_topic makes it */
    enum compression compression;
    enum partition_by partition_by;
    uint64_t linger_ms, message_max_bytes, rest_after_ms; /* rest: 0 = never */
    uint64_t audit_interval_ms;
    bool create_topic, idempotence;
    uint32_t partitions, replication_factor;
};

struct delivery_config {
    uint64_t memory_max_bytes, checkpoint_interval_ms, drain_timeout_ms, quarantine_max_bytes;
};

struct agent_config {
    char *id; /* never "" after loading */
};

struct shipper_http_config {
    char *listen; /* "" = no listener */
};

struct shipper_config {
    struct agent_config agent;
    char *host_name; /* never "" after loading */
    char *state_dir;
    char *formats_dir, *plugins_dir;  /* "" = none */
    struct process_config processing; /* of all inputs */
    struct input_config *inputs;
    uint32_t input_count;
    uint64_t line_max_bytes;
    struct shipper_kafka_config kafka;
    struct delivery_config delivery;
    struct shipper_http_config http;
    struct log_config log;
};

/*
 * Loads and checks. `*out` lives as long as `*holder`. As config_load: after
 * REJECT, config_problems(*holder) says what is wrong.
 */
enum status shipper_config_load(const char *path, const char *const *settings,
                                struct config **holder, struct shipper_config **out,
                                struct error *err);

/* Its place in the list of inputs; 0 for one that is not in it. */
unsigned shipper_config_input_number(const struct shipper_config *config,
                                     const struct input_config *input);

/* For the test that every key of the tables is in configs/shipper.yaml. */
extern const struct config_schema shipper_config_schema;

#endif
