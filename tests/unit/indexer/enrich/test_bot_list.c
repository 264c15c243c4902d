/*
 * test_bot_list.c - bots are known, people are not taken for them, and what is wrong with a file.
 */
#include "indexer/enrich/bot_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/scope.h"

static struct bot_list *list;

static int open_list(void **state)
{
    struct error err;

    (void)state;
    return bot_list_open(NULL, 0, &list, &err);
}

static int close_list(void **state)
{
    (void)state;
    bot_list_close(list);
    bot_list_close(NULL);
    return 0;
}

static void bots_are_known_by_name(void **state)
{
    static const struct {
        const char *agent, *name, *category, *version;
    } cases[] = {
        /* clang-format off */
        {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot", "search_engine", "2.1"},
        {"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.6422.60 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot", "search_engine", "2.1"},
        {"Googlebot-Image/1.0", "Googlebot-Image", "search_engine", "1.0"},
        {"GOOGLEBOT/2.1", "Googlebot", "search_engine", "2.1"},
        {"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36", "Bingbot", "search_engine", "2.0"},
        {"Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)", "Yahoo! Slurp", "search_engine", ""},
        {"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "YandexBot", "search_engine", "3.0"},
        {"Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", "Baiduspider", "search_engine", "2.0"},
        {"DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)", "DuckDuckBot", "search_engine", "1.1"},
        {"Mozilla/5.0 (compatible; SeznamBot/4.0; +http://napoveda.seznam.cz/seznambot-intro/)", "Seznam", "search_engine", "4.0"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)", "Applebot", "search_engine", "0.1"},
        {"Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)", "PetalBot", "search_engine", ""},
        {"Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)", "Bytespider", "search_engine", ""},
        {"Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)", "Sogou", "search_engine", "4.0"},
        {"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)", "GPTBot", "ai_crawler", "1.2"},
        {"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", "ClaudeBot", "ai_crawler", "1.0"},
        {"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)", "PerplexityBot", "ai_crawler", "1.0"},
        {"CCBot/2.0 (https://commoncrawl.org/faq/)", "CCBot", "ai_crawler", "2.0"},
        {"meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)", "Meta-ExternalAgent", "ai_crawler", "1.1"},
        {"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "facebookexternalhit", "social_preview", "1.1"},
        {"Twitterbot/1.0", "Twitterbot", "social_preview", "1.0"},
        {"LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)", "LinkedInBot", "social_preview", "1.0"},
        {"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slackbot-LinkExpanding", "social_preview", "1.0"},
        {"Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", "Discordbot", "social_preview", "2.0"},
        {"TelegramBot (like TwitterBot)", "TelegramBot", "social_preview", ""},
        {"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", "SkypeUriPreview", "social_preview", ""},
        {"Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "Pingdom", "monitor", ""},
        {"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "UptimeRobot", "monitor", "2.0"},
        {"ELB-HealthChecker/2.0", "ELB-HealthChecker", "monitor", "2.0"},
        {"kube-probe/1.29", "Kubernetes", "monitor", "1.29"},
        {"check_http/v2.3.3 (nagios-plugins 2.3.3)", "Nagios", "monitor", "2.3.3"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/98.0 Safari/537.36 Chrome-Lighthouse", "Lighthouse", "monitor", ""},
        {"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "AhrefsBot", "seo", "7.0"},
        {"Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)", "SemrushBot", "seo", "7"},
        {"Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)", "MJ12bot", "seo", "1.4.8"},
        {"Screaming Frog SEO Spider/19.4", "Screaming Frog", "seo", ""},
        {"W3C_Validator/1.3", "W3C Validator", "seo", "1.3"},
        {"Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)", "Feedly", "feed_reader", "1.0"},
        {"NewsBlur Feed Fetcher - 12 subscribers", "NewsBlur", "feed_reader", ""},
        {"Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)", "archive.org_bot", "archiver", ""},
        {"Mozilla/4.5 (compatible; HTTrack 3.0x; Windows 98)", "HTTrack", "archiver", "3.0"},
        {"Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)", "Censys", "security_scanner", "1.1"},
        {"Expanse, a Palo Alto Networks company, searches across the global IPv4 space", "Expanse", "security_scanner", ""},
        {"Mozilla/5.0 zgrab/0.x", "zgrab", "security_scanner", "0"},
        {"sqlmap/1.7.2#stable (https://sqlmap.org)", "sqlmap", "security_scanner", "1.7.2"},
        {"Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:000001)", "Nikto", "security_scanner", "2.1.6"},
        {"Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)", "Nmap", "security_scanner", ""},
        {"curl/8.5.0", "curl", "http_library", "8.5.0"},
        {"Wget/1.21.4 (linux-gnu)", "Wget", "http_library", "1.21.4"},
        {"python-requests/2.32.3", "python-requests", "http_library", "2.32.3"},
        {"Python/3.11 aiohttp/3.9.5", "aiohttp", "http_library", "3.9.5"},
        {"Scrapy/2.11.2 (+https://scrapy.org)", "Scrapy", "http_library", "2.11.2"},
        {"Go-http-client/2.0", "Go-http-client", "http_library", "2.0"},
        {"Java/17.0.9", "Java", "http_library", "17.0.9"},
        {"Apache-HttpClient/4.5.13 (Java/11.0.20)", "Apache-HttpClient", "http_library", "4.5.13"},
        {"okhttp/4.12.0", "okhttp", "http_library", "4.12.0"},
        {"axios/1.7.2", "axios", "http_library", "1.7.2"},
        {"node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "node-fetch", "http_library", "1.0"},
        {"GuzzleHttp/7", "Guzzle", "http_library", "7"},
        {"libwww-perl/6.67", "libwww-perl", "http_library", "6.67"},
        {"Ruby", "Ruby", "http_library", ""},
        {"PostmanRuntime/7.39.0", "Postman", "http_library", "7.39.0"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.6367.60 Safari/537.36", "HeadlessChrome", "headless_browser", "124.0.6367.60"},
        {"Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1", "PhantomJS", "headless_browser", "2.1.1"},
        {"Mediapartners-Google", "Mediapartners-Google", "advertising", ""},
        {"AdsBot-Google (+http://www.google.com/adsbot.html)", "AdsBot-Google", "advertising", ""},
        /* a library steps back behind who uses it, a short name behind a long one */
        {"Mozilla/5.0 (compatible; AhrefsBot/7.0) python-requests/2.31", "AhrefsBot", "seo", "7.0"},
        {"Googlebot-Image/1.0 curl/8.1", "Googlebot-Image", "search_engine", "1.0"},
        /* not in the list: by their words, or by their form */
        {"Mozilla/5.0 (compatible; ZyzzoBot/0.3; +https://zyzzo.example/bot)", "ZyzzoBot", "generic", ""},
        {"Mozilla/5.0 (compatible; MyLittleCrawler 1.0)", "MyLittleCrawler", "generic", ""},
        {"AcmeSpider-v2", "AcmeSpider-v2", "generic", ""},
        {"Acme-Uptime-Check", "Acme-Uptime-Check", "monitor", ""},
        {"WonderScanner/1.0", "WonderScanner", "security_scanner", ""},
        {"AcmeFeedReader/1.0", "AcmeFeedReader", "feed_reader", ""},
        {"Mozilla/5.0 (compatible; Acme; +https://acme.example/about)", "Acme", "generic", ""},
        {"Acme/1.0 (someone@example.com)", "Acme", "generic", ""},
        {"FetchThing", "FetchThing", "generic", ""},
        {"SomeProgram/1.0", "SomeProgram", "generic", ""},
        {"Some Program", "Some Program", "generic", ""},
        {"x", "x", "generic", ""},
        {"Mozilla/5.0", "", "generic", ""},
        {"Mozilla/4.0 (compatible;)", "", "generic", ""},
        /* programs of people that ask for themselves */
        {"WhatsApp/2.23.20.0", "WhatsApp", "social_preview", "2.23.20.0"},
        {"WhatsApp/2.19.81 A", "WhatsApp", "social_preview", "2.19.81"},
        {"Viber", "Viber", "social_preview", ""},
        {"Podkicker Pro/1.9.4", "Podkicker", "feed_reader", ""},
        /* clang-format on */
    };
    struct bot bot;
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bot_list_find(list, slice_of(cases[i].agent), &bot);
        if (bot.is_bot && strcmp(bot.name, cases[i].name) == 0 &&
            strcmp(bot.category, cases[i].category) == 0 &&
            strcmp(bot.version, cases[i].version) == 0)
            continue;
        print_message("%s\n  got %d, %s, %s, %s\n", cases[i].agent, bot.is_bot, bot.name,
                      bot.category, bot.version);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void people_are_no_bots(void **state)
{
    static const char *const agents[] = {
        /* clang-format off */
        "Mozilla/5.0 (Linux; Android 9; CUBOT_X19 Build/PPR1.180610.011) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0.3987.99 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 10; KINGKONG MINI2 Build/CUBOT) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; U; Android 4.4.2; de-de; CUBOT S208 Build/KOT49H) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
        "Mozilla/5.0 (Linux; Android 6.0; M bot 60 Build/MRA58K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.80 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 5.1; Spider X1 Build/LMY47D) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.80 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 8.1.0; Crawler Monitor Curl Build/OPM1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.80 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 13; Robotel R3) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
        "Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.1.1d",
        "Links (2.21; Linux 5.4; x86_64)",
        "ELinks/0.13.1 (textmode; Linux 5.4; 80x25-2)",
        "w3m/0.5.3+git20190105",
        "Dillo/3.0.5",
        "NetSurf/3.10 (Linux)",
        "Nokia6230/2.0 (04.44) Profile/MIDP-2.0 Configuration/CLDC-1.1",
        "SAMSUNG-SGH-E250/1.0 Profile/MIDP-2.0 Configuration/CLDC-1.1 UP.Browser/6.2.3.3.c.1.101 (GUI) MMP/2.0",
        "SonyEricssonK800i/R1JE Browser/NetFront/3.3 Profile/MIDP-2.0 Configuration/CLDC-1.1",
        "BlackBerry8520/5.0.0.681 Profile/MIDP-2.1 Configuration/CLDC-1.1 VendorID/600",
        "LG-KU990/V08c Browser/Obigo-Q05A/3.6 MMS/LG-MMS-V1.0 Java/ASVM/1.0 Profile/MIDP-2.0 Configuration/CLDC-1.1",
        "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10",
        "UCWEB/2.0 (Java; U; MIDP-2.0; en-US; nokia5130c-2) U2/1.0.0 UCBrowser/9.4.1.482 U2/1.0.0 Mobile",
        "ExampleApp/1.0 CFNetwork/1494.0.7 Darwin/23.4.0",
        "ExampleApp/3.2 (iPhone; iOS 17.5; Scale/3.00)",
        "ExampleApp/3.2 (Linux; U; Android 13; SM-A536B)",
        "Dalvik/2.1.0 (Linux; U; Android 11; SM-A107M Build/RP1A.200720.012)",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/460.0.0.31.103;FBDV/iPhone15,3]",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 330.0.3.27.108 (iPhone15,2; iOS 17_4)",
        "Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/123.0.6312.118 Mobile Safari/537.36 [Pinterest/Android]",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.29.8962",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/14.5.0",
        "Mozilla/5.0 (Linux; Android 12; 2107113SG; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/110.0.5481.153 Mobile Safari/537.36 musical_ly_34.1.2 JsSdk/1.0 NetType/WIFI",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x1800312f) NetType/WIFI Language/zh_CN",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.38.125 Chrome/124.0.6367.119 Electron/30.0.2 Safari/537.36 Sonic Slack_SSB/4.38.125",
        "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) discord/1.0.9045 Chrome/120.0.6099.291 Electron/28.2.10 Safari/537.36",
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/4.0 Chrome/76.0.3809.146 TV Safari/537.36",
        "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
        "Roku/DVP-12.5 (12.5.0.4178-88)",
        "HbbTV/1.2.1 (;Panasonic;VIERA 2013;3.672;4101-0003 0002-0000;)",
        "Mozilla/5.0 (PlayStation; PlayStation 5/6.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
        "Mozilla/5.0 (PLAYSTATION 3; 3.55)",
        "Mozilla/5.0 (Nintendo Switch; WebApplet) AppleWebKit/609.4 (KHTML, like Gecko) NF/6.0.2.21.3 NintendoBrowser/5.1.0.22474",
        "Opera/9.30 (Nintendo Wii; U; ; 3642; en)",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/115.0.0.0 Safari/537.36 Edge/44.18363.8131",
        "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
        "Mozilla/5.0 (Mobile; rv:26.0) Gecko/26.0 Firefox/26.0",
        "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1; .NET CLR 2.0.50727)",
        "Mozilla/5.0 (compatible; Konqueror/3.5; Linux) KHTML/3.5.5 (like Gecko)",
        "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) coc_coc_browser/115.0.120 Chrome/109.0.5414.120 Safari/537.36",
        "Mozilla/5.0 (Linux; arm_64; Android 12; SM-A525F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.6261.119 YaBrowser/24.4.6.119.00 SA/3 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile DuckDuckGo/5 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Whale/3.24.223.18 Safari/537.36",
        "Mozilla/5.0 (Linux; U; Android 13; zh-cn; M2102J2SC Build/TKQ1) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.127 Mobile Safari/537.36 XiaoMi/MiuiBrowser/17.8.110",
        "Spotify/8.9.18 iOS/17.4 (iPhone15,2)",
        "iTunes/12.12.10 (Windows; Microsoft Windows 10 x64; x64) AppleWebKit/7613.2007",
        "WhatsApp/2.11.175 Android/4.2.1 Device/LENOVO-Lenovo_P780",
        "Viber/12.8.0.1 CFNetwork/1121.2.2 Darwin/19.3.0",
        /* clang-format on */
    };
    struct bot bot;
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(agents); i++) {
        bot_list_find(list, slice_of(agents[i]), &bot);
        if (!bot.is_bot && !bot.name[0] && !bot.category[0])
            continue;
        print_message("%s\n  got %s, %s\n", agents[i], bot.name, bot.category);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void the_list_is_long(void **state)
{
    (void)state;
    assert_in_range(list->name_count, 500, 5000);
    assert_in_range(list->pattern_count, list->name_count, 10000);
}

/* ---- files of the user's ---- */

static void write_file(char *path, const char *text)
{
    scoped_fd int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void write_text(const char *path, const char *text)
{
    scoped_file FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
}

static void own_files_add_to_the_list(void **state)
{
    char path[] = "/tmp/test_bot_listXXXXXX", *files[] = {path};
    struct bot_list *own = NULL;
    struct error err;
    struct bot bot;

    (void)state;
    write_file(path, "bots:\n  in_house:\n    Our Probe: [acme-probe*, ^zz]\n    Plainly:\n"
                     "people: [acme terminal*]\n"
                     "bare:\n  in_house:\n    Shown Link: [^zyx]\n"
                     "words:\n  in_house: ['*gizmo*']\n"
                     "devices: [acmephone*]\n");
    assert_int_equal(bot_list_open(files, 1, &own, &err), OK);
    unlink(path);
    assert_int_equal(own->name_count, list->name_count + 3);

    bot_list_find(own, SLICE("Mozilla/5.0 (Linux; Acme-Probe2/1.5)"), &bot);
    assert_string_equal(bot.name, "Our Probe");
    assert_string_equal(bot.category, "in_house");
    bot_list_find(own, SLICE("Mozilla/5.0 (Windows NT 10.0) plainly/3"), &bot);
    assert_string_equal(bot.name, "Plainly");
    assert_string_equal(bot.version, "3");
    bot_list_find(own, SLICE("Mozilla/5.0 (Windows NT 10.0) MyGizmo-2"), &bot);
    assert_string_equal(bot.name, "MyGizmo-2");
    assert_false(bot.is_named);
    bot_list_find(own, SLICE("Acme Terminal fetch monitor/1"), &bot);
    assert_false(bot.is_bot);
    bot_list_find(own, SLICE("AcmePhone7/1"), &bot);
    assert_false(bot.is_bot);
    bot_list_find(own, SLICE("Zyx/1"), &bot);
    assert_string_equal(bot.name, "Shown Link");
    bot_list_find(own, SLICE("Zyx/1 (acmephone)"), &bot);
    assert_false(bot.is_bot);
    bot_list_find(own, SLICE("Googlebot/2.1"), &bot);
    assert_string_equal(bot.name, "Googlebot");
    bot_list_close(own);
}

static void what_is_wrong_with_a_file_is_said_with_its_place(void **state)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"bots: [a]\n", ":1: bots: expected categories"},
        {"bots:\n  monitor: [a]\n", ":2: bots.monitor: expected names"},
        {"bots:\n  Monitor:\n    A:\n", ":2: bots.Monitor: expected a category"},
        {"bots:\n  monitor:\n    A: {b: c}\n", ":3: bots.monitor.A: expected a pattern or a list"},
        {"bots:\n  monitor:\n    A: [[x]]\n", "expected a pattern: text"},
        {"bots:\n  monitor:\n    A: ['a*b']\n", "'*' may stand at its ends only"},
        {"bots:\n  monitor:\n    A: ''\n", "expected letters or digits"},
        {"bots:\n  monitor:\n    '--':\n", "expected letters or digits"},
        {"words:\n  generic: {a: b}\n", "expected a pattern or a list"},
        {"people: {a: b}\n", "people: expected a pattern or a list"},
        {"bot: x\n", "unknown key; expected bots, bare, words, people or devices"},
        {"- a\n", "expected a mapping"},
        {"bots: {\n", ":"},
        {"bots:\n  a:\n    B:\n    B:\n", ":4:"},
        {"\xff\n", ":"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[] = "/tmp/test_bot_listXXXXXX", *files[] = {path};
        struct bot_list *own = NULL;
        struct error err;

        write_file(path, cases[i].text);
        assert_int_equal(bot_list_open(files, 1, &own, &err), REJECT);
        unlink(path);
        assert_null(own);
        if (!strstr(err.text, cases[i].problem) || !strstr(err.text, path))
            fail_msg("%s: got '%s'", cases[i].text, err.text);
    }
}

static void a_file_that_is_not_there_is_refused(void **state)
{
    char *files[] = {(char *)"/there/is/none.yaml"}, *folder[] = {(char *)"/tmp"};
    struct bot_list *own = NULL;
    struct error err;

    (void)state;
    assert_int_equal(bot_list_open(files, 1, &own, &err), REJECT);
    assert_non_null(strstr(err.text, "/there/is/none.yaml"));
    assert_int_equal(bot_list_open(folder, 1, &own, &err), REJECT);
    assert_non_null(strstr(err.text, "/tmp"));
}

static void an_empty_file_adds_nothing(void **state)
{
    char path[] = "/tmp/test_bot_listXXXXXX", *files[] = {path};
    struct bot_list *own = NULL;
    struct error err;

    (void)state;
    write_file(path, "");
    assert_int_equal(bot_list_open(files, 1, &own, &err), OK);
    bot_list_close(own);
    write_text(path, "# nothing yet\nbots:\n");
    assert_int_equal(bot_list_open(files, 1, &own, &err), OK);
    unlink(path);
    assert_int_equal(own->name_count, list->name_count);
    bot_list_close(own);
}

/* ---- odd agents ---- */

static void long_names_are_cut(void **state)
{
    static char text[100000];
    struct bot bot;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text + 100, "bot", 3);
    text[103] = ' ';
    bot_list_find(list, (struct slice){text, sizeof(text)}, &bot);
    assert_true(bot.is_bot);
    assert_int_equal(strlen(bot.name), BOT_NAME_MAX - 1);
    memset(text, '(', sizeof(text));
    bot_list_find(list, (struct slice){text, sizeof(text)}, &bot);
    assert_true(bot.is_bot);
}

static void random_texts_are_read_to_their_end(void **state)
{
    static const char *const pieces[] = {"Mozilla/5.0 ", "(",        ")",         "; ",
                                         "compatible; ", "bot",      "Googlebot", "/2.1",
                                         "+http://",     "Android ", "crawler",   "\xc3\xa9",
                                         "\xff",         ".",        "-",         "_",
                                         "cubot",        "curl",     " "};
    unsigned seed = (unsigned)time(NULL);
    struct bot bot;

    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 50000; round++) {
        char room[400];
        scoped_free char *text = NULL;
        size_t len = 0;

        for (int n = rand_r(&seed) % 16; n > 0; n--) {
            const char *piece = pieces[(size_t)rand_r(&seed) % ARRAY_LEN(pieces)];

            memcpy(room + len, piece, strlen(piece));
            len += strlen(piece);
        }
        text = malloc(len + 1); /* so that a byte too far is found */
        assert_non_null(text);
        memcpy(text, room, len);
        bot_list_find(list, (struct slice){text, len}, &bot);
        assert_true(memchr(bot.name, '\0', sizeof(bot.name)) != NULL);
        assert_true(bot.is_bot || (!bot.name[0] && !bot.category[0]));
        assert_true(!bot.is_bot || bot.category[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bots_are_known_by_name),
        cmocka_unit_test(people_are_no_bots),
        cmocka_unit_test(the_list_is_long),
        cmocka_unit_test(own_files_add_to_the_list),
        cmocka_unit_test(what_is_wrong_with_a_file_is_said_with_its_place),
        cmocka_unit_test(a_file_that_is_not_there_is_refused),
        cmocka_unit_test(an_empty_file_adds_nothing),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(random_texts_are_read_to_their_end),
    };

    return cmocka_run_group_tests(tests, open_list, close_list);
}
