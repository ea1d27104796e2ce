"""What sending a fact does to the outbox: what was merged away or erased is bound and waited for no more.

An effect belongs to a type of event, so whatever is merged next (products, say) needs one line in ``EFFECTS``.
"""

from ...core.errors import TransientError


class Effect:
    """What one type of event does to the outbox of one connector; this one does nothing.

    :param res_model: the model of the records that the event is about
    """

    def __init__(self, connector, res_model):
        self.env = connector.env
        self.connector = connector
        self.res_model = res_model

    def merged_remote_ids(self, payload):
        """Return the remote ids of the records that were merged away, as they are known when it is sent.

        :raise RemoteError: it cannot be sent yet, or never
        """
        return ()

    def delivered(self, payload, remote_id):
        """Do what follows once the fact has arrived.

        :param remote_id: of the remote record that the fact was about; None or empty if the remote named none
        """


class Erased(Effect):
    """``{"id": …}`` does not exist any more."""

    def delivered(self, payload, remote_id):
        self._forget([int(payload["id"])])

    def _forget(self, ids):
        self._bindings(ids).unlink()
        self.env["retail.delivery.attempt"]._forget_natural_keys(self.connector, self.res_model, ids)
        reason = self.env._("The record was merged or deleted.")
        self.env["retail.delivery"]._cancel_dead_states(self.connector, self.res_model, ids, reason)

    def _bindings(self, ids):
        return self.env["retail.binding"]._of_records(self.connector, self.res_model, ids)


class Merged(Erased):
    """``merged_ids`` live on as ``id``."""

    def merged_remote_ids(self, payload):
        """Return them once nothing of what was merged away is on its way."""
        survivor_id, merged_ids = _merged(payload)
        if self.env["retail.delivery"]._has_unfinished(self.connector, self.res_model, merged_ids):
            raise TransientError(
                self.env._("Waiting for earlier events of the record that was merged into this one.")
            )
        merged = self._bindings(merged_ids)
        if merged and not self._bindings([survivor_id]):
            merged[0].res_id = survivor_id
            merged = merged[1:]
        return tuple(merged.mapped("remote_id"))

    def delivered(self, payload, remote_id):
        """Forget what was merged away; the survivor is sent anew, under its new remote id."""
        survivor_id, merged_ids = _merged(payload)
        self._forget(merged_ids)
        survivor = self._bindings([survivor_id])
        survivor.write({"remote_id": remote_id or survivor.remote_id, "sent_hash": False})


def _merged(payload):
    return int(payload["id"]), [int(merged_id) for merged_id in payload["merged_ids"]]


EFFECTS = {"customer.erased": Erased, "customer.merged": Merged}


def effect_of(connector, event_type, res_model):
    """Return the :class:`Effect` of a type of event."""
    return EFFECTS.get(event_type, Effect)(connector, res_model)
