"""Loyalty campaigns of v1, whose cards are vouchers. Campaigns are in the setting ``loyalty_campaigns``."""

from kit.clock import epoch
from kit.wire import json_response

from . import customers, pages, vouchers
from .checks import body_of, check
from .failures import Failure, invalid_payload, not_found

PATH = "/v1/loyalties"
MEMBER = f"{PATH}/members/{{code}}"
CAMPAIGN = {
    "id": "camp_5a1d000000000001",
    "name": "Club of old",
    "points": 1,  # for each "per" of the amount of an order that is paid
    "per": 100,
    "exchange_ratio": 1,  # points for one minor unit of an order
}
BALANCE = {
    "points": "integer",
    "expiration_type": ("PROGRAM_RULES", "CUSTOM_DATE", "NON_EXPIRING"),
    "expiration_date": "string",
    "reason": "string",
    "source_id": "string",
}


def build(project):
    campaigns = [{**CAMPAIGN, **each} for each in project.settings["loyalty_campaigns"]]
    project.campaigns = {each["id"]: each for each in campaigns}


def campaign_named(project, key):
    for each in project.campaigns.values():
        if key in (each["id"], each["name"]):
            return each
    raise not_found("campaign", key)


def card_of(project, code):
    card = vouchers.existing(project, code)
    if card["type"] != "LOYALTY_CARD":
        raise not_found("voucher", code)
    return card


def describe(card):
    """Return a card as the loyalty API shows it, with less than the vouchers API does."""
    return vouchers.describe(card, ("categories", "validation_rules_assignments"))


def earn(project, order):
    """Add the points of a paid order to the customer's cards. These transactions name the order."""
    for card in project.cards_of_v1.get(order["customer_id"], ()):
        campaign = project.campaigns[card["campaign_id"]]
        points = campaign["points"] * (order["amount"] // campaign["per"])
        about = {"order": {"id": order["id"], "source_id": order["source_id"]}}
        if points:
            vouchers.change_balance(project, card, points, "POINTS_ACCRUAL", details=about)


# --- the API ---


def add_member(project, request, campaign):
    """Give the customer a card: a new one, or the one that the request names."""
    found, data = campaign_named(project, campaign), body_of(request)
    check(data, {"customer": "object", "voucher": "string", "metadata": "object"}, required=("customer",))
    card = card_of(project, data["voucher"]) if data.get("voucher") else None
    if card and card["holder_id"]:
        details = f"Voucher '{card['id']}' has already been published"
        raise Failure(400, "voucher_already_published", "Voucher already published", details)
    customer = customers.upsert(project, data["customer"], ".customer")
    if card is None:
        about = {"campaign": found["name"], "campaign_id": found["id"], "loyalty_card": {"points": 0}}
        code = f"LOYALTY-CARD-{project.new_id('')[-8:]}"
        card = vouchers.make(project, code, {"type": "LOYALTY_CARD", **about})
    card["holder_id"] = customer["id"]
    project.cards_of_v1.setdefault(customer["id"], []).append(card)
    return json_response(200, describe(card))


def read_member(project, request, code):
    return json_response(200, describe(card_of(project, code)))


def adjust(project, request, code):
    """Add or remove points. The balance is the new one at once; ``source_id`` is stored, no more."""
    card, data = card_of(project, code), body_of(request)
    check(data, BALANCE, required=("points",))
    check_expiration(project, data)
    if vouchers.available(project, card) + data["points"] < 0:
        raise Failure(400, "loyalty_card_points_exceeded", "loyalty card points exceeded", card["code"])
    made = vouchers.change_balance(
        project, card, data["points"], reason=data.get("reason"), source_id=data.get("source_id")
    )
    return json_response(200, made["details"]["balance"])


def check_expiration(project, data):
    date = data.get("expiration_date")
    if date is None:
        return
    try:
        at = epoch(date)
    except ValueError:
        details = "Property .expiration_date cannot be recognized as a ISO-8601 compliant date"
        raise invalid_payload(details) from None
    if at < project.clock.now():
        details = "Expiration date cannot be set in the past"
        raise Failure(400, "invalid_expiration_date", "Invalid Expiration Date", details)


def list_transactions(project, request, code):
    return pages.by_id(request, project.voucher_transactions[card_of(project, code)["id"]])


ROUTES = (
    ("GET", MEMBER, read_member),
    ("POST", f"{MEMBER}/balance", adjust),
    ("GET", f"{MEMBER}/transactions", list_transactions),
    ("POST", f"{PATH}/{{campaign}}/members", add_member),
)
