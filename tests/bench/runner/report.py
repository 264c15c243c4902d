"""The results as text: tables that are Markdown and can be read on a terminal as they are."""

import re

from runner import goals
from runner.machine import FOREIGN_LIMIT
from runner.results import UNITS
from runner.samples import Samples

BEGIN, END = "<!-- results: written by `make bench-readme` -->", "<!-- end of results -->"
TITLES = {
    "A": "parse only",
    "B": "file to Kafka",
    "C": "idle",
    "D": "Kafka to Elasticsearch",
    "E": "freshness",
    "F": "Kafka slow, Kafka away",
    "G": "replay",
    "H": "query predicates",
    "I": "enrichment by stage",
    "J": "scaling",
}


def number(value):
    """Three digits that count."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def cell(samples):
    """Median, and the least and the most when there were several runs."""
    if len(samples.values) == 1:
        return number(samples.median)
    return f"{number(samples.median)} ({number(samples.low)}–{number(samples.high)})"


def table(heading, rows, left=1):
    """`left` columns are aligned to the left."""
    rows = [list(map(str, row)) for row in rows]
    widths = [max([len(head), *(len(row[column]) for row in rows)]) for column, head in enumerate(heading)]

    def line(cells):
        padded = (text.ljust(width) if at < left else text.rjust(width) for at, (text, width) in enumerate(zip(cells, widths)))
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 2) if at < left else "-" * (width + 1) + ":" for at, width in enumerate(widths)) + "|"
    return "\n".join([line(heading), rule, *map(line, rows)])


def bound_text(verdict):
    """The goal as it was set and, where a limit tells how fast this machine is, what that is here."""
    goal = verdict.goal
    sign = "≤" if UNITS[goal.figure][1] else "≥"
    if goal.relative_to:
        return f"{sign} {goal.bound:g} of {goal.relative_to[0] if goal.row == 'J' else 'the limit'}"
    if verdict.scale == 1:
        return f"{sign} {goal.bound:g}"
    return f"{sign} {goal.bound:g} (here {number(goal.bound * verdict.scale)})"


def stretch_text(verdict):
    if verdict.goal.stretch is None:
        return ""
    return f"{verdict.goal.stretch:g}" if verdict.scale == 1 else f"{verdict.goal.stretch:g} (here {number(verdict.goal.stretch * verdict.scale)})"


def times(value, base, less):
    """How many times better `value` is than `base`."""
    if not value or not base:
        return ""
    return f"{number(base / value if less else value / base)}×"


def limit_text(document, verdict):
    goal = verdict.goal
    limit = goals.find(document, goal.row, goal.case, goals.LIMITS.get(goal.row), goal.figure)
    if not limit:
        return "", ""
    return number(limit.median), f"{number(verdict.samples.median / limit.median)}"


def goals_table(document):
    """The headline: what was to be reached, and the ratios to the best peer and to the limit of the same run."""
    rows = []
    for verdict in goals.judge(document):
        goal = verdict.goal
        unit, less = UNITS[goal.figure]
        peer = goals.best_peer(document, goal.row, goal.case, goal.figure)
        limit, share = limit_text(document, verdict)
        judged = "ok, stretch too" if verdict.met and verdict.stretched else "ok" if verdict.met else "MISS"
        if goal.relative_to:
            judged += f" ({number(verdict.reached)})"
        rows.append(
            [
                f"{goal.row} {goal.case}: {goal.who}",
                unit,
                cell(verdict.samples),
                f"{peer[0]} {number(peer[1])}" if peer else "",
                times(verdict.samples.median, peer[1], less) if peer else "",
                limit,
                share,
                bound_text(verdict),
                stretch_text(verdict),
                judged,
            ]
        )
    heading = ["what", "unit", "median (min–max)", "best peer", "better by", "limit", "ours / limit", "goal", "stretch", ""]
    return table(heading, rows, 2)


def row_table(document, letter):
    """Everybody who was measured in a row, with all figures."""
    entries = [each for each in document["results"] if each["row"] == letter and each["figures"]]
    figures = [name for name in UNITS if any(name in each["figures"] for each in entries)]
    rows = []
    for each in sorted(entries, key=lambda each: first_of(entries, each["case"])):
        cells = [cell(Samples(each["figures"][name])) if name in each["figures"] else "" for name in figures]
        foreign = max((run["foreign"] for run in each["runs"]), default=0)
        rows.append([each["case"], each["who"], each["kind"], *cells, f"{foreign:.0%}" if each["runs"] else ""])
    return table(["case", "who", "", *(UNITS[name][0] for name in figures), "others"], rows, 3)


def first_of(entries, case):
    """Cases in the order in which they first came."""
    return [each["case"] for each in entries].index(case)


def disturbance(document):
    runs = [run for each in document["results"] for run in each["runs"]]
    if not runs:
        return ""
    disturbed = sum(run["foreign"] > FOREIGN_LIMIT for run in runs)
    worst = max(run["foreign"] for run in runs)
    load = max(run["load"] for run in runs)
    return (
        f"Other processes: in {disturbed} of {len(runs)} runs they used more than {FOREIGN_LIMIT:.0%} of a processor"
        f" (at most {worst:.0%}); load average up to {load:g}."
    )


def text(document):
    parts = [goals_table(document)]
    for letter, title in TITLES.items():
        if any(each["row"] == letter and each["figures"] for each in document["results"]):
            parts.append(f"{letter}: {title}\n\n{row_table(document, letter)}")
    parts.append(disturbance(document))
    if document["skipped"]:
        parts.append("Not measured:\n" + "\n".join(f"- {each['what']}: {each['why']}" for each in document["skipped"]))
    if document["warnings"]:
        parts.append("Take care:\n" + "\n".join(f"- {each}" for each in document["warnings"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def machine_table(document):
    return table(["", ""], list(document["machine"].items()), 2)


def readme_text(document):
    options = document["options"]
    intro = (
        f"Made on {document['made']} in {document['seconds'] / 60:.0f} minutes, {options['runs']} interleaved runs each; "
        f"{options['lines']:,} lines, {options['documents']:,} records. Figures are medians, in brackets the least and the most."
    )
    return f"{intro}\n\n{machine_table(document)}\n\n{text(document)}"


def insert(readme, document):
    """The README's text with its results replaced."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.S)
    if not pattern.search(readme):
        raise ValueError(f"no '{BEGIN}' … '{END}' in it")
    return pattern.sub(lambda _: f"{BEGIN}\n\n{readme_text(document)}\n{END}", readme)
