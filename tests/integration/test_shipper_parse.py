"""`shipper parse`: lines in, NDJSON records out, no service needed."""

import gzip
import json
import os
import pathlib
import re
import subprocess

import pytest

from support import access_log
from support.programs import binary, clean_environment, json_lines, run_cli, run_measured

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
PAIRS = sorted(DATA.glob("*/*.log"))
UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6}|\.\d{9})?Z")


def parse(lines, *arguments, log_format="apache-combined"):
    done = run_cli("shipper", "parse", "--format", log_format, *arguments, stdin=lines)
    assert done.returncode == 0, done.text
    return strict_lines(done.stdout)


def strict_lines(output):
    """NDJSON as a strict reader takes it: UTF-8, no key twice, no NaN, no lone surrogate."""

    def no_key_twice(pairs):
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"a key twice: {keys}"
        return dict(pairs)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert output == b"" or output.endswith(b"\n")
    records = []
    for line in output.decode("utf-8").split("\n")[:-1]:
        record = json.loads(line, object_pairs_hook=no_key_twice, parse_constant=refuse)
        json.dumps(record, ensure_ascii=False).encode("utf-8")  # fails on a lone surrogate
        records.append(record)
    return records


def comparable(record):
    """Without what depends on the machine and the place of the line, and the wording of problems."""
    record = json.loads(json.dumps(record))
    failed = "_parsefailure" in record.get("tags", [])
    for section, names in {"event": ["id", "dataset"], "log": ["file", "offset"]}.items():
        for name in names:
            record.get(section, {}).pop(name, None)
    for name in ("host", "agent"):
        record.pop(name, None)
    if failed:
        record.pop("@timestamp", None)
        assert record.pop("error", {}).get("message", "") or "error" in record, record
    return {name: value for name, value in record.items() if value != {}}


def is_failure(record):
    return "_parsefailure" in record.get("tags", [])


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_lines_become_the_records_beside_them(path):
    got = parse(path.read_bytes(), log_format=path.parent.name)
    wanted = json_lines(path.with_suffix(".ndjson").read_bytes())
    assert len(got) == len(wanted)
    for number, (one, other) in enumerate(zip(got, wanted), 1):
        assert comparable(one) == comparable_expectation(other), f"line {number} of {path.name}"
        assert UTC.fullmatch(one["@timestamp"]), one["@timestamp"]


def comparable_expectation(record):
    return {name: value for name, value in record.items() if value != {}}


def test_files_are_read_one_after_the_other_also_compressed(tmp_path):
    first, second = tmp_path / "a.log", tmp_path / "b.log.gz"
    access_log.write(first, range(3))
    second.write_bytes(gzip.compress("".join(access_log.line(seq) + "\n" for seq in range(3, 6)).encode()))
    done = run_cli("shipper", "parse", "--format", "apache-combined", first, second)
    assert done.returncode == 0, done.text
    assert [record["url"]["query"] for record in strict_lines(done.stdout)] == [f"seq={seq}" for seq in range(6)]


def test_needs_no_service_and_leaves_nothing_behind(tmp_path):
    done = run_cli(
        "shipper",
        "parse",
        "--format",
        "apache-combined",
        stdin=access_log.line(1).encode(),
        cwd=tmp_path,
        ALPEX_KAFKA_BROKERS="127.0.0.1:1",
        ALPEX_STATE_DIR=str(tmp_path / "state"),
    )
    assert done.returncode == 0, done.text
    assert len(strict_lines(done.stdout)) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_last_line_without_newline_counts():
    records = parse(access_log.line(1).encode() + b"\n" + access_log.line(2).encode())
    assert [record["url"]["query"] for record in records] == ["seq=1", "seq=2"]


def test_no_input_gives_no_output():
    assert parse(b"") == []


def test_carriage_return_before_newline_is_not_part_of_the_line():
    records = parse(access_log.line(2).encode() + b"\r\n" + b"garbage\r\n")
    assert not is_failure(records[0])
    assert "\r" not in json.dumps(records[0])
    assert records[1]["message"] == "garbage"


@pytest.mark.parametrize(
    "raw, text",
    [
        (b"\xff\xfe broken", "\ufffd\ufffd broken"),
        (b"cut short \xe2\x82", "cut short"),
        (b"overlong \xc0\xaf", "overlong"),
        (b"surrogate \xed\xa0\x80", "surrogate"),
        (b"beyond \xf4\x90\x80\x80", "beyond"),
        (b"nul \x00 inside", "nul \x00 inside"),
        (b"\x00\x00\x00", "\x00\x00\x00"),
        (b"escape \x1b[31m", "escape \x1b[31m"),
        (b"return \r inside", "return \r inside"),
        ("\ufeffbyte order mark".encode(), "byte order mark"),
        ("\u2028 separator".encode(), "\u2028 separator"),
    ],
)
def test_odd_bytes_are_kept_or_replaced_and_never_break_the_output(raw, text):
    before, odd, after = parse(access_log.line(1).encode() + b"\n" + raw + b"\n" + access_log.line(2).encode() + b"\n")
    assert is_failure(odd) and text in odd["message"]
    assert not is_failure(before) and not is_failure(after)


def test_invalid_utf8_in_a_line_that_fits_is_replaced():
    raw = access_log.line(2).encode().replace(b"/item", b"/\xff\xfe")
    (record,) = parse(raw)
    assert not is_failure(record)
    assert record["url"]["path"] == "/\ufffd\ufffd"


def test_a_megabyte_line_is_cut_and_says_so():
    records = parse(b"x" * (3 << 20) + b"\n" + access_log.line(2).encode() + b"\n")
    assert len(records) == 2
    assert {"_truncated", "_parsefailure"} <= set(records[0]["tags"])
    assert len(records[0]["message"]) == 1 << 20
    assert not is_failure(records[1])


def test_a_long_line_within_the_limit_is_whole():
    (record,) = parse(access_log.line(1, padding=900_000).encode())
    assert not is_failure(record) and "tags" not in record
    assert record["user_agent"]["original"].endswith("x" * 900_000)


def test_memory_does_not_grow_with_the_input(tmp_path):
    """One line of 300 MB, without newline."""
    path, out = tmp_path / "huge.log", tmp_path / "out.ndjson"
    with open(path, "wb") as file:
        file.truncate(300 << 20)
    code, peak_kb = run_measured("shipper", "parse", "--format", "apache-combined", path, stdout=out)
    assert code == 0
    (record,) = strict_lines(out.read_bytes())
    assert "_truncated" in record["tags"]
    assert peak_kb < 64 << 10


def test_ids_depend_on_place_and_content(tmp_path):
    path = tmp_path / "access.log"
    path.write_text((access_log.line(1) + "\n") * 3)
    first = json_lines(run_cli("shipper", "parse", "--format", "apache-combined", path).stdout)
    second = json_lines(run_cli("shipper", "parse", "--format", "apache-combined", path).stdout)
    ids = [record["event"]["id"] for record in first]
    assert ids == [record["event"]["id"] for record in second]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", each) for each in ids)


def test_unknown_format_is_refused_with_the_list(tmp_path):
    done = run_cli("shipper", "parse", "--format", "apache-combind")
    assert done.returncode == 2
    assert "apache-combind" in done.text and "apache-combined" in done.text
    assert done.stdout == b""


def test_absent_file_is_named_and_the_others_are_read(tmp_path):
    path = tmp_path / "there.log"
    access_log.write(path, [1])
    done = run_cli("shipper", "parse", "--format", "apache-combined", tmp_path / "absent.log", path)
    assert done.returncode == 1, done.text
    assert b"absent.log" in done.stderr
    assert len(strict_lines(done.stdout)) == 1


def test_a_closed_output_is_a_failure_and_no_crash(tmp_path):
    path = tmp_path / "access.log"
    access_log.write(path, range(5000))
    process = subprocess.Popen(
        [binary("shipper"), "parse", "--format", "apache-combined", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    process.stdout.close()
    process.stderr.read()
    process.stderr.close()
    assert process.wait(20) in (1, -13)


@pytest.mark.parametrize(
    "damage, readable",
    [
        (lambda data: data[: len(data) // 2], 1),
        (lambda data: data[:-8] + b"\0" * 8, 1000),
        (lambda data: data + b"trailing garbage", 1000),
        (lambda data: data + gzip.compress(access_log.line(1000).encode() + b"\n"), 1001),
    ],
    ids=["cut off", "wrong checksum", "trailing garbage", "two members"],
)
def test_what_can_be_read_of_an_archive_is_kept(tmp_path, damage, readable):
    path = tmp_path / "access.log.gz"
    path.write_bytes(damage(gzip.compress("".join(access_log.line(seq) + "\n" for seq in range(1000)).encode())))
    done = run_cli("shipper", "parse", "--format", "apache-combined", path)
    records = strict_lines(done.stdout)
    assert len(records) >= readable
    assert [record["url"]["query"] for record in records[:readable]] == [f"seq={seq}" for seq in range(readable)]
    assert done.returncode in (0, 1, 3), done.text


def test_dates_without_a_year_are_near_the_file_s_last_change_however_far_apart(tmp_path):
    path = tmp_path / "syslog"
    path.write_text("".join(f"{month} 20 12:00:00 host app: x\n" for month in ["Dec", "Jan", "Aug"]))
    os.utime(path, (1795262400, 1795262400))  # 2026-11-21
    records = parse(b"", str(path), log_format="syslog")
    assert [record["@timestamp"][:10] for record in records] == [
        "2025-12-20",
        "2026-01-20",
        "2026-08-20",
    ]


FORMATS = pathlib.Path(__file__).resolve().parents[2] / "configs" / "formats"


def test_custom_formats_are_files_of_a_folder():
    line = b"27.10.2023 12:00:00,250 N [http-7] order=DE-1001 paid=19.90 took=12.5 order is paid\n"
    (record,) = parse(line, "--formats", str(FORMATS), log_format="shop")
    assert record["@timestamp"] == "2023-10-27T10:00:00.250Z"
    assert record["event"]["dataset"] == "shop.app"
    assert record["event"]["duration"] == 12_500_000
    assert record["labels"] == {"order_id": "DE-1001", "paid": 19.9, "team": "payments"}
    listed = run_cli("shipper", "formats", "--json", "--formats", str(FORMATS))
    assert {"name": "shop", "dataset": "shop.app", "help": "a shop's own log"} in json.loads(listed.stdout)


def test_a_broken_custom_format_is_refused_with_its_problems(tmp_path):
    (tmp_path / "x.yaml").write_text("pattern: '%{NOPE}'\nlevels: {E: loud}\n")
    done = run_cli("shipper", "parse", "--formats", str(tmp_path), "--format", "x", stdin=b"y\n")
    assert done.returncode == 2
    assert "x.yaml:1: pattern: no grok pattern 'NOPE' at character 1" in done.text
    assert "x.yaml:2: levels.E: no level" in done.text


def test_auto_gives_each_line_the_dataset_of_what_it_is():
    lines = (
        b'192.0.2.1 - - [06/Feb/2023:10:00:00 +0100] "GET / HTTP/1.1" 200 612 "-" "ua"\n'
        b'{"level":"info","msg":"x"}\n<34>Oct 11 22:14:15 host su: failed\nhello\nlevel=info msg=hi\n'
    )
    datasets = [record["event"]["dataset"] for record in parse(lines, log_format="auto")]
    assert datasets == ["apache.access", "json.log", "syslog", "text", "logfmt.log"]


def test_a_pattern_that_explodes_costs_bounded_time():
    line = b"a" * 200_000 + b"b!\n"
    records = parse(line * 3, log_format="regex:^(?<x>(a|aa|a?)+)b$")
    assert all(record["tags"] == ["_parsefailure"] for record in records)
