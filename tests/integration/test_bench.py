"""The benchmark's own arithmetic, tables and generated lines. Nothing here is measured."""

import collections
import json
import pathlib
import subprocess
import sys

import pytest
from support.stack import REPO

BENCH = REPO / "tests" / "bench"
sys.path.append(str(BENCH))

from generator import agents, files, formats, traffic  # noqa: E402
from rows import Progress  # noqa: E402
from runner import child, compare, goals, machine, report, results  # noqa: E402
from runner.samples import Samples, percentile  # noqa: E402

SEED = 7


@pytest.fixture(scope="module")
def small_traffic():
    """Half of the clients' variety would take seconds to make."""
    return lambda seed=SEED: traffic.Traffic(seed, clients=3000, requests=400)


def text_of(log_format, count, made):
    return "".join(files.lines(log_format, count, SEED, made))


# --- samples ---


@pytest.mark.parametrize(
    "values, low, median, high",
    [([3], 3, 3, 3), ([3, 1], 1, 2, 3), ([5, 1, 3], 1, 3, 5), ([4, 1, 2, 3], 1, 2.5, 4), ([0, 0], 0, 0, 0)],
)
def test_samples(values, low, median, high):
    samples = Samples(values)
    assert (samples.low, samples.median, samples.high) == (low, median, high)


def test_samples_of_nothing_are_refused():
    with pytest.raises(ValueError):
        Samples([])


@pytest.mark.parametrize("a, b, overlap", [([1, 2], [2, 3], True), ([1, 2], [2.1, 3], False), ([1, 9], [4], True)])
def test_samples_overlap_both_ways(a, b, overlap):
    assert Samples(a).overlaps(Samples(b)) is overlap
    assert Samples(b).overlaps(Samples(a)) is overlap


@pytest.mark.parametrize(
    "count, share, expected", [(1, 0.5, 1), (2, 0.5, 1), (100, 0.5, 50), (100, 0.99, 99), (100, 1, 100), (10, 0.99, 10), (3, 0, 1)]
)
def test_percentile_is_a_value_that_occurred(count, share, expected):
    assert percentile(range(1, count + 1), share) == expected


def test_rate_leaves_the_start_out():
    progress = Progress(1000)
    progress.began = 0
    progress.first, progress.last = (4.0, 10), (5.0, 1000)
    assert progress.rate_k() == pytest.approx(0.99)


def test_rate_of_what_came_at_once_is_that_of_all():
    progress = Progress(1000)
    progress.began = 0
    progress.first, progress.last = (2.0, 1000), (2.0, 1000)
    assert progress.rate_k() == pytest.approx(0.5)


# --- goals, tables ---


def document(*entries, **more):
    made = {
        "made": "2026-03-01",
        "seconds": 60,
        "machine": {"processor": "two"},
        "options": {"runs": 3, "lines": 1000, "documents": 100, "seed": 1},
        "skipped": [],
        "warnings": [],
        "results": [
            {"row": row, "case": case, "who": who, "kind": kind, "figures": figures, "runs": runs or []}
            for row, case, who, kind, figures, runs in entries
        ],
    }
    return made | more


def entry(row="A", case="combined", who="shipper parse", kind="ours", runs=None, **figures):
    return row, case, who, kind, figures, runs


def verdict_of(made, figure="cpu", who="shipper parse"):
    return next(each for each in goals.judge(made) if each.goal.figure == figure and each.goal.who == who)


@pytest.mark.parametrize("cpu, met, stretched", [(0.26, True, True), (0.27, True, True), (0.40, True, False), (0.41, False, False)])
def test_goal_of_a_cost(cpu, met, stretched):
    verdict = verdict_of(document(entry(cpu=[cpu])))
    assert (verdict.met, verdict.stretched) == (met, stretched)


@pytest.mark.parametrize(
    "limit, cpu, met", [(0.27, 0.41, False), (0.54, 0.80, True), (0.54, 0.81, False), (0.135, 0.21, False), (0.135, 0.20, True)]
)
def test_goal_is_converted_to_this_machine_by_what_the_limit_takes_here(limit, cpu, met):
    made = document(entry(cpu=[cpu]), entry(who=goals.LIMITS["A"], kind="limit", cpu=[limit]))
    assert verdict_of(made).met is met


@pytest.mark.parametrize("rate, met", [(749, False), (750, True), (2000, True)])
def test_goal_of_a_rate(rate, met):
    assert verdict_of(document(entry("B", who="shipper run", rate=[rate])), "rate", "shipper run").met is met


@pytest.mark.parametrize("rate, met, stretched", [(79, False, False), (80, True, False), (91, True, True)])
def test_goal_that_is_a_share_of_the_limit(rate, met, stretched):
    made = document(
        entry("D", "records", goals.OFF, rate=[rate]), entry("D", "records", goals.LIMITS["D"], "limit", rate=[100, 100, 90])
    )
    verdict = verdict_of(made, "rate", goals.OFF)
    assert (verdict.met, verdict.stretched) == (met, stretched)


def test_goal_without_what_it_is_relative_to_is_not_judged():
    assert not goals.judge(document(entry("D", "records", goals.OFF, rate=[80])))


def test_goals_know_their_figures_and_limits():
    assert all(goal.figure in results.UNITS for goal in goals.GOALS)
    assert len({(goal.row, goal.case, goal.who, goal.figure) for goal in goals.GOALS}) == len(goals.GOALS)


def test_rows_of_a_later_run_replace_those_of_an_earlier_one():
    earlier = document(entry(cpu=[5]), entry("B", cpu=[3]), warnings=["A combined: a", "B combined: b"], seconds=10)
    later = document(entry("B", cpu=[2]), entry("C", cpu=[1]), warnings=["B combined: c"], seconds=5)
    merged = results.merge(earlier, later)
    assert [(each["row"], each["figures"]["cpu"]) for each in merged["results"]] == [("A", [5]), ("B", [2]), ("C", [1])]
    assert merged["warnings"] == ["A combined: a", "B combined: c"] and merged["seconds"] == 15


def test_best_peer_is_the_cheapest_or_the_fastest_and_no_limit():
    made = document(
        entry(cpu=[1], rate=[1]),
        entry(who="slow", kind="peer", cpu=[9], rate=[5]),
        entry(who="quick", kind="peer", cpu=[4, 5, 6], rate=[70]),
        entry(who="bound", kind="limit", cpu=[0.1], rate=[900]),
    )
    assert goals.best_peer(made, "A", "combined", "cpu") == ("quick", 5)
    assert goals.best_peer(made, "A", "combined", "rate") == ("quick", 70)
    assert goals.best_peer(made, "A", "combined", "rss") is None


@pytest.mark.parametrize("value, text", [(0.276, "0.28"), (1, "1.00"), (13.449, "13.4"), (123.4, "123"), (1234567, "1,234,567")])
def test_number(value, text):
    assert report.number(value) == text


def test_table_is_aligned_markdown():
    made = report.table(["what", "n"], [["a", 1], ["bcdefg", 1234]])
    lines = made.splitlines()
    assert lines == ["| what   |    n |", "|--------|-----:|", "| a      |    1 |", "| bcdefg | 1234 |"]


def test_report_has_ratios_skips_warnings_and_what_else_ran():
    made = document(
        entry(cpu=[0.5, 0.4, 0.6], runs=[{"load": 3.5, "foreign": 0.5}, {"load": 1, "foreign": 0}]),
        entry(who="rsyslog", kind="peer", cpu=[5]),
        entry(who=goals.LIMITS["A"], kind="limit", cpu=[0.25]),
        skipped=[{"what": "syslog-ng", "why": "absent"}],
        warnings=["A: one line too few"],
    )
    text = report.text(made)
    line = next(line for line in text.splitlines() if "A combined: shipper parse" in line)
    cells = [cell.strip() for cell in line.split("|")]
    assert cells[3:8] == ["0.50 (0.40–0.60)", "rsyslog 5.00", "10.0×", "0.25", "2.00"]
    assert cells[8:11] == ["≤ 0.4 (here 0.37)", "0.27 (here 0.25)", "MISS"]
    assert "in 1 of 2 runs" in text and "50%" in text and "load average up to 3.5" in text
    assert "- syslog-ng: absent" in text and "- A: one line too few" in text


def test_report_of_nothing_is_no_failure():
    assert report.text(document())


def test_results_go_into_the_readme_between_the_marks():
    readme = f"# Title\n\n{report.BEGIN}\nold \\1\n{report.END}\n\nafter\n"
    once = report.insert(readme, document(entry(cpu=[0.5])))
    assert once.startswith("# Title\n") and once.endswith("\n\nafter\n") and "old" not in once and "0.50" in once
    assert report.insert(once, document(entry(cpu=[0.5]))) == once


def test_a_readme_without_marks_is_refused():
    with pytest.raises(ValueError):
        report.insert("# Title\n", document())


def test_the_readme_has_the_marks():
    text = (BENCH / "README.md").read_text()
    assert text.count(report.BEGIN) == 1 and text.count(report.END) == 1


def test_results_survive_their_file(tmp_path):
    kept = results.Results({"processor": "two"}, {"runs": 1})
    kept.add("A", "combined", "shipper parse", "ours", {"cpu": 0.51}, {"load": 1, "foreign": 0})
    kept.add("A", "combined", "shipper parse", "ours", {"cpu": 0.49})
    kept.skip("x", "absent")
    kept.skip("x", "absent")
    kept.save(tmp_path / "deep" / "results.json")
    read = results.load(tmp_path / "deep" / "results.json")
    assert read["results"][0]["figures"] == {"cpu": [0.51, 0.49]}
    assert len(read["skipped"]) == 1 and len(read["results"][0]["runs"]) == 1


@pytest.mark.parametrize("content", ["[]", "{}", "7"])
def test_another_file_is_no_results(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(ValueError):
        results.load(tmp_path / "x.json")


# --- comparison ---


@pytest.mark.parametrize(
    "figure, before, after, expected",
    [
        ("cpu", [1.0, 1.1, 1.2], [0.8, 0.85, 0.9], "better"),
        ("cpu", [1.0, 1.1, 1.2], [1.3, 1.4, 1.5], "WORSE"),
        ("cpu", [1.0, 1.1, 1.2], [1.15, 1.3, 1.5], ""),  # within the noise
        ("cpu", [1.00, 1.001], [1.02, 1.021], ""),  # too little
        ("cpu", [1.0], [1.1, 1.11], ""),  # too little for a single run
        ("cpu", [1.0], [1.2], "WORSE"),
        ("rate", [100, 110], [120, 130], "better"),
        ("rate", [100, 110], [80, 90], "WORSE"),
        ("cpu", [0], [0], ""),
    ],
)
def test_comparison_respects_noise_and_direction(figure, before, after, expected):
    assert compare.verdict(figure, Samples(before), Samples(after)) == expected


def test_comparison_tells_the_machines_drift_and_other_inputs():
    before = document(entry(cpu=[1.0]), entry(who="plain", kind="limit", cpu=[0.5]))
    after = document(entry(cpu=[1.2]), entry(who="plain", kind="limit", cpu=[0.6]))
    after["options"]["lines"] = 5
    text, worse = compare.text(before, after)
    assert worse and "+20.0%" in text and "limits and peers took +20.0%" in text and "lines was 1000, is 5" in text


def test_comparison_leaves_out_what_only_one_has():
    text, worse = compare.text(document(entry(cpu=[1])), document(entry("B", who="shipper run", cpu=[1])))
    assert not worse and "shipper" not in text


# --- generator ---


@pytest.mark.parametrize("log_format", formats.FORMATS, ids=lambda each: each.name)
def test_same_seed_same_lines(small_traffic, log_format):
    once, again = text_of(log_format, 300, small_traffic()), text_of(log_format, 300, small_traffic())
    assert once == again and once.count("\n") == 300 and once.isascii()
    assert once != text_of(log_format, 300, small_traffic(SEED + 1))


def test_same_lines_in_every_process():
    command = [sys.executable, str(BENCH / "bench.py"), "generate", "combined", "--lines", "50", "--seed", "3"]
    printed = {
        subprocess.run(command, stdout=subprocess.PIPE, check=True, env={"PYTHONHASHSEED": seed}).stdout for seed in ("1", "2")
    }
    assert len(printed) == 1 and printed.pop().count(b"\n") == 50


def test_kinds_have_their_shares(small_traffic):
    made = small_traffic()
    kinds = list(traffic.KINDS)
    count = collections.Counter()
    for block, _ in zip(made.draws(), range(8)):
        count.update(kinds[request // 400] for _, request in block)
    total = sum(count.values())
    for kind, share in traffic.SHARES.items():
        assert count[kind] / total == pytest.approx(share, rel=0.5, abs=0.001), kind


def test_clients_are_many_and_a_few_are_frequent(small_traffic):
    made = small_traffic()
    count = collections.Counter(client for client, _ in next(made.draws()))
    assert len(count) > 500 and count.most_common(1)[0][1] > 20 * len(count) / 8192


def test_there_are_232_agents():
    assert len(agents.ALL) == len(set(agents.ALL)) == 232


def test_lines_are_as_long_as_they_should_be(small_traffic):
    text = text_of(formats.COMBINED, 4000, small_traffic())
    assert 240 < len(text) / 4000 < 280


def test_structured_lines_are_valid(small_traffic):
    for line in text_of(formats.JSON, 2000, small_traffic()).splitlines():
        assert json.loads(line)["host"] == "www.example.com"


@pytest.mark.parametrize(
    "text, httpd, nginx",
    [
        ("plain", "plain", "plain"),
        ("", "-", "-"),
        ('a"b', 'a\\"b', "a\\x22b"),
        ("a\\b", "a\\\\b", "a\\x5Cb"),
        ("\x16\xff", "\\x16\\xff", "\\x16\\xff"),
    ],
)
def test_escapes(text, httpd, nginx):
    assert (formats.httpd(text), formats.nginx(text)) == (httpd, nginx)


def test_a_file_is_made_once_and_whole(tmp_path, monkeypatch, small_traffic):
    made = small_traffic()
    (tmp_path / f"combined-20-{SEED}-01234567.log").write_text("of an older generator")
    monkeypatch.setattr(files, "Traffic", lambda seed: made)
    path = files.cached(tmp_path, formats.COMBINED, 20, SEED)
    before = path.stat()
    assert len(path.stem.split("-")[-1]) == 8
    assert files.cached(tmp_path, formats.GROK, 20, SEED) == path  # the same lines
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_text().count("\n") == 20


# --- programs under measurement ---


def test_a_child_tells_its_time_and_memory(tmp_path):
    done = child.run([sys.executable, "-c", "x = bytearray(50 << 20); sum(range(10**6))"], tmp_path / "log")
    assert done.code == 0 and done.cpu_s > 0 and done.peak_mib > 50


def test_a_child_that_fails_says_why(tmp_path):
    with pytest.raises(child.ChildFailed, match="no such thing"):
        child.run([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path / "log")


def test_a_child_ends_with_its_block(tmp_path):
    with child.Child(["sleep", "600"], tmp_path / "log") as sleeper:
        assert sleeper.is_running()
    assert not sleeper.is_running() and not pathlib.Path(f"/proc/{sleeper.pid}").exists()


def test_our_own_time_is_not_foreign(tmp_path):
    with machine.Watch(lambda: ()) as watch:
        child.run([sys.executable, "-c", "pass"], tmp_path / "log")
    assert watch.foreign >= 0 and set(watch.facts()) == {"load", "foreign", "seconds"}


def test_machine_is_described():
    found = machine.describe(REPO)
    assert found["processor"] and found["kernel"] and found["kafka"]


# --- command line ---


def bench(*arguments):
    return subprocess.run([sys.executable, str(BENCH / "bench.py"), *map(str, arguments)], capture_output=True, text=True, check=False)


def test_unknown_row_is_refused():
    done = bench("run", "--rows", "A,Z")
    assert done.returncode == 2 and "no row Z" in done.stderr


def test_compare_exits_with_3_when_something_became_worse(tmp_path):
    for name, cpu in (("before", 1.0), ("after", 2.0)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document(entry(cpu=[cpu]))))
    assert bench("compare", tmp_path / "before.json", tmp_path / "after.json").returncode == 3
    assert bench("compare", tmp_path / "before.json", tmp_path / "before.json").returncode == 0
    done = bench("compare", tmp_path / "absent.json", tmp_path / "after.json")
    assert done.returncode == 1 and "absent.json" in done.stderr


def test_show_prints_the_tables(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps(document(entry(cpu=[0.3]))))
    done = bench("show", tmp_path / "x.json")
    assert done.returncode == 0 and "A combined: shipper parse" in done.stdout
