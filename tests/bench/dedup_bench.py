#!/usr/bin/env python3
"""Kafka to Elasticsearch with marks in Redis and without, in turns: seconds and processor time.

dedup_bench.py [--lines 300000] [--runs 3]   Starts servers of its own; `make all venv` first.
"""

import argparse
import pathlib
import resource
import signal
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.pipeline import Pipeline  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.waiting import wait_for  # noqa: E402

VARIANTS = {"without Redis": {"ALPEX_REDIS_URL": ""}, "with Redis": {}}


def processor_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(pipeline, number, lines, environment):
    """Seconds from the first batch to the last record that was settled, and processor seconds of the indexer."""
    name = f"run-{number}"
    pipeline.group, pipeline.prefix = f"{pipeline.name}-{name}", f"{pipeline.name}{name}"
    pipeline.indices = f"{pipeline.prefix}-*"
    before = processor_s()
    indexer = pipeline.indexer(name, **environment).start()
    indexer.wait_ready()

    def settled():
        return indexer.metrics().value("logs_processed_total")

    wait_for(settled, 60, "the first records", indexer.log_tail)
    first, start = settled(), time.monotonic()
    wait_for(lambda: settled() >= lines, 300, "all records", indexer.log_tail)
    seconds = time.monotonic() - start
    indexer.terminate()
    assert pipeline.elastic.count(pipeline.indices) == lines
    pipeline.elastic.remove(pipeline.prefix)
    return (lines - first) / seconds, (processor_s() - before) / lines * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=300000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # both end the servers too
        signal.signal(number, signal.default_int_handler)
    stack = Stack()
    found = {name: [] for name in VARIANTS}
    try:
        stack.up()
        with tempfile.TemporaryDirectory(prefix="alpex-dedup-") as folder:
            pipeline = Pipeline(stack, pathlib.Path(folder))
            pipeline.ship_lines(range(options.lines))
            for number in range(options.runs * len(VARIANTS)):
                name = list(VARIANTS)[number % len(VARIANTS)]
                found[name].append(run(pipeline, number, options.lines, VARIANTS[name]))
                print(line(name, *found[name][-1]), flush=True)
            pipeline.close()
    finally:
        stack.wipe()
    print("medians:")
    for name, runs in found.items():
        print(line(name, *(statistics.median(each[i] for each in runs) for i in (0, 1))))


def line(name, rate, processor):
    return f"{name:14} {rate:9.0f} records/s   {processor:5.2f} s of the indexer's processor / M"


if __name__ == "__main__":
    main()
