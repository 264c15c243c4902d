"""tests/support/query_probe.c: the query language in memory, and the index mapping."""

import json
import subprocess

from support.stack import REPO

PROGRAM = REPO / "build" / "release" / "tests" / "support" / "query_probe"


class Probe:
    def __init__(self):
        self._process = subprocess.Popen([str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **command):
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        assert self._process.wait(timeout=30) == 0


def mapping():
    probe = Probe()
    try:
        return probe.ask(mapping=True)
    finally:
        probe.close()
