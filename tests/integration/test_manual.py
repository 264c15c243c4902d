"""The manual: complete, clean, true. Its examples are tried."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

from support.programs import binary, clean_environment, run_cli
from support.stack import REPO

PROGRAMS = ("shipper", "indexer")
PAGES = {
    "shipper.1": ("shipper", "--man"),
    "indexer.1": ("indexer", "--man"),
    "shipper.yaml.5": ("shipper", "config", "--man"),
    "indexer.yaml.5": ("indexer", "config", "--man"),
    "alpex-query.7": ("indexer", "query", "--man"),
}
TUTORIAL = (REPO / "deploy" / "man" / "alpex-query.md").read_text()


def page(name):
    program, *topic = PAGES[name]
    done = run_cli(program, "help", *topic)
    assert done.returncode == 0 and done.stderr == b"", done.text
    return done.stdout.decode()


def plain(source):
    """A page's text without macros and escapes."""
    for sign, text in ((r"\-", "-"), (r"\(aq", "'"), (r"\(ti", "~"), (r"\(ha", "^"), (r"\&", ""), (r"\e", "\\")):
        source = source.replace(sign, text)
    return re.sub(r"\\f[BIR]", "", source)


def check(folder, name, *command, **environment):
    path = folder / name
    path.write_text(page(name))
    done = subprocess.run(
        [*command, path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=clean_environment(**environment)
    )
    assert done.stderr == b"" and done.returncode == 0


@pytest.mark.parametrize("name", PAGES)
def test_pages_have_no_warnings(tmp_path, name):
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "style"], input=page(name).encode(), stdout=subprocess.PIPE, timeout=30
    )
    # What it says of references to pages that are not installed here is no fault of the page.
    assert [line for line in done.stdout.decode().splitlines() if "referenced manual not found" not in line] == []
    check(tmp_path, name, "groff", "-man", "-ww", "-T", "utf8", "-z")


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_ascii_and_begin_with_their_name(name):
    source = page(name)
    assert source.isascii()
    first = plain(source).split("\n")[0]
    assert first.startswith(f".TH {name.rpartition('.')[0].upper()} {name[-1]} 2")
    assert re.search(r"^\.SH NAME\n" + re.escape(name.rpartition(".")[0]) + " - ", plain(source), re.M)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_and_option_is_in_the_page(program):
    text = plain(page(f"{program}.1"))
    commands = re.findall(r"^  ([a-z-]+)  ", run_cli(program, "--help").stdout.decode(), re.M)
    assert "check-config" in commands
    for command in commands:
        section = re.search(rf"^\.SS {program} {command}\b.*?(?=^\.S[SH] )", text, re.M | re.S)
        assert section, command
        shown = run_cli(program, command, "--help").stdout.decode()
        options = re.findall(r"^ +(?:-., )?--[a-z-]+(?: \S+)?", shown, re.M)
        assert options
        for option in options:
            assert re.sub(r"\s+", " ", option.strip()) in section.group().replace("\n", " "), option


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_key_is_in_the_page_with_default_and_variable(program):
    text = plain(page(f"{program}.yaml.5"))
    keys = [row.split("\t")[1] for row in _answer(program, f"{program} run --set ")]
    assert len(keys) > 25 and all(key.endswith("=") for key in keys)
    for key in keys:
        key = key[:-1]
        variable = "ALPEX_" + re.sub(r"[.\[]", "_", key).replace("]", "").upper()
        assert re.search(rf"^\.TP\n{re.escape(key)}\n(?:(?!^\.TP).)*{variable}\b", text, re.M | re.S), key
    done = run_cli(program, "print-config")
    for line in done.stdout.decode().splitlines():
        key = re.match(r"\s*(?:- )?([a-z_]+):", line)
        assert not key or key.group(1) in text, line


@pytest.mark.parametrize("program", PROGRAMS)
def test_meaning_of_keys_comes_from_the_default_configuration(program):
    shown = " ".join(re.sub(r"^\.\w.*", "", plain(page(f"{program}.yaml.5")), flags=re.M).split())
    assert "How long a message may wait" in shown or program == "indexer"
    for words in {
        "shipper": [
            "One of none, gzip, snappy, lz4, zstd; lz4; ALPEX_KAFKA_COMPRESSION.",
            "Duration; 1ms;",
            # Elements of a list are shown in comments, over several lines and elements.
            "inputs[0].start_at One of beginning, end; e.g. beginning; ALPEX_INPUTS_0_START_AT. or end: for files",
            "file: files and what they are rotated to; folder: any new file",
            "it is opened again when it changes",
        ],
        "indexer": ["Size; 4MiB; ALPEX_KAFKA_PREFETCH_MAX_BYTES. Messages fetched ahead;", "List; [http://127.0.0.1:9200];"],
    }[program]:
        assert words in shown


def test_topics_are_listed_and_wrong_ones_refused():
    done = run_cli("indexer", "help")
    for topic in ("query", "config", "manual", "search"):
        assert topic in done.stdout.decode()
    assert run_cli("indexer", "help", "search").stdout == run_cli("indexer", "search", "--help").stdout
    for wrong in (["nonsense"], ["a", "b"], ["search", "--man"], ["query", "--mann"]):
        done = run_cli("indexer", "help", *wrong)
        assert done.returncode == 2 and done.stdout == b"" and "indexer help" in done.text


def test_tutorial_on_the_terminal_fits_and_has_no_marks():
    text = run_cli("shipper", "help", "query").stdout.decode()
    for heading in ("ONE WORD", "FIELDS", "TIMES", "TEN RECIPES", "COMMON MISTAKES", "IN THE SHELL"):
        assert f"\n{heading}\n" in text
    assert "`" not in text and "**" not in text and "\x1b" not in text
    assert text == run_cli("indexer", "help", "query").stdout.decode()
    long = [line for line in text.splitlines() if len(line) > 80 and not line.startswith("    ")]
    assert not long


def _sections():
    parts = re.split(r"^## (.*)\n", TUTORIAL, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def _terms(text):
    """The first cells of tables whose cell is one piece of code."""
    return re.findall(r"^\| `([^`]+)` \| (.*) \|$", text, re.M)


def _examples(text):
    return re.findall(r"^    ((?:indexer|shipper) .*)$", text, re.M)


GOOD = [
    term for name, text in _sections().items() if name not in ("COMMON MISTAKES", "FIELDS") for term, _ in _terms(text)
]
MISTAKES, UNEXPECTED = _sections()["COMMON MISTAKES"].split("These are no errors")


@pytest.mark.parametrize("query", GOOD)
def test_queries_of_the_tutorial_are_good(query):
    done = run_cli("indexer", "explain", "--", query)
    assert done.returncode == 0, done.text


def test_fields_of_the_tutorial_are_good():
    section = _sections()["FIELDS"]
    asked = [term for term, _ in _terms(section)]
    assert len(asked) > 15
    for term in asked:
        query = term if ":" in term or "=" in term else f"{term}:*"
        assert run_cli("indexer", "explain", "--", query).returncode == 0, query


@pytest.mark.parametrize("query, told", _terms(MISTAKES))
def test_mistakes_of_the_tutorial_get_what_it_says(query, told):
    done = run_cli("indexer", "explain", "--", query)
    assert done.returncode == 2
    message = told.replace("\\*", "*").split(" Write ")[0].split(" Text with ")[0].split(" In the shell")[0]
    message = message.split(" `status:*` ")[0]
    for sentence in re.split(r"(?<=[.?]) (?=[A-Z])", message):
        assert sentence in " ".join(done.text.split()), done.text
    for better in re.findall(r"(?:Write|quotes:) `([^`]+)`", told):
        if better != "and":
            assert run_cli("indexer", "explain", "--", better).returncode == 0, better


def test_what_is_no_error_is_none():
    for query, told in _terms(UNEXPECTED):
        done = run_cli("indexer", "explain", "--", query)
        assert done.returncode == (2 if query == "status : 404" else 0), done.text


@pytest.mark.parametrize("line", _examples(TUTORIAL) + _examples((REPO / "deploy/man/indexer.md").read_text()))
def test_example_commands_are_understood(line):
    """Options are taken, and the query is good: what fails is only that there is no server or no file."""
    words = shlex.split(line.split("|")[0] if " | " in line else line)
    quiet = {"ALPEX_ELASTICSEARCH_URLS": "http://127.0.0.1:1", "ALPEX_ELASTICSEARCH_TIMEOUT_MS": "100ms"}
    if words[:2] in (["indexer", "run"], ["indexer", "tail"], ["shipper", "run"]):
        words = [words[0], "explain", "--", *words[2:]] if words[1] == "tail" else [words[0], words[1], "--help"]
    done = run_cli(words[0], *words[1:], **quiet)
    assert done.returncode in (0, 1), done.text


def test_make_install_brings_pages_and_completion(tmp_path):
    # Without a variant's build the goal would build: the tests have done that.
    done = subprocess.run(
        ["make", "--no-print-directory", "install", f"DESTDIR={tmp_path}", "PREFIX=/usr"],
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=500,
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key != "MFLAGS"},
    )
    assert done.returncode == 0, done.stdout.decode()
    share = tmp_path / "usr" / "share"
    for name in PAGES:
        installed = share / "man" / f"man{name[-1]}" / name
        assert installed.stat().st_size > 2000
    for program in PROGRAMS:
        script = share / "bash-completion" / "completions" / program
        assert "complete -F" in script.read_text()
        assert pathlib.Path(tmp_path / "usr" / "bin" / program).stat().st_mode & 0o111
        assert (tmp_path / "etc" / "alpex" / f"{program}.yaml").exists()
    assert (share / "zsh" / "site-functions" / "_alpex").read_text().startswith("#compdef shipper indexer")


def _answer(program, line):
    done = subprocess.run([binary(program), "complete", line], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().splitlines()[1:]
