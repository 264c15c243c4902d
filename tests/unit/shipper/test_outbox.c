/*
 * test_outbox.c - acknowledgements in any order, and a producer that refuses.
 *
 * producer_send and quarantine_add are defined here, instead of producer.c's
 * and quarantine.c's.
 */
#include "shipper/outbox.h"

#include "common/log.h"
#include "common/scope.h"
#include "shipper/config.h"
#include "shipper/producer.h"
#include "shipper/quarantine.h"
#include "shipper/stream.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define SENT_MAX    5000
#define MESSAGE_MAX (600u << 10)
#define CHUNK       (256u << 10)
#define STREAMS     3

struct sent {
    struct outgoing message;
    uint64_t sum; /* of its bytes when it was taken */
};

static struct {
    struct shipper_config config;
    struct outbox *outbox;
    struct sent sent[SENT_MAX];
    size_t sent_count;
    size_t takes; /* messages that the producer takes before it is full */
    size_t quarantined;
    struct stream streams[STREAMS];
    unsigned moves; /* calls of the acked callback */
    void (*on_acked)(struct stream *stream);
} bench;

static uint64_t sum_of(struct slice s)
{
    uint64_t sum = s.len;

    for (size_t i = 0; i < s.len; i++)
        sum = sum * 31 + (unsigned char)s.data[i];
    return sum;
}

size_t producer_send(struct producer *producer, const struct outgoing *messages, size_t count,
                     const char **why)
{
    size_t n = count < bench.takes ? count : bench.takes;

    (void)producer;
    assert_true(bench.sent_count + n <= SENT_MAX);
    for (size_t i = 0; i < n; i++)
        bench.sent[bench.sent_count++] = (struct sent){messages[i], sum_of(messages[i].payload)};
    bench.takes -= n;
    *why = n < count ? "full" : NULL;
    return n;
}

void quarantine_add(struct quarantine *quarantine, struct slice record, const char *reason)
{
    (void)quarantine;
    (void)reason;
    assert_true(record.len > 0);
    bench.quarantined++;
}

static void acked(void *arg, struct stream *stream)
{
    assert_ptr_equal(arg, &bench);
    bench.moves++;
    if (bench.on_acked)
        bench.on_acked(stream);
}

static int setup(void **state)
{
    struct error err;

    (void)state;
    log_set_level(LEVEL_ERROR);
    memset(&bench, 0, sizeof(bench));
    bench.takes = SIZE_MAX;
    bench.config.delivery.memory_max_bytes = 4 * CHUNK;
    bench.config.kafka.message_max_bytes = MESSAGE_MAX;
    for (int i = 0; i < STREAMS; i++)
        memset(bench.streams[i].key, 'a' + i, STREAM_KEY_LEN);
    assert_int_equal(outbox_open(&bench.config, NULL, acked, &bench, &bench.outbox, &err), OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    outbox_close(bench.outbox);
    return 0;
}

/* A record of `len` bytes of stream `i`, which goes on at `after`. */
static enum status add(int i, size_t len, uint64_t after)
{
    char *room = outbox_reserve(bench.outbox, len + 100);

    if (!room)
        return RETRY;
    memset(room, (int)('A' + after % 26), len);
    return outbox_commit(bench.outbox, &bench.streams[i], len, after - 1, 1,
                         &(struct position){.offset = after});
}

static void add_ok(int i, size_t len, uint64_t after)
{
    assert_int_equal(add(i, len, after), OK);
}

static void pass(int i, uint64_t after)
{
    assert_int_equal(outbox_pass(bench.outbox, &bench.streams[i],
                                 &(struct account){.lines = 1, .filtered = 1},
                                 &(struct position){.offset = after}),
                     OK);
}

static void flush(void)
{
    outbox_flush(bench.outbox, 1000);
}

/* The report on the i-th message that is under way, with a key that goes with it. */
static void report(size_t i, enum delivery delivery)
{
    struct sent sent;
    char key[STREAM_KEY_LEN];

    assert_true(i < bench.sent_count);
    sent = bench.sent[i];
    assert_true(sum_of(sent.message.payload) == sent.sum); /* its memory was not used again */
    memmove(bench.sent + i, bench.sent + i + 1, (--bench.sent_count - i) * sizeof(*bench.sent));
    if (sent.message.key.len) {
        memcpy(key, sent.message.key.data, STREAM_KEY_LEN);
        sent.message.key.data = key;
    }
    outbox_report(bench.outbox, &sent.message, delivery, "because");
    memset(key, '?', sizeof(key));
}

static void expect_acked(int i, uint64_t offset)
{
    assert_int_equal(bench.streams[i].acked.offset, offset);
}

static void position_moves_when_all_of_a_run_is_acknowledged(void **state)
{
    (void)state;
    add_ok(0, 10, 1);
    add_ok(0, 10, 2);
    flush();
    report(0, DELIVERED);
    expect_acked(0, 0);
    report(0, DELIVERED);
    expect_acked(0, 2);
    assert_int_equal(outbox_waiting(bench.outbox), 0);
    assert_null(bench.streams[0].first);
}

static void later_run_waits_for_the_earlier(void **state)
{
    (void)state;
    add_ok(0, 10, 1);
    flush();
    add_ok(0, 10, 2);
    flush();
    report(1, DELIVERED);
    expect_acked(0, 0);
    report(0, DELIVERED);
    expect_acked(0, 2);
    assert_int_equal(bench.moves, 1);
}

static void streams_do_not_wait_for_each_other(void **state)
{
    (void)state;
    add_ok(0, 10, 1);
    add_ok(1, 10, 7);
    flush();
    report(1, DELIVERED);
    expect_acked(0, 0);
    expect_acked(1, 7);
}

static void acknowledged_before_the_run_is_over_does_not_move_beyond_it(void **state)
{
    (void)state;
    bench.takes = 1;
    add_ok(0, 10, 1);
    add_ok(0, 10, 2);
    flush();
    report(0, DELIVERED);
    expect_acked(0, 0);
    bench.takes = 1;
    flush();
    report(0, DELIVERED);
    expect_acked(0, 2);
}

static void what_was_left_out_moves_the_position_too(void **state)
{
    (void)state;
    pass(0, 5);
    flush();
    expect_acked(0, 5);
    add_ok(0, 10, 6);
    pass(0, 9);
    flush();
    expect_acked(0, 5);
    report(0, DELIVERED);
    expect_acked(0, 9);
}

static void unknown_delivery_is_sent_again_after_a_pause(void **state)
{
    (void)state;
    add_ok(0, 10, 1);
    flush();
    report(0, DELIVERY_UNKNOWN);
    flush();
    assert_int_equal(bench.sent_count, 0);
    assert_true(outbox_due_ms(bench.outbox) > 1000);
    assert_true(outbox_due_ms(bench.outbox) <= 11000);
    expect_acked(0, 0);
    outbox_flush(bench.outbox, outbox_due_ms(bench.outbox));
    assert_int_equal(bench.sent_count, 1);
    assert_memory_equal(bench.sent[0].message.payload.data, "BBBBBBBBBB", 10);
    report(0, DELIVERED);
    expect_acked(0, 1);
    assert_true(outbox_due_ms(bench.outbox) == INT64_MAX);
}

static void key_of_a_record_that_is_sent_again_is_the_streams(void **state)
{
    (void)state;
    bench.config.kafka.partition_by = PARTITION_BY_STREAM;
    add_ok(1, 10, 1);
    flush();
    report(0, DELIVERY_UNKNOWN);
    flush();
    outbox_flush(bench.outbox, 100000);
    assert_int_equal(bench.sent[0].message.key.len, STREAM_KEY_LEN);
    assert_memory_equal(bench.sent[0].message.key.data, "bbbbbbbbbbbbbbbb", STREAM_KEY_LEN);
}

static void records_may_be_spread_evenly(void **state)
{
    (void)state;
    bench.config.kafka.partition_by = PARTITION_BY_NONE;
    add_ok(1, 10, 1);
    flush();
    assert_null(bench.sent[0].message.key.data);
}

/* A broker refuses a batch for one of its records. */
static void refused_records_are_tried_alone_before_they_are_quarantined(void **state)
{
    (void)state;
    add_ok(0, 10, 1);
    add_ok(0, 20, 2);
    add_ok(0, 30, 3);
    flush();
    report(0, DELIVERY_REFUSED);
    report(0, DELIVERY_REFUSED);
    flush();
    assert_int_equal(bench.sent_count, 1); /* the third is under way: not yet */
    report(0, DELIVERED);
    flush();
    assert_int_equal(bench.sent_count, 1);
    report(0, DELIVERED);
    flush();
    report(0, DELIVERY_REFUSED);
    assert_int_equal(bench.quarantined, 1);
    expect_acked(0, 3);
    assert_int_equal(outbox_waiting(bench.outbox), 0);
}

static void others_wait_while_one_is_tried_alone(void **state)
{
    (void)state;
    add_ok(0, 10, 1);
    flush();
    report(0, DELIVERY_REFUSED);
    add_ok(1, 10, 1);
    flush();
    assert_int_equal(bench.sent_count, 1);
    flush();
    assert_int_equal(bench.sent_count, 1);
    report(0, DELIVERY_UNKNOWN);
    flush();
    outbox_flush(bench.outbox, 100000);
    assert_int_equal(bench.sent_count, 2);
}

static void refused_record_that_the_producer_cannot_take_is_offered_soon(void **state)
{
    (void)state;
    add_ok(0, 10, 1);
    flush();
    report(0, DELIVERY_REFUSED);
    bench.takes = 0;
    flush();
    assert_true(outbox_due_ms(bench.outbox) <= 11000);
    bench.takes = 1;
    flush();
    assert_int_equal(bench.sent_count, 1);
}

static void producer_that_takes_nothing_is_offered_again(void **state)
{
    (void)state;
    bench.takes = 0;
    add_ok(0, 10, 1);
    flush();
    assert_int_equal(bench.sent_count, 0);
    assert_true(outbox_due_ms(bench.outbox) < INT64_MAX);
    bench.takes = SIZE_MAX;
    flush();
    assert_int_equal(bench.sent_count, 1);
}

static void too_many_records_for_the_producer_are_not_taken_over(void **state)
{
    uint64_t n = 0;

    (void)state;
    bench.takes = 0;
    while (add(0, 10, n + 1) == OK)
        n++;
    assert_in_range(n, 100, 10000);
    assert_int_equal(outbox_waiting(bench.outbox), n);
    bench.takes = SIZE_MAX;
    add_ok(0, 10, n + 1);
}

static void full_budget_stops_until_something_is_acknowledged(void **state)
{
    uint64_t n = 0;

    (void)state;
    while (add(0, 10000, n + 1) == OK) {
        n++;
        flush();
    }
    assert_true(outbox_bytes(bench.outbox) <= bench.config.delivery.memory_max_bytes);
    assert_in_range(n, 90, 104);
    while (bench.sent_count)
        report(bench.sent_count - 1, DELIVERED);
    expect_acked(0, n);
    add_ok(0, 10000, n + 1);
}

static void record_beyond_the_limit_is_rejected(void **state)
{
    (void)state;
    assert_int_equal(add(0, MESSAGE_MAX + 1, 1), REJECT);
    assert_int_equal(outbox_waiting(bench.outbox), 0);
    add_ok(0, MESSAGE_MAX, 1);
    flush();
    report(0, DELIVERED);
    expect_acked(0, 1);
}

static void record_larger_than_all_of_the_budget_goes_alone(void **state)
{
    (void)state;
    bench.config.kafka.message_max_bytes = 8 * CHUNK;
    add_ok(0, 10, 1);
    flush();
    assert_int_equal(add(0, 6 * CHUNK, 2), RETRY);
    report(0, DELIVERED);
    add_ok(0, 6 * CHUNK, 2);
    flush();
    report(0, DELIVERED);
    expect_acked(0, 2);
    outbox_trim(bench.outbox);
    add_ok(0, 10, 3);
}

/* The bound is far above what is needed: many such records fit. */
static void bound_beyond_a_chunk_takes_only_what_is_written(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 50; i++) {
        char *room = outbox_reserve(bench.outbox, 2 * CHUNK);

        assert_non_null(room);
        memset(room, 'x', 1000);
        assert_int_equal(outbox_commit(bench.outbox, &bench.streams[0], 1000, i - 1, 1,
                                       &(struct position){.offset = i}),
                         OK);
    }
    assert_true(outbox_bytes(bench.outbox) <= 2 * CHUNK);
}

static void account_stands_at_the_acknowledged_position(void **state)
{
    (void)state;
    add_ok(0, 10, 5);
    add_ok(0, 10, 9);
    pass(0, 12);
    flush();
    add_ok(0, 10, 20);
    flush();
    report(2, DELIVERED); /* of the second run: the first one is waited for */
    assert_int_equal(bench.streams[0].account.lines, 0);
    report(0, DELIVERED);
    report(0, DELIVERED);
    assert_int_equal(bench.streams[0].acked.offset, 20);
    assert_int_equal(bench.streams[0].account.lines, 4);
    assert_int_equal(bench.streams[0].account.records, 3);
    assert_int_equal(bench.streams[0].account.sum, 4 + 8 + 19);
    assert_int_equal(bench.streams[0].account.filtered, 1);
    assert_true(account_is_sound(&bench.streams[0].account));
}

static void record_of_several_lines_is_one_record(void **state)
{
    (void)state;
    assert_non_null(outbox_reserve(bench.outbox, 100));
    assert_int_equal(outbox_commit(bench.outbox, &bench.streams[0], 10, 100, 7,
                                   &(struct position){.offset = 500}),
                     OK);
    flush();
    report(0, DELIVERED);
    assert_int_equal(bench.streams[0].account.lines, 7);
    assert_int_equal(bench.streams[0].account.records, 1);
    assert_int_equal(bench.streams[0].account.joined, 6);
    assert_int_equal(bench.streams[0].account.sum, 100);
}

static void quarantined_record_is_counted_by_its_offset(void **state)
{
    static const char record[] = "{\"message\":\"{\\\"log\\\":1\",\"log\":{\"offset\":4711}}";
    char *room = outbox_reserve(bench.outbox, sizeof(record));

    (void)state;
    memcpy(room, record, sizeof(record) - 1);
    assert_int_equal(outbox_commit(bench.outbox, &bench.streams[0], sizeof(record) - 1, 4711, 1,
                                   &(struct position){.offset = 5000}),
                     OK);
    flush();
    report(0, DELIVERY_REFUSED);
    flush();
    report(0, DELIVERY_REFUSED);
    assert_int_equal(bench.streams[0].account.records, 1);
    assert_int_equal(bench.streams[0].account.quarantined, 1);
    assert_int_equal(bench.streams[0].account.quarantined_sum, 4711);
}

static void memory_is_given_back_when_nothing_is_under_way(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 60; i++)
        add_ok(0, 10000, i);
    flush();
    while (bench.sent_count)
        report(0, DELIVERED);
    outbox_trim(bench.outbox);
    assert_int_equal(outbox_bytes(bench.outbox), 0);
}

static void close_with_records_under_way_releases_all(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 60; i++)
        add_ok((int)(i % 3), 10000, i);
    flush();
    report(3, DELIVERY_UNKNOWN);
    report(7, DELIVERY_REFUSED);
}

/* ---- a model ---- */

#define RECORDS_MAX 20000

static struct {
    bool done[STREAMS][RECORDS_MAX], passed[STREAMS][RECORDS_MAX];
    uint64_t count[STREAMS], acked[STREAMS], refused;
    struct account account[STREAMS]; /* of what is acked */
} model;

static void check_acked(struct stream *stream)
{
    long i = stream - bench.streams;

    assert_true(stream->acked.offset >= model.acked[i]);
    assert_true(stream->acked.offset <= model.count[i]);
    for (; model.acked[i] < stream->acked.offset; model.acked[i]++) {
        uint64_t n = model.acked[i];

        assert_true(model.done[i][n]);
        model.account[i].lines++;
        model.account[i].records += !model.passed[i][n];
        model.account[i].sum += model.passed[i][n] ? 0 : n;
        model.account[i].filtered += model.passed[i][n];
    }
    model.account[i].quarantined = stream->account.quarantined; /* checked at the end */
    assert_memory_equal(&stream->account, &model.account[i], sizeof(model.account[i]));
}

/* The stream and number stand in the record. */
static bool model_add(struct rng *rng, int i)
{
    uint64_t n = model.count[i];
    size_t len = rng_one_in(rng, 30)  ? 200000 + rng_below(rng, 300000)
                 : rng_one_in(rng, 3) ? 16 + rng_below(rng, 20000)
                                      : 16 + rng_below(rng, 500);
    char *room = outbox_reserve(bench.outbox, len * (1 + rng_below(rng, 4)));
    struct position after = {.offset = n + 1};

    if (!room)
        return false;
    memset(room, (int)(n & 0xff), len);
    memcpy(room, &i, sizeof(i));
    memcpy(room + 8, &n, sizeof(n));
    if (outbox_commit(bench.outbox, &bench.streams[i], len, n, 1, &after) != OK)
        return false;
    model.count[i]++;
    return true;
}

static void model_report(size_t at, enum delivery delivery)
{
    const char *payload = bench.sent[at].message.payload.data;
    size_t quarantined = bench.quarantined;
    uint64_t n;
    int i;

    memcpy(&i, payload, sizeof(i));
    memcpy(&n, payload + 8, sizeof(n));
    assert_false(model.done[i][n]); /* nothing is acknowledged twice */
    if (delivery == DELIVERED)
        model.done[i][n] = true;
    if (delivery == DELIVERY_REFUSED)
        model.done[i][n] = true; /* if it is quarantined, at the latest when it is settled */
    report(at, delivery);
    if (delivery == DELIVERY_REFUSED && bench.quarantined == quarantined)
        model.done[i][n] = false;
}

static void model_step(struct rng *rng, int64_t *now_ms)
{
    int i = (int)rng_below(rng, STREAMS);
    uint32_t fate = rng_below(rng, 20);

    switch (rng_below(rng, 8)) {
    case 0:
        outbox_flush(bench.outbox, *now_ms);
        break;
    case 1:
        model.passed[i][model.count[i]] = true;
        model.done[i][model.count[i]++] = true;
        pass(i, model.count[i]);
        break;
    case 2:
        *now_ms += rng_below(rng, 3000);
        bench.takes = rng_one_in(rng, 3) ? rng_below(rng, 20) : SIZE_MAX;
        break;
    case 3:
    case 4:
        if (bench.sent_count)
            model_report(rng_below(rng, (uint32_t)bench.sent_count), fate == 0   ? DELIVERY_REFUSED
                                                                     : fate <= 2 ? DELIVERY_UNKNOWN
                                                                                 : DELIVERED);
        break;
    default:
        model_add(rng, i);
    }
    assert_true(outbox_bytes(bench.outbox) <= bench.config.delivery.memory_max_bytes);
}

static void any_order_moves_over_the_acknowledged_prefix_only(void **state)
{
    struct rng rng = rng_start();
    int64_t now_ms = 1000;

    (void)state;
    memset(&model, 0, sizeof(model));
    bench.on_acked = check_acked;
    for (int step = 0; step < 30000; step++)
        model_step(&rng, &now_ms);
    bench.takes = SIZE_MAX;
    for (int round = 0; outbox_waiting(bench.outbox); round++) {
        assert_true(round < 10000);
        outbox_flush(bench.outbox, now_ms += 11000);
        while (bench.sent_count)
            model_report(0, DELIVERED);
    }
    flush();
    for (int i = 0; i < STREAMS; i++) {
        expect_acked(i, model.count[i]);
        assert_true(account_is_sound(&bench.streams[i].account));
        bench.quarantined -= bench.streams[i].account.quarantined;
    }
    assert_int_equal(bench.quarantined, 0);
    outbox_trim(bench.outbox);
    assert_int_equal(outbox_bytes(bench.outbox), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(position_moves_when_all_of_a_run_is_acknowledged),
        TEST(later_run_waits_for_the_earlier),
        TEST(streams_do_not_wait_for_each_other),
        TEST(acknowledged_before_the_run_is_over_does_not_move_beyond_it),
        TEST(what_was_left_out_moves_the_position_too),
        TEST(unknown_delivery_is_sent_again_after_a_pause),
        TEST(key_of_a_record_that_is_sent_again_is_the_streams),
        TEST(records_may_be_spread_evenly),
        TEST(refused_records_are_tried_alone_before_they_are_quarantined),
        TEST(others_wait_while_one_is_tried_alone),
        TEST(refused_record_that_the_producer_cannot_take_is_offered_soon),
        TEST(producer_that_takes_nothing_is_offered_again),
        TEST(too_many_records_for_the_producer_are_not_taken_over),
        TEST(full_budget_stops_until_something_is_acknowledged),
        TEST(record_beyond_the_limit_is_rejected),
        TEST(record_larger_than_all_of_the_budget_goes_alone),
        TEST(bound_beyond_a_chunk_takes_only_what_is_written),
        TEST(account_stands_at_the_acknowledged_position),
        TEST(record_of_several_lines_is_one_record),
        TEST(quarantined_record_is_counted_by_its_offset),
        TEST(memory_is_given_back_when_nothing_is_under_way),
        TEST(close_with_records_under_way_releases_all),
        TEST(any_order_moves_over_the_acknowledged_prefix_only),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
