"""Interactive shells on a terminal of their own, to press keys in."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from support.programs import BUILD, clean_environment
from support.stack import REPO

COMPLETION = REPO / "deploy" / "completion"
PROMPT = "ready> "
QUIET_S = 0.15  # a shell that has printed nothing for so long waits for a key
TIMEOUT_S = 20
ROWS, COLUMNS = 300, 200  # no list is too long


class Shell:
    """Reads what the shell prints; `typed` presses keys and gives back the line as it then stands."""

    def __init__(self, argv, folder, setup, **environment):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(
                argv[0],
                argv,
                clean_environment(
                    **{
                        "TERM": "dumb",
                        "HOME": str(folder),
                        "LANG": "C.UTF-8",
                        "PATH": f"{BUILD}:{os.environ['PATH']}",
                        **environment,
                    }
                ),
            )
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        for line in setup:
            self._write(line + "\n")
        # The prompt is computed, so that the echo of this very line is not taken for it.
        self._write("PS1=$(printf 're%s> ' ady)\n")
        self._read_until(lambda text: text.endswith(PROMPT))

    def _write(self, keys):
        os.write(self.terminal, keys.encode())

    def _read_until(self, done):
        text, deadline = "", time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            if select.select([self.terminal], [], [], QUIET_S)[0]:
                text += os.read(self.terminal, 65536).decode(errors="replace")
            elif done(text):
                return text
        raise AssertionError(f"the shell printed only {text!r}")

    def typed(self, keys):
        """(the line of the last prompt as the cursor left it, all that was printed)"""
        self._write(keys)
        # The sign at the end shows that everything before has been handled.
        self._write("#")
        text = self._read_until(lambda text: "#" in text)
        self._write("\x05\x15")  # to the end of the line; empties it
        self._read_until(lambda text: True)
        return _screen(text.split("\n")[-1]).removeprefix(PROMPT).partition("#")[0], text

    def close(self):
        os.close(self.terminal)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _screen(text):
    """A line of a dumb terminal: what backspaces go over is written again."""
    cells, at = [], 0
    for sign in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text):
        if sign == "\b":
            at = max(at - 1, 0)
        elif sign == "\r":
            at = 0
        elif sign >= " ":
            cells[at : at + 1] = sign
            at += 1
    return "".join(cells)


def bash(folder):
    setup = [
        "bind 'set enable-bracketed-paste off'; bind 'set bell-style none'",
        f"source {COMPLETION / 'alpex.bash'}",
    ]
    return Shell(["bash", "--norc", "--noprofile", "-i"], folder, setup, INPUTRC="/dev/null")


def zsh(folder):
    setup = [
        "unset zle_bracketed_paste; unsetopt prompt_cr prompt_sp beep; setopt interactivecomments",
        f"fpath=({COMPLETION} $fpath); autoload -U compinit; compinit -u -D",
    ]
    return Shell(["zsh", "-f", "-i"], folder, setup)

