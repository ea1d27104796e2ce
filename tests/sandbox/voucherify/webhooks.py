"""Webhooks: of the project (v1), and those of workflows, which are sent for transactions of loyalty v2.

Settings ``webhooks``: [{"url", "secret", "events"}] and ``workflows``: [{"url", "secret", "types", "statuses"}].
"""

import contextlib
import hashlib
import hmac
import http.client
import json
import threading
from urllib.parse import urlsplit

TIMEOUT = 10  # seconds
PAUSE = threading.Event()  # never set
RETRIES = tuple(60 * 2**n for n in range(11)) + (86_400,)  # seconds since the first attempt


def sign(body, secret):
    """Return the header ``x-voucherify-signature`` of a body (bytes), which has no white space to remove."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@contextlib.contextmanager
def silent(project):
    """Nothing that happens in the block is told."""
    project.is_silent = True
    try:
        yield
    finally:
        project.is_silent = False


def notify(project, event, entity, data):
    """Tell the project's webhooks that want this event."""
    for hook in project.settings["webhooks"]:
        if not project.is_silent and event in hook.get("events", (event,)):
            about = event_of(project, event, entity) | {
                "event_source": {"channel": "API", "api_key": {"name": "Server-side Key"}}
            }
            deposit(project, hook, event, data, "wh_5a1d", "webhook", about)


def notify_transaction(project, transaction):
    """Tell the workflows that want a transaction of this type in this status."""
    for hook in project.settings["workflows"]:
        kind, status = transaction["type"], transaction["status"]
        if kind in hook.get("types", (kind,)) and status in hook.get("statuses", ("APPROVED",)):
            about = event_of(project, kind, transaction["id"]) | {"id": transaction["id"]}
            data = {"transaction": transaction}
            deposit(project, hook, kind, data, "wfdef_5a1d-wfrnstp_5a1d", "workflow", about)


def event_of(project, kind, entity):
    return {
        "id": project.new_id("ev_"),
        "type": kind,
        "created_at": project.clock.iso(),
        "entity_id": entity,
        "group_id": project.new_id("v-"),
    }


def deposit(project, hook, kind, data, source, source_object, event):
    body = {
        "id": project.new_id("whs_"),
        "project_id": project.settings["project_id"],
        "created_at": project.clock.iso(),
        "type": kind,
        "data": data,
        "source": {"id": source, "object": source_object, "target_url": hook["url"]},
        "event": event,
    }
    text = json.dumps(body, separators=(",", ":"))
    project.outbox.append(
        {
            "id": body["id"],
            "type": kind,
            "hook": hook,
            "text": text,
            "at": project.clock.now(),
            "attempts": [],
        }
    )


def due(project):
    """Return the deliveries to attempt now, in the order in which they are sent.

    Each is there ``webhook_copies`` times. A hook that failed twelve times is disabled.
    """
    now = project.clock.now()
    found = [each for each in project.outbox if is_due(project, each, now)]
    found = found * project.settings["webhook_copies"]
    return found[::-1] if project.settings["webhooks_reversed"] else found


def is_due(project, delivery, now):
    tried = len(delivery["attempts"])
    if delivery["hook"]["url"] in project.disabled_hooks or any(delivery["attempts"]) or tried > len(RETRIES):
        return False
    return now >= delivery["at"] + (RETRIES[tried - 1] if tried else 0)


def send(project):
    """Attempt what is due: the action ``send_webhooks``."""
    with project.sending:
        with project.lock:
            project.work.run()
            waiting = due(project)
        for delivery in waiting:
            is_accepted = post(delivery["hook"], delivery["text"])
            with project.lock:
                note(project, delivery, is_accepted)


def note(project, delivery, is_accepted):
    delivery["attempts"].append(is_accepted)
    if len(delivery["attempts"]) > len(RETRIES) and not any(delivery["attempts"]):
        project.disabled_hooks.add(delivery["hook"]["url"])


def send_by_itself(project):
    """Send in a thread of its own, as long as the project has webhooks and ``webhooks_auto``."""

    def loop():
        while project.sends_by_itself():
            send(project)
            PAUSE.wait(0.1)

    if project.sender is None or not project.sender.is_alive():
        project.sender = threading.Thread(target=loop, daemon=True)
        project.sender.start()


def post(hook, text):
    """Return whether the receiver accepted it: any 2xx within ten seconds."""
    url, body = urlsplit(hook["url"]), text.encode()
    headers = {"Content-Type": "application/json", "x-voucherify-signature": sign(body, hook["secret"])}
    connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT)
    try:
        connection.request("POST", url.path or "/", body, headers)
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def export(project):
    """Return the deliveries for the control API."""
    return [
        {
            "id": each["id"],
            "type": each["type"],
            "url": each["hook"]["url"],
            "body": json.loads(each["text"]),
            "attempts": each["attempts"],
        }
        for each in project.outbox
    ]
