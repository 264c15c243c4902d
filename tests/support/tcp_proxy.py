"""A TCP proxy that shows each piece of bytes to the test before it goes on."""

import socket
import threading


class TcpProxy:
    """`on_request(bytes)` and `on_answer(bytes)` run in the proxy's threads, in the order of the bytes."""

    def __init__(self, host, port):
        self._target = (host, port)
        self.on_request = self.on_answer = lambda piece: None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for source, sink, hook in ((client, server, "on_request"), (server, client, "on_answer")):
                threading.Thread(target=self._pump, args=(source, sink, hook), daemon=True).start()

    def _pump(self, source, sink, hook):
        try:
            while piece := source.recv(1 << 16):
                getattr(self, hook)(piece)
                sink.sendall(piece)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
