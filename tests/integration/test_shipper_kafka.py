"""What the shipper puts into Kafka, and how it keeps its place."""

import base64
import datetime
import json
import random
import time

import pytest

from support import access_log
from support.waiting import wait_for


def seq_of(message):
    return int(json.loads(message.value())["url"]["query"].removeprefix("seq="))


def wait_messages(pipeline, count, timeout_s=30):
    def there():
        topics = pipeline.kafka.admin.list_topics(timeout=10).topics
        return pipeline.topic in topics and sum(pipeline.kafka.end_offsets(pipeline.topic).values()) >= count

    wait_for(there, timeout_s, f"{count} messages", pipeline.log_tails, interval_s=0.1)
    return pipeline.kafka.consume(pipeline.topic)


def test_lines_of_a_file_stay_in_order_in_one_partition(pipeline):
    pipeline.kafka.create_topic(pipeline.topic, 4)
    paths = [pipeline.logs / f"site{number}.log" for number in range(8)]
    for number, path in enumerate(paths):
        access_log.write(path, range(number * 1000, number * 1000 + 500))
    pipeline.ship(*paths)
    messages = pipeline.kafka.consume(pipeline.topic)
    assert len(messages) == 8 * 500
    places = {}
    for message in messages:
        places.setdefault(seq_of(message) // 1000, []).append((message.partition(), message.key(), seq_of(message)))
    for number, found in places.items():
        assert len({partition for partition, _, _ in found}) == 1 and len({key for _, key, _ in found}) == 1
        assert [seq for _, _, seq in found] == list(range(number * 1000, number * 1000 + 500))
    assert len({found[0][1] for found in places.values()}) == 8, "a key for each file"


@pytest.mark.parametrize("idempotence", ["true", "false"])
def test_lines_of_a_hot_file_are_spread_evenly(pipeline, idempotence):
    pipeline.kafka.create_topic(pipeline.topic, 4)
    path = pipeline.logs / "hot.log"
    access_log.write(path, range(60_000))
    pipeline.ship(path, ALPEX_KAFKA_PARTITION_BY="none", ALPEX_KAFKA_IDEMPOTENCE=idempotence)
    messages = pipeline.kafka.consume(pipeline.topic)
    assert sorted(seq_of(message) for message in messages) == list(range(60_000))
    assert not any(message.key() for message in messages)
    counts = [end for _, end in sorted(pipeline.kafka.end_offsets(pipeline.topic).items())]
    assert len(counts) == 4 and all(10_000 < count < 20_000 for count in counts), counts


def test_message_time_is_that_of_sending_and_the_record_has_the_events(pipeline):
    path = pipeline.logs / "access.log"
    old = datetime.datetime(2001, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
    path.write_text(access_log.line(1, old) + "\n")
    began = time.time() * 1000
    pipeline.ship(path)
    (message,) = pipeline.kafka.consume(pipeline.topic)
    assert message.timestamp()[1] >= began - 1000
    record = json.loads(message.value())
    assert record["@timestamp"] == "2001-02-03T04:05:06.000Z"
    assert record["event"]["dataset"] == "apache.access"
    assert record["host"]["name"] and record["agent"]["id"] == f"agent-{pipeline.name}"
    assert record["log"]["file"]["path"] == str(path) and record["log"]["offset"] == 0


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_compression_arrives(pipeline, codec):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(500))
    pipeline.ship(path, ALPEX_KAFKA_COMPRESSION=codec)
    assert sorted(map(seq_of, pipeline.kafka.consume(pipeline.topic))) == list(range(500))


def test_too_large_for_the_broker_goes_to_the_quarantine_and_the_rest_goes_on(pipeline):
    pipeline.kafka.create_topic(pipeline.topic, 1, max_message_bytes=20_000)
    path = pipeline.logs / "access.log"
    access_log.write(path, range(50))
    access_log.write(path, [50], padding=100_000)
    access_log.write(path, range(51, 100))
    # Uncompressed: the broker's limit is for what it gets.
    shipper = pipeline.shipper(path, ALPEX_KAFKA_COMPRESSION="none").start()
    messages = wait_messages(pipeline, 99)
    assert sorted(map(seq_of, messages)) == [seq for seq in range(100) if seq != 50]
    quarantine = pipeline.folder / "state" / "quarantine.ndjson"
    wait_for(quarantine.exists, 10, "the quarantine", pipeline.log_tails)
    (kept,) = [json.loads(line) for line in quarantine.read_text().splitlines()]
    assert "seq=50" in json.dumps(kept["record"]) and kept["reason"]
    assert shipper.metrics().value("shipper_records_quarantined_total") == 1


def test_requests_that_are_too_large_for_the_broker_become_smaller(pipeline):
    """Records that do not compress, and a topic with a broker's usual limit: no record is too large, all together are."""
    pipeline.kafka.create_topic(pipeline.topic, 1, max_message_bytes=1_048_588)
    path = pipeline.logs / "access.log"
    rng = random.Random(5)
    with open(path, "w") as log:
        for seq in range(6000):
            noise = base64.urlsafe_b64encode(rng.randbytes(1500)).decode().rstrip("=")
            log.write(access_log.line(seq).removesuffix('"') + f'{noise}"\n')
    shipper = pipeline.shipper(path).start()
    messages = wait_messages(pipeline, 6000, timeout_s=60)
    assert sorted(map(seq_of, messages)) == list(range(6000))
    metrics = shipper.metrics()
    assert 0 < metrics.value("shipper_records_retried_total") < 3000, "one request was refused, and the next fit"
    assert metrics.value("shipper_records_quarantined_total") == 0


def test_start_at_the_end_leaves_out_what_was_there_and_nothing_later(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(100))
    shipper = pipeline.shipper(path, input_options={"start_at": "end"}).start(wait_ready=True)
    access_log.write(path, range(100, 200))
    assert sorted(map(seq_of, wait_messages(pipeline, 100))) == list(range(100, 200))
    # A file that appears later is read from its beginning.
    shipper.terminate()
    access_log.write(path, range(200, 250))
    shipper.start()
    assert sorted(map(seq_of, wait_messages(pipeline, 150))) == list(range(100, 250))


def test_new_files_and_excluded_files(pipeline):
    pipeline.shipper(pipeline.logs / "*.log", input_options={"exclude": ["*debug*"]}).start(wait_ready=True)
    access_log.write(pipeline.logs / "debug.log", range(1000, 1010))
    access_log.write(pipeline.logs / "new.log", range(10))
    (pipeline.logs / "later.log").touch()
    access_log.write(pipeline.logs / "later.log", range(10, 20))
    assert sorted(map(seq_of, wait_messages(pipeline, 20))) == list(range(20))


def test_sample_takes_the_same_share_every_time(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(5000))
    shipper = pipeline.shipper(path, input_options={"sample_percent": 20}).start()
    wait_for(
        lambda: shipper.metrics().value("shipper_lines_read_total") == 5000, 30, "5000 lines read", pipeline.log_tails
    )
    filtered = shipper.metrics().value("shipper_lines_filtered_total")
    shipper.terminate()
    first = sorted(map(seq_of, pipeline.kafka.consume(pipeline.topic)))
    assert 700 < len(first) < 1300
    assert len(first) + filtered == 5000
    for state in (pipeline.folder / "state").iterdir():
        state.unlink()
    shipper.start()
    messages = wait_messages(pipeline, 2 * len(first))
    assert sorted(map(seq_of, messages)) == sorted(first * 2)


def test_an_unfinished_line_waits_for_its_end(pipeline):
    path = pipeline.logs / "access.log"
    whole = access_log.line(0)
    path.write_text(whole[:40])
    shipper = pipeline.shipper(path).start(wait_ready=True)
    other = pipeline.logs / "other.log"
    access_log.write(path, [])  # nothing more yet
    shipper.check_running()
    with open(path, "a") as log:
        log.write(whole[40:] + "\n")
    access_log.write(path, [1])
    messages = wait_messages(pipeline, 2)
    assert list(map(seq_of, messages)) == [0, 1]
    assert not other.exists()


def test_two_shippers_one_state_dir_refused(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(10))
    first = pipeline.shipper(path).start(wait_ready=True)
    second = pipeline.shipper(path, name="second").start()
    assert second.wait_exit(20) in (1, 2)
    assert str(pipeline.folder / "state") in second.log_text()
    first.check_running()
    access_log.write(path, range(10, 20))
    assert sorted(map(seq_of, wait_messages(pipeline, 20))) == list(range(20))
    # Free again when the first is gone, even after a crash.
    first.kill()
    second.start(wait_ready=True)


def test_damaged_checkpoint_does_not_keep_it_from_starting(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(50))
    shipper = pipeline.shipper(path).start()
    wait_messages(pipeline, 50)
    shipper.terminate()
    states = [each for each in (pipeline.folder / "state").iterdir() if each.is_file() and each.stat().st_size]
    assert states
    for state in states:
        state.write_bytes(b"\0" * state.stat().st_size)
    access_log.write(path, range(50, 100))
    shipper.start(wait_ready=True)
    seqs = {}
    for message in wait_messages(pipeline, 100):
        record = json.loads(message.value())
        seqs.setdefault(seq_of(message), set()).add(record["event"]["id"])
    assert set(seqs) == set(range(100))
    assert all(len(ids) == 1 for ids in seqs.values()), "the same id when it is sent again"


def test_ship_names_a_file_that_cannot_be_read_and_ships_the_others(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(10))
    program = pipeline.ship(pipeline.logs / "absent.log", path, expect=1)
    assert "absent.log" in program.log_text()
    assert len(pipeline.kafka.consume(pipeline.topic)) == 10


def test_a_file_created_again_under_its_name_is_seen_at_once(pipeline):
    """Also while the deleted one is still open: not only with the next scan of the folder."""
    path = pipeline.logs / "access.log"
    shipper = pipeline.shipper(path).start(wait_ready=True)
    for count in range(100, 500, 100):
        path.touch()
        wait_for(lambda: str(path) in shipper.open_files(), 5, "the empty file to be open", pipeline.log_tails)
        access_log.write(path, range(count - 100, count))
        wait_messages(pipeline, count, timeout_s=5)
        path.unlink()
