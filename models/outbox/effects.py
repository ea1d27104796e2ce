"""Effects of delivered facts on the outbox: after a merge or an erasure, bindings of the old records are removed.

An effect belongs to an event type. To merge another kind of record, such as products, add a line to ``EFFECTS``.
"""

from ...core.errors import TransientError
from .dependencies import queue_state


class Effect:
    """The effect of an event type on the outbox of one connector. This base class has none.

    :param res_model: the model of the event's records
    """

    def __init__(self, connector, res_model):
        self.env = connector.env
        self.connector = connector
        self.res_model = res_model

    def ended_ids(self, payload):
        """Return the Odoo ids of the records that must not be left at the remote."""
        return []

    def is_owed(self, payload):
        """Return whether the event ends a record that was sent to the connector."""
        return bool(self.sent_ids(self.ended_ids(payload)))

    def sent_ids(self, ids):
        """Return those of these record ids of which the connector may have got anything, as a set."""
        if not ids:
            return set()
        bindings = self.env["retail.binding"]._of_records(self.connector, self.res_model, ids)
        delivered = self.env["retail.delivery"]._sent_ids(self.connector, self.res_model, ids)
        return {*bindings.mapped("res_id"), *delivered}

    def pass_on(self, payload, lane):
        """Give the remote record to another Odoo record that shares it, instead of ending it.

        :return: the id of that record; None if there is none
        """

    def merged_remote_ids(self, payload):
        """Return the remote ids of the records that were merged away, as known when the event is sent.

        :raise RemoteError: the event cannot be sent yet, or never
        """
        return ()

    def delivered(self, payload, remote_id):
        """Update the outbox after the fact was delivered.

        :param remote_id: of the fact's subject; None or empty if the remote returned none
        """


class Erased(Effect):
    """A record was erased: removes its binding, and cancels its failed states.

    The payload is ``{"id": …}``.
    """

    def ended_ids(self, payload):
        return [int(payload["id"])]

    def delivered(self, payload, remote_id):
        ids = self.ended_ids(payload)
        self._aliases(ids).filtered("is_partial")._end()
        self._forget(ids)

    def pass_on(self, payload, lane):
        ids = self.ended_ids(payload)
        binding = self._bindings(ids)
        aliases = self._aliases(ids).filtered(
            lambda alias: not alias.is_partial
        )  # those have one of their own
        heirs = self.env[self.res_model].browse(aliases.sorted("id").mapped("res_id")).exists()
        if not binding or not heirs:
            return None
        heir = heirs[0]
        binding.write({"res_id": heir.id, "sent_hash": False})
        aliases.filtered(lambda alias: alias.res_id == heir.id).unlink()
        self._aliases(ids).primary_id = heir.id
        self._forget(ids)
        queue_state(self.connector, heir, lane)
        return heir.id

    def _aliases(self, primary_ids):
        return self.env["retail.alias"]._of_primaries(self.connector, self.res_model, primary_ids)

    def _forget(self, ids):
        self._bindings(ids).unlink()
        self.env["retail.alias"]._of_records(self.connector, self.res_model, ids).unlink()
        self.env["retail.delivery.attempt"]._forget_natural_keys(self.connector, self.res_model, ids)
        reason = self.env._("The record was merged or deleted.")
        self.env["retail.delivery"]._cancel_dead_states(self.connector, self.res_model, ids, reason)

    def _bindings(self, ids):
        return self.env["retail.binding"]._of_records(self.connector, self.res_model, ids)


class Merged(Erased):
    """Records were merged into another: removes their bindings, and links the survivor to the resulting record.

    The payload has the survivor's ``id`` and the ``merged_ids``.
    """

    def ended_ids(self, payload):
        return _merged(payload)[1]

    def pass_on(self, payload, lane):
        """The survivor gets it when the merge is sent."""

    def merged_remote_ids(self, payload):
        """Return the remote ids, after all deliveries of the merged records have ended.

        :raise TransientError: a delivery of a merged record has not ended yet
        """
        survivor_id, merged_ids = _merged(payload)
        if self.env["retail.delivery"]._has_unfinished(self.connector, self.res_model, merged_ids):
            raise TransientError(
                self.env._("Waiting for earlier events of the record that was merged into this one.")
            )
        merged = self._bindings(merged_ids)
        if merged and not self._bindings([survivor_id]):
            merged[0].res_id = survivor_id
            self.env["retail.alias"]._of_records(self.connector, self.res_model, [survivor_id]).unlink()
            merged = merged[1:]
        return tuple(merged.mapped("remote_id"))

    def delivered(self, payload, remote_id):
        """Remove the merged records' bindings, and have the survivor sent again, under its new remote id."""
        survivor_id, merged_ids = _merged(payload)
        aliases = self._aliases(merged_ids)
        aliases.filtered(lambda alias: alias.res_id == survivor_id).unlink()
        aliases.exists().primary_id = survivor_id
        survivor = self._bindings([survivor_id])
        for merged in self._bindings(merged_ids):
            survivor._add_links(merged.links or {})  # the remote system gives them to the survivor
        self._forget(merged_ids)
        survivor.write({"remote_id": remote_id or survivor.remote_id, "sent_hash": False})


def _merged(payload):
    return int(payload["id"]), [int(merged_id) for merged_id in payload["merged_ids"]]


EFFECTS = {"customer.erased": Erased, "customer.merged": Merged, "price.removed": Erased}


def effect_of(connector, event_type, res_model):
    """Return the :class:`Effect` of an event type."""
    return EFFECTS.get(event_type, Effect)(connector, res_model)
