"""HTTP responses that are final, arrive before a deadline, and have an unambiguous length.

``http.client`` alone takes an interim response other than ``100`` for the final one, restarts its time-out with each
byte, accepts any number of ``100 Continue``, and uses the first of two lengths.
"""

import http.client
import io
import time

MAX_INTERIM = 10  # interim responses to one request; servers send one or two


class StrictResponse(http.client.HTTPResponse):
    """A response that must arrive completely before a deadline.

    :param deadline: a time of :func:`time.monotonic`; None for no limit
    :raise TimeoutError: it does not
    :raise http.client.HTTPException: there is no final status, or the length of the body is ambiguous
    """

    def __init__(self, sock, *args, deadline=None, **options):
        super().__init__(sock, *args, **options)
        if deadline is not None:
            self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, deadline))

    def begin(self):  # pylint: disable=missing-return
        super().begin()
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) > 1 or not all(length.strip().isdecimal() for length in lengths):
            raise http.client.HTTPException("The length of the body is not clear.")
        if lengths and "Transfer-Encoding" in self.headers:
            raise http.client.HTTPException("The body has two lengths.")

    def _read_status(self):
        for _number in range(MAX_INTERIM + 1):
            version, status, reason = super()._read_status()
            if not 100 <= status < 200:
                return version, status, reason
            if status == http.client.SWITCHING_PROTOCOLS:
                break
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("No final status.")


class _DeadlineReader(io.RawIOBase):
    """Reads a socket's file. Each read ends at the socket's time-out or at the deadline, whichever comes first."""

    def __init__(self, raw, sock, deadline):
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._timeout = sock.gettimeout()
        self._deadline = deadline

    def readable(self):
        return True

    def readinto(self, buffer):
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("The response took too long.")
        self._sock.settimeout(seconds if self._timeout is None else min(seconds, self._timeout))
        return self._raw.readinto(buffer)

    def close(self):  # pylint: disable=missing-return
        if not self.closed:
            self._raw.close()
        super().close()
