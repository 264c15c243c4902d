/*
 * redis_url.c - where Redis is.
 */
#include "indexer/redis_url.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/buf.h"

#define PORT_DEFAULT 6379
#define DB_MAX       99999 /* far beyond what servers have */
#define PATH_ROOM    sizeof(((struct sockaddr_un *)0)->sun_path)
#define FORMS        "redis://[user:password@]host:port/db, rediss:// for TLS, or unix:///path"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A NUL-terminated copy with %XX decoded; NULL when that is malformed or there is no memory. */
static char *decode(struct slice s)
{
    char *copy = malloc(s.len + 1), *to = copy;

    for (size_t i = 0; copy && i < s.len; i++) {
        *to = s.data[i];
        if (*to == '%') {
            if (s.len - i < 3 || hex(s.data[i + 1]) < 0 || hex(s.data[i + 2]) < 0 ||
                (hex(s.data[i + 1]) | hex(s.data[i + 2])) == 0) {
                free(copy);
                return NULL;
            }
            *to = (char)(hex(s.data[i + 1]) << 4 | hex(s.data[i + 2]));
            i += 2;
        }
        to++;
    }
    if (copy)
        *to = '\0';
    return copy;
}

/* A decimal number of 1 to 5 digits, or -1. */
static int number(struct slice s)
{
    int value = 0;

    if (s.len == 0 || s.len > 5)
        return -1;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return -1;
        value = value * 10 + s.data[i] - '0';
    }
    return value;
}

/* Takes the part before `c` off the front of *s; false when there is none. */
static bool cut(struct slice *s, const char *c, struct slice *part)
{
    if (!c)
        return false;
    *part = (struct slice){s->data, (size_t)(c - s->data)};
    s->len -= part->len + 1;
    s->data = c + 1;
    return true;
}

static enum status parse_login(struct slice login, struct redis_url *url, struct error *err)
{
    struct slice user;

    if (!cut(&login, memchr(login.data, ':', login.len), &user))
        return error_set(err, REJECT,
                         "redis.url: before '@' stands user:password; a password alone is "
                         "written :password");
    url->password = decode(login);
    if (user.len)
        url->user = decode(user);
    if (!url->password || (user.len && !url->user))
        return error_set(err, REJECT, "redis.url: a '%%' in user or password is written %%25");
    return OK;
}

static enum status parse_host(struct slice s, struct redis_url *url, struct error *err)
{
    const char *bracket = s.len && s.data[0] == '[' ? memchr(s.data, ']', s.len) : NULL;
    const char *colon = bracket ? NULL : memchr(s.data, ':', s.len);
    struct slice host = s;

    if (bracket) {
        cut(&s, bracket, &host);
        host = (struct slice){host.data + 1, host.len - 1};
        colon = s.len ? s.data : NULL;
        if (colon && *colon != ':')
            return error_set(err, REJECT, "redis.url: after ']' comes :port");
    }
    url->port = PORT_DEFAULT;
    if (colon) {
        cut(&s, colon, bracket ? &(struct slice){0} : &host);
        url->port = number(s);
    }
    if (url->port < 1 || url->port > 65535)
        return error_set(err, REJECT, "redis.url: the port is no number between 1 and 65535");
    if (host.len == 0 || memchr(host.data, '%', host.len))
        return error_set(err, REJECT, "redis.url: expected " FORMS);
    url->host = decode(host);
    return url->host ? OK : error_set(err, FATAL, "out of memory");
}

static enum status parse_network(struct slice s, struct redis_url *url, struct error *err)
{
    struct slice authority = s, login, db = {NULL, 0};
    int chosen;

    if (cut(&s, memchr(s.data, '/', s.len), &authority))
        db = s;
    if (cut(&authority, memrchr(authority.data, '@', authority.len), &login) &&
        parse_login(login, url, err))
        return REJECT;
    if (db.len) {
        chosen = number(db);
        if (chosen < 0 || chosen > DB_MAX)
            return error_set(err, REJECT, "redis.url: after the host comes /db, a number");
        url->db = (unsigned)chosen;
    }
    return parse_host(authority, url, err);
}

/* unix:///path, or unix://user:password@/path. */
static enum status parse_socket(struct slice s, struct redis_url *url, struct error *err)
{
    const char *slash = memchr(s.data, '/', s.len);
    struct slice login = {s.data, slash ? (size_t)(slash - s.data) : 0};

    if (!slash || (login.len && login.data[login.len - 1] != '@'))
        return error_set(err, REJECT, "redis.url: expected " FORMS);
    if (login.len && parse_login((struct slice){login.data, login.len - 1}, url, err))
        return REJECT;
    url->path = decode((struct slice){slash, s.len - login.len});
    if (!url->path)
        return error_set(err, REJECT, "redis.url: a '%%' in the path is written %%25");
    if (strlen(url->path) >= PATH_ROOM) /* the library would cut it */
        return error_set(err, REJECT, "redis.url: the path is longer than %zu bytes",
                         PATH_ROOM - 1);
    return OK;
}

static enum status parse(struct slice text, struct redis_url *url, struct error *err)
{
    const char *mark = memmem(text.data, text.len, "://", 3);
    struct slice scheme = {NULL, 0};

    cut(&text, mark, &scheme);
    url->tls = slice_is(scheme, "rediss");
    if (!url->tls && !slice_is(scheme, "redis") && !slice_is(scheme, "unix"))
        return error_set(err, REJECT, "redis.url: expected " FORMS);
    text.data += 2; /* the slashes */
    text.len -= 2;
    return slice_is(scheme, "unix") ? parse_socket(text, url, err) : parse_network(text, url, err);
}

enum status redis_url_parse(const char *text, struct redis_url *out, struct error *err)
{
    struct redis_url url = {0};
    enum status status = parse(slice_of(text), &url, err);

    if (status)
        redis_url_release(&url);
    else
        *out = url;
    return status;
}

void redis_url_release(struct redis_url *url)
{
    free(url->host);
    free(url->path);
    free(url->user);
    if (url->password)
        explicit_bzero(url->password, strlen(url->password));
    free(url->password);
    *url = (struct redis_url){0};
}
