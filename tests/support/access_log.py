"""Access logs written and read independently of the programs under test."""

import collections
import datetime
import gzip
import random
import re
import threading

AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0",
    'odd \\"quoted\\" agent',
    "-",
]
REFERRERS = ["-", "https://www.example.org/", "https://search.example.com/?q=a+b&lang=de", "http://[2001:db8::1]/x"]
STATUSES = [200, 200, 200, 200, 204, 301, 304, 404, 403, 500]
CLIENTS = ["192.0.2.7", "198.51.100.23", "203.0.113.5", "2001:db8::17", "client.example.net"]

# "%h %l %u [%t] "%r" %>s %b ...": the request may hold escaped quotes.
LINE = re.compile(rb'^\S+ .*?\[[^\]]*\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)')


def line(seq, when=None, padding=0):
    """One line of Apache's combined format with its sequence number in the URL, without newline."""
    when = when or datetime.datetime.now(datetime.timezone.utc)
    dice = random.Random(seq)
    size = "-" if dice.random() < 0.1 else str(dice.randrange(100000))
    user = "-" if dice.random() < 0.8 else "frank"
    return (
        f"{dice.choice(CLIENTS)} - {user} [{when:%d/%b/%Y:%H:%M:%S %z}] "
        f'"GET /item?seq={seq} HTTP/1.1" {dice.choice(STATUSES)} {size} '
        f'"{dice.choice(REFERRERS)}" "{dice.choice(AGENTS)}{"x" * padding}"'
    )


def write(path, seqs, mode="a", padding=0):
    """Writes whole lines at once; `mode` "a" appends, "w" replaces the file's content."""
    with open(path, mode) as log:
        log.write("".join(line(seq, padding=padding) + "\n" for seq in seqs))


class Writer:
    """A web server's stand-in: appends numbered lines at a steady pace until told to stop.

    Every file of `paths` is kept open for appending, as servers do; `reopen` is what their reopen signal does.
    """

    def __init__(self, paths, lines_per_s, first_seq=0):
        self.paths = list(paths)
        self.rate = lines_per_s
        self.next_seq = first_seq
        self.first_seq = first_seq
        self._files = [open(path, "a") for path in self.paths]
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def reopen(self):
        with self._lock:
            for file in self._files:
                file.close()
            self._files = [open(path, "a") for path in self.paths]

    def paused(self):
        """A context in which nothing is written."""
        return self._lock

    def written(self):
        return self.next_seq - self.first_seq

    def stop(self):
        """Returns the sequence numbers that were written."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(10)
        for file in self._files:
            file.close()
        return range(self.first_seq, self.next_seq)

    def _run(self):
        burst_s = 0.02
        burst = max(1, int(self.rate * burst_s))
        while not self._end.wait(burst_s):
            with self._lock:
                for _ in range(burst):
                    file = self._files[self.next_seq % len(self._files)]
                    file.write(line(self.next_seq) + "\n")
                    self.next_seq += 1
                for file in self._files:
                    file.flush()


class Summary:
    """What an access log says, by a reading of its own: line count, statuses, bytes, and the lines themselves."""

    def __init__(self):
        self.count, self.bytes = 0, 0
        self.statuses = collections.Counter()
        self.lines = collections.Counter()

    def add(self, path):
        with gzip.open(path) if str(path).endswith(".gz") else open(path, "rb") as log:
            for raw in log:
                match = LINE.match(raw)
                assert match, raw
                self.count += 1
                self.lines[raw.rstrip(b"\n").decode()] += 1
                if match.group(2) != b"-":
                    self.statuses[int(match.group(2))] += 1
                if match.group(3) != b"-":
                    self.bytes += int(match.group(3))
        return self
