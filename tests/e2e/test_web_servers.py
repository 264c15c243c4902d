"""Real nginx and Apache under load: Elasticsearch holds exactly what an independent reading of their logs says."""

import collections

import pytest

from support.web_servers import Load, Logrotate, WebServer

KINDS = ["nginx", "apache2"]


@pytest.fixture
def web_server(tmp_path):
    servers = []

    def start(kind):
        server = WebServer(kind, tmp_path / kind)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.close()


def start_pipeline(pipeline, *servers):
    pipeline.indexer().start()
    inputs = [
        {
            "type": "file",
            "paths": [str(server.log)],
            "format": server.format,
            "dataset": f"{server.kind}.access",
            "keep_original": True,
        }
        for server in servers
    ]
    return pipeline.shipper(config={"inputs": inputs}).start()


def assert_arrived(pipeline, server):
    """Count, status histogram, sum of bytes, and every single line."""
    summary = server.summary()
    pattern = f"{pipeline.prefix}-{server.kind}.access-*"
    answer = pipeline.elastic.aggregate(
        pattern,
        {
            "statuses": {"terms": {"field": "http.response.status_code", "size": 1000}},
            "bytes": {"sum": {"field": "http.response.body.bytes"}},
        },
    )
    stored = collections.Counter(
        hit["_source"]["event"]["original"] for hit in pipeline.elastic.documents(pattern, source=["event.original"])
    )
    assert not summary.lines - stored, list((summary.lines - stored).items())[:5]
    assert not stored - summary.lines, list((stored - summary.lines).items())[:5]
    assert answer["hits"]["total"]["value"] == summary.count
    buckets = answer["aggregations"]["statuses"]["buckets"]
    assert {bucket["key"]: bucket["doc_count"] for bucket in buckets} == dict(summary.statuses)
    assert answer["aggregations"]["bytes"]["value"] == summary.bytes
    assert pipeline.elastic.count(pattern, {"term": {"tags": "_parsefailure"}}) == 0
    return summary


@pytest.mark.timeout(300)
def test_real_web_server_logs_arrive_exactly(pipeline, web_server):
    servers = [web_server(kind) for kind in KINDS]
    start_pipeline(pipeline, *servers)
    loads = [Load(server, 26_000, 5000).start() for server in servers]
    for load in loads:
        load.finish()
    pipeline.wait_count(sum(server.lines() for server in servers), timeout_s=120)
    summaries = [assert_arrived(pipeline, server) for server in servers]
    assert sum(summary.count for summary in summaries) >= 50_000
    assert all({200, 301, 400, 403, 404, 500} <= summary.statuses.keys() for summary in summaries)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [["nocompress"], ["compress", "delaycompress"]], ids=" ".join)
def test_logrotate_moves_the_log_while_the_server_writes(pipeline, web_server, kind, options):
    server, count, rotations = web_server(kind), 12_000, 4
    start_pipeline(pipeline, server)
    rotate = Logrotate(
        server, ["create", *options, "sharedscripts", "postrotate", f"    kill -USR1 {server.pid}", "endscript"]
    )
    load = Load(server, count, 4000).start()
    for number in range(1, rotations + 1):
        load.wait_sent(count * number // (rotations + 1))
        server.wait_reopened()
        rotate.run()
    load.finish()
    assert len(server.files()) == rotations + 1
    pipeline.wait_count(server.lines())
    assert_arrived(pipeline, server)


@pytest.mark.parametrize("kind", KINDS)
def test_logrotate_copies_and_truncates_the_log(pipeline, web_server, kind):
    server, count, rotations = web_server(kind), 12_000, 4
    start_pipeline(pipeline, server)
    rotate = Logrotate(server, ["copytruncate"])
    load = Load(server, count, 4000).start()
    for number in range(1, rotations + 1):
        load.wait_sent(count * number // (rotations + 1))
        load.pause()  # what is written between the copy and the cut is lost by logrotate itself
        rotate.run()
        load.resume()
    load.finish()
    assert len(server.files()) == rotations + 1
    pipeline.wait_count(server.lines())
    assert_arrived(pipeline, server)
