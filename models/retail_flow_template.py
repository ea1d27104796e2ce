"""Setting up the flows of a connector in one click."""

from odoo import models
from odoo.exceptions import UserError

from ..connectors.base import RemoteError
from ..schemas import EVENT_TYPES
from ..templates import CRM, MIDDLEWARE


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def action_crm_flows(self):
        """Have the flows that a CRM usually wants."""
        return self._apply_template(CRM)

    def action_middleware_flows(self):
        """Have a flow for everything that the provider takes."""
        return self._apply_template(MIDDLEWARE)

    def _apply_template(self, template):
        """Add the template's flows that are missing, switch on those that are off, and tell what was done.

        Other flows are left as they are, and so are those of event types that the provider does not take.
        """
        self.ensure_one()
        self.check_access("write")
        names = template.event_types()
        taken = [name for name in names if name in self._get_adapter_class().event_types]
        flows = self.with_context(active_test=False).flow_ids.grouped("event_type")
        missing = [name for name in taken if name not in flows]
        off = [name for name in taken if name in flows and not flows[name].active]
        self._add_flows(missing)
        for name in off:
            flows[name].active = True
        report = self._template_report(missing, off, taken, set(names) - set(taken))
        kind, more = self._set_up_report() if missing or off else ("success", "")
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

    def _add_flows(self, names):
        """Add a flow for each of some event types, with what is usual for it."""
        self.flow_ids.create(
            [
                {
                    "connector_id": self.id,
                    "event_type": name,
                    "domain": self.env[EVENT_TYPES[name].model]._retail_default_domain(),
                }
                for name in names
            ]
        )

    def _template_report(self, added, switched_on, taken, refused):
        lines = []
        if added:
            lines.append(self.env._("Added: %(events)s.", events=_labels(self.env, added)))
        if switched_on:
            lines.append(self.env._("Switched on: %(events)s.", events=_labels(self.env, switched_on)))
        if not lines:
            lines.append(self.env._("Nothing to add: all %(count)s flows are on already.", count=len(taken)))
        if refused:
            provider = self._get_adapter_class().label
            events = _labels(self.env, sorted(refused, key=list(EVENT_TYPES).index))
            lines.append(
                self.env._("%(provider)s does not take: %(events)s.", provider=provider, events=events)
            )
        return " ".join(lines)


def _labels(env, names):
    labels = dict(env["retail.event"]._fields["event_type"]._description_selection(env))
    return ", ".join(labels[name] for name in names)
