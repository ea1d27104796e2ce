"""Codes of loyalty engines as Odoo's own coupons and gift cards: a program for each kind, and a card for each code."""

import math
from dataclasses import replace

import psycopg2

from odoo import Command, api, fields, models
from odoo.exceptions import ConcurrencyError

from ...connectors.loyalty import CodeEngine
from ...tools.own_context import with_own
from ..source.canonical_values import decimal
from ..source.loyalty_card import ADJUSTED
from ..source.origin import changes_from
from .mirror import SMALLEST

HOLD_MINUTES = 60
GIFT_CARD = "gift_card"
OF_GIFT_CARDS = {
    "mail_template_id": "loyalty.mail_template_gift_card",
    "pos_report_print_id": "loyalty.report_gift_card",
}
NEVER = {"reward_point_mode": "money", "reward_point_amount": 1, "product_domain": "[('id', '=', 0)]"}
FLOWS = ("code.redeemed", "code.reversed")


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    can_use_codes = fields.Boolean(compute="_compute_can_use_codes")
    uses_codes = fields.Boolean(
        "Codes",
        help="Codes of coupons and gift cards of the loyalty engine can be used on quotations and in the web shop. When"
        " somebody enters a code that Odoo does not know, Odoo asks the engine.",
    )
    code_minutes = fields.Integer(
        "Hold Codes for (min)",
        default=HOLD_MINUTES,
        required=True,
        help="A code that was entered on a quotation or in a cart cannot be used elsewhere for this time.",
    )

    _code_minutes_positive = models.Constraint(
        "CHECK (code_minutes > 0)", "Codes are held for at least one minute."
    )

    @api.depends("provider")
    def _compute_can_use_codes(self):
        for connector in self:
            provider = connector._get_provider()
            connector.can_use_codes = bool(provider) and issubclass(provider.adapter, CodeEngine)

    @api.model
    def _code_engines(self, company):
        """Return the connectors (superuser) whose codes can be used in a company, those that are paused, too."""
        # As the superuser: whoever sells may have no rights on connectors.
        engines = self.sudo().search([("uses_codes", "=", True), ("state", "!=", "draft")], order="id")
        routes = self.env["retail.flow"]._routes()
        # A code is used only if its engine gets the events about it.
        receivers = {
            event_type: {route.connector_id for route in routes.get(event_type, ())} for event_type in FLOWS
        }
        return engines.filtered(
            lambda engine: (
                engine.can_use_codes
                and company.id in engine._company_ids()
                and all(engine.id in connectors for connectors in receivers.values())
            )
        )

    def _adapter_settings(self):
        settings = super()._adapter_settings()
        if not (self._is_engine() and self.uses_codes):
            return settings
        # As the superuser: what a code took off an order does not depend on who asks.
        programs = self.env["loyalty.program"].sudo().with_context(active_test=False)
        rewards = programs.search([("retail_code_connector_id", "=", self.id)]).reward_ids
        return replace(settings, code_products=frozenset(map(str, rewards.discount_line_product_id.ids)))

    def write(self, vals):
        result = super().write(vals)
        if vals.get("uses_codes"):
            for connector in self:
                connector._add_code_flows()
        return result

    def _add_code_flows(self):
        """Have the engine get the events about its codes."""
        flows = self.with_context(active_test=False).flow_ids.filtered(lambda flow: flow.event_type in FLOWS)
        missing = [name for name in FLOWS if name not in flows.mapped("event_type")]
        self._add_flows(missing, missing)
        flows.active = True


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    retail_code_connector_id = fields.Many2one(
        "retail.connector",
        "Codes of",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        groups="retail_hub.group_user",
        copy=False,
        help="The loyalty engine whose codes are the coupons of this program. It decides whether they can be used.",
    )
    retail_code_key = fields.Char(readonly=True, copy=False)

    _retail_code_unique = models.UniqueIndex(
        "(retail_code_connector_id, retail_code_key) WHERE retail_code_connector_id IS NOT NULL"
    )

    @api.model
    def _retail_for_code(self, connector, code):
        """Return the program of such codes of an engine; it is created if there is none.

        :param code: a :class:`~...connectors.loyalty.EngineCode`
        :raise ConcurrencyError: somebody else has just created it
        """
        maximum = decimal(float(code.maximum or 0))
        key = code.kind if code.kind == GIFT_CARD else f"{code.kind}/{decimal(float(code.value))}/{maximum}"
        programs = connector.env["loyalty.program"].with_company(connector.company_id)
        domain = [("retail_code_connector_id", "=", connector.id), ("retail_code_key", "=", key)]
        program = programs.search([*domain, ("active", "in", (True, False))])
        if program:
            return program
        values = programs._retail_code_values(connector, code)
        values |= {"retail_code_connector_id": connector.id, "retail_code_key": key}
        return _created(programs, values)

    @api.model
    def _retail_code_values(self, connector, code):
        values = {
            "name": self._retail_code_name(connector, code),
            "company_id": connector.company_id.id,
            "currency_id": connector.company_id.currency_id.id,
            "rule_ids": [Command.clear()],
            "communication_plan_ids": [Command.clear()],
        }
        if code.kind == GIFT_CARD:
            reward = {"discount_mode": "per_point", "discount": 1, "required_points": 0.01}
            reward["description"] = self.env._("Gift Card")
            kind = {"program_type": GIFT_CARD, "applies_on": "future", "trigger": "auto"}
            # A till expects that there is a rule. Nothing that Odoo sells makes such a card.
            kind["rule_ids"] = [Command.clear(), Command.create(NEVER)]
            kind["portal_point_name"] = connector.company_id.currency_id.symbol
            # A till does not open without what it would send and print for a new card, although it makes none of these.
            shipped = {
                name: self.env.ref(xml_id, raise_if_not_found=False) for name, xml_id in OF_GIFT_CARDS.items()
            }
            kind |= {name: record.id for name, record in shipped.items() if record}
            kind["pos_ok"] = all(shipped.values())
        else:
            mode = "percent" if code.kind == "percent" else "per_order"
            reward = {"discount_mode": mode, "discount": float(code.value), "required_points": 1}
            reward["discount_max_amount"] = float(code.maximum or 0)
            kind = {"program_type": "coupons", "applies_on": "current", "trigger": "with_code"}
        reward |= {"reward_type": "discount", "discount_applicability": "order"}
        return {**values, **kind, "reward_ids": [Command.clear(), Command.create(reward)]}

    @api.model
    def _retail_code_name(self, connector, code):
        if code.kind == GIFT_CARD:
            return self.env._("%(engine)s: gift cards", engine=connector.name)
        value = decimal(float(code.value))
        unit = "%" if code.kind == "percent" else connector.company_id.currency_id.name
        if not code.maximum:
            return self.env._(
                "%(engine)s: %(value)s %(unit)s off", engine=connector.name, value=value, unit=unit
            )
        return self.env._(
            "%(engine)s: %(value)s %(unit)s off, at most %(maximum)s %(currency)s",
            engine=connector.name,
            value=value,
            unit=unit,
            maximum=decimal(float(code.maximum)),
            currency=connector.company_id.currency_id.name,
        )


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_code_engine(self):
        """Return the connector (superuser) of the engine whose code the card is; empty if it is none's."""
        # As the superuser: whoever sells may have no rights on connectors and programs.
        return self.sudo().program_id.retail_code_connector_id

    @api.model
    def _retail_for_code(self, connector, code):
        """Return the card (superuser) of a code of an engine, with what it is worth now.

        :param code: a :class:`~...connectors.loyalty.EngineCode`
        :raise ConcurrencyError: somebody else has just created it
        """
        program = self.env["loyalty.program"]._retail_for_code(connector, code)
        cards = connector.env["loyalty.card"].with_context(loyalty_no_mail=True, tracking_disable=True)
        card = cards.search([("code", "=", code.code), ("active", "in", (True, False))])
        values = {"program_id": program.id, "expiration_date": code.expires_on, "active": True}
        if card:
            card.write(values)
        else:
            card = _created(cards, {**values, "code": code.code, "points": 0})
        card._retail_enter_code(connector, code)
        return card

    def _retail_enter_code(self, connector, code):
        """Enter what the engine says in the ledger and on the card, less what it has not heard of yet.

        A coupon has a point for each use. Without a limit, there is always one more.
        """
        of_coupon = math.inf if code.uses is None else float(code.uses)
        worth = float(code.value) if code.kind == GIFT_CARD else of_coupon
        if worth == math.inf:
            worth = self._retail_held()[self] + 1
        else:
            worth -= self._retail_unsent_of_code(connector)
        missing = max(worth, 0.0) - self["points"]
        if abs(missing) <= SMALLEST:
            return
        mirrored = {"connector_id": connector.id, "remote_id": None, "order": None, "kind": "adjust"}
        self.env.cr.flush()  # what was changed before is not the engine's doing
        with changes_from(self.env.cr, connector.id):
            card = with_own(self, retail_change=ADJUSTED, retail_mirrored=mirrored)
            amounts = {"issued": missing} if missing > 0 else {"used": -missing}
            line = {"card_id": card.id, "description": connector.name, "retail_shown_kind": "adjust"}
            card.env["loyalty.history"].create({**line, **amounts})
            card.points += missing

    def _retail_unsent_of_code(self, connector):
        """Return the points that orders took with the code, and that the engine does not know of yet."""
        [(unsent,)] = self.env.execute_query(self._retail_unsent_sql(connector))
        return unsent


def _created(records, values):
    """Create a record that somebody else may create at the same time: Odoo repeats the transaction then.

    :raise ConcurrencyError: somebody else has created it
    """
    try:
        with records.env.cr.savepoint():
            return records.create(values)
    except psycopg2.errors.UniqueViolation as error:
        raise ConcurrencyError(str(error.diag.constraint_name)) from None
