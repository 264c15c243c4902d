/*
 * bulk.c - limit of "to Elasticsearch": bodies for _bulk that are ready before the clock starts,
 * sent over two connections.
 *
 *     bulk [--ids] URL INDEX FILE      FILE: a JSON record a line
 *
 * Without --ids Elasticsearch makes them, which saves it to look whether they are there; with it
 * each is the record's event.id, as an indexer that stores nothing twice needs it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "tests/bench/limits/limits.h"

#define BODY_BYTES    (5u << 20)
#define BODIES_MAX    4096
#define CONNECTIONS   2
#define ID_MAX        64
#define BUSY          429 /* the heap of a benchmark's Elasticsearch is small */
#define BUSY_PAUSE_US 20000

struct body {
    char *bytes;
    size_t len;
};

static struct body bodies[BODIES_MAX];
static int body_count;
static atomic_int next_body, refused;
static atomic_long documents;
static char url[512];

/* The value of event.id, the first of its name in our records. */
static size_t find_id(const char *line, size_t len, char *out)
{
    static const char mark[] = "\"event\":{\"id\":\"";
    const char *at = memmem(line, len, mark, sizeof(mark) - 1), *end;

    if (!at)
        DIE("a record has no event.id");
    at += sizeof(mark) - 1;
    end = memchr(at, '"', len - (size_t)(at - line));
    if (!end || end - at > ID_MAX)
        DIE("a record has no short event.id");
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    return (size_t)(end - at);
}

static void append(struct body *body, const char *bytes, size_t len)
{
    memcpy(body->bytes + body->len, bytes, len);
    body->len += len;
}

static void add_document(const char *line, size_t len, bool with_id)
{
    struct body *body = &bodies[body_count ? body_count - 1 : 0];
    char id[ID_MAX + 1], action[ID_MAX + 64];
    int action_len;

    if (!body->bytes || body->len + len + sizeof(action) > BODY_BYTES) {
        if (body_count == BODIES_MAX || len + sizeof(action) > BODY_BYTES)
            DIE("too much");
        body = &bodies[body_count++];
        body->bytes = malloc(BODY_BYTES);
        if (!body->bytes)
            DIE("out of memory");
    }
    if (with_id) {
        find_id(line, len, id);
        action_len = snprintf(action, sizeof(action), "{\"create\":{\"_id\":\"%s\"}}\n", id);
    } else {
        action_len = snprintf(action, sizeof(action), "{\"create\":{}}\n");
    }
    append(body, action, (size_t)action_len);
    append(body, line, len);
    append(body, "\n", 1);
    documents++;
}

static void build(const char *path, bool with_ids)
{
    size_t len;
    const char *p = map_file(path, &len), *end = p + len, *newline;

    for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1)
        add_document(p, (size_t)(newline - p), with_ids);
}

/* The answer's beginning says whether anything was refused; the rest is read and dropped. */
struct answer {
    char head[64];
    size_t len;
};

static size_t on_answer(char *bytes, size_t size, size_t count, void *arg)
{
    struct answer *answer = arg;
    size_t room = sizeof(answer->head) - 1 - answer->len,
           n = size * count < room ? size * count : room;

    memcpy(answer->head + answer->len, bytes, n);
    answer->len += n;
    answer->head[answer->len] = '\0';
    return size * count;
}

/* False: it has no memory for so much at the moment. */
static bool send_body(CURL *curl, const struct body *body)
{
    struct answer answer = {.len = 0};
    long code = 0;

    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->bytes);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    if (curl_easy_perform(curl) || curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code) ||
        (code != 200 && code != BUSY))
        DIE("_bulk was answered %ld", code);
    if (code == BUSY)
        return false;
    if (!strstr(answer.head, "\"errors\":false"))
        refused++;
    return true;
}

static void *run_connection(void *arg)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/x-ndjson");
    CURL *curl = curl_easy_init();
    int i;

    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    while ((i = next_body++) < body_count)
        while (!send_body(curl, &bodies[i]))
            usleep(BUSY_PAUSE_US);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return arg;
}

int main(int argc, char **argv)
{
    bool with_ids = argc == 5 && strcmp(argv[1], "--ids") == 0;
    pthread_t threads[CONNECTIONS];
    double began, cpu_before;

    if (argc != 4 + with_ids)
        DIE("usage: bulk [--ids] URL INDEX FILE");
    argv += with_ids;
    snprintf(url, sizeof(url), "%s/%s/_bulk", argv[1], argv[2]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    build(argv[3], with_ids);
    began = wall_s();
    cpu_before = cpu_s();
    for (int i = 0; i < CONNECTIONS; i++)
        if (pthread_create(&threads[i], NULL, run_connection, NULL))
            DIE("cannot start a thread");
    for (int i = 0; i < CONNECTIONS; i++)
        pthread_join(threads[i], NULL);
    printf(
        "{\"documents\":%ld,\"bodies\":%d,\"refused_bodies\":%d,\"seconds\":%.3f,\"cpu_s\":%.3f}\n",
        documents, body_count, refused, wall_s() - began, cpu_s() - cpu_before);
    return refused != 0;
}
