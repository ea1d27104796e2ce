"""Customers whose remote records were merged in the remote system, but not in Odoo.

The answer to an update then has another id than the binding. The customer who was sent first keeps the remote record;
the others become aliases.
"""

from .alias import AliasRow


class MergedThere:
    """Finds the customers whose remote record is that of a delivery now, as soon as one of them is sent.

    :param arrived: the deliveries of a batch that arrived
    """

    def __init__(self, connector, arrived):
        self.env = connector.env
        self.connector = connector
        self.arrived = arrived

    def share(self):
        """Make aliases of the others, or give the remote record to the first, so that this one becomes its alias."""
        for each in self.arrived:
            if each.outcome.merged_ids and self.env[each.claim.res_model]._retail_may_share:
                self._share(each)

    def _share(self, delivery):
        claim, bindings = delivery.claim, self.env["retail.binding"]
        others = bindings._linked_to_any(
            self.connector,
            claim.res_model,
            claim.res_id,
            delivery.outcome.merged_ids,
            delivery.prepared.object,
        )
        others = others.filtered(lambda each: each.res_id not in self._sent_with(delivery))
        if not others:
            return  # or they resolve it among themselves: both had an answer with the new id
        own = bindings._of_records(self.connector, claim.res_model, [claim.res_id])
        first = (own + others).sorted("id")[0]
        other_id = others[0].res_id
        self._make_aliases(others - first, first.res_id)
        if first == own:
            delivery.conflicts_with = f"{claim.res_model},{other_id}"
            delivery.warnings = [*delivery.warnings, self._warning(claim.res_model, other_id)]
            return
        first.write({"remote_id": delivery.outcome.remote_id, "sent_hash": False})
        first.flush_recordset()  # what is bound next is bound in SQL

    def _sent_with(self, delivery):
        """Return the ids of the records that were sent to the same remote record in this batch."""
        key = delivery.claim.res_model, delivery.prepared.object, delivery.outcome.remote_id
        return {
            each.claim.res_id
            for each in self.arrived
            if (each.claim.res_model, each.prepared.object, each.outcome.remote_id) == key
        }

    def _make_aliases(self, bindings, primary_id):
        rows = [
            AliasRow(each.res_model, each.res_id, primary_id, each.key_hash or None, True, False, "")
            for each in bindings
        ]
        aliases = self.env["retail.alias"]
        for row in rows:
            aliases._pass_on(self.connector, row.res_model, row.res_id, primary_id)
        aliases._put(self.connector, rows)
        bindings.unlink()

    def _warning(self, res_model, other_id):
        return self.env._(
            "Possible duplicate: %(record)s has the same remote record, because the two were merged in the remote"
            " system. Its documents are linked to that remote record, and its changes are not sent. Merge the two if"
            " they are the same, or change the key of %(record)s.",
            record=self.env[res_model].browse(other_id)._retail_reference(),
        )
