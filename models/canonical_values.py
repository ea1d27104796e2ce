"""Values of Odoo in canonical form."""


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
