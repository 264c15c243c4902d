"""Lines that come by network or pipe: everything that was acknowledged is in Kafka, whatever is killed."""

import gzip
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time

import pytest

from support.ports import free_port
from support.waiting import wait_for


def messages_of(pipeline):
    return [json.loads(message.value()) for message in pipeline.kafka.consume(pipeline.topic)]


def wait_records(pipeline, count, timeout_s=30):
    def there():
        topics = pipeline.kafka.admin.list_topics(timeout=10).topics
        return pipeline.topic in topics and sum(pipeline.kafka.end_offsets(pipeline.topic).values()) >= count

    wait_for(there, timeout_s, f"{count} messages", pipeline.log_tails, interval_s=0.1)
    return messages_of(pipeline)


def shipper_with(pipeline, *inputs, config=None, name="shipper", **environment):
    content = {"inputs": list(inputs), **(config or {})}
    return pipeline._program("shipper", name, content, pipeline.shipper_environment(**environment))


def texts(records):
    return sorted(record["message"] for record in records)


def post(port, body, kind="text/plain", method="POST", path="/ingest", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or "null"), answer.headers
    finally:
        connection.close()


# --- standard input ---


def test_what_is_piped_in_arrives_and_the_end_of_the_pipe_is_the_end(pipeline):
    shipper = shipper_with(pipeline, {"type": "stdin", "format": "text"})
    shipper.start(stdin=subprocess.PIPE)
    shipper.process.stdin.write(b"".join(b"line %d\n" % number for number in range(5000)) + b"no newline")
    shipper.process.stdin.close()
    assert shipper.wait_exit() == 0
    records = messages_of(pipeline)
    assert texts(records) == sorted([f"line {number}" for number in range(5000)] + ["no newline"])
    assert len({record["event"]["id"] for record in records}) == 5001
    assert not list((pipeline.folder / "state" / "spool").rglob("*.log")), "what Kafka has is not kept"


def test_a_kill_loses_nothing_that_was_read_from_the_pipe(pipeline, stack):
    """Kafka is away: lines wait on disk, and the next start ships them."""
    shipper = shipper_with(pipeline, {"type": "stdin", "format": "text"})
    stack.pause("kafka")
    shipper.start(stdin=subprocess.PIPE)
    shipper.process.stdin.write(b"".join(b"line %d\n" % number for number in range(2000)))
    shipper.process.stdin.flush()

    def kept():
        spool = pipeline.folder / "state" / "spool" / "stdin"
        return sum(path.read_bytes().count(b"\n") for path in spool.glob("*.log")) == 2000

    wait_for(kept, 20, "2000 lines on disk", pipeline.log_tails)
    shipper.kill()
    stack.start("kafka")
    shipper.start(stdin=subprocess.PIPE)
    shipper.process.stdin.write(b"one more\n")
    shipper.process.stdin.close()
    assert shipper.wait_exit() == 0
    assert texts(messages_of(pipeline)) == sorted([f"line {number}" for number in range(2000)] + ["one more"])


# --- syslog ---


def certificate(folder):
    """A self-signed one for 127.0.0.1, made by the openssl command."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
    )
    return folder / "cert.pem", folder / "key.pem"


def test_syslog_by_udp_tcp_and_tls(pipeline):
    ports = [free_port(), free_port(), free_port()]
    cert, key = certificate(pipeline.folder)
    shipper = shipper_with(
        pipeline,
        {
            "type": "syslog",
            "listen": [f"udp://127.0.0.1:{ports[0]}", f"tcp://127.0.0.1:{ports[1]}", f"tls://127.0.0.1:{ports[2]}"],
            "certificate_file": str(cert),
            "key_file": str(key),
            "format": "syslog",
        },
    ).start(wait_ready=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number in range(100):
            udp.sendto(b"<34>1 2026-11-21T12:00:00Z host app - - - udp %d\n" % number, ("127.0.0.1", ports[0]))
        udp.sendto(b"<34>1 2026-11-21T12:00:00Z host app - - - two\nlines", ("127.0.0.1", ports[0]))
        udp.sendto(b"", ("127.0.0.1", ports[0]))
        sender = f"127.0.0.1:{udp.getsockname()[1]}"
    with socket.create_connection(("127.0.0.1", ports[1])) as tcp:
        for number in range(100):
            message = b"<34>1 2026-11-21T12:00:00Z host app - - - counted %d" % number
            tcp.sendall(b"%d %s" % (len(message), message))
            tcp.sendall(b"<34>1 2026-11-21T12:00:00Z host app - - - line %d\n" % number)
        tcp.sendall(b"<34>1 2026-11-21T12:00:00Z host app - - - without end")
    context = ssl.create_default_context(cafile=cert)
    with socket.create_connection(("127.0.0.1", ports[2])) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as tls:
            for number in range(100):
                message = b"<34>1 2026-11-21T12:00:00Z host app - - - tls %d" % number
                tls.sendall(b"%d %s" % (len(message), message))
    records = wait_records(pipeline, 402)
    expected = [f"{kind} {number}" for kind in ("udp", "counted", "line", "tls") for number in range(100)]
    assert texts(records) == sorted(expected + ["two\nlines", "without end"])
    one = next(record for record in records if record["message"] == "udp 7")
    assert one["log"]["source"]["address"] == sender
    assert one["log"]["syslog"]["appname"] == "app"
    assert "_parsefailure" not in one.get("tags", [])
    assert shipper.terminate() == 0


def test_tls_takes_only_clients_with_a_certificate_when_asked_to(pipeline):
    port = free_port()
    cert, key = certificate(pipeline.folder)
    shipper = shipper_with(
        pipeline,
        {
            "type": "syslog",
            "listen": [f"tls://127.0.0.1:{port}"],
            "certificate_file": str(cert),
            "key_file": str(key),
            "client_ca_file": str(cert),
            "format": "syslog",
        },
    ).start(wait_ready=True)
    message = b"<34>1 2026-11-21T12:00:00Z host app - - - %s\n"
    for with_certificate in (False, True):
        context = ssl.create_default_context(cafile=cert)
        if with_certificate:
            context.load_cert_chain(cert, key)
        with socket.create_connection(("127.0.0.1", port)) as plain:
            try:
                with context.wrap_socket(plain, server_hostname="127.0.0.1") as tls:
                    tls.sendall(message % (b"known" if with_certificate else b"unknown"))
            except OSError:
                assert not with_certificate
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(message % b"no tls at all")
    records = wait_records(pipeline, 1)
    time.sleep(0.5)
    assert texts(messages_of(pipeline)) == ["known"], records
    shipper.check_running()


def test_slow_and_endless_senders_do_no_harm(pipeline):
    port = free_port()
    shipper = shipper_with(
        pipeline,
        {"type": "syslog", "listen": [f"tcp://127.0.0.1:{port}"], "connections_max": 20, "format": "syslog"},
        config={"line_max_bytes": "4KiB"},
    ).start(wait_ready=True)
    before = shipper.memory_kb()
    with socket.create_connection(("127.0.0.1", port)) as endless:
        for _ in range(400):
            endless.sendall(b"x" * 65536)  # 25 MiB without a newline
        endless.sendall(b"\n<34>1 2026-11-21T12:00:00Z host app - - - afterwards\n")
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    for connection in crowd[:19]:
        connection.sendall(b"<34>1 2026-11-21T12:00:00Z host app - - - one of many")
    for connection in crowd:
        connection.close()
    records = wait_records(pipeline, 2)
    assert records[0]["tags"] == ["_parsefailure", "_truncated"] and len(records[0]["message"]) == 4096
    assert "afterwards" in texts(records)
    assert shipper.memory_kb() - before < 20000
    assert shipper.metrics().value("shipper_network_connections_refused_total") > 0


def test_a_full_spool_holds_tcp_senders_and_nothing_is_lost(pipeline, stack):
    port = free_port()
    shipper = shipper_with(
        pipeline,
        {"type": "syslog", "listen": [f"tcp://127.0.0.1:{port}"], "spool_max_bytes": "24MiB", "format": "text"},
        config={"delivery": {"memory_max_bytes": "1MiB"}},
    ).start(wait_ready=True)
    stack.pause("kafka")
    with socket.create_connection(("127.0.0.1", port)) as tcp:
        tcp.settimeout(3)
        sent, line = 0, b"%08d " + b"x" * 1000 + b"\n"
        try:
            while sent < 100000:
                tcp.sendall(line % sent)
                sent += 1
        except TimeoutError:
            pass
        assert sent < 100000, "the sender was never held"
        stack.start("kafka")
        tcp.settimeout(60)
        # What the time-out cut off in the middle is completed by a newline of its own.
        tcp.sendall(b"\n" + b"".join(line % number for number in range(sent + 1, sent + 501)))
    records = wait_records(pipeline, sent + 500, timeout_s=90)
    found = {int(record["message"][:8]) for record in records if len(record["message"]) == 1009}
    assert found >= set(range(sent)) | set(range(sent + 1, sent + 501))


# --- HTTP ---


@pytest.fixture
def ingest(pipeline):
    port = free_port()
    shipper = shipper_with(
        pipeline,
        {"type": "http", "listen": [f"127.0.0.1:{port}"], "token": "s3cret", "format": "json"},
        {"type": "http", "name": "raw", "listen": [f"127.0.0.1:{free_port()}"], "format": "text"},
    ).start(wait_ready=True)
    shipper.ingest_port = port
    return shipper


BEARER = {"Authorization": "Bearer s3cret"}


def test_http_takes_ndjson_arrays_text_and_gzip(pipeline, ingest):
    def send(body, kind="application/x-ndjson", **headers):
        status, answer, _ = post(ingest.ingest_port, body, kind, **BEARER, **headers)
        assert status == 200, answer
        return answer["accepted"]

    assert send(b'{"message":"a"}\n{"message":"b"}\n') == 2
    assert send(b'[{"message":"c"}, {"message":\n"d"}]', "application/json") == 2
    assert send(b'{"message":"e"}\r\n\r\nnot json', "text/plain; charset=utf-8") == 2
    assert send(gzip.compress(b'{"message":"f"}\n'), Content_Encoding="gzip") == 1
    assert send(b"", "application/json") == 0
    records = wait_records(pipeline, 7)
    assert texts(records) == ["a", "b", "c", "d", "e", "f", "not json"]
    assert all(record["log"]["source"]["address"].startswith("127.0.0.1:") for record in records)


def test_http_says_what_is_wrong_and_takes_nothing_of_it(pipeline, ingest):
    port = ingest.ingest_port
    good = b'{"message":"x"}\n'
    assert post(port, good)[0] == 401
    assert post(port, good, Authorization="Bearer s3cre")[0] == 401
    assert post(port, good, Authorization="Bearer s3cret2")[0] == 401
    assert post(port, good + b'{"message":', "application/json", **BEARER)[0] == 400
    assert post(port, b"x", Content_Encoding="gzip", **BEARER)[0] == 400
    assert post(port, b"x", Content_Encoding="br", **BEARER)[0] == 415
    assert post(port, gzip.compress(b"x" * (300 << 20)), Content_Encoding="gzip", **BEARER)[0] == 413
    assert post(port, None, method="GET", **BEARER)[0] == 405
    assert post(port, good, path="/metrics", **BEARER)[0] == 404, "the public listener serves lines only"
    status, problem, _ = post(port, good + b"{", "application/json", **BEARER)
    assert status == 400 and "value 2" in problem["detail"]
    assert "s3cret" not in ingest.log_text()
    assert post(port, b'{"message":"the only one"}', **BEARER)[0] == 200
    assert texts(wait_records(pipeline, 1)) == ["the only one"]


def test_http_an_idempotency_key_makes_repeating_safe(pipeline, ingest):
    for _ in range(3):
        assert post(ingest.ingest_port, b'{"message":"x"}', Idempotency_Key="k1", **BEARER)[1] == {"accepted": 1}
    assert post(ingest.ingest_port, b'{"message":"y"}', Idempotency_Key="k1", **BEARER)[1] == {"accepted": 1}
    assert texts(wait_records(pipeline, 2)) == ["x", "y"]


def test_http_what_was_acknowledged_survives_kafka_away_and_a_kill(pipeline, stack, ingest):
    stack.pause("kafka")
    accepted = 0
    for number in range(50):
        body = "".join(json.dumps({"message": f"{number}-{line}"}) + "\n" for line in range(20))
        status, answer, _ = post(ingest.ingest_port, body.encode(), "application/x-ndjson", **BEARER)
        assert status == 200
        accepted += answer["accepted"]
    ingest.kill()
    stack.start("kafka")
    ingest.start(wait_ready=True)
    records = wait_records(pipeline, accepted)
    # What Kafka got before the kill and had not said so comes again, with the same ids.
    by_id = {record["event"]["id"]: record["message"] for record in records}
    assert sorted(by_id.values()) == sorted(f"{number}-{line}" for number in range(50) for line in range(20))
    assert len(by_id) == accepted == 1000


def test_http_a_full_spool_says_try_again(pipeline, stack):
    port = free_port()
    shipper_with(
        pipeline,
        {"type": "http", "listen": [f"127.0.0.1:{port}"], "spool_max_bytes": "24MiB", "format": "text"},
        config={"delivery": {"memory_max_bytes": "1MiB"}},
    ).start(wait_ready=True)
    stack.pause("kafka")
    taken = refused = 0
    for number in range(400):
        status, _, headers = post(port, b"%08d " % number + b"x" * 200000)
        taken += status == 200
        if status == 429:
            refused += 1
            assert headers["Retry-After"] == "1"
        if refused > 3:
            break
    assert refused and taken
    stack.start("kafka")
    assert len(wait_records(pipeline, taken, timeout_s=60)) == taken
    wait_for(lambda: post(port, b"again")[0] == 200, 20, "room")


@pytest.mark.parametrize("kind", ["syslog", "http", "stdin"])
def test_a_spool_keeps_its_ids_when_the_checkpoint_is_lost(pipeline, kind):
    """Read again, the same lines have the same ids: the index sees them once."""
    port = free_port()
    more = {"syslog": {"listen": [f"tcp://127.0.0.1:{port}"]}, "http": {"listen": [f"127.0.0.1:{port}"]}}.get(kind, {})
    shipper = shipper_with(pipeline, {"type": kind, "format": "text", **more})
    shipper.start(wait_ready=True, stdin=subprocess.PIPE)
    if kind == "http":
        assert post(port, b"one\ntwo\n")[0] == 200
    elif kind == "syslog":
        with socket.create_connection(("127.0.0.1", port)) as tcp:
            tcp.sendall(b"one\ntwo\n")
    else:
        shipper.process.stdin.write(b"one\ntwo\n")
        shipper.process.stdin.flush()
    first = {record["event"]["id"] for record in wait_records(pipeline, 2)}
    shipper.kill()
    for path in (pipeline.folder / "state").iterdir():
        if path.is_file():
            path.unlink()
    shipper.start(wait_ready=True, stdin=subprocess.PIPE)
    again = wait_records(pipeline, 4)
    assert {record["event"]["id"] for record in again} == first and len(again) == 4


def test_what_two_inputs_may_not_share_is_refused(pipeline):
    shipper = shipper_with(
        pipeline,
        {"type": "syslog", "listen": ["udp://127.0.0.1:0"], "format": "syslog"},
        {"type": "syslog", "listen": ["tls://127.0.0.1:0"], "format": "syslog"},
        {"type": "http", "listen": ["0.0.0.0:0"], "format": "json"},
        {"type": "http", "name": "../x", "listen": ["https://127.0.0.1:1"], "format": "json"},
        {"type": "syslog", "name": "z", "listen": ["127.0.0.1:1"], "format": "syslog", "paths": ["/x"]},
    )
    assert shipper.start().wait_exit() == 2
    text = shipper.log_text()
    for part in (
        "inputs[1].name",
        "inputs[1].certificate_file",
        "inputs[1].key_file",
        "anybody could post",
        "folder's name",
        "inputs[3].listen",
        "inputs[4].listen",
        "inputs[4].paths",
    ):
        assert part in text, f"{part} is not in\n{text}"


def test_sighup_and_sigterm_end_nothing_early(pipeline):
    port = free_port()
    shipper = shipper_with(pipeline, {"type": "http", "listen": [f"127.0.0.1:{port}"], "format": "text"})
    shipper.start(wait_ready=True)
    for number in range(20):
        assert post(port, b"%d\n" % number)[0] == 200
        os.kill(shipper.pid, signal.SIGHUP)
    assert shipper.terminate() == 0
    assert len(messages_of(pipeline)) == 20
