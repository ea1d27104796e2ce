"""Custom events of customers. They earn points, and activate those that waited for them."""

from kit.wire import json_response

from . import customers, earning, members, points
from .checks import body_of, check

TYPES = {
    "event": "string",
    "customer": "object",
    "referral": "object",
    "loyalty": "object",
    "metadata": "object",
}


def track(project, request):
    data = body_of(request)
    check(data, TYPES, required=("event", "customer"))
    customer = customers.upsert(project, data["customer"], ".customer")
    event = project.new_id("evcus_")
    project.work.later(lambda: happen(project, customer["id"], data["event"], event))
    body = {
        "object": "event",
        "type": data["event"],
        "customer": customers.simple(customer),
        "referral": None,
        "loyalty": None,
        "metadata": data.get("metadata") or {},
    }
    return json_response(200, body)


def happen(project, customer_id, name, event):
    for member in members.of_customer(project, customer_id):
        for card in members.cards_of(project, member):
            if name in card.wallet["pending_events"]:
                for bucket in card.waiting():
                    points.end_bucket(project, card, bucket, *points.ENDS["activate"][:2], name)
    earning.on_event(project, customer_id, name, event)


ROUTES = (("POST", "/v1/events", track),)
