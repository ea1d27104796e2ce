"""One address for the two ports of an Odoo server with workers, as a reverse proxy provides it in production."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading

WEBSOCKET = b"GET /websocket"
CHUNK = 65_536


class Front(socketserver.ThreadingTCPServer):
    """Passes connections on to Odoo: websockets to its evented worker, all others to its HTTP workers.

    A context manager that serves in threads. A browser opens a connection of its own for each websocket, so the first
    request decides for the whole connection.

    :param port: where it listens, on 127.0.0.1
    :param server: the :class:`stack.OdooServer`
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, server):
        self.ports = (server.port, server.evented_port)
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(("127.0.0.1", port), _Connection)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *exc_info):
        self.shutdown()
        super().__exit__(*exc_info)


class _Connection(socketserver.BaseRequestHandler):
    def handle(self):
        http_port, evented_port = self.server.ports
        with contextlib.suppress(OSError):  # either side has gone, or Odoo has ended
            head = self.request.recv(len(WEBSOCKET), socket.MSG_PEEK | socket.MSG_WAITALL)
            port = evented_port if head == WEBSOCKET else http_port
            with socket.create_connection(("127.0.0.1", port)) as odoo:
                threading.Thread(target=_copy, args=(self.request, odoo), daemon=True).start()
                _copy(
                    odoo, self.request
                )  # until Odoo has answered, also if the browser has nothing more to say


def _copy(source, target):
    """Copy what arrives until the source ends, and then end the target."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
