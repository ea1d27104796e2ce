"""The contract between the hub and a loyalty engine: what it can do, and what it says about a member. Plain Python."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .items import Item

TransactionKind = Literal["earn", "redeem", "reverse", "adjust", "expire"]
TransactionState = Literal["booked", "pending", "rejected"]
CodeKind = Literal["amount", "percent", "gift_card"]
_KEY = re.compile(r"#([0-9a-f-]{36})$")
_ORDER = re.compile(r"(pos|sale)-(\d{1,18})")
_CUSTOMER = re.compile(r"odoo-(\d{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyAbilities:
    """What an engine can do. The hub makes up for what it cannot.

    :param holds_points: it can reserve points for a checkout
    :param reverses_parts: a return of a part of an order takes back the points of that part. What its settings leave
        with the customer is in ``kept_points`` of the outcome
    :param has_pending_points: points can wait for their activation
    :param reports_changes: it sends a webhook when a balance changes
    :param has_idempotency_keys: points that were sent twice with one key are booked once
    :param has_fractions: points can have decimals
    :param counts_codes_when_paid: a code of an order counts as used when the order is paid, and not when it is redeemed
    """

    holds_points: bool = False
    reverses_parts: bool = False
    has_pending_points: bool = False
    reports_changes: bool = False
    has_idempotency_keys: bool = False
    has_fractions: bool = False
    counts_codes_when_paid: bool = False


@dataclass(frozen=True, slots=True)
class EngineProgram:
    """A program of the engine to which one of Odoo's is linked.

    :param id: the engine's id of the program
    :param wallet: which of the program's balances, by the engine's id; empty if it has one
    :param owns_points: whether the engine decides how many points members have; otherwise Odoo does
    """

    id: str
    wallet: str = ""
    owns_points: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTransaction:
    """A change of a member's balance, as the engine keeps it.

    :param points: negative if the member lost them
    :param key: the idempotency key of the item that asked for it; empty if the hub did not. An engine may not keep it:
        then the ``transaction`` in the response of the item's outcome is the id
    :param order: the ``external key`` of the order, see :func:`order_key`; empty if the engine does not say
    :param group: what transactions of one order have in common; empty if nothing
    :param reason: for people; why it was refused, if it was
    """

    id: str
    kind: TransactionKind
    state: TransactionState
    points: Decimal
    occurred_at: datetime
    key: str = ""
    order: str = ""
    group: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class KeptPoints:
    """Points that an engine left with a member although it got to know that the goods came back.

    :param program_id: of Odoo's loyalty program
    :param customer_id: of the canonical customer whom the engine knows as the member
    """

    program_id: str
    customer_id: str
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeQuestion:
    """A code that somebody wants to use for an order that is not confirmed yet.

    :param order: canonical data of the order, without what the code itself deducts
    :param hold: the name of the hold of all codes of this order
    :param minutes: for which the engine holds the code for this order, if it can
    """

    code: str
    order: Mapping[str, Any]
    hold: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCode:
    """What a code is worth, according to the engine.

    :param code: as the engine writes it
    :param value: an amount, a percentage, or the balance of a gift card
    :param maximum: the most that a percentage deducts; None: no limit
    :param uses: how often it can be used now, this time included; None: no limit
    :param expires_on: the last day on which it can be used; None: never
    """

    code: str
    kind: CodeKind
    value: Decimal
    maximum: Decimal | None = None
    uses: int | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points that expire, or become available, on one day."""

    day: date
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a member has in one program now.

    :param remote_id: of the member's balance
    :param balance: points that can be spent
    :param pending: points that cannot be spent yet
    :param tier: name of the member's level; empty if there are none
    :param expiring: the next points to expire
    """

    remote_id: str
    balance: Decimal
    pending: Decimal = Decimal()
    tier: str = ""
    expiring: Sequence[Lot] = ()


def order_key(channel: str, order_id: str) -> str:
    """Return the name of an order at an engine: ``pos-7``, or ``sale-7`` for orders of salespeople and the web shop."""
    return f"{'pos' if channel == 'pos' else 'sale'}-{order_id}"


def order_of(key: str) -> tuple[str, int] | None:
    """Return ``("pos", 7)`` or ``("sale", 7)`` of the name of an order at an engine; None if it is no order of ours."""
    found = _ORDER.fullmatch(key)
    return (found[1], int(found[2])) if found else None


def reason_of(item: "Item", longest: int) -> str:
    """Return a text for a change of points, by which it is found again: ``Redeemed: S00042 #<key of the item>``.

    :param longest: the characters that an engine takes
    """
    what = item.data.get("order_number") or item.data.get("reason") or ""
    label = item.event_type.partition(".")[2].capitalize()
    text = f"{label}: {what}" if what else label
    tail = f" #{item.idempotency_key}"
    return text[: longest - len(tail)] + tail


def key_in(reason: str) -> str:
    """Return the key of the item in the text of :func:`reason_of`; empty if there is none."""
    found = _KEY.search(reason)
    return found[1] if found else ""


def customer_key(customer_id: str) -> str:
    """Return the name of a customer at an engine. It never changes, unlike an email address."""
    return f"odoo-{customer_id}"


def customer_of(key: str) -> str:
    """Return the canonical id of the customer with this name at an engine; empty if it is none of ours."""
    found = _CUSTOMER.fullmatch(key)
    return found[1] if found else ""


@runtime_checkable
class LoyaltyEngine(Protocol):
    """An adapter whose remote system keeps balances of points."""

    def has_program(self, program: EngineProgram) -> bool | None:
        """Return whether the engine has a program, with this wallet; None if the connector may not ask for programs.

        :raise RemoteError: the call failed
        """

    def membership(self, program: EngineProgram, customer_id: str) -> Membership | None:
        """Return what a customer has in a program; None if they are no member.

        :param customer_id: of the canonical customer
        :raise RemoteError: the call failed
        """

    def transactions(
        self, program: EngineProgram, remote_id: str, after: str = "", since: datetime | None = None
    ) -> Sequence[EngineTransaction]:
        """Return the changes of a member's balance, the oldest first.

        :param remote_id: of :class:`Membership`
        :param after: the id of the last one that is known and will not change; empty for all
        :param since: without those that are older (UTC, naive)
        :raise RemoteError: a call failed
        """


@runtime_checkable
class ForecastEngine(Protocol):
    """A loyalty engine that says what an order would earn, before it is paid."""

    def forecast(self, program: EngineProgram, order: Mapping[str, Any]) -> Decimal:
        """Return the points that the customer of an order would earn if it was paid now. Nothing is kept.

        :param order: canonical data of the order, with a customer
        :raise RemoteError: the call failed
        """


@runtime_checkable
class CodeEngine(Protocol):
    """An adapter whose remote system has codes of coupons and gift cards, which orders in Odoo can use.

    It sends ``code.redeemed`` and ``code.reversed``, too: an order was confirmed with a code, or gave it back.
    """

    def ask_code(self, question: CodeQuestion) -> EngineCode | None:
        """Return what a code is worth for an order now; None if there is no such code.

        If the engine can, it holds the code for the order from now on. A question about the same code and order
        replaces the former one.

        :raise BusinessError: the code cannot be used for this order; the message says why, for whoever entered it
        :raise RemoteError: the call failed
        """

    def release_code(self, code: str, hold: str) -> None:
        """Free a code that the engine holds for an order, if it does.

        :param hold: see :class:`CodeQuestion`
        :raise RemoteError: the call failed
        """


@runtime_checkable
class GiftCardEngine(Protocol):
    """An adapter whose remote system has gift cards, and says what is left of one."""

    def gift_card_balance(self, code: str, currency: str) -> Decimal | None:
        """Return what a gift card has now, whatever is held of it; None if there is no such card. Nothing is held.

        :raise RemoteError: the call failed
        """
