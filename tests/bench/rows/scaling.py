"""J: what a line costs when there is more of everything: partitions, files, bytes, indexers."""

import contextlib
import shutil

from generator import formats
from rows import Contender, Progress, Row, cpu_per_million
from rows.ship import measure_shipping, run_shipper
from rows.store import PREFIX, TIMEOUT_S, fill_topic, indexer_config, make_records
from runner import child
from runner.paths import WORK, indexer

PARTITIONS = (1, 4, 16, 64)
FILES = (1, 100, 10_000)
INDEXERS = (1, 2, 3)
STREAMS = 64  # files of the partition cases: a stream goes to one partition
SMALL_LINES = 4000  # about 1 MB
COPY_BYTES = 8 << 20
ROOM_SHARE = 2  # Kafka holds it again


def split(source, folder, count):
    """The lines of `source`, evenly in `count` files."""
    folder.mkdir()
    lines = source.read_bytes().splitlines(keepends=True)
    share = len(lines) / count
    for number in range(count):
        part = lines[round(number * share) : round((number + 1) * share)]
        (folder / f"access-{number:05}.log").write_bytes(b"".join(part))


def repeat(source, path, size):
    """Whole copies of `source` up to about `size` bytes; returns how many."""
    copies = max(1, size // source.stat().st_size)
    with open(path, "wb") as out:
        for _ in range(copies):
            with open(source, "rb") as part:
                shutil.copyfileobj(part, out, COPY_BYTES)
    return copies


class Scaling(Row):
    letter = "J"
    title = "scaling"
    services = ("kafka", "elasticsearch")

    def prepare(self):
        self.lines = self.options.format_lines
        self.source = self.bench.input(formats.COMBINED, self.lines)
        self.many = self.bench.input(formats.COMBINED, self.options.lines)
        self.small = self.bench.input(formats.COMBINED, SMALL_LINES)
        self.records = make_records(self.bench, self.options.documents)

    def contenders(self):
        expected_s = self.lines / 400e3 + 3
        found = []
        for count in PARTITIONS:
            run = lambda count=count: self.run_files(self.source, self.lines, STREAMS, count)  # noqa: E731
            found.append(Contender(f"{count} partitions, {STREAMS} files", "shipper run", "ours", run, expected_s))
        for count in FILES:
            run = lambda count=count: self.run_files(self.many, self.options.lines, count, 4)  # noqa: E731
            expected_s = self.options.lines / 400e3 + count / 1000 + 3
            found.append(Contender(f"{count} files", "shipper run", "ours", run, expected_s))
        for megabytes in self.options.sizes_mb:
            run = lambda megabytes=megabytes: self.run_size(megabytes)  # noqa: E731
            found.append(Contender(f"{megabytes} MB", "shipper run", "ours", run, megabytes / 120 + 3))
        for count in INDEXERS:
            run = lambda count=count: self.run_indexers(count)  # noqa: E731
            found.append(Contender(f"{count} indexers", "indexer run", "ours", run, self.options.documents / 50e3 + 8))
        return found

    def run_files(self, source, lines, count, partitions):
        with self.bench.folder() as folder:
            split(source, folder / "logs", count)
            paths = [folder / "logs" / "*.log"]
            start = lambda own, topic: (run_shipper(own, self.bench.brokers, topic, paths), {})  # noqa: E731
            return measure_shipping(self.bench, start, lines, partitions)

    def run_size(self, megabytes):
        size = megabytes * 1_000_000
        if shutil.disk_usage(WORK).free < ROOM_SHARE * size:
            raise child.ChildFailed(f"the disk has no room for {megabytes} MB and Kafka's copy")
        source, lines = (self.small, SMALL_LINES) if megabytes < 100 else (self.source, self.lines)
        with self.bench.folder() as folder:
            path = folder / "access.log"
            copies = repeat(source, path, size)
            start = lambda own, topic: (run_shipper(own, self.bench.brokers, topic, [path]), {})  # noqa: E731
            return measure_shipping(self.bench, start, copies * lines)

    def run_indexers(self, count):
        """Together: processor time of all, memory of the largest."""
        cluster = self.bench.cluster
        total = self.options.documents
        cluster.drop_indices(PREFIX + "-")
        topic = fill_topic(self.bench, self.records, 12)
        try:
            with self.bench.folder() as folder, contextlib.ExitStack() as stack:
                config = indexer_config(self.bench, folder, topic, PREFIX)
                progress = Progress(total)
                programs = [
                    stack.enter_context(child.Child([indexer(), "run", "--config", config], folder / f"log{number}"))
                    for number in range(count)
                ]
                done = lambda: progress.note(cluster.indexed(f"{PREFIX}-*"))  # noqa: E731
                programs[0].wait_until(done, TIMEOUT_S, "all records to be stored", 0.05)
                for program in programs:
                    program.stop()
                self.bench.check_count("indexers", cluster.stored(f"{PREFIX}-*"), total)
        finally:
            cluster.drop_topic(topic)
            cluster.drop_indices(PREFIX + "-")
        return {
            "cpu": cpu_per_million(sum(program.cpu_s for program in programs), total),
            "rate": progress.rate_k(),
            "rss": max(program.peak_mib for program in programs),
        }
