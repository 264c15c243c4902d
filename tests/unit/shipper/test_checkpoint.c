/*
 * test_checkpoint.c - positions on disk, also when the disk gives something else back.
 */
#include "shipper/checkpoint.h"

#include <signal.h>
#include <sys/resource.h>
#include <xxhash.h>

#include "common/log.h"
#include "common/scope.h"
#include "tests/unit/support/folder.h"

#define DAY_MS 86400000ll
#define NOW_MS (100 * DAY_MS)

struct bench {
    char folder[64], state[FOLDER_PATH_MAX];
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    log_set_level(LEVEL_ERROR + 1); /* damage is told, often */
    folder_make(bench->folder);
    snprintf(bench->state, sizeof(bench->state), "%s/deep/state", bench->folder);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    folder_remove(bench->folder);
    free(bench);
    return 0;
}

static struct checkpoint *open_state(struct bench *bench)
{
    struct checkpoint *checkpoint = NULL;
    struct error err;

    if (checkpoint_open(bench->state, &checkpoint, &err) != OK)
        fail_msg("%s", err.text);
    return checkpoint;
}

static const char *file_path(struct bench *bench, const char *file)
{
    static char path[FOLDER_PATH_MAX + 32];

    snprintf(path, sizeof(path), "%s/%s", bench->state, file);
    return path;
}

/* An account that belongs to its position. */
static struct account account_at(uint64_t offset)
{
    return (struct account){.lines = 2 * offset,
                            .records = offset,
                            .sum = UINT64_MAX - offset,
                            .filtered = offset,
                            .quarantined = offset / 2,
                            .quarantined_sum = offset * offset};
}

static struct checkpoint_entry *add(struct checkpoint *checkpoint, const char *stream,
                                    uint64_t offset)
{
    struct checkpoint_entry *entry = checkpoint_add(checkpoint, stream, stream, 1, 0);

    assert_non_null(entry);
    entry->last_seen_ms = NOW_MS;
    entry->acked.offset = offset;
    entry->account = account_at(offset);
    return entry;
}

static void save(struct checkpoint *checkpoint)
{
    struct error err;

    if (checkpoint_save(checkpoint, NOW_MS, &err) != OK)
        fail_msg("%s", err.text);
}

static size_t count(struct checkpoint *checkpoint)
{
    size_t n = 0;

    for (struct checkpoint_entry *entry = checkpoint_entries(checkpoint); entry;
         entry = entry->next)
        n++;
    return n;
}

static void move_to(struct checkpoint *checkpoint, struct checkpoint_entry *entry, uint64_t offset)
{
    entry->acked.offset = offset;
    entry->account = account_at(offset);
    checkpoint_changed(checkpoint, entry);
    save(checkpoint);
}

/*
 * checkpoint.1 says 1, its journal 2; checkpoint.2 says 2, its journal 3: a
 * start makes a new checkpoint of what it has found in a journal.
 */
static void make_two_generations(struct bench *bench)
{
    struct checkpoint *checkpoint = open_state(bench);
    struct checkpoint_entry *entry = add(checkpoint, "/a", 1);

    save(checkpoint);
    move_to(checkpoint, entry, 2);
    checkpoint_close(checkpoint);
    checkpoint = open_state(bench);
    save(checkpoint);
    move_to(checkpoint, checkpoint_entries(checkpoint), 3);
    checkpoint_close(checkpoint);
}

/* What is read is one of the states that were saved, or none. */
static uint64_t offset_read(struct bench *bench)
{
    struct checkpoint *checkpoint = open_state(bench);
    struct checkpoint_entry *entry = checkpoint_entries(checkpoint);
    uint64_t offset = entry ? entry->acked.offset : 0;

    assert_int_equal(checkpoint_is_new(checkpoint), entry == NULL);
    if (entry) {
        struct account account = account_at(offset);

        assert_string_equal(entry->stream, "/a");
        if (entry->account.from == 0) /* version 1 had none */
            assert_memory_equal(&entry->account, &account, sizeof(account));
        assert_null(entry->next);
    }
    checkpoint_close(checkpoint);
    return offset;
}

static void first_start_is_new(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);

    assert_true(checkpoint_is_new(checkpoint));
    assert_null(checkpoint_entries(checkpoint));
    save(checkpoint);
    checkpoint_close(checkpoint);
    checkpoint = open_state(*state);
    assert_false(checkpoint_is_new(checkpoint));
    checkpoint_close(checkpoint);
    checkpoint_close(NULL);
}

static void fill(struct checkpoint *checkpoint, struct checkpoint_entry *entry, bool flag)
{
    checkpoint_set_file(checkpoint, entry, UINT64_MAX, UINT64_MAX - 1 - flag, -7);
    entry->acked = (struct position){.offset = (uint64_t)1 << 60,
                                     .mark = {UINT64_MAX - 2, 256, NULL},
                                     .time = {-62135596800, 999999999},
                                     .timed = flag};
    entry->size = UINT64_MAX;
    entry->found_ms = NOW_MS - 5;
    entry->last_seen_ms = NOW_MS;
    entry->finished = !flag;
    checkpoint_changed(checkpoint, entry);
}

/* By the checkpoint, and by the journal, as a new entry and as a changed one. */
static void every_member_survives_the_round_trip(void **state)
{
    static const char *const streams[] = {"/log/\"a\"\\\n\xc3\xa9.log", "/log/\xff\xfe\x80.log",
                                          "/log/plain"};
    struct checkpoint *checkpoint = open_state(*state);
    struct checkpoint_entry *entries[3];

    for (int i = 0; i < 3; i++) {
        entries[i] = checkpoint_add(checkpoint, streams[i], streams[2 - i],
                                    0x8000000000000001u + (unsigned)i, 7);
        fill(checkpoint, entries[i], true);
        save(checkpoint);
    }
    fill(checkpoint, entries[1], false);
    save(checkpoint);
    for (int round = 0; round < 2; round++) { /* the second start reads a checkpoint only */
        checkpoint_close(checkpoint);
        checkpoint = open_state(*state);
        assert_int_equal(count(checkpoint), 3);
        for (int i = 0; i < 3; i++) {
            struct checkpoint_entry *entry = checkpoint_of_stream(checkpoint, streams[i], NULL);

            assert_non_null(entry);
            assert_string_equal(entry->path, streams[2 - i]);
            assert_true(entry->device == UINT64_MAX && entry->born_ns == -7);
            assert_true(entry->inode == UINT64_MAX - 1 - (i != 1));
            assert_true(entry->generation == 7 && entry->acked.offset == (uint64_t)1 << 60);
            assert_true(entry->acked.mark.hash == UINT64_MAX - 2 && entry->acked.mark.len == 256);
            assert_true(entry->acked.time.s == -62135596800 && entry->acked.time.ns == 999999999);
            assert_int_equal(entry->acked.timed, i != 1);
            assert_int_equal(entry->finished, i == 1);
            assert_true(entry->size == UINT64_MAX && !entry->claimed);
            assert_true(entry->found_ms == NOW_MS - 5 && entry->last_seen_ms == NOW_MS);
            assert_true(entry->fingerprint == 0x8000000000000001u + (unsigned)i);
        }
        save(checkpoint);
    }
    checkpoint_close(checkpoint);
}

static void many_entries_survive(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);
    char name[32];

    for (unsigned i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "/log/%u", i);
        add(checkpoint, name, i);
    }
    save(checkpoint);
    checkpoint_close(checkpoint);
    checkpoint = open_state(*state);
    assert_int_equal(count(checkpoint), 3000);
    checkpoint_close(checkpoint);
}

static void nothing_is_written_without_a_change(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);

    save(checkpoint);
    assert_int_equal(access(file_path(*state, "checkpoint.1"), F_OK), 0);
    save(checkpoint);
    assert_int_not_equal(access(file_path(*state, "journal.1"), F_OK), 0);
    checkpoint_close(checkpoint);
}

static off_t size_of(struct bench *bench, const char *file)
{
    struct stat st;

    return stat(file_path(bench, file), &st) == 0 ? st.st_size : -1;
}

/* Ten thousand files, one of which grows: what is written is about that one. */
static void one_change_costs_one_line(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);
    struct checkpoint_entry *entry;
    char name[32];

    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof(name), "/log/%u", i);
        entry = add(checkpoint, name, i);
    }
    save(checkpoint);
    move_to(checkpoint, entry, 1);
    move_to(checkpoint, entry, 2);
    assert_true(size_of(*state, "journal.1") > 0 && size_of(*state, "journal.1") < 1000);
    for (unsigned i = 3; i < 100; i++)
        move_to(checkpoint, entry, i);
    assert_int_equal(size_of(*state, "checkpoint.2"), -1);
    checkpoint_close(checkpoint);
}

static void journal_that_grows_becomes_a_checkpoint(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);
    struct checkpoint_entry *entry = add(checkpoint, "/a", 0);

    for (unsigned i = 1; i < 5000; i++)
        move_to(checkpoint, entry, i);
    assert_int_equal(size_of(*state, "checkpoint.1"), -1);
    checkpoint_close(checkpoint);
    assert_int_equal(offset_read(*state), 4999);
}

static void entries_are_found_by_file_and_by_beginning(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);
    struct checkpoint_entry *a = checkpoint_add(checkpoint, "/a", "/a", 11, 0);
    struct checkpoint_entry *b = checkpoint_add(checkpoint, "/b", "/b", 11, 0);

    checkpoint_set_file(checkpoint, a, 1, 2, 0);
    assert_ptr_equal(checkpoint_of_file(checkpoint, 1, 2, NULL), a);
    assert_null(checkpoint_of_file(checkpoint, 1, 2, a));
    checkpoint_set_file(checkpoint, a, 1, 3, 0);
    assert_null(checkpoint_of_file(checkpoint, 1, 2, NULL));
    assert_ptr_equal(checkpoint_of_file(checkpoint, 1, 3, NULL), a);
    assert_ptr_equal(checkpoint_of_head(checkpoint, 11, NULL), b);
    assert_ptr_equal(checkpoint_of_head(checkpoint, 11, b), a);
    assert_null(checkpoint_of_head(checkpoint, 11, a));
    assert_null(checkpoint_of_stream(checkpoint, "/c", NULL));
    checkpoint_close(checkpoint);
}

static void forgotten_entries_stay_forgotten(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);

    for (unsigned i = 0; i < 60000; i++) {
        char name[32];

        snprintf(name, sizeof(name), "/log/%u", i);
        add(checkpoint, name, i)->last_seen_ms = NOW_MS - i;
        if (i == 100)
            save(checkpoint);
    }
    save(checkpoint);
    assert_in_range(count(checkpoint), 40000, 50000);
    assert_non_null(checkpoint_of_stream(checkpoint, "/log/7", NULL));
    assert_null(checkpoint_of_stream(checkpoint, "/log/59999", NULL));
    checkpoint_close(checkpoint);
    checkpoint = open_state(*state);
    assert_in_range(count(checkpoint), 40000, 50000);
    checkpoint_close(checkpoint);
}

static void what_was_not_seen_for_long_is_forgotten(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);

    add(checkpoint, "/old", 1)->last_seen_ms = NOW_MS - 31 * DAY_MS;
    add(checkpoint, "/recent", 1)->last_seen_ms = NOW_MS - 29 * DAY_MS;
    add(checkpoint, "/open", 1)->last_seen_ms = NOW_MS - 31 * DAY_MS;
    checkpoint_entries(checkpoint)->claimed = true;
    save(checkpoint);
    assert_int_equal(count(checkpoint), 2);
    checkpoint_close(checkpoint);
}

static void second_opener_is_refused(void **state)
{
    struct bench *bench = *state;
    struct checkpoint *first = open_state(bench), *second = NULL;
    struct error err;

    assert_int_equal(checkpoint_open(bench->state, &second, &err), FATAL);
    assert_non_null(strstr(err.text, "another shipper"));
    checkpoint_close(first);
    checkpoint_close(open_state(bench));
}

static void unusable_folder_is_told(void **state)
{
    struct bench *bench = *state;
    struct checkpoint *checkpoint = NULL;
    char path[FOLDER_PATH_MAX];
    struct error err;

    snprintf(path, sizeof(path), "%s/file", bench->folder);
    file_write(path, SLICE("x"), O_TRUNC);
    assert_int_equal(checkpoint_open(path, &checkpoint, &err), FATAL);
    assert_non_null(strstr(err.text, path));
    snprintf(path, sizeof(path), "%s/file/below", bench->folder);
    assert_int_equal(checkpoint_open(path, &checkpoint, &err), FATAL);
}

/* Every single flipped bit of the newest checkpoint: the one before it and the journals say the
 * same. */
static void flipped_bytes_of_a_checkpoint_cost_nothing(void **state)
{
    struct bench *bench = *state;
    struct slice good;

    make_two_generations(bench);
    assert_int_equal(offset_read(bench), 3);
    good = file_read(file_path(bench, "checkpoint.2"));
    for (size_t i = 0; i < good.len; i++) {
        char *bytes = (char *)good.data + i, was = *bytes;

        *bytes = (char)(was ^ 1 << i % 8);
        file_write(file_path(bench, "checkpoint.2"), good, O_TRUNC);
        *bytes = was;
        assert_int_equal(offset_read(bench), 3);
        assert_int_equal(access(file_path(bench, "checkpoint.damaged"), F_OK), 0);
    }
    free((char *)good.data);
}

static void cut_checkpoints_cost_nothing(void **state)
{
    struct bench *bench = *state;
    struct slice good;

    make_two_generations(bench);
    good = file_read(file_path(bench, "checkpoint.2"));
    for (size_t len = 0; len < good.len; len++) {
        file_write(file_path(bench, "checkpoint.2"), (struct slice){good.data, len}, O_TRUNC);
        assert_int_equal(offset_read(bench), 3);
    }
    free((char *)good.data);
}

/* A journal may be cut anywhere, as power loss does: what was written before still counts. */
static void cut_journal_gives_one_of_its_states(void **state)
{
    struct bench *bench = *state;
    struct checkpoint *checkpoint = open_state(bench);
    struct checkpoint_entry *entry = add(checkpoint, "/a", 1);
    struct slice good;
    uint64_t before = 1;

    save(checkpoint);
    for (unsigned i = 2; i <= 6; i++)
        move_to(checkpoint, entry, i);
    checkpoint_close(checkpoint);
    good = file_read(file_path(bench, "journal.1"));
    for (size_t len = 0; len <= good.len; len++) {
        uint64_t offset;

        file_write(file_path(bench, "journal.1"), (struct slice){good.data, len}, O_TRUNC);
        offset = offset_read(bench);
        assert_true(offset == before || offset == before + 1);
        before = offset;
    }
    assert_int_equal(before, 6);
    assert_int_not_equal(access(file_path(bench, "journal.damaged"), F_OK), 0);
    free((char *)good.data);
}

static void damaged_journal_lines_are_left_out_and_told(void **state)
{
    struct bench *bench = *state;
    struct checkpoint *checkpoint = open_state(bench);
    struct checkpoint_entry *entry = add(checkpoint, "/a", 1);
    struct slice good;

    save(checkpoint);
    for (unsigned i = 2; i <= 4; i++)
        move_to(checkpoint, entry, i);
    checkpoint_close(checkpoint);
    good = file_read(file_path(bench, "journal.1"));
    for (size_t i = 0; i < good.len; i++) {
        char *bytes = (char *)good.data + i, was = *bytes;

        *bytes = (char)(was ^ 1 << i % 8);
        file_write(file_path(bench, "journal.1"), good, O_TRUNC);
        *bytes = was;
        assert_in_range(offset_read(bench), 2, 4); /* 2: two lines have become one */
    }
    assert_int_equal(access(file_path(bench, "journal.damaged"), F_OK), 0);
    free((char *)good.data);
}

/* The lines of one journal say nothing behind another checkpoint. */
static void journal_of_another_number_is_not_applied(void **state)
{
    struct bench *bench = *state;
    struct slice other;

    make_two_generations(bench);
    other = file_read(file_path(bench, "journal.1"));
    file_write(file_path(bench, "journal.2"), other, O_TRUNC);
    assert_int_equal(offset_read(bench), 2);
    free((char *)other.data);
}

static void everything_damaged_is_a_new_start(void **state)
{
    static const char *const files[] = {"checkpoint.1", "checkpoint.2", "journal.1", "journal.2"};
    struct bench *bench = *state;

    make_two_generations(bench);
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        file_write(file_path(bench, files[i]), SLICE("\0\0\0\0\0\0\0\0"), O_TRUNC);
    assert_int_equal(offset_read(bench), 0);
    make_two_generations(bench);
    assert_int_equal(offset_read(bench), 3);
}

static void half_written_file_is_never_read(void **state)
{
    struct bench *bench = *state;

    make_two_generations(bench);
    file_write(file_path(bench, "checkpoint.new"), SLICE("half"), O_TRUNC);
    assert_int_equal(offset_read(bench), 3);
}

static void only_the_last_two_are_kept(void **state)
{
    struct bench *bench = *state;

    for (int i = 0; i < 5; i++) {
        struct checkpoint *checkpoint = open_state(bench);
        struct checkpoint_entry *entry = checkpoint_entries(checkpoint);

        if (!entry)
            entry = add(checkpoint, "/a", 1);
        save(checkpoint);
        move_to(checkpoint, entry, (uint64_t)i + 10);
        checkpoint_close(checkpoint);
    }
    assert_int_equal(size_of(bench, "checkpoint.3"), -1);
    assert_int_equal(size_of(bench, "journal.3"), -1);
    assert_true(size_of(bench, "checkpoint.4") > 0 && size_of(bench, "checkpoint.5") > 0);
    assert_int_equal(offset_read(bench), 14);
}

static void see(void *arg, const struct checkpoint_entry *entry)
{
    struct buf *seen = arg;

    buf_addf(seen, "%s=%llu ", entry->stream, (unsigned long long)entry->account.lines);
}

static void expect_untold(struct checkpoint *checkpoint, const char *expected)
{
    scoped_buf struct buf seen = BUF_INIT(1000);

    assert_int_equal(checkpoint_has_untold(checkpoint), *expected != '\0');
    checkpoint_each_untold(checkpoint, see, &seen);
    assert_string_equal(buf_str(&seen), expected);
    assert_false(checkpoint_has_untold(checkpoint));
}

static void account_that_moved_is_told_once(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);
    struct checkpoint_entry *a = add(checkpoint, "/a", 0), *b = add(checkpoint, "/b", 0);

    expect_untold(checkpoint, "");
    move_to(checkpoint, a, 1);
    expect_untold(checkpoint, "/a=2 ");
    a->last_seen_ms++;
    checkpoint_changed(checkpoint, a);
    expect_untold(checkpoint, "");
    move_to(checkpoint, a, 2);
    move_to(checkpoint, b, 1);
    move_to(checkpoint, a, 3);
    expect_untold(checkpoint, "/b=2 /a=6 ");
    a->account.abandoned = 100;
    checkpoint_changed(checkpoint, a);
    expect_untold(checkpoint, "/a=6 ");
    checkpoint_tell_all(checkpoint);
    checkpoint_tell_all(checkpoint);
    expect_untold(checkpoint, "/a=6 /b=2 ");
    checkpoint_close(checkpoint);
}

static void segment_that_is_over_stays_until_it_is_told(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);
    struct checkpoint_entry *entry = add(checkpoint, "/spool", 0);

    entry->last_seen_ms = 0;
    move_to(checkpoint, entry, 5); /* all of it, as the first one of a start */
    assert_int_equal(count(checkpoint), 1);
    expect_untold(checkpoint, "/spool=10 ");
    move_to(checkpoint, entry, 6);
    checkpoint_close(checkpoint);
    checkpoint = open_state(*state);
    save(checkpoint);
    assert_int_equal(count(checkpoint), 0);
    checkpoint_close(checkpoint);
}

/* As version 1 wrote it. */
static void old_version_is_read(void **state)
{
    static const char lines[] =
        "{\"stream\":\"/a\",\"path\":\"/a\",\"device\":\"1\",\"inode\":\"2\",\"fingerprint\":\"3\","
        "\"generation\":0,\"offset\":\"10\",\"mark\":\"ff\",\"mark_bytes\":4,\"time_s\":\"5\","
        "\"time_ns\":0,\"size\":\"20\",\"found_ms\":8000000000,\"last_seen_ms\":8640000000,"
        "\"finished\":false}\n";
    struct bench *bench = *state;
    struct checkpoint *checkpoint = open_state(bench);
    struct checkpoint_entry *entry;
    char text[1000];

    checkpoint_close(checkpoint);
    snprintf(text, sizeof(text),
             "{\"checkpoint\":\"alpex-shipper\",\"version\":1,\"hash\":\"%016llx\"}\n%s",
             (unsigned long long)XXH3_64bits(lines, strlen(lines)), lines);
    file_write(file_path(bench, "checkpoint"), slice_of(text), O_TRUNC);
    checkpoint = open_state(bench);
    assert_false(checkpoint_is_new(checkpoint));
    entry = checkpoint_of_file(checkpoint, 1, 2, NULL);
    assert_non_null(entry);
    assert_true(entry->acked.offset == 16 && entry->acked.timed && entry->size == 32);
    assert_int_equal(entry->account.from, 16); /* it knew no accounts: counting begins here */
    assert_int_equal(entry->account.lines, 0);
    save(checkpoint);
    checkpoint_close(checkpoint);
    assert_int_equal(size_of(bench, "checkpoint"), -1);
    assert_int_equal(offset_read(bench), 16);
}

static void newer_version_is_refused(void **state)
{
    struct bench *bench = *state;
    struct checkpoint *checkpoint;
    struct error err;
    char text[200];

    snprintf(text, sizeof(text),
             "{\"checkpoint\":\"alpex-shipper\",\"version\":3,\"hash\":\"%016llx\"}\nx\n",
             (unsigned long long)XXH3_64bits_withSeed("x\n", 2, 3));
    make_two_generations(bench);
    file_write(file_path(bench, "checkpoint.2"), slice_of(text), O_TRUNC);
    assert_int_equal(checkpoint_open(bench->state, &checkpoint, &err), FATAL);
    assert_non_null(strstr(err.text, "newer shipper"));
    assert_true(size_of(bench, "checkpoint.2") > 0);
}

/* Writing fails in the middle of a line, as on a full disk; later there is room again. */
static void full_disk_keeps_what_is_there_and_goes_on_later(void **state)
{
    struct bench *bench = *state;
    struct checkpoint *checkpoint = open_state(bench);
    struct checkpoint_entry *entry = add(checkpoint, "/a", 1);
    struct rlimit limit, small;
    struct error err;

    save(checkpoint);
    move_to(checkpoint, entry, 2);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){(rlim_t)size_of(bench, "journal.1") + 100, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    entry->acked.offset = 3;
    entry->account = account_at(3);
    checkpoint_changed(checkpoint, entry);
    for (int i = 0; i < 3; i++)
        assert_int_equal(checkpoint_save(checkpoint, NOW_MS, &err), RETRY);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    save(checkpoint);
    checkpoint_close(checkpoint);
    assert_int_equal(size_of(bench, "journal.damaged"), -1);
    assert_int_equal(offset_read(bench), 3);
    assert_int_equal(size_of(bench, "journal.damaged"), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(first_start_is_new),
        CASE(every_member_survives_the_round_trip),
        CASE(many_entries_survive),
        CASE(nothing_is_written_without_a_change),
        CASE(one_change_costs_one_line),
        CASE(journal_that_grows_becomes_a_checkpoint),
        CASE(entries_are_found_by_file_and_by_beginning),
        CASE(forgotten_entries_stay_forgotten),
        CASE(what_was_not_seen_for_long_is_forgotten),
        CASE(second_opener_is_refused),
        CASE(unusable_folder_is_told),
        CASE(flipped_bytes_of_a_checkpoint_cost_nothing),
        CASE(cut_checkpoints_cost_nothing),
        CASE(cut_journal_gives_one_of_its_states),
        CASE(damaged_journal_lines_are_left_out_and_told),
        CASE(journal_of_another_number_is_not_applied),
        CASE(everything_damaged_is_a_new_start),
        CASE(half_written_file_is_never_read),
        CASE(only_the_last_two_are_kept),
        CASE(account_that_moved_is_told_once),
        CASE(segment_that_is_over_stays_until_it_is_told),
        CASE(old_version_is_read),
        CASE(newer_version_is_refused),
        CASE(full_disk_keeps_what_is_there_and_goes_on_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
