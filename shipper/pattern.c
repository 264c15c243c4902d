/*
 * pattern.c - regular expressions of PCRE2, compiled to machine code, with limits.
 *
 * A pattern is compiled twice: for characters and for bytes. Where a text is
 * ASCII both find the same, and bytes are faster. PCRE2 counts its steps anew
 * at every place where a match may begin, so that its limit alone bounds
 * nothing in long texts: the limit becomes smaller with the text's length, and
 * very long ones are searched in windows, with an eye on the clock.
 */
#include "shipper/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/json_text.h"

#define STEPS_MAX     1000000  /* from one beginning: some milliseconds */
#define STEPS_MIN     10000    /* enough for honest patterns */
#define STEPS_OF_TEXT 50000000 /* from all beginnings together, about 0.2 s */
#define DEPTH_LIMIT   10000
#define HEAP_KIB      4096
#define STACK_MIN     (32u << 10)
#define STACK_MAX     (1u << 20)
#define WINDOW_BYTES  8192               /* beginnings that are tried between looks at the clock */
#define WINDOW_WORK   (64u << 20)        /* beginnings times bytes behind them */
#define TIME_MAX_NS   (int64_t)300000000 /* of a text that takes several windows */
#define MESSAGE_MAX   200
#define PATTERN_MAX   (256u << 10) /* bytes of its text; grok's grow large when expanded */

enum unit { UNIT_BYTE, UNIT_CHARACTER, UNITS };

struct pattern {
    pcre2_code *codes[UNITS]; /* of UNIT_BYTE: NULL when the pattern is about characters only */
    bool translated[UNITS];   /* to machine code */
    bool anchored;            /* a match begins at one place only */
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    const char *subject;
    size_t subject_len;
    const pcre2_code *code; /* that the subject is matched with */
    int groups;             /* that the last match set; 0: none */
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
    const pcre2_code *code = pattern->codes[UNIT_CHARACTER];
    uint32_t count = 0, size = 0;
    PCRE2_SPTR table = NULL;

    pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &count);
    if (count == 0)
        return true;
    pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
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
    uint32_t options = 0;

    pcre2_pattern_info(pattern->codes[UNIT_CHARACTER], PCRE2_INFO_ALLOPTIONS, &options);
    pattern->anchored = options & PCRE2_ANCHORED;
    pattern->data = pcre2_match_data_create_from_pattern(pattern->codes[UNIT_CHARACTER], NULL);
    pattern->context = pcre2_match_context_create(NULL);
    pattern->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
    if (!pattern->data || !pattern->context || !pattern->stack)
        return false;
    pcre2_set_depth_limit(pattern->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(pattern->context, HEAP_KIB);
    pcre2_jit_stack_assign(pattern->context, NULL, pattern->stack);
    return read_names(pattern);
}

enum status pattern_open_at(struct slice text, size_t *at, struct pattern **out, struct error *err)
{
    const uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
    PCRE2_SPTR start = (PCRE2_SPTR)(text.len ? text.data : "");
    struct pattern *pattern;
    unsigned char message[MESSAGE_MAX];
    int code;

    *at = 0;
    if (text.len > PATTERN_MAX)
        return error_set(err, REJECT, "the pattern is longer than %u bytes", PATTERN_MAX);
    pattern = calloc(1, sizeof(*pattern));
    if (!pattern)
        return error_set(err, FATAL, "out of memory");
    pattern->codes[UNIT_CHARACTER] =
        pcre2_compile(start, text.len, options | PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF,
                      &code, at, NULL);
    if (!pattern->codes[UNIT_CHARACTER]) {
        pcre2_get_error_message(code, message, sizeof(message));
        free(pattern);
        return error_set(err, REJECT, "not a regular expression: %s", (const char *)message);
    }
    /* Fails for characters that are no bytes, \x{20ac}, and for (*UTF). */
    pattern->codes[UNIT_BYTE] =
        pcre2_compile(start, text.len, options | PCRE2_NEVER_UTF, &code, at, NULL);
    if (!prepare(pattern)) {
        pattern_close(pattern);
        return error_set(err, FATAL, "out of memory");
    }
    *out = pattern;
    return OK;
}

enum status pattern_open(struct slice text, struct pattern **out, struct error *err)
{
    struct error why;
    size_t at;
    enum status status = pattern_open_at(text, &at, out, &why);

    if (status == OK)
        return OK;
    return status == REJECT ? error_set(err, REJECT, "%s at character %zu", why.text, at + 1)
                            : error_set(err, status, "%s", why.text);
}

void pattern_close(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_match_data_free(pattern->data);
    pcre2_match_context_free(pattern->context);
    pcre2_jit_stack_free(pattern->stack);
    for (int i = 0; i < UNITS; i++)
        pcre2_code_free(pattern->codes[i]);
    free(pattern->names);
    free(pattern);
}

static bool is_ascii(struct slice text)
{
    const char *p = text.data, *end = p + text.len;
    uint64_t word, high = 0;

    for (; (size_t)(end - p) >= sizeof(word); p += sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        high |= word;
    }
    for (; p < end; p++)
        high |= (unsigned char)*p;
    return (high & 0x8080808080808080) == 0;
}

static bool is_utf8(struct slice text)
{
    const char *end = text.data + text.len;
    size_t n;

    for (const char *p = text.data; p < end; p += n) {
        n = utf8_sequence(p, end);
        if (n == 0)
            return false;
    }
    return true;
}

/* The code for this text; translated when it is first needed: many never see other than ASCII. */
static pcre2_code *choose(struct pattern *pattern, struct slice text)
{
    enum unit unit = pattern->codes[UNIT_BYTE] && (is_ascii(text) || !is_utf8(text))
                         ? UNIT_BYTE
                         : UNIT_CHARACTER;

    if (!pattern->translated[unit]) {
        /* Without a compiler for this machine the interpreter does it, within the same limits. */
        pcre2_jit_compile(pattern->codes[unit], PCRE2_JIT_COMPLETE);
        pattern->translated[unit] = true;
    }
    return pattern->codes[unit];
}

/* How many steps PCRE2 may take from each place where a match may begin. */
static uint32_t steps_for(const struct pattern *pattern, size_t len)
{
    size_t steps = STEPS_OF_TEXT / (len + 1);

    if (pattern->anchored || steps > STEPS_MAX)
        return STEPS_MAX;
    return steps < STEPS_MIN ? STEPS_MIN : (uint32_t)steps;
}

/* Looks for a match that begins in [from, limit]. */
static int match_window(struct pattern *pattern, const pcre2_code *code, size_t len, size_t from,
                        size_t limit)
{
    pcre2_set_offset_limit(pattern->context, limit);
    return pcre2_match(code, (PCRE2_SPTR)pattern->subject, len, from, 0, pattern->data,
                       pattern->context);
}

static int match_windows(struct pattern *pattern, const pcre2_code *code, size_t len, size_t from)
{
    size_t window = WINDOW_WORK / len < WINDOW_BYTES ? WINDOW_WORK / len + 1 : WINDOW_BYTES;
    int64_t start_ns = clock_mono_ns();
    int groups = PCRE2_ERROR_NOMATCH;

    while (groups == PCRE2_ERROR_NOMATCH && from <= len) {
        size_t limit = from + window;

        /* A window begins at a character. */
        while (limit < len && (pattern->subject[limit] & 0xc0) == 0x80)
            limit++;
        groups = match_window(pattern, code, len, from, limit < len ? limit : len);
        from = limit;
        if (limit == len)
            break;
        if (groups == PCRE2_ERROR_NOMATCH && clock_mono_ns() - start_ns > TIME_MAX_NS)
            groups = PCRE2_ERROR_MATCHLIMIT;
    }
    return groups;
}

bool pattern_match(struct pattern *pattern, struct slice text, size_t from)
{
    if (text.len == 0)
        text.data = "";
    pattern->code = choose(pattern, text);
    pattern->subject = text.data;
    pattern->subject_len = text.len;
    pcre2_set_match_limit(pattern->context, steps_for(pattern, text.len));
    return pattern_match_again(pattern, from);
}

bool pattern_match_again(struct pattern *pattern, size_t from)
{
    size_t len = pattern->subject_len;

    pattern->groups = pattern->anchored || len <= WINDOW_BYTES
                          ? match_window(pattern, pattern->code, len, from, PCRE2_UNSET)
                          : match_windows(pattern, pattern->code, len, from);
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

    pcre2_pattern_info(pattern->codes[UNIT_CHARACTER], PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

uint64_t pattern_exhausted(const struct pattern *pattern)
{
    return pattern->exhausted;
}
