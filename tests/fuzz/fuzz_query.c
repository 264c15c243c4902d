/*
 * fuzz_query.c - any bytes as a query, run on any record.
 *
 * The input is a query, a NUL, and a record's JSON. Beyond not crashing: errors
 * point into the text; what is accepted is printed as an equal query, has valid
 * JSON as its DSL, and holds for a record exactly when its negation does not.
 */
#include <stdint.h>
#include <stdlib.h>

#include "common/json_text.h"
#include "common/query.h"
#include "common/query/complete.h"
#include "common/query/program.h"
#include "common/query/tree.h"
#include "common/words.h"

#define ARENA_MAX (64u << 20)
#define TEXT_MAX  (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool is_utf8(const char *text)
{
    const char *end = text + strlen(text);
    size_t len;

    for (; text < end; text += len) {
        len = utf8_sequence(text, end);
        if (len == 0)
            return false;
    }
    return true;
}

static void check_errors(struct slice text, const struct query_errors *errors)
{
    scoped_buf struct buf out = BUF_INIT(TEXT_MAX);

    check(errors->count > 0 && errors->count <= QUERY_ERRORS_MAX);
    for (unsigned i = 0; i < errors->count; i++) {
        const struct query_error *error = &errors->list[i];

        check(error->offset + error->length <= text.len && error->message[0]);
        check(error->code == QUERY_BAD_ENCODING || error->code == QUERY_TOO_LONG ||
              (is_utf8(error->message) && is_utf8(error->hint)));
        check(i == 0 || errors->list[i - 1].offset <= error->offset);
        query_error_print(text, error, &out);
    }
    check(!out.failed);
}

static void check_print(struct arena *arena, const struct query *query,
                        const struct query_context *context)
{
    scoped_buf struct buf printed = BUF_INIT(TEXT_MAX);
    struct query_errors errors;
    struct query *again;

    query_print(query, &printed);
    check(!printed.failed);
    if (printed.len > QUERY_BYTES_MAX) /* "," has become " or " */
        return;
    check(query_parse(arena, buf_slice(&printed), context, &again, &errors) == OK);
    check(query_equal(query, again));
}

static void check_dsl(const struct query *query)
{
    scoped_buf struct buf dsl = BUF_INIT(TEXT_MAX), explained = BUF_INIT(TEXT_MAX);
    struct json_value value;
    uint64_t fields[RECORD_WORDS];

    query_dsl(query, &dsl);
    check(!dsl.failed && json_read(dsl.data, dsl.data + dsl.len, &value) == dsl.data + dsl.len &&
          value.kind == JSON_OBJECT);
    query_explain(query, &explained);
    check(!explained.failed);
    query_fields(query, fields);
    query_is_slow(query);
}

static void check_match(const struct query *query, struct record *record)
{
    struct query_node negation = {.kind = QUERY_NOT, .first = query->root};
    const struct query negated = {.root = &negation};
    const struct query *queries[] = {query, &negated};
    struct query_program *program;
    uint64_t hits[1];

    check(query_program_open(queries, 2, &program, NULL) == OK);
    query_program_run(program, record, hits);
    check(hits[0] == 1 || hits[0] == 2);
    check(query_program_match(program, record) == (hits[0] == 1));
    query_program_close(program);
}

static void take(void *user, enum completion_kind kind, struct slice text, const char *about)
{
    (void)kind;
    (void)about;
    *(size_t *)user += text.len;
}

/* The record's JSON, or the bytes as they are in a text field. */
static void read_record(struct record *record, struct slice json)
{
    if (record_decode(record, json, NULL) == OK)
        return;
    record_clear(record);
    record_set_text(record, FIELD_MESSAGE, json);
    record_set_text(record, FIELD_URL_PATH, json);
    record_set_text(record, FIELD_SOURCE_IP, json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct record record;
    const uint8_t *nul = data ? memchr(data, '\0', size) : NULL;
    size_t len = nul ? (size_t)(nul - data) : size, offered = 0;
    struct slice text = {(const char *)data, len};
    struct slice json = nul ? (struct slice){(const char *)nul + 1, size - len - 1} : SLICE("{}");
    const struct query_context context = {
        .now_ms = 1795262400000, .zone_s = len % 3 ? 0 : 19800, .rule = len % 5 == 0};
    struct query_errors errors;
    struct arena arena;
    struct query *query;
    enum status status;

    arena_init(&arena, 1 << 16, ARENA_MAX);
    record_init(&record, &arena);
    status = query_parse(&arena, text, &context, &query, &errors);
    check(status == OK || status == REJECT);
    if (status == REJECT) {
        check_errors(text, &errors);
    } else {
        check_print(&arena, query, &context);
        check_dsl(query);
        read_record(&record, json);
        check_match(query, &record);
    }
    query_complete(text, len - len % 7, &context, take, &offered);
    arena_release(&arena);
    return 0;
}
