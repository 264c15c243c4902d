/*
 * syslog.c - messages by UDP, TCP and TLS (RFC 5426, 6587, 5425), any number of listeners.
 *
 * One thread reads all sockets and puts messages into the spool. When that is
 * full, TCP senders wait; datagrams that the socket cannot hold meanwhile are
 * dropped by the kernel, which counts them.
 */
#include "shipper/input/input.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "shipper/config.h"
#include "shipper/input/listener.h"
#include "shipper/input/spooled.h"
#include "shipper/input/syslog_frame.h"
#include "shipper/process/rate.h"

#define EVENTS       64
#define BATCH_BYTES  (1u << 20) /* appended at once, about */
#define FULL_MS      100        /* between attempts when the spool takes no more */
#define DATAGRAMS    32         /* read at once */
#define DATAGRAM_MAX 65536
#define BUFFER_FIRST 4096 /* of a connection; grows up to what a message may need */
#define READS_A_TURN 16   /* of one connection before the others */

struct peer { /* a connection, or one of the listeners */
    struct peer *next, **link_here;
    struct listener *listener; /* NULL: a connection */
    struct link *link;
    struct syslog_framer framer;
    bool ended; /* nothing more comes; what it sent waits for the rate limit */
    char *buffer;
    size_t len, room;
    char name[LISTENER_PEER_MAX];
};

struct syslog_input {
    struct spooled_input half;
    struct listener *listeners;
    struct peer *doors; /* one of each */
    size_t listener_count;
    struct tls_server *tls;
    int epoll_fd, links_fd, leave_fd; /* links_fd: connections, inside of the former */
    pthread_t thread;
    bool started, leaving;

    /* The thread's own. */
    struct peer *peers; /* connections */
    unsigned connections, connections_max;
    struct rate *rate;
    bool held; /* by it: no connection is read */
    size_t message_max;
    struct buf entries;
    char *datagrams; /* DATAGRAMS of DATAGRAM_MAX bytes; NULL until needed */
    uint32_t dropped;
    struct metric *lines, *drops, *refused, *open;
};

static bool asked_to_leave(const struct syslog_input *input, int timeout_ms)
{
    struct pollfd fd = {.fd = input->leave_fd, .events = POLLIN};

    return poll(&fd, 1, timeout_ms) > 0;
}

/* Into the spool, however long that takes. */
static void keep_entries(struct syslog_input *input)
{
    struct error err;
    bool said = false;

    while (!input->leaving &&
           spool_append(spooled_spool(&input->half), buf_slice(&input->entries), false, &err)) {
        if (!said)
            log_warn("%s; syslog senders wait, datagrams may be lost", err.text);
        said = true;
        input->leaving = asked_to_leave(input, FULL_MS);
    }
    buf_clear(&input->entries);
}

static void add_message(struct syslog_input *input, const char *peer, struct slice message,
                        bool cut)
{
    size_t before = input->entries.len;

    spool_encode(&input->entries, timestamp_from_ns(clock_wall_ns()), slice_of(peer), cut, message);
    if (input->entries.failed) { /* without memory */
        buf_clear(&input->entries);
        input->entries.len = before;
        metric_add(input->drops, 1);
        return;
    }
    metric_add(input->lines, 1);
    if (input->entries.len >= BATCH_BYTES)
        keep_entries(input);
}

static void drop_peer(struct syslog_input *input, struct peer *peer)
{
    *peer->link_here = peer->next;
    if (peer->next)
        peer->next->link_here = peer->link_here;
    link_close(peer->link);
    free(peer->buffer);
    free(peer);
    input->connections--;
    metric_set(input->open, input->connections);
}

static bool watch(int epoll_fd, int fd, uint32_t events, void *what, int operation)
{
    struct epoll_event event = {.events = events, .data = {.ptr = what}};

    return epoll_ctl(epoll_fd, operation, fd, &event) == 0;
}

static void add_connection(struct syslog_input *input, struct link *link, const char *name)
{
    struct peer *peer = calloc(1, sizeof(*peer));

    if (peer)
        peer->buffer = malloc(BUFFER_FIRST);
    if (!peer || !peer->buffer || input->connections >= input->connections_max ||
        !watch(input->links_fd, link_fd(link), EPOLLIN, peer, EPOLL_CTL_ADD)) {
        log_warn("a syslog connection from %s is refused: %s", name,
                 input->connections >= input->connections_max ? "there are too many" : "no memory");
        metric_add(input->refused, 1);
        link_close(link);
        if (peer)
            free(peer->buffer);
        free(peer);
        return;
    }
    peer->link = link;
    peer->room = BUFFER_FIRST;
    peer->framer.message_max = input->message_max;
    memcpy(peer->name, name, sizeof(peer->name));
    peer->next = input->peers;
    peer->link_here = &input->peers;
    if (peer->next)
        peer->next->link_here = &peer->next;
    input->peers = peer;
    metric_set(input->open, ++input->connections);
}

static void accept_all(struct syslog_input *input, const struct listener *listener)
{
    struct tls_server *tls = listener->transport == TRANSPORT_TLS ? input->tls : NULL;
    char name[LISTENER_PEER_MAX] = "";
    struct link *link;
    struct error err;
    enum status status;

    while ((status = link_accept(listener, tls, &link, name, &err)) == OK)
        add_connection(input, link, name);
    if (status == REJECT) {
        log_warn("%s", err.text);
        input->leaving = asked_to_leave(input, FULL_MS); /* out of descriptors: not in a hurry */
    }
}

/* May connections be read? If not, they wait: the limit is told by the senders' full windows. */
static bool may_read(struct syslog_input *input)
{
    if (input->held || input->leaving || !input->rate ||
        rate_ask(input->rate, 0, 0, clock_mono_ns()) != RATE_WAIT)
        return !input->held || input->leaving;
    input->held = true;
    watch(input->epoll_fd, input->links_fd, 0, input, EPOLL_CTL_MOD);
    return false;
}

/* The messages that are complete in the connection's buffer, as many as may pass. */
static void frame_all(struct syslog_input *input, struct peer *peer, bool last)
{
    struct slice rest = {peer->buffer, peer->len}, message;
    bool cut;

    while (may_read(input) && syslog_frame(&peer->framer, &rest, last, &message, &cut))
        if (!input->rate || rate_ask(input->rate, 1, message.len, clock_mono_ns()) != RATE_DROP)
            add_message(input, peer->name, message, cut);
    memmove(peer->buffer, rest.data, rest.len);
    peer->len = rest.len;
}

static bool make_room(const struct syslog_input *input, struct peer *peer)
{
    size_t most = input->message_max + SYSLOG_HEAD_MAX + BUFFER_FIRST, room = peer->room * 2;
    char *grown;

    if (peer->len < peer->room)
        return true;
    if (room > most)
        room = most;
    grown = room > peer->room ? realloc(peer->buffer, room) : NULL;
    if (!grown)
        return false;
    peer->buffer = grown;
    peer->room = room;
    return true;
}

/* Its last messages may have to wait; then so does its end. */
static void end_peer(struct syslog_input *input, struct peer *peer)
{
    frame_all(input, peer, true);
    if (!input->held) {
        drop_peer(input, peer);
        return;
    }
    if (!peer->ended)
        epoll_ctl(input->links_fd, EPOLL_CTL_DEL, link_fd(peer->link), NULL);
    peer->ended = true;
}

static void read_connection(struct syslog_input *input, struct peer *peer)
{
    bool wanted_write = link_wants_write(peer->link);
    enum status status = OK;
    struct error err;
    size_t len;

    for (int i = 0; status == OK && i < READS_A_TURN && may_read(input); i++) {
        if (!make_room(input, peer)) {
            log_warn("no memory for a message of %s", peer->name);
            peer->len = 0;
        }
        status =
            link_read(peer->link, peer->buffer + peer->len, peer->room - peer->len, &len, &err);
        if (status == OK) {
            peer->len += len;
            frame_all(input, peer, false);
        }
    }
    if (status == REJECT)
        log_info("syslog connection of %s ends: %s", peer->name, err.text);
    if (status == DONE || status == REJECT) {
        end_peer(input, peer);
    } else if (link_wants_write(peer->link) != wanted_write) {
        watch(input->links_fd, link_fd(peer->link),
              link_wants_write(peer->link) ? EPOLLOUT : EPOLLIN, peer, EPOLL_CTL_MOD);
    }
}

/* What the kernel dropped on this socket since it was opened comes with each datagram. */
static void count_drops(struct syslog_input *input, struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        uint32_t total;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
            continue;
        memcpy(&total, CMSG_DATA(c), sizeof(total));
        if (total != input->dropped)
            metric_add(input->drops, total - input->dropped);
        input->dropped = total;
    }
}

/* A datagram cannot wait. */
static bool may_take(struct syslog_input *input, size_t len)
{
    int64_t now_ns = input->rate ? clock_mono_ns() : 0;
    enum rate_verdict verdict = rate_ask(input->rate, 1, len, now_ns);

    if (verdict == RATE_WAIT)
        rate_drop(input->rate, 1, len, now_ns);
    return verdict == RATE_PASS;
}

static void take_datagram(struct syslog_input *input, struct mmsghdr *datagram)
{
    struct msghdr *header = &datagram->msg_hdr;
    struct slice message = {header->msg_iov->iov_base, datagram->msg_len};
    char name[LISTENER_PEER_MAX];
    bool cut = header->msg_flags & MSG_TRUNC;

    count_drops(input, header);
    while (message.len && strchr("\r\n", message.data[message.len - 1])) /* also a NUL */
        message.len--;
    if (message.len == 0)
        return;
    if (message.len > input->message_max) {
        message.len = input->message_max;
        cut = true;
    }
    if (!may_take(input, message.len))
        return;
    listener_peer(header->msg_name, name);
    add_message(input, name, message, cut);
}

static void read_datagrams(struct syslog_input *input, const struct listener *listener)
{
    struct mmsghdr headers[DATAGRAMS] = {0};
    struct iovec parts[DATAGRAMS];
    struct sockaddr_storage names[DATAGRAMS];
    char controls[DATAGRAMS][CMSG_SPACE(sizeof(uint32_t))];
    int count;

    if (!input->datagrams)
        input->datagrams = malloc((size_t)DATAGRAMS * DATAGRAM_MAX);
    if (!input->datagrams)
        return;
    for (size_t i = 0; i < DATAGRAMS; i++) {
        parts[i] = (struct iovec){input->datagrams + i * DATAGRAM_MAX, DATAGRAM_MAX};
        headers[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
                                             .msg_namelen = sizeof(names[i]),
                                             .msg_iov = &parts[i],
                                             .msg_iovlen = 1,
                                             .msg_control = controls[i],
                                             .msg_controllen = sizeof(controls[i])};
    }
    count = recvmmsg(listener->fd, headers, DATAGRAMS, 0, NULL);
    for (int i = 0; i < count; i++)
        take_datagram(input, &headers[i]);
}

static void read_connections(struct syslog_input *input)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(input->links_fd, events, EVENTS, 0);

    for (int i = 0; i < count && !input->held; i++)
        read_connection(input, events[i].data.ptr);
}

/* Goes on reading connections once something may pass again: first what was read of them. */
static void release(struct syslog_input *input)
{
    struct peer *next;

    if (!input->held || rate_ask(input->rate, 0, 0, clock_mono_ns()) == RATE_WAIT)
        return;
    input->held = false;
    watch(input->epoll_fd, input->links_fd, EPOLLIN, input, EPOLL_CTL_MOD);
    for (struct peer *peer = input->peers; peer && !input->held; peer = next) {
        next = peer->next;
        if (peer->ended)
            end_peer(input, peer);
        else
            frame_all(input, peer, false);
    }
}

/* When the rate limit is to be asked, or has something to say; -1: not at all. */
static int wait_ms(const struct syslog_input *input)
{
    int64_t now_ns = input->rate ? clock_mono_ns() : 0;
    int64_t say_ms = rate_say_in_ms(input->rate, now_ns);
    int64_t free_ms = input->held ? rate_wait_ms(input->rate, now_ns) : -1;

    return (int)(free_ms >= 0 && (say_ms < 0 || free_ms < say_ms) ? free_ms : say_ms);
}

/* What epoll tells of: NULL is the end, the input itself its connections. */
static void heed(struct syslog_input *input, void *what)
{
    struct peer *peer = what;

    if (!peer)
        input->leaving = true;
    else if (what == input)
        read_connections(input);
    else if (peer->listener->transport == TRANSPORT_UDP)
        read_datagrams(input, peer->listener);
    else
        accept_all(input, peer->listener);
}

/* What has come and is no whole message is kept as it is: nobody sends it again. */
static void keep_last(struct syslog_input *input)
{
    struct error err;

    for (struct peer *peer = input->peers; peer; peer = peer->next)
        frame_all(input, peer, true);
    if (spool_append(spooled_spool(&input->half), buf_slice(&input->entries), false, &err))
        log_error("syslog messages that came last are lost: %s", err.text);
}

static void *run(void *arg)
{
    struct syslog_input *input = arg;
    struct epoll_event events[EVENTS];

    while (!input->leaving) {
        int count = epoll_wait(input->epoll_fd, events, EVENTS, wait_ms(input));

        for (int i = 0; i < count && !input->leaving; i++)
            heed(input, events[i].data.ptr);
        if (input->rate) {
            release(input);
            rate_say(input->rate, clock_mono_ns());
        }
        keep_entries(input);
    }
    keep_last(input);
    while (input->peers)
        drop_peer(input, input->peers); /* NOLINT(clang-analyzer-unix.Malloc): unlinks it too */
    return NULL;
}

static void syslog_stop(struct input *base)
{
    struct syslog_input *input = (struct syslog_input *)base;

    if (input->started) {
        eventfd_write(input->leave_fd, 1);
        pthread_join(input->thread, NULL);
    }
    input->started = false;
    atomic_store(&input->half.ended, true);
}

static void syslog_close(struct input *base)
{
    struct syslog_input *input = (struct syslog_input *)base;

    if (!input)
        return;
    syslog_stop(base);
    for (size_t i = 0; i < input->listener_count; i++)
        close(input->listeners[i].fd);
    if (input->epoll_fd >= 0)
        close(input->epoll_fd);
    if (input->links_fd >= 0)
        close(input->links_fd);
    if (input->leave_fd >= 0)
        close(input->leave_fd);
    rate_close(input->rate);
    tls_server_close(input->tls);
    spooled_close(&input->half);
    buf_release(&input->entries);
    free(input->listeners);
    free(input->doors);
    free(input->datagrams);
    free(input);
}

static enum status open_listeners(struct syslog_input *input, const struct input_config *config,
                                  struct error *err)
{
    for (uint32_t i = 0; i < config->listen_count; i++) {
        struct listener *listener = &input->listeners[i];

        if (listener_open(config->listen[i], listener, err))
            return err->status;
        input->listener_count++;
        input->doors[i].listener = listener;
        if (listener->transport == TRANSPORT_TLS && !input->tls &&
            tls_server_open(config->certificate_file, config->key_file, config->client_ca_file,
                            &input->tls, err))
            return err->status;
        log_write(LEVEL_INFO, LOG_FIELDS({"server.port", NULL, listener->port}),
                  "syslog on '%s', port %d", config->listen[i], listener->port);
    }
    return OK;
}

static void register_metrics(struct syslog_input *input)
{
    input->lines = metrics_counter("shipper_network_lines_total", "input=\"syslog\"",
                                   "Lines that came by network and were kept.");
    input->drops = metrics_counter("shipper_network_dropped_total", "input=\"syslog\"",
                                   "Datagrams that nobody could keep up with.");
    input->refused = metrics_counter("shipper_network_connections_refused_total", NULL,
                                     "Connections that were beyond the limit.");
    input->open =
        metrics_gauge("shipper_network_connections", NULL, "Connections of syslog senders.");
}

/* The thread, and what wakes it: NULL for the end, otherwise a door or a connection. */
static enum status start(struct syslog_input *input, struct error *err)
{
    bool good = watch(input->epoll_fd, input->leave_fd, EPOLLIN, NULL, EPOLL_CTL_ADD) &&
                watch(input->epoll_fd, input->links_fd, EPOLLIN, input, EPOLL_CTL_ADD);

    for (size_t i = 0; i < input->listener_count; i++)
        good = good && watch(input->epoll_fd, input->listeners[i].fd, EPOLLIN, &input->doors[i],
                             EPOLL_CTL_ADD);
    if (!good || pthread_create(&input->thread, NULL, run, input) != 0)
        return error_set_errno(err, FATAL, "cannot start the syslog thread");
    input->started = true;
    return OK;
}

static enum status syslog_open(const struct input_context *context,
                               const struct input_config *config, struct input **out,
                               struct error *err)
{
    struct syslog_input *input = calloc(1, sizeof(*input));

    if (!input)
        return error_set(err, FATAL, "out of memory");
    input->half.base.type = &input_syslog;
    input->message_max = context->config->line_max_bytes;
    input->connections_max = config->connections_max ? *config->connections_max : CONNECTIONS_MAX;
    input->entries = (struct buf)BUF_INIT(BATCH_BYTES + spool_entry_max(input->message_max) + 4096);
    input->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    input->links_fd = epoll_create1(EPOLL_CLOEXEC);
    input->leave_fd = eventfd(0, EFD_CLOEXEC);
    input->listeners = calloc(config->listen_count, sizeof(*input->listeners));
    input->doors = calloc(config->listen_count, sizeof(*input->doors));
    register_metrics(input);
    if (input->epoll_fd < 0 || input->links_fd < 0 || input->leave_fd < 0 || !input->listeners ||
        !input->doors)
        error_set(err, FATAL, "out of memory or of descriptors");
    else if (rate_open(context->config, config, &input->rate, err) == OK &&
             spooled_open(context, config, config->name ? config->name : "syslog", &input->half,
                          err) == OK &&
             open_listeners(input, config, err) == OK && start(input, err) == OK) {
        *out = &input->half.base;
        return OK;
    }
    syslog_close(&input->half.base);
    return err->status;
}

const struct input_type input_syslog = {
    .name = "syslog",
    .open = syslog_open,
    .fd = spooled_fd,
    .read = spooled_read,
    .done = spooled_done,
    .acked = spooled_acked,
    .stop = syslog_stop,
    .progress = spooled_progress,
    .report = spooled_report,
    .close = syslog_close,
};
