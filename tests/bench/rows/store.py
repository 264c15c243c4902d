"""D: Kafka to Elasticsearch, the indexer's enrichment and duplicate recognition on and off, against ready-made bodies.

The same records for all, in a topic that was filled before. The limit's indices have our index template: what is compared
is the way there, not two mappings. Our documents have more in them than the records: where they came from, when, and the
words that they are found by, which Elasticsearch indexes. What that costs it is the limit "our documents": as we sent them.
"""

import json
import subprocess
import time

from generator import formats
from peers import rsyslog
from rows import Contender, Progress, Row, cpu_per_million
from runner import child, geo
from runner.cluster import dump_config
from runner.paths import WORK, indexer, limit, shipper

TIMEOUT_S = 240
POLL_S = 0.05
PREFIX = "bench"  # no other begins with it: index templates of both would fit
ENRICHERS = ("geoip", "user_agent", "bots", "threats", "floods")  # sections with a switch, where there is one
CASES = {  # what is on
    "all off": (),
    "dedup": ("redis",),
    "enrichment": ("enrich",),
    "dedup + enrichment": ("redis", "enrich"),
}
SHORT_CASES = ("all off", "dedup + enrichment")


def switches():
    """The enrichers that this build can switch off."""
    text = subprocess.run([indexer(), "print-config"], stdout=subprocess.PIPE, text=True, check=True).stdout
    section, found = "", set()
    for line in text.splitlines():
        if not line.startswith(" "):
            section = line.split(":")[0]
        elif line.startswith("  enabled:") and section in ENRICHERS:
            found.add(section)
    return found


def indexer_config(bench, folder, topic, prefix, on=()):
    """A group of its own, so that it begins at the topic's beginning; marks of its own, so that nothing is known."""
    unique = time.monotonic_ns()
    config = {
        "kafka": {"brokers": bench.brokers, "topic": topic, "group": f"bench-{unique}", "dlq_topic": f"{topic}.dlq"},
        "elasticsearch": {"urls": [bench.cluster.stack.elasticsearch_url], "index_prefix": prefix, "replicas": 0},
        "http": {"listen": "127.0.0.1:0"},
    }
    for section in switches():
        config[section] = {"enabled": "enrich" in on}
    if "enrich" in on:
        database = str(geo.write(WORK / "geo.mmdb"))
        config.setdefault("geoip", {}).update({"city": database, "asn": database})
    if "redis" in on:
        config["redis"] = {"url": bench.cluster.stack.redis_url, "epoch": unique % 1_000_000_000}
    return dump_config(folder / "indexer.yaml", config)


def make_records(bench, lines):
    """The records of generated lines, as this shipper makes them, one a line."""
    path = bench.input_folder / f"records-{lines}.ndjson"
    if path not in bench.made:
        with open(path, "wb") as out:
            subprocess.run([shipper(), "parse", bench.input(formats.COMBINED, lines)], stdout=out, check=True)
        bench.made.add(path)
    return path


def fill_topic(bench, records, partitions):
    topic = bench.cluster.topic(partitions)
    with bench.folder() as folder:
        child.run([limit("produce"), "--copy", bench.brokers, topic, records], folder / "log")
    return topic


class Store(Row):
    letter = "D"
    title = "Kafka to Elasticsearch"
    services = ("kafka", "elasticsearch", "redis")

    def prepare(self):
        self.count = self.options.documents
        self.records = make_records(self.bench, self.count)
        self.topic = fill_topic(self.bench, self.records, 4)
        # Not measured: Elasticsearch's own compiler warms up, and the index template is there for all.
        self.documents = self.bench.input_folder / f"documents-{self.count}.ndjson"
        self.run_ours((), save=self.documents)
        self.bench.cluster.copy_template(PREFIX, "limit-*")
        self.bench.cluster.copy_template(PREFIX, "peer-*")

    def finish(self):
        self.bench.cluster.drop_topic(self.topic)

    def contenders(self):
        expected_s = self.count / 50e3 + 6
        found = [
            Contender("records", who, "limit", lambda bodies=bodies: self.run_limit(*bodies), expected_s)
            for who, bodies in (
                ("_bulk, ready-made, no ids", ([], self.records)),
                ("_bulk, ready-made, ids", (["--ids"], self.records)),
                ("_bulk, ready-made, our documents, ids", (["--ids"], self.documents)),
            )
        ]
        for case, on in CASES.items():
            if self.options.short and case not in SHORT_CASES:
                continue
            found.append(Contender("records", f"indexer, {case}", "ours", lambda on=on: self.run_ours(on), expected_s))
        if self.bench.has(rsyslog) and not self.options.short:
            found.append(Contender("records", "rsyslog, text passed on", "peer", self.run_rsyslog, expected_s))
        return found

    def run_limit(self, arguments, documents):
        cluster = self.bench.cluster
        cluster.drop_indices("limit-")
        cluster.elastic.call("PUT", "/limit-1")  # as the others' rates begin when there is an index
        cluster.settle()
        with self.bench.folder() as folder:
            with open(folder / "out", "wb") as out:
                command = [limit("bulk"), *arguments, cluster.stack.elasticsearch_url, "limit-1", documents]
                child.run(command, folder / "log", stdout=out)
            told = json.loads((folder / "out").read_text())
        self.bench.check_count("bulk", cluster.stored("limit-1"), self.count)
        cluster.drop_indices("limit-")
        # All its bodies are in memory: that is no figure to compare with.
        return {"cpu": cpu_per_million(told["cpu_s"], self.count), "rate": self.count / told["seconds"] / 1e3}

    def run_ours(self, on, save=None):
        def start(folder):
            return [indexer(), "run", "--config", indexer_config(self.bench, folder, self.topic, PREFIX, on)], {}

        return self.measure(start, PREFIX, save)

    def run_rsyslog(self):
        def start(folder):
            group = f"rsyslog-{time.monotonic_ns()}"
            port = self.bench.cluster.stack.elasticsearch_port
            run = rsyslog.store(folder, self.bench.brokers, self.topic, group, port, "peer-1")
            return run.command, run.env

        return self.measure(start, "peer")

    def measure(self, start, prefix, save=None):
        """`save`: a file for the documents that were stored, as they were sent."""
        cluster = self.bench.cluster
        cluster.drop_indices(prefix + "-")
        cluster.settle()
        with self.bench.folder() as folder:
            command, env = start(folder)
            progress = Progress(self.count)
            with child.Child(command, folder / "log", env=env) as program:
                done = lambda: progress.note(cluster.indexed(f"{prefix}-*"))  # noqa: E731
                program.wait_until(done, TIMEOUT_S, "all records to be stored", POLL_S)
                program.stop()
            self.bench.check_count(program.name, cluster.stored(f"{prefix}-*"), self.count)
        if save:
            cluster.export(f"{prefix}-*", save)
        cluster.drop_indices(prefix + "-")
        return {"cpu": cpu_per_million(program.cpu_s, self.count), "rate": progress.rate_k(), "rss": program.peak_mib}
