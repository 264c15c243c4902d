/*
 * fuzz_elastic_answer.c - any bytes as what Elasticsearch answers.
 *
 * Whatever comes, no document may count as stored unless the whole answer is
 * strict JSON with just one item for each document, in order, with its id.
 */
#include <stdlib.h>

#include "common/http.h"
#include "common/json.h"
#include "indexer/batch.h"
#include "indexer/sink/elastic_verdict.h"

#define COUNT 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct batch_entry entries[COUNT] = {{.id = {"a", 1}}, {.id = {"b", 1}}, {.id = {"c", 1}}};

/* What a tree says of item `i`: its status, when it is for the right document. */
static int status_of(const cJSON *json, int i)
{
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "items"), i);
    const cJSON *create = cJSON_GetObjectItemCaseSensitive(item, "create");
    const char *id = json_text(create, "_id", "");

    return strlen(id) == 1 && *id == 'a' + i ? (int)json_number(create, "status", 0) : 0;
}

static void check(struct slice text, const struct elastic_item items[COUNT])
{
    scoped_json cJSON *json = cJSON_ParseWithLength(text.data, text.len);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "items");
    struct arena arena;

    if (!json || cJSON_GetArraySize(list) != COUNT)
        abort();
    arena_init(&arena, 4096, 1 << 20);
    for (int i = 0; i < COUNT; i++) {
        const char *detail = elastic_item_detail(&items[i], &arena);

        if (items[i].status != status_of(json, i))
            abort();
        if (detail && strlen(detail) >= 1024)
            abort();
        elastic_item_verdict(&items[i]);
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct elastic_item items[COUNT];
    struct http_answer answer = {.code = size && data[0] & 1 ? 200 : 403,
                                 .body = BUF_INIT(1 << 20)};
    char line[200];

    for (int i = 0; i < COUNT; i++)
        items[i] = (struct elastic_item){.entry = &entries[i]};
    buf_add_slice(&answer.body, text);
    elastic_request_verdict(&answer);
    elastic_error_text(text, true, line, sizeof(line));
    if (elastic_read_items(text, items, COUNT, NULL) == OK)
        check(text, items);
    buf_release(&answer.body);
    return 0;
}
