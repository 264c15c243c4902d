"""The moments between a record's steps (stored, marked, committed), each hit exactly, and what must not stop a topic."""

import json
import os
import random
import signal
import threading

import pytest

from support.fault_proxy import Drop
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)

COUNT = 3000


@pytest.fixture
def redis_proxy(stack):
    made = TcpProxy("127.0.0.1", stack.redis_port)
    yield made
    made.close()


def write_marks(piece):
    return b"HSET" in piece and b"alpex:seen:" in piece


def outcomes(indexer, *names):
    metrics = indexer.metrics()
    return {name: metrics.value("indexer_records_total", outcome=name) for name in names}


def test_killed_between_index_and_mark(pipeline, proxy):
    """Elasticsearch has stored the bulk, nobody has heard of it: it comes again, and is recognised by its ids."""
    indexer = pipeline.indexer(ALPEX_ELASTICSEARCH_URLS=proxy.url)
    stored = []

    def fault(request):
        if not request.is_bulk or stored:
            return None
        stored.append(request.forward())
        indexer.kill()
        raise Drop

    proxy.fault = fault
    pipeline.ship_lines(range(COUNT))
    indexer.start()
    wait_for(lambda: stored and not indexer.is_running(), 60, "the kill", indexer.log_tail)
    before = len(json.loads(stored[0][2])["items"])
    assert before > 0 and pipeline.elastic.count(pipeline.indices) >= before
    indexer.start()
    pipeline.assert_exactly_once(range(COUNT))
    assert outcomes(indexer, "duplicate")["duplicate"] >= before, "they were told by Elasticsearch"


def test_killed_between_mark_and_commit(pipeline, redis_proxy):
    """Stored and marked, the offset not committed: Redis knows the message again, Elasticsearch is not asked."""
    url = f"redis://127.0.0.1:{redis_proxy.port}/0"
    # Only the kill ends the time between a mark and its commit.
    indexer = pipeline.indexer(ALPEX_REDIS_URL=url, ALPEX_KAFKA_COMMIT_INTERVAL_MS="60s")
    state = {"marks": False, "unstored": []}

    def on_request(piece):
        if write_marks(piece):
            state["marks"] = True

    def on_answer(piece):
        if state["marks"] and indexer.is_running() and indexer.starts == 1:
            indexer.kill()

    redis_proxy.on_request, redis_proxy.on_answer = on_request, on_answer
    pipeline.ship_lines(range(COUNT))
    indexer.start()
    wait_for(lambda: state["marks"] and not indexer.is_running(), 60, "the kill", indexer.log_tail)
    assert not any(pipeline.kafka.committed(pipeline.group, pipeline.topic).values())
    stored = pipeline.elastic.count(pipeline.indices)
    assert stored > 0
    indexer.environment["ALPEX_KAFKA_COMMIT_INTERVAL_MS"] = "1s"
    indexer.start()
    pipeline.assert_exactly_once(range(COUNT))
    assert outcomes(indexer, "redelivered")["redelivered"] > 0, "they were told by their marks"


def test_no_mark_is_written_before_its_record_is_stored(pipeline, redis_proxy, proxy):
    """As long as Elasticsearch does not answer there is no mark; a kill then loses nothing."""
    url = f"redis://127.0.0.1:{redis_proxy.port}/0"
    release, held, marked = threading.Event(), threading.Event(), threading.Event()

    def fault(request):
        if request.is_bulk and not release.is_set():
            held.set()
            release.wait(60)
            raise Drop
        return None

    redis_proxy.on_request = lambda piece: write_marks(piece) and marked.set()
    proxy.fault = fault
    indexer = pipeline.indexer(ALPEX_REDIS_URL=url, ALPEX_ELASTICSEARCH_URLS=proxy.url).start()
    pipeline.ship_lines(range(COUNT))
    assert held.wait(60), indexer.log_tail()
    assert not marked.is_set(), "a mark of a record that is not stored"
    indexer.kill()
    release.set()
    assert pipeline.elastic.count(pipeline.indices) == 0
    indexer.start()
    pipeline.assert_exactly_once(range(COUNT))
    assert marked.is_set()


@pytest.mark.parametrize("drain", ["in time", "too late"])
def test_rebalance_in_the_middle_of_a_bulk(pipeline, proxy, drain):
    """A member joins while the other's bulk is with Elasticsearch; what it had is done by one or the other, once."""
    pipeline.kafka.create_topic(pipeline.topic, 4)
    release, held = threading.Event(), threading.Event()

    def fault(request):
        if request.is_bulk and not release.is_set():
            held.set()
            release.wait(90)
        return None

    proxy.fault = fault
    timeout = "20s" if drain == "in time" else "1s"
    first = pipeline.indexer(
        "indexer-a", ALPEX_ELASTICSEARCH_URLS=proxy.url, ALPEX_KAFKA_DRAIN_TIMEOUT_MS=timeout
    ).start(wait_ready=True)
    paths = [pipeline.logs / f"site{number}.log" for number in range(12)]
    pipeline.shipper(*paths).start()
    writer = pipeline.writer(*paths, lines_per_s=1500)
    assert held.wait(60), first.log_tail()
    second = pipeline.indexer("indexer-b", ALPEX_KAFKA_DRAIN_TIMEOUT_MS=timeout).start()
    if drain == "in time":
        wait_for(
            lambda: len(pipeline.kafka.members(pipeline.group)) == 2 or second.is_ready(),
            30,
            "the second to ask for its share",
            pipeline.log_tails,
        )
    else:  # the second has what the first still works on, and goes on from what was committed
        wait_for(
            lambda: outcomes(second, "indexed")["indexed"] > 0, 60, "the second to have taken over", pipeline.log_tails
        )
    release.set()
    wait_for(lambda: writer.next_seq > 6000, 30, "the writer to go on")
    import time as t
    seqs = writer.stop()
    t.sleep(10)
    for i in (first, second):
        print(i.name, i.readiness(), i.get("/metrics")[2].decode())
    print(pipeline.kafka.committed(pipeline.group, pipeline.topic), pipeline.kafka.end_offsets(pipeline.topic), pipeline.kafka.members(pipeline.group))
    pipeline.assert_exactly_once(seqs, timeout_s=20)
    for indexer in (first, second):
        indexer.check_running()


@pytest.mark.parametrize("assignor", ["auto", "range"])
def test_members_come_and_go_all_the_time(pipeline, assignor):
    """Up to four members, started, stopped and killed at random: each line once, and every partition goes on."""
    seed = int(os.environ.get("ALPEX_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"ALPEX_TEST_SEED={seed}")
    dice = random.Random(seed)
    pipeline.kafka.create_topic(pipeline.topic, 6)
    members = [pipeline.indexer(f"indexer-{number}", ALPEX_KAFKA_ASSIGNOR=assignor) for number in range(4)]
    members[0].start()
    paths = [pipeline.logs / f"site{number}.log" for number in range(12)]
    pipeline.shipper(*paths).start()
    writer = pipeline.writer(*paths, lines_per_s=1000)
    for _ in range(10):
        moment = writer.written() + dice.randint(500, 2500)
        wait_for(lambda moment=moment: writer.written() >= moment, 30, "the writer to go on", interval_s=0.01)
        member = dice.choice(members)
        if not member.is_running():
            member.start()
        elif dice.random() < 0.5:
            member.kill()
        elif "listening" in member.log_text():  # signals are heeded by now
            member.signal(signal.SIGTERM)
            assert member.wait_exit() == 0, member.log_tail()
    for member in members:
        if not member.is_running():
            member.start()
    pipeline.assert_exactly_once(writer.stop(), timeout_s=120)


BAD = {
    "not json": b"not json",
    "empty": b"",
    "a list": b"[1,2]",
    "a text": b'"x"',
    "cut": b'{"message":"a',
    "invalid utf-8": b'{"message":\xff\xfe}',
    "two objects": b'{"a":1}{"b":2}',
    "a hundred thousand deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "ten megabytes of noise": b"\x00" * (10 << 20),
}


def test_bad_messages_stop_nobody(pipeline):
    """What is no record goes to the dead letters as it came; what stands before and behind it is stored."""
    pipeline.kafka.create_topic(pipeline.topic, 1, max_message_bytes=16 << 20)
    pipeline.kafka.create_topic(pipeline.dlq_topic, 1, max_message_bytes=16 << 20)
    records = [
        json.dumps(
            {
                "@timestamp": "2026-11-21T12:00:00.000Z",
                "event": {"id": f"id-{seq}", "dataset": "t"},
                "url": {"query": f"seq={seq}"},
            }
        ).encode()
        for seq in range(500)
    ]
    messages, rest = [], list(records)
    for bad in BAD.values():
        messages += [*rest[:50], bad]
        rest = rest[50:]
    # Large but good: ten megabytes in one field.
    large = {
        "@timestamp": "2026-11-21T12:00:00.000Z",
        "event": {"id": "large", "dataset": "t"},
        "message": "lorem " * (10 << 20 >> 3),
        "url": {"query": "seq=500"},
    }
    pipeline.kafka.produce(pipeline.topic, [*messages, json.dumps(large).encode(), *rest], message_max_bytes=16 << 20)
    indexer = pipeline.indexer().start()
    pipeline.assert_exactly_once(range(501))
    letters = pipeline.kafka.consume(pipeline.dlq_topic)
    assert sorted(letter.value() or b"" for letter in letters) == sorted(BAD.values())
    for letter in letters:
        headers = dict(letter.headers())
        assert headers["dlq.reason"] == b"decode" and headers["dlq.error"], headers
    assert indexer.metrics().value("logs_failed_total") == len(BAD)
    indexer.check_running()
