/*
 * listener.h - sockets that listen, and connections to them, with TLS or without.
 *
 * Everything is non-blocking. TLS 1.2 and above by OpenSSL; with a client CA,
 * clients need a certificate of it.
 */
#ifndef SHIPPER_INPUT_LISTENER_H
#define SHIPPER_INPUT_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/error.h"

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS };

#define LISTENER_PEER_MAX 80

struct listener {
    enum transport transport;
    int fd;
    int port; /* that it got */
};

/* "udp://127.0.0.1:514", "tcp://[::]:601", "tls://…". REJECT: not usable; err says what to change.
 */
enum status listener_check(const char *url, struct error *err);
enum status listener_open(const char *url, struct listener *out, struct error *err);

struct tls_server;

/* `client_ca` may be NULL. REJECT: a file is not usable. */
enum status tls_server_open(const char *certificate, const char *key, const char *client_ca,
                            struct tls_server **out, struct error *err);
void tls_server_close(struct tls_server *server); /* NULL is fine */

struct link; /* one connection */

/* Accepts a connection; `server` is NULL without TLS. RETRY: there is none now. `peer` gets
 * LISTENER_PEER_MAX bytes at most. */
enum status link_accept(const struct listener *listener, struct tls_server *server,
                        struct link **out, char *peer, struct error *err);
int link_fd(const struct link *link);
bool link_wants_write(const struct link *link); /* TLS: waits for the socket to take bytes */

/* Up to `room` bytes. OK: *len of them. RETRY: nothing now. DONE: the end. REJECT: broken; err. */
enum status link_read(struct link *link, char *to, size_t room, size_t *len, struct error *err);
void link_close(struct link *link); /* NULL is fine */

struct sockaddr_storage;
void listener_peer(const struct sockaddr_storage *address, char *peer);

#endif
