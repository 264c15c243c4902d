"""`indexer explain`, and the limits of a query at the command line; no service needed."""

import json

import pytest

from support.programs import run_cli


def explain(*arguments, expect=0):
    *options, query = arguments
    done = run_cli("indexer", "explain", *options, "--", query, TZ="UTC")  # it may begin with "-"
    assert done.returncode == expect, done.text
    return done


def explained(*arguments):
    done = explain("--json", *arguments)
    assert done.stderr == b"" and done.stdout.count(b"\n") == 1
    return json.loads(done.stdout)


def test_the_page_for_people():
    page = explain("status:5xx and not (path:/a* or ip:10.0.0.0/8)").stdout.decode()
    headings = [line for line in page.splitlines() if line and not line.startswith(" ")]
    assert headings[0] == "query" and "tree" in headings and "fields" in headings
    assert any(line.startswith("Elasticsearch") for line in headings)
    assert "  source.ip, http.response.status_code, url.path" in page.splitlines()
    assert '"http.response.status_code":{"gte":500,"lte":599}' in page and "slow" not in page


EXPLAINED = [
    ("", [], False, {"match_all": {}}),
    ("status:404", ["http.response.status_code"], False, {"term": {"http.response.status_code": 404}}),
    (
        "duration > 1.5s bytes:10KB..",
        ["event.duration", "http.response.body.bytes"],
        False,
        {
            "bool": {
                "filter": [
                    {"range": {"event.duration": {"gt": 1_500_000_000}}},
                    {"range": {"http.response.body.bytes": {"gte": 10_000}}},
                ]
            }
        },
    ),
    ("labels.team=web", ["labels"], False, {"term": {"labels.team": "web"}}),
    (
        "path:*.php",
        ["url.path"],
        True,
        {"wildcard": {"url.path": {"value": "*.php", "case_insensitive": True}}},
    ),
]


@pytest.mark.parametrize("query, fields, slow, dsl", EXPLAINED, ids=[each[0] for each in EXPLAINED])
def test_json(query, fields, slow, dsl):
    answer = explained(query)
    assert answer["fields"] == fields and answer["slow"] is slow
    # "gt 1.5s" and "gte 1.5s and a bit" are the same whole numbers.
    assert without_open_ends(answer["dsl"]) == without_open_ends(dsl)


def without_open_ends(dsl):
    """Whole numbers: `gt n` is `gte n+1`, `lt n` is `lte n-1`."""
    if isinstance(dsl, list):
        return [without_open_ends(each) for each in dsl]
    if not isinstance(dsl, dict):
        return dsl
    closed = {}
    for key, value in dsl.items():
        if key in ("gt", "lt") and isinstance(value, int):
            key, value = ("gte", value + 1) if key == "gt" else ("lte", value - 1)
        closed[key] = without_open_ends(value)
    return closed


def test_json_names_its_parts_and_does_not_change():
    query = 'level:(error or warn) "out of memory" -ip:10.0.0.0/8 @timestamp >= 2026-11-20'
    answers = {explain("--json", query).stdout for _ in range(5)}
    assert len(answers) == 1
    answer = json.loads(answers.pop())
    assert list(answer) == ["query", "fields", "slow", "dsl"]
    assert "text" in answer["fields"] and answer["fields"][-1] == "text"


@pytest.mark.parametrize(
    "query", ["status:5xx and not bot:true", 'a "b c" or -d', "ip:10.1.*", "level:(error,warn) path:/é*", "-(a or b) c"]
)
def test_the_usual_form_means_the_same(query):
    answer = explained(query)
    again = explained(answer["query"])
    assert again["dsl"] == answer["dsl"] and again["query"] == answer["query"]


def test_words_may_come_unquoted():
    done = run_cli("indexer", "explain", "status:404", "or", "--json", "path:/x")
    assert json.loads(done.stdout) == explained("status:404 or path:/x")


def test_an_option_that_looks_like_a_query_is_explained():
    done = run_cli("indexer", "explain", "-bot:true")
    assert done.returncode == 2 and done.stdout == b"" and b"'-b'" in done.stderr
    assert run_cli("indexer", "explain", "--", "-bot:true").stdout == explain("-bot:true").stdout


@pytest.mark.parametrize("query, slow", [("path:/a*", False), ("path:*a", True), ("path:*a*", True), ("path:/a*b", False),
                                         ("*word", True), ("word*", False), ('path:"*a"', False), ("path=*a", False),
                                         ("path:*", False), ("not path:*a", True)])
def test_cost_marks(query, slow):
    assert explained(query)["slow"] is slow
    assert ("slow:" in explain(query).stdout.decode()) is slow


ERRORS = [
    ("status:", "missing_value", 6, 1),
    ("(status:500", "unclosed_paren", 0, 1),
    ("status:abc", "bad_number", 7, 3),
    ("staus:500", "unknown_field", 0, 5),
    ('"never closed', "unclosed_quote", 0, 1),
    ("path > 5", "bad_operator", 7, 1),
    ("ip:10.0.0", "bad_ip", 3, 6),
    ("ip:1*", "wildcard_type", 3, 2),
    ("status:(401 403)", "list_separator", 12, 1),
    ("and status:500", "missing_operand", 0, 3),
    ("bytes > 10ms", "bad_unit", 8, 4),
    ("status:599..500", "empty_range", 7, 8),
    ("foo-bar*", "wildcard_in_phrase", 0, 8),
    ("status:500)", "unexpected_close", 10, 1),
    ("@timestamp:yesterday", "bad_date", 11, 9),
    ("bot:maybe", "bad_value", 4, 5),
    ("level:ü status:abc", "bad_number", 16, 3),
]


@pytest.mark.parametrize("query, code, offset, length", ERRORS, ids=[each[0] for each in ERRORS])
def test_errors_for_people_and_programs(query, code, offset, length):
    done = explain(query, expect=2)
    assert done.stdout == b""
    column = len(query.encode()[:offset].decode())
    text, place, *_ = done.stderr.decode().splitlines()
    assert text == query and place.startswith(" " * column + "^ ")
    done = explain("--json", query, expect=2)
    assert done.stderr == b""
    (error,) = json.loads(done.stdout)["errors"]
    assert (error["code"], error["offset"], error["length"], error["column"]) == (code, offset, length, column)
    assert error["message"] == place.strip()[2:] and isinstance(error["hint"], str)


def test_several_errors_at_once():
    errors = json.loads(explain("--json", "staus:1 or ip:x or bot:maybe", expect=2).stdout)["errors"]
    assert [error["code"] for error in errors] == ["unknown_field", "bad_ip", "bad_value"]
    many = json.loads(explain("--json", " or ".join(["bot:maybe"] * 9), expect=2).stdout)["errors"]
    assert len(many) == 5


# --- limits: one below, one above ---


def nested(levels):
    return "(" * levels + "a" + ")" * levels


LIMITS = {
    "bytes": (lambda n: "path=" + "x" * (n - 5), 4096, "too_long"),
    "bytes of words": (lambda n: '"' + "a " * 2000 + "a" * (n - 4002) + '"', 4096, "too_long"),
    "parentheses": (nested, 32, "too_deep"),
    "not": (lambda n: "not " * n + "a", 32, "too_deep"),
    "both": (lambda n: "-(" * (n // 2) + "(" * (n % 2) + "a" + ")" * (n - n // 2), 32, "too_deep"),
    "conditions": (lambda n: " or ".join(f"ua:x{i}" for i in range(n)), 256, "too_complex"),
    "words": (lambda n: " or ".join(["a"] * n), 256, "too_complex"),
    "values of a list": (lambda n: f"status:({','.join(str(i) for i in range(n))})", 256, "too_complex"),
    "texts of a list": (lambda n: f"path:({' or '.join(str(i) for i in range(n))})", 256, "too_complex"),
    "stars": (lambda n: "path:" + "a".join("*" * n), 8, "too_many_wildcards"),
    "stars of a word": (lambda n: "*".join("a" * (n + 1)), 8, "too_many_wildcards"),
}


@pytest.mark.parametrize("make, limit, code", LIMITS.values(), ids=LIMITS.keys())
def test_limits(make, limit, code):
    assert explained(make(limit))["fields"]
    done = explain("--json", make(limit + 1), expect=2)
    assert [error["code"] for error in json.loads(done.stdout)["errors"]] == [code]
    done = explain(make(limit + 1), expect=2)
    assert done.stdout == b"" and (b"^ " in done.stderr or code == "too_long")


@pytest.mark.parametrize("command", [("indexer", "explain"), ("indexer", "search"), ("indexer", "tail")])
def test_a_query_of_any_length_is_an_error_and_no_crash(command):
    for length in (4097, 5000, 100_000):
        done = run_cli(*command, "a" * length, ALPEX_ELASTICSEARCH_URLS="http://127.0.0.1:9")
        assert done.returncode == 2 and done.stdout == b"" and b"4096" in done.stderr and len(done.stderr) < 20_000


def test_bytes_that_are_no_text():
    done = explain("--json", b"path:\xff\xfe".decode(errors="surrogateescape"), expect=2)
    assert [error["code"] for error in json.loads(done.stdout)["errors"]] == ["bad_encoding"]
    assert explain(b"path:\xff".decode(errors="surrogateescape"), expect=2).stdout == b""
