"""E: how old a line is when it can be consumed from Kafka, and when it can be found in Elasticsearch."""

import json
import time

from peers import rsyslog, syslog_ng
from rows import Contender, Row
from rows.ship import run_shipper
from rows.store import indexer_config
from runner import child
from runner.paths import indexer, limit
from runner.samples import percentile

START_TIMEOUT_S = 60
SEARCH_POLL_S = 0.01
FIRST_LINE = '192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] "GET /first HTTP/1.1" 200 512 "-" "curl/8.14.1"\n'


class Fresh(Row):
    letter = "E"
    title = "append to consumable, to searchable"
    services = ("kafka", "elasticsearch")

    def contenders(self):
        expected_s = self.options.fresh_lines * self.options.fresh_gap_ms / 1e3 + 3
        found = [
            Contender("consumable", "shipper run", "ours", self.run_shipper, expected_s),
            Contender("consumable", "produce and consume in one process", "limit", self.run_floor, expected_s),
        ]
        if self.bench.has(rsyslog):
            found.append(Contender("consumable", "rsyslog", "peer", lambda: self.run_peer(rsyslog), expected_s))
        if self.bench.has(syslog_ng):
            found.append(Contender("consumable", "syslog-ng", "peer", lambda: self.run_peer(syslog_ng), expected_s + 2))
            quick = lambda: self.run_peer(syslog_ng, follow_s=0.01)  # noqa: E731
            found.append(Contender("consumable", "syslog-ng, follow-freq 10 ms", "peer", quick, expected_s))
        expected_s = self.options.search_lines * 1.5 + 8
        found.append(Contender("searchable", "shipper run, indexer run", "ours", self.run_searchable, expected_s))
        return found

    def run_shipper(self):
        return self.follow(lambda folder, topic, path: (run_shipper(folder, self.bench.brokers, topic, [path]), {}))

    def run_peer(self, peer, **more):
        def start(folder, topic, path):
            run = peer.ship(folder, path, self.bench.brokers, topic, **more)
            return run.command, run.env

        return self.follow(start)

    def run_floor(self):
        topic = self.bench.cluster.topic()
        try:
            with self.bench.folder() as folder:
                return self.time_lines(folder, ["--direct", self.bench.brokers, topic])
        finally:
            self.bench.cluster.drop_topic(topic)

    def follow(self, start):
        """The agent has shipped a first line and waits for more when the clock starts."""
        cluster = self.bench.cluster
        topic = cluster.topic()
        try:
            with self.bench.folder() as folder:
                path = folder / "access.log"
                path.write_text(FIRST_LINE)
                command, env = start(folder, topic, path)
                with child.Child(command, folder / "log", env=env) as program:
                    program.wait_until(lambda: cluster.messages(topic) >= 1, START_TIMEOUT_S, "its first line", 0.1)
                    return self.time_lines(folder, [self.bench.brokers, topic, path])
        finally:
            cluster.drop_topic(topic)

    def time_lines(self, folder, arguments):
        numbers = ["--lines", self.options.fresh_lines, "--gap", self.options.fresh_gap_ms]
        with open(folder / "out", "wb") as out:
            child.run([limit("freshness"), *numbers, *arguments], folder / "freshness.log", stdout=out)
        told = json.loads((folder / "out").read_text())
        if told["lost"]:
            self.bench.results.warn(f"E: {told['lost']} of {told['lines'] + told['lost']} lines never arrived")
        return {"p50": told["p50_ms"], "p99": told["p99_ms"]}

    def run_searchable(self):
        """With default settings: batches of up to 200 ms, and Elasticsearch's refresh every second."""
        cluster = self.bench.cluster
        topic = cluster.topic()
        cluster.drop_indices("bench-")
        try:
            with self.bench.folder() as folder:
                path = folder / "access.log"
                path.write_text(FIRST_LINE)
                config = indexer_config(self.bench, folder, topic, "bench", ("enrich",))
                with (
                    child.Child(run_shipper(folder, self.bench.brokers, topic, [path]), folder / "log"),
                    child.Child([indexer(), "run", "--config", config], folder / "indexer.log") as program,
                ):
                    program.wait_until(lambda: cluster.stored("bench-*") >= 1, START_TIMEOUT_S, "its first record", 0.1)
                    delays = [self.time_search(path, number) for number in range(self.options.search_lines)]
        finally:
            cluster.drop_topic(topic)
            cluster.drop_indices("bench-")
        return {"p50": percentile(delays, 0.5), "p99": percentile(delays, 0.99)}

    def time_search(self, path, number):
        time.sleep(0.037 * (number % 27))  # not in step with the refresh
        began = time.monotonic()
        with open(path, "a") as log:
            log.write(FIRST_LINE.replace("/first", f"/search/{number}"))
        query = {"query": {"term": {"url.path": f"/search/{number}"}}}
        while time.monotonic() - began < START_TIMEOUT_S:
            if self.bench.cluster.elastic.call("POST", "/bench-*/_count", query)["count"]:
                return (time.monotonic() - began) * 1e3
            time.sleep(SEARCH_POLL_S)
        raise child.ChildFailed(f"line {number} could not be found within {START_TIMEOUT_S} s")
