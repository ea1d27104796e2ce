"""Webhooks that an account sends: on time, or late, doubled and out of order."""

import http.client
import json
import threading
from urllib.parse import urlsplit

TIMEOUT = 10  # seconds
PAUSE = threading.Event()  # never set
SETTINGS = {
    "webhooks_auto": True,  # send them by itself; else only the action "send_webhooks" does
    "webhook_copies": 1,  # how often each is sent
    "webhooks_reversed": False,  # the newest of those that are due is sent first
}


class Webhooks:
    """The webhooks of an account that has a ``clock``, :data:`SETTINGS`, and a method ``catch_up``.

    A subclass returns the headers of a delivery, and whether there are hooks. A hook is a dict with a ``url``.

    ``RETRIES``: seconds from the first attempt to the next ones. A hook that refused them all is disabled.
    """

    RETRIES = (*(60 * 2**n for n in range(11)), 86_400)

    def __init__(self, account):
        self.account = account
        self._sending, self._thread = threading.Lock(), None
        self.reset()

    def headers(self, delivery):
        """Return {name: value} besides the content type."""
        return {}

    def is_wanted(self):
        """Return whether the settings have hooks."""
        raise NotImplementedError

    # --- for the account ---

    def reset(self):
        self.outbox, self.disabled = [], set()

    def deposit(self, hook, message_id, kind, body):
        """Send this body (JSON data) to the hook from now on."""
        text = json.dumps(body, separators=(",", ":"))
        self.outbox.append(
            {
                "id": message_id,
                "type": kind,
                "hook": hook,
                "text": text,
                "at": self.account.clock.now(),
                "attempts": [],
            }
        )

    def export(self):
        """Return the deliveries for the control API."""
        return [
            {
                "id": each["id"],
                "type": each["type"],
                "url": each["hook"]["url"],
                "body": json.loads(each["text"]),
                "attempts": each["attempts"],
            }
            for each in self.outbox
        ]

    def send(self):
        """Attempt what is due: the action ``send_webhooks``."""
        with self._sending:
            with self.account.lock:
                self.account.catch_up()
                waiting = self.due()
            for delivery in waiting:
                is_accepted = self.post(delivery)
                with self.account.lock:
                    self.note(delivery, is_accepted)

    def send_by_itself(self):
        """Send in a thread of its own, as long as there are hooks and ``webhooks_auto``."""

        def loop():
            while self.sends_by_itself():
                self.send()
                PAUSE.wait(0.1)

        if self.sends_by_itself() and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=loop, daemon=True)
            self._thread.start()

    def sends_by_itself(self):
        return self.account.settings["webhooks_auto"] and self.is_wanted()

    # --- helpers ---

    def due(self):
        """Return the deliveries to attempt now, in the order in which they are sent, each ``webhook_copies`` times."""
        settings, now = self.account.settings, self.account.clock.now()
        found = [each for each in self.outbox if self.is_due(each, now)] * settings["webhook_copies"]
        return found[::-1] if settings["webhooks_reversed"] else found

    def is_due(self, delivery, now):
        tried = len(delivery["attempts"])
        is_over = any(delivery["attempts"]) or tried > len(self.RETRIES)
        if delivery["hook"]["url"] in self.disabled or is_over:
            return False
        return now >= delivery["at"] + (self.RETRIES[tried - 1] if tried else 0)

    def note(self, delivery, is_accepted):
        delivery["attempts"].append(is_accepted)
        if len(delivery["attempts"]) > len(self.RETRIES) and not any(delivery["attempts"]):
            self.disabled.add(delivery["hook"]["url"])

    def post(self, delivery):
        """Return whether the receiver accepted it: any 2xx within ten seconds."""
        url = urlsplit(delivery["hook"]["url"])
        headers = {"Content-Type": "application/json", **self.headers(delivery)}
        connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT)
        try:
            connection.request("POST", url.path or "/", delivery["text"].encode(), headers)
            return 200 <= connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
