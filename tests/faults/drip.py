"""A receiver that never ends an answer: it sends one piece after the other for as long as somebody reads."""

import contextlib
import socket
import threading
import time

INTERVAL = 0.2  # seconds between two pieces
# {what drips: (beginning of the answer, what follows again and again)}
DRIPS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b" "),
}


class Dripper:
    """A context manager; ``url`` is where it listens.

    Attributes: ``calls`` is the number of requests so far, ``dripping`` that of answers which are on their way.

    :param kind: one of ``DRIPS``
    """

    def __init__(self, kind):
        self.kind = kind
        self._beginning, self._piece = DRIPS[kind]
        self._lock = threading.Lock()
        self.calls = self.dripping = 0

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                stream, _address = self._listener.accept()
                threading.Thread(target=self._drip, args=(stream,), daemon=True).start()

    def _drip(self, stream):
        with contextlib.suppress(OSError), stream:
            if not stream.recv(65536):
                return
            self._count(1)
            try:
                stream.sendall(self._beginning)
                while True:
                    time.sleep(INTERVAL)
                    stream.sendall(self._piece)
            finally:
                self._count(-1)

    def _count(self, change):
        with self._lock:
            self.calls += change > 0
            self.dripping += change
