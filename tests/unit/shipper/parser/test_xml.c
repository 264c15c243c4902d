/*
 * test_xml.c - elements as records: shapes of loggers, what XML forbids, bombs.
 */
#include "shipper/parser/xml_scan.h"
#include "tests/unit/support/parsed.h"
#include "tests/unit/support/rng.h"

static int set_up(void **state)
{
    int failed = parsed_set_up(state, "xml");

    ((struct parsed *)*state)->as_is = true;
    return failed;
}

static void attributes_and_children_are_members(void **state)
{
    static const struct parsed_case cases[] = {
        {"<event time=\"2026-11-21T12:00:00Z\" level='info' host=\"h1\">hello</event>",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'hello','log':{'level':'info'},"
         "'host':{'hostname':'h1'}}"},
        {"<event><time>2026-11-21T12:00:00Z</time><message> m </message><k>v</k></event>",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'m','labels':{'k':'v'}}"},
        {"<event><a><b x=\"1\">2</b></a></event>", "{'labels':{'a.b.x':'1','a.b':'2'}}"},
        {"<event><n>1</n><n>2</n><n/><n>3</n></event>", "{'labels':{'n':['1','2','3']}}"},
        {"<x:event xmlns:x=\"urn:x\" xmlns='y' x:k=\"v\"><x:msg>m</x:msg></x:event>",
         "{'message':'m','labels':{'k':'v'}}"},
        {"<event a = \"1\"\tb='2' />", "{'labels':{'a':'1','b':'2'}}"},
        {"<event>a<!-- no -->b<![CDATA[<&c>]]>&lt;d<?pi?></event>", "{'message':'ab<&c><d'}"},
        {"<event k=\"&quot;&amp;&lt;&gt;&#65;&#x42;&#x1F600;\"/>",
         "{'labels':{'k':'\\\"&<>AB\xf0\x9f\x98\x80'}}"},
        {"<ERROR><tag>a</tag></ERROR>", "{'labels':{'element':'ERROR','tag':'a'}}"},
        {"<event><status>404</status><method>GET</method><uri>/x?y</uri></event>",
         "{'message':'GET /x?y','event':{'outcome':'failure'},'log':{'level':'warn'},"
         "'http':{'request':{'method':'GET'},'response':{'status_code':404}},"
         "'url':{'original':'/x?y','path':'/x','query':'y'}}"},
        {"<event/>", "{}"},
        {"<event><a></a><b> </b></event>", "{}"},
        {"<\xc3\xa9v k=\"1\"/>", "{'labels':{'k':'1','element':'\xc3\xa9v'}}"},
        {"<event>\n<a>1</a>\n</event>\n", "{'labels':{'a':'1'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
    assert_true(parsed_line(*state, SLICE("<event>&apos;</event>")));
    assert_string_equal(((struct parsed *)*state)->text, "{\"message\":\"'\"}");
}

static void shapes_of_loggers(void **state)
{
    static const struct parsed_case cases[] = {
        {"<log4j:event logger=\"a.B\" timestamp=\"1795262400123\" level=\"WARN\" "
         "thread=\"main\"><log4j:message><![CDATA[text <b>]]></log4j:message>"
         "<log4j:NDC><![CDATA[ctx]]></log4j:NDC><log4j:throwable><![CDATA[java.X: y\n\tat z]]>"
         "</log4j:throwable><log4j:locationInfo class=\"a.B\" method=\"f\" file=\"B.java\" "
         "line=\"7\"/><log4j:properties><log4j:data name=\"traceId\" value=\"ab\"/>"
         "<log4j:data name=\"k\" value=\"v\"/></log4j:properties></log4j:event>",
         "{'@timestamp':'2026-11-21T12:00:00.123Z','message':'text <b>','log':{'level':'warn',"
         "'logger':'a.B','origin':{'function':'f','file':{'name':'B.java','line':7}}},"
         "'process':{'thread':{'name':'main'}},'trace':{'id':'ab'},"
         "'error':{'stack_trace':'java.X: y\\n\\tat z'},"
         "'labels':{'NDC':'ctx','locationInfo.class':'a.B','k':'v'}}"},
        {"<record><date>2026-11-21T12:00:00</date><millis>1795258800123</millis>"
         "<nanos>456789</nanos><sequence>0</sequence><logger>a.B</logger><level>SEVERE</level>"
         "<class>a.B</class><method>run</method><thread>1</thread><message>m</message>"
         "<exception><message>boom</message><frame><class>c</class><method>f</method></frame>"
         "<frame><class>d</class><method>g</method></frame></exception></record>",
         "{'@timestamp':'2026-11-21T11:00:00.123456789Z','message':'m','log':{'level':'error',"
         "'logger':'a.B','origin':{'function':'run'}},'process':{'thread':{'id':1}},"
         "'error':{'message':'boom'},'labels':{'date':'2026-11-21T12:00:00','sequence':'0',"
         "'class':'a.B','exception.frame.class':['c','d'],'exception.frame.method':['f','g']}}"},
        {"<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System>"
         "<Provider Name=\"Sec\"/><EventID>4625</EventID><Level>2</Level>"
         "<TimeCreated SystemTime=\"2026-11-21T12:00:00.1234567Z\"/>"
         "<Execution ProcessID=\"4\" ThreadID=\"8\"/><Channel>Security</Channel>"
         "<Computer>pc1</Computer><Security/></System><EventData>"
         "<Data Name=\"TargetUserName\">bob</Data><Data Name=\"IpAddress\">192.0.2.1</Data>"
         "<Data Name=\"Own\">x</Data><Data>one</Data><Data>two</Data></EventData></Event>",
         "{'@timestamp':'2026-11-21T12:00:00.123456700Z','event':{'severity':2,'code':'4625',"
         "'provider':'Sec'},'log':{'level':'error','logger':'Security'},"
         "'source':{'address':'192.0.2.1','ip':'192.0.2.1'},'user':{'name':'bob'},"
         "'process':{'pid':4,'thread':{'id':8}},'host':{'hostname':'pc1'},"
         "'labels':{'EventData.Own':'x','EventData.Data':['one','two']}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void what_stands_around_records_is_none(void **state)
{
    static const struct parsed_case cases[] = {
        {"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>", ""},
        {"<!DOCTYPE log SYSTEM \"logger.dtd\">", ""},
        {"<!-- a comment -->", ""},
        {"", ""},
        {"  ", ""},
        {"<events>", ""},
        {"<log4j:eventSet version=\"1.2\" xmlns:log4j=\"urn:x\">", ""},
        {"</events>", ""},
        {"<events><event>m</event>", "{'message':'m'}"},
        {"<event>m</event></events>", "{'message':'m'}"},
        {"<log level=\"info\">m</log>", "{'message':'m','log':{'level':'info'}}"},
        {"<log><level>info</level><msg>m</msg></log>", "{'message':'m','log':{'level':'info'}}"},
        {"<event a=\"1\">", NULL},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void what_xml_forbids_does_not_fit(void **state)
{
    static const char *const lines[] = {
        "plain text",
        "<event>m</event> x",
        "x <event>m</event>",
        "<event>m</Event>",
        "<a><b></a></b>",
        "<a>x</a></b>",
        "<a>x</a><c/>",
        "<a b=1/>",
        "<a b/>",
        "<a b=\"<\"/>",
        "<a b=\"1\"c=\"2\"/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a b=\"1/>",
        "<1a/>",
        "< a/>",
        "<a / >",
        "<>",
        "<a>&</a>",
        "<a>&lt</a>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#x110000;</a>",
        "<a>&#;</a>",
        "<a b=\"&x;\"/>",
        "<a>]]></a>",
        "<a><![CDATA[x</a>",
        "<a><!-- x</a>",
        "<a",
        "<a>x",
        "<a>x</a",
        "<![CDATA[x]]>",
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        parsed_expect_failure(*state, slice_of(lines[i]));
    parsed_expect_failure(*state, (struct slice){"<a>\0</a>", 8});
}

static void entities_and_declarations_are_refused(void **state)
{
    static const char *const lines[] = {
        "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
        "<!DOCTYPE x [",
        "<!ENTITY a \"b\">",
        "<!ELEMENT a ANY>",
        "]>",
        "<x>&e;</x>",
        "<x a=\"&e;\">1</x>",
        "<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\"><x>&e;</x>",
        "<x><!DOCTYPE y [<!ENTITY z 'z'>]></x>",
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        parsed_expect_failure(*state, slice_of(lines[i]));
}

static void depth_is_bounded(void **state)
{
    for (unsigned depth = 1; depth < 3 * XML_DEPTH_MAX; depth++) {
        scoped_buf struct buf line = BUF_INIT(65536);

        for (unsigned i = 0; i < depth; i++)
            buf_add_text(&line, "<a>");
        buf_add_text(&line, "x");
        for (unsigned i = 0; i < depth; i++)
            buf_add_text(&line, "</a>");
        if (parsed_line(*state, buf_slice(&line)) != (depth <= XML_DEPTH_MAX))
            fail_msg("depth %u", depth);
    }
}

static void broken_texts_take_linear_time(void **state)
{
    scoped_buf struct buf line = BUF_INIT(4 << 20), layout = BUF_INIT(4 << 20);

    buf_add_text(&line, "<event>");
    for (unsigned i = 0; i < 100000; i++) {
        buf_add_text(&line, "a<!---->");
        buf_add_text(&layout, "<!---->");
    }
    buf_add_text(&line, "</event>");
    assert_true(parsed_line(*state, buf_slice(&line)));
    assert_true(parsed_line(*state, buf_slice(&layout)));
}

static void random_changes_never_break_the_record(void **state)
{
    static const char seed_line[] =
        "<events><event a=\"1\" b='&lt;'><t>1</t><t>2</t><![CDATA[x]]>y&#65;<!-- c --><z/>"
        "<Data Name=\"n\">v</Data></event></events>";
    struct rng rng = rng_start();

    for (int i = 0; i < 30000; i++) {
        char line[sizeof(seed_line)];

        memcpy(line, seed_line, sizeof(line));
        for (unsigned n = 1 + rng_below(&rng, 4); n; n--)
            line[rng_below(&rng, sizeof(line) - 1)] = rng_one_in(&rng, 2)
                                                          ? "<>&;\"'/!-[]?="[rng_below(&rng, 13)]
                                                          : (char)rng_below(&rng, 256);
        parsed_line(*state, (struct slice){line, sizeof(line) - 1});
    }
}

/* ---- lines that belong together ---- */

static void groups(void **state)
{
    static const struct {
        const char *text, *group;
        enum xml_group kind;
    } cases[] = {
        {"<event>m</event>\n<event/>", "<event>m</event>\n", XML_GROUP_RECORD},
        {"<event>\n <a>1</a>\n</event>\n\n<event/>", "<event>\n <a>1</a>\n</event>\n\n",
         XML_GROUP_RECORD},
        {"<event\n a=\"1\"\n/>", "<event\n a=\"1\"\n/>", XML_GROUP_RECORD},
        {"<event>\n <a>1</a>\n", "", XML_GROUP_MORE},
        {"<event a=\"1", "", XML_GROUP_MORE},
        {"<event><![CDATA[</event>\n", "", XML_GROUP_MORE},
        {"<event><!-- </event>\n", "", XML_GROUP_MORE},
        {"<event>&am", "", XML_GROUP_MORE},
        {"<!-", "", XML_GROUP_MORE},
        {"<?xml version=\"1.0\"?>\n<a/>", "<?xml version=\"1.0\"?>\n", XML_GROUP_LAYOUT},
        {"\n \n<a/>", "\n \n<a/>", XML_GROUP_RECORD},
        {"</events>\n", "</events>\n", XML_GROUP_LAYOUT},
        {"<events>\n<event a=\"1\">\n", "<events>\n", XML_GROUP_LAYOUT},
        {"<log>\n<record>\n<date>", "<log>\n", XML_GROUP_LAYOUT},
        {"<log>\n<time>1</time>\n", "", XML_GROUP_MORE},
        {"<log>\n<time>1</time>\n</log>", "<log>\n<time>1</time>\n</log>", XML_GROUP_RECORD},
        {"<x>\n<event>\n", "<x>\n", XML_GROUP_LAYOUT},
        {"<x>\n<y a=\"1\"/>\n", "", XML_GROUP_MORE},
        {"<x>\n<y a=\"1\"/>\n<y", "", XML_GROUP_MORE},
        {"<x>\n<y a=\"1\"/>\n<y>", "<x>\n", XML_GROUP_LAYOUT},
        {"<x>\n<y><z>1</z></y>\n<y>", "<x>\n", XML_GROUP_LAYOUT},
        {"<x>\n<y>1</y>\n<y>2</y></x>", "<x>\n<y>1</y>\n<y>2</y></x>", XML_GROUP_RECORD},
        {"<event>\n<y a=\"1\"/>\n<y/></event>", "<event>\n<y a=\"1\"/>\n<y/></event>",
         XML_GROUP_RECORD},
        {"text\n<a/>", "text\n", XML_GROUP_REFUSED},
        {"<a></b>\n<a/>", "<a></b>\n", XML_GROUP_REFUSED},
        {"<!DOCTYPE x [\n<!ENTITY", "<!DOCTYPE x [\n", XML_GROUP_REFUSED},
        {"<a>&x;</a>", "<a>&x;</a>", XML_GROUP_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t end = 0;
        enum xml_group kind = xml_group_find(slice_of(cases[i].text), &end);

        if (kind != cases[i].kind || (kind != XML_GROUP_MORE && end != strlen(cases[i].group)))
            fail_msg("%s: %d, %zu bytes", cases[i].text, kind, end);
    }
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, parsed_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(attributes_and_children_are_members),
        CASE(shapes_of_loggers),
        CASE(what_stands_around_records_is_none),
        CASE(what_xml_forbids_does_not_fit),
        CASE(entities_and_declarations_are_refused),
        CASE(depth_is_bounded),
        CASE(broken_texts_take_linear_time),
        CASE(random_changes_never_break_the_record),
        CASE(groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
