/*
 * redis_link.c - the bytes to and from Redis: TCP, TLS or a unix socket.
 */
#include "indexer/redis_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/scope.h"
#include "indexer/config.h"

#define POLL_MAX_MS 60000

struct redis_link {
    int fd;
    SSL_CTX *context; /* NULL: without TLS */
    SSL *ssl;
    bool wants_write; /* TLS has to send before it can go on */
};

static enum status wait_for(struct redis_link *link, short events, int64_t deadline_ms,
                            struct error *err)
{
    struct pollfd ready = {.fd = link->fd, .events = events};
    int64_t left_ms;
    int n;

    do {
        left_ms = deadline_ms - clock_mono_ms();
        if (left_ms <= 0)
            return error_set(err, RETRY, "too slow");
        n = poll(&ready, 1, left_ms < POLL_MAX_MS ? (int)left_ms : POLL_MAX_MS);
    } while (n == 0 || (n < 0 && errno == EINTR));
    return n > 0 ? OK : error_set_errno(err, RETRY, "cannot wait");
}

/* ---- connecting ---- */

static enum status connect_fd(struct redis_link *link, const struct sockaddr *address,
                              socklen_t len, int64_t deadline_ms, struct error *err)
{
    int code = 0;

    link->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->fd < 0)
        return error_set_errno(err, RETRY, "cannot open a socket");
    if (connect(link->fd, address, len) == 0)
        return OK;
    if (errno != EINPROGRESS)
        return error_set(err, RETRY, "%s", strerror(errno));
    if (wait_for(link, POLLOUT, deadline_ms, err))
        return err->status;
    getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &code, &(socklen_t){sizeof(code)});
    return code ? error_set(err, RETRY, "%s", strerror(code)) : OK;
}

static enum status connect_unix(struct redis_link *link, const char *path, int64_t deadline_ms,
                                struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path); /* redis_url.c checks it */
    return connect_fd(link, (struct sockaddr *)&address, sizeof(address), deadline_ms, err);
}

static void drop_fd(struct redis_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}

/* The first address that takes us. */
static enum status connect_host(struct redis_link *link, const struct redis_url *url,
                                int64_t deadline_ms, struct error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found, *info;
    enum status status = RETRY;
    char port[12];
    int code, on = 1;

    snprintf(port, sizeof(port), "%d", url->port);
    code = getaddrinfo(url->host, port, &hints, &found);
    if (code)
        return error_set(err, RETRY, "%s", gai_strerror(code));
    for (info = found; info && status; info = info->ai_next) {
        drop_fd(link);
        status = connect_fd(link, info->ai_addr, info->ai_addrlen, deadline_ms, err);
    }
    freeaddrinfo(found);
    if (status)
        return status;
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(link->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    return OK;
}

/* ---- TLS ---- */

static enum status tls_failed(const struct redis_link *link, const char *what, struct error *err)
{
    long verdict = link->ssl ? SSL_get_verify_result(link->ssl) : X509_V_OK;
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    if (verdict != X509_V_OK)
        reason = X509_verify_cert_error_string(verdict);
    return error_set(err, RETRY, "%s: %s", what, reason ? reason : "the connection was closed");
}

static enum status make_context(struct redis_link *link, const struct redis_config *config,
                                struct error *err)
{
    const char *ca = config->ca_file, *certificate = config->certificate_file;

    ERR_clear_error();
    link->context = SSL_CTX_new(TLS_client_method());
    if (!link->context)
        return error_set(err, RETRY, "out of memory");
    SSL_CTX_set_min_proto_version(link->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(link->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(link->context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if ((*ca ? SSL_CTX_load_verify_locations(link->context, ca, NULL)
             : SSL_CTX_set_default_verify_paths(link->context)) != 1)
        return tls_failed(link, "cannot use redis.ca_file", err);
    if (*certificate &&
        (SSL_CTX_use_certificate_chain_file(link->context, certificate) != 1 ||
         SSL_CTX_use_PrivateKey_file(link->context, config->key_file, SSL_FILETYPE_PEM) != 1))
        return tls_failed(link, "cannot use redis.certificate_file and redis.key_file", err);
    return OK;
}

/* What TLS waits for; 0: it has failed. */
static short tls_events(const struct redis_link *link, int result)
{
    switch (SSL_get_error(link->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return POLLIN;
    case SSL_ERROR_WANT_WRITE:
        return POLLOUT;
    default:
        return 0;
    }
}

/* The server must be the one that the URL names, be it by name or by address. */
static bool expect_host(SSL *ssl, const char *host)
{
    unsigned char address[16];
    bool is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;

    if (is_address)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static enum status shake_hands(struct redis_link *link, const struct redis_url *url,
                               const struct redis_config *config, int64_t deadline_ms,
                               struct error *err)
{
    short events;
    int result;

    if (make_context(link, config, err))
        return err->status;
    link->ssl = SSL_new(link->context);
    if (!link->ssl || SSL_set_fd(link->ssl, link->fd) != 1 || !expect_host(link->ssl, url->host))
        return error_set(err, RETRY, "out of memory");
    while ((result = SSL_connect(link->ssl)) != 1) {
        events = tls_events(link, result);
        if (!events)
            return tls_failed(link, "no TLS", err);
        if (wait_for(link, events, deadline_ms, err))
            return err->status;
        ERR_clear_error();
    }
    return OK;
}

enum status redis_link_open(const struct redis_url *url, const struct redis_config *config,
                            int64_t deadline_ms, struct redis_link **out, struct error *err)
{
    struct redis_link *link = calloc(1, sizeof(*link));
    enum status status;

    if (!link)
        return error_set(err, RETRY, "out of memory");
    link->fd = -1;
    status = url->path ? connect_unix(link, url->path, deadline_ms, err)
                       : connect_host(link, url, deadline_ms, err);
    if (!status && url->tls)
        status = shake_hands(link, url, config, deadline_ms, err);
    if (status)
        redis_link_close(link);
    else
        *out = link;
    return status;
}

/* ---- transfer: each says what it did in *done; 0: not possible now ---- */

static enum status send_plain(struct redis_link *link, struct slice bytes, size_t *done,
                              struct error *err)
{
    ssize_t n = send(link->fd, bytes.data, bytes.len, MSG_NOSIGNAL);

    *done = n > 0 ? (size_t)n : 0;
    if (n >= 0 || errno == EAGAIN || errno == EINTR)
        return OK;
    return error_set(err, RETRY, "%s", strerror(errno));
}

static enum status receive_plain(struct redis_link *link, char *in, size_t room, size_t *done,
                                 struct error *err)
{
    ssize_t n = recv(link->fd, in, room, 0);

    *done = n > 0 ? (size_t)n : 0;
    if (n == 0)
        return error_set(err, RETRY, "the connection was closed");
    if (n > 0 || errno == EAGAIN || errno == EINTR)
        return OK;
    return error_set(err, RETRY, "%s", strerror(errno));
}

static enum status tls_result(struct redis_link *link, int result, size_t *done, struct error *err)
{
    short events;

    *done = result > 0 ? (size_t)result : 0;
    if (result > 0)
        return OK;
    events = tls_events(link, result);
    if (!events)
        return tls_failed(link, "TLS ended", err);
    link->wants_write |= events == POLLOUT;
    return OK;
}

static int clip(size_t bytes)
{
    return bytes < (1u << 20) ? (int)bytes : 1 << 20;
}

static enum status send_some(struct redis_link *link, struct slice bytes, size_t *done,
                             struct error *err)
{
    if (!link->ssl)
        return send_plain(link, bytes, done, err);
    ERR_clear_error();
    return tls_result(link, SSL_write(link->ssl, bytes.data, clip(bytes.len)), done, err);
}

static enum status receive_some(struct redis_link *link, char *in, size_t room, size_t *done,
                                struct error *err)
{
    if (!link->ssl)
        return receive_plain(link, in, room, done, err);
    ERR_clear_error();
    return tls_result(link, SSL_read(link->ssl, in, clip(room)), done, err);
}

enum status redis_link_transfer(struct redis_link *link, struct slice *unsent, char *in,
                                size_t room, size_t *received, int64_t deadline_ms,
                                struct error *err)
{
    size_t sent;
    short events;

    do {
        sent = 0;
        link->wants_write = false;
        if (unsent->len && send_some(link, *unsent, &sent, err))
            return err->status;
        unsent->data += sent;
        unsent->len -= sent;
        if (receive_some(link, in, room, received, err))
            return err->status;
        events = (short)(POLLIN | (unsent->len || link->wants_write ? POLLOUT : 0));
        if (sent == 0 && *received == 0 && wait_for(link, events, deadline_ms, err))
            return err->status;
    } while (*received == 0 && unsent->len);
    return OK;
}

void redis_link_close(struct redis_link *link)
{
    if (!link)
        return;
    if (link->ssl) {
        SSL_shutdown(link->ssl); /* says goodbye, does not wait */
        SSL_free(link->ssl);
    }
    SSL_CTX_free(link->context);
    ERR_clear_error();
    drop_fd(link);
    free(link);
}
