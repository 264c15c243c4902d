"""The indexer's configuration: what is wrong is said with file, line, key and expectation; nothing starts."""

import pytest

from support import command_line_contract, config_contract
from support.programs import run_cli

GOOD = """\
workers: 1
kafka:
  brokers: 127.0.0.1:1
  group: some-group
  sasl_password: hunter2
elasticsearch:
  urls: [http://127.0.0.1:1]
  username: elastic
  password: hunter2
redis:
  url: redis://user:hunter2@127.0.0.1:1/0
http:
  listen: ""
"""

BAD = """\
workers: many
kafka:
  brokers: 127.0.0.1:1
  grup: some-group
  assignor: fastest
  session_timeout_ms: 45 parsecs
batch:
  max_records: -1
redis:
  url: http://127.0.0.1:1/0
elasticsearch:
  urls: [not an address]
  index_prefix: UPPER/slash
log:
  level: loud
"""

PROBLEMS = [
    (1, "workers", ["many"]),
    (4, "kafka.grup", ["group"]),
    (5, "kafka.assignor", ["fastest", "roundrobin"]),
    (6, "kafka.session_timeout_ms", ["45 parsecs"]),
    (8, "batch.max_records", ["-1"]),
    (10, "redis.url", ["redis://"]),
    (12, "elasticsearch.urls", ["http://"]),
    (13, "elasticsearch.index_prefix", ["UPPER/slash"]),
    (15, "log.level", ["loud", "info"]),
]


def test_every_problem_is_reported_with_file_line_key_and_expectation(tmp_path):
    config_contract.problems("indexer", tmp_path, BAD, PROBLEMS)


def test_run_refuses_a_bad_configuration_and_starts_nothing(tmp_path):
    config_contract.run_refuses("indexer", tmp_path, BAD, PROBLEMS)


def test_good_configuration_passes_the_check(tmp_path):
    config_contract.good("indexer", tmp_path, GOOD)


def test_broken_yaml_is_located(tmp_path):
    config_contract.broken_yaml("indexer", tmp_path)


def test_environment_wins_over_the_file_and_settings_over_both(tmp_path):
    config_contract.layers("indexer", tmp_path, GOOD)


def test_lists_come_comma_separated_from_the_environment(tmp_path):
    done = run_cli("indexer", "print-config", ALPEX_ELASTICSEARCH_URLS="http://one:9200,http://two:9200")
    assert done.returncode == 0, done.text
    assert b"http://one:9200" in done.stdout and b"http://two:9200" in done.stdout


def test_num_worker_threads_and_debug_are_honoured():
    done = run_cli("indexer", "print-config", NUM_WORKER_THREADS="7", DEBUG="1")
    assert done.returncode == 0, done.text
    text = done.stdout.decode()
    assert "workers: 7" in text and "level: debug" in text


def test_bad_environment_variable_is_named(tmp_path):
    config_contract.bad_variable("indexer", tmp_path, GOOD)


def test_values_come_from_variables_and_secret_files(tmp_path):
    config_contract.references("indexer", tmp_path, GOOD)


def test_print_config_masks_secrets_and_can_be_read_again(tmp_path):
    config_contract.masked("indexer", tmp_path, GOOD)


def test_named_but_absent_configuration_is_written_with_commented_defaults(tmp_path):
    config_contract.absent_is_written("indexer", tmp_path)


def test_tls_to_redis_is_taken():
    done = run_cli("indexer", "check-config", ALPEX_REDIS_URL="rediss://user:secret@127.0.0.1:1/0")
    assert done.returncode == 0, done.text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ALPEX_REDIS_URL", "redis:/secret"),
        ("ALPEX_REDIS_CA_FILE", "/nowhere/ca.pem"),
        ("ALPEX_REDIS_CERTIFICATE_FILE", "/dev/null"),
        ("ALPEX_FLOODS_ALLOW", "10.0.0.1/8"),
        ("ALPEX_FLOODS_WINDOW_MS", "1ms"),
        ("ALPEX_GEOIP_CITY", "a,b,c,d,e"),
        ("ALPEX_GEOIP_CACHE_ENTRIES", "99999999"),
    ],
)
def test_what_enrichers_and_redis_cannot_use_is_refused(key, value):
    done = run_cli("indexer", "check-config", **{key: value})
    assert done.returncode == 2 and "secret" not in done.text
    section = key.removeprefix("ALPEX_").split("_")[0].lower()
    assert f"{section}." in done.text


@pytest.mark.parametrize("case", command_line_contract.CASES, ids=lambda case: case.__name__)
def test_command_line(case):
    case("indexer", "enrich", "enrihc")
