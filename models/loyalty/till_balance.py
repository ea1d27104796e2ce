"""Balances for a till: what the engine says now, or what it said the last time."""

import logging
import time

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...core.errors import RemoteError

_logger = logging.getLogger(__name__)

ENGINE_SECONDS = 0.4  # within which an engine has to answer: a till shows what it has after 0.5


class PosConfig(models.Model):
    _inherit = "pos.config"

    def retail_read_balances(self, partner_id, order_uuid=None):
        """Return what a customer has in the programs of this till whose points an engine owns.

        It takes about as long as an engine may take to answer, and never fails because of the engine.

        :param partner_id: of the customer
        :param order_uuid: of the order at the till: what it holds itself is not deducted
        :return: ``{"loyalty.card": [the cards, as a till loads them], "live": [ids of cards whose engine answered],
            "now": what the time is here}``
        """
        self._retail_check_till()
        until = time.monotonic() + ENGINE_SECONDS
        customer = self.env["res.partner"].browse(int(partner_id)).exists()
        customer.check_access("read")
        cards = self._retail_cards(customer)
        live = [card.id for card in cards if self.env["retail.loyalty.reader"]._read_for_till(card, until)]
        # In a transaction of its own: this one has begun before the engine answered.
        with self.env.registry.cursor() as cr:
            config = self.with_env(self.env(cr=cr))
            return {
                "loyalty.card": config._retail_till_values(
                    config.env["loyalty.card"].browse(cards.ids), order_uuid
                ),
                "live": live,
                "now": fields.Datetime.now(),
            }

    def retail_enroll(self, partner_id, program_id):
        """Enroll a customer who has agreed to the terms in a program of this till.

        :return: ``{"loyalty.card": [the card, as a till loads it]}``
        :raise UserError: the customer cannot be enrolled
        """
        self._retail_check_till()
        customer = self.env["res.partner"].browse(int(partner_id)).exists()
        customer.check_access("read")
        program = self._retail_engine_programs().filtered(lambda each: each.id == program_id)
        if not customer or not program:
            raise UserError(self.env._("This customer cannot join this program here."))
        card = customer._retail_enroll(program, self.name)
        return {"loyalty.card": self._retail_till_values(card.with_env(self.env), None)}

    def _retail_check_till(self):
        """
        :raise AccessError: the user does not work at tills
        """
        self.ensure_one()
        if not self.env.user.has_group("point_of_sale.group_pos_user"):
            raise AccessError(self.env._("Only users of Point of Sale can do this."))
        self.check_access("read")

    def _retail_cards(self, customer):
        programs = self._retail_engine_programs()
        domain = [("partner_id", "=", customer.id), ("program_id", "in", programs.ids)]
        return self.env["loyalty.card"].search(domain, order="id") if customer else self.env["loyalty.card"]

    def _retail_till_values(self, cards, order_uuid):
        values = cards._load_pos_data_read(cards, self)
        own = self.env["retail.loyalty.hold"]._held_for_order(order_uuid)
        for each in values:
            each["retail_held"] -= own.get(each["id"], 0.0)
        return values


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_is_offline(self):
        """Return whether the engine that owns the points cannot say now how many there are."""
        # As the superuser: accounts are the hub's own.
        account = self.env["retail.loyalty.account"].sudo().search([("card_id", "=", self.id)])
        if not self.program_id._retail_engine() or account._is_fresh():
            return False
        return not self.env["retail.loyalty.reader"]._read_for_till(self, time.monotonic() + ENGINE_SECONDS)


class RetailLoyaltyReader(models.AbstractModel):
    _inherit = "retail.loyalty.reader"

    @api.model
    def _may_ask_for_till(self, card, until):
        """Return whether there is time left to ask the engine of a card, and it can be asked."""
        connector = card.program_id._retail_engine()
        if time.monotonic() > until or not connector._is_started():
            return False
        # As the superuser: see below.
        return not self.sudo()._closed_seconds(connector)

    @api.model
    def _read_for_till(self, card, until):
        """Read a balance from its engine now, in a transaction of its own; return whether it answered in time.

        :param until: a time of :func:`time.monotonic`
        """
        if not self._may_ask_for_till(card, until):
            return False
        # As the superuser: a cashier has no rights on what is known of the engine's health.
        reader = self.sudo()
        try:
            reader._read_now(card, ENGINE_SECONDS)
        except (RemoteError, UserError, psycopg2.OperationalError) as error:
            _logger.info("A till shows an older balance of card %s: %s", card.id, type(error).__name__)
            return False
        return True
