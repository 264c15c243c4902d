/*
 * kafka_failure.c - why a broker cannot be used, and what to do.
 *
 * librdkafka tells a refused certificate by `certificate verify failed` only.
 * The reason is known where OpenSSL asks about each certificate: in the same
 * thread and just before, so it is kept per thread until the message comes.
 */
#include "common/kafka_failure.h"

#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/scope.h"

#define SCRAM_FIXED 0x020601ff /* librdkafka 2.6.1: before, its SCRAM nonce is wrong */
#define REPEAT_MS   60000      /* the same failure is not logged more often */
#define TEXT_MAX    700
#define HANDSHAKE   "SSL handshake failed: " /* before the same cause or not */

static struct {
    pthread_mutex_t mutex;
    char text[TEXT_MAX];
    int64_t logged_ms;
} last = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local int refused_certificate; /* X509_V_…, 0: none */

/* What librdkafka's text holds, and what to do about it. The first that fits counts. */
static const struct advice {
    const char *part, *text;
} advices[] = {
    {"mechanism not supported", "the broker does not offer this kafka.sasl_mechanism"},
    {"Unsupported SASL mechanism", "the broker does not offer this kafka.sasl_mechanism"},
    {"SASL authentication error",
     "check kafka.sasl_username, kafka.sasl_password and kafka.sasl_mechanism"},
    {"certificate required",
     "the broker wants a certificate: set kafka.certificate_file and kafka.key_file"},
    {"alert certificate expired", "our certificate has expired: renew kafka.certificate_file"},
    {"alert unknown ca", "the broker does not know who signed kafka.certificate_file"},
    {"alert bad certificate",
     "the broker refuses our certificate: check that kafka.certificate_file is given, is signed by "
     "an authority that the broker knows and has not expired"},
    {"alert certificate unknown",
     "the broker refuses our certificate: check that kafka.certificate_file is signed by an "
     "authority that the broker knows and has not expired"},
    {"mechanism handshake failed", "check kafka.security, kafka.sasl_mechanism and the port"},
    {"might require SASL", "check kafka.security and the port in kafka.brokers"},
    {"connecting to a SSL listener",
     "the listener may want TLS or SASL: check kafka.security and the port in kafka.brokers"},
    {"unexpected eof while reading",
     "the listener may be one without TLS: check kafka.security and the port in kafka.brokers"},
    {"wrong version number",
     "the listener may be one without TLS: check kafka.security and the port in kafka.brokers"},
    {"packet length too long",
     "the listener may be one without TLS: check kafka.security and the port in kafka.brokers"},
    {"ssl.ca.location failed", "check kafka.ca_file: it must hold certificates in PEM form"},
    {"key values mismatch", "kafka.key_file is not the key of kafka.certificate_file"},
    {"ssl.key.location failed", "check kafka.key_file (PEM) and kafka.key_password"},
    {"ssl.certificate.location failed",
     "check kafka.certificate_file: it must hold a certificate in PEM form"},
};

static const char *about_certificate(int code)
{
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "the broker's certificate has expired: renew it there, or check the clock here";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "the broker's certificate is not valid yet: check the clocks";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "the broker's certificate is for another name: use that name in kafka.brokers, and "
               "let the broker advertise it";
    default:
        return "the broker's certificate is signed by nobody that kafka.ca_file (empty: the "
               "system) knows";
    }
}

static const char *find_advice(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(advices); i++)
        if (strstr(text, advices[i].part))
            return advices[i].text;
    return NULL;
}

/* Without the time that it took, so that the same failure has the same text. */
static int stable_length(const char *text)
{
    const char *after = strstr(text, " (after ");

    return (int)(after ? (size_t)(after - text) : strlen(text));
}

/* `ssl://host:port/bootstrap`: which broker it is about. */
static int broker_length(const char *text)
{
    const char *end = strstr(text, ": ");

    return end ? (int)(end - text) : 0;
}

void kafka_failure_explain(const char *text, int certificate_error, char *out, size_t size)
{
    const char *advice = find_advice(text);

    if (strstr(text, "certificate verify failed")) {
        if (certificate_error)
            snprintf(out, size, "%.*s: %s (%s)", broker_length(text), text,
                     about_certificate(certificate_error),
                     X509_verify_cert_error_string(certificate_error));
        else
            snprintf(out, size, "%.*s: %s", broker_length(text), text, about_certificate(0));
    } else if (advice && strstr(text, HANDSHAKE)) {
        const char *cause = strstr(text, HANDSHAKE) + sizeof(HANDSHAKE) - 1;

        snprintf(out, size, "%.*s: %.*s; %s", broker_length(text), text, stable_length(cause),
                 cause, advice);
    } else if (advice) {
        snprintf(out, size, "%.*s; %s", stable_length(text), text, advice);
    } else {
        snprintf(out, size, "%.*s", stable_length(text), text);
    }
}

void kafka_failure_last(char *out, size_t size)
{
    pthread_mutex_lock(&last.mutex);
    snprintf(out, size, "%s", last.text);
    pthread_mutex_unlock(&last.mutex);
}

void kafka_failure_clear(void)
{
    pthread_mutex_lock(&last.mutex);
    last.text[0] = '\0';
    last.logged_ms = 0;
    pthread_mutex_unlock(&last.mutex);
}

/* Remembers it. False: it was logged lately. */
static bool remember(const char *text)
{
    int64_t now_ms = clock_mono_ms();
    bool due;

    pthread_mutex_lock(&last.mutex);
    due = strcmp(text, last.text) != 0 || now_ms - last.logged_ms >= REPEAT_MS;
    snprintf(last.text, sizeof(last.text), "%s", text);
    if (due)
        last.logged_ms = now_ms;
    pthread_mutex_unlock(&last.mutex);
    return due;
}

/* May it be the login failure of an old librdkafka at a broker from 4.0 on? */
static bool is_old_scram(const rd_kafka_t *client, const char *text)
{
    char mechanism[32];
    size_t size = sizeof(mechanism);

    return rd_kafka_version() < SCRAM_FIXED && client && strstr(text, "SASL authentication") &&
           rd_kafka_conf_get(rd_kafka_conf((rd_kafka_t *)client), "sasl.mechanism", mechanism,
                             &size) == RD_KAFKA_CONF_OK &&
           strncmp(mechanism, "SCRAM", 5) == 0;
}

static void log_failure(const rd_kafka_t *client, enum log_level level, const char *facility,
                        const char *text)
{
    char said[TEXT_MAX];

    kafka_failure_explain(text, refused_certificate, said, sizeof(said));
    refused_certificate = 0;
    if (level == LEVEL_DEBUG || !remember(said) || !log_enabled(level))
        return;
    log_write(level, LOG_FIELDS({"kafka.facility", facility, 0}), "Kafka: %s%s; trying again", said,
              is_old_scram(client, text)
                  ? " (brokers from 4.0 on refuse SCRAM of librdkafka before 2.6.1: there, take "
                    "PLAIN over TLS or a newer librdkafka)"
                  : "");
}

static bool is_noise(const char *facility, const char *text)
{
    return strcmp(facility, "GETPID") == 0 ||      /* a new broker's first answers; it asks again */
           strcmp(facility, "SSLCERTVRFY") == 0 || /* the failure follows, with the reason */
           strstr(text, "handle destroyed");       /* we are leaving */
}

/* Called from any thread of librdkafka. */
static void on_log(const rd_kafka_t *client, int severity, const char *facility, const char *text)
{
    enum log_level level = severity <= 3   ? LEVEL_ERROR
                           : severity == 4 ? LEVEL_WARN
                           : severity <= 6 ? LEVEL_INFO
                                           : LEVEL_DEBUG;

    if (is_noise(facility, text))
        level = LEVEL_DEBUG;
    if (strcmp(facility, "FAIL") == 0)
        log_failure(client, level, facility, text);
    else if (log_enabled(level))
        log_write(level, LOG_FIELDS({"kafka.facility", facility, 0}), "Kafka: %s", text);
}

/* Judges nothing: what OpenSSL has found wrong stays wrong (0), and is remembered. */
static int on_certificate(rd_kafka_t *client, const char *broker, int32_t id, int *x509_error,
                          int depth, const char *der, size_t size, char *reason, size_t reason_size,
                          void *opaque)
{
    (void)client;
    (void)broker;
    (void)id;
    (void)depth;
    (void)der;
    (void)size;
    (void)opaque;
    if (*x509_error == X509_V_OK)
        return 1;
    refused_certificate = *x509_error;
    snprintf(reason, reason_size, "%s", X509_verify_cert_error_string(*x509_error));
    return 0;
}

void kafka_failure_watch(rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
}
