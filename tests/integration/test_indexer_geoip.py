"""A running indexer whose GeoIP database comes, is rewritten, cut, damaged and removed while records pass."""

import shutil

import pytest
from support import access_log, geoip
from support.waiting import wait_for

pytestmark = pytest.mark.timeout(180)


def test_whatever_happens_to_the_file_the_last_good_one_is_used(pipeline, tmp_path):
    berlin = geoip.write_flat_city(tmp_path / "berlin.mmdb", "0.0.0.0/0", "DE", "Berlin").read_bytes()
    ottawa = geoip.write_flat_city(tmp_path / "ottawa.mmdb", "0.0.0.0/0", "CA", "Ottawa").read_bytes()
    path, log = tmp_path / "city.mmdb", pipeline.logs / "access.log"
    indexer = pipeline.indexer(ALPEX_GEOIP_CITY=str(path)).start().wait_ready()
    pipeline.shipper(log).start()
    assert loaded(indexer) == 0
    written = pass_lines(pipeline, log, 0)
    assert cities(pipeline) == set()

    path.write_bytes(berlin)
    wait_for(lambda: move(pipeline, log) and loaded(indexer) == 1, 30, "the database to be loaded", indexer.log_tail)
    written = pass_lines(pipeline, log, next_seq(log))
    assert cities(pipeline) == {"Berlin"}

    for damage in (lambda: path.write_bytes(berlin[:100]), lambda: path.write_bytes(b"x" * 5000), path.unlink):
        damage()
        written = pass_lines(pipeline, log, written)
        assert loaded(indexer) == 1, "the one loaded before stays in use"
    assert cities(pipeline) == {"Berlin"}

    shutil.copy(tmp_path / "ottawa.mmdb", tmp_path / "new")
    (tmp_path / "new").rename(path)
    wait_for(
        lambda: move(pipeline, log) and "Ottawa" in cities(pipeline), 30, "the new database", indexer.log_tail
    )
    path.write_bytes(berlin)  # in place, under the open one
    assert ottawa != berlin
    wait_for(lambda: move(pipeline, log) and newest_city(pipeline) == "Berlin", 30, "the old one again")
    indexer.check_running()
    assert indexer.log_text().count("cannot load GeoIP database") <= 6
    pipeline.assert_exactly_once(range(next_seq(log)))


def loaded(indexer):
    return indexer.metrics().value("indexer_geoip_database_loaded", database="city")


def next_seq(log):
    return log.read_bytes().count(b"\n")


def pass_lines(pipeline, log, first, count=100):
    """Lines through all of it: they are stored when this returns. The next sequence number."""
    access_log.write(log, range(first, first + count))
    pipeline.wait_count(first + count)
    return first + count


def move(pipeline, log):
    """The indexer looks at files between batches."""
    return pass_lines(pipeline, log, next_seq(log), 20)


def cities(pipeline):
    buckets = pipeline.elastic.aggregate(pipeline.indices, {"city": {"terms": {"field": "source.geo.city_name"}}})
    return {bucket["key"] for bucket in buckets["aggregations"]["city"]["buckets"]}


def newest_city(pipeline):
    newest = {"sort": [{"event.ingested": "desc"}], "size": 1, "query": {"exists": {"field": "source.geo.city_name"}}}
    hits = pipeline.elastic.call("POST", f"/{pipeline.indices}/_search", newest)["hits"]["hits"]
    return hits[0]["_source"]["source"]["geo"]["city_name"] if hits else None
