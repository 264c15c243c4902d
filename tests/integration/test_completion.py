"""Tab in bash and zsh: commands, options, values, files, and the query language inside of a query."""

import re
import shlex
import subprocess

import pytest

from support import shells
from support.programs import run_cli

SHELLS = [shells.bash, shells.zsh]


@pytest.fixture(scope="module", params=SHELLS, ids=lambda shell: shell.__name__)
def shell(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.__name__)
    (folder / "access log.txt").write_text("")
    (folder / "shipper.yaml").write_text("")
    made = request.param(folder)
    yield made
    made.close()


# What is typed before Tab, and the whole line behind it.
UNIQUE = [
    ("shipper che", "shipper check-config "),
    ("indexer sea", "indexer search "),
    ("indexer search --hist", "indexer search --histogram "),
    ("indexer search --format c", "indexer search --format csv "),
    ("indexer search --format=nd", "indexer search --format=ndjson "),
    ("shipper parse -f nginx-c", "shipper parse -f nginx-combined "),
    ("shipper parse --format=apache-comm", "shipper parse --format=apache-common "),
    ("indexer search --fields ip,stat", "indexer search --fields ip,status "),
    ("indexer search --sort @timest", "indexer search --sort @timestamp "),
    ("indexer search --top countr", "indexer search --top country"),
    ("shipper run --set kafka.compr", "shipper run --set kafka.compression="),
    ("shipper run --set kafka.compression=zs", "shipper run --set kafka.compression=zstd "),
    ("shipper run --set kafka.create_topic=f", "shipper run --set kafka.create_topic=false "),
    ("indexer dlq red", "indexer dlq redrive "),
    ("indexer retention st", "indexer retention status "),
    ("indexer dlq list --reason map", "indexer dlq list --reason mapping "),
    ("indexer dlq list --state disc", "indexer dlq list --state discarded "),
    ("indexer dlq list --query 'stat", "indexer dlq list --query 'status:"),
    ("indexer replay --query 'stat", "indexer replay --query 'status:"),
    ("indexer replay --event-from now-15", "indexer replay --event-from now-15m "),
    # Files
    ("shipper run --config shipp", "shipper run --config shipper.yaml "),
    ("shipper run --config=shipp", "shipper run --config=shipper.yaml "),
    ("shipper parse acc", "shipper parse access\\ log.txt "),
    ("indexer enrich < shipp", "indexer enrich < shipper.yaml "),
    # A query in single quotes
    ("indexer search 'stat", "indexer search 'status:"),
    ("indexer search 'status:5xx and meth", "indexer search 'status:5xx and method:"),
    ("indexer search 'http.response.st", "indexer search 'http.response.status_code:"),
    ("indexer search 'bot:t", "indexer search 'bot:true' "),
    ("indexer search 'method:pos", "indexer search 'method:POST' "),
    ("indexer search 'level:(error or warni", "indexer search 'level:(error or warning' "),
    ("indexer search 'not (path:/a* or refere", "indexer search 'not (path:/a* or referer:"),
    ("indexer tail 'status:5xx an", "indexer tail 'status:5xx and' "),
    # In double quotes, and without
    ('indexer search "stat', 'indexer search "status:'),
    ('indexer search "status:5xx not bot:f', 'indexer search "status:5xx not bot:false" '),
    ("indexer search stat", "indexer search status:"),
    ("indexer search @timest", "indexer search @timestamp:"),
    ("indexer search status:4x", "indexer search status:4xx "),
    ("indexer search status:5xx and meth", "indexer search status:5xx and method:"),
    ("indexer search status:5xx --from now-15", "indexer search status:5xx --from now-15m "),
    ("indexer explain -- -stat", "indexer explain -- -status:"),
    # An option's query
    ("shipper parse --query 'stat", "shipper parse --query 'status:"),
    ("shipper parse --query='stat", "shipper parse --query='status:"),
    ("shipper parse -q bot:t", "shipper parse -q bot:true "),
    # In the middle of a line
    ("indexer search stat --count\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D", "indexer search status:"),
    # Behind other commands
    ("cat x | shipper parse --query 'stat", "cat x | shipper parse --query 'status:"),
    ("true; A=b indexer sea", "true; A=b indexer search "),
    # What cannot be completed stays
    ("indexer search 'nosuchfie", "indexer search 'nosuchfie"),
    ("indexer search 'user:al", "indexer search 'user:al"),
    ("indexer xyz", "indexer xyz"),
]


@pytest.mark.parametrize("typed, line", UNIQUE, ids=lambda text: text)
def test_tab(shell, typed, line):
    found, printed = shell.typed(typed + "\t")
    # Which sign stands behind a part that others begin with too is the shell's own way.
    assert found == line or (not line.endswith(" ") and found.rstrip() == line), printed


LISTED = [
    ("indexer ", ["run", "search", "tail", "explain", "help", "Elasticsearch"]),
    ("indexer search --f", ["--from", "--fields", "--format", "not older"]),
    ("indexer search 'status:40", ["400", "401", "404", "408"]),
    ("indexer search 'bytes:1 bytes ", [">=", "!=", "and", "method"]),
    ("indexer search method:P", ["POST", "PUT", "PATCH"]),
    ("shipper run --set log.level=", ["debug", "info", "warn", "error"]),
]


@pytest.mark.parametrize("typed, expected", LISTED, ids=lambda each: each if isinstance(each, str) else "")
def test_second_tab_lists_what_may_come(shell, typed, expected):
    # "n": when the list is long, the shell asks first; on the line it does no harm.
    line, printed = shell.typed(typed + "\t\t")
    if "possibilities" in printed:
        pytest.fail(f"too many: {printed!r}")
    listing = printed[len(typed) :]
    for word in expected:
        assert word in listing, printed


def test_an_inserted_field_goes_on_to_its_values(shell):
    assert shell.typed("indexer search 'stat\t5x\t")[0] == "indexer search 'status:5xx' "


def test_every_command_option_and_choice_is_offered():
    for program in ("shipper", "indexer"):
        offered = _offered(program, f"{program} ")
        listed = _commands(program)
        assert [each for each in offered if not each.startswith("-")] == listed
        for command in listed:
            options = re.findall(r"^ +(?:-., )?(--[a-z-]+)", run_cli(program, command, "--help").stdout.decode(), re.M)
            assert _offered(program, f"{program} {command} --") == options and "--help" in options


def test_answer_is_the_word_anew_its_new_part_and_what_it_is():
    done = run_cli("indexer", "complete", "indexer search 'bot:true bytes")
    lines = done.stdout.decode().split("\n")
    assert lines[0] == "'bot:true bytes\tquoted"
    assert lines[1] == "'bot:true bytes:\tbytes:\tsize"


@pytest.mark.parametrize(
    "line",
    ["", " ", "'", '"', "\\", "indexer", "indexer search '" + "(" * 3000, "indexer search " + "a " * 900, "indexer \xff\x01\t\n"]
    + ["indexer search 'status:5xx " + sign for sign in "()<>=!:*\\\"'-,@.&|;"],
    ids=repr,
)
def test_any_line_gets_an_answer(line):
    done = run_cli("indexer", "complete", line)
    assert done.returncode == 0 and done.stderr == b"", done.text


def test_hostile_lines_are_bounded():
    assert run_cli("indexer", "complete", "x " * 60000).returncode == 2
    assert run_cli("indexer", "complete").returncode == 2
    assert run_cli("indexer", "complete", "a", "b").returncode == 2


def test_what_is_offered_in_a_query_is_understood():
    """Each field and each value that is offered makes a query that is none of the errors."""
    wrong = []
    for field in _offered("indexer", "indexer search 'not "):
        if not field.endswith(":"):
            continue
        values = _offered("indexer", f"indexer search '{field}")
        for value in values or ["*" if field != "raw:" else "word"]:
            if run_cli("indexer", "explain", field + value).returncode != 0:
                wrong.append(field + value)
    assert not wrong


def test_scripts_are_clean():
    subprocess.run(["bash", "-n", shells.COMPLETION / "alpex.bash"], check=True)
    subprocess.run(["zsh", "-n", shells.COMPLETION / "_alpex"], check=True)


def _offered(program, line):
    done = run_cli(program, "complete", line)
    assert done.returncode == 0
    return [row.split("\t")[1] for row in done.stdout.decode().splitlines()[1:]]


def _commands(program):
    text = run_cli(program, "--help").stdout.decode()
    return re.findall(r"^  ([a-z-]+)  ", text, re.M)


def test_lines_are_split_as_the_shell_does():
    """Whole words only: the program's own splitting against Python's shlex."""
    for words in (["a b", "it's", '"x"'], ["$HOME", "\\", "a*b", ""], ["–", "ü"]):
        line = shlex.join(["indexer", "search", *words, "stat"])
        assert _offered("indexer", line) == ["status:"] or '"x"' in words, line
