"""The indexer in front of Elasticsearch: template, refusals, bad answers, dead letters."""

import email.utils
import json
import pathlib
import re
import threading
import time

import pytest

from support import records
from support.elastic import ElasticError
from support.fault_proxy import Drip, Drop, error_answer, json_answer
from support.stack import REPO
from support.waiting import wait_for

COUNT = 300


def headers_of(message):
    return {name: value.decode() for name, value in message.headers() or []}


def dead_letters(pipeline, count):
    """The messages of the dead letter topic, once there are `count`."""

    def enough():
        topics = pipeline.kafka.admin.list_topics(timeout=10).topics
        return pipeline.dlq_topic in topics and sum(pipeline.kafka.end_offsets(pipeline.dlq_topic).values()) >= count

    wait_for(enough, 60, f"{count} dead letters", pipeline.log_tails, interval_s=0.2)
    return pipeline.kafka.consume(pipeline.dlq_topic)


# --- the index template ---


def schema_fields():
    text = (pathlib.Path(REPO) / "common" / "record_fields.h").read_text()
    return re.findall(r'^FIELD\(\w+,\s+"([^"]+)",\s+(\w+),', text, re.M)


def test_template_maps_every_field_of_the_record(pipeline):
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.indexer().start().wait_ready()
    found = pipeline.elastic.templates_for(records.index_name(pipeline.prefix))
    assert len(found) == 1, found
    template = next(iter(found.values()))["template"]
    index = template["settings"]["index"]
    assert index["codec"] == "best_compression" and "refresh_interval" in index
    expected = {
        "DATE": {"date", "date_nanos"},
        "TEXT": {"text"},
        "RAW": {"keyword", "text", "wildcard"},
        "KEYWORD": {"keyword"},
        "LONG": {"long"},
        "BOOL": {"boolean"},
        "IP": {"ip"},
        "GEO": {"geo_point"},
        "LIST": {"keyword"},
        "OBJECT": {"flattened", "object"},
    }
    for name, kind in schema_fields():
        node = template["mappings"]
        for part in name.split("."):
            assert part in node["properties"], f"no mapping for {name}"
            node = node["properties"][part]
        assert node.get("type", "object") in expected[kind], (name, node)


def test_records_go_to_the_index_of_their_own_day(pipeline):
    import datetime

    days = [datetime.datetime(2024, 2, 29, 23, 59, 59), datetime.datetime(2026, 1, 1, 0, 0, 0)]
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.kafka.produce(
        pipeline.topic, [json.dumps(records.make(seq, when)).encode() for seq, when in enumerate(days)]
    )
    pipeline.indexer().start()
    pipeline.assert_exactly_once(range(2))
    assert pipeline.elastic.indices(pipeline.indices) == [records.index_name(pipeline.prefix, when) for when in days]


def test_what_is_stored_is_what_was_sent_and_where_it_came_from(pipeline):
    sent = records.make(1, labels={"some": "label"}, my_app={"own": [1, {"x": "y"}]})
    pipeline.kafka.create_topic(pipeline.topic, 1)
    pipeline.kafka.produce(pipeline.topic, [json.dumps(sent).encode()])
    pipeline.indexer().start()
    pipeline.assert_exactly_once([1])
    (hit,) = pipeline.elastic.documents(pipeline.indices)
    stored = hit["_source"]
    for name in ("message", "http", "labels", "my_app", "host"):
        assert stored[name] == sent[name]
    assert stored["kafka"] == {"partition": 0, "offset": 0}
    assert stored["event"]["ingested"] > sent["@timestamp"]


def test_addresses_times_and_sizes_can_be_searched(pipeline):
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.kafka.produce(pipeline.topic, records.messages(range(10)))
    pipeline.indexer().start()
    pipeline.assert_exactly_once(range(10))
    for query in (
        {"term": {"source.ip": "192.0.2.0/24"}},
        {"range": {"http.response.body.bytes": {"gte": 100}}},
        {"range": {"@timestamp": {"gte": "now-1h"}}},
        {"term": {"url.path": "/item"}},
        {"match": {"message": "GET"}},
    ):
        assert pipeline.elastic.count(pipeline.indices, query) == 10, query


# --- messages and documents that are refused for good ---


@pytest.mark.parametrize("raw", [b"not json", b"", b"[1]", b'{"a":', b"\xff\xfe\x00", b'"text"'], ids=repr)
def test_message_that_is_no_record_goes_to_the_dead_letters_unchanged(pipeline, raw):
    pipeline.kafka.create_topic(pipeline.topic, 1)
    pipeline.kafka.produce(pipeline.topic, [records.messages([0])[0], (b"the key", raw), records.messages([1])[0]])
    pipeline.indexer().start()
    pipeline.assert_exactly_once(range(2))
    (letter,) = dead_letters(pipeline, 1)
    assert (letter.value() or b"") == raw and letter.key() == b"the key"
    headers = headers_of(letter)
    assert headers["dlq.reason"] == "decode", headers
    assert any(pipeline.topic in value for value in headers.values()), headers
    assert pipeline.kafka.committed(pipeline.group, pipeline.topic) == {0: 3}


def test_failed_records_are_counted(pipeline):
    pipeline.kafka.create_topic(pipeline.topic, 1)
    pipeline.kafka.produce(pipeline.topic, [b"not json", *records.messages(range(5))])
    indexer = pipeline.indexer().start()
    pipeline.assert_exactly_once(range(5))
    wait_for(
        lambda: indexer.metrics().value("logs_failed_total") == 1, 10, "one failure in the metrics", pipeline.log_tails
    )
    assert indexer.metrics().value("logs_processed_total") >= 5


def conflicting_index(pipeline, field, mapped_type):
    """Today's index exists already, and takes `field` only as something else."""
    mapping = {"type": mapped_type}
    for part in reversed(field.split(".")):
        mapping = {"properties": {part: mapping}}
    pipeline.elastic.call("PUT", f"/{records.index_name(pipeline.prefix)}", {"mappings": mapping})


def test_mapping_conflict_in_a_side_field_is_stored_in_a_reduced_form(pipeline):
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.indexer().start().wait_ready()
    conflicting_index(pipeline, "process.name", "ip")
    odd = records.make(0, process={"name": "a process"})
    pipeline.kafka.produce(pipeline.topic, [json.dumps(odd).encode(), *records.messages(range(1, 20))])
    pipeline.wait_count(20)
    (hit,) = pipeline.elastic.documents(pipeline.indices, query={"term": {"_id": odd["event"]["id"]}})
    text = json.dumps(hit["_source"])
    assert "a process" in text, "what could not be mapped is kept as text"
    assert hit["_source"]["message"] == odd["message"] and hit["_source"]["@timestamp"] == odd["@timestamp"]
    assert any("_" in tag for tag in hit["_source"]["tags"]), "it says so"


def test_mapping_conflict_in_a_core_field_goes_to_the_dead_letters(pipeline):
    pipeline.kafka.create_topic(pipeline.topic, 1)
    pipeline.indexer().start().wait_ready()
    conflicting_index(pipeline, "message", "ip")
    sent = records.messages(range(5))
    pipeline.kafka.produce(pipeline.topic, sent)
    letters = dead_letters(pipeline, 5)
    assert sorted(letter.value() for letter in letters) == sorted(value for _, value in sent)
    for letter in letters:
        headers = headers_of(letter)
        assert headers["dlq.reason"] == "mapping"
        assert "400" in headers.values(), headers
    pipeline.wait_drained()
    assert pipeline.elastic.count(pipeline.indices) == 0


# --- Elasticsearch that cannot or will not, for a while ---


def test_read_only_index_is_waited_for(pipeline):
    pipeline.kafka.create_topic(pipeline.topic)
    indexer = pipeline.indexer().start()
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT)))
    pipeline.wait_count(COUNT)
    index = records.index_name(pipeline.prefix)
    pipeline.elastic.call("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": True})
    errors = indexer.metrics().value("elasticsearch_errors_total")
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT, 2 * COUNT)))
    wait_for(lambda: not indexer.is_ready(), 30, "the indexer not to be ready", pipeline.log_tails)
    assert "block" in indexer.readiness(), indexer.readiness()
    assert indexer.metrics().value("elasticsearch_errors_total") > errors
    assert pipeline.kafka.lag(pipeline.group, pipeline.topic) == COUNT
    pipeline.elastic.call("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": None})
    pipeline.assert_exactly_once(range(2 * COUNT))
    indexer.wait_ready()
    assert pipeline.dlq_topic not in pipeline.kafka.admin.list_topics(timeout=10).topics or not pipeline.kafka.consume(
        pipeline.dlq_topic
    )


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_hold_everything_until_they_are_accepted(pipeline, proxy, status):
    proxy.fault = lambda request: error_answer(status, "security_exception")
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT)))
    indexer = pipeline.indexer(
        ALPEX_ELASTICSEARCH_URLS=proxy.url,
        ALPEX_ELASTICSEARCH_USERNAME="indexer",
        ALPEX_ELASTICSEARCH_PASSWORD="wrong-secret",
    ).start()
    wait_for(
        lambda: str(status) in indexer.readiness(),
        30,
        lambda: f"{status} as a reason, not {indexer.readiness()}",
        pipeline.log_tails,
    )
    assert indexer.get("/healthz")[0] == 200
    assert pipeline.kafka.committed(pipeline.group, pipeline.topic) == {}
    assert "wrong-secret" not in indexer.log_text()
    proxy.fault = None
    pipeline.assert_exactly_once(range(COUNT))


def first_times(count, answer):
    """A fault for the first `count` bulk requests."""

    def fault(request):
        return answer(request) if 1 <= request.number <= count else None

    return fault


def item_errors(request, status, kind, every=1, forward=False):
    """An answer that refuses every n-th document; with `forward` they are stored all the same."""
    lines = request.body.split(b"\n")[:-1][::2]
    items = []
    for number, line in enumerate(lines):
        action = json.loads(line)["create"]
        refused = number % every == 0
        error = {"type": kind, "reason": "as told by the test"}
        items.append(
            {
                "create": {
                    "_index": action.get("_index"),
                    "_id": action["_id"],
                    "status": status if refused else 201,
                    **({"error": error} if refused else {}),
                }
            }
        )
    if forward:
        request.forward()
    return json_answer(200, {"took": 1, "errors": True, "items": items})


def lost_answer(request):
    request.forward()
    raise Drop


def cut_answer(request):
    status, headers, body = request.forward()
    return status, headers, body[: len(body) // 2]


def fewer_items(request):
    status, headers, body = request.forward()
    content = json.loads(body)
    content["items"] = content["items"][:1]
    return json_answer(200, content)


def no_answer(request):
    threading.Event().wait(4)  # longer than the indexer waits
    raise Drop


def changed_items(change):
    """The real answer, with its items changed."""

    def answer(request):
        status, headers, body = request.forward()
        content = json.loads(body)
        change(content["items"])
        return json_answer(status, content)

    return answer


def in_wrong_order(items):
    items.reverse()


def with_a_wrong_id(items):
    items[-1]["create"]["_id"] = "another"


def dripping(request):
    status, headers, body = request.forward()
    return status, headers, Drip(body)


def retry_after_date(request):
    when = email.utils.formatdate(time.time() + 2, usegmt=True)
    return json_answer(503, {}, **{"Retry-After": when})


FAULTS = {
    "429 for all": lambda request: error_answer(429, "es_rejected_execution_exception"),
    "429 with Retry-After": lambda request: json_answer(429, {}, **{"Retry-After": "1"}),
    "503 with Retry-After as a date": retry_after_date,
    "429 for some documents that are stored all the same": lambda request: item_errors(
        request, 429, "es_rejected_execution_exception", 3, True
    ),
    "verdicts in another order": changed_items(in_wrong_order),
    "a verdict for another document": changed_items(with_a_wrong_id),
    "answer that comes byte by byte": dripping,
    "429 for every document": lambda request: item_errors(request, 429, "es_rejected_execution_exception"),
    "503 for some documents that are stored all the same": lambda request: item_errors(
        request, 503, "unavailable_shards_exception", 3, True
    ),
    "500": lambda request: error_answer(500),
    "502 with HTML": lambda request: (502, {"Content-Type": "text/html"}, b"<html>bad gateway</html>"),
    "503": lambda request: error_answer(503, "cluster_block_exception"),
    "200 with HTML": lambda request: (200, {"Content-Type": "text/html"}, b"<html>please log in</html>"),
    "200 with nothing": lambda request: (200, {"Content-Type": "application/json"}, b""),
    "answer lost after it was stored": lost_answer,
    "answer cut in the middle": cut_answer,
    "verdicts missing": fewer_items,
    "time-out": no_answer,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_bad_answers_cost_time_and_nothing_else(pipeline, proxy, fault):
    proxy.fault = first_times(3, fault)
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT)))
    pipeline.indexer(ALPEX_ELASTICSEARCH_URLS=proxy.url, ALPEX_ELASTICSEARCH_TIMEOUT_MS="2s").start()
    pipeline.assert_exactly_once(range(COUNT))
    assert proxy.bulk_count > 3


def test_too_large_requests_are_split(pipeline, proxy):
    limit = 20_000
    proxy.fault = lambda request: error_answer(413) if request.is_bulk and len(request.body) > limit else None
    pipeline.kafka.create_topic(pipeline.topic, 1)
    huge = records.make(COUNT, labels={"text": "x" * limit})
    pipeline.kafka.produce(pipeline.topic, [*records.messages(range(COUNT)), json.dumps(huge).encode()])
    pipeline.indexer(ALPEX_ELASTICSEARCH_URLS=proxy.url).start()
    (letter,) = dead_letters(pipeline, 1)
    assert headers_of(letter)["dlq.reason"] == "too_large"
    pipeline.assert_exactly_once(range(COUNT))


def test_offsets_are_not_committed_before_elasticsearch_has_answered(pipeline, proxy):
    seen = threading.Event()
    release = threading.Event()

    def hold(request):
        if request.is_bulk:
            seen.set()
            release.wait(30)

    proxy.fault = hold
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.kafka.produce(pipeline.topic, records.messages(range(COUNT)))
    indexer = pipeline.indexer(ALPEX_ELASTICSEARCH_URLS=proxy.url).start()
    try:
        assert seen.wait(30), pipeline.log_tails()
        assert pipeline.kafka.committed(pipeline.group, pipeline.topic) == {}
        indexer.kill()
        assert pipeline.kafka.committed(pipeline.group, pipeline.topic) == {}
    finally:
        proxy.fault = None
        release.set()
    indexer.start()
    pipeline.assert_exactly_once(range(COUNT))


def test_existing_template_of_someone_else_is_left_alone(pipeline):
    """A template that the user put over ours by priority stays."""
    name = f"{pipeline.prefix}-own"
    own = {
        "index_patterns": [f"{pipeline.prefix}-*"],
        "priority": 900,
        "template": {"settings": {"number_of_shards": 1}},
    }
    pipeline.elastic.call("PUT", f"/_index_template/{name}", own)
    pipeline.kafka.create_topic(pipeline.topic)
    pipeline.indexer().start().wait_ready()
    try:
        kept = pipeline.elastic.call("GET", f"/_index_template/{name}")["index_templates"][0]["index_template"]
        assert kept["priority"] == 900
    except ElasticError as error:
        raise AssertionError("the user's template is gone") from error
