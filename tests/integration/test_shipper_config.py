"""The shipper's configuration: what is wrong is said with file, line, key and expectation; nothing starts."""

import pytest

from support import command_line_contract, config_contract
from support.programs import run_cli

GOOD = """\
agent:
  id: test-agent
state_dir: {folder}/state
inputs:
  - type: file
    paths: [{folder}/access.log]
    format: apache-combined
    dataset: apache.access
kafka:
  brokers: 127.0.0.1:1
  sasl_password: hunter2
http:
  listen: ""
"""

BAD = """\
agent:
  id: test-agent
state_dir: {folder}/state
inputs:
  - type: fiel
    paths: []
    format: apache-combind
    dataset: apache.access
kafka:
  brokers: 127.0.0.1:1
  compresion: lz4
  linger_ms: soon
  partition_by: color
line_max_bytes: 1 potato
delivery: yes
"""

# (line, key, what the message must hold)
PROBLEMS = [
    (5, "inputs[0].type", ["fiel", "file"]),
    (6, "inputs[0].paths", []),
    (7, "inputs[0].format", ["apache-combind", "apache-combined"]),
    (11, "kafka.compresion", ["compression"]),
    (12, "kafka.linger_ms", ["soon"]),
    (13, "kafka.partition_by", ["color", "stream", "none"]),
    (14, "line_max_bytes", ["1 potato"]),
    (15, "delivery", []),
]


def test_every_problem_is_reported_with_file_line_key_and_expectation(tmp_path):
    config_contract.problems("shipper", tmp_path, BAD, PROBLEMS)


def test_run_refuses_a_bad_configuration_and_starts_nothing(tmp_path):
    config_contract.run_refuses("shipper", tmp_path, BAD, PROBLEMS)
    assert not (tmp_path / "state").exists()


def test_good_configuration_passes_the_check(tmp_path):
    config_contract.good("shipper", tmp_path, GOOD)


def test_broken_yaml_is_located(tmp_path):
    config_contract.broken_yaml("shipper", tmp_path)


def test_environment_wins_over_the_file_and_settings_over_both(tmp_path):
    config_contract.layers("shipper", tmp_path, GOOD)


def test_environment_reaches_into_lists(tmp_path):
    path = tmp_path / "shipper.yaml"
    path.write_text(GOOD.format(folder=tmp_path))
    done = run_cli("shipper", "print-config", "--config", path, ALPEX_INPUTS_0_FORMAT="nginx-combined")
    assert done.returncode == 0, done.text
    assert b"nginx-combined" in done.stdout and b"apache-combined" not in done.stdout


def test_bad_environment_variable_is_named(tmp_path):
    config_contract.bad_variable("shipper", tmp_path, GOOD)


def test_values_come_from_variables_and_secret_files(tmp_path):
    config_contract.references("shipper", tmp_path, GOOD)


def test_print_config_masks_secrets_and_can_be_read_again(tmp_path):
    config_contract.masked("shipper", tmp_path, GOOD)


def test_named_but_absent_configuration_is_written_with_commented_defaults(tmp_path):
    config_contract.absent_is_written("shipper", tmp_path)


@pytest.mark.parametrize("case", command_line_contract.CASES, ids=lambda case: case.__name__)
def test_command_line(case):
    case("shipper", "parse", "pasre")


def test_run_without_inputs_is_refused(tmp_path):
    done = run_cli("shipper", "run", ALPEX_STATE_DIR=str(tmp_path / "state"), ALPEX_HTTP_LISTEN="")
    assert done.returncode == 2, done.text
    assert "inputs" in done.text


def test_ship_with_an_unknown_format_is_refused_before_anything_is_sent(tmp_path):
    (tmp_path / "access.log").write_text("x\n")
    done = run_cli(
        "shipper",
        "ship",
        tmp_path / "access.log",
        "--format",
        "nothing",
        "--dataset",
        "x",
        ALPEX_KAFKA_BROKERS="127.0.0.1:1",
        ALPEX_STATE_DIR=str(tmp_path / "state"),
    )
    assert done.returncode == 2, done.text
    assert "nothing" in done.text


def test_problems_of_format_files_and_plugins_are_told_at_once(tmp_path):
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "x.yaml").write_text("pattern: '%{NOPE}'\ndataset: No\n")
    config = tmp_path / "shipper.yaml"
    config.write_text(GOOD.format(folder=tmp_path) + f"formats_dir: {folder}\nplugins_dir: relative\n")
    done = run_cli("shipper", "check-config", "--config", str(config))
    assert done.returncode == 2
    assert "x.yaml:1: pattern: no grok pattern 'NOPE'" in done.text
    assert "x.yaml:2: dataset: 'No'" in done.text
    assert "plugins_dir: 'relative' is not absolute" in done.text
