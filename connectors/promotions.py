"""The contract between the hub and a system that has promotions, prices and segments, too. Plain Python."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, runtime_checkable

DiscountKind = Literal["percent", "amount"]
Change = Literal["dates", "is_active", "discount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionAbilities:
    """What a system can do with promotions.

    :param creates: it makes a promotion with a code that customers enter
    :param has_prices: it has a price for each product
    :param has_segments: it has groups of customers with names
    """

    creates: bool = False
    has_prices: bool = False
    has_segments: bool = False


@dataclass(frozen=True, slots=True)
class Discount:
    """What is taken off an order.

    :param value: percent, or an amount of money
    """

    kind: DiscountKind
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A promotion of the remote system.

    :param id: what the adapter needs to change it
    :param code: which customers enter; empty if they enter none, or each has a code of their own
    :param has_own_codes: whether each customer has a code of their own
    :param gives_points: whether it is the rules of a loyalty program, and nothing that customers get for less
    :param starts_at: UTC, naive; None: it has begun
    :param ends_at: from when it is over (UTC, naive); None: it goes on
    :param is_active: whether it is switched on, whatever the dates are
    :param discount: None: another one than Odoo can compare, or it is not known
    :param can_change: what :meth:`PromotionEngine.change_campaign` can change
    """

    id: str
    name: str
    code: str = ""
    has_own_codes: bool = False
    gives_points: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_active: bool = True
    discount: Discount | None = None
    can_change: frozenset[Change] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a product, as customers pay it: with taxes.

    :param id: what the adapter needs to change it
    :param sku: the product's internal reference in Odoo
    """

    id: str
    sku: str
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A group of customers.

    :param customers: the canonical ids of those whom Odoo has sent
    """

    id: str
    name: str
    customers: frozenset[str]


@runtime_checkable
class PromotionEngine(Protocol):
    """An adapter whose remote system has promotions."""

    def campaigns(self, codes: Collection[str]) -> Sequence[Campaign]:
        """Return the promotions.

        :param codes: of Odoo's own: whatever has one of them is among those that are returned
        :raise RemoteError: a call failed
        """

    def prices(self) -> Sequence[Price]:
        """Return the prices of products; empty if the system has none.

        :raise RemoteError: a call failed
        """

    def segments(self, names: Collection[str]) -> Sequence[Segment]:
        """Return the segments with these names; empty if the system has none.

        :raise RemoteError: a call failed
        """

    def create_campaign(self, campaign: Campaign) -> str:
        """Make a promotion with a code, if there is none with that code; return its id.

        :param campaign: its ``id`` is empty
        :raise RemoteError: the call failed
        """

    def change_campaign(self, campaign_id: str, changes: Mapping[str, Any]) -> None:
        """Change a promotion.

        :param changes: ``starts_at`` and ``ends_at``, ``is_active``, or ``discount``, as in :class:`Campaign`
        :raise RemoteError: the call failed
        """

    def change_price(self, price_id: str, price: Decimal) -> None:
        """Change the price of a product.

        :raise RemoteError: the call failed
        """
