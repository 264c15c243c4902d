"""Redis in every state that it can be in: work goes on, every record is stored once, and what is wrong is said."""

import datetime
import subprocess
import time

import pytest
from support.redis import Redis
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

pytestmark = pytest.mark.timeout(180)

LINES = 1500
RIGHTS = ["+hmget", "+hset", "+hincrby", "+expire", "~alpex:*", "on"]


@pytest.fixture
def redis(tmp_path):
    servers = []

    def start(*options, name="redis", **more):
        servers.append(Redis(tmp_path / name, *options, **more).start())
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def ship_again(pipeline, path):
    """The same lines with the same ids, by an agent that has forgotten all."""
    pipeline.ship(path, ALPEX_STATE_DIR=str(pipeline.folder / f"state-{len(pipeline.programs)}"))


def hits(indexer):
    return indexer.metrics().value("indexer_dedup_hits_total")


def test_a_user_with_no_more_rights_than_needed_and_marks_that_are_found(pipeline, redis):
    server = redis("--user", "alpex", ">a:b/c", *RIGHTS)
    indexer = pipeline.indexer(ALPEX_REDIS_URL=server.url("alpex:a%3Ab%2Fc@"), ALPEX_FLOODS_LIMIT="10").start()
    path = pipeline.ship_lines(range(LINES))
    pipeline.assert_exactly_once(range(LINES))
    assert 0 < server.keys("alpex:seen:*") < LINES / 10, "neighbours share a key"
    assert server.keys("alpex:flood:*") > 0
    assert server.keys() == server.keys("alpex:*")
    ship_again(pipeline, path)
    pipeline.assert_exactly_once(range(LINES))
    assert hits(indexer) == LINES
    assert indexer.metrics().value("indexer_redis_errors_total") == 0


def make_certificates(folder):
    """A small authority, and a server and a client that it vouches for."""

    def openssl(command):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)

    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=authority -days 2")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl(f"req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}")
        openssl(
            f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out {name}.pem"
        )


def test_tls_checks_who_answers(pipeline, redis, tmp_path):
    make_certificates(tmp_path)
    server = redis("--requirepass", "secret", tls=tmp_path)
    names = {"CA_FILE": "ca.pem", "CERTIFICATE_FILE": "client.pem", "KEY_FILE": "client.key"}
    files = {f"ALPEX_REDIS_{key}": str(tmp_path / name) for key, name in names.items()}
    indexer = pipeline.indexer(ALPEX_REDIS_URL=server.url(":secret@", "rediss"), **files).start()
    path = pipeline.ship_lines(range(LINES))
    pipeline.assert_exactly_once(range(LINES))
    ship_again(pipeline, path)
    pipeline.assert_exactly_once(range(LINES))
    assert hits(indexer) == LINES
    assert indexer.terminate() == 0

    # Without the authority nobody is believed, and nothing is sent in the clear.
    stranger = pipeline.indexer("stranger", ALPEX_REDIS_URL=server.url(":secret@", "rediss")).start()
    pipeline.ship_lines(range(LINES, LINES + 200), "more.log")
    pipeline.assert_exactly_once(range(LINES + 200))
    assert "no TLS: " in stranger.log_text() and "goes on without it" in stranger.log_text()
    assert "secret" not in stranger.log_text()


def wrong_password(redis):
    return redis("--requirepass", "right").url(":wrong@"), "user or password is refused (WRONGPASS)"


def no_rights(redis):
    return redis("--user", "alpex", "on", ">pw", "~alpex:*", "+hmget").url("alpex:pw@"), "the user needs HMGET"


def full(redis):
    return redis("--maxmemory", "1", "--maxmemory-policy", "noeviction").url(), "its memory is full"


def replica(redis):
    first = redis(name="first")
    return redis("--replicaof", "127.0.0.1", str(first.port), name="second").url(), "that is a replica"


@pytest.mark.parametrize("trouble", [wrong_password, no_rights, full, replica])
def test_trouble_is_said_once_counted_and_costs_nothing_but_work(pipeline, redis, trouble):
    url, said = trouble(redis)
    indexer = pipeline.indexer(ALPEX_REDIS_URL=url, ALPEX_WORKERS="1", ALPEX_FLOODS_ENABLED="false").start()
    ship_again(pipeline, pipeline.ship_lines(range(LINES)))
    pipeline.assert_exactly_once(range(LINES))
    assert indexer.log_text().count(said) == 1, indexer.log_tail()
    assert indexer.is_ready(), "Redis is no condition of working"
    assert indexer.metrics().value("indexer_redis_errors_total") > 0


def test_killed_and_restarted_empty_it_is_used_again(pipeline, redis):
    server = redis()
    indexer = pipeline.indexer(ALPEX_REDIS_URL=server.url()).start()
    path = pipeline.ship_lines(range(LINES))
    pipeline.assert_exactly_once(range(LINES))
    server.kill()
    ship_again(pipeline, path)
    pipeline.assert_exactly_once(range(LINES))
    assert hits(indexer) == 0, "Elasticsearch told that they were there"
    server.start()
    # Each worker comes back to Redis by itself: lines that one has marked may reach the other while it is without yet.
    wait_for(lambda: all_found_again(pipeline, indexer, path), 60, "marks in the new Redis", indexer.log_tail)


def all_found_again(pipeline, indexer, path):
    """Whether Redis knew every line that was shipped once more, and none of them is stored twice."""
    before = hits(indexer)
    ship_again(pipeline, path)
    pipeline.assert_exactly_once(range(LINES))
    return hits(indexer) - before == LINES


def test_slow_answers_hold_up_a_few_batches_and_no_more(pipeline, redis):
    server = redis()
    proxy = TcpProxy("127.0.0.1", server.port)
    indexer = pipeline.indexer(
        ALPEX_REDIS_URL=f"redis://127.0.0.1:{proxy.port}",
        ALPEX_WORKERS="1",
        ALPEX_BATCH_MAX_RECORDS="50",
        ALPEX_FLOODS_ENABLED="false",
    ).start()
    pipeline.ship_lines(range(100))
    pipeline.assert_exactly_once(range(100))
    proxy.on_answer = lambda _: time.sleep(0.15)  # within the time-out, and more than half of it
    pipeline.ship_lines(range(100, 2100), "slow.log")
    pipeline.assert_exactly_once(range(2100), timeout_s=20)
    assert "answers in a row took more than 125 ms" in indexer.log_text()
    assert indexer.metrics().value("indexer_redis_up") == 0
    proxy.close()


def flood_lines(address, count, when):
    return "".join(
        f'{address} - - [{when:%d/%b/%Y:%H:%M:%S +0000}] "GET /item?seq={number} HTTP/1.1" 200 5 "-" "curl/8.5.0"\n'
        for number in range(count)
    )


def flagged(pipeline, address):
    pipeline.elastic.call("POST", f"/{pipeline.indices}/_refresh")
    query = {"bool": {"filter": [{"term": {"source.ip": address}}, {"term": {"security.categories": "flood"}}]}}
    return pipeline.elastic.call("POST", f"/{pipeline.indices}/_count", {"query": query})["count"]


def test_a_flood_is_flagged_over_two_indexers_and_not_counted_twice(pipeline, redis):
    server = redis()
    indexers = [
        pipeline.indexer(
            f"indexer-{number}",
            ALPEX_REDIS_URL=server.url(),
            ALPEX_FLOODS_LIMIT="100",
            ALPEX_BATCH_MAX_RECORDS="20",
            ALPEX_FLOODS_ALLOW="203.0.113.0/24",
        ).start()
        for number in range(2)
    ]
    for indexer in indexers:
        indexer.wait_ready()
    when = datetime.datetime(2026, 11, 20, 12, 0, 30)
    paths = []
    for number in range(8):  # several keys, so that both indexers have their part
        path = pipeline.logs / f"{number}.log"
        path.write_text(
            flood_lines("192.0.2.1", 100, when)
            + flood_lines("198.51.100.1", 12, when)
            + flood_lines("203.0.113.9", 100, when)
        )
        paths.append(path)
    pipeline.ship(*paths)
    pipeline.wait_count(8 * 212)
    found = flagged(pipeline, "192.0.2.1")
    assert 500 <= found <= 700, "of 800 all but the first hundred, and what the two could not know of each other"
    assert flagged(pipeline, "198.51.100.1") == 0, "96 requests are no flood"
    assert flagged(pipeline, "203.0.113.9") == 0, "allowed"
    # The same again: nothing is indexed, so nothing is counted.
    before = counted(server)
    for path in paths:
        ship_again(pipeline, path)
    pipeline.wait_drained()
    assert flagged(pipeline, "192.0.2.1") == found
    assert counted(server) == before
    assert sum(indexer.metrics().value("indexer_flood_records_total") for indexer in indexers) >= found


def counted(server):
    """What Redis knows: the sum over all clients."""
    script = (
        "local sum = 0 for _, key in ipairs(redis.call('KEYS', 'alpex:flood:*')) do "
        "for _, value in ipairs(redis.call('HVALS', key)) do sum = sum + value end end return sum"
    )
    return int(server.ask("EVAL", script, 0))
