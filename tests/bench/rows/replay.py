"""G: `indexer replay` of a topic to standard output, against a consumer that looks at each message and drops it."""

import json
import subprocess
import time

from rows import Contender, Row, Unavailable, cpu_per_million
from rows.store import fill_topic, make_records
from runner import child
from runner.cluster import dump_config
from runner.paths import indexer, limit


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

    def run_ours(self):
        if subprocess.run([indexer(), "replay", "--help"], capture_output=True, check=False).returncode != 0:
            raise Unavailable("this indexer has no replay command")
        with self.bench.folder() as folder:
            path = dump_config(folder / "indexer.yaml", {"kafka": {"brokers": self.bench.brokers, "topic": self.topic}})
            command = [indexer(), "replay", "--config", path, "--topic", self.topic, "--sink", "stdout"]
            with subprocess.Popen(["wc", "-l"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as counter:
                began = time.monotonic()
                done = child.run(command, folder / "log", stdout=counter.stdin)
                seconds = time.monotonic() - began
                counter.stdin.close()
                printed = int(counter.stdout.read())
        self.bench.check_count("indexer replay", printed, self.count)
        return {"cpu": cpu_per_million(done.cpu_s, self.count), "rate": self.count / seconds / 1e3, "rss": done.peak_mib}
