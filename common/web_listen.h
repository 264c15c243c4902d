/*
 * web_listen.h - the address that a web server listens on.
 *
 * civetweb takes more forms than we offer and says little when it fails; here
 * an address is read and tried first, so that an error says what to change.
 */
#ifndef COMMON_WEB_LISTEN_H
#define COMMON_WEB_LISTEN_H

#include <sys/socket.h>

#include "common/error.h"

struct web_listen {
    struct sockaddr_storage address;
    socklen_t len;
    char text[80]; /* as civetweb wants it */
};

/* Reads `text`, e.g. "127.0.0.1:8000". REJECT: err says what is wrong with it. */
enum status web_listen_parse(const char *text, struct web_listen *out, struct error *err);

/* Could a server listen there now? REJECT: err says why not. */
enum status web_listen_try(const struct web_listen *listen, const char *text, struct error *err);

/* The port of an address; 0 unless it is IPv4 or IPv6. */
int web_listen_port(const struct sockaddr_storage *address);

/*
 * Makes poll() in the thread that accepts on `listen` with `port` return at
 * once, for civetweb would sleep on for up to 2 s before it sees that it should stop.
 */
void web_listen_wake(const struct web_listen *listen, int port);

#endif
