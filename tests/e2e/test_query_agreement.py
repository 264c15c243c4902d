"""One query text finds the same records in `shipper parse --query`, `indexer search` and `indexer tail`.

Seeded logs go through the real pipeline; what each of the three finds is compared by event.id, and with a plain
computation in Python over what the lines were made of. QUERY_SEED=n repeats a run.
"""

import datetime
import ipaddress
import json
import os
import random
import re

import pytest

from support.follow import Tail
from support.programs import Program, json_lines, run_cli
from support.waiting import wait_for

SEED = int(os.environ.get("QUERY_SEED", random.SystemRandom().randrange(1 << 32)))
ACCESS, EVENTS = 2500, 800
ZONE = {"TZ": "XYZ-1"}  # days and times without a zone are one hour east of UTC
FIRST = datetime.datetime(2026, 11, 19, 20, tzinfo=datetime.timezone.utc)
SPAN_S = 40 * 3600
INPUTS = {"access.log": ("apache-combined", "apache.access"), "events.ndjson": ("json", "app.events")}

CLIENTS = ["10.0.0.0", "10.1.2.3", "10.255.255.255", "11.0.0.1", "192.0.2.7", "203.0.113.9", "203.0.113.200", "2001:db8::17",
           "2001:db8:ffff::1", "::1", "client.example.net"]
PATHS = ["/", "/index.html", "/api/v1/orders", "/API/v1/Orders", "/img/logo.PNG", "/img/logo.png", "/wp-login.php", "/a*b",
         "/files/../../etc/passwd", "/health", "/healthz", "/%C3%BC", "/ü", "/x-y_z", "/" + "long/" * 40]
QUERIES_OF_URLS = ["", "id=7", "q=union%20select", "q=a+b&lang=de", "x"]
METHODS = ["GET", "GET", "POST", "get", "HEAD", "DELETE"]
STATUSES = [200, 200, 204, 301, 304, 400, 401, 403, 404, 499, 500, 502, 503]
AGENTS = ["curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0", "Googlebot/2.1", "-"]
USERS = ["-", "-", "-", "alice", "Alice", "bob"]
ODD = ["hello world", "", "GET / HTTP/1.1 timed out", 'connection reset by "peer"', "\u3000日本\u3000x"]
MESSAGES = ["Connection reset by peer", "connection timed out", "Über die Verbindung", "out of memory: killed process 77",
            "ok", "日本 語", "user=alice failed-login 10.1.2.3", "C:\\temp\\x", "e\u0301 and é", ""]
LEVELS = ["error", "ERROR", "warn", "info", "debug"]
TEAMS = ["web", "Web", "db", "a b", ""]
DURATIONS = [0, 900, 1_499_999_999, 1_500_000_000, 1_500_000_001, 2**53 + 1, 2**62]


def access_line(dice, number):
    made = {
        "client": dice.choice(CLIENTS),
        "user": dice.choice(USERS),
        "time": FIRST + datetime.timedelta(seconds=dice.randrange(SPAN_S)),
        "method": dice.choice(METHODS),
        "path": dice.choice(PATHS),
        "query": dice.choice(QUERIES_OF_URLS),
        "status": dice.choice(STATUSES),
        "bytes": dice.choice([None, 0, 99, 1000, 1023, 1024, 10_000, 999_999, 1_000_000, 5_000_000_000]),
        "agent": dice.choice(AGENTS),
        "referrer": dice.choice(["-", "https://www.example.org/start", "http://[2001:db8::1]/x"]),
    }
    zone = datetime.timezone(datetime.timedelta(minutes=dice.choice([0, 60, -420, 345])))
    target = made["path"] + ("?" + made["query"] if made["query"] else "")
    size = "-" if made["bytes"] is None else made["bytes"]
    line = (
        f'{made["client"]} - {made["user"]} [{made["time"].astimezone(zone):%d/%b/%Y:%H:%M:%S %z}] '
        f'"{made["method"]} {target} HTTP/1.1" {made["status"]} {size} "{made["referrer"]}" "{made["agent"]}"'
    )
    made["words"] = words(line)
    return line, made


def event_line(dice, number):
    made = {
        "time": FIRST + datetime.timedelta(milliseconds=dice.randrange(SPAN_S * 1000)),
        "message": dice.choice(MESSAGES),
        "level": dice.choice([None, *LEVELS]),
        "duration": dice.choice([None, *DURATIONS]),
        "team": dice.choice([None, *TEAMS]),
        "deep": dice.choice([None, "deep", "Deep"]),
        "tags": dice.choice([None, [], ["prod"], ["PROD", "eu"], ["eu", "a b"]]),
        "client": dice.choice([None, *CLIENTS[:-1]]),
    }
    record = {"@timestamp": made["time"].isoformat(timespec="milliseconds"), "message": made["message"]}
    for name, value in (("level", {"log": {"level": made["level"]}}), ("duration", {"event": {"duration": made["duration"]}}),
                        ("client", {"source": {"ip": made["client"]}}), ("tags", {"tags": made["tags"]})):
        if made[name] is not None:
            record.update(value)
    labels = {"team": made["team"], "a": made["deep"] and {"b": made["deep"]}}
    record["labels"] = {name: value for name, value in labels.items() if value is not None}
    return json.dumps(record, ensure_ascii=dice.random() < 0.5), made


def words(text):
    """As the help says: ASCII in lower case, everything in ASCII that is no letter or digit separates."""
    return re.sub(r"[\x00-\x7f]", lambda c: c.group().lower() if c.group().isalnum() else " ", text).split()


def has_phrase(made, *phrase):
    having = made.get("words", [])
    return any(tuple(having[at : at + len(phrase)]) == phrase for at in range(len(having)))


def in_network(made, network):
    try:
        address = ipaddress.ip_address(made.get("client") or "")
    except ValueError:
        return False
    return address.version == ipaddress.ip_network(network).version and address in ipaddress.ip_network(network)


def between(made, first, last):
    """Local days and times, the last excluded. What time a line without one gets is for others to test."""
    if "time" not in made:
        return None
    zone = datetime.timezone(datetime.timedelta(hours=1))
    first, last = (datetime.datetime.fromisoformat(each).replace(tzinfo=zone) for each in (first, last))
    return first <= made["time"] < last


def number(made, name):
    value = made.get(name)
    return -1 if value is None else value


# Query, and what it means in Python; None, for all records or one, where only the three are compared.
QUERIES = [
    ("", lambda m: True),
    ("status:404", lambda m: m.get("status") == 404),
    ("status=404", lambda m: m.get("status") == 404),
    ("status!=404", lambda m: m.get("status") != 404),
    ("status:5xx", lambda m: number(m, "status") >= 500),
    ("status >= 400 status < 500", lambda m: 400 <= number(m, "status") < 500),
    ("status:301..404 and not status:(304 or 400)", lambda m: m.get("status") in (301, 401, 403, 404)),
    ("not status:*", lambda m: "status" not in m),
    ("bytes:1KB..1MB", lambda m: 1000 <= number(m, "bytes") <= 1_000_000),
    ("bytes > 1KiB or bytes:0", lambda m: number(m, "bytes") > 1024 or m.get("bytes") == 0),
    ("duration > 1.5s", lambda m: number(m, "duration") > 1_500_000_000),
    (f"duration:{2**53 + 1}", lambda m: m.get("duration") == 2**53 + 1),
    ("method:get", lambda m: m.get("method", "").upper() == "GET"),
    ("method=get", lambda m: m.get("method") == "get"),
    ("path:/api/*", lambda m: m.get("path", "").lower().startswith("/api/")),
    ("path:*.PNG -path=/img/logo.PNG", lambda m: m.get("path") == "/img/logo.png"),
    ('path:"/a*b"', lambda m: m.get("path") == "/a*b"),
    ("path:*/../*passwd", lambda m: m.get("path", "").endswith("/etc/passwd")),
    ("url:*ü*", None),
    ("query:*union*select* or query:id=7", lambda m: m.get("query") in ("q=union%20select", "id=7")),
    ("ip:10.0.0.0/8", lambda m: in_network(m, "10.0.0.0/8")),
    ("ip:10.1.*", lambda m: in_network(m, "10.1.0.0/16")),
    ("ip:2001:db8::/32 or ip:203.0.113.0..203.0.113.127",
     lambda m: in_network(m, "2001:db8::/32") or in_network(m, "203.0.113.0/25")),
    ("not ip:* address:client.*", lambda m: m.get("client") == "client.example.net"),
    ("user:alice", lambda m: m.get("user", "").lower() == "alice"),
    ("agent:*bot* or referer:*example*",
     lambda m: m.get("agent") == "Googlebot/2.1" or "example" in m.get("referrer", "")),
    ("@timestamp:2026-11-20", lambda m: between(m, "2026-11-20", "2026-11-21")),
    ("@timestamp <= 2026-11-20", lambda m: between(m, "2026-01-01", "2026-11-21")),
    ("@timestamp:2026-11-20T03:10..2026-11-20T12:29", lambda m: between(m, "2026-11-20T03:10", "2026-11-20T12:30")),
    ("@timestamp > 2026-11-20T10:00:00.250Z", None),
    ("labels.team:web", lambda m: (m.get("team") or "").lower() == "web"),
    ("labels.team=web labels.a.b:*", lambda m: m.get("team") == "web" and bool(m.get("deep"))),
    ("not labels.team:*", lambda m: m.get("team") is None),
    # Access logs have no level; one is made of the status. Others are written in one way, whatever the line's.
    ("level:(error or warn) -level=ERROR",
     lambda m: (m["level"] or "").lower() in ("error", "warn") if "level" in m else None),
    ("tags:prod tags:eu", lambda m: {"PROD", "eu"} <= set(m.get("tags") or [])),
    ("tags:_parsefailure", None),
    ('"connection reset"', lambda m: has_phrase(m, "connection", "reset")),
    ('10.1.2.3 or "reset by peer"', lambda m: has_phrase(m, "10", "1", "2", "3") or has_phrase(m, "reset", "by", "peer")),
    ("conn* -timed", lambda m: any(word.startswith("conn") for word in m["words"]) and "timed" not in m["words"]),
    ("日本 or über or é", None),
    ("(status>=500 or duration>2s or level:error) not path:/health* @timestamp:2026-11-20..", None),
]


def build(dice):
    """{file name: [(line, what it was made of)]}"""
    access = [access_line(dice, number) for number in range(ACCESS)]
    for place in range(40):
        access.insert(dice.randrange(len(access)), (ODD[place % len(ODD)], {"words": words(ODD[place % len(ODD)])}))
    events = [event_line(dice, number) for number in range(EVENTS)]
    for _, made in events:
        made["words"] = words(f"{made['client'] or ''} {made['message']}")
    return {"access.log": access, "events.ndjson": events}


class Agreement:
    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.agent = pipeline.shipper_environment()["ALPEX_AGENT_ID"]
        self.content = build(random.Random(SEED))
        for name, lines in self.content.items():
            (pipeline.logs / name).write_text("".join(line + "\n" for line, _ in lines), newline="")

    def parse(self, *arguments):
        """Ids in the order of the lines, of both files."""
        found = []
        for name, (form, dataset) in INPUTS.items():
            path = self.pipeline.logs / name
            done = run_cli("shipper", "parse", "--format", form, "--dataset", dataset, *arguments, path,
                           ALPEX_AGENT_ID=self.agent, **ZONE)
            assert done.returncode == 0, done.text
            found += [record["event"]["id"] for record in json_lines(done.stdout)]
        return found

    def search(self, *arguments):
        done = run_cli("indexer", "search", "--format", "ndjson", *arguments,
                       **self.pipeline.indexer_environment(**ZONE))
        assert done.returncode == 0, done.text
        return json_lines(done.stdout)

    def tail(self, query, *arguments):
        environment = self.pipeline.indexer_environment(**ZONE)
        return Tail(self.pipeline.folder, environment, "--format", "ndjson", *arguments, "--", query)

    def ship(self):
        for name, (form, dataset) in INPUTS.items():
            program = Program("shipper", self.pipeline.folder,
                              ["ship", self.pipeline.logs / name, "--format", form, "--dataset", dataset],
                              self.pipeline.shipper_environment(**ZONE), name=f"ship-{form}")
            self.pipeline.programs.append(program)
            assert program.start().wait_exit() == 0, program.log_tail()


@pytest.mark.timeout(300)
def test_three_commands_find_the_same(pipeline):
    print(f"QUERY_SEED={SEED}")
    agreement = Agreement(pipeline)
    made = [made for lines in agreement.content.values() for _, made in lines]
    by_line = agreement.parse()
    assert len(by_line) == len(set(by_line)) == len(made)

    pipeline.kafka.create_topic(pipeline.topic, 1)  # one partition: what came first is shown first
    pipeline.indexer().start()
    whole = agreement.tail("")
    tails = [agreement.tail(query, "--fields", "id") for query, _ in QUERIES]
    try:
        for tail in [whole, *tails]:
            tail.wait_following()
        agreement.ship()
        pipeline.wait_count(len(made))
        pipeline.elastic.refresh(pipeline.indices)
        shown = {record["event"]["id"]: record for record in whole.records(len(made), 60)}
        differences = [
            difference
            for (query, meaning), tail in zip(QUERIES, tails)
            for difference in compare(agreement, query, meaning, tail, by_line, made)
        ]
        assert not differences, f"QUERY_SEED={SEED}\n" + "\n".join(differences)
        stored = {record["event"]["id"]: record for record in agreement.search()}
        assert comparable(shown) == comparable(stored), "tail shows what search shows"
    finally:
        for tail in [whole, *tails]:
            tail.close()


def compare(agreement, query, meaning, tail, by_line, made):
    """What is wrong with one query, as texts."""
    parsed = agreement.parse("--query", query)
    searched = [record["event"]["id"] for record in agreement.search("--fields", "id", "--", query)]
    wait_for(lambda: len(tail.lines) >= len(parsed), 20, lambda: f"{len(parsed)} lines of {query!r}, not {len(tail.lines)}")
    assert tail.stop() == 0
    followed = [json.loads(line)["event"]["id"] for line in tail.lines]
    found = {"parse": parsed, "search": searched, "tail": followed}
    if meaning:
        meant = {identity: meaning(each) for identity, each in zip(by_line, made)}
        undecided = {identity for identity, holds in meant.items() if holds is None}
        found["python"] = [identity for identity, holds in meant.items() if holds] + list(undecided & set(parsed))
    elif not 0 < len(parsed) < len(made):
        yield f"{query!r} finds {len(parsed)} of {len(made)}: that compares nothing"
    lines = {identity: place for place, identity in enumerate(by_line)}
    for name, ids in found.items():
        if len(ids) != len(set(ids)):
            yield f"{query!r}: {name} finds records twice"
        for what, other in (("misses", set(parsed) - set(ids)), ("adds", set(ids) - set(parsed))):
            for identity in sorted(other)[:1]:
                yield f"{query!r}: {name} {what} {len(other)}, e.g. {made[lines[identity]]}"


def comparable(records):
    """Without the moment of processing, which differs."""
    for record in records.values():
        del record["event"]["ingested"]
    return records
