"""The setup check: what an admin still has to set up, and how."""

import socket
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import config

from odoo.addons.queue_job.jobrunner.channels import ChannelManager
from odoo.addons.queue_job.jobrunner.runner import _channels

from ..core.const import Lane
from ..models.connector.connector import CLOCK_SKEW_LIMIT
from ..tools import encryption

OWN_CLOCK_SKEW_LIMIT = 5  # seconds
CHANNELS_EXAMPLE = "root:4,root.retail.realtime:2,root.retail.bulk:1,root.retail.inbound:1"


class RetailSetupCheck(models.TransientModel):
    _name = "retail.setup.check"
    _description = "Setup Check"
    _inherit = ["retail.checked"]

    line_ids = fields.One2many("retail.setup.check.line", "check_id", readonly=True)
    problem_count = fields.Integer(compute="_compute_problem_count")
    has_old_secrets = fields.Boolean(readonly=True)

    def _compute_display_name(self):
        self.display_name = self.env._("Setup Check")

    @api.depends("line_ids.status")
    def _compute_problem_count(self):
        for check in self:
            check.problem_count = len(check.line_ids.filtered(lambda line: line.status != "ok"))

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
        lines = [
            self._check_server_wide_module(),
            self._check_job_runner(),
            self._check_channels(),
            self._check_own_clock(),
            *self._check_encryption_key(),
            *self._check_companies(),
            *(line for connector in self._connectors() for line in self._check_connector(connector)),
        ]
        self.sudo().line_ids = [  # read-only for users
            fields.Command.create(
                dict(zip(("status", "name", "detail", "fix", "connector_id"), line, strict=True))
            )
            for line in lines
        ]

    def _connectors(self):
        return self.env["retail.connector"].search([("company_id", "in", self.env.companies.ids)])

    # -- checks: each returns (status, name, detail, fix, connector id) ------------------------------

    def _check_server_wide_module(self):
        name = self.env._("Module queue_job")
        if "queue_job" in config["server_wide_modules"]:
            return (
                "ok",
                name,
                self.env._("It is loaded server-wide: the job runner starts with Odoo."),
                False,
                False,
            )
        return (
            "warning",
            name,
            self.env._("It is not loaded server-wide, so this server does not start a job runner."),
            self.env._("Add queue_job to server_wide_modules in odoo.conf, for example:")
            + "\nserver_wide_modules = base,web,rpc,queue_job",
            False,
        )

    def _check_job_runner(self):
        name = self.env._("Job runner")
        if self.env["retail.wake"]._is_job_runner_running():
            return "ok", name, self.env._("It is running: events are sent within seconds."), False, False
        return (
            "warning",
            name,
            self.env._(
                "No job runner is connected to this database. The scheduled action sends events, but more slowly."
            ),
            self.env._("Start Odoo with workers and queue_job loaded server-wide, for example:")
            + "\nworkers = 6\nserver_wide_modules = base,web,rpc,queue_job",
            False,
        )

    def _check_channels(self):
        name = self.env._("Channels")
        missing = self._missing_channels()
        if missing is None:
            detail = self.env._(
                "The channels are configured on the server of the job runner, and cannot be checked from here."
            )
            return "ok", name, detail, False, False
        if not missing:
            return (
                "ok",
                name,
                self.env._("Each lane has its own: bulk work cannot delay realtime work."),
                False,
                False,
            )
        return (
            "warning",
            name,
            self.env._(
                "Not configured: %(channels)s. Bulk work may delay realtime work.",
                channels=", ".join(missing),
            ),
            self.env._("Add to the section [queue_job] of odoo.conf:") + f"\nchannels = {CHANNELS_EXAMPLE}",
            False,
        )

    def _missing_channels(self):
        """Return the lanes' channels that this server's configuration lacks; None without a configuration."""
        configured = {channel["name"] for channel in ChannelManager.parse_simple_config(_channels())}
        if configured == {"root"} and not self.env["retail.wake"]._is_job_runner_running():
            return [lane.channel for lane in Lane]
        return [lane.channel for lane in Lane if lane.channel not in configured]

    def _check_own_clock(self):
        host = socket.gethostname()
        name = self.env._("Clocks of %(host)s and the database", host=host)
        skew = time.time() - self.env["retail.wake"]._database_time()
        seconds = round(abs(skew), 1)
        if abs(skew) <= OWN_CLOCK_SKEW_LIMIT:
            return "ok", name, self.env._("They differ by %(seconds)s s.", seconds=seconds), False, False
        detail = self.env._(
            "They differ by %(seconds)s s. Due times use the clock of the database. The job runner and the scheduled"
            " actions use the clock of %(host)s, so they start too early or too late.",
            seconds=seconds,
            host=host,
        )
        return (
            "warning",
            name,
            detail,
            self.env._("Synchronize the clock of %(host)s (NTP).", host=host),
            False,
        )

    def _check_encryption_key(self):
        name = self.env._("Encryption key")
        source = encryption.key_source()
        if source == "file":
            yield (
                "warning",
                name,
                self.env._(
                    "A key was generated in %(path)s. If it is lost, you have to enter all credentials again.",
                    path=encryption.key_file(),
                ),
                self.env._(
                    "Copy it to your other secrets, and move it to the section [retail_hub] of odoo.conf:"
                )
                + "\nsecret_keys = …",
                False,
            )
        else:
            yield "ok", name, self.env._("It is set in odoo.conf or in the environment."), False, False
        yield self._check_rotation()

    def _check_rotation(self):
        name = self.env._("Encrypted credentials")
        # As the superuser: encrypted values are nobody's to read; the check shows none.
        tokens = (
            self.env["retail.credential"]
            .sudo()
            .search([("encrypted_value", "!=", False)])
            .mapped("encrypted_value")
        )
        try:
            old = [token for token in tokens if not encryption.uses_newest_key(token)]
        except encryption.SecretKeyError:
            detail = self.env._("The encryption key is not a valid Fernet key.")
            fix = self.env._("Correct secret_keys in odoo.conf or RETAIL_HUB_SECRET_KEYS, and restart Odoo.")
            return "error", name, detail, fix, False
        if not old:
            return "ok", name, self.env._("All use the newest key. You can remove older keys."), False, False
        self.sudo().has_old_secrets = True  # read-only for users
        detail = self.env._("%(count)s credentials are encrypted with another key.", count=len(old))
        return (
            "warning",
            name,
            detail,
            self.env._("Click Re-encrypt above, then remove the older keys."),
            False,
        )

    def _check_companies(self):
        for company in self._connectors().company_id:
            yield from self._check_caretaker(company.name, company, company.retail_responsible_id, False)

    def _check_caretaker(self, title, company, user, connector_id):
        """Yield a warning if a user was chosen who gets no alerts any more."""
        if reason := company._retail_why_not(user):
            yield (
                "warning",
                self.env._("%(name)s: responsible user", name=title),
                reason,
                self.env._("Choose another responsible user. Until then, somebody else gets the alerts."),
                connector_id,
            )

    def _check_connector(self, connector):
        company = connector.company_id
        yield from self._check_caretaker(connector.name, company, connector.responsible_id, connector.id)
        for flow in connector.flow_ids.filtered("owner_id"):
            yield from self._check_caretaker(flow.display_name, company, flow.owner_id, connector.id)
        yield self._check_credentials(connector)
        yield self._check_tested(connector)
        if connector.test_succeeded:
            yield self._check_clock(connector)
        if connector.state == "active" and connector.is_circuit_open:
            fix = self.env._(
                "Check the remote system. Nothing is lost: events are sent as soon as it answers."
            )
            yield (
                "error",
                self.env._("%(name)s: sending", name=connector.name),
                connector.trouble,
                fix,
                connector.id,
            )
        if connector.state == "attention":
            fix = self.env._("Fix the cause, then click Activate on the connector.")
            yield (
                "error",
                self.env._("%(name)s: sending", name=connector.name),
                connector.state_reason,
                fix,
                connector.id,
            )

    def _check_credentials(self, connector):
        name = self.env._("%(name)s: credentials", name=connector.name)
        try:
            secrets = self.env["retail.credential"]._secrets_of(
                connector
            )  # not a renewed token: no calls here
        except UserError as error:
            return (
                "error",
                name,
                str(error),
                self.env._(
                    "Follow the instructions in the finding, or enter the credential again on the connector."
                ),
                connector.id,
            )
        missing = connector.credential_ids.filtered(
            lambda credential: credential.required and not secrets.get(credential.name)
        )
        if missing:
            detail = self.env._("Not set: %(labels)s.", labels=", ".join(missing.mapped("label")))
            return (
                "error",
                name,
                detail,
                self.env._("Enter it on the Credentials tab of the connector."),
                connector.id,
            )
        return "ok", name, self.env._("They are set, and can be decrypted."), False, connector.id

    def _check_tested(self, connector):
        name = self.env._("%(name)s: connection", name=connector.name)
        fix = self.env._("Click Test Connection on the connector.")
        if not connector.tested_at:
            return "warning", name, self.env._("The connection was never tested."), fix, connector.id
        status = "ok" if connector.test_succeeded else "error"
        return status, name, connector.test_result, False if connector.test_succeeded else fix, connector.id

    def _check_clock(self, connector):
        name = self.env._("%(name)s: clock", name=connector.name)
        skew = connector.clock_skew
        if abs(skew) <= CLOCK_SKEW_LIMIT:
            return (
                "ok",
                name,
                self.env._("It differs from Odoo's by %(seconds)s s.", seconds=round(abs(skew))),
                False,
                connector.id,
            )
        detail = self.env._(
            "It differs from Odoo's by %(seconds)s s. Signed calls may be rejected.",
            seconds=round(abs(skew)),
        )
        return "error", name, detail, self.env._("Synchronize the clock of this server (NTP)."), connector.id


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
    connector_id = fields.Many2one("retail.connector")

    @api.depends("status")
    def _compute_severity(self):
        order = {"error": 0, "warning": 1, "ok": 2}
        for line in self:
            line.severity = order[line.status]

    def action_open(self):
        """Open the place where the finding is corrected."""
        self.ensure_one()
        if not self.connector_id:
            raise UserError(self.env._("This is corrected on the server: “What to Do” says how."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "retail.connector",
            "res_id": self.connector_id.id,
            "views": [(False, "form")],
        }
