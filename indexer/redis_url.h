/*
 * redis_url.h - where Redis is: redis://[user:password@]host[:port][/db], rediss:// for TLS, or
 * unix:///path.
 *
 * User, password and path may hold %XX. No message repeats any part of the
 * URL: what stands in the wrong place may be the password.
 */
#ifndef INDEXER_REDIS_URL_H
#define INDEXER_REDIS_URL_H

#include <stdbool.h>

#include "common/error.h"

struct redis_url {
    char *host; /* NULL with a path */
    int port;
    char *path;            /* of a unix socket, or NULL */
    char *user, *password; /* NULL: none */
    unsigned db;
    bool tls;
};

/* REJECT: not usable, err says what to write instead. The caller releases *out. */
enum status redis_url_parse(const char *text, struct redis_url *out, struct error *err);

void redis_url_release(struct redis_url *url);

#endif
