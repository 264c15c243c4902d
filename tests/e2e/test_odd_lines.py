"""Lines that no parser understands, and bytes that no text holds, are kept and said to be so."""

from support import access_log

LINE_MAX = 1 << 20


def stored(pipeline):
    return {hit["_source"]["log"]["offset"]: hit["_source"] for hit in pipeline.elastic.documents(pipeline.indices)}


def ship_lines(pipeline, lines, end=b"\n"):
    """Returns the stored records in the order of the lines."""
    path = pipeline.logs / "access.log"
    path.write_bytes(b"".join(line + end for line in lines))
    pipeline.indexer().start()
    pipeline.ship(path)
    pipeline.wait_count(len(lines))
    records = stored(pipeline)
    assert len(records) == pipeline.elastic.count(pipeline.indices) == len(lines)
    return [record for _, record in sorted(records.items())]


def is_failure(record):
    return "_parsefailure" in record.get("tags", [])


def test_unparsable_lines_are_kept(pipeline):
    odd = [
        b"hello world",
        b"",
        b'192.0.2.1 - - [31/Feb/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
        b'{"json": true}',
        b"x" * 100_000,
    ]
    lines = [each for number, line in enumerate(odd) for each in (access_log.line(number).encode(), line)]
    records = ship_lines(pipeline, lines)
    for line, record in zip(lines, records):
        if line in odd:
            assert is_failure(record) and record["message"] == line.decode() and record["error"]["message"]
            assert record["event"]["original"] == line.decode()
        else:
            assert not is_failure(record) and "error" not in record
    # What failed can be found.
    assert pipeline.elastic.count(pipeline.indices, {"term": {"tags": "_parsefailure"}}) == len(odd)


def test_bytes_that_are_no_text(pipeline):
    lines = [
        b"invalid \xff\xfe utf-8",
        b"cut \xe2\x82",
        b"nul \x00 and \x00\x00",
        b"escape \x1b[31m",
        b"carriage \r return",
        access_log.line(1).encode().replace(b"/item", b"/\xff"),
        "snowman \u2603 \U0001f600".encode(),
        b"\x00" * 5000,
    ]
    records = ship_lines(pipeline, lines)
    assert records[0]["message"] == "invalid \ufffd\ufffd utf-8"
    assert records[1]["message"].startswith("cut \ufffd")
    assert records[2]["message"] == "nul \x00 and \x00\x00"
    assert records[3]["message"] == "escape \x1b[31m"
    assert records[4]["message"] == "carriage \r return"
    assert records[5]["url"]["path"] == "/\ufffd" and not is_failure(records[5])
    assert records[6]["message"] == "snowman \u2603 \U0001f600"


def test_windows_line_ends(pipeline):
    records = ship_lines(pipeline, [access_log.line(seq).encode() for seq in range(20)], end=b"\r\n")
    assert not any(map(is_failure, records))
    assert "\r" not in str(records)


def test_very_long_lines(pipeline):
    lines = [
        access_log.line(0).encode(),
        b"y" * (3 * LINE_MAX),
        access_log.line(1).encode(),
        access_log.line(2, padding=500_000).encode(),
        access_log.line(3).encode(),
    ]
    records = ship_lines(pipeline, lines)
    assert records[1]["message"] == "y" * LINE_MAX and "_truncated" in records[1]["tags"]
    assert records[3]["user_agent"]["original"].endswith("x" * 500_000)
    assert "tags" not in records[3]
    assert [record["url"]["query"] for record in records if "url" in record] == [f"seq={seq}" for seq in range(4)]


def test_tailed_binary_file_does_not_stop_the_others(pipeline):
    import random

    noise = pipeline.logs / "noise.log"
    noise.write_bytes(random.Random(1).randbytes(300_000))
    good = pipeline.logs / "good.log"
    access_log.write(good, range(500))
    pipeline.indexer().start()
    pipeline.shipper(noise, good).start()
    complete = {"bool": {"must_not": {"term": {"tags": "_parsefailure"}}}}
    count_lines = noise.read_bytes().count(b"\n")
    pipeline.wait_count(500 + count_lines)
    assert pipeline.elastic.count(pipeline.indices, complete) == 500
    assert pipeline.elastic.count(pipeline.indices) == 500 + count_lines
