/*
 * test_stream_name.c - what files were called before they were rotated.
 */
#include "shipper/stream_name.h"

#include "common/scope.h"
#include "tests/unit/support/folder.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static void expect_name(const char *file, const char *expected)
{
    char path[FOLDER_PATH_MAX], whole[FOLDER_PATH_MAX];
    char *name, *real = realpath(folder, NULL);

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    snprintf(whole, sizeof(whole), "%s/%s", real, expected);
    name = stream_name_of(path);
    assert_string_equal(name, whole);
    free(name);
    free(real);
}

static void rotated_names_are_the_live_one(void **state)
{
    static const char *const files[] = {
        "access.log",
        "access.log.1",
        "access.log.12",
        "access.log.999",
        "access.log.2.gz",
        "access.log.gz",
        "access.log.1.bz2",
        "access.log.1.xz",
        "access.log.1.zst",
        "access.log.1.lz4",
        "access.log-20261121",
        "access.log-20261121.gz",
        "access.log.20261121",
        "access.log_20261121",
        "access.log-2026-11-21",
        "access.log.2026-11-21",
        "access.log-20261121-1530",
        "access.log-20261121-153059",
        "access.log-2026112115",
        "access.log-202611211530",
        "access.log-20261121153059",
        "access.log-20261121153059.zst",
        "access.log-1732190000",
        "access.log.1732190000", /* rotatelogs */
        "access-20261121.log",
        "access-20261121.log.gz",
        "access-1732190000.log",
        "access.2026-11-21.log",
        "access_2026-11-21.log",
        "access.2026.11.21.log",
        "access.2026-11-21.0.log.gz", /* logback */
        "access.2026-11-21_15.log",
        "access.2026-11-21_15-30.log",
        "access-2026-11-21-1.log.gz",
        "access-11-21-2026-1.log.gz", /* log4j2 */
        "access.log.2026-11-21.17",
        "access.log.2026-11-21_15-30-59", /* Python */
        "access.log.2026-11-21-15",
        "access-2026-11-21T15-30-59.123.log", /* lumberjack */
        "access.log.20261121-153059",         /* kubelet */
        "access.log.20261121-153059.gz",
        "access.log.2026-11-21T15:30:59Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        expect_name(files[i], "access.log");
}

static void other_names_stay_as_they_are(void **state)
{
    static const char *const files[] = {
        "access",
        "access_log",
        "access2",
        "access-2",
        "access.2026",
        "access.log.2026",
        "error-404.log",
        "error.4040.log",
        "log-12345678",
        "log-20261321",
        "log-20261132",
        "20261121",
        "20261121.log",
        "2026-11-21.log",
        "1",
        ".1",
        ".log",
        "a.123456",
        "a-123456789",
        "access.log.txt",
        "app-1732190000x",
        "app-2732190000",
        "x.gzip",
        "node1.example.org",
        "log.2026-13-01",
        "access.log-26-11-21",
        "access.log-2026-11.21",
        "access.log-2026112124", /* no such hour */
        "access.log-20261121-15-",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        expect_name(files[i], files[i]);
}

/* A number is rotation only when there is the file without it. */
static void numbers_in_doubt_depend_on_the_file_without_them(void **state)
{
    static const char *const cases[][2] = {
        {"app-1.2.3", "app-1.2"},       {"app-1.2.3.log", "app-1.2.log"},
        {"worker.1.log", "worker.log"}, {"worker.12.log.gz", "worker.log"},
        {"10.0.0.1", "10.0.0"},         {"10.0.0.1.log", "10.0.0.log"},
        {"messages.1", "messages"},     {"messages.1.gz", "messages"},
        {"python3.11", "python3"},      {"report-2026-11.csv", "report.csv"},
        {"report-202611", "report"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[FOLDER_PATH_MAX], kept[100];
        size_t len = strlen(cases[i][0]);

        snprintf(kept, sizeof(kept), "%s", cases[i][0]);
        if (strcmp(kept + len - 3, ".gz") == 0)
            kept[len - 3] = '\0';
        snprintf(path, sizeof(path), "%s/%s", folder, cases[i][1]);
        expect_name(cases[i][0], kept);
        file_write(path, SLICE(""), O_TRUNC);
        expect_name(cases[i][0], cases[i][1]);
        assert_int_equal(unlink(path), 0);
    }
}

static void a_log_needs_no_other_file(void **state)
{
    static const char *const cases[][2] = {
        {"catalina.out.1", "catalina.out"},
        {"syslog.2.gz", "syslog"},
        {"access_log.3", "access_log"},
        {"app-1.2.3.log.1", "app-1.2.3.log"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_name(cases[i][0], cases[i][1]);
}

static void folder_links_are_resolved(void **state)
{
    char path[FOLDER_PATH_MAX], target[FOLDER_PATH_MAX];
    char *a, *b;

    (void)state;
    snprintf(target, sizeof(target), "%s/real", folder);
    snprintf(path, sizeof(path), "%s/link", folder);
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink("real", path), 0);
    snprintf(path, sizeof(path), "%s/link/../link/access.log.1", folder);
    snprintf(target, sizeof(target), "%s/real/access.log", folder);
    a = stream_name_of(path);
    b = stream_name_of(target);
    assert_string_equal(a, b);
    free(a);
    free(b);
    snprintf(path, sizeof(path), "%s/real/access.log.1.gz", folder);
    a = stream_name_of_real(path);
    assert_string_equal(a, target);
    free(a);
}

static void files_of_the_root_have_one_slash(void **state)
{
    char *name = stream_name_of("/access.log.1");

    (void)state;
    assert_string_equal(name, "/access.log");
    free(name);
    name = stream_name_of_real("/access.log-20261121");
    assert_string_equal(name, "/access.log");
    free(name);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rotated_names_are_the_live_one),
        CASE(other_names_stay_as_they_are),
        CASE(numbers_in_doubt_depend_on_the_file_without_them),
        CASE(a_log_needs_no_other_file),
        CASE(folder_links_are_resolved),
        CASE(files_of_the_root_have_one_slash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
