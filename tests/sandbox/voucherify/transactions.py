"""Transactions of cards: they are created as PENDING, and approved or rejected later."""

from . import webhooks


def create(project, card, kind, details, apply, reason=None, metadata=None, changed=None):
    """Create a transaction, to be processed later, and return it.

    :param details: what its type has besides reason, rejection and metadata
    :param apply: called when it is processed; returns the reason to reject it, or None
    :param changed: called when it is approved or rejected, with that reason or None
    """
    transaction = {
        "id": project.new_id("lctx_"),
        **card.belongs_to(),
        "type": kind,
        "details": {"reason": reason, "rejection": None, "metadata": metadata or {}, **details},
        "status": "PENDING",
        "created_at": project.clock.iso(),
        "updated_at": None,
        "object": "card_transaction",
    }
    card.transactions.append(transaction)
    webhooks.notify_transaction(project, transaction)
    project.work.later(lambda: transaction.update(status="PROCESSING"), share=0.5)
    project.work.later(lambda: process(project, transaction, apply, changed))
    return transaction


def process(project, transaction, apply, changed):
    rejection = project.settings["reject"].get(transaction["type"]) or apply()
    transaction["status"] = "REJECTED" if rejection else "APPROVED"
    transaction["updated_at"] = project.clock.iso()
    if rejection:
        transaction["details"]["rejection"] = {"reason": rejection}
    if changed:
        changed(rejection)
    webhooks.notify_transaction(project, transaction)


def created(transaction, message):
    """Return the body of the answer to a call that created a transaction."""
    return {"transaction": transaction, "status": "TRANSACTION_CREATED", "message": message}
