/*
 * http_pin.h - trusts one certificate by its fingerprint instead of a store (OpenSSL).
 *
 * The chain that a server sends must hold a certificate with this SHA-256, and
 * must verify with that one as its root: signatures, times and, by libcurl, the
 * name. It is what Elasticsearch prints at its first start for its own authority.
 */
#ifndef COMMON_HTTP_PIN_H
#define COMMON_HTTP_PIN_H

#include <stdbool.h>

#define HTTP_PIN_BYTES 32

struct http_pin { /* lives as long as the connections that are made with it */
    unsigned char sha256[HTTP_PIN_BYTES];
};

/* 64 hex digits in any case, with or without colons between bytes. */
bool http_pin_parse(const char *text, struct http_pin *pin);

/* `ssl_context` is OpenSSL's SSL_CTX of a connection that is about to be made. */
void http_pin_apply(void *ssl_context, struct http_pin *pin);

#endif
