#include "common/markup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/version.h"

static void expect_text(const char *markdown, const char *expected)
{
    scoped_buf struct buf out = BUF_INIT(1u << 20);

    markup_text(slice_of(markdown), false, &out);
    assert_string_equal(buf_str(&out), expected);
}

/* Behind the head of the page. */
static void expect_man(const char *markdown, const char *expected)
{
    scoped_buf struct buf out = BUF_INIT(1u << 20);
    const char *body;

    markup_man("some-page", 7, slice_of(markdown), &out);
    assert_memory_equal(buf_str(&out), ".TH SOME\\-PAGE 7 ", 17);
    assert_non_null(strstr(out.data, alpex_version));
    body = strstr(out.data, ".ad l\n");
    assert_non_null(body);
    assert_string_equal(body + 6, expected);
}

static void blocks_are_recognised(void **state)
{
    static const char markdown[] =
        "# title\n\n## NAME\n\none\ntwo\n\n    code *x*\n\n- item\n  more\n"
        "- other\n\n| | |\n|---|---|\n| `a|b` | what \\| it is |\n"
        "| c | d |\n\nterm\n: its text\n  goes on\n\n"
        "```\nfenced\n\n  x\n```\n";

    (void)state;
    expect_text(markdown, "NAME\n  one two\n\n    code *x*\n\n  - item more\n\n  - other\n\n"
                          "  a|b\n      what | it is\n  c\n      d\n"
                          "  term\n      its text goes on\n\n    fenced\n\n      x\n");
    expect_man(markdown,
               ".SH NAME\none two\n.PP\n.RS 4\n.nf\ncode *x*\n.fi\n.RE\n.IP \\(bu 2\nitem more\n"
               ".IP \\(bu 2\nother\n.TP\n\\fBa|b\\fR\nwhat | it is\n.TP\nc\nd\n"
               ".TP\nterm\nits text goes on\n.PP\n.RS 4\n.nf\nfenced\n\n  x\n.fi\n.RE\n");
}

static void marks_inside_of_lines(void **state)
{
    (void)state;
    expect_text("a `b*c` **d** *e* \\*f\\*", "  a b*c d e *f*\n");
    expect_man("a `b*c` **d** *e* \\*f\\*", ".PP\na \\fBb*c\\fR \\fBd\\fR \\fIe\\fR *f*\n");
}

static void signs_of_the_typesetter_are_text(void **state)
{
    (void)state;
    expect_man(".TH it's", ".PP\n\\&.TH it\\(aqs\n");
    expect_man("'quoted' \\e -x ~ ^ \xe2\x80\xa6 \xf0\x9f\x98\x80",
               ".PP\n\\(aqquoted\\(aq \\ee \\-x \\(ti \\(ha \\[u2026] \\[u1F600]\n");
    expect_man("    .x\n    'y\n    \xc3\xa9", ".PP\n.RS 4\n.nf\n\\&.x\n\\&\\(aqy\n\\[u00E9]\n.fi\n"
                                               ".RE\n");
}

/* A line that would begin with a sign after it is broken is no macro either. */
static void long_lines_are_broken_between_words(void **state)
{
    static const char words[] =
        "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa "
        ".x 'y\n";

    (void)state;
    expect_man(words, ".PP\naaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa\n"
                      "aaaaaaaaa .x \\(aqy\n");
    expect_man(
        "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaa .x",
        ".PP\naaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaa\n"
        "\\&.x\n");
    expect_text(words, "  aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa\n"
                       "  aaaaaaaaa .x 'y\n");
}

static void colour_is_not_counted_as_width(void **state)
{
    scoped_buf struct buf out = BUF_INIT(1u << 20);

    (void)state;
    markup_text(slice_of("## H\n\n`aaaaaaaaa` `aaaaaaaaa` `aaaaaaaaa` `aaaaaaaaa` `aaaaaaaaa` "
                         "`aaaaaaaaa` `aaaaaaaaa`"),
                true, &out);
    assert_non_null(strstr(buf_str(&out), "\033[1mH\033[0m\n"));
    assert_ptr_equal(strchr(strchr(out.data, '\n') + 1, '\n'), out.data + out.len - 1);
}

static void escaped_text_has_no_marks(void **state)
{
    scoped_buf struct buf escaped = BUF_INIT(1024);

    (void)state;
    markup_escape("a*b `c` \\d | e", &escaped);
    expect_text(buf_str(&escaped), "  a*b `c` \\d | e\n");
}

static void broken_text_does_no_harm(void **state)
{
    (void)state;
    expect_text("", "");
    expect_text("`open *and **more", "  open *and **more\n");
    expect_text("|", "");
    expect_text("| a", "");
    expect_text("```\nnever closed", "    never closed\n");
    expect_text(": no term", "  no term\n");
    expect_man("cut \xe2", ".PP\ncut \\[u0002]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_recognised),
        cmocka_unit_test(marks_inside_of_lines),
        cmocka_unit_test(signs_of_the_typesetter_are_text),
        cmocka_unit_test(long_lines_are_broken_between_words),
        cmocka_unit_test(colour_is_not_counted_as_width),
        cmocka_unit_test(escaped_text_has_no_marks),
        cmocka_unit_test(broken_text_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
