"""`indexer search` on a real Elasticsearch: formats, order, times, any number of results, sums, errors."""

import contextlib
import csv
import io
import json
import secrets
import signal
import subprocess

import pytest

from support import query_probe, records
from support.elastic import Elastic
from support.fault_proxy import error_answer, json_answer
from support.ports import free_port
from support.programs import binary, clean_environment, json_lines, run_cli
from support.terminal import plain, run_on_terminal, width
from support.waiting import wait_for

MANY = 10_500  # more than Elasticsearch gives in one window, and no whole number of pages
BIG = 9_007_199_254_740_993  # the first whole number that a double does not have
LONGEST = 2**63 - 1

# Each is here for what it has, or lacks; times from the oldest to the newest.
FEW = {
    "first": {
        "@timestamp": "2026-11-19T23:59:59.999Z",
        "event": {"duration": BIG, "original": 'one, "two"\nthree'},
        "message": "GET /a,b HTTP/1.1",
        "host": {"name": "web1"},
        "log": {"level": "error"},
        "source": {"ip": "2001:db8:1111:2222:3333:4444:5555:6666"},
        "http": {"response": {"status_code": 503, "body": {"bytes": 9}}},
        "url": {"path": '/a,b"c'},
        "user_agent": {"is_bot": True},
        "labels": {"team": "web", "a": {"b": "deep"}, "n.m": 5},
    },
    "second": {
        "@timestamp": "2026-11-20T00:00:00Z",
        "event": {"duration": BIG + 1},
        "message": "日本語のログ mit e\u0301 und \U0001f600",
        "host": {"name": "日本語のホスト名です"},
        "log": {"level": "warn"},
        "tags": ["prod", "a,b", 'q"q'],
        "source": {"ip": "10.0.0.1", "geo": {"location": {"lat": 1.5, "lon": 2}}},
        "http": {"response": {"status_code": 404}},
        "url": {"path": "/ü"},
        "user_agent": {"is_bot": False},
        "ratio": 1.10,
        "huge": 1e300,
        "exact": 0.1,
    },
    "third": {
        "@timestamp": "2026-11-20T14:05:30.500Z",
        "event": {"duration": LONGEST},
        "message": "red \x1b[31m alert \x07 c1 \u009b31m bidi \u202e nul \x00 del \x7f tab\tend",
        "host": {"name": "x" * 40},
        "http": {"response": {"status_code": 404}},
        "url": {"path": "\x1b]0;owned\x07"},
    },
    "fourth": {"@timestamp": "2026-11-21T00:00:00Z", "message": ""},
    "fifth": {"@timestamp": "2026-11-21T10:00:00Z", "message": "last", "event": {"duration": -5}, "tags": ["prod"]},
}


class Corner:
    """Indices with one prefix, and searches in them."""

    def __init__(self, stack):
        self.elastic = Elastic(stack.elasticsearch_url)
        self.url = stack.elasticsearch_url
        self.mapping = query_probe.mapping()
        self.prefixes = []

    def fill(self, documents, shards=1):
        """Stores {id: document} by day of their @timestamp; returns the prefix."""
        prefix = "s" + secrets.token_hex(5)
        self.prefixes.append(prefix)
        settings = {"number_of_shards": shards, "number_of_replicas": 0}
        indices = {identity: index_of(prefix, document) for identity, document in documents.items()}
        for index in sorted(set(indices.values())):
            self.elastic.call("PUT", f"/{index}", {"settings": settings, "mappings": self.mapping})
        self.elastic.bulk([(indices[identity], identity, compact(each)) for identity, each in documents.items()])
        return prefix

    def environment(self, prefix, **extra):
        return {"ALPEX_ELASTICSEARCH_URLS": self.url, "ALPEX_ELASTICSEARCH_INDEX_PREFIX": prefix, "TZ": "UTC", **extra}

    def run(self, prefix, *arguments, expect=0, **environment):
        done = run_cli("indexer", "search", *arguments, timeout_s=60, **self.environment(prefix, **environment))
        assert done.returncode == expect, done.text
        return done

    def terminal(self, prefix, *arguments, **options):
        return run_on_terminal("indexer", "search", *arguments, **options, **self.environment(prefix))

    def ids(self, prefix, *arguments, **environment):
        done = self.run(prefix, "--format", "ndjson", "--fields", "id", *arguments, **environment)
        assert done.stderr == b""
        return [each["event"]["id"] for each in json_lines(done.stdout)]


def compact(document):
    """As the indexer writes it; Elasticsearch keeps it so."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def index_of(prefix, document):
    return f"{prefix}-{records.DATASET}-{document['@timestamp'][:10].replace('-', '.')}"


def with_ids(documents):
    return {
        identity: {**document, "event": {"id": identity, **document.get("event", {})}}
        for identity, document in documents.items()
    }


def make_many():
    """Thousands with the same sort values, and without."""
    made = {}
    for number in range(MANY):
        made[f"id{number}"] = document = {
            "@timestamp": f"2026-11-{19 + number % 3}T12:00:{number // 1000:02d}.000Z",
            "event": {},
            "url": {"path": f"/p{number % 5}"},
            "http": {"response": {"status_code": 200 + number % 7}},
        }
        if number % 3:
            document["event"]["duration"] = BIG + number // 7
        if number % 4:
            document["source"] = {"ip": f"10.0.0.{number % 9}"}
    return with_ids(made)


@pytest.fixture(scope="module")
def corner(session_stack):
    made = Corner(session_stack)
    yield made
    for prefix in made.prefixes:
        made.elastic.remove(prefix)


@pytest.fixture(scope="module")
def few(corner):
    return corner.fill(with_ids(FEW))


@pytest.fixture(scope="module")
def many(corner):
    return corner.fill(make_many(), shards=2)


@contextlib.contextmanager
def no_view_stays(elastic):
    before = elastic.open_views()
    yield
    wait_for(lambda: elastic.open_views() <= before, 5, "points in time to be closed")


# --- formats ---


def test_documents_are_the_bytes_that_the_server_keeps(corner, few):
    """No digit is lost: not of whole numbers beyond 2^53, not of fractions."""
    lines = corner.run(few, "--sort", "@timestamp").stdout.splitlines()
    assert len(lines) == len(FEW)
    for line, (identity, document) in zip(lines, with_ids(FEW).items()):
        assert line == corner.elastic.source_bytes(index_of(few, document), identity)
    assert str(BIG).encode() in lines[0] and str(BIG + 1).encode() in lines[1] and str(LONGEST).encode() in lines[2]


def test_documents_with_blanks_and_line_ends_are_one_line_each(corner):
    prefix = "s" + secrets.token_hex(5)
    corner.prefixes.append(prefix)
    # Without a mapping of ours Elasticsearch keeps the text as it came.
    corner.elastic.bulk([(f"{prefix}-x", "1", '{ "@timestamp":"2026-11-20T00:00:00Z",\t"n" : 1.50, "s":"a  b" }')])
    assert corner.elastic.source_bytes(f"{prefix}-x", "1").startswith(b'{ "@')
    assert corner.run(prefix).stdout == b'{"@timestamp":"2026-11-20T00:00:00Z","n":1.50,"s":"a  b"}\n'


def test_words_that_are_kept_are_no_part_of_a_document(corner):
    """elasticsearch.keep_words: they are found by, and not shown. Nothing else changes, not of numbers either."""
    prefix = "s" + secrets.token_hex(5)
    corner.prefixes.append(prefix)
    corner.elastic.call("PUT", f"/{prefix}-x", {"mappings": corner.mapping})
    document = '{"@timestamp":"2026-11-20T00:00:00Z","n":1.50,"labels":{"text":"theirs"}'
    corner.elastic.bulk([(f"{prefix}-x", "1", document + ',"text":"some words "}')])
    assert corner.elastic.source_bytes(f"{prefix}-x", "1").endswith(b'"some words "}')
    assert corner.run(prefix, '"some words"').stdout == document.encode() + b"}\n"


def test_json_is_ndjson(corner, few):
    assert corner.run(few, "--json").stdout == corner.run(few, "--format", "ndjson").stdout == corner.run(few).stdout


def test_chosen_fields_as_json(corner, few):
    done = corner.run(few, "--sort", "@timestamp", "--fields", "duration, status,labels.team,labels.a.b,tags")
    first, second, third, fourth, _ = done.stdout.decode().splitlines()
    assert first == (
        f'{{"event":{{"duration":{BIG}}},"http":{{"response":{{"status_code":503}}}},'
        '"labels":{"team":"web","a.b":"deep"}}'
    )
    assert json.loads(second)["tags"] == FEW["second"]["tags"]
    assert json.loads(third) == {"event": {"duration": LONGEST}, "http": {"response": {"status_code": 404}}}
    assert fourth == "{}"


def test_whole_labels_as_a_field(corner, few):
    first, *others = json_lines(corner.run(few, "--sort", "@timestamp", "--fields", "labels").stdout)
    assert first == {"labels": FEW["first"]["labels"]} and others == [{}] * 4


def test_csv_is_read_back_by_another_reader(corner, few):
    fields = "@timestamp,url.path,tags,duration,is_bot,location,labels.team,labels,event.original,host.name"
    output = corner.run(few, "--format", "csv", "--fields", fields, "--sort", "@timestamp").stdout.decode()
    assert output.count("\r\n") == 1 + len(FEW)
    heading, first, second, third, fourth, _ = csv.reader(io.StringIO(output, newline=""))
    assert heading == ["@timestamp", "url.path", "tags", "event.duration", "user_agent.is_bot", "source.geo.location",
                       "labels.team", "labels", "event.original", "host.name"]
    assert first[:7] == ["2026-11-19T23:59:59.999Z", '/a,b"c', "", str(BIG), "true", "", "web"]
    assert json.loads(first[7]) == FEW["first"]["labels"] and first[8] == 'one, "two"\nthree'
    assert json.loads(second[2]) == FEW["second"]["tags"] and second[4] == "false"
    assert json.loads(second[5]) == {"lat": 1.5, "lon": 2}
    assert third[1] == "\x1b]0;owned\x07", "a file gets what there is"
    assert fourth == ["2026-11-21T00:00:00Z"] + [""] * 9


def test_csv_quotes_what_must_be_and_nothing_else(corner, few):
    output = corner.run(few, "status:503", "--format", "csv", "--fields", "path,host,raw").stdout
    assert output == b'url.path,host.name,event.original\r\n"/a,b""c",web1,"one, ""two""\nthree"\r\n'


def test_csv_has_its_heading_also_without_records(corner, few):
    assert corner.run(few, "status:999", "--format", "csv", "--fields", "path").stdout == b"url.path\r\n"


def test_table_in_a_file_is_not_cut(corner, few):
    output = corner.run(few, "--format", "table", "--sort", "@timestamp", "--fields", "ip,host,path,message").stdout
    heading, *rows = output.decode().splitlines()
    assert heading.split() == ["source.ip", "host.name", "url.path", "message"]
    assert rows[0].startswith("2001:db8:1111:2222:3333:4444:5555:6666 web1         /a,b")
    assert "x" * 40 in rows[2] and len(rows) == len(FEW)
    for row in rows:
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c == "\u202e" for c in row), "a log line is no program"
    assert "alert . c1 .31m bidi . nul . del . tab end" in rows[2]


def test_table_on_a_terminal_keeps_its_columns(corner, few):
    done = corner.terminal(few, "--sort", "@timestamp", "--fields", "host,ip,status,message", columns=70)
    assert done.returncode == 0
    heading, *rows = plain(done.stdout).splitlines()
    assert len(rows) == len(FEW) and all(width(row) <= 70 for row in rows)
    status = heading.index("http.r")
    for row, expected in zip(rows, ["503", "404", "404", "", ""]):
        before = next(n for n in range(len(row) + 1) if width(row[:n]) >= status) if row.strip() else 0
        assert row[before : before + 4].strip() == expected, row
    assert "2001:db8:1111:…" in rows[0], "what is cut says so: it would be another address"
    assert "日本語のホ…" in rows[1] and "xxxxxxxxxxx…" in rows[2]


def test_colours_are_for_terminals_only(corner, few):
    on_terminal = corner.terminal(few, "level:*").stdout
    assert "\x1b[31m" in on_terminal and "\x1b[33m" in on_terminal
    assert b"\x1b" not in corner.run(few, "level:*", "--format", "table").stdout
    without = run_on_terminal("indexer", "search", "level:*", **corner.environment(few, NO_COLOR="1"))
    assert "\x1b[3" not in without.stdout


@pytest.mark.parametrize("form", ["table", "raw", "ndjson"])
def test_log_lines_do_not_command_the_terminal(corner, few, form):
    output = corner.terminal(few, "--format", form, "--fields", "path,message").stdout
    for sign in ("\x1b[31m alert", "\x1b]0", "\x07", "\u009b", "\u202e" if form != "ndjson" else "\x07", "\x00"):
        assert sign not in output


def test_raw_gives_the_line_and_else_the_message(corner, few):
    lines = corner.run(few, "--format", "raw", "--sort", "@timestamp").stdout.decode()
    messages = [FEW[name]["message"] for name in ("second", "third", "fourth", "fifth")]
    assert lines == "\n".join(['one, "two"\nthree', *messages]) + "\n"


# --- order and number ---

SORTS = [
    "@timestamp:asc",
    "@timestamp:desc",
    "duration",
    "duration:desc",
    "ip:asc",
    "ip:desc",
    "status:desc,duration:asc",
    "path,ip:desc,@timestamp:desc,id",
]


def sort_value(document, name):
    if name == "@timestamp":
        return document["@timestamp"]
    if name == "id":
        return document["event"]["id"]
    if name == "duration":
        return document["event"].get("duration")
    if name == "ip":
        return document.get("source", {}).get("ip")
    return document["url"]["path"] if name == "path" else document["http"]["response"]["status_code"]


def in_order(documents, sort):
    """Stable sorts from the last key to the first; who lacks a value comes last both ways."""
    ordered = list(documents)
    for key in reversed(sort.split(",")):
        name, _, direction = key.partition(":")
        having = [each for each in ordered if sort_value(each, name) is not None]
        lacking = [each for each in ordered if sort_value(each, name) is None]
        having.sort(key=lambda each, name=name: sort_value(each, name), reverse=direction == "desc")
        ordered = having + lacking
    return ordered


@pytest.mark.parametrize("sort", SORTS)
def test_every_record_once_and_in_order(corner, many, sort):
    """Beyond one page and beyond Elasticsearch's window, with ties and missing values across the pages."""
    documents = make_many()
    with no_view_stays(corner.elastic):
        ids = corner.ids(many, "--sort", sort)
    assert len(ids) == MANY and set(ids) == documents.keys()
    names = [key.partition(":")[0] for key in sort.split(",")]
    expected = [[sort_value(each, name) for name in names] for each in in_order(documents.values(), sort)]
    assert [[sort_value(documents[each], name) for name in names] for each in ids] == expected


def test_newest_first_by_itself(corner, few):
    assert corner.ids(few) == ["fifth", "fourth", "third", "second", "first"]


@pytest.mark.parametrize("limit", [1, 999, 1000, 1001, 2000, MANY, MANY + 1, 0])
def test_limit(corner, many, limit):
    with no_view_stays(corner.elastic):
        ids = corner.ids(many, "--limit", limit)
    assert len(set(ids)) == len(ids) == min(limit or MANY, MANY)


def test_a_terminal_gets_a_screen_full_and_is_told(corner, many):
    done = corner.terminal(many, "--format", "ndjson")
    assert len(done.stdout.splitlines()) == 100
    assert f"100 of {MANY} shown; --limit 0 shows all" in done.stderr


def test_large_documents_come_in_smaller_pages(corner):
    padding = "x" * 60_000
    documents = {f"n{n}": {"@timestamp": f"2026-11-20T00:00:00.{n:03d}Z", "pad": padding} for n in range(400)}
    prefix = corner.fill(with_ids(documents))
    assert sorted(corner.ids(prefix)) == sorted(documents)


# --- times ---

ALL = list(FEW)
TIMES = [
    (("--from", "2026-11-20"), ALL[1:]),
    (("--to", "2026-11-20"), ALL[:3]),
    (("--from", "2026-11-20", "--to", "2026-11-20"), ALL[1:3]),
    (("--from", "2026-11-20T14:05:30.500Z"), ALL[2:]),
    (("--to", "2026-11-20T14:05:30.500Z"), ALL[:3]),
    (("--from", "2026-11-20T14:05:30.501Z"), ALL[3:]),
    (("--from", "2026-11-20 14:05"), ALL[2:]),
    (("--from", "2026-11-20T15:05:30.500+01:00", "--to", "2026-11-21T00:00:00Z"), ALL[2:4]),
    (("--from", "now-10000d"), ALL),
    (("--from", "now+10000d"), []),
    (("--to", "now-10000d"), []),
    (("--to", "now+10000d/d"), ALL),
    (("level:*", "--from", "2026-11-20"), ["second"]),
]


@pytest.mark.parametrize("arguments, expected", TIMES, ids=[" ".join(each) for each, _ in TIMES])
def test_from_and_to(corner, few, arguments, expected):
    assert sorted(corner.ids(few, *arguments)) == sorted(expected)


def test_relative_times_count_from_now(corner):
    times = {"now": records.make(0)["@timestamp"], "old": "2020-01-01T00:00:00Z"}
    prefix = corner.fill(with_ids({name: {"@timestamp": time} for name, time in times.items()}))
    assert corner.ids(prefix, "--from", "now-1h", "--to", "now+1m") == ["now"]
    assert corner.ids(prefix, "--to", "now-1h") == ["old"]


def test_days_are_those_of_the_users_zone(corner, few):
    ids = corner.ids(few, "--from", "2026-11-20", "--to", "2026-11-20", TZ="XYZ-2")  # two hours east
    assert ids == ["third", "second", "first"]


@pytest.mark.parametrize("time", ["yesterday", "", "now-1h or *", '2026-11-20" or "x', "2026-13-01", "\\", "x" * 5000])
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_what_is_no_time_is_refused(corner, few, option, time):
    done = corner.run(few, option, time, expect=2)
    assert done.stdout == b"" and b"is not a time" in done.stderr


def test_a_range_is_no_bound(corner, few):
    done = corner.run(few, "--from", "2026-11-20..2026-11-21", expect=2)
    assert done.stdout == b"" and b"^ A range" in done.stderr


# --- sums ---


@pytest.mark.parametrize("query, count", [("", 5), ("status:404", 2), ("not status:*", 2), ("status:999", 0)])
def test_count(corner, few, query, count):
    assert corner.run(few, query, "--count").stdout == f"{count}\n".encode()
    assert json.loads(corner.run(few, query, "--count", "--json").stdout) == {"count": count}


def test_top_values(corner, many):
    expected = {}
    for document in make_many().values():
        status = document["http"]["response"]["status_code"]
        expected[status] = expected.get(status, 0) + 1
    rows = json_lines(corner.run(many, "--top", "status", "--json").stdout)
    assert {row["key"]: row["count"] for row in rows} == expected
    assert [row["count"] for row in rows] == sorted(expected.values(), reverse=True)
    assert len(corner.run(many, "--top", "duration", "--limit", "25").stdout.splitlines()) == 25


@pytest.mark.parametrize(
    "field, rows",
    [
        ("is_bot", [(False, 1), (True, 1)]),
        ("tags", [("prod", 2), ("a,b", 1), ('q"q', 1)]),
        ("labels.team", [("web", 1)]),
        ("ip", [("10.0.0.1", 1), ("2001:db8:1111:2222:3333:4444:5555:6666", 1)]),
        ("duration", [(-5, 1), (BIG, 1), (BIG + 1, 1), (LONGEST, 1)]),
        ("city", []),
    ],
)
def test_top_of_every_type(corner, few, field, rows):
    found = json_lines(corner.run(few, "--top", field, "--format", "ndjson").stdout)
    assert [(row["key"], row["count"]) for row in found] == rows


def test_top_as_bars(corner, few):
    first, *others = corner.run(few, "--top", "tags").stdout.decode().splitlines()
    assert first.split() == ["prod", "2", "█" * 50] and [line.split()[-1] for line in others] == ["█" * 25] * 2
    path = corner.run(few, "status:404", "--top", "path").stdout.decode()
    assert "\x1b" not in path and ".]0;owned." in path
    wide = plain(corner.terminal(few, "--top", "host").stdout).splitlines()
    assert {width(line[: line.index(" 1  █")]) for line in wide} == {28 + 1 + 8}


def test_histogram(corner, many):
    rows = json_lines(corner.run(many, "--histogram", "--json").stdout)
    assert sum(row["count"] for row in rows) == MANY and 2 < len(rows) <= 30
    assert rows[0]["key"] == "2026-11-19T12:00:00.000Z" and rows[0]["count"] == rows[-1]["count"] == MANY / 3
    assert [row["count"] for row in rows if row["count"]] == [MANY / 3] * 3, "the time between has bars too"
    bars = corner.run(many, "--histogram").stdout.decode().splitlines()
    assert len(bars) == len(rows) and bars[0].split() == ["2026-11-19T12:00:00.000Z", str(MANY // 3), "█" * 50]


def test_histogram_of_one_moment_and_of_all_times(corner):
    one = corner.fill(with_ids({"a": {"@timestamp": "2026-11-20T00:00:00Z"}}))
    assert [row["count"] for row in json_lines(corner.run(one, "--histogram", "--json").stdout)] == [1]
    times = {"a": "0001-01-01T00:00:00Z", "b": "1969-12-31T23:59:59Z", "c": "9999-12-31T23:59:59Z"}
    prefix = corner.fill(with_ids({name: {"@timestamp": time} for name, time in times.items()}))
    rows = json_lines(corner.run(prefix, "--histogram", "--json").stdout)
    assert sum(row["count"] for row in rows) == 3 and len(rows) <= 30


@pytest.mark.parametrize("arguments", [(), ("--format", "table"), ("--format", "raw"), ("--top", "path"), ("--histogram",)])
def test_nothing_found_prints_nothing(corner, few, arguments):
    done = corner.run(few, "status:999", *arguments)
    assert done.stdout == done.stderr == b""
    nowhere = corner.run("no-such-prefix", *arguments)
    assert nowhere.stdout == nowhere.stderr == b""


def test_no_index_counts_as_none(corner):
    assert corner.run("no-such-prefix", "--count").stdout == b"0\n"


def test_a_terminal_is_told_that_there_is_nothing(corner, few):
    assert "no records found" in corner.terminal(few, "status:999").stderr


# --- progress and readers that leave ---


def test_progress_on_a_terminal_while_results_go_elsewhere(corner, many):
    done = corner.terminal(many, stdout=False)
    assert f" of {MANY} (" in done.stderr and "░" in done.stderr and done.stderr.endswith("\r\x1b[K")
    assert len(done.stdout.splitlines()) == MANY


def test_no_progress_elsewhere(corner, many):
    assert corner.run(many, "--limit", "2000").stderr == b""
    assert "░" not in corner.terminal(many, stderr=False).stderr
    assert "░" not in corner.terminal(many).stderr, "it would run into the results"


def test_a_reader_that_leaves_ends_it_quietly(corner, many):
    with no_view_stays(corner.elastic):
        process = subprocess.Popen(
            [binary("indexer"), "search"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(**corner.environment(many)),
        )
        json.loads(process.stdout.readline())
        process.stdout.close()
        stderr = process.stderr.read()
        assert process.wait(30) == 0 and stderr == b""


def test_a_full_disk_is_an_error(corner, many):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [binary("indexer"), "search"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            env=clean_environment(**corner.environment(many)),
        )
    assert done.returncode == 1 and b"cannot write" in done.stderr


# --- errors ---

BAD_QUERIES = [
    ("status:", 6, '"status:" needs a value.', 'Use status:* to test'),
    ("(status:500", 0, 'This "(" is never closed.', ""),
    ("staus:500", 0, 'There is no field "staus".', 'Did you mean "status"?'),
    ("path > 5", 7, '"path" compares text', ""),
    ("level:ü and ip:10.0.0", 15, '"10.0.0" is not an address or network.', ""),
]


@pytest.mark.parametrize("query, column, message, hint", BAD_QUERIES, ids=[each[0] for each in BAD_QUERIES])
@pytest.mark.parametrize("more", [(), ("--count",), ("--histogram",), ("--top", "path")])
def test_bad_query_is_shown_with_its_place(corner, few, query, column, message, hint, more):
    done = corner.run(few, query, *more, expect=2)
    assert done.stdout == b""
    text, place, *rest = done.stderr.decode().splitlines()
    assert text == query and place.startswith(" " * column + "^ " + message)
    assert hint in "\n".join(rest)


BAD_OPTIONS = [
    (("--format", "xml"), "xml"),
    (("--fields", "path,staus"), "did you mean 'status'"),
    (("--fields", ""), "unknown field ''"),
    (("--fields", ",".join(["path"] * 33)), "more than 32"),
    (("--sort", "staus"), "did you mean 'status'"),
    (("--sort", "status:up"), "FIELD:desc"),
    (("--sort", "message"), "message"),
    (("--sort", "location"), "location"),
    (("--sort", ""), "unknown field ''"),
    (("--sort", ",".join(["path"] * 9)), "at most 8"),
    (("--top", "staus"), "did you mean 'status'"),
    (("--top", "message"), "message"),
    (("--top", "raw"), "raw"),
    (("--top", "labels"), "labels"),
    (("--limit", "x"), "'x'"),
    (("--limit", "-1"), "-1"),
    (("--limit", "99999999999999999999"), "99999999999999999999"),
    (("--count", "--histogram"), "one of"),
    (("--count", "--format", "csv"), "ndjson"),
]


@pytest.mark.parametrize("arguments, text", BAD_OPTIONS, ids=[" ".join(each)[:30] for each, _ in BAD_OPTIONS])
def test_bad_options_are_refused_before_anything_is_asked(corner, arguments, text):
    done = corner.run("x", *arguments, expect=2, ALPEX_ELASTICSEARCH_URLS="http://127.0.0.1:9")
    assert done.stdout == b"" and text in done.stderr.decode()


SECRETS = {
    "ALPEX_ELASTICSEARCH_USERNAME": "someone",
    "ALPEX_ELASTICSEARCH_PASSWORD": "pass-secret",
}


def check_failure(done, *texts):
    assert done.stdout == b"" and b"secret" not in done.stderr
    for text in texts:
        assert text in done.stderr.decode()


@pytest.mark.parametrize("arguments", [(), ("--count",), ("--histogram",), ("--top", "path")])
def test_elasticsearch_away(corner, arguments):
    port = free_port()
    url = f"http://user:url-secret@127.0.0.1:{port}"
    done = corner.run("x", *arguments, expect=1, ALPEX_ELASTICSEARCH_URLS=url)
    check_failure(done, f"cannot reach 'http://127.0.0.1:{port}': Connection refused")


def test_another_node_answers(corner, few):
    urls = f"http://127.0.0.1:{free_port()},{corner.url}"
    assert corner.run(few, "--count", ALPEX_ELASTICSEARCH_URLS=urls).stdout == b"5\n"


ANSWERS = {
    "401": (lambda request: error_answer(401, "security_exception"), "HTTP 401: security_exception: as told by the test"),
    "403": (lambda request: error_answer(403, "security_exception"), "HTTP 403"),
    "500": (lambda request: error_answer(500), "HTTP 500"),
    "html": (lambda request: (200, {"Content-Type": "text/html"}, b"<html>log in</html>"), "did not answer with JSON"),
    "always busy": (lambda request: error_answer(429, "es_rejected_execution_exception"), "HTTP 429"),
}


@pytest.mark.parametrize("answer, text", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("arguments", [(), ("--count",)])
def test_bad_answers_are_errors(corner, few, proxy, answer, text, arguments):
    proxy.fault = answer
    url = proxy.url.replace("//", "//user:url-secret@")
    done = corner.run(few, *arguments, expect=1, ALPEX_ELASTICSEARCH_URLS=url, **SECRETS)
    check_failure(done, text)


def test_busy_for_a_moment_costs_a_moment(corner, many, proxy):
    asked = []

    def now_and_then(request):
        asked.append(request.path)
        return error_answer(429, "circuit_breaking_exception") if len(asked) % 3 == 1 else None

    proxy.fault = now_and_then
    ids = corner.ids(many, ALPEX_ELASTICSEARCH_URLS=proxy.url)
    assert len(ids) == len(set(ids)) == MANY


def fail_on_page(number, answer):
    pages = []

    def fault(request):
        if not request.path.startswith("/_search") or request.method != "POST":
            return None
        pages.append(request)
        return answer if len(pages) == number else None

    return fault


@pytest.mark.parametrize("status, text", [(404, "lost the point in time after 2000 records"), (500, "HTTP 500")])
def test_a_view_lost_in_the_middle_is_no_success(corner, many, proxy, status, text):
    proxy.fault = fail_on_page(3, error_answer(status, "search_context_missing_exception"))
    with no_view_stays(corner.elastic):
        done = corner.run(many, expect=1, ALPEX_ELASTICSEARCH_URLS=proxy.url)
    assert text in done.stderr.decode()


def test_half_an_answer_is_never_asked_for(corner, few, proxy):
    searches = []

    def note(request):
        if "_search" in request.path:
            searches.append(request.path)

    proxy.fault = note
    for arguments in ((), ("--count",), ("--histogram",), ("--top", "path")):
        corner.run(few, *arguments, ALPEX_ELASTICSEARCH_URLS=proxy.url)
    assert len(searches) == 5 and all("allow_partial_search_results=false" in path for path in searches)


def test_the_newest_name_of_the_view_is_used(corner, many, proxy):
    """Elasticsearch may rename a point in time with every page."""
    names, used = {}, []

    def rename(request):
        if not request.path.startswith(("/_search", "/_pit")):
            return None
        body = json.loads(request.body)
        holder = body if request.method == "DELETE" else body["pit"]
        used.append(holder["id"])
        holder["id"] = names.get(holder["id"], holder["id"])
        request.body = json.dumps(body).encode()
        status, headers, answer = request.forward()
        answer = json.loads(answer)
        if "pit_id" in answer:
            name = f"renamed-{len(names)}"
            names[name], answer["pit_id"] = answer["pit_id"], name
        return json_answer(status, answer)

    proxy.fault = rename
    with no_view_stays(corner.elastic):
        assert len(corner.ids(many, ALPEX_ELASTICSEARCH_URLS=proxy.url)) == MANY
    assert used[1:] == [f"renamed-{n}" for n in range(len(used) - 1)] and len(used) == 12


# --- OpenSearch ---


class OpenSearch:
    """What it does differently, in front of Elasticsearch: its paths, members and missing tie-breaker."""

    def __init__(self):
        self.opened, self.closed, self.searches = 0, 0, []

    def __call__(self, request):
        path, _, parameters = request.path.partition("?")
        if (request.method, path) == ("GET", "/"):
            return json_answer(200, {"version": {"distribution": "opensearch", "number": "2.19.6"}})
        if path.endswith("/_search/point_in_time") and request.method == "POST":
            assert "keep_alive=" in parameters and request.body == b""
            self.opened += 1
            request.path = path.replace("_search/point_in_time", "_pit") + "?keep_alive=2m&ignore_unavailable=true"
            status, _, body = request.forward()
            answer = json.loads(body)
            return json_answer(status, {"pit_id": answer["id"], "creation_time": 1} if status == 200 else answer)
        if path == "/_search/point_in_time" and request.method == "DELETE":
            self.closed += 1
            (identity,) = json.loads(request.body)["pit_id"]
            request.path, request.body = "/_pit", json.dumps({"id": identity}).encode()
            return request.forward()
        if "_pit" in path:
            return json_answer(400, {"error": f"no handler found for uri [{path}] and method [{request.method}]"})
        if path == "/_search":
            self.searches.append(json.loads(request.body))
        return None


def test_open_search(corner, many, proxy):
    proxy.fault = server = OpenSearch()
    with no_view_stays(corner.elastic):
        ids = corner.ids(many, "--sort", "duration:desc", ALPEX_ELASTICSEARCH_URLS=proxy.url)
    assert len(ids) == len(set(ids)) == MANY and server.opened == server.closed == 1
    for search in server.searches:
        # Nothing but these two tells two hits of the same duration apart.
        assert [next(iter(key)) for key in search["sort"]] == ["event.duration", "event.id", "_index"]
        assert search["track_total_hits"] is True, "or it skips those that lack the field"


def test_open_search_without_indices(corner, proxy):
    proxy.fault = OpenSearch()
    assert corner.run("no-such-prefix", ALPEX_ELASTICSEARCH_URLS=proxy.url).stdout == b""


def test_interrupted(corner, many):
    """Ctrl-C ends it at once, whatever it waits for."""
    process = subprocess.Popen(
        [binary("indexer"), "search"], stdout=subprocess.PIPE, env=clean_environment(**corner.environment(many))
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == -signal.SIGINT
    process.stdout.close()
