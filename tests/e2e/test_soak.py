"""Everything at once, at random: lines are written, files rotated, cut and packed, while programs and servers die.

Each line is in Kafka, each of its copies has the same id, and the lines of a stream come in their order. The short
form runs with the other tests; `make soak` writes a million lines. SOAK_SEED repeats a run.
"""

import gzip
import json
import os
import random
import shutil
import signal
import threading
import time

import pytest

from support import access_log
from support.waiting import wait_for

LINES = int(os.environ.get("SOAK_LINES", 40_000))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(1 << 32)))
FILES = 6


class Site:
    """One log file, written by us, rotated in one of the ways that logrotate knows."""

    def __init__(self, folder, number, dice):
        self.path = folder / f"site{number}.log"
        self.number, self.dice = number, dice
        self.method = dice.choice(["create", "create", "copytruncate", "dated", "packed"])
        self.written = self.rotations = 0
        self.log = open(self.path, "a")
        self.lock = threading.Lock()

    def write(self, count):
        """Lines carry the file's number and their own: url.query is f=N&seq=M."""
        with self.lock:
            for _ in range(count):
                self.log.write(self._line() + "\n")
            # Now and then a line is on disk in two pieces.
            if self.dice.random() < 0.3:
                text = self._line() + "\n"
                cut = self.dice.randrange(1, len(text))
                self.log.write(text[:cut])
                self.log.flush()
                self.log.write(text[cut:])
            self.log.flush()

    def _line(self):
        seq = self.written
        self.written += 1
        return access_log.line(seq, padding=self.dice.randrange(60)).replace(
            f"seq={seq} ", f"f={self.number}&seq={seq} ", 1
        )

    def rotate(self):
        """No writing meanwhile: what copytruncate itself loses is not the agent's."""
        with self.lock:
            self.rotations += 1
            if self.method == "dated":
                os.rename(self.path, f"{self.path}-{20260000 + 100 + self.rotations % 28 + 1}.{self.rotations}")
            else:
                self._shift()
            if self.method == "copytruncate":
                shutil.copyfile(self.path, f"{self.path}.1")
                os.truncate(self.path, 0)
                return
            if self.method != "dated":
                os.rename(self.path, f"{self.path}.1")
            self.log.close()
            self.log = open(self.path, "a")
            if self.method == "packed" and os.path.exists(f"{self.path}.2"):
                self._pack()

    def _shift(self):
        for number in range(99, 0, -1):
            for suffix in ("", ".gz"):
                if os.path.exists(f"{self.path}.{number}{suffix}"):
                    os.rename(f"{self.path}.{number}{suffix}", f"{self.path}.{number + 1}{suffix}")

    def _pack(self):
        """As logrotate with delaycompress: packed beside, with the same time, then the plain one goes."""
        times = os.stat(f"{self.path}.2")
        with open(f"{self.path}.2", "rb") as plain, gzip.open(f"{self.path}.2.gz", "wb") as packed:
            shutil.copyfileobj(plain, packed)
        os.utime(f"{self.path}.2.gz", ns=(times.st_atime_ns, times.st_mtime_ns))
        os.unlink(f"{self.path}.2")


def disturb(dice, shipper, stack, sites):
    """One misfortune."""
    what = dice.choices(["rotate", "kill", "reload", "kafka", "term", "burst"], [30, 8, 4, 1, 3, 10])[0]
    if what == "rotate":
        dice.choice(sites).rotate()
    elif what == "kill":
        shipper.kill()
        dice.choice(sites).rotate()
        time.sleep(dice.random() / 2)
        shipper.start()
    elif what == "term":
        assert shipper.port  # it heeds signals by now
        assert shipper.terminate() == 0
        dice.choice(sites).rotate()
        shipper.start()
    elif what == "reload":
        assert shipper.port
        shipper.signal(signal.SIGHUP)
    elif what == "kafka":
        getattr(stack, dice.choice(["kill", "stop"]))("kafka")
        time.sleep(dice.random() * 2)
        stack.start("kafka")
    else:
        for site in sites:
            site.write(50)
    return what


def check(messages, sites):
    """Every line is there, under one id, and nothing else is."""
    ids, wrong = {}, []
    for message in messages:
        record = json.loads(message.value())
        parts = dict(part.split("=") for part in record["url"]["query"].split("&"))
        line = int(parts["f"]), int(parts["seq"])
        known = ids.setdefault(line, record["event"]["id"])
        if known != record["event"]["id"]:
            wrong.append(f"line {line} has two ids: {known}, {record['event']['id']}, offset {record['log']['offset']}")
    for site in sites:
        found = {seq for number, seq in ids if number == site.number}
        missing = set(range(site.written)) - found
        if missing:
            wrong.append(f"site {site.number} ({site.method}): {len(missing)} missing, first {sorted(missing)[:5]}")
        if len(found) > site.written:
            wrong.append(f"site {site.number}: lines that were never written")
    return wrong


def first_order(messages):
    """Lines of one stream that came before an earlier one of it, at their first appearance."""
    seen, highest, wrong = set(), {}, []
    for message in sorted(messages, key=lambda message: (message.partition(), message.offset())):
        query = json.loads(message.value())["url"]["query"]
        parts = dict(part.split("=") for part in query.split("&"))
        line = int(parts["f"]), int(parts["seq"])
        if line in seen:
            continue
        seen.add(line)
        if line[1] < highest.get(line[0], -1):
            wrong.append(line)
        highest[line[0]] = max(highest.get(line[0], -1), line[1])
    return wrong


@pytest.mark.timeout(180 + LINES // 500)
def test_random_misfortunes_lose_and_double_nothing(pipeline, stack):
    print(f"SOAK_SEED={SEED} SOAK_LINES={LINES}")
    dice = random.Random(SEED)
    sites = [Site(pipeline.logs, number, random.Random(SEED + number)) for number in range(FILES)]
    # What was rotated before an agent ever ran here is none of its business.
    shipper = pipeline.shipper(pipeline.logs / "*.log").start(wait_ready=True)
    happened = {}
    while sum(site.written for site in sites) < LINES:
        dice.choice(sites).write(dice.randrange(1, max(2, LINES // 400)))
        if dice.random() < 0.25:
            what = disturb(dice, shipper, stack, sites)
            happened[what] = happened.get(what, 0) + 1
        time.sleep(dice.random() * 0.02)
    stack.restore()
    if not shipper.is_running():
        shipper.start()
    total = sum(site.written for site in sites)

    def all_there():
        shipper.check_running()
        try:
            metrics = shipper.metrics()
            return metrics.value("shipper_bytes_behind") == 0 and metrics.value("shipper_records_waiting") == 0
        except OSError:
            return False

    wait_for(all_there, 120 + LINES // 5000, "everything to be acknowledged", shipper.log_tail, interval_s=0.5)
    wait_for(
        lambda: sum(pipeline.kafka.end_offsets(pipeline.topic).values()) >= total,
        60,
        lambda: f"{total} messages; there are {pipeline.kafka.end_offsets(pipeline.topic)}",
        shipper.log_tail,
        interval_s=0.5,
    )
    time.sleep(6)  # the last unfinished lines of rotated files
    assert shipper.port and shipper.terminate() == 0
    messages = pipeline.kafka.consume(pipeline.topic)
    print(f"{total} lines, {len(messages)} messages, {happened}, {[(s.method, s.rotations) for s in sites]}")
    wrong = check(messages, sites)
    assert not wrong, "\n".join(wrong[:20])
    out_of_order = first_order(messages)
    assert not out_of_order, f"{len(out_of_order)} out of order, first {out_of_order[:5]}"
