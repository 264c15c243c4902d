"""The query language in memory and in Elasticsearch: the same records, exactly.

Random records are indexed with the real mapping, random queries are run by both; what one finds and the other does
not is a failure. QUERY_FULL=1 runs the long form, QUERY_SEED=n repeats a run.
"""

import http.client
import json
import os
import random
import urllib.parse

import pytest
from support.elastic import Elastic
from support.query_probe import Probe

FULL = os.environ.get("QUERY_FULL") == "1"
RECORDS, QUERIES = (10000, 2000) if FULL else (1000, 300)
SEED = int(os.environ.get("QUERY_SEED", random.SystemRandom().randrange(1 << 32)))
NOW_MS = 1795262400000  # 2026-11-21T12:00:00Z
BATCH = 25
REFUSED_AT_TIMES = {"empty_range", "wildcard_in_phrase", "no_text", "too_many_wildcards", "bad_date", "wildcard_type",
                    "too_complex"}

WORDS = ["timeout", "Timed", "connection", "reset", "by", "peer", "GET", "admin", "ADMIN", "über", "ÜBER", "日本",
         "a\u3000b", "x\u00a0y", "foo-bar", "foo_bar", "1.5", "10.1.2.3", "2001:db8::17", "/api/v1", "?id=7", "*", "é",
         "E\u2003F", "\U0001f600", "end.", "w" * 300, "\u0130", "\u212a", "naïve", "\t", "--", "\\", '"q"']
PATHS = ["/", "/index.html", "/API/v1/orders", "/api/v1/orders", "/api/*", "/img/logo.PNG", "/img/logo.png", "/a b",
         "/wp-login.php", "/files/../../etc/passwd", "/é", "/É", "/a?b", "/a\\b", "", "/x" * 40, "/k\u212a", "/aXbXc",
         "/" + "y" * 8190, "/" + "y" * 8191, "/" + "\U0001f600" * 4095, "/" + "\U0001f600" * 4096, "/ẞ", "/ſ"]
IPS = ["10.0.0.0", "10.1.2.3", "10.255.255.255", "11.0.0.0", "::ffff:10.1.2.3", "192.168.1.1", "203.0.113.9",
       "2001:db8::17", "2001:DB8:0:0::17", "::1", "::", "::ffff:0:0", "fe80::1", "0.0.0.0", "255.255.255.255",
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:ffff::", "::10.1.2.3"]
TIMES = ["2026-11-21T11:55:00Z", "2026-11-20T23:59:59Z", "2026-11-20T23:59:59.999Z", "2026-11-20T23:59:59.999999999Z",
         "2026-11-21T00:00:00Z", "2026-11-21T00:00:00.001Z", "2026-11-21T00:30:00+01:00", "2026-11-21T12:00:00Z",
         "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.9995Z", "2026-11-20T14:05:30Z", "2024-02-29T10:00:00Z",
         "9999-12-31T23:59:59.999Z", "2026-11-20T14:05:00.500Z", 1795262400000, -1, 0]
NUMBERS = [0, 1, -1, 199, 200, 204, 301, 302, 399, 400, 401, 403, 404, 499, 500, 502, 503, 599, 600, 999, 1000, 1023,
           1024, 1500000000, 1499999999, 2**63 - 1, -(2**63), 10**12]
LEVELS = ["error", "ERROR", "Error", "warn", "info", "debug", ""]
TAGS = ["prod", "PROD", "eu", "a b", "", "é", "x*y", "y" * 9000, 5, True]
LABELS = ["web", "Web", "db", "", 5, 2.50, True, False, None, ["a", "web"], [], {}, {"b": "deep"}, {"b": ["x", "web"]},
          [{"b": "in list"}, {"c": 1}], "z" * 9000, "*", 1e3]


def some(rng, *choices):
    return rng.choice(choices)


def record(rng):
    made = {}

    def put(name, values, chance=0.7):
        if rng.random() < chance:
            at = made
            *parents, last = name.split(".")
            for parent in parents:
                at = at.setdefault(parent, {})
            at[last] = rng.choice(values)

    put("@timestamp", TIMES, 0.9)
    put("event.ingested", TIMES, 0.3)
    put("message", [" ".join(rng.choice(WORDS) for _ in range(rng.randrange(6))) for _ in range(3)])
    put("event.original", [" ".join(rng.choice(WORDS) for _ in range(rng.randrange(8))) for _ in range(3)], 0.4)
    put("event.duration", NUMBERS)
    put("source.ip", IPS)
    put("source.address", IPS + ["host.example.com"], 0.4)
    put("client.ip", IPS, 0.2)
    put("user.name", ["alice", "Bob", "root", "", 7], 0.4)
    put("http.request.method", ["GET", "get", "POST", "PoSt", "HEAD"])
    put("http.request.referrer", ["-", "https://www.example.com/x?y=1", ""], 0.3)
    put("http.response.status_code", NUMBERS + ["404"])
    put("http.response.body.bytes", NUMBERS)
    put("url.original", PATHS)
    put("url.path", PATHS)
    put("user_agent.original", ["curl/8.5", "Mozilla/5.0 (X11; Linux x86_64)", "Googlebot/2.1", "*", ""])
    put("user_agent.is_bot", [True, False])
    put("security.threat", [True, False], 0.3)
    put("log.level", LEVELS)
    put("host.name", ["www.example.com", "blog.example.com", "WWW.Example.COM"])
    put("source.geo.location", [{"lat": 1.5, "lon": 2}], 0.3)
    put("error.message", ["invalid status: x", "oops"], 0.2)
    if rng.random() < 0.6:
        made["tags"] = rng.choice([rng.choice(TAGS[:8]), [rng.choice(TAGS) for _ in range(rng.randrange(4))]])
    if rng.random() < 0.6:
        made["labels"] = {key: rng.choice(LABELS) for key in rng.sample(["team", "a", "a.b", "a.b.c", "T_x-1"], 3)}
    return made


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def bare(text, stars=False):
    return "".join("\\" + c if c in ' \t\r\n()"\\,' or (c == "*" and not stars) else c for c in text)


def text_value(rng, values):
    text = str(rng.choice(values))[:250]
    kind = rng.random()
    if kind < 0.25:
        return quoted(text)
    if kind < 0.5 and text:
        return bare(some(rng, text, text.upper(), text.lower(), text.swapcase())) or '""'
    cut = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    pattern = some(rng, bare(text[: cut[0]]) + "*", "*" + bare(text[cut[1]:]),
                   "*" + bare(text[cut[0]: cut[1]]) + "*", bare(text[: cut[0]]) + "*" + bare(text[cut[1]:]),
                   bare(text[: cut[0]]) + "*" + bare(text[cut[0]: cut[1]]) + "*" + bare(text[cut[1]:]), "*", "**")
    return pattern


def text_condition(rng, name, values):
    text = str(rng.choice(values))[:250]
    kind = rng.random()
    if kind < 0.2:
        return f"{name}{some(rng, '=', '!=', ' = ')}{quoted(text)}"
    if kind < 0.4:
        listed = some(rng, " or ", ",").join(text_value(rng, values) for _ in range(rng.randrange(1, 4)))
        return f"{name}:({listed})"
    return f"{name}:{text_value(rng, values)}"


def number_condition(rng, name, unit=""):
    # The outermost numbers cannot be written: they stand for "open".
    one, two = sorted(max(min(rng.choice(NUMBERS) + rng.randrange(-1, 2), 2**63 - 2), 2 - 2**63) for _ in range(2))
    return some(rng, f"{name}:{one}", f"{name} {some(rng, '>', '>=', '<', '<=', '=', '!=')} {one}",
                f"{name}:{one}..{two}", f"{name}:..{two}", f"{name}:{one}..", f"{name}:({one},{two},{one})",
                f"{name}:{rng.randrange(1, 6)}xx", f"{name}:*", f"{name}{some(rng, '>', '>=', '<', '<=')}4xx",
                f"{name} {some(rng, '>', '>=', '<', '<=')} {rng.randrange(-3, 600)}.5",
                f"{name} {some(rng, '>', '<=')} 1.5{unit}" if unit else f"{name}:({one} or 5xx or {two})")


def address_condition(rng, name):
    one, two = rng.choice(IPS), rng.choice(IPS)
    bits = rng.randrange(129 if ":" in one else 33)
    return some(rng, f"{name}:{one}", f"{name}!={one}", f"{name}:{one}/{bits}", f"{name}:10.*", f"{name}:10.1.*",
                f"{name}:10.1.2.*", f"{name} {some(rng, '>', '>=', '<', '<=')} {one}", f"{name}:*",
                f"{name} {some(rng, '>', '>=', '<', '<=')} {one}/{bits}", f"{name}:({one},{two})",
                f"{name}:{one}..{two}", f"{name}:{two}..{one}", f"{name}:..{one}", f"{name}:{one}..")


def time_condition(rng, name):
    def value():
        return some(rng, "2026-11-20", "2026-11-21", "2026-11-20T14:05", "2026-11-20T14:05:00Z", "now", "now-15m", "now/d",
                    "now-1d/d", "now-12h/h", "now+1w", "2026-11-20T23:59:59.999Z", "2026-11-21T00:00:00.001+01:00",
                    "1970-01-01", "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500", "9999-12-31", "0000-01-01",
                    "2026-11-20T23:59:59.9995Z", "2024-02-29")

    return some(rng, f"{name}:{value()}", f"{name}{some(rng, '>', '>=', '<', '<=')}{value()}",
                f"{name}:{value()}..{value()}", f"{name}:..{value()}", f"{name}:{value()}..", f"{name}!={value()}",
                f"{name}:({value()} or {value()})", f"{name}:*")


def words(rng):
    chosen = [rng.choice(WORDS) for _ in range(rng.randrange(1, 4))]
    word = rng.choice([w for w in WORDS if w.isalnum()])[:200]
    at = rng.randrange(len(word) + 1)
    return some(rng, quoted(" ".join(chosen)), f"message:{quoted(' '.join(chosen))}", bare(chosen[0]), bare(word.upper()),
                bare(word[:at]) + "*", "*" + bare(word[at:]), "*" + bare(word[at:]) + "*",
                bare(word[:at]) + "*" + bare(word[at:]), f"raw:{bare(chosen[0])}")


def condition(rng):
    kind = rng.randrange(12)
    if kind == 0:
        return number_condition(rng, some(rng, "status", "http.response.status_code"))
    if kind == 1:
        return number_condition(rng, some(rng, "bytes", "bytes_sent"), "KB")
    if kind == 2:
        return number_condition(rng, "duration", "s")
    if kind == 3:
        return address_condition(rng, some(rng, "ip", "source.ip", "client.ip"))
    if kind == 4:
        return time_condition(rng, some(rng, "@timestamp", "timestamp", "processed_at"))
    if kind in (5, 6):
        return words(rng)
    if kind == 7:
        return some(rng, "bot:true", "bot:false", "bot!=true", "threat:*", "not threat:true", "bot:(true,FALSE)",
                    "location:*", "message:*", "labels:*", "event.ingested:*", "*")
    if kind == 8:
        return text_condition(rng, "tags", TAGS)
    if kind == 9:
        name = some(rng, "labels.team", "labels.a", "labels.a.b", "labels.a.b.c", "labels.T_x-1", "labels.none")
        text = str(some(rng, "web", "Web", "db", "", "5", "2.5", "true", "deep", "in list", "1", "1000.0", "*", "a"))
        return some(rng, f"{name}:*", f"{name}:{quoted(text)}", f"{name}={quoted(text)}", f"{name}:{bare(text[:1])}*",
                    f"{name}!={quoted(text)}")
    field, values = some(rng, ("path", PATHS), ("url", PATHS), ("method", ["get", "POST", "head"]), ("level", LEVELS),
                         ("host", ["www.example.com", "BLOG.example.com"]), ("user", ["Alice", "bob", "", "7"]),
                         ("ua", ["curl/8.5", "Googlebot/2.1", "*"]))
    return text_condition(rng, field, values)


def query(rng, depth=0):
    kind = rng.random()
    if depth > 4 or kind < 0.4:
        return condition(rng)
    if kind < 0.5:
        return f"not {query(rng, depth + 1)}" if rng.random() < 0.5 else f"-({query(rng, depth + 1)})"
    join = some(rng, " and ", " ", " or ", " OR ")
    joined = join.join(query(rng, depth + 1) for _ in range(rng.randrange(2, 4)))
    return f"({joined})"


@pytest.fixture
def probe():
    made = Probe()
    yield made
    made.close()


@pytest.fixture
def index(session_stack, probe):
    elastic = Elastic(session_stack.elasticsearch_url)
    name = f"query-property-{SEED}"
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1", "max_result_window": RECORDS}
    elastic.call("PUT", f"/{name}", {"settings": settings, "mappings": probe.ask(mapping=True)}, timeout_s=60)
    yield elastic, name
    elastic.call("DELETE", f"/{name}")


def send(elastic, path, lines):
    """Newline-delimited JSON, which Elastic.call does not speak."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(elastic.url).netloc, timeout=300)
    connection.request("POST", path, "\n".join(lines) + "\n", {"Content-Type": "application/x-ndjson"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def index_all(elastic, name, documents):
    for start in range(0, len(documents), 500):
        lines = []
        for number, document in enumerate(documents[start: start + 500], start):
            lines += [json.dumps({"index": {"_id": str(number)}}), json.dumps(document)]
        answer = send(elastic, f"/{name}/_bulk", lines)
        assert not answer["errors"], [i for i in answer["items"] if i["index"]["status"] > 201][:3]
    elastic.refresh(name)


def search(elastic, name, queries):
    lines = []
    for dsl in queries:
        body = {"query": {"bool": {"filter": [dsl]}}, "_source": False, "size": RECORDS, "track_total_hits": False}
        lines += ["{}", json.dumps(body)]
    parameters = "max_concurrent_searches=1&filter_path=responses.status,responses.hits.hits._id,responses.error"
    return send(elastic, f"/{name}/_msearch?{parameters}", lines)["responses"]


def search_all(elastic, name, queries):
    """The set of records that each query finds. What a small server refuses for want of memory is asked again."""
    found = [None] * len(queries)
    for _ in range(20):
        left = [number for number, hits in enumerate(found) if hits is None]
        for start in range(0, len(left), BATCH):
            numbers = left[start: start + BATCH]
            for number, response in zip(numbers, search(elastic, name, [queries[n] for n in numbers])):
                if response["status"] == 429:
                    continue
                assert "error" not in response, (queries[number], response["error"])
                found[number] = {int(hit["_id"]) for hit in response.get("hits", {}).get("hits", [])}
    assert None not in found, "out of memory again and again"
    return found


def make_queries(rng, probe):
    """Random ones that are accepted: empty ranges and patterns of more than one word are not."""
    made, tried = [], 0
    while len(made) < QUERIES:
        text = query(rng)
        zone = some(rng, 0, 3600, -7 * 3600)
        tried += 1
        answer = probe.ask(query=text, now=NOW_MS, zone=zone)
        if "dsl" not in answer:
            codes = {error["code"] for error in answer["errors"]}
            assert codes <= REFUSED_AT_TIMES, (text, answer)
            continue
        made.append((text, answer))
    assert tried < 4 * QUERIES
    return made


def test_memory_and_elasticsearch_find_the_same_records(index, probe):
    elastic, name = index
    print(f"QUERY_SEED={SEED} {RECORDS} records, {QUERIES} queries")
    rng = random.Random(SEED)
    queries = make_queries(rng, probe)
    records = [record(rng) for _ in range(RECORDS)]
    in_memory = [set() for _ in queries]
    for number, made in enumerate(records):
        answer = probe.ask(record=json.dumps(made, ensure_ascii=rng.random() < 0.5))
        made["text"] = answer["text"]
        for hit in answer["hits"]:
            in_memory[hit].add(number)
    index_all(elastic, name, records)
    in_index = search_all(elastic, name, [answer["dsl"] for _, answer in queries])
    differences = [
        f"{text!r}\n  {json.dumps(answer['dsl'])}\n  {kind}: {json.dumps(records[number])[:1500]}"
        for (text, answer), memory, found in zip(queries, in_memory, in_index)
        for kind, numbers in (("only in memory", memory - found), ("only in the index", found - memory))
        for number in sorted(numbers)[:1]
    ]
    assert not differences, f"QUERY_SEED={SEED}: {len(differences)} differences\n" + "\n".join(sorted(differences, key=len)[:5])
    sizes = [len(found) for found in in_index]
    assert sum(0 < size < RECORDS for size in sizes) > QUERIES / 2, "most queries find nothing or everything"


def alternating(levels):
    return "(b or a (" * levels + "c" + "))" * levels


AT_THE_LIMIT = {
    "nesting": alternating(13),
    "conditions": " or ".join(f"ua:x{n}" for n in range(256)),
    "values": " ".join(f"url:({','.join(str(n) for n in range(175))})" for _ in range(4)),
    "text": "path:" + "x" * 1000,
    "wide text": "path:" + "é" * 500,
    "prefix": "path:" + "é" * 500 + "*",
    "exact": "path=" + "x" * 4000,
    "list of texts": "path:(" + ",".join(c * 1000 for c in "abc") + ")",
    "words": '"' + "a " * 2040 + '"',
    "word": "*" + "é" * 127 + "*",
    **{
        f"pattern {stars} {piece}": "path:*" + "*".join([(piece * 256)[: 256 // (stars - 1)]] * (stars - 1)) + "*"
        for stars in range(2, 9)
        for piece in ("a", "ab", "aab", "a" * 31 + "b")
    },
}


def test_queries_at_the_limits_are_accepted_by_elasticsearch(index, probe):
    """Alone in a filter, and with something around it."""
    elastic, name = index
    asked = {what: probe.ask(query=text, now=NOW_MS) for what, text in AT_THE_LIMIT.items()}
    assert {what: answer for what, answer in asked.items() if "dsl" not in answer} == {}
    for what, answer in asked.items():
        around = {"bool": {"filter": [{"bool": {"filter": [answer["dsl"], {"match_all": {}}]}}]}}
        for response in search(elastic, name, [answer["dsl"], around]):
            assert "error" not in response, (what, response["error"])
