"""What happens to records on their way: changed, left out, hidden, limited; and counted, each of it."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from support.ports import free_port
from support.programs import json_lines, run_cli
from support.waiting import wait_for

LINE = '%s - - [10/Oct/2000:13:55:36 +0000] "GET %s HTTP/1.1" %d 1 "%s" "%s"\n'


def line(path="/", status=200, client="192.0.2.1", referrer="-", agent="-"):
    return LINE % (client, path, status, referrer, agent)


def parse(tmp_path, text, config, *options):
    path = tmp_path / "shipper.yaml"
    path.write_text(json.dumps({"agent": {"id": "a"}, **config}))
    done = run_cli("shipper", "parse", "--config", path, *options, stdin=text.encode())
    assert done.returncode == 0, done.text
    return json_lines(done.stdout)


def shipper_with(pipeline, *inputs, config=None, **environment):
    content = {"inputs": list(inputs), **(config or {})}
    return pipeline._program("shipper", "shipper", content, pipeline.shipper_environment(**environment))


def count(pipeline):
    if pipeline.topic not in pipeline.kafka.admin.list_topics(timeout=10).topics:
        return 0
    return sum(pipeline.kafka.end_offsets(pipeline.topic).values())


def wait_records(pipeline, expected, timeout_s=30):
    wait_for(lambda: count(pipeline) >= expected, timeout_s, f"{expected} messages", pipeline.log_tails, interval_s=0.1)
    return [json.loads(message.value()) for message in pipeline.kafka.consume(pipeline.topic)]


def post(port, body, kind="text/plain"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/ingest", body, {"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- the command line ---


def test_parse_processes_as_the_configuration_says(tmp_path):
    processing = {
        "fields": [{"set": "labels.team", "value": "web"}, {"rename": "url.path", "to": "labels.path"}, {"tag": "edge"}],
        "keep": "status:>=400 or labels.path:/keep*",
        "drop": ["labels.path:/health*"],
        "redact": {"ip": "truncate"},
    }
    text = line("/a") + line("/keep/1") + line("/health", 500) + line("/b", 404)
    records = parse(tmp_path, text, {"processing": processing})
    assert [record["labels"]["path"] for record in records] == ["/keep/1", "/b"]
    assert all("path" not in record["url"] for record in records)
    assert all(record["labels"]["team"] == "web" and record["tags"] == ["edge"] for record in records)
    assert all(record["source"]["ip"] == "192.0.2.0" for record in records)


def test_parse_reads_lines_as_an_input_of_the_configuration_does(tmp_path):
    inputs = [
        {"type": "file", "paths": ["/a"], "format": "apache-combined"},
        {"type": "file", "name": "app", "paths": ["/b"], "format": "json", "drop": ["level:debug"], "keep_original": True},
    ]
    text = '{"message":"a","level":"debug"}\n{"message":"b","level":"info"}\n'
    for name in ("app", "1"):
        (record,) = parse(tmp_path, text, {"inputs": inputs}, "--input", name)
        assert record["message"] == "b" and record["event"]["original"]
    done = run_cli("shipper", "parse", "--config", tmp_path / "shipper.yaml", "--input", "other")
    assert done.returncode == 2 and "'other'" in done.text
    done = run_cli("shipper", "parse", "--input", "app")
    assert done.returncode == 2 and "--config" in done.text


def test_parse_takes_single_keys(tmp_path):
    done = run_cli("shipper", "parse", "--set", "processing.keep=status:404", stdin=(line() + line("/x", 404)).encode())
    assert done.returncode == 0, done.text
    assert [record["url"]["path"] for record in json_lines(done.stdout)] == ["/x"]


def test_the_query_of_the_command_line_sees_what_is_hidden_later(tmp_path):
    config = {"processing": {"redact": {"ip": "mask"}}}
    records = parse(tmp_path, line(client="10.1.2.3") + line(client="192.0.2.9"), config, "--query", "ip:10.0.0.0/8")
    assert [record["source"] for record in records] == [{"address": "[ip]"}]


def test_mistakes_in_rules_are_shown_in_their_place(tmp_path):
    path = tmp_path / "shipper.yaml"
    path.write_text("processing:\n  keep: 'status:200 and stats:404'\n  drop: ['@timestamp:>now-1h']\n  redact: {email: hash}\n")
    done = run_cli("shipper", "check-config", "--config", path)
    assert done.returncode == 2
    assert f'{path}:2: processing.keep: not a query, at character 16:' in done.text
    assert '               ^ There is no field "stats".' in done.text and 'Did you mean "status"?' in done.text
    assert f"{path}:3: processing.drop[0]" in done.text and '"now" has no meaning' in done.text
    assert "processing.redact.secret" in done.text and "${file:" in done.text


# --- rules, counted ---


def test_every_line_is_counted_where_it_went(pipeline):
    path = pipeline.logs / "access.log"
    paths = ["/health/1", "/health/2", "/debug", "/a", "/b", "/c"]
    path.write_text("".join(line(paths[number % 6], 500 if number % 2 else 200) for number in range(1200)) + "garbage\n")
    shipper = shipper_with(
        pipeline,
        {
            "type": "file",
            "paths": [str(path)],
            "format": "apache-combined",
            "drop": ["path:/debug"],
            "sample": [{"query": "path:/a", "percent": 20}],
        },
        config={"processing": {"keep": "path:* or tags:_parsefailure", "drop": ["path:/health*"], "redact": {"ip": "mask"}}},
    ).start(wait_ready=True)
    wait_for(lambda: shipper.metrics().value("shipper_lines_read_total") == 1201, 20, "all lines", pipeline.log_tails)
    metrics = shipper.metrics()
    sampled = metrics.value("shipper_lines_sampled_out_total", rule="inputs[0].sample[0]")
    assert metrics.value("shipper_lines_dropped_total", rule="processing.drop[0]") == 400
    assert metrics.value("shipper_lines_dropped_total", rule="inputs[0].drop[0]") == 200
    assert metrics.value("shipper_lines_dropped_total", rule="processing.keep") == 0
    assert 120 < sampled < 190
    shipped = 1201 - 600 - sampled
    records = wait_records(pipeline, shipped)
    assert len(records) == shipped
    assert metrics.value("shipper_lines_filtered_total") == 600 + sampled

    def settled():
        seen = shipper.metrics()
        return (
            seen.value("shipper_records_queued_total") == shipped
            and seen.value("shipper_records_acknowledged_total") == shipped
            and seen.value("shipper_lag_seconds") == 0
        )

    wait_for(settled, 10, "all to be acknowledged", pipeline.log_tails)
    assert metrics.value("shipper_values_redacted_total", kind="ip") >= shipped - 1


def test_lag_is_the_age_of_the_oldest_line_that_waits(pipeline, stack):
    path = pipeline.logs / "app.log"
    path.touch()
    shipper = shipper_with(pipeline, {"type": "file", "paths": [str(path)], "format": "json"}).start(wait_ready=True)
    stack.pause("kafka")
    written = time.time() - 100
    with open(path, "a") as log:
        log.write(json.dumps({"time": written, "message": "x"}) + "\n")
    wait_for(lambda: shipper.metrics().value("shipper_lag_seconds") >= 100, 20, "a lag", pipeline.log_tails)
    assert shipper.metrics().value("shipper_lag_seconds") < time.time() - written + 1
    stack.start("kafka")
    wait_for(lambda: shipper.metrics().value("shipper_lag_seconds") == 0, 30, "no lag", pipeline.log_tails)


def test_ship_and_a_reload_go_by_the_rules_too(pipeline):
    path = pipeline.logs / "access.log"
    path.write_text(line("/a") + line("/b") + line("/c"))
    config = pipeline.folder / "shipper.yaml"
    content = {"inputs": [{"type": "file", "paths": [str(path)], "format": "apache-combined"}]}

    def write(drop):
        config.write_text(json.dumps({**content, "processing": {"drop": drop}}))

    write(["path:/a"])
    done = run_cli("shipper", "ship", "--config", config, "--json", path, **pipeline.shipper_environment())
    assert done.returncode == 0 and json.loads(done.stdout)["acknowledged"] == 2, done.text
    shipper = shipper_with(pipeline, *content["inputs"], config={"processing": {"drop": ["path:/a"]}}).start(wait_ready=True)
    wait_records(pipeline, 4)
    write(["path:/b", "path:/c"])
    shipper.signal(signal.SIGHUP)
    wait_for(
        lambda: shipper.metrics().value("shipper_config_reloads_total", result="ok") == 1, 20, "the reload", pipeline.log_tails
    )
    with open(path, "a") as log:
        log.write(line("/a") + line("/b") + line("/c"))
    wait_for(lambda: shipper.metrics().value("shipper_lines_read_total") == 6, 20, "all lines", pipeline.log_tails)
    assert sorted(record["url"]["path"] for record in wait_records(pipeline, 5)) == ["/a", "/b", "/b", "/c", "/c"]
    write(["nonsense:x"])
    shipper.signal(signal.SIGHUP)
    wait_for(
        lambda: shipper.metrics().value("shipper_config_reloads_total", result="failed") == 1, 20, "a refusal", pipeline.log_tails
    )
    assert "nonsense" in shipper.log_text()


# --- nothing that is hidden gets out ---

SECRETS = ["203.0.113.77", "2001:db8::77:1", "planted@example.org", "4111111111111111", "hunter2secret", "planted%40example.org"]


def test_no_planted_secret_is_found_anywhere(pipeline):
    """In Kafka, the quarantine, the state and the log, by every way in."""
    ports = free_port(), free_port()
    pipeline.kafka.create_topic(pipeline.topic, 1, max_message_bytes=20_000)
    path = pipeline.logs / "access.log"
    url = "/a?token=hunter2secret&mail=planted%40example.org&card=4111111111111111&ip=2001:db8::77:1"
    agent = "Mozilla/5.0 (planted@example.org) Bearer hunter2secret1234567890"
    lines = [line(url, client="203.0.113.77", referrer="https://u:hunter2secret@x.org" + url, agent=agent)] * 50
    lines.append(line(url + "&" + "x" * 100_000, client="203.0.113.77"))  # too large for the broker
    lines.append("not a line planted@example.org password=hunter2secret from 203.0.113.77\n")
    path.write_text("".join(lines))
    text = 'Cookie: s=hunter2secret {"e":"planted@example.org","password":"hunter2secret","a":["203.0.113.77"]}'
    record = {
        "message": "planted@example.org",
        "password": {"x": "hunter2secret"},
        "nested": {"list": ["203.0.113.77", {"authorization": "Basic hunter2secret"}], "planted@example.org": 1},
        "number": 4111111111111111,
        "source": {"ip": "2001:db8::77:1"},
        "escaped": "planted\\u0040example.org",
    }
    common = {"keep_original": True}
    shipper = shipper_with(
        pipeline,
        {"type": "file", "paths": [str(path)], "format": "apache-combined", **common},
        {"type": "syslog", "listen": [f"udp://127.0.0.1:{ports[0]}"], "format": "syslog", **common},
        {"type": "http", "listen": [f"127.0.0.1:{ports[1]}"], "format": "json", **common},
        config={
            "processing": {
                "redact": {
                    "ip": "hash",
                    "email": "mask",
                    "cards": "mask",
                    "credentials": "mask",
                    "parameters": ["common"],
                    "secret": "${file:%s}" % (pipeline.folder / "key"),
                }
            }
        },
        ALPEX_KAFKA_COMPRESSION="none",
    )
    (pipeline.folder / "key").write_text("a key of more than sixteen bytes\n")
    shipper.start(wait_ready=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"<34>1 2026-11-21T12:00:00Z host app - - [x@1 ip=\"203.0.113.77\" password=\"hunter2secret\"] " + text.encode(), ("127.0.0.1", ports[0]))
    body = json.dumps(record).replace("\\\\u0040", "\\u0040")
    assert post(ports[1], body + "\n" + body, "application/x-ndjson")[0] == 200
    wait_records(pipeline, 54)
    quarantine = pipeline.folder / "state" / "quarantine.ndjson"
    wait_for(quarantine.exists, 10, "the quarantine", pipeline.log_tails)
    assert shipper.metrics().value("shipper_records_quarantined_total") == 1
    assert shipper.terminate() == 0
    messages = [message.value().decode() for message in pipeline.kafka.consume(pipeline.topic)]
    assert len(messages) == 54 and sum("hmac-" in message for message in messages) == 54
    places = {"kafka": "\n".join(messages), "log": shipper.log_text()}
    for file in (pipeline.folder / "state").rglob("*"):
        if file.is_file():
            places[str(file)] = file.read_text(errors="replace")
    for place, content in places.items():
        for secret in SECRETS:
            assert secret not in content, f"{secret} is in {place}"
    assert "[redacted]" in quarantine.read_text()


def test_the_spool_is_for_the_owner_only(pipeline, stack):
    port = free_port()
    stack.pause("kafka")
    shipper_with(pipeline, {"type": "http", "listen": [f"127.0.0.1:{port}"], "format": "text"}).start()
    wait_for(lambda: _answers(port), 20, "the listener", pipeline.log_tails)
    files = list((pipeline.folder / "state" / "spool").rglob("*.log"))
    assert files and all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in (pipeline.folder / "state" / "spool").iterdir())


def _answers(port):
    try:
        return post(port, "a line")[0] == 200
    except OSError:
        return False


def test_identities_do_not_depend_on_what_is_hidden(tmp_path):
    text = line(client="203.0.113.77")
    (plain,) = parse(tmp_path, text, {})
    (hidden,) = parse(tmp_path, text, {"processing": {"redact": {"ip": "mask"}}})
    assert plain["event"]["id"] == hidden["event"]["id"] and plain["source"] != hidden["source"]


# --- rate limits ---


def measure(pipeline, seconds):
    """Messages a second, from now on."""
    first, began = count(pipeline), time.monotonic()
    time.sleep(seconds)  # what is measured is a rate over time
    return (count(pipeline) - first) / (time.monotonic() - began)


def test_files_are_delayed_to_their_rate_and_others_are_not(pipeline):
    slow, fast = pipeline.logs / "slow.log", pipeline.logs / "fast.log"
    slow.write_text("".join(line(f"/slow/{number}") for number in range(20000)))
    shipper = shipper_with(
        pipeline,
        {"type": "file", "paths": [str(slow)], "format": "apache-combined", "rate_limit": {"lines_per_second": 500}},
        {"type": "file", "paths": [str(fast)], "format": "apache-combined"},
    ).start(wait_ready=True)
    wait_for(lambda: count(pipeline) > 100, 20, "the first lines", pipeline.log_tails)
    cpu = cpu_s(shipper.pid)
    assert measure(pipeline, 10) == pytest.approx(500, rel=0.03)
    assert cpu_s(shipper.pid) - cpu < 1.0, "it must not spin while it waits"
    fast.write_text("".join(line(f"/fast/{number}") for number in range(5000)))
    began = time.monotonic()

    def arrived():
        return shipper.metrics().value("shipper_lines_read_total") > 5000 + 500 * (time.monotonic() - began)

    wait_for(arrived, 5, "the other file", pipeline.log_tails)
    metrics = shipper.metrics()
    assert metrics.value("shipper_rate_limit_pauses_total", input="inputs[0]") > 100
    assert metrics.value("shipper_lines_rate_limited_total", input="inputs[0]") == 0
    assert metrics.value("shipper_bytes_behind") > 100_000 and metrics.value("shipper_lag_seconds") > 0
    assert shipper.terminate() == 0  # soon, and goes on where it was
    records = [json.loads(message.value()) for message in pipeline.kafka.consume(pipeline.topic)]
    before = sum(record["url"]["path"].startswith("/slow/") for record in records)
    assert [r["url"]["path"] for r in records if "/slow/" in r["url"]["path"]] and before < 20000
    shipper.start()
    wait_for(lambda: count(pipeline) > 5000 + before + 200, 20, "more of it", pipeline.log_tails)
    paths = [json.loads(message.value())["url"]["path"] for message in pipeline.kafka.consume(pipeline.topic)]
    numbers = sorted({int(path.split("/")[2]) for path in paths if path.startswith("/slow/")})
    assert numbers == list(range(len(numbers))), "none is left out"


def test_bytes_are_limited_too(pipeline):
    path = pipeline.logs / "a.log"
    one = line("/" + "x" * 400)
    path.write_text(one * 20000)
    shipper_with(
        pipeline,
        {"type": "file", "paths": [str(path)], "format": "apache-combined"},
        config={"processing": {"rate_limit": {"bytes_per_second": 200 * len(one)}}},
    ).start(wait_ready=True)
    wait_for(lambda: count(pipeline) > 50, 20, "the first lines", pipeline.log_tails)
    assert measure(pipeline, 5) == pytest.approx(200, rel=0.05)


def test_files_drop_only_when_asked_and_say_it(pipeline):
    path = pipeline.logs / "a.log"
    path.write_text("".join(line(f"/{number}") for number in range(5000)))
    limit = {"lines_per_second": 100, "on_limit": "drop"}
    shipper = shipper_with(
        pipeline, {"type": "file", "name": "web", "paths": [str(path)], "format": "apache-combined", "rate_limit": limit}
    ).start(wait_ready=True)
    wait_for(lambda: shipper.metrics().value("shipper_lines_read_total") == 5000, 20, "the end", pipeline.log_tails)
    metrics = shipper.metrics()
    dropped = metrics.value("shipper_lines_rate_limited_total", input="web")
    assert dropped > 4000 and metrics.value("shipper_bytes_rate_limited_total", input="web") > 70 * dropped
    assert len(wait_records(pipeline, 5000 - dropped)) == 5000 - dropped
    assert metrics.value("shipper_lines_filtered_total") == dropped
    wait_for(lambda: f"{int(dropped)} lines of" in shipper.log_text(), 15, "the log to say so", pipeline.log_tails)


def test_the_pipe_is_delayed_and_nothing_is_lost(pipeline):
    shipper = shipper_with(
        pipeline, {"type": "stdin", "format": "text", "rate_limit": {"lines_per_second": 1000}}
    ).start(stdin=subprocess.PIPE)
    began = time.monotonic()
    shipper.process.stdin.write(b"".join(b"line %d\n" % number for number in range(5000)))
    shipper.process.stdin.close()
    assert shipper.wait_exit() == 0
    assert time.monotonic() - began > 4.5
    assert len({record["message"] for record in wait_records(pipeline, 5000)}) == 5000


def test_posting_too_much_is_answered_429_until_it_is_paid_for(pipeline):
    port = free_port()
    shipper = shipper_with(
        pipeline,
        {"type": "http", "listen": [f"127.0.0.1:{port}"], "format": "text", "rate_limit": {"lines_per_second": 100}},
    ).start(wait_ready=True)
    assert post(port, "line\n" * 300)[0] == 200  # as a whole
    status, headers = post(port, "line\n")
    assert status == 429 and 1 <= int(headers["Retry-After"]) <= 4
    wait_for(lambda: post(port, "line\n")[0] == 200, 10, "an accepted request", pipeline.log_tails)
    assert shipper.metrics().value("shipper_rate_limit_pauses_total", input="inputs[0]") >= 1
    assert len(wait_records(pipeline, 301)) == 301


def test_syslog_senders_wait_and_datagrams_are_dropped(pipeline):
    ports = free_port(), free_port()
    limit = {"lines_per_second": 1000}
    shipper = shipper_with(
        pipeline,
        {"type": "syslog", "name": "udp", "listen": [f"udp://127.0.0.1:{ports[0]}"], "format": "syslog", "rate_limit": limit},
        {"type": "syslog", "name": "tcp", "listen": [f"tcp://127.0.0.1:{ports[1]}"], "format": "syslog", "rate_limit": limit},
    ).start(wait_ready=True)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", ports[1])) as tcp:
        tcp.sendall(b"".join(b"<34>1 2026-11-21T12:00:00Z h a - - - tcp %d\n" % number for number in range(4000)))
        tcp.sendall(b"<34>1 2026-11-21T12:00:00Z h a - - - last")
    cpu = cpu_s(shipper.pid)

    def tcp_lines():
        records = [json.loads(message.value()) for message in pipeline.kafka.consume(pipeline.topic)]
        return [record["message"] for record in records if record["message"].startswith(("tcp", "last"))]

    wait_for(lambda: count(pipeline) >= 4001, 20, "all that was sent", pipeline.log_tails, interval_s=0.1)
    assert 3.7 < time.monotonic() - began < 8
    assert cpu_s(shipper.pid) - cpu < 1.5
    assert sorted(tcp_lines()) == sorted([f"tcp {number}" for number in range(4000)] + ["last"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number in range(3000):
            udp.sendto(b"<34>1 2026-11-21T12:00:00Z h a - - - udp %d" % number, ("127.0.0.1", ports[0]))
            if number % 50 == 0:
                time.sleep(0.005)  # the socket's own buffer is not what is tested

    def all_seen():
        metrics = shipper.metrics()
        limited = metrics.value("shipper_lines_rate_limited_total", input="udp")
        return limited > 1000 and limited + count(pipeline) - 4001 == 3000

    wait_for(all_seen, 10, "each datagram to be shipped or counted", pipeline.log_tails)
