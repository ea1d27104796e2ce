"""A customer's loyalty cards, as a caller may ask for them. Version 1."""

from .base import Canonical, Decimal
from .loyalty import Date, ProgramType


class LoyaltyBalanceV1(Canonical):
    """A card of a customer. ``held`` is what is reserved for checkouts, ``available`` the ``balance`` without that.

    ``pending`` points cannot be spent yet: they are not in the ``balance``. ``expiring`` is how many points expire
    next, and ``expiring_on`` the last day on which they can be spent.
    """

    card_id: str
    code: str
    program_id: str
    program: str
    program_type: ProgramType
    unit: str = ""
    balance: Decimal
    held: Decimal
    available: Decimal
    pending: Decimal = "0"
    expiring: Decimal = "0"
    expiring_on: Date | None = None
    expires_on: Date | None = None


class LoyaltyMemberV1(Canonical):
    """The cards of a customer that can be used today."""

    external_id: str
    customer_id: str
    cards: tuple[LoyaltyBalanceV1, ...]
