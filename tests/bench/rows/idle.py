"""C: what a program costs while nothing happens: memory, wake-ups and processor time a second, the metrics port open."""

import time

from generator import formats
from peers import rsyslog, syslog_ng
from rows import Contender, Row
from rows.ship import run_shipper
from rows.store import indexer_config
from runner import child
from runner.paths import indexer

LINES = 1000
SETTLE_S = 25  # start-up is over; connections that have nothing to do were given back (kafka.rest_after_ms is 15 s)


class Idle(Row):
    letter = "C"
    title = "idle"
    services = ("kafka", "elasticsearch")

    def prepare(self):
        self.path = self.bench.input(formats.COMBINED, LINES)

    def contenders(self):
        expected_s = SETTLE_S + self.options.idle_s + 2
        found = [Contender("one file", "shipper run", "ours", self.run_shipper, expected_s)]
        for peer in (rsyslog, syslog_ng):
            if self.bench.has(peer):
                found.append(Contender("one file", peer.NAME, "peer", lambda peer=peer: self.run_peer(peer), expected_s))
        found.append(Contender("empty topic", "indexer run", "ours", self.run_indexer, expected_s))
        return found

    def run_shipper(self):
        return self.ship_and_rest(lambda folder, topic: (run_shipper(folder, self.bench.brokers, topic, [self.path]), {}))

    def run_peer(self, peer):
        def start(folder, topic):
            run = peer.ship(folder, self.path, self.bench.brokers, topic)
            return run.command, run.env

        return self.ship_and_rest(start)

    def ship_and_rest(self, start):
        """It has read and shipped the file; now nothing comes any more."""
        cluster = self.bench.cluster
        topic = cluster.topic()
        try:
            with self.bench.folder() as folder:
                command, env = start(folder, topic)
                with child.Child(command, folder / "log", env=env) as program:
                    program.wait_until(lambda: cluster.messages(topic) >= LINES, 60, "its lines to arrive", 0.1)
                    return self.watch(program)
        finally:
            cluster.drop_topic(topic)

    def run_indexer(self):
        cluster = self.bench.cluster
        topic = cluster.topic()
        try:
            with self.bench.folder() as folder:
                config = indexer_config(self.bench, folder, topic, "idle")
                with child.Child([indexer(), "run", "--config", config], folder / "log") as program:
                    return self.watch(program)
        finally:
            cluster.drop_topic(topic)

    def watch(self, program):
        time.sleep(SETTLE_S)
        wakeups, cpu_s, began = program.wakeups(), program.cpu_s, time.monotonic()
        time.sleep(self.options.idle_s)
        seconds = time.monotonic() - began
        return {
            "idle_rss": program.rss_mib(),
            "wakeups": (program.wakeups() - wakeups) / seconds,
            "idle_cpu": (program.cpu_s - cpu_s) * 1e3 / seconds,
        }
