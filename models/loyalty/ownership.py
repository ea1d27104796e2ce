"""Who owns the points of a program: Odoo or the loyalty engine. Switching begins with a comparison of all balances."""

import json
from datetime import timedelta
from typing import NamedTuple

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..source.capture import CapturedEvent
from ..source.loyalty_card import ENROLLED
from ..source.origin import changes_from
from .engine import ENGINE
from .mirror import SMALLEST

READING_IS_NEW = timedelta(days=1)
# A rule that no order matches. Without any rule, Odoo's till does not fetch the card.
NEVER = {
    "reward_point_mode": "money",
    "reward_point_amount": 1,
    "product_domain": "[('id', '=', 0)]",
    "retail_is_placeholder": True,
}


class Comparison(NamedTuple):
    """The cards of a program, and what the engine has.

    :param unread: cards whose balance was not read in the last day
    :param strangers: cards whose customers are no members
    :param different: members who have another balance there
    :param more: how many points members have in Odoo that they do not have there
    :param fewer: how many they have there and not in Odoo
    :param of_strangers: how many points customers have who are no members
    """

    cards: int = 0
    unread: int = 0
    strangers: int = 0
    different: int = 0
    more: float = 0.0
    fewer: float = 0.0
    of_strangers: float = 0.0


class Change(NamedTuple):
    """What becomes of the points of one system."""

    added: float = 0.0
    removed: float = 0.0


class Effect(NamedTuple):
    """What a switch does to the points of both."""

    odoo: Change
    engine: Change


class LoyaltyRule(models.Model):
    _inherit = "loyalty.rule"

    retail_is_placeholder = fields.Boolean(
        readonly=True,
        copy=False,
        help="This rule gives no points: the loyalty engine decides how many a customer gets.",
    )


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    def _retail_cards(self):
        """Return the cards of customers, as the superuser."""
        domain = [("program_id", "=", self.id), ("partner_id", "!=", False)]
        # As the superuser: a switch is for all cards, whoever starts it.
        return self.env["loyalty.card"].sudo().search(domain, order="id")

    def _retail_compare(self):
        """Have the balances of all cards read from the engine."""
        self.env["retail.loyalty.account"]._read_soon(self._retail_cards())

    def _retail_comparison(self):
        """Return the :class:`Comparison`."""
        self.env.cr.flush()
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT count(*),
                       count(*) FILTER (WHERE a.read_at IS NULL OR a.read_at < %(since)s),
                       count(*) FILTER (WHERE a.read_at >= %(since)s AND a.remote_id IS NULL),
                       count(*) FILTER (WHERE a.read_at >= %(since)s AND a.remote_id IS NOT NULL
                                          AND abs(a.balance - COALESCE(a.remote_balance, 0)) > %(smallest)s),
                       COALESCE(sum(GREATEST(a.balance - COALESCE(a.remote_balance, 0), 0))
                                FILTER (WHERE a.read_at >= %(since)s AND a.remote_id IS NOT NULL), 0)::float,
                       COALESCE(sum(GREATEST(COALESCE(a.remote_balance, 0) - a.balance, 0))
                                FILTER (WHERE a.read_at >= %(since)s AND a.remote_id IS NOT NULL), 0)::float,
                       COALESCE(sum(GREATEST(a.balance, 0))
                                FILTER (WHERE a.read_at >= %(since)s AND a.remote_id IS NULL), 0)::float
                  FROM loyalty_card c
             LEFT JOIN retail_loyalty_account a ON a.card_id = c.id
                 WHERE c.program_id = %(program)s AND c.partner_id IS NOT NULL AND c.active
                """,
                program=self.id,
                since=fields.Datetime.now() - READING_IS_NEW,
                smallest=SMALLEST,
            )
        )
        return Comparison(*row)

    def _retail_effect(self, balances_of):
        """Return the :class:`Effect` of a switch, see :meth:`_retail_switch_owner`."""
        found = self._retail_comparison()
        if balances_of == ENGINE:
            return Effect(Change(found.fewer, found.more), Change(found.of_strangers))
        return Effect(Change(), Change(found.more + found.of_strangers, found.fewer))

    def _retail_switch_owner(self, owner, balances_of):
        """Have Odoo or the engine own the points.

        :param owner: the new one
        :param balances_of: whose balances count where they differ
        :raise UserError: the program is not linked, or its cards were not compared
        """
        self.ensure_one()
        connector = self.retail_connector_id
        if not connector:
            raise UserError(self.env._("Link %(program)s to a loyalty engine first.", program=self.name))
        comparison = self._retail_comparison()
        if comparison.unread:
            raise UserError(
                self.env._(
                    "%(count)s of %(cards)s cards were not compared with %(engine)s in the last day.",
                    count=comparison.unread,
                    cards=comparison.cards,
                    engine=connector.name,
                )
            )
        self._retail_align(balances_of)
        self.retail_owner = owner
        self._retail_set_rules(owner)

    def _retail_align(self, balances_of):
        accounts = self.env["retail.loyalty.account"].sudo()  # as the superuser: see _retail_cards
        for account in accounts.search([("card_id", "in", self._retail_cards().ids)], order="id"):
            difference = account.balance - account.remote_balance
            if not account.remote_id:
                account._send_enrolment()
            if abs(difference) <= SMALLEST:
                continue
            if balances_of == ENGINE and account.remote_id:
                with changes_from(self.env.cr, self.retail_connector_id.id):
                    account._enter_change("adjust", -difference, None, None, self.env._("Comparison"))
            else:
                account._send_change(difference, self.env._("Comparison"))

    def _retail_set_rules(self, owner):
        """Let Odoo's rules earn points only if Odoo owns them."""
        rules = self.with_context(active_test=False).rule_ids
        placeholders = rules.filtered("retail_is_placeholder")
        if owner == ENGINE:
            (rules - placeholders).active = False
            if not placeholders:
                self.rule_ids = [Command.create(NEVER)]
        else:
            (rules - placeholders).active = True
            placeholders.unlink()


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    def _send_enrolment(self):
        """Have the engine, and no other system, make the customer a member."""
        details = {"card": self.card_id._retail_identity()}
        company_id = self.company_id.id or None
        captured = CapturedEvent(
            ENROLLED, self.card_id.id, is_fact=True, company_id=company_id, details=json.dumps(details)
        )
        self.env["retail.event"]._insert(
            "loyalty.card", [captured], connectors=self.program_id.retail_connector_id, is_manual=True
        )
