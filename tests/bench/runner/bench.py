"""One run of the benchmark: prepares the rows, measures their contenders in turn, keeps the results."""

import contextlib
import itertools
import shutil
import sys
import time

from generator import files
from rows import Unavailable
from runner import machine
from runner.paths import REPO, WORK
from runner.report import number
from runner.results import UNITS, Results

BLOCK = 4 << 20


def say(text):
    print(text, file=sys.stderr, flush=True)


def first_line(error):
    return (str(error) or type(error).__name__).splitlines()[0]


def duration(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Bench:
    def __init__(self, options):
        self.options = options
        self.results = Results(machine.describe(REPO), vars(options) | {"json": str(options.json)})
        self.input_folder = WORK / "input"
        self.made = set()  # files that hang on the programs' state, made anew in each run
        self.cluster = None
        self._numbers = itertools.count(1)
        self._runs = WORK / "runs"

    # --- what rows use ---

    @property
    def brokers(self):
        return self.cluster.stack.brokers

    def input(self, log_format, lines):
        return files.cached(self.input_folder, log_format, lines, self.options.seed)

    @staticmethod
    def warm(path):
        """Into the page cache: disks are not measured."""
        with open(path, "rb", buffering=0) as file:
            while file.read(BLOCK):
                pass

    @contextlib.contextmanager
    def folder(self):
        """An empty one for one run; its path has no characters that configurations would trip over."""
        path = self._runs / str(next(self._numbers))
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def has(self, peer):
        if self.options.peers != "all" and peer.NAME not in self.options.peers.split(","):
            return False
        if not peer.available():
            self.results.skip(peer.NAME, "not installed, and tests/bench/peers/fetch.sh could not get it")
            return False
        return True

    def check_count(self, who, have, want):
        """Arrival is counted, never assumed."""
        if have != want:
            self.results.warn(f"{self._current}: {who}: {have:,} arrived of {want:,}")

    # --- the run ---

    def run(self, row_types):
        began = time.monotonic()
        self._current = "preparing"
        self.results.document["made"] = machine.now_text()
        services = sorted({service for row in row_types for service in row.services})
        try:
            if services:
                say(f"starting {', '.join(services)}")
                from runner.cluster import Cluster  # needs packages that rows without servers do without

                self.cluster = Cluster(services)
            rows = [row for row in map(self.prepare, row_types) if row]
            self.measure_all(rows)
            for row, _ in rows:
                row.finish()
        finally:
            self.results.document["seconds"] = round(time.monotonic() - began, 1)
            if self.cluster:
                self.cluster.close()
            shutil.rmtree(self._runs, ignore_errors=True)
        self.results.save(self.options.json)
        return self.results.document

    def prepare(self, row_type):
        row = row_type(self)
        self._current = row.letter
        say(f"preparing {row.letter}: {row.title}")
        try:
            row.prepare()
            return row, row.contenders()
        except Exception as error:  # noqa: BLE001, as below
            self.results.skip(f"{row.letter} ({row.title})", first_line(error))
            say(f"  not possible: {error}")
            return None

    def measure_all(self, rows):
        plan = [
            (row, contender, run)
            for row, contenders in rows
            for run in range(max(map(row.runs_of, contenders)))
            # Another order in each run, so that nobody always comes after the same neighbour.
            for contender in contenders[run % len(contenders) :] + contenders[: run % len(contenders)]
            if run < row.runs_of(contender)
        ]
        total = sum(contender.expected_s for _, contender, _ in plan)
        done, began = 0.0, time.monotonic()
        say(f"{len(plan)} measurements, about {duration(total)} minutes")
        for row, contender, run in plan:
            self.measure(row, contender, run, *self.outlook(done, total, time.monotonic() - began))
            done += contender.expected_s
            self.results.save(self.options.json)

    @staticmethod
    def outlook(done, total, elapsed):
        """(share done, seconds left): what is expected, corrected by how right that was until now."""
        pace = elapsed / done if done else 1.0
        return done / total if total else 1.0, (total - done) * pace

    def measure(self, row, contender, run, share, left_s):
        known = self.cluster.pids if self.cluster else lambda: ()
        self._current = f"{row.letter} {contender.case}"
        title = f"{row.letter} {contender.case}: {contender.who}"
        before = machine.foreign_now(known, 0.2)
        try:
            with machine.Watch(known) as watch:
                figures = contender.measure()
        except Unavailable as error:
            self.results.skip(title, str(error))
            return say(f"  {title}: {error}")
        except Exception as error:  # noqa: BLE001 whatever goes wrong with one, the others are measured
            self.results.warn(f"{title}, run {run + 1}: {first_line(error)}")
            return say(f"  {title} failed: {error}")
        if figures:
            facts = watch.facts() | {"foreign_before": round(before, 3)}
            self.results.add(row.letter, contender.case, contender.who, contender.kind, figures, facts)
        shown = ", ".join(f"{number(value)} {UNITS[name][0]}" for name, value in figures.items())
        disturbed = f"   others: {watch.foreign:.0%} of a processor" if watch.foreign > machine.FOREIGN_LIMIT else ""
        return say(f"[{share:4.0%}, {duration(left_s)} left] {run + 1}/{row.runs_of(contender)} {title}: {shown}{disturbed}")
