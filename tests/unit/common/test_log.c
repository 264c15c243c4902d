#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/json.h"

static int64_t mono_ms;
static int file = -1, saved_stderr = -1;
static char printed[1 << 20];

/* Instead of clock.c. */
int64_t clock_mono_ms(void)
{
    return mono_ms;
}

int64_t clock_mono_ns(void)
{
    return mono_ms * 1000000;
}

int64_t clock_wall_ms(void)
{
    return 1795428245678; /* 2026-11-23T10:04:05.678Z */
}

static int start(void **state)
{
    (void)state;
    mono_ms += 10 * LOG_REPEAT_MS; /* no case sees the texts of another */
    file = memfd_create("stderr", MFD_CLOEXEC);
    fcntl(file, F_SETFL, O_APPEND); /* unlike an ordinary file it has no lock on its position */
    saved_stderr = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    log_setup("shipper", LEVEL_INFO, LOG_FORMAT_TEXT);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(file);
    return 0;
}

/* What was printed since the last call, to be compared while cmocka may print. */
static const char *take_printed(void)
{
    ssize_t n = pread(file, printed, sizeof(printed) - 1, 0);

    printed[n > 0 ? n : 0] = '\0';
    assert_int_equal(ftruncate(file, 0), 0);
    return printed;
}

static void expect_printed(const char *expected)
{
    assert_string_equal(take_printed(), expected);
}

static void expect_member(const char *key, const char *expected)
{
    scoped_json cJSON *line = cJSON_Parse(printed);

    assert_non_null(line);
    assert_string_equal(json_text(line, key, "(absent)"), expected);
}

#define STAMP "2026-11-23T10:04:05.678Z "

static void text_has_time_level_message_fields(void **state)
{
    (void)state;
    log_write(LEVEL_WARN, LOG_FIELDS({"file", "a.log", 0}, {"lag", NULL, 12}), "cannot read '%s'",
              "a.log");
    expect_printed(STAMP "WARN  cannot read 'a.log' file=a.log lag=12\n");
}

static void text_values_are_quoted_when_needed(void **state)
{
    (void)state;
    log_write(LEVEL_INFO, LOG_FIELDS({"a", "x y", 0}, {"b", "", 0}, {"c", "q\"", 0}), "m");
    expect_printed(STAMP "INFO  m a=\"x y\" b=\"\" c=\"q\\\"\"\n");
}

static void json_has_ecs_names(void **state)
{
    (void)state;
    log_setup("indexer", LEVEL_INFO, LOG_FORMAT_JSON);
    log_write(LEVEL_ERROR, LOG_FIELDS({"topic", "logs", 0}, {"n", NULL, -3}), "it is \"bad\"");
    expect_printed("{\"@timestamp\":\"2026-11-23T10:04:05.678Z\",\"log.level\":\"error\","
                   "\"message\":\"it is \\\"bad\\\"\",\"service.name\":\"indexer\","
                   "\"topic\":\"logs\",\"n\":-3}\n");
}

static void automatic_format_is_json_off_a_terminal(void **state)
{
    (void)state;
    log_setup("shipper", LEVEL_INFO, LOG_FORMAT_AUTO);
    log_info("x");
    take_printed();
    expect_member("message", "x");
}

static void levels_below_are_not_printed(void **state)
{
    (void)state;
    log_debug("fine print");
    expect_printed("");
    assert_false(log_enabled(LEVEL_DEBUG));
    log_set_level(LEVEL_DEBUG);
    log_debug("fine print");
    expect_printed(STAMP "DEBUG fine print\n");
}

static void line_breaks_and_escapes_cannot_forge_a_line(void **state)
{
    (void)state;
    log_warn("file '%s'", "a\nb\x1b[31m\x7f");
    expect_printed(STAMP "WARN  file 'a\\u000ab\\u001b[31m\\u007f'\n");
}

static void foreign_bytes_become_valid_utf8(void **state)
{
    (void)state;
    log_setup("shipper", LEVEL_INFO, LOG_FORMAT_JSON);
    log_info("a\xff\xc3\xa4\xe2\x82\xed\xa0\x80z");
    take_printed();
    expect_member("message", "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                             "\xef\xbf\xbd\xef\xbf\xbdz");
}

static void repeats_are_counted_not_printed(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        log_warn("again");
    expect_printed(STAMP "WARN  again\n");
    log_info("other");
    expect_printed(STAMP "WARN  again (repeated 4 times)\n" STAMP "INFO  other\n");
    log_info("third");
    expect_printed(STAMP "INFO  third\n");
}

static void repeats_are_printed_after_a_while(void **state)
{
    (void)state;
    log_warn("again");
    mono_ms += LOG_REPEAT_MS - 1;
    log_warn("again");
    expect_printed(STAMP "WARN  again\n");
    mono_ms += 1;
    log_warn("again");
    expect_printed(STAMP "WARN  again (repeated 1 time)\n" STAMP "WARN  again\n");
}

static void two_complaining_in_turn_are_counted_each(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        log_warn("one");
        log_warn("two");
    }
    expect_printed(STAMP "WARN  one\n" STAMP "WARN  two\n");
    log_info("end");
    expect_printed(STAMP "WARN  one (repeated 2 times)\n" STAMP
                         "WARN  two (repeated 2 times)\n" STAMP "INFO  end\n");
}

static void same_text_of_another_level_is_no_repeat(void **state)
{
    (void)state;
    log_info("text");
    log_error("text");
    expect_printed(STAMP "INFO  text\n" STAMP "ERROR text\n");
}

static void too_long_lines_stay_well_formed(void **state)
{
    char text[9000];

    (void)state;
    memset(text, '\x01', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_setup("shipper", LEVEL_INFO, LOG_FORMAT_JSON);
    log_write(LEVEL_INFO, LOG_FIELDS({"long", text, 0}, {"short", "kept", 0}), "%s", text);
    take_printed();
    expect_member("long", "(absent)");
    expect_member("short", "kept");
}

static void errno_is_kept(void **state)
{
    (void)state;
    close(STDERR_FILENO);
    errno = EDOM;
    log_error("nobody hears this");
    assert_int_equal(errno, EDOM);
    dup2(file, STDERR_FILENO);
}

static void *log_many(void *arg)
{
    for (int i = 0; i < 300; i++)
        log_info("thread %s line %d", (const char *)arg, i);
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    pthread_t threads[4];
    static char *const names[] = {"a", "b", "c", "d"};
    size_t lines = 0;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    take_printed();
    for (char *rest = printed, *line; (line = strsep(&rest, "\n")) && *line; lines++)
        assert_int_equal(strncmp(line, STAMP "INFO  thread ", sizeof(STAMP "INFO  thread ") - 1),
                         0);
    assert_int_equal(lines, 1200);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(text_has_time_level_message_fields),
        CASE(text_values_are_quoted_when_needed),
        CASE(json_has_ecs_names),
        CASE(automatic_format_is_json_off_a_terminal),
        CASE(levels_below_are_not_printed),
        CASE(line_breaks_and_escapes_cannot_forge_a_line),
        CASE(foreign_bytes_become_valid_utf8),
        CASE(repeats_are_counted_not_printed),
        CASE(repeats_are_printed_after_a_while),
        CASE(two_complaining_in_turn_are_counted_each),
        CASE(same_text_of_another_level_is_no_repeat),
        CASE(too_long_lines_stay_well_formed),
        CASE(errno_is_kept),
        CASE(lines_of_threads_do_not_mix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
