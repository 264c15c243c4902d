"""What is to be reached, and what each row is compared with."""

import dataclasses

from runner.results import UNITS
from runner.samples import Samples


@dataclasses.dataclass(frozen=True)
class Yardstick:
    """What a limit took on the machine for which a goal was set: by its figure here the goal is converted to this machine."""

    case: str
    who: str
    figure: float


@dataclasses.dataclass(frozen=True)
class Goal:
    """`relative_to`: the bound is a multiple of that contender's median of the same run, for figures that depend on the machine."""

    row: str
    case: str
    who: str
    figure: str
    bound: float
    stretch: float = None
    relative_to: tuple = None  # (case, who)
    yardstick: Yardstick = None


# The limit that a row's ratios are taken to.
LIMITS = {
    "A": "plain C, one pass",
    "B": "plain C parse, copied",
    "D": "_bulk, ready-made, no ids",
    "E": "produce and consume in one process",
    "G": "raw consumer",
}
BODIES = ("records", LIMITS["D"])
OFF, ON = "indexer, all off", "indexer, dedup + enrichment"
PARSE = Yardstick("combined", LIMITS["A"], 0.27)
SHIP_CPU, SHIP_RATE = (Yardstick("combined", LIMITS["B"], figure) for figure in (1.40, 964))
CONSUME = Yardstick("to stdout", LIMITS["G"], 1570)

GOALS = (
    Goal("A", "combined", "shipper parse", "cpu", 0.40, 0.27, yardstick=PARSE),
    Goal("A", "nginx log_format", "shipper parse", "cpu", 0.5, yardstick=PARSE),
    Goal("A", "LogFormat", "shipper parse", "cpu", 0.5, yardstick=PARSE),
    Goal("A", "JSON", "shipper parse", "cpu", 0.8, yardstick=PARSE),
    Goal("A", "syslog 5424", "shipper parse", "cpu", 0.8, yardstick=PARSE),
    Goal("A", "grok", "shipper parse", "cpu", 2.0, yardstick=PARSE),
    Goal("A", "regex", "shipper parse", "cpu", 2.0, yardstick=PARSE),
    Goal("B", "combined", "shipper run", "cpu", 1.7, 1.2, yardstick=SHIP_CPU),
    Goal("B", "combined", "shipper run", "rate", 750, 950, yardstick=SHIP_RATE),
    Goal("B", "combined", "shipper run", "rss", 32, 24),
    Goal("C", "one file", "shipper run", "idle_rss", 8.5, 6),
    Goal("C", "one file", "shipper run", "wakeups", 3, 1),
    Goal("D", "records", OFF, "rate", 0.80, 0.90, BODIES),
    Goal("D", "records", OFF, "cpu", 2.5, 1.5),
    Goal("D", "records", ON, "rate", 0.60, None, BODIES),
    Goal("D", "records", ON, "cpu", 5.0, 3.5),
    Goal("D", "records", ON, "rss", 96),
    Goal("E", "consumable", "shipper run", "p50", 4, 1.7),
    Goal("E", "consumable", "shipper run", "p99", 13, 10),
    Goal("G", "to stdout", "indexer replay", "rate", 400, yardstick=CONSUME),
    Goal("H", "500 rules", "query program", "ns", 20_000),
    Goal("I", "threat, benign", "enricher", "ns", 2000, 1000),
    Goal("J", "10000 files", "shipper run", "cpu", 1.25, None, ("1 files", "shipper run")),
    Goal("J", "1000 MB", "shipper run", "cpu", 1.25, None, ("100 MB", "shipper run")),
    Goal("J", "1000 MB", "shipper run", "rss", 1.25, None, ("100 MB", "shipper run")),
    Goal("J", "10000 MB", "shipper run", "cpu", 1.25, None, ("100 MB", "shipper run")),
    Goal("J", "10000 MB", "shipper run", "rss", 1.25, None, ("100 MB", "shipper run")),
)


@dataclasses.dataclass(frozen=True)
class Verdict:
    goal: Goal
    samples: Samples
    reached: float  # what is compared with the bound: the median, or its ratio
    scale: float  # of the goal's figures to those of this machine; 1 without a yardstick
    met: bool
    stretched: bool


def find(document, row, case, who, figure):
    for each in document["results"]:
        if (each["row"], each["case"], each["who"]) == (row, case, who) and each["figures"].get(figure):
            return Samples(each["figures"][figure])
    return None


def judge(document):
    """Of every goal whose figure was measured."""
    verdicts = []
    for goal in GOALS:
        samples = find(document, goal.row, goal.case, goal.who, goal.figure)
        reached = samples and samples.median
        if samples and goal.relative_to:
            base = find(document, goal.row, *goal.relative_to, goal.figure)
            reached = base and base.median and samples.median / base.median
        if reached:
            scale = scale_of(document, goal)
            met = within(goal, reached, goal.bound * scale)
            stretched = goal.stretch is not None and within(goal, reached, goal.stretch * scale)
            verdicts.append(Verdict(goal, samples, reached, scale, met, stretched))
    return verdicts


def scale_of(document, goal):
    """How much this machine differs from the one for which the goal was set."""
    if not goal.yardstick:
        return 1.0
    limit = find(document, goal.row, goal.yardstick.case, goal.yardstick.who, goal.figure)
    return limit.median / goal.yardstick.figure if limit else 1.0


def within(goal, value, bound):
    return value <= bound if UNITS[goal.figure][1] else value >= bound


def best_peer(document, row, case, figure):
    """(name, median) of the peer that is best at it, or None."""
    less = UNITS[figure][1]
    found = [
        (Samples(each["figures"][figure]).median, each["who"])
        for each in document["results"]
        if each["row"] == row and each["case"] == case and each["kind"] == "peer" and each["figures"].get(figure)
    ]
    if not found:
        return None
    median, name = min(found) if less else max(found)
    return name, median
