"""Flow templates: adding the usual flows of a connector in one click."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...core.errors import RemoteError


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    flow_template = fields.Selection(
        "_selection_flow_template",
        compute="_compute_flow_template",
        precompute=True,
        store=True,
        readonly=False,
        help="The flows that are added in one click.",
    )
    flow_template_choices = fields.Json(compute="_compute_flow_template_choices")

    @api.model
    def _selection_flow_template(self):
        return [
            (f"{code}.{template.code}", template.label)
            for code, provider in self._providers().items()
            for template in provider.flow_templates
        ]

    @api.depends("provider")
    def _compute_flow_template(self):
        for connector in self:
            connector.flow_template = next(iter(connector._flow_templates()), False)

    @api.depends("provider")
    def _compute_flow_template_choices(self):
        for connector in self:
            connector.flow_template_choices = list(connector._flow_templates())

    def _flow_templates(self):
        """Return ``{value of the selection: FlowTemplate}`` for the provider."""
        provider = self._get_provider()
        templates = provider.flow_templates if provider else ()
        return {f"{provider.code}.{template.code}": template for template in templates}

    def action_add_flows(self):
        """Add the flows of the chosen template."""
        self.ensure_one()
        template = self._flow_templates().get(self.flow_template)
        if template is None:
            raise UserError(self.env._("Choose which flows to add."))
        return self._apply_template(template)

    def _apply_template(self, template):
        """Add the template's missing flows, switch on those that are off, and show a notification about it.

        Flows of optional (high-volume) event types are added switched off, and are not switched on. Event types that
        the provider does not support are skipped.
        """
        self.ensure_one()
        self.check_access("write")
        provider = self._get_provider()
        names = template.names()
        taken = [name for name in names if name in provider.event_types]
        flows = self.with_context(active_test=False).flow_ids.grouped("event_type")
        missing = [name for name in taken if name not in flows]
        self._add_flows(missing, set(missing) - provider.optional_event_types)
        is_on = {name: name in flows and flows[name].active for name in taken}
        left = [name for name in taken if name in provider.optional_event_types and not is_on[name]]
        added = [name for name in taken if name not in flows and name not in left]
        switched_on = [name for name in taken if name in flows and not is_on[name] and name not in left]
        for name in switched_on:
            flows[name].active = True
        refused = [name for name in names if name not in taken]
        report = self._template_report(added, switched_on, left, refused, sum(is_on.values()))
        kind, more = self._set_up_report() if added or switched_on else ("success", "")
        return self._notify(kind, f"{report} {more}".strip())

    def _set_up_report(self):
        """Set up the remote for the new flows; return (kind of notification, text about the result)."""
        if not self.can_set_up:
            return "success", ""
        try:
            made = self._set_up()
        except (RemoteError, UserError) as error:
            return "warning", self.env._("The remote system could not be set up: %(why)s", why=error)
        return "success", self.env._(
            "Created in the remote system: %(what)s.", what=", ".join(made)
        ) if made else ""

    def _template_report(self, added, switched_on, left, refused, on_before):
        lines = []
        if added:
            lines.append(self.env._("Added: %(events)s.", events=_labels(self.env, added)))
        if switched_on:
            lines.append(self.env._("Switched on: %(events)s.", events=_labels(self.env, switched_on)))
        if not lines:
            lines.append(self.env._("Nothing to add: all %(count)s flows are already on.", count=on_before))
        if left:
            events = _labels(self.env, left)
            lines.append(self.env._("Left off, because they are very frequent: %(events)s.", events=events))
        if refused:
            provider = self._get_provider().label
            events = _labels(self.env, refused)
            lines.append(
                self.env._("%(provider)s does not accept: %(events)s.", provider=provider, events=events)
            )
        return " ".join(lines)


def _labels(env, names):
    labels = dict(env["retail.event"]._fields["event_type"]._description_selection(env))
    return ", ".join(labels[name] for name in names)
