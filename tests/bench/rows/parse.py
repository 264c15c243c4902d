"""A: lines to JSON records that nobody takes. `shipper parse` writes to /dev/null, as do the peers."""

import subprocess

from generator import files, formats
from peers import goaccess, rsyslog, syslog_ng
from rows import Contender, Row, cpu_per_million
from runner import child
from runner.paths import limit, shipper

CHECK_LINES = 20_000
CHECK_SHARE = 0.005  # of lines that may not be understood: the odd ones
GOACCESS_SHARE = 4  # it is slow: a part of the lines will do
QUIET_S = 1.5


class Parse(Row):
    letter = "A"
    title = "parse only"
    quick = True

    def prepare(self):
        self.inputs = {}
        for each in formats.FORMATS:
            lines = self.options.lines if each is formats.COMBINED else self.options.format_lines
            self.inputs[each.name] = (self.bench.input(each, lines), lines)
            self.check(each)

    def check(self, each):
        """What is fast must be right first: a record a line, and how many of them are understood."""
        path = files.cached(self.bench.input_folder, each, CHECK_LINES, self.options.seed)
        done = subprocess.run([shipper(), "parse", "--format", each.shipper, path], stdout=subprocess.PIPE, check=True)
        records, failed = done.stdout.count(b"\n"), done.stdout.count(b'"_parsefailure"')
        if records != CHECK_LINES or failed > CHECK_LINES * CHECK_SHARE:
            self.bench.results.warn(f"A: {CHECK_LINES} lines in {each.name} gave {records} records, {failed} not understood")

    def contenders(self):
        found = []
        for each in formats.FORMATS:
            expected_s = self.inputs[each.name][1] / 800e3
            found.append(Contender(each.name, "shipper parse", "ours", lambda each=each: self.run_ours(each), expected_s))
        path, lines = self.inputs["combined"]
        found.append(
            Contender(
                "combined", "plain C, one pass", "limit", lambda: self.run_to_end([limit("parse"), path], lines), lines / 3e6
            )
        )
        for peer, per_s in ((rsyslog, 250e3), (syslog_ng, 90e3)):
            if self.bench.has(peer):
                run = lambda peer=peer: self.run_daemon(peer, path, lines)  # noqa: E731
                found.append(Contender("combined", peer.NAME, "peer", run, lines / per_s + 2))
        if self.bench.has(goaccess):
            expected_s = lines / GOACCESS_SHARE / 33e3
            found.append(Contender("combined", f"{goaccess.NAME} (aggregates)", "peer", self.run_goaccess, expected_s))
        return found

    def run_ours(self, each):
        path, lines = self.inputs[each.name]
        return self.run_to_end([shipper(), "parse", "--format", each.shipper, path], lines)

    def run_goaccess(self):
        lines = self.options.lines // GOACCESS_SHARE
        path = self.bench.input(formats.COMBINED, lines)
        with self.bench.folder() as folder:
            run = goaccess.parse(folder, path)
            return self.run_to_end(run.command, lines, run.env)

    def run_to_end(self, command, lines, env=None):
        self.bench.warm(self.inputs["combined"][0] if "parse" not in command else command[-1])
        with self.bench.folder() as folder:
            done = child.run(command, folder / "log", stdout=subprocess.DEVNULL, env=env)
        return {"cpu": cpu_per_million(done.cpu_s, lines), "rate": lines / done.wall_s / 1e3, "rss": done.peak_mib}

    def run_daemon(self, peer, path, lines):
        """It goes on following the file: it is through when it comes to rest."""
        self.bench.warm(path)
        with self.bench.folder() as folder:
            run = peer.parse(folder, path)
            with child.Child(run.command, folder / "log", env=run.env) as daemon:
                wall_s, cpu_s = daemon.wait_quiet(QUIET_S, 600)
        return {"cpu": cpu_per_million(cpu_s, lines), "rate": lines / wall_s / 1e3, "rss": daemon.peak_mib}
