"""SIGHUP: another configuration without losing or doubling a line; /status and `shipper status`."""

import json
import random
import signal
import socket
import time

from support import access_log
from support.ports import free_port
from support.programs import run_cli
from support.waiting import wait_for


def file_input(path, **more):
    return {"type": "file", "paths": [str(path)], "format": "apache-combined", **more}


def start(pipeline, inputs, **config):
    shipper = pipeline._program(
        "shipper", "shipper", {"inputs": inputs, **config}, pipeline.shipper_environment()
    )
    return shipper.start(wait_ready=True)


def reload(pipeline, shipper, inputs, result="ok", **config):
    before = shipper.metrics().value("shipper_config_reloads_total", result=result)
    content = inputs if isinstance(inputs, str) else json.dumps({"inputs": inputs, **config}, indent=2)
    (pipeline.folder / "shipper.yaml").write_text(content)
    shipper.signal(signal.SIGHUP)
    wait_for(
        lambda: shipper.metrics().value("shipper_config_reloads_total", result=result) > before,
        20,
        f"a reload that ends {result}",
        shipper.log_tail,
    )


def records(pipeline):
    return [json.loads(message.value()) for message in pipeline.kafka.consume(pipeline.topic)]


def sequence_numbers(pipeline):
    return [int(record["url"]["query"].removeprefix("seq=")) for record in records(pipeline)]


def wait_lines(shipper, count):
    wait_for(
        lambda: shipper.metrics().value("shipper_records_acknowledged_total") >= count,
        30,
        f"{count} records",
        shipper.log_tail,
    )


def test_inputs_come_and_go_while_lines_are_written(pipeline):
    """Seeded: files join and leave again and again; each line of each file arrives once."""
    seed = random.randrange(1 << 32)
    print("seed", seed)
    dice = random.Random(seed)
    paths = [pipeline.logs / f"site{number}.log" for number in range(4)]
    for path in paths:
        path.touch()
    shipper = start(pipeline, [file_input(path) for path in paths])
    writer = pipeline.writer(*paths, lines_per_s=3000)
    for _ in range(15):
        chosen = dice.sample(paths, dice.randrange(1, 5))
        reload(pipeline, shipper, [file_input(path, dataset=dice.choice(["a.access", "b.access"])) for path in chosen])
        time.sleep(dice.random() / 2)
    reload(pipeline, shipper, [file_input(path) for path in paths])
    count = len(writer.stop())
    wait_lines(shipper, count)
    assert shipper.terminate() == 0
    found = sequence_numbers(pipeline)
    assert sorted(found) == list(range(count))


def test_formats_and_datasets_change(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(10))
    shipper = start(pipeline, [file_input(path, dataset="old.access")])
    wait_lines(shipper, 10)
    reload(pipeline, shipper, [file_input(path, dataset="new.access", keep_original=True)])
    access_log.write(path, range(10, 20))
    wait_lines(shipper, 20)
    found = records(pipeline)
    assert [record["event"]["dataset"] for record in found] == ["old.access"] * 10 + ["new.access"] * 10
    assert all("original" in record["event"] for record in found[10:])


def test_a_wrong_configuration_changes_nothing_and_is_explained(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(10))
    shipper = start(pipeline, [file_input(path)])
    wait_lines(shipper, 10)
    for wrong, words in (
        ("inputs: [", "shipper.yaml:2: not valid YAML"),
        (json.dumps({"inputs": [file_input(path, format="nope")]}, indent=1), "unknown format 'nope'"),
    ):
        reload(pipeline, shipper, wrong, result="failed")
        assert words in shipper.log_text() and "stays as it was" in shipper.log_text()
    access_log.write(path, range(10, 20))
    wait_lines(shipper, 20)
    assert shipper.is_ready()


def test_what_cannot_change_is_refused(pipeline):
    path = pipeline.logs / "access.log"
    environment = pipeline.shipper_environment()
    listen = f"127.0.0.1:{free_port()}"
    del environment["ALPEX_HTTP_LISTEN"]
    shipper = pipeline._program(
        "shipper", "shipper", {"inputs": [file_input(path)], "http": {"listen": listen}}, environment
    ).start(wait_ready=True)
    reload(pipeline, shipper, [file_input(path)], result="failed", http={"listen": f"127.0.0.1:{free_port()}"})
    assert "a new 'http.listen' needs a restart" in shipper.log_text()


def test_an_open_connection_outlives_a_reload_that_does_not_concern_it(pipeline):
    port, path = free_port(), pipeline.logs / "access.log"
    syslog = {"type": "syslog", "listen": [f"tcp://127.0.0.1:{port}"], "format": "syslog"}
    shipper = start(pipeline, [syslog])
    with socket.create_connection(("127.0.0.1", port)) as sender:
        for number in range(10):
            sender.sendall(b"<34>1 2026-11-21T12:00:00Z h a - - - message %d\n" % number)
            reload(pipeline, shipper, [syslog] + ([file_input(path)] if number % 2 else []))
        sender.sendall(b"<34>1 2026-11-21T12:00:00Z h a - - - the last\n")
        wait_lines(shipper, 11)
    texts = [record["message"] for record in records(pipeline)]
    assert sorted(texts) == sorted([f"message {number}" for number in range(10)] + ["the last"])


def test_an_address_that_is_taken_leaves_the_rest_working(pipeline):
    path = pipeline.logs / "access.log"
    shipper = start(pipeline, [file_input(path)])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        syslog = {"type": "syslog", "listen": [f"tcp://127.0.0.1:{taken.getsockname()[1]}"], "format": "syslog"}
        reload(pipeline, shipper, [file_input(path), syslog], result="failed")
        assert "cannot listen" in shipper.log_text()
        wait_for(lambda: not shipper.is_ready(), 5, "readiness to say so")
        access_log.write(path, range(10))
        wait_lines(shipper, 10)
    reload(pipeline, shipper, [file_input(path), syslog])
    shipper.wait_ready()


def test_with_kafka_away_a_reload_waits_for_what_is_under_way(pipeline, stack):
    path, other = pipeline.logs / "access.log", pipeline.logs / "other.log"
    access_log.write(path, range(100))
    shipper = start(pipeline, [file_input(path)])
    wait_lines(shipper, 100)
    stack.pause("kafka")
    access_log.write(path, range(100, 200))
    access_log.write(other, range(200, 300))
    time.sleep(1)
    (pipeline.folder / "shipper.yaml").write_text(json.dumps({"inputs": [file_input(other)]}))
    shipper.signal(signal.SIGHUP)
    time.sleep(1)
    shipper.check_running()
    stack.start("kafka")
    wait_lines(shipper, 300)
    assert sorted(sequence_numbers(pipeline)) == list(range(300))


def test_status_tells_of_each_file(pipeline):
    paths = [pipeline.logs / f"site{number}.log" for number in range(3)]
    for number, path in enumerate(paths):
        access_log.write(path, range(number * 100, number * 100 + 50))
    shipper = start(pipeline, [file_input(pipeline.logs / "*.log")])
    wait_lines(shipper, 150)
    answer = run_cli("shipper", "status", "--url", f"http://127.0.0.1:{shipper.port}", "--json")
    assert answer.returncode == 0, answer.text
    status = json.loads(answer.stdout)
    assert status["agent"] == f"agent-{pipeline.name}" and status["pid"] == shipper.pid
    found = {stream["path"]: stream for stream in status["streams"]}
    assert set(found) == {str(path) for path in paths}
    for path in paths:
        stream = found[str(path)]
        assert stream["size"] == stream["offset"] == stream["acknowledged"] == path.stat().st_size
        assert stream["lag_bytes"] == 0 and stream["lines"] == 50 and stream["input"] == "file"
    url = f"http://127.0.0.1:{shipper.port}"
    table = run_cli("shipper", "status", "--url", url)
    assert all(str(path)[-20:] in table.text for path in paths) and "100.0%" in table.text
    shipper.kill()
    gone = run_cli("shipper", "status", "--url", url)
    assert gone.returncode == 1 and "Is the agent running?" in gone.text


def test_status_answers_many_at_once(pipeline):
    shipper = start(pipeline, [file_input(pipeline.logs / "*.log")])
    for _ in range(50):
        assert shipper.get("/status")[0] == 200
