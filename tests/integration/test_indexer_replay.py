"""`indexer replay` on real servers: exact counts, nothing doubled, nothing else touched, and on where it stopped."""

import json
import signal
import subprocess
import time

import pytest
from confluent_kafka import Producer, TopicPartition

from support import geoip, records
from support.fault_proxy import error_answer
from support.kafka import Kafka
from support.ports import free_port
from support.programs import binary, clean_environment, json_lines, run_cli
from support.terminal import run_on_terminal
from support.waiting import wait_for

COUNT = 2000
DAY = "2026-11-20"
BIG = 9_007_199_254_740_993


class Source:
    """A topic of its own, which nobody else reads."""

    def __init__(self, stack, name, folder):
        self.stack, self.folder = stack, folder
        self.kafka = Kafka(stack.brokers)
        self.topic, self.group = name + ".logs", name + "-indexer"
        self.environment = {
            "ALPEX_KAFKA_BROKERS": stack.brokers,
            "ALPEX_KAFKA_TOPIC": self.topic,
            "ALPEX_KAFKA_GROUP": self.group,
            "ALPEX_KAFKA_DLQ_TOPIC": name + ".dlq",
            "ALPEX_ELASTICSEARCH_URLS": stack.elasticsearch_url,
            "ALPEX_ELASTICSEARCH_INDEX_PREFIX": name,
            "ALPEX_ELASTICSEARCH_REPLICAS": "0",
        }

    def send_at(self, times_ms, partition=0):
        """One record at each of Kafka's times; its sequence number is its place."""
        producer = Producer({"bootstrap.servers": self.stack.brokers, "log_level": 2})
        for seq, at_ms in enumerate(times_ms):
            producer.produce(self.topic, json.dumps(records.make(seq)).encode(), partition=partition, timestamp=at_ms)
        assert producer.flush(20) == 0

    def replay(self, *arguments, expect=0, timeout_s=60, **environment):
        done = run_cli("indexer", "replay", *arguments, timeout_s=timeout_s, **{**self.environment, **environment})
        assert done.returncode == expect, done.text
        return done

    def lines(self, *arguments, **options):
        return self.replay("--sink", "stdout", *arguments, **options).stdout.splitlines()

    def seqs(self, *arguments, **options):
        return sorted(int(json.loads(line)["event"]["id"]) for line in self.lines(*arguments, **options))

    def result(self, *arguments, **options):
        return json.loads(self.replay("--json", *arguments, **options).stdout)

    def start(self, *arguments, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **environment):
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", binary("indexer"), "replay", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=clean_environment(**{**self.environment, **environment}),
        )


@pytest.fixture
def source(pipeline):
    made = Source(pipeline.stack, pipeline.name, pipeline.folder)
    made.pipeline = pipeline
    return made


@pytest.fixture(scope="module")
def filled(module_pipeline):
    """2000 records in four partitions: every tenth is a 500, the others of a day of their own by half."""
    made = Source(module_pipeline.stack, module_pipeline.name, module_pipeline.folder)
    made.pipeline = module_pipeline
    made.kafka.create_topic(made.topic, 4)
    status = {"response": {"status_code": 500, "body": {"bytes": 7}}}
    made.kafka.produce(made.topic, [m for seq in range(COUNT) for m in records.messages([seq], **({"http": status} if seq % 10 == 0 else {}))])
    return made


# --- lines ---


def test_to_standard_output_as_they_came(filled):
    sent = {message.value() for message in filled.kafka.consume(filled.topic)}
    done = filled.replay("--sink", "stdout", "--no-enrich")
    lines = done.stdout.splitlines()
    assert len(lines) == COUNT and set(lines) == sent
    assert b"records read" in done.stderr and b"2,000" in done.stderr


def test_each_partition_in_its_order(filled):
    found = [json.loads(line)["kafka"] for line in filled.lines()]
    assert len(found) == COUNT
    for partition in range(4):
        offsets = [place["offset"] for place in found if place["partition"] == partition]
        assert offsets == list(range(len(offsets))) and offsets


def test_enriched_with_what_is_known_today(filled):
    city = geoip.write_city(filled.folder / "city.mmdb")
    (line,) = filled.lines("--query", "query:seq=7", ALPEX_GEOIP_CITY=str(city))
    assert json.loads(line)["source"]["geo"]["city_name"] == "Berlin" and "text" not in json.loads(line)
    (line,) = filled.lines("--query", "query:seq=7", "--no-enrich", ALPEX_GEOIP_CITY=str(city))
    assert "geo" not in json.loads(line)["source"] and "kafka" not in json.loads(line)
    assert len(filled.lines("--query", "country:de", ALPEX_GEOIP_CITY=str(city))) == COUNT


def test_queries(filled):
    assert filled.seqs("--query", "status:5xx") == list(range(0, COUNT, 10))
    assert filled.seqs("--query", "bytes:7 and query:seq=3*") == [seq for seq in range(0, COUNT, 10) if str(seq)[0] == "3"]
    assert filled.seqs("--query", "status:404") == []
    assert len(filled.seqs("--event-from", "1h")) == COUNT and filled.seqs("--event-to", "1h") == []


def test_partitions(filled):
    sizes = filled.kafka.end_offsets(filled.topic)
    assert len(filled.lines("--partition", "1")) == sizes[1]
    assert len(filled.lines("-p", "0,2", "-p", "3")) == sizes[0] + sizes[2] + sizes[3]
    assert len(filled.lines("-p", "1-3")) == COUNT - sizes[0]


def test_offsets(filled):
    sizes = filled.kafka.end_offsets(filled.topic)
    assert len(filled.lines("-p", "1", "--from", "10", "--to", "19")) == 10
    assert len(filled.lines("-p", "1", "--from", "-10")) == 10
    assert len(filled.lines("--from", "-25")) == 100
    assert len(filled.lines("-p", "2", "--from", "beginning", "--to", "0")) == 1
    assert len(filled.lines("-p", "2", "--from", str(sizes[2] - 1), "--to", "999999999")) == 1
    for nothing in (("--from", "end"), ("--from", "999999999"), ("-p", "1", "--from", "9", "--to", "8")):
        assert filled.lines(*nothing) == []


def test_dry_run(filled):
    plan = json.loads(filled.replay("--dry-run", "--json", "-p", "1", "--from", "10", "--to", "19").stdout)
    assert plan["partitions"] == [{"partition": 1, "from": 10, "to": 19}] and plan["offsets"] == 10
    assert b"2,000" in filled.replay("--dry-run").stdout
    found = filled.result("--dry-run", "--query", "status:5xx")
    assert found["stored"] == COUNT / 10 and found["read"] == COUNT and found["dry_run"]
    assert filled.pipeline.elastic.count(filled.pipeline.indices) == 0


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--from", "yesterday"), "neither an offset"),
        (("--to", "2026-13-01"), "neither an offset"),
        (("--from", "-x"), "neither an offset"),
        (("--partition", "9"), "0 to 3"),
        (("--partition", "x"), "expected numbers"),
        (("--partition", "3-1"), "0 to 3"),
        (("--query", "status:"), "status:"),
        (("--event-from", "soon"), "is not a time"),
        (("--index-prefix", "Bad Prefix"), "index_prefix"),
        (("--sink", "stdout", "--index-prefix", "other"), "--index-prefix"),
        (("--enrich", "--no-enrich"), "choose one"),
        (("--sink", "stdout", "--resume"), "--resume-file"),
        (("status:5xx",), "--query"),
    ],
    ids=str,
)
def test_wrong_usage(filled, arguments, said):
    done = filled.replay(*arguments, expect=2)
    assert said in done.stderr.decode() and done.stdout == b""


def test_missing_topic_and_missing_kafka(filled):
    assert "there is no topic 'nosuch'" in filled.replay("--topic", "nosuch", "--sink", "stdout", expect=1).text
    done = filled.replay("--sink", "stdout", expect=1, ALPEX_KAFKA_BROKERS=f"127.0.0.1:{free_port()}")
    assert "cannot look for topic" in done.text


def test_rate(filled):
    begin = time.monotonic()
    assert len(filled.lines("-p", "1", "--from", "0", "--to", "99", "--rate", "50")) == 100
    assert 1.5 < time.monotonic() - begin < 15


def test_a_reader_that_leaves(filled):
    """`| head`"""
    process = filled.start("--sink", "stdout", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 0, process.stderr.read()
    process.stderr.close()


# --- times ---


def test_times_are_when_records_were_sent(source):
    source.kafka.create_topic(source.topic, 2)
    noon = 1_795_176_000_000  # 2026-11-20T12:00:00Z
    source.send_at([noon + seq * 60_000 for seq in range(60)], partition=0)
    source.send_at([noon + 86_400_000], partition=1)

    def found(*arguments):
        return [place["offset"] for place in (json.loads(line)["kafka"] for line in source.lines("-p", "0", *arguments))]

    assert found("--from", "2026-11-20T12:50:00Z") == list(range(50, 60))
    assert found("--to", "2026-11-20T12:02:00Z") == [0, 1, 2]
    assert found("--from", f"@{noon // 1000 + 30}", "--to", f"@{noon // 1000 + 120}") == [1, 2]
    assert found("--from", DAY, "--to", DAY) == list(range(60))
    assert found("--from", "2026-11-22") == [] and found("--to", "2026-11-19") == []
    assert len(source.lines("--from", "2026-11-21")) == 1


# --- Elasticsearch ---


def documents(source, prefix=None):
    return {hit["_id"]: hit for hit in source.pipeline.elastic.documents(f"{prefix or source.pipeline.prefix}-*")}


def test_same_documents_are_replaced_and_the_group_is_not_touched(source):
    """Stored by the indexer, then replayed twice at once with another database: the same documents, known better."""
    pipeline = source.pipeline
    source.kafka.create_topic(source.topic, 4)
    source.kafka.produce(source.topic, records.messages(range(COUNT)))
    indexer = pipeline.indexer().start()
    pipeline.assert_exactly_once(range(COUNT))
    indexer.terminate()
    before, groups = documents(source), group_names(source.kafka)
    committed = source.kafka.committed(pipeline.group, source.topic)
    assert sum(committed.values()) == COUNT

    city = geoip.write_city(source.folder / "city.mmdb")
    runs = [source.start("--json", stdout=subprocess.PIPE, ALPEX_GEOIP_CITY=str(city)) for _ in range(2)]
    for run in runs:
        output = run.communicate(timeout=60)[0]
        result = json.loads(output)
        assert run.returncode == 0 and result["stored"] == result["replaced"] == COUNT and result["complete"]
    after = documents(source)
    assert after.keys() == before.keys() and len(after) == COUNT
    for identity, hit in after.items():
        assert hit["_index"] == before[identity]["_index"]
        assert hit["_source"]["source"]["geo"]["city_name"] == "Berlin" and "source.geo" not in before[identity]["_source"]
        assert hit["_source"]["kafka"] == before[identity]["_source"]["kafka"]
    assert source.kafka.committed(pipeline.group, source.topic) == committed
    assert source.kafka.members(pipeline.group) == {} and group_names(source.kafka) == groups
    assert pipeline.dlq_topic not in source.kafka.admin.list_topics(timeout=10).topics or not source.kafka.consume(
        pipeline.dlq_topic
    )


def group_names(kafka):
    return {group.group_id for group in kafka.admin.list_consumer_groups().result(15).valid}


def test_another_prefix_gets_equal_counts(filled):
    prefix = filled.pipeline.prefix + "x"
    try:
        result = filled.result("--index-prefix", prefix)
        assert result["stored"] == COUNT and result["replaced"] == 0
        assert len(documents(filled, prefix)) == COUNT
        again = filled.result("--index-prefix", prefix)
        assert again["replaced"] == COUNT and len(documents(filled, prefix)) == COUNT
        assert filled.pipeline.elastic.templates_for(records.index_name(prefix))
    finally:
        filled.pipeline.elastic.remove(prefix)


def test_query_agrees_with_search(filled):
    """The same words find the same records in memory as in Elasticsearch."""
    prefix = filled.pipeline.prefix + "y"
    environment = {**filled.environment, "ALPEX_ELASTICSEARCH_INDEX_PREFIX": prefix}
    try:
        filled.result("--index-prefix", prefix)
        filled.pipeline.elastic.refresh(f"{prefix}-*")
        for query in ("status:5xx", "not status:200", "bytes > 50 and query:*77", '"seq 19"', "host:web1 query:seq=1?0", "ip:192.0.2.0/24"):
            done = run_cli("indexer", "search", query, "--json", "--limit", "0", **environment)
            stored = sorted(int(each["event"]["id"]) for each in json_lines(done.stdout))
            assert filled.seqs("--query", query) == stored, query
    finally:
        filled.pipeline.elastic.remove(prefix)


def test_what_is_refused_is_listed_and_the_rest_goes_on(source):
    source.kafka.create_topic(source.topic, 1)
    good = records.messages(range(50))
    source.kafka.produce(source.topic, [b"not json", *good[:25], b"[1]", *good[25:], b'{"a":', b""])
    rejects = source.folder / "rejects.ndjson"
    result = source.result("--rejects", rejects, expect=3)
    assert (result["read"], result["stored"], result["refused"]) == (54, 50, 4)
    listed = json_lines(rejects.read_bytes())
    assert [each["offset"] for each in listed] == [0, 26, 52, 53] and {each["reason"] for each in listed} == {"decode"}
    assert listed[0]["original"] == "not json" and listed[0]["topic"] == source.topic
    assert len(documents(source)) == 50
    done = source.replay("--sink", "stdout", expect=3)
    assert len(done.stdout.splitlines()) == 50 and b"offset 26 is refused: decode" in done.stderr


def test_what_could_not_begin_leaves_nothing_behind(filled):
    out, rejects = filled.folder / "begun.ndjson", filled.folder / "there.ndjson"
    rejects.write_text("mine\n")
    assert "already" in filled.replay("--sink", out, "--rejects", rejects, expect=2).text
    assert not out.exists() and rejects.read_text() == "mine\n"
    assert "nosuchfolder" in filled.replay("--sink", filled.folder / "nosuchfolder" / "x", expect=1).text


def test_ids_by_place_do_not_meet_those_of_another_topic(source):
    """Records without an id get their place as one: of two topics they are not the same."""
    other = source.topic + ".other"
    for topic in (source.topic, other):
        source.kafka.create_topic(topic, 1)
        source.kafka.produce(topic, [json.dumps({"message": topic}).encode()])
    try:
        assert source.result()["stored"] == 1 and source.result("--topic", other)["replaced"] == 0
        assert {hit["_source"]["message"] for hit in documents(source).values()} == {source.topic, other}
        assert "kafka-0-0" in documents(source) and source.result("--topic", other)["replaced"] == 1
    finally:
        source.kafka.delete_topics(other)


def test_records_with_line_breaks_are_one_line(source):
    source.kafka.create_topic(source.topic, 1)
    source.kafka.produce(source.topic, [b'{\n  "event": {"id": "1"},\n "n": %d}\n' % BIG, b"no\njson", b'{"a":1}'])
    done = source.replay("--sink", "stdout", "--no-enrich", expect=3)
    assert done.stdout == b'{"event":{"id":"1"},"n":%d}\n{"a":1}\n' % BIG


def test_elasticsearch_in_trouble_is_waited_for(source, proxy):
    """429, 503, an answer cut short, and a document that is refused for the moment: all are stored in the end."""
    source.kafka.create_topic(source.topic, 2)
    source.kafka.produce(source.topic, records.messages(range(500)))
    answers = {1: error_answer(429), 2: error_answer(503), 3: (200, {"Content-Type": "application/json"}, b'{"items":[')}
    proxy.fault = lambda request: answers.get(request.number)
    result = source.result("--set", "batch.max_records=100", ALPEX_ELASTICSEARCH_URLS=proxy.url)
    assert result["stored"] == 500 and len(documents(source)) == 500 and proxy.bulk_count > 3


def test_documents_that_the_index_refuses_are_counted(source):
    """They are listed with Elasticsearch's reason, not dead-lettered a second time."""
    source.kafka.create_topic(source.topic, 1)
    source.kafka.produce(source.topic, records.messages(range(10)))
    index = records.index_name(source.pipeline.prefix)
    source.pipeline.elastic.call("PUT", f"/{index}", {"mappings": {"properties": {"message": {"type": "ip"}}}})
    rejects = source.folder / "rejects.ndjson"
    result = source.result("--rejects", rejects, expect=3)
    assert result["refused"] == 10 and result["stored"] == 0
    (listed, *_) = json_lines(rejects.read_bytes())
    assert listed["reason"] == "mapping" and listed["status"] == 400 and "message" in listed["error"]
    assert source.environment["ALPEX_KAFKA_DLQ_TOPIC"] not in source.kafka.admin.list_topics(timeout=10).topics


def test_kafka_restarted_in_the_middle(source):
    source.kafka.create_topic(source.topic, 4)
    source.kafka.produce(source.topic, records.messages(range(12_000)))
    out = source.folder / "out.ndjson"
    run = source.start("--sink", out, "--rate", "3000", "--set", "kafka.prefetch_max_bytes=1MiB")
    try:
        wait_for(lambda: out.exists() and out.stat().st_size > 500_000, 30, "lines")
        source.stack.stop("kafka")
        assert run.poll() is None
        source.stack.start("kafka")
        assert run.wait(90) == 0
    finally:
        run.kill()
    assert sorted(read_ids(out)) == [f"{seq:022d}" for seq in range(12_000)]


def test_progress_on_a_terminal(source):
    """A bar with what is left; the lines themselves go where they should."""
    source.kafka.create_topic(source.topic, 1)
    source.kafka.produce(source.topic, records.messages(range(1500)))
    done = run_on_terminal("indexer", "replay", "--sink", "stdout", "--rate", "500", stdout=False, **source.environment)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1500
    assert "█" in done.stderr and "of 1,500 (" in done.stderr and "/s, " in done.stderr and "s left" in done.stderr
    assert "records read" in done.stderr.split("\r")[-1]


# --- on where it stopped ---


def read_ids(path):
    return [json.loads(line)["event"]["id"] for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
def test_a_file_has_every_record_once_whatever_happened(source, number):
    source.kafka.create_topic(source.topic, 4)
    source.kafka.produce(source.topic, records.messages(range(30_000)))
    out = source.folder / "out.ndjson"
    arguments = ("--sink", out, "--no-enrich", "--rate", "8000", "--set", "batch.max_records=500")
    interrupted = 0
    for size in (1, 2_000_000, 5_000_000, 8_000_000, 2**60):
        run = source.start(*arguments, "--resume")
        wait_for(lambda: run.poll() is not None or out.exists() and out.stat().st_size > size, 30, "some lines")
        interrupted += run.poll() is None
        run.send_signal(number)
        code = run.wait(20)
        if code == 0:
            break
    assert interrupted >= 3
    source.replay(*arguments[:-4], "--set", "batch.max_records=500", "--resume") if code else None
    assert sorted(read_ids(out)) == [f"{seq:022d}" for seq in range(30_000)]
    assert not (source.folder / "out.ndjson.state").exists()


def test_resume_refuses_what_is_another_job(source):
    source.kafka.create_topic(source.topic, 1)
    source.kafka.produce(source.topic, records.messages(range(3000)))
    out = source.folder / "out.ndjson"
    state = source.folder / "out.ndjson.state"
    run = source.start("--sink", out, "--rate", "500")
    wait_for(lambda: out.exists() and out.stat().st_size > 1000, 20, "lines")
    run.send_signal(signal.SIGINT)
    assert run.wait(20) == 1 and state.exists()
    assert "--resume" in source.replay("--sink", out, expect=2).text
    assert "another replay" in source.replay("--sink", out, "--resume", "--query", "status:200", expect=2).text
    kept, lines = state.read_bytes(), out.read_bytes()
    state.write_bytes(kept[: len(kept) // 2])
    assert "damaged" in source.replay("--sink", out, "--resume", expect=2).text
    state.unlink()
    assert "begin anew" in source.replay("--sink", out, "--resume", expect=2).text
    assert "already" in source.replay("--sink", out, expect=2).text
    state.write_bytes(kept)
    out.write_bytes(lines[:10])
    assert "shorter" in source.replay("--sink", out, "--resume", expect=2).text
    out.write_bytes(lines + b'{"half a li')  # written, but not told of when it was killed
    source.replay("--sink", out, "--resume")
    assert sorted(read_ids(out)) == [f"{seq:022d}" for seq in range(3000)]


def test_resume_to_elasticsearch(source):
    source.kafka.create_topic(source.topic, 2)
    source.kafka.produce(source.topic, records.messages(range(4000)))
    state = source.folder / "replay.state"
    run = source.start("--resume-file", state, "--rate", "1000", "--set", "batch.max_records=200")
    wait_for(lambda: state.exists() and json.loads(state.read_text())["stored"] > 500, 30, "a state")
    run.kill()
    run.wait()
    done_before = json.loads(state.read_text())["stored"]
    source.kafka.produce(source.topic, records.messages(range(4000, 4100)))  # not part of what was begun
    result = source.result("--resume-file", state, "--resume", "--set", "batch.max_records=200")
    assert result["read"] == result["stored"] == 4000 and done_before < 4000
    assert len(documents(source)) == 4000 and not state.exists()


def test_the_dead_letter_topic_can_be_replayed(source):
    """Its letters are the records; marks are none."""
    source.kafka.create_topic(source.environment["ALPEX_KAFKA_DLQ_TOPIC"], 1)
    source.kafka.create_topic(source.topic, 1)
    dlq = source.environment["ALPEX_KAFKA_DLQ_TOPIC"]
    source.kafka.produce(dlq, records.messages(range(5)))
    assert run_cli("indexer", "dlq", "discard", "--yes", **source.environment).stdout == b"discarded: 5\n"
    done = source.replay("--topic", dlq, "--sink", "stdout")
    assert len(done.stdout.splitlines()) == 5


def test_retention_gaps(source):
    """What Kafka has deleted, and compaction's holes, are passed and counted."""
    source.kafka.create_topic(source.topic, 1)
    source.kafka.produce(source.topic, records.messages(range(100)))
    source.kafka.admin.delete_records([TopicPartition(source.topic, 0, 40)])[TopicPartition(source.topic, 0, 40)].result(15)
    assert len(source.lines()) == 60
    out = source.folder / "out"
    result = source.result("--sink", out, "--from", "0")
    assert (result["read"], result["absent"]) == (60, 40)


def test_transactions(source):
    """Their marks are no records, also as the last of a partition; what was aborted is none."""
    source.kafka.create_topic(source.topic, 1)
    producer = Producer({"bootstrap.servers": source.stack.brokers, "transactional.id": source.topic, "log_level": 2})
    producer.init_transactions(20)
    for turn in range(4):
        producer.begin_transaction()
        for seq in range(turn * 10, turn * 10 + 10):
            producer.produce(source.topic, json.dumps(records.make(seq)).encode())
        producer.flush(10)
        producer.abort_transaction(10) if turn % 2 else producer.commit_transaction(10)
    assert source.seqs() == [*range(10), *range(20, 30)]
