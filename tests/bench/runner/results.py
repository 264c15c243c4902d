"""What was measured: a list of contenders with the figures of each run, kept as JSON.

    {"made": ..., "machine": {...}, "options": {...}, "skipped": [...], "warnings": [...], "seconds": ...,
     "results": [{"row": "B", "case": "combined", "who": "shipper", "kind": "ours",
                  "figures": {"cpu": [1.6, 1.7, 1.65], ...}, "runs": [{"load": .., "foreign": ..}, ...]}]}

A figure's unit and direction are in UNITS; `kind` is ours, peer or limit.
"""

import json
import os
import pathlib

# name: (unit, whether less is better)
UNITS = {
    "cpu": ("CPU s / M", True),
    "rate": ("k/s", False),
    "rss": ("MiB peak", True),
    "idle_rss": ("MiB", True),
    "wakeups": ("wake-ups/s", True),
    "idle_cpu": ("CPU ms/s", True),
    "p50": ("ms p50", True),
    "p99": ("ms p99", True),
    "ns": ("ns", True),
    "growth": ("x", True),
    "of_limit": ("of the limit", False),
}
KINDS = ("ours", "peer", "limit")


class Results:
    def __init__(self, machine, options):
        self.document = {"made": "", "seconds": 0.0, "machine": machine, "options": options}
        self.document |= {"skipped": [], "warnings": [], "results": []}

    def find(self, row, case, who, kind):
        for each in self.document["results"]:
            if (each["row"], each["case"], each["who"]) == (row, case, who):
                return each
        made = {"row": row, "case": case, "who": who, "kind": kind, "figures": {}, "runs": []}
        self.document["results"].append(made)
        return made

    def add(self, row, case, who, kind, figures, facts=None):
        """One run of one contender."""
        assert kind in KINDS and set(figures) <= set(UNITS), (kind, figures)
        found = self.find(row, case, who, kind)
        for name, value in figures.items():
            found["figures"].setdefault(name, []).append(round(value, 5))
        if facts:
            found["runs"].append(facts)

    def skip(self, what, why):
        if not any(each["what"] == what for each in self.document["skipped"]):
            self.document["skipped"].append({"what": what, "why": why})

    def warn(self, text):
        self.document["warnings"].append(text)

    def save(self, path):
        write(self.document, path)


def write(document, path):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    os.replace(partial, path)


def load(path):
    document = json.loads(pathlib.Path(path).read_text())
    if not isinstance(document, dict) or "results" not in document:
        raise ValueError(f"{path} holds no results of the benchmark")
    return document


def merge(earlier, later):
    """The later document with those rows of the earlier one that it has not."""
    rows = {each["row"] for each in later["results"]}
    kept = [each for each in earlier["results"] if each["row"] not in rows]
    letters = tuple(f"{each['row']} " for each in kept)
    warnings = [each for each in earlier["warnings"] if each.startswith(letters)] if letters else []
    return later | {
        "seconds": earlier["seconds"] + later["seconds"],
        "skipped": earlier["skipped"] + [each for each in later["skipped"] if each not in earlier["skipped"]],
        "warnings": warnings + later["warnings"],
        "results": sorted(kept + later["results"], key=lambda each: each["row"]),
    }
