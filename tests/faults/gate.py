"""A TCP relay in front of the sandbox that can be shut, as when a remote is down: it keeps its state meanwhile."""

import contextlib
import selectors
import socket
import threading

CHUNK = 65536


class Gate:
    """Relays connections to ``port`` of 127.0.0.1 from ``url``; a context manager."""

    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._address = ("127.0.0.1", 0)
        self._lock = threading.Lock()
        self._connections = set()
        self._listener = None

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *exc_info):
        self.shut()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._address[1]}"

    def open(self):
        """Take connections, at the same port as before."""
        self._listener = socket.create_server(self._address, backlog=128)
        self._address = self._listener.getsockname()
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def shut(self):
        """Refuse connections from now on, and cut those that are open, whatever is on its way."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        with self._lock:
            cut, self._connections = self._connections, set()
        for connection in cut:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener):
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _address = listener.accept()
                threading.Thread(target=self._relay, args=[client], daemon=True).start()

    def _relay(self, client):
        with client, contextlib.suppress(OSError), socket.create_connection(self._target) as remote:
            with self._lock:
                self._connections |= {client, remote}
            for one in (client, remote):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                _copy(client, remote)
            finally:
                with self._lock:
                    self._connections -= {client, remote}


def _copy(client, remote):
    """Copy in both directions until one side closes."""
    other = {client: remote, remote: client}
    with selectors.DefaultSelector() as selector:
        for one in other:
            selector.register(one, selectors.EVENT_READ)
        while True:
            for key, _events in selector.select():
                data = key.fileobj.recv(CHUNK)
                if not data:
                    return
                other[key.fileobj].sendall(data)
