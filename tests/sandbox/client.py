"""What tests and demos use to steer the sandbox: its control API, and starting it as a process."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT = 30  # seconds


class SandboxClient:
    """The control API of a running sandbox. ``url`` is e.g. ``http://127.0.0.1:8123``."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def reset(self):
        """No records, no faults, default settings, empty log."""
        self._call("POST", "reset", {})

    def fault(self, **plan):
        """Add one rule to the fault plan; the keys are explained in kit/faults.py."""
        self._call("POST", "faults", plan)

    def faults_clear(self):
        self._call("DELETE", "faults")

    def faults(self):
        """The rules in force, each with ``seen`` and ``hits``."""
        return self.state()["faults"]

    def configure(self, provider="hubspot", **settings):
        """Change settings of a provider, or ``clock_skew`` (seconds the Date header is ahead); returns all."""
        return self._call("POST", f"settings?provider={provider}", settings)

    def act(self, action, provider="hubspot"):
        """Let something happen, e.g. ``expire_access_tokens``; the actions are listed in the stand-in's README."""
        self._call("POST", f"actions?provider={provider}", {"action": action})

    def state(self):
        """Settings, faults and numbers: {requests, most_at_once, faults, settings, hubspot: {contacts: {…}}, …}.

        ``most_at_once``: requests that were answered at the same time, since the start or the last reset.
        """
        return self._call("GET", "state")

    def contacts(self):
        """Every HubSpot contact: {id, properties, archived, createdAt, updatedAt, mergedIds}."""
        return self.records("contacts")

    def records(self, kind, provider="hubspot"):
        """Every record of that object type, e.g. ``orders``, as in :meth:`contacts`, with ``associations``.

        ``associations``: {object type: [ids]}.
        """
        return self._call("GET", f"state?provider={provider}&records={kind}")

    def requests(self, since=0):
        """Logged requests after number ``since``: {number, method, path, status, at, body, headers}.

        ``status`` is None where the connection was dropped. ``at``: epoch seconds. Credentials are hidden.
        """
        return self._call("GET", f"requests?since={since}")

    def request_count(self):
        """How many requests came since the start or the last reset; also the number of the last one."""
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
    """The sandbox as a child process, for a ``with`` block; gives a :class:`SandboxClient`.

    ``providers``: stand-ins besides its own, as {name: place}; what a place is: providers.py.
    """

    def __init__(self, port=0, providers=None):
        self.port, self.providers = port, providers or {}

    def __enter__(self):
        command = [sys.executable, str(Path(__file__).parent), "--port", str(self.port)]
        for name, place in self.providers.items():
            command += ["--provider", f"{name}={place}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.process.wait(TIMEOUT)
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        return SandboxClient(line.split()[-1])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        self.process.stdout.close()
