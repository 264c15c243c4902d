"""A program under measurement: its processor time with all its threads, its peak memory, its end."""

import os
import pathlib
import re
import signal
import subprocess
import time

POLL_S = 0.02


class ChildFailed(Exception):
    pass


def clean_environment(**extra):
    """Nothing of the caller's configuration reaches the programs."""
    keep = ("PATH", "HOME", "LANG")
    return {name: os.environ[name] for name in keep if name in os.environ} | extra


class Child:
    """Started at once; ended at the latest when the `with` block is left. `cpu_s` and `peak_mib` are of this process only."""

    def __init__(self, command, log, stdout=None, stdin=subprocess.DEVNULL, env=None, priority=0):
        self.command = [str(part) for part in command]
        self.log = pathlib.Path(log)
        self.peak_kib = 0
        self.usage = None
        self.code = None
        self.began = time.monotonic()
        with open(self.log, "wb") as errors:
            # setpriv: it must not outlive us, even when we are killed.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.command],
                stdin=stdin,
                stdout=errors if stdout is None else stdout,
                stderr=errors,
                start_new_session=True,
                env=clean_environment(**(env or {})),
            )
        # The kernel's clock of that process: nanoseconds, threads that have ended included.
        self._clock = (~self.process.pid << 3) | 2

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        """Notes the peak memory on the way."""
        if self.usage:
            return False
        self._note_peak()
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid:
            self._ended(status, usage)
        return not self.usage

    def _note_peak(self):
        try:
            text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return
        found = re.search(r"^VmHWM:\s+(\d+) kB", text, re.M)
        if found:
            self.peak_kib = max(self.peak_kib, int(found.group(1)))

    def _ended(self, status, usage):
        self.usage = usage
        self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
        self.wall_s = time.monotonic() - self.began
        # What wait4 knows is exact, but may be the launcher's own peak before it became the program: some MiB.
        self.peak_kib = self.peak_kib or usage.ru_maxrss

    @property
    def cpu_s(self):
        """User and system time until now, or until its end."""
        if self.usage:
            return self.usage.ru_utime + self.usage.ru_stime
        return time.clock_gettime(self._clock)

    @property
    def peak_mib(self):
        return self.peak_kib / 1024

    def rss_mib(self):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.M).group(1)) / 1024

    def wakeups(self):
        """How often its threads have gone to sleep, and so were woken, until now."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            try:
                text = (task / "status").read_text()
            except OSError:
                continue  # ended meanwhile
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M).group(1))
        return total

    def wait(self, timeout_s):
        """Until its end; returns the exit code."""
        deadline = time.monotonic() + timeout_s
        while self.is_running():
            if time.monotonic() > deadline:
                raise ChildFailed(f"{self.name} did not end within {timeout_s:g} s\n{self.log_tail()}")
            time.sleep(POLL_S)
        return self.code

    def wait_until(self, condition, timeout_s, what, interval_s=POLL_S):
        """Until `condition` holds; the program must not end before."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if not self.is_running():
                raise ChildFailed(f"{self.name} ended with {self.code} before {what}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ChildFailed(f"{self.name}: waited {timeout_s:g} s for {what}\n{self.log_tail()}")
            time.sleep(interval_s)
        self.is_running()

    def wait_quiet(self, quiet_s, timeout_s):
        """Until it has used hardly any processor time for a while; returns (wall, processor) seconds until then."""
        last_cpu, last_wall = self.cpu_s, time.monotonic()
        deadline = last_wall + timeout_s
        while time.monotonic() - last_wall < quiet_s:
            if not self.is_running() or time.monotonic() > deadline:
                raise ChildFailed(f"{self.name} ended, or did not come to rest within {timeout_s:g} s\n{self.log_tail()}")
            time.sleep(0.05)
            if self.cpu_s - last_cpu > 0.005:
                last_cpu, last_wall = self.cpu_s, time.monotonic()
        return last_wall - self.began, last_cpu

    def stop(self, timeout_s=15):
        """TERM, then KILL. A peer that does not end by itself has done its work by then."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.is_running():
                return
            os.kill(self.pid, number)
            deadline = time.monotonic() + timeout_s
            while self.is_running() and time.monotonic() < deadline:
                time.sleep(POLL_S)

    @property
    def name(self):
        return os.path.basename(self.command[0])

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])[:3000]


def run(command, log, timeout_s=600, **options):
    """To its end; it must succeed."""
    with Child(command, log, **options) as child:
        if child.wait(timeout_s) != 0:
            raise ChildFailed(f"{' '.join(child.command)[:300]} ended with {child.code}\n{child.log_tail()}")
        return child
