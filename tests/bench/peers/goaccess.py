"""GoAccess: parses and aggregates; its report is small, so it writes hardly anything."""

from peers import Run, find

NAME = "goaccess"


def available():
    return find(NAME, "goaccess") is not None


def parse(folder, file):
    path, env = find(NAME, "goaccess")
    options = ["--log-format=COMBINED", "--no-global-config", "--no-progress", "-o", folder / "report.json"]
    return Run([path, file, *options], env, ends=True)
