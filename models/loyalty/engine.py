"""Loyalty engines: which programs of Odoo are linked to which of an engine's, and who owns their points."""

import json
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...connectors.asking import ask
from ...connectors.loyalty import EngineProgram
from ...core.errors import RemoteError
from ...tools.cache import cached

ODOO, ENGINE = "odoo", "engine"
LINK_FIELDS = {
    "retail_connector_id",
    "retail_owner",
    "retail_remote_program",
    "retail_remote_wallet",
    "active",
}
OF_CUSTOMERS = ("sale.order", "pos.order")
OF_ANYBODY = ("code.redeemed", "code.reversed")  # codes, which need no customer


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    retail_connector_id = fields.Many2one(
        "retail.connector",
        "Loyalty Engine",
        domain="[('is_loyalty_engine', '=', True), ('company_id', 'in', [company_id, False])]",
        ondelete="restrict",
        index="btree_not_null",
        groups="retail_hub.group_user",
        copy=False,
        help="The loyalty engine in which this program exists, too.",
    )
    retail_owner = fields.Selection(
        [(ODOO, "Odoo"), (ENGINE, "Loyalty engine")],
        "Points Owned By",
        default=ODOO,
        required=True,
        readonly=True,
        copy=False,
        help="Odoo: the rules of this program decide, and each change is sent to the engine. Loyalty engine: its rules "
        "decide, and Odoo shows its balances.",
    )
    retail_remote_program = fields.Char(
        "Engine's Program ID", copy=False, help="The program's ID in the loyalty engine."
    )
    retail_remote_wallet = fields.Char(
        "Engine's Wallet ID",
        copy=False,
        help="Only needed if the program has several balances in the loyalty engine.",
    )

    @api.constrains("retail_connector_id", "retail_remote_program", "applies_on", "program_type")
    def _check_retail_engine(self):
        # As the superuser: whoever edits a program may have no rights on connectors.
        for program in self.sudo().filtered("retail_connector_id"):
            if not program.retail_remote_program:
                raise ValidationError(
                    self.env._(
                        "Enter the ID that %(program)s has in %(engine)s.",
                        program=program.name,
                        engine=program.retail_connector_id.name,
                    )
                )
            if program.program_type != "loyalty":
                raise ValidationError(
                    self.env._(
                        "%(program)s cannot be linked to %(engine)s: only loyalty cards can.",
                        program=program.name,
                        engine=program.retail_connector_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        programs = super().create(vals_list)
        if any(vals.get("retail_connector_id") for vals in vals_list):
            self.env.registry.clear_cache()
        return programs

    def write(self, vals):
        result = super().write(vals)
        if LINK_FIELDS & vals.keys():
            self.env.registry.clear_cache()
        return result

    def _retail_engine(self):
        """Return the connector (superuser) of the engine that owns the points; empty if Odoo does."""
        # As the superuser: whoever sells may have no rights on connectors.
        program = self.sudo()
        return (
            program.retail_connector_id if program.retail_owner == ENGINE else program.env["retail.connector"]
        )

    def _retail_engine_program(self):
        """Return the :class:`~...connectors.loyalty.EngineProgram`."""
        return EngineProgram(
            self.retail_remote_program, self.retail_remote_wallet or "", self.retail_owner == ENGINE
        )


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_takes_fractions(self):
        """Return whether the card can have a fraction of a point: an engine may have whole points only."""
        # As the superuser: see above.
        engine = self.sudo().program_id.retail_connector_id
        provider = engine._get_provider() if engine else None
        return not provider or not provider.loyalty or provider.loyalty.has_fractions


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    is_loyalty_engine = fields.Boolean(compute="_compute_is_loyalty_engine", store=True)
    loyalty_program_ids = fields.One2many("loyalty.program", "retail_connector_id", "Loyalty Programs")

    @api.depends("provider")
    def _compute_is_loyalty_engine(self):
        for connector in self:
            provider = connector._get_provider()
            connector.is_loyalty_engine = bool(provider and provider.loyalty)

    def _linked_programs(self):
        """Return the programs (superuser) that are linked to this engine."""
        # As the superuser: which programs there are does not depend on who asks.
        return self.env["loyalty.program"].sudo().browse(self._engines().get(self.id, ()))

    @api.model
    @cached()
    def _engines(self):
        """Return ``{id of a connector that is a loyalty engine: ids of the programs that are linked to it}``."""
        engines = self.search([("is_loyalty_engine", "=", True), ("active", "in", (True, False))])
        linked = [("retail_connector_id", "in", engines.ids), ("active", "in", (True, False))]
        programs = self.env["loyalty.program"].search(linked, order="id").grouped("retail_connector_id")
        return {engine.id: tuple(programs[engine].ids if engine in programs else ()) for engine in engines}

    def _is_engine(self):
        """Return ``is_loyalty_engine`` without reading the connector: each transaction of a drain would pay for it."""
        return self.id in self._engines()

    def _check_program(self, program):
        """
        :param program: an :class:`~...connectors.loyalty.EngineProgram`
        :raise UserError: the engine has no such program, or cannot be asked
        """
        # As the superuser: the credentials are nobody's to read; the caller has checked the access.
        engine = self.sudo()
        try:
            with engine._connection() as adapter:
                is_there = ask(adapter.has_program, program)
        except RemoteError as error:
            raise UserError(
                self.env._(
                    "%(engine)s cannot be asked for its programs now. %(reason)s",
                    engine=self.name,
                    reason=error,
                )
            ) from error
        if is_there is False:
            raise UserError(
                self.env._(
                    "%(engine)s has no loyalty program with the ID %(program)s. Check the ID, and that of the wallet.",
                    engine=self.name,
                    program=program.id,
                )
                if program.wallet
                else self.env._(
                    "%(engine)s has no loyalty program with the ID %(program)s.",
                    engine=self.name,
                    program=program.id,
                )
            )

    def _adapter_settings(self):
        settings = super()._adapter_settings()
        if not self._is_engine():
            return settings
        programs = {str(each.id): each._retail_engine_program() for each in self._linked_programs()}
        return replace(settings, loyalty_programs=programs)

    def _hold_back(self, deliveries):
        """Send no points of programs that are not linked to this engine any more."""
        result = super()._hold_back(deliveries)
        if not self._is_engine():
            return result
        wanted = {
            each: int(each.payload["program_id"])
            for each in deliveries
            if each.claim.res_model == "loyalty.card" and each.payload is not None
        }
        # As the superuser, like all that is sent. Not from the cache, which may be older than a link.
        programs = self.env["loyalty.program"].sudo().browse(set(wanted.values())).exists()
        names = {program.id: program.name for program in programs}
        linked = set(programs.filtered(lambda program: program.retail_connector_id == self).ids)
        for each, program_id in wanted.items():
            if program_id not in linked:
                each.cancel(self._not_linked(names.get(program_id)))
        return result

    def _not_linked(self, program):
        """Return why points of a program are not sent, in words.

        :param program: its name; None: it was deleted
        """
        if not program:
            return self.env._("The loyalty program was deleted.")
        return self.env._("%(program)s is not linked to %(engine)s.", program=program, engine=self.name)

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        self.env.registry.clear_cache()
        return connectors

    def write(self, vals):
        result = super().write(vals)
        if "provider" in vals:
            self.env.registry.clear_cache()
        return result


class RetailEvent(models.Model):
    _inherit = "retail.event"

    @api.model
    def _company_for(self, model, row, route):
        """An engine gets the cards of its programs, and the orders of known customers."""
        company_id = super()._company_for(model, row, route)
        programs = self.env["retail.connector"]._engines().get(route.connector_id) if company_id else None
        if programs is None or self._is_for_engine(model, row, programs):
            return company_id
        return None

    @api.model
    def _is_for_engine(self, model, row, programs):
        if model == "loyalty.card":
            return self._program_of_card(row) in programs
        if model in OF_CUSTOMERS and row.event_type not in OF_ANYBODY:
            # As the superuser: what an engine gets does not depend on who sells.
            return bool(self.env[model].sudo().browse(row.res_id).partner_id.active)
        return True

    @api.model
    def _program_of_card(self, row):
        """Return the id of the program of a change of points. The card may have been deleted."""
        if row.details:
            return int(json.loads(row.details)["card"]["program_id"])
        # As the superuser: see above.
        return self.env["loyalty.card"].sudo().browse(row.res_id).program_id.id
