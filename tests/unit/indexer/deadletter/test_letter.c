/*
 * test_letter.c - marks of the dead letter topic: ours, and what anybody may write
 * there.
 */
#include "indexer/deadletter/read.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

/* Reads from memory of just its length. "-": it is no mark; else "state: first-last …". */
static const char *read_mark(const char *text, size_t len)
{
    static char out[512];
    scoped_free char *exact = malloc(len ? len : 1);
    struct letter_mark mark;
    int64_t first, last;
    size_t used;

    memcpy(exact, text, len);
    if (!letter_mark_decode((struct slice){exact, len}, &mark))
        return "-";
    used = (size_t)snprintf(out, sizeof(out), "%s:", letter_state_names[mark.state]);
    while (letter_mark_next(&mark, &first, &last)) {
        assert_true(first >= 0 && last >= first);
        if (used < sizeof(out))
            used += (size_t)snprintf(out + used, sizeof(out) - used, " %lld-%lld", (long long)first,
                                     (long long)last);
    }
    return out;
}

#define MARK                                                                                       \
    "{\"state\":\"redriven\",\"offsets\":[[12,57],[60,60]],\"count\":47,\"by\":\"u@h\","           \
    "\"time\":\"2026-11-21T12:00:00.000Z\",\"note\":\"say \\\"no\\\"\"}"

static void a_mark_names_its_letters(void **state)
{
    struct letter_mark mark;

    (void)state;
    assert_string_equal(read_mark(MARK, strlen(MARK)), "redriven: 12-57 60-60");
    assert_true(letter_mark_decode(SLICE(MARK), &mark));
    assert_slice(mark.by, "u@h");
    assert_slice(mark.note, "say \\\"no\\\"");
    assert_int_equal(mark.time_ms, 1795262400000);
}

static void what_is_no_mark_is_none(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", "-"},
        {"{", "-"},
        {"[]", "-"},
        {"null", "-"},
        {"\"redriven\"", "-"},
        {"{\"state\":\"redriven\"}", "-"},
        {"{\"state\":\"open\",\"offsets\":[]}", "-"}, /* nothing is marked open */
        {"{\"state\":\"eaten\",\"offsets\":[]}", "-"},
        {"{\"state\":1,\"offsets\":[]}", "-"},
        {"{\"state\":\"redriven\",\"offsets\":{}}", "-"},
        {"{\"state\":\"redriven\",\"offsets\":[]} x", "-"},
        {"{\"state\":\"redriven\",\"offsets\":[]}", "redriven:"},
        {" {\"offsets\" : [ [ 1 , 2 ] ] , \"state\" : \"discarded\" }\n", "discarded: 1-2"},
        {"{\"state\":\"discarded\",\"offsets\":[[5,1],[-1,3],\"x\",[1],[0.5,1],[1e3,2],{},[],"
         "[null,1],[\"1\",\"2\"],[7,8,9],[0,9223372036854775807],[0,9223372036854775808]]}",
         "discarded: 7-8 0-9223372036854775807"},
        {"{\"state\":\"redriven\",\"offsets\":[[1,2]],\"by\":7,\"time\":\"soon\",\"note\":[]}",
         "redriven: 1-2"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(read_mark(rows[i].text, strlen(rows[i].text)), rows[i].expected) != 0)
            fail_msg("%s: got %s", rows[i].text, read_mark(rows[i].text, strlen(rows[i].text)));
}

static void a_cut_mark_is_none_wherever_it_is_cut(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(MARK); len++)
        assert_string_equal(read_mark(MARK, len), "-");
}

static void a_changed_byte_never_reads_beyond_the_mark(void **state)
{
    struct rng rng = rng_start();
    char text[] = MARK;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t at = rng_below(&rng, (uint32_t)strlen(MARK));
        char kept = text[at];

        text[at] = (char)rng_below(&rng, 256);
        read_mark(text, strlen(MARK));
        text[at] = kept;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_names_its_letters),
        cmocka_unit_test(what_is_no_mark_is_none),
        cmocka_unit_test(a_cut_mark_is_none_wherever_it_is_cut),
        cmocka_unit_test(a_changed_byte_never_reads_beyond_the_mark),
    };

    return cmocka_run_group_tests_name("deadletter_letter", tests, NULL, NULL);
}
