/*
 * expression.c - one regular expression of PCRE2, as rules have them.
 */
#include "indexer/enrich/threat/expression.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

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
};

struct expression_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

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
    pcre2_jit_compile(expression->code, PCRE2_JIT_COMPLETE); /* without it: slower, not wrong */
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
    return pcre2_match(expression->code, (PCRE2_SPTR)(text.len ? text.data : ""), text.len, 0, 0,
                       scratch->data, scratch->context) >= 0;
}
