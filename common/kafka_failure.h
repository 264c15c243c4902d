/*
 * kafka_failure.h - librdkafka's messages as ours: why a broker cannot be used, and what to do.
 *
 * TLS and SASL fail with words that name neither a key of the configuration nor
 * a remedy, and twice in other words; here each cause has one message.
 * Thread-safe. The last failure is one for the whole process.
 */
#ifndef COMMON_KAFKA_FAILURE_H
#define COMMON_KAFKA_FAILURE_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>

/* Messages of clients made from `conf` go to our log; certificates are judged as without us. */
void kafka_failure_watch(rd_kafka_conf_t *conf);

/*
 * Appends what to do about librdkafka's `text`, also that of a client that could not be made.
 * `certificate_error` is OpenSSL's X509_V_… of a refused certificate, or 0.
 */
void kafka_failure_explain(const char *text, int certificate_error, char *out, size_t size);

/* The last failure until kafka_failure_clear, "" when there is none. */
void kafka_failure_last(char *out, size_t size);
void kafka_failure_clear(void);

#endif
