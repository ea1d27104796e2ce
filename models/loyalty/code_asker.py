"""Asking loyalty engines for codes that somebody enters, and holding them: for quotations, carts and tills alike."""

import logging
import time
from collections.abc import Callable, Hashable
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.http import request

from ...connectors.asking import ask
from ...connectors.loyalty import CodeQuestion
from ...core.errors import BusinessError, RemoteError
from .code_program import GIFT_CARD

_logger = logging.getLogger(__name__)

ANSWER_SECONDS = 3
REFUSED_SECONDS = 30  # for which nobody is asked again about a code that a cart cannot have as it is
MOST_REFUSALS = 1_000

_refusals = {}  # in each process: {(database, basket, code): (until, why it cannot be used)}


class Basket(NamedTuple):
    """What somebody wants to use a code for.

    :param hold: the name under which an engine holds codes for it
    :param order: returns its canonical data, without what the code deducts
    :param has: takes a card; returns whether it is held for the basket already
    :param take: takes a card and minutes, and holds it; returns whether it could
    :param repeats: what identifies the basket as it is, if the same code is tried again and again; None: ask each time
    """

    company: Any
    currency: Any
    hold: str
    order: Callable
    has: Callable
    take: Callable
    repeats: Hashable = None


class CodeAsker(models.AbstractModel):
    _name = "retail.code.asker"
    _description = "Retail Hub: Asks for Codes"

    @api.model
    def _get_code(self, code, basket):
        """Have the card of an engine's code here, as the engine says it is now, and held for a basket.

        :return: (the code as the engine writes it, why it cannot be used; None if it can, or is none of an engine)
        """
        engines = self.env["retail.connector"]._code_engines(basket.company)
        if not code or not engines or self._is_own(code):
            return code, None
        card = engines.env["loyalty.card"].search([("code", "=", code)])
        known = card._retail_code_engine()
        if known and basket.has(card):
            return code, None
        if card.program_type == GIFT_CARD and card._retail_held()[card]:
            return code, self._in_use()  # asked for, the engine would hold a part of it
        if not self._may_guess():
            return code, self.env._("You have tried too many codes. Try again in a few minutes.")
        for engine in known or engines:
            found, problem = self._ask(engine, code, basket)
            if found:
                return found.code, self._hold(engine, found, basket)
            if problem:
                return code, problem
        if not known:
            return code, None
        return code, self.env._("%(engine)s does not know this code any more.", engine=known.name)

    @api.model
    def _visitor(self):
        """Return the address of a visitor of a web shop; None for those who work here."""
        if not request or self.env.user._is_internal():
            return None
        return request.httprequest.remote_addr

    @api.model
    def _may_guess(self):
        visitor = self._visitor()
        return not visitor or self.env["retail.code.guess"]._has_some(visitor)

    @api.model
    def _count_guess(self):
        if visitor := self._visitor():
            self.env["retail.code.guess"]._count(visitor)

    @api.model
    def _is_own(self, code):
        """Return whether a code is one of Odoo's own programs and cards."""
        # As the superuser: whoever enters a code may have no rights on programs; they learn nothing by this.
        rules = self.env["loyalty.rule"].sudo()
        if rules.search_count([("mode", "=", "with_code"), ("code", "=", code)], limit=1):
            return True
        card = rules.env["loyalty.card"].search([("code", "=", code)])
        return bool(card) and not card._retail_code_engine()

    @api.model
    def _is_of_engine(self, code):
        """Return whether a code is a known one of an engine."""
        # As the superuser: see above.
        card = self.env["loyalty.card"].sudo().search([("code", "=", code)])
        return bool(card._retail_code_engine())

    # -- asking ------------------------------------------------------------------------------------

    @api.model
    def _ask(self, engine, code, basket):
        """Ask an engine for a code; return (what it is worth, why it cannot be used): one of them, or neither.

        A web shop tries a code that it was given in a link each time that the cart changes. It gets the same answer for
        a while.
        """
        key = basket.repeats and (self.env.cr.dbname, basket.repeats, code)
        until, problem = _refusals.get(key, (0.0, None))
        if time.monotonic() < until:
            return None, problem
        found, problem = self._answer(engine, code, basket)
        if key and problem:
            while len(_refusals) >= MOST_REFUSALS:
                _refusals.pop(next(iter(_refusals)), None)
            _refusals[key] = (time.monotonic() + REFUSED_SECONDS, problem)
        return found, problem

    @api.model
    def _answer(self, engine, code, basket):
        """Return the same, from the engine."""
        currency = engine.company_id.currency_id
        if basket.currency != currency:
            return None, self.env._(
                "Codes of %(engine)s can only be used for orders in %(currency)s.",
                engine=engine.name,
                currency=currency.name,
            )
        try:
            found = self._answer_of(engine, code, basket)
            if not found:
                self._count_guess()
            return found, None
        except BusinessError as error:
            self._count_guess()
            return None, self.env._(
                "%(engine)s refuses this code: %(reason)s", engine=engine.name, reason=error.message
            )
        except (RemoteError, UserError) as error:
            _logger.warning("Cannot ask connector %s for a code: %s", engine.id, error)
            return None, self.env._(
                "%(engine)s cannot say now whether this code is valid. Try again later.", engine=engine.name
            )

    @api.model
    def _answer_of(self, engine, code, basket):
        """
        :raise RemoteError: the engine refuses the code, or did not answer
        :raise UserError: the connector cannot be used
        """
        if not engine._is_started():
            raise UserError(self.env._("%(engine)s is paused.", engine=engine.name))
        question = CodeQuestion(
            code=code, order=basket.order(), hold=basket.hold, minutes=engine.code_minutes
        )
        with self._adapter(engine) as adapter:
            for ended in engine.env["retail.loyalty.hold"]._ended_early(code, basket.hold):
                ask(adapter.release_code, code, ended)
            return ask(adapter.ask_code, question)

    @contextmanager
    def _adapter(self, engine):
        """Yield the adapter, which has to answer soon.

        :raise UserError: the connector cannot be used
        """
        connection = engine._connection(
            connect_timeout=ANSWER_SECONDS / 3, read_timeout=ANSWER_SECONDS * 2 / 3
        )
        with connection as adapter:
            connection.set_deadline(time.monotonic() + ANSWER_SECONDS)
            yield adapter

    # -- holding -----------------------------------------------------------------------------------

    @api.model
    def _hold(self, engine, found, basket):
        """Hold a code for a basket; return why it cannot be held, None if it is."""
        if self._is_own(found.code):
            return self.env._("A coupon or program of Odoo has the same code. Change that one.")
        card = self.env["loyalty.card"]._retail_for_code(engine, found)
        if basket.take(card, engine.code_minutes):
            return None
        # If the engine does not answer, its own time ends the hold.
        with suppress(RemoteError, UserError), self._adapter(engine) as adapter:
            ask(adapter.release_code, found.code, basket.hold)
        if card._retail_held()[card]:
            return self._in_use()
        return self.env._("This code has been used already, or has nothing left.")

    @api.model
    def _in_use(self):
        return self.env._("This code is being used in another order. Try again later.")
