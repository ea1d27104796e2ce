"""Bindings: the link between an Odoo record and its remote record, per connector."""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from .rows import as_table

# The first key of the advisory locks that are held while new links are made; the second is the connector's id.
LINK_LOCK = 1919247459


class Bound(NamedTuple):
    """A binding as sending needs it.

    :param sent_hash: hash of the comparable part that was sent last
    :param is_not_found: the record no longer exists at the remote
    :param remote_object: the adapter's object; empty if unknown
    :param key_hash: hash of the match key that was sent last
    :param links: what the remote record was linked to when it was sent last: ``{object: remote ids}``
    """

    remote_id: str
    sent_hash: str | None
    is_not_found: bool
    remote_object: str
    key_hash: str | None
    links: dict


class RetailBinding(models.Model):
    _name = "retail.binding"
    _description = "Retail Hub Link to a Remote Record"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _log_access = False
    _rec_name = "remote_id"

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", related_sudo=False)
    branch_id = fields.Many2one(
        "res.company",
        readonly=True,
        ondelete="set null",
        help="The branch whose record was sent last. Empty: a record of the connector's company.",
    )
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True, readonly=True)
    remote_id = fields.Char("Remote ID", required=True, readonly=True)
    remote_object = fields.Char(readonly=True, help="The kind of record in the remote system.")
    # Hashes of personal data can be guessed, so nobody reads them.
    key_hash = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    sent_hash = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    links = fields.Json(readonly=True, help="The remote IDs of the records to which it was linked.")
    sent_at = fields.Datetime("Last Sent", readonly=True)
    is_not_found = fields.Boolean(
        "Not Found", readonly=True, help="The record no longer exists in the remote system."
    )

    # Each begins with its most selective column, so that PostgreSQL picks the right one even with stale statistics.
    _record_unique = models.UniqueIndex("(res_id, res_model, connector_id)")
    _status_idx = models.Index("((-id))")  # ids of retail.sync.state
    _key_idx = models.Index("(key_hash, connector_id, res_model) WHERE key_hash IS NOT NULL")
    _remote_idx = models.Index("(remote_id, connector_id, res_model)")

    @api.model
    def _by_record(self, connector, res_model, ids):
        """Return ``{res_id: Bound}``."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id, remote_id, sent_hash, COALESCE(is_not_found, FALSE), COALESCE(remote_object, ''),"
                " key_hash, COALESCE(links, '{}')"
                " FROM retail_binding"
                " WHERE connector_id = %s AND res_model = %s AND res_id = ANY(%s)",
                connector.id,
                res_model,
                list(ids),
            )
        )
        return {res_id: Bound(*row) for res_id, *row in rows}

    @api.model
    def _key_holders(self, connector, res_model, key_hashes):
        """Return ``{key hash: res_id}`` of the records that already use one of these match keys."""
        rows = self.env.execute_query(
            SQL(
                "SELECT key_hash, res_id FROM retail_binding"
                " WHERE connector_id = %s AND res_model = %s AND key_hash = ANY(%s)",
                connector.id,
                res_model,
                list(key_hashes),
            )
        )
        return dict(rows)

    @api.model
    def _bind(self, connector, rows):
        """Insert or update bindings, except new links to a remote record that is linked to another Odoo record.

        Whoever inserts new links holds :data:`LINK_LOCK` since before the transaction began.

        :param rows: list of :class:`~.rows.BindingRow`, no two of which are new links to one remote record
        :return: set of the (model, id) that are bound now
        """
        if not rows:
            return set()
        bound = self.env.execute_query(
            SQL(
                """
                INSERT INTO retail_binding (connector_id, res_model, res_id, remote_id, key_hash, sent_hash,
                                            remote_object, branch_id, links, sent_at)
                SELECT %s, r.res_model, r.res_id, r.remote_id, r.key_hash, r.sent_hash, r.remote_object,
                       NULLIF(r.company_id, %s), r.links::jsonb, clock_timestamp() AT TIME ZONE 'UTC'
                  FROM %s
                 WHERE NOT r.is_new_link OR NOT EXISTS (
                       SELECT FROM retail_binding b
                        WHERE b.remote_id = r.remote_id AND b.connector_id = %s AND b.res_model = r.res_model
                          AND COALESCE(b.remote_object, '') = r.remote_object AND b.res_id != r.res_id)
                    ON CONFLICT (connector_id, res_model, res_id) DO UPDATE
                   SET remote_id = EXCLUDED.remote_id, key_hash = EXCLUDED.key_hash,
                       sent_hash = EXCLUDED.sent_hash, sent_at = EXCLUDED.sent_at, is_not_found = FALSE,
                       remote_object = EXCLUDED.remote_object, branch_id = EXCLUDED.branch_id,
                       links = COALESCE(EXCLUDED.links, retail_binding.links)
             RETURNING res_model, res_id
                """,
                connector.id,
                connector._company_ids()[0],
                as_table(rows),
                connector.id,
            )
        )
        return set(bound)

    @api.model
    def _linked_to(self, connector, row):
        """Return the bindings of other existing Odoo records to the remote record that a row names.

        :param row: a :class:`~.rows.RemoteRow`, or a :class:`~.rows.BindingRow`
        """
        return self._linked_to_any(connector, row.res_model, row.res_id, [row.remote_id], row.remote_object)

    @api.model
    def _linked_to_any(self, connector, res_model, res_id, remote_ids, remote_object):
        """Return the bindings of other existing Odoo records to remote records.

        :param res_id: of the record that does not count
        """
        self.invalidate_model()
        bindings = self.search(
            [
                ("connector_id", "=", connector.id),
                ("res_model", "=", res_model),
                ("remote_id", "in", list(remote_ids)),
                ("remote_object", "in", [remote_object or False]),
                ("res_id", "!=", res_id),
            ]
        )
        living = self.env[res_model].browse(bindings.mapped("res_id")).exists()
        return bindings.filtered(lambda each: each.res_id in living.ids)

    @api.model
    def _of_records(self, connector, res_model, ids):
        return self.search(
            [("connector_id", "=", connector.id), ("res_model", "=", res_model), ("res_id", "in", list(ids))]
        )

    @api.model
    def _records_of(self, connector, res_model, remote_id):
        """Return the ids of the records that are linked to a remote record, the newest link first."""
        domain = [
            ("connector_id", "=", connector.id),
            ("res_model", "=", res_model),
            ("remote_id", "=", remote_id),
        ]
        return self.search(domain, order="id desc").mapped("res_id")

    @api.model
    def _not_found_records(self, connector, records):
        """Return those records whose remote record no longer exists."""
        # As the superuser: the bindings of a company that the user has switched off count, too.
        not_found = self.sudo()._of_records(connector, records._name, records.ids).filtered("is_not_found")
        return records.browse(not_found.mapped("res_id"))

    def _add_links(self, links):
        """Add to what the remote records are linked to.

        :param links: ``{object: remote ids}``
        """
        for binding in self:
            known = binding.links or {}
            if any(set(ids) - set(known.get(name, ())) for name, ids in links.items()):
                added = {name: sorted({*known.get(name, ()), *ids}) for name, ids in links.items()}
                binding.links = {**known, **added}

    @api.model
    def _mark_not_found(self, connector, res_model, res_id):
        self._of_records(connector, res_model, [res_id]).is_not_found = True
