"""`indexer tail` on a real Kafka: what arrives from now on, soon, without a trace in the cluster."""

import json
import re
import secrets
import signal
import subprocess
import time

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import NewPartitions

from support import geoip, records
from support.follow import Tail
from support.kafka import Kafka
from support.ports import free_port
from support.programs import run_cli
from support.terminal import Terminal
from support.waiting import wait_for

BIG = 9_007_199_254_740_993


class Corner:
    """A topic of its own, and those who follow it."""

    def __init__(self, stack, folder):
        self.kafka = Kafka(stack.brokers)
        self.folder = folder
        self.topic = "t" + secrets.token_hex(5)
        self.environment = {"ALPEX_KAFKA_BROKERS": stack.brokers, "ALPEX_KAFKA_TOPIC": self.topic, "TERM": "xterm"}
        self._tails = []

    def tail(self, *arguments, stdout=None, **environment):
        self._tails.append(Tail(self.folder, {**self.environment, **environment}, *arguments, stdout=stdout))
        return self._tails[-1]

    def send(self, seqs, **fields):
        self.kafka.produce(self.topic, records.messages(seqs, **fields))

    def close(self):
        for tail in self._tails:
            tail.close()
        self.kafka.delete_topics(self.topic)


@pytest.fixture
def corner(stack, tmp_path):
    made = Corner(stack, tmp_path)
    yield made
    made.close()


@pytest.fixture
def topic(corner):
    corner.kafka.create_topic(corner.topic, 4)
    return corner


def ids_of(seqs):
    return [f"{seq:022d}" for seq in seqs]


def test_a_record_is_shown_within_a_second(topic):
    tail = topic.tail("status:200").wait_following()
    acknowledged = []
    producer = Producer({"bootstrap.servers": topic.kafka.brokers, "linger.ms": 0, "log_level": 2})
    for seq in range(30):
        record = json.dumps(records.make(seq)).encode()
        producer.produce(topic.topic, record, on_delivery=lambda error, _: acknowledged.append((error, time.monotonic())))
        assert producer.flush(10) == 0
    tail.wait_lines(30)
    assert [error for error, _ in acknowledged] == [None] * 30
    # Each record was acknowledged before the next was sent: the order of arrival is theirs but for the partitions.
    delays = sorted(shown - sent for shown, (_, sent) in zip(tail.times, acknowledged))
    print(f"shown after {delays[15] * 1000:.0f} ms (median), {delays[-1] * 1000:.0f} ms (last)")
    assert delays[-1] < 1


def test_from_now_on_only(topic):
    topic.send(range(500))
    tail = topic.tail().wait_following()
    topic.send(range(500, 520))
    assert sorted(tail.ids(20)) == ids_of(range(500, 520))
    assert tail.stop() == 0 and len(tail.lines) == 20


def test_what_is_sent_the_moment_it_follows_is_shown(topic):
    """Its own word counts: acknowledged after "following", shown."""
    for turn in range(3):
        tail = topic.tail().wait_following()
        topic.send([turn])
        assert tail.ids(1) == ids_of([turn])
        assert tail.stop() == 0


def test_only_what_the_query_finds_enriched(topic):
    city = geoip.write_city(topic.folder / "city.mmdb")
    tail = topic.tail("country:de and bytes >= 100", ALPEX_GEOIP_CITY=str(city)).wait_following()
    brazil = {"ip": "203.0.113.5", "address": "203.0.113.5"}
    topic.send(range(10), source=brazil)
    topic.send(range(10, 20))
    topic.send(range(20, 30), http={"response": {"body": {"bytes": 99}}})
    shown = tail.records(10)
    assert sorted(record["event"]["id"] for record in shown) == ids_of(range(10, 20))
    for record in shown:
        assert record["source"]["geo"]["city_name"] == "Berlin" and record["kafka"]["offset"] >= 0
    assert tail.stop() == 0 and len(tail.lines) == 10


def test_records_are_shown_as_they_are_stored(topic):
    """No digit lost, and no word list: that is for the index alone."""
    tail = topic.tail().wait_following()
    sent = f'{{"event":{{"id":"x","duration":{BIG}}},"mine":{{"n":1.50,"text":[1]}},"labels":{{"team":"web"}},"message":"m"}}'
    topic.kafka.produce(topic.topic, [sent.encode()])
    (line,) = tail.wait_lines(1)
    record = json.loads(line)
    assert f'"duration":{BIG}'.encode() in line and b'"n":1.50' in line
    assert "text" not in record and record["mine"]["text"] == [1] and record["labels"] == {"team": "web"}


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("--format", "csv", "--fields", "path,labels.team,status"),
         ["url.path,labels.team,http.response.status_code\r\n", "/item,\"a,b\",200\r\n", "/item,\"a,b\",200\r\n"]),
        (("--format", "raw"), ["GET /item?seq=0 HTTP/1.1\n", "GET /item?seq=1 HTTP/1.1\n"]),
        (("--json", "--fields", "status"), ['{"http":{"response":{"status_code":200}}}\n'] * 2),
        (("--format", "table", "--fields", "status,path"), ["http.response.status_code url.path\n", "200    /item\n"] * 1),
    ],
    ids=["csv", "raw", "json", "table"],
)
def test_formats(topic, arguments, expected):
    tail = topic.tail(*arguments).wait_following()
    for seq in range(2):
        topic.send([seq], labels={"team": "a,b"})
        tail.wait_lines(len(expected) - 1 + seq if len(expected) > 2 else seq + 1)
    assert [line.decode() for line in tail.wait_lines(len(expected))[: len(expected)]] == expected


def on_terminal(corner, *arguments, **environment):
    terminal = Terminal()
    tail = corner.tail(*arguments, stdout=terminal.fd, **environment).wait_following()
    corner.send([1], log={"level": "error"})
    corner.send([2], log={"level": "info"})
    wait_for(lambda: terminal.text.count("seq=") >= 2, 20, "two lines on the terminal", lambda: terminal.text)
    assert tail.stop() == 0
    terminal.close()
    return terminal.text


def test_colours_on_a_terminal(topic):
    text = on_terminal(topic, "--fields", "level,query")
    assert re.search("\x1b\\[31m *error *seq=1\x1b\\[0m", text) and "\x1b[31minfo" not in text
    assert text.startswith("log.level")
    assert "\x1b" not in on_terminal(topic, "--fields", "level,query", NO_COLOR="1")


def test_no_colours_elsewhere(topic):
    tail = topic.tail("--format", "table", TERM="xterm").wait_following()
    topic.send([1], log={"level": "error"})
    assert b"\x1b" not in b"".join(tail.wait_lines(2))


def groups(kafka):
    return {group.group_id for group in kafka.admin.list_consumer_groups().result(15).valid}


def test_no_trace_in_the_cluster(topic):
    """The offsets of the real group stay, and no group appears."""
    group = f"{topic.topic}-indexer"
    topic.send(range(40))
    member = Consumer({"bootstrap.servers": topic.kafka.brokers, "group.id": group, "enable.auto.commit": False})
    member.commit(offsets=[TopicPartition(topic.topic, partition, 3) for partition in range(4)], asynchronous=False)
    member.close()
    before, committed = groups(topic.kafka), topic.kafka.committed(group, topic.topic)
    assert group in before and committed == {partition: 3 for partition in range(4)}
    tail = topic.tail(ALPEX_KAFKA_GROUP=group).wait_following()
    topic.send(range(40, 60))
    tail.ids(20)
    assert groups(topic.kafka) == before and topic.kafka.members(group) == {}
    assert tail.stop() == 0
    assert groups(topic.kafka) == before and topic.kafka.committed(group, topic.topic) == committed


def test_all_partitions(topic):
    tail = topic.tail().wait_following()
    topic.send(range(400))
    shown = tail.records(400)
    assert sorted(record["event"]["id"] for record in shown) == ids_of(range(400))
    assert {record["kafka"]["partition"] for record in shown} == {0, 1, 2, 3}


def test_partitions_that_are_added_later(corner):
    corner.kafka.create_topic(corner.topic, 1)
    corner.send(range(10))
    tail = corner.tail().wait_following()
    corner.send(range(10, 20))
    corner.kafka.admin.create_partitions([NewPartitions(corner.topic, 3)])[corner.topic].result(15)
    wait_for(lambda: len(corner.kafka.partitions(corner.topic)) == 3, 10, "the new partitions")
    corner.send(range(20, 100))
    shown = tail.records(90)
    assert sorted(record["event"]["id"] for record in shown) == ids_of(range(10, 100))
    assert {record["kafka"]["partition"] for record in shown} == {0, 1, 2}
    assert tail.stop() == 0 and len(tail.lines) == 90


def test_a_topic_that_is_created_later(corner):
    tail = corner.tail().wait_said(f"there is no topic '{corner.topic}'; waiting for it")
    corner.kafka.create_topic(corner.topic, 2)
    corner.send(range(30))
    assert sorted(tail.ids(30)) == ids_of(range(30))


def test_a_topic_that_is_deleted_and_made_anew(topic):
    tail = topic.tail().wait_following()
    topic.send(range(10))
    tail.ids(10)
    topic.kafka.delete_topics(topic.topic)
    tail.wait_said("is gone")
    topic.kafka.create_topic(topic.topic, 4)
    topic.send(range(10, 30))
    assert sorted(tail.ids(30)) == ids_of(range(30))


def test_garbage_is_passed_over(topic):
    tail = topic.tail().wait_following()
    garbage = [b"", b"{", b"null", b"[1]", b"\xff\xfe\x00", b'{"a":' * 1000, b"GET / HTTP/1.1", b'"text"', b"{} {}"]
    topic.kafka.produce(topic.topic, [*garbage, *records.messages([1]), *garbage, *records.messages([2])])
    assert sorted(tail.ids(2)) == ids_of([1, 2])
    assert tail.process.poll() is None and tail.stop() == 0 and len(tail.lines) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_in_order(topic, number):
    tail = topic.tail().wait_following()
    assert tail.stop(number, timeout_s=5) == 0


def test_interrupted_while_kafka_is_away(corner):
    tail = corner.tail(ALPEX_KAFKA_BROKERS=f"127.0.0.1:{free_port()}").wait_said("refused")
    assert tail.stop(timeout_s=3) == 0


def test_kafka_away_is_an_error(corner):
    environment = {**corner.environment, "ALPEX_KAFKA_BROKERS": f"127.0.0.1:{free_port()}"}
    done = run_cli("indexer", "tail", timeout_s=20, **environment)
    assert done.returncode == 1 and done.stdout == b"" and b"indexer tail: cannot look for topic" in done.stderr


def test_a_reader_that_leaves_ends_it_quietly(topic):
    """At once, not only with the next record."""
    tail = topic.tail(stdout=subprocess.PIPE).wait_following()
    topic.send([1])
    json.loads(tail.process.stdout.readline())
    tail.process.stdout.close()
    assert tail.process.wait(3) == 0 and "cannot" not in tail.stderr()


def test_head_in_a_stream_of_records(topic):
    tail = topic.tail(stdout=subprocess.PIPE).wait_following()
    topic.send(range(2000))
    tail.process.stdout.readline()
    tail.process.stdout.close()
    assert tail.process.wait(3) == 0 and "cannot" not in tail.stderr()


def test_kafka_restarts(topic, stack):
    tail = topic.tail().wait_following()
    topic.send(range(5))
    tail.ids(5)
    stack.kill("kafka")
    tail.wait_said("refused")
    stack.start("kafka")
    topic.send(range(5, 10))
    assert sorted(tail.ids(10, timeout_s=40)) == ids_of(range(10))
    assert tail.stop() == 0 and len(tail.lines) == 10


@pytest.mark.parametrize(
    "arguments, text",
    [
        (("status:abc",), '"abc" is not'),
        (("@timestamp > now-1h",), '"now" has no meaning in a rule'),
        (("(a",), "never closed"),
        (("--fields", "staus"), "did you mean 'status'"),
        (("--format", "xml"), "unknown format 'xml'"),
    ],
)
def test_bad_queries_and_options(corner, arguments, text):
    done = run_cli("indexer", "tail", *arguments, **corner.environment)
    assert done.returncode == 2 and done.stdout == b"" and text in done.stderr.decode()


def test_a_full_disk_is_an_error(topic):
    with open("/dev/full", "wb") as full:
        tail = topic.tail(stdout=full).wait_following()
        topic.send([1])
        assert tail.process.wait(10) == 1 and "cannot write" in tail.stderr()
