/*
 * test_agent_parse.c - what user agents of every kind say, and that odd ones do no harm.
 */
#include "indexer/enrich/agent_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "common/scope.h"
#include "indexer/enrich/agent_table.h"
#include "indexer/enrich/literals.h"

static struct agent_parser *parser;

static int open_parser(void **state)
{
    struct error err;

    (void)state;
    return agent_parser_open(&parser, &err);
}

static int close_parser(void **state)
{
    (void)state;
    agent_parser_close(parser);
    agent_parser_close(NULL);
    return 0;
}

static void agents_say_what_they_are(void **state)
{
    static const struct {
        const char *text, *name, *version, *os, *os_version, *device, *class_name;
    } cases[] = {
        /* clang-format off */
        /* browsers on desks */
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome", "126.0.0.0", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.5414.120 Safari/537.36", "Chrome", "109.0.5414.120", "Windows", "7", "", "desktop"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.6422.60 Safari/537.36", "Chrome", "125.0.6422.60", "Mac OS X", "10.15.7", "Mac", "desktop"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36", "Chrome", "124.0.0.0", "Linux", "", "", "desktop"},
        {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36", "Chrome", "122.0.0.0", "Chrome OS", "14541.0.0", "", "desktop"},
        {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/80.0.3987.87 Chrome/80.0.3987.87 Safari/537.36", "Chromium", "80.0.3987.87", "Ubuntu", "", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox", "127.0", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0", "Firefox", "115.0", "Ubuntu", "", "", "desktop"},
        {"Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:99.0) Gecko/20100101 Firefox/99.0", "Firefox", "99.0", "Fedora", "", "", "desktop"},
        {"Mozilla/5.0 (X11; FreeBSD amd64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox", "120.0", "FreeBSD", "", "", "desktop"},
        {"Mozilla/5.0 (X11; OpenBSD amd64; rv:102.0) Gecko/20100101 Firefox/102.0", "Firefox", "102.0", "OpenBSD", "", "", "desktop"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:126.0) Gecko/20100101 Firefox/126.0", "Firefox", "126.0", "Mac OS X", "10.15", "Mac", "desktop"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15", "Safari", "17.4.1", "Mac OS X", "10.15.7", "Mac", "desktop"},
        {"Mozilla/5.0 (Macintosh; U; PPC Mac OS X 10_4_11; en) AppleWebKit/533.19.4 (KHTML, like Gecko) Version/4.1.3 Safari/533.19.4", "Safari", "4.1.3", "Mac OS X", "10.4.11", "Mac", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.56", "Edge", "126.0.2592.56", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", "Edge", "18.17763", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0", "Opera", "110.0.0.0", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36 OPRGX/108.0.0.0", "Opera GX", "108.0.0.0", "Windows", "10", "", "desktop"},
        {"Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10.229 Version/11.62", "Opera", "11.62", "Windows", "7", "", "desktop"},
        {"Opera/9.27 (Windows NT 5.1; U; de)", "Opera", "9.27", "Windows", "XP", "", "desktop"},
        {"Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.0; en) Opera 8.54", "Opera", "8.54", "Windows", "2000", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Vivaldi/6.7.3329.31", "Vivaldi", "6.7.3329.31", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 YaBrowser/24.4.0.0 Safari/537.36", "Yandex Browser", "24.4.0.0", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Whale/3.24.223.18 Safari/537.36", "Whale", "3.24.223.18", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Brave Chrome/83.0.4103.116 Safari/537.36", "Brave", "83.0.4103.116", "Linux", "", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) coc_coc_browser/115.0.120 Chrome/109.0.5414.120 Safari/537.36", "Coc Coc", "115.0.120", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.71 Safari/537.36 QQBrowser/12.0.5600", "QQ Browser", "12.0.5600", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/78.0.3904.108 Safari/537.36 SE 2.X MetaSr 1.0", "Sogou Explorer", "1.0", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Maxthon/5.3.8 Chrome/61.0.3163.79 Safari/537.36", "Maxthon", "5.3.8", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 Avast/123.0.24828.123", "Avast Secure Browser", "123.0.24828.123", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 6.3; WOW64; Trident/7.0; rv:11.0) like Gecko", "IE", "11.0", "Windows", "8.1", "", "desktop"},
        {"Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", "IE", "10.0", "Windows", "8", "", "desktop"},
        {"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.0; Trident/4.0; Tablet PC 2.0)", "IE", "8.0", "Windows", "Vista", "", "desktop"},
        {"Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/5.0; SLCC2)", "IE", "9.0", "Windows", "7", "", "desktop"},
        {"Mozilla/4.0 (compatible; MSIE 6.0; Windows 98)", "IE", "6.0", "Windows", "98", "", "desktop"},
        {"Mozilla/4.0 (compatible; MSIE 5.5; Windows 98; Win 9x 4.90)", "IE", "5.5", "Windows", "ME", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 6.2; ARM; Trident/7.0; Touch; rv:11.0) like Gecko", "IE", "11.0", "Windows", "RT", "", "desktop"},
        {"Mozilla/5.0 (X11; Linux) KHTML/4.14.2 (like Gecko) Konqueror/4.14", "Konqueror", "4.14", "Linux", "", "", "desktop"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15 Epiphany/605.1.15", "Epiphany", "605.1.15", "Linux", "", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 6.1; rv:52.9) Gecko/20100101 Goanna/3.4 Firefox/52.9 PaleMoon/27.9.4", "Pale Moon", "27.9.4", "Windows", "7", "", "desktop"},
        {"Mozilla/5.0 (X11; Linux i686; rv:60.0) Gecko/20100101 Firefox/60.0 SeaMonkey/2.53.1", "SeaMonkey", "2.53.1", "Linux", "", "", "desktop"},
        {"Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.8.1.13) Gecko/20080313 Iceweasel/2.0.0.13 (Debian-2.0.0.13-1)", "Iceweasel", "2.0.0.13", "Debian", "2.0.0.13", "", "desktop"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Falkon/3.2.0 QtWebEngine/5.15.7 Chrome/87.0.4280.144 Safari/537.36", "Falkon", "3.2.0", "Linux", "", "", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) mytool/1.4.0 Chrome/108.0.5359.215 Electron/22.3.27 Safari/537.36", "Electron", "22.3.27", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", "Apple Mail", "605.1.15", "Mac OS X", "10.15.7", "Mac", "desktop"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 Ddg/17.4", "DuckDuckGo", "17.4", "Mac OS X", "10.15.7", "Mac", "desktop"},
        {"Mozilla/5.0 (SunOS 5.11; rv:60.0) Gecko/20100101 Firefox/60.0", "Firefox", "60.0", "Solaris", "5.11", "", "desktop"},
        {"Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.7.2) Gecko/20040804 Netscape/7.2", "Netscape", "7.2", "Windows", "XP", "", "desktop"},
        {"Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1", "Lynx", "2.8.9", "", "", "", ""},
        {"Links (2.21; Linux 5.4; x86_64)", "Links", "2.21", "Linux", "5.4", "", "desktop"},
        {"w3m/0.5.3", "w3m", "0.5.3", "", "", "", ""},
        /* phones */
        {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome Mobile", "126.0.0.0", "Android", "10", "", "mobile"},
        {"Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.6422.113 Mobile Safari/537.36", "Chrome Mobile", "125.0.6422.113", "Android", "14", "Pixel 8 Pro", "mobile"},
        {"Mozilla/5.0 (Linux; Android 9; SM-G960F Build/PPR1.180610.011) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/74.0.3729.157 Mobile Safari/537.36", "Chrome Mobile", "74.0.3729.157", "Android", "9", "Samsung SM-G960F", "mobile"},
        {"Mozilla/5.0 (Linux; Android 13; Redmi Note 12 Build/TKQ1.221114.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.6099.144 Mobile Safari/537.36", "Chrome Mobile WebView", "120.0.6099.144", "Android", "13", "XiaoMi Redmi Note 12", "mobile"},
        {"Mozilla/5.0 (Linux; Android 4.4.4; XT1032 Build/KXB21.14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/33.0.0.0 Mobile Safari/537.36", "Chrome Mobile WebView", "33.0.0.0", "Android", "4.4.4", "XT1032", "mobile"},
        {"Mozilla/5.0 (Linux; U; Android 2.3.6; de-de; GT-S5830i Build/GINGERBREAD) AppleWebKit/533.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/533.1", "Android", "2.3.6", "Android", "2.3.6", "Samsung GT-S5830i", "mobile"},
        {"Mozilla/5.0 (Android 13; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0", "Firefox Mobile", "126.0", "Android", "13", "", "mobile"},
        {"Mozilla/5.0 (Mobile; rv:26.0) Gecko/26.0 Firefox/26.0", "Firefox Mobile", "26.0", "Firefox OS", "", "", "mobile"},
        {"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S928B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", "Samsung Internet", "25.0", "Android", "14", "Samsung SM-S928B", "mobile"},
        {"Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.82 Mobile Safari/537.36 EdgA/124.0.2478.62", "Edge Mobile", "124.0.2478.62", "Android", "10", "HD1913", "mobile"},
        {"Mozilla/5.0 (Linux; Android 10; VOG-L29) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.179 Mobile Safari/537.36 OPR/76.2.4027.73374", "Opera Mobile", "76.2.4027.73374", "Android", "10", "VOG-L29", "mobile"},
        {"Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16", "Opera Mini", "36.2.2254", "Android", "", "", "mobile"},
        {"Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) Presto/2.5.25 Version/10.54", "Opera Mini", "9.80", "Symbian OS", "", "", "mobile"},
        {"Opera/12.02 (Android 4.1; Linux; Opera Mobi/ADR-1111101157; U; en-US) Presto/2.9.201 Version/12.02", "Opera Mobile", "12.02", "Android", "4.1", "", "mobile"},
        {"Mozilla/5.0 (Linux; U; Android 12; en-US; RMX3231 Build/RP1A.201005.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.58 UCBrowser/13.4.2.1307 Mobile Safari/537.36", "UC Browser", "13.4.2.1307", "Android", "12", "RMX3231", "mobile"},
        {"UCWEB/2.0 (Java; U; MIDP-2.0; en-US; nokia5130c-2) U2/1.0.0 UCBrowser/9.4.1.482 U2/1.0.0 Mobile", "UC Browser", "9.4.1.482", "", "", "", "mobile"},
        {"Mozilla/5.0 (Linux; U; Android 13; zh-cn; M2102J2SC Build/TKQ1.220829.002) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.127 Mobile Safari/537.36 XiaoMi/MiuiBrowser/17.8.110", "MiuiBrowser", "17.8.110", "Android", "13", "M2102J2SC", "mobile"},
        {"Mozilla/5.0 (Linux; Android 12; NOH-AN00; HMSCore 6.13.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/14.0.3.310 Mobile Safari/537.36", "Huawei Browser", "14.0.3.310", "Android", "12", "NOH-AN00", "mobile"},
        {"Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.4.300", "Huawei Browser", "5.0.4.300", "HarmonyOS", "5.0", "", "mobile"},
        {"Mozilla/5.0 (Linux; U; Android 14; zh-cn; PHZ110 Build/UKQ1.230924.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/115.0.5790.168 Mobile Safari/537.36 HeyTapBrowser/40.8.30.1", "HeyTap Browser", "40.8.30.1", "Android", "14", "PHZ110", "mobile"},
        {"Mozilla/5.0 (Linux; Android 13; V2207A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/87.0.4280.141 Mobile Safari/537.36 VivoBrowser/16.6.10.2", "VivoBrowser", "16.6.10.2", "Android", "13", "V2207A", "mobile"},
        {"Mozilla/5.0 (Linux; U; Android 11; zh-cn; JEF-AN00 Build/HUAWEIJEF-AN00) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/89.0.4389.72 MQQBrowser/13.6 Mobile Safari/537.36", "QQ Browser Mobile", "13.6", "Android", "11", "JEF-AN00", "mobile"},
        {"Mozilla/5.0 (Linux; arm_64; Android 12; SM-A525F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.6261.119 YaBrowser/24.4.6.119.00 SA/3 Mobile Safari/537.36", "Yandex Browser", "24.4.6.119.00", "Android", "12", "Samsung SM-A525F", "mobile"},
        {"Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile DuckDuckGo/5 Safari/537.36", "DuckDuckGo Mobile", "5", "Android", "11", "", "mobile"},
        {"Mozilla/5.0 (Linux; Android 5.0.1; moto g(6) play Build/LXB22) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.80 Mobile Safari/537.36", "Chrome Mobile", "70.0.3538.80", "Android", "5.0.1", "Motorola moto g(6) play", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Mobile Safari", "17.5", "iOS", "17.5.1", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; U; CPU iPhone OS 4_3_3 like Mac OS X; en-us) AppleWebKit/533.17.9 (KHTML, like Gecko) Version/5.0.2 Mobile/8J2 Safari/6533.18.5", "Mobile Safari", "5.0.2", "iOS", "4.3.3", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1", "Mobile Safari", "12.1.2", "iOS", "12.5.5", "iPod", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1", "Chrome Mobile iOS", "125.0.6422.80", "iOS", "17.4", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/126.0 Mobile/15E148 Safari/605.1.15", "Firefox iOS", "126.0", "iOS", "17.4", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 12_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Focus/8.0.1 Mobile/16B92", "Firefox Focus", "8.0.1", "iOS", "12.1", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/124.0.2478.71 Mobile/15E148 Safari/605.1.15", "Edge Mobile", "124.0.2478.71", "iOS", "17.4", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Mobile/15E148 Safari/604.1 OPT/4.4.1", "Opera Touch", "4.4.1", "iOS", "16.0", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148", "Mobile Safari UI/WKWebView", "", "iOS", "17.5", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/320.0.637 Mobile/15E148 Safari/604.1", "Google", "320.0.637", "iOS", "17.5", "iPhone", "mobile"},
        {"Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)", "IE Mobile", "10.0", "Windows Phone", "8.0", "NOKIA Lumia 920", "mobile"},
        {"Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15254", "Edge Mobile", "15.15254", "Windows Phone", "10.0", "Microsoft Lumia 950", "mobile"},
        {"Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+", "BlackBerry WebKit", "10.0.9.2372", "BlackBerry OS", "10", "", "mobile"},
        {"Mozilla/5.0 (BlackBerry; U; BlackBerry 9900; en) AppleWebKit/534.11+ (KHTML, like Gecko) Version/7.1.0.346 Mobile Safari/534.11+", "BlackBerry WebKit", "7.1.0.346", "BlackBerry OS", "7.1.0.346", "", "mobile"},
        {"Mozilla/5.0 (SymbianOS/9.4; Series60/5.0 Nokia5800d-1/60.0.003; Profile/MIDP-2.1) AppleWebKit/533.4 (KHTML, like Gecko) NokiaBrowser/7.3.1.33 Mobile Safari/533.4", "Nokia Browser", "7.3.1.33", "Symbian OS", "9.4", "", "mobile"},
        {"Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "Firefox Mobile", "48.0", "KaiOS", "2.5", "", "mobile"},
        {"Nokia6230/2.0 (04.44) Profile/MIDP-2.0 Configuration/CLDC-1.1", "Nokia6230", "2.0", "", "", "Nokia6230", "mobile"},
        {"SAMSUNG-SGH-E250/1.0 Profile/MIDP-2.0 Configuration/CLDC-1.1 UP.Browser/6.2.3.3.c.1.101 (GUI) MMP/2.0", "UP.Browser", "6.2.3.3", "", "", "Samsung SGH-E250", "mobile"},
        {"Mozilla/5.0 (Linux; Tizen 2.3; SAMSUNG SM-Z130H) AppleWebKit/537.3 (KHTML, like Gecko) SamsungBrowser/1.0 Mobile Safari/537.3", "Samsung Internet", "1.0", "Tizen", "2.3", "", "mobile"},
        /* apps */
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/460.0.0.31.103;FBBV/590611820;FBDV/iPhone15,3;FBSN/iOS;FBSV/17.4]", "Facebook", "460.0.0.31.103", "iOS", "17.4", "iPhone", "mobile"},
        {"Mozilla/5.0 (Linux; Android 12; SM-A125F Build/SP1A.210812.016; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.54 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/461.0.0.39.84;]", "Facebook", "461.0.0.39.84", "Android", "12", "Samsung SM-A125F", "mobile"},
        {"Mozilla/5.0 (Linux; Android 11; CPH2185; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.6099.43 Mobile Safari/537.36 [FB_IAB/Orca-Android;FBAV/437.0.0.44.109;]", "Facebook Messenger", "437.0.0.44.109", "Android", "11", "CPH2185", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21E236 Instagram 330.0.3.27.108 (iPhone15,2; iOS 17_4_1; en_US; en; scale=3.00; 1179x2556; 594098720)", "Instagram", "330.0.3.27.108", "iOS", "17.4.1", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Snapchat/12.85.0.42 (like Safari/8616.3.14.10.2, panda)", "Snapchat", "12.85.0.42", "iOS", "17.4", "iPhone", "mobile"},
        {"Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/123.0.6312.118 Mobile Safari/537.36 [Pinterest/Android]", "Pinterest", "", "Android", "13", "Samsung SM-A536B", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x1800312f) NetType/WIFI Language/zh_CN", "WeChat Browser", "8.0.49", "iOS", "16.6", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/14.5.0", "LINE", "14.5.0", "iOS", "17.4", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21E219 Twitter for iPhone/10.38", "Twitter", "10.38", "iOS", "17.4", "iPhone", "mobile"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.29.8962", "LinkedIn", "9.29.8962", "iOS", "17.4", "iPhone", "mobile"},
        {"Mozilla/5.0 (Linux; Android 12; 2107113SG; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/110.0.5481.153 Mobile Safari/537.36 musical_ly_34.1.2 BytedanceWebview/d8a21c6", "TikTok", "34.1.2", "Android", "12", "2107113SG", "mobile"},
        {"ExampleApp/3.1 CFNetwork/1494.0.7 Darwin/23.4.0", "CFNetwork", "1494.0.7", "iOS", "17", "", "mobile"},
        {"ExampleApp/3.1 CFNetwork/1240.0.4 Darwin/20.6.0 (x86_64)", "CFNetwork", "1240.0.4", "Mac OS X", "11", "", "desktop"},
        {"Dalvik/2.1.0 (Linux; U; Android 11; SM-A107M Build/RP1A.200720.012)", "Dalvik", "2.1.0", "Android", "11", "Samsung SM-A107M", "mobile"},
        /* tablets */
        {"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1", "Mobile Safari", "16.6", "iOS", "16.6", "iPad", "tablet"},
        {"Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36", "Chrome", "124.0.0.0", "Android", "13", "Samsung SM-X906C", "tablet"},
        {"Mozilla/5.0 (Linux; Android 8.1.0; A5 Build/OPM) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.73 Safari/537.36", "Chrome", "99.0.4844.73", "Android", "8.1.0", "A5", "tablet"},
        {"Mozilla/5.0 (Android 7.0; Tablet; rv:68.0) Gecko/68.0 Firefox/68.0", "Firefox Mobile", "68.0", "Android", "7.0", "", "tablet"},
        {"Mozilla/5.0 (Linux; Android 9; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/124.3.1 like Chrome/124.0.6367.159 Safari/537.36", "Amazon Silk", "124.3.1", "Android", "9", "Kindle KFTRWI", "tablet"},
        {"Mozilla/5.0 (PlayBook; U; RIM Tablet OS 2.1.0; en-US) AppleWebKit/536.2+ (KHTML, like Gecko) Version/7.2.1.0 Safari/536.2+", "BlackBerry WebKit", "7.2.1.0", "BlackBerry Tablet OS", "2.1.0", "PlayBook", "tablet"},
        {"Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) Version/5.0 Safari/533.2+ Kindle/3.0+", "Kindle", "3.0", "Android", "", "Kindle", "tablet"},
        /* television, consoles and the rest */
        {"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/4.0 Chrome/76.0.3809.146 TV Safari/537.36", "Samsung Internet", "4.0", "Tizen", "6.0", "", "tv"},
        {"Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager", "Chrome", "94.0.4606.128", "webOS", "", "", "tv"},
        {"Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7633.3445N; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/108.0.5359.160 Mobile Safari/537.36", "Chrome Mobile WebView", "108.0.5359.160", "Android", "9", "AFTMM", "tv"},
        {"Mozilla/5.0 (Linux; Android 10; BRAVIA 4K VH2 Build/QTG3.200305.006.S292) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/84.0.4147.125 Safari/537.36", "Chrome", "84.0.4147.125", "Android", "10", "BRAVIA 4K VH2", "tv"},
        {"Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.225 Safari/537.36 CrKey/1.56.500000", "Chrome", "90.0.4430.225", "Chromecast", "1.56.500000", "Chromecast", "tv"},
        {"Roku/DVP-12.5 (12.5.0.4178-88)", "Roku", "", "Roku", "", "Roku", "tv"},
        {"AppleTV11,1/11.1", "AppleTV11", "", "tvOS", "", "AppleTV", "tv"},
        {"Mozilla/5.0 (PlayStation; PlayStation 5/6.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15", "Safari", "13.0", "PlayStation", "", "PlayStation 5", "console"},
        {"Mozilla/5.0 (PlayStation 4 11.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/11.0 Safari/605.1.15", "Safari", "11.0", "PlayStation", "", "PlayStation 4", "console"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/115.0.0.0 Safari/537.36 Edge/44.18363.8131", "Edge", "44.18363.8131", "Windows", "10", "Xbox One", "console"},
        {"Mozilla/5.0 (Nintendo Switch; WebApplet) AppleWebKit/609.4 (KHTML, like Gecko) NF/6.0.2.21.3 NintendoBrowser/5.1.0.22474", "NintendoBrowser", "5.1.0.22474", "Nintendo", "", "Nintendo Switch", "console"},
        {"Mozilla/5.0 (New Nintendo 3DS like iPhone) AppleWebKit/536.30 (KHTML, like Gecko) NX/3.0.0.5.23 Mobile NintendoBrowser/1.10.10178.JP", "NetFront NX", "3.0.0.5.23", "iOS", "", "New Nintendo 3DS", "console"},
        {"Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/33.0.0.2.135 Chrome/124.0.6367.118 VR Safari/537.36", "Oculus Browser", "33.0.0.2.135", "Android", "", "", "wearable"},
        {"Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chromium/79.0.3945.130 Chrome/79.0.3945.130 Safari/537.36 Tesla/2020.16.2.1", "Chromium", "79.0.3945.130", "Linux", "", "Tesla", "car"},
        /* programs */
        {"curl/8.5.0", "curl", "8.5.0", "", "", "", ""},
        {"Wget/1.21.4", "Wget", "1.21.4", "", "", "", ""},
        {"Wget/1.21.4 (linux-gnu)", "Wget", "1.21.4", "Linux", "", "", "desktop"},
        {"python-requests/2.32.3", "Python Requests", "2.32.3", "", "", "", ""},
        {"Python-urllib/3.11", "Python-urllib", "3.11", "", "", "", ""},
        {"Go-http-client/1.1", "Go-http-client", "1.1", "", "", "", ""},
        {"okhttp/4.12.0", "okhttp", "4.12.0", "", "", "", ""},
        {"Java/17.0.9", "Java", "17.0.9", "", "", "", ""},
        {"Java1.6.0_22", "Java", "1.6.0.22", "", "", "", ""},
        {"Apache-HttpClient/4.5.13 (Java/11.0.20)", "Apache-HttpClient", "4.5.13", "", "", "", ""},
        {"axios/1.7.2", "axios", "1.7.2", "", "", "", ""},
        {"Mozilla/5.0 (compatible; SomeIndexer/2.1; +https://example.com/about)", "SomeIndexer", "2.1", "", "", "", ""},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.6367.60 Safari/537.36", "HeadlessChrome", "124.0.6367.60", "Linux", "", "", "desktop"},
        /* forms that say little */
        {"Mozilla/5.0", "", "", "", "", "", ""},
        {"Mozilla/5.0 ()", "", "", "", "", "", ""},
        {"()", "", "", "", "", "", ""},
        {";;;;", "", "", "", "", "", ""},
        {"Mozilla/5.0 (Windows NT 10.0", "", "", "Windows", "10", "", "desktop"},
        {"Mozilla/5.0 (Linux; Android", "", "", "Android", "", "", "mobile"},
        {"Mozilla/5.0 (Linux; Android 9; SM-G960F", "", "", "Android", "9", "Samsung SM-G960F", "mobile"},
        {"Chrome/", "Chrome", "", "", "", "", ""},
        {"Version/", "", "", "", "", "", ""},
        {"MSIE", "IE", "", "", "", "", ""},
        /* clang-format on */
    };
    struct agent agent;
    char got[400], wanted[400];
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        agent_parse(parser, slice_of(cases[i].text), &agent);
        snprintf(got, sizeof(got), "%s|%s|%s|%s|%s|%s", agent.name, agent.version, agent.os_name,
                 agent.os_version, agent.device_name, agent.device_class);
        snprintf(wanted, sizeof(wanted), "%s|%s|%s|%s|%s|%s", cases[i].name, cases[i].version,
                 cases[i].os, cases[i].os_version, cases[i].device, cases[i].class_name);
        if (strcmp(got, wanted) != 0) {
            print_message("%s\n  got      %s\n  expected %s\n", cases[i].text, got, wanted);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void the_system_is_given_in_one_text_too(void **state)
{
    struct agent agent;

    (void)state;
    agent_parse(parser, SLICE("Mozilla/5.0 (Windows NT 10.0; rv:1) Gecko/1 Firefox/1"), &agent);
    assert_string_equal(agent.os_full, "Windows 10");
    agent_parse(parser, SLICE("Mozilla/5.0 (X11; Linux x86_64; rv:1) Gecko/1 Firefox/1"), &agent);
    assert_string_equal(agent.os_full, "Linux");
    agent_parse(parser, SLICE("curl/8"), &agent);
    assert_string_equal(agent.os_full, "");
}

static void letters_of_either_case_are_the_same(void **state)
{
    struct agent agent;

    (void)state;
    agent_parse(parser, SLICE("MOZILLA/5.0 (WINDOWS NT 10.0) GECKO/1 FIREFOX/127.0"), &agent);
    assert_string_equal(agent.name, "Firefox");
    assert_string_equal(agent.version, "127.0");
    assert_string_equal(agent.os_version, "10");
}

static void what_is_too_long_is_cut_and_ends(void **state)
{
    static char text[AGENT_LOOK_MAX * 2];
    struct agent agent;

    (void)state;
    memset(text, '1', sizeof(text));
    memcpy(text, "Chrome/", 7);
    agent_parse(parser, (struct slice){text, sizeof(text)}, &agent);
    assert_string_equal(agent.name, "Chrome");
    assert_int_equal(strlen(agent.version), sizeof(agent.version) - 1);
    memset(text, 'm', sizeof(text));
    memcpy(text, "Mozilla/5.0 (Linux; Android 9; ", 31);
    agent_parse(parser, (struct slice){text, sizeof(text)}, &agent);
    assert_int_equal(strlen(agent.device_name), sizeof(agent.device_name) - 1);
    memset(text, 'x', sizeof(text)); /* behind what is looked at nothing counts */
    memcpy(text + AGENT_LOOK_MAX, "Firefox/1", 9);
    agent_parse(parser, (struct slice){text, sizeof(text)}, &agent);
    assert_string_equal(agent.name, "");
}

static void more_words_than_are_kept_do_no_harm(void **state)
{
    static char text[AGENT_LOOK_MAX];
    struct agent agent;

    (void)state;
    for (size_t at = 0; at + 8 <= sizeof(text); at += 8)
        memcpy(text + at, "Android ", 8);
    agent_parse(parser, (struct slice){text, sizeof(text)}, &agent);
    assert_string_equal(agent.os_name, "Android");
}

static bool ends(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

/* Known words, brackets and any bytes in any order. */
static void random_texts_are_read_to_their_end(void **state)
{
    static const char *const pieces[] = {"Mozilla/5.0 ",
                                         "(",
                                         ")",
                                         ";",
                                         "; ",
                                         "Android ",
                                         "10_15_7",
                                         "Windows NT ",
                                         "Chrome/",
                                         "1.2.3",
                                         " Build/",
                                         "Version/",
                                         "Safari/",
                                         "compatible; ",
                                         "rv:",
                                         "Trident/7",
                                         "\xc3\xa9",
                                         "\xff",
                                         "iPhone OS ",
                                         "Darwin/",
                                         "CrOS ",
                                         "Mobile ",
                                         "FBAV/",
                                         "SM-",
                                         "_",
                                         " ",
                                         "Windows Phone ",
                                         "LG-",
                                         "SAMSUNG-",
                                         "Opera Mobi"};
    unsigned seed = (unsigned)time(NULL);
    struct agent agent;

    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 100000; round++) {
        size_t len = 0;
        scoped_free char *text = NULL;
        char room[600];

        for (int n = rand_r(&seed) % 14; n > 0; n--) {
            const char *piece = pieces[(size_t)rand_r(&seed) % ARRAY_LEN(pieces)];

            if (rand_r(&seed) % 10 == 0)
                room[len++] = (char)rand_r(&seed);
            memcpy(room + len, piece, strlen(piece));
            len += strlen(piece);
        }
        text = malloc(len + 1); /* so that a byte too far is found */
        assert_non_null(text);
        memcpy(text, room, len);
        agent_parse(parser, (struct slice){text, len}, &agent);
        assert_true(ends(agent.name, sizeof(agent.name)) &&
                    ends(agent.version, sizeof(agent.version)) &&
                    ends(agent.os_name, sizeof(agent.os_name)) &&
                    ends(agent.os_version, sizeof(agent.os_version)) &&
                    ends(agent.os_full, sizeof(agent.os_full)) &&
                    ends(agent.device_name, sizeof(agent.device_name)) &&
                    ends(agent.device_class, sizeof(agent.device_class)));
    }
}

/* A row that an earlier one always hides, or that has no room, would be a mistake. */
static void tables_are_sound(void **state)
{
    struct agent agent;
    struct error err;

    (void)state;
    for (size_t i = 0; i < agent_browser_count; i++) {
        assert_int_equal(literals_check(slice_of(agent_browsers[i].pattern), &err), OK);
        assert_true(strlen(agent_browsers[i].name) < sizeof(agent.name));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(agent_browsers[i].pattern, agent_browsers[j].pattern);
    }
    for (size_t i = 0; i < agent_system_count; i++) {
        assert_int_equal(literals_check(slice_of(agent_systems[i].pattern), &err), OK);
        assert_true(strlen(agent_systems[i].name) < sizeof(agent.os_name));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(agent_systems[i].pattern, agent_systems[j].pattern);
    }
    for (size_t i = 0; i < agent_class_count; i++) {
        assert_int_equal(literals_check(slice_of(agent_classes[i].pattern), &err), OK);
        assert_true(strlen(agent_classes[i].name) < sizeof(agent.device_class));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(agent_classes[i].pattern, agent_classes[j].pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agents_say_what_they_are),
        cmocka_unit_test(the_system_is_given_in_one_text_too),
        cmocka_unit_test(letters_of_either_case_are_the_same),
        cmocka_unit_test(what_is_too_long_is_cut_and_ends),
        cmocka_unit_test(more_words_than_are_kept_do_no_harm),
        cmocka_unit_test(random_texts_are_read_to_their_end),
        cmocka_unit_test(tables_are_sound),
    };

    return cmocka_run_group_tests(tests, open_parser, close_parser);
}
