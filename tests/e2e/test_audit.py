"""`indexer audit` proves that every line is in the index exactly once, and says which is not."""

import datetime
import gzip
import os
import random
import shutil

import pytest

from support import access_log
from support.programs import run_cli
from support.waiting import wait_for


def one_document(pipeline, seq):
    """The document of a line, by its sequence number."""
    [hit] = pipeline.elastic.documents(pipeline.indices, query={"term": {"url.query": f"seq={seq}"}})
    return hit


def offset_of(hit):
    return hit["_source"]["log"]["offset"]


def test_what_was_deleted_or_doubled_by_hand_is_found(pipeline):
    """And it is said where it is, so that a replay of just that brings it back."""
    paths = [pipeline.logs / f"site{number}.log" for number in range(3)]
    for number, path in enumerate(paths):
        access_log.write(path, range(1000 * number, 1000 * number + 400))
    pipeline.indexer().start()
    shipper = pipeline.shipper(*paths, ALPEX_HOST_NAME="web-1").start()
    pipeline.wait_count(1200)
    result = pipeline.assert_audit_complete(1200, acknowledged=1200)
    assert sorted(each["file"] for each in result["contents"]) == [str(path) for path in paths]
    assert {(each["host"], each["read"], each["state"]) for each in result["contents"]} == {("web-1", 400, "complete")}
    assert shipper.metrics().value("shipper_account_messages_total") > 0

    gone = one_document(pipeline, 1077)
    pipeline.elastic.call("DELETE", f"/{gone['_index']}/_doc/{gone['_id']}")
    code, result = pipeline.audit()
    assert code == 3 and result["total"]["missing"] == 1 and result["total"]["doubled"] == 0
    [short] = [each for each in result["contents"] if each["state"] != "complete"]
    assert (short["file"], short["state"], short["missing"], short["indexed"]) == (str(paths[1]), "missing", 1, 399)
    [gap] = short["gaps"]
    assert gap["first_byte"] == gap["last_byte"] == offset_of(gone) and gap["records"] == 1
    kafka = gone["_source"]["kafka"]
    assert (gap["partition"], gap["first_offset"], gap["last_offset"]) == (
        kafka["partition"],
        kafka["offset"],
        kafka["offset"],
    )
    table = run_cli("indexer", "audit", **pipeline.indexer_environment())
    assert table.returncode == 3
    assert f"from byte {offset_of(gone)}" in table.text, table.text
    assert f"--partition {kafka['partition']} --from {kafka['offset']} --to {kafka['offset'] + 1}" in table.text

    twin = one_document(pipeline, 2009)
    pipeline.elastic.call("PUT", f"/{pipeline.prefix}-other-2020.01.01/_doc/another-id", twin["_source"])
    code, result = pipeline.audit()
    assert code == 3 and (result["total"]["missing"], result["total"]["doubled"]) == (1, 1)
    assert {each["file"]: each["state"] for each in result["contents"]} == {
        str(paths[0]): "complete",
        str(paths[1]): "missing",
        str(paths[2]): "doubled",
    }

    # What lacks and what is too much are told apart, also in one file, where their numbers would cancel out.
    swapped = one_document(pipeline, 2333)
    pipeline.elastic.call("DELETE", f"/{swapped['_index']}/_doc/{swapped['_id']}")
    code, result = pipeline.audit("--file", "*/site2.log")
    assert code == 3 and (result["total"]["missing"], result["total"]["doubled"]) == (1, 1)
    assert result["contents"][0]["gaps"][0]["first_byte"] == offset_of(swapped)

    pipeline.elastic.call("DELETE", f"/{pipeline.prefix}-other-2020.01.01")
    for each in pipeline.audit()[1]["contents"]:
        for gap in each["gaps"]:
            place = ("--partition", gap["partition"], "--from", gap["first_offset"], "--to", gap["last_offset"] + 1)
            replay = run_cli("indexer", "replay", *place, **pipeline.indexer_environment())
            assert replay.returncode == 0, replay.text
    pipeline.assert_audit_complete(1200)


def test_rotation_kills_truncation_and_archives(pipeline):
    """Whatever happens to files and shipper: the account stays exact, and each line is told of once."""
    seed = int(os.environ.get("ALPEX_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"ALPEX_TEST_SEED={seed}")
    dice = random.Random(seed)
    renamed, copied = pipeline.logs / "renamed.log", pipeline.logs / "copied.log"
    pipeline.indexer().start()
    shipper = pipeline.shipper(renamed, copied).start()
    writer = pipeline.writer(renamed, copied, lines_per_s=2000)
    for number in range(1, 5):
        moment = writer.written() + dice.randint(300, 2500)
        wait_for(lambda moment=moment: writer.written() >= moment, 30, "the writer to go on", interval_s=0.005)
        shipper.kill()
        with writer.paused():
            renamed.rename(renamed.with_name(f"renamed.log.{number}"))
            shutil.copy2(copied, copied.with_name(f"copied.log.{number}"))
            os.truncate(copied, 0)
        writer.reopen()
        shipper.start()
    moment = writer.written() + 300
    wait_for(lambda: writer.written() >= moment, 30, "the last generation", interval_s=0.005)
    seqs = writer.stop()
    pipeline.assert_exactly_once(seqs)
    result = pipeline.assert_audit_complete(len(seqs))
    assert {each["file"] for each in result["contents"]} == {str(renamed), str(copied)}
    assert len(result["contents"]) == 10, "five generations of two files"

    # The same lines from an archive, by another command, without state: nothing is told twice.
    assert shipper.terminate() == 0
    packed = pipeline.logs / "renamed.log.1.gz"
    packed.write_bytes(gzip.compress((pipeline.logs / "renamed.log.1").read_bytes()))
    pipeline.ship(packed, ALPEX_STATE_DIR=str(pipeline.folder / "other-state"))
    pipeline.wait_drained()
    again = pipeline.assert_audit_complete(len(seqs))
    assert {each["id"] for each in again["contents"]} == {each["id"] for each in result["contents"]}

    # A lost state: all is read and told again.
    shutil.rmtree(pipeline.folder / "state")
    packed.unlink()
    shipper.start()
    access_log.write(renamed, range(10_000_000, 10_000_100))
    pipeline.assert_exactly_once([*seqs, *range(10_000_000, 10_000_100)])
    pipeline.assert_audit_complete(len(seqs) + 100)


def test_lines_that_are_left_out_are_accounted_for(pipeline):
    path, stack_traces = pipeline.logs / "access.log", pipeline.logs / "app.log"
    access_log.write(path, range(1000))
    with open(stack_traces, "w") as log:
        for number in range(50):
            log.write(f"2026-11-21 10:00:{number:02} ERROR it failed\n  at one\n  at two\n")
        log.write("2026-11-21 10:01:00 INFO the end\n")
    pipeline.indexer().start()
    pipeline.ship(path, "--query", "not status:404")
    left = pipeline.elastic
    pipeline.wait_drained()
    stored = left.count(pipeline.indices)
    shipper = pipeline.shipper(
        stack_traces,
        input_options={
            "format": "text",
            "dataset": "app.log",
            "multiline": {"start": r"^\d{4}-"},
            "drop": ['message:"the end"'],
        },
    ).start()
    pipeline.wait_count(stored + 50)
    result = pipeline.assert_audit_complete(1151, acknowledged=stored + 50, filtered=1000 - stored + 1, joined=100)
    [traces] = [each for each in result["contents"] if each["file"] == str(stack_traces)]
    assert (traces["read"], traces["joined"], traces["filtered"], traces["indexed"]) == (151, 100, 1, 50)
    assert shipper.terminate() == 0


def test_two_hosts_with_files_of_the_same_name(pipeline):
    """Each has its own account, and what lacks is put down to the right one."""
    pipeline.indexer().start()
    for host in ("a", "b"):
        folder = pipeline.logs / host
        folder.mkdir()
        access_log.write(folder / "access.log", range(100 if host == "a" else 300))
        pipeline.ship(
            folder / "access.log",
            ALPEX_AGENT_ID=f"agent-{host}-{pipeline.name}",
            ALPEX_HOST_NAME=f"web-{host}",
            ALPEX_STATE_DIR=str(pipeline.folder / f"state-{host}"),
        )
    pipeline.wait_count(400)
    result = pipeline.assert_audit_complete(400)
    assert {each["host"]: each["read"] for each in result["contents"]} == {"web-a": 100, "web-b": 300}
    hit = next(
        pipeline.elastic.documents(pipeline.indices, query={"term": {"host.name": "web-b"}})
    )
    pipeline.elastic.call("DELETE", f"/{hit['_index']}/_doc/{hit['_id']}")
    assert pipeline.audit("--host", "web-a")[0] == 0
    code, result = pipeline.audit("--host", "web-b")
    assert code == 3 and [each["host"] for each in result["contents"]] == ["web-b"]
    nobody = run_cli("indexer", "audit", "--host", "web-c", **pipeline.indexer_environment())
    assert nobody.returncode == 1 and "no account is of that host" in nobody.text


def test_what_waits_for_the_indexer_is_under_way(pipeline):
    """Also when something is missing at the same time."""
    path = pipeline.logs / "access.log"
    access_log.write(path, range(500))
    indexer = pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    pipeline.wait_count(500)
    pipeline.assert_audit_complete(500)
    assert indexer.terminate() == 0
    access_log.write(path, range(500, 800))
    wait_for(lambda: pipeline.audit()[1]["total"]["read"] == 800, 20, "800 lines to be told", pipeline.log_tails, 0.3)
    code, result = pipeline.audit()
    total = result["total"]
    assert (code, total["state"], total["under_way"], total["missing"]) == (0, "under way", 300, 0), total
    assert result["lag"] == 300
    table = run_cli("indexer", "audit", "--wait", "1s", **pipeline.indexer_environment())
    assert table.returncode == 0 and "300 under way" in table.text, table.text

    hit = one_document(pipeline, 123)
    pipeline.elastic.call("DELETE", f"/{hit['_index']}/_doc/{hit['_id']}")
    code, result = pipeline.audit()
    assert (code, result["total"]["under_way"], result["total"]["missing"]) == (3, 300, 1), result["total"]
    assert result["contents"][0]["gaps"][0]["first_byte"] == offset_of(hit)
    pipeline.elastic.call("PUT", f"/{hit['_index']}/_doc/{hit['_id']}", hit["_source"])
    indexer.start()
    code, result = pipeline.audit("--wait", "30s")
    assert (code, result["total"]["indexed"], result["lag"]) == (0, 800, 0), result["total"]
    assert shipper.terminate() == 0


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def test_windows_of_time(pipeline):
    """Two windows that meet cover every line once."""
    path = pipeline.logs / "access.log"
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    seqs, times = 0, [now()]
    for count in (100, 250, 70):
        access_log.write(path, range(seqs, seqs + count))
        seqs += count
        pipeline.wait_count(seqs)
        pipeline.assert_audit_complete(seqs)
        times.append(now())

    def read(*arguments):
        code, result = pipeline.audit(*arguments)
        assert code == 0, result
        return result["total"]["read"], result["total"]["indexed"]

    assert read("--from", times[1], "--to", times[2]) == (250, 250)
    assert read("--from", times[2]) == (70, 70)
    assert read("--to", times[2]) == (350, 350)
    assert read("--from", times[3]) == (0, 0)
    assert read("--from", "1h") == (420, 420)
    hit = one_document(pipeline, 120)
    pipeline.elastic.call("DELETE", f"/{hit['_index']}/_doc/{hit['_id']}")
    assert pipeline.audit("--from", times[1], "--to", times[2])[0] == 3
    assert read("--to", times[1]) == (100, 100) and read("--from", times[2]) == (70, 70)
    assert shipper.terminate() == 0


def test_dead_letters_are_no_loss_and_what_kafka_deleted_is_still_known(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(300))
    pipeline.indexer().start().wait_ready()
    today = datetime.datetime.now(datetime.timezone.utc)
    for day in (today, today + datetime.timedelta(days=1)):  # at midnight, too
        pipeline.elastic.call(
            "PUT",
            f"/{pipeline.prefix}-odd-{day:%Y.%m.%d}",
            {"mappings": {"properties": {"message": {"type": "ip"}}}},
        )
    pipeline.ship(path)
    odd = pipeline.logs / "odd.log"
    access_log.write(odd, range(300, 310))
    environment = pipeline.shipper_environment()
    shipped = run_cli("shipper", "ship", odd, "--format", "apache-combined", "--dataset", "odd", **environment)
    assert shipped.returncode == 0, shipped.text
    pipeline.wait_drained()
    result = pipeline.assert_audit_complete(310, dead=10, indexed=300)
    assert {each["file"]: each["dead"] for each in result["contents"]} == {str(path): 0, str(odd): 10}

    hits = [one_document(pipeline, seq) for seq in (17, 18, 19, 250)]
    for hit in hits:
        pipeline.elastic.call("DELETE", f"/{hit['_index']}/_doc/{hit['_id']}")
    code, result = pipeline.audit()
    assert (code, result["total"]["missing"]) == (3, 4)
    [gaps] = [each["gaps"] for each in result["contents"] if each["gaps"]]
    assert [(gap["first_byte"], gap["last_byte"], gap["records"]) for gap in gaps] == [
        (offset_of(hits[0]), offset_of(hits[2]), 3),
        (offset_of(hits[3]), offset_of(hits[3]), 1),
    ]
    pipeline.kafka.delete_records(pipeline.topic)
    code, result = pipeline.audit()
    assert (code, result["total"]["missing"]) == (3, 4), "by number, as Kafka has them no longer"
    [gaps] = [each["gaps"] for each in result["contents"] if each["gaps"]]
    assert [gap["records"] for gap in gaps] == [4] and "partition" not in gaps[0]


def test_what_retention_has_deleted_is_expired(pipeline):
    """Only what its rule lets go: a day's index that somebody deletes otherwise is missing."""
    path = pipeline.logs / "access.log"
    today = datetime.datetime.now(datetime.timezone.utc)
    old = today - datetime.timedelta(days=40)
    path.write_text(
        "".join(access_log.line(seq, old if seq < 30 else today) + "\n" for seq in range(100))
    )
    pipeline.indexer().start()
    pipeline.ship(path)
    pipeline.wait_count(100)
    pipeline.assert_audit_complete(100)
    pipeline.elastic.call("DELETE", f"/{pipeline.prefix}-apache.access-{old:%Y.%m.%d}")
    code, result = pipeline.audit()
    assert (code, result["total"]["missing"], result["total"]["expired"]) == (3, 30, 0), "no retention"
    for age, expected in (("30d", (0, 0, 30)), ("60d", (3, 30, 0))):
        rule = {"ALPEX_RETENTION_ENABLED": "true", "ALPEX_RETENTION_MAX_AGE_MS": age}
        code, result = pipeline.audit(**rule)
        assert (code, result["total"]["missing"], result["total"]["expired"]) == expected, (age, result)
    hit = one_document(pipeline, 55)
    pipeline.elastic.call("DELETE", f"/{hit['_index']}/_doc/{hit['_id']}")
    code, result = pipeline.audit(ALPEX_RETENTION_ENABLED="true", ALPEX_RETENTION_MAX_AGE_MS="30d")
    assert (code, result["total"]["missing"], result["total"]["expired"]) == (3, 1, 30), result["total"]


def test_without_accounts_nothing_is_proven(pipeline):
    nothing = run_cli("indexer", "audit", **pipeline.indexer_environment())
    assert nothing.returncode == 1 and ".audit" in nothing.text
    off = run_cli("indexer", "audit", **pipeline.indexer_environment(ALPEX_KAFKA_AUDIT_TOPIC=""))
    assert off.returncode == 1 and "kafka.audit_topic is empty" in off.text
    path = pipeline.logs / "access.log"
    access_log.write(path, range(10))
    pipeline.ship(path, ALPEX_KAFKA_AUDIT_TOPIC="")
    nothing = run_cli("indexer", "audit", **pipeline.indexer_environment())
    assert nothing.returncode == 1 and f"{pipeline.topic}.audit" in nothing.text
    pipeline.kafka.create_topic(f"{pipeline.topic}.audit", 1)
    pipeline.kafka.produce(f"{pipeline.topic}.audit", [b"not json", b"{}", b"[]", b"\xff\x00", b'{"version":1}'])
    damaged = run_cli("indexer", "audit", **pipeline.indexer_environment())
    assert damaged.returncode == 1 and "no accounts" in damaged.text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "yesterdayish"], "--from 'yesterdayish' is not a time"),
        (["--from", "1h", "--to", "2h"], "--from is after --to"),
        (["--wait", "soon"], "--wait 'soon' is no duration"),
        (["--wait", "-5s"], "is no duration"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_wrong_usage(arguments, said):
    done = run_cli("indexer", "audit", *arguments, ALPEX_KAFKA_BROKERS="127.0.0.1:1")
    assert done.returncode == 2 and said in done.text, done.text


def test_services_that_are_away_are_said(pipeline):
    done = run_cli("indexer", "audit", **pipeline.indexer_environment(ALPEX_KAFKA_BROKERS="127.0.0.1:1"))
    assert done.returncode == 1 and "refused" in done.text, done.text
