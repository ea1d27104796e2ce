"""Failures that are about another record, which shares something with the record that failed."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .names import record_names


class RetailConflicting(models.AbstractModel):
    """Names the other record only to users who may read it, and opens it for them.

    Stored texts name it by its number or id, because they are read by others and outlive an erased record.
    """

    _name = "retail.conflicting"
    _description = "Retail Hub: Conflict with Another Record"

    conflicts_with = fields.Char(
        readonly=True, copy=False, help="The record that is linked to the remote record already."
    )
    conflict_name = fields.Char("Other Record", compute="_compute_conflict")
    can_open_conflict = fields.Boolean(compute="_compute_conflict")

    @api.depends("conflicts_with")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_conflict(self):
        references = {each: _parse(each.conflicts_with) for each in self if each.conflicts_with}
        names = record_names(self.env, references.values())
        for each in self:
            reference = references.get(each)
            each.conflict_name = names[reference] if reference else False
            each.can_open_conflict = bool(reference and self._readable(*reference))

    def action_open_conflict(self):
        """Open the other record."""
        self.ensure_one()
        self.check_access("read")
        reference = _parse(self.conflicts_with) if self.conflicts_with else None
        record = self._readable(*reference) if reference else None
        if not record:
            raise UserError(self.env._("The other record was deleted, or you are not allowed to read it."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    @api.model
    def _readable(self, model, record_id):
        """Return the record if it exists and the user may read it; else nothing, or an empty recordset."""
        if model not in self.env:
            return None
        return self.env[model].browse(record_id).exists()._filtered_access("read")


def _parse(reference):
    """Return (model, id) of a reference such as ``res.partner,7``."""
    model, _comma, record_id = reference.partition(",")
    return model, int(record_id)
