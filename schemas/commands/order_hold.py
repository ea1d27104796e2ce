"""Commands about orders that are not shipped yet: held for a customer, or flagged for a review. Version 1."""

from ..base import Canonical
from .base import CommandType, ExternalId
from .order import HoldMinutes, OrderResultV1, subject


class OrderHoldV1(Canonical):
    """Hold an order longer: for ``minutes`` from now. A hold is never shortened."""

    external_id: ExternalId
    minutes: HoldMinutes


class OrderConfirmV1(Canonical):
    """Confirm an order that is held. It is shipped unless it is to be reviewed besides."""

    external_id: ExternalId


class OrderReleaseV1(Canonical):
    """Release an order that is to be reviewed, so that it is shipped."""

    external_id: ExternalId


COMMAND_TYPES = (
    CommandType("order.hold", OrderHoldV1, OrderResultV1, "orders:write", "Hold an order longer", subject),
    CommandType(
        "order.confirm", OrderConfirmV1, OrderResultV1, "orders:write", "Confirm a held order", subject
    ),
    CommandType(
        "order.release", OrderReleaseV1, OrderResultV1, "orders:write", "Release a reviewed order", subject
    ),
)
