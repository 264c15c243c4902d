/*
 * test_weigh.c - what became of each record: by what topic, index and dead letters hold of it.
 */
#include "indexer/audit/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/scope.h"
#include "indexer/config.h"

#define MOST      16
#define COMMITTED 100 /* offset in the topic */

/* Lists of places in the file, each as long as it is sorted; a record's place in the topic is the
 * same. */
struct sample {
    uint64_t told; /* records that the shipper says it has sent */
    uint64_t sent[MOST], indexed[MOST], dead[MOST];
    uint64_t expected[6]; /* indexed, doubled, missing, under_way, dead, surplus */
    uint64_t gaps[MOST];  /* records of each gap */
};

static size_t length(const uint64_t *list)
{
    size_t count = 0;

    while (count < MOST && list[count])
        count++;
    return count;
}

struct fixture {
    struct audit_content content;
    struct audit_suspect suspect;
    struct audit_found found;
    struct audit_sent sent[MOST];
    struct audit_record indexed[MOST];
    struct audit_letter dead[MOST];
};

static void lay_out(struct fixture *f, const struct sample *sample)
{
    *f = (struct fixture){.content = {.sent = sample->told, .top = {.to = 1000}}};
    f->suspect = (struct audit_suspect){.content = &f->content,
                                        .sent = {.list = f->sent, .count = length(sample->sent)}};
    f->found = (struct audit_found){.list = f->indexed, .count = length(sample->indexed)};
    f->content.letters = f->dead;
    f->content.letter_count = length(sample->dead);
    for (size_t i = 0; i < MOST; i++) {
        f->sent[i] =
            (struct audit_sent){.record = {sample->sent[i], 7}, .offset = (int64_t)sample->sent[i]};
        f->indexed[i] = (struct audit_record){sample->indexed[i], 7};
        f->dead[i].record = (struct audit_record){sample->dead[i], 7};
    }
}

static void expect(const struct sample *sample)
{
    static const struct indexer_config config;
    int64_t committed[] = {COMMITTED};
    const struct audit_group group = {.committed = committed, .count = 1};
    const struct audit_inquiry inquiry = {
        .config = &config, .group = &group, .days = {.config = &config}};
    struct fixture f;
    const struct audit_content *content = &f.content;

    lay_out(&f, sample);
    assert_true(audit_weigh(&inquiry, &f.suspect, &f.found));
    assert_int_equal(content->indexed, sample->expected[0]);
    assert_int_equal(content->doubled, sample->expected[1]);
    assert_int_equal(content->missing, sample->expected[2]);
    assert_int_equal(content->under_way, sample->expected[3]);
    assert_int_equal(content->dead, sample->expected[4]);
    assert_int_equal(content->surplus, sample->expected[5]);
    assert_int_equal(content->gap_count, length(sample->gaps));
    for (size_t i = 0; i < content->gap_count; i++)
        assert_int_equal(content->gaps[i].records, sample->gaps[i]);
    free(content->gaps);
}

static void every_record_is_somewhere(void **state)
{
    static const struct sample samples[] = {
        {.told = 3, .sent = {1, 2, 3}, .indexed = {1, 2, 3}, .expected = {3}},
        {.told = 3, .sent = {1, 2, 3}, .indexed = {1, 3}, .dead = {2}, .expected = {2, 0, 0, 0, 1}},
        /* refused, and taken after all */
        {.told = 2, .sent = {1, 2}, .indexed = {1, 2}, .dead = {2}, .expected = {2}},
        /* what Kafka has deleted is in the index */
        {.told = 3, .sent = {3}, .indexed = {1, 2, 3}, .expected = {3}},
        {.expected = {0}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        expect(&samples[i]);
}

static void what_lacks_is_missing_once_it_is_committed(void **state)
{
    static const struct sample samples[] = {
        {.told = 3, .sent = {1, 2, 3}, .indexed = {1, 3}, .expected = {2, 0, 1}, .gaps = {1}},
        {.told = 6,
         .sent = {1, 2, 3, 4, 5, 6},
         .indexed = {1, 4},
         .expected = {2, 0, 4},
         .gaps = {2, 2}},
        {.told = 3, .sent = {1, 98, 101}, .indexed = {1}, .expected = {1, 0, 1, 1}, .gaps = {1}},
        /* neither in the topic nor anywhere else: their number only */
        {.told = 5, .sent = {4, 5}, .indexed = {4, 5}, .expected = {2, 0, 3}, .gaps = {3}},
        {.told = 5, .sent = {4, 5}, .indexed = {5}, .expected = {1, 0, 4}, .gaps = {1, 3}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        expect(&samples[i]);
}

static void what_is_too_much_is_said(void **state)
{
    static const struct sample samples[] = {
        {.told = 2, .sent = {1, 2}, .indexed = {1, 2, 2, 2}, .expected = {2, 2}},
        {.told = 1, .sent = {1}, .indexed = {1, 2, 3}, .expected = {3, 0, 0, 0, 0, 2}},
        {.told = 1, .sent = {1, 2}, .indexed = {1}, .dead = {2}, .expected = {1, 0, 0, 0, 1, 1}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        expect(&samples[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_somewhere),
        cmocka_unit_test(what_lacks_is_missing_once_it_is_committed),
        cmocka_unit_test(what_is_too_much_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
