/*
 * listener.c - sockets that listen, and connections to them.
 */
#include "shipper/input/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/scope.h"

#define BACKLOG      128
#define UDP_RCVBUF   (4 << 20)
#define HOST_LEN_MAX 256

struct address {
    enum transport transport;
    char host[HOST_LEN_MAX], port[8];
};

static enum status parse(const char *url, struct address *out, struct error *err)
{
    static const char *const schemes[] = {"udp://", "tcp://", "tls://"};
    const char *rest = NULL, *colon;
    size_t len;

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (strncmp(url, schemes[i], 6) == 0) {
            out->transport = (enum transport)i;
            rest = url + 6;
        }
    colon = rest ? strrchr(rest, ':') : NULL;
    if (!colon || colon == rest || strlen(colon + 1) > 5 || colon[1] == '\0' ||
        colon[1 + strspn(colon + 1, "0123456789")] != '\0' || atoi(colon + 1) > 65535)
        return error_set(err, REJECT,
                         "'%s' is no address to listen on; expected udp://, tcp:// or tls:// with "
                         "ADDRESS:PORT, e.g. udp://127.0.0.1:514",
                         url);
    len = (size_t)(colon - rest);
    if (rest[0] == '[' && rest[len - 1] == ']') {
        rest++;
        len -= 2;
    }
    snprintf(out->host, sizeof(out->host), "%.*s", (int)len, rest);
    snprintf(out->port, sizeof(out->port), "%s", colon + 1);
    return OK;
}

enum status listener_check(const char *url, struct error *err)
{
    struct address address;

    return parse(url, &address, err);
}

static enum status refuse(const char *url, struct error *err)
{
    const char *advice =
        errno == EACCES ? "; ports below 1024 need CAP_NET_BIND_SERVICE, or take another" : "";

    return error_set_errno(err, REJECT, "cannot listen on '%s'%s", url, advice);
}

static bool set_up(int fd, const struct address *address, const struct addrinfo *info)
{
    int on = 1, off = 0, size = UDP_RCVBUF;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (info->ai_family == AF_INET6) /* "[::]" is IPv4 as well */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (address->transport == TRANSPORT_UDP) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)); /* to count what it dropped */
    }
    return bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
           (address->transport == TRANSPORT_UDP || listen(fd, BACKLOG) == 0);
}

static int port_of(int fd)
{
    union {
        struct sockaddr_storage any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    return ntohs(address.any.ss_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

enum status listener_open(const char *url, struct listener *out, struct error *err)
{
    struct address address;
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *info;
    int code;

    if (parse(url, &address, err))
        return err->status;
    hints.ai_socktype = address.transport == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
    code = getaddrinfo(address.host, address.port, &hints, &info);
    if (code != 0)
        return error_set(err, REJECT, "cannot listen on '%s': %s", url, gai_strerror(code));
    out->transport = address.transport;
    out->fd = socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (out->fd < 0 || !set_up(out->fd, &address, info)) {
        refuse(url, err);
        if (out->fd >= 0)
            close(out->fd);
        freeaddrinfo(info);
        return REJECT;
    }
    freeaddrinfo(info);
    out->port = port_of(out->fd);
    return OK;
}

void listener_peer(const struct sockaddr_storage *address, char *peer)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    char text[INET6_ADDRSTRLEN];

    memcpy(&v6, address, sizeof(v6));
    memcpy(&v4, address, sizeof(v4));
    if (address->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
        snprintf(peer, LISTENER_PEER_MAX, "%s:%d", text, ntohs(v4.sin_port));
    } else if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof(text));
        snprintf(peer, LISTENER_PEER_MAX, "%s:%d", text, ntohs(v6.sin6_port));
    } else {
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
        snprintf(peer, LISTENER_PEER_MAX, "[%s]:%d", text, ntohs(v6.sin6_port));
    }
}

struct tls_server {
    SSL_CTX *context;
};

/* The library's own words for what went wrong last. */
static enum status tls_failed(struct error *err, const char *what, const char *file)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return error_set(err, REJECT, "%s '%s': %s", what, file, reason ? reason : "not usable");
}

enum status tls_server_open(const char *certificate, const char *key, const char *client_ca,
                            struct tls_server **out, struct error *err)
{
    struct tls_server *server = calloc(1, sizeof(*server));
    SSL_CTX *context = server ? SSL_CTX_new(TLS_server_method()) : NULL;
    enum status status = OK;

    if (!context) {
        free(server);
        return error_set(err, FATAL, "out of memory");
    }
    server->context = context;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    /* A sender that only sends and closes has not read them: its kernel then resets the
     * connection, and ours forgets what it has not given us yet. */
    SSL_CTX_set_num_tickets(context, 0);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        status = tls_failed(err, "cannot use the certificate", certificate);
    else if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        status = tls_failed(err, "cannot use the key", key);
    else if (client_ca && (SSL_CTX_load_verify_locations(context, client_ca, NULL) != 1))
        status = tls_failed(err, "cannot use the client CA", client_ca);
    if (status == OK && client_ca)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (status) {
        tls_server_close(server);
        return status;
    }
    *out = server;
    return OK;
}

void tls_server_close(struct tls_server *server)
{
    if (!server)
        return;
    SSL_CTX_free(server->context);
    free(server);
}

struct link {
    int fd;
    SSL *ssl; /* NULL: without TLS */
    bool wants_write;
};

enum status link_accept(const struct listener *listener, struct tls_server *server,
                        struct link **out, char *peer, struct error *err)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);
    int on = 1,
        fd = accept4(listener->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct link *link;

    if (fd < 0)
        return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR
                   ? RETRY
                   : error_set_errno(err, REJECT, "cannot accept a connection");
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    listener_peer(&address, peer);
    link = calloc(1, sizeof(*link));
    if (!link) {
        close(fd);
        return error_set(err, REJECT, "out of memory for a connection");
    }
    link->fd = fd;
    if (server) {
        link->ssl = SSL_new(server->context);
        if (!link->ssl || SSL_set_fd(link->ssl, fd) != 1) {
            link_close(link);
            return error_set(err, REJECT, "out of memory for a connection");
        }
        SSL_set_accept_state(link->ssl);
    }
    *out = link;
    return OK;
}

int link_fd(const struct link *link)
{
    return link->fd;
}

bool link_wants_write(const struct link *link)
{
    return link->wants_write;
}

/* Many senders just close the connection, without saying so in TLS before. */
static bool is_plain_end(int code, int n)
{
    return (code == SSL_ERROR_SYSCALL && n == 0) ||
           (code == SSL_ERROR_SSL &&
            ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

static enum status read_tls(struct link *link, char *to, size_t room, size_t *len,
                            struct error *err)
{
    int n, code;

    ERR_clear_error();
    n = SSL_read(link->ssl, to, room > INT32_MAX ? INT32_MAX : (int)room);
    if (n > 0) {
        *len = (size_t)n;
        return OK;
    }
    code = SSL_get_error(link->ssl, n);
    link->wants_write = code == SSL_ERROR_WANT_WRITE;
    if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
        return RETRY;
    if (code == SSL_ERROR_ZERO_RETURN || is_plain_end(code, n))
        return DONE;
    return tls_failed(err, "TLS failed with", "the client");
}

enum status link_read(struct link *link, char *to, size_t room, size_t *len, struct error *err)
{
    ssize_t n;

    if (link->ssl)
        return read_tls(link, to, room, len, err);
    n = recv(link->fd, to, room, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? RETRY
                                                 : error_set_errno(err, REJECT, "cannot read");
    *len = (size_t)n;
    return n ? OK : DONE;
}

void link_close(struct link *link)
{
    if (!link)
        return;
    SSL_free(link->ssl); /* NULL is fine; nothing was ever sent that a goodbye would end */
    if (link->fd >= 0)
        close(link->fd);
    free(link);
}
