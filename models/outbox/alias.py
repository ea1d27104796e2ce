"""Aliases: Odoo records that share the remote record of another Odoo record, such as two customers with one email.

The other record, the *primary*, is the one that is bound and sent. An alias has no binding: it is delivered without a
call, and what refers to it is linked to the primary's remote record.
"""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .dependencies import queue_state
from .name_search import record_domain
from .names import action_open, record_names
from .relink import relink
from .rows import as_table


class Alias(NamedTuple):
    """An alias as sending needs it.

    :param key_hash: hash of the alias's own match key
        If the remote system refused a value, of the content that was refused.
    :param is_remote: the remote system said that it is the primary's record, or that this has the value; else the two
        have the same match key
    :param is_partial: it has a remote record of its own, and is sent without what the two share
    :param remote_property: the property that is left empty; empty for that of the match key
    """

    primary_id: int
    key_hash: str | None
    is_remote: bool
    is_partial: bool = False
    remote_property: str = ""


class AliasRow(NamedTuple):
    """An alias to insert or update."""

    res_model: str
    res_id: int
    primary_id: int
    key_hash: str | None
    is_remote: bool
    is_partial: bool
    remote_property: str


class RetailAlias(models.Model):
    _name = "retail.alias"
    _description = "Possible Duplicate"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _log_access = False
    _rec_name = "record_name"
    _rec_names_search = ["record_name", "primary_name"]

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", related_sudo=False)
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record ID", model_field="res_model", required=True, readonly=True)
    primary_id = fields.Many2oneReference(
        "Primary Record ID", model_field="res_model", required=True, readonly=True
    )
    key_hash = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    is_remote = fields.Boolean(readonly=True, help="The remote system has one record for both.")
    is_partial = fields.Boolean(
        readonly=True, help="Both have a remote record. This one is sent without the shared value."
    )
    remote_property = fields.Char(readonly=True, help="The property that is left empty.")
    since = fields.Datetime(required=True, readonly=True)
    record_name = fields.Char("Possible Duplicate", compute="_compute_names", search="_search_record_name")
    primary_name = fields.Char(
        "Duplicate Of",
        compute="_compute_names",
        search="_search_primary_name",
        help="The record that is linked to the remote record, and sent.",
    )
    reason = fields.Char(compute="_compute_reason")
    is_for_branch = fields.Boolean(
        compute="_compute_is_for_branch",
        search="_search_is_for_branch",
        help="The connector serves a branch of the user, who may read both records.",
    )

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

    def _search_record_name(self, operator, value):
        return record_domain(self.env, operator, value)

    def _search_primary_name(self, operator, value):
        return record_domain(self.env, operator, value, "primary_id")

    @api.depends("is_remote", "is_partial")
    def _compute_reason(self):
        for each in self:
            each.reason = each._reason()

    def _reason(self):
        if self.is_partial:
            return self.env._(
                "Both have a remote record, and the same key, such as the email address. Only the other one is sent"
                " with it."
            )
        if self.is_remote:
            return self.env._("The remote system has one record for both.")
        return self.env._("Both have the same key, such as the email address.")

    @api.depends("connector_id", "res_model", "res_id", "primary_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_is_for_branch(self):
        # As the superuser: the record rule asks for this. The domain itself finds what the user may read.
        shown = self.sudo().search(Domain("id", "in", self.ids) & self._for_branch_domain())
        for each in self:
            each.is_for_branch = each.id in shown._ids

    def _search_is_for_branch(self, operator, value):
        return self._for_branch_domain() if operator == "in" else NotImplemented

    @api.model
    def _for_branch_domain(self):
        """Return the domain of the aliases among records that the user may read, for connectors of their branches."""
        env = self.env(su=False)  # record rules are evaluated as the superuser
        connectors = env["retail.connector"]._serving(env.companies)
        pairs = Domain.OR(
            Domain("res_model", "=", model._name) & self._readable_pairs_domain(model)
            for model in env.values()
            if getattr(model, "_retail_may_share", False) and model.has_access("read")
        )
        return Domain("connector_id", "in", connectors.ids) & pairs

    @api.model
    def _readable_pairs_domain(self, model):
        readable = model.with_context(active_test=False)._search([])
        return Domain("res_id", "in", readable) & Domain("primary_id", "in", readable)

    def action_open_record(self):
        """Open the possible duplicate."""
        return self._action_open(self.res_id)

    def action_open_primary(self):
        """Open the record that is sent."""
        return self._action_open(self.primary_id)

    def _action_open(self, res_id):
        self.ensure_one()
        self.check_access("read")
        return action_open(self.env, self.res_model, res_id)

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
                "SELECT res_id, primary_id, key_hash, is_remote, COALESCE(is_partial, FALSE),"
                " COALESCE(remote_property, '') FROM retail_alias"
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
                INSERT INTO retail_alias (connector_id, res_model, res_id, primary_id, key_hash, is_remote, is_partial,
                                          remote_property, since)
                SELECT %s, r.res_model, r.res_id, r.primary_id, r.key_hash, r.is_remote, r.is_partial,
                       r.remote_property, clock_timestamp() AT TIME ZONE 'UTC'
                  FROM %s
                    ON CONFLICT (connector_id, res_model, res_id) DO UPDATE
                   SET primary_id = EXCLUDED.primary_id, key_hash = EXCLUDED.key_hash, is_remote = EXCLUDED.is_remote,
                       is_partial = EXCLUDED.is_partial, remote_property = EXCLUDED.remote_property
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
        ended._end()

    def _end(self):
        """Have the records sent in full, and linked to what refers to them."""
        records = [
            (each.connector_id, self.env[each.res_model].browse(each.res_id).exists(), each.is_partial)
            for each in self
        ]
        self.unlink()
        for connector, record, had_own in records:
            if record:
                queue_state(connector, record, None)
            if not had_own:
                relink(connector, record)

    @api.model
    def _pass_on(self, connector, res_model, res_id, primary_id):
        """Make the aliases of a record those of another one, because it becomes an alias of that itself."""
        self._of_records(connector, res_model, [primary_id]).filtered(
            lambda alias: alias.primary_id == res_id
        ).unlink()
        self._of_primaries(connector, res_model, [res_id]).primary_id = primary_id

    @api.model
    def _resend_refused(self, connector, res_model, primary_ids):
        """Have those sent in full to whom the remote refused a value that these records may not have any more."""
        self.flush_model()
        # In SQL: it is done for each change that is sent, and hardly ever finds one.
        refused = self.env.execute_query(
            SQL(
                "UPDATE retail_alias SET key_hash = NULL WHERE primary_id = ANY(%s) AND connector_id = %s"
                " AND res_model = %s AND is_partial AND is_remote RETURNING res_id",
                list(primary_ids),
                connector.id,
                res_model,
            )
        )
        if refused:
            self.invalidate_model(["key_hash"])
        for (res_id,) in refused:
            queue_state(connector, self.env[res_model].browse(res_id).exists(), None)

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
