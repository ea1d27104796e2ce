"""Values of Odoo in canonical form."""

from decimal import Decimal

from ...schemas.invoice import OrderReferenceV1, SoldLineV1

DIGITS = 15  # that a double-precision number has for sure
SCALE = 6  # decimals of a number with more digits: further ones come from computing with such numbers
LARGE = 10**11  # Odoo's rounding changes digits of numbers that are not much larger


def rounded(value, unit):
    """Return a number as its currency or unit of measure rounds it; large ones, which Odoo has rounded, as they are."""
    return value if abs(value) >= LARGE else unit.round(value)


def amount(value, currency):
    """Return an amount as a decimal string with the currency's digits: ``12.50``."""
    text = f"{rounded(value, currency):.{currency.decimal_places}f}"
    return text.lstrip("-") if not float(text) else text


def decimal(value):
    """Return a number as a decimal string, with the digits of the database and no needless zeros: ``2``, ``0.125``."""
    number = Decimal(f"{value:.{DIGITS}g}")
    if float(number) != value:
        exact = Decimal(repr(value))  # as PostgreSQL has it
        number = exact if -exact.as_tuple().exponent <= SCALE else number
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def timestamp(value):
    """Return a datetime (UTC, naive) as RFC 3339, None for nothing."""
    return f"{value.isoformat(timespec='seconds')}Z" if value else None


def date(value):
    """Return a date as RFC 3339 ``full-date``, None for nothing."""
    return value.isoformat() if value else None


def line_values(line, currency):
    """Return the canonical values that the lines of sales orders and invoices have in common: a dict."""
    return {
        "product_id": str(line.product_id.id or ""),
        "sku": line.product_id.default_code or "",
        "unit": line.product_uom_id.name or "",
        "unit_price": decimal(line.price_unit),
        "discount": decimal(line.discount),
        "untaxed": amount(line.price_subtotal, currency),
        "tax": amount(line.price_total - line.price_subtotal, currency),
        "total": amount(line.price_total, currency),
    }


def order_references(sale_orders, pos_orders):
    """Return references to a document's orders. A till order that only settles a sales order counts as that order."""
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


def sold_line(line, channel, products, sold, quantity):
    """Return the reference to the line of an order of which goods come back.

    :param products: the lines of the order that are products with a positive quantity
    :param quantity: how many of the ``sold``
    """
    ids = sorted(products.ids)
    return SoldLineV1(
        order_id=str(line.order_id.id),
        channel=channel,
        line_id=str(line.id),
        position=ids.index(line.id) if line.id in ids else None,
        sold=decimal(sold),
        quantity=decimal(quantity),
    )


def tax_rate(tax):
    """Return an ``account.tax`` in percent, as a decimal string, None for one that is no percentage."""
    return decimal(tax.amount) if tax.amount_type in ("percent", "division") else None
