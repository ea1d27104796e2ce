"""Connectors: configured remote systems."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime, formatLang

from ...connectors import PROVIDERS
from ...connectors.asking import ask
from ...connectors.connection import Connection
from ...connectors.guard import Guard
from ...connectors.provider import Settings
from ...core.errors import AuthError, RemoteError
from ...tools import server_options
from .alert import ATTENTION
from .notice import notice

FIXED_FIELDS = {"company_id", "provider"}
DESTINATION_FIELDS = {"provider", "base_url", "api_version"}  # the credentials were entered for these
CLOCK_SKEW_LIMIT = 60  # seconds; signed calls of most providers tolerate 5 minutes


class RetailConnector(models.Model):
    _name = "retail.connector"
    _description = "Connector"
    _inherit = ["retail.checked", "mail.thread", "retail.alerting"]
    _order = "sequence, id"

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    provider = fields.Selection("_selection_provider", required=True, default="hubspot")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("paused", "Paused"), ("attention", "Needs Attention")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        help="Draft: nothing is saved or sent. Active: changes are saved and sent. Paused or Needs Attention: changes"
        " are saved, and sent in order after activation.",
    )
    state_reason = fields.Char(readonly=True, copy=False)
    state_since = fields.Datetime(readonly=True, copy=False)
    is_neutralized = fields.Boolean(
        readonly=True,
        copy=False,
        help="The database is a neutralized copy: no call is made until you activate.",
    )
    base_url = fields.Char(
        "URL",
        compute="_compute_endpoint",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        tracking=True,
    )
    api_version = fields.Char(
        "API Version",
        compute="_compute_endpoint",
        precompute=True,
        store=True,
        readonly=False,
        tracking=True,
    )
    has_api_versions = fields.Boolean(compute="_compute_has_api_versions")
    responsible_id = fields.Many2one(
        "res.users",
        compute="_compute_responsible_id",
        precompute=True,
        store=True,
        readonly=False,
        domain="[('share', '=', False)]",
        tracking=True,
        help="Gets an activity when the connector needs attention or does not answer.",
    )
    lang = fields.Selection(
        "_selection_lang",
        "Language",
        help="Names, such as those of products, are sent in this language. If empty, in that of the company. Facts, "
        "such as a placed order, are always in the language of the company: all connectors get the same.",
    )
    connect_timeout = fields.Float("Connect Time-out (s)", default=5.0, required=True)
    read_timeout = fields.Float("Read Time-out (s)", default=20.0, required=True)
    batch_size = fields.Integer(help="Records per call. 0: as many as the provider allows.")
    plan = fields.Selection(
        "_selection_plan",
        compute="_compute_plan",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The plan of your account. Changing it resets the limits.",
    )
    plan_choices = fields.Json(compute="_compute_plan_choices")
    tested_at = fields.Datetime("Last Tested", readonly=True, copy=False)
    test_succeeded = fields.Boolean(readonly=True, copy=False)
    test_result = fields.Char(readonly=True, copy=False)
    clock_skew = fields.Float(
        "Clock Skew (s)",
        readonly=True,
        copy=False,
        help="How far the clock of the remote system is ahead of Odoo's.",
    )
    time_zone = fields.Char(
        readonly=True, copy=False, help="Of the account, as the last successful test reported it."
    )
    remote_pages = fields.Char(
        readonly=True,
        copy=False,
        help="URL of the account's records in the remote system, as the last successful test reported it.",
    )
    notify_by_email = fields.Boolean(
        "Email on Outage",
        help="Also send the responsible user an email when the system stops answering, and when it answers again.",
    )
    credential_ids = fields.One2many("retail.credential", "connector_id", "Credentials")

    _name_unique = models.UniqueIndex(
        "(company_id, name)", "This company already has a connector with this name."
    )
    _timeouts_positive = models.Constraint(
        "CHECK (connect_timeout > 0 AND read_timeout > 0 AND connect_timeout + read_timeout <= 60 AND batch_size >= 0)",
        "Time-outs must be greater than 0 and together at most 60 seconds. The batch size must not be negative.",
    )

    @api.model
    def _selection_provider(self):
        return [(code, provider.label) for code, provider in self._providers().items()]

    @api.model
    def _selection_lang(self):
        return self.env["res.lang"].get_installed()

    @api.model
    def _selection_plan(self):
        return [
            (f"{code}.{plan.code}", plan.label)
            for code, provider in self._providers().items()
            for plan in provider.plans
        ]

    @api.depends("provider")
    def _compute_plan(self):
        for connector in self:
            provider = connector._get_provider()
            plans = [f"{provider.code}.{plan.code}" for plan in provider.plans] if provider else []
            connector.plan = next(iter(plans), False)

    @api.depends("provider")
    def _compute_plan_choices(self):
        for connector in self:
            provider = connector._get_provider()
            plans = provider.plans if provider else ()
            connector.plan_choices = [f"{provider.code}.{plan.code}" for plan in plans]

    @api.depends("provider")
    def _compute_endpoint(self):
        for connector in self:
            provider = connector._get_provider()
            connector.base_url = provider.base_url if provider else connector.base_url
            connector.api_version = (
                next(iter(provider.api_versions), False) if provider else connector.api_version
            )

    @api.depends("provider")
    def _compute_has_api_versions(self):
        for connector in self:
            provider = connector._get_provider()
            connector.has_api_versions = bool(provider and provider.api_versions)

    @api.depends("company_id")
    def _compute_responsible_id(self):
        for connector in self:
            company = connector.company_id
            choices = connector.responsible_id | company.retail_responsible_id | self.env.user
            able = (user for user in choices if not company._retail_why_not(user))
            connector.responsible_id = next(able, False)

    @api.constrains("responsible_id", "company_id")
    def _check_responsible_id(self):
        for connector in self:
            connector.company_id._retail_check_user(connector.responsible_id, connector)

    @api.constrains("base_url")
    def _check_base_url(self):
        guard = Guard(server_options.allowed_hosts())
        for connector in self:
            if not _is_base_url(connector.base_url):
                raise ValidationError(
                    self.env._(
                        "The URL of %(name)s must look like https://api.example.com, with no user, password, query or"
                        " fragment.",
                        name=connector.name,
                    )
                )
            try:
                guard.check_url(connector.base_url)
            except AuthError as error:
                raise ValidationError(error.message) from error

    @api.constrains("provider", "api_version")
    def _check_api_version(self):
        for connector in self:
            versions = connector._get_provider().api_versions
            if versions and connector.api_version not in versions:
                raise ValidationError(
                    self.env._(
                        "%(name)s supports these API versions: %(versions)s.",
                        name=connector.name,
                        versions=", ".join(versions),
                    )
                )

    # -- CRUD --------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        connectors._sync_credentials()
        return connectors

    def copy_data(self, default=None):
        """Return the values of copies: names are unique in a company."""
        copies = super().copy_data(default)
        for connector, values in zip(self, copies, strict=True):
            if "name" not in (default or {}):
                values["name"] = connector._name_of_copy(values.get("company_id"))
        return copies

    def _name_of_copy(self, company_id):
        # As the superuser: names that the user cannot see are taken, too, such as those of archived connectors.
        connectors = self.sudo().with_context(active_test=False)
        taken = set(connectors.search([("company_id", "=", company_id)]).mapped("name"))
        name = self.env._("%(name)s (copy)", name=self.name)
        while name in taken:
            name = self.env._("%(name)s (copy)", name=name)
        return name

    def write(self, vals):
        """Write the destination first, and forget the credentials: anything else of the write may make a call."""
        self._check_not_fixed(vals)
        destination = {name: vals[name] for name in DESTINATION_FIELDS & vals.keys()}
        moved = self.filtered(lambda connector: connector._destination(vals) != connector._destination())
        if moved:
            moved._before_move()
        if destination:
            super().write(destination)
        forgotten = [(connector, connector._forget_credentials()) for connector in moved]
        result = super().write({name: value for name, value in vals.items() if name not in destination})
        if {"provider", "auth_method"} & vals.keys():
            self._sync_credentials()
        for connector, credentials in forgotten:
            connector._ask_for_credentials(credentials)
        return result

    def _destination(self, vals=()):
        """Return what the credentials are for, after these values are written."""
        provider, base_url, version = (
            vals[name] if name in vals else self[name] for name in ("provider", "base_url", "api_version")
        )
        try:
            url = urlsplit(base_url or "")
        except ValueError:  # such a URL is refused when it is written
            return provider, base_url, version or False
        return provider, url.scheme, url.netloc, version or False

    def _before_move(self):
        """Hook, before a write of the destination."""

    def _forget_credentials(self):
        """Remove the credentials that were entered for another address, and return them."""
        self.sudo().write({"time_zone": False, "remote_pages": False})  # read-only for users
        # As the superuser: encrypted values are nobody's to read or write.
        old = self.sudo().credential_ids.filtered("encrypted_value")
        old.write({"encrypted_value": False, "changed_at": False})
        return old

    def _ask_for_credentials(self, forgotten):
        """Need attention, unless these credentials were entered again with the new address."""
        if any(not credential.encrypted_value for credential in forgotten.exists()):
            self._need_attention(
                self.env._(
                    "The address or version has changed. Enter the credentials again, and activate the connector."
                )
            )

    def _check_not_fixed(self, vals):
        """Refuse to move an activated connector to another company or provider: what waits would go there, too."""
        for name in FIXED_FIELDS & vals.keys():
            for connector in self.filtered(lambda connector: connector.state != "draft"):
                if vals[name] != (connector[name].id if name == "company_id" else connector[name]):
                    raise UserError(
                        self.env._(
                            "%(name)s was activated: its company and its provider cannot be changed any more. Create a"
                            " new connector instead.",
                            name=connector.name,
                        )
                    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        """Prevent the deletion of a connector that a user's transaction may refer to at the same moment."""
        if any(connector.state != "draft" for connector in self):
            raise UserError(
                self.env._("You cannot delete a connector that was activated. Archive it instead.")
            )

    def _sync_credentials(self):
        """Create the credentials that the authentication method needs, and delete all others."""
        for connector in self.sudo():  # users neither create nor delete credentials
            names = [spec.name for spec in connector._credential_specs()]
            connector.credential_ids.filtered_domain([("name", "not in", names)]).unlink()
            present = connector.credential_ids.mapped("name")
            connector.credential_ids.create(
                [{"connector_id": connector.id, "name": name} for name in names if name not in present]
            )

    # -- actions -----------------------------------------------------------------------------------

    def action_test_connection(self):
        """Make one authenticated call, store its result, and show it."""
        self.ensure_one()
        self.check_access("write")
        try:
            with self._connection() as adapter:
                report = ask(adapter.test_connection)
        except (RemoteError, UserError) as error:
            self._store_test_result(False, str(error), 0.0)
            return self._notify("danger", str(error))
        skew = (report.server_time - datetime.now(UTC)).total_seconds() if report.server_time else 0.0
        message = self._describe_report(report)
        self._store_test_result(True, message, skew)
        # As the superuser: it is read-only for users; their access is checked.
        self.sudo().write({"time_zone": report.time_zone, "remote_pages": report.pages})
        return self._notify("success", message)

    def _describe_report(self, report):
        message = self.env._("Connected to %(account)s.", account=report.account)
        if report.quota_remaining is None:
            return message
        left, limit = (
            formatLang(self.env, calls, digits=0) for calls in (report.quota_remaining, report.quota_limit)
        )
        if report.quota_resets_at is None:
            return f"{message} " + self.env._(
                "%(left)s of %(limit)s calls are left today.", left=left, limit=limit
            )
        until = report.quota_resets_at.replace(tzinfo=None)
        return f"{message} " + self.env._(
            "%(left)s of %(limit)s calls are left until %(time)s.",
            left=left,
            limit=limit,
            time=format_datetime(self.env, until, dt_format="short"),
        )

    def action_activate(self):
        """Start capturing and sending changes, or resume after a pause."""
        self.check_access("write")
        for connector in self:
            missing = connector.credential_ids.filtered(
                lambda credential: credential.required and not credential.is_set
            )
            if missing and missing[0].is_obtained:
                raise UserError(self.env._("First click Connect on %(name)s.", name=connector.name))
            if missing:
                raise UserError(
                    self.env._(
                        "First enter the credential “%(label)s” of %(name)s.",
                        label=missing[0].label,
                        name=connector.name,
                    )
                )
        self._set_state("active", False, is_neutralized=False)
        for connector in self:
            connector._clear_alert(ATTENTION)

    def action_pause(self):
        """Go on capturing changes, but send none."""
        self.check_access("write")
        self._set_state("paused", self.env._("Paused by %(user)s.", user=self.env.user.name))

    def _set_state(self, state, reason, **more):
        # As the superuser: the state is read-only for users. The caller has checked their access.
        self.sudo().write(
            {"state": state, "state_reason": reason, "state_since": fields.Datetime.now(), **more}
        )

    # -- business methods --------------------------------------------------------------------------

    @api.model
    def _providers(self):
        """Return ``{code: Provider}``. Override it in an addon to add a provider."""
        return PROVIDERS

    def _get_provider(self):
        """Return the :class:`~..connectors.provider.Provider`; None if there is none or its addon is not installed."""
        return self._providers().get(self.provider)

    def _remote_page(self, object_name, remote_id):
        """Return the URL of a record's page in the remote system; empty if it is not known."""
        provider = self._get_provider()
        if not provider or not provider.page or not self.remote_pages:
            return ""
        return provider.page(self.remote_pages, object_name, remote_id)

    def _get_auth_method(self):
        """Return the chosen :class:`~...connectors.authentication.AuthMethod`."""
        return self._get_provider().auth_method(self.auth_method)

    def _credential_specs(self):
        """Return the :class:`~...connectors.authentication.Credential` that the connector has."""
        return self._get_auth_method().credentials

    def _get_plan(self):
        """Return the chosen :class:`~...connectors.provider.Plan`, or None."""
        self.ensure_one()
        provider = self._get_provider()
        plans = provider.plans if provider else ()
        return next((plan for plan in plans if f"{provider.code}.{plan.code}" == self.plan), None)

    def _connection(self, **changes):
        """Return a :class:`~...connectors.connection.Connection`, a context manager that yields the adapter.

        :param changes: of the :class:`~...connectors.provider.Settings`
        :raise UserError: a credential cannot be decrypted, or the provider's addon is not installed
        """
        self.ensure_one()
        self._check_not_neutralized()
        provider = self._get_provider()
        if provider is None:
            raise UserError(
                self.env._("The module for the provider of %(name)s is not installed.", name=self.name)
            )
        return Connection(provider, replace(self._adapter_settings(), **changes))

    def _check_not_neutralized(self):
        if self.is_neutralized:
            raise UserError(
                self.env._(
                    "This database is a neutralized copy. %(name)s makes no calls until you activate it here.",
                    name=self.name,
                )
            )

    def _adapter_settings(self):
        return Settings(
            base_url=self.base_url,
            api_version=self.api_version or "",
            credentials=self.env["retail.credential"]._secrets_of(self),
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            batch_size=self.batch_size,
            source=self.get_base_url(),
            allowed_hosts=server_options.allowed_hosts(),
            auth_method=self.auth_method,
            time_zone=self.time_zone or "",
            lang=self.lang or self.company_id._retail_lang(),
        )

    def _is_started(self):
        """Return whether the connector sends changes, now or as soon as the remote accepts calls."""
        return self.active and self.state == "active"

    def _need_attention(self, reason):
        """Pause the connector until a user activates it again, and alert its responsible user.

        :param reason: what happened and what to do, for the admin
        """
        self.ensure_one()
        if self.state != "active":
            return
        self._set_state("attention", reason)
        summary = self.env._("%(name)s needs attention", name=self.name)
        self._raise_alert(ATTENTION, summary, reason, self._get_responsible())

    def _get_responsible(self, preferred=(), otherwise=(), company=None):
        """Return who gets an alert: the responsible user, unless another user is preferred.

        :param preferred: users who come before the responsible user
        :param otherwise: users who come after the responsible user and that of the company
        :param company: to which the user must have access; None: the connector's
        """
        chosen = (*preferred, self.responsible_id, self.company_id.retail_responsible_id, *otherwise)
        return (company or self.company_id)._retail_caretaker(chosen)

    def _send_email(self, subject, text):
        """Queue an email to the responsible user, if *Email on Outage* is set."""
        responsible = self._get_responsible()
        if not self.notify_by_email or not responsible.email:
            return
        body = Markup("<p>%s</p>") % text
        # As the superuser: users create no emails; the recipient is the responsible user.
        self.env["mail.mail"].sudo().create(
            {"subject": subject, "body_html": body, "email_to": responsible.email_formatted}
        )

    def _store_test_result(self, succeeded, message, skew):
        # As the superuser: the result is read-only for users. The caller has checked their access.
        self.sudo().write(
            {
                "tested_at": fields.Datetime.now(),
                "test_succeeded": succeeded,
                "test_result": message,
                "clock_skew": skew,
            }
        )

    def _notify(self, kind, message):
        return notice(kind, message, title=self.name)


def _is_base_url(text):
    try:
        url = urlsplit(text or "")
        is_plain = url.port is None or url.port > 0
    except ValueError:
        return False
    is_http = url.scheme in ("http", "https") and bool(url.hostname)
    return is_http and is_plain and not set("@#?\\") & set(text) and text.isprintable() and " " not in text
