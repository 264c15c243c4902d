/*
 * test_shared_source.c - when files are looked at, loaded anew, and let go.
 */
#include "indexer/enrich/shared_source.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/scope.h"

#define FILES 100

struct text { /* the whole content of all files */
    struct shared_data base;
    char content[256];
};

static struct {
    atomic_int loads, alive, said_loaded, said_failed;
    bool has_old;
} seen;

struct fixture {
    char folder[64], paths[FILES][96];
    const char *list[FILES];
    struct shared_source *source;
    struct shared_data *held;
    int64_t now_ms;
};

/* "wrong" in a file is refused, "later" as well, but for a while only. */
static enum status text_load(const void *config, const char *const *paths, struct shared_data **out,
                             struct error *err)
{
    const size_t *count = config;
    struct text *text = calloc(1, sizeof(*text));
    size_t used = 0;

    assert_non_null(text);
    atomic_fetch_add(&seen.loads, 1);
    for (size_t i = 0; i < *count; i++) {
        scoped_file FILE *file = fopen(paths[i], "re");

        if (file)
            used += fread(text->content + used, 1, sizeof(text->content) - 1 - used, file);
    }
    if (strstr(text->content, "wrong") || strstr(text->content, "later")) {
        error_set(err, strstr(text->content, "later") ? RETRY : REJECT, "no text");
        free(text);
        return err->status;
    }
    atomic_fetch_add(&seen.alive, 1);
    *out = &text->base;
    return OK;
}

static void text_free(struct shared_data *data)
{
    atomic_fetch_sub(&seen.alive, 1);
    free(data);
}

static void say_loaded(const struct shared_data *data, const char *const *paths, bool at_start)
{
    assert_non_null(data);
    assert_non_null(paths);
    atomic_fetch_add(&seen.said_loaded, !at_start);
}

static void say_failed(const struct error *err, const char *const *paths, bool has_old)
{
    assert_string_equal(err->text, "no text");
    assert_non_null(paths);
    seen.has_old = has_old;
    atomic_fetch_add(&seen.said_failed, 1);
}

static const struct shared_type strict = {
    .load = text_load, .free = text_free, .say_loaded = say_loaded, .say_failed = say_failed};
static const struct shared_type patient = {.may_come_later = true,
                                           .load = text_load,
                                           .free = text_free,
                                           .say_loaded = say_loaded,
                                           .say_failed = say_failed};
static const size_t one = 1, all = FILES;

static void put(const char *path, const char *mode, const char *text)
{
    scoped_file FILE *file = fopen(path, mode);

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char folder[] = "/tmp/alpex-shared-XXXXXX";

    memset(&seen, 0, sizeof(seen));
    if (!f || !mkdtemp(folder))
        return -1;
    memcpy(f->folder, folder, sizeof(folder));
    for (int i = 0; i < FILES; i++) {
        snprintf(f->paths[i], sizeof(f->paths[i]), "%s/%d", folder, i);
        f->list[i] = f->paths[i];
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    shared_data_drop(f->held);
    shared_source_close(f->source);
    for (int i = 0; i < FILES; i++)
        unlink(f->paths[i]);
    rmdir(f->folder);
    free(f);
    return seen.alive;
}

static void open_one(struct fixture *f, const char *text)
{
    put(f->paths[0], "we", text);
    assert_int_equal(shared_source_open(&strict, &one, f->list, 1, &f->source, NULL), OK);
    assert_true(shared_source_renew(f->source, &f->held));
}

static void look(struct fixture *f)
{
    f->now_ms += 1000;
    shared_source_refresh(f->source, f->now_ms);
    shared_source_renew(f->source, &f->held);
}

static const char *content(const struct fixture *f)
{
    return ((const struct text *)f->held)->content;
}

static void replaced_file_is_loaded_once_it_rests(void **state)
{
    struct fixture *f = *state;

    open_one(f, "a");
    put(f->paths[0], "we", "b1");
    look(f);
    assert_string_equal(content(f), "a");
    put(f->paths[0], "ae", "2");
    look(f);
    assert_string_equal(content(f), "a");
    look(f);
    assert_string_equal(content(f), "b12");
    for (int i = 0; i < 5; i++)
        look(f);
    assert_int_equal(seen.loads, 2);
    assert_int_equal(seen.said_loaded, 1);
}

static void wrong_file_is_tried_once_and_the_old_data_stays(void **state)
{
    struct fixture *f = *state;

    open_one(f, "a");
    for (int i = 0; i < 5; i++) {
        if (i == 0)
            put(f->paths[0], "we", "wrong");
        look(f);
    }
    assert_int_equal(seen.loads, 2);
    assert_int_equal(seen.said_failed, 1);
    assert_true(seen.has_old);
    assert_string_equal(content(f), "a");
    put(f->paths[0], "we", "still wrong"); /* another attempt, which is said, too */
    look(f);
    look(f);
    assert_int_equal(seen.said_failed, 2);
    put(f->paths[0], "we", "b");
    look(f);
    look(f);
    assert_string_equal(content(f), "b");
}

static void what_may_pass_is_tried_at_each_look_and_said_once(void **state)
{
    struct fixture *f = *state;

    open_one(f, "a");
    put(f->paths[0], "we", "later");
    for (int i = 0; i < 5; i++)
        look(f);
    assert_int_equal(seen.loads, 5);
    assert_int_equal(seen.said_failed, 1);
    assert_string_equal(content(f), "a");
}

static void file_with_its_old_size_and_time_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct timespec times[2];
    struct stat st;

    open_one(f, "a");
    assert_int_equal(stat(f->paths[0], &st), 0);
    times[0] = st.st_atim;
    times[1] = st.st_mtim;
    put(f->paths[0], "we", "b");
    assert_int_equal(utimensat(AT_FDCWD, f->paths[0], times, 0), 0);
    look(f);
    look(f);
    assert_string_equal(content(f), "b");
}

static void strict_one_does_not_open_without_its_files(void **state)
{
    struct fixture *f = *state;
    struct error err;

    put(f->paths[0], "we", "wrong");
    assert_int_equal(shared_source_open(&strict, &one, f->list, 1, &f->source, &err), REJECT);
    assert_string_equal(err.text, "no text");
    assert_int_equal(seen.said_failed, 0); /* the caller says it */
}

static void patient_one_opens_and_loads_when_they_come(void **state)
{
    struct fixture *f = *state;

    put(f->paths[0], "we", "later");
    assert_int_equal(shared_source_open(&patient, &one, f->list, 1, &f->source, NULL), OK);
    assert_false(shared_source_renew(f->source, &f->held));
    assert_null(f->held);
    assert_int_equal(seen.said_failed, 1);
    assert_false(seen.has_old);
    put(f->paths[0], "we", "here");
    look(f);
    assert_null(f->held);
    look(f);
    assert_string_equal(content(f), "here");
}

static void the_last_of_many_files_is_looked_at(void **state)
{
    struct fixture *f = *state;

    put(f->paths[0], "we", "first");
    assert_int_equal(shared_source_open(&strict, &all, f->list, FILES, &f->source, NULL), OK);
    assert_true(shared_source_renew(f->source, &f->held));
    put(f->paths[FILES - 1], "we", " last");
    look(f);
    look(f);
    assert_string_equal(content(f), "first last");
}

static void looks_are_a_second_apart(void **state)
{
    struct fixture *f = *state;

    open_one(f, "a");
    look(f);
    put(f->paths[0], "we", "b");
    for (int i = 0; i < 100; i++)
        shared_source_refresh(f->source, f->now_ms + i * 9);
    assert_int_equal(seen.loads, 1);
}

static void same_files_are_shared_and_others_are_not(void **state)
{
    struct fixture *f = *state;
    struct shared_source *same, *other;
    const size_t other_config = 1;
    char copy[96];
    const char *paths[] = {copy};

    open_one(f, "a");
    snprintf(copy, sizeof(copy), "%s", f->paths[0]);
    assert_int_equal(shared_source_open(&strict, &one, paths, 1, &same, NULL), OK);
    assert_ptr_equal(same, f->source);
    assert_int_equal(seen.loads, 1);
    assert_int_equal(shared_source_open(&strict, &other_config, paths, 1, &other, NULL), OK);
    assert_ptr_not_equal(other, f->source);
    shared_source_close(other);
    assert_int_equal(shared_source_open(&patient, &one, paths, 1, &other, NULL), OK);
    assert_ptr_not_equal(other, f->source);
    shared_source_close(other);
    shared_source_close(same);
}

static void held_data_outlives_its_source(void **state)
{
    struct fixture *f = *state;

    open_one(f, "a");
    shared_source_close(f->source);
    f->source = NULL;
    assert_string_equal(content(f), "a");
    assert_int_equal(seen.alive, 1);
}

static void *work(void *arg)
{
    struct fixture *f = arg;
    struct shared_source *source;
    struct shared_data *held = NULL;
    bool fine = shared_source_open(&strict, &one, f->list, 1, &source, NULL) == OK;

    for (int i = 0; fine && i < 300; i++) {
        shared_source_refresh(source, i * 1000);
        shared_source_renew(source, &held);
        fine = held && ((const struct text *)held)->content[0] == 'a';
    }
    shared_data_drop(held);
    shared_source_close(source);
    return fine ? f : NULL;
}

static void workers_do_not_disturb_each_other(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    void *result;

    open_one(f, "a");
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, f), 0);
    for (int i = 0; i < 50; i++) {
        put(f->paths[1], "we", "a");
        assert_int_equal(rename(f->paths[1], f->paths[0]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, f);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(replaced_file_is_loaded_once_it_rests),
        TEST(wrong_file_is_tried_once_and_the_old_data_stays),
        TEST(what_may_pass_is_tried_at_each_look_and_said_once),
        TEST(file_with_its_old_size_and_time_is_noticed),
        TEST(strict_one_does_not_open_without_its_files),
        TEST(patient_one_opens_and_loads_when_they_come),
        TEST(the_last_of_many_files_is_looked_at),
        TEST(looks_are_a_second_apart),
        TEST(same_files_are_shared_and_others_are_not),
        TEST(held_data_outlives_its_source),
        TEST(workers_do_not_disturb_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
