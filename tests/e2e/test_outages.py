"""A service is away for a while: work waits or goes on, memory stays flat, every line is stored exactly once."""

import os

import pytest

from support import access_log
from support.waiting import pass_time, wait_for

pytestmark = pytest.mark.timeout(300)

OUTAGE_S = int(os.environ.get("OUTAGE_S", 20))
OUTAGE_MB = int(os.environ.get("OUTAGE_MB", 100))
MEMORY_GROWTH_MAX_KB = 24 << 10  # twice the default budget of the shipper


def working_pipeline(pipeline, lines_per_s=800):
    path = pipeline.logs / "access.log"
    indexer, shipper = pipeline.indexer().start(), pipeline.shipper(path).start()
    writer = pipeline.writer(path, lines_per_s=lines_per_s)
    wait_for(lambda: pipeline.elastic.count(pipeline.indices) > 500, 60, "the first lines", pipeline.log_tails)
    return indexer, shipper, writer


def check_alive(*programs):
    for program in programs:
        program.check_running()
        assert program.get("/healthz")[0] == 200, program.log_tail()


def test_redis_stopped_goes_on(pipeline, stack):
    indexer, shipper, writer = working_pipeline(pipeline)
    stack.stop("redis")
    during = writer.next_seq + 2000
    wait_for(lambda: writer.next_seq >= during, 30, "the writer to go on")
    # Goes on: lines that were written during the outage are stored before it ends.
    wait_for(
        lambda: pipeline.elastic.count(pipeline.indices) >= during, 30, "lines stored without Redis", pipeline.log_tails
    )
    check_alive(indexer, shipper)
    assert indexer.is_ready(), "Redis is no condition of working"
    stack.start("redis")
    pipeline.assert_exactly_once(writer.stop())


@pytest.mark.parametrize("how", ["stop", "pause"])
def test_elasticsearch_stopped_20s_waits(pipeline, stack, how):
    indexer, shipper, writer = working_pipeline(pipeline)
    getattr(stack, how)("elasticsearch")
    pass_time(OUTAGE_S, lambda: check_alive(indexer, shipper))
    if how == "stop":
        assert not indexer.is_ready() and "lasticsearch" in indexer.readiness()
    stack.start("elasticsearch")
    pipeline.assert_exactly_once(writer.stop(), timeout_s=90)
    indexer.wait_ready()


@pytest.mark.timeout(300 + 2 * OUTAGE_S + OUTAGE_MB)
def test_kafka_stopped_20s_shipper_memory_flat(pipeline, stack):
    """The file grows by 100 MB meanwhile; `make soak`: by 1 GB in ten minutes."""
    path = pipeline.logs / "access.log"
    warm_up, padding, growth = 5000, 1800, OUTAGE_MB << 20
    access_log.write(path, range(warm_up))
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    pipeline.wait_count(warm_up)
    before_kb = shipper.memory_kb()
    stack.stop("kafka")
    written, start_size = warm_up, path.stat().st_size
    peak_kb = before_kb

    def grow():
        nonlocal written, peak_kb
        if path.stat().st_size - start_size < growth:
            access_log.write(path, range(written, written + 500), padding=padding)
            written += 500
        peak_kb = max(peak_kb, shipper.memory_kb())

    pass_time(OUTAGE_S, grow)
    wait_for(lambda: grow() or path.stat().st_size - start_size >= growth, 60 + OUTAGE_MB, "the file to be that large")
    check_alive(shipper)
    stack.start("kafka")
    pipeline.assert_exactly_once(range(written), timeout_s=150 + OUTAGE_MB)
    peak_kb = max(peak_kb, shipper.memory_kb("VmHWM"))
    print(f"memory: {before_kb} kB before, {peak_kb} kB at most")
    assert peak_kb - before_kb < MEMORY_GROWTH_MAX_KB


def test_kafka_paused_and_both_programs_wait(pipeline, stack):
    """Frozen rather than gone: connections stay open and nobody answers."""
    indexer, shipper, writer = working_pipeline(pipeline)
    stack.pause("kafka")
    pass_time(8, lambda: check_alive(indexer, shipper))
    stack.start("kafka")
    pipeline.assert_exactly_once(writer.stop(), timeout_s=90)


def test_shipper_rests_while_kafka_does_not_answer(pipeline, stack):
    """The client library would poll without a pause, had it more of a partition than one request."""
    paths = [pipeline.logs / f"site{number}.log" for number in range(3)]
    for path in paths:
        access_log.write(path, range(10))
    shipper = pipeline.shipper(*paths).start()
    wait_for(
        lambda: shipper.metrics().value("shipper_records_acknowledged_total") == 30, 30, "the first", pipeline.log_tails
    )
    stack.pause("kafka")
    for number, path in enumerate(paths):
        access_log.write(path, range(10 + number * 20000, 10 + (number + 1) * 20000), padding=500)
    # Until the budget is used up: nothing is read any more.
    read = []

    def rests():
        read.append(shipper.metrics().value("shipper_lines_read_total"))
        return len(read) > 4 and read[-1] == read[-5] > 30

    wait_for(rests, 30, "reading to pause", pipeline.log_tails, interval_s=0.2)
    before_s = shipper.processor_s()
    pass_time(4, shipper.check_running)
    used_s = shipper.processor_s() - before_s
    stack.start("kafka")
    print(f"{used_s:.2f} s of a processor in 4 s")
    assert used_s < 0.4
    wait_for(
        lambda: shipper.metrics().value("shipper_records_acknowledged_total") == 60030, 60, "all", pipeline.log_tails
    )


def test_kafka_away_at_the_start_is_waited_for(pipeline, stack):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(500))
    stack.stop("kafka")
    indexer, shipper = pipeline.indexer().start(), pipeline.shipper(path).start()
    for program in (indexer, shipper):
        wait_for(
            lambda program=program: "kafka" in program.readiness().lower(), 30, "Kafka as a reason", pipeline.log_tails
        )
        assert program.get("/readyz")[0] == 503
    stack.start("kafka")
    pipeline.assert_exactly_once(range(500), timeout_s=90)
    for program in (indexer, shipper):
        program.wait_ready()


def test_shipper_killed_while_kafka_is_away(pipeline, stack):
    """What was read and not acknowledged is read again."""
    _, shipper, writer = working_pipeline(pipeline)
    stack.kill("kafka")
    moment = writer.next_seq + 1500
    wait_for(lambda: writer.next_seq >= moment, 30, "the writer to go on")
    shipper.kill()
    shipper.start()
    stack.start("kafka")
    pipeline.assert_exactly_once(writer.stop(), timeout_s=90)
