"""Rewards that members buy with points, and give back."""

from kit.wire import json_response

from . import members, pages, programs, transactions
from .checks import body_of, check
from .failures import Failure, locked, not_found
from .members import MEMBER
from .payments import DRY_RUN
from .programs import PROGRAM

PATH = f"{MEMBER}/rewards/purchases"
POLICIES = {"refund": ("DEFAULT", "ALLOW"), "stock": ("DEFAULT", "WRITE_OFF")}


def purchase(project, request, program_id, member_id):
    program, member = members.existing(project, program_id, member_id)
    data = body_of(request)
    types = {"reward_id": "string", "mode": ("TRANSACTION", "DRY_RUN")}
    check(data, types, required=("reward_id",), closed=True)
    reward = project.rewards.get(data["reward_id"])
    if reward is None or reward["id"] not in [each["id"] for each in program["rewards"]]:
        raise not_found("reward", data["reward_id"])
    members.check_active(project, program, member, "purchase reward")
    card = next(each for each in members.cards_of(project, member) if each.wallet_id == reward["wallet"])
    check_purchase(card, reward)
    shown = describe(
        card, reward, "PURCHASE", "SIMULATED", {"points": {"total": reward["points"]}, "result": None}
    )
    if data.get("mode") == "DRY_RUN":
        return json_response(200, {"transaction": shown, "status": "DRY_RUN", "message": DRY_RUN})
    made = {"id": project.new_id("lrtx_"), **shown, "status": "PENDING", "created_at": project.clock.iso()}
    book(project, card, reward, made)
    return json_response(202, transactions.created(made, "Reward purchase transaction created"))


def check_purchase(card, reward):
    if reward["stock"] is not None and reward["redeemed"] >= reward["stock"]:
        message = "Cannot purchase reward when stock is not available"
        raise locked("reward_out_of_stock", message, "Reward stock is not available")
    if card.balance() < reward["points"]:
        details = "Operation exceeds the available card balance"
        raise locked("insufficient_card_balance", "Insufficient card balance", details)


def describe(card, reward, kind, status, details):
    reasons = {"PURCHASE": "Points spent on reward", "REFUND": "Reward purchase refunded"}
    return {
        "card_id": card.id,
        "card_transaction_id": None,
        "program_id": card.member["program_id"],
        "member_id": card.member["id"],
        "reward_id": reward["id"],
        "status": status,
        "type": kind,
        "details": {"reason": reasons[kind], "rejection": None, "metadata": {}, **details},
        "updated_at": None,
        "object": "reward_transaction",
    }


def book(project, card, reward, made):
    points = reward["points"]
    card.lock(points)
    reward["redeemed"] += 1

    def apply():
        card.unlock(points)
        return "NOT_ENOUGH_BALANCE" if points > card.balance() else card.take(points, "spent")

    def changed(rejection):
        made.update(status="REJECTED" if rejection else "APPROVED", updated_at=project.clock.iso())
        if rejection:
            reward["redeemed"] -= 1
            made["details"]["rejection"] = {"reason": rejection}
        else:
            product = {"type": "PRODUCT", "product": {"id": "prod_5a1d01"}}
            about = {"id": reward["id"], "type": "MATERIAL"}
            made["details"]["result"] = {
                "reward": about,
                "quantity": 1,
                "material": product,
                "digital": None,
            }

    details = {
        "points": {"total": points},
        "reward": {"id": reward["id"]},
        "reward_transaction": {"id": made["id"]},
        "target_card": None,
        "purchase_transaction": None,
    }
    spent = transactions.create(
        project, card, "POINTS_SPENT_ON_REWARD", details, apply, "Points spent on reward", changed=changed
    )
    made["card_transaction_id"] = spent["id"]
    project.purchases[made["id"]] = made


def refund(project, request, program_id, purchase_id):
    """Give back a reward. The transaction is approved at once, the points come later."""
    programs.existing(project, program_id)
    data = body_of(request, optional=True)
    check(data, {"policies": "object"}, closed=True)
    policies = data.get("policies") or {}
    check(policies, POLICIES, at=".policies", closed=True)
    bought = project.purchases.get(purchase_id)
    if bought is None or bought["program_id"] != program_id:
        raise not_found("reward_transaction", purchase_id)
    reward = project.rewards[bought["reward_id"]]
    allowed = reward["refundable"] or policies.get("refund") == "ALLOW"
    if bought["type"] != "PURCHASE" or bought["status"] != "APPROVED" or not allowed:
        details = "Only an approved purchase of a refundable reward can be refunded"
        raise Failure(409, "invalid_state_transition", "Conflict", details)
    made = give_back(project, reward, bought)
    if policies.get("stock") != "WRITE_OFF":
        reward["redeemed"] -= 1
    message = "Reward refund transaction created. Points will be returned to the member's card shortly."
    return json_response(202, {**transactions.created(made, message), "status": "APPROVED"})


def give_back(project, reward, bought):
    card = next(each for each in project.cards[bought["member_id"]] if each.id == bought["card_id"])
    purchase = {
        "card_transaction": {"id": bought["card_transaction_id"]},
        "reward_transaction": {"id": bought["id"]},
    }
    points = reward["points"]
    bought.update(status="REFUNDED", updated_at=project.clock.iso())
    shown = describe(
        card,
        reward,
        "REFUND",
        "APPROVED",
        {"points": {"total": points}, "result": None, "purchase": purchase},
    )
    made = {"id": project.new_id("lrtx_"), **shown, "created_at": project.clock.iso()}
    project.purchases[made["id"]] = made
    details = {
        "points": {
            "total": points,
            "expiration_date": card.expiration_date(),
            "expiration_type": programs.expiration_type(card.wallet),
        },
        "reward": {"id": reward["id"]},
        "purchase": purchase,
        "reward_transaction": {"id": made["id"]},
    }
    transactions.create(
        project,
        card,
        "POINTS_RETURNED",
        details,
        lambda: card.add(points, "returned"),
        "Reward purchase refunded",
    )
    return made


def list_page(project, request, program_id, member_id):
    members.existing(project, program_id, member_id)
    found = [each for each in project.purchases.values() if each["member_id"] == member_id]
    return pages.by_cursor(project, request, found, "lcrstrx_")


ROUTES = (
    ("POST", PATH, purchase),
    ("GET", PATH, list_page),
    ("POST", f"{PROGRAM}/rewards/purchases/{{purchase_id}}/refund", refund),
)
