#!/usr/bin/env python3
"""What processing costs a line: `shipper parse` with one part of the configuration at a time, processor time of the user."""

import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

LINES, RUNS = 300_000, 5
SHIPPER = pathlib.Path(__file__).resolve().parents[2] / "build" / "shipper"
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "curl/7.88.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile",
]
ALL = {"ip": "truncate", "email": "mask", "cards": "mask", "credentials": "mask", "parameters": ["common"]}
CASES = {
    "nothing configured": {},
    "keep: status:>=0": {"keep": "status:>=0"},
    "drop: path:/health*": {"drop": ["path:/health*"]},
    "drop: three queries": {"drop": ["path:/health*", "ua:*bot*", "status:999"]},
    "sample with a query": {"sample": [{"query": "status:200", "percent": 99}]},
    "fields: set": {"fields": [{"set": "labels.team", "value": "web"}]},
    "fields: copy, remove": {"fields": [{"copy": "url.path", "to": "labels.p"}, {"remove": "http.version"}]},
    "redact ip: truncate": {"redact": {"ip": "truncate"}},
    "redact ip: hash": {"redact": {"ip": "hash", "secret": "0123456789abcdef"}},
    "redact email: mask": {"redact": {"email": "mask"}},
    "redact cards: mask": {"redact": {"cards": "mask"}},
    "redact parameters: [common]": {"redact": {"parameters": ["common"]}},
    "redact credentials: mask": {"redact": {"credentials": "mask"}},
    "redact all five": {"redact": ALL},
    "redact one pattern": {"redact": {"patterns": [{"name": "x", "pattern": "badge=(\\d+)"}]}},
}


def write_lines(path):
    rng = random.Random(1)
    with open(path, "w") as log:
        for number in range(LINES):
            client = ".".join(str(rng.randint(1, 223)) for _ in range(4))
            log.write(
                f'{client} - - [10/Oct/2023:13:55:{number % 60:02} +0000] "GET /products/{rng.randint(1, 99999)}/view?ref={number}'
                f'&page={number % 7} HTTP/1.1" {rng.choice([200, 200, 304, 404])} {rng.randint(100, 99999)} '
                f'"https://www.example.org/search?q=shoes" "{rng.choice(AGENTS)}"\n'
            )


def user_s(arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([SHIPPER, "parse", *arguments], stdout=subprocess.DEVNULL, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    with tempfile.TemporaryDirectory() as folder:
        log, config = os.path.join(folder, "access.log"), os.path.join(folder, "shipper.yaml")
        write_lines(log)
        base = None
        for name, processing in CASES.items():
            with open(config, "w") as out:
                json.dump({"agent": {"id": "bench"}, "processing": processing}, out)
            ns = min(user_s(["--config", config, log]) for _ in range(RUNS)) / LINES * 1e9
            base = base or ns
            print(f"{name:30} {ns:7.0f} ns a line  {ns - base:+6.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
