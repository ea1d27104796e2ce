"""Codes of loyalty engines on quotations and in carts: asked for when they are entered, held, and used once."""

import time
from contextlib import contextmanager, suppress
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...connectors.asking import ask
from ...connectors.loyalty import CodeQuestion, order_key
from ...core.errors import BusinessError, RemoteError
from ..source.canonical_values import decimal
from .code_program import GIFT_CARD

ANSWER_SECONDS = 3
MOST_RELEASES = 5
REFUSED_SECONDS = 30  # for which a web shop is not asked again about a code that a cart cannot have as it is
MOST_REFUSALS = 1_000
WHOLE = 1.0  # a coupon is used, or it is not


_refusals = {}  # in each process: {(database, order, its total, code): (until, why it cannot be used)}


class RetailLoyaltyHold(models.Model):
    _inherit = "retail.loyalty.hold"

    sale_order_id = fields.Many2one("sale.order", readonly=True, ondelete="set null", index="btree_not_null")

    @api.model
    def _of_sale(self, order, card):
        """Return the hold of a code for an order, whatever its state."""
        return self.search(
            [("sale_order_id", "=", order.id), ("card_id", "=", card.id)], order="id desc", limit=1
        )

    @api.model
    def _ended_early(self, code, order):
        """Return the names, at an engine, of the holds of a code for other orders that ended before their time."""
        domain = [
            ("card_id.code", "=", code),
            ("state", "in", ("released", "expired")),
            ("held_until", ">", fields.Datetime.now()),
            ("external_id", "=like", "sale/%"),
            ("sale_order_id", "!=", order.id),
        ]
        holds = self.search(domain, order="id desc", limit=MOST_RELEASES)
        return [order_key("sales", hold.external_id.split("/")[1]) for hold in holds]

    @api.model
    def _hold_for_sale(self, order, card, minutes):
        """Have an order hold what a code is worth; return whether it is there, and not held for another order.

        :param card: as the superuser
        """
        hold = self._of_sale(order, card)
        if hold.state == "held":
            hold._end("released")
        self._expire(card)
        available = card.points - card._retail_held()[card]
        points = available if card.program_type == GIFT_CARD else WHOLE
        if points <= 0 or not self.env["retail.loyalty.account"]._reserve(card, decimal(points)):
            return False
        values = {
            "state": "held",
            "points": points,
            "spent": 0,
            "held_until": fields.Datetime.now() + timedelta(minutes=minutes),
            "ended_at": False,
        }
        if hold:
            hold.write(values)
            return True
        engine = card._retail_code_engine()
        key = {"connector_id": engine.id, "external_id": f"sale/{order.id}/{card.id}"}
        about = {"sale_order_id": order.id, "card_id": card.id, "reference": order.name}
        self.create({**key, **about, **values, "company_id": order.company_id.id})
        return True


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # -- entering a code ---------------------------------------------------------------------------

    def _try_apply_code(self, code):
        """Ask the loyalty engine that has the code first, and hold it for this order."""
        self.ensure_one()
        code, problem = self._retail_get_code(code)
        if problem:
            return {"error": problem}
        result = super()._try_apply_code(code)
        if "error" in result:
            self._retail_drop_codes()
        return result

    def _retail_get_code(self, code):
        """Have the card of an engine's code here, as the engine says it is now, and held for this order.

        :return: (the code as the engine writes it, why it cannot be used or None)
        """
        engines = self.env["retail.connector"]._code_engines(self.company_id)
        if not code or not engines or self._retail_is_own_code(code):
            return code, None
        card = engines.env["loyalty.card"].search([("code", "=", code)])
        known = card._retail_code_engine()
        if known and self._retail_holds_code(card):
            return code, None
        if card.program_type == GIFT_CARD and card._retail_held()[card]:
            return code, self._retail_in_use()  # asked for, the engine would hold a part of it
        if self.state not in ("draft", "sent"):
            return code, self.env._("Enter codes before the order is confirmed.") if known else None
        for engine in known or engines:
            found, problem = self._retail_ask_code(engine, code)
            if problem:
                return code, problem
            if found:
                return found.code, self._retail_hold_code(engine, found)
        return code, known and self.env._("%(engine)s does not know this code any more.", engine=known.name)

    def _retail_is_own_code(self, code):
        """Return whether a code is one of Odoo's own programs and cards."""
        # As the superuser: whoever enters a code may have no rights on programs; they learn nothing by this.
        rules = self.env["loyalty.rule"].sudo()
        if rules.search_count([("mode", "=", "with_code"), ("code", "=", code)], limit=1):
            return True
        card = rules.env["loyalty.card"].search([("code", "=", code)])
        return bool(card) and not card._retail_code_engine()

    def _retail_ask_code(self, engine, code):
        """Ask an engine for a code; return (what it is worth, why it cannot be used): one of them, or neither.

        A web shop tries a code that it was given in a link each time that the cart changes. It gets the same answer for
        a while.
        """
        key = (self.env.cr.dbname, self.id, self.amount_total, code)
        is_web = self._retail_channel() == "web"
        until, problem = _refusals.get(key, (0.0, None))
        if is_web and time.monotonic() < until:
            return None, problem
        found, problem = self._retail_answer(engine, code)
        if is_web and problem:
            while len(_refusals) >= MOST_REFUSALS:
                _refusals.pop(next(iter(_refusals)), None)
            _refusals[key] = (time.monotonic() + REFUSED_SECONDS, problem)
        return found, problem

    def _retail_answer(self, engine, code):
        """Return the same, from the engine."""
        currency = engine.company_id.currency_id
        if self.currency_id != currency:
            return None, self.env._(
                "Codes of %(engine)s can only be used for orders in %(currency)s.",
                engine=engine.name,
                currency=currency.name,
            )
        try:
            return self._retail_asked(engine, code), None
        except BusinessError as error:
            return None, self.env._(
                "%(engine)s refuses this code: %(reason)s", engine=engine.name, reason=error.message
            )
        except (RemoteError, UserError):
            return None, self.env._(
                "%(engine)s does not answer, so nobody can say whether this code is valid. Try again later.",
                engine=engine.name,
            )

    def _retail_asked(self, engine, code):
        """
        :raise RemoteError: the engine refuses the code, or did not answer
        :raise UserError: the connector cannot be used
        """
        if not engine._is_started():
            raise UserError(self.env._("%(engine)s is paused.", engine=engine.name))
        # As the superuser: what the engine has to know of an order does not depend on who sells.
        order = self.sudo()._retail_canonical("order.placed", {}).canonical()
        question = CodeQuestion(
            code=code, order=order, hold=self._retail_code_hold(), minutes=engine.code_minutes
        )
        with self._retail_code_engine(engine) as adapter:
            for ended in engine.env["retail.loyalty.hold"]._ended_early(code, self):
                ask(adapter.release_code, code, ended)
            return ask(adapter.ask_code, question)

    @contextmanager
    def _retail_code_engine(self, engine):
        """Yield the adapter, which has to answer soon.

        :raise UserError: the connector cannot be used
        """
        connection = engine._connection(
            connect_timeout=ANSWER_SECONDS / 3, read_timeout=ANSWER_SECONDS * 2 / 3
        )
        with connection as adapter:
            connection.set_deadline(time.monotonic() + ANSWER_SECONDS)
            yield adapter

    def _retail_hold_code(self, engine, found):
        """Hold a code for this order; return why it cannot be held, None if it is."""
        if self._retail_is_own_code(found.code):
            return self.env._("A coupon or program of Odoo has the same code. Change that one.")
        card = self.env["loyalty.card"]._retail_for_code(engine, found)
        if card.env["retail.loyalty.hold"]._hold_for_sale(self, card, engine.code_minutes):
            return None
        self._retail_release_at_engine(engine, found.code)
        if card._retail_held()[card]:
            return self._retail_in_use()
        return self.env._("This code has been used already, or has nothing left.")

    def _retail_in_use(self):
        return self.env._("This code is being used in another order. Try again later.")

    def _retail_release_at_engine(self, engine, code):
        """Have the engine hold a code for this order no longer. If it does not answer, its own time ends that."""
        with suppress(RemoteError, UserError), self._retail_code_engine(engine) as adapter:
            ask(adapter.release_code, code, self._retail_code_hold())

    # -- what is held ------------------------------------------------------------------------------

    def _retail_code_holds(self):
        """Return the holds (superuser) of these orders that have not ended, whether their time is over or not."""
        # As the superuser: whoever sells has no rights on holds.
        holds = self.env["retail.loyalty.hold"].sudo()
        return (
            holds.search([("sale_order_id", "in", self.ids), ("state", "=", "held")]) if self.ids else holds
        )

    def _retail_holds_code(self, card):
        return any(hold.card_id == card and hold._is_valid() for hold in self._retail_code_holds())

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """What is held for the order itself can be spent by it."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm=post_confirm)
        # As the superuser: see above.
        if not coupon.id or not coupon._retail_code_engine():
            return points
        own = self._retail_code_holds().filtered(lambda hold: hold.card_id.id == coupon.id)
        return points + sum(hold.points for hold in own if hold._is_valid())

    def _retail_used_codes(self):
        """Return ``{card (superuser) of an engine's code: points that the order's rewards cost}``."""
        # As the superuser: whoever confirms an order may have no rights on cards.
        used = {}
        for line in self.sudo().order_line:
            if line.coupon_id and line.coupon_id._retail_code_engine():
                used[line.coupon_id] = used.get(line.coupon_id, 0.0) + line.points_cost
        return used

    def _retail_drop_codes(self):
        """Release the codes that the orders do not have any more."""
        for hold in self._retail_code_holds():
            # As the superuser: see above.
            order = hold.sale_order_id
            if hold.card_id not in order.applied_coupon_ids | order.order_line.coupon_id:
                hold._end("released")

    def _update_programs_and_rewards(self):
        result = super()._update_programs_and_rewards()
        self._retail_drop_codes()
        return result

    # -- confirming and cancelling -----------------------------------------------------------------

    def action_confirm(self):
        """Use the codes of the orders: what is held becomes what is spent."""
        for order in self.filtered(lambda order: order.state in ("draft", "sent")):
            order._retail_use_codes()
        return super().action_confirm()

    def _retail_use_codes(self):
        """End the holds of the order's codes, so that Odoo can spend them.

        :raise UserError: the time is over, and another order has a code
        """
        for card, points in self._retail_used_codes().items():
            holds = card.env["retail.loyalty.hold"]
            hold = holds._of_sale(self, card)
            if not (hold and hold._is_valid()) and not holds._hold_for_sale(self, card, 1):
                raise UserError(
                    self.env._(
                        "The code %(code)s is not held for this order any more, and has been used elsewhere. Remove it"
                        " from the order.",
                        code=card.code,
                    )
                )
            holds._of_sale(self, card)._end("committed", spent=points)
        self._retail_code_holds()._end("released")

    def _action_cancel(self):
        result = super()._action_cancel()
        self._retail_code_holds()._end("released")
        return result

    def unlink(self):
        self._retail_code_holds()._end("released")
        return super().unlink()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders.exists()._retail_drop_codes()
        return result
