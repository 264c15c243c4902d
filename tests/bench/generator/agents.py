"""The user agents of the generated logs: 232 of them, by kind, the most frequent first.

They are composed the way today's programs compose theirs, because what an enricher spends on one depends on how long it is
and on how late the word stands that tells.
"""

CHROME = "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 {form}Safari/537.36{tail}"
FIREFOX = "Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
SAFARI = "Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} {form}Safari/{build}"

WINDOWS = "Windows NT 10.0; Win64; x64"
MAC = "Macintosh; Intel Mac OS X 10_15_7"
LINUX = "X11; Linux x86_64"
PHONES = ("SM-S921B", "SM-A536B", "SM-G991U", "Pixel 9", "Pixel 7a", "23021RAA2Y", "CPH2581", "moto g84 5G", "RMX3630", "V2250")


def browsers():
    for version in range(141, 123, -1):  # 54: the desktop, newest first
        for system in (WINDOWS, MAC, LINUX):
            yield CHROME.format(system=system, version=version, form="", tail="")
    for version in range(141, 131, -1):  # 20: Android, with and without its model
        yield CHROME.format(system="Linux; Android 10; K", version=version, form="Mobile ", tail="")
        phone = PHONES[version % len(PHONES)]
        yield CHROME.format(system=f"Linux; Android 14; {phone}", version=version, form="Mobile ", tail="")
    for version in range(141, 131, -1):  # 20: built on it
        yield CHROME.format(system=WINDOWS, version=version, form="", tail=f" Edg/{version}.0.0.0")
        yield CHROME.format(system=WINDOWS, version=version - 2, form="", tail=f" OPR/{version - 15}.0.0.0")
    for version in range(28, 22, -1):  # 6
        yield (
            "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"SamsungBrowser/{version}.0 Chrome/{version + 102}.0.0.0 Mobile Safari/537.36"
        )
    for version in range(144, 130, -1):  # 28
        for system in (WINDOWS, "X11; Ubuntu; Linux x86_64"):
            yield FIREFOX.format(system=system, version=version)
    for version in ("26.1", "26.0", "18.6", "18.5", "18.3", "17.6", "16.6"):  # 21
        yield SAFARI.format(system=MAC, version=version, form="", build="605.1.15")
        for device in ("iPhone; CPU iPhone OS", "iPad; CPU OS"):
            system = f"{device} {version.replace('.', '_')} like Mac OS X"
            yield SAFARI.format(system=system, version=version, form="Mobile/15E148 ", build="604.1")
    for version, app in (("26.0", "FBAN/FBIOS;FBAV/531.0.0.36.72"), ("18.6", "Instagram 399.0.0.29.85"), ("17.7", "GSA/385.0")):
        system = f"iPhone; CPU iPhone OS {version.replace('.', '_')} like Mac OS X"  # 3: inside of apps
        yield f"Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [{app}]"
    yield "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"  # 4: what is left over
    yield "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/7.0 TV Safari/537.36"
    yield "Mozilla/5.0 (PlayStation; PlayStation 5/8.20) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15"
    yield "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18"


CRAWLERS = (  # name and the page that explains it
    ("Googlebot/2.1", "http://www.google.com/bot.html"),
    ("bingbot/2.0", "http://www.bing.com/bingbot.htm"),
    ("YandexBot/3.0", "http://yandex.com/bots"),
    ("Baiduspider/2.0", "http://www.baidu.com/search/spider.html"),
    ("AhrefsBot/7.0", "http://ahrefs.com/robot/"),
    ("SemrushBot/7~bl", "http://www.semrush.com/bot.html"),
    ("GPTBot/1.2", "https://openai.com/gptbot"),
    ("ClaudeBot/1.0", "claudebot@anthropic.com"),
    ("Amazonbot/0.1", "https://developer.amazon.com/support/amazonbot"),
    ("PerplexityBot/1.0", "https://perplexity.ai/perplexitybot"),
    ("Bytespider", "spider-feedback@bytedance.com"),
    ("PetalBot", "https://webmaster.petalsearch.com/site/petalbot"),
    ("DotBot/1.2", "https://opensiteexplorer.org/dotbot"),
    ("MJ12bot/v1.4.8", "http://mj12bot.com/"),
    ("CCBot/2.0", "https://commoncrawl.org/faq/"),
    ("DuckDuckBot/1.1", "http://duckduckgo.com/duckduckbot.html"),
    ("SeznamBot/4.0", "https://o-seznam.cz/napoveda/vyhledavani/en/seznambot-crawler/"),
    ("Qwantbot/1.0", "https://help.qwant.com/bot/"),
    ("DataForSeoBot/1.0", "https://dataforseo.com/dataforseo-bot"),
    ("BLEXBot/1.0", "http://webmeup-crawler.com/"),
    ("Barkrowler/0.9", "https://babbar.tech/crawler"),
    ("archive.org_bot", "http://archive.org/details/archive.org_bot"),
    ("Mail.RU_Bot/2.1", "http://go.mail.ru/help/robots"),
    ("coccocbot-web/1.0", "http://help.coccoc.com/searchengine"),
    ("Exabot/3.0", "http://www.exabot.com/go/robot"),
    ("ZoominfoBot", "zoominfobot@zoominfo.com"),
    ("serpstatbot/2.1", "https://serpstatbot.com/"),
    ("SurdotlyBot/1.0", "http://sur.ly/bot.html"),
    ("MojeekBot/0.11", "https://www.mojeek.com/bot.html"),
    ("AwarioBot/1.0", "https://awario.com/bots.html"),
)
PLAIN_BOTS = (
    "Googlebot-Image/1.0",
    "AdsBot-Google (+http://www.google.com/adsbot.html)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "UptimeRobot/2.0 (http://www.uptimerobot.com/)",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)",
    "Tiny Tiny RSS/23.04 (https://tt-rss.org/)",
    "Mastodon/4.3.1 (http.rb/5.2.0; +https://social.example/)",
    "W3C_Validator/1.3 http://validator.w3.org/services",
)
TOOLS = (
    "curl/8.14.1",
    "curl/7.88.1",
    "Wget/1.21.4",
    "python-requests/2.32.5",
    "python-urllib3/2.2.1",
    "Python/3.12 aiohttp/3.10.5",
    "Go-http-client/1.1",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
    "axios/1.11.0",
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    "Java/17.0.12",
    "Apache-HttpClient/4.5.14 (Java/17.0.12)",
    "Dart/3.5 (dart:io)",
    "PostmanRuntime/7.45.0",
    "kube-probe/1.31",
    "Prometheus/2.53.0",
    "ELB-HealthChecker/2.0",
    "ShopApp/5.12.0 (iPhone; iOS 18.6; Scale/3.00)",
    "ShopApp/5.12.0 (Android 14; Pixel 9)",
)
SCANNERS = (
    "Mozilla/5.0 zgrab/0.x",
    "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
    "sqlmap/1.8.4#stable (https://sqlmap.org)",
    "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:000003)",
    "Nuclei - Open-source project (github.com/projectdiscovery/nuclei)",
    "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
    "gobuster/3.6",
    "WPScan v3.8.25 (https://wpscan.com/wordpress-security-scanner)",
    "CensysInspect/1.1 (+https://about.censys.io/)",
    "Expanse, a Palo Alto Networks company, searches across the global IPv4 space",
    "libwww-perl/6.72",
    "-",
)


def crawlers():
    for name, page in CRAWLERS:
        yield f"Mozilla/5.0 (compatible; {name}; +{page})"
    yield from PLAIN_BOTS


BROWSERS = tuple(browsers())
BOTS = tuple(crawlers())
ALL = BROWSERS + BOTS + TOOLS + SCANNERS
