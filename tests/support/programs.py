"""The programs under test as child processes."""

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess

from support.prometheus import Metrics
from support.stack import REPO
from support.waiting import wait_for

# ALPEX_TEST_BUILD: another folder with both programs, e.g. build/asan/bin.
BUILD = pathlib.Path(os.environ.get("ALPEX_TEST_BUILD") or REPO / "build")
LOG_TAIL_LINES = 25
LISTENING = re.compile(r"listening on 'http://[^']*:(\d+)'")


def binary(name):
    path = BUILD / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: run make first")
    return str(path)


def clean_environment(**extra):
    """Nothing of the caller's configuration reaches the programs."""
    keep = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
    return {name: os.environ[name] for name in keep if name in os.environ} | extra


def run_cli(program, *arguments, stdin=b"", timeout_s=30, cwd=None, **environment):
    """Runs a command to its end; the result's stdout and stderr are bytes, `.text` is both as text."""
    done = subprocess.run(
        [binary(program), *map(str, arguments)],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=timeout_s,
        cwd=cwd,
        env=clean_environment(**environment),
    )
    done.text = (done.stdout + done.stderr).decode(errors="replace")
    return done


def run_measured(program, *arguments, stdout, timeout_s=60, **environment):
    """Runs a command to its end; (exit code, the most memory that it was seen with, in kB)."""
    with open(stdout, "wb") as out:
        process = subprocess.Popen(
            [binary(program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
            env=clean_environment(**environment),
        )
    peak_kb = 0

    def ended():
        nonlocal peak_kb
        peak_kb = max(peak_kb, memory_kb(process.pid, "VmHWM"))
        return process.poll() is not None

    try:
        wait_for(ended, timeout_s, f"the end of {program}", interval_s=0.005)
    finally:
        process.kill()
    return process.returncode, peak_kb


def memory_kb(pid, what="VmRSS"):
    """Resident memory now; what="VmHWM": the most that it ever was. 0 when the process has ended."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB", status, re.M)
    return int(found.group(1)) if found else 0


def processor_s(pid):
    """User and system time of all threads until now."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def json_lines(output):
    return [json.loads(line) for line in output.splitlines()]


class Program:
    """`shipper run` or `indexer run`, or another long command; may be started again after its end."""

    def __init__(self, program, folder, arguments, environment, name=None):
        self.program = program
        self.name = name or program
        self.folder = pathlib.Path(folder)
        self.arguments = [str(each) for each in arguments]
        self.environment = environment
        self.process = None
        self.starts = 0

    def start(self, wait_ready=False, stdin=subprocess.DEVNULL):
        assert not self.is_running(), f"{self.name} runs already"
        self.starts += 1
        self.log = self.folder / f"{self.name}-{self.starts}.log"
        with open(self.log, "wb") as log:
            # setpriv: it must not outlive the tests, even when those are killed.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", binary(self.program), *self.arguments],
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=clean_environment(**self.environment),
            )
        if wait_ready:
            self.wait_ready()
        return self

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """Like a crash: no signal handler runs."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()

    def signal(self, number):
        os.kill(self.process.pid, number)

    def terminate(self, timeout_s=40):
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_exit(timeout_s)

    def wait_exit(self, timeout_s=60):
        wait_for(lambda: not self.is_running(), timeout_s, f"the end of {self.name}", self.log_tail)
        return self.process.returncode

    def log_text(self):
        return self.log.read_text(errors="replace") if self.starts else ""

    def log_tail(self):
        lines = self.log_text().splitlines()[-LOG_TAIL_LINES:]
        state = "running" if self.is_running() else f"ended with {self.process.returncode}"
        return f"--- {self.name} ({state}), end of {self.log}:\n" + "\n".join(line[:400] for line in lines)

    def check_running(self):
        assert self.is_running(), f"{self.name} is not running\n{self.log_tail()}"

    @property
    def port(self):
        """Where it listens; waits until the log says so."""

        def find():
            self.check_running()
            return LISTENING.search(self.log_text())

        return int(wait_for(find, 20, f"{self.name} to say where it listens", self.log_tail).group(1))

    def get(self, path, method="GET", headers=None):
        """(status, headers, body) of an HTTP request to the program."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def metrics(self):
        status, _, body = self.get("/metrics")
        assert status == 200, body
        return Metrics(body.decode())

    def is_ready(self):
        self.check_running()
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def readiness(self):
        try:
            return self.get("/readyz")[2].decode(errors="replace")
        except OSError as error:
            return str(error)

    def wait_ready(self, timeout_s=60):
        wait_for(
            self.is_ready, timeout_s, lambda: f"{self.name} to be ready; /readyz says {self.readiness()}", self.log_tail
        )
        return self

    def open_files(self):
        """Where its descriptors lead to."""
        found = set()
        for descriptor in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                found.add(os.readlink(descriptor))
            except FileNotFoundError:
                pass  # closed meanwhile
        return found

    def memory_kb(self, what="VmRSS"):
        return memory_kb(self.pid, what)

    def processor_s(self):
        return processor_s(self.pid)
