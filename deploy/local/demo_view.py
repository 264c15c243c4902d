#!/usr/bin/env python3
"""Shows how a growing log reaches Elasticsearch, and proves at the end that each line is there exactly once.

Started by demo.sh. Compares the log with what Elasticsearch answers, and asks neither shipper nor indexer: a line is
known by its offset in the file (log.offset), so missing and doubled ones are counted, not estimated. Exit 1 when the
two differ. Nothing but the standard library.
"""

import argparse
import collections
import json
import os
import sys
import time
import urllib.request

STALL_S = 30  # nothing new for so long: give up waiting
PAGE = 10000  # offsets asked for at once


class Log:
    """A growing file and the offsets at which its lines begin."""

    def __init__(self, path):
        self.path = path
        self.read_to = 0
        self.starts = []  # of whole lines only
        self.next_start = 0

    def count(self):
        with open(self.path, "rb") as file:
            file.seek(self.read_to)
            while block := file.read(1 << 20):
                at = block.find(b"\n")
                while at >= 0:
                    self.starts.append(self.next_start)
                    self.next_start = self.read_to + at + 1
                    at = block.find(b"\n", at + 1)
                self.read_to += len(block)
        return len(self.starts)


class Documents:
    """The documents in Elasticsearch that come from one file."""

    def __init__(self, url, index, path):
        self.url = f"{url.split(',')[0]}/{index}"
        self.query = {"term": {"log.file.path": path}}
        self.open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # it is on this machine

    def call(self, operation, body):
        request = urllib.request.Request(
            f"{self.url}/{operation}?ignore_unavailable=true&allow_no_indices=true",
            json.dumps(body).encode() if body else b"",
            {"Content-Type": "application/json"},
        )
        with self.open(request, timeout=30) as answer:
            return json.load(answer)

    def search(self, aggregations):
        body = {"size": 0, "track_total_hits": True, "query": self.query, "aggs": aggregations}
        return self.call("_search", body)

    def count(self):
        """How many can be found, and the newest one's time in seconds (None without any)."""
        answer = self.search({"newest": {"max": {"field": "@timestamp"}}})
        newest = answer.get("aggregations", {}).get("newest", {}).get("value")
        return answer["hits"]["total"]["value"], newest / 1000 if newest else None

    def refresh(self):
        self.call("_refresh", None)

    def offsets(self):
        """How many documents each line of the file has."""
        found, after = collections.Counter(), {}
        while True:
            page = {"size": PAGE, "sources": [{"offset": {"terms": {"field": "log.offset"}}}], **after}
            answer = self.search({"lines": {"composite": page}}).get("aggregations", {}).get("lines", {"buckets": []})
            for bucket in answer["buckets"]:
                found[bucket["key"]["offset"]] += bucket["doc_count"]
            if "after_key" not in answer:
                return found
            after = {"after": answer["after_key"]}

    def top(self, field, size=5):
        answer = self.search({"top": {"terms": {"field": field, "size": size}}})
        buckets = answer.get("aggregations", {}).get("top", {"buckets": []})["buckets"]
        return [(str(bucket["key"]), bucket["doc_count"]) for bucket in buckets]


class Process:
    """A running program, seen through /proc."""

    def __init__(self, text):
        self.name, self.pid = text.split("=")
        self.folder = f"/proc/{self.pid}"
        self.cpu_before = self.cpu_s()

    def cpu_s(self):
        try:
            with open(f"{self.folder}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return 0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        """Now, and the most so far."""
        try:
            with open(f"{self.folder}/status") as file:
                values = dict(line.split(":", 1) for line in file)
        except OSError:
            return 0, 0
        return tuple(int(values[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def colored(text, good):
    return f"\033[{32 if good else 31}m{text}\033[0m" if sys.stdout.isatty() else text


class View:
    def __init__(self, options):
        self.log = Log(options.log)
        self.documents = Documents(options.elasticsearch, options.index, options.log)
        self.processes = [Process(text) for text in options.process]
        self.generator = options.generator
        self.begin = time.monotonic()
        self.before = self.log.count() if os.path.exists(options.log) else 0
        self.peak = 0

    def watch(self):
        """A line each second while the log grows, and then until all is there."""
        print(f"{'time':>6} {'written':>10} {'indexed':>10} {'behind':>8} {'lines/s':>9} {'docs/s':>9}   newest")
        last_time, last_written, last_indexed = self.begin, self.before, None
        idle_since = None
        while True:
            writing = lives(self.generator)
            time.sleep(1 if writing else 0.25)
            written = self.log.count()
            indexed, newest = self.ask()
            now = time.monotonic()
            finished = not writing and indexed >= written
            if writing or finished or now - last_time >= 1:
                gained = indexed - (self.before if last_indexed is None else last_indexed)
                pace = max(gained, 0) / (now - last_time)
                self.peak = max(self.peak, pace)
                lines_per_s = (written - last_written) / (now - last_time)
                age = f"{max(time.time() - newest, 0):.1f} s old" if newest else "-"
                print(
                    f"{now - self.begin:5.0f}s {written:10,} {indexed:10,} {written - indexed:8,} "
                    f"{lines_per_s:9,.0f} {pace:9,.0f}   {age}",
                    flush=True,
                )
                idle_since = None if gained or writing else idle_since or now
                last_time, last_written, last_indexed = now, written, indexed
            if finished or (idle_since and now - idle_since > STALL_S):
                self.seconds = now - self.begin
                return

    def ask(self):
        """What Elasticsearch has. A short silence of it is waited for."""
        deadline = time.monotonic() + STALL_S
        while True:
            try:
                return self.documents.count()
            except OSError:
                if time.monotonic() > deadline or not any(lives(process.pid) for process in self.processes):
                    raise
                time.sleep(1)

    def report(self):
        """Prints the tables; true when each line is there once."""
        self.documents.refresh()
        lines, found = set(self.log.starts), self.documents.offsets()
        documents = sum(found.values())
        missing = len(lines - found.keys())
        doubled = sum(count - 1 for count in found.values())
        strange = len(found.keys() - lines)
        good = not (missing or doubled or strange)

        print("\nEach line exactly once?")
        for name, value, fine in (
            ("lines written", len(lines), True),
            ("documents", documents, good),
            ("missing", missing, not missing),
            ("duplicated", doubled, not doubled),
            ("of no line", strange, not strange),
        ):
            if name != "of no line" or value:
                print("  {:<16}{}".format(name, colored(f"{value:>10,}", fine)))
        print("  " + colored("yes" if good else "NO: the logs of shipper and indexer say more", good))

        self.print_top("status", "http.response.status_code", documents)
        self.print_top("path", "url.path", documents)
        self.print_top("user agent", "user_agent.original", documents)
        self.print_top("country", "source.geo.country_name", documents)
        self.print_programs()
        return good

    def print_top(self, title, field, documents):
        rows = self.documents.top(field)
        print(f"\n  {title:<44}{'lines':>10}{'share':>8}")
        for name, count in rows:
            print(f"  {name[:42]:<44}{count:>10,}{100 * count / max(documents, 1):>7.1f}%")
        if not rows:
            print("  (none)")

    def print_programs(self):
        lines = len(self.log.starts) - self.before
        print(f"\n  {'program':<12}{'lines/s':>10}{'CPU':>9}{'memory':>10}{'at most':>10}")
        for process in self.processes:
            now, most = process.memory_mb()
            cpu = process.cpu_s() - process.cpu_before
            print(f"  {process.name:<12}{lines / self.seconds:>10,.0f}{cpu:>7.1f} s{now:>7.0f} MB{most:>7.0f} MB")
        print(f"  ({lines:,} lines in {self.seconds:.1f} s; at best {self.peak:,.0f} documents/s)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--log", required=True, help="the growing file")
    parser.add_argument("--elasticsearch", required=True, metavar="URL")
    parser.add_argument("--index", default="logs-*", help="index pattern")
    parser.add_argument("--generator", required=True, metavar="PID", help="what writes the log")
    parser.add_argument("--process", action="append", default=[], metavar="NAME=PID", help="a program to measure")
    view = View(parser.parse_args())
    view.watch()
    return 0 if view.report() else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"Elasticsearch does not answer: {error}")
