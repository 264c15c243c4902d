"""The file input of the running shipper: many files, links, folders, polling, a full disk."""

import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

from support import access_log
from support.waiting import wait_for

FILES = 10_000


def seqs_in_kafka(pipeline):
    return [
        int(json.loads(message.value())["url"]["query"].removeprefix("seq="))
        for message in pipeline.kafka.consume(pipeline.topic)
    ]


def wait_seqs(pipeline, seqs, timeout_s=60):
    """Waits until exactly these have arrived, each at least once."""
    wanted = set(seqs)

    found = []

    def there():
        topics = pipeline.kafka.admin.list_topics(timeout=10).topics
        if pipeline.topic not in topics or sum(pipeline.kafka.end_offsets(pipeline.topic).values()) < len(wanted):
            return False
        found[:] = seqs_in_kafka(pipeline)
        return wanted <= set(found)

    wait_for(
        there, timeout_s, lambda: f"{len(wanted)} lines; of {len(found)} these are missing: "
        f"{sorted(wanted - set(found))[:20]}", pipeline.log_tails, interval_s=0.1
    )
    assert set(found) == wanted
    return found


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wake_ups(pid):
    """Of all threads: how often one of them went to sleep by itself."""
    total = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.M).group(1))
    return total


def log_descriptors(shipper, folder):
    return sum(name.startswith(str(folder)) for name in shipper.open_files())


def test_ten_thousand_files_need_few_descriptors_little_memory_and_no_time(pipeline):
    for number in range(FILES):
        access_log.write(pipeline.logs / f"site{number:05}.log", [number])
    shipper = pipeline.shipper(pipeline.logs / "*.log", input_options={"scan_interval_ms": "5s"}).start()
    wait_seqs(pipeline, range(FILES), timeout_s=120)
    # More are open only as long as Kafka has not acknowledged what was read of them.
    wait_for(lambda: log_descriptors(shipper, pipeline.logs) <= 256, 20, "few descriptors", shipper.log_tail)
    assert shipper.memory_kb() < 48 * 1024
    # Nothing happens: the scans are all there is.
    before_s, scans = cpu_seconds(shipper.pid), shipper.metrics().value("shipper_folder_scans_total")
    wait_for(
        lambda: shipper.metrics().value("shipper_folder_scans_total") >= scans + 3, 60, "three scans", interval_s=1
    )
    assert (cpu_seconds(shipper.pid) - before_s) / 3 < 0.15, "CPU seconds a scan and what happens around it"
    # Some of them grow, whether they are open or not.
    for number in range(0, FILES, 100):
        access_log.write(pipeline.logs / f"site{number:05}.log", [FILES + number])
    wait_seqs(pipeline, [*range(FILES), *range(FILES, 2 * FILES, 100)])
    # A restart knows them all.
    assert shipper.terminate() == 0
    shipper.start(wait_ready=True)
    access_log.write(pipeline.logs / "site00000.log", [3 * FILES])
    found = wait_seqs(pipeline, [*range(FILES), *range(FILES, 2 * FILES, 100), 3 * FILES])
    assert len(found) == len(set(found)), "nothing was sent again"


def test_an_idle_agent_hardly_wakes_up(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(10))
    shipper = pipeline.shipper(path).start(wait_ready=True)
    wait_seqs(pipeline, range(10))
    settled = time.monotonic() + 4
    wait_for(lambda: time.monotonic() > settled, 10, "rest")
    before, began = wake_ups(shipper.pid), time.monotonic()
    wait_for(lambda: time.monotonic() - began > 15, 30, "fifteen seconds", interval_s=1)
    rate = (wake_ups(shipper.pid) - before) / (time.monotonic() - began)
    assert rate <= 4.5, f"{rate:.1f} wake-ups a second"


def test_kubernetes_links_are_followed_through_rotations(pipeline):
    """/var/log/containers/x.log -> /var/log/pods/…/0.log, which kubelet renames, replaces and compresses."""
    containers, pod = pipeline.logs / "containers", pipeline.logs / "pods" / "default_web_1" / "web"
    containers.mkdir()
    pod.mkdir(parents=True)
    log, link = pod / "0.log", containers / "web_default_web-0123.log"
    access_log.write(log, range(100))
    link.symlink_to(log)
    shipper = pipeline.shipper(containers / "*.log").start(wait_ready=True)
    wait_seqs(pipeline, range(100))
    for rotation in range(1, 5):
        access_log.write(log, range(rotation * 100, rotation * 100 + 50))
        rotated = log.rename(pod / f"0.log.20261121-10{rotation:02}00")
        access_log.write(log, range(rotation * 100 + 50, rotation * 100 + 100))
        if rotation % 2:
            shipper.kill()
        pod.joinpath(rotated.name + ".gz").write_bytes(gzip.compress(rotated.read_bytes()))
        rotated.unlink()
        if rotation % 2:
            shipper.start(wait_ready=True)
    wait_seqs(pipeline, range(500))
    paths = {json.loads(message.value())["log"]["file"]["path"] for message in pipeline.kafka.consume(pipeline.topic)}
    assert paths == {str(link)}


def test_folder_and_its_parents_may_come_and_go(pipeline):
    folder = pipeline.logs / "a" / "b" / "c"
    pipeline.shipper(pipeline.logs / "a" / "**" / "*.log").start(wait_ready=True)
    folder.mkdir(parents=True)
    access_log.write(folder / "x.log", range(10))
    wait_seqs(pipeline, range(10), timeout_s=10)
    shutil.rmtree(pipeline.logs / "a")
    folder.mkdir(parents=True)
    access_log.write(folder / "x.log", range(10, 20))
    wait_seqs(pipeline, range(20), timeout_s=20)


def test_what_is_no_file_and_what_may_not_be_read_stop_nothing(pipeline):
    os.mkfifo(pipeline.logs / "pipe.log")
    (pipeline.logs / "folder.log").mkdir()
    (pipeline.logs / "nowhere.log").symlink_to(pipeline.logs / "absent")
    (pipeline.logs / "loop.log").symlink_to("loop.log")
    access_log.write(pipeline.logs / "good.log", range(10))
    shipper = pipeline.shipper(pipeline.logs / "*.log").start(wait_ready=True)
    wait_seqs(pipeline, range(10))
    with pytest.raises(OSError):
        os.open(pipeline.logs / "pipe.log", os.O_WRONLY | os.O_NONBLOCK)  # nobody has it open
    (pipeline.logs / "folder.log").rmdir()
    access_log.write(pipeline.logs / "folder.log", range(10, 20))
    (pipeline.logs / "good.log").unlink()
    (pipeline.logs / "good.log").mkdir()
    access_log.write(pipeline.logs / "absent", range(20, 30))
    (pipeline.logs / "nowhere.log").unlink()
    (pipeline.logs / "nowhere.log").symlink_to(pipeline.logs / "absent")
    wait_seqs(pipeline, range(30))
    shipper.check_running()


def test_polling_finds_what_inotify_would_tell(pipeline):
    path = pipeline.logs / "access.log"
    shipper = pipeline.shipper(
        pipeline.logs / "*.log", input_options={"poll": "always", "poll_interval_ms": "100ms"}
    ).start(wait_ready=True)
    access_log.write(path, range(100))
    wait_seqs(pipeline, range(100), timeout_s=10)
    access_log.write(path, range(100, 200))
    path.rename(pipeline.logs / "access.log.1")
    access_log.write(path, range(200, 300))
    wait_seqs(pipeline, range(300), timeout_s=10)
    assert not any("inotify" in name for name in shipper.open_files())


@pytest.mark.parametrize("when_done", ["keep", "delete", "move"])
def test_watch_folder_processes_each_file_and_then_does_as_it_is_told(pipeline, when_done):
    drop, done = pipeline.folder / "drop", pipeline.folder / "done"
    drop.mkdir()
    done.mkdir()
    shipper = pipeline.shipper(
        drop,
        input_options={
            "type": "folder",
            "complete_after_ms": "300ms",
            "when_done": f"move:{done}" if when_done == "move" else when_done,
        },
    ).start(wait_ready=True)
    access_log.write(drop / "a.log", range(100))
    access_log.write(drop / "a.log.1", range(100, 200))
    plain = pipeline.folder / "plain"
    access_log.write(plain, range(200, 300))
    (drop / "b.gz").write_bytes(gzip.compress(plain.read_bytes()))
    # While it is still being written.
    for first in range(300, 400, 20):
        access_log.write(drop / "slow", range(first, first + 20))
    wait_seqs(pipeline, range(400))
    names = {"a.log", "a.log.1", "b.gz", "slow"}
    if when_done != "keep":
        wait_for(lambda: not list(drop.iterdir()), 20, "an empty folder", pipeline.log_tails)
    if when_done == "move":
        assert {path.name for path in done.iterdir()} == names
    if when_done == "keep":
        assert {path.name for path in drop.iterdir()} == names
    shipper.terminate()
    shipper.start(wait_ready=True)
    access_log.write(drop / "last", range(400, 410))
    found = wait_seqs(pipeline, range(410))
    assert len(found) == 410, "nothing was read again"


def test_nothing_is_deleted_while_kafka_is_away(pipeline):
    drop = pipeline.folder / "drop"
    drop.mkdir()
    pipeline.kafka.create_topic(pipeline.topic, 1)
    shipper = pipeline.shipper(
        drop, input_options={"type": "folder", "complete_after_ms": "100ms", "when_done": "delete"}
    ).start(wait_ready=True)
    pipeline.stack.kill("kafka")
    access_log.write(drop / "a", range(100))
    wait_for(
        lambda: shipper.metrics().value("shipper_lines_read_total") == 100, 20, "100 lines read", pipeline.log_tails
    )
    shipper.kill()
    assert (drop / "a").exists()
    pipeline.stack.start("kafka")
    shipper.start()
    wait_for(lambda: not (drop / "a").exists(), 60, "the file to be done", pipeline.log_tails)
    assert set(seqs_in_kafka(pipeline)) == set(range(100))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder]).returncode:
        pytest.skip("needs to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(path):
    """Takes all the room that there is."""
    filler = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(filler, b"x" * 4096)
    except OSError:
        os.close(filler)


def test_a_full_disk_is_told_and_nothing_is_lost_by_it(pipeline, small_disk):
    path, state = pipeline.logs / "access.log", small_disk / "state"
    access_log.write(path, range(100))
    shipper = pipeline.shipper(path, ALPEX_STATE_DIR=str(state)).start(wait_ready=True)
    wait_seqs(pipeline, range(100))
    fill(small_disk / "filler")
    count = 100

    def is_told():
        """What is left of a page takes some more changes of the checkpoint."""
        nonlocal count
        access_log.write(path, range(count, count + 100))
        count += 100
        return "checkpoint" in shipper.readiness() and not shipper.is_ready()

    wait_for(is_told, 60, "it to be said", shipper.log_tail, interval_s=0.3)
    wait_seqs(pipeline, range(count))
    assert "No space left on device" in shipper.log_text()
    (small_disk / "filler").unlink()
    wait_for(shipper.is_ready, 20, "it to go on", shipper.log_tail)
    shipper.kill()
    shipper.start(wait_ready=True)
    access_log.write(path, range(count, count + 10))
    found = wait_seqs(pipeline, range(count + 10))
    assert len(found) < count + 10 + 200, "it remembers where it was"
    assert "damaged" not in shipper.log_text()


def test_a_state_that_is_damaged_while_down_keeps_nothing_from_starting(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(100))
    shipper = pipeline.shipper(path).start(wait_ready=True)
    wait_seqs(pipeline, range(100))
    for damage in (b"", b"\0" * 4096, b"{", os.urandom(1000)):
        shipper.kill()
        for each in (pipeline.folder / "state").glob("*.*"):
            each.write_bytes(damage)
        shipper.start(wait_ready=True)
    access_log.write(path, range(100, 200))
    wait_seqs(pipeline, range(200))
    ids = {}
    for message in pipeline.kafka.consume(pipeline.topic):
        record = json.loads(message.value())
        ids.setdefault(record["url"]["query"], set()).add(record["event"]["id"])
    assert all(len(each) == 1 for each in ids.values())


def test_lines_without_a_time_keep_their_ids_when_the_checkpoint_is_lost(pipeline):
    path = pipeline.logs / "plain.log"
    path.write_text("one\ntwo\n")
    shipper = pipeline.shipper(path).start(wait_ready=True)

    def ids(count):
        def there():
            return sum(pipeline.kafka.end_offsets(pipeline.topic).values()) >= count

        wait_for(there, 30, f"{count} messages", pipeline.log_tails)
        found = {}
        for message in pipeline.kafka.consume(pipeline.topic):
            record = json.loads(message.value())
            found.setdefault(record["message"], set()).add(record["event"]["id"])
        return found

    ids(2)
    shipper.terminate()
    for each in (pipeline.folder / "state").glob("*.*"):
        if not each.name.startswith("read_times"):
            each.unlink()
    with open(path, "a") as log:
        log.write("three\n")
    os.utime(path, (time.time() + 3000, time.time() + 3000))
    shipper.start(wait_ready=True)
    assert {text: len(each) for text, each in ids(5).items()} == {"one": 1, "two": 1, "three": 1}
