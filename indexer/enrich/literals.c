/*
 * literals.c - which of many short texts stand in a longer one, in one pass.
 *
 * Bytes that no pattern holds share one column of the table, so that it stays
 * small enough for the processor's cache. All failure links are resolved when
 * it is made: a byte of text costs one look into the table.
 */
#include "indexer/enrich/literals.h"

#include <stdlib.h>

#include "common/scope.h"

#define STATES_MAX 65535u /* of 16 bits */
#define NONE       UINT32_MAX

enum { ASK_START = 1, ASK_END = 2, ASK_FIRST = 4, ASK_LAST = 8 };

struct pattern {
    uint32_t next; /* another one of the same text; NONE */
    uint8_t len, asks;
};

struct literals {
    uint8_t columns[256]; /* of a byte, folded; 0: in no pattern */
    uint16_t *table;      /* [state * width + column]; state 0 is the beginning */
    uint32_t *ends;       /* first pattern that ends in a state; NONE */
    uint16_t *nearest;    /* the state, or the one it ends in, that patterns end in; 0: none */
    uint16_t *shorter;    /* the next of these */
    struct pattern *patterns;
    size_t width, states, count;
};

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static unsigned char fold(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Takes the notation off: what is to be found, and what is asked of its surroundings. */
static struct slice read_pattern(struct slice s, uint8_t *asks)
{
    bool open_start = false, open_end = false;

    *asks = 0;
    if (s.len && s.data[0] == '^') {
        *asks |= ASK_FIRST;
        s = (struct slice){s.data + 1, s.len - 1};
    } else if (s.len && s.data[0] == '*') {
        open_start = true;
        s = (struct slice){s.data + 1, s.len - 1};
    }
    if (s.len && s.data[s.len - 1] == '$') {
        *asks |= ASK_LAST;
        s.len--;
    } else if (s.len && s.data[s.len - 1] == '*') {
        open_end = true;
        s.len--;
    }
    if (s.len && !open_start &&
        (is_letter((unsigned char)s.data[0]) || is_digit((unsigned char)s.data[0])))
        *asks |= ASK_START;
    if (s.len && !open_end &&
        (is_letter((unsigned char)s.data[s.len - 1]) || is_digit((unsigned char)s.data[s.len - 1])))
        *asks |= ASK_END;
    return s;
}

enum status literals_check(struct slice pattern, struct error *err)
{
    uint8_t asks;
    struct slice text = read_pattern(pattern, &asks);
    bool has_word = false;

    for (size_t i = 0; i < text.len; i++)
        has_word |= is_letter((unsigned char)text.data[i]) ||
                    is_digit((unsigned char)text.data[i]) || text.data[i] & 0x80;
    if (text.len > LITERAL_MAX)
        return error_set(err, REJECT, "longer than %d bytes", LITERAL_MAX);
    if (!has_word)
        return error_set(err, REJECT, "expected letters or digits");
    if (memchr(text.data, '*', text.len))
        return error_set(err, REJECT, "'*' may stand at its ends only");
    return OK;
}

/* What the table is made from, and by. */
struct builder {
    struct literals *literals;
    uint16_t *fail, *order; /* by state: the longest other text that it ends in; by depth */
    size_t cap;
};

static bool allocate(struct builder *b, size_t states, size_t count)
{
    struct literals *literals = b->literals;

    b->cap = states;
    literals->table = calloc(states * literals->width, sizeof(*literals->table));
    literals->ends = malloc(states * sizeof(*literals->ends));
    literals->nearest = calloc(states, sizeof(*literals->nearest));
    literals->shorter = calloc(states, sizeof(*literals->shorter));
    literals->patterns = calloc(count + 1, sizeof(*literals->patterns));
    b->fail = calloc(states, sizeof(*b->fail));
    b->order = calloc(states, sizeof(*b->order));
    return literals->table && literals->ends && literals->nearest && literals->shorter &&
           literals->patterns && b->fail && b->order;
}

/* Returns how many states there may be at most: one a byte, and the beginning. */
static size_t make_columns(struct literals *literals, const struct slice *patterns, size_t count)
{
    size_t states = 1;
    uint8_t asks;

    literals->width = 1;
    for (size_t i = 0; i < count; i++) {
        struct slice text = read_pattern(patterns[i], &asks);

        states += text.len;
        for (size_t at = 0; at < text.len; at++) {
            uint8_t *column = &literals->columns[fold((unsigned char)text.data[at])];

            if (!*column)
                *column = (uint8_t)literals->width++;
        }
    }
    for (int c = 'A'; c <= 'Z'; c++)
        literals->columns[c] = literals->columns[c | 0x20];
    return states;
}

static void add_pattern(struct literals *literals, uint32_t index, struct slice pattern)
{
    struct pattern *made = &literals->patterns[index];
    struct slice text = read_pattern(pattern, &made->asks);
    size_t state = 0;

    for (size_t at = 0; at < text.len; at++) {
        uint16_t *next =
            &literals
                 ->table[state * literals->width + literals->columns[(unsigned char)text.data[at]]];

        if (!*next) {
            literals->ends[literals->states] = NONE;
            *next = (uint16_t)literals->states++;
        }
        state = *next;
    }
    made->len = (uint8_t)text.len;
    made->next = literals->ends[state];
    literals->ends[state] = index;
}

/* By breadth: what a state lacks it takes from the longest other text that it ends in. */
static void link_states(struct builder *b)
{
    struct literals *literals = b->literals;
    size_t head = 0, tail = 0, width = literals->width;

    for (size_t column = 0; column < width; column++)
        if (literals->table[column])
            b->order[tail++] = literals->table[column];
    while (head < tail) {
        uint16_t state = b->order[head++], fail = b->fail[state];

        literals->shorter[state] = literals->nearest[fail];
        literals->nearest[state] = literals->ends[state] != NONE ? state : literals->shorter[state];
        for (size_t column = 0; column < width; column++) {
            uint16_t *next = &literals->table[state * width + column];
            uint16_t other = literals->table[fail * width + column];

            if (!*next) {
                *next = other;
                continue;
            }
            b->fail[*next] = other;
            b->order[tail++] = *next;
        }
    }
}

enum status literals_open(const struct slice *patterns, size_t count, struct literals **out,
                          struct error *err)
{
    struct builder b = {.literals = calloc(1, sizeof(struct literals))};
    enum status status = OK;
    size_t states;

    if (!b.literals)
        return error_set(err, FATAL, "out of memory");
    states = make_columns(b.literals, patterns, count);
    if (states > STATES_MAX) {
        status =
            error_set(err, REJECT, "too many patterns: %zu bytes, at most %u", states, STATES_MAX);
    } else if (!allocate(&b, states, count)) {
        status = error_set(err, FATAL, "out of memory");
    } else {
        b.literals->ends[b.literals->states++] = NONE;
        for (size_t i = 0; i < count; i++)
            add_pattern(b.literals, (uint32_t)i, patterns[i]);
        b.literals->count = count;
        link_states(&b);
        *out = b.literals;
    }
    if (status)
        literals_close(b.literals);
    free(b.fail);
    free(b.order);
    return status;
}

static bool suits(uint8_t asks, struct slice text, size_t start, size_t end)
{
    if (asks & ASK_START && start > 0 &&
        (is_letter((unsigned char)text.data[start - 1]) ||
         is_digit((unsigned char)text.data[start - 1])))
        return false;
    if (asks & ASK_END && end < text.len && is_letter((unsigned char)text.data[end]))
        return false;
    return !(asks & ASK_FIRST && start != 0) && !(asks & ASK_LAST && end != text.len);
}

/* All patterns that end at `end`, of this state and of those it ends in. */
static size_t take_ends(const struct literals *literals, size_t state, struct slice text,
                        size_t end, struct literals_hit *hits, size_t max)
{
    size_t count = 0;

    for (; state; state = literals->shorter[state]) {
        for (uint32_t i = literals->ends[state]; i != NONE && count < max;
             i = literals->patterns[i].next) {
            size_t start = end - literals->patterns[i].len;

            if (suits(literals->patterns[i].asks, text, start, end))
                hits[count++] = (struct literals_hit){i, (uint32_t)start, (uint32_t)end};
        }
    }
    return count;
}

size_t literals_find(const struct literals *literals, struct slice text, struct literals_hit *hits,
                     size_t max)
{
    size_t state = 0, count = 0;

    for (size_t at = 0; at < text.len; at++) {
        state =
            literals
                ->table[state * literals->width + literals->columns[(unsigned char)text.data[at]]];
        if (literals->nearest[state])
            count += take_ends(literals, literals->nearest[state], text, at + 1, hits + count,
                               max - count);
    }
    return count;
}

size_t literals_bytes(const struct literals *literals)
{
    return sizeof(*literals) +
           literals->states * (literals->width * sizeof(*literals->table) +
                               sizeof(*literals->ends) + 2 * sizeof(*literals->shorter)) +
           literals->count * sizeof(*literals->patterns);
}

void literals_close(struct literals *literals)
{
    if (!literals)
        return;
    free(literals->table);
    free(literals->ends);
    free(literals->nearest);
    free(literals->shorter);
    free(literals->patterns);
    free(literals);
}
