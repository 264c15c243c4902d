"""`indexer enrich`: NDJSON in, enriched NDJSON out, no service needed."""

import json

import pytest

from support import access_log, geoip
from support.programs import json_lines, run_cli, run_measured


def record(**fields):
    return {"@timestamp": "2026-11-21T12:00:00.000Z", "event": {"id": "x"}, "message": "m", **fields}


def enrich(records, *arguments, expect=(0,), **environment):
    lines = b"".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in _with_newlines(records))
    done = run_cli("indexer", "enrich", *arguments, stdin=lines, timeout_s=60, **environment)
    assert done.returncode in expect, done.text
    done.stdout.decode("utf-8")
    return json_lines(done.stdout), done


def _with_newlines(records):
    for each in records:
        yield each
        yield b"\n"


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return geoip.write_city(tmp_path_factory.mktemp("geoip") / "city.mmdb")


def test_records_pass_in_order_and_keep_what_they_had():
    records = [
        record(event={"id": str(number)}, labels={"a": "b"}, url={"path": f"/{number}"}) for number in range(500)
    ]
    enriched, _ = enrich(records)
    assert [each["event"]["id"] for each in enriched] == [str(number) for number in range(500)]
    assert all(each["labels"] == {"a": "b"} and each["message"] == "m" for each in enriched)
    assert enriched[7]["url"]["path"] == "/7"


def test_unknown_members_are_kept():
    (enriched,), _ = enrich([record(my_app={"depth": {"list": [1, 2.5, None, True, "x"]}})])
    assert enriched["my_app"]["depth"]["list"] == [1, 2.5, None, True, "x"]


def test_files_are_read_one_after_the_other(tmp_path):
    for number in range(2):
        (tmp_path / f"{number}.ndjson").write_text(json.dumps(record(event={"id": str(number)})) + "\n")
    done = run_cli("indexer", "enrich", tmp_path / "0.ndjson", tmp_path / "1.ndjson")
    assert done.returncode == 0, done.text
    assert [each["event"]["id"] for each in json_lines(done.stdout)] == ["0", "1"]


def test_the_output_of_parse_is_taken():
    parsed = run_cli("shipper", "parse", "--format", "apache-combined", stdin=(access_log.line(4) + "\n").encode())
    done = run_cli("indexer", "enrich", stdin=parsed.stdout)
    assert done.returncode == 0, done.text
    (enriched,), (before,) = json_lines(done.stdout), json_lines(parsed.stdout)
    assert enriched["url"] == before["url"] and enriched["event"]["id"] == before["event"]["id"]


def test_places_come_from_the_city_database(city):
    addresses = ["192.0.2.7", "2001:db8::1", "203.0.113.5"]
    enriched, _ = enrich([record(source={"ip": ip, "address": ip}) for ip in addresses], ALPEX_GEOIP_CITY=str(city))
    berlin = enriched[0]["source"]["geo"]
    assert berlin["country_iso_code"] == "DE" and berlin["country_name"] == "Germany"
    assert berlin["city_name"] == "Berlin" and berlin["region_name"] == "Land Berlin"
    assert berlin["continent_code"] == "EU" and berlin["timezone"] == "Europe/Berlin"
    assert berlin["location"]["lat"] == pytest.approx(52.52) and berlin["location"]["lon"] == pytest.approx(13.405)
    assert enriched[1]["source"]["geo"]["city_name"] == "Lyon"
    assert enriched[1]["source"]["geo"]["region_name"] == "Rhône"
    assert berlin["continent_name"] == "Europe" and berlin["region_iso_code"] == "DE-BE"
    assert enriched[2]["source"]["geo"] == {
        "country_iso_code": "BR",
        "country_name": "Brazil",
        "continent_code": "SA",
        "continent_name": "South America",
    }


def test_places_come_from_a_flat_database_too(tmp_path):
    path = geoip.write_flat_city(tmp_path / "flat.mmdb")
    (enriched,), _ = enrich([record(source={"ip": "192.0.2.7"})], ALPEX_GEOIP_CITY=str(path))
    place = enriched["source"]["geo"]
    assert place["country_iso_code"] == "DE" and place["city_name"] == "Berlin"
    assert place["location"]["lat"] == pytest.approx(52.52, abs=1e-4)
    assert "timezone" not in place, "an empty text is no time zone"


def test_files_for_ipv4_and_ipv6_may_be_apart(tmp_path, city):
    other = geoip.write_flat_city(tmp_path / "ipv6.mmdb", "2001:db8:7::/48", "CA", "Ottawa")
    flat = geoip.write_flat_city(tmp_path / "ipv4.mmdb")
    enriched, _ = enrich(
        [record(source={"ip": ip}) for ip in ("192.0.2.7", "2001:db8:7::1")], ALPEX_GEOIP_CITY=f"{flat},{other}"
    )
    assert enriched[0]["source"]["geo"]["city_name"] == "Berlin"
    place = enriched[1]["source"]["geo"]
    assert (place["city_name"], place["country_name"], place["continent_code"]) == ("Ottawa", "Canada", "NA")


def test_switched_off_nothing_is_added(city):
    (enriched,), _ = enrich(
        [record(source={"ip": "192.0.2.7"})], ALPEX_GEOIP_CITY=str(city), ALPEX_GEOIP_ENABLED="false"
    )
    assert enriched["source"] == {"ip": "192.0.2.7"}


def test_networks_come_from_the_asn_database(tmp_path, city):
    path = geoip.write_asn(tmp_path / "asn.mmdb")
    (enriched,), _ = enrich([record(source={"ip": "192.0.2.7"})], ALPEX_GEOIP_ASN=str(path), ALPEX_GEOIP_CITY=str(city))
    assert enriched["source"]["as"] == {"number": 64496, "organization": {"name": "Example Net"}}
    assert enriched["source"]["geo"]["city_name"] == "Berlin"


@pytest.mark.parametrize(
    "ip", ["10.1.2.3", "192.168.1.1", "127.0.0.1", "::1", "fe80::1", "100.64.0.1", "8.8.8.8", "host.example", ""]
)
def test_nothing_is_made_up_for_addresses_without_a_place(city, ip):
    (enriched,), _ = enrich([record(source={"ip": ip, "address": ip})], ALPEX_GEOIP_CITY=str(city))
    assert "geo" not in enriched.get("source", {})


@pytest.mark.parametrize("damage", ["absent", "empty", "garbage", "cut off", "damaged inside", "a folder"])
def test_without_a_usable_database_it_goes_on_and_says_so(tmp_path, city, damage):
    path, data = tmp_path / "city.mmdb", city.read_bytes()
    if damage == "a folder":
        path.mkdir()
    elif damage != "absent":
        path.write_bytes(
            {
                "empty": b"",
                "garbage": b"garbage" * 1000,
                "cut off": data[: len(data) // 2],
                "damaged inside": data[:40] + b"\xff" * (len(data) // 2) + data[40 + len(data) // 2 :],
            }[damage]
        )
    records = [record(source={"ip": f"192.0.2.{number}"}) for number in range(50)]
    enriched, done = enrich(records, ALPEX_GEOIP_CITY=str(path))
    assert len(enriched) == 50 and enriched[3]["source"]["ip"] == "192.0.2.3"
    assert str(path) in done.stderr.decode()
    assert done.stderr.count(b"\n") < 10, "it is said once, not for every record"


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "x"},
        {"source": ["192.0.2.1"]},
        {"source": {"ip": {"a": 1}}},
        {"source": {"ip": 7}},
        {"source": {"geo": "here"}},
        {"source": {"ip": ["192.0.2.1", "192.0.2.2"]}},
        {"url": 1},
        {"url": {"path": ["/"]}},
        {"http": "GET"},
        {"http": {"response": {"status_code": "many"}}},
        {"event": "login"},
        {"event": []},
        {"user_agent": "curl"},
        {"user_agent": {"original": 7}},
        {"user_agent": {"original": ["curl/8"]}},
        {"user_agent": {"original": {"a": "curl/8"}}},
        {"user_agent": {"original": None}},
        {"user_agent": {"original": "curl/8", "name": {"a": 1}, "os": "x", "device": [1], "bot": "y", "is_bot": "z"}},
        {"user_agent": {"original": "Mozilla/5.0 \u0000 (\ud83d\ude00; Android 9; \u0001) Chrome/1"}},
        {"tags": "one"},
        {"tags": {"a": 1}},
        {"tags": [1, None, {"x": []}]},
        {"labels": "text"},
        {"labels": [1]},
        {"log": {"level": 5, "offset": "far"}},
        {"@timestamp": "yesterday"},
        {"@timestamp": 12},
        {"@timestamp": None},
        {"message": {"a": "b"}},
        {"message": None},
        {"kafka": "x"},
        {"security": True},
        {"host": None},
        {"agent": []},
        {"source.ip": "192.0.2.1"},
    ],
    ids=lambda fields: json.dumps(fields),
)
def test_wrong_types_under_known_names_lose_nothing(city, fields):
    before, odd, after = record(event={"id": "before"}), {**record(), **fields}, record(event={"id": "after"})
    enriched, _ = enrich([before, odd, after], expect=(0, 3), ALPEX_GEOIP_CITY=str(city))
    assert len(enriched) == 3
    assert enriched[0]["event"]["id"] == "before" and enriched[2]["event"]["id"] == "after"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"   ",
        b"not json",
        b"{",
        b'{"a":',
        b'{"a":1}}',
        b"[1,2]",
        b'"text"',
        b"17",
        b"null",
        b"true",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":NaN}',
        b'{"a":"\t"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\x41"}',
        b'{"a":"\xff"}',
        b"\xff\xfe",
        b"\x00",
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1} x',
        b'{"a":1,"a":2}',
        b'{"a":1e999}',
        b"{" * 5000,
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"labels":{' + b",".join(b'"k%d":"v"' % number for number in range(20_000)) + b'},"message":"many keys"}',
        b'{"message":"' + b"x" * 2_000_000 + b'"}',
    ],
    ids=lambda line: repr(line[:24]) + f" ({len(line)})",
)
def test_odd_lines_never_stop_the_others(line):
    done = run_cli(
        "indexer",
        "enrich",
        timeout_s=60,
        stdin=json.dumps(record(event={"id": "before"})).encode()
        + b"\n"
        + line
        + b"\n"
        + json.dumps(record(event={"id": "after"})).encode()
        + b"\n",
    )
    assert done.returncode in (0, 3), done.text[-2000:]
    enriched = json_lines(done.stdout.decode("utf-8"))
    assert enriched[0]["event"]["id"] == "before" and enriched[-1]["event"]["id"] == "after"


def test_lines_that_are_no_record_are_kept_tagged_and_counted_by_the_exit_code():
    enriched, _ = enrich([record(), b"not json", record()], expect=(3,))
    assert len(enriched) == 3
    assert enriched[1]["tags"] == ["_decodefailure"] and "not json" in json.dumps(enriched[1])


CHROME = (
    "Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.50"
    " Mobile Safari/537.36"
)


def test_browser_system_and_device_come_from_the_agent():
    (enriched,), _ = enrich([record(user_agent={"original": CHROME})])
    agent = enriched["user_agent"]
    assert agent["original"] == CHROME
    assert agent["name"] == "Chrome Mobile" and agent["version"] == "126.0.6478.50"
    assert agent["os"] == {"name": "Android", "version": "13", "full": "Android 13"}
    assert agent["device"] == {"name": "Samsung SM-G991B", "class": "mobile"}
    assert agent["is_bot"] is False and "bot" not in agent


def test_the_same_agents_give_the_same_with_and_without_a_cache():
    agents = [CHROME.replace("126", str(number % 40)) for number in range(400)]
    records = [record(user_agent={"original": agent}) for agent in agents]
    results = [
        [each["user_agent"] for each in enrich(records, ALPEX_USER_AGENT_CACHE_ENTRIES=entries)[0]]
        for entries in ("0", "3", "4096")
    ]
    assert results[0] == results[1] == results[2]
    assert results[0][7]["version"] == "7.0.6478.50"


def test_agents_are_not_looked_at_when_that_is_switched_off():
    (enriched,), _ = enrich([record(user_agent={"original": CHROME})], ALPEX_USER_AGENT_ENABLED="false")
    assert set(enriched["user_agent"]) <= {"original", "is_bot"}


@pytest.mark.parametrize("agent", ["", "-"])
def test_no_agent_is_no_browser(agent):
    (enriched,), _ = enrich([record(user_agent={"original": agent})])
    assert set(enriched["user_agent"]) == {"original"}


def test_what_an_earlier_enrichment_said_of_an_agent_goes():
    stale = {"original": "curl/8.5.0", "os": {"name": "Windows"}, "device": {"name": "Mac", "class": "tv"}}
    (enriched,), _ = enrich([record(user_agent=stale)])
    assert enriched["user_agent"]["name"] == "curl"
    assert enriched["user_agent"].get("os") in (None, {})
    assert enriched["user_agent"].get("device", {}).get("name") != "Mac"


def test_line_without_an_end_takes_bounded_memory(tmp_path):
    """A third of a gigabyte without a newline is one record that says so; what follows is read."""
    path, out = tmp_path / "endless.ndjson", tmp_path / "out"
    with open(path, "wb") as file:
        for _ in range(320):
            file.write(b"x" * (1 << 20))
        file.write(b'\n\r\n{"message":"y"}')
    code, peak_kb = run_measured("indexer", "enrich", path, stdout=out)
    records = json_lines(out.read_bytes())
    assert code == 3 and peak_kb < 200 << 10
    assert len(records) == 2 and records[1]["message"] == "y"
    assert records[0]["tags"] == ["_decodefailure", "_truncated"] and len(records[0]["message"]) == 1 << 20


GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def test_bots_are_named_and_counted_apart_from_browsers():
    mobile = CHROME + " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    enriched, _ = enrich([record(user_agent={"original": agent}) for agent in (mobile, "curl/8.5.0", "AcmeBot/2")])
    google, curl, unknown = (each["user_agent"] for each in enriched)
    assert google["is_bot"] is True and google["bot"] == {"name": "Googlebot", "category": "search_engine"}
    assert google["name"] == "Googlebot" and google["version"] == "2.1"
    assert google["device"] == {"name": "Spider", "class": "bot"} and google["os"]["name"] == "Android"
    assert curl["bot"] == {"name": "curl", "category": "http_library"} and curl["name"] == "curl"
    assert unknown["bot"] == {"name": "AcmeBot", "category": "generic"} and unknown["device"] == {"class": "bot"}


def test_bots_are_not_looked_for_when_that_is_switched_off():
    (enriched,), _ = enrich([record(user_agent={"original": GOOGLEBOT})], ALPEX_BOTS_ENABLED="false")
    assert "is_bot" not in enriched["user_agent"] and "bot" not in enriched["user_agent"]
    (enriched,), _ = enrich([record(user_agent={"original": GOOGLEBOT})], ALPEX_USER_AGENT_ENABLED="false")
    assert set(enriched["user_agent"]) == {"original", "is_bot", "bot"}


def test_own_lists_of_bots_add_to_the_one_that_is_built_in(tmp_path):
    path = tmp_path / "ours.yaml"
    path.write_text("bots:\n  in_house:\n    Our Probe: [acme-probe*]\npeople: [acme terminal*]\n")
    agents = ["Mozilla/5.0 (Linux) Acme-Probe/1.5", "Acme Terminal checker", GOOGLEBOT]
    enriched, _ = enrich([record(user_agent={"original": agent}) for agent in agents], ALPEX_BOTS_FILES=str(path))
    assert enriched[0]["user_agent"]["bot"] == {"name": "Our Probe", "category": "in_house"}
    assert enriched[1]["user_agent"]["is_bot"] is False
    assert enriched[2]["user_agent"]["bot"]["name"] == "Googlebot"


@pytest.mark.parametrize(
    "text, problem",
    [
        ("bots: [x]\n", "ours.yaml:1: bots: expected categories"),
        ("bots:\n  monitor:\n    A: ['a*b']\n", "ours.yaml:3: bots.monitor.A"),
        (None, "ours.yaml': No such file"),
    ],
)
def test_a_broken_list_of_bots_is_said_by_check_config(tmp_path, text, problem):
    path = tmp_path / "ours.yaml"
    if text is not None:
        path.write_text(text)
    done = run_cli("indexer", "check-config", ALPEX_BOTS_FILES=str(path))
    assert done.returncode == 2
    assert "bots.files" in done.text and problem in done.text


@pytest.fixture
def verifying(tmp_path):
    (tmp_path / "google.json").write_text(
        json.dumps({"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}, {"ipv6Prefix": "2001:db8:1::/48"}]})
    )
    (tmp_path / "bing.txt").write_text("# published\n198.51.100.0/25\n")
    path = tmp_path / "indexer.yaml"
    path.write_text(
        "bots:\n  verify:\n"
        f"    - {{names: ['Googlebot*'], files: [{tmp_path}/google.json]}}\n"
        f"    - {{names: [bingbot], files: [{tmp_path}/bing.txt]}}\n"
    )
    return path


@pytest.mark.parametrize(
    "agent, ip, verified",
    [
        (GOOGLEBOT, "192.0.2.9", True),
        (GOOGLEBOT, "2001:db8:1::5", True),
        (GOOGLEBOT, "203.0.113.1", False),
        ("Googlebot-Image/1.0", "192.0.2.9", True),
        (GOOGLEBOT, None, None),
        (GOOGLEBOT, "host.example", None),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "198.51.100.127", True),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "198.51.100.128", False),
        ("curl/8.5.0", "192.0.2.9", None),
        (CHROME, "192.0.2.9", None),
    ],
)
def test_bots_are_verified_by_the_networks_of_their_operators(verifying, agent, ip, verified):
    fields = {"user_agent": {"original": agent}} | ({"source": {"ip": ip}} if ip else {})
    (enriched,), _ = enrich([record(**fields)], "--config", verifying)
    assert enriched["user_agent"].get("bot", {}).get("verified") is verified


def test_what_an_earlier_enrichment_said_of_a_bot_goes():
    stale = {"original": CHROME, "is_bot": True, "bot": {"name": "x", "category": "y", "verified": True}}
    (enriched,), _ = enrich([record(user_agent=stale)])
    assert enriched["user_agent"]["is_bot"] is False and "bot" not in enriched["user_agent"]
