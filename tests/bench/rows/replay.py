"""G: `indexer replay` of a topic to standard output, against a consumer that looks at each message and drops it."""

import json
import os
import subprocess
import threading
import time

from rows import Contender, Row, Unavailable, cpu_per_million
from rows.store import fill_topic, make_records
from runner import child
from runner.cluster import dump_config
from runner.paths import indexer, limit


class Counter(threading.Thread):
    """Counts lines; the rate is that from the first piece on, so that the start is not in it."""

    def __init__(self, source):
        super().__init__(daemon=True)
        self.source = source
        self.lines = self.first_lines = 0
        self.start()

    def run(self):
        while piece := self.source.read(1 << 20):
            if self.lines == 0:
                self.began, self.first_lines = time.monotonic(), piece.count(b"\n")
            self.lines += piece.count(b"\n")
            self.ended = time.monotonic()

    def result(self):
        """(lines, thousands a second)"""
        self.join()
        return self.lines, (self.lines - self.first_lines) / (self.ended - self.began) / 1e3


class Replay(Row):
    letter = "G"
    title = "replay"
    services = ("kafka",)

    def prepare(self):
        self.count = self.options.documents
        self.topic = fill_topic(self.bench, make_records(self.bench, self.count), 4)

    def finish(self):
        self.bench.cluster.drop_topic(self.topic)

    def contenders(self):
        return [
            Contender("to stdout", "raw consumer", "limit", self.run_limit, 3),
            Contender("to stdout", "indexer replay", "ours", self.run_ours, 4),
            Contender("to stdout", "indexer replay --no-enrich", "ours", lambda: self.run_ours(["--no-enrich"]), 3),
        ]

    def run_limit(self):
        with self.bench.folder() as folder:
            with open(folder / "out", "wb") as out:
                done = child.run([limit("consume"), self.bench.brokers, self.topic], folder / "log", stdout=out)
            told = json.loads((folder / "out").read_text())
        return {
            "cpu": cpu_per_million(told["cpu_s"], self.count),
            "rate": self.count / told["seconds"] / 1e3,
            "rss": done.peak_mib,
        }

    def run_ours(self, options=()):
        if subprocess.run([indexer(), "replay", "--help"], capture_output=True, check=False).returncode != 0:
            raise Unavailable("this indexer has no replay command")
        with self.bench.folder() as folder:
            path = dump_config(folder / "indexer.yaml", {"kafka": {"brokers": self.bench.brokers, "topic": self.topic}})
            command = [indexer(), "replay", "--config", path, "--topic", self.topic, "--sink", "stdout", *options]
            read_end, write_end = os.pipe()
            with open(read_end, "rb", buffering=0) as source, open(write_end, "wb", buffering=0) as sink:
                counter = Counter(source)
                done = child.run(command, folder / "log", stdout=sink)
                sink.close()
                printed, rate = counter.result()
        self.bench.check_count("indexer replay", printed, self.count)
        return {"cpu": cpu_per_million(done.cpu_s, self.count), "rate": rate, "rss": done.peak_mib}
