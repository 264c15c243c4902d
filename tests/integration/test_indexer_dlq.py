"""`indexer dlq` on a real Kafka: what was refused is listed, shown, sent back or discarded, and nothing is lost by it."""

import json
import os
import pty
import secrets
import subprocess
import threading
import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from support import records
from support.kafka import Kafka
from support.ports import free_port
from support.programs import binary, clean_environment, json_lines, run_cli
from support.waiting import pass_time, wait_for

EVIL = "\x1b[31mred\x1b[0m\u202e\x07"


class Corner:
    """A topic and its dead letters, without an indexer."""

    def __init__(self, stack):
        self.kafka = Kafka(stack.brokers)
        self.topic = "t" + secrets.token_hex(5)
        self.dlq_topic = self.topic + ".dlq"
        self.environment = {
            "ALPEX_KAFKA_BROKERS": stack.brokers,
            "ALPEX_KAFKA_TOPIC": self.topic,
            "ALPEX_KAFKA_DLQ_TOPIC": self.dlq_topic,
        }
        self.producer = Producer({"bootstrap.servers": stack.brokers, "log_level": 2})

    def create(self, partitions=2):
        self.kafka.create_topic(self.topic, partitions)
        self.kafka.create_topic(self.dlq_topic, partitions)
        return self

    def letter(self, seq, value=None, partition=0, key=b"k", reason="mapping", extra=(), **headers):
        """A letter as the indexer writes them."""
        record = records.make(seq, **headers.pop("record", {}))
        made = {
            "reason": reason,
            "class": "index",
            "stage": "sink",
            "error": f"mapper_parsing_exception: failed to parse field [message] {EVIL}",
            "type": "mapper_parsing_exception",
            "status": "400",
            "topic": self.topic,
            "partition": "1",
            "offset": str(seq),
            "id": record["event"]["id"],
            "attempts": "2",
            "first": "2026-11-20T10:00:00.000Z",
            "last": "2026-11-20T12:00:00.000Z",
            "by": "v1",
            "redrives": "0",
            **headers,
        }
        self.producer.produce(
            self.dlq_topic,
            json.dumps(record).encode() if value is None else value,
            key,
            partition,
            headers=[*extra, *((f"dlq.{name}", text) for name, text in made.items() if text is not None)],
        )

    def flush(self):
        assert self.producer.flush(20) == 0

    def dlq(self, *arguments, expect=0, stdin=b"", **environment):
        done = run_cli("indexer", "dlq", *arguments, stdin=stdin, **{**self.environment, **environment})
        assert done.returncode == expect, done.text
        return done

    def listed(self, *arguments):
        return json_lines(self.dlq("list", "--json", *arguments).stdout)

    def places(self, *arguments):
        return sorted((each["partition"], each["offset"]) for each in self.listed(*arguments))

    def close(self):
        self.kafka.delete_topics(self.topic, self.dlq_topic)


@pytest.fixture
def corner(stack):
    made = Corner(stack)
    yield made
    made.close()


def headers_of(message):
    return {name: value.decode() for name, value in message.headers() or []}


# --- list and show ---


def test_no_topic_is_no_letters(corner):
    done = corner.dlq("list")
    assert done.stdout == b"" and corner.dlq_topic in done.text
    assert corner.listed() == []


def test_letters_are_listed_with_their_reasons(corner):
    corner.create()
    for seq in range(6):
        corner.letter(seq, partition=seq % 2)
    corner.letter(6, b"not json", reason="decode", type=None, id=None, status="0")
    corner.flush()
    letters = {each["source_offset"]: each for each in corner.listed()}
    assert sorted(letters) == list(range(7))
    first = letters[0]
    assert (first["partition"], first["offset"], first["state"]) == (0, 0, "open")
    assert first["reason"] == "mapping" and first["class"] == "index" and first["stage"] == "sink"
    assert first["error"].endswith(EVIL) and first["type"] == "mapper_parsing_exception" and first["status"] == 400
    assert first["id"] == f"{0:022d}" and first["dataset"] == records.DATASET
    assert first["source_topic"] == corner.topic and first["source_partition"] == 1
    assert first["attempts"] == 2 and first["redrives"] == 0 and first["by"] == "v1"
    assert first["first"] == "2026-11-20T10:00:00.000Z" and first["last"] == "2026-11-20T12:00:00.000Z"
    assert letters[6]["id"] == "" and letters[6]["dataset"] == ""

    done = corner.dlq("list")
    text = done.stdout.decode()
    assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
    assert "mapping" in text and "decode" in text and "0:0" in text and "failed to parse field" in text
    sums = json_lines(corner.dlq("list", "--summary", "--json").stdout)
    assert {(each["reason"], each["dataset"]): each["open"] for each in sums} == {
        ("mapping", records.DATASET): 6,
        ("decode", ""): 1,
    }


def test_filters(corner):
    corner.create()
    for seq in range(10):
        corner.letter(
            seq,
            reason="mapping" if seq % 2 else "rejected",
            last=f"2026-11-20T12:0{seq}:00.000Z",
            record={"http": {"response": {"status_code": 500 if seq < 3 else 200}}},
        )
    corner.flush()

    def found(*arguments):
        return [each["source_offset"] for each in corner.listed(*arguments)]

    assert found("--reason", "mapping") == [1, 3, 5, 7, 9]
    assert found("--query", "status:5xx") == [0, 1, 2]
    assert found("--query", "query:*7") == [7]
    assert found("--from", "2026-11-20T12:08:00Z") == [8, 9]
    assert found("--to", "2026-11-20T12:01:00Z") == [0, 1]
    assert found("--from", "2026-11-20", "--to", "2026-11-20", "--limit", "4") == [0, 1, 2, 3]
    assert found("--from", "2h") == []  # they are of another day
    assert found("--reason", "rejected", "--query", "status:5xx", "--to", "2026-11-20T12:00:30Z") == [0]
    assert found("--state", "redriven") == []


def test_table_shows_the_newest(corner):
    corner.create(1)
    for seq in range(50):
        corner.letter(seq, last=f"2026-11-20T12:{seq:02d}:00.000Z")
    corner.flush()
    done = corner.dlq("list", "--limit", "3")
    rows = done.stdout.decode().split("\n\n")[1].splitlines()[1:]
    assert [row.split()[0] for row in rows] == ["0:49", "0:48", "0:47"]
    assert b"3 newest of 50" in done.stderr
    assert len(corner.dlq("list", "--limit", "0").stdout.decode().split("\n\n")[1].splitlines()) == 51


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((), "list, show, redrive or discard"),
        (("lst",), "'lst'"),
        (("list", "--reason", "whim"), "decode, too_large, mapping"),
        (("list", "--from", "yesterday"), "is not a time"),
        (("list", "--query", "status:"), "status:"),
        (("list", "--state", "lost"), "redriven"),
        (("list", "--rate", "5"), "--rate"),
        (("redrive", "--yes"), "--yes"),
        (("show",), "PARTITION:OFFSET"),
    ],
    ids=str,
)
def test_wrong_usage(corner, arguments, said):
    done = corner.dlq(*arguments, expect=2)
    assert said in done.stderr.decode() and done.stdout == b""


def test_show_a_letter_by_its_place_and_by_its_id(corner):
    corner.create()
    big = 9_007_199_254_740_993
    corner.letter(1, f'{{"event":{{"id":"x1","duration":{big}}},"n":1.50,"list":[],"t":"a\\"{{b"}}'.encode(), id="x1")
    corner.letter(2, b"\x1b[2Jnot json\xff", partition=1, id=None)
    corner.letter(3, b'{"a":\n 1}', partition=1, id="x3")
    corner.flush()
    text = corner.dlq("show", "0:0").stdout.decode()
    assert "0:0 (open)" in text and f'"duration": {big}' in text and '"n": 1.50' in text and '"list": []' in text
    assert '"t": "a\\"{b"' in text and "partition 1, offset 1" in text and "HTTP 400" in text and "\x1b" not in text
    assert corner.dlq("show", "x1").stdout.decode() == text
    odd = corner.dlq("show", "1:0").stdout
    assert b"\x1b" not in odd and b"[2Jnot json" in odd
    both = json_lines(corner.dlq("show", "x1", "1:0", "1:1", "--json").stdout)
    assert [each["offset"] for each in both] == [0, 0, 1]
    assert both[0]["record"]["event"]["duration"] == big
    assert "not json" in both[1]["record"]["message"] and both[2]["record"] == {"a": 1}
    assert "no such letter" in corner.dlq("show", "1:99", expect=1).text


def test_foreign_and_damaged_messages_in_the_topic_do_no_harm(corner):
    """Anybody who may write to the topic can write anything."""
    corner.create(1)
    corner.producer.produce(corner.dlq_topic, None, b"key")
    corner.producer.produce(corner.dlq_topic, b"no headers")
    corner.letter(1, partition=0, offset="-5", status="x", attempts="99999999999999999999", redrives="3.5", last="soon")
    for value in (b"", b"{", b'{"state":"redriven"}', b'{"state":"eaten","offsets":[[0,99]]}', b'{"offsets":[[0,1]]}',
                  b'{"state":"discarded","offsets":[[5,1],[-1,3],"x",[1],[0.5,1],[1e3,2],{}]}', b"[" * 5000):
        corner.producer.produce(corner.dlq_topic, value, headers=[("dlq.mark", "redriven")])
    # What is not there yet cannot be handled: only what is before the mark.
    corner.producer.produce(
        corner.dlq_topic, b'{"state":"discarded","offsets":[[1,9223372036854775807]],"by":"me"}', headers=[("dlq.mark", "x")]
    )
    corner.letter(2, partition=0)
    corner.flush()
    states = {each["offset"]: each["state"] for each in corner.listed("--state", "all")}
    assert states == {0: "open", 1: "discarded", 2: "discarded", 11: "open"}
    odd = next(each for each in corner.listed("--state", "discarded") if each["offset"] == 2)
    assert not {"source_offset", "status", "redrives", "attempts"} & odd.keys() and odd["last"] > "2026"


def test_repeated_letters_count_once(corner):
    """An indexer that died between letter and commit has refused the message again."""
    corner.create()
    made = [records.make(seq) for seq in range(6)]
    for _ in range(2):
        for seq in range(5):
            corner.letter(seq, json.dumps(made[seq]).encode(), partition=seq % 2)
    corner.letter(5)
    corner.flush()
    assert sorted(each["source_offset"] for each in corner.listed()) == list(range(6))
    assert json.loads(corner.dlq("redrive", "--json").stdout)["redriven"] == 6
    assert len(corner.kafka.consume(corner.topic)) == 6
    assert corner.listed() == [] and len(corner.listed("--state", "redriven")) == 6


# --- redrive ---


def test_redrive_sends_the_same_bytes_and_says_so(corner):
    corner.create()
    corner.letter(1, b'{"event":{"id":"a"} , "x":1}', key=b"\x00key", extra=[("traceparent", b"00-ab")])
    corner.letter(2, b"", key=None, redrives="2", extra=[("alpex.redrives", b"2"), ("alpex.first", b"old")])
    corner.flush()
    done = corner.dlq("redrive", "--note", "template mended")
    assert done.stdout == b"redriven: 2\n"
    sent = {message.key(): message for message in corner.kafka.consume(corner.topic)}
    assert sent[b"\x00key"].value() == b'{"event":{"id":"a"} , "x":1}' and (sent[None].value() or b"") == b""
    headers = headers_of(sent[b"\x00key"])
    assert headers == {"traceparent": "00-ab", "alpex.redrives": "1", "alpex.first": "2026-11-20T10:00:00.000Z"}
    assert sent[None].headers().count(("alpex.redrives", b"3")) == 1
    assert corner.listed() == []
    handled = corner.listed("--state", "redriven")
    assert {each["note"] for each in handled} == {"template mended"} and all("@" in each["handled_by"] for each in handled)
    # Again: nothing is open, nothing is sent.
    assert corner.dlq("redrive").stdout == b"redriven: 0\n"
    assert len(corner.kafka.consume(corner.topic)) == 2


def test_redrive_what_is_chosen(corner):
    corner.create()
    for seq in range(20):
        corner.letter(seq, partition=seq % 2, reason="mapping" if seq < 10 else "rejected")
    corner.flush()
    assert corner.dlq("redrive", "--dry-run").stdout == b"would be redriven: 20\n"
    assert len(corner.listed()) == 20 and corner.kafka.consume(corner.topic) == []
    assert corner.dlq("redrive", "--reason", "mapping", "--limit", "4").stdout == b"redriven: 4\n"
    assert corner.dlq("redrive", "0:1", f"{13:022d}").stdout in (b"redriven: 1\n", b"redriven: 2\n")
    assert corner.dlq("redrive", "--query", "query:seq=19").stdout == b"redriven: 1\n"
    sent = {json.loads(message.value())["url"]["query"] for message in corner.kafka.consume(corner.topic)}
    left = {f"seq={each['source_offset']}" for each in corner.listed()}
    assert "seq=13" in sent and "seq=19" in sent and len(sent) + len(left) == 20 and not sent & left


def test_redrive_refuses_what_failed_too_often_and_what_is_from_elsewhere(corner):
    corner.create()
    corner.letter(1, redrives="3")
    corner.letter(2, topic="another.topic")
    corner.letter(3)
    corner.flush()
    done = corner.dlq("redrive", expect=3)
    assert done.stdout == b"redriven: 1\n" and b"another.topic" in done.stderr and b"3 times" in done.stderr
    assert [each["source_offset"] for each in corner.listed()] == [1, 2]
    done = corner.dlq("redrive", "--json", expect=3)
    assert json.loads(done.stdout) == {"redriven": 0, "spent": 1, "foreign": 1, "dry_run": False}


def test_redrive_keeps_its_rate(corner):
    corner.create(1)
    for seq in range(30):
        corner.letter(seq)
    corner.flush()
    begin = time.monotonic()
    corner.dlq("redrive", "--rate", "15")
    assert 1.5 < time.monotonic() - begin < 10
    assert len(corner.kafka.consume(corner.topic)) == 30


def test_an_interrupted_redrive_loses_nothing(corner):
    """Killed: what was sent and not marked is sent again, under the same id."""
    corner.create(1)
    for seq in range(3000):
        corner.letter(seq)
    corner.flush()
    for turn in range(2):
        process = subprocess.Popen(
            [binary("indexer"), "dlq", "redrive", "--rate", "4000"], env=clean_environment(**corner.environment)
        )
        want = sum(corner.kafka.end_offsets(corner.topic).values()) + 300
        wait_for(lambda: sum(corner.kafka.end_offsets(corner.topic).values()) > want or process.poll() is not None, 20, "some")
        process.send_signal(9 if turn == 0 else 2)
        process.wait(20)
    assert process.returncode in (0, 1)
    corner.dlq("redrive")
    assert corner.listed() == []
    sent = [json.loads(message.value())["event"]["id"] for message in corner.kafka.consume(corner.topic)]
    assert len(set(sent)) == 3000 and len(sent) <= 3000 + 2000


def test_kafka_away(corner):
    done = corner.dlq("list", expect=1, ALPEX_KAFKA_BROKERS=f"127.0.0.1:{free_port()}")
    assert "cannot" in done.text and done.stdout == b""


# --- discard ---


def test_discard_needs_a_word_and_leaves_a_trace(corner):
    corner.create()
    for seq in range(5):
        corner.letter(seq, partition=seq % 2)
    corner.flush()
    done = corner.dlq("discard", expect=2)
    assert "--yes" in done.text and len(corner.listed()) == 5
    assert corner.dlq("discard", "--dry-run").stdout == b"would be discarded: 5\n"
    assert len(corner.listed()) == 5
    assert corner.dlq("discard", "--yes", "--query", "query:seq=1", "--note", 'a "test"').stdout == b"discarded: 1\n"
    (discarded,) = corner.listed("--state", "discarded")
    assert discarded["source_offset"] == 1 and discarded["note"] == 'a "test"' and "@" in discarded["handled_by"]
    assert len(corner.listed()) == 4 and corner.kafka.consume(corner.topic) == []
    assert json.loads(corner.dlq("discard", "--yes", "--json").stdout)["discarded"] == 4
    assert corner.dlq("redrive").stdout == b"redriven: 0\n"
    # Everything is still there to be read: letters and what became of them.
    assert len(corner.listed("--state", "all")) == 5
    marks = [message for message in corner.kafka.consume(corner.dlq_topic) if "dlq.mark" in headers_of(message)]
    assert sum(json.loads(mark.value())["count"] for mark in marks) == 5


@pytest.mark.parametrize("answer, left", [(b"n\n", 3), (b"\n", 3), (b"y\n", 0)])
def test_discard_asks_on_a_terminal(corner, answer, left):
    corner.create(1)
    for seq in range(3):
        corner.letter(seq)
    corner.flush()
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [binary("indexer"), "dlq", "discard"],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(**corner.environment),
    )
    timer = threading.Timer(30, process.kill)
    timer.start()
    os.write(master, answer)
    _, errors = process.communicate()
    timer.cancel()
    os.close(master)
    os.close(slave)
    assert b"Discard 3 dead letters?" in errors
    assert process.returncode == (0 if left == 0 else 2) and len(corner.listed()) == left


# --- the whole way ---


def test_nothing_goes_on_while_the_dead_letter_topic_takes_nothing(pipeline):
    """A letter that is larger than its topic allows is held, and so is all behind it, until it is let in."""
    pipeline.kafka.create_topic(pipeline.topic, 1)
    pipeline.kafka.create_topic(pipeline.dlq_topic, 1, max_message_bytes=2000)
    pipeline.kafka.produce(pipeline.topic, [*records.messages(range(10)), (b"k", b"x" * 3000)])
    indexer = pipeline.indexer(ALPEX_BATCH_MAX_RECORDS="1").start()
    wait_for(lambda: "cannot write 1 refused records" in indexer.log_text(), 60, "a word", pipeline.log_tails)
    pipeline.kafka.produce(pipeline.topic, records.messages(range(10, 20)))
    wait_for(lambda: pipeline.elastic.count(pipeline.indices) >= 10, 30, "what was before it", pipeline.log_tails)
    wait_for(lambda: pipeline.kafka.committed(pipeline.group, pipeline.topic) == {0: 10}, 20, "the offset before it")
    pass_time(2)
    assert pipeline.kafka.committed(pipeline.group, pipeline.topic) == {0: 10}
    larger = ConfigEntry("max.message.bytes", "1000000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, pipeline.dlq_topic, incremental_configs=[larger])
    for future in pipeline.kafka.admin.incremental_alter_configs([resource]).values():
        future.result(15)
    pipeline.assert_exactly_once(range(20))
    (letter,) = json_lines(run_cli("indexer", "dlq", "list", "--json", **pipeline.indexer_environment()).stdout)
    assert (letter["source_offset"], letter["reason"], letter["class"], letter["stage"]) == (10, "decode", "message", "decode")


def test_a_record_that_a_template_change_repairs_is_redriven(pipeline):
    """Refused by the mapping of today's index, sent back when that is mended: stored once, no letter open."""
    pipeline.kafka.create_topic(pipeline.topic, 2)
    indexer = pipeline.indexer().start().wait_ready()
    index = records.index_name(pipeline.prefix)
    pipeline.elastic.call("PUT", f"/{index}", {"mappings": {"properties": {"message": {"type": "ip"}}}})
    sent = records.messages(range(20))
    pipeline.kafka.produce(pipeline.topic, [*sent, (b"bad", b"not json")])
    environment = pipeline.indexer_environment()

    def letters(*arguments):
        return json_lines(run_cli("indexer", "dlq", "list", "--json", *arguments, **environment).stdout)

    wait_for(lambda: len(letters()) == 21, 60, "21 letters", pipeline.log_tails, interval_s=0.3)
    pipeline.wait_drained()
    first = next(each for each in letters() if each["reason"] == "mapping")
    assert first["class"] == "index" and first["status"] == 400 and first["type"].endswith("_exception")
    assert first["redrives"] == 0 and first["attempts"] >= 1 and first["source_topic"] == pipeline.topic

    # Too early: they come back, with a count.
    done = run_cli("indexer", "dlq", "redrive", "--reason", "mapping", "--limit", "5", **environment)
    assert done.stdout == b"redriven: 5\n", done.text
    wait_for(lambda: len(letters()) == 21, 30, "5 letters again", pipeline.log_tails, interval_s=0.3)
    again = [each for each in letters() if each["redrives"] == 1]
    assert len(again) == 5 and {each["first"] for each in again} <= {each["first"] for each in letters("--state", "redriven")}

    pipeline.elastic.call("DELETE", f"/{index}")  # the mended template makes it anew
    done = run_cli("indexer", "dlq", "redrive", "--reason", "mapping", **environment)
    assert done.stdout == b"redriven: 20\n", done.text
    pipeline.assert_exactly_once(range(20))
    assert [each["reason"] for each in letters()] == ["decode"]
    assert run_cli("indexer", "dlq", "discard", "--yes", **environment).stdout == b"discarded: 1\n"
    assert letters() == [] and len(letters("--state", "discarded")) == 1
    assert indexer.metrics().value("logs_failed_total") == 26
