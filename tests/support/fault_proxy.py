"""An HTTP proxy in front of Elasticsearch that answers wrongly when told to."""

import http.client
import http.server
import json
import threading
import urllib.parse


class Drop(Exception):
    """Closes the connection without an answer."""


class Drip(bytes):
    """A body that is sent byte by byte, with this pause in seconds between them."""

    pause_s = 0.05


class FaultProxy:
    """`fault(request)` returns (status, headers, body) or None for the real answer; it may raise Drop.

    `tls` is a server's ssl context. A request has method, path, body, number (of _bulk requests so far, from 1; 0 for others) and forward().
    """

    def __init__(self, target_url, tls=None):
        self._target = urllib.parse.urlsplit(target_url).netloc
        self.fault = None
        self.bulk_count = 0
        self._lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_request(self):
                proxy._handle(self)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_request

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients may go away at any time

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self):
        self.fault = None
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, handler):
        request = Request(self._target, handler)
        if request.path.split("?")[0].endswith("/_bulk"):
            with self._lock:
                self.bulk_count += 1
                request.number = self.bulk_count
        try:
            answer = (self.fault and self.fault(request)) or request.forward()
        except Drop:
            handler.close_connection = True
            return
        status, headers, body = answer
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if request.method != "HEAD":
            _send(handler.wfile, body)


def _send(out, body):
    if not isinstance(body, Drip):
        out.write(body)
        return
    for byte in body:
        out.write(bytes([byte]))
        out.flush()
        threading.Event().wait(body.pause_s)


class Request:
    def __init__(self, target, handler):
        self._target = target
        self._headers = {
            name: handler.headers[name] for name in ("Content-Type", "Content-Encoding") if handler.headers[name]
        }
        self.headers = handler.headers
        self.method, self.path, self.number = handler.command, handler.path, 0
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.is_bulk = handler.path.split("?")[0].endswith("/_bulk")

    def forward(self):
        connection = http.client.HTTPConnection(self._target, timeout=60)
        try:
            connection.request(self.method, self.path, self.body, self._headers)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, {"Content-Type": answer.headers.get("Content-Type", "text/plain")}, body
        finally:
            connection.close()


def json_answer(status, content, **headers):
    return status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode()


def error_answer(status, kind="some_exception"):
    return json_answer(status, {"error": {"type": kind, "reason": "as told by the test"}, "status": status})
