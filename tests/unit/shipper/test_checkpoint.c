/*
 * test_checkpoint.c - positions on disk, also when the disk gives something else back.
 */
#include "shipper/checkpoint.h"

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

static struct checkpoint_entry *add(struct checkpoint *checkpoint, const char *stream,
                                    uint64_t offset)
{
    struct checkpoint_entry *entry = checkpoint_add(checkpoint, stream, stream);

    assert_non_null(entry);
    entry->fingerprint = 1;
    entry->last_seen_ms = NOW_MS;
    entry->acked.offset = offset;
    return entry;
}

static void save(struct checkpoint *checkpoint)
{
    struct error err;

    checkpoint_touch(checkpoint);
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

/* Saves offset 1 and then 2: one file and the previous one. */
static void make_two_generations(struct bench *bench)
{
    struct checkpoint *checkpoint = open_state(bench);
    struct checkpoint_entry *entry = add(checkpoint, "/a", 1);

    save(checkpoint);
    entry->acked.offset = 2;
    save(checkpoint);
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
        assert_string_equal(entry->stream, "/a");
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

static void every_member_survives_the_round_trip(void **state)
{
    static const char stream[] = "/log/\"a\"\\\n\xc3\xa9.log";
    struct checkpoint *checkpoint = open_state(*state);
    struct checkpoint_entry *entry = checkpoint_add(checkpoint, stream, "/log/a.1"), *back;
    struct checkpoint_entry values = {
        .device = UINT64_MAX,
        .inode = UINT64_MAX - 1,
        .fingerprint = 0x8000000000000001u,
        .generation = 7,
        .acked = {.offset = (uint64_t)1 << 60,
                  .mark = {UINT64_MAX - 2, 256},
                  .time = {-62135596800, 999999999}},
        .size = UINT64_MAX,
        .found_ms = NOW_MS - 5,
        .last_seen_ms = NOW_MS,
        .finished = true,
    };

    values.next = entry->next;
    values.stream = entry->stream;
    values.path = entry->path;
    *entry = values;
    save(checkpoint);
    checkpoint_close(checkpoint);
    checkpoint = open_state(*state);
    back = checkpoint_entries(checkpoint);
    assert_non_null(back);
    assert_string_equal(back->stream, stream);
    assert_string_equal(back->path, "/log/a.1");
    assert_true(back->device == values.device && back->inode == values.inode);
    assert_true(back->fingerprint == values.fingerprint && back->generation == 7);
    assert_true(back->acked.offset == values.acked.offset);
    assert_true(mark_equal(back->acked.mark, values.acked.mark));
    assert_true(back->acked.time.s == values.acked.time.s);
    assert_int_equal(back->acked.time.ns, values.acked.time.ns);
    assert_true(back->size == values.size && back->finished && !back->claimed);
    assert_true(back->found_ms == values.found_ms && back->last_seen_ms == values.last_seen_ms);
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
    struct error err;

    assert_int_equal(checkpoint_save(checkpoint, NOW_MS, &err), OK);
    assert_int_not_equal(access(file_path(*state, "checkpoint"), F_OK), 0);
    checkpoint_close(checkpoint);
}

static void contents_without_a_fingerprint_are_not_stored(void **state)
{
    struct checkpoint *checkpoint = open_state(*state);

    add(checkpoint, "/a", 1)->fingerprint = 0;
    add(checkpoint, "/b", 1);
    save(checkpoint);
    checkpoint_close(checkpoint);
    checkpoint = open_state(*state);
    assert_int_equal(count(checkpoint), 1);
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

/* Every single flipped bit of the newest file gives the one before it. */
static void flipped_bytes_give_the_previous_state(void **state)
{
    struct bench *bench = *state;
    struct slice good;

    make_two_generations(bench);
    assert_int_equal(offset_read(bench), 2);
    good = file_read(file_path(bench, "checkpoint"));
    for (size_t i = 0; i < good.len; i++) {
        char *bytes = (char *)good.data + i, was = *bytes;

        *bytes = (char)(was ^ 1 << i % 8);
        file_write(file_path(bench, "checkpoint"), good, O_TRUNC);
        *bytes = was;
        assert_int_equal(offset_read(bench), 1);
        assert_int_equal(access(file_path(bench, "checkpoint.damaged"), F_OK), 0);
    }
    free((char *)good.data);
}

static void cut_files_give_the_previous_state(void **state)
{
    struct bench *bench = *state;
    struct slice good;

    make_two_generations(bench);
    good = file_read(file_path(bench, "checkpoint"));
    for (size_t len = 0; len < good.len; len++) {
        file_write(file_path(bench, "checkpoint"), (struct slice){good.data, len}, O_TRUNC);
        assert_int_equal(offset_read(bench), 1);
    }
    file_write(file_path(bench, "checkpoint"), good, O_TRUNC);
    assert_int_equal(offset_read(bench), 2);
    free((char *)good.data);
}

static void both_damaged_is_a_new_start(void **state)
{
    struct bench *bench = *state;

    make_two_generations(bench);
    file_write(file_path(bench, "checkpoint"), SLICE("x"), O_TRUNC);
    file_write(file_path(bench, "checkpoint.previous"), SLICE(""), O_TRUNC);
    assert_int_equal(offset_read(bench), 0);
    make_two_generations(bench);
    assert_int_equal(offset_read(bench), 2);
}

/* A crash between the two renames leaves only the previous file. */
static void missing_newest_file_gives_the_previous_state(void **state)
{
    struct bench *bench = *state;

    make_two_generations(bench);
    assert_int_equal(unlink(file_path(bench, "checkpoint")), 0);
    assert_int_equal(offset_read(bench), 1);
}

static void half_written_file_is_never_read(void **state)
{
    struct bench *bench = *state;

    make_two_generations(bench);
    file_write(file_path(bench, "checkpoint.new"), SLICE("half"), O_TRUNC);
    assert_int_equal(offset_read(bench), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(first_start_is_new),
        CASE(every_member_survives_the_round_trip),
        CASE(many_entries_survive),
        CASE(nothing_is_written_without_a_change),
        CASE(contents_without_a_fingerprint_are_not_stored),
        CASE(what_was_not_seen_for_long_is_forgotten),
        CASE(second_opener_is_refused),
        CASE(unusable_folder_is_told),
        CASE(flipped_bytes_give_the_previous_state),
        CASE(cut_files_give_the_previous_state),
        CASE(both_damaged_is_a_new_start),
        CASE(missing_newest_file_gives_the_previous_state),
        CASE(half_written_file_is_never_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
