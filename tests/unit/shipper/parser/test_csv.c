/*
 * test_csv.c - values below a heading: quotes, delimiters, ragged lines, given columns.
 */
#include "shipper/parser/csv_scan.h"
#include "tests/unit/support/parsed.h"

static void check(const char *format, const struct parsed_case *cases, size_t count)
{
    struct parsed parsed;

    parsed_open(&parsed, format, NULL);
    parsed.as_is = true;
    parsed_expect_all(&parsed, cases, count);
    parsed_close(&parsed);
}

static void the_first_line_names_the_columns(void **state)
{
    static const struct parsed_case cases[] = {
        {"\xef\xbb\xbftime,Level,User Agent,client_ip,status,note", ""},
        {"2026-11-21 12:00:00,ERROR,UA,192.0.2.1,404,a",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','event':{'outcome':'failure'},"
         "'log':{'level':'error'},'source':{'address':'192.0.2.1','ip':'192.0.2.1'},"
         "'http':{'response':{'status_code':404}},'user_agent':{'original':'UA'},"
         "'labels':{'note':'a'}}"},
        {"2026-11-21T13:00:00+01:00,info,-,,,", "{'@timestamp':'2026-11-21T12:00:00.000Z',"
                                                "'log':{'level':'info'}}"},
        /* files put together */
        {"time,Level,User Agent,client_ip,status,note", NULL},
        {"\xef\xbb\xbftime,Level,User Agent,client_ip,status,note", ""},
    };

    (void)state;
    check("csv", cases, 3);
    check("csv", cases, 1);
}

static void the_heading_again_is_no_record(void **state)
{
    static const struct parsed_case cases[] = {
        {"a,b", ""},
        {"1,2", "{'labels':{'a':'1','b':'2'}}"},
        {"a,b", ""},
        {"3,4", "{'labels':{'a':'3','b':'4'}}"},
    };

    (void)state;
    check("csv", cases, ARRAY_LEN(cases));
}

static void values_may_be_quoted(void **state)
{
    static const struct parsed_case cases[] = {
        {"a,\"b,c\",d", ""},
        {"\"x,y\",\"say \"\"hi\"\"\",z", "{'labels':{'a':'x,y','b,c':'say \\\"hi\\\"','d':'z'}}"},
        {"\"two\nlines\",,\"\"", "{'labels':{'a':'two\\nlines'}}"},
        {"a\"b,c\"d\"e,5\"", "{'labels':{'a':'a\\\"b','b,c':'c\\\"d\\\"e','d':'5\\\"'}}"},
        {" x , y ,z", "{'labels':{'a':' x ','b,c':' y ','d':'z'}}"},
        {"\"open,b,c", NULL},
        {"\"x\"y,b,c", NULL},
        {"\"\"\"\",b,c", "{'labels':{'a':'\\\"','b,c':'b','d':'c'}}"},
    };

    (void)state;
    check("csv", cases, ARRAY_LEN(cases));
}

static void lines_may_be_ragged(void **state)
{
    static const struct parsed_case cases[] = {
        {"a,b,c", ""},
        {"1,2", "{'tags':['_columnmismatch'],'labels':{'a':'1','b':'2'}}"},
        {"1,2,3,4,5",
         "{'tags':['_columnmismatch'],'labels':{'a':'1','b':'2','c':'3','column_4':'4',"
         "'column_5':'5'}}"},
        {"plain text", NULL},
        {"", NULL},
    };
    static const struct parsed_case nameless[] = {
        {"a,,b,a,", ""},
        {"1,2,3,4", "{'labels':{'a':['1','4'],'column_2':'2','b':'3'}}"},
        {"1,2,3,4,", "{'labels':{'a':['1','4'],'column_2':'2','b':'3'}}"},
    };

    (void)state;
    check("csv", cases, ARRAY_LEN(cases));
    check("csv", nameless, ARRAY_LEN(nameless));
}

static void delimiters_are_found_in_the_heading(void **state)
{
    static const struct parsed_case semicolons[] = {
        {"a;b;\"c,d,e,f\"", ""}, {"1,5;2;3", "{'labels':{'a':'1,5','b':'2','c,d,e,f':'3'}}"}};
    static const struct parsed_case tabs[] = {{"a\tb, c", ""},
                                              {"1\t2", "{'labels':{'a':'1','b, c':'2'}}"}};
    static const struct parsed_case bars[] = {{"a|b|c", ""},
                                              {"1|2|3", "{'labels':{'a':'1','b':'2','c':'3'}}"}};
    static const struct parsed_case one[] = {{"a", ""}, {"x y", "{'labels':{'a':'x y'}}"}};

    (void)state;
    check("csv", semicolons, ARRAY_LEN(semicolons));
    check("csv", tabs, 1);
    check("tsv", tabs, ARRAY_LEN(tabs));
    check("csv", bars, ARRAY_LEN(bars));
    check("csv", one, ARRAY_LEN(one));
}

static void tabs_need_no_quotes(void **state)
{
    static const struct parsed_case cases[] = {
        {"a\tb", ""},
        {"\"x\ty", "{'labels':{'a':'\\\"x','b':'y'}}"},
        {"\"x\"z\ty", "{'labels':{'a':'\\\"x\\\"z','b':'y'}}"},
        {"\"x\ty\"\tz", "{'labels':{'a':'x\\ty','b':'z'}}"},
    };

    (void)state;
    check("tsv", cases, ARRAY_LEN(cases));
}

static void columns_may_be_given(void **state)
{
    static const struct parsed_case cases[] = {
        {"2026-11-21T12:00:00Z,WARN,m",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'m','log':{'level':'warn'}}"},
        {"time,level,message", ""},
        {"1795262400.5,WARN,\"a, b\"",
         "{'@timestamp':'2026-11-21T12:00:00.500Z','message':'a, b','log':{'level':'warn'}}"},
    };
    static const struct parsed_case odd[] = {{"1^'x^y'", "{'labels':{'a':'1','b':'x^y'}}"}};
    static const struct parsed_case spaces[] = {{"1 \"2", "{'labels':{'a':'1','b':'\\\"2'}}"}};
    static const struct parsed_case heading[] = {{"a#b", ""},
                                                 {"1#2", "{'labels':{'a':'1','b':'2'}}"}};

    (void)state;
    check("csv:time,level,message", cases, ARRAY_LEN(cases));
    check("csv:delimiter=^ quote=' a^b", odd, ARRAY_LEN(odd));
    check("csv:delimiter=space quote=none a b", spaces, ARRAY_LEN(spaces));
    check("csv:delimiter=#", heading, ARRAY_LEN(heading));
}

static void bad_arguments_are_refused(void **state)
{
    static const char *const formats[] = {"csv:delimiter=ab a,b",
                                          "csv:delimiter=", "csv:quote=\" delimiter=\" a",
                                          "csv:delimiter=none a", "csv:\"a"};
    struct parser *parser;
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (parser_open(formats[i], NULL, &parser, &err) != REJECT)
            fail_msg("%s", formats[i]);
}

static void quoted_values_may_hold_line_ends(void **state)
{
    static const struct {
        const char *text;
        size_t len; /* of the first record; 0: it does not end here */
    } cases[] = {
        {"", 0},
        {"a,b", 0},
        {"a,b\nc", 4},
        {"a,\"b\nc\"\nd", 8},
        {"a,\"b\nc", 0},
        {"a,\"b\"\nc", 6},
        {"a,\"b\"\"\nc\"\r\nd", 11},
        {"a\"b\nc\"", 4},
        {"\"a\"x\n\"b\"", 5},
        {"\"a\nb\"x\n", 3},
        {"\n", 1},
        {"\"\"\n", 3},
    };
    const struct csv_style style = {',', '"'};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (csv_record_end(style, slice_of(cases[i].text)) != cases[i].len)
            fail_msg("%s: %zu", cases[i].text, csv_record_end(style, slice_of(cases[i].text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_names_the_columns),
        cmocka_unit_test(the_heading_again_is_no_record),
        cmocka_unit_test(values_may_be_quoted),
        cmocka_unit_test(lines_may_be_ragged),
        cmocka_unit_test(delimiters_are_found_in_the_heading),
        cmocka_unit_test(tabs_need_no_quotes),
        cmocka_unit_test(columns_may_be_given),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(quoted_values_may_hold_line_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
