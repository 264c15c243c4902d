#!/usr/bin/env python3
"""Kafka to Elasticsearch: the indexer with several numbers of workers, beside prebuilt bodies sent by two curl processes.

sink_bench.py [RECORDS] [RUNS] [WORKERS...]; the runs are interleaved. It starts servers of its own.
"""

import datetime
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from support.elastic import Elastic  # noqa: E402
from support.kafka import Kafka  # noqa: E402
from support.programs import Program  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.waiting import wait_for  # noqa: E402

TOPIC, PREFIX = "bench", "bench"
BODY_BYTES = 5_000_000
OFF = {name: {"enabled": False} for name in ("geoip", "user_agent", "bots", "threats", "floods")}
TICKS = os.sysconf("SC_CLK_TCK")


def make_records(count):
    rng, now = random.Random(7), datetime.datetime.now(datetime.timezone.utc)
    for number in range(count):
        when = now + datetime.timedelta(milliseconds=number)
        client, item = f"198.51.{rng.randrange(100)}.{rng.randrange(256)}", rng.randrange(5000)
        yield {
            "@timestamp": when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "message": f"GET /products/{item}/view?ref={number} HTTP/1.1",
            "event": {"id": f"{int(when.timestamp() * 1000):012x}{number:010x}", "dataset": "apache.access"},
            "source": {"address": client, "ip": client},
            "http": {"request": {"method": "GET"}, "response": {"status_code": rng.choice([200, 200, 404])}},
            "url": {"path": f"/products/{item}/view", "query": f"ref={number}"},
            "host": {"name": "web1"},
        }


def write_bodies(records, folder, with_ids):
    """Bulk bodies of 5 MB; returns their paths."""
    index, paths, lines, size = f"{PREFIX}-limit-2026.01.01", [], [], 0

    def flush():
        path = pathlib.Path(folder) / f"body-{with_ids}-{len(paths)}"
        path.write_text("".join(lines))
        paths.append(path)
        lines.clear()

    for record in records:
        action = {"_index": index, **({"_id": record["event"]["id"]} if with_ids else {})}
        line = json.dumps({"create": action}) + "\n" + json.dumps(record) + "\n"
        lines.append(line)
        size += len(line)
        if size >= BODY_BYTES:
            flush()
            size = 0
    if lines:
        flush()
    return paths


def run_curl(url, paths):
    """Documents are sent by two processes, each on one connection; returns seconds."""
    processes = []
    begin = time.monotonic()
    for half in (paths[::2], paths[1::2]):
        command = ["curl", "-sS", "-o", "/dev/null", "-H", "Content-Type: application/x-ndjson"]
        for number, path in enumerate(half):
            command += ["--next", "-sS", "-o", "/dev/null", "-H", "Content-Type: application/x-ndjson"] if number else []
            command += ["--data-binary", f"@{path}", f"{url}/_bulk?filter_path=errors"]
        processes.append(subprocess.Popen(command))
    for process in processes:
        assert process.wait() == 0
    return time.monotonic() - begin


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run_indexer(stack, folder, workers, count, number):
    """Returns (seconds from the first record consumed to the last settled, processor seconds, peak MiB)."""
    config = pathlib.Path(folder) / "indexer.yaml"
    config.write_text(json.dumps(OFF))
    indexer = Program(
        "indexer",
        pathlib.Path(folder),
        ["run", "--config", config],
        {
            "ALPEX_KAFKA_BROKERS": stack.brokers,
            "ALPEX_KAFKA_TOPIC": TOPIC,
            "ALPEX_KAFKA_GROUP": f"bench-{workers}-{number}",
            "ALPEX_ELASTICSEARCH_URLS": stack.elasticsearch_url,
            "ALPEX_ELASTICSEARCH_INDEX_PREFIX": PREFIX,
            "ALPEX_ELASTICSEARCH_REPLICAS": "0",
            "ALPEX_HTTP_LISTEN": "127.0.0.1:0",
            "NUM_WORKER_THREADS": str(workers),
        },
        f"indexer-{workers}-{number}",
    ).start()
    try:
        indexer.wait_ready()

        def value(name):
            return indexer.metrics().value(name) or 0

        wait_for(lambda: value("indexer_records_consumed_total"), 60, "the first record", interval_s=0.01)
        begin = time.monotonic()
        wait_for(lambda: value("logs_processed_total") >= count, 600, "all records", interval_s=0.05)
        return time.monotonic() - begin, cpu_s(indexer.process.pid), indexer.memory_kb("VmHWM") / 1024
    finally:
        indexer.kill()


def clean(elastic):
    for index in elastic.indices(f"{PREFIX}-*"):
        elastic.call("DELETE", f"/{index}")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    variants = [int(text) for text in sys.argv[3:]] or [1, 2, 3, 4, 6]
    results = {}

    def note(name, measured):
        results.setdefault(name, []).append(measured)
        print(f"{name}: {count / measured[0]:,.0f} docs/s, {measured[1]:.2f} CPU s", file=sys.stderr, flush=True)

    stack = Stack("kafka elasticsearch")
    stack.up()
    try:
        with tempfile.TemporaryDirectory() as folder:
            elastic, kafka = Elastic(stack.elasticsearch_url), Kafka(stack.brokers)
            records = list(make_records(count))
            kafka.create_topic(TOPIC, 4)
            kafka.produce(TOPIC, [json.dumps(record).encode() for record in records])
            bodies = {with_ids: write_bodies(records, folder, with_ids) for with_ids in (False, True)}
            del records
            run_indexer(stack, folder, 2, count, "warm")  # puts the template, warms the servers
            for number in range(runs):
                for with_ids, paths in bodies.items():
                    clean(elastic)
                    seconds = run_curl(stack.elasticsearch_url, paths)
                    assert elastic.count(f"{PREFIX}-*") == count
                    note(f"2 curl, {'our' if with_ids else 'automatic'} ids", (seconds, 0, 0))
                for workers in variants:
                    clean(elastic)
                    note(f"indexer, {workers} workers", run_indexer(stack, folder, workers, count, number))
                    assert elastic.count(f"{PREFIX}-*") == count
    finally:
        stack.wipe()
    limit = statistics.median(count / seconds for seconds, _, _ in results["2 curl, automatic ids"])
    print(f"{count} records, {runs} runs, load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{'':28}{'docs/s min':>12}{'median':>10}{'max':>10}{'of limit':>10}{'CPU s/M':>9}{'peak MiB':>10}")
    for name, measured in results.items():
        rates = [count / seconds for seconds, _, _ in measured]
        cpu = statistics.median(cpu for _, cpu, _ in measured) / count * 1e6
        print(
            f"{name:28}{min(rates):12,.0f}{statistics.median(rates):10,.0f}{max(rates):10,.0f}"
            f"{statistics.median(rates) / limit:10.2f}{cpu:9.2f}{max(peak for _, _, peak in measured):10.0f}"
        )


if __name__ == "__main__":
    main()
