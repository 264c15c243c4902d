/*
 * elastic_body.c - the body of one bulk request, and which documents are in it.
 */
#include "indexer/sink/elastic_body.h"

#include <stdlib.h>
#include <string.h>

#include "common/json_text.h"
#include "indexer/batch.h"

#define BODY_MAX  (100u << 20) /* bytes; Elasticsearch's http.max_content_length by default */
#define BODY_KEEP (16u << 20)  /* kept for the next request; beyond, one giant paid for all */
#define ID_MAX    512          /* bytes; for a longer id Elasticsearch refuses the whole request */

void elastic_body_init(struct elastic_body *body)
{
    *body = (struct elastic_body){.text = BUF_INIT(BODY_MAX)};
}

void elastic_body_release(struct elastic_body *body)
{
    buf_release(&body->text);
    free(body->items);
    body->items = NULL;
    body->count = body->capacity = 0;
}

void elastic_body_clear(struct elastic_body *body)
{
    if (body->text.cap > BODY_KEEP)
        buf_release(&body->text);
    buf_clear(&body->text);
    body->count = 0;
}

bool elastic_body_start(struct elastic_body *body, size_t capacity)
{
    struct elastic_item *items;

    elastic_body_clear(body);
    if (capacity <= body->capacity)
        return true;
    items = reallocarray(body->items, capacity, sizeof(*items));
    if (!items)
        return false;
    body->items = items;
    body->capacity = capacity;
    return true;
}

static size_t lines_bound(const struct batch_entry *entry)
{
    return sizeof("{\"create\":{\"_index\":,\"_id\":}}\n\n") + JSON_STRING_MAX(entry->index.len) +
           JSON_STRING_MAX(entry->id.len) + entry->document.len;
}

bool elastic_body_too_large(const struct batch_entry *entry)
{
    return lines_bound(entry) > BODY_MAX;
}

static bool is_utf8(struct slice text)
{
    const char *p = text.data + json_plain_len(text), *end = text.data + text.len;
    size_t len;

    for (; p < end; p += len) {
        len = utf8_sequence(p, end);
        if (len == 0)
            return false;
    }
    return true;
}

const char *elastic_body_unfit(const struct batch_entry *entry)
{
    if (entry->document.len == 0 || entry->index.len == 0)
        return "there is no document or no index name";
    if (entry->id.len == 0 || entry->id.len > ID_MAX)
        return "event.id is empty or longer than 512 bytes";
    if (!is_utf8(entry->id))
        return "event.id is not UTF-8";
    /* Behind a line break Elasticsearch would read another action. */
    if (memchr(entry->document.data, '\n', entry->document.len))
        return "the document has a line break";
    return NULL;
}

static char *put(char *p, const char *text)
{
    size_t len = strlen(text);

    memcpy(p, text, len);
    return p + len;
}

enum status elastic_body_add(struct elastic_body *body, struct batch_entry *entry, size_t max)
{
    size_t bound = lines_bound(entry);
    uint64_t invalid = 0;
    char *start, *p;

    if (body->count && body->text.len + bound > max)
        return DONE;
    start = p = buf_reserve(&body->text, bound);
    if (!start)
        return FATAL;
    p = put(p, body->replace ? "{\"index\":{\"_index\":" : "{\"create\":{\"_index\":");
    p = json_write_string(p, entry->index, &invalid);
    p = put(p, ",\"_id\":");
    p = json_write_string(p, entry->id, &invalid);
    p = put(p, "}}\n");
    memcpy(p, entry->document.data, entry->document.len);
    p += entry->document.len;
    *p++ = '\n';
    body->items[body->count++] =
        (struct elastic_item){.entry = entry, .start = body->text.len, .replace = body->replace};
    body->text.len += (size_t)(p - start);
    return OK;
}

struct slice elastic_body_part(const struct elastic_body *body, size_t lo, size_t hi)
{
    size_t start = body->items[lo].start;
    size_t end = hi < body->count ? body->items[hi].start : body->text.len;

    return (struct slice){body->text.data + start, end - start};
}
