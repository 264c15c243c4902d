/*
 * pattern.c - regular expressions of PCRE2, compiled to machine code, with limits.
 */
#include "shipper/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#define MATCH_LIMIT 1000000 /* steps: some milliseconds */
#define DEPTH_LIMIT 10000
#define HEAP_KIB    4096
#define STACK_MIN   (32u << 10)
#define STACK_MAX   (1u << 20)
#define MESSAGE_MAX 200
#define PATTERN_MAX 16384 /* bytes of its text */

struct pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    const char *subject;
    int groups; /* that the last match set; 0: none */
    struct pattern_name *names;
    size_t name_count;
    uint64_t exhausted;
};

static int compare_number(const void *a, const void *b)
{
    const struct pattern_name *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* The library's table: entries of a fixed size, a big-endian number and the name. */
static bool read_names(struct pattern *pattern)
{
    uint32_t count = 0, size = 0;
    PCRE2_SPTR table = NULL;

    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &count);
    if (count == 0)
        return true;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &table);
    pattern->names = calloc(count, sizeof(*pattern->names));
    if (!pattern->names)
        return false;
    for (uint32_t i = 0; i < count; i++, table += size)
        pattern->names[i] =
            (struct pattern_name){(unsigned)(table[0] << 8 | table[1]), (const char *)table + 2};
    pattern->name_count = count;
    qsort(pattern->names, count, sizeof(*pattern->names), compare_number);
    return true;
}

static bool prepare(struct pattern *pattern)
{
    /* Without a compiler for this machine the interpreter does it, within the same limits. */
    pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    pattern->data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    pattern->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
    if (!pattern->data || !pattern->context || !pattern->stack)
        return false;
    pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
    pcre2_set_depth_limit(pattern->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(pattern->context, HEAP_KIB);
    pcre2_jit_stack_assign(pattern->context, NULL, pattern->stack);
    return read_names(pattern);
}

enum status pattern_open(struct slice text, struct pattern **out, struct error *err)
{
    /* Lines may hold any bytes: what is no UTF-8 matches no character, and never fails. */
    const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    struct pattern *pattern;
    unsigned char message[MESSAGE_MAX];
    PCRE2_SIZE at;
    int code;

    if (text.len > PATTERN_MAX)
        return error_set(err, REJECT, "the pattern is longer than %d bytes", PATTERN_MAX);
    pattern = calloc(1, sizeof(*pattern));
    if (!pattern)
        return error_set(err, FATAL, "out of memory");
    pattern->code = pcre2_compile((PCRE2_SPTR)text.data, text.len, options, &code, &at, NULL);
    if (!pattern->code) {
        pcre2_get_error_message(code, message, sizeof(message));
        free(pattern);
        return error_set(err, REJECT, "not a regular expression: %s at character %zu",
                         (const char *)message, (size_t)at + 1);
    }
    if (!prepare(pattern)) {
        pattern_close(pattern);
        return error_set(err, FATAL, "out of memory");
    }
    *out = pattern;
    return OK;
}

void pattern_close(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_match_data_free(pattern->data);
    pcre2_match_context_free(pattern->context);
    pcre2_jit_stack_free(pattern->stack);
    pcre2_code_free(pattern->code);
    free(pattern->names);
    free(pattern);
}

bool pattern_match(struct pattern *pattern, struct slice text, size_t from)
{
    pattern->subject = text.len ? text.data : "";
    pattern->groups = pcre2_match(pattern->code, (PCRE2_SPTR)pattern->subject, text.len, from, 0,
                                  pattern->data, pattern->context);
    if (pattern->groups > 0)
        return true;
    if (pattern->groups != PCRE2_ERROR_NOMATCH)
        pattern->exhausted++;
    pattern->groups = 0;
    return false;
}

struct slice pattern_group(const struct pattern *pattern, unsigned number)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(pattern->data);

    if ((int)number >= pattern->groups || ends[2 * number] == PCRE2_UNSET ||
        ends[2 * number + 1] < ends[2 * number])
        return (struct slice){NULL, 0};
    return (struct slice){pattern->subject + ends[2 * number],
                          ends[2 * number + 1] - ends[2 * number]};
}

size_t pattern_names(const struct pattern *pattern, const struct pattern_name **out)
{
    *out = pattern->names;
    return pattern->name_count;
}

unsigned pattern_group_count(const struct pattern *pattern)
{
    uint32_t count = 0;

    pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

uint64_t pattern_exhausted(const struct pattern *pattern)
{
    return pattern->exhausted;
}
