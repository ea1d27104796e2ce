"""What the cancellation of an order does to points: nothing, unless the wallet says so. Always to all of them."""

from . import payments, points, programs, transactions


def on_canceled(project, order):
    """Wait for what the order earned just before, then undo it."""
    project.work.later(lambda: undo(project, order))


def undo(project, order):
    for payment in payments.approved(project, order):
        return_spent(project, payment)
    for origin, card, made in project.earned:
        if origin == order["id"] and made["status"] == "APPROVED":
            revoke(project, card, made, order)


def return_spent(project, payment):
    card = next(each for each in project.cards[payment["member_id"]] if each.id == payment["card_id"])
    if not card.wallet["refund_spent"]:
        return
    total = payment["details"]["payment"]["points_spent"]
    details = {
        "points": {
            "total": total,
            "expiration_date": card.expiration_date(),
            "expiration_type": programs.expiration_type(card.wallet),
        },
        "reward": None,
        "purchase": None,
        "reward_transaction": None,
    }
    transactions.create(
        project,
        card,
        "POINTS_RETURNED",
        details,
        lambda: card.add(total, "returned"),
        "Order canceled",
    )


def revoke(project, card, made, order):
    mode, total = card.wallet["refund_earned"], made["details"]["points"]["total"]
    if mode == "PENDING":
        for bucket in card.waiting():
            if bucket["origin"] == order["id"]:
                points.end_bucket(project, card, bucket, *points.ENDS["cancel"][:2], "Order canceled")
    elif mode:
        if mode == "TO_ZERO":
            total = max(0, min(total, card.balance()))
        transactions.create(
            project,
            card,
            "POINTS_REFUNDED",
            {"points": {"total": total}},
            lambda: card.take(total, "refunded"),
            "Order canceled",
        )
