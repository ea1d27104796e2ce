"""The setup check: what an admin still has to set up, and how."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.connector.connector import CLOCK_SKEW_LIMIT
from ..models.outbox.names import action_open
from .setup_finding import ERROR, OK, WARNING, Finding

SETTINGS_OF = "res.company"


class RetailSetupCheck(models.TransientModel):
    _name = "retail.setup.check"
    _description = "Setup Check"
    _inherit = ["retail.checked"]

    line_ids = fields.One2many("retail.setup.check.line", "check_id", readonly=True)
    problem_count = fields.Integer(compute="_compute_problem_count")
    has_old_secrets = fields.Boolean(readonly=True)
    has_texts = fields.Boolean(compute="_compute_problem_count")

    def _compute_display_name(self):
        self.display_name = self.env._("Setup Check")

    @api.depends("line_ids.status", "line_ids.text")
    def _compute_problem_count(self):
        for check in self:
            check.problem_count = len(check.line_ids.filtered(lambda line: line.status != OK))
            check.has_texts = any(check.line_ids.mapped("text"))

    @api.model
    def action_open(self):
        """Check everything anew and show the result."""
        check = self.create({})
        check._run()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Setup Check"),
            "res_model": self._name,
            "res_id": check.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_rotate_secrets(self):
        """Re-encrypt all credentials with the newest key."""
        self.check_access("write")
        self.env["retail.credential"]._rotate_all()
        return self.action_open()

    def _run(self):
        findings = [
            *self._server_findings(),
            *self._check_companies(),
            *(finding for connector in self._connectors() for finding in self._check_connector(connector)),
        ]
        # As the superuser: results are read-only for users.
        self.sudo().line_ids = [fields.Command.create(finding.values()) for finding in findings]

    def _connectors(self):
        return self.env["retail.connector"].search([("company_id", "in", self.env.companies.ids)])

    # -- companies and connectors: each returns or yields a Finding ----------------------------------

    def _check_companies(self):
        for company in self._connectors().company_id:
            fix = self.env._(
                "In the settings of %(company)s, choose another responsible user. Until then, somebody else gets the"
                " alerts.",
                company=company.name,
            )
            yield from self._check_caretaker(
                company.name, company, company.retail_responsible_id, company, fix
            )

    def _check_caretaker(self, title, company, user, record, fix=""):
        """Yield a warning if a user was chosen who gets no alerts any more.

        :param record: where another user is chosen
        """
        if reason := company._retail_why_not(user):
            fix = fix or self.env._(
                "Choose another responsible user. Until then, somebody else gets the alerts."
            )
            name = self.env._("%(name)s: responsible user", name=title)
            yield Finding(WARNING, name, reason, fix, record)

    def _check_connector(self, connector):
        company = connector.company_id
        yield from self._check_caretaker(connector.name, company, connector.responsible_id, connector)
        for flow in connector.flow_ids.filtered("owner_id"):
            yield from self._check_caretaker(flow.display_name, company, flow.owner_id, flow)
        is_sender = connector.api_client_ids and not connector.webhook_client_id  # webhooks have secrets
        if connector.state == "draft" and is_sender:
            yield self._only_calls_in(connector)
            return
        yield self._check_credentials(connector)
        yield self._check_tested(connector)
        if connector.test_succeeded:
            yield self._check_clock(connector)
        name = self.env._("%(name)s: sending", name=connector.name)
        if connector.state == "active" and connector.is_circuit_open:
            fix = self.env._(
                "Check the remote system. Nothing is lost: events are sent as soon as it answers."
            )
            yield Finding(ERROR, name, connector.trouble, fix, connector)
        if connector.state == "attention":
            fix = self.env._("Fix the cause, then click Activate on the connector.")
            yield Finding(ERROR, name, connector.state_reason, fix, connector)

    def _only_calls_in(self, connector):
        """A system to which nothing is sent needs neither credentials nor a test."""
        name = self.env._("%(name)s: API clients", name=connector.name)
        detail = self.env._(
            "The system calls Odoo. Nothing is sent to it, since the connector is a draft: no credentials are needed."
        )
        return Finding(OK, name, detail, record=connector)

    def _check_credentials(self, connector):
        name = self.env._("%(name)s: credentials", name=connector.name)
        try:
            # Not a renewed token: no calls here.
            secrets = self.env["retail.credential"]._secrets_of(connector)
        except UserError as error:
            fix = self.env._(
                "Follow the instructions in the finding, or enter the credential again on the connector."
            )
            return Finding(ERROR, name, str(error), fix, connector)
        missing = connector.credential_ids.filtered(
            lambda credential: credential.required and not secrets.get(credential.name)
        )
        if missing:
            detail = self.env._("Not set: %(labels)s.", labels=", ".join(missing.mapped("label")))
            fix = self.env._("Enter it on the Credentials tab of the connector.")
            return Finding(ERROR, name, detail, fix, connector)
        return Finding(OK, name, self.env._("They are set, and can be decrypted."), record=connector)

    def _check_tested(self, connector):
        name = self.env._("%(name)s: connection", name=connector.name)
        fix = self.env._("Click Test Connection on the connector.")
        if not connector.tested_at:
            detail = self.env._("The connection was never tested.")
            return Finding(WARNING, name, detail, fix, connector)
        if connector.test_succeeded:
            return Finding(OK, name, connector.test_result, record=connector)
        return Finding(ERROR, name, connector.test_result, fix, connector)

    def _check_clock(self, connector):
        name = self.env._("%(name)s: clock", name=connector.name)
        seconds = round(abs(connector.clock_skew))
        if abs(connector.clock_skew) <= CLOCK_SKEW_LIMIT:
            detail = self.env._("It differs from Odoo's by %(seconds)s s.", seconds=seconds)
            return Finding(OK, name, detail, record=connector)
        detail = self.env._(
            "It differs from Odoo's by %(seconds)s s. Signed calls may be rejected.", seconds=seconds
        )
        return Finding(ERROR, name, detail, record=connector, **self._clock_settings())


class RetailSetupCheckLine(models.TransientModel):
    _name = "retail.setup.check.line"
    _description = "Setup Check Line"
    _inherit = ["retail.checked"]
    _order = "severity, id"

    check_id = fields.Many2one(
        "retail.setup.check", "Setup Check", required=True, ondelete="cascade", index=True
    )
    status = fields.Selection([("ok", "OK"), ("warning", "Warning"), ("error", "Error")], required=True)
    severity = fields.Integer(compute="_compute_severity", store=True)
    name = fields.Char("Topic", required=True)
    detail = fields.Text("Finding")
    fix = fields.Text("What to Do")
    text = fields.Text("Text to Copy", help="For a file of the server, or to run there.")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(readonly=True, model_field="res_model")
    can_open = fields.Boolean(compute="_compute_can_open")
    can_rotate = fields.Boolean(readonly=True)

    @api.depends("status")
    def _compute_severity(self):
        order = {"error": 0, "warning": 1, "ok": 2}
        for line in self:
            line.severity = order[line.status]

    @api.depends("status", "res_model")
    def _compute_can_open(self):
        for line in self:
            line.can_open = line.status != OK and bool(line.res_model) and line._may_open_settings()

    def _may_open_settings(self):
        """Return whether the user may open the settings of a company, if that is what the line is about."""
        if self.res_model != SETTINGS_OF:
            return True
        return self.res_id == self.env.company.id and self.env.user.has_group("base.group_system")

    def action_open(self):
        """Open the place where the finding is corrected."""
        self.ensure_one()
        self.check_access("read")
        if not self.res_model:
            raise UserError(self.env._("This is corrected on the server: “What to Do” says how."))
        if self.res_model == SETTINGS_OF:
            return self._open_settings()
        return action_open(self.env, self.res_model, self.res_id)

    def _open_settings(self):
        if not self._may_open_settings():
            raise UserError(
                self.env._(
                    "An administrator corrects this in the settings of the company: switch to it, and open Retail Hub →"
                    " Configuration → Settings."
                )
            )
        return self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_settings")

    def action_rotate(self):
        """Re-encrypt all credentials with the newest key."""
        self.ensure_one()
        return self.check_id.action_rotate_secrets()
