"""Gift cards of engines in the proof: what an engine says of a card is compared with the ledger, each night.

A gift card belongs to nobody, and its engine lists no changes that could be entered: only its balance is read.
"""

from datetime import UTC, datetime
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...connectors.loyalty import EngineCode, GiftCardEngine, Membership
from .code_program import GIFT_CARD
from .engine_difference import ABSENT, ENGINE
from .mirror import SMALLEST, Reading
from .remote_account import STEPS


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    def _gift_card_engine(self):
        """Return the connector (superuser) of the engine whose gift card it is; empty if it is none's."""
        engine = self.card_id._retail_code_engine()
        return engine if self.program_id.program_type == GIFT_CARD else engine.browse()

    @api.model
    def _read_gift_cards(self):
        """Have the balances of gift cards read from their engines once: those that are due already go first."""
        engines = self.env["retail.connector"].search([("uses_codes", "=", True)])
        engines = engines.filtered(
            lambda engine: engine.can_use_codes and issubclass(engine._get_provider().adapter, GiftCardEngine)
        )
        self.env.execute_query(
            SQL(
                """
                UPDATE retail_loyalty_account a SET read_due_at = clock_timestamp() AT TIME ZONE 'UTC', read_step = %s
                  FROM loyalty_program p, loyalty_card c
                 WHERE p.id = a.program_id AND p.retail_code_connector_id = ANY(%s) AND p.program_type = %s
                   AND c.id = a.card_id AND c.active AND a.read_due_at IS NULL
             RETURNING a.id
                """,
                len(STEPS) - 1,
                engines.ids,
                GIFT_CARD,
            )
        )
        self.invalidate_model(["read_due_at", "read_step"])

    def _enter_reading(self, reading):
        engine = self._gift_card_engine()
        return self._compare_gift_card(engine, reading) if engine else super()._enter_reading(reading)

    def _compare_gift_card(self, engine, reading):
        """Note whether the ledger has what the engine said, less what it has not heard of yet; return True.

        What is on its way just now is compared the next time.
        """
        self._lock()
        if self.read_at and reading.read_at < self.read_at:
            return True
        there = float(reading.membership.balance) if reading.membership else 0.0
        self.write({"remote_balance": there, "read_at": reading.read_at})
        if not self.card_id._retail_code_is_moving(engine, reading.read_at):
            expected = self.balance + self.card_id._retail_unsent_of_code(engine)
            cause = ENGINE if reading.membership else ABSENT
            differs = abs(expected - there) > SMALLEST
            self.env["retail.loyalty.difference"]._note_engine(self, cause if differs else None)
        return True

    def _follow_engine(self):
        """Set a gift card to what the engine has said, less what it has not heard of yet.

        :raise UserError: the card was used since
        """
        engine = self._gift_card_engine()
        if not engine:
            return super()._follow_engine()
        if self.card_id._retail_code_is_moving(engine, self.read_at):
            raise UserError(
                self.env._(
                    "%(card)s was used since its balance was read. Click Compare Now, and try again.",
                    card=self.card_id.display_name,
                )
            )
        value = Decimal(str(self.remote_balance))
        self.card_id._retail_enter_code(
            engine, EngineCode(code=self.card_id.code, kind=GIFT_CARD, value=value)
        )
        return None


class RetailLoyaltyReader(models.AbstractModel):
    _inherit = "retail.loyalty.reader"

    @api.model
    def _ask(self, adapter, account):
        """Of a gift card, ask for its balance."""
        if not account._gift_card_engine():
            return super()._ask(adapter, account)
        started_at, card = datetime.now(UTC).replace(tzinfo=None), account.card_id
        balance = adapter.gift_card_balance(card.code, card.program_id.currency_id.name)
        membership = None if balance is None else Membership(remote_id="", balance=balance)
        return Reading(membership, (), started_at)


class RetailLoyaltyDifference(models.Model):
    _inherit = "retail.loyalty.difference"

    @api.model
    def _cron_prove(self):
        """Also have gift cards read, together with the members."""
        self.env["retail.loyalty.account"]._read_gift_cards()
        return super()._cron_prove()

    def _compute_correction(self):
        """The engine decides what its gift cards have, also if it does not know one any more."""
        result = super()._compute_correction()
        for each in self.filtered(lambda each: each.is_of_engine and each._is_of_gift_card()):
            each.correction = "follow"
        return result

    def _is_of_gift_card(self):
        # As the superuser: whoever corrects may have no rights on programs.
        return bool(self.sudo().program_id.retail_code_connector_id)

    def action_send_balance(self):
        """Not for gift cards of an engine."""
        found = self.filtered(lambda each: each.state == "open" and each._is_of_gift_card())
        if found:
            raise UserError(
                self.env._(
                    "%(card)s is a gift card of %(engine)s, which decides what it has. Take the engine's balance, or"
                    " correct the card there.",
                    card=found[0].card_name,
                    # As the superuser: see above.
                    engine=found[0].sudo().program_id.retail_code_connector_id.name,
                )
            )
        return super().action_send_balance()
