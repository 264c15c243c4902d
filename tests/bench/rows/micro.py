"""H and I: what queries and enrichers cost a record, by the C programs of this folder, which measure and repeat by themselves."""

import json
import subprocess

from rows import Contender, Row, Unavailable
from rows.store import make_records
from runner import geo
from runner.cluster import dump_config
from runner.paths import WORK, bench_program


class Micro(Row):
    """Each result of the program becomes a case with its least, median and most."""

    who = ""

    def contenders(self):
        return [Contender("", self.who, "ours", self.run, self.options.micro_runs * 1.5 + 2, runs=1)]

    def run(self):
        raise NotImplementedError

    def report(self, *command):
        arguments = [str(part) for part in (*command, "--json", "--runs", self.options.micro_runs)]
        done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable(f"{command[0].name} failed: {done.stderr.strip()[:300]}")
        for each in json.loads(done.stdout)["results"]:
            for figure in ("min_ns", "median_ns", "max_ns"):
                self.bench.results.add(self.letter, each["name"], self.who, "ours", {"ns": each[figure]})
        return {}


class Query(Micro):
    letter = "H"
    title = "query predicates"
    who = "query program"

    def run(self):
        return self.report(bench_program("query_bench"))


class Enrich(Micro):
    letter = "I"
    title = "enrichment by stage"
    who = "enricher"

    def run(self):
        records = make_records(self.bench, self.options.documents)
        database = str(geo.write(WORK / "geo.mmdb"))
        config = dump_config(WORK / "enrich.yaml", {"geoip": {"city": database, "asn": database}})
        return self.report(bench_program("enrich_bench"), "--config", config, records)
