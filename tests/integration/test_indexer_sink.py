"""What the sink does with several nodes, stuck indices, odd records, certificates and older templates."""

import contextlib
import datetime
import json
import pathlib
import signal
import threading

import pytest

from support import records, tls
from support.fault_proxy import Drop, FaultProxy
from support.waiting import wait_for

COUNT = 300
OTHER = "nginx.error"


@pytest.fixture
def proxies(stack):
    """Makes proxies in front of Elasticsearch that end with the test."""
    with contextlib.ExitStack() as made:

        def make(context=None):
            return made.enter_context(contextlib.closing(FaultProxy(stack.elasticsearch_url, context)))

        yield make


def of_dataset(dataset, seqs):
    return [
        (b"key", json.dumps({**records.make(seq), "event": {"id": f"{seq:022d}", "dataset": dataset}}).encode())
        for seq in seqs
    ]


def stored(pipeline, dataset):
    return pipeline.elastic.count(f"{pipeline.prefix}-{dataset}-*")


def dead_letter_reasons(pipeline, count):
    def enough():
        topics = pipeline.kafka.admin.list_topics(timeout=10).topics
        return pipeline.dlq_topic in topics and sum(pipeline.kafka.end_offsets(pipeline.dlq_topic).values()) >= count

    wait_for(enough, 60, f"{count} dead letters", pipeline.log_tails, interval_s=0.2)
    letters = pipeline.kafka.consume(pipeline.dlq_topic)
    return [(dict(letter.headers())["dlq.reason"].decode(), letter.value()) for letter in letters]


# --- indices ---


def test_stuck_index_holds_up_no_other(pipeline):
    pipeline.kafka.create_topic(pipeline.topic, 1)
    indexer = pipeline.indexer(config={"batch": {"max_records": 50}}).start()
    pipeline.kafka.produce(pipeline.topic, records.messages([0]))
    pipeline.wait_count(1)
    index = records.index_name(pipeline.prefix)
    pipeline.elastic.call("PUT", f"/{index}/_settings", {"index.blocks.write": True})
    mixed = [
        message
        for seq in range(1, COUNT, 2)
        for message in (*records.messages([seq]), *of_dataset(OTHER, [seq + 1]))
    ]
    pipeline.kafka.produce(pipeline.topic, mixed)
    # More batches than there are workers, each with records for the index that takes nothing.
    wait_for(lambda: stored(pipeline, OTHER) == COUNT // 2, 30, "all of the other dataset", pipeline.log_tails)
    assert indexer.metrics().value("indexer_elasticsearch_blocked_indices") == 1
    wait_for(
        lambda: indexer.metrics().value("indexer_parked_records") == COUNT // 2, 30, "the rest parked", pipeline.log_tails
    )
    assert index in indexer.readiness() and not indexer.is_ready()
    assert indexer.metrics().value("indexer_elasticsearch_breaker_state") == 0
    assert pipeline.kafka.committed(pipeline.group, pipeline.topic) == {0: 1}
    pipeline.elastic.call("PUT", f"/{index}/_settings", {"index.blocks.write": None})
    pipeline.assert_exactly_once(range(COUNT + 1))
    indexer.wait_ready()
    assert indexer.metrics().value("indexer_parked_records") == 0


def test_what_is_parked_is_read_again_after_a_crash(pipeline):
    pipeline.kafka.create_topic(pipeline.topic, 1)
    indexer = pipeline.indexer().start()
    pipeline.kafka.produce(pipeline.topic, records.messages([0]))
    pipeline.wait_count(1)
    index = records.index_name(pipeline.prefix)
    pipeline.elastic.call("PUT", f"/{index}/_settings", {"index.blocks.write": True})
    pipeline.kafka.produce(pipeline.topic, [*records.messages(range(1, 50)), *of_dataset(OTHER, range(50, 100))])
    wait_for(
        lambda: indexer.metrics().value("indexer_parked_records") == 49, 30, "records parked", pipeline.log_tails
    )
    indexer.kill()
    pipeline.elastic.call("PUT", f"/{index}/_settings", {"index.blocks.write": None})
    indexer.start()
    pipeline.assert_exactly_once(range(100))


def test_one_poison_record_among_five_thousand(pipeline):
    pipeline.kafka.create_topic(pipeline.topic, 1)
    indexer = pipeline.indexer(config={"batch": {"max_records": 5000, "max_wait_ms": "2s"}}).start()
    indexer.wait_ready()
    mapping = {"properties": {"host": {"properties": {"name": {"type": "ip"}}}}}
    pipeline.elastic.call("PUT", f"/{records.index_name(pipeline.prefix)}", {"mappings": mapping})
    sent = [json.dumps(records.make(seq, host={"name": "192.0.2.1"})).encode() for seq in range(5000)]
    poison = json.dumps(records.make(2500, host={"name": "no address"})).encode()
    sent[2500] = poison
    pipeline.kafka.produce(pipeline.topic, sent)
    assert dead_letter_reasons(pipeline, 1) == [("mapping", poison)]
    pipeline.assert_exactly_once([seq for seq in range(5000) if seq != 2500])
    metrics = indexer.metrics()
    assert metrics.value("logs_failed_total") == 1 and metrics.value("logs_processed_total") == 5000


def test_records_from_the_future_and_too_many_new_indices(pipeline):
    now = datetime.datetime.now(datetime.timezone.utc)
    days = [now - datetime.timedelta(days=number) for number in range(1, 6)]
    pipeline.kafka.create_topic(pipeline.topic, 1)
    indexer = pipeline.indexer(ALPEX_ELASTICSEARCH_NEW_INDICES_PER_HOUR="3").start()
    ahead = records.make(0, now + datetime.timedelta(days=400))
    pipeline.kafka.produce(pipeline.topic, [json.dumps(ahead).encode()])
    pipeline.assert_exactly_once([0])
    (hit,) = pipeline.elastic.documents(pipeline.indices)
    assert hit["_index"] == records.index_name(pipeline.prefix, now)
    assert hit["_source"]["@timestamp"] == ahead["@timestamp"] and "clock_skew" in hit["_source"]["tags"]
    assert indexer.metrics().value("indexer_clock_skew_total") == 1
    pipeline.kafka.produce(
        pipeline.topic, [json.dumps(records.make(seq, day)).encode() for seq, day in enumerate(days, 1)]
    )
    reasons = dead_letter_reasons(pipeline, 3)
    assert [reason for reason, _ in reasons] == ["index_limit"] * 3
    pipeline.assert_exactly_once(range(3))


# --- the template ---


def test_older_template_is_replaced_and_todays_index_grows(pipeline):
    name, index = f"alpex-{pipeline.prefix}", records.index_name(pipeline.prefix)
    ours = {"managed_by": "alpex", "prefix": pipeline.prefix}
    older = {
        "index_patterns": [f"{pipeline.prefix}-*"],
        "priority": 500,
        "version": 1001,
        "_meta": {"managed_by": "alpex", "version": "0", "hash": "of long ago"},
        "template": {"mappings": {"dynamic": False, "_meta": ours, "properties": {"message": {"type": "text"}}}},
    }
    custom = {"template": {"mappings": {"properties": {"mine": {"type": "integer"}}}}}
    pipeline.elastic.call("PUT", f"/_index_template/{name}", older)
    pipeline.elastic.call("PUT", f"/_component_template/{name}@custom", custom)
    pipeline.elastic.call("PUT", f"/{index}")
    try:
        pipeline.kafka.create_topic(pipeline.topic)
        pipeline.kafka.produce(
            pipeline.topic, [*records.messages(range(20)), *of_dataset(OTHER, range(20, 40))]
        )
        pipeline.indexer().start()
        pipeline.assert_exactly_once(range(40))
        assert pipeline.elastic.count(index, {"term": {"source.ip": "192.0.2.0/24"}}) == 20
        (template,) = pipeline.elastic.templates_for(index).values()
        assert template["version"] > 1001 and template["composed_of"] == [f"{name}@custom"]
        mapping = pipeline.elastic.call("GET", f"/{pipeline.prefix}-{OTHER}-*/_mapping")
        (properties,) = (found["mappings"]["properties"] for found in mapping.values())
        assert properties["mine"] == {"type": "integer"} and properties["url"]
    finally:
        pipeline.close()
        pipeline.elastic.call("DELETE", f"/_index_template/{name}")
        pipeline.elastic.call("DELETE", f"/_component_template/{name}@custom")


# --- several nodes ---


def test_nodes_that_die_or_hang_cost_no_record(pipeline, proxies):
    good, dying, hanging = proxies(), proxies(), proxies()
    release = threading.Event()

    def die(request):
        if request.is_bulk and request.number > 1:
            raise Drop

    def hang(request):
        if request.is_bulk:
            release.wait(20)
            raise Drop

    dying.fault, hanging.fault = die, hang
    pipeline.kafka.create_topic(pipeline.topic)
    indexer = pipeline.indexer(
        config={"batch": {"max_records": 50}},
        ALPEX_ELASTICSEARCH_URLS=f"{dying.url},{hanging.url},{good.url}",
        ALPEX_ELASTICSEARCH_TIMEOUT_MS="2s",
    ).start()
    try:
        pipeline.kafka.produce(pipeline.topic, records.messages(range(2000)))
        pipeline.assert_exactly_once(range(2000), timeout_s=30)
        assert good.bulk_count > 10 * (hanging.bulk_count - 1), (good.bulk_count, hanging.bulk_count)
        assert indexer.metrics().value("indexer_elasticsearch_breaker_state") == 0
    finally:
        release.set()


# --- credentials and certificates ---


def not_ready_because(indexer, text, pipeline):
    wait_for(
        lambda: text in indexer.readiness(),
        30,
        lambda: f"'{text}' as a reason, not {indexer.readiness()}",
        pipeline.log_tails,
    )


def test_password_that_is_mended_is_read_again(pipeline, proxies, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("wrong-one\n")
    right = "Basic aW5kZXhlcjpyaWdodC1vbmU="  # indexer:right-one
    proxy = proxies()
    denied = json.dumps({"error": {"type": "security_exception", "reason": "no"}, "status": 401}).encode()
    proxy.fault = lambda request: (
        None if request.headers["Authorization"] == right else (401, {"Content-Type": "application/json"}, denied)
    )
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT)))
    indexer = pipeline.indexer(
        config={"elasticsearch": {"username": "indexer", "password": f"${{file:{secret}}}"}},
        ALPEX_ELASTICSEARCH_URLS=proxy.url,
    ).start()
    not_ready_because(indexer, "401", pipeline)
    assert pipeline.kafka.committed(pipeline.group, pipeline.topic) == {}
    secret.write_text("right-one\n")
    indexer.signal(signal.SIGHUP)
    pipeline.assert_exactly_once(range(COUNT))
    secret.write_text("wrong-one\n")  # what works is not touched while it works
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT, COUNT + 10)))
    pipeline.assert_exactly_once(range(COUNT + 10))
    assert "right-one" not in indexer.log_text() and "wrong-one" not in indexer.log_text()


def test_pinned_authority_is_trusted_and_no_other(pipeline, proxies, tmp_path):
    authority, other = tls.Authority(tmp_path / "tls", "ours"), tls.Authority(tmp_path / "tls", "other")
    pin = tmp_path / "pin"
    pin.write_text(other.fingerprint)
    proxy = proxies(tls.server_context(*authority.issue("elastic")))
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT)))
    indexer = pipeline.indexer(
        config={"elasticsearch": {"ca_fingerprint": f"${{file:{pin}}}"}}, ALPEX_ELASTICSEARCH_URLS=proxy.url
    ).start()
    not_ready_because(indexer, "ca_fingerprint", pipeline)
    assert proxy.bulk_count == 0
    spelled = authority.fingerprint.upper()
    pin.write_text(":".join(spelled[i : i + 2] for i in range(0, 64, 2)))
    indexer.signal(signal.SIGHUP)
    pipeline.assert_exactly_once(range(COUNT))
    assert proxy.bulk_count > 0


def test_pin_does_not_replace_the_servers_name(pipeline, proxies, tmp_path):
    authority = tls.Authority(tmp_path / "tls", "ours")
    proxy = proxies(tls.server_context(*authority.issue("elastic")))
    indexer = pipeline.indexer(
        ALPEX_ELASTICSEARCH_URLS=proxy.url.replace("127.0.0.1", "localhost"),
        ALPEX_ELASTICSEARCH_CA_FINGERPRINT=authority.fingerprint,
    ).start()
    not_ready_because(indexer, "localhost", pipeline)
    assert "certificate" in indexer.readiness().lower() or "SSL" in indexer.readiness(), indexer.readiness()


def test_client_certificate_that_is_replaced_is_used(pipeline, proxies, tmp_path):
    authority, other = tls.Authority(tmp_path / "tls", "ours"), tls.Authority(tmp_path / "tls", "other")
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"

    def use(made):
        for source, target in zip(made, (certificate, key)):
            target.write_text(pathlib.Path(source).read_text())

    use(other.issue("client"))
    proxy = proxies(tls.server_context(*authority.issue("elastic"), authority))
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT)))
    indexer = pipeline.indexer(
        config={
            "elasticsearch": {
                "ca_file": str(authority.certificate),
                "certificate_file": str(certificate),
                "key_file": str(key),
            }
        },
        ALPEX_ELASTICSEARCH_URLS=proxy.url,
    ).start()
    not_ready_because(indexer, proxy.url, pipeline)
    assert proxy.bulk_count == 0
    use(authority.issue("client"))
    pipeline.assert_exactly_once(range(COUNT))
