"""Real web servers with private configurations, load on them, and logrotate on their logs."""

import gzip
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from support.access_log import AGENTS, REFERRERS, Summary
from support.ports import free_port
from support.waiting import wait_for

MODULES = pathlib.Path("/usr/lib/apache2/modules")

NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log {log} combined;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "the front page\\n"; }}
        location /missing {{ return 404; }}
        location /moved {{ return 301 /; }}
        location /forbidden {{ return 403; }}
        location /broken {{ return 500; }}
        location /empty {{ return 204; }}
    }}
}}
"""

APACHE = """\
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
Mutex file:{folder}
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
User www-data
Group www-data
DocumentRoot {root}
ErrorLog {folder}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
CustomLog {log} combined
MaxKeepAliveRequests 0
KeepAliveTimeout 2
Redirect 301 /moved http://localhost/
Redirect 403 /forbidden
Redirect 500 /broken
Redirect 410 /gone
"""


class WebServer:
    """`kind`: nginx or apache2. Its access log is `log`, in a folder of its own."""

    def __init__(self, kind, folder):
        self.kind, self.port = kind, free_port()
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.log = self.folder / "access.log"
        # Apache's children are another user, who cannot enter pytest's folders.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="alpex-www-"))
        self.root.chmod(0o755)
        for name in ("index.html", "item", "empty"):
            (self.root / name).write_text("" if name == "empty" else f"this is {name}\n")
        self.format = {"nginx": "nginx-combined", "apache2": "apache-combined"}[kind]
        self._process = None
        program = shutil.which(kind, path=os.environ["PATH"] + ":/usr/sbin")
        assert program, f"{kind} is not installed (deploy/local/packages.sh test installs it)"
        self._program = program

    def start(self):
        text = {"nginx": NGINX, "apache2": APACHE}[self.kind]
        configuration = self.folder / "server.conf"
        configuration.write_text(
            text.format(folder=self.folder, log=self.log, port=self.port, root=self.root, modules=MODULES)
        )
        command = {
            "nginx": [self._program, "-p", self.folder, "-e", self.folder / "error.log", "-c", configuration],
            "apache2": [self._program, "-d", self.folder, "-f", configuration, "-DFOREGROUND"],
        }[self.kind]
        with open(self.folder / "output", "wb") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for(self._answers, 20, f"{self.kind} to answer", self._messages)
        return self

    def _answers(self):
        assert self._process.poll() is None, self._messages()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _messages(self):
        return "\n".join(
            path.read_text(errors="replace")[-2000:]
            for path in (self.folder / "output", self.folder / "error.log")
            if path.exists()
        )

    def reopen(self):
        """What the distribution's logrotate script does."""
        self._process.send_signal(signal.SIGUSR1)

    def wait_reopened(self):
        """Until no process of the server writes to a rotated file: only then may that be compressed."""
        rotated = lambda: self._open_files() - {str(self.log)}  # noqa: E731
        wait_for(lambda: not rotated(), 30, lambda: f"{self.kind} to close {rotated()}")

    def _open_files(self):
        found = set()
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(process.name)) == self.pid:
                    found.update(os.readlink(each) for each in (process / "fd").iterdir())
            except OSError:
                pass  # it has just ended
        return {name for name in found if name.startswith(str(self.log))}

    @property
    def pid(self):
        return self._process.pid

    def files(self):
        """The access log and everything that it was rotated to."""
        return sorted(self.folder.glob("access.log*"))

    def lines(self):
        total = 0
        for path in self.files():
            try:
                with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as log:
                    total += log.read().count(b"\n")
            except FileNotFoundError:
                pass  # just renamed
        return total

    def summary(self):
        summary = Summary()
        for path in self.files():
            summary.add(path)
        return summary

    def close(self):
        if self._process:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait()
        shutil.rmtree(self.root)


class Load:
    """Varied requests, `count` in all, from several connections; every answer leaves one line in the server's log.

    Apache leaves pipelined requests unanswered when it reopens its logs, as browsers know.
    """

    CONNECTIONS = 4
    BATCH = 50

    def __init__(self, server, count, requests_per_s, seed=1):
        self.server, self.count, self.rate = server, count, requests_per_s
        self.sent, self.answered = 0, 0
        self._began = time.monotonic()
        self._dice = random.Random(seed)
        self._gate = threading.Condition()
        self._paused = False
        self._busy = 0
        self._failure = None
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(self.CONNECTIONS)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def wait_sent(self, count):
        wait_for(lambda: self.sent >= count or self._failure, 60, f"{count} requests, {self.sent} are sent")
        assert self._failure is None, self._failure

    def finish(self):
        self.wait_sent(self.count)
        for thread in self._threads:
            thread.join()
        self.wait_logged()

    def pause(self):
        """Returns when no request is under way and all are in the log."""
        with self._gate:
            self._paused = True
            assert self._gate.wait_for(lambda: self._busy == 0, 30)
        self.wait_logged()

    def resume(self):
        with self._gate:
            self._paused = False
            self._began = time.monotonic() - self.sent / self.rate  # what was missed is not made up for
            self._gate.notify_all()

    def wait_logged(self):
        wait_for(
            lambda: self.server.lines() >= self.answered,
            30,
            lambda: f"{self.answered} lines in the log of {self.server.kind}, there are {self.server.lines()}",
        )

    def _run(self):
        while True:
            with self._gate:
                while self._paused or self._early_s():
                    self._gate.wait(None if self._paused else self._early_s())
                first = self.sent
                number = min(self.BATCH, self.count - first)
                if number <= 0 or self._failure:
                    return
                malformed = self._dice.random() < 0.1
                number = 1 if malformed else number
                self.sent += number
                self._busy += 1
                data = self._malformed() if malformed else self._requests(first, number)
            answered = 0
            try:
                answered = self._exchange(data)
            except OSError as error:
                self._failure = error
            with self._gate:
                self.answered += answered
                self._busy -= 1
                self._gate.notify_all()

    def _early_s(self):
        """How far ahead of its pace it is."""
        return max(0.0, self._began + self.sent / self.rate - time.monotonic())

    def _exchange(self, data):
        with socket.create_connection(("127.0.0.1", self.server.port), 30) as connection:
            answers = b""
            try:
                connection.sendall(data)
                while part := connection.recv(1 << 16):
                    answers += part
            except (ConnectionResetError, BrokenPipeError):
                pass  # the server did not want the rest of it
            return answers.count(b"HTTP/1.1 ")

    def _requests(self, first, number):
        return b"".join(self._request(seq, seq == first + number - 1) for seq in range(first, first + number))

    def _request(self, seq, is_last):
        dice = self._dice
        path = dice.choice(
            ["/", "/item", "/item", "/item", "/missing/page", "/moved", "/forbidden", "/empty", "/a%20b/%C3%A9"]
        )
        if is_last and dice.random() < 0.5:
            path = "/broken"  # after a 500 the servers close the connection
        query = dice.choice(
            [
                f"?seq={seq}",
                f"?seq={seq}&q=a+b&lang=de",
                "",
                f"?q='%20OR%201=1--&seq={seq}",
                f"?x={'y' * dice.randrange(300)}",
            ]
        )
        method = dice.choice(["GET", "GET", "GET", "HEAD", "POST"])
        lines = [f"{method} {path}{query} HTTP/1.1", "Host: localhost"]
        agent = dice.choice(
            [
                *AGENTS,
                'with "quotes" and \\ backslash',
                "caf\u00e9 \u2603",
                f"robot/{dice.randrange(1000)}.{dice.randrange(100)}",
            ]
        )
        lines += [f"User-Agent: {agent}"] if dice.random() < 0.95 else []
        lines += [f"Referer: {dice.choice(REFERRERS)}"] if dice.random() < 0.6 else []
        body = "a=b" if method == "POST" else ""
        lines += [f"Content-Length: {len(body)}"] if body else []
        lines += ["Connection: close"] if is_last else []
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def _malformed(self):
        return self._dice.choice(
            [
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
                b"GARBAGE\r\n\r\n",
                b"GET / HTTP/1.0\r\n\r\n",
                b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                b'GET /"quoted" HTTP/1.0\r\n\r\n',
                b"BREW /pot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                b"GET / HTTP/9.9\r\nHost: x\r\nConnection: close\r\n\r\n",
                b"GET /nohost HTTP/1.1\r\nConnection: close\r\n\r\n",
            ]
        )


class Logrotate:
    def __init__(self, server, options):
        self.server = server
        self.config = server.folder / "logrotate.conf"
        self.config.write_text(
            f"{'su root root' if os.geteuid() == 0 else ''}\n"
            f"{server.log} {{\n    rotate 100\n    missingok\n" + "".join(f"    {each}\n" for each in options) + "}\n"
        )
        self.config.chmod(0o644)

    def run(self):
        program = shutil.which("logrotate", path=os.environ["PATH"] + ":/usr/sbin")
        assert program, "logrotate is not installed (deploy/local/packages.sh test installs it)"
        done = subprocess.run(
            [program, "-f", "-s", str(self.server.folder / "logrotate.state"), str(self.config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout
