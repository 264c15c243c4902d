/*
 * elastic_verdict.c - what an answer of Elasticsearch means.
 *
 * A bulk's answer is read in one pass without a tree: members in any order,
 * unknown ones skipped, structure strict.
 */
#include "indexer/sink/elastic_verdict.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/http.h"
#include "common/json.h"
#include "common/json_text.h"
#include "common/scope.h"
#include "indexer/batch.h"

#define DETAIL_MAX     1024       /* bytes with the NUL; contract of batch.h */
#define ID_MAX         512        /* bytes; Elasticsearch's own limit */
#define ERROR_BODY_MAX (64 << 10) /* bytes; errors are short, and this is a tree */

static bool contains(struct slice text, const char *word)
{
    return text.len && memmem(text.data, text.len, word, strlen(word));
}

static bool ends_with(struct slice text, const char *end)
{
    size_t len = strlen(end);

    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static bool is_any(struct slice text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(text, list[i]))
            return true;
    return false;
}

/* An object, and not what a proxy or a login page makes up. */
static bool looks_like_json(const struct http_answer *answer)
{
    struct slice body = buf_slice(&answer->body);
    const char *end = body.data + body.len, *p = json_skip_space(body.data, end);

    return p < end && *p == '{' && !strcasestr(answer->content_type, "html");
}

enum elastic_verdict elastic_request_verdict(const struct http_answer *answer)
{
    bool json = answer->body.len && looks_like_json(answer);

    switch (answer->code) {
    case 200:
        if (answer->body.len == 0)
            return VERDICT_GARBLED;
        return json ? VERDICT_STORED : VERDICT_ENDPOINT;
    case 400: /* a proxy's own 400 says nothing about the documents */
        return json ? VERDICT_BAD_REQUEST : VERDICT_ENDPOINT;
    case 401:
    case 403:
    case 407:
        if (contains(buf_slice(&answer->body), "cluster_block_exception"))
            return VERDICT_BLOCKED;
        return VERDICT_DENIED;
    case 408:
        return VERDICT_UNAVAILABLE;
    case 413:
        return VERDICT_TOO_LARGE;
    case 429:
        return VERDICT_OVERLOADED;
    default:
        return answer->code >= 500 ? VERDICT_UNAVAILABLE : VERDICT_ENDPOINT;
    }
}

struct reader {
    const char *p, *end;
    bool bad; /* not valid, or not of the form that was expected; sticky */
};

static bool reader_fail(struct reader *reader)
{
    reader->bad = true;
    return false;
}

/* Steps over `c`, with white space before it. */
static bool reader_expect(struct reader *reader, char c)
{
    reader->p = json_skip_space(reader->p, reader->end);
    if (reader->bad || reader->p == reader->end || *reader->p != c)
        return reader_fail(reader);
    reader->p++;
    return true;
}

/* True: at the next element; `count` is of those before it. False: `close` was read, or bad. */
static bool reader_next(struct reader *reader, char close, size_t count)
{
    reader->p = json_skip_space(reader->p, reader->end);
    if (reader->bad || reader->p == reader->end)
        return reader_fail(reader);
    if (*reader->p == close) {
        reader->p++;
        return false;
    }
    if (count && !reader_expect(reader, ','))
        return false;
    reader->p = json_skip_space(reader->p, reader->end);
    return true;
}

static bool reader_value(struct reader *reader, struct json_value *value)
{
    const char *p = json_read(reader->p, reader->end, value);

    if (!p)
        return reader_fail(reader);
    reader->p = p;
    return true;
}

/* Reads `"key":`, up to its value. */
static bool reader_key(struct reader *reader, struct slice *key)
{
    struct json_value value;
    const char *p = json_read_string(reader->p, reader->end, &value);

    if (!p)
        return reader_fail(reader);
    reader->p = p;
    *key = (struct slice){value.raw.data + 1, value.raw.len - 2};
    if (!reader_expect(reader, ':'))
        return false;
    reader->p = json_skip_space(reader->p, reader->end);
    return true;
}

/* A string without its quotes, escapes as they are. Each may come once. */
static void read_text(struct reader *reader, struct slice *out)
{
    struct json_value value;

    if (!reader_value(reader, &value))
        return;
    if (value.kind != JSON_STRING || out->data)
        reader_fail(reader);
    else
        *out = (struct slice){value.raw.data + 1, value.raw.len - 2};
}

/* {"type":…,"reason":…}, or from old and foreign servers a text. */
static void read_error(struct reader *reader, struct elastic_item *item)
{
    struct json_value ignored;
    struct slice key;
    size_t count = 0;

    if (reader->p < reader->end && *reader->p == '"') {
        read_text(reader, &item->reason);
        return;
    }
    reader_expect(reader, '{');
    for (; reader_next(reader, '}', count) && reader_key(reader, &key); count++) {
        if (slice_is(key, "type"))
            read_text(reader, &item->type);
        else if (slice_is(key, "reason") && reader->p < reader->end && *reader->p == '"')
            read_text(reader, &item->reason);
        else
            reader_value(reader, &ignored); /* also a reason that is null */
    }
}

static void read_status(struct reader *reader, struct elastic_item *item)
{
    struct json_value value;
    int64_t status;

    if (!reader_value(reader, &value))
        return;
    if (item->status || value.kind != JSON_NUMBER || !json_integer(value.raw, &status) ||
        status < 100 || status > 599)
        reader_fail(reader);
    else
        item->status = (uint16_t)status;
}

static void read_id(struct reader *reader, const struct elastic_item *item)
{
    char text[6 * ID_MAX + 2]; /* as long as a string can be whose text is an id */
    struct json_value value;
    struct slice id;

    if (!reader_value(reader, &value))
        return;
    if (value.kind != JSON_STRING || value.raw.len > sizeof(text)) {
        reader_fail(reader);
        return;
    }
    id = (struct slice){value.raw.data + 1, value.raw.len - 2};
    if (value.escaped)
        id = (struct slice){text, json_unescape(value.raw, text)};
    if (!slice_equal(id, item->entry->id))
        reader_fail(reader);
}

/*
 * Is it the usual answer, as Elasticsearch writes it: this very document was created? Steps over
 * it. What is not told by a comparison is read.
 */
static bool is_created(struct reader *reader, struct elastic_item *item)
{
    const struct slice head = SLICE("{\"create\":{\"_id\":\""), tail = SLICE("\",\"status\":201}}");
    const struct slice id = item->entry->id;
    const char *p = reader->p;

    if ((size_t)(reader->end - p) < head.len + id.len + tail.len || item->replace ||
        memcmp(p, head.data, head.len) != 0 || memcmp(p + head.len, id.data, id.len) != 0 ||
        memcmp(p + head.len + id.len, tail.data, tail.len) != 0 || json_plain_len(id) != id.len)
        return false;
    item->status = 201;
    item->type = item->reason = (struct slice){NULL, 0};
    reader->p = p + head.len + id.len + tail.len;
    return true;
}

/* {"create":{"_id":…,"status":…,"error":{…}}}, or "index" */
static void read_item(struct reader *reader, struct elastic_item *item)
{
    struct json_value ignored;
    struct slice key;
    size_t count = 0;
    bool named = false;

    item->status = 0;
    item->type = item->reason = (struct slice){NULL, 0};
    if (!reader_expect(reader, '{') || !reader_next(reader, '}', 0) || !reader_key(reader, &key) ||
        !slice_is(key, item->replace ? "index" : "create") || !reader_expect(reader, '{')) {
        reader_fail(reader);
        return;
    }
    for (; reader_next(reader, '}', count) && reader_key(reader, &key); count++) {
        if (slice_is(key, "status")) {
            read_status(reader, item);
        } else if (slice_is(key, "_id")) {
            read_id(reader, item);
            named = true;
        } else if (slice_is(key, "error")) {
            read_error(reader, item);
        } else {
            reader_value(reader, &ignored);
        }
    }
    reader_expect(reader, '}');
    if (!named || !item->status)
        reader_fail(reader);
}

#define AHEAD 8

/* Returns how many there are; reads at most `count`. */
static size_t read_array(struct reader *reader, struct elastic_item *items, size_t count)
{
    struct json_value ignored;
    size_t n = 0;

    reader_expect(reader, '[');
    while (reader_next(reader, ']', n)) {
        if (n + AHEAD < count) /* ids were written megabytes ago */
            __builtin_prefetch(items[n + AHEAD].entry->id.data);
        if (n < count && !is_created(reader, &items[n]))
            read_item(reader, &items[n]);
        else if (n >= count)
            reader_value(reader, &ignored);
        if (reader->bad)
            break;
        n++;
    }
    return n;
}

enum status elastic_read_items(struct slice text, struct elastic_item *items, size_t count,
                               struct error *err)
{
    struct reader reader = {.p = text.data, .end = text.data + text.len};
    struct json_value ignored;
    struct slice key;
    size_t n = 0, found = 0;
    bool seen = false;

    reader_expect(&reader, '{');
    for (; reader_next(&reader, '}', n) && reader_key(&reader, &key); n++) {
        if (!slice_is(key, "items")) {
            reader_value(&reader, &ignored);
        } else if (seen) {
            reader_fail(&reader);
        } else {
            found = read_array(&reader, items, count);
            seen = true;
        }
    }
    if (reader.bad)
        return error_set(err, REJECT, "cut or malformed after %zu of %zu documents", found, count);
    if (json_skip_space(reader.p, reader.end) != reader.end)
        return error_set(err, REJECT, "something follows its end");
    if (found != count)
        return error_set(err, REJECT, "%zu items for %zu documents", found, count);
    return OK;
}

/* Whatever their status. */
static bool is_transient(struct slice type, enum elastic_verdict *verdict)
{
    static const char *const overloaded[] = {"es_rejected_execution_exception",
                                             "rejected_execution_exception",
                                             "circuit_breaking_exception"};

    if (is_any(type, overloaded, ARRAY_LEN(overloaded)))
        *verdict = VERDICT_OVERLOADED;
    else if (slice_is(type, "process_cluster_event_timeout_exception"))
        *verdict = VERDICT_UNAVAILABLE;
    else if (slice_is(type, "unavailable_shards_exception"))
        *verdict = VERDICT_NO_SHARDS;
    else if (slice_is(type, "validation_exception")) /* no room for shards in the cluster */
        *verdict = VERDICT_NO_INDEX;
    else if (slice_is(type, "cluster_block_exception"))
        *verdict = VERDICT_BLOCKED;
    else
        return false;
    return true;
}

/* The document's content, as far as Elasticsearch lets us tell; names change with its versions. */
static bool is_mapping(struct slice type)
{
    return slice_is(type, "illegal_argument_exception") || ends_with(type, "parsing_exception") ||
           ends_with(type, "parse_exception") || ends_with(type, "mapping_exception");
}

enum elastic_verdict elastic_item_verdict(const struct elastic_item *item)
{
    enum elastic_verdict verdict;

    if (item->status == 200 || item->status == 201)
        return VERDICT_STORED;
    if (is_transient(item->type, &verdict))
        return verdict;
    switch (item->status) {
    case 400:
        return is_mapping(item->type) ? VERDICT_MAPPING : VERDICT_REJECTED;
    case 401:
    case 403: /* a role that lacks this index: not the document's fault */
        return VERDICT_DENIED;
    case 404:
        return slice_is(item->type, "index_not_found_exception") ? VERDICT_NO_INDEX
                                                                 : VERDICT_REJECTED;
    case 409:
        if (slice_is(item->type, "version_conflict_engine_exception"))
            return VERDICT_DUPLICATE;
        return item->type.len ? VERDICT_REJECTED : VERDICT_UNAVAILABLE;
    case 429:
        return VERDICT_OVERLOADED;
    default:
        return item->status > 400 && item->status < 500 ? VERDICT_REJECTED : VERDICT_UNAVAILABLE;
    }
}

bool elastic_verdict_is_of_index(enum elastic_verdict verdict)
{
    return verdict == VERDICT_BLOCKED || verdict == VERDICT_NO_INDEX ||
           verdict == VERDICT_NO_SHARDS;
}

/* Where text may end within `max` bytes without cutting a character. */
static size_t text_end(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static void make_one_line(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ')
            text[i] = ' ';
}

const char *elastic_item_detail(const struct elastic_item *item, struct arena *arena)
{
    struct slice quoted = {NULL, item->reason.len + 2};
    size_t len = item->type.len;
    char *text;

    if (item->type.len == 0 && item->reason.len == 0)
        return NULL;
    text = arena_bytes(arena, len + 2 + quoted.len);
    if (!text)
        return NULL;
    if (len)
        memcpy(text, item->type.data, len);
    if (len && item->reason.len) {
        memcpy(text + len, ": ", 2);
        len += 2;
    }
    if (item->reason.len) {
        quoted.data = item->reason.data - 1; /* the quotes are around it in the answer */
        len += json_unescape(quoted, text + len);
    }
    len = text_end(text, len, DETAIL_MAX - 1);
    make_one_line(text, len);
    text[len] = '\0';
    arena_trim(arena, text, len + 1);
    return text;
}

void elastic_error_text(struct slice body, bool with_reason, char *text, size_t size)
{
    scoped_json cJSON *json =
        body.len <= ERROR_BODY_MAX ? cJSON_ParseWithLength(body.data, body.len) : NULL;
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(json, "error");
    const char *type = json_text(error, "type", ""), *reason = json_text(error, "reason", "");

    if (cJSON_IsString(error))
        reason = error->valuestring;
    if (!with_reason)
        reason = "";
    snprintf(text, size, "%s%s%s", type, *type && *reason ? ": " : "", reason);
    make_one_line(text, strlen(text));
}
