/*
 * test_lines.c - lines into records: nothing lost, nothing twice, the same ids on every reading.
 */
#include "shipper/lines.h"

#include <poll.h>

#include "common/record.h"
#include "shipper/config.h"
#include "shipper/input/input.h"
#include "shipper/join/join.h"
#include "shipper/stream.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define LINES_MAX  400
#define LINE(user) "h - " user " [10/Oct/2000:13:55:36 +0000] \"GET / HTTP/1.1\" 200 1\n"
#define LINE_TIME  971186136

/* What the taker saw of one line. */
struct seen {
    char id[RECORD_ID_LEN];
    uint64_t offset;
    enum line_verdict verdict;
    int64_t time_s;
    bool cut;
};

struct bench {
    struct shipper_config config;
    struct input_config input;
    struct lines lines;
    struct stream stream;
    struct arena arena;
    struct record record;
    struct rng *rng; /* NULL: takes everything */
    struct seen seen[LINES_MAX];
    size_t count;
    char *text; /* the last record as JSON */
};

static struct lines open_lines(struct bench *bench)
{
    struct lines lines = {0};
    struct error err;

    assert_int_equal(lines_open(&lines, &bench->config, &bench->input, &err), OK);
    return lines;
}

/* From the beginning of the content, as after a lost checkpoint. */
static void start(struct bench *bench)
{
    stream_release(&bench->stream);
    assert_true(stream_init(&bench->stream, &bench->input, "/log/a.log", "/log/a.log"));
    stream_identify(&bench->stream, "agent", 42, 0);
    bench->count = 0;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    bench->config.agent.id = (char *)"agent";
    bench->config.host_name = (char *)"host";
    bench->config.line_max_bytes = 100;
    bench->input.type = (char *)"file";
    bench->input.format = (char *)"apache-common";
    bench->input.dataset = (char *)"web";
    bench->lines = open_lines(bench);
    arena_init(&bench->arena, 65536, 1 << 20);
    record_init(&bench->record, &bench->arena);
    start(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    lines_close(&bench->lines);
    stream_release(&bench->stream);
    arena_release(&bench->arena);
    free(bench->text);
    free(bench);
    return 0;
}

static void keep_text(struct bench *bench, struct record *record)
{
    uint64_t invalid = 0;

    free(bench->text);
    bench->text = malloc(record_encode_bound(record) + 1);
    assert_non_null(bench->text);
    bench->text[record_encode(record, bench->text, &invalid)] = '\0';
}

static bool taker(void *arg, struct stream *stream, const struct event *event,
                  enum line_verdict verdict, struct record *record, const struct position *after)
{
    struct bench *bench = arg;
    struct seen *seen = &bench->seen[bench->count];

    if (bench->rng && rng_one_in(bench->rng, 3))
        return false;
    assert_true(bench->count < LINES_MAX);
    assert_true(after->offset >= stream->read.offset || event->cut);
    memcpy(seen->id, bench->lines.id, RECORD_ID_LEN);
    seen->offset = event->offset;
    seen->verdict = verdict;
    seen->time_s = after->time.s;
    seen->cut = event->cut;
    bench->count++;
    if (verdict != LINE_FILTERED)
        keep_text(bench, record);
    return true;
}

/* Hands `len` bytes on from where the stream stands; true when all of them were taken. */
static bool give(struct bench *bench, struct slice content, size_t len)
{
    uint64_t offset = bench->stream.read.offset;
    bool last = offset + len == content.len;

    const struct input_piece piece = {
        .stream = &bench->stream, .bytes = {content.data + offset, len}, .last = last};

    return lines_each(&bench->lines, &piece, &bench->record, taker, bench);
}

static void give_all(struct bench *bench, struct slice content)
{
    assert_true(give(bench, content, content.len - bench->stream.read.offset));
}

/* In random pieces, to a taker that refuses at random. */
static void give_randomly(struct bench *bench, struct slice content, struct rng *rng)
{
    bench->rng = rng;
    for (int round = 0; bench->stream.read.offset < content.len; round++) {
        size_t left = content.len - bench->stream.read.offset;
        size_t most = bench->config.line_max_bytes + 2, len = most + rng_below(rng, 200);

        assert_true(round < 100000);
        give(bench, content, len < left ? len : left);
    }
    bench->rng = NULL;
}

static void expect_in_record(struct bench *bench, const char *part)
{
    if (!strstr(bench->text, part))
        fail_msg("no %s in %s", part, bench->text);
}

static void record_says_who_and_where(void **state)
{
    struct bench *bench = *state;

    give_all(bench, SLICE("bad\n" LINE("u")));
    assert_int_equal(bench->count, 2);
    assert_int_equal(bench->seen[1].verdict, LINE_PARSED);
    assert_int_equal(bench->seen[1].offset, 4);
    expect_in_record(bench, "\"dataset\":\"web\"");
    expect_in_record(
        bench, "\"log\":{\"level\":\"info\",\"file\":{\"path\":\"/log/a.log\",\"fingerprint\":"
               "\"16a422e56c74c43a\"},\"offset\":4}");
    expect_in_record(bench, "\"host\":{\"name\":\"host\"},\"agent\":{\"id\":\"agent\"}");
    assert_null(strstr(bench->text, "\"original\":\"h - "));
}

static void original_is_kept_when_wanted(void **state)
{
    struct bench *bench = *state;

    bench->input.keep_original = true;
    give_all(bench, SLICE(LINE("u")));
    expect_in_record(bench, "\"original\":\"h - u [");
}

static void standard_input_has_no_path(void **state)
{
    struct bench *bench = *state;

    assert_true(stream_move(&bench->stream, "-"));
    give_all(bench, SLICE(LINE("u")));
    assert_null(strstr(bench->text, "\"path\":\"-\""));
}

static void line_without_time_takes_the_last_one(void **state)
{
    struct bench *bench = *state;

    bench->stream.read.time.s = 1000;
    give_all(bench, SLICE("bad\n" LINE("u") "bad\n"));
    assert_int_equal(bench->seen[0].verdict, LINE_UNPARSED);
    assert_int_equal(bench->seen[0].time_s, 1000);
    assert_int_equal(bench->seen[1].time_s, LINE_TIME);
    assert_int_equal(bench->seen[2].time_s, LINE_TIME);
    expect_in_record(bench, "\"@timestamp\":\"2000-10-10T13:55:36.000Z\"");
    expect_in_record(bench, "\"tags\":[\"_parsefailure\"]");
}

static void refused_line_leaves_everything_as_it_was(void **state)
{
    struct bench *bench = *state;
    struct rng rng = {0};
    struct position before = bench->stream.read;

    bench->rng = &rng;
    for (int round = 0; round < 100 && bench->count == 0; round++) {
        assert_memory_equal(&bench->stream.read, &before, sizeof(before));
        give(bench, SLICE(LINE("u")), sizeof(LINE("u")) - 1);
    }
    assert_int_equal(bench->count, 1);
    assert_int_equal(bench->stream.lines, 1);
    assert_int_equal(bench->stream.read.offset, sizeof(LINE("u")) - 1);
}

static void too_long_line_is_cut_marked_and_left_behind(void **state)
{
    struct bench *bench = *state;
    scoped_buf struct buf content = BUF_INIT(4096);

    for (int i = 0; i < 1000; i++)
        buf_add_char(&content, 'x');
    buf_add_text(&content, "\n" LINE("u"));
    assert_true(give(bench, buf_slice(&content), 150));
    assert_int_equal(bench->count, 1);
    assert_true(bench->seen[0].cut && bench->stream.skipping);
    expect_in_record(bench, "_truncated");
    assert_int_equal(bench->stream.read.offset, 150);
    assert_true(give(bench, buf_slice(&content), 150));
    assert_int_equal(bench->count, 1);
    give_all(bench, buf_slice(&content));
    assert_int_equal(bench->count, 2);
    assert_int_equal(bench->seen[1].verdict, LINE_PARSED);
    assert_int_equal(bench->seen[1].offset, 1001);
    assert_false(bench->stream.skipping);
}

static void mark_is_of_the_bytes_before(void **state)
{
    static const char content[] = LINE("a") LINE("b") LINE("c");
    struct bench *bench = *state;
    struct mark mark;

    give_all(bench, SLICE(content));
    mark = stream_mark(SLICE(content));
    assert_true(mark_equal(bench->stream.read.mark, mark));
}

/* Lines of all kinds: parsed, not parsed, empty, too long. */
static void random_content(struct rng *rng, struct buf *content)
{
    for (uint32_t n = 1 + rng_below(rng, 60); n; n--) {
        switch (rng_below(rng, 6)) {
        case 0:
            buf_add_text(content, "not a line of a log\n");
            break;
        case 1:
            buf_add_text(content, rng_one_in(rng, 2) ? "\n" : "\r\n");
            break;
        case 2:
            for (uint32_t x = rng_below(rng, 500); x; x--)
                buf_add_char(content, 'x');
            buf_add_char(content, '\n');
            break;
        default:
            buf_addf(content, "h - u%u [10/Oct/2000:13:55:%02u +0000] \"GET / HTTP/1.1\" 200 1\n",
                     rng_below(rng, 100), rng_below(rng, 60));
        }
    }
    if (rng_one_in(rng, 2))
        buf_add_text(content, "rest");
}

static void expect_same(const struct seen *a, const struct seen *b)
{
    assert_int_equal(a->offset, b->offset);
    assert_memory_equal(a->id, b->id, RECORD_ID_LEN);
    assert_int_equal(a->verdict, b->verdict);
    assert_int_equal(a->time_s, b->time_s);
    assert_int_equal(a->cut, b->cut);
}

static void taker_that_blocks_sees_every_line_once(void **state)
{
    static struct seen whole[LINES_MAX];
    struct bench *bench = *state;
    struct rng rng = rng_start();

    for (int round = 0; round < 400; round++) {
        scoped_buf struct buf content = BUF_INIT(1 << 20);
        size_t count;

        random_content(&rng, &content);
        start(bench);
        give_all(bench, buf_slice(&content));
        count = bench->count;
        memcpy(whole, bench->seen, sizeof(whole));
        start(bench);
        give_randomly(bench, buf_slice(&content), &rng);
        assert_int_equal(bench->count, count);
        assert_int_equal(bench->stream.lines, count);
        for (size_t i = 0; i < count; i++)
            expect_same(&bench->seen[i], &whole[i]);
    }
}

/* From any acknowledged position the rest has the same ids. */
static void restart_between_two_lines_gives_the_same_ids(void **state)
{
    static const char content[] = "bad\n" LINE("a") "bad\n\n" LINE("b") "bad\n";
    struct bench *bench = *state;
    struct seen whole[6];

    give_all(bench, SLICE(content));
    assert_int_equal(bench->count, 6);
    memcpy(whole, bench->seen, sizeof(whole));
    for (size_t from = 1; from < 6; from++) {
        start(bench);
        bench->stream.read.offset = whole[from].offset;
        bench->stream.read.time.s = whole[from - 1].time_s;
        give_all(bench, SLICE(content));
        assert_int_equal(bench->count, 6 - from);
        for (size_t i = from; i < 6; i++)
            expect_same(&bench->seen[i - from], &whole[i]);
    }
}

static void sampling_decides_the_same_on_every_reading(void **state)
{
    struct bench *bench = *state;
    scoped_buf struct buf content = BUF_INIT(1 << 20);
    enum line_verdict first[LINES_MAX];
    double percent = 25;
    size_t kept = 0;

    for (int i = 0; i < LINES_MAX; i++)
        buf_addf(&content, "h - u%d [10/Oct/2000:13:55:36 +0000] \"GET / HTTP/1.1\" 200 1\n", i);
    bench->input.sample_percent = &percent;
    lines_close(&bench->lines);
    bench->lines = open_lines(bench);
    for (int reading = 0; reading < 2; reading++) {
        start(bench);
        give_all(bench, buf_slice(&content));
        assert_int_equal(bench->count, LINES_MAX);
        for (size_t i = 0; i < LINES_MAX; i++) {
            if (reading)
                assert_int_equal(bench->seen[i].verdict, first[i]);
            first[i] = bench->seen[i].verdict;
            kept += reading && first[i] == LINE_PARSED;
        }
    }
    assert_in_range(kept, 60, 140);
}

static void sample_of_nothing_and_of_everything(void **state)
{
    struct bench *bench = *state;
    double percent = 0;

    for (int i = 0; i < 2; i++, percent = 100) {
        bench->input.sample_percent = &percent;
        lines_close(&bench->lines);
        bench->lines = open_lines(bench);
        start(bench);
        give_all(bench, SLICE(LINE("a") LINE("b")));
        assert_int_equal(bench->seen[0].verdict, i ? LINE_PARSED : LINE_FILTERED);
        assert_int_equal(bench->seen[1].verdict, i ? LINE_PARSED : LINE_FILTERED);
    }
}

static void shortened_record_fits_whatever_it_held(void **state)
{
    struct bench *bench = *state;
    char *text = malloc(100000);
    struct event line = {.text = {text, 100000}, .offset = 7};

    assert_non_null(text);
    memset(text, 1, 100000); /* each byte takes six in JSON */
    memset(bench->lines.id, 'x', RECORD_ID_LEN);
    for (size_t max = 4096; max <= 65536; max *= 2) {
        lines_shorten(&bench->lines, &bench->stream, &line, &bench->record, max);
        keep_text(bench, &bench->record);
        assert_in_range(strlen(bench->text), 1, max);
        expect_in_record(bench, "\"tags\":[\"_truncated\"]");
        expect_in_record(bench, "\"offset\":7");
    }
    free(text);
}

static void reopen(struct bench *bench)
{
    lines_close(&bench->lines);
    bench->lines = open_lines(bench);
    start(bench);
}

/* Steps on fields first, then rules, which see what is hidden afterwards. */
static void records_are_changed_then_chosen_then_redacted(void **state)
{
    struct field_step_config steps[] = {
        {.rename = (char *)"user.name", .to = (char *)"service.name"}};
    struct redact_config redact = {.ip = REDACT_MASK, .email = REDACT_MASK};
    struct bench *bench = *state;

    bench->config.processing.redact = &redact;
    bench->input.process.fields = steps;
    bench->input.process.field_count = 1;
    bench->input.process.keep = (char *)"service:*@example.org ip:10.0.0.0/8";
    bench->input.keep_original = true;
    reopen(bench);
    give_all(bench,
             SLICE("10.1.2.3 - a@example.org [10/Oct/2000:13:55:36 +0000] \"GET /\" 200 1\n"
                   "10.1.2.3 - a@other.org [10/Oct/2000:13:55:36 +0000] \"GET /\" 200 1\n"
                   "192.0.2.1 - a@example.org [10/Oct/2000:13:55:36 +0000] \"GET /\" 200 1\n"));
    assert_int_equal(bench->count, 3);
    assert_int_equal(bench->seen[0].verdict, LINE_PARSED);
    assert_int_equal(bench->seen[1].verdict, LINE_FILTERED);
    assert_int_equal(bench->seen[2].verdict, LINE_FILTERED);
    expect_in_record(bench, "\"service\":{\"name\":\"[email]\"}");
    expect_in_record(bench, "\"original\":\"[ip] - [email] [10/Oct");
    assert_null(strstr(bench->text, "10.1.2.3"));
}

static void shortened_record_is_redacted_too(void **state)
{
    struct redact_config redact = {.email = REDACT_MASK};
    struct bench *bench = *state;
    struct event line = {.text = SLICE("by a@example.org and more")};

    bench->config.processing.redact = &redact;
    reopen(bench);
    lines_shorten(&bench->lines, &bench->stream, &line, &bench->record, 65536);
    keep_text(bench, &bench->record);
    expect_in_record(bench, "\"message\":\"by [email] and more\"");
}

/* Too much for now: the rest is offered again, and nothing is left out or doubled. */
static void rate_limit_delays_at_a_line_and_goes_on_there(void **state)
{
    double rate = 200;
    uint64_t burst_ms = 50;
    struct rate_config limit = {.lines_per_second = &rate, .burst_ms = &burst_ms};
    struct bench *bench = *state;
    char content[100 * 80];
    size_t len = 0;
    unsigned pauses = 0;

    bench->input.process.rate_limit = &limit;
    reopen(bench);
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(content + len, sizeof(content) - len, LINE("u%d"), i);
    while (bench->stream.read.offset < len) {
        size_t before = bench->count;
        bool all = give(bench, (struct slice){content, len}, len - bench->stream.read.offset);

        assert_int_equal(all, !bench->lines.delayed);
        pauses += !all;
        if (!all && bench->count == before)
            poll(NULL, 0, 5); /* the clock is the real one */
    }
    assert_true(pauses > 10);
    assert_int_equal(bench->count, 100);
    for (size_t i = 1; i < bench->count; i++)
        assert_true(bench->seen[i].offset > bench->seen[i - 1].offset);
}

static void rate_limit_drops_when_asked(void **state)
{
    double rate = 0.1;
    struct rate_config limit = {.lines_per_second = &rate, .on_limit = ON_LIMIT_DROP};
    struct bench *bench = *state;

    bench->input.process.rate_limit = &limit;
    reopen(bench);
    give_all(bench, SLICE(LINE("a") LINE("b") LINE("c")));
    assert_int_equal(bench->count, 3);
    assert_int_equal(bench->seen[0].verdict, LINE_PARSED);
    assert_int_equal(bench->seen[1].verdict, LINE_DROPPED);
    assert_int_equal(bench->seen[2].verdict, LINE_DROPPED);
    assert_int_equal(bench->seen[2].time_s, LINE_TIME);
}

/* The names of columns are no line of the log: without them the others could not be read. */
static void headings_are_never_dropped(void **state)
{
    double rate = 0.1;
    struct rate_config limit = {.lines_per_second = &rate, .on_limit = ON_LIMIT_DROP};
    struct bench *bench = *state;

    bench->input.format = (char *)"csv";
    bench->input.process.rate_limit = &limit;
    reopen(bench);
    give_all(bench, SLICE("a,b\n1,2\n3,4\n"));
    assert_int_equal(bench->seen[0].verdict, LINE_NOTHING);
    bench->input.process.rate_limit = NULL;
    lines_close(&bench->lines);
    bench->lines = open_lines(bench);
    bench->stream.read.offset = 8;
    bench->count = 0;
    give_all(bench, SLICE("a,b\n1,2\n3,4\n"));
    expect_in_record(bench, "\"b\":\"4\"");
}

static void unknown_format_is_refused(void **state)
{
    struct bench *bench = *state;
    struct lines lines = {0};
    struct error err;

    bench->input.format = (char *)"nothing";
    assert_int_equal(lines_open(&lines, &bench->config, &bench->input, &err), REJECT);
    lines_close(&lines);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(record_says_who_and_where),
        CASE(original_is_kept_when_wanted),
        CASE(standard_input_has_no_path),
        CASE(line_without_time_takes_the_last_one),
        CASE(refused_line_leaves_everything_as_it_was),
        CASE(too_long_line_is_cut_marked_and_left_behind),
        CASE(mark_is_of_the_bytes_before),
        CASE(taker_that_blocks_sees_every_line_once),
        CASE(restart_between_two_lines_gives_the_same_ids),
        CASE(sampling_decides_the_same_on_every_reading),
        CASE(sample_of_nothing_and_of_everything),
        CASE(shortened_record_fits_whatever_it_held),
        CASE(records_are_changed_then_chosen_then_redacted),
        CASE(shortened_record_is_redacted_too),
        CASE(rate_limit_delays_at_a_line_and_goes_on_there),
        CASE(rate_limit_drops_when_asked),
        CASE(headings_are_never_dropped),
        CASE(unknown_format_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
