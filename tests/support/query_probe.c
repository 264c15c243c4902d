/*
 * query_probe.c - the query language for tests in other languages.
 *
 * Reads a command a line and answers each with a line, all JSON:
 *   {"mapping":true}                                the index mapping
 *   {"query":"…","now":ms,"zone":s,"rule":bool}     {"dsl":…,"print":"…","explain":"…"} or
 * {"errors":[…]}
 *   {"record":"<JSON text>"}                        {"hits":[…],"text":"<words>"}: numbers of the
 *                                                   queries so far, which may not become more
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/query.h"
#include "common/query/program.h"
#include "common/scope.h"
#include "common/words.h"

#define QUERIES_MAX 100000
#define ANSWER_MAX  (64u << 20)

static struct query *queries[QUERIES_MAX];
static size_t count;
static struct query_program *program;

static void die(const char *what)
{
    fprintf(stderr, "query_probe: %s\n", what);
    exit(1);
}

static void add_string(struct buf *out, const char *name, struct buf *text)
{
    scoped_json cJSON *string = cJSON_CreateString(buf_str(text));
    char *printed = cJSON_PrintUnformatted(string);

    buf_addf(out, "\"%s\":%s", name, printed);
    free(printed);
}

static void add_errors(struct buf *out, const struct query_errors *errors)
{
    for (unsigned i = 0; i < errors->count; i++) {
        const struct query_error *error = &errors->list[i];
        scoped_json cJSON *json = cJSON_CreateObject();
        char *printed;

        cJSON_AddStringToObject(json, "code", query_code_name(error->code));
        cJSON_AddNumberToObject(json, "offset", (double)error->offset);
        cJSON_AddNumberToObject(json, "length", (double)error->length);
        cJSON_AddStringToObject(json, "message", error->message);
        cJSON_AddStringToObject(json, "hint", error->hint);
        printed = cJSON_PrintUnformatted(json);
        buf_addf(out, "%s%s", i ? "," : "{\"errors\":[", printed);
        free(printed);
    }
    buf_add_text(out, "]}");
}

static void answer_query(const cJSON *command, struct buf *out)
{
    const char *given = cJSON_GetObjectItem(command, "query")->valuestring;
    const cJSON *now = cJSON_GetObjectItem(command, "now");
    const cJSON *zone = cJSON_GetObjectItem(command, "zone");
    struct query_context context = {.now_ms = now ? (int64_t)now->valuedouble : 0,
                                    .zone_s = zone ? (int32_t)zone->valuedouble : 0,
                                    .rule = cJSON_IsTrue(cJSON_GetObjectItem(command, "rule"))};
    scoped_buf struct buf print = BUF_INIT(ANSWER_MAX), explain = BUF_INIT(ANSWER_MAX);
    struct arena *arena = malloc(sizeof(*arena)); /* with the query, to the end */
    struct query_errors errors;
    struct slice text;

    arena_init(arena, 4096, QUERY_ARENA_BYTES);
    text = arena_copy(arena, slice_of(given));
    if (count == QUERIES_MAX || query_parse(arena, text, &context, &queries[count], &errors)) {
        add_errors(out, &errors);
        arena_release(arena);
        free(arena);
        return;
    }
    query_print(queries[count], &print);
    query_explain(queries[count], &explain);
    buf_add_text(out, "{\"dsl\":");
    query_dsl(queries[count++], out);
    buf_add_char(out, ',');
    add_string(out, "print", &print);
    buf_add_char(out, ',');
    add_string(out, "explain", &explain);
    buf_add_char(out, '}');
}

static void answer_record(const char *json, struct buf *out)
{
    static uint64_t hits[(QUERIES_MAX + 63) / 64];
    scoped_buf struct buf words = BUF_INIT(ANSWER_MAX);
    static struct arena arena;
    static struct record record;
    struct error err;
    bool first = true;

    if (!arena.block_bytes)
        arena_init(&arena, 1 << 20, 64u << 20);
    arena_clear(&arena);
    record_init(&record, &arena);
    if (!program && query_program_open((const struct query *const *)queries, count, &program, &err))
        die(err.text);
    if (record_decode(&record, slice_of(json), &err))
        die(err.text);
    query_program_run(program, &record, hits);
    record_words(&record, &words);
    buf_add_text(out, "{\"hits\":[");
    for (size_t i = 0; i < count; i++)
        if (hits[i / 64] >> (i % 64) & 1) {
            buf_addf(out, "%s%zu", first ? "" : ",", i);
            first = false;
        }
    buf_add_text(out, "],");
    add_string(out, "text", &words);
    buf_add_char(out, '}');
}

static void answer(const char *line, struct buf *out)
{
    scoped_json cJSON *command = cJSON_Parse(line);
    const cJSON *record = cJSON_GetObjectItem(command, "record");

    if (cJSON_GetObjectItem(command, "mapping"))
        record_mapping(out);
    else if (cJSON_GetObjectItem(command, "query"))
        answer_query(command, out);
    else if (record)
        answer_record(record->valuestring, out);
    else
        die("what is this?");
    buf_add_char(out, '\n');
    if (out->failed)
        die("the answer is too long");
}

int main(void)
{
    scoped_buf struct buf out = BUF_INIT(ANSWER_MAX);
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0) {
        buf_clear(&out);
        answer(line, &out);
        fwrite(out.data, 1, out.len, stdout);
        fflush(stdout);
    }
    free(line);
    query_program_close(program);
    return 0;
}
