/*
 * redis_server.h - a redis-server of a test's own, on a socket in a temporary folder.
 *
 * Where the program is not installed the test is skipped.
 */
#ifndef TESTS_UNIT_SUPPORT_REDIS_SERVER_H
#define TESTS_UNIT_SUPPORT_REDIS_SERVER_H

#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/support/folder.h"

#define REDIS_SERVER_PROGRAM  "/usr/bin/redis-server"
#define REDIS_SERVER_START_MS 10000

struct redis_server {
    char folder[64], socket[96], url[120];
    pid_t pid; /* 0: it does not run */
};

/* Only the folder: nobody listens yet. */
static inline void redis_server_make(struct redis_server *server)
{
    folder_make(server->folder);
    snprintf(server->socket, sizeof(server->socket), "%s/redis.sock", server->folder);
    snprintf(server->url, sizeof(server->url), "unix://%s", server->socket);
    server->pid = 0;
}

/* Waits until it answers. The caller frees it. */
static inline redisContext *redis_server_client(const struct redis_server *server)
{
    int64_t deadline_ms = clock_mono_ms() + REDIS_SERVER_START_MS;
    redisContext *client = redisConnectUnix(server->socket);

    while (client && client->err && clock_mono_ms() < deadline_ms) {
        redisFree(client);
        poll(NULL, 0, 5);
        client = redisConnectUnix(server->socket);
    }
    assert_true(client && !client->err);
    return client;
}

/* `options` end with NULL; of several of the same name the last one counts. */
static inline void redis_server_start(struct redis_server *server, const char *const *options)
{
    const char *args[40] = {
        REDIS_SERVER_PROGRAM, "--unixsocket", server->socket, "--save", "", "--port", "0"};
    size_t count = 7;

    if (access(REDIS_SERVER_PROGRAM, X_OK))
        skip();
    while (options && *options)
        args[count++] = *options++;
    server->pid = fork();
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stdout) && chdir(server->folder) == 0)
            execv(REDIS_SERVER_PROGRAM, (char *const *)args);
        _exit(127);
    }
    assert_true(server->pid > 0);
    redisFree(redis_server_client(server));
}

static inline void redis_server_kill(struct redis_server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        unlink(server->socket);
    }
    server->pid = 0;
}

static inline void redis_server_remove(struct redis_server *server)
{
    redis_server_kill(server);
    folder_remove(server->folder);
}

#endif
