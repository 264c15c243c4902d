/*
 * test_kafka_failure.c - librdkafka's messages, and what ours say of them.
 */
#include "common/kafka_failure.h"

#include <openssl/x509_vfy.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/kafka.h"
#include "common/scope.h"

#define VERIFY                                                                                     \
    "ssl://k1:9093/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate "     \
    "verify failed (after 13ms in state SSL_HANDSHAKE)"

static const struct sample {
    const char *text;
    int certificate_error;
    const char *expected;
} samples[] = {
    {VERIFY, X509_V_ERR_CERT_HAS_EXPIRED,
     "ssl://k1:9093/bootstrap: the broker's certificate has expired: renew it there, or check the "
     "clock here (certificate has expired)"},
    {VERIFY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "kafka.ca_file"},
    {VERIFY, X509_V_ERR_HOSTNAME_MISMATCH, "use that name in kafka.brokers"},
    {VERIFY, X509_V_ERR_IP_ADDRESS_MISMATCH, "use that name in kafka.brokers"},
    {VERIFY, X509_V_ERR_CERT_NOT_YET_VALID, "check the clocks"},
    {VERIFY, 0, "ssl://k1:9093/bootstrap: the broker's certificate is signed by nobody"},
    {"certificate verify failed", 0, "signed by nobody"}, /* no broker named */
    {"k1:9092/1: SASL authentication error: no (after 3ms in state AUTH_REQ, 1 identical error(s) "
     "suppressed)",
     0,
     "k1:9092/1: SASL authentication error: no; check kafka.sasl_username, kafka.sasl_password and "
     "kafka.sasl_mechanism"},
    {"k1:9092/1: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in state "
     "CONNECT)",
     0, "k1:9092/1: Connect to ipv4#10.0.0.1:9092 failed: Connection refused"},
    {"ssl://k1:9092/1: SSL handshake failed: error:0A000126:SSL routines::unexpected eof while "
     "reading (after 1ms in state SSL_HANDSHAKE)",
     0, "ssl://k1:9092/1: error:0A000126:SSL routines::unexpected eof while reading; the listener"},
    {"", 0, ""},
};

static void each_failure_says_what_to_do(void **state)
{
    char out[700];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        kafka_failure_explain(samples[i].text, samples[i].certificate_error, out, sizeof(out));
        if (!strstr(out, samples[i].expected) || strstr(out, "(after "))
            fail_msg("%s\nbecame: %s", samples[i].text, out);
    }
}

static void long_text_is_cut(void **state)
{
    char out[16];

    (void)state;
    kafka_failure_explain(VERIFY, X509_V_ERR_CERT_HAS_EXPIRED, out, sizeof(out));
    assert_string_equal(out, "ssl://k1:9093/b");
}

static void last_failure_is_remembered_until_cleared(void **state)
{
    const struct kafka_link link = {.brokers = "127.0.0.1:1"};
    struct kafka_topic topic = {.name = "logs"};
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *client = NULL;
    struct error err = {0};
    char why[700];

    (void)state;
    kafka_failure_clear();
    kafka_failure_last(why, sizeof(why));
    assert_string_equal(why, "");
    assert_int_equal(kafka_conf_make(&link, &conf, &err), OK);
    assert_int_equal(kafka_client_open(RD_KAFKA_PRODUCER, conf, "producer", &client, &err), OK);
    assert_int_equal(kafka_topic_ensure(client, &topic, 2000, &err), RETRY);
    assert_non_null(strstr(err.text, "Connection refused"));
    kafka_failure_last(why, sizeof(why));
    assert_non_null(strstr(why, "127.0.0.1:1"));
    rd_kafka_destroy(client);
    kafka_failure_clear();
    kafka_failure_last(why, sizeof(why));
    assert_string_equal(why, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_says_what_to_do),
        cmocka_unit_test(long_text_is_cut),
        cmocka_unit_test(last_failure_is_remembered_until_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
