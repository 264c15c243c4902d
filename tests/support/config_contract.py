"""What both programs promise about their configuration, written once."""

import re
import time

from support.programs import run_cli

QUICK_S = 5  # a refusal waits for no service


def problems(program, folder, text, expected):
    path = _write(program, folder, text)
    done = run_cli(program, "check-config", "--config", path)
    assert done.returncode == 2, done.text
    _assert_problems(done.text, path, expected)


def run_refuses(program, folder, text, expected):
    path = _write(program, folder, text)
    began = time.monotonic()
    done = run_cli(program, "run", "--config", path)
    assert done.returncode == 2, done.text
    assert time.monotonic() - began < QUICK_S
    _assert_problems(done.text, path, expected)
    assert "listening" not in done.text


def good(program, folder, text):
    done = run_cli(program, "check-config", "--config", _write(program, folder, text))
    assert done.returncode == 0, done.text
    assert "hunter2" not in done.text


def broken_yaml(program, folder):
    path = _write(program, folder, "kafka:\n  brokers: [unclosed\nlog:\n")
    done = run_cli(program, "check-config", "--config", path)
    assert done.returncode == 2, done.text
    assert re.search(rf"{re.escape(path.name)}:[123]\b", done.text), done.text


def layers(program, folder, text):
    path = _write(program, folder, text + "log:\n  level: warn\n")

    def level(*settings, **environment):
        done = run_cli(program, "print-config", "--config", path, *settings, **environment)
        assert done.returncode == 0, done.text
        return re.search(r"\blevel: (\w+)", done.stdout.decode()).group(1)

    assert level() == "warn"
    assert level(ALPEX_LOG_LEVEL="error") == "error"
    assert level("--set", "log.level=debug", ALPEX_LOG_LEVEL="error") == "debug"


def bad_variable(program, folder, text):
    done = run_cli(program, "check-config", "--config", _write(program, folder, text), ALPEX_LOG_LEVEL="loud")
    assert done.returncode == 2, done.text
    assert "ALPEX_LOG_LEVEL" in done.text and "loud" in done.text and "info" in done.text


def references(program, folder, text):
    secret = folder / "value.txt"

    def check(key, value, command="check-config", **environment):
        content = (
            text.replace("kafka:\n", f'kafka:\n  topic: "{value}"\n')
            if key == "kafka.topic"
            else text + f'log:\n  level: "{value}"\n'
        )
        return run_cli(program, command, "--config", _write(program, folder, content), **environment)

    assert b"pre-x-post" in check("kafka.topic", "pre-${MIDDLE}-post", "print-config", MIDDLE="x").stdout
    assert b"topic: fallback" in check("kafka.topic", "${UNSET_NAME:-fallback}", "print-config").stdout
    secret.write_text("debug\n")
    done = check("log.level", f"${{file:{secret}}}")
    assert done.returncode == 0, done.text
    secret.write_text("loud\n")
    assert check("log.level", f"${{file:{secret}}}").returncode == 2
    for value, named in [("${UNSET_NAME}", "UNSET_NAME"), (f"${{file:{folder}/absent}}", "absent")]:
        done = check("kafka.topic", value)
        assert done.returncode == 2, done.text
        assert named in done.text and "kafka.topic" in done.text


def masked(program, folder, text):
    done = run_cli(program, "print-config", "--config", _write(program, folder, text))
    assert done.returncode == 0, done.text
    assert "hunter2" not in done.text and b"***" in done.stdout
    (folder / "secret").write_text("from-a-secret-file")
    done = run_cli(program, "print-config", "--set", f"kafka.client_id=${{file:{folder}/secret}}")
    assert "from-a-secret-file" not in done.text, "what comes from a file is a secret, whatever the key"
    again = folder / "again.yaml"
    again.write_bytes(done.stdout)
    done = run_cli(program, "check-config", "--config", again)
    assert done.returncode == 0, done.text


def absent_is_written(program, folder):
    path = folder / "new" / f"{program}.yaml"
    path.parent.mkdir()
    done = run_cli(program, "check-config", "--config", path)
    assert path.exists(), done.text
    assert str(path) in done.text, "it is not said"
    text = path.read_text()
    assert text.count("#") > 20, "no comments"
    for key in ("kafka:", "brokers:", "topic:", "http:", "listen:"):
        assert key in text
    second = run_cli(program, "check-config", "--config", path)
    assert path.read_text() == text, "an existing file was changed"
    assert second.returncode == done.returncode


def _write(program, folder, text):
    path = folder / f"{program}.yaml"
    path.write_text(text.replace("{folder}", str(folder)))
    return path


def _assert_problems(output, path, expected):
    for line, key, words in expected:
        found = [each for each in output.splitlines() if f"{path.name}:{line}:" in each and key in each]
        assert found, f"no problem with '{path.name}:{line}' and '{key}' in\n{output}"
        for word in words:
            assert any(word in each for each in found), f"'{word}' is not in {found}"
