"""Earning rules. An order that is paid, or a custom event, lets the customer's memberships earn, later."""

from . import loyalty_v1, members, programs, transactions


def on_paid(project, order, event):
    """Earn for an order. The transactions do not name it: only the event."""
    if not order["customer_id"]:
        return
    for card, rule, points in earned(project, order["customer_id"], "ORDER_PAID", order["amount"]):
        earn(project, card, rule, points, event, order["id"])
    loyalty_v1.earn(project, order)


def on_event(project, customer_id, name, event):
    """Earn for a custom event, and activate the points that waited for it."""
    for card, rule, points in earned(project, customer_id, name):
        earn(project, card, rule, points, event)


def earned(project, customer_id, event, amount=0):
    """Yield (card, rule, points) of all rules for an event, of all memberships of a customer."""
    for member in members.of_customer(project, customer_id):
        program = project.programs[member["program_id"]]
        if member["status"] != "ACTIVE" or not programs.is_open(project, program):
            continue
        cards = {card.wallet_id: card for card in members.cards_of(project, member)}
        for rule in program["earning_rules"]:
            points = points_by(rule, amount) if rule["event"] == event else 0
            if points and rule["wallet"] in cards:
                yield cards[rule["wallet"]], rule, points


def points_by(rule, amount):
    return rule["points"] * (amount // rule["per"]) if rule.get("per") else rule["points"]


def earn(project, card, rule, points, event, origin=None):
    program = project.programs[card.member["program_id"]]
    metadata = {
        "event_id": event,
        "member_id": card.member["id"],
        "program_id": program["id"],
        "earning_item_id": rule["id"].replace("lern_", "lernei_"),
        "earning_rule_id": rule["id"],
    }
    reason = f"{program['name']} / {rule['name']}"
    if programs.pending_type(card.wallet) == "IMMEDIATE":
        details = {"points": {"total": points, "expiration_date": card.expiration_date()}}
        made = transactions.create(
            project, card, "POINTS_EARNED", details, lambda: card.add(points, "earned"), reason, metadata
        )
    else:
        made = earn_pending(project, card, points, origin, reason, metadata)
    project.earned.append((origin, card, made))


def earn_pending(project, card, points, origin, reason, metadata):
    date = project.clock.date(card.wallet["pending_days"] or 0)
    details = {
        "points": {"total": points, "date": date, "type": programs.pending_type(card.wallet)},
    }

    def apply():
        card.add_pending(points, origin)

    return transactions.create(project, card, "PENDING_POINTS_ADDED", details, apply, reason, metadata)
