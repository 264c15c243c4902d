"""What both programs answer by HTTP: metrics, health, and everything that is not there."""

import json
import re

import pytest

from support import access_log, records
from support.waiting import wait_for

REQUIRED = {
    "logs_processed_total": "counter",
    "logs_failed_total": "counter",
    "log_processing_seconds": "histogram",
    "active_connections": "gauge",
    "kafka_consumer_lag": "gauge",
    "elasticsearch_errors_total": "counter",
}


@pytest.fixture(scope="module")
def programs(module_pipeline):
    """Both programs, running and ready, with a little work done."""
    pipeline = module_pipeline
    path = pipeline.logs / "access.log"
    access_log.write(path, range(20))
    started = {"indexer": pipeline.indexer(), "shipper": pipeline.shipper(path)}
    for each in started.values():
        each.start(wait_ready=True)
    pipeline.assert_exactly_once(range(20))
    return started


@pytest.fixture(params=["shipper", "indexer"])
def program(request, programs):
    return programs[request.param]


def test_metrics_are_strict_prometheus_text_and_carry_the_program_in_their_names(program):
    metrics = program.metrics()
    assert metrics.types
    for name, kind in metrics.types.items():
        assert name in REQUIRED or name.startswith((f"{program.name}_", "process_")), name
        assert kind != "counter" or name.endswith("_total"), name
        assert metrics.helps.get(name), f"no HELP for {name}"
    _, headers, _ = program.get("/metrics")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_required_metrics_of_the_indexer_move(pipeline):
    pipeline.kafka.create_topic(pipeline.topic)
    indexer = pipeline.indexer().start(wait_ready=True)
    before = indexer.metrics()
    for name, kind in REQUIRED.items():
        assert before.types.get(name) == kind, name
    pipeline.kafka.produce(pipeline.topic, records.messages(range(200)))
    pipeline.assert_exactly_once(range(200))
    wait_for(lambda: indexer.metrics().value("kafka_consumer_lag") == 0, 15, "a lag of 0", pipeline.log_tails)
    after = indexer.metrics()
    assert after.value("logs_processed_total") - before.value("logs_processed_total") == 200
    assert after.value("logs_failed_total") == 0
    assert after.value("log_processing_seconds_count") > 0


def test_the_shipper_counts_what_it_ships(pipeline):
    path = pipeline.logs / "access.log"
    shipper = pipeline.shipper(path).start()
    access_log.write(path, range(100))
    for name in ("shipper_lines_read_total", "shipper_lines_parsed_total", "shipper_records_acknowledged_total"):
        wait_for(lambda name=name: shipper.metrics().value(name) == 100, 20, f"{name} to be 100", pipeline.log_tails)
    assert shipper.metrics().value("shipper_bytes_read_total") == path.stat().st_size


def test_no_label_names_a_file_a_client_or_a_path(program):
    text = program.get("/metrics")[2].decode()
    assert "access.log" not in text and "192.0.2" not in text and "/item" not in text


def test_alive_and_ready(program):
    for path in ("/healthz", "/readyz"):
        status, headers, body = program.get(path)
        assert status == 200, body
        assert headers["Content-Type"].startswith("application/json")
        answer = json.loads(body)
        assert answer["status"] == "ok"
        assert all(check["ok"] for check in answer["checks"])


def test_ready_only_when_all_conditions_are_known(programs):
    """The port is open before the last of them is added: "start" holds until then."""
    for name, expected in {"shipper": {"start", "kafka"}, "indexer": {"start", "kafka", "elasticsearch"}}.items():
        checks = json.loads(programs[name].get("/readyz")[2])["checks"]
        names = [check["name"] for check in checks]
        assert expected <= set(names)
        assert names.index("start") < names.index("kafka"), "added before the port is open"


def test_head_gives_the_headers_only(program):
    for path in ("/metrics", "/healthz", "/readyz"):
        status, headers, body = program.get(path, "HEAD")
        assert status == 200 and body == b""
        assert "Content-Type" in headers


@pytest.mark.parametrize(
    "path", ["/nothing", "/metrics/", "/healthz/x", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/?x=y"]
)
def test_unknown_address_is_a_404_problem(program, path):
    status, headers, body = program.get(path)
    if path == "/?x=y" and status == 200:
        return  # something lives at the root
    assert status in (404, 400), body
    assert headers["Content-Type"].startswith("application/problem+json")
    problem = json.loads(body)
    assert problem["status"] == status and problem["title"]
    assert b"root:" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_method_is_a_405_problem_that_says_what_is_allowed(program, method):
    status, headers, body = program.get("/metrics", method)
    assert status == 405
    assert {"GET", "HEAD"} <= set(re.split(r",\s*", headers["Allow"]))
    assert headers["Content-Type"].startswith("application/problem+json")
    assert json.loads(body)["status"] == 405


def test_port_that_is_taken_is_refused_with_a_hint(program, pipeline):
    taken = f"127.0.0.1:{program.port}"
    second = pipeline.indexer(name="second", ALPEX_HTTP_LISTEN=taken).start()
    assert second.wait_exit(20) in (1, 2)
    assert taken in second.log_text() and "another" in second.log_text()
    program.check_running()


def test_no_listener_when_the_address_is_empty(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(10))
    shipper = pipeline.shipper(path, ALPEX_HTTP_LISTEN="").start()
    wait_for(
        lambda: pipeline.topic in pipeline.kafka.admin.list_topics(timeout=10).topics,
        20,
        "the topic",
        pipeline.log_tails,
    )
    wait_for(
        lambda: sum(pipeline.kafka.end_offsets(pipeline.topic).values()) == 10, 20, "10 messages", pipeline.log_tails
    )
    shipper.check_running()
    assert "listening on" not in shipper.log_text()


def test_without_kafka_it_lives_but_is_not_ready_and_says_why(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(10))
    for program in (
        pipeline.shipper(path, ALPEX_KAFKA_BROKERS="127.0.0.1:1"),
        pipeline.indexer(ALPEX_KAFKA_BROKERS="127.0.0.1:1"),
    ):
        program.start()
        assert program.get("/readyz")[0] == 503, "as soon as it can be asked"
        wait_for(
            lambda program=program: "kafka" in program.readiness().lower(),
            30,
            lambda program=program: f"Kafka as a reason, not {program.readiness()}",
            pipeline.log_tails,
        )
        status, _, body = program.get("/readyz")
        assert status == 503
        failed = [check for check in json.loads(body)["checks"] if not check["ok"]]
        assert failed and all(check["name"] and check["reason"] for check in failed)
        assert program.get("/healthz")[0] == 200


def test_without_elasticsearch_the_indexer_lives_but_is_not_ready(pipeline):
    pipeline.kafka.create_topic(pipeline.topic)
    indexer = pipeline.indexer(ALPEX_ELASTICSEARCH_URLS="http://127.0.0.1:1").start()
    wait_for(
        lambda: "127.0.0.1:1" in indexer.readiness(),
        20,
        lambda: f"the address as a reason, not {indexer.readiness()}",
        pipeline.log_tails,
    )
    assert indexer.get("/readyz")[0] == 503 and indexer.get("/healthz")[0] == 200


def test_terminated_programs_leave_in_order(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(20))
    for program in (pipeline.indexer(), pipeline.shipper(path)):
        program.start(wait_ready=True)
        assert program.terminate(20) == 0, program.log_tail()
