/*
 * http_pin.c - trusts one certificate by its fingerprint instead of a store (OpenSSL).
 */
#include "common/http_pin.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool http_pin_parse(const char *text, struct http_pin *pin)
{
    for (size_t i = 0; i < HTTP_PIN_BYTES; i++) {
        int high, low;

        if (i && *text == ':')
            text++;
        high = digit(text[0]);
        low = high < 0 ? -1 : digit(text[1]);
        if (low < 0)
            return false;
        pin->sha256[i] = (unsigned char)(high << 4 | low);
        text += 2;
    }
    return *text == '\0';
}

static bool is_pinned(const X509 *certificate, const struct http_pin *pin)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    return X509_digest(certificate, EVP_sha256(), digest, &len) == 1 && len == HTTP_PIN_BYTES &&
           memcmp(digest, pin->sha256, HTTP_PIN_BYTES) == 0;
}

static X509 *find_pinned(X509_STORE_CTX *context, const struct http_pin *pin)
{
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(context);

    for (int i = 0; i < sk_X509_num(sent); i++)
        if (is_pinned(sk_X509_value(sent, i), pin))
            return sk_X509_value(sent, i);
    return NULL;
}

/* In place of OpenSSL's own; the pinned certificate is the only root there is. */
static int verify(X509_STORE_CTX *context, void *arg)
{
    X509 *pinned = find_pinned(context, arg);
    STACK_OF(X509) *roots = sk_X509_new_null();
    int ok = 0;

    if (pinned && roots && sk_X509_push(roots, pinned)) {
        X509_STORE_CTX_set0_trusted_stack(context, roots);
        /* It may be the server's own certificate, or one in between. */
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN);
        ok = X509_verify_cert(context) == 1;
    } else {
        X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_UNTRUSTED);
    }
    sk_X509_free(roots);
    return ok;
}

void http_pin_apply(void *ssl_context, struct http_pin *pin)
{
    SSL_CTX_set_cert_verify_callback(ssl_context, verify, pin);
}
