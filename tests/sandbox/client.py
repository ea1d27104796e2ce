"""The sandbox for tests and demos: a client of its control API, and a process to start it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT = 30  # seconds


class SandboxClient:
    """The control API of a running sandbox. ``url`` is e.g. ``http://127.0.0.1:8123``."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def reset(self):
        """Delete all records, faults and logged requests, and restore the default settings."""
        self._call("POST", "reset", {})

    def fault(self, **plan):
        """Add a rule to the fault plan; kit/faults.py explains the keys."""
        self._call("POST", "faults", plan)

    def faults_clear(self):
        self._call("DELETE", "faults")

    def faults(self):
        """Return the active rules, each with ``seen`` and ``hits``."""
        return self.state()["faults"]

    def configure(self, provider="hubspot", **settings):
        """Change settings of a provider, or ``clock_skew`` (seconds that the Date header is ahead); return them all."""
        return self._call("POST", f"settings?provider={provider}", settings)

    def act(self, action, provider="hubspot"):
        """Perform an action, such as ``expire_access_tokens``; the stand-in's README lists them."""
        self._call("POST", f"actions?provider={provider}", {"action": action})

    def state(self):
        """Return settings, faults and numbers: {requests, most_at_once, faults, settings, hubspot: {contacts: …}, …}.

        ``most_at_once`` is the highest number of concurrent requests since the start or the last reset.
        """
        return self._call("GET", "state")

    def contacts(self):
        """Return all HubSpot contacts: {id, properties, archived, createdAt, updatedAt, mergedIds}."""
        return self.records("contacts")

    def records(self, kind, provider="hubspot"):
        """Return all records of an object type, such as ``orders``, as :meth:`contacts` does.

        Each also has ``associations``: {object type: [ids]}.
        """
        return self._call("GET", f"state?provider={provider}&records={kind}")

    def requests(self, since=0):
        """Return the requests logged after number ``since``: {number, method, path, status, at, body, headers}.

        ``status`` is None if the connection was dropped. ``at`` is in epoch seconds. Credentials are hidden.
        """
        return self._call("GET", f"requests?since={since}")

    def request_count(self):
        """Return the number of requests since the start or the last reset, which is also the last one's number."""
        return self.state()["requests"]

    def _call(self, method, path, data=None):
        body = None if data is None else json.dumps(data).encode()
        request = Request(f"{self.url}/_sandbox/{path}", body, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise ValueError(error.read().decode()) from error


class SandboxProcess:
    """The sandbox as a child process: a context manager that returns a :class:`SandboxClient`.

    :param providers: further stand-ins, as {name: place}; providers.py explains what a place is
    """

    def __init__(self, port=0, providers=None):
        self.port, self.providers = port, providers or {}

    def __enter__(self):
        command = [sys.executable, str(Path(__file__).parent), "--port", str(self.port)]
        for name, place in self.providers.items():
            command += ["--provider", f"{name}={place}"]
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.process.wait(TIMEOUT)
            self.process.stdout.close()
            raise RuntimeError(f"the sandbox did not start: {self._read_errors() or line!r}")
        return SandboxClient(line.split()[-1])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        self.process.stdout.close()
        sys.stderr.write(self._read_errors())

    def _read_errors(self):
        with self.errors as file:
            file.seek(0)
            return file.read()
