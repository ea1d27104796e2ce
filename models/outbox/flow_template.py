"""Setting up the flows of a connector in one click."""

from odoo import models
from odoo.exceptions import UserError

from ...core.errors import RemoteError
from ..connector.templates import CRM, MIDDLEWARE


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def action_crm_flows(self):
        """Have the flows that a CRM usually wants."""
        return self._apply_template(CRM)

    def action_middleware_flows(self):
        """Have a flow for everything that the provider takes; what is many is left off."""
        return self._apply_template(MIDDLEWARE)

    def _apply_template(self, template):
        """Add the template's flows that are missing, switch on those that are off, and tell what was done.

        Other flows are left as they are, and so are those of event types that the provider does not take. What is
        optional for the provider, since it is many, is added switched off: only a person switches that on.
        """
        self.ensure_one()
        self.check_access("write")
        adapter_class = self._get_adapter_class()
        names = template.event_types()
        taken = [name for name in names if name in adapter_class.event_types]
        flows = self.with_context(active_test=False).flow_ids.grouped("event_type")
        missing = [name for name in taken if name not in flows]
        self._add_flows(missing, set(missing) - adapter_class.optional_event_types)
        is_on = {name: name in flows and flows[name].active for name in taken}
        left = [name for name in taken if name in adapter_class.optional_event_types and not is_on[name]]
        added = [name for name in taken if name not in flows and name not in left]
        switched_on = [name for name in taken if name in flows and not is_on[name] and name not in left]
        for name in switched_on:
            flows[name].active = True
        refused = [name for name in names if name not in taken]
        report = self._template_report(added, switched_on, left, refused, sum(is_on.values()))
        kind, more = self._set_up_report() if added or switched_on else ("success", "")
        return self._notify(kind, f"{report} {more}".strip())

    def _set_up_report(self):
        """Make at the remote what the new flows need; return (kind of notification, what was made or why not)."""
        if not self.has_set_up:
            return "success", ""
        try:
            made = self._set_up()
        except (RemoteError, UserError) as error:
            return "warning", self.env._("The remote is not set up for them: %(why)s", why=error)
        return "success", self.env._("Made at the remote: %(what)s.", what=", ".join(made)) if made else ""

    def _template_report(self, added, switched_on, left, refused, on_before):
        lines = []
        if added:
            lines.append(self.env._("Added: %(events)s.", events=_labels(self.env, added)))
        if switched_on:
            lines.append(self.env._("Switched on: %(events)s.", events=_labels(self.env, switched_on)))
        if not lines:
            lines.append(self.env._("Nothing to add: all %(count)s flows are on already.", count=on_before))
        if left:
            events = _labels(self.env, left)
            lines.append(self.env._("Left off, since they are many: %(events)s.", events=events))
        if refused:
            provider = self._get_adapter_class().label
            events = _labels(self.env, refused)
            lines.append(
                self.env._("%(provider)s does not take: %(events)s.", provider=provider, events=events)
            )
        return " ".join(lines)


def _labels(env, names):
    labels = dict(env["retail.event"]._fields["event_type"]._description_selection(env))
    return ", ".join(labels[name] for name in names)
