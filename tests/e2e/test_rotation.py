"""Log files are renamed, copied, truncated, compressed: every line is stored exactly once."""

import gzip
import shutil

import pytest

from support import access_log
from support.waiting import wait_for


def rename(path):
    path.rename(f"{path}.1")


def rename_by_date(path):
    path.rename(f"{path}-20261121")


def rename_and_compress(path):
    """As logrotate with `compress`."""
    packed = path.with_name(path.name + ".1.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def rename_and_compress_in_the_old_folder(path):
    """Shifts what is there already: access.log.1.gz becomes access.log.2.gz."""
    for number in range(30, 0, -1):
        old = path.with_name(f"{path.name}.{number}.gz")
        if old.exists():
            old.rename(path.with_name(f"{path.name}.{number + 1}.gz"))
    rename_and_compress(path)


def copy_and_truncate(path):
    shutil.copyfile(path, f"{path}.1")
    with open(path, "r+") as log:
        log.truncate(0)


@pytest.mark.parametrize(
    "rotate", [rename, rename_by_date, rename_and_compress, copy_and_truncate], ids=lambda each: each.__name__
)
def test_rotated_while_the_shipper_is_down(pipeline, rotate):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(1000))
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    pipeline.wait_count(1000)
    shipper.terminate()
    access_log.write(path, range(1000, 2000))
    rotate(path)
    access_log.write(path, range(2000, 2500))
    shipper.start()
    pipeline.assert_exactly_once(range(2500))


def test_rotated_several_times_while_the_shipper_is_down(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(1000))
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    pipeline.wait_count(1000)
    shipper.kill()
    for generation in range(1, 5):
        access_log.write(path, range(generation * 1000, (generation + 1) * 1000))
        rename_and_compress_in_the_old_folder(path)
    access_log.write(path, range(5000, 5500))
    shipper.start()
    pipeline.assert_exactly_once(range(5500))


def test_truncated_and_grown_beyond_the_old_end_while_down(pipeline):
    """The size alone does not tell."""
    path = pipeline.logs / "access.log"
    access_log.write(path, range(500))
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    pipeline.wait_count(500)
    shipper.terminate()
    access_log.write(path, range(500, 2000), mode="w")
    shipper.start()
    pipeline.assert_exactly_once(range(2000))


@pytest.mark.parametrize("rotate", [rename, copy_and_truncate], ids=lambda each: each.__name__)
def test_rotated_under_a_writer_that_goes_on(pipeline, rotate):
    path = pipeline.logs / "access.log"
    pipeline.indexer().start()
    pipeline.shipper(path).start()
    writer = pipeline.writer(path, lines_per_s=3000)
    for number in range(2, 7):
        moment = writer.written() + 3000
        wait_for(lambda moment=moment: writer.written() >= moment, 30, "the writer to go on")
        if rotate is rename:
            rename(path)
            moment = writer.written() + 200  # the server does not reopen at once
            wait_for(lambda moment=moment: writer.written() >= moment, 30, "lines into the renamed file")
            writer.reopen()
        else:
            with writer.paused():  # what is written between the copy and the cut is lost by logrotate itself
                copy_and_truncate(path)
        path.with_name("access.log.1").rename(path.with_name(f"access.log.{10 - number}"))
    pipeline.assert_exactly_once(writer.stop())


def test_rotated_file_is_compressed_while_it_is_read(pipeline):
    path = pipeline.logs / "access.log"
    pipeline.indexer().start()
    pipeline.shipper(path).start()
    first = 0
    for _ in range(3):
        access_log.write(path, range(first, first + 20_000))
        first += 20_000
        rename_and_compress_in_the_old_folder(path)
    access_log.write(path, range(first, first + 10))
    pipeline.assert_exactly_once(range(first + 10), timeout_s=90)


def test_copies_of_what_is_read_add_nothing(pipeline):
    """A backup beside the live file, in the pattern of the input."""
    path = pipeline.logs / "access.log"
    access_log.write(path, range(1000))
    pipeline.indexer().start()
    pipeline.shipper(path).start()
    pipeline.wait_count(1000)
    shutil.copyfile(path, pipeline.logs / "access.log.1")
    (pipeline.logs / "access.log.2.gz").write_bytes(gzip.compress(path.read_bytes()))
    access_log.write(path, range(1000, 1200))
    pipeline.assert_exactly_once(range(1200))


def test_two_files_that_begin_alike_are_two_files(pipeline):
    """The same first kilobytes, as with a header line or a health check."""
    one, two = pipeline.logs / "one.log", pipeline.logs / "two.log"
    header = "".join(access_log.line(0).replace("seq=0", f"header={number}") + "\n" for number in range(10))
    one.write_text(header)
    two.write_text(header)
    access_log.write(one, range(100))
    access_log.write(two, range(100, 200))
    pipeline.indexer().start()
    pipeline.shipper(one, two).start()
    pipeline.wait_count(220)
    headers = pipeline.elastic.count(pipeline.indices, {"prefix": {"url.query": "header="}})
    seqs = {
        hit["_source"]["url"]["query"] for hit in pipeline.elastic.documents(pipeline.indices, source=["url.query"])
    }
    assert headers == 20 and pipeline.elastic.count(pipeline.indices) == 220
    assert {f"seq={seq}" for seq in range(200)} <= seqs


def test_deleted_and_created_again_with_the_same_inode(pipeline):
    path = pipeline.logs / "access.log"
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    first = 0
    for _ in range(5):
        access_log.write(path, range(first, first + 300))
        first += 300
        pipeline.wait_count(first)
        path.unlink()
    shipper.check_running()
    access_log.write(path, range(first, first + 300))
    pipeline.assert_exactly_once(range(first + 300))


def test_last_line_without_newline_of_a_rotated_file(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(100))
    pipeline.indexer().start()
    pipeline.shipper(path).start()
    pipeline.wait_count(100)
    with open(path, "a") as log:
        log.write(access_log.line(100))
    rename(path)
    access_log.write(path, range(101, 200))
    pipeline.assert_exactly_once(range(200))


def test_rotated_before_it_was_ever_seen(pipeline):
    """The agent watches the folder; a log appears, is renamed and has a successor within one moment."""
    path = pipeline.logs / "access.log"
    pipeline.indexer().start()
    pipeline.shipper(path).start(wait_ready=True)
    access_log.write(path, range(100))
    rename(path)
    access_log.write(path, range(100, 200))
    pipeline.assert_exactly_once(range(200))


def test_rotated_at_once_after_a_line_was_added(pipeline):
    """Within one tick of the clock that stamps files."""
    path = pipeline.logs / "access.log"
    access_log.write(path, [0])
    pipeline.indexer().start()
    shipper = pipeline.shipper(path).start()
    pipeline.wait_count(1)
    shipper.kill()
    for seq in range(1, 20):
        access_log.write(path, [seq])
        rename_and_compress_in_the_old_folder(path)
    access_log.write(path, [20])
    shipper.start()
    pipeline.assert_exactly_once(range(21))
