"""The rows of the benchmark: what is measured, one file a row. Reading order: this file, parse, ship, then any."""

import dataclasses
import time
from typing import Callable

SHARE_OF_START = 0.01  # rates are taken from the first hundredth on: starting up is not throughput


@dataclasses.dataclass
class Contender:
    """One thing to measure. `measure` makes one run and returns its figures; `expected_s` is for the time that is left."""

    case: str
    who: str
    kind: str  # ours, peer, limit
    measure: Callable
    expected_s: float
    runs: int = 0  # 0: as many as its row has


class Unavailable(Exception):
    """It cannot be measured here; the text says why."""


class Row:
    letter = ""
    title = ""
    services = ()
    quick = False  # it is repeated as often in the short form

    def __init__(self, bench):
        self.bench = bench
        self.options = bench.options

    def runs_of(self, contender):
        return contender.runs or (self.options.runs if self.quick else self.options.server_runs)

    def prepare(self):
        """What is made once, before anybody is measured."""

    def contenders(self):
        raise NotImplementedError

    def finish(self):
        """Undoes prepare()."""


class Progress:
    """How many had arrived when."""

    def __init__(self, total):
        self.total = total
        self.began = time.monotonic()
        self.first = None  # (when, how many): the first hundredth
        self.last = (self.began, 0)

    def note(self, count):
        now = time.monotonic()
        if count > self.last[1]:
            self.last = (now, count)
        if self.first is None and count >= self.total * SHARE_OF_START:
            self.first = (now, count)
        return count >= self.total

    def rate_k(self):
        """Thousands a second between the first hundredth and the end; of a run too short for that, of all of it."""
        when, count = self.first or (self.began, 0)
        if self.last[1] - count < self.total / 2:
            when, count = self.began, 0
        return (self.last[1] - count) / max(self.last[0] - when, 1e-3) / 1e3


def cpu_per_million(cpu_s, count):
    return cpu_s / count * 1e6
