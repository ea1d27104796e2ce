"""Tombstones: identifiers of erased records, which must not come back."""

import hashlib

from odoo import api, fields, models
from odoo.tools import SQL


class RetailTombstone(models.Model):
    _name = "retail.tombstone"
    _description = "Erased Record"
    _inherit = ["retail.checked"]
    _log_access = False

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    # A hash: the identifier itself is not kept.
    digest = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Integer(required=True, readonly=True)
    erased_at = fields.Datetime(required=True, readonly=True)

    _digest_unique = models.UniqueIndex("(connector_id, digest)")

    @api.model
    def _bury(self, record):
        """Keep all identifiers by which systems know a record from being used again.

        They are those of the bindings, which stay until each system has erased the record, too.
        """
        bindings = self.env["retail.binding"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )
        now = fields.Datetime.now()
        for binding in bindings:
            self.env.execute_query(
                SQL(
                    "INSERT INTO retail_tombstone (connector_id, digest, res_model, res_id, erased_at)"
                    " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
                    binding.connector_id.id,
                    _digest(record._name, binding.remote_id),
                    record._name,
                    record.id,
                    now,
                )
            )

    @api.model
    def _buried(self, connector, res_model, external_id):
        """Return the id of the erased record that a system knew by this identifier; None if there is none."""
        domain = [("connector_id", "=", connector.id), ("digest", "=", _digest(res_model, external_id))]
        return self.search(domain).res_id or None

    @api.model
    def _buried_ids(self, connector, res_model, external_ids):
        """Return those of these identifiers by which a system knew erased records, as a list."""
        by_digest = {_digest(res_model, each): each for each in external_ids}
        domain = [("connector_id", "=", connector.id), ("digest", "in", list(by_digest))]
        return [by_digest[each.digest] for each in self.search(domain)]


def _digest(res_model, external_id):
    return hashlib.sha256(f"{res_model}\n{external_id}".encode()).hexdigest()
