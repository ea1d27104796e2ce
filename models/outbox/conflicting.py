"""Failures that are about another record, which shares something with the record that failed."""

from odoo import api, fields, models

from .names import action_open, parse_reference, readable, record_names, stored_name, with_names


class RetailConflicting(models.AbstractModel):
    """Names the other record only to users who may read it, and opens it for them.

    Stored texts name it by its number or id, because they are read by others and outlive an erased record.
    """

    _name = "retail.conflicting"
    _description = "Retail Hub: Conflict with Another Record"

    conflicts_with = fields.Char(
        readonly=True, copy=False, help="The record that is linked to the remote record already."
    )
    error_message = fields.Text("Error", readonly=True)
    conflict_name = fields.Char("Other Record", compute="_compute_conflict")
    can_open_conflict = fields.Boolean(compute="_compute_conflict")
    shown_error = fields.Text(
        "Error Message", compute="_compute_shown_error", help="With the name of the other record."
    )

    @api.depends("conflicts_with")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_conflict(self):
        references = {each: parse_reference(each.conflicts_with) for each in self if each.conflicts_with}
        names = record_names(self.env, references.values())
        for each in self:
            reference = references.get(each)
            each.conflict_name = names[reference] if reference else False
            each.can_open_conflict = bool(reference and readable(self.env, *reference))

    @api.depends("error_message", "conflicts_with")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_shown_error(self):
        for each in self:
            each.shown_error = each._shown_error()

    def _shown_error(self):
        """Return the stored error, in which the other record has the name by which the user may know it."""
        return self._with_name_of_other(self.error_message)

    def _with_name_of_other(self, text):
        """Return a stored text, in which other records have the names by which the user may know them."""
        reference = parse_reference(self._other_record())
        stored = stored_name(self.env, *reference) if reference else ""
        if text and stored:  # a flow has none
            text = text.replace(stored, record_names(self.env, [reference])[reference])
        return with_names(self.env, text)

    def _other_record(self):
        """Return the record that the error is about besides its own, such as ``res.partner,7``."""
        return self.conflicts_with

    def action_open_conflict(self):
        """Open the other record."""
        self.ensure_one()
        self.check_access("read")
        model, record_id = parse_reference(self.conflicts_with) or ("", 0)
        return action_open(self.env, model, record_id)
