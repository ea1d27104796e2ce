"""What a card has according to its loyalty engine, and how old that is."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_datetime, formatLang

from ...core.errors import RemoteError
from .entry import DIGITS

REFRESH_SECONDS = 10


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    retail_engine_name = fields.Char("Loyalty Engine", compute="_compute_retail_engine")
    retail_engine_balance = fields.Float(
        "Balance at the Engine", digits=DIGITS, compute="_compute_retail_engine"
    )
    retail_pending = fields.Float("Pending Points", digits=DIGITS, compute="_compute_retail_engine")
    retail_tier = fields.Char("Tier", compute="_compute_retail_engine")
    retail_expiring_points = fields.Float("Next to Expire", digits=DIGITS, compute="_compute_retail_engine")
    retail_expiring_on = fields.Date("Expire On", compute="_compute_retail_engine")
    retail_read_at = fields.Datetime("Last Read", compute="_compute_retail_engine")
    retail_freshness = fields.Char("Balance As Of", compute="_compute_retail_engine")
    retail_consented_at = fields.Datetime("Consent Given", readonly=True, copy=False)
    retail_consent_source = fields.Char("Consent Source", readonly=True, copy=False)

    @api.depends("program_id", "points")
    @api.depends_context("lang", "tz")
    def _compute_retail_engine(self):
        # As the superuser: whoever may see the card may know what its engine says.
        accounts = self.env["retail.loyalty.account"].sudo().search([("card_id", "in", self.ids)])
        by_card = {account.card_id.id: account for account in accounts}
        for card in self:
            account = by_card.get(card.id, accounts.browse())
            # As the superuser: see above.
            connector = card.sudo().program_id.retail_connector_id
            card.retail_engine_name = connector.name
            card.retail_engine_balance = account.remote_balance
            card.retail_pending = account.pending
            card.retail_tier = account.tier
            card.retail_expiring_points = account.expiring_points
            card.retail_expiring_on = account.expiring_on
            card.retail_read_at = account.read_at
            card.retail_freshness = connector and card._retail_freshness(account)

    def _retail_freshness(self, account):
        """Return in words how old the balance is."""
        engine = self.sudo().program_id.retail_connector_id.name  # as the superuser: see above
        if not account.read_at:
            return self.env._("Not read from %(engine)s yet", engine=engine)
        at = format_datetime(self.env, account.read_at, dt_format="short")
        if not account.remote_id or account.is_absent:
            return self.env._("No member of %(engine)s (%(time)s)", engine=engine, time=at)
        return self.env._("%(engine)s, %(time)s", engine=engine, time=at)

    def action_retail_refresh(self):
        """Read the balance from the loyalty engine now."""
        self.ensure_one()
        self.check_access("read")
        # As the superuser: see above.
        connector = self.sudo().program_id.retail_connector_id
        if not connector:
            raise UserError(
                self.env._(
                    "The program of %(card)s is not linked to a loyalty engine.", card=self.display_name
                )
            )
        self._retail_read(REFRESH_SECONDS)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _retail_read(self, seconds):
        """Read the balance from the loyalty engine.

        :param seconds: within which it has to answer
        :raise UserError: it did not
        """
        if self.retail_erased_at:
            raise UserError(self.env._("The member was erased: the balance is not read any more."))
        try:
            # As the superuser: accounts are the hub's own; whether the user may see the card was checked.
            self.env["retail.loyalty.reader"]._read_card(self.sudo(), seconds)
        except RemoteError as error:
            raise UserError(
                self.env._(
                    "The balance of %(card)s could not be read from %(engine)s: %(problem)s",
                    engine=self.retail_engine_name,
                    card=self.display_name,
                    problem=error.message,
                )
            ) from error
        self.env["retail.loyalty.account"].invalidate_model()
        self.invalidate_recordset()

    def _retail_balance_text(self):
        """Return the balance with its unit and tier: ``120 points, Gold``."""
        parts = [self._retail_points_text(self.points), self.retail_tier]
        return ", ".join(part for part in parts if part)

    def _retail_points_text(self, points):
        """Return points with their unit: ``1,240 points``, or an amount of money if that is the unit."""
        currency, unit = self.program_id.currency_id, self.point_name
        if currency and unit == currency.symbol:
            return format_amount(self.env, points, currency)
        digits = 0 if round(points, 6) == int(round(points, 6)) else 2
        return f"{formatLang(self.env, points, digits=digits)} {unit or self.env._('points')}"


class ResPartner(models.Model):
    _inherit = "res.partner"

    retail_loyalty_summary = fields.Char("Loyalty", compute="_compute_retail_loyalty_summary")

    def _compute_retail_loyalty_summary(self):
        for partner in self:
            cards = partner._retail_loyalty_cards()
            texts = [card._retail_balance_text() for card in cards]
            if len(cards) > 1:
                texts = [f"{card.program_id.name}: {text}" for card, text in zip(cards, texts, strict=True)]
            partner.retail_loyalty_summary = ", ".join(texts) or False

    def _retail_loyalty_cards(self):
        """Return the loyalty cards (superuser) of a customer that can be used."""
        # As the superuser: whoever may see the customer may know their points.
        cards = self.env["loyalty.card"].sudo()
        domain = [
            ("partner_id", "=", self.id),
            ("program_id.program_type", "=", "loyalty"),
            ("program_id.active", "=", True),
            ("company_id", "in", [False, *self.env.companies.ids]),
        ]
        return cards.search(domain, order="id") if self.id else cards

    def action_retail_view_cards(self):
        """Open the loyalty cards of the customer."""
        self.ensure_one()
        self.check_access("read")
        self.env["loyalty.card"].check_access("read")
        cards = self._retail_loyalty_cards()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Loyalty Cards of %(name)s", name=self.display_name),
            "res_model": "loyalty.card",
            "context": {"create": False},
        }
        if len(cards) == 1:
            return {**action, "res_id": cards.id, "views": [(False, "form")]}
        return {**action, "domain": [("id", "in", cards.ids)], "views": [(False, "list"), (False, "form")]}
