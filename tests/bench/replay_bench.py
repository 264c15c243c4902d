#!/usr/bin/env python3
"""What a replay costs: a topic of realistic records to /dev/null, byte for byte, enriched, and through a query.

Starts a Kafka of its own, fills a topic, and runs each form several times in turn. CPU is that of `indexer replay` alone;
records a second depend on what else the machine does, and on Kafka, which shares it.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from confluent_kafka import Producer  # noqa: E402

from support.kafka import Kafka  # noqa: E402
from support.programs import binary, clean_environment  # noqa: E402
from support.stack import Stack  # noqa: E402

TOPIC = "replay-bench"
AGENTS = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
    for major in range(100, 140)
]
FORMS = {
    "as they came": ["--no-enrich"],
    "as they came, a query": ["--no-enrich", "--query", "status:5xx"],
    "enriched": [],
}


def make(seq, rng):
    path = f"/shop/item/{rng.randrange(5000)}"
    record = {
        "@timestamp": f"2026-11-21T12:{seq // 60 % 60:02d}:{seq % 60:02d}.000Z",
        "message": f"GET {path}?q={seq} HTTP/1.1",
        "event": {"id": f"{seq:022d}", "dataset": "apache.access", "outcome": "success"},
        "source": {"address": f"203.0.113.{rng.randrange(255)}", "ip": f"203.0.113.{rng.randrange(255)}"},
        "http": {
            "request": {"method": "GET", "referrer": "https://www.example.com/shop/"},
            "response": {"status_code": 500 if seq % 20 == 0 else 200, "body": {"bytes": rng.randrange(100000)}},
            "version": "1.1",
        },
        "url": {"original": f"{path}?q={seq}", "path": path, "query": f"q={seq}"},
        "user_agent": {"original": rng.choice(AGENTS)},
        "host": {"name": "web1"},
        "log": {"file": {"path": "/var/log/apache2/access.log"}, "offset": seq * 180},
        "agent": {"id": "0123456789abcdef"},
    }
    return json.dumps(record, separators=(",", ":")).encode()


def fill(brokers, count, seed):
    rng = random.Random(seed)
    Kafka(brokers).create_topic(TOPIC, 4)
    producer = Producer(
        {"bootstrap.servers": brokers, "linger.ms": 50, "compression.codec": "lz4", "queue.buffering.max.messages": 200000}
    )
    size = 0
    for seq in range(count):
        record = make(seq, rng)
        size += len(record)
        while True:
            try:
                producer.produce(TOPIC, record, str(seq % 64))
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0
    return size / count


def run(brokers, arguments):
    environment = clean_environment(ALPEX_KAFKA_BROKERS=brokers, ALPEX_KAFKA_TOPIC=TOPIC)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with open(os.devnull, "wb") as nowhere:
        done = subprocess.run(
            [binary("indexer"), "replay", "--sink", "stdout", "--json", *arguments],
            stdout=nowhere,
            stderr=subprocess.PIPE,
            env=environment,
        )
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr.decode()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stderr.splitlines()[-1])["read"], wall, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    stack = Stack("kafka")
    results = {name: [] for name in FORMS}
    try:
        stack.up()
        size = fill(stack.brokers, options.records, options.seed)
        for _ in range(options.runs):
            for name, arguments in FORMS.items():
                results[name].append(run(stack.brokers, arguments))
    finally:
        stack.wipe()
    load = os.getloadavg()[0]
    if not options.json:
        print(f"{options.records:,} records of {size:.0f} bytes, {options.runs} runs, load {load:.1f}")
        print(f"{'':24} {'records/s: min':>16} {'median':>12} {'max':>12} {'CPU s / M':>10}")
    for name, runs in results.items():
        rates = sorted(read / wall for read, wall, _ in runs)
        cpu = sorted(used / read * 1e6 for read, _, used in runs)
        middle = len(runs) // 2
        if options.json:
            print(json.dumps({"form": name, "records_per_s": [round(rate) for rate in rates], "cpu_s_per_million": cpu, "load": load}))
        else:
            print(f"{name:24} {rates[0]:16,.0f} {rates[middle]:12,.0f} {rates[-1]:12,.0f} {cpu[middle]:10.2f}")


if __name__ == "__main__":
    main()
