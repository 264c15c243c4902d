/*
 * test_state.c - how far a replay is: written and read again, damaged, cut.
 */
#include "indexer/replay/state.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/folder.h"
#include "tests/unit/support/rng.h"

static char folder[64], path[100];

static int setup(void **state)
{
    (void)state;
    folder_make(folder);
    snprintf(path, sizeof(path), "%s/replay.state", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static void make(struct replay_state *state)
{
    struct error err;

    assert_int_equal(replay_state_init(state, "--topic 'a \"b\"' --query 'ü'", 3, &err), OK);
    state->parts[0] = (struct replay_part_state){5, 10, 100};
    state->parts[1] = (struct replay_part_state){0, 0, 0};
    state->parts[2] = (struct replay_part_state){7, 4611686018427387904, INT64_MAX};
    state->now_ms = 1790000000123;
    state->out_bytes = 12345678901234;
    state->reject_bytes = 17;
    state->counts = (struct replay_counts){4, 1, 2, 1, 1};
}

static void what_is_saved_is_loaded(void **unused)
{
    struct replay_state saved, loaded = {0};
    struct error err;

    (void)unused;
    make(&saved);
    saved.complete = true;
    assert_int_equal(replay_state_save(&saved, path, &err), OK);
    assert_int_equal(replay_state_load(path, &loaded, &err), OK);
    assert_string_equal(loaded.job, saved.job);
    assert_true(loaded.complete);
    assert_int_equal(loaded.now_ms, saved.now_ms);
    assert_int_equal(loaded.out_bytes, saved.out_bytes);
    assert_int_equal(loaded.reject_bytes, 17);
    assert_memory_equal(&loaded.counts, &saved.counts, sizeof(saved.counts));
    assert_int_equal(loaded.count, 3);
    assert_memory_equal(loaded.parts, saved.parts, 3 * sizeof(saved.parts[0]));
    replay_state_release(&saved);
    replay_state_release(&loaded);
}

static void sums(void **unused)
{
    struct replay_state state;
    struct error err;

    (void)unused;
    assert_int_equal(replay_state_init(&state, "x", 2, &err), OK);
    state.parts[0] = (struct replay_part_state){5, 10, 100};
    state.parts[1] = (struct replay_part_state){0, 20, 20};
    state.counts.read = 22;
    assert_int_equal(replay_state_done(&state), 25);
    assert_int_equal(replay_state_total(&state), 115);
    assert_int_equal(replay_state_absent(&state), 3);
    replay_state_release(&state);
}

static void saving_replaces_the_old_one(void **unused)
{
    struct replay_state state, loaded = {0};
    struct error err;

    (void)unused;
    make(&state);
    assert_int_equal(replay_state_save(&state, path, &err), OK);
    state.parts[0].next = 50;
    assert_int_equal(replay_state_save(&state, path, &err), OK);
    assert_int_equal(replay_state_load(path, &loaded, &err), OK);
    assert_int_equal(loaded.parts[0].next, 50);
    assert_int_equal(access(path, F_OK), 0);
    replay_state_release(&state);
    replay_state_release(&loaded);
}

static void what_cannot_be_written_says_so(void **unused)
{
    struct replay_state state;
    struct error err;

    (void)unused;
    make(&state);
    assert_int_equal(replay_state_save(&state, "/nonexistent/replay.state", &err), FATAL);
    assert_non_null(strstr(err.text, "/nonexistent/replay.state"));
    replay_state_release(&state);
}

static void no_file_is_told_from_a_bad_one(void **unused)
{
    struct replay_state state = {0};
    struct error err;

    (void)unused;
    assert_int_equal(replay_state_load(path, &state, &err), DONE);
    assert_int_equal(replay_state_load(folder, &state, &err), FATAL); /* a folder */
}

static enum status load_text(struct slice text)
{
    struct replay_state state = {0};
    struct error err;
    enum status status;

    file_write(path, text, O_TRUNC);
    status = replay_state_load(path, &state, &err);
    if (status == OK) {
        assert_non_null(state.job);
        for (size_t i = 0; i < state.count; i++)
            assert_true(state.parts[i].from >= 0 && state.parts[i].next >= state.parts[i].from &&
                        state.parts[i].to >= state.parts[i].next);
        replay_state_release(&state);
    }
    return status;
}

#define GOOD                                                                                       \
    "{\"version\":1,\"job\":\"j\",\"complete\":false,\"now_ms\":1,\"out_bytes\":0,"                \
    "\"reject_bytes\":0,\"read\":0,\"filtered\":0,\"stored\":0,\"replaced\":0,\"refused\":0,"      \
    "\"partitions\":[[0,5,10]]}"

static void what_is_damaged_is_refused(void **unused)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "x",
        "{\"version\":2,\"job\":\"j\",\"complete\":false,\"partitions\":[]}",
        "{\"version\":1,\"job\":\"j\",\"complete\":false,\"partitions\":[[0,5,10]]}",
    };

    (void)unused;
    assert_int_equal(load_text(SLICE(GOOD)), OK);
    assert_int_equal(load_text(SLICE(GOOD "\n")), OK);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(load_text(slice_of(texts[i])), REJECT);
    for (size_t len = 0; len < strlen(GOOD); len++)
        assert_int_equal(load_text((struct slice){GOOD, len}), REJECT);
}

static void partitions_that_cannot_be_are_refused(void **unused)
{
    static const char *const parts[] = {"[[5,0,10]]", "[[0,11,10]]",   "[[-1,0,1]]", "[[0,1]]",
                                        "[0]",        "[[0,\"1\",2]]", "{}x"};

    (void)unused;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        scoped_buf struct buf text = BUF_INIT(4096);
        const char *end = strstr(GOOD, "[[0,5,10]]");

        buf_add(&text, GOOD, (size_t)(end - GOOD));
        buf_addf(&text, "%s}", parts[i]);
        assert_int_equal(load_text(buf_slice(&text)), REJECT);
    }
}

static void a_changed_byte_makes_no_nonsense(void **unused)
{
    struct rng rng = rng_start();
    char text[] = GOOD;

    (void)unused;
    for (int i = 0; i < 3000; i++) {
        size_t at = rng_below(&rng, (uint32_t)strlen(GOOD));
        char kept = text[at];

        text[at] = (char)rng_below(&rng, 256);
        load_text((struct slice){text, strlen(GOOD)});
        text[at] = kept;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_saved_is_loaded),
        TEST(sums),
        TEST(saving_replaces_the_old_one),
        TEST(what_cannot_be_written_says_so),
        TEST(no_file_is_told_from_a_bad_one),
        TEST(what_is_damaged_is_refused),
        TEST(partitions_that_cannot_be_are_refused),
        TEST(a_changed_byte_makes_no_nonsense),
    };

    return cmocka_run_group_tests_name("replay state", tests, NULL, NULL);
}
