"""Aliases: Odoo records that share the remote record of another Odoo record, such as two customers with one e-mail.

The other record, the *primary*, is the one that is bound and sent. An alias has no binding: it is delivered without a
call, and what refers to it is linked to the primary's remote record.
"""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .dependencies import queue_state
from .names import record_names
from .rows import as_table


class Alias(NamedTuple):
    """An alias as sending needs it.

    :param key_hash: hash of the alias's own match key
    :param is_remote: the remote system said that it is the primary's record; else the two have the same match key
    """

    primary_id: int
    key_hash: str | None
    is_remote: bool


class AliasRow(NamedTuple):
    """An alias to insert or update."""

    res_model: str
    res_id: int
    primary_id: int
    key_hash: str | None
    is_remote: bool


class RetailAlias(models.Model):
    _name = "retail.alias"
    _description = "Possible Duplicate"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _log_access = False
    _rec_name = "record_name"

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", related_sudo=False)
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record ID", model_field="res_model", required=True, readonly=True)
    primary_id = fields.Many2oneReference(
        "Primary Record ID", model_field="res_model", required=True, readonly=True
    )
    key_hash = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    is_remote = fields.Boolean(readonly=True, help="The remote system has one record for both.")
    since = fields.Datetime(required=True, readonly=True)
    record_name = fields.Char("Possible Duplicate", compute="_compute_names")
    primary_name = fields.Char(
        "Duplicate Of",
        compute="_compute_names",
        help="The record that is linked to the remote record, and sent.",
    )
    reason = fields.Char(compute="_compute_reason")

    _record_unique = models.UniqueIndex("(res_id, res_model, connector_id)")
    _primary_idx = models.Index("(primary_id, connector_id, res_model)")

    @api.depends("res_model", "res_id", "primary_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_names(self):
        pairs = {(each.res_model, id_) for each in self for id_ in (each.res_id, each.primary_id)}
        names = record_names(self.env, pairs)
        for each in self:
            each.record_name = names[each.res_model, each.res_id]
            each.primary_name = names[each.res_model, each.primary_id]

    @api.depends("is_remote")
    def _compute_reason(self):
        for each in self:
            each.reason = (
                self.env._("The remote system has one record for both.")
                if each.is_remote
                else self.env._("Both have the same key, such as the email address.")
            )

    def action_open_record(self):
        """Open the possible duplicate."""
        return self._action_open(self.res_id)

    def action_open_primary(self):
        """Open the record that is sent."""
        return self._action_open(self.primary_id)

    def _action_open(self, res_id):
        self.ensure_one()
        self.check_access("read")
        record = self.env[self.res_model].browse(res_id).exists()._filtered_access("read")
        if not record:
            raise UserError(self.env._("The record was deleted, or you are not allowed to read it."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def action_merge(self):
        """Open Odoo's own dialog to merge the two contacts."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("base.action_partner_merge")
        context = {"active_model": self.res_model, "active_ids": [self.primary_id, self.res_id]}
        return {**action, "context": context}

    # -- for sending -------------------------------------------------------------------------------

    @api.model
    def _by_record(self, connector, res_model, ids):
        """Return ``{res_id: Alias}``."""
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id, primary_id, key_hash, is_remote FROM retail_alias"
                " WHERE connector_id = %s AND res_model = %s AND res_id = ANY(%s)",
                connector.id,
                res_model,
                list(ids),
            )
        )
        return {res_id: Alias(*row) for res_id, *row in rows}

    @api.model
    def _put(self, connector, rows):
        """Insert or update aliases.

        :param rows: list of :class:`AliasRow`
        """
        if not rows:
            return
        self.env.execute_query(
            SQL(
                """
                INSERT INTO retail_alias (connector_id, res_model, res_id, primary_id, key_hash, is_remote, since)
                SELECT %s, r.res_model, r.res_id, r.primary_id, r.key_hash, r.is_remote,
                       clock_timestamp() AT TIME ZONE 'UTC'
                  FROM %s
                    ON CONFLICT (connector_id, res_model, res_id) DO UPDATE
                   SET primary_id = EXCLUDED.primary_id, key_hash = EXCLUDED.key_hash, is_remote = EXCLUDED.is_remote
             RETURNING id
                """,
                connector.id,
                as_table(rows),
            )
        )

    @api.model
    def _release(self, connector, res_model, keys):
        """End the aliases of records that no longer have the key that they share, and have them sent.

        :param keys: ``{id of a primary: hash of the key that it had}``
        """
        ended = self._of_primaries(connector, res_model, keys).filtered(
            lambda alias: not alias.is_remote and alias.key_hash == keys[alias.primary_id]
        )
        records = self.env[res_model].browse(ended.mapped("res_id")).exists()
        ended.unlink()
        for record in records:
            queue_state(connector, record, None)

    @api.model
    def _of_records(self, connector, res_model, ids):
        return self.search(
            [("connector_id", "=", connector.id), ("res_model", "=", res_model), ("res_id", "in", list(ids))]
        )

    @api.model
    def _of_primaries(self, connector, res_model, ids):
        return self.search(
            [
                ("connector_id", "=", connector.id),
                ("res_model", "=", res_model),
                ("primary_id", "in", list(ids)),
            ]
        )
