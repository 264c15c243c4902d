/*
 * test_join.c - lines into events: wrapped, split, of several lines; the same however they come in.
 */
#include "shipper/join/join.h"

#include "common/scope.h"
#include "shipper/config.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define LINE_MAX  200
#define EVENTS    64
#define T         "2026-11-21T12:00:00.123456789Z"
#define JOINED(t) "<" t ">"

static struct join *open_join(enum wrapping container, struct multiline_config *multiline)
{
    struct input_config input = {.container = container, .multiline = multiline};
    struct join *join = NULL;
    struct error err;

    if (join_open(&input, LINE_MAX, &join, &err))
        fail_msg("%s", err.text);
    return join;
}

/* The events of `text` in angle brackets; what is left pending is not among them. */
static const char *events_of(struct join *join, const char *text, bool flush)
{
    static char out[8192];
    struct framer framer = {.p = text, .end = text + strlen(text), .line_max = LINE_MAX};
    struct event event;
    size_t n = 0;

    framer.last = flush;
    while (join_next(join, &framer, flush, &event))
        n += (size_t)snprintf(out + n, sizeof(out) - n, "<%.*s%s%s>", SLICE_FMT(event.text),
                              event.cut ? "|cut" : "", event.full ? "|full" : "");
    out[n] = '\0';
    return out;
}

struct scene {
    const char *text, *open, *flushed; /* events without and with flush; NULL: as `open` */
};

static void check_scenes(enum wrapping container, struct multiline_config *multiline,
                         const struct scene *scenes, size_t count)
{
    struct join *join = open_join(container, multiline);

    for (size_t i = 0; i < count; i++) {
        assert_string_equal(events_of(join, scenes[i].text, false), scenes[i].open);
        assert_string_equal(events_of(join, scenes[i].text, true),
                            scenes[i].flushed ? scenes[i].flushed : scenes[i].open);
    }
    join_close(join);
}

static void test_without_any_of_it_lines_are_events(void **state)
{
    (void)state;
    assert_null(open_join(WRAP_NONE, NULL));
    assert_string_equal(events_of(NULL, "a\nb\nc", false), "<a><b>");
    assert_string_equal(events_of(NULL, "a\nb\nc", true), "<a><b><c>");
}

static void test_indented_lines_go_on(void **state)
{
    static const struct scene scenes[] = {
        {"a\n b\n\tc\nd\ne", "<a\n b\n\tc>", "<a\n b\n\tc><d><e>"},
        {" a\nb\n", "< a>", "< a><b>"},
        {"a\r\n b\r\nc\r\n", "<a\r\n b>", "<a\r\n b><c>"},
        {"", "", NULL},
    };
    struct multiline_config multiline = {.type = (char *)"indent"};

    (void)state;
    check_scenes(WRAP_NONE, &multiline, scenes, ARRAY_LEN(scenes));
}

static void test_patterns(void **state)
{
    static const struct scene start[] = {
        {"[1] a\nb\nc\n[2] d\n", "<[1] a\nb\nc>", "<[1] a\nb\nc><[2] d>"},
        {"x\ny\n[1] a\n", "<x\ny>", "<x\ny><[1] a>"},
    };
    static const struct scene end[] = {{"a\nb;\nc;\nd\n", "<a\nb;><c;>", "<a\nb;><c;><d>"}};
    static const struct scene both[] = {{"BEGIN\nx\nEND\nother\nBEGIN\nBEGIN\nEND\n",
                                         "<BEGIN\nx\nEND><other><BEGIN><BEGIN\nEND>", NULL}};
    static const struct scene goes_on[] = {{"a\n+b\n+c\nd\n", "<a\n+b\n+c>", "<a\n+b\n+c><d>"}};
    struct multiline_config by_start = {.start = (char *)"^\\["};
    struct multiline_config by_end = {.type = (char *)"pattern", .end = (char *)";$"};
    struct multiline_config by_both = {.start = (char *)"^(BEGIN|other)",
                                       .end = (char *)"^(END|other)$"};
    struct multiline_config by_continue = {.continues = (char *)"^\\+"};

    (void)state;
    check_scenes(WRAP_NONE, &by_start, start, ARRAY_LEN(start));
    check_scenes(WRAP_NONE, &by_end, end, ARRAY_LEN(end));
    check_scenes(WRAP_NONE, &by_both, both, ARRAY_LEN(both));
    check_scenes(WRAP_NONE, &by_continue, goes_on, ARRAY_LEN(goes_on));
}

static void test_time_stamps_begin_events(void **state)
{
    static const struct scene scenes[] = {
        {"2026-11-21 12:00:00 a\nb\n\n[2026-11-21T12:00:01Z] c\nNov 21 12:00:02 d\ne\n",
         "<2026-11-21 12:00:00 a\nb><[2026-11-21T12:00:01Z] c>",
         "<2026-11-21 12:00:00 a\nb><[2026-11-21T12:00:01Z] c><Nov 21 12:00:02 d\ne>"},
        {"at first\n2026-11-21 12:00:00 a\n", "<at first>", "<at first><2026-11-21 12:00:00 a>"},
    };
    struct multiline_config multiline = {.type = (char *)"timestamp"};

    (void)state;
    check_scenes(WRAP_NONE, &multiline, scenes, ARRAY_LEN(scenes));
}

/* Each is followed by a line that is none of it, and must come out as one event. */
static const char *const traces[] = {
    /* Java: cause, suppressed, elided frames */
    "12:00 ERROR failed\njava.lang.IllegalStateException: a\n\tat com.example.A.run(A.java:12)\n"
    "Caused by: java.io.IOException: b\n\tat com.example.B.read(B.java:3)\n\t... 12 more\n"
    "\tSuppressed: java.lang.Error: c\n\t\tat x.Y.z(Y.java)",
    "Exception in thread \"main\" java.lang.NullPointerException\n\tat Main.main(Main.java:5)",
    /* Python: plain, chained */
    "ERROR:root:failed\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n"
    "    f()\nZeroDivisionError: division by zero",
    "failed\nTraceback (most recent call last):\n  File \"a.py\", line 2, in f\n    1/0\n"
    "ZeroDivisionError: division by zero\n\n"
    "During handling of the above exception, another exception occurred:\n\n"
    "Traceback (most recent call last):\n  File \"a.py\", line 4, in <module>\n    "
    "f()\nValueError: x",
    /* Go */
    "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\n"
    "main.main()\n\t/tmp/a.go:8 +0x1d\nnet/http.(*conn).serve(0xc0001, 0x1)\n"
    "\t/usr/lib/go/net/http/server.go:1 +0x2\ncreated by main.start\n\t/tmp/a.go:2 +0x1\n"
    "exit status 2",
    /* Ruby, PHP, .NET, Node.js, Rust */
    "app.rb:3:in `f': boom (RuntimeError)\n\tfrom app.rb:7:in `<main>'",
    "PHP Fatal error:  Uncaught Exception: x in /app/a.php:3\nStack trace:\n#0 /app/a.php(7): f()\n"
    "#1 {main}\n  thrown in /app/a.php on line 3",
    "Unhandled exception. System.InvalidOperationException: x\n ---> System.Exception: y\n"
    "   at A.B() in /a.cs:line 3\n   --- End of inner exception stack trace ---\n   at A.Main()",
    "TypeError: x is not a function\n    at f (/app/a.js:1:2)\n    at main (/app/a.js:9:1) {\n"
    "  code: 'E'\n}",
    "thread 'main' panicked at src/main.rs:2:5:\n  boom\nstack backtrace:\n   0: std::panicking\n"
    "note: run with `RUST_BACKTRACE=1`",
};

static void test_traces_belong_to_the_line_before_them(void **state)
{
    struct multiline_config multiline = {.type = (char *)"traces"};
    struct input_config input = {.multiline = &multiline};
    struct join *join;
    struct error err;

    (void)state;
    assert_int_equal(join_open(&input, 4096, &join, &err), OK);
    for (size_t i = 0; i < ARRAY_LEN(traces); i++) {
        char text[2048], expected[2048];

        snprintf(text, sizeof(text), "GET / 200\n%s\n2026-11-21 next line\nand one\n", traces[i]);
        snprintf(expected, sizeof(expected), "<GET / 200><%s><2026-11-21 next line><and one>",
                 traces[i]);
        assert_string_equal(events_of(join, text, true), expected);
    }
    join_close(join);
}

static void test_limits_end_an_event(void **state)
{
    uint32_t three = 3;
    struct multiline_config by_lines = {.type = (char *)"indent", .max_lines = &three};
    struct multiline_config by_bytes = {.type = (char *)"indent"};
    struct join *join = open_join(WRAP_NONE, &by_lines);
    char text[1000] = "a";

    (void)state;
    assert_string_equal(events_of(join, "a\n b\n c\n d\n e\nf\n", true),
                        "<a\n b\n c|full>< d\n e><f>");
    join_close(join);
    join = open_join(WRAP_NONE, &by_bytes);
    for (size_t i = 1; i < 990; i++)
        text[i] = i % 50 == 0 ? '\n' : ' ';
    /* Without a limit nothing would ever be given: no other event begins in a full buffer. */
    assert_non_null(strstr(events_of(join, text, false), "|full>"));
    join_close(join);
}

static void test_a_cut_line_stands_alone(void **state)
{
    struct multiline_config multiline = {.type = (char *)"indent"};
    struct join *join = open_join(WRAP_NONE, &multiline);
    char text[LINE_MAX * 2 + 20];
    const char *got;

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text, "a\n b\n", 5);
    memcpy(text + LINE_MAX + 50, "\n c\nd\n", 7);
    got = events_of(join, text, true);
    assert_memory_equal(got, "<a\n b><", 7);
    assert_non_null(strstr(got, "|cut>< c><d>"));
    join_close(join);
}

static void test_container_lines(void **state)
{
    static const struct scene cri[] = {
        {T " stdout F hello\n" T " stderr F oh\n", JOINED("hello") JOINED("oh"), NULL},
        {T " stdout P one \n" T " stdout P two \n" T " stdout F three\n", JOINED("one two three"),
         NULL},
        {T " stdout P one\n", "", JOINED("one|full")},
        {T " stdout F \n" T " stdout F\n", JOINED("") JOINED(""), NULL},
        {T " stdout F:x hello\n", JOINED("hello"), NULL},
        {T " stdout P one\n" T " stderr F two\n" T " stdout F three\n",
         JOINED("one|full") JOINED("two") JOINED("three"), NULL},
        {"not wrapped\n", JOINED("not wrapped"), NULL},
        {T " stdin F x\n", JOINED(T " stdin F x"), NULL},
        {T " stdout X x\n", JOINED(T " stdout X x"), NULL},
        {"2026-13-21T12:00:00Z stdout F x\n", JOINED("2026-13-21T12:00:00Z stdout F x"), NULL},
    };
#define DOCKER(log, stream) "{\"log\":\"" log "\",\"stream\":\"" stream "\",\"time\":\"" T "\"}\n"
    static const struct scene docker[] = {
        {DOCKER("a \\\"b\\\"\\n", "stdout"), JOINED("a \"b\""), NULL},
        {DOCKER("one ", "stdout") DOCKER("two\\n", "stdout"), JOINED("one two"), NULL},
        {DOCKER("\\n", "stderr"), JOINED(""), NULL},
        {DOCKER("", "stderr"), "", JOINED("|full")},
        {"{\"log\":\"x\\n\",\"stream\":\"stdout\",\"attrs\":{\"a\":[1,{}]},\"time\":\"" T "\"}\n",
         JOINED("x"), NULL},
        {"{\"log\":\"x\\n\",\"stream\":\"stdout\"}\n",
         JOINED("{\"log\":\"x\\n\",\"stream\":\"stdout\"}"), NULL},
        {"{\"log\":\"x\n", JOINED("{\"log\":\"x"), NULL},
    };

    (void)state;
    check_scenes(WRAP_CRI, NULL, cri, ARRAY_LEN(cri));
    check_scenes(WRAP_AUTO, NULL, cri, ARRAY_LEN(cri));
    check_scenes(WRAP_DOCKER, NULL, docker, ARRAY_LEN(docker));
    check_scenes(WRAP_AUTO, NULL, docker, ARRAY_LEN(docker));
}

static void test_traces_in_containers(void **state)
{
    static const struct scene scenes[] = {
        {T " stderr F failed\n" T " stderr F java.lang.Error: x\n" T " stderr P \tat A.\n" T
           " stderr F run(A.java:1)\n" T " stdout F next\n",
         JOINED("failed\njava.lang.Error: x\n\tat A.run(A.java:1)"),
         JOINED("failed\njava.lang.Error: x\n\tat A.run(A.java:1)") JOINED("next")},
        {T " stdout F a\n" T " stderr F  b\n", JOINED("a"), JOINED("a") JOINED(" b")},
    };
    struct multiline_config multiline = {.type = (char *)"traces"};

    (void)state;
    check_scenes(WRAP_CRI, &multiline, scenes, ARRAY_LEN(scenes));
}

static void test_what_the_runtime_says_is_kept(void **state)
{
    struct join *join = open_join(WRAP_AUTO, NULL);
    const char *text = T " stderr F hello\n";
    struct framer framer = {.p = text, .end = text + strlen(text), .line_max = LINE_MAX};
    struct event event;

    (void)state;
    assert_true(join_next(join, &framer, false, &event));
    assert_non_null(event.wrapped);
    assert_slice(event.wrapped->stream, "stderr");
    assert_int_equal(event.wrapped->time.s, 1795262400);
    assert_int_equal(event.wrapped->time.ns, 123456789);
    join_close(join);
}

static void test_paths_name_containers(void **state)
{
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const struct {
        const char *path, *expected; /* namespace pod container id */
    } cases[] = {
        {"/var/log/containers/web-5d_shop_nginx-" ID ".log", "shop web-5d nginx " ID},
        {"/var/log/pods/shop_web-5d_8a7b-11/nginx/0.log", "shop web-5d nginx "},
        {"/var/lib/docker/containers/" ID "/" ID "-json.log", "   " ID},
        {"/var/log/containers/odd.log", "   "},
        {"/var/log/containers/a_b_c-0123.log", "   "},
        {"/var/log/nginx/access.log", "   "},
        {"x", "   "},
        {"", "   "},
        {"/", "   "},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wrap_container of = wrap_container_of(slice_of(cases[i].path));
        char got[256];

        snprintf(got, sizeof(got), "%.*s %.*s %.*s %.*s", SLICE_FMT(of.namespace),
                 SLICE_FMT(of.pod), SLICE_FMT(of.container), SLICE_FMT(of.id));
        assert_string_equal(got, cases[i].expected);
    }
}

static void test_wrong_configurations_are_refused(void **state)
{
    struct multiline_config cases[] = {
        {.type = (char *)"nothing"},
        {.type = (char *)"pattern"},
        {.start = (char *)"("},
        {.type = (char *)"traces", .start = (char *)"^x"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct input_config input = {.multiline = &cases[i]};
        struct join *join;
        struct error err;

        assert_int_equal(join_open(&input, LINE_MAX, &join, &err), REJECT);
        assert_null(join);
    }
}

/* In pieces of any size, as a growing file gives them, the events are those of the whole. */
static void test_pieces_do_not_matter(void **state)
{
    static const char *const lines[] = {"a\n",
                                        " b\n",
                                        "\tc\n",
                                        "java.lang.Error: x\n",
                                        "\n",
                                        "long line\n",
                                        "Traceback (most recent call last):\n",
                                        "ValueError: y\n"};
    struct multiline_config multiline = {.type = (char *)"traces"};
    struct join *join = open_join(WRAP_NONE, &multiline);
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 2000; round++) {
        char text[150] = "", whole[8192], got[8192] = "";
        size_t n = 0, from = 0, to = 0;

        for (unsigned i = rng_below(&rng, 12); i > 0 && n < 100; i--)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s",
                                  lines[rng_below(&rng, ARRAY_LEN(lines))]);
        snprintf(whole, sizeof(whole), "%s", events_of(join, text, true));
        while (from < n || to < n) {
            bool all = to == n;
            struct framer framer = {.p = text + from, .end = text + to, .line_max = LINE_MAX};
            struct event event;

            framer.last = all;
            while (join_next(join, &framer, all, &event))
                snprintf(got + strlen(got), sizeof(got) - strlen(got), "<%.*s>",
                         SLICE_FMT(event.text));
            from += framer.offset;
            if (all)
                break;
            to += 1 + rng_below(&rng, (uint32_t)(n - to));
        }
        assert_string_equal(got, whole);
    }
    join_close(join);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_any_of_it_lines_are_events),
        cmocka_unit_test(test_indented_lines_go_on),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_traces_belong_to_the_line_before_them),
        cmocka_unit_test(test_time_stamps_begin_events),
        cmocka_unit_test(test_limits_end_an_event),
        cmocka_unit_test(test_a_cut_line_stands_alone),
        cmocka_unit_test(test_container_lines),
        cmocka_unit_test(test_traces_in_containers),
        cmocka_unit_test(test_what_the_runtime_says_is_kept),
        cmocka_unit_test(test_paths_name_containers),
        cmocka_unit_test(test_wrong_configurations_are_refused),
        cmocka_unit_test(test_pieces_do_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
