"""Whatever is killed, stopped or sent again: every line is stored exactly once."""

import gzip
import os
import random
import shutil
import signal

import pytest

from support import access_log
from support.waiting import wait_for

KILLS = 6
LINES_PER_S = 2500


@pytest.fixture
def dice():
    """Random moments; ALPEX_TEST_SEED repeats those of a run that failed."""
    seed = int(os.environ.get("ALPEX_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"ALPEX_TEST_SEED={seed}")
    return random.Random(seed)


def assert_proven(pipeline, seqs):
    """Every line is stored once, and that is what `indexer audit` says too."""
    pipeline.assert_exactly_once(seqs)
    pipeline.assert_audit_complete(len(seqs))


def kill_at_random_moments(program, writer, dice):
    """kill -9 and restart at once, several times while the writer goes on: also during start-up and recovery."""
    for _ in range(KILLS):
        moment = writer.written() + dice.randint(200, 2 * LINES_PER_S)
        wait_for(lambda moment=moment: writer.written() >= moment, 30, "the writer to go on", interval_s=0.005)
        program.check_running()
        program.kill()
        program.start()


def test_lines_arrive_while_they_are_written(pipeline):
    path = pipeline.logs / "access.log"
    pipeline.indexer().start()
    pipeline.shipper(path).start()
    writer = pipeline.writer(path)
    wait_for(lambda: writer.written() > 3000, 20, "3000 lines")
    assert_proven(pipeline, writer.stop())


def test_ship_twice_and_gzip_copy_adds_nothing(pipeline):
    count = 2000
    pipeline.indexer().start()

    path = pipeline.ship_lines(range(count))
    first = pipeline.assert_exactly_once(range(count))
    pipeline.ship(path)
    assert pipeline.assert_exactly_once(range(count)) == first, "the same file again"

    packed = pipeline.logs / "access.log.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    pipeline.ship(packed)
    assert pipeline.assert_exactly_once(range(count)) == first, "its compressed copy"

    rotated = path.rename(pipeline.logs / "access.log.1")
    pipeline.ship(rotated)
    assert pipeline.assert_exactly_once(range(count)) == first, "the rotated file"

    dated = rotated.rename(pipeline.logs / "access.log-20261121")
    pipeline.ship(dated, ALPEX_STATE_DIR=str(pipeline.folder / "other-state"))
    assert pipeline.assert_exactly_once(range(count)) == first, "rotated by date, without any state"


def test_shipping_what_the_agent_has_read_adds_nothing(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(1000))
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    first = pipeline.assert_exactly_once(range(1000))
    assert shipper.terminate() == 0
    packed = pipeline.logs / "access.log.2.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    pipeline.ship(packed, ALPEX_STATE_DIR=str(pipeline.folder / "other-state"))
    assert pipeline.assert_exactly_once(range(1000)) == first


def test_lost_state_directory_adds_nothing(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(1000))
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    pipeline.assert_exactly_once(range(1000))
    shipper.terminate()
    shutil.rmtree(pipeline.folder / "state")
    access_log.write(path, range(1000, 1500))
    shipper.start()
    pipeline.assert_exactly_once(range(1500))


def test_kill_shipper_in_the_middle(pipeline, dice):
    paths = [pipeline.logs / f"site{number}.log" for number in range(3)]
    pipeline.indexer().start()
    shipper = pipeline.shipper(*paths).start()
    writer = pipeline.writer(*paths, lines_per_s=LINES_PER_S)
    kill_at_random_moments(shipper, writer, dice)
    assert_proven(pipeline, writer.stop())


def test_kill_indexer_in_the_middle(pipeline, dice):
    paths = [pipeline.logs / f"site{number}.log" for number in range(3)]
    indexer = pipeline.indexer().start()
    pipeline.shipper(*paths).start()
    writer = pipeline.writer(*paths, lines_per_s=LINES_PER_S)
    kill_at_random_moments(indexer, writer, dice)
    assert_proven(pipeline, writer.stop())


def test_kill_both_at_once(pipeline, dice):
    path = pipeline.logs / "access.log"
    programs = [pipeline.indexer().start(), pipeline.shipper(path).start()]
    writer = pipeline.writer(path, lines_per_s=LINES_PER_S)
    for _ in range(3):
        moment = writer.written() + dice.randint(500, 2 * LINES_PER_S)
        wait_for(lambda moment=moment: writer.written() >= moment, 30, "the writer to go on", interval_s=0.005)
        for program in programs:
            program.kill()
        for program in programs:
            program.start()
    assert_proven(pipeline, writer.stop())


def test_restart_in_order_in_the_middle(pipeline, dice):
    """SIGTERM drains and commits: nothing is sent again afterwards."""
    path = pipeline.logs / "access.log"
    indexer, shipper = pipeline.indexer().start(), pipeline.shipper(path).start()
    writer = pipeline.writer(path, lines_per_s=LINES_PER_S)
    for program in (shipper, indexer, shipper, indexer):
        moment = writer.written() + dice.randint(500, LINES_PER_S)
        wait_for(lambda moment=moment: writer.written() >= moment, 30, "the writer to go on", interval_s=0.005)
        assert program.terminate() == 0, program.log_tail()
        program.start()
    seqs = writer.stop()
    assert_proven(pipeline, seqs)
    assert sum(pipeline.kafka.end_offsets(pipeline.topic).values()) == len(seqs), "nothing was sent twice"


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_two_indexers_share_partitions_and_hand_over(pipeline, how):
    paths = [pipeline.logs / f"site{number}.log" for number in range(12)]
    pipeline.kafka.create_topic(pipeline.topic, 4)
    first, second = pipeline.indexer("indexer-a").start(), pipeline.indexer("indexer-b").start()

    def shares():
        return sorted(map(len, pipeline.kafka.members(pipeline.group).values()))

    wait_for(lambda: shares() == [2, 2], 40, lambda: f"two partitions each, not {shares()}", pipeline.log_tails)
    pipeline.shipper(*paths).start()
    writer = pipeline.writer(*paths, lines_per_s=LINES_PER_S)
    for indexer in (first, second):
        wait_for(
            lambda indexer=indexer: indexer.metrics().value("logs_processed_total") > 1000,
            30,
            f"{indexer.name} to process its share",
            pipeline.log_tails,
        )
    if how == "SIGTERM":
        assert second.terminate() == 0, second.log_tail()
    else:
        second.kill()
    wait_for(lambda: shares() == [4], 40, lambda: f"all partitions at the one left, not {shares()}", pipeline.log_tails)
    second.start()
    wait_for(lambda: shares() == [2, 2], 40, lambda: f"two partitions each again, not {shares()}", pipeline.log_tails)
    assert_proven(pipeline, writer.stop())


def test_frozen_indexer_that_comes_back_doubles_nothing(pipeline):
    """It loses its partitions while it stands still, and wakes up in the middle of its work."""
    paths = [pipeline.logs / f"site{number}.log" for number in range(12)]
    pipeline.kafka.create_topic(pipeline.topic, 4)
    first, second = pipeline.indexer("indexer-a").start(), pipeline.indexer("indexer-b").start()
    pipeline.shipper(*paths).start()
    writer = pipeline.writer(*paths, lines_per_s=LINES_PER_S)
    wait_for(
        lambda: second.metrics().value("logs_processed_total") > 1000, 40, "the second to work", pipeline.log_tails
    )
    second.signal(signal.SIGSTOP)
    try:
        wait_for(
            lambda: [len(each) for each in pipeline.kafka.members(pipeline.group).values()] == [4],
            40,
            "all partitions at the one that moves",
            pipeline.log_tails,
        )
        first.check_running()
    finally:
        second.signal(signal.SIGCONT)
    assert_proven(pipeline, writer.stop())
    second.check_running()


@pytest.mark.parametrize("redis", ["redis keeps its marks", "redis is flushed", "no redis"])
def test_redelivery(pipeline, redis):
    """The group's offsets go back to the beginning: everything comes again, nothing is stored again."""
    from redis import Redis

    count = 3000
    witness = Redis.from_url(pipeline.stack.redis_url)
    before = marks_in(witness)
    url = "" if redis == "no redis" else pipeline.stack.redis_url
    indexer = pipeline.indexer(ALPEX_REDIS_URL=url).start()
    pipeline.ship_lines(range(count))
    first = pipeline.assert_exactly_once(range(count))
    assert indexer.terminate() == 0
    assert marks_in(witness) - before == (0 if redis == "no redis" else count)
    if redis == "redis is flushed":
        witness.flushall()
    pipeline.kafka.reset_offsets(pipeline.group, pipeline.topic)
    indexer.start()
    wait_for(
        lambda: repeated(indexer) == count,
        40,
        lambda: f"{count} repeated records, not {repeated(indexer)}",
        pipeline.log_tails,
    )
    assert pipeline.assert_exactly_once(range(count)) == first
    if redis == "redis keeps its marks":
        assert indexer.metrics().value("indexer_records_total", outcome="redelivered") == count, "told from a duplicate"


def marks_in(witness):
    """All marks: members of hashes, a hash for a piece of a file."""
    return sum(witness.hlen(key) for key in witness.scan_iter("alpex:seen:*", count=10000))


def repeated(indexer):
    """Records that were recognised as stored already, by Redis or by Elasticsearch."""
    metrics = indexer.metrics()
    return sum(metrics.value("indexer_records_total", outcome=outcome) for outcome in ("duplicate", "redelivered"))
