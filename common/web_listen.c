/*
 * web_listen.c - the address that a web server listens on.
 */
#include "common/web_listen.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/scope.h"

#define HOST_MAX 64
#define FD_MAX   65536 /* looked through for the listening socket */

static enum status refuse(const char *text, struct error *err, const char *why)
{
    return error_set(err, REJECT, "cannot listen on '%s': %s", text, why);
}

static enum status refuse_tls(const char *text, struct error *err)
{
    return refuse(text, err,
                  "TLS is not offered, the packaged civetweb library's does not work; listen "
                  "without it and put a proxy that ends TLS in front");
}

/* What people write by habit, each with its own answer. */
static enum status check_form(const char *text, struct error *err)
{
    if (strncmp(text, "https:", 6) == 0)
        return refuse_tls(text, err);
    if (strncmp(text, "http:", 5) == 0)
        return refuse(text, err, "leave 'http://' out: ADDRESS:PORT");
    if (strpbrk(text, ", "))
        return refuse(text, err, "one ADDRESS:PORT is expected");
    return OK;
}

static enum status parse_port(const char *text, const char *digits, int *port, struct error *err)
{
    size_t len = strspn(digits, "0123456789");
    long value = len > 0 && len <= 5 ? strtol(digits, NULL, 10) : -1;

    if (len > 0 && (strcmp(digits + len, "s") == 0 || strcmp(digits + len, "r") == 0))
        return refuse_tls(text, err);
    if (digits[len] || value < 0 || value > 65535)
        return refuse(text, err, "the port is a number up to 65535, or 0 for any free one");
    *port = (int)value;
    return OK;
}

/* Splits "host:port", "[v6]:port" at the port's colon. */
static enum status split(const char *text, struct slice *host, const char **digits,
                         struct error *err)
{
    const char *colon = strrchr(text, ':');

    if (!colon && text[strspn(text, "0123456789")] == '\0')
        return refuse(text, err, "the address is missing, as in '127.0.0.1:8000'");
    if (!colon || (text[0] == '[' && colon[-1] != ']' && text[strlen(text) - 1] == ']'))
        return refuse(text, err, "the port is missing, as in '127.0.0.1:8000'");
    if (colon == text)
        return refuse(text, err, "the address is missing; '0.0.0.0:PORT' is all of them");
    *host = (struct slice){text, (size_t)(colon - text)};
    *digits = colon + 1;
    return OK;
}

static enum status parse_v6(const char *text, struct slice host, int port, struct web_listen *out,
                            struct error *err)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    char name[HOST_MAX];

    snprintf(name, sizeof(name), "%.*s", (int)host.len - 2, host.data + 1);
    if (host.data[host.len - 1] != ']' || inet_pton(AF_INET6, name, &address.sin6_addr) != 1)
        return refuse(text, err, "no IPv6 address between the brackets");
    if (!mg_check_feature(MG_FEATURES_IPV6))
        return refuse(text, err,
                      "the installed civetweb library was built without IPv6; use an IPv4 "
                      "address, as in '127.0.0.1:8000'");
    memcpy(&out->address, &address, sizeof(address));
    out->len = sizeof(address);
    snprintf(out->text, sizeof(out->text), "[%s]:%d", name, port);
    return OK;
}

static bool resolve(const char *name, struct in_addr *out)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;

    if (strcmp(name, "localhost") == 0) /* spares loading the resolver */
        name = "127.0.0.1";
    if (inet_pton(AF_INET, name, out) == 1)
        return true;
    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return false;
    *out = ((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr;
    freeaddrinfo(found);
    return true;
}

static enum status parse_v4(const char *text, struct slice host, int port, struct web_listen *out,
                            struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char name[256], numeric[INET_ADDRSTRLEN];

    if (memchr(host.data, ':', host.len))
        return refuse(text, err, "an IPv6 address stands in brackets, as in '[::1]:8000'");
    snprintf(name, sizeof(name), "%.*s", SLICE_FMT(host));
    if (!resolve(name, &address.sin_addr))
        return refuse(text, err, "the address is neither IPv4 nor a name with an IPv4 address");
    memcpy(&out->address, &address, sizeof(address));
    out->len = sizeof(address);
    inet_ntop(AF_INET, &address.sin_addr, numeric, sizeof(numeric));
    snprintf(out->text, sizeof(out->text), "%s:%d", numeric, port);
    return OK;
}

enum status web_listen_parse(const char *text, struct web_listen *out, struct error *err)
{
    struct web_listen parsed = {0};
    struct slice host = SLICE("");
    const char *digits = "";
    enum status status;
    int port = 0;

    if (check_form(text, err) || split(text, &host, &digits, err) ||
        parse_port(text, digits, &port, err))
        return REJECT;
    if (host.data[0] == '[')
        status = parse_v6(text, host, port, &parsed, err);
    else
        status = parse_v4(text, host, port, &parsed, err);
    if (status == OK)
        *out = parsed;
    return status;
}

static const char *hint(int code)
{
    if (code == EADDRINUSE)
        return "; another program listens there: choose another port, or 0 for a free one";
    if (code == EACCES)
        return "; ports below 1024 need a privilege: choose a higher one";
    if (code == EADDRNOTAVAIL)
        return "; no interface of this host has that address";
    return "";
}

enum status web_listen_try(const struct web_listen *listen, const char *text, struct error *err)
{
    scoped_fd int fd = socket(listen->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1, code;

    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&listen->address, listen->len) == 0)
        return OK;
    code = errno;
    return error_set(err, REJECT, "cannot listen on '%s': %s%s", text, strerror(code), hint(code));
}

int web_listen_port(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
    if (address->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return 0;
}

/* Is `fd` the socket that accepts on `listen` with `port`? */
static bool accepts(int fd, const struct web_listen *listen, int port)
{
    struct sockaddr_storage address = {0}, wanted = listen->address;
    socklen_t len = sizeof(address), flag_len = sizeof(int);
    int flag = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &flag, &flag_len) != 0 || !flag)
        return false;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 || len != listen->len)
        return false;
    /* The port is at the same place in both families. */
    ((struct sockaddr_in *)(void *)&wanted)->sin_port = htons((uint16_t)port);
    return memcmp(&address, &wanted, len) == 0;
}

void web_listen_wake(const struct web_listen *listen, int port)
{
    int fd_max = getdtablesize() < FD_MAX ? getdtablesize() : FD_MAX;

    for (int fd = 0; fd < fd_max; fd++)
        if (accepts(fd, listen, port)) {
            shutdown(fd, SHUT_RDWR);
            return;
        }
}
