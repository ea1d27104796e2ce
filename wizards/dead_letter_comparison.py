"""The comparison in Repair: what failed beside what will be sent now, and two customers who share something."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.operations.repair import Preview, changed_properties
from ..models.operations.timeline import SEE_PERSONAL_DATA
from ..models.outbox.names import parse_reference, readable
from .hidden_values import hidden_paths

CUSTOMERS = ("partner_id", "partner_invoice_id", "partner_shipping_id")


class RetailDeadLetterWizard(models.TransientModel):
    _inherit = "retail.dead.letter.wizard"

    diff = fields.Html(compute="_compute_diff", sanitize=False)
    partner_id = fields.Many2one("res.partner", "This Customer", compute="_compute_partners")
    other_partner_id = fields.Many2one("res.partner", "Other Customer", compute="_compute_partners")
    partner_details = fields.Char("Details", compute="_compute_partners")
    other_partner_details = fields.Char("Details of the Other", compute="_compute_partners")

    @api.depends("sample_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_diff(self):
        for wizard in self:
            delivery = wizard.sample_id
            failed = delivery._failed_requests().get(delivery.id)
            request = delivery._preview().get(delivery.id, Preview()).request
            diff = wizard._render_diff(delivery, failed, request) if delivery else False
            wizard.diff = diff  # after the preview, whose end empties the cache

    @api.depends("sample_id", "conflicts_with")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_partners(self):
        for wizard in self:
            sample = wizard.sample_id
            one = readable(self.env, sample.res_model, sample.res_id) if sample else None
            other = readable(self.env, *(parse_reference(wizard.conflicts_with) or ("", 0)))
            are_shown = one and other and one._name == other._name == "res.partner"
            wizard.partner_id, wizard.other_partner_id = (one, other) if are_shown else (False, False)
            wizard.partner_details = _details(wizard.partner_id)
            wizard.other_partner_details = _details(wizard.other_partner_id)

    # -- actions -----------------------------------------------------------------------------------

    def action_merge(self):
        """Open Odoo's own dialog to merge the two customers."""
        self.ensure_one()
        if not self.other_partner_id:
            raise UserError(self.env._("There are no two customers to merge here."))
        action = self.env["ir.actions.act_window"]._for_xml_id("base.action_partner_merge")
        context = {
            "active_model": "res.partner",
            "active_ids": [self.other_partner_id.id, self.partner_id.id],
        }
        return {**action, "context": context}

    # -- what is compared --------------------------------------------------------------------------

    def _may_see(self, delivery, request):
        """Return whether the user may read all that will be sent: the record, its customers, and the Odoo fields."""
        if self.env.user.has_group(SEE_PERSONAL_DATA):
            return True
        record = readable(self.env, delivery.res_model, delivery.res_id)
        if not record:
            return False
        # As the superuser: it is checked whether the user may read them.
        customers = [record.sudo()[name].with_env(self.env) for name in CUSTOMERS if name in record._fields]
        if any(each != each._filtered_access("read") for each in customers):
            return False
        if not request.record_values:
            return True
        # As the superuser, as the drain reads it, to find what the user would read differently.
        connector = delivery.connector_id.sudo()._for_its_companies()
        [sent] = connector._by_company(record.with_env(connector.env), delivery.company_id.ids)
        return not hidden_paths(self.env.user, sent, dict(request.record_values))

    def _render_diff(self, delivery, failed, request):
        is_clear = bool(request) and self._may_see(delivery, request)
        rows = _compare(failed, request, _in_clear(request) if is_clear else request)
        is_compared = bool(failed and request)
        shown = [
            row for row in rows if not is_compared or row["is_changed"] or row["name"] == delivery.error_field
        ]
        values = {
            "shown": shown,
            "others": [row for row in rows if row not in shown],
            "is_first": not failed,
            "is_clear": is_clear,
            # Of what has not changed, the value of now is shown, which is that of then.
            "is_masked": is_clear and any("***" in (row["before"] or "") for row in rows),
            "fault": delivery.error_field,
        }
        return self.env["ir.qweb"]._render("retail_hub.dead_letter_diff", values)


def _in_clear(request):
    """Return the request with its values in clear, but for the codes of cards, which anybody could spend."""
    clear = {
        name: text if name in request.clear and "code" not in name.lower() else request.properties[name]
        for name, text in {**request.properties, **request.clear}.items()
        if name in request.properties
    }
    return request._replace(properties=clear)


def _details(partner):
    """Return what tells customers apart."""
    return ", ".join(filter(None, (partner.email, partner.phone, partner.city))) if partner else False


def _compare(failed, masked, request):
    """Return one dict for each property that has a value before or now.

    What failed is stored masked. Of what is known not to have changed, the value of now is that of before.

    :param masked: what will be sent now, masked as what failed is
    :param request: what will be sent now, as it is shown
    """
    before = failed.properties if failed else {}
    now = request.properties if request else {}
    changed = changed_properties(failed, masked) if failed and masked else ()
    known = failed.digests[0] if failed else {}
    return [
        {
            "name": name,
            "before": now[name]
            if name in known and name in now and name not in changed
            else before.get(name),
            "now": now.get(name),
            "is_changed": name in changed,
            "is_masked": name in changed and before.get(name) == now.get(name),
        }
        for name in dict.fromkeys((*before, *now))
        if before.get(name) or now.get(name)
    ]
