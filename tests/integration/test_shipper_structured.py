"""Structured formats whose records are more, or less, than a line: XML, CSV, W3C."""

import json
import subprocess
import time

from support.programs import binary, clean_environment, run_cli


def parse(text, log_format, *arguments):
    done = run_cli("shipper", "parse", "--format", log_format, *arguments, stdin=text.encode())
    assert done.returncode == 0, done.text
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def is_failure(record):
    return "_parsefailure" in record.get("tags", [])


JUL = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!DOCTYPE log SYSTEM "logger.dtd">
<log>
<record>
  <date>2026-11-21T12:00:00.5Z</date>
  <level>INFO</level>
  <message>first
second line</message>
</record>
<record>
  <date>2026-11-21T12:00:01Z</date>
  <level>SEVERE</level>
  <message>boom</message>
</record>
</log>
"""


def test_an_element_is_a_record_however_many_lines_it_has():
    records = parse(JUL, "xml")
    assert [(r["@timestamp"], r["log"]["level"], r["message"]) for r in records] == [
        ("2026-11-21T12:00:00.500Z", "info", "first\nsecond line"),
        ("2026-11-21T12:00:01.000Z", "error", "boom"),
    ]
    assert records[0]["log"]["offset"] == JUL.index("<record>")


def test_elements_on_one_line_are_records_of_their_own():
    one_line = "<events><event>a</event><event>b</event><event>c</event></events>"
    for text in (one_line, one_line + "\n"):
        assert [r["message"] for r in parse(text, "xml")] == ["a", "b", "c"]


def test_an_element_is_given_as_soon_as_it_ends():
    with subprocess.Popen(
        [binary("shipper"), "parse", "--format", "xml"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=clean_environment(),
    ) as process:
        for part in ("<events>\n<event>\n<message>a", "</message>\n", "</event>\n<event>"):
            process.stdin.write(part.encode())
            process.stdin.flush()
            time.sleep(0.05)
        assert json.loads(process.stdout.readline())["message"] == "a"
        process.stdin.write(b"b</event></events>")
        process.stdin.close()
        assert json.loads(process.stdout.readline())["message"] == "b"
        assert process.stdout.read() == b""


def test_an_element_that_is_cut_off_spoils_no_other():
    text = "<event>\n<a>1</a>\n<event><message>b</message></event>\nplain\n<event>c</event>\n<event>\n<a>"
    records = parse(text, "xml")
    assert [r["message"] for r in records if not is_failure(r)] == ["1", "b", "c"]
    assert "".join(r["message"] for r in records if is_failure(r)) == "<event>plain<event>\n<a>"


def test_bombs_and_external_entities_are_refused():
    bomb = "<?xml version='1.0'?>\n<!DOCTYPE lolz [\n<!ENTITY a 'lol'>\n<!ENTITY b '&a;&a;'>\n]>\n<lolz>&b;</lolz>\n"
    leak = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><x>&e;</x>\n"
    for text in (bomb, leak):
        records = parse(text, "xml")
        assert records and all(is_failure(r) for r in records)
        assert "".join(r["message"] for r in records) in text.replace("\n", "").replace("<?xml version='1.0'?>", "")


def test_a_large_document_needs_little_memory_and_time():
    body = "".join(f"<row id='{i}'><k>v</k></row>" for i in range(50000))
    started = time.monotonic()
    records = parse(f"<whatever>{body}</whatever>", "xml", "--line-max", "65536")
    assert len(records) == 50000
    assert time.monotonic() - started < 20


def test_quoted_values_may_hold_newlines():
    text = 'time,level,message\n2026-11-21T12:00:00Z,info,"one\ntwo ""x"""\r\n2026-11-21T12:00:01Z,warn,three\n'
    assert [r["message"] for r in parse(text, "csv")] == ['one\ntwo "x"', "three"]


def test_a_quote_that_nothing_closes_spoils_its_line_only():
    text = 'a,b\n1,"open\n2,x\n3,"y"\n4,z\n'
    records = parse(text, "csv")
    assert [is_failure(r) for r in records] == [True, False, False, False]
    assert [r["labels"]["b"] for r in records[1:]] == ["x", "y", "z"]


def test_headings_are_kept_per_file_and_may_change(tmp_path):
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    one.write_text("#Fields: date time c-ip\n2026-11-21 12:00:00 192.0.2.1\n")
    two.write_text(
        "#Date: 2026-11-22 00:00:00\n#Fields: time cs-method cs-uri-stem\n12:00:00 GET /a\n"
        "#Fields: time sc-status\n12:00:01 404\n"
    )
    records = parse("", "w3c", str(one), str(two), str(one))
    assert len(records) == 4
    assert records[0]["source"]["ip"] == records[3]["source"]["ip"] == "192.0.2.1"
    assert records[1]["message"] == "GET /a"
    assert records[2]["http"]["response"]["status_code"] == 404
    assert records[2]["@timestamp"] == "2026-11-22T12:00:01.000Z"
