"""What an operator meets: a server that hangs at the end, members that join in trouble, data that is gone on either side."""

import signal
import time

import pytest
from confluent_kafka import TopicPartition

from support.fault_proxy import Drop, error_answer
from support.programs import run_cli
from support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)

COUNT = 2000


def hang_bulks(proxy, release):
    """Bulks are accepted and never answered, until `release` holds something."""

    def fault(request):
        while request.is_bulk and not release:
            time.sleep(0.05)
        if request.is_bulk and len(release) == 1:
            release.append("told")
            raise Drop
        return None

    proxy.fault = fault


@pytest.mark.parametrize("signals", ["once", "twice"])
def test_ends_in_time_while_elasticsearch_hangs(pipeline, proxy, signals):
    """SIGTERM: waits for what is under way as long as configured, a second one not at all. Nothing is lost."""
    release = []
    hang_bulks(proxy, release)
    indexer = pipeline.indexer(ALPEX_ELASTICSEARCH_URLS=proxy.url, ALPEX_KAFKA_DRAIN_TIMEOUT_MS="4s").start(
        wait_ready=True
    )
    pipeline.ship_lines(range(COUNT))
    wait_for(lambda: proxy.bulk_count > 0, 30, "a bulk under way", indexer.log_tail)
    began = time.monotonic()
    indexer.signal(signal.SIGTERM)
    if signals == "twice":
        time.sleep(0.5)
        indexer.signal(signal.SIGTERM)
    indexer.wait_exit(30)
    took = time.monotonic() - began
    assert took < (8 if signals == "once" else 4), f"{took:.1f} s\n{indexer.log_tail()}"
    release.append("go on")
    proxy.fault = None
    assert pipeline.kafka.lag(pipeline.group, pipeline.topic) == COUNT, "nothing unfinished was committed"
    indexer.start()
    pipeline.assert_exactly_once(range(COUNT))


def test_members_that_join_while_the_breaker_is_open_wait_too(pipeline, proxy):
    """Partitions change hands while nothing can be written: they stay paused, nothing is committed, nothing is lost."""
    pipeline.kafka.create_topic(pipeline.topic, 4)
    away = []
    proxy.fault = lambda request: error_answer(503, "unavailable") if away and request.is_bulk else None
    first = pipeline.indexer("indexer-a", ALPEX_ELASTICSEARCH_URLS=proxy.url).start(wait_ready=True)
    paths = [pipeline.logs / f"site{number}.log" for number in range(8)]
    pipeline.shipper(*paths).start()
    writer = pipeline.writer(*paths, lines_per_s=500)
    wait_for(lambda: first.metrics().value("logs_processed_total") > 500, 40, "the first to work", first.log_tail)
    away.append(True)

    def is_open(indexer):
        return indexer.metrics().value("indexer_elasticsearch_breaker_state") != 0

    wait_for(lambda: is_open(first), 40, "the breaker to open", first.log_tail)
    assert "lasticsearch" in first.readiness() and not first.is_ready()
    pipeline.wait_still = pipeline.kafka.committed(pipeline.group, pipeline.topic)
    second = pipeline.indexer("indexer-b", ALPEX_ELASTICSEARCH_URLS=proxy.url).start()
    wait_for(
        lambda: sorted(map(len, pipeline.kafka.members(pipeline.group).values())) == [2, 2],
        60,
        "both to have their share",
        pipeline.log_tails,
    )
    wait_for(lambda: is_open(second), 40, "the second's breaker to open", second.log_tail)
    stored = pipeline.elastic.count(pipeline.indices)
    second.kill()
    second.start()
    assert sum(pipeline.kafka.committed(pipeline.group, pipeline.topic).values()) <= stored, "ahead of what is stored"
    away.clear()
    pipeline.assert_exactly_once(writer.stop(), timeout_s=90)
    for indexer in (first, second):
        indexer.wait_ready()


def test_records_that_kafka_has_deleted_are_an_alarm_and_not_the_end(pipeline):
    """Retention of the topic was faster than we were: that is said and counted, and what is left is stored."""
    pipeline.kafka.create_topic(pipeline.topic, 1)
    indexer = pipeline.indexer().start()
    pipeline.ship_lines(range(100), "a.log")
    pipeline.assert_exactly_once(range(100))
    assert indexer.terminate() == 0
    pipeline.ship_lines(range(100, 400), "b.log")
    gone = [TopicPartition(pipeline.topic, 0, 300)]
    for future in pipeline.kafka.admin.delete_records(gone).values():
        future.result(15)
    indexer.start()
    pipeline.wait_count(200)
    stored = {hit["_source"]["url"]["query"] for hit in pipeline.elastic.documents(pipeline.indices)}
    assert stored == {f"seq={seq}" for seq in [*range(100), *range(300, 400)]}
    text = indexer.log_text()
    assert '"log.level":"error"' in text or '"log.level":"warn"' in text, text
    assert "offset" in text and pipeline.topic in text, text


def test_index_that_was_deleted_comes_back_by_replay(pipeline):
    """Marks in Redis say that the records were stored; a replay does not ask them."""
    indexer = pipeline.indexer().start()
    pipeline.ship_lines(range(COUNT))
    first = pipeline.assert_exactly_once(range(COUNT))
    for index in pipeline.elastic.indices(pipeline.indices):
        pipeline.elastic.call("DELETE", f"/{index}")
    done = run_cli("indexer", "replay", timeout_s=120, **pipeline.indexer_environment())
    assert done.returncode == 0, done.text
    assert pipeline.assert_exactly_once(range(COUNT)) == first
    indexer.check_running()


def test_raised_epoch_forgets_the_marks(pipeline):
    """After a restore of Elasticsearch the marks are wrong; with another epoch the group reads everything anew."""
    indexer = pipeline.indexer().start()
    pipeline.ship_lines(range(COUNT))
    first = pipeline.assert_exactly_once(range(COUNT))
    assert indexer.terminate() == 0
    query = {"range": {"log.offset": {"lt": 20000}}}
    lost = pipeline.elastic.count(pipeline.indices, query)
    assert 0 < lost < COUNT
    for hit in list(pipeline.elastic.documents(pipeline.indices, query=query)):
        pipeline.elastic.call("DELETE", f"/{hit['_index']}/_doc/{hit['_id']}")
    assert pipeline.elastic.count(pipeline.indices) == COUNT - lost
    pipeline.kafka.reset_offsets(pipeline.group, pipeline.topic)
    indexer.environment["ALPEX_REDIS_EPOCH"] = "1"
    indexer.start()
    assert pipeline.assert_exactly_once(range(COUNT)) == first
    assert indexer.metrics().value("indexer_records_total", outcome="indexed") == lost
