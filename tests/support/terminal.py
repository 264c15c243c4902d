"""Commands on a terminal: a pseudo-terminal as standard output, standard error, or both."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import unicodedata

from support.programs import binary, clean_environment

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """One whose output is collected; `fd` is the side for the program."""

    def __init__(self, columns=100):
        self._master, self.fd = pty.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._chunks = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            try:
                chunk = os.read(self._master, 65536)
            except OSError:  # the last program has closed the other side
                return
            if not chunk:
                return
            self._chunks.append(chunk)

    @property
    def text(self):
        """So far, with the line ends of a file."""
        return b"".join(self._chunks).decode(errors="replace").replace("\r\n", "\n")

    def close(self):
        """No program holds it any longer: all of its output is there afterwards."""
        os.close(self.fd)
        self._thread.join(10)
        os.close(self._master)


def run_on_terminal(program, *arguments, stdout=True, stderr=True, columns=100, timeout_s=30, **environment):
    """Runs a command to its end; `.stdout` and `.stderr` are text, from a terminal or from a pipe."""
    terminals = {name: Terminal(columns) for name, wanted in (("stdout", stdout), ("stderr", stderr)) if wanted}
    process = subprocess.Popen(
        [binary(program), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=terminals["stdout"].fd if stdout else subprocess.PIPE,
        stderr=terminals["stderr"].fd if stderr else subprocess.PIPE,
        env=clean_environment(TERM="xterm", **environment),
    )
    try:
        out, err = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
        for terminal in terminals.values():
            terminal.close()
    result = subprocess.CompletedProcess(process.args, process.returncode)
    result.stdout = terminals["stdout"].text if stdout else out.decode(errors="replace")
    result.stderr = terminals["stderr"].text if stderr else err.decode(errors="replace")
    return result


def plain(text):
    """Without colours and cursor movements."""
    return ESCAPES.sub("", text)


def width(text):
    """Columns of a text on a terminal, by Unicode's own tables."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
