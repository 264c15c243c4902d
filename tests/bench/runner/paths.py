"""Where things are."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parents[1]
REPO = HERE.parents[1]
WORK = REPO / "build" / "bench"
PROGRAMS = REPO / "build" / "release"

sys.path.append(str(REPO / "tests"))


def shipper():
    return PROGRAMS / "bin" / "shipper"


def indexer():
    return PROGRAMS / "bin" / "indexer"


def limit(name):
    return PROGRAMS / "tests" / "bench" / "limits" / name


def bench_program(name):
    return PROGRAMS / "tests" / "bench" / name
