/*
 * http.c - requests by libcurl.
 *
 * Addresses in messages are cut down to scheme, host and port: a path may be a
 * secret (webhooks), and so may what stands before the '@'.
 */
#include "common/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "common/http_pin.h"

#define CONNECT_TIMEOUT_MS 5000
#define TIMEOUT_MS         60000
#define ANSWER_MAX         (16u << 20)
#define GZIP_MIN           1024         /* below it the header costs more than is saved */
#define GZIP_LEVEL         1            /* JSON lines shrink well at the fastest already */
#define UPLOAD_BYTES       (512L << 10) /* of a large body in one write; by default it is 64 KiB */
#define CONNECTION_AGE_S   300L /* so that moved names and new cluster members are noticed */
#define RETRY_AFTER_MAX_S  86400

struct http {
    CURL *curl;
    char *username, *password, *authorization, *ca_file, *certificate_file, *key_file;
    char *key_password;
    struct http_pin pin;
    long connect_timeout_ms, timeout_ms, request_timeout_ms;
    size_t answer_max;
    bool pinned, gzip, deflate_ready;
    int gzip_level;
    z_stream deflate;
    struct buf packed;
    char message[CURL_ERROR_SIZE];
    const atomic_bool *give_up; /* NULL: never */
};

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static CURLcode init_code;

static void init(void)
{
    init_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool copy(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return !from || *to;
}

static bool copy_authorization(char **to, const char *api_key)
{
    return !api_key || asprintf(to, "Authorization: ApiKey %s", api_key) >= 0;
}

static bool copy_texts(struct http *http, const struct http_options *options)
{
    return copy(&http->username, options->username) && copy(&http->password, options->password) &&
           copy(&http->ca_file, options->ca_file) &&
           copy(&http->certificate_file, options->certificate_file) &&
           copy(&http->key_file, options->key_file) &&
           copy(&http->key_password, options->key_password) &&
           copy_authorization(&http->authorization, options->api_key);
}

enum status http_open(const struct http_options *options, struct http **out, struct error *err)
{
    struct http *http = calloc(1, sizeof(*http));

    pthread_once(&init_once, init);
    if (http && init_code == CURLE_OK)
        http->curl = curl_easy_init();
    if (!http || !http->curl || !copy_texts(http, options)) {
        http_close(http);
        return error_set(err, FATAL, "out of memory");
    }
    http->pinned = options->ca_fingerprint;
    if (http->pinned && !http_pin_parse(options->ca_fingerprint, &http->pin)) {
        http_close(http);
        return error_set(err, FATAL, "'%s' is no SHA-256 fingerprint", options->ca_fingerprint);
    }
    http->connect_timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    http->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    http->answer_max = options->answer_max ? options->answer_max : ANSWER_MAX;
    http->request_timeout_ms = http->timeout_ms;
    http->gzip = options->gzip;
    http->gzip_level = options->gzip_level ? options->gzip_level : GZIP_LEVEL;
    *out = http;
    return OK;
}

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
    struct buf *body = arg;

    (void)one; /* is always 1 */
    buf_add(body, data, len);
    return body->failed ? 0 : len;
}

/* libcurl asks here, at least once a second: not 0 ends the request. */
static int on_progress(void *arg, curl_off_t to_come, curl_off_t come, curl_off_t to_go,
                       curl_off_t gone)
{
    const struct http *http = arg;

    (void)to_come;
    (void)come;
    (void)to_go;
    (void)gone;
    return atomic_load(http->give_up) ? 1 : 0;
}

static bool set_give_up(struct http *http)
{
    return !http->give_up ||
           !(curl_easy_setopt(http->curl, CURLOPT_XFERINFOFUNCTION, on_progress) ||
             curl_easy_setopt(http->curl, CURLOPT_XFERINFODATA, http) ||
             curl_easy_setopt(http->curl, CURLOPT_NOPROGRESS, 0L));
}

static bool set_limits(struct http *http)
{
    CURL *curl = http->curl;

    return !(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) ||
             curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") ||
             curl_easy_setopt(curl, CURLOPT_PROXY, "") || /* none from the environment either */
             curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, http->connect_timeout_ms) ||
             curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, http->request_timeout_ms) ||
             curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) ||
             curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, CONNECTION_AGE_S) ||
             curl_easy_setopt(curl, CURLOPT_MAXLIFETIME_CONN, CONNECTION_AGE_S) ||
             curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->message)) &&
           set_give_up(http);
}

static CURLcode on_ssl_context(CURL *curl, void *ssl_context, void *arg)
{
    struct http *http = arg;

    (void)curl;
    http_pin_apply(ssl_context, &http->pin);
    return CURLE_OK;
}

/*
 * Whom we trust, and who we are. Neither stores nor sessions are kept from one connection to the
 * next: a file that was replaced must count.
 */
static bool set_trust(struct http *http)
{
    CURL *curl = http->curl;

    if (curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L))
        return false;
    if (http->pinned)
        return !(curl_easy_setopt(curl, CURLOPT_CAINFO, NULL) ||
                 curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) ||
                 curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context) ||
                 curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, http));
    return !http->ca_file || !(curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_file) ||
                               curl_easy_setopt(curl, CURLOPT_CA_CACHE_TIMEOUT, 0L));
}

static bool set_identity(struct http *http)
{
    CURL *curl = http->curl;

    if (http->certificate_file &&
        (curl_easy_setopt(curl, CURLOPT_SSLCERT, http->certificate_file) ||
         curl_easy_setopt(curl, CURLOPT_SSLKEY, http->key_file) ||
         curl_easy_setopt(curl, CURLOPT_KEYPASSWD, http->key_password)))
        return false;
    if (!http->username)
        return true;
    return !(curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) ||
             curl_easy_setopt(curl, CURLOPT_USERNAME, http->username) ||
             curl_easy_setopt(curl, CURLOPT_PASSWORD, http->password ? http->password : ""));
}

/* Bodies go to the socket by this much; what is small needs no such room. */
static bool set_upload(CURL *curl, size_t body_len)
{
    return body_len < UPLOAD_BYTES / 4 ||
           curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BYTES) == CURLE_OK;
}

static bool set_request(struct http *http, const char *method, const char *url, struct slice body)
{
    CURL *curl = http->curl;
    bool get = strcmp(method, "GET") == 0, head = strcmp(method, "HEAD") == 0;

    if (curl_easy_setopt(curl, CURLOPT_URL, url))
        return false;
    if (head)
        return !curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (get && body.len == 0)
        return !curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    return set_upload(curl, body.len) &&
           !(curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) ||
             curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.len ? body.data : "") ||
             curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method));
}

static bool set_answer(struct http *http, struct http_answer *answer)
{
    answer->code = 0;
    answer->retry_after_ms = 0;
    answer->content_type[0] = '\0';
    answer->body.max = http->answer_max;
    buf_clear(&answer->body);
    return !(curl_easy_setopt(http->curl, CURLOPT_WRITEFUNCTION, on_body) ||
             curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, &answer->body));
}

static bool add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (longer)
        *headers = longer;
    return longer;
}

static bool make_headers(const struct http *http, const char *content_type, bool packed,
                         struct curl_slist **headers)
{
    char type[128] = "Content-Type:"; /* empty: keeps curl's own guess out */

    if (content_type)
        snprintf(type, sizeof(type), "Content-Type: %s", content_type);
    return add_header(headers, "Expect:") && /* a round trip saved */
           add_header(headers, type) &&
           (!packed || add_header(headers, "Content-Encoding: gzip")) &&
           (!http->authorization || add_header(headers, http->authorization));
}

/* Packs `body` into http->packed; the stream is kept, for it is large. */
static bool pack(struct http *http, struct slice body)
{
    z_stream *z = &http->deflate;
    uLong bound;

    if (!http->deflate_ready && deflateInit2(z, http->gzip_level, Z_DEFLATED, 15 + 16 /* gzip */, 8,
                                             Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    http->deflate_ready = true;
    deflateReset(z);
    bound = deflateBound(z, (uLong)body.len);
    buf_clear(&http->packed);
    http->packed.max = bound;
    if (bound > UINT32_MAX || body.len > UINT32_MAX || !buf_reserve(&http->packed, bound))
        return false;
    z->next_in = (Bytef *)(uintptr_t)body.data;
    z->avail_in = (uInt)body.len;
    z->next_out = (Bytef *)http->packed.data;
    z->avail_out = (uInt)bound;
    if (deflate(z, Z_FINISH) != Z_STREAM_END)
        return false;
    http->packed.len = bound - z->avail_out;
    return true;
}

/* `url` without what may be secret. */
static void describe(const char *url, char *text, size_t size)
{
    CURLU *parts = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL;

    if (parts && curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
        curl_url_get(parts, CURLUPART_HOST, &host, 0);
        curl_url_get(parts, CURLUPART_PORT, &port, 0);
    }
    if (scheme && host)
        snprintf(text, size, "%s://%s%s%s", scheme, host, port ? ":" : "", port ? port : "");
    else
        snprintf(text, size, "a malformed address");
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
}

/* What no repetition cures. */
static bool is_final(CURLcode code)
{
    switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_NOT_BUILT_IN:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return true;
    default:
        return false;
    }
}

static enum status explain(const struct http *http, CURLcode code, const char *url,
                           const struct http_answer *answer, struct error *err)
{
    char where[300];
    long os_error = 0;

    describe(url, where, sizeof(where));
    if (code == CURLE_WRITE_ERROR && answer->body.failed)
        return error_set(err, RETRY, "answer of '%s' is larger than %zu bytes", where,
                         http->answer_max);
    curl_easy_getinfo(http->curl, CURLINFO_OS_ERRNO, &os_error);
    if (code == CURLE_COULDNT_CONNECT && os_error)
        return error_set(err, RETRY, "cannot reach '%s': %s", where, strerror((int)os_error));
    return error_set(err, is_final(code) ? FATAL : RETRY, "cannot reach '%s': %s", where,
                     *http->message ? http->message : curl_easy_strerror(code));
}

static void read_answer(const struct http *http, struct http_answer *answer)
{
    const char *type = NULL;
    curl_off_t seconds = 0;

    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->code);
    curl_easy_getinfo(http->curl, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &seconds);
    snprintf(answer->content_type, sizeof(answer->content_type), "%s", type ? type : "");
    if (seconds > 0)
        answer->retry_after_ms = (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
}

static enum status perform(struct http *http, const char *url, struct curl_slist *headers,
                           struct http_answer *answer, struct error *err)
{
    CURLcode code = curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);

    http->message[0] = '\0';
    if (code == CURLE_OK)
        code = curl_easy_perform(http->curl);
    if (code != CURLE_OK)
        return explain(http, code, url, answer, err);
    read_answer(http, answer);
    return OK;
}

enum status http_request(struct http *http, const char *method, const char *url,
                         const char *content_type, struct slice body, struct http_answer *answer,
                         struct error *err)
{
    struct curl_slist *headers = NULL;
    enum status status = FATAL;
    bool packed = http->gzip && body.len > GZIP_MIN && pack(http, body);

    if (packed)
        body = buf_slice(&http->packed);
    curl_easy_reset(http->curl); /* forgets the last request, keeps the connections */
    if (set_limits(http) && set_trust(http) && set_identity(http) && set_answer(http, answer) &&
        set_request(http, method, url, body) && make_headers(http, content_type, packed, &headers))
        status = perform(http, url, headers, answer, err);
    else
        error_set(err, FATAL, "out of memory");
    curl_slist_free_all(headers);
    return status;
}

void http_give_up_when(struct http *http, const atomic_bool *asked)
{
    http->give_up = asked;
}

void http_set_timeout(struct http *http, int64_t timeout_ms)
{
    http->request_timeout_ms = timeout_ms > 0 ? timeout_ms : http->timeout_ms;
}

void http_answer_release(struct http_answer *answer)
{
    buf_release(&answer->body);
}

void http_close(struct http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->curl);
    if (http->deflate_ready)
        deflateEnd(&http->deflate);
    buf_release(&http->packed);
    free(http->username);
    free(http->password);
    free(http->authorization);
    free(http->ca_file);
    free(http->certificate_file);
    free(http->key_file);
    free(http->key_password);
    free(http);
}
