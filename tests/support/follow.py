"""`indexer tail` while it runs: its lines with the time of their arrival."""

import json
import signal
import subprocess
import threading
import time

from support.programs import binary, clean_environment
from support.waiting import wait_for


class Tail:
    def __init__(self, folder, environment, *arguments, stdout=None):
        self.lines, self.times = [], []
        self._errors = open(folder / f"tail-{time.monotonic_ns()}.log", "w+")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", binary("indexer"), "tail", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=self._errors,
            env=clean_environment(**environment),
        )
        self._thread = None
        if stdout is None:
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.times.append(time.monotonic())
            self.lines.append(line)

    def stderr(self):
        self._errors.seek(0)
        return self._errors.read()

    def wait_said(self, text, timeout_s=20):
        wait_for(lambda: text in self.stderr(), timeout_s, f"tail to say {text!r}", self.stderr)
        return self

    def wait_following(self):
        return self.wait_said("following topic")

    def wait_lines(self, count, timeout_s=20):
        wait_for(
            lambda: len(self.lines) >= count, timeout_s, lambda: f"{count} lines, there are {len(self.lines)}", self.stderr
        )
        return list(self.lines)

    def records(self, count, timeout_s=20):
        return [json.loads(line) for line in self.wait_lines(count, timeout_s)]

    def ids(self, count, timeout_s=20):
        return [record["event"]["id"] for record in self.records(count, timeout_s)]

    def stop(self, number=signal.SIGINT, timeout_s=10):
        """Its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(timeout_s)
        if self._thread:
            self._thread.join(10)
        return code

    def close(self):
        self.process.kill()
        self.process.wait()
        if self._thread:
            self._thread.join(10)
            self.process.stdout.close()
        self._errors.close()
