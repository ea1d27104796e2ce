"""Webhooks: of the project (v1), and those of workflows, which are sent for transactions of loyalty v2.

Settings ``webhooks``: [{"url", "secret", "events"}] and ``workflows``: [{"url", "secret", "types", "statuses"}].
"""

import contextlib
import hashlib
import hmac

import kit.webhooks


def sign(body, secret):
    """Return the header ``x-voucherify-signature`` of a body (bytes), which has no white space to remove."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Webhooks(kit.webhooks.Webhooks):
    def headers(self, delivery):
        return {"x-voucherify-signature": sign(delivery["text"].encode(), delivery["hook"]["secret"])}

    def is_wanted(self):
        return bool(self.account.settings["webhooks"] or self.account.settings["workflows"])


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
    project.webhooks.deposit(hook, body["id"], kind, body)
