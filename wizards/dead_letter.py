"""Repair: compare what failed with what will be sent now, then replay or discard."""

from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core.const import ErrorClass, State
from ..models.operations.repair import Preview, changed_properties
from ..models.outbox.names import action_dialog, with_names
from ..tools.filters import FilterError, parse_filter, plan_filter, validate_filter
from ..tools.limited import limit_filter
from ..tools.readable import check_filter

VALIDATE_LIMIT = 1000
LISTED = 80  # failed events in the window's list
REASONS_SHOWN = 10
ABOUT_CONTENT = (ErrorClass.MAPPING, ErrorClass.VALIDATION, ErrorClass.BUSINESS, ErrorClass.CONFLICT)


class RetailDeadLetterWizard(models.TransientModel):
    _name = "retail.dead.letter.wizard"
    _description = "Repair Failed Events"
    _inherit = ["retail.checked", "retail.conflicting"]

    group_id = fields.Many2one("retail.error.group", readonly=True, ondelete="cascade")
    selected_ids = fields.Many2many("retail.delivery", string="Chosen Events", readonly=True)
    total_count = fields.Integer("Failed", compute="_compute_total_count")
    res_model = fields.Char(default="retail.delivery", readonly=True)
    sample_id = fields.Many2one(
        "retail.delivery", "Outgoing Event", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    sample_record = fields.Char("Record", related="sample_id.record_name", related_sudo=False)
    can_open_record = fields.Boolean(related="sample_id.can_open_record", related_sudo=False)
    sample_error = fields.Text("Error of the Event", related="sample_id.shown_error", related_sudo=False)
    error_message = fields.Text("Stored Error", related="sample_id.error_message", related_sudo=False)
    position = fields.Char(compute="_compute_position")
    status = fields.Selection(
        [("changed", "Changed"), ("unchanged", "Unchanged"), ("unbuilt", "Cannot be sent")], readonly=True
    )
    can_succeed = fields.Boolean(readonly=True, help="Whether a replay of the event can succeed.")
    proposes_replay = fields.Boolean(compute="_compute_proposes_replay")
    verdict = fields.Text(readonly=True)
    failed_ids = fields.Many2many("retail.delivery", string="Failed Events", compute="_compute_failed_ids")
    chosen_count = fields.Integer("Selected", compute="_compute_chosen_count")
    scope = fields.Selection(
        [("one", "This event"), ("all", "All events"), ("filter", "Events that match a filter")],
        required=True,
        default="all",
    )
    domain = fields.Char("Filter", default="[]")
    discard_reason = fields.Char("Reason")
    checked_count = fields.Integer(readonly=True)
    changed_count = fields.Integer(readonly=True)
    unchanged_count = fields.Integer(readonly=True)
    unbuilt_count = fields.Integer(readonly=True)
    unbuilt_reasons = fields.Text(readonly=True)
    is_partial = fields.Boolean(readonly=True, help="Only the first events were checked.")

    @api.depends("group_id", "selected_ids", "total_count")
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = wizard._title()

    def _title(self):
        """Return what failed and why, as a sentence."""
        failed = self.group_id or self.selected_ids
        causes = {(each.connector_id, each.fingerprint) for each in failed}
        if len(causes) != 1 or not failed[0].error_class:
            return self.env._("%(count)s events failed, for several reasons", count=self.total_count)
        values = {"system": failed[0]._system().name, "cause": failed[0]._cause_clause()}
        if self.total_count == 1:
            return self.env._("1 event to %(system)s failed because %(cause)s", **values)
        return self.env._(
            "%(count)s events to %(system)s failed because %(cause)s", count=self.total_count, **values
        )

    @api.depends("group_id", "selected_ids")
    def _compute_total_count(self):
        for wizard in self:
            wizard.total_count = self.env["retail.delivery"].search_count(wizard._base_domain())

    @api.depends("group_id", "selected_ids")
    def _compute_failed_ids(self):
        for wizard in self:
            wizard.failed_ids = self.env["retail.delivery"].search(
                wizard._base_domain(), order="id", limit=LISTED
            )

    @api.depends("sample_id", "total_count")
    def _compute_position(self):
        for wizard in self:
            before = wizard._base_domain() & Domain("id", "<=", wizard.sample_id.id)
            wizard.position = self.env._(
                "%(number)s of %(total)s",
                number=self.env["retail.delivery"].search_count(before),
                total=wizard.total_count,
            )

    @api.depends("scope", "domain", "sample_id", "total_count")
    def _compute_chosen_count(self):
        for wizard in self:
            wizard.chosen_count = self.env["retail.delivery"].search_count(wizard._chosen_domain())

    @api.depends("scope", "can_succeed", "checked_count", "changed_count")
    def _compute_proposes_replay(self):
        """Propose what can succeed: for the event shown, or for others after they were validated."""
        for wizard in self:
            is_shown_chosen = wizard.scope != "filter"
            wizard.proposes_replay = (is_shown_chosen and wizard.can_succeed) or bool(
                wizard.checked_count and wizard.changed_count
            )

    @api.onchange("scope", "domain")
    def _onchange_scope(self):
        self.checked_count = 0

    # -- actions -----------------------------------------------------------------------------------

    @api.model
    def _open(self, group=None, deliveries=None):
        """Return the action that shows a new wizard, for a group or for some deliveries."""
        for records in filter(None, (group, deliveries)):
            records.check_access("read")
        # As the superuser, as below: what the wizard is about and what it found is read-only for users.
        wizard = (
            self.sudo()
            .create({"group_id": group and group.id, "selected_ids": deliveries})
            .with_env(self.env)
        )
        first = self.env["retail.delivery"].search(wizard._base_domain(), order="id", limit=1)
        if not first:
            raise UserError(
                self.env._("There is nothing to repair: none of these events is failed any more.")
            )
        if wizard.total_count == 1:
            wizard.scope = "one"
        wizard.domain = repr(list(wizard._filter_to_start_with()))
        wizard._show(first)
        return wizard._reopen()

    def action_next(self):
        """Show the next delivery."""
        return self._step(">", "id")

    def action_previous(self):
        """Show the previous delivery."""
        return self._step("<", "id desc")

    def action_open_record(self):
        """Open the record that the delivery shown is about."""
        self.ensure_one()
        return self.sample_id.action_open_record()

    def action_validate(self):
        """Check what a replay will send, without sending or recording anything."""
        self.ensure_one()
        chosen = self._chosen(limit=VALIDATE_LIMIT + 1)
        checked = chosen[:VALIDATE_LIMIT]
        statuses, reasons = Counter(), Counter()
        for status, reason in self._check(checked).values():
            statuses[status] += 1
            reasons[reason] += status == "unbuilt"
        # As the superuser: results are read-only for users.
        self.sudo().write(
            {
                "checked_count": len(checked),
                "changed_count": statuses["changed"],
                "unchanged_count": statuses["unchanged"],
                "unbuilt_count": statuses["unbuilt"],
                "unbuilt_reasons": self._list_reasons(+reasons),
                "is_partial": len(chosen) > VALIDATE_LIMIT,
            }
        )
        return self._reopen()

    def action_replay(self):
        """Replay the selected deliveries."""
        self.ensure_one()
        chosen = self._chosen()
        hopeless = chosen._why_hopeless()
        replayed = (chosen - chosen.browse(hopeless))._replay()
        for group, deliveries in replayed._error_groups().items():
            group.message_post(body=self.env._("Replayed: %(count)s.", count=len(deliveries)))
        texts = replayed._texts_about_hopeless(hopeless)
        if not replayed:
            raise UserError("\n".join([self.env._("Nothing was sent."), *texts]))
        report = replayed._report_queued(texts)
        report["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return report

    def action_ask_discard(self):
        """Ask for the reason, in a second step."""
        self.ensure_one()
        self._chosen(limit=1)
        return {
            **self._reopen(),
            "name": self.env._("Discard %(count)s failed events", count=self.chosen_count),
            "views": [(self.env.ref("retail_hub.retail_dead_letter_wizard_view_discard").id, "form")],
            "context": {"dialog_size": "medium"},
        }

    def action_back(self):
        """Return to the comparison."""
        self.ensure_one()
        return self._reopen()

    def action_discard(self):
        """Discard the selected deliveries."""
        self.ensure_one()
        reason = (self.discard_reason or "").strip()
        if not reason:
            raise UserError(self.env._("Enter a reason to discard these events."))
        discarded = self._chosen()._discard(reason)
        for group, deliveries in discarded._error_groups().items():
            message = self.env._("Discarded: %(count)s. %(reason)s", count=len(deliveries), reason=reason)
            group.message_post(body=message)
            group.sudo()._refresh()  # read-only for users
        return self._finish(self.env._("Events discarded: %(count)s.", count=len(discarded)))

    # -- which -------------------------------------------------------------------------------------

    def _base_domain(self):
        """Return the domain of all deliveries that this wizard may change."""
        if self.group_id:
            return self.group_id._dead_domain()
        return Domain("id", "in", self.selected_ids.ids) & Domain("state", "=", State.DEAD.value)

    def _filter_to_start_with(self):
        """Return the initial filter for a person to extend; the domain editor counts its matches."""
        return self.group_id._dead_domain() if self.group_id else Domain("status", "=", State.DEAD.value)

    def _chosen_domain(self):
        if self.scope == "one":
            return self._base_domain() & Domain("id", "=", self.sample_id.id)
        if self.scope == "filter":
            return self._base_domain() & self._parse_filter()
        return self._base_domain()

    def _parse_filter(self):
        deliveries = self.env["retail.delivery"]
        try:
            domain = parse_filter(self.env, self.domain)
            check_filter(deliveries, domain)
            validate_filter(deliveries, domain)
            plan_filter(deliveries, domain)
        except FilterError as error:
            raise UserError(self.env._("The filter is not valid. %(error)s", error=error)) from error
        return limit_filter(deliveries, domain)

    def _chosen(self, limit=None):
        chosen = self.env["retail.delivery"].search(self._chosen_domain(), order="id", limit=limit)
        if not chosen:
            raise UserError(
                self.env._(
                    "No failed event is selected. Either the filter matches none, or they are no longer failed."
                )
            )
        return chosen

    # -- the sample --------------------------------------------------------------------------------

    def _step(self, operator, order):
        self.ensure_one()
        domain = self._base_domain() & Domain("id", operator, self.sample_id.id)
        following = self.env["retail.delivery"].search(domain, order=order, limit=1)
        self._show(following or self.sample_id)
        return self._reopen()

    def _show(self, delivery):
        """Compare what failed with what will be sent now, for one delivery."""
        failed = delivery._failed_requests().get(delivery.id)
        preview = delivery._preview().get(delivery.id, Preview())
        request = preview.request
        status = _status(failed, request)
        # As the superuser: results are read-only for users, who may read the delivery.
        self.sudo().write(
            {
                "sample_id": delivery.id,
                "status": status,
                "can_succeed": status == "changed"
                or (status == "unchanged" and not _is_about_content(delivery)),
                "conflicts_with": preview.conflicts_with or delivery.conflicts_with,
                "verdict": self._get_verdict(delivery, status, failed, preview),
                "checked_count": 0,
            }
        )

    def _get_verdict(self, delivery, status, failed, preview):
        reason = with_names(self.env, preview.reason or "")
        if status == "unbuilt" and preview.is_final:
            return self.env._("This event cannot be sent: %(reason)s", reason=reason)
        if status == "unbuilt":
            return self.env._("If you replay this event now, it waits. %(reason)s", reason=reason)
        if failed is None:
            return self.env._("This event was never sent. Now it can be sent.")
        if status == "changed":
            return self.env._("What will be sent now differs from what failed.")
        if _is_about_content(delivery):
            return self.env._("Nothing has changed since the event failed. It will very likely fail again.")
        return self.env._(
            "The same content will be sent again. The event did not fail because of its content, so this may work."
        )

    # -- the dry run -------------------------------------------------------------------------------

    def _check(self, deliveries):
        """Return ``{id: (status, reason why it cannot be sent or None)}``."""
        failed = deliveries._failed_requests()
        return {
            delivery_id: (_status(failed.get(delivery_id), preview.request), preview.reason)
            for delivery_id, preview in deliveries._preview().items()
        }

    def _list_reasons(self, reasons):
        lines = [
            f"{count} × {with_names(self.env, reason)}"
            for reason, count in reasons.most_common(REASONS_SHOWN)
        ]
        rest = len(reasons) - REASONS_SHOWN
        if rest > 0:
            lines.append(self.env._("… and %(count)s other reasons", count=rest))
        return "\n".join(lines)

    # -- helpers -----------------------------------------------------------------------------------

    def _reopen(self):
        return action_dialog(self, self._title())

    def _finish(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


def _is_about_content(delivery):
    return delivery.error_class in ABOUT_CONTENT


def _status(failed, request):
    if request is None:
        return "unbuilt"
    return "unchanged" if failed and not changed_properties(failed, request) else "changed"


class RetailErrorGroup(models.Model):
    _inherit = "retail.error.group"

    def action_repair(self):
        """Open the repair wizard for the group."""
        self.ensure_one()
        return self.env["retail.dead.letter.wizard"]._open(group=self)


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    def action_repair(self):
        """Open the repair wizard for the failed ones of the deliveries."""
        dead = self.filtered(lambda delivery: delivery.state == State.DEAD)
        if not dead:
            raise UserError(self.env._("There is nothing to repair: none of these events has failed."))
        return self.env["retail.dead.letter.wizard"]._open(deliveries=dead)
