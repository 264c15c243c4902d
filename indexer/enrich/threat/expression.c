/*
 * expression.c - one regular expression of PCRE2, as rules have them.
 */
#include "indexer/enrich/threat/expression.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/*
 * PCRE2 counts steps anew at each place where a match may begin: with texts of 16 KiB and this
 * limit the worst is some tenths of a second, which no honest pattern comes near to.
 */
#define STEPS_MAX   20000
#define DEPTH_MAX   1000
#define HEAP_KIB    1024
#define STACK_MIN   (16u << 10)
#define STACK_MAX   (256u << 10)
#define MESSAGE_MAX 200

struct expression {
    pcre2_code *code;
    bool is_native; /* compiled to machine code: spares pcre2_match, which checks what we know */
    int first;      /* the byte that each match begins with; -1: not one, or a letter */
};

struct expression_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static int first_byte(const pcre2_code *code)
{
    uint32_t kind, byte;

    if (pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &kind) || kind != 1 ||
        pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &byte) || byte >= 0x80 ||
        isalpha((int)byte))
        return -1;
    return (int)byte;
}

enum status expression_open(const char *text, struct expression **out, struct error *err)
{
    const uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_MULTILINE |
                             PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_NO_AUTO_CAPTURE;
    unsigned char message[MESSAGE_MAX];
    struct expression *expression;
    int code;
    size_t at;

    expression = calloc(1, sizeof(*expression));
    if (!expression)
        return error_set(err, FATAL, "out of memory");
    expression->code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
    if (!expression->code) {
        free(expression);
        pcre2_get_error_message(code, message, sizeof(message));
        return error_set(err, REJECT, "not a regular expression: %s at character %zu",
                         (const char *)message, at + 1);
    }
    /* Without it: slower, not wrong. */
    expression->is_native = pcre2_jit_compile(expression->code, PCRE2_JIT_COMPLETE) == 0;
    expression->first = first_byte(expression->code);
    *out = expression;
    return OK;
}

void expression_close(struct expression *expression)
{
    if (!expression)
        return;
    pcre2_code_free(expression->code);
    free(expression);
}

struct expression_scratch *expression_scratch_open(void)
{
    struct expression_scratch *scratch = calloc(1, sizeof(*scratch));

    if (!scratch)
        return NULL;
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
    if (!scratch->data || !scratch->context || !scratch->stack) {
        expression_scratch_close(scratch);
        return NULL;
    }
    pcre2_set_match_limit(scratch->context, STEPS_MAX);
    pcre2_set_depth_limit(scratch->context, DEPTH_MAX);
    pcre2_set_heap_limit(scratch->context, HEAP_KIB);
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    return scratch;
}

void expression_scratch_close(struct expression_scratch *scratch)
{
    if (!scratch)
        return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    free(scratch);
}

bool expression_find(const struct expression *expression, struct expression_scratch *scratch,
                     struct slice text)
{
    PCRE2_SPTR subject = (PCRE2_SPTR)(text.len ? text.data : "");

    /* The library would find that out too, after ten times as many instructions. */
    if (expression->first >= 0 && !memchr(subject, expression->first, text.len))
        return false;
    if (expression->is_native)
        return pcre2_jit_match(expression->code, subject, text.len, 0, 0, scratch->data,
                               scratch->context) >= 0;
    return pcre2_match(expression->code, subject, text.len, 0, 0, scratch->data,
                       scratch->context) >= 0;
}
