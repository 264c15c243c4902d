#!/usr/bin/env python3
"""Starts an empty redis-server, and lets redis_marks measure: once as files come, once with a key for every mark."""

import pathlib
import subprocess
import sys
import tempfile
import time

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build" / "release" / "tests" / "bench" / "redis_marks"
CASES = {
    "60 lines in 8 KiB": ["--lines", "60"],
    "10 lines in 8 KiB": ["--lines", "10"],
    "1000 files at once": ["--lines", "60", "--streams", "1000"],
    "a key for every mark": ["--lines", "1"],
}


def measure(name, arguments):
    with tempfile.TemporaryDirectory(prefix="alpex-marks-") as folder:
        socket = f"{folder}/redis.sock"
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        try:
            while not pathlib.Path(socket).exists():
                time.sleep(0.05)
            print(f"-- {name}", flush=True)
            subprocess.run([PROGRAM, socket, *arguments], check=True)
        finally:
            server.terminate()
            server.wait()


for case, options in CASES.items():
    measure(case, [*options, *sys.argv[1:]])
