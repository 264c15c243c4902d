"""B: a file to Kafka: `shipper run` with tailing, checkpoints, identities and metrics, until Kafka holds every line.

By default the lines of a file stay in order, in one partition; the case "spread" has `kafka.partition_by: none`, as the peers
and most limits have it.
"""

from generator import formats
from peers import kcat, rsyslog, syslog_ng
from rows import Contender, Progress, Row, cpu_per_million
from runner import child
from runner.cluster import PARTITIONS, dump_config
from runner.paths import limit, shipper

LIMITS = (
    ("no parse, no copy", []),
    ("no parse, copied", ["--copy"]),
    ("plain C parse, copied", ["--parse"]),
    ("plain C parse, copied, in order", ["--parse-ordered"]),
)
SPREAD = {"partition_by": "none"}
TIMEOUT_S = 300


def shipper_config(folder, brokers, topic, paths, kafka=None):
    """`kafka`: more keys of that section."""
    (folder / "state").mkdir(exist_ok=True)
    config = {
        "agent": {"id": "bench"},
        "state_dir": str(folder / "state"),
        "inputs": [{"type": "file", "paths": [str(path) for path in paths], "format": "apache-combined"}],
        "kafka": {"brokers": brokers, "topic": topic} | (kafka or {}),
        "http": {"listen": "127.0.0.1:0"},
    }
    return dump_config(folder / "shipper.yaml", config)


def run_shipper(folder, brokers, topic, paths, kafka=None):
    return [shipper(), "run", "--config", shipper_config(folder, brokers, topic, paths, kafka)]


class Ship(Row):
    letter = "B"
    title = "file to Kafka"
    quick = True
    services = ("kafka",)

    def prepare(self):
        self.path = self.bench.input(formats.COMBINED, self.options.lines)

    def contenders(self):
        lines = self.options.lines
        found = [
            Contender("combined", "shipper run", "ours", self.run_ours, lines / 600e3 + 2),
            Contender("spread", "shipper run", "ours", lambda: self.run_ours(SPREAD), lines / 600e3 + 2),
        ]
        for name, arguments in LIMITS:
            run = lambda arguments=arguments: self.run_limit(arguments)  # noqa: E731
            found.append(Contender("combined", name, "limit", run, lines / 800e3 + 2))
        for peer, per_s in ((rsyslog, 150e3), (syslog_ng, 90e3)):
            if self.bench.has(peer):
                run = lambda peer=peer: self.run_peer(peer)  # noqa: E731
                found.append(Contender("combined", peer.NAME, "peer", run, lines / per_s + 3))
        if self.bench.has(kcat):
            # What does not parse is a limit, no peer of what does.
            found.append(
                Contender("combined", "kcat, no parse", "limit", lambda: self.run_peer(kcat), lines / 900e3 + 2)
            )
        return found

    def run_ours(self, kafka=None):
        return self.measure(lambda folder, topic: (run_shipper(folder, self.bench.brokers, topic, [self.path], kafka), {}))

    def run_limit(self, arguments):
        return self.measure(lambda _, topic: ([limit("produce"), *arguments, self.bench.brokers, topic, self.path], {}))

    def run_peer(self, peer):
        def start(folder, topic):
            run = peer.ship(folder, self.path, self.bench.brokers, topic)
            return run.command, run.env

        return self.measure(start)

    def measure(self, start):
        self.bench.warm(self.path)
        return measure_shipping(self.bench, start, self.options.lines)


def measure_shipping(bench, start, lines, partitions=PARTITIONS, during=None, timeout_s=TIMEOUT_S):
    """Starts the (command, environment) of `start` and waits until its topic holds `lines` messages; then they must be exactly
    so many. `during` is called with each count meanwhile."""
    cluster = bench.cluster
    topic = cluster.topic(partitions)

    def arrived():
        count = cluster.messages(topic)
        if during:
            during(count)
        # What ends by itself may do so before we have looked.
        return progress.note(count) or (not program.is_running() and program.code == 0)

    try:
        with bench.folder() as folder:
            command, env = start(folder, topic)
            progress = Progress(lines)
            with child.Child(command, folder / "log", env=env) as program:
                program.wait_until(arrived, timeout_s, "all lines to arrive")
                program.stop()
            count = cluster.messages(topic)
            progress.note(count)
            bench.check_count(program.name, count, lines)
    finally:
        cluster.drop_topic(topic)
    return {"cpu": cpu_per_million(program.cpu_s, lines), "rate": progress.rate_k(), "rss": program.peak_mib}
