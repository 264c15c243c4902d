/*
 * test_library.c - grok's definitions: all of them compile, and users can add their own.
 */
#include "shipper/grok/library.h"

#include "common/scope.h"
#include "shipper/grok/expand.h"
#include "shipper/parser/matcher.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/folder.h"

static void write_in(const char *folder, const char *name, const char *text)
{
    char path[FOLDER_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file_write(path, slice_of(text), O_TRUNC);
}

static struct grok_library *open_library(const char *folder)
{
    struct grok_library *library = NULL;
    struct error err;

    if (grok_library_open(folder, &library, &err))
        fail_msg("%s", err.text);
    return library;
}

static void compile(void *arg, struct slice name, struct slice definition)
{
    const struct matcher_options options = {.library = arg};
    struct matcher *matcher = NULL;
    struct error err;
    char text[100];

    assert_true(definition.len > 0);
    snprintf(text, sizeof(text), "%%{%.*s}", SLICE_FMT(name));
    if (matcher_open(slice_of(text), &options, &matcher, &err))
        fail_msg("%s: %s", text, err.text);
    matcher_close(matcher);
}

static void all_definitions_compile(void **state)
{
    struct grok_library *library = open_library(NULL);

    (void)state;
    grok_library_each(library, compile, library);
    grok_library_close(library);
}

static void usual_names_are_there(void **state)
{
    static const char *const names[] = {
        "USERNAME",
        "USER",
        "EMAILADDRESS",
        "INT",
        "NUMBER",
        "BASE10NUM",
        "BASE16NUM",
        "POSINT",
        "NONNEGINT",
        "WORD",
        "NOTSPACE",
        "SPACE",
        "DATA",
        "GREEDYDATA",
        "QUOTEDSTRING",
        "QS",
        "UUID",
        "URN",
        "MAC",
        "CISCOMAC",
        "WINDOWSMAC",
        "COMMONMAC",
        "IP",
        "IPV4",
        "IPV6",
        "HOSTNAME",
        "HOST",
        "IPORHOST",
        "HOSTPORT",
        "PATH",
        "UNIXPATH",
        "WINPATH",
        "TTY",
        "URIPROTO",
        "URIHOST",
        "URIPATH",
        "URIPARAM",
        "URIPATHPARAM",
        "URI",
        "MONTH",
        "MONTHNUM",
        "MONTHDAY",
        "DAY",
        "YEAR",
        "HOUR",
        "MINUTE",
        "SECOND",
        "TIME",
        "DATE_US",
        "DATE_EU",
        "DATE",
        "ISO8601_TIMEZONE",
        "TIMESTAMP_ISO8601",
        "DATESTAMP",
        "TZ",
        "DATESTAMP_RFC822",
        "DATESTAMP_RFC2822",
        "DATESTAMP_OTHER",
        "DATESTAMP_EVENTLOG",
        "SYSLOGTIMESTAMP",
        "PROG",
        "SYSLOGPROG",
        "SYSLOGHOST",
        "SYSLOGFACILITY",
        "SYSLOGBASE",
        "SYSLOGBASE2",
        "SYSLOGLINE",
        "SYSLOG5424LINE",
        "HTTPDATE",
        "HTTPDUSER",
        "LOGLEVEL",
        "COMMONAPACHELOG",
        "COMBINEDAPACHELOG",
        "HTTPD_COMMONLOG",
        "HTTPD_COMBINEDLOG",
        "HTTPD_ERRORLOG",
        "JAVACLASS",
        "JAVAFILE",
        "JAVAMETHOD",
        "JAVASTACKTRACEPART",
        "CATALINALOG",
        "TOMCATLOG",
        "HAPROXYHTTP",
        "HAPROXYTCP",
        "POSTGRESQL",
        "REDISLOG",
        "REDISMONLOG",
        "MONGO_LOG",
        "MONGO3_LOG",
        "RUBY_LOGGER",
        "RAILS3",
        "S3_ACCESS_LOG",
        "ELB_ACCESS_LOG",
        "CLOUDFRONT_ACCESS_LOG",
        "CISCOFW106023",
        "CISCO_TAGGED_SYSLOG",
        "SQUID3",
        "BACULA_LOGLINE",
        "BIND9",
        "EXIM",
        "NAGIOSLOGLINE",
        "CRONLOG",
        "SHOREWALL",
        "NETSCREENSESSIONLOG",
        "MAVEN_VERSION",
    };
    struct grok_library *library = open_library(NULL);
    struct slice definition;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!grok_library_find(library, slice_of(names[i]), &definition))
            fail_msg("no %s", names[i]);
    assert_false(grok_library_find(library, SLICE("WOR"), &definition));
    assert_false(grok_library_find(library, SLICE(""), &definition));
    assert_string_equal(grok_library_suggest(library, "GREEDDATA"), "GREEDYDATA");
    assert_null(grok_library_suggest(library, "SOMETHINGELSE"));
    grok_library_close(library);
}

/* What the parts match as a whole, and what not. */
static void parts_match_what_they_should(void **state)
{
    static const struct {
        const char *name, *good[8], *bad[8];
    } cases[] = {
        {"INT", {"0", "-12", "+7"}, {"", "1.5", "a"}},
        {"NUMBER", {"0", "-1.5", "+.5", "10"}, {"", "1.2.3", "x"}},
        {"BASE16NUM", {"0xff", "DEAD", "-1f"}, {"0xg"}},
        {"POSINT", {"1", "42"}, {"0", "-1"}},
        {"WORD", {"a", "a_1", "\xc3\xa4"}, {"", "a b", "-"}},
        {"USERNAME", {"a.b-c_1"}, {"a@b", ""}},
        {"EMAILADDRESS", {"a@x.org", "a.b+c@mail.x.org"}, {"a", "@x", "a@", ".a@x"}},
        {"QUOTEDSTRING", {"\"a\"", "'a'", "`a`", "\"\"", "\"a \\\" b\""}, {"a", "\"a", "\"a\"b\""}},
        {"UUID", {"123e4567-e89b-12d3-a456-426614174000"}, {"123e4567-e89b"}},
        {"URN", {"urn:isbn:0451450523"}, {"urn:", "x:y:z"}},
        {"MAC", {"01:23:45:67:89:ab", "01-23-45-67-89-AB", "0123.4567.89ab"}, {"01:23:45"}},
        {"IPV4", {"0.0.0.0", "255.255.255.255"}, {"256.1.1.1", "1.2.3", "1.2.3.4.5"}},
        {"IPV6",
         {"::", "::1", "1::", "2001:db8::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "fe80::1%eth0",
          "1:2:3:4:5:6:1.2.3.4"},
         {":", "1:2:3", "1::2::3", "1:2:3:4:5:6:7:8:9", "g::1", "1.2.3.4", "12345::"}},
        {"HOSTNAME", {"a", "a.b", "x-1.example.org", "example.org."}, {"", "-a", "a b"}},
        {"IPORHOST", {"1.2.3.4", "::1", "a.b"}, {""}},
        {"HOSTPORT", {"a:80", "1.2.3.4:8080"}, {"a", "a:0"}},
        {"UNIXPATH", {"/", "/usr/lib/x.so", "/var/log/x-1.log"}, {"", "a"}},
        {"WINPATH", {"C:\\a\\b", "C:\\a b\\c.txt"}, {"a", "C:"}},
        {"URI",
         {"http://x.org/a?b=c", "ftp://u:p@x/", "https://[::1]:8080/x"},
         {"x.org", "http:/x"}},
        {"MONTH", {"Jan", "February", "may", "Dec", "Okt"}, {"Ja", "Foo"}},
        {"MONTHNUM", {"1", "01", "12"}, {"0", "13"}},
        {"MONTHDAY", {"1", "01", "31"}, {"0", "32"}},
        {"YEAR", {"99", "2023"}, {"9", "123", "20231"}},
        {"HOUR", {"0", "09", "23"}, {"24"}},
        {"SECOND", {"0", "59", "60", "01.5", "01,123"}, {"61"}},
        {"TIME", {"0:00:00", "23:59:60", "12:00:00.123"}, {"12:00", "24:00:00", "12:60:00"}},
        {"DATE", {"10/27/2023", "27.10.2023", "1-2-99"}, {"2023/10/27", "13/32/2023"}},
        {"ISO8601_TIMEZONE", {"Z", "+02:00", "-0330", "+02"}, {"+2:0", "UTC"}},
        {"TIMESTAMP_ISO8601",
         {"2023-10-27T10:00:00Z", "2023-10-27 10:00", "2023-10-27T10:00:00.123+02:00",
          "2023-10-27 10:00:00,5"},
         {"2023-10-27", "2023-13-01T00:00:00Z"}},
        {"SYSLOGTIMESTAMP", {"Oct 11 22:14:15", "Oct  1 22:14:15"}, {"Oct 22:14:15"}},
        {"HTTPDATE", {"10/Oct/2000:13:55:36 -0700"}, {"10/Oct/2000 13:55:36"}},
        {"DATESTAMP_RFC2822", {"Fri, 27 Oct 2023 10:00:00 +0200"}, {"27 Oct 2023"}},
        {"LOGLEVEL", {"INFO", "warning", "Err", "EMERG", "SEVERE"}, {"", "informal", "x"}},
        {"JAVACLASS", {"a", "com.x.Y$1"}, {"", ".a", "1a"}},
        {"TTY", {"/dev/pts/1", "/dev/tty0", "/dev/console"}, {"/dev/null"}},
    };
    struct grok_library *library = open_library(NULL);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct matcher_options options = {.library = library};
        struct capture_line line = {0};
        struct matcher *matcher;
        struct arena arena;
        struct record record;
        struct error err;
        char text[100];
        bool fits;

        arena_init(&arena, 4096, 1 << 20);
        record_init(&record, &arena);
        line.record = &record;
        snprintf(text, sizeof(text), "^%%{%s}$", cases[i].name);
        assert_int_equal(matcher_open(slice_of(text), &options, &matcher, &err), OK);
        for (size_t j = 0; j < 16; j++) {
            const char *subject = j < 8 ? cases[i].good[j] : cases[i].bad[j - 8];

            if (!subject)
                continue;
            matcher_parse(matcher, slice_of(subject), &line, &fits);
            if (fits != (j < 8))
                fail_msg("%s on '%s': %s", text, subject, fits ? "fits" : "does not fit");
        }
        matcher_close(matcher);
        arena_release(&arena);
    }
    grok_library_close(library);
}

static void users_add_and_replace(void **state)
{
    char folder[64];
    struct grok_library *library;
    struct slice definition;

    (void)state;
    folder_make(folder);
    write_in(folder, "b.grok", "# ours\n\n  QUEUE  [0-9A-F]{10,11}\r\nWORD x\n");
    write_in(folder, "c.grok", "WORD y");
    write_in(folder, "other.txt", "not a definition at all !");
    library = open_library(folder);
    assert_true(grok_library_find(library, SLICE("QUEUE"), &definition));
    assert_slice(definition, "[0-9A-F]{10,11}");
    assert_true(grok_library_find(library, SLICE("WORD"), &definition));
    assert_slice(definition, "y");
    grok_library_close(library);
    folder_remove(folder);
}

static void broken_files_are_refused_with_the_line(void **state)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"GOOD x\nBAD", "x.grok:2: the name has no pattern"},
        {"B-D x", "x.grok:1: expected a name"},
        {"%{X} y", "x.grok:1: expected a name"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct grok_library *library = NULL;
        char folder[64];
        struct error err;

        folder_make(folder);
        write_in(folder, "x.grok", cases[i].text);
        assert_int_equal(grok_library_open(folder, &library, &err), REJECT);
        if (!strstr(err.text, cases[i].problem))
            fail_msg("%s", err.text);
        folder_remove(folder);
    }
    {
        struct grok_library *library = NULL;
        struct error err;

        assert_int_equal(grok_library_open("/nonexistent/formats", &library, &err), REJECT);
        assert_non_null(strstr(err.text, "'/nonexistent/formats'"));
    }
}

static void count_definition(void *arg, struct slice name, struct slice definition)
{
    size_t *count = arg;

    (void)name;
    (void)definition;
    (*count)++;
}

static size_t count_definitions(const char *folder)
{
    struct grok_library *library = open_library(folder);
    size_t count = 0;

    grok_library_each(library, count_definition, &count);
    grok_library_close(library);
    return count;
}

/* A file of `lines` definitions of its own, and one that replaces the first of them. */
static void write_definitions(const char *folder, size_t lines)
{
    scoped_buf struct buf text = BUF_INIT(1 << 20);

    for (size_t i = 0; i < lines; i++)
        buf_addf(&text, "MANY%zu [a-z]+\n", i);
    buf_add_text(&text, "MANY0 [0-9]+\n");
    assert_false(text.failed);
    write_in(folder, "many.grok", buf_str(&text));
}

static void there_are_5000_definitions_at_most(void **state)
{
    const size_t most = 5000, room = most - count_definitions(NULL);
    struct grok_library *library = NULL;
    char folder[64], problem[100];
    struct error err;

    (void)state;
    folder_make(folder);
    write_definitions(folder, room);
    assert_int_equal(count_definitions(folder), most);

    write_definitions(folder, room + 1);
    snprintf(problem, sizeof(problem), "/many.grok:%zu: too many definitions, there can be 5000",
             room + 1);
    assert_int_equal(grok_library_open(folder, &library, &err), REJECT);
    if (!strstr(err.text, problem))
        fail_msg("%s, not %s", err.text, problem);
    folder_remove(folder);
}

static void definitions_that_refer_to_themselves_are_refused(void **state)
{
    static const struct {
        const char *text, *pattern, *problem;
    } cases[] = {
        {"A %{A}", "x %{A}",
         "a definition refers to itself: 'A' in grok pattern 'A', at character 3"},
        {"A %{B}\nB %{C}\nC %{A}", "%{A}",
         "a definition refers to itself: 'A' in grok pattern 'C'"},
        {"A %{B}%{B}\nB %{C}%{C}\nC %{D}%{D}\nD %{E}%{E}\nE %{F}%{F}\nF %{G}%{G}\nG %{H}%{H}\n"
         "H %{I}%{I}\nI %{J}%{J}\nJ %{K}%{K}\nK %{L}%{L}\nL %{M}%{M}\nM %{N}%{N}\nN %{O}%{O}\n"
         "O %{P}%{P}\nP %{Q}%{Q}\nQ %{R}%{R}\nR %{S}%{S}\nS %{T}%{T}\nT %{U}%{U}\nU %{V}%{V}\nV x",
         "%{A}", "grows beyond"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct grok_library *library = open_library(NULL);
        struct expansion *expansion = malloc(sizeof(*expansion));
        struct error err;

        assert_non_null(expansion);
        assert_int_equal(grok_library_add(library, slice_of(cases[i].text), "x", &err), OK);
        expansion_init(expansion);
        assert_int_equal(expand(expansion, slice_of(cases[i].pattern), library, &err), REJECT);
        if (!strstr(err.text, cases[i].problem))
            fail_msg("%s", err.text);
        expansion_release(expansion);
        free(expansion);
        grok_library_close(library);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_definitions_compile),
        cmocka_unit_test(usual_names_are_there),
        cmocka_unit_test(parts_match_what_they_should),
        cmocka_unit_test(users_add_and_replace),
        cmocka_unit_test(broken_files_are_refused_with_the_line),
        cmocka_unit_test(there_are_5000_definitions_at_most),
        cmocka_unit_test(definitions_that_refer_to_themselves_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
