/*
 * test_view.c - a request's parts as texts: borders of arguments, and what others make of them.
 */
#include "indexer/enrich/threat/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "common/scope.h"
#include "indexer/enrich/threat/sql.h"

#define N "\x1e"
#define V "\x1f"

struct sample {
    const char *in;
    struct slice out;
};

static void check(const struct sample *samples, size_t count,
                  size_t (*make)(struct slice in, char *out))
{
    char room[VIEW_ROOM(256)];
    size_t len;

    for (size_t i = 0; i < count; i++) {
        len = make(slice_of(samples[i].in), room);
        if (!slice_equal((struct slice){room, len}, samples[i].out))
            fail_msg("'%s' became '%.*s'", samples[i].in, (int)len, room);
    }
}

static size_t url_of(struct slice in, char *out)
{
    return view_url(in, view_kind(in).is_encoded, out);
}

static void arguments_have_borders(void **state)
{
    static const struct sample samples[] = {
        {"/", SLICE("/")},
        {"", SLICE("")},
        {"/a?", SLICE("/a")},
        {"/a?b=c", SLICE("/a" N "b" V "c")},
        {"/a?b=c&d=e", SLICE("/a" N "b" V "c" N "d" V "e")},
        {"/a?b=c&amp;d=e", SLICE("/a" N "b" V "c" N "d" V "e")},
        {"/a?b", SLICE("/a" N V "b")},
        {"/a?b=%26c%3Dd", SLICE("/a" N "b" V "&c=d")},
        {"/a?b=1 && ls", SLICE("/a" N "b" V "1 && ls")},
        {"/a?b=x&c", SLICE("/a" N "b" V "x&c")},
        {"/a?b=&c=", SLICE("/a" N "b" V N "c" V)},
        {"/a?b=c=d", SLICE("/a" N "b" V "c=d")},
        {"/a?b=c?d", SLICE("/a" N "b" V "c?d")},
        {"/a?x%5b%5d=1", SLICE("/a" N "x[]" V "1")},
        {"/a+b%20c?d+e=f+g%2Bh", SLICE("/a b c" N "d e" V "f g+h")},
        {"/%1e?a=%1f", SLICE("/ " N "a" V " ")},
        {"?x=1", SLICE(N "x" V "1")},
    };

    (void)state;
    check(samples, ARRAY_LEN(samples), url_of);
}

static void a_header_is_a_value(void **state)
{
    static const struct sample samples[] = {
        {"Mozilla/5.0 (a; b) C++", SLICE(V "Mozilla/5.0 (a; b) C++")},
        {"%24%7Bjndi:x%7D", SLICE(V "${jndi:x}")},
        {"a\x1e"
         "b",
         SLICE(V "a b")},
    };

    (void)state;
    check(samples, ARRAY_LEN(samples), view_header);
}

static void databases_and_file_systems_see_less(void **state)
{
    static const struct sample samples[] = {
        {"union/**/select", SLICE("union select")},
        {"union/*a*//*b*/select", SLICE("union select")},
        {"/*!50000union*/ select", SLICE(" union select")},
        {"a /* never ends", SLICE("a never ends")},
        {"a\t\n  b", SLICE("a b")},
        {"/etc//passwd", SLICE("/etc/passwd")},
        {"/etc/./././passwd", SLICE("/etc/passwd")},
        {"\\..\\.\\..\\windows", SLICE("/../../windows")},
        {"/a/..;/b", SLICE("/a/../b")},
    };

    (void)state;
    check(samples, ARRAY_LEN(samples), view_squash);
}

static void shells_see_less(void **state)
{
    static const struct sample samples[] = {
        {"c''at /e\"t\"c", SLICE("cat /etc")},
        {"w\\ho^ami", SLICE("whoami")},
        {"cat$IFS/etc", SLICE("cat /etc")},
        {"cat${IFS}/etc", SLICE("cat /etc")},
        {"cat$IFS$9/etc", SLICE("cat /etc")},
        {"wh$@oami$u", SLICE("whoami")},
        {"{cat,/etc/passwd}", SLICE("cat /etc/passwd")},
        {"$(id)", SLICE("$(id)")},
        {"{a", SLICE("{a")},
        {"${", SLICE("")},
        {"$", SLICE("")},
    };

    (void)state;
    check(samples, ARRAY_LEN(samples), view_unquote);
}

/* A view that differs must be announced: else it would not be made. */
static void traits_tell_when_views_differ(void **state)
{
    static const char *const samples[] = {"union/**/select",
                                          "/a//b",
                                          "/a/./b",
                                          "a\\b",
                                          "a\tb",
                                          "a  b",
                                          "/..;/",
                                          "c''at",
                                          "a^b",
                                          "$IFS",
                                          "{a,b}",
                                          "a`b",
                                          "plain/text-1.2;x=(1)",
                                          "a b c",
                                          "http:/x"};
    char room[VIEW_ROOM(64)];
    struct slice text;
    unsigned traits;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        text = slice_of(samples[i]);
        traits = view_kind(text).traits;
        if (!(traits & VIEW_SQUASH))
            assert_true(slice_equal(text, (struct slice){room, view_squash(text, room)}));
        if (!(traits & VIEW_UNQUOTE))
            assert_true(slice_equal(text, (struct slice){room, view_unquote(text, room)}));
    }
}

/* The plain twins of view_kind, one question after the other. */
static unsigned plain_traits(struct slice text)
{
    unsigned traits = 0;
    char before = 0, c;

    for (size_t i = 0; i < text.len; before = c, i++) {
        c = text.data[i];
        if ((strchr("./*", c) && c && before == '/') || (c == ';' && before == '.') ||
            (c == ' ' && before == ' ') || c == '\0' || (c >= '\t' && c <= '\r') || c == '\\')
            traits |= VIEW_SQUASH;
        if (c && strchr("'\"`^$\\{", c))
            traits |= VIEW_UNQUOTE;
    }
    return traits;
}

static enum view_alphabet plain_alphabet(struct slice text)
{
    enum view_alphabet alphabet = VIEW_WORDS;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            (c && strchr("/.-_~:,", c)))
            continue;
        if (c != MARK_NAME && c != MARK_VALUE)
            return VIEW_ANY;
        alphabet = VIEW_ARGUMENTS;
    }
    return alphabet;
}

static size_t random_text(unsigned *seed, char *out, size_t size)
{
    static const char plain[] = "ab/./-Z9:,~_", args[] = "a=b&c?d;e&amp;-\x1e\x1f";
    size_t len = (size_t)rand_r(seed) % size;
    int kind = rand_r(seed) % 4;

    for (size_t i = 0; i < len; i++)
        out[i] = kind == 0   ? plain[(size_t)rand_r(seed) % (sizeof(plain) - 1)]
                 : kind == 1 ? args[(size_t)rand_r(seed) % (sizeof(args) - 1)]
                 : kind == 2 ? (char)rand_r(seed)
                             : 'x';
    if (kind == 3 && len) /* one byte, or a pair, among plain ones */
        out[(size_t)rand_r(seed) % len] = (char)rand_r(seed);
    if (kind == 3 && len > 1)
        memset(out + (size_t)rand_r(seed) % (len - 1), plain[(size_t)rand_r(seed) % 12], 2);
    return len;
}

static void what_is_told_of_a_text_is_true(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    char text[40], room[VIEW_ROOM(40)], other[VIEW_ROOM(40)];

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 200000; i++) {
        struct slice slice = {text, random_text(&seed, text, sizeof(text))};
        struct view_kind kind = view_kind(slice);
        const struct alphabet alphabet = view_alphabet(kind.alphabet);
        size_t len = view_url(slice, kind.is_encoded, room);

        assert_int_equal(kind.traits, plain_traits(slice));
        assert_int_equal(kind.alphabet, plain_alphabet(slice));
        assert_int_equal(len, view_url(slice, true, other)); /* decoded in any case */
        assert_memory_equal(room, other, len);
        for (size_t j = 0; j < slice.len; j++)
            assert_true(alphabet.has[(unsigned char)text[j]]);
        if (kind.alphabet == VIEW_WORDS) {
            assert_int_equal(len, slice.len); /* it stands for itself */
            assert_memory_equal(room, text, len);
        }
        if (!kind.has_comment)
            assert_false(sql_is_possible(slice));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_have_borders),
        cmocka_unit_test(a_header_is_a_value),
        cmocka_unit_test(databases_and_file_systems_see_less),
        cmocka_unit_test(shells_see_less),
        cmocka_unit_test(traits_tell_when_views_differ),
        cmocka_unit_test(what_is_told_of_a_text_is_true),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
