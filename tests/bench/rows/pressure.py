"""F: Kafka slow, Kafka away: what the agent's memory does, and whether every line arrives."""

import os
import pathlib
import signal
import threading
import time

from generator import formats
from peers import rsyslog, syslog_ng
from rows import Contender, Row
from rows.ship import SPREAD, measure_shipping, run_shipper

AWAY_TIMEOUT_S = 90  # some 15 s of work; what does not go on by then is said to have stopped
SLOW_STOPPED_S, SLOW_RUNNING_S = 0.3, 0.1  # Kafka gets a quarter of the time


class Broker:
    """Freezes Kafka's process, as a machine without processor time would."""

    def __init__(self, cluster):
        mark = str(cluster.stack.dir / "kafka").encode()
        self.pids = [pid for pid in cluster.pids() if mark in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]

    def freeze(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


class Slowly(threading.Thread):
    """Freezes Kafka again and again until the block is left."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self.broker = broker
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(SLOW_RUNNING_S):
            self.broker.freeze()
            self.over.wait(SLOW_STOPPED_S)
            self.broker.go_on()

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.over.set()
        self.join()


class Pressure(Row):
    letter = "F"
    title = "Kafka slow, Kafka away"
    services = ("kafka",)

    def prepare(self):
        self.lines = self.options.lines // 2
        self.path = self.bench.input(formats.COMBINED, self.lines)
        self.broker = Broker(self.bench.cluster)

    def finish(self):
        self.broker.go_on()

    def contenders(self):
        found = []
        for case, run in (("Kafka slow", self.run_slow), (f"Kafka away {self.options.away_s} s", self.run_away)):
            for name, kind, start in self.programs():
                expected_s = self.lines / 90e3 + self.options.away_s
                found.append(Contender(case, name, kind, lambda run=run, start=start: run(start), expected_s))
        return found

    def programs(self):
        for name, kafka in (("shipper run", None), ("shipper run, spread", SPREAD)):
            yield name, "ours", lambda folder, topic, kafka=kafka: self.start_ours(folder, topic, kafka)
        for peer in (rsyslog, syslog_ng):
            if self.bench.has(peer):
                yield peer.NAME, "peer", lambda folder, topic, peer=peer: self.start_peer(peer, folder, topic)

    def start_ours(self, folder, topic, kafka):
        return run_shipper(folder, self.bench.brokers, topic, [self.path], kafka), {}

    def start_peer(self, peer, folder, topic):
        run = peer.ship(folder, self.path, self.bench.brokers, topic)
        return run.command, run.env

    def run_slow(self, start):
        self.bench.warm(self.path)
        slowly = []

        def begin(folder, topic):
            slowly.append(Slowly(self.broker))
            slowly[0].__enter__()
            return start(folder, topic)

        try:
            return measure_shipping(self.bench, begin, self.lines)
        finally:
            for each in slowly:
                each.__exit__()

    def run_away(self, start):
        self.bench.warm(self.path)
        away = []

        def freeze_once(count):
            """When the first lines have arrived. Nobody asks Kafka for anything meanwhile."""
            if count and not away:
                away.append(count)
                self.broker.freeze()
                time.sleep(self.options.away_s)
                self.broker.go_on()

        figures = measure_shipping(self.bench, start, self.lines, during=freeze_once, timeout_s=self.options.away_s + AWAY_TIMEOUT_S)
        # The rate holds the pause; how fast it is when Kafka is well is row B.
        return {"cpu": figures["cpu"], "rss": figures["rss"]}
