/*
 * set.c - many queries as one list of steps.
 *
 * A step is a test and where to go on when it holds and when it does not, so
 * that "and", "or" and "not" are gone before the first record comes. What has
 * been found of a test is remembered for the record.
 */
#include "common/query/program.h"

#include <stdlib.h>

#include "common/grow.h"
#include "common/query/match.h"

#define STEP_YES 0xffffffffu /* the query holds */
#define STEP_NO  0xfffffffeu
#define NO_TEST  0xffffffffu
#define COSTS    4

#define FIRST_ROOM 64 /* steps, tests */

struct step {
    uint32_t test, yes, no;
};

enum { UNKNOWN, FALSE, TRUE };

struct query_program {
    struct matcher matcher;
    uint32_t *starts; /* of each query */
    size_t count;
    struct step *steps;
    uint32_t step_count;
    struct test *tests;
    uint32_t test_count;
    size_t step_room, test_room;
    uint32_t *table; /* the newest test of a hash; they are linked */
    uint32_t table_size;
    uint8_t *found; /* of each test: UNKNOWN, FALSE, TRUE */
    bool no_memory;
};

static uint32_t mix(uint32_t hash, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 16777619u; /* FNV-1a */
    return hash;
}

static uint32_t condition_hash(const struct query_condition *condition)
{
    uint32_t hash = 2166136261u ^ ((uint32_t)condition->test << 16 | (uint32_t)condition->field);

    hash = mix(hash, condition->key.data, condition->key.len);
    switch (condition->test) {
    case TEST_EQUAL:
    case TEST_EXACT:
    case TEST_WORDS:
        return mix(hash, condition->text.data, condition->text.len);
    case TEST_PATTERN:
    case TEST_WORD:
        for (unsigned i = 0; i < condition->pattern.count; i++)
            hash = mix(hash, condition->pattern.pieces[i].data, condition->pattern.pieces[i].len);
        return hash;
    case TEST_NUMBER:
    case TEST_TIME:
        return mix(hash, &condition->range, sizeof(condition->range));
    case TEST_ADDRESS:
        return mix(hash, condition->network.low, 16);
    case TEST_EXISTS:
    case TEST_BOOL:
        break;
    }
    return hash;
}

static bool table_init(struct query_program *program, size_t conditions)
{
    program->table_size = 64;
    while (program->table_size < conditions && program->table_size < 1u << 24)
        program->table_size *= 2;
    program->table = malloc(program->table_size * sizeof(*program->table));
    if (!program->table)
        return false;
    memset(program->table, 0xff, program->table_size * sizeof(*program->table));
    return true;
}

/* The test of a condition, the same one for equal conditions. */
static uint32_t find_test(struct query_program *program, const struct query_condition *condition)
{
    struct test test;
    uint32_t *slot, found;

    if (!matcher_prepare(&program->matcher, condition, &test) ||
        !grow(&program->tests, &program->test_room, program->test_count, sizeof(test),
              FIRST_ROOM)) {
        program->no_memory = true;
        return 0;
    }
    slot = &program->table[condition_hash(&test.condition) & (program->table_size - 1)];
    for (found = *slot; found != NO_TEST; found = program->tests[found].next)
        if (condition_equal(&program->tests[found].condition, &test.condition))
            return found;
    test.next = *slot;
    *slot = program->test_count;
    program->tests[program->test_count] = test;
    return program->test_count++;
}

static unsigned condition_cost(const struct query_condition *condition)
{
    switch (condition->test) {
    case TEST_EQUAL:
    case TEST_EXACT:
        return 1;
    case TEST_PATTERN:
    case TEST_WORDS:
        return 2;
    case TEST_WORD:
        return 3;
    default:
        return 0;
    }
}

static unsigned node_cost(const struct query_node *node)
{
    unsigned cost = node->kind == QUERY_CONDITION ? condition_cost(&node->condition) : 0;

    for (node = node->first; node; node = node->next) {
        unsigned of_operand = node_cost(node);

        if (of_operand > cost)
            cost = of_operand;
    }
    return cost;
}

static uint32_t compile(struct query_program *program, const struct query_node *node, uint32_t yes,
                        uint32_t no);

/* What remains to be done behind an operand is compiled before it. The cheap ones run first. */
static uint32_t compile_operands(struct query_program *program, const struct query_node *node,
                                 uint32_t yes, uint32_t no)
{
    uint32_t next = node->kind == QUERY_AND ? yes : no;

    for (unsigned cost = COSTS; cost-- > 0;)
        for (const struct query_node *operand = node->first; operand; operand = operand->next) {
            if (node_cost(operand) != cost)
                continue;
            next = node->kind == QUERY_AND ? compile(program, operand, next, no)
                                           : compile(program, operand, yes, next);
        }
    return next;
}

static uint32_t compile_condition(struct query_program *program,
                                  const struct query_condition *condition, uint32_t yes,
                                  uint32_t no)
{
    uint32_t test = find_test(program, condition);

    if (program->no_memory || !grow(&program->steps, &program->step_room, program->step_count,
                                    sizeof(struct step), FIRST_ROOM)) {
        program->no_memory = true;
        return no;
    }
    program->steps[program->step_count] = (struct step){test, yes, no};
    return program->step_count++;
}

/* Returns where to begin. */
static uint32_t compile(struct query_program *program, const struct query_node *node, uint32_t yes,
                        uint32_t no)
{
    switch (node->kind) {
    case QUERY_ALL:
        return yes;
    case QUERY_AND:
    case QUERY_OR:
        return compile_operands(program, node, yes, no);
    case QUERY_NOT:
        return compile(program, node->first, no, yes);
    case QUERY_CONDITION:
        return compile_condition(program, &node->condition, yes, no);
    }
    return no;
}

static size_t count_conditions(const struct query_node *node)
{
    size_t count = node->kind == QUERY_CONDITION;

    for (node = node->first; node; node = node->next)
        count += count_conditions(node);
    return count;
}

enum status query_program_open(const struct query *const *queries, size_t count,
                               struct query_program **out, struct error *err)
{
    struct query_program *program = calloc(1, sizeof(*program));
    size_t conditions = 0;

    if (!program)
        return error_set(err, FATAL, "out of memory");
    matcher_init(&program->matcher);
    for (size_t i = 0; i < count; i++)
        conditions += count_conditions(queries[i]->root);
    program->count = count;
    program->starts = calloc(count + 1, sizeof(*program->starts));
    program->no_memory = !program->starts || !table_init(program, conditions);
    for (size_t i = 0; i < count && !program->no_memory; i++)
        program->starts[i] = compile(program, queries[i]->root, STEP_YES, STEP_NO);
    program->found = calloc(program->test_count + 1, 1);
    if (program->no_memory || !program->found) {
        query_program_close(program);
        return error_set(err, FATAL, "out of memory for %zu conditions", conditions);
    }
    *out = program;
    return OK;
}

void query_program_close(struct query_program *program)
{
    if (!program)
        return;
    matcher_release(&program->matcher);
    free(program->starts);
    free(program->steps);
    free(program->tests);
    free(program->table);
    free(program->found);
    free(program);
}

static bool test_holds(struct query_program *program, uint32_t test)
{
    uint8_t *found = &program->found[test];

    if (*found == UNKNOWN)
        *found = matcher_test(&program->matcher, &program->tests[test]) ? TRUE : FALSE;
    return *found == TRUE;
}

static bool query_holds(struct query_program *program, size_t query)
{
    uint32_t at = program->starts[query];

    while (at < STEP_NO) {
        const struct step *step = &program->steps[at];

        at = test_holds(program, step->test) ? step->yes : step->no;
    }
    return at == STEP_YES;
}

static void begin(struct query_program *program, const struct record *record)
{
    matcher_next(&program->matcher, record);
    memset(program->found, UNKNOWN, program->test_count);
}

void query_program_run(struct query_program *program, const struct record *record, uint64_t *hits)
{
    begin(program, record);
    memset(hits, 0, (program->count + 63) / 64 * sizeof(*hits));
    for (size_t i = 0; i < program->count; i++)
        hits[i / 64] |= (uint64_t)query_holds(program, i) << (i % 64);
}

bool query_program_match(struct query_program *program, const struct record *record)
{
    begin(program, record);
    return query_holds(program, 0);
}

size_t query_program_tests(const struct query_program *program)
{
    return program->test_count;
}
