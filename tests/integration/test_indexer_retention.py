"""Retention on a real Elasticsearch: what goes, what stays, what is kept, and every way to be cut off in between."""

import datetime
import json
import os
import pty
import re
import subprocess
import threading

import pytest

from support import retention
from support.elastic import ElasticError
from support.fault_proxy import Drop, error_answer, json_answer
from support.programs import binary, clean_environment, run_cli
from support.waiting import wait_for

ERRORS = {"max_age_ms": "10d", "keep": "level:error or status:5xx", "keep_ms": "365d"}


@pytest.fixture(scope="module")
def template(session_stack, tmp_path_factory):
    return retention.learn_template(session_stack, tmp_path_factory.mktemp("template"))


@pytest.fixture
def corner(stack, tmp_path, template):
    made = retention.Corner(stack, tmp_path, template)
    yield made
    made.remove()


def mixed_day(corner, dataset, days_ago, count=40):
    """A day of which a quarter is to be kept by ERRORS; returns (index, the ids of that quarter)."""
    records = [
        corner.record(dataset, days_ago, number, log={"level": "error" if number % 4 == 0 else "info"})
        for number in range(count)
    ]
    name = corner.day(dataset, days_ago, records)
    return name, sorted(each["event"]["id"] for each in records if each["log"]["level"] == "error")


def changes_something(request):
    """Searches and refreshes do not."""
    path = request.path.split("?")[0]
    return request.method == "PUT" or path.endswith(("/_bulk", "/_aliases")) or request.method == "DELETE" and "_pit" not in path


def end_lease(corner):
    """As if the time of an owner that was killed were over."""
    path = f"/.alpex-{corner.prefix}-control/_doc/retention"
    try:
        document = corner.elastic.call("GET", path)["_source"]
    except ElasticError as error:
        assert error.status == 404
        return
    document["until_ms"] = min(document["until_ms"], 1)
    corner.elastic.call("PUT", path, document)


# --- age, size, whose ---


def test_days_go_by_age_and_nothing_else_does(corner):
    old = [corner.day("web.access", ago) for ago in (11, 400)]
    young = [corner.day("web.access", ago) for ago in (0, 1, 10, -40)]
    other = [corner.day("audit", 400)]
    rules = {"max_age_ms": "10d", "datasets": [{"dataset": "audit"}]}
    done = corner.run(**rules)
    assert [each["index"] for each in done] == sorted(old)
    assert {each["state"] for each in done} == {"done"} and {each["reason"] for each in done} == {"age"}
    assert corner.indices() == sorted(young + other)
    assert corner.run(**rules) == []


def test_what_is_not_provably_ours_stays(corner):
    day = corner.date(50)
    look_alikes = [
        f"{corner.prefix}-app-{day:%Y.%m.%d}-extra",
        f"{corner.prefix}-app-{day:%Y.%m.%d}-000001",
        f"{corner.prefix}-app-{day:%Y-%m-%d}",
        f"{corner.prefix}-app",
        f"{corner.prefix}-{day:%Y.%m.%d}",
        f"kept-{corner.prefix}-app-{day:%Y.%m.%d}",
    ]
    for name in look_alikes:
        corner.day("app", 50, index=name)
    # The right name, but made by somebody else: no mark, or another prefix's.
    unmarked, others = corner.name("unmarked", 50), corner.name("others", 50)
    for name, meta in ((unmarked, {"managed_by": "them"}), (others, {"managed_by": "alpex", "prefix": "elsewhere"})):
        corner.elastic.call("PUT", f"/{name}", {"mappings": {"_meta": meta}})
    # Neither does an alias with a name of ours lead to what it points to.
    target = f"foreign-{corner.prefix}-target"
    corner.elastic.call("PUT", f"/{target}", {"aliases": {corner.name("alias", 50): {}}})
    held = corner.day("held", 50)
    corner.elastic.call("PUT", f"/{held}/_settings", {"index.blocks.read_only": True})
    ours = corner.day("app", 50)

    reasons = {each["index"]: each["reason"] for each in corner.status(max_age_ms="10d")["indices"]}
    assert reasons.pop(ours) == "age" and reasons.pop(held) == "read_only"
    assert reasons.pop(unmarked) == "unmarked" and set(reasons.values()) <= {"foreign", "unmarked"}
    assert [each["index"] for each in corner.run(max_age_ms="10d")] == [ours]
    left = [name for name in corner.elastic.indices(f"*{corner.prefix}-*") if not name.startswith(".")]
    assert left == sorted([*look_alikes, unmarked, others, target, held]), left


def test_a_hold_ends_and_a_closed_index_goes(corner):
    held, closed, blocked = (corner.day(dataset, 50) for dataset in ("held", "closed", "blocked"))
    corner.elastic.call("PUT", f"/{held}/_settings", {"index.blocks.metadata": True})
    corner.elastic.call("POST", f"/{closed}/_close")
    corner.elastic.call("PUT", f"/{blocked}/_settings", {"index.blocks.read_only_allow_delete": True})
    # What is to be kept of a closed one cannot be read: it stays.
    assert {each["index"]: each["state"] for each in corner.run(**ERRORS)} == {blocked: "done"}
    assert {each["index"] for each in corner.run(max_age_ms="10d")} == {closed}
    corner.elastic.call("PUT", f"/{held}/_settings", {"index.blocks.metadata": None})
    assert {each["index"] for each in corner.run(max_age_ms="10d")} == {held}
    assert corner.indices() == []


def test_oldest_days_go_until_the_size_fits(corner):
    names = {ago: corner.day("big", ago, 200) for ago in (9, 7, 5, 3, 1)}
    names |= {("small", ago): corner.day("small", ago, 1) for ago in (8, 2)}
    corner.elastic.call("POST", f"/{corner.prefix}-*/_flush")

    def size(*wanted):
        sizes = {each["index"]: each["bytes"] for each in corner.status()["indices"]}
        return sum(sizes[names[each]] for each in wanted)

    wait_for(lambda: size(9) > 0 and size(1) > 0, 20, "sizes to be known")
    rules = {"datasets": [{"dataset": "big", "max_total_bytes": size(5, 3, 1)}]}
    assert [each["index"] for each in corner.run(**rules)] == [names[9], names[7]]
    # All together: the oldest of any dataset.
    done = corner.run(max_age_ms="365d", max_all_bytes=size(3, 1) + 10)
    assert [each["index"] for each in done] == [names["small", 8], names[5], names[3], names["small", 2]][: len(done)]
    assert names["small", 8] in {each["index"] for each in done} and names[1] in corner.indices()
    assert {each["reason"] for each in done} == {"all_size"}


def test_dry_run_and_status_change_nothing(corner):
    mixed_day(corner, "app", 20)
    corner.day("app", 21)
    before = corner.elastic.call("GET", f"/{corner.prefix}-*?expand_wildcards=all"), corner.ids()
    dry = corner.run("--dry-run", **ERRORS)
    assert [(each["state"], each["step"]) for each in dry] == [("would", "keep_and_delete")] * 2
    for arguments in (["run", "--dry-run"], ["status"], ["status", "--json"]):
        assert corner.command(*arguments, **ERRORS).returncode == 0
    # Also when retention is not enabled; then nothing else is possible.
    assert corner.run("--dry-run", **ERRORS, enabled=False) == dry
    refused = corner.command("run", "--yes", **ERRORS, enabled=False)
    assert refused.returncode == 2 and "retention.enabled is false" in refused.text
    assert before == (corner.elastic.call("GET", f"/{corner.prefix}-*?expand_wildcards=all"), corner.ids())
    assert not corner.elastic.indices(f".alpex-{corner.prefix}-control")
    assert not corner.elastic.indices(f"kept-{corner.prefix}-*")


def test_command_line(corner):
    corner.day("app", 20, 1500)
    corner.day("app", 0)
    table = corner.command("status", max_age_ms="10d", max_total_bytes="1GiB").text
    assert re.search(r"^app +2  .{10}  .{10} +1503 .* 10d, 1.0 GiB +1 now$", table, re.M), table
    assert re.search(r"^disk of .*: .* used \(\d+ %\)", table, re.M) and "last run: none yet" in table, table
    for arguments, problem in (
        ([], "expected 'status' or 'run'"),
        (["delete"], "expected 'status' or 'run'"),
        (["status", "--dry-run"], "are of 'run'"),
        (["run"], "no terminal to ask on"),
        (["run", "--set", "retention.max_age_ms=1d"], "retention.max_age_ms"),
    ):
        done = corner.command(*arguments)
        assert done.returncode == 2 and problem in done.text, (arguments, done.text)
    away = corner.command("status", url="http://127.0.0.1:1")
    assert away.returncode == 1 and "cannot reach" in away.text, away.text
    assert "1 index" in corner.command("run", "--yes", max_age_ms="10d").text
    assert re.search(r"last run: 2\d{3}-", corner.command("status").text)


@pytest.mark.parametrize("answer, gone", [(b"n\n", False), (b"\n", False), (b"y\n", True)])
def test_on_a_terminal_it_asks(corner, answer, gone):
    name = corner.day("app", 20)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [binary("indexer"), "retention", "run", "--config", corner.config(max_age_ms="10d")],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(**retention.environment(corner.stack, corner.prefix)),
    )
    timer = threading.Timer(30, process.kill)
    timer.start()
    os.write(master, answer)
    plan, question = process.communicate()
    timer.cancel()
    os.close(master)
    os.close(slave)
    assert name.encode() in plan and b"[y/N]" in question
    assert process.returncode == (0 if gone else 2) and (name not in corner.indices()) == gone


def test_with_clocks_apart_nothing_is_deleted(corner, proxy):
    name = corner.day("app", 50)

    def yesterday(request):
        if request.path.startswith("/_cat/health"):
            return json_answer(200, [{"epoch": str(int(datetime.datetime.now().timestamp()) - 86400)}])

    proxy.fault = yesterday
    done = corner.command("run", "--yes", url=proxy.url, max_age_ms="10d")
    assert done.returncode == 1 and "clock" in done.text, done.text
    assert corner.indices() == [name]


# --- what is kept ---


def test_what_is_kept_is_found_as_before_and_once(corner, proxy):
    wanted, days = [], {}
    for ago in (12, 11, 45):
        days[ago], ids = mixed_day(corner, "app-x.y", ago)
        wanted += ids
    young = corner.day("app-x.y", 3)
    unwanted = corner.day("dull", 30)
    young_ids = corner.ids(young)
    query = {"bool": {"should": [{"term": {"log.level": "error"}}]}}
    requests = []

    def watch(request):
        """At every moment a search finds each of them once."""
        answer = request.forward()
        if not changes_something(request):
            return answer
        requests.append(f"{request.method} {request.path}")
        found = [hit["_id"] for hit in corner.elastic.documents(f"{corner.prefix}-*", source=False, query=query)]
        assert sorted(found) == sorted(wanted), (requests[-1], found)
        return answer

    proxy.fault = watch
    before = {
        hit["_id"]: hit["_source"] for hit in corner.elastic.documents(f"{corner.prefix}-*") if hit["_id"] in wanted
    }
    done = corner.run("--yes", url=proxy.url, **ERRORS)
    assert {each["index"]: each.get("kept_records") for each in done} == {**dict.fromkeys(days.values(), 10), unwanted: 0}
    assert any("_bulk" in each for each in requests) and any("_aliases" in each for each in requests)
    assert corner.ids() == sorted(wanted + young_ids)
    after = {hit["_id"]: without_words(hit) for hit in corner.elastic.documents(f"{corner.prefix}-*")}
    assert {each: after[each] for each in wanted} == before
    kept = corner.elastic.indices(f"kept-{corner.prefix}-*")
    assert kept == sorted({corner.kept_name("app-x.y", ago) for ago in days})
    # Under the day's old name, of that day alone.
    for ago, name in days.items():
        assert corner.ids(name) == sorted(each for each in wanted if f"-{ago}-" in each)
    # By its fields and by its words, which Elasticsearch does not give back when it is read.
    search = retention.environment(corner.stack, corner.prefix)
    assert run_cli("indexer", "search", "level:error", "--count", **search).stdout == b"30\n"
    assert run_cli("indexer", "search", "record 8", "--count", **search).stdout == b"3\n"
    # Nobody can write under that name: a replay neither doubles nor makes the day again.
    with pytest.raises(ElasticError):
        corner.elastic.call("PUT", f"/{days[11]}/_doc/new", {"@timestamp": f"{corner.date(11)}T00:00:00Z"})
    assert corner.run(**ERRORS) == []


def test_kept_documents_are_the_same_to_the_byte(corner):
    odd = [
        {"labels": {"text": "\u0000\t\"\\/ \u2028 😀 é", "empty": "", "list": "[1, 2]"}},
        {"my": {"big": 12345678901234567890, "small": -0.1, "exp": 1e-7, "huge": 1e300, "int": 9007199254740993}},
        {"my": {"deep": {"a": [{"b": [[1, [2, {"c": None}]]]}]}, "empty": {}, "none": [], "null": None}},
        {"message": "x" * 200000},
        {"event": {"original": 'raw "line" with \\ and \x7f', "id": 'id "quoted"/ü%', "dataset": "odd"}},
        {"text-like": "a", "dotted.name": {"x.y": 1}},
    ]
    records = []
    for number, extra in enumerate(odd):
        record = corner.record("odd", 20, number, http={"response": {"status_code": 503}})
        records.append({**record, **extra})
    name = corner.day("odd", 20, records)
    before = {each["event"]["id"]: hit for each, hit in ((h["_source"], h) for h in corner.elastic.documents(name))}
    done = corner.run(**ERRORS)
    assert done[0]["kept_records"] == len(odd)
    after = {hit["_id"]: hit for hit in corner.elastic.documents(name)}
    assert {key: without_words(hit) for key, hit in after.items()} == {key: hit["_source"] for key, hit in before.items()}


def test_a_month_of_kept_records_goes_as_a_whole(corner):
    name, _ = mixed_day(corner, "app", 100)
    rules = {**ERRORS, "keep_ms": "110d"}
    corner.run(**rules)
    kept = corner.kept_name("app", 100)
    assert [each["reason"] for each in corner.status(**rules)["indices"]] == ["within_limits"]
    # Without the rule it stays; with a shorter one it goes, and its names with it.
    assert corner.run(max_age_ms="10d") == []
    done = corner.run(**{**rules, "keep_ms": "60d"})
    assert [(each["index"], each["reason"]) for each in done] == [(kept, "kept_age")]
    assert corner.ids() == [] and not corner.elastic.indices(f"kept-{corner.prefix}-*")
    assert name not in corner.indices()


def test_records_of_another_day_in_an_index_stop_it(corner):
    """The kept records' name shows one day: what is not of that day would be lost to searches."""
    name, ids = mixed_day(corner, "app", 20)
    stray = corner.record("app", 19, 1, log={"level": "error"})
    corner.elastic.bulk([(name, "stray", stray)])
    (done,) = corner.run(expect=3, **ERRORS)
    assert done["state"] == "failed" and corner.indices() == [name]
    assert set(ids) | {"stray"} <= set(corner.ids())
    assert not corner.elastic.call("GET", f"/{name}/_settings")[name]["settings"]["index"].get("blocks")


def test_an_index_with_the_name_for_kept_records_that_is_not_ours_is_left_alone(corner):
    name, _ = mixed_day(corner, "app", 20)
    kept = corner.kept_name("app", 20)
    corner.elastic.call("PUT", f"/{kept}", {})
    done = corner.command("run", "--yes", **ERRORS)
    assert done.returncode == 3 and "not ours" in done.text, done.text
    assert corner.indices() == [name] and corner.elastic.count(kept) == 0


def test_what_is_written_while_it_is_copied_is_kept_too(corner, proxy):
    name, ids = mixed_day(corner, "app", 20)
    late = corner.record("app", 20, 999, log={"level": "error"})
    written = []

    def write(request):
        if request.method == "PUT" and request.path.startswith(f"/{name}/_block") and not written:
            written.append(late["event"]["id"])
            corner.elastic.bulk([(name, late["event"]["id"], late)])

    proxy.fault = write
    (done,) = corner.run("--yes", url=proxy.url, **ERRORS)
    assert done["kept_records"] == len(ids) + 1 and corner.ids() == sorted(ids + written)


# --- cut off, refused, two at once ---


def test_killed_at_any_step_it_loses_and_doubles_nothing(corner, proxy):
    """kill -9 as soon as the first change is made, the second, ... until a run comes to its end."""
    step = 0
    while True:
        step += 1
        name, ids = mixed_day(corner, "app", 20, count=12)
        program = retention.Program(
            "indexer",
            corner.folder,
            ["retention", "run", "--yes", "--config", corner.config(**ERRORS)],
            retention.environment(corner.stack, corner.prefix, ALPEX_ELASTICSEARCH_URLS=proxy.url),
            f"kill-{step}",
        )
        count, ready = 0, threading.Event()

        def kill(request, program=program, ready=ready, step=step):
            nonlocal count
            count += changes_something(request)
            if count != step:
                return None
            ready.wait()
            request.forward()
            program.kill()
            raise Drop

        proxy.fault = kill
        program.start()
        ready.set()
        program.wait_exit()
        proxy.fault = None
        found = [each for each in corner.ids() if each in ids]
        assert found == ids, (step, found)
        if program.process.returncode == 0:
            break
        assert program.process.returncode == -9, program.log_tail()
        end_lease(corner)
        corner.run(**ERRORS)
        assert corner.ids() == ids, step
        corner.elastic.call("DELETE", f"/{corner.kept_name('app', 20)}")
    # The lease's index, once; lease twice, index for what is kept, documents; lease, block, swap, lease.
    assert step == 9 and corner.ids() == ids
    assert name not in corner.indices()


def test_errors_in_the_middle_delete_nothing_and_the_next_run_goes_on(corner, proxy):
    name, ids = mixed_day(corner, "app", 20)
    everything = corner.ids()
    faults = {
        "bulk refused": lambda r: r.is_bulk and error_answer(403, "security_exception"),
        "one document refused": lambda r: r.is_bulk
        and json_answer(200, {"items": [{"index": {"status": 400, "error": {"type": "mapper_parsing_exception"}}}] * 10}),
        "answers cut short": lambda r: r.is_bulk and json_answer(200, {"items": [{"index": {"status": 201}}] * 9}),
        "not a word about documents": lambda r: r.is_bulk and json_answer(200, {}),
        "kept but not there": lambda r: r.is_bulk and json_answer(200, {"items": [{"index": {"status": 201}}] * 10}),
        "nothing refreshed": lambda r: "/_refresh" in r.path
        and json_answer(200, {"_shards": {"total": 1, "successful": 0, "failed": 1}}),
        "blocked on some shards": lambda r: "/_block/" in r.path
        and json_answer(200, {"acknowledged": True, "shards_acknowledged": False}),
        "no block": lambda r: "/_block/" in r.path and error_answer(500),
        "no swap": lambda r: r.path.startswith("/_aliases") and error_answer(400, "illegal_argument_exception"),
        "garbage": lambda r: r.path.startswith("/_aliases") and (200, {"Content-Type": "text/html"}, b"<html>"),
    }
    for what, fault in faults.items():
        proxy.fault = lambda request, fault=fault: fault(request) or None
        done = corner.command("run", "--yes", url=proxy.url, **ERRORS)
        assert done.returncode == 3, (what, done.text)
        assert corner.ids() == everything and corner.indices() == [name], what
        assert "blocks" not in corner.elastic.call("GET", f"/{name}/_settings")[name]["settings"]["index"], what
    calls = []

    def busy(request):
        calls.append(request.path)
        return error_answer(429) if request.is_bulk and sum("_bulk" in each for each in calls) < 3 else None

    proxy.fault = busy
    corner.run("--yes", url=proxy.url, **ERRORS)
    assert corner.ids() == ids


def test_two_runs_at_once_do_it_once(corner):
    for ago in range(11, 14):
        corner.day("app", ago)
    mixed_day(corner, "mixed", 30)
    expected = [each["index"] for each in corner.run("--dry-run", **ERRORS)]
    results = []

    def run():
        results.append(corner.command("run", "--yes", "--json", **ERRORS))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [json.loads(line) for each in results for line in each.stdout.splitlines()]
    assert sorted(each["index"] for each in done) == sorted(expected), [each.text for each in results]
    assert all(each.returncode == 0 or "is at it" in each.text or "has taken the lease" in each.text for each in results)
    assert len(corner.ids()) == 10


def test_with_disks_too_full_to_write_what_can_go_goes(corner):
    gone = corner.day("plain", 20)
    corner.run(max_age_ms="365d")  # makes the control index
    kept, _ = mixed_day(corner, "mixed", 20)
    control = f"/.alpex-{corner.prefix}-control/_settings"
    corner.elastic.call("PUT", control, {"index.blocks.read_only_allow_delete": True})
    rules = {"max_age_ms": "10d", "datasets": [{"dataset": "mixed", **ERRORS}]}
    done = corner.run(expect=3, **rules)
    assert {each["index"]: each["state"] for each in done} == {gone: "done", kept: "failed"}
    assert corner.indices() == [kept]
    corner.elastic.call("PUT", control, {"index.blocks.read_only_allow_delete": None})
    assert [each["kept_records"] for each in corner.run(**rules)] == [10]


# --- a lifecycle policy instead ---


def without_words(hit):
    """What was kept has the words it is found by (elasticsearch.keep_words), what the tests store has none."""
    return {key: value for key, value in hit["_source"].items() if key != "text"}


class Lifecycles:
    """What Elasticsearch with ILM answers; the one that the tests have has none."""

    def __init__(self):
        self.policies, self.given = {}, {}

    def __call__(self, request):
        path = request.path.split("?")[0]
        name = path.rsplit("/", 1)[-1]
        if path.startswith("/_ilm/policy/") and request.method == "GET":
            if name in self.policies:
                return json_answer(200, {name: {"version": 1, **self.policies[name]}})
            return json_answer(404, {"error": {"type": "resource_not_found_exception"}, "status": 404})
        if path.startswith("/_ilm/policy/") and request.method == "PUT":
            self.policies[name] = json.loads(request.body)
            return json_answer(200, {"acknowledged": True})
        if path.endswith("/_settings") and request.method == "PUT":
            self.given[path.split("/")[1]] = json.loads(request.body)
            return json_answer(200, {"acknowledged": True})
        return None


def test_with_a_policy_elasticsearch_is_told_to_delete(corner, proxy):
    names = {ago: corner.day("app", ago) for ago in (0, 5, 50)}
    corner.day("app", 60, index=f"{corner.prefix}-foreign")
    proxy.fault = lifecycles = Lifecycles()
    rules = {"max_age_ms": "10d", "ilm_policy": "alpex-test"}
    done = corner.run("--yes", url=proxy.url, **rules)
    assert {each["index"] for each in done} == set(names.values()) and {each["step"] for each in done} == {"manage"}
    assert set(corner.indices()) > set(names.values())
    phases = lifecycles.policies["alpex-test"]["policy"]["phases"]
    assert phases == {"delete": {"min_age": "864000000ms", "actions": {"delete": {}}}}
    for ago, name in names.items():
        end = datetime.datetime.combine(corner.date(ago - 1), datetime.time(), datetime.timezone.utc)
        assert lifecycles.given[name] == {
            "index.lifecycle.name": "alpex-test",
            "index.lifecycle.origination_date": int(end.timestamp() * 1000),
        }
    # Another age changes our policy; somebody else's of that name is left alone.
    corner.run("--yes", url=proxy.url, **{**rules, "max_age_ms": "20d"})
    assert lifecycles.policies["alpex-test"]["policy"]["phases"]["delete"]["min_age"] == "1728000000ms"
    lifecycles.policies["alpex-test"] = {"policy": {"phases": {}}}
    refused = corner.command("run", "--yes", url=proxy.url, **rules)
    assert refused.returncode == 1 and "is not ours" in refused.text, refused.text
    assert lifecycles.policies["alpex-test"] == {"policy": {"phases": {}}}


def test_a_cluster_without_lifecycles_is_told_of(corner):
    corner.day("app", 50)
    refused = corner.command("run", "--yes", max_age_ms="10d", ilm_policy="p")
    assert refused.returncode == 1 and "no ILM" in refused.text and "ISM" in refused.text, refused.text
    assert len(corner.indices()) == 1


# --- in the background of `indexer run` ---


def test_indexers_do_it_by_themselves_and_refuse_what_is_too_old(corner, pipeline):
    old, ids = mixed_day(corner, "apache.access", 20)
    corner.day("apache.access", 5)
    sized, _ = mixed_day(corner, "sized", 5)
    by_size = {**ERRORS, "dataset": "sized", "max_age_ms": 0, "max_total_bytes": 1}
    config = {"retention": {"enabled": True, "check_interval_ms": "1s", **ERRORS, "datasets": [by_size]}}
    pipeline.prefix, pipeline.indices = corner.prefix, f"{corner.prefix}-*"
    indexers = [pipeline.indexer(f"indexer-{number}", config) for number in range(2)]
    pipeline.kafka.create_topic(pipeline.topic)
    for each in indexers:
        each.start()
    wait_for(lambda: not {old, sized} & set(corner.indices()), 30, f"{old} and {sized} to go", pipeline.log_tails)
    late = [corner.record("apache.access", ago, 77, message="late") for ago in (20, 11, 10, 0)]
    # Of a day that went by its size, and of which something is kept: nothing is written there any more.
    late.append(corner.record("sized", 5, 77, message="late"))
    for each in late:
        each["event"]["id"] += "-late"
    pipeline.kafka.produce(pipeline.topic, [json.dumps(each).encode() for each in late])
    pipeline.wait_drained()
    letters = pipeline.kafka.consume(pipeline.dlq_topic)
    reasons = {json.loads(each.value())["event"]["id"]: dict(each.headers())["dlq.reason"] for each in letters}
    assert [reasons.pop(each["event"]["id"]) for each in late[:2]] == [b"too_old"] * 2
    assert set(reasons) == {late[4]["event"]["id"]}, reasons
    found = corner.ids()
    assert [each for each in found if each.endswith("-late")] == sorted(each["event"]["id"] for each in late[2:4])
    assert [each for each in found if each in ids] == ids
    assert not {old, sized} & set(corner.indices())
    metrics = [each.metrics() for each in indexers]
    for name, total in (("deleted_indices_total", 2), ("kept_documents_total", 20)):
        found = sum(each.value(f"indexer_retention_{name}") for each in metrics)
        assert found == total, (name, found, pipeline.log_tails())
    assert max(each.value("indexer_retention_last_success_timestamp_seconds") for each in metrics) > 1.7e9
    assert all(each.terminate() == 0 for each in indexers)


def test_what_a_killed_run_blocked_is_released_by_the_next(corner, proxy):
    name, ids = mixed_day(corner, "app", 20)
    indexer = corner.indexer(url=proxy.url, check_interval_ms="1s", **ERRORS)
    hit = threading.Event()

    def kill(request):
        if not request.path.startswith("/_aliases"):
            return None
        hit.set()
        indexer.kill()
        raise Drop

    proxy.fault = kill
    indexer.start()
    wait_for(hit.is_set, 30, "the swap", indexer.log_tail)
    assert corner.elastic.call("GET", f"/{name}/_settings")[name]["settings"]["index"]["blocks"] == {"write": "true"}
    proxy.fault = None
    end_lease(corner)
    # By now nothing is due any more: the index stays, and takes writes again.
    corner.run(max_age_ms="365d")
    assert "blocks" not in corner.elastic.call("GET", f"/{name}/_settings")[name]["settings"]["index"]
    corner.elastic.bulk([(name, "new", corner.record("app", 20, 1))])
    assert len(corner.ids()) == 41 and set(ids) <= set(corner.ids())
