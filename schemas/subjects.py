"""What the records of events are called outside of Odoo: canonical kinds, never Odoo models. Plain Python."""

KINDS = {
    "account.move": "invoice",
    "loyalty.card": "loyalty_card",
    "loyalty.program": "promotion",
    "payment.transaction": "payment",
    "pos.order": "order",
    "pos.payment": "pos_payment",
    "pos.session": "settlement",
    "product.pricelist.item": "price_rule",
    "product.product": "product",
    "product.template": "product_template",
    "res.partner": "customer",
    "sale.order": "order",
    "stock.picking": "shipment",
}
POS = "pos"  # the channel of orders of the till, which have ids of their own
_ORDER_MODELS = {"sale.order": "sales", "pos.order": POS}
_MODELS = {kind: model for model, kind in KINDS.items() if kind != "order"}


def subject_of(model, record_id, data):
    """Return how a record is called in events: ``customer/7``, and for orders with their channel ``order/web/7``.

    :param data: the event's canonical data; those of an order name its channel
    """
    kind = KINDS.get(model, model)
    if kind != "order":
        return f"{kind}/{record_id}"
    return f"order/{data.get('channel') or _ORDER_MODELS[model]}/{record_id}"


# Remote systems store the keys of records and their lines, and records are found by them: they must never change.


def record_key(model, record_id):
    """Return what identifies a record among all of Odoo's: ``sale.order/7``."""
    return f"{model}/{record_id}"


def line_key(model):
    """Return what the keys of a record's lines begin with, before the id: ``sale.order.line/``."""
    return f"{model}.line/"


def model_of(kind, channel=""):
    """Return the Odoo model of a canonical kind; the channel tells one kind of order from the other."""
    if kind == "order":
        return "pos.order" if channel == POS else "sale.order"
    return _MODELS.get(kind, kind)
