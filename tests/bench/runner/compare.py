"""Two results side by side: what has changed by more than the runs differ among themselves."""

import statistics

from runner.report import cell, table
from runner.results import UNITS
from runner.samples import Samples

LEAST_CHANGE = 0.03  # what is smaller is no change, even when the runs agree
LEAST_OF_ONE = 0.15  # of a single run nobody knows how far the next would be


def changes(before, after):
    """[(entry, figure, samples before, samples after)] of all that both have."""
    old = {(each["row"], each["case"], each["who"]): each for each in before["results"]}
    found = []
    for each in after["results"]:
        other = old.get((each["row"], each["case"], each["who"]))
        for figure, values in each["figures"].items():
            if other and values and other["figures"].get(figure):
                found.append((each, figure, Samples(other["figures"][figure]), Samples(values)))
    return found


def change(before, after):
    return after.median / before.median - 1 if before.median else 0.0


def verdict(figure, before, after):
    """better, worse, or nothing when it lies within the noise: the ranges overlap, or the medians hardly differ."""
    difference = change(before, after)
    least = LEAST_CHANGE if min(len(before.values), len(after.values)) > 1 else LEAST_OF_ONE
    if abs(difference) < least or before.overlaps(after):
        return ""
    return "better" if (difference < 0) == UNITS[figure][1] else "WORSE"


def drift(found):
    """How much slower or faster the machine itself was, by what did not change: the limits' and the peers' processor time."""
    ratios = [1 + change(old, new) for each, figure, old, new in found if each["kind"] != "ours" and figure == "cpu"]
    return statistics.median(ratios) - 1 if ratios else None


def text(before, after):
    found = changes(before, after)
    rows = [
        [
            f"{each['row']} {each['case']}: {each['who']}",
            UNITS[figure][0],
            cell(old),
            cell(new),
            f"{change(old, new):+.1%}",
            verdict(figure, old, new),
        ]
        for each, figure, old, new in found
        if each["kind"] == "ours"
    ]
    parts = [table(["ours", "unit", "before", "after", "change", ""], rows, 2)]
    moved = drift(found)
    if moved is not None:
        parts.append(f"The machine: limits and peers took {moved:+.1%} of processor time. Changes near that are its, not ours.")
    for name in ("lines", "documents", "seed"):
        if before["options"].get(name) != after["options"].get(name):
            parts.append(f"Not the same input: {name} was {before['options'].get(name)}, is {after['options'].get(name)}.")
    return "\n\n".join(parts) + "\n", any(row[-1] == "WORSE" for row in rows)
