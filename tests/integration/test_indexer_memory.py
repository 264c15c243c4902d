"""The indexer's memory is bounded by what is configured, however much lies in Kafka and however slow Elasticsearch is."""

import contextlib
import json
import os
import time

import pytest
from confluent_kafka import Producer

from support import records
from support.fault_proxy import FaultProxy
from support.programs import BUILD
from support.waiting import wait_for

MIB = 1 << 20
PARTITIONS = 64
COUNT = 60_000
TEXT = "a line as it came: " + "0123456789abcdef" * 24  # compresses well: much comes out of a small answer
BULKS = 6  # answered slowly: several of each worker
SLOW_S = 0.15

WORKERS, BATCH, AHEAD = 2, MIB, MIB
PROGRAM = 26 * MIB  # the libraries, tables, and what is allocated at the start
# What is fetched ahead, and one answer of 64 KiB that comes out ten times as large; a batch's messages are held with
# what librdkafka keeps of each and with the set that they came in; a worker has documents and the request, each
# twice the messages' size.
BOUND = PROGRAM + 2 * AHEAD + 2 * MIB + (WORKERS + 3) * 2 * BATCH + WORKERS * 6 * BATCH


@pytest.fixture
def slow(stack):
    """Elasticsearch, but each bulk request takes a while."""
    proxy = FaultProxy(stack.elasticsearch_url)

    def delay(request):
        if request.number:
            time.sleep(SLOW_S)

    proxy.fault = delay
    with contextlib.closing(proxy):
        yield proxy
        proxy.fault = None


def produce(pipeline, lines):
    """Compressed, a batch a partition, as agents send them."""
    pipeline.kafka.create_topic(pipeline.topic, PARTITIONS)
    producer = Producer({"bootstrap.servers": pipeline.stack.brokers, "compression.type": "lz4", "linger.ms": 50})
    for number, line in enumerate(lines):
        producer.produce(pipeline.topic, line, partition=number * PARTITIONS // len(lines))
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(30) == 0


@pytest.mark.skipif("asan" in str(BUILD) or "tsan" in os.fspath(BUILD), reason="a sanitizer's own memory is no bound")
def test_memory_is_bounded_by_the_configuration(pipeline, slow):
    plain = {"enabled": False}
    produce(pipeline, [json.dumps(records.make(seq, labels={"text": TEXT})).encode() for seq in range(COUNT)])
    indexer = pipeline.indexer(
        config={
            "workers": WORKERS,
            "kafka": {"prefetch_max_bytes": AHEAD},
            "batch": {"max_records": 50_000, "max_bytes": BATCH, "max_wait_ms": "1s"},
            **{name: plain for name in ("geoip", "user_agent", "bots", "threats", "floods")},
        },
        ALPEX_ELASTICSEARCH_URLS=slow.url,
    ).start()
    wait_for(lambda: slow.bulk_count >= BULKS, 60, f"{BULKS} requests", pipeline.log_tails)
    peak = indexer.memory_kb("VmHWM") * 1024
    assert indexer.metrics().value("indexer_records_consumed_total") < COUNT, "there was no backlog left"
    assert peak < BOUND, f"{peak / MIB:.1f} MiB, bound {BOUND / MIB:.1f}"
