"""Values of Odoo in canonical form."""

from ...schemas.invoice import OrderReferenceV1


def amount(value, currency):
    """Return an amount as a decimal string with the currency's digits: ``12.50``."""
    text = f"{currency.round(value):.{currency.decimal_places}f}"
    return text.lstrip("-") if not float(text) else text


def decimal(value, digits=6):
    """Return a number as a decimal string without needless zeros: ``2``, ``0.125``."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def timestamp(value):
    """Return a datetime (UTC, naive) as RFC 3339, None for nothing."""
    return f"{value.isoformat(timespec='seconds')}Z" if value else None


def date(value):
    """Return a date as RFC 3339 ``full-date``, None for nothing."""
    return value.isoformat() if value else None


def order_references(sale_orders, pos_orders):
    """Return references to the orders that a document belongs to; for a till order that only settles a sales order, to
    the sales order."""
    sale_orders |= pos_orders._retail_settled_orders()
    pos_orders = pos_orders.filtered(
        lambda order: not order._retail_settled_lines() or order._retail_is_sale()
    )
    return (
        *(
            OrderReferenceV1(id=str(order.id), number=order.name, channel=order._retail_channel())
            for order in sale_orders
        ),
        *(OrderReferenceV1(id=str(order.id), number=order.name, channel="pos") for order in pos_orders),
    )


def tax_rate(tax):
    """Return an ``account.tax`` in percent, as a decimal string, None for one that is no percentage."""
    return decimal(tax.amount) if tax.amount_type in ("percent", "division") else None
