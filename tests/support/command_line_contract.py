"""What both programs promise about their command line.

Each case takes the program, one of its commands, and a misspelling of that.
"""

import re

from support.programs import run_cli


def help_lists_the_commands(program, command, _):
    done = run_cli(program, "--help")
    assert done.returncode == 0 and done.stderr == b""
    for name in ("run", "check-config", "print-config", command):
        assert name in done.stdout.decode()


def help_of_a_command(program, command, _):
    done = run_cli(program, command, "--help")
    assert done.returncode == 0 and done.stderr == b""
    assert command in done.stdout.decode()


def version(program, _, __):
    done = run_cli(program, "--version")
    assert done.returncode == 0 and done.stderr == b""
    assert re.match(rf"{program} \S+", done.stdout.decode())


def unknown_command_gets_a_suggestion(program, command, misspelt):
    done = run_cli(program, misspelt)
    assert done.returncode == 2 and done.stdout == b""
    assert misspelt in done.text and f"'{command}'" in done.text


def unknown_option_is_named(program, command, _):
    done = run_cli(program, command, "--no-such-option")
    assert done.returncode == 2 and done.stdout == b""
    assert "--no-such-option" in done.text


def misspelt_option_gets_a_suggestion(program, _, __):
    done = run_cli(program, "check-config", "--confg", "x")
    assert done.returncode == 2
    assert "--config" in done.text


def option_without_its_value(program, _, __):
    done = run_cli(program, "check-config", "--config")
    assert done.returncode == 2
    assert "--config" in done.text


def no_command(program, _, __):
    done = run_cli(program)
    assert done.returncode == 2 and "--help" in done.text


CASES = [
    help_lists_the_commands,
    help_of_a_command,
    version,
    unknown_command_gets_a_suggestion,
    unknown_option_is_named,
    misspelt_option_gets_a_suggestion,
    option_without_its_value,
    no_command,
]
