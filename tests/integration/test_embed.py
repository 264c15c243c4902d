"""libshipper: the agent inside of another program, by its one public header."""

import json
import os
import re
import subprocess
import time

from support import access_log
from support.programs import clean_environment
from support.stack import REPO

EXAMPLE = REPO / "build" / "embed-example"


def example(pipeline, *arguments, timeout_s=60):
    return subprocess.run(
        [EXAMPLE, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=clean_environment(**pipeline.shipper_environment()),
    )


def write_config(pipeline, **content):
    path = pipeline.folder / "embed.yaml"
    path.write_text(json.dumps({"log": {"level": "warn"}, **content}))
    return path


def ids(pipeline):
    return [json.loads(message.value())["event"]["id"] for message in pipeline.kafka.consume(pipeline.topic)]


def test_a_file_is_shipped_and_counted_with_the_ids_of_the_program(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(500))
    with open(path, "a") as log:
        log.write("no access log\n")
    config = write_config(pipeline)
    done = example(pipeline, config, "apache-combined", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "501 lines, 501 records, 1 not understood\n"
    first = ids(pipeline)
    assert len(set(first)) == 501
    pipeline.ship(path)
    assert set(ids(pipeline)) == set(first)


def test_inputs_are_followed_until_it_is_stopped(pipeline):
    path = pipeline.logs / "access.log"
    access_log.write(path, range(100))
    inputs = [{"type": "file", "paths": [str(path)], "format": "apache-combined"}]
    config = write_config(pipeline, inputs=inputs)
    began = time.monotonic()
    done = example(pipeline, config, 3)
    assert done.returncode == 0, done.stderr
    assert 3 <= time.monotonic() - began < 20
    assert len(ids(pipeline)) == 100
    access_log.write(path, range(100, 150))
    assert example(pipeline, config, 3).returncode == 0
    assert len(ids(pipeline)) == 150, "it goes on where it was"


def test_what_is_wrong_is_said(pipeline):
    good = write_config(pipeline)
    path = pipeline.logs / "access.log"
    access_log.write(path, range(3))
    for arguments, code, words in (
        ((good, "nope", path), 2, "unknown format 'nope'"),
        ((good, "apache-combined", pipeline.logs / "absent"), 3, "not all of the file"),
        ((good, 1), 2, "no inputs"),
    ):
        done = example(pipeline, *arguments)
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    done = example(pipeline, write_config(pipeline, kafka={"linger_ms": "forever"}), 1)
    assert done.returncode == 2 and "kafka.linger_ms" in done.stderr


def test_the_library_shows_its_public_names_only():
    shown = subprocess.run(["nm", "-g", "--defined-only", REPO / "build" / "libshipper.a"], capture_output=True, text=True)
    names = set(re.findall(r" [A-Z] (\w+)$", shown.stdout, re.M))
    declared = set(re.findall(r"\b(shipper_\w+)\(", (REPO / "shipper" / "shipper.h").read_text()))
    assert names == declared


def test_the_header_stands_alone(tmp_path):
    """Also in C++, and without any other header of ours."""
    for compiler, name in (("gcc", "a.c"), ("g++", "a.cc")):
        source = tmp_path / name
        source.write_text('#include "shipper.h"\nint main(void) { return SHIPPER_API_VERSION - 1; }\n')
        if subprocess.run(["which", compiler], capture_output=True).returncode:
            continue
        command = [compiler, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{REPO / 'shipper'}", source]
        checked = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
        assert checked.returncode == 0, checked.stderr
