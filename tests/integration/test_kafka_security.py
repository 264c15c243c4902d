"""Both programs with TLS and SASL at a real broker: what works, what is said when it does not, what mends it."""

import json
import os
import pathlib
import secrets
import shutil
import signal

import pytest

from support import access_log
from support.kafka import Kafka
from support.programs import Program, run_cli
from support.stack import REPO, Stack
from support.waiting import pass_time, wait_for

WRONG = "hunter2-is-wrong"
CPU_SHARE_MAX = 0.15  # of a processor, while a broker cannot be used


@pytest.fixture(scope="module")
def broker():
    stack = Stack(services="kafka", secure=True)
    try:
        stack.up()
        yield stack
    finally:
        stack.wipe()


class Corner:
    """One test's topic, folder, certificates and programs."""

    def __init__(self, broker, folder):
        self.broker, self.folder = broker, folder
        self.kafka = Kafka(broker.brokers)
        self.topic = "t" + secrets.token_hex(5)
        self.kafka.create_topic(self.topic, 1)
        self.kafka.create_topic(f"{self.topic}.dlq", 1)
        self.tls = folder / "tls"
        shutil.copytree(broker.tls, self.tls)
        self.password = (self.tls / "password").read_text().strip()
        self.log = folder / "access.log"
        self.programs, self.written = [], 0

    # --- the ways to connect ---

    def ssl(self, brokers=None, ca="ca.pem"):
        return {"brokers": brokers or self.broker.tls_brokers, "security": "ssl", "ca_file": str(self.tls / ca)}

    def mutual(self, certificate="client.pem", key="client.key", **more):
        files = {"certificate_file": str(self.tls / certificate), "key_file": str(self.tls / key)}
        return {**self.ssl(self.broker.mtls_brokers), **files, **more}

    def sasl(self, mechanism, username="alpex", password=None):
        return {
            **self.ssl(self.broker.sasl_brokers),
            "security": "sasl_ssl",
            "sasl_mechanism": mechanism,
            "sasl_username": username,
            "sasl_password": password or self.password,
        }

    # --- the programs ---

    def configure(self, program, link):
        kafka = {**link, "topic": self.topic}
        content = {"http": {"listen": "127.0.0.1:0"}, "kafka": kafka}
        if program == "shipper":
            content |= {"state_dir": str(self.folder / "state"), "agent": {"id": "test"}}
            content |= {"inputs": [{"type": "file", "paths": [str(self.log)], "format": "apache-combined"}]}
        else:
            kafka |= {"group": f"{self.topic}-group", "dlq_topic": f"{self.topic}.dlq", "session_timeout_ms": "6s"}
            content |= {"elasticsearch": {"urls": ["http://127.0.0.1:1"]}}  # stores nothing: only Kafka matters here
        path = self.folder / f"{program}.yaml"
        path.write_text(json.dumps(content))
        return path

    def start(self, program, link):
        started = Program(program, self.folder, ["run", "--config", self.configure(program, link)], {})
        self.programs.append(started)
        return started.start()

    def write(self, count=10):
        access_log.write(self.log, range(self.written, self.written + count))
        self.written += count

    def produce(self):
        self.kafka.produce(self.topic, [b'{"message":"%d"}' % number for number in range(10)])

    def arrived(self):
        return sum(self.kafka.end_offsets(self.topic).values())

    def sequence(self):
        return [json.loads(each.value())["url"]["query"].removeprefix("seq=") for each in self.kafka.consume(self.topic)]

    def assert_works(self, program):
        """The shipper brings what was written, the indexer takes what is there."""
        if program.name == "shipper":
            done = lambda: self.arrived() >= self.written
        else:
            done = lambda: program.metrics().value("indexer_records_consumed_total") >= 10
        wait_for(done, 40, f"{program.name} to work", program.log_tail, interval_s=0.2)
        wait_for(lambda: condition(program)["ok"], 10, "Kafka's condition", program.log_tail)

    def close(self):
        for program in self.programs:
            program.kill()
        self.kafka.delete_topics(self.topic, f"{self.topic}.dlq")


@pytest.fixture
def corner(broker, tmp_path):
    made = Corner(broker, tmp_path)
    yield made
    made.close()


def condition(program):
    """What /readyz says about Kafka."""
    checks = json.loads(program.get("/readyz")[2])["checks"]
    return next(check for check in checks if check["name"] == "kafka")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def assert_kept(program, *hidden):
    """Nothing that a user or another program can read holds a secret."""
    shown = program.log_text()
    for path in ("/metrics", "/readyz", "/healthz", "/status"):
        shown += program.get(path)[2].decode()
    shown += pathlib.Path(f"/proc/{program.pid}/cmdline").read_text()
    config = program.folder / f"{program.program}.yaml"
    for command in ("print-config", "check-config"):
        shown += run_cli(program.program, command, "--config", config).text
    for secret in hidden:
        assert secret not in shown


LINKS = {
    "ssl": lambda corner: corner.ssl(),
    "plain": lambda corner: corner.sasl("PLAIN"),
    "scram-256": lambda corner: corner.sasl("SCRAM-SHA-256"),
    "scram-512": lambda corner: corner.sasl("SCRAM-SHA-512"),
    "event-hubs-user": lambda corner: corner.sasl("PLAIN", "$ConnectionString"),
    "mutual": lambda corner: corner.mutual(),
    "mutual-locked-key": lambda corner: corner.mutual(key="client-locked.key", key_password=corner.password),
}


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_both_programs_connect_and_keep_secrets(corner, link):
    corner.write()
    shipper = corner.start("shipper", link(corner))
    corner.assert_works(shipper)
    indexer = corner.start("indexer", link(corner))
    corner.assert_works(indexer)
    for program in (shipper, indexer):
        assert_kept(program, corner.password)
        assert '"log.level":"error"' not in program.log_text().replace("elasticsearch", "") or program.name == "indexer"
    assert sorted(map(int, corner.sequence())) == list(range(corner.written))


# name: (how it is configured, what the one line about it holds)
TROUBLES = {
    "wrong-password-plain": (lambda c: c.sasl("PLAIN", password=WRONG), "check kafka.sasl_username, kafka.sasl_password"),
    "wrong-password-scram": (
        lambda c: c.sasl("SCRAM-SHA-256", password=WRONG),
        "check kafka.sasl_username, kafka.sasl_password",
    ),
    "unknown-user": (lambda c: c.sasl("SCRAM-SHA-512", "nobody"), "check kafka.sasl_username, kafka.sasl_password"),
    "unknown-authority": (lambda c: c.ssl(ca="other-ca.pem"), "signed by nobody that kafka.ca_file"),
    "wrong-host-name": (
        lambda c: c.ssl(c.broker.tls_brokers.replace("localhost", "127.0.0.1")),
        "for another name: use that name in kafka.brokers",
    ),
    "expired-broker": (lambda c: c.ssl(c.broker.expired_brokers), "has expired: renew it there"),
    "expired-client": (lambda c: c.mutual("expired-client.pem"), "the broker refuses our certificate"),
    "no-client-certificate": (lambda c: c.ssl(c.broker.mtls_brokers), "set kafka.certificate_file and kafka.key_file"),
    "no-tls": (lambda c: {"brokers": c.broker.tls_brokers}, "check kafka.security and the port"),
    "tls-to-plaintext": (lambda c: c.ssl(c.broker.brokers.replace("127.0.0.1", "localhost")), "check kafka.security"),
    "no-sasl": (lambda c: c.ssl(c.broker.sasl_brokers), "check kafka.security and the port"),
}


@pytest.mark.parametrize("program", ["shipper", "indexer"])
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_trouble_is_told_in_one_line_costs_nothing_and_is_mended(corner, program, trouble):
    link, told = trouble
    corner.write() if program == "shipper" else corner.produce()
    running = corner.start(program, link(corner))
    wait_for(lambda: told in running.log_text(), 20, f"'{told}' in the log", running.log_tail)
    wait_for(lambda: told in condition(running)["reason"], 15, f"'{told}' from /readyz", running.readiness)
    assert not running.is_ready()
    assert running.get("/healthz")[0] == 200

    before = cpu_seconds(running.pid)
    pass_time(3)
    running.check_running()
    assert cpu_seconds(running.pid) - before < 3 * CPU_SHARE_MAX
    about = [line for line in running.log_text().splitlines() if told in line and '"Kafka: ' in line]
    assert len(about) <= 2, "\n".join(about)
    assert_kept(running, WRONG, corner.password)

    corner.configure(program, corner.ssl())
    if program == "shipper":
        running.signal(signal.SIGHUP)
    else:
        assert running.terminate() == 0
        running.start()
    corner.assert_works(running)


@pytest.mark.parametrize("program", ["shipper", "indexer"])
def test_replaced_certificate_files_are_used_without_a_signal(corner, program):
    corner.write() if program == "shipper" else corner.produce()
    shutil.copy(corner.tls / "expired-client.pem", corner.tls / "mine.pem")
    running = corner.start(program, corner.mutual("mine.pem"))
    wait_for(lambda: "the broker refuses our certificate" in running.log_text(), 20, "the refusal", running.log_tail)
    # Half a renewal: what cannot be read is said once, and nothing ends.
    (corner.tls / "mine.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    wait_for(
        lambda: "the new certificate files are not used" in running.log_text(), 40, "the refusal", running.log_tail
    )
    running.check_running()
    shutil.copy(corner.tls / "client.pem", corner.tls / "new.pem")
    (corner.tls / "new.pem").rename(corner.tls / "mine.pem")
    corner.assert_works(running)
    assert "certificate files of Kafka were replaced" in running.log_text()


def test_password_that_changes_while_lines_wait_needs_only_a_signal(corner):
    corner.write(500)
    shipper = corner.start("shipper", corner.sasl("PLAIN"))
    corner.assert_works(shipper)
    (corner.broker.tls / "password").write_text("changed-meanwhile\n")  # PLAIN's users come from there
    try:
        corner.broker.stop("kafka")
        corner.write(500)
        wait_for(lambda: shipper.metrics().value("shipper_records_waiting") == 500, 20, "lines that wait", shipper.log_tail)
        corner.broker.start("kafka")
        wait_for(lambda: "check kafka.sasl_username" in shipper.log_text(), 30, "the refusal", shipper.log_tail)
        corner.configure("shipper", corner.sasl("PLAIN", password="changed-meanwhile"))
        shipper.signal(signal.SIGHUP)
        corner.assert_works(shipper)
        wait_for(
            lambda: shipper.metrics().value("shipper_config_reloads_total", result="ok") == 1, 20, "the reload", shipper.log_tail
        )
    finally:
        (corner.broker.tls / "password").write_text(corner.password + "\n")
        corner.broker.stop("kafka")
        corner.broker.start("kafka")
    found = list(map(int, corner.sequence()))
    assert sorted(set(found)) == list(range(1000))
    assert shipper.terminate() == 0


def test_reload_with_files_that_do_not_work_changes_nothing(corner):
    corner.write()
    shipper = corner.start("shipper", corner.mutual())
    corner.assert_works(shipper)
    for link, told in [
        (corner.mutual(key="absent.key"), "cannot read"),
        (corner.mutual(key="server.key"), "kafka.key_file is not the key of kafka.certificate_file"),
        (corner.mutual(key="client-locked.key", key_password=WRONG), "kafka.key_password"),
        (corner.ssl(ca="password"), "check kafka.ca_file"),
    ]:
        corner.configure("shipper", link)
        shipper.signal(signal.SIGHUP)
        wait_for(lambda: told in shipper.log_text(), 20, f"'{told}' in the log", shipper.log_tail)
    corner.write()
    corner.assert_works(shipper)
    assert WRONG not in shipper.log_text()


@pytest.mark.parametrize("program", ["shipper", "indexer"])
def test_files_that_cannot_be_used_are_told_at_the_start(corner, program):
    corner.write()
    for link, code, told in [
        (corner.mutual(key="absent.key"), 2, "kafka.key_file: cannot read"),
        ({**corner.mutual(), "key_file": ""}, 2, "kafka.key_file: is needed with kafka.certificate_file"),
        (corner.mutual(key="server.key"), 1, "kafka.key_file is not the key of kafka.certificate_file"),
        (corner.mutual(key="client-locked.key", key_password=WRONG), 1, "check kafka.key_file (PEM) and kafka.key_password"),
        (corner.ssl(ca="password"), 1, "check kafka.ca_file"),
    ]:
        done = run_cli(program, "run", "--config", corner.configure(program, link))
        assert done.returncode == code, done.text
        assert told in done.text and WRONG not in done.text and corner.password not in done.text


def test_one_request_at_a_time_without_idempotence(corner):
    corner.write(2000)
    shipper = corner.start("shipper", {**corner.sasl("SCRAM-SHA-512"), "idempotence": False})
    corner.assert_works(shipper)
    assert list(map(int, corner.sequence())) == list(range(2000))


# --- services that speak Kafka's protocol ---


def test_sample_for_event_hubs_is_right_and_hides_the_connection_string():
    sample = REPO / "configs" / "shipper-eventhubs.yaml"
    secret = "Endpoint=sb://web.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0+/="
    variables = {"EVENTHUBS_NAMESPACE": "web", "EVENTHUBS_CONNECTION_STRING": secret}
    assert run_cli("shipper", "check-config", "--config", sample, **variables).returncode == 0
    shown = run_cli("shipper", "print-config", "--config", sample, **variables).text
    assert "brokers: web.servicebus.windows.net:9093" in shown and "c2VjcmV0" not in shown
    for line in ("security: sasl_ssl", "sasl_mechanism: PLAIN", "compression: none", "create_topic: false"):
        assert line in shown
    done = run_cli("shipper", "check-config", "--config", sample, EVENTHUBS_NAMESPACE="web")
    assert done.returncode == 2 and "EVENTHUBS_CONNECTION_STRING" in done.text and "is not set" in done.text
