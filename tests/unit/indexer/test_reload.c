/*
 * test_reload.c - secrets that change while the indexer runs.
 */
#include "indexer/reload.h"

#include <sys/stat.h>
#include <unistd.h>

#include "indexer/config.h"
#include "tests/unit/support/check.h"

static char folder[] = "/tmp/test-reload-XXXXXX", path[64], certificate[64];
static struct config *holder;
static struct indexer_config *config;
static struct reload reload;
static struct reload_source source;
static _Atomic(const struct elasticsearch_config *) published;

static void write_file(const char *to, const char *text)
{
    FILE *file = fopen(to, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int start(void **state)
{
    struct error err;

    (void)state;
    write_file(path, "elasticsearch: {username: me, password: one}\n");
    source = (struct reload_source){path, NULL};
    atomic_store(&published, NULL);
    if (indexer_config_load(path, NULL, &holder, &config, &err))
        return -1;
    reload_init(&reload, &source, &config->elasticsearch);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    reload_release(&reload);
    config_close(holder);
    unlink(path);
    unlink(certificate);
    return 0;
}

static void what_is_the_same_is_not_published(void **state)
{
    (void)state;
    assert_false(reload_read(&reload, true, &published));
    write_file(path,
               "# another comment\nelasticsearch: {username: me, password: one}\nworkers: 7\n");
    assert_false(reload_read(&reload, true, &published));
    assert_null(atomic_load(&published));
}

static void another_password_is_published_and_the_old_one_stays_valid(void **state)
{
    const struct elasticsearch_config *first;

    (void)state;
    write_file(path, "elasticsearch: {username: me, password: two}\n");
    assert_true(reload_read(&reload, true, &published));
    first = atomic_load(&published);
    assert_string_equal(first->password, "two");
    assert_false(reload_read(&reload, true, &published));
    write_file(path, "elasticsearch: {api_key: three, urls: [http://a:1, http://b:1]}\n");
    assert_true(reload_read(&reload, true, &published));
    assert_string_equal(atomic_load(&published)->api_key, "three");
    assert_int_equal(atomic_load(&published)->url_count, 2);
    assert_string_equal(first->password, "two");
}

static void a_configuration_with_problems_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "elasticsearch: {username: me, password: two, nonsense: 1}\n",
        "elasticsearch: {username: me, password: two",
        "elasticsearch: {username: me, password: two, api_key: three}\n",
        "elasticsearch: {username: me, password: ${file:/nowhere/at/all}}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_file(path, bad[i]);
        assert_false(reload_read(&reload, true, &published));
        assert_null(atomic_load(&published));
    }
}

/* An editor may be about to put it back; it must not be written with the defaults meanwhile. */
static void a_file_that_is_gone_changes_nothing(void **state)
{
    (void)state;
    unlink(path);
    assert_false(reload_read(&reload, false, &published));
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_certificate_file_that_is_replaced_counts(void **state)
{
    char text[200];

    (void)state;
    write_file(certificate, "first\n");
    snprintf(text, sizeof(text), "elasticsearch: {ca_file: %s}\n", certificate);
    write_file(path, text);
    assert_true(reload_read(&reload, true, &published));
    assert_false(reload_read(&reload, true, &published));
    write_file(certificate, "another one\n");
    assert_true(reload_read(&reload, true, &published));
    assert_false(reload_read(&reload, true, &published));
}

static void without_a_source_nothing_is_read(void **state)
{
    struct reload none;

    (void)state;
    reload_init(&none, NULL, &config->elasticsearch);
    assert_false(reload_read(&none, true, &published));
    reload_release(&none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_the_same_is_not_published),
        TEST(another_password_is_published_and_the_old_one_stays_valid),
        TEST(a_configuration_with_problems_changes_nothing),
        TEST(a_file_that_is_gone_changes_nothing),
        TEST(a_certificate_file_that_is_replaced_counts),
        TEST(without_a_source_nothing_is_read),
    };
    int failed;

    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof(path), "%s/indexer.yaml", folder);
    snprintf(certificate, sizeof(certificate), "%s/ca.pem", folder);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
