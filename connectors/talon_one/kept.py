"""Points that Talon.One leaves with a customer although their goods came back. Pure functions.

By its return policy, a program gives up pending points only, or no more than the balance. And points of a whole session
stay until it is cancelled. What stays is an effect of the session that is still valid.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from ..loyalty import KeptPoints, customer_of
from .points import DIGITS, number

ADDED = "addLoyaltyPoints"


class Units(NamedTuple):
    """How many units of each item were returned before a change, and after it: ``{position: units}``."""

    before: Mapping[int, int]
    after: Mapping[int, int]


def rows_of(session, entries):
    """Return what a return changed, for a checkpoint: a list of ``[position, units before, units after]``.

    :param session: after the return
    :param entries: what was returned, see :func:`~.returns.body_of`
    """
    now = {each["position"]: each["quantity"] for each in entries}
    rows = enumerate(map(_returned, session.get("cartItems") or ()))
    return [[position, units - now.get(position, 0), units] for position, units in rows]


def units_of(rows):
    """Return the :class:`Units` of :func:`rows_of`."""
    return Units(*({row[0]: row[number] for row in rows} for number in (1, 2)))


def units_of_rest(session):
    """Return the :class:`Units` of a cancellation: all that was not returned before."""
    items = list(enumerate(session.get("cartItems") or ()))
    before = {position: _returned(item) for position, item in items}
    return Units(before, {position: int(item["quantity"]) for position, item in items})


def _returned(item):
    return int(item.get("returnedQuantity") or 0)


def owned(programs):
    """Return ``{(id, wallet): Odoo's id}`` of the programs whose points Talon.One owns.

    :param programs: ``{Odoo's id: EngineProgram}``
    """
    return {(each.id, each.wallet): key for key, each in programs.items() if each.owns_points}


def points_of(answer, units, programs, booked=None):
    """Return ``{(Odoo's id of a program, id of a customer): points}``, a Counter.

    Points of a whole session belong to its items in proportion to their prices.

    :param answer: a session as Talon.One has it now, with its effects
    :param units: the :class:`Units` that came back
    :param programs: of :func:`owned`
    :param booked: the UUIDs of the transactions that count; None: all do
    """
    items, found = answer["customerSession"].get("cartItems") or (), Counter()
    for each in answer.get("effects") or ():
        props = each.get("props") or {}
        program = programs.get((str(props.get("programId")), props.get("subLedgerId") or ""))
        customer_id = customer_of(str(props.get("recipientIntegrationId") or ""))
        is_booked = booked is None or props.get("transactionUUID") in booked
        is_own = bool(program and customer_id) and not props.get("cardIdentifier")
        if each.get("effectType") == ADDED and is_own and is_booked:
            before, after = (_part(props, items, returned) for returned in units)
            found[program, customer_id] += after - before
    return +found


def as_list(counters):
    """Return a list of :class:`~..loyalty.KeptPoints`, one for each customer and program."""
    return [KeptPoints(*owner, points) for owner, points in sum(counters, Counter()).items()]


def _part(props, items, returned):
    """Return the points of an effect that belong to the returned units of its item, or of all items."""
    points, position = number(props.get("value")), props.get("cartItemPosition")
    if position is None:
        weights = {place: number(item.get("price")) for place, item in enumerate(items)}
    else:
        weights = {int(position): Decimal(1)}
    unit = props.get("cartItemSubPosition")
    if position is not None and unit is not None:  # those that come back first have the lowest numbers
        return points if int(unit) < returned.get(int(position), 0) else Decimal()
    total = sum(weight * int(items[place]["quantity"]) for place, weight in weights.items())
    back = sum(weight * returned.get(place, 0) for place, weight in weights.items())
    return round(points * back / total, DIGITS) if total else Decimal()
