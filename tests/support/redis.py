"""A redis-server of one test's own."""

import pathlib
import signal
import socket
import subprocess

from support.ports import free_port
from support.waiting import wait_for


class Redis:
    def __init__(self, folder, *options, tls=None):
        """`options` as on redis-server's command line; `tls`: a folder with ca.pem, server.pem and server.key."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.socket = self.folder / "redis.sock"
        self._options = ["--port", "0" if tls else str(self.port), *options]
        if tls:
            self._options += ["--tls-port", str(self.port), "--tls-ca-cert-file", f"{tls}/ca.pem"]
            self._options += ["--tls-cert-file", f"{tls}/server.pem", "--tls-key-file", f"{tls}/server.key"]
        self._process = None

    def url(self, login="", scheme="redis", host="127.0.0.1"):
        return f"{scheme}://{login}{host}:{self.port}/0"

    def start(self):
        fixed = ["--unixsocket", str(self.socket), "--save", "", "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "redis-server", *fixed, *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers, 20, "redis-server to answer")
        return self

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
            probe.sendall(b"PING\r\n")
            return probe.recv(16)[:1] in b"+-"

    def ask(self, *command, login=()):
        """What redis-cli prints, without colours and quotes."""
        done = subprocess.run(
            ["redis-cli", "-s", str(self.socket), *login, *map(str, command)],
            capture_output=True,
            timeout=20,
            check=True,
        )
        return done.stdout.decode(errors="replace").strip()

    def keys(self, pattern="*"):
        return int(self.ask("EVAL", "return #redis.call('KEYS', ARGV[1])", 0, pattern))

    def kill(self):
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self.socket.unlink(missing_ok=True)
        self._process = None
