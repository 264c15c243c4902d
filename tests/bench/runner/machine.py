"""What the machine is, and what else it was doing."""

import datetime
import os
import pathlib
import platform
import re
import subprocess
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
FOREIGN_LIMIT = 0.2  # of one processor: above this a run is marked


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().split("\n")[0]


def package_version(*names):
    for name in names:
        found = first_line("dpkg-query", "-W", "-f", "${Version}", name)
        if found and "no packages" not in found:
            return found
    return ""


def describe(repository):
    """A table of texts, for the results and the README."""
    cpu = re.search(r"^model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = int(re.search(r"^MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M).group(1))
    versions = pathlib.Path(repository / "deploy/local/versions").read_text()
    found = {
        "processor": f"{cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} processors",
        "memory": f"{memory / 1024 / 1024:.0f} GiB",
        "virtual": first_line("systemd-detect-virt"),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        "kernel": platform.release(),
        "compiler": first_line("gcc", "--version"),
        "librdkafka": package_version("librdkafka1"),
        "libcurl": package_version("libcurl4", "libcurl4t64"),
        "java": first_line("java", "-version"),
        "commit": first_line("git", "-C", repository, "describe", "--always", "--dirty"),
    }
    for service in ("KAFKA", "ELASTICSEARCH"):
        version = re.search(rf"^{service}_VERSION=(\S+)", versions, re.M)
        found[service.lower()] = version.group(1) if version else ""
    found["redis"] = first_line("redis-server", "--version")
    return {name: value for name, value in found.items() if value}


def busy_s():
    """Processor time of everything on the machine since it started."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) * TICK_S


def process_s(pid):
    """Of one process and the children that it has waited for."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    return sum(map(int, text.rsplit(")", 1)[1].split()[11:15])) * TICK_S


class Watch:
    """Other processes' use of the machine between start and end: all that was used, without ours and the servers'.

    `known` gives the pids of the servers; the children's time is added with `add`, because they may have ended.
    """

    def __init__(self, known):
        self.known = known

    def __enter__(self):
        self.children_s = 0.0
        self.began = time.monotonic()
        self.busy_before = busy_s()
        self.ours_before = self._ours()
        self.load = os.getloadavg()[0]
        return self

    def __exit__(self, *_):
        self.seconds = max(time.monotonic() - self.began, 1e-3)
        foreign_s = busy_s() - self.busy_before - (self._ours() - self.ours_before)
        self.foreign = max(0.0, foreign_s / self.seconds)

    def _ours(self):
        """Our own time includes that of children that have ended; of those that still run it is counted by pid."""
        return sum(process_s(pid) for pid in (os.getpid(), *self.known()))

    def facts(self):
        return {"load": round(self.load, 2), "foreign": round(self.foreign, 3), "seconds": round(self.seconds, 2)}


def foreign_now(known, seconds=0.5):
    with Watch(known) as watch:
        time.sleep(seconds)
    return watch.foreign


def now_text():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
