"""HTTP responses that are final, arrive before a deadline, and have an unambiguous length.

``http.client`` alone takes an interim response other than ``100`` for the final one, restarts its time-out with each
byte, accepts any number of ``100 Continue``, takes ``+200`` for a status, and uses the first of two lengths. It and
urllib3 accept a negative chunk size, and then read without a limit.
"""

import http.client
import io
import re
import time

CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?\r?\n?\Z", re.DOTALL)
STATUS_LINE = re.compile(r"(HTTP/\d\.\d)[ \t]+([1-9]\d\d)(?:[ \t]+([^\r\n]*))?[ \t]*\r?\n", re.ASCII)
MAX_LINE = 65_536
MAX_INTERIM = 10  # interim responses to one request; servers send one or two


class StrictResponse(http.client.HTTPResponse):
    """A response that must arrive completely before a deadline.

    :param deadline: a time of :func:`time.monotonic`; None for no limit
    :raise TimeoutError: it does not
    :raise http.client.HTTPException: there is no final status, or the length of the body is ambiguous
    """

    def __init__(self, sock, *args, deadline=None, **options):
        super().__init__(sock, *args, **options)
        raw = self.fp.detach()
        self.fp = _BodyReader(raw if deadline is None else _DeadlineReader(raw, sock, deadline))

    def begin(self):  # pylint: disable=missing-return
        super().begin()
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) > 1 or not all(length.strip().isdecimal() for length in lengths):
            raise http.client.HTTPException("The length of the body is not clear.")
        if lengths and "Transfer-Encoding" in self.headers:
            raise http.client.HTTPException("The body has two lengths.")
        self.fp.is_chunked = "Transfer-Encoding" in self.headers

    def _read_status(self):
        for _number in range(MAX_INTERIM + 1):
            version, status, reason = self._read_status_line()
            if not 100 <= status < 200:
                return version, status, reason
            if status == http.client.SWITCHING_PROTOCOLS:
                break
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("No final status.")

    def _read_status_line(self):
        """Return (version, status, reason) of a status line (RFC 9112, section 4)."""
        line = self.fp.readline(MAX_LINE)
        if not line:
            raise http.client.RemoteDisconnected("The connection was closed without a response.")
        found = STATUS_LINE.fullmatch(line.decode("iso-8859-1"))
        if not found:
            raise http.client.BadStatusLine("The status is not clear.")
        return found[1], int(found[2]), (found[3] or "").strip()


class _BodyReader(io.BufferedReader):
    """Checks the sizes of chunks (RFC 9112, section 7.1): each is a line before its data, until one that is 0."""

    is_chunked = False

    def readline(self, size=-1, /):
        line = super().readline(size)
        if self.is_chunked and line:
            found = CHUNK_SIZE.match(line)
            if not found:
                raise http.client.HTTPException("The size of a chunk is not clear.")
            self.is_chunked = int(found[1], 16) > 0  # then come the trailers
        return line


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
